//! What the images of a project say about CUDA: from tags, package indexes, packages and build flags to one statement per
//! image, each with its reason.
//!
//! The facts are in `rules/data/cuda-images.toml`, `cuda-compat.toml`, `cuda-signals.toml` and
//! `python-gpu-wheels.toml`. They are decoded on first use, and a pattern is compiled only for a text that has its
//! repository name or literal: a project without GPU images pays for none of it.

pub mod chain;
pub mod compat;
pub mod entrypoints;
mod backend;
pub mod hints;
mod images;
mod pattern;
pub mod signals;
pub mod tag;
pub mod tags;
pub mod version;
pub mod wheels;

use std::sync::LazyLock;

pub use backend::Backend;
pub use entrypoints::known_entrypoint;
pub use tag::{Answer, Flavour, ImageCuda, image_tag};
pub use tags::{TagState, tag_state};
pub use version::{CudaVersion, Relation, VersionRequirement};

/// Reads the tables in other threads, for a project that will certainly need them.
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
            // The head names the source of the whole table, in words.
            let rest = table.iter().filter(|(key, _)| *key != "head").map(|(_, value)| value);
            rest.for_each(|v| check_sources(v, known, rows));
        }
        toml::Value::Array(values) => values.iter().for_each(|v| check_sources(v, known, rows)),
        _ => {}
    }
}
