//! What an install command says about CUDA: [`read`] takes the words of one command (pip, uv, conda, apt, a runfile) and
//! returns a [`CudaStatement`] for every package that brings, needs or is compiled against some CUDA.
//!
//! Words come after quote removal and variable expansion; one that still holds a `$` is unknown and says nothing.

mod conda;
mod data;
mod pip;
mod python;
mod system;

use super::Backend;
use super::version::CudaVersion;
use crate::diagnostic::Confidence;

pub use data::{
    GpuPackage, ToolkitNeed, default_cuda_of_torch, extension_mismatch_message, index_ended_with, index_token_known,
    package, source_build, tensorflow_cuda, torch_for_arch, torch_has_variant, torch_variants,
};
pub use pip::{PipCommand, PipRequirement, requirements};
pub use python::TORCH_FAMILY;

/// Reads the table.
pub(super) fn unpack() {
    std::sync::LazyLock::force(&data::WHEELS);
}

/// What one package of a command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CudaStatement {
    /// `None` where the package is a GPU package whose version is not told here.
    pub version: Option<CudaVersion>,
    /// Set where the package is built for something other than CUDA.
    pub backend: Option<Backend>,
    pub kind: StatementKind,
    /// The package's name in its normal form: `torch`, `cuda-toolkit-12-4`.
    pub package: String,
    /// The package's own version, where it is pinned.
    pub package_version: Option<String>,
    /// The cuDNN major that the package brings or needs.
    pub cudnn: Option<u32>,
    /// `cu124`, where an index or a local version names it.
    pub token: Option<String>,
    /// Index of the word that decided it.
    pub word: usize,
    pub origin: StatementOrigin,
    pub confidence: Confidence,
    /// One sentence without a full stop.
    pub note: String,
}

/// How a package and CUDA belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatementKind {
    /// Compiled against this CUDA and brings its libraries.
    Wheel,
    /// Compiled against this CUDA, but takes the libraries of the image.
    NeedsImage,
    /// The libraries of this CUDA without its compiler.
    Libraries,
    /// The toolkit with `nvcc`.
    Toolkit,
    /// cuDNN for this CUDA.
    Cudnn,
}

/// What told the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatementOrigin {
    /// `torch==2.5.1+cu124`.
    LocalVersion,
    /// `--index-url …/cu124`, and its like.
    Index,
    /// `--extra-index-url …/cu124`: PyPI is searched as well.
    ExtraIndex,
    /// Nothing in the command: what the package index has under the plain version.
    Default,
    /// The package's name: `cupy-cuda12x`, `cuda-toolkit-12-4`.
    Name,
    /// The package's version: `pytorch-cuda=12.1`, `nvidia-cuda-runtime-cu12==12.6.77`.
    Version,
    /// A file's name or address.
    Url,
}

impl CudaStatement {
    fn new(kind: StatementKind, package: impl Into<String>, word: usize, origin: StatementOrigin) -> Self {
        CudaStatement {
            version: None,
            backend: None,
            kind,
            package: package.into(),
            package_version: None,
            cudnn: None,
            token: None,
            word,
            origin,
            confidence: Confidence::Certain,
            note: String::new(),
        }
    }

    fn version(mut self, version: Option<CudaVersion>) -> Self {
        self.version = version;
        self
    }

    fn sure(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// Reads one command. `env` are the variables that hold for it: assignments in front of it, ENV, ARG.
pub fn read(words: &[String], env: &[(String, String)]) -> Vec<CudaStatement> {
    // Nothing that this module knows can be said without one of these, and most commands have none of them.
    let hint = |w: &str| ["torch", "cu", "tensor", "jax", "onnx", "vllm", "nv", "whl"].iter().any(|h| w.contains(h));
    if !words.iter().any(|w| hint(&w.to_ascii_lowercase())) && !env.iter().any(|(_, v)| v.contains("whl/")) {
        return Vec::new();
    }
    let start = skip_prefix(words);
    let mut found = python::read(words, start, env);
    if found.is_empty() {
        found = conda::read(words, start);
    }
    if found.is_empty() {
        found = system::read(words, start);
    }
    found
}

/// The index of the command's own name, behind `sudo`, `env A=b`, `exec`, `time`, `nice`, `command`.
pub fn skip_prefix(words: &[String]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match word.as_str() {
            "sudo" | "exec" | "time" | "nice" | "command" | "env" | "nohup" | "eatmydata" => at += 1,
            "timeout" => at += 2,
            w if w.starts_with('-') && at > 0 => at += 1,
            w if at > 0 && w.split_once('=').is_some_and(|(name, _)| is_variable_name(name)) => at += 1,
            _ => break,
        }
    }
    at.min(words.len())
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The file name of a path: `pip3` of `/opt/venv/bin/pip3`.
pub fn basename(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The CUDA or other backend that a token of an index or a local version names: `cu124`, `cpu`, `rocm6.2`, `xpu`.
pub(super) fn backend_token(token: &str) -> Option<Result<CudaVersion, Backend>> {
    if let Some(version) = CudaVersion::from_token(token) {
        return Some(Ok(version));
    }
    match token {
        "cpu" => Some(Err(Backend::Cpu)),
        "xpu" => Some(Err(Backend::Intel)),
        t if t.starts_with("rocm") => Some(Err(Backend::Rocm)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
