//! What an install command says about CUDA: [`read`] takes the words of one command (pip, uv, conda, apt, a runfile) and
//! returns a [`CudaStatement`] for every package that installs, needs or is compiled against some CUDA.
//!
//! The words are those after quote removal and variable expansion; one that still has a `$` is unknown and ignored.

mod conda;
mod data;
mod pip;
mod python;
mod statement;
mod system;
mod words;

pub use data::{
    ToolkitNeed, extension_mismatch_message, index_ended_with, package, source_build, tensorflow_cuda, torch_for_arch,
    torch_has_variant, torch_variants,
};
pub use pip::requirements;
pub use python::TORCH_FAMILY;
pub use statement::{CudaStatement, StatementKind, StatementOrigin};
pub use words::{basename, skip_prefix};

/// Reads the table.
pub(super) fn unpack() {
    std::sync::LazyLock::force(&data::WHEELS);
}

/// Reads one command. `env` has its variables: assignments before it, ENV, ARG.
pub fn read(words: &[String], env: &[(String, String)]) -> Vec<CudaStatement> {
    // Every statement needs one of these, and most commands have none.
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

#[cfg(test)]
mod tests;
