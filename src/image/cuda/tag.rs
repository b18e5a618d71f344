//! What an image reference states about CUDA: [`image_tag`].
//!
//! The answer has three values and more: the tag may state a version, imply one through its release, leave it open although
//! the image is a GPU image, or name another backend; and of most images nothing is known. Each answer says why.

use std::ops::Range;

use regex::Captures;

use super::backend::Backend;
use super::images::{IMAGES, Says, TagGrammar};
use super::pattern::matches_name;
use super::version::{CudaVersion, in_range};
use crate::diagnostic::Confidence;
use crate::dockerfile::image_ref::ImageRef;

/// What the reference says, and how we read it.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageCuda {
    pub answer: Answer,
    pub confidence: Confidence,
    /// One sentence without a full stop: "the tag says cuda12.8".
    pub reason: String,
    pub flavour: Option<Flavour>,
    /// The major version of a system cuDNN that the tag names.
    pub cudnn: Option<u32>,
    /// `ubuntu22.04`, `ubi9`.
    pub os: Option<String>,
    /// The version of PyTorch inside, where the tag names it.
    pub torch: Option<String>,
    pub python: Option<String>,
    /// The same reference may have another version tomorrow: no tag, `latest`, or a tag that names no release.
    pub floating: bool,
    /// The image has several CUDA versions and picks one at run time: never a partner in a mismatch.
    pub several: bool,
    /// Which grammar of `cuda-images.toml` read it; empty where none did.
    pub grammar: &'static str,
    /// The place of the version in the tag.
    pub version_at: Option<Range<usize>>,
    /// The place of the flavour in the tag.
    pub flavour_at: Option<Range<usize>>,
}

/// What is known of an image's CUDA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The reference itself names the version.
    Stated(CudaVersion),
    /// A table knows the version of this release.
    Implied(CudaVersion),
    /// A CUDA image whose reference leaves the version open.
    NotStated,
    /// Computes on something else.
    Other(Backend),
    /// Carries no CUDA.
    NotGpu,
    Unknown,
}

/// How much of the toolkit NVIDIA's image families put into an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flavour {
    Base,
    Runtime,
    Devel,
}

impl Flavour {
    pub fn as_str(self) -> &'static str {
        match self {
            Flavour::Base => "base",
            Flavour::Runtime => "runtime",
            Flavour::Devel => "devel",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Flavour::Base, Flavour::Runtime, Flavour::Devel].into_iter().find(|f| f.as_str() == text)
    }
}

impl ImageCuda {
    fn new(answer: Answer, confidence: Confidence, reason: impl Into<String>) -> Self {
        ImageCuda {
            answer,
            confidence,
            reason: reason.into(),
            flavour: None,
            cudnn: None,
            os: None,
            torch: None,
            python: None,
            floating: false,
            several: false,
            grammar: "",
            version_at: None,
            flavour_at: None,
        }
    }

    /// The version, stated or implied.
    pub fn version(&self) -> Option<CudaVersion> {
        match self.answer {
            Answer::Stated(version) | Answer::Implied(version) => Some(version),
            _ => None,
        }
    }

    /// True if it is a CUDA image; `None` if that is not known.
    pub fn is_cuda(&self) -> Option<bool> {
        match self.answer {
            Answer::Stated(_) | Answer::Implied(_) | Answer::NotStated => Some(true),
            Answer::Other(_) | Answer::NotGpu => Some(false),
            Answer::Unknown => None,
        }
    }

    /// The version in words, as messages write it after "CUDA": `12.8`, `12.8 by its release`, `not stated by the tag`.
    pub fn describe(&self) -> String {
        match self.answer {
            Answer::Stated(version) if version.minor.is_none() => format!("{version}, minor version not stated"),
            Answer::Stated(version) => version.release().to_string(),
            Answer::Implied(version) => format!("{} by its release", version.release()),
            Answer::NotStated if self.several => "several versions".to_owned(),
            Answer::NotStated => "not stated by the tag".to_owned(),
            Answer::Other(backend) => format!("none ({backend})"),
            Answer::NotGpu => "none".to_owned(),
            Answer::Unknown => "unknown".to_owned(),
        }
    }

