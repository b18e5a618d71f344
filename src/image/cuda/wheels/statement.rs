//! What a package of an install command says about CUDA.

use crate::diagnostic::Confidence;
use crate::image::cuda::backend::Backend;
use crate::image::cuda::version::CudaVersion;

/// What one package of a command says about CUDA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CudaStatement {
    /// `None` for a GPU package whose version is not known here.
    pub version: Option<CudaVersion>,
    /// Set if the package is built for something other than CUDA.
    pub backend: Option<Backend>,
    pub kind: StatementKind,
    /// The package's name in its normal form: `torch`, `cuda-toolkit-12-4`.
    pub package: String,
    /// The package's own version, if it is pinned.
    pub package_version: Option<String>,
    /// The cuDNN major that the package installs or needs.
    pub cudnn: Option<u32>,
    /// `cu124`, if an index or a local version names it.
    pub token: Option<String>,
    /// Index of the word that decided it.
    pub word: usize,
    pub origin: StatementOrigin,
    pub confidence: Confidence,
    /// One sentence without a full stop.
    pub note: String,
}

/// How a package uses CUDA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatementKind {
    /// Compiled against this CUDA and installs its libraries.
    Wheel,
    /// Compiled against this CUDA, but uses the libraries of the image.
    NeedsImage,
    /// The libraries of this CUDA without its compiler.
    Libraries,
    /// The toolkit with `nvcc`.
    Toolkit,
    /// cuDNN for this CUDA.
    Cudnn,
}

/// What names the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatementOrigin {
    /// `torch==2.5.1+cu124`.
    LocalVersion,
    /// `--index-url …/cu124` and similar.
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
    pub(super) fn new(kind: StatementKind, package: impl Into<String>, word: usize, origin: StatementOrigin) -> Self {
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

    pub(super) fn version(mut self, version: Option<CudaVersion>) -> Self {
        self.version = version;
        self
    }

    pub(super) fn sure(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}
