//! What Python packages say about CUDA: torch by its version and index, the others by name, version or extra.

use super::data::{
    WHEELS, default_cuda_of_release, default_cuda_of_torch, package, tensorflow_cuda, tensorflow_cudnn,
    tensorflow_extra, torch_has_variant,
};
use super::pip::{PipCommand, PipRequirement, requirements};
use super::statement::{CudaStatement, StatementKind, StatementOrigin};
use crate::diagnostic::Confidence;
use crate::image::cuda::backend::backend_token;
use crate::image::cuda::version::CudaVersion;

/// Packages of PyTorch's own index.
pub const TORCH_FAMILY: &[&str] =
    &["torch", "torchvision", "torchaudio", "torchtext", "torchao", "torchrec", "torch-tensorrt", "fbgemm-gpu"];

pub(super) fn read(words: &[String], start: usize, env: &[(String, String)]) -> Vec<CudaStatement> {
    let Some(command) = requirements(words, start, env) else { return Vec::new() };
    let mut found = Vec::new();
    let torch = command.requirements.iter().find(|r| r.name == "torch" && (r.url.is_none() || r.local.is_some()));
    let family = torch.or_else(|| {
        command
            .requirements
            .iter()
            .find(|r| TORCH_FAMILY.contains(&r.name.as_str()) && (r.local.is_some() || r.url.is_none()))
    });
    if let Some(requirement) = family {
        found.extend(torch_statement(&command, requirement));
    }
    for requirement in &command.requirements {
        if !TORCH_FAMILY.contains(&requirement.name.as_str()) {
            found.extend(other_package(&command, requirement));
        }
    }
    if found.iter().all(|s| s.package != "torch") && family.is_none() {
        found.extend(index_alone(&command));
    }
    found
}