    /// True if the image has `nvcc`, by its repository and flavour; `None` if that is not known.
    pub fn has_nvcc(&self, reference: &ImageRef<'_>) -> Option<bool> {
        match self.facts(reference)?.nvcc.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }

    /// True if a C++ compiler is in the image only because another package depends on it.
    pub fn has_implicit_compiler(&self, reference: &ImageRef<'_>) -> bool {
        self.facts(reference).is_some_and(|f| f.cxx == "implicit")
    }

    fn facts(&self, reference: &ImageRef<'_>) -> Option<&'static super::images::FlavourFacts> {
        let name = reference.familiar();
        let name = if name == "nvcr.io/nvidia/cuda" { "nvidia/cuda" } else { name.as_str() };
        // A tag of the repository that is no CUDA image at all has no CUDA flavour either.
        self.is_cuda().filter(|is| *is)?;
        let flavour = self.flavour.map(Flavour::as_str);
        IMAGES
            .flavour
            .iter()
            .find(|f| f.repo == name && !f.unverified && (f.flavour == "*" || Some(f.flavour.as_str()) == flavour))
    }
}

/// Reads one reference. A tag that still holds a variable is unknown.
pub fn image_tag(reference: &ImageRef<'_>) -> ImageCuda {
    let name = reference.familiar();
    let tag = reference.tag.unwrap_or("");
    if name.contains('$') || tag.contains('$') {
        return ImageCuda::new(Answer::Unknown, Confidence::Certain, "the reference holds an unresolved variable");
    }
    let mut claim = None;
    let (last, grammars) = match IMAGES.grammar.split_last() {
        Some(split) => split,
        None => return unknown(),
    };
    for grammar in grammars.iter().filter(|g| g.claims(&name)) {
        claim.get_or_insert(grammar);
        if let Some(read) = read_grammar(grammar, &name, tag) {
            // A version elsewhere in the tag is better than the one in a table for its release.
            let tables =
                matches!(grammar.says, Says::Version | Says::Release) && !matches!(read.answer, Answer::Stated(_));
            let better = if tables { read_grammar(last, &name, tag) } else { None };
            return finish(better.unwrap_or(read), reference);
        }
    }
    let versions_are_cuda = claim.is_none_or(|g| !matches!(g.says, Says::Nothing | Says::Other));
    if versions_are_cuda && let Some(read) = read_grammar(last, &name, tag) {
        return finish(read, reference);
    }
    let read = match claim {
        Some(grammar) => unread(grammar, &name, tag),
        None => by_words(&name, tag),
    };
    finish(read, reference)
}

fn unknown() -> ImageCuda {
    ImageCuda::new(Answer::Unknown, Confidence::Certain, "nothing is known of this image")
}

/// Marks a reference that can be another image tomorrow.
fn finish(mut read: ImageCuda, reference: &ImageRef<'_>) -> ImageCuda {
    let tag = reference.tag.unwrap_or("latest");
    let names_release = tag.split(['-', '_']).any(|w| {
        let digits = w.trim_start_matches(['v', 'b', 'r']);
        digits.len() > 1 && digits.bytes().next().is_some_and(|b| b.is_ascii_digit())
    }) || tag.starts_with("sha");
    let versioned = names_release && !words(tag).any(|w| matches!(w, "latest" | "nightly" | "main" | "master"));
    read.floating = reference.digest.is_none() && read.answer == Answer::NotStated && !versioned;
    read
}

fn read_grammar(grammar: &'static TagGrammar, name: &str, tag: &str) -> Option<ImageCuda> {
    // The patterns that can only match a tag with a CUDA word are spared for tags without one.
    if grammar.id == "token" && !tag.contains("cu") {
        return None;
    }
    let captures = grammar.regex()?.captures(tag)?;
    let get = |group: &str| captures.name(group).map(|m| m.as_str());
    let confidence = Confidence::from(grammar.certainty);
    let stated = get("cuda").and_then(CudaVersion::parse).or_else(|| get("token").and_then(CudaVersion::from_token));
    let mut read = match grammar.says {
        Says::Other => {
            let backend = grammar.backend.as_deref().and_then(backend_word)?;
            ImageCuda::new(Answer::Other(backend), confidence, format!("`{name}` is an image for {backend}"))
        }
        Says::Nothing => no_version(grammar, &captures, name),
        Says::Major if stated.is_none() => no_version(grammar, &captures, name),
        Says::Release => by_release(grammar, &captures, name)?,
        Says::Version | Says::Major => {
            let version = match stated {
                Some(version) => version,
                // A tag of the right form that leaves the version out.
                None => return by_release(grammar, &captures, name),
            };
            if let Some(limit) = grammar.below.as_deref().and_then(CudaVersion::parse)
                && version.at_least(&limit) != Some(false)
            {
                return None;
            }
            // Nor are numbers beyond NVIDIA's releases: `cuda18.1` is somebody's own count.
            if !(5..=15).contains(&version.major) {
                return None;
            }
            let said = captures.name("token").or_else(|| captures.name("cuda")).map_or("", |m| {
                let start =
                    if tag.get(..m.start()).is_some_and(|t| t.ends_with("cuda")) { m.start() - 4 } else { m.start() };
                tag.get(start..m.end()).unwrap_or("")
            });
            ImageCuda::new(Answer::Stated(version), confidence, format!("the tag says `{said}`"))
        }
    };
    read.grammar = grammar.id.as_str();
    read.version_at = captures.name("token").or_else(|| captures.name("cuda")).map(|m| m.range());
    read.flavour = get("flavour").and_then(Flavour::parse);
    read.flavour_at = captures.name("flavour").map(|m| m.range());
    if read.flavour.is_none() && read.is_cuda() == Some(true) {
        // Families whose grammar names no flavour still use NVIDIA's words for it.
        if let Some((flavour, at)) = flavour_word(tag) {
            read.flavour = Some(flavour);
            read.flavour_at = Some(at);
        }
    }
    read.cudnn = match (get("cudnn_major"), get("cudnn")) {
        (Some(major), _) => major.parse().ok(),
        // Without a digit it is cuDNN 9: from 12.4.1 on.
        (None, Some(_)) => Some(9),
        (None, None) => None,
    };
    read.os = get("os").map(|os| format!("{os}{}", get("os_version").unwrap_or("")));
    read.torch = get("torch").map(str::to_owned);
    read.python = get("py").map(str::to_owned);
    Some(read)
}

/// A tag of the right form that names no CUDA version: another backend, or open.
fn no_version(grammar: &'static TagGrammar, captures: &Captures<'_>, name: &str) -> ImageCuda {
    let word = captures.name("backend").or_else(|| captures.name("arch")).map(|m| m.as_str());
    let word = word.or_else(|| Some(backend_of(captures.get(0)?.as_str())?.1));
    if let Some(backend) = word.and_then(backend_word) {
        return ImageCuda::new(
            Answer::Other(backend),
            Confidence::Certain,
            format!("`{}` in the tag names {backend}", word.unwrap_or("")),
        );
    }
    if let Some(several) = &grammar.several {
        let mut read = ImageCuda::new(Answer::NotStated, Confidence::Certain, format!("`{name}` {several}"));
        read.several = true;
        return read;
    }
    // llama.cpp without a backend word is the CPU build.
    if grammar.id == "llama-cpp" && word.is_none() {
        return ImageCuda::new(
            Answer::Other(Backend::Cpu),
            Confidence::Certain,
            "a tag without a backend is the CPU build",
        );
    }
    let said = word.map_or_else(|| format!("tags of `{name}`"), |word| format!("`{word}` in the tag"));
    let verb = if word.is_some() { "names" } else { "name" };
    ImageCuda::new(Answer::NotStated, Confidence::Certain, format!("{said} {verb} no CUDA version"))
}

/// Versions that a table knows by the release in the tag.
fn by_release(grammar: &'static TagGrammar, captures: &Captures<'_>, name: &str) -> Option<ImageCuda> {
    let get = |group: &str| captures.name(group).map(|m| m.as_str());
    let open = |reason: String| ImageCuda::new(Answer::NotStated, Confidence::Certain, reason);
    let implied = |cuda: &str, confidence, reason: String| {
        Some(ImageCuda::new(Answer::Implied(CudaVersion::parse(cuda)?), confidence, reason))
    };
    match grammar.id.as_str() {
        "ngc-framework" => {
            let (release, variant) = (get("ngc")?, get("variant"));
            let rows = &IMAGES.release.ngc;
            let exact = rows.iter().find(|r| {
                r.image == name && r.release == release && (r.variant.is_none() || r.variant.as_deref() == variant)
            });
            if let Some(row) = exact {
                let reason = format!("release {release} of `{name}` was built with CUDA {}", row.cuda);
                return implied(&row.cuda, Confidence::Likely, reason);
            }
            // Framework images of one month normally share the CUDA of tritonserver's vLLM variant: an estimate.
            let estimate = rows.iter().find(|r| {
                r.release == release
                    && r.image.ends_with("/tritonserver")
                    && r.variant.as_deref() == Some("vllm-python-py3")
            });
            match estimate {
                Some(row) => {
                    let reason = format!("NVIDIA's framework images of {release} normally hold CUDA {}", row.cuda);
                    implied(&row.cuda, Confidence::Possible, reason)
                }
                None => Some(open(format!("the tag names a release ({release}), not a CUDA version"))),
            }
        }
        "l4t" => {
            let release = get("l4t")?;
            let row =
                IMAGES.release.l4t.iter().filter(|r| release.starts_with(&r.prefix)).max_by_key(|r| r.prefix.len());
            match row {
                Some(row) => {
                    let confidence = if row.unverified { Confidence::Possible } else { Confidence::Likely };
                    implied(&row.cuda, confidence, format!("Jetson Linux {release} comes with CUDA {}", row.cuda))
                }
                None => Some(open(format!("the tag names Jetson Linux {release}, not a CUDA version"))),
            }
        }
        "tensorflow" => {
            let mods = get("mods").unwrap_or("");
            if !mods.split('-').any(|m| m == "gpu") {
                return Some(ImageCuda::new(
                    Answer::Other(Backend::Cpu),
                    Confidence::Certain,
                    "a TensorFlow tag without `-gpu` is the CPU build",
                ));
            }
            let release = get("tf")?;
            match super::wheels::tensorflow_cuda(release) {
                Some(cuda) => Some(ImageCuda::new(
                    Answer::Implied(cuda),
                    Confidence::Possible,
                    format!("TensorFlow {release} is built against CUDA {cuda}"),
                )),
                None => Some(open("the tag names no CUDA version".to_owned())),
            }
        }
        "vllm-openai" => {
            let Some(release) = get("vllm").map(|v| v.trim_start_matches('v')) else {
                return Some(open("the tag names no CUDA version".to_owned()));
            };
            let row = IMAGES.release.vllm.iter().find(|r| in_range(release, &r.from, &r.to));
            match row {
                Some(row) => {
                    implied(&row.cuda, Confidence::Possible, format!("vLLM {release} is built for CUDA {}", row.cuda))
                }
                None => Some(open(format!("the tag names vLLM {release}, not a CUDA version"))),
            }
        }
        _ => None,
    }
}

/// A tag that the repository's grammar does not know.
fn unread(grammar: &'static TagGrammar, name: &str, tag: &str) -> ImageCuda {
    if grammar.not_gpu {
        return ImageCuda::new(
            Answer::NotGpu,
            Confidence::Likely,
            format!("tags of `{name}` without a CUDA word carry no CUDA"),
        );
    }
    if let Some(backend) = grammar.backend.as_deref().and_then(backend_word) {
        return ImageCuda::new(
            Answer::Other(backend),
            Confidence::Certain,
            format!("`{name}` is an image for {backend}"),
        );
    }
    let by_tag = backend_of(tag);
    let mut read = match by_tag {
        Some((backend, word)) => {
            ImageCuda::new(Answer::Other(backend), Confidence::Likely, format!("`{word}` in the tag names {backend}"))
        }
        None if grammar.mixed => {
            let reason = format!("`{name}` has images for several backends, and the tag is of no form that we know");
            ImageCuda::new(Answer::Unknown, Confidence::Certain, reason)
        }
        None if tag.contains("notset") => {
            ImageCuda::new(Answer::NotStated, Confidence::Possible, "the tag is a placeholder")
        }
        None => ImageCuda::new(
            Answer::NotStated,
            Confidence::Certain,
            if tag.is_empty() || tag == "latest" {
                format!("`{name}` without a version in the tag leaves its CUDA open")
            } else {
                format!("the tag is of no form that `{name}` is known to use")
            },
        ),
    };
    read.grammar = grammar.id.as_str();
    read.several = grammar.several.is_some();
    read
}

/// Images that no grammar claims: other backends, words such as `gpu`, known images without CUDA.
fn by_words(name: &str, tag: &str) -> ImageCuda {
    let images = &*IMAGES;
    let last = name.rsplit('/').next().unwrap_or(name);
    if let Some((backend, word)) = backend_of(tag).or_else(|| backend_of(last)) {
        let gpu_too = words(tag).any(|w| w == "gpu" || w == "cuda");
        if !(backend == Backend::Cpu && gpu_too) {
            return ImageCuda::new(
                Answer::Other(backend),
                Confidence::Likely,
                format!("`{word}` in the name means {backend}"),
            );
        }
    }
    if images.not_gpu.repos.iter().any(|repo| matches_name(repo, name)) {
        return ImageCuda::new(Answer::NotGpu, Confidence::Certain, format!("`{name}` carries no CUDA"));
    }
    if let Some(version) = name_version(last) {
        let reason = format!("the repository's name says CUDA {version}");
        return ImageCuda::new(Answer::Stated(version), Confidence::Likely, reason);
    }
    if images.floating.iter().any(|f| matches_name(&f.repo, name)) {
        let reason = format!("`{name}` is a GPU image whose tags name no CUDA version");
        return ImageCuda::new(Answer::NotStated, Confidence::Likely, reason);
    }
    let gpu = |word: &&str| images.token.gpu_words.iter().any(|g| g == word);
    if let Some(word) = words(tag).find(gpu) {
        let mut read =
            ImageCuda::new(Answer::NotStated, Confidence::Likely, format!("`{word}` in the tag names no CUDA version"));
        read.flavour = flavour_word(tag).map(|(flavour, _)| flavour);
        return read;
    }
    // A name is weaker evidence than a tag: it may be a tool for GPUs (an exporter, an operator).
    if let Some(word) =
        words(last).find(|w| matches!(w.trim_end_matches(|c: char| c.is_ascii_digit()), "cuda" | "gpu" | "cublas"))
    {
        let reason = format!("`{word}` in the repository's name names no CUDA version");
        return ImageCuda::new(Answer::NotStated, Confidence::Possible, reason);
    }
    unknown()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty())
}

