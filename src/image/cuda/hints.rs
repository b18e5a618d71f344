//! A quick test of a text: may it have anything to do with CUDA? A text that fails it needs none of the tables.

/// A Dockerfile that concerns CUDA contains at least one of these words, or its build arguments do.
const HINTS: &[&str] = &[
    "cuda",
    "CUDA",
    "nvidia",
    "NVIDIA",
    "nvcc",
    "torch",
    "/cu1",
    "+cu1",
    "-cu1",
    "vllm",
    "tensorflow",
    "tensorrt",
    "jax",
    "onnxruntime-gpu",
    "flash",
    "GGML",
    "LLAMA_",
    "llama",
    "rocm",
    "l4t",
    "cupy",
    "cudnn",
    "-gpu",
];

/// True if a text may concern CUDA.
pub(crate) fn is_hinted(text: &str) -> bool {
    HINTS.iter().any(|hint| text.contains(hint))
}
