//! conda, mamba and micromamba: packages that have CUDA or are built for it.

use super::statement::{CudaStatement, StatementKind, StatementOrigin};
use super::words::basename;
use crate::diagnostic::Confidence;
use crate::image::cuda::version::CudaVersion;

/// What a package of conda has.
fn kind_of(name: &str) -> Option<StatementKind> {
    match name {
        "cuda" | "cuda-toolkit" | "cuda-nvcc" | "cudatoolkit-dev" | "cuda-compiler" | "cuda-minimal-build" => {
            Some(StatementKind::Toolkit)
        }
        "pytorch-cuda" | "cudatoolkit" => Some(StatementKind::Wheel),
        "cuda-version" | "cuda-runtime" | "cuda-libraries" | "cuda-cudart" | "cuda-libraries-dev"
        | "cuda-cudart-dev" => Some(StatementKind::Libraries),
        _ => None,
    }
}

pub(super) fn read(words: &[String], start: usize) -> Vec<CudaStatement> {
    let arguments = words.get(start..).unwrap_or(&[]);
    let Some((name, rest)) = arguments.split_first() else { return Vec::new() };
    if !matches!(basename(name), "conda" | "mamba" | "micromamba" | "pixi") {
        return Vec::new();
    }
    let verb = rest.iter().position(|w| matches!(w.as_str(), "install" | "create" | "add" | "update"));
    let Some(verb) = verb else { return Vec::new() };
    // `-c nvidia/label/cuda-12.1.0` decides the version of packages that name none.
    let label = |text: &str| -> Option<CudaVersion> {
        let (_, rest) = text.split_once("label/cuda-")?;
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').map_or(rest, |end| &rest[..end]);
        CudaVersion::parse(digits)
    };
    let channel = rest.iter().find_map(|w| label(w).filter(|_| !w.contains("::")));
    let mut found = Vec::new();
    let mut skip = false;
    for (index, word) in rest.iter().enumerate().skip(verb + 1) {
        if skip || word.contains('$') {
            skip = false;
            continue;
        }
        if word.starts_with('-') {
            skip = matches!(
                word.as_str(),
                "-n" | "--name" | "-p" | "--prefix" | "-c" | "--channel" | "--file" | "-f" | "--solver"
            );
            continue;
        }
        let at = start + 1 + index;
        let (place, package) = word.rsplit_once("::").unwrap_or(("", word));
        let end = package.find(['=', '<', '>', '~', '!', ' ', '[']).unwrap_or(package.len());
        let (name, specifier) = package.split_at(end);
        let exact = exact_version(specifier);
        if let Some(kind) = kind_of(name) {
            // Before CUDA 12, `cuda-nvcc=11.8.89`; the first two parts are the release.
            let from_channel = label(place).or(channel);
            let (version, origin) = match exact.and_then(CudaVersion::parse) {
                Some(version) => (Some(version), StatementOrigin::Version),
                None => (from_channel, StatementOrigin::Index),
            };
            let mut statement = CudaStatement::new(kind, name, at, origin).version(version);
            statement.note = match version {
                Some(version) if origin == StatementOrigin::Version => format!("the version says {version}"),
                Some(version) => format!("the channel is that of CUDA {version}"),
                None => "no version is named".to_owned(),
            };
            if version.is_none() {
                statement.confidence = Confidence::Possible;
            }
            found.push(statement);
        } else if let Some(version) = build_string(specifier) {
            // pytorch=2.1.0=py3.10_cuda11.8_cudnn8.7.0_0, pytorch=*=*cuda12*
            let note = format!("the build says CUDA {version}");
            found.push(
                CudaStatement::new(StatementKind::Wheel, name, at, StatementOrigin::Version)
                    .version(Some(version))
                    .note(note),
            );
        } else if name == "cudnn" {
            let mut statement =
                CudaStatement::new(StatementKind::Cudnn, name, at, StatementOrigin::Version).sure(Confidence::Likely);
            statement.cudnn = exact.and_then(|v| v.split('.').next()?.parse().ok());
            if statement.cudnn.is_some() {
                found.push(statement);
            }
        }
    }
    found
}

/// `12.1` of `=12.1`, `==12.1.0`, `=12.1.*`; nothing for ranges.
fn exact_version(specifier: &str) -> Option<&str> {
    let version = specifier.strip_prefix('=').map(|v| v.trim_start_matches('='))?;
    let version = version.split('=').next()?.trim().trim_end_matches(".*");
    version.bytes().all(|b| b.is_ascii_digit() || b == b'.').then_some(version)
}

fn build_string(specifier: &str) -> Option<CudaVersion> {
    let build = specifier.trim_start_matches('=').split_once('=')?.1;
    let (_, rest) = build.split_once("cuda")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').map_or(rest, |end| &rest[..end]);
    CudaVersion::from_digits(digits)
}
