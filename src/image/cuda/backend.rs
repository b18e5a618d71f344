//! What an image computes on, if not on CUDA.

use std::fmt;

use super::version::CudaVersion;

/// A backend other than CUDA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// AMD.
    Rocm,
    /// oneAPI, XPU, OpenVINO, Gaudi.
    Intel,
    Vulkan,
    Cpu,
    /// Another accelerator (MUSA, CANN, Neuron …).
    Other,
}

impl Backend {
    pub fn as_str(self) -> &'static str {
        match self {
            Backend::Rocm => "ROCm",
            Backend::Intel => "Intel",
            Backend::Vulkan => "Vulkan",
            Backend::Cpu => "CPU",
            Backend::Other => "another accelerator",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Returns the CUDA version or other backend of a token in an index or a local version: `cu124`, `cpu`, `rocm6.2`, `xpu`.
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