/// `cu124` or `cuda12` as a word of a repository's name. A bare `cuda-12` does not count: a name has no versions of its own.
fn name_version(name: &str) -> Option<CudaVersion> {
    name.split(['-', '_']).find_map(|word| {
        let version = CudaVersion::from_token(word)?;
        (word.len() > 3 && (5..=15).contains(&version.major)).then_some(version)
    })
}

fn flavour_word(tag: &str) -> Option<(Flavour, Range<usize>)> {
    let mut start = 0;
    for word in tag.split(['-', '_', '.']) {
        if let Some(flavour) = Flavour::parse(word) {
            return Some((flavour, start..start + word.len()));
        }
        start += word.len() + 1;
    }
    None
}

fn backend_word(word: &str) -> Option<Backend> {
    let tokens = &IMAGES.token;
    let word = word.to_ascii_lowercase();
    let has = |list: &[String]| list.contains(&word);
    if has(&tokens.rocm) || word.starts_with("rocm") || word.starts_with("gfx1") || word.starts_with("gfx9") {
        Some(Backend::Rocm)
    } else if has(&tokens.intel) || word == "intel" || word.starts_with("intel-") {
        Some(if word == "intel-cpu" { Backend::Cpu } else { Backend::Intel })
    } else if has(&tokens.vulkan) {
        Some(Backend::Vulkan)
    } else if has(&tokens.cpu) || word == "s390x" {
        Some(Backend::Cpu)
    } else if has(&tokens.other) {
        Some(Backend::Other)
    } else {
        None
    }
}

fn backend_of(text: &str) -> Option<(Backend, &str)> {
    let mut found = words(text).filter_map(|word| Some((backend_word(word)?, word)));
    let first = found.next()?;
    // `intel-cpu`, `gpu-intel-f16`: an accelerator's name beats `cpu` only where `cpu` is not said.
    if first.0 == Backend::Intel && words(text).any(|w| w == "cpu") {
        return Some((Backend::Cpu, first.1));
    }
    Some(first)
}

#[cfg(test)]
#[path = "tag_tests.rs"]
mod tests;
