//! Package managers of distributions and NVIDIA's own installers.

use super::statement::{CudaStatement, StatementKind, StatementOrigin};
use super::words::basename;
use crate::diagnostic::Confidence;
use crate::image::cuda::version::CudaVersion;

/// Packages of NVIDIA's repositories, by the part before the version: what they have.
const VERSIONED: &[(&str, StatementKind)] = &[
    ("cuda-toolkit", StatementKind::Toolkit),
    ("cuda-nvcc", StatementKind::Toolkit),
    ("cuda-compiler", StatementKind::Toolkit),
    ("cuda-minimal-build", StatementKind::Toolkit),
    ("cuda-command-line-tools", StatementKind::Toolkit),
    ("cuda", StatementKind::Toolkit),
    ("cuda-runtime", StatementKind::Libraries),
    ("cuda-libraries", StatementKind::Libraries),
    ("cuda-libraries-dev", StatementKind::Libraries),
    ("cuda-libraries-devel", StatementKind::Libraries),
    ("cuda-cudart", StatementKind::Libraries),
    ("cuda-cudart-dev", StatementKind::Libraries),
    ("cuda-cudart-devel", StatementKind::Libraries),
    ("cuda-nvrtc", StatementKind::Libraries),
    ("cuda-nvrtc-dev", StatementKind::Libraries),
    ("cuda-nvtx", StatementKind::Libraries),
    ("cuda-cupti", StatementKind::Libraries),
    ("libcublas", StatementKind::Libraries),
    ("libcublas-dev", StatementKind::Libraries),
    ("libcufft", StatementKind::Libraries),
    ("libcurand", StatementKind::Libraries),
    ("libcurand-dev", StatementKind::Libraries),
    ("libcusolver", StatementKind::Libraries),
    ("libcusolver-dev", StatementKind::Libraries),
    ("libcusparse", StatementKind::Libraries),
    ("libcusparse-dev", StatementKind::Libraries),
    ("libnpp", StatementKind::Libraries),
    ("libnvjitlink", StatementKind::Libraries),
];

pub(super) fn read(words: &[String], start: usize) -> Vec<CudaStatement> {
    let arguments = words.get(start..).unwrap_or(&[]);
    let Some((name, rest)) = arguments.split_first() else { return Vec::new() };
    let name = basename(name);
    if let Some(found) = runfile(arguments, start) {
        return vec![found];
    }
    let managers = ["apt-get", "apt", "aptitude", "dnf", "yum", "microdnf", "tdnf", "zypper", "apk", "apt-fast"];
    if !managers.contains(&name)
        || !rest.iter().any(|w| matches!(w.as_str(), "install" | "add" | "in" | "groupinstall"))
    {
        return Vec::new();
    }
    rest.iter()
        .enumerate()
        .filter(|(_, w)| !w.starts_with('-'))
        .filter_map(|(i, w)| package(w, start + 1 + i))
        .collect()
}

