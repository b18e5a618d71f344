//! `rules/data/cuda-images.toml`, decoded on first use.

use std::sync::{LazyLock, OnceLock};

use regex::Regex;
use serde::Deserialize;

use super::pattern::{compile, matches_name};
use crate::diagnostic::Confidence;

/// What the build script makes of the file.
const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/cuda-images.json"));

/// The whole file; empty should it not decode, which a test excludes.
pub(super) static IMAGES: LazyLock<Images> = LazyLock::new(|| decode().unwrap_or_default());

fn decode() -> Result<Images, serde_json::Error> {
    serde_json::from_str(JSON)
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Images {
    pub token: Tokens,
    pub grammar: Vec<TagGrammar>,
    pub flavour: Vec<FlavourFacts>,
    pub nvidia_cuda: NvidiaCuda,
    pub release: Releases,
    pub floating: Vec<Floating>,
    pub not_gpu: NotGpu,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Tokens {
    pub gpu_words: Vec<String>,
    pub rocm: Vec<String>,
    pub intel: Vec<String>,
    pub vulkan: Vec<String>,
    pub cpu: Vec<String>,
    pub other: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Says {
    Version,
    Major,
    Release,
    Nothing,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Certainty {
    Certain,
    Likely,
    Possible,
}

impl From<Certainty> for Confidence {
    fn from(value: Certainty) -> Self {
        match value {
            Certainty::Certain => Confidence::Certain,
            Certainty::Likely => Confidence::Likely,
            Certainty::Possible => Confidence::Possible,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct TagGrammar {
    pub id: String,
    pub repos: Vec<String>,
    pub tag: String,
    pub says: Says,
    pub certainty: Certainty,
    /// The grammar holds for versions below this one only.
    pub below: Option<String>,
    pub backend: Option<String>,
    /// Tags of these repositories that do not match are no GPU images.
    #[serde(default)]
    pub not_gpu: bool,
    /// Of tags of these repositories that do not match nothing is known: they have images for several backends.
    #[serde(default)]
    pub mixed: bool,
    /// Set if the image has several CUDA versions: the words for it.
    pub several: Option<String>,
    #[cfg(test)]
    #[serde(default)]
    pub positive: Vec<std::collections::BTreeMap<String, String>>,
    #[cfg(test)]
    #[serde(default)]
    pub negative: Vec<String>,
    #[cfg(test)]
    #[serde(default)]
    pub open: Vec<String>,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

impl TagGrammar {
    pub(super) fn claims(&self, name: &str) -> bool {
        self.repos.iter().any(|repo| matches_name(repo, name))
    }

    pub(super) fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.tag)).as_ref()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct FlavourFacts {
    pub repo: String,
    pub flavour: String,
    pub nvcc: String,
    pub cxx: String,
    #[serde(default)]
    pub unverified: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct NvidiaCuda {
    pub patch_from: String,
    pub cudnn: Vec<CudnnToken>,
    pub ubuntu: Vec<UbuntuRange>,
    pub deleted_below: String,
    pub never: Vec<String>,
    pub cudnn_devel: Vec<CudnnDevel>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CudnnToken {
    pub from: String,
    pub token: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct UbuntuRange {
    pub release: String,
    pub from: String,
    pub to: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct CudnnDevel {
    pub cuda: String,
    pub cudnn: String,
    pub os: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Releases {
    pub ngc: Vec<Ngc>,
    pub l4t: Vec<L4t>,
    pub vllm: Vec<Range>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Ngc {
    pub image: String,
    pub release: String,
    pub variant: Option<String>,
    pub cuda: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct L4t {
    pub prefix: String,
    pub cuda: String,
    #[serde(default)]
    pub unverified: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Range {
    pub from: String,
    pub to: String,
    pub cuda: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Floating {
    pub repo: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct NotGpu {
    pub repos: Vec<String>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_file_decodes_and_every_pattern_compiles() {
        let images = decode().unwrap();
        for grammar in &images.grammar {
            assert!(grammar.regex().is_some(), "{}", grammar.id);
        }
        assert!(images.release.ngc.len() > 60);
    }

    #[test]
    fn every_named_source_is_listed_and_every_row_names_one() {
        let table: toml::Table = toml::from_str(include_str!("../../../rules/data/cuda-images.toml")).unwrap();
        let known: BTreeSet<&str> = table["sources"].as_table().unwrap().keys().map(String::as_str).collect();
        let mut rows = 0;
        crate::image::cuda::check_sources(&toml::Value::Table(table.clone()), &known, &mut rows);
        assert!(rows > 100, "{rows} rows with a source");
    }
}
