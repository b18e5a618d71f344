//! `rules/data/python-gpu-wheels.toml`, decoded on first use, and the questions that it answers.

use std::sync::{LazyLock, OnceLock};

use regex::Regex;
use serde::Deserialize;

use crate::image::cuda::pattern::compile;
use crate::image::cuda::version::CudaVersion;
use crate::image::cuda::version::in_range;

/// What the build script makes of the file.
const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/python-gpu-wheels.json"));

/// The whole file; empty should it not decode, which a test excludes.
pub(super) static WHEELS: LazyLock<Wheels> = LazyLock::new(|| decode().unwrap_or_default());

pub(super) fn decode() -> Result<Wheels, serde_json::Error> {
    serde_json::from_str(JSON)
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Wheels {
    torch: Torch,
    #[cfg(test)]
    pub torch_index: TorchIndex,
    extension: Extension,
    wheel_arch: Vec<WheelArch>,
    tensorflow: Tensorflow,
    package: Vec<GpuPackage>,
    source_builds: SourceBuilds,
    pub names: WheelNames,
    #[cfg(test)]
    pub conda: Conda,
}

#[derive(Debug, Default, Deserialize)]
struct Torch {
    versions: Vec<TorchVersion>,
}

#[derive(Debug, Deserialize)]
struct TorchVersion {
    version: String,
    variants: Option<Vec<String>>,
    pypi_cuda: Option<String>,
}

#[cfg(test)]
#[derive(Debug, Default, Deserialize)]
pub(super) struct TorchIndex {
    pub index: String,
    pub local_version: String,
    pub positive: Vec<TextExample>,
    pub negative: Vec<String>,
    pub default: Vec<TextExample>,
}

#[cfg(test)]
#[derive(Debug, Default, Deserialize)]
pub(super) struct Conda {
    pub packages: String,
    pub positive: Vec<TextExample>,
    pub negative: Vec<String>,
}

#[cfg(test)]
#[derive(Debug, Deserialize)]
pub(super) struct TextExample {
    pub text: String,
    pub cuda: String,
}

#[derive(Debug, Default, Deserialize)]
struct Extension {
    major: String,
}

#[derive(Debug, Deserialize)]
struct WheelArch {
    sm: Vec<u32>,
    min_torch: String,
    min_cuda: String,
}

#[derive(Debug, Default, Deserialize)]
struct Tensorflow {
    built: Vec<TfRange>,
    and_cuda: Vec<TfExtra>,
}

#[derive(Debug, Deserialize)]
struct TfRange {
    from: String,
    to: String,
    cuda: String,
    cudnn: String,
}

#[derive(Debug, Deserialize)]
struct TfExtra {
    version: String,
    cuda: String,
}

/// When a package needs something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolkitNeed {
    /// At every installation.
    Always,
    /// When it is built from source because no wheel fits.
    Source,
    /// With a build flag.
    Flag,
    /// At run time.
    Run,
    No,
}

/// A Python package with native GPU code.
#[derive(Debug, Deserialize)]
pub struct GpuPackage {
    pub names: Vec<String>,
    pub needs_nvcc: ToolkitNeed,
    pub needs_cxx: ToolkitNeed,
    /// Built for the CPU where no GPU is visible, unless FORCE_CUDA or an architecture list is set.
    #[serde(default)]
    pub force_cuda: bool,
    /// Variables that keep it from building CUDA code.
    #[serde(default)]
    pub skip_env: Vec<String>,
    pub message: Option<String>,
    #[serde(default)]
    pub unverified: bool,
    #[serde(default)]
    cuda_by_version: Vec<ByVersion>,
    #[serde(default)]
    torch_by_version: Vec<TorchBy>,
}

#[derive(Debug, Deserialize)]
struct ByVersion {
    from: String,
    to: String,
    cuda: String,
    cudnn: Option<String>,
}

#[derive(Debug, Deserialize)]
struct TorchBy {
    version: String,
    torch: String,
}