fn package(word: &str, at: usize) -> Option<CudaStatement> {
    if word.contains('$') && !word.contains('=') {
        return None;
    }
    let (name, version) = word.split_once('=').map_or((word, None), |(n, v)| (n, Some(v)));
    let name = name.trim_end_matches('*').trim_end_matches('-');
    if name == "nvidia-cuda-toolkit" || name == "nvidia-cuda-dev" {
        let statement = CudaStatement::new(StatementKind::Toolkit, name, at, StatementOrigin::Default);
        return Some(statement.note("the distribution's own CUDA toolkit: its version is the release's"));
    }
    if let Some(statement) = cudnn(name, version, at) {
        return Some(statement);
    }
    // cuda-toolkit-12-4, cuda-12-4, libcublas-dev-12-4, cuda-toolkit-12
    let (stem, numbers) = split_numbers(name);
    if let Some((_, kind)) = VERSIONED.iter().find(|(known, _)| *known == stem) {
        let named = match numbers.as_slice() {
            [major, minor] => Some(CudaVersion::new(*major, *minor)),
            [major] => Some(CudaVersion::major_only(*major)),
            _ => None,
        };
        // `cuda=12.4.1-1`: only the packages that carry CUDA's own version.
        let pinned = version
            .filter(|_| matches!(stem, "cuda" | "cuda-toolkit"))
            .and_then(|v| CudaVersion::parse(v.split('-').next()?));
        let version = named.or(pinned);
        if version.is_none() && *kind != StatementKind::Toolkit {
            return None;
        }
        let origin = if named.is_some() { StatementOrigin::Name } else { StatementOrigin::Version };
        let mut statement = CudaStatement::new(*kind, name, at, origin).version(version);
        statement.note = match version {
            Some(version) => format!("the package is that of CUDA {version}"),
            None => "the newest CUDA of NVIDIA's repository".to_owned(),
        };
        if version.is_none() {
            statement.confidence = Confidence::Possible;
        }
        return Some(statement);
    }
    // libnccl2=2.18.3-1+cuda12.1, tensorrt=8.6.1.6-1+cuda12.0
    let (_, cuda) = version?.split_once("+cuda")?;
    let version = CudaVersion::parse(cuda)?;
    let statement =
        CudaStatement::new(StatementKind::Libraries, name, at, StatementOrigin::Version).version(Some(version));
    Some(statement.sure(Confidence::Possible).note(format!("the package was built for CUDA {version}")))
}

/// libcudnn8, libcudnn8-dev=8.9.2.26-1+cuda12.1, libcudnn9-dev-cuda-12, cudnn9-cuda-12
fn cudnn(name: &str, version: Option<&str>, at: usize) -> Option<CudaStatement> {
    let rest = name.strip_prefix("libcudnn").or_else(|| name.strip_prefix("cudnn"))?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
    let major: u32 = digits.parse().ok()?;
    let by_name = name.split_once("-cuda-").and_then(|(_, cuda)| CudaVersion::parse(&cuda.replace('-', ".")));
    let by_version = version.and_then(|v| CudaVersion::parse(v.split_once("+cuda")?.1));
    let mut statement = CudaStatement::new(
        StatementKind::Cudnn,
        name,
        at,
        if by_name.is_some() { StatementOrigin::Name } else { StatementOrigin::Version },
    );
    statement.cudnn = Some(major);
    statement.version = by_name.or(by_version);
    statement.note = match statement.version {
        Some(cuda) => format!("cuDNN {major} for CUDA {cuda}"),
        None => format!("cuDNN {major}"),
    };
    Some(statement)
}

/// The trailing `-12-4` of a name.
fn split_numbers(name: &str) -> (&str, Vec<u32>) {
    let mut stem = name;
    let mut numbers = Vec::new();
    while let Some((before, last)) = stem.rsplit_once('-') {
        match last.parse() {
            Ok(number) if last.len() <= 2 && numbers.len() < 2 => numbers.insert(0, number),
            _ => break,
        }
        stem = before;
    }
    (stem, numbers)
}

/// `sh cuda_12.4.1_550.54.15_linux.run --silent --toolkit`, `wget …/compute/cuda/12.4.1/…run`.
fn runfile(arguments: &[String], start: usize) -> Option<CudaStatement> {
    let name = basename(arguments.first()?);
    let runs = matches!(name, "sh" | "bash") || name.starts_with("cuda_");
    let fetches = matches!(name, "wget" | "curl" | "aria2c");
    if !runs && !fetches {
        return None;
    }
    arguments.iter().enumerate().find_map(|(i, word)| {
        let file = basename(word.split('?').next()?);
        let rest = file.strip_prefix("cuda_").filter(|_| file.ends_with(".run") || file.contains("_linux"))?;
        let version = CudaVersion::parse(rest.split('_').next()?)?;
        let confidence = if runs { Confidence::Certain } else { Confidence::Possible };
        let statement = CudaStatement::new(StatementKind::Toolkit, "CUDA installer", start + i, StatementOrigin::Url)
            .version(Some(version));
        Some(statement.sure(confidence).note(format!("the installer is that of CUDA {version}")))
    })
}