/// The last path part of an address that names a backend: `cu124` of `…/whl/cu124/torch_stable.html`.
fn url_token(url: &str) -> Option<&str> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    path.split(['/', '+', '_']).rev().map(|part| part.strip_suffix(".html").unwrap_or(part)).find(|part| {
        let digits =
            part.strip_prefix("cu").is_some_and(|d| matches!(d.len(), 2 | 3) && d.bytes().all(|b| b.is_ascii_digit()));
        digits
            || *part == "cpu"
            || *part == "xpu"
            || part.strip_prefix("rocm").is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// True if an index is PyTorch's own or a copy of it.
fn is_torch_index(url: &str) -> bool {
    let known = ["download.pytorch.org/", "download-r2.pytorch.org/", "/pytorch-wheels/", "/pytorch/whl/"];
    known.iter().any(|host| url.contains(host))
}

/// The index that decides torch: its token, its word, and whether PyPI is searched too.
fn torch_index(command: &PipCommand) -> Option<(&str, usize, StatementOrigin)> {
    if let Some((token, word)) = &command.torch_backend {
        return Some((token, *word, StatementOrigin::Index));
    }
    fn of<'a>(list: impl IntoIterator<Item = &'a (String, usize)>) -> Option<(&'a str, usize)> {
        list.into_iter().find_map(|(url, word)| is_torch_index(url).then(|| Some((url_token(url)?, *word)))?)
    }
    if let Some((token, word)) = of(&command.index) {
        return Some((token, word, StatementOrigin::Index));
    }
    let extra = of(&command.extra_indexes).or_else(|| of(&command.find_links));
    let origin = if command.first_index_wins { StatementOrigin::Index } else { StatementOrigin::ExtraIndex };
    extra.map(|(token, word)| (token, word, origin))
}

fn torch_statement(command: &PipCommand, requirement: &PipRequirement) -> Option<CudaStatement> {
    let is_torch = requirement.name == "torch";
    let new = |origin, word| {
        let mut statement = CudaStatement::new(StatementKind::Wheel, requirement.name.clone(), word, origin);
        statement.package_version = requirement.pinned.clone();
        statement
    };
    let named = |token: &str, origin, word| -> Option<CudaStatement> {
        Some(match backend_token(token)? {
            Ok(version) => CudaStatement { token: Some(token.to_owned()), ..new(origin, word).version(Some(version)) },
            Err(backend) => CudaStatement { backend: Some(backend), ..new(origin, word) },
        })
    };
    if let Some(local) = &requirement.local {
        let token = local.split('.').next().unwrap_or(local);
        let token = if local.starts_with("rocm") { local } else { token };
        return Some(
            named(token, StatementOrigin::LocalVersion, requirement.word)?.note(format!("the version says `+{local}`")),
        );
    }
    let pinned = requirement.pinned.as_deref();
    if let Some((token, word, origin)) = torch_index(command) {
        let statement = named(token, origin, word)?;
        if origin == StatementOrigin::Index || statement.backend.is_some() && pinned.is_some() {
            return Some(statement.note(format!("the package index is `{token}`")));
        }
        // pip takes the highest version of both indexes; a local version sorts above the plain one.
        return match pinned.filter(|_| is_torch) {
            Some(version) => match torch_has_variant(version, token) {
                Some(true) => Some(statement.note(format!("the package index is `{token}`"))),
                Some(false) => {
                    let default = default_cuda_of_torch(version);
                    let note = format!("index `{token}` has no torch {version}: pip takes the one of PyPI");
                    let statement =
                        new(StatementOrigin::Default, requirement.word).version(default).sure(Confidence::Likely);
                    Some(CudaStatement { token: Some(token.to_owned()), ..statement.note(note) })
                }
                None => Some(statement.sure(Confidence::Likely).note(format!("the extra package index is `{token}`"))),
            },
            None => {
                let note = format!(
                    "without a version pip takes the newest torch of PyPI or of index `{token}`, whichever is higher"
                );
                let statement = new(StatementOrigin::ExtraIndex, word).sure(Confidence::Possible).note(note);
                Some(CudaStatement { token: Some(token.to_owned()), ..statement })
            }
        };
    }
    if !is_torch || command.open || command.index.is_some() || !command.find_links.is_empty() {
        // Another index, or one that a variable names: not PyPI's default.
        return Some(
            new(StatementOrigin::Default, requirement.word)
                .sure(Confidence::Possible)
                .note("nothing here names a CUDA version"),
        );
    }
    let release = ["==", "~="].iter().find_map(|op| requirement.specifier.strip_prefix(op));
    let release = release.map(|v| v.trim_end_matches(".*")).filter(|v| !v.contains(','));
    let cuda = match (pinned, release) {
        (Some(version), _) => default_cuda_of_torch(version).or_else(|| default_cuda_of_release(&first_two(version))),
        (None, Some(prefix)) => default_cuda_of_release(&first_two(prefix)),
        (None, None) => None,
    };
    let statement = new(StatementOrigin::Default, requirement.word).version(cuda);
    Some(match (cuda, pinned.or(release)) {
        (Some(cuda), Some(version)) => {
            let confidence = if pinned.is_some_and(|v| default_cuda_of_torch(v).is_some()) {
                Confidence::Certain
            } else {
                Confidence::Likely
            };
            statement.sure(confidence).note(format!("PyPI's torch {version} for x86-64 Linux is built for CUDA {cuda}"))
        }
        _ => statement.sure(Confidence::Possible).note("PyPI's newest torch, and with it the CUDA of the day"),
    })
}

fn first_two(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

fn other_package(command: &PipCommand, requirement: &PipRequirement) -> Option<CudaStatement> {
    let new = |kind, origin| {
        let mut statement = CudaStatement::new(kind, requirement.name.clone(), requirement.word, origin);
        statement.package_version = requirement.pinned.clone();
        statement
    };
    // A wheel's local version: flash_attn-2.5.8+cu122torch2.3…, jaxlib==0.4.7+cuda11.cudnn86.
    if let Some(local) = &requirement.local {
        let token = local.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        let digits_end = token.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let digits = digits_end.find(|c: char| !c.is_ascii_digit()).map_or(digits_end, |end| &digits_end[..end]);
        let prefix = &token[..token.len() - digits_end.len()];
        if matches!(prefix, "cu" | "cuda" | "pt" | "post") || prefix.ends_with("cu") {
            let version =
                if prefix.ends_with("cu") || prefix == "cuda" { CudaVersion::from_digits(digits) } else { None };
            if version.is_some() {
                return Some(
                    new(StatementKind::Wheel, StatementOrigin::LocalVersion)
                        .version(version)
                        .note(format!("the version says `+{local}`")),
                );
            }
        }
    }
    let name = requirement.name.as_str();
    if let Some(pattern) = WHEELS.names.patterns.iter().find_map(|p| Some((p.id.as_str(), p.cuda(name)?))) {
        return Some(name_statement(&new, requirement, pattern.0, pattern.1));
    }
    if !requirement.extras.is_empty()
        && let Some((version, local)) = WHEELS.names.extra(name, &requirement.extras)
    {
        let kind = if local { StatementKind::NeedsImage } else { StatementKind::Wheel };
        return Some(
            new(kind, StatementOrigin::Name)
                .version(Some(version))
                .note(format!("the extra `{}` names CUDA {version}", requirement.extras)),
        );
    }
    if let Some(statement) = tensorflow(&new, requirement) {
        return Some(statement);
    }
    let facts = package(name)?;
    // An index of the project's own with a CUDA token: llama-cpp-python, auto-gptq, flashinfer.
    let indexes = command.index.iter().chain(&command.extra_indexes).chain(&command.find_links);
    for (url, word) in indexes {
        if !is_torch_index(url)
            && let Some(Ok(version)) = url_token(url).and_then(backend_token)
        {
            let mut statement =
                new(StatementKind::Wheel, StatementOrigin::ExtraIndex).version(Some(version)).sure(Confidence::Likely);
            statement.word = *word;
            return Some(statement.note(format!("the package index is `{}`", url_token(url).unwrap_or(""))));
        }
    }
    let version = requirement.pinned.as_deref()?;
    if let Some((cuda, cudnn)) = facts.cuda_of(version) {
        if name == "onnxruntime-gpu" && !(command.index.is_none() && command.extra_indexes.is_empty()) {
            return None;
        }
        let mut statement =
            new(StatementKind::NeedsImage, StatementOrigin::Default).version(Some(cuda)).sure(Confidence::Likely);
        statement.cudnn = cudnn;
        return Some(statement.note(format!("{name} {version} of PyPI is built for CUDA {cuda}")));
    }
    let torch = facts.torch_of(version)?;
    let cuda = default_cuda_of_torch(torch)?;
    let note = format!("{name} {version} asks for torch {torch}, which PyPI builds for CUDA {cuda}");
    (torch_index(command).is_none() && command.index.is_none()).then(|| {
        new(StatementKind::Wheel, StatementOrigin::Default).version(Some(cuda)).sure(Confidence::Likely).note(note)
    })
}

fn name_statement(
    new: &dyn Fn(StatementKind, StatementOrigin) -> CudaStatement,
    requirement: &PipRequirement,
    pattern: &str,
    version: CudaVersion,
) -> CudaStatement {
    let name = requirement.name.as_str();
    let is_cudnn = name.contains("cudnn");
    let kind = match pattern {
        "nvidia" if is_cudnn => StatementKind::Cudnn,
        "nvidia" => StatementKind::Libraries,
        "cupy" => StatementKind::NeedsImage,
        _ => StatementKind::Wheel,
    };
    let mut statement =
        new(kind, StatementOrigin::Name).version(Some(version)).note(format!("the name says CUDA {version}"));
    // Only these have CUDA's version as their own.
    let own = ["cuda-runtime", "cuda-nvrtc", "cuda-nvcc", "cuda-cupti"].iter().any(|n| name.contains(n));
    if own && let Some(full) = requirement.pinned.as_deref().and_then(CudaVersion::parse) {
        statement.origin = StatementOrigin::Version;
        statement = statement.version(Some(full)).note(format!("the package's version is CUDA's: {}", full.release()));
    }
    if is_cudnn {
        statement.cudnn = requirement.pinned.as_deref().and_then(|v| v.split('.').next()?.parse().ok());
    }
    if kind == StatementKind::Wheel || kind == StatementKind::Libraries {
        statement.confidence = Confidence::Likely;
    }
    statement
}

fn tensorflow(
    new: &dyn Fn(StatementKind, StatementOrigin) -> CudaStatement,
    requirement: &PipRequirement,
) -> Option<CudaStatement> {
    let name = requirement.name.as_str();
    if name != "tensorflow" && name != "tensorflow-gpu" && name != "tf-nightly-gpu" {
        return None;
    }
    let version = requirement.pinned.as_deref()?;
    if requirement.extras.split(',').any(|e| e == "and-cuda") {
        let cuda = tensorflow_extra(version).or_else(|| tensorflow_cuda(version))?;
        let note = format!("the extra and-cuda of TensorFlow {version} brings CUDA {}", cuda.release());
        return Some(
            new(StatementKind::Wheel, StatementOrigin::Default).version(Some(cuda)).sure(Confidence::Likely).note(note),
        );
    }
    let cuda = tensorflow_cuda(version)?;
    let mut statement =
        new(StatementKind::NeedsImage, StatementOrigin::Default).version(Some(cuda)).sure(Confidence::Likely);
    statement.cudnn = tensorflow_cudnn(version);
    Some(statement.note(format!("TensorFlow {version} is built against CUDA {cuda} and takes the image's libraries")))
}

/// An index with a CUDA token and nothing but files or paths to install from it.
fn index_alone(command: &PipCommand) -> Option<CudaStatement> {
    let unnamed = !command.files.is_empty() || command.open || command.requirements.iter().any(|r| r.name.is_empty());
    let (token, word, origin) = torch_index(command)?;
    let version = match backend_token(token)? {
        Ok(version) => version,
        Err(_) => return None,
    };
    unnamed.then(|| {
        CudaStatement::new(StatementKind::Wheel, "torch", word, origin)
            .version(Some(version))
            .sure(Confidence::Possible)
            .note(format!("the package index is `{token}`; what is installed from it is not named here"))
    })
}