#[derive(Debug, Default, Deserialize)]
struct SourceBuilds {
    repos: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct WheelNames {
    pub patterns: Vec<NamePattern>,
    extras: String,
    #[cfg(test)]
    pub extras_positive: Vec<NameExample>,
    #[cfg(test)]
    pub extras_negative: Vec<String>,
    #[serde(skip)]
    extras_compiled: OnceLock<Option<Regex>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NamePattern {
    pub id: String,
    pub regex: String,
    #[cfg(test)]
    pub positive: Vec<NameExample>,
    #[cfg(test)]
    pub negative: Vec<String>,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

#[cfg(test)]
#[derive(Debug, Deserialize)]
pub(super) struct NameExample {
    pub name: String,
    pub cuda: String,
}

impl NamePattern {
    pub(super) fn cuda(&self, name: &str) -> Option<CudaVersion> {
        let regex = self.compiled.get_or_init(|| compile(&self.regex)).as_ref()?;
        CudaVersion::from_digits(regex.captures(name)?.name("cuda")?.as_str())
    }
}

impl WheelNames {
    /// The CUDA that an extra names: `jax[cuda12]`; and whether it takes the image's toolkit (`_local`).
    pub(super) fn extra(&self, name: &str, extras: &str) -> Option<(CudaVersion, bool)> {
        let regex = self.extras_compiled.get_or_init(|| compile(&self.extras)).as_ref()?;
        let text = format!("{name}[{extras}]");
        let captures = regex.captures(&text)?;
        let version = CudaVersion::from_digits(captures.name("cuda")?.as_str())?;
        Some((version, captures.name("mode").is_some_and(|m| m.as_str() == "local")))
    }
}

impl GpuPackage {
    /// CUDA and cuDNN that this version was compiled for, if the table knows.
    pub(super) fn cuda_of(&self, version: &str) -> Option<(CudaVersion, Option<u32>)> {
        let row = self.cuda_by_version.iter().find(|r| in_range(version, &r.from, &r.to))?;
        Some((CudaVersion::parse(&row.cuda)?, row.cudnn.as_ref().and_then(|c| c.parse().ok())))
    }

    /// The torch that this version asks for.
    pub(super) fn torch_of(&self, version: &str) -> Option<&str> {
        self.torch_by_version.iter().find(|r| r.version == version).map(|r| r.torch.as_str())
    }
}

/// A package by its normal name (lower case, `-` for `_` and `.`).
pub fn package(name: &str) -> Option<&'static GpuPackage> {
    WHEELS.package.iter().find(|p| p.names.iter().any(|n| n == name))
}

/// True if a git address is that of a project whose source build needs `nvcc`: `git+https://github.com/NVIDIA/apex`.
pub fn source_build(url: &str) -> Option<&'static str> {
    let url = url.to_ascii_lowercase();
    let (_, path) = url.split_once("github.com")?;
    let mut parts = path.trim_start_matches([':', '/']).split(['/', '@', '#', '?']);
    let (owner, repo) = (parts.next()?, parts.next()?);
    let name = format!("{owner}/{}", repo.trim_end_matches(".git"));
    WHEELS.source_builds.repos.iter().find(|r| **r == name).map(String::as_str)
}

fn torch_row(version: &str) -> Option<&'static TorchVersion> {
    let full =
        if version.bytes().filter(|b| *b == b'.').count() == 1 { format!("{version}.0") } else { version.to_owned() };
    WHEELS.torch.versions.iter().find(|t| t.version == full)
}

/// True if a torch version was published for a CUDA token (`cu124`); `None` if the version or its list is not known.
pub fn torch_has_variant(version: &str, token: &str) -> Option<bool> {
    Some(torch_variants(version)?.iter().any(|v| v == token))
}

/// The CUDA tokens that a torch version was published for.
pub fn torch_variants(version: &str) -> Option<&'static [String]> {
    torch_row(version)?.variants.as_deref()
}

/// The newest torch that an index is known to have, if later ones without it are known: an extra index that has ended loses
/// to PyPI for an unpinned torch.
pub fn index_ended_with(token: &str) -> Option<&'static str> {
    let known = WHEELS.torch.versions.iter().filter_map(|t| Some((t.version.as_str(), t.variants.as_ref()?)));
    let mut last = None;
    let mut later = 0;
    for (version, variants) in known {
        if variants.iter().any(|v| v == token) {
            last = Some(version);
            later = 0;
        } else {
            later += 1;
        }
    }
    // One release may leave a variant out and the next have it again.
    last.filter(|_| later > 1)
}

/// The CUDA that a plain `pip install torch==<version>` gets from PyPI on x86-64 Linux.
pub fn default_cuda_of_torch(version: &str) -> Option<CudaVersion> {
    CudaVersion::parse(torch_row(version)?.pypi_cuda.as_deref()?)
}

/// The default CUDA that all known versions of a release share (`2.7` of 2.7.0 and 2.7.1).
pub(super) fn default_cuda_of_release(prefix: &str) -> Option<CudaVersion> {
    let prefix = format!("{prefix}.");
    let mut known =
        WHEELS.torch.versions.iter().filter(|t| t.version.starts_with(&prefix)).map(|t| t.pypi_cuda.as_deref());
    let first = known.next()??;
    known.all(|k| k.is_none_or(|k| k == first)).then(|| CudaVersion::parse(first))?
}

/// The first torch version and CUDA whose wheels hold code for an architecture, where the table tells.
pub fn torch_for_arch(sm: u32) -> Option<(&'static str, CudaVersion)> {
    let row = WHEELS.wheel_arch.iter().find(|r| r.sm.contains(&sm))?;
    Some((&row.min_torch, CudaVersion::parse(&row.min_cuda)?))
}

/// The error that building an extension against another major ends with.
pub fn extension_mismatch_message(toolkit: &CudaVersion, torch: &CudaVersion) -> String {
    let text = &WHEELS.extension.major;
    text.replace("{toolkit}", &toolkit.release().to_string()).replace("{torch}", &torch.release().to_string())
}

/// The CUDA that a TensorFlow release is built against.
pub fn tensorflow_cuda(version: &str) -> Option<CudaVersion> {
    let row = tensorflow_row(version)?;
    CudaVersion::parse(&row.cuda)
}

/// The cuDNN major that a TensorFlow release is built against.
pub(super) fn tensorflow_cudnn(version: &str) -> Option<u32> {
    tensorflow_row(version)?.cudnn.split('.').next()?.parse().ok()
}

fn tensorflow_row(version: &str) -> Option<&'static TfRange> {
    // WheelNames such as `latest` are no version.
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(())?;
    WHEELS.tensorflow.built.iter().find(|r| in_range(version, &r.from, &r.to))
}

/// The CUDA libraries that `tensorflow[and-cuda]` pins.
pub(super) fn tensorflow_extra(version: &str) -> Option<CudaVersion> {
    let release: Vec<&str> = version.split('.').take(2).collect();
    let prefix = format!("{}.", release.join("."));
    let rows = &WHEELS.tensorflow.and_cuda;
    let row =
        rows.iter().find(|r| r.version == version).or_else(|| rows.iter().find(|r| r.version.starts_with(&prefix)))?;
    CudaVersion::parse(&row.cuda)
}
