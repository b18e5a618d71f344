//! What the images of a project say about CUDA: from tags, package indexes, packages and build flags to one statement per
//! image, each with its reason.
//!
//! Facts stand in `rules/data/cuda-images.toml`, `cuda-compat.toml`, `cuda-signals.toml` and `python-gpu-wheels.toml`. They are
//! decoded on first use, and a pattern is compiled only for a text that its repository name or literal has already picked
//! out: a project without GPU images pays for none of it.

pub mod chain;
pub mod compat;
pub mod entrypoints;
pub mod hints;
mod images;
pub mod signals;
pub mod tag;
pub mod tags;
pub mod version;
pub mod wheels;

use std::fmt;

use std::sync::LazyLock;

pub use entrypoints::{KnownEntrypoint, known_entrypoint};
pub use tag::{Answer, Flavour, ImageCuda, image_tag};
pub use tags::{TagState, tag_state};
pub use version::{CudaVersion, Relation, VersionRequirement};

/// Has the tables read by other threads, for a project that will surely ask for them.
pub fn unpack() {
    rayon::spawn(|| {
        LazyLock::force(&images::IMAGES);
    });
    rayon::spawn(compat::unpack);
    rayon::spawn(|| {
        LazyLock::force(&signals::SIGNALS);
    });
    rayon::spawn(wheels::unpack);
}

/// What an image computes on, if not on CUDA.
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

/// Whether a name is the text of a pattern in which one `*`, in front or at the end, stands for anything.
fn matches_name(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (_, Some(prefix)) => name.starts_with(prefix),
        (Some(suffix), None) => name.ends_with(suffix),
        (None, None) => pattern == name,
    }
}

/// Compiles a pattern of the data files. All of it is meant as ASCII, which keeps the compiled program small; only what may
/// match any other character (`[^:]`) has to know of those that take several bytes.
fn compile(pattern: &str) -> Option<regex::Regex> {
    let ascii = pattern.replace(r"\d", "[0-9]").replace(r"\b", r"(?-u:\b)").replace(r"\s", r"[ \t\n\r]");
    let bytes = regex::RegexBuilder::new(&ascii).unicode(false).build();
    bytes.or_else(|_| regex::Regex::new(&ascii)).ok()
}

/// Checks that every `source` of a data file names an entry of its `sources`, and counts the rows that have one.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
fn check_sources(value: &toml::Value, known: &std::collections::BTreeSet<&str>, rows: &mut usize) {
    match value {
        toml::Value::Table(table) => {
            if let Some(sources) = table.get("source") {
                let sources = sources.as_array().unwrap();
                let unverified = table.get("unverified").and_then(toml::Value::as_bool).unwrap_or(false);
                assert!(unverified || !sources.is_empty(), "a row without a source must say so: {table:?}");
                for source in sources {
                    assert!(known.contains(source.as_str().unwrap()), "{source}");
                }
                *rows += 1;
            }
            table.values().for_each(|v| check_sources(v, known, rows));
        }
        toml::Value::Array(values) => values.iter().for_each(|v| check_sources(v, known, rows)),
        _ => {}
    }
}
