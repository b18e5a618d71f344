//! Which tags of `nvidia/cuda` there are: a reference that never existed is told before the pull fails.

use super::images::IMAGES;
use super::tag::{Answer, ImageCuda, image_tag};
use super::version::CudaVersion;
use crate::diagnostic::Confidence;
use crate::dockerfile::image_ref::ImageRef;

/// True if a reference can be pulled, as far as its form tells.
#[derive(Clone, Debug, PartialEq)]
pub enum TagState {
    /// Nothing speaks against it.
    Plausible,
    /// No such tag was ever published.
    Missing {
        confidence: Confidence,
        /// One sentence without a full stop.
        why: String,
        /// The tag that was probably meant.
        suggestion: Option<String>,
    },
    /// Published once, by all reports deleted since.
    Gone { why: String },
    /// Not a repository whose tags we know.
    Unknown,
}

/// Judges a reference to `nvidia/cuda`; any other repository is unknown.
pub fn tag_state(reference: &ImageRef<'_>) -> TagState {
    let name = reference.familiar();
    if !matches!(name.as_str(), "nvidia/cuda" | "nvcr.io/nvidia/cuda") {
        return TagState::Unknown;
    }
    if reference.digest.is_some() {
        return TagState::Plausible;
    }
    let tag = match reference.tag {
        None | Some("latest") => {
            return TagState::Missing {
                confidence: Confidence::Certain,
                why: format!("`{name}` has no `latest` tag"),
                suggestion: None,
            };
        }
        Some(tag) if tag.is_empty() || tag.contains(['$', '{']) => return TagState::Unknown,
        Some(tag) => tag,
    };
    let read = image_tag(reference);
    match (read.answer, read.grammar) {
        (Answer::Stated(version), "nvidia-cuda") => full_form(tag, version, &read),
        (Answer::Stated(version), "nvidia-cuda-short") => short_form(version),
        _ => odd_form(&name, tag),
    }
}

/// `<version>[-cudnn]-<flavour>-<os>`.
fn full_form(tag: &str, version: CudaVersion, read: &ImageCuda) -> TagState {
    let facts = &IMAGES.nvidia_cuda;
    let missing = |confidence, why: String, suggestion| TagState::Missing { confidence, why, suggestion };
    if facts.never.iter().filter_map(|v| CudaVersion::parse(v)).any(|v| version.starts_with(&v) == Some(true)) {
        return missing(Confidence::Certain, format!("there is no CUDA {}", version.release()), None);
    }
    let newest = newest_patch(version);
    if version.patch.is_none() && reaches(version, &facts.patch_from) {
        let suggestion = newest.and_then(|full| replace_version(tag, read, full));
        let why = format!("tags of nvidia/cuda name three parts of the version from CUDA {} on", facts.patch_from);
        return missing(Confidence::Likely, why, suggestion);
    }
    if let Some(state) = cudnn_form(tag, version) {
        return state;
    }
    if let Some(os) = read.os.as_deref()
        && let Some(release) = os.strip_prefix("ubuntu")
        && let Some(row) = facts.ubuntu.iter().find(|u| u.release == release)
    {
        let early = !reaches(version, &row.from);
        // The upper bound counts as a prefix: 12.9 admits 12.9.1.
        let late = CudaVersion::parse(&row.to)
            .is_some_and(|to| version.release().at_least(&to) == Some(true) && version.starts_with(&to) == Some(false));
        if early || late {
            let (word, bound) = if early { ("begin with", &row.from) } else { ("end with", &row.to) };
            let why = format!("images of nvidia/cuda for {os} {word} CUDA {bound}");
            return missing(Confidence::Certain, why, os_suggestion(tag, os, version));
        }
    }
    if !reaches(version, &facts.deleted_below) {
        return gone(version);
    }
    TagState::Plausible
}

/// The cuDNN word by version: `cudnn8`, `cudnn9`, then without a digit.
fn cudnn_form(tag: &str, version: CudaVersion) -> Option<TagState> {
    let facts = &IMAGES.nvidia_cuda;
    let written = tag.split('-').find(|w| w.starts_with("cudnn"))?;
    let last =
        facts.cudnn_devel.iter().filter_map(|r| CudaVersion::parse(&r.cuda)).max_by_key(CudaVersion::sort_key)?;
    if !reaches(version, "11.0") || version.sort_key() > last.sort_key() {
        return None;
    }
    let listed = facts.cudnn_devel.iter().find(|r| CudaVersion::parse(&r.cuda) == Some(version));
    if let Some(row) = listed {
        if row.cudnn == written {
            let os = tag.rsplit('-').next().unwrap_or("");
            let known = os.strip_prefix("ubuntu").is_some_and(|r| facts.ubuntu.iter().any(|u| u.release == r));
            return (known && !row.os.iter().any(|o| o == os)).then(|| TagState::Missing {
                confidence: Confidence::Likely,
                why: format!("nvidia/cuda has no cuDNN image of CUDA {version} for {os}"),
                suggestion: row.os.last().map(|last| tag.replacen(os, last, 1)),
            });
        }
        return Some(TagState::Missing {
            confidence: Confidence::Certain,
            why: format!("for CUDA {version} the cuDNN images are called `-{}-`", row.cudnn),
            suggestion: Some(tag.replacen(written, &row.cudnn, 1)),
        });
    }
    // A version without any cuDNN image: the nearest update of the same release has one.
    let near = facts
        .cudnn_devel
        .iter()
        .rfind(|r| CudaVersion::parse(&r.cuda).is_some_and(|v| (v.major, v.minor) == (version.major, version.minor)));
    // The word itself is impossible where no release of its time used it: certain. Else the list may lack this one.
    let impossible = facts.cudnn.iter().all(|r| {
        r.token != written
            || CudaVersion::parse(&r.from).is_none_or(|from| version.release().at_least(&from.release()) == Some(false))
    });
    Some(TagState::Missing {
        confidence: if impossible { Confidence::Certain } else { Confidence::Likely },
        why: format!("nvidia/cuda has no cuDNN image for CUDA {version}"),
        suggestion: near.map(|row| tag.replacen(written, &row.cudnn, 1).replacen(&version.to_string(), &row.cuda, 1)),
    })
}

fn short_form(version: CudaVersion) -> TagState {
    if reaches(version, &IMAGES.nvidia_cuda.deleted_below) {
        TagState::Missing {
            confidence: Confidence::Likely,
            why: "tags of nvidia/cuda end with the operating system, as in `-ubuntu22.04`".to_owned(),
            suggestion: None,
        }
    } else {
        gone(version)
    }
}

fn gone(version: CudaVersion) -> TagState {
    TagState::Gone {
        why: format!("NVIDIA has deleted the images of CUDA {} and its contemporaries", version.release()),
    }
}

/// No form that the repository uses: the same words in the right order, if they are all there.
fn odd_form(name: &str, tag: &str) -> TagState {
    let words: Vec<&str> = tag.split('-').collect();
    // `notset-base-notset` is what a placeholder expands to: whoever builds it gives the version.
    if !words.iter().any(|w| w.starts_with(|c: char| c.is_ascii_digit())) {
        return TagState::Unknown;
    }
    let find = |wanted: &dyn Fn(&str) -> bool| words.iter().copied().find(|w| wanted(w));
    let version = find(&|w| CudaVersion::parse(w).is_some_and(|v| v.minor.is_some()));
    let cudnn = find(&|w| w.starts_with("cudnn"));
    let flavour = find(&|w| matches!(w, "base" | "runtime" | "devel"));
    let os = find(&|w| ["ubuntu", "ubi", "rockylinux", "oraclelinux", "centos"].iter().any(|os| w.starts_with(os)));
    let sorted: Vec<&str> = [version, cudnn, flavour, os].into_iter().flatten().collect();
    let complete = version.is_some() && flavour.is_some() && os.is_some();
    let reordered = complete && sorted.len() == words.len() && sorted != words;
    let suggestion = reordered.then(|| sorted.join("-"));
    let suggestion = suggestion.map(|tag| {
        let reference = format!("{name}:{tag}");
        match ImageRef::parse(&reference).map(|r| tag_state(&r)) {
            Some(TagState::Missing { suggestion: Some(better), .. }) => better,
            _ => tag,
        }
    });
    TagState::Missing {
        confidence: if reordered { Confidence::Certain } else { Confidence::Likely },
        why: "tags of nvidia/cuda have the form `<version>[-cudnn]-<base|runtime|devel>-<os>`".to_owned(),
        suggestion,
    }
}

fn reaches(version: CudaVersion, floor: &str) -> bool {
    CudaVersion::parse(floor).is_none_or(|floor| version.at_least(&floor) != Some(false))
}

/// The newest update of a release that we know images of.
fn newest_patch(version: CudaVersion) -> Option<CudaVersion> {
    IMAGES
        .nvidia_cuda
        .cudnn_devel
        .iter()
        .filter_map(|r| CudaVersion::parse(&r.cuda))
        .rfind(|v| v.release() == version.release())
}

fn replace_version(tag: &str, read: &ImageCuda, version: CudaVersion) -> Option<String> {
    let at = read.version_at.clone()?;
    Some(format!("{}{version}{}", tag.get(..at.start)?, tag.get(at.end..)?))
}

/// The same tag on the nearest Ubuntu that this version has images for.
fn os_suggestion(tag: &str, os: &str, version: CudaVersion) -> Option<String> {
    let row = IMAGES.nvidia_cuda.ubuntu.iter().find(|u| {
        reaches(version, &u.from)
            && CudaVersion::parse(&u.to).is_some_and(|to| {
                version.release().at_least(&to) == Some(false) || version.starts_with(&to) == Some(true)
            })
    })?;
    Some(tag.replacen(os, &format!("ubuntu{}", row.release), 1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn state(tag: &str) -> TagState {
        tag_state(&ImageRef::parse(tag).unwrap())
    }

    #[test]
    fn every_listed_tag_is_plausible() {
        for row in &IMAGES.nvidia_cuda.cudnn_devel {
            for os in row.os.iter().filter(|os| *os != "ubuntu16.04") {
                for flavour in ["devel", "runtime"] {
                    let tag = format!("nvidia/cuda:{}-{}-{flavour}-{os}", row.cuda, row.cudnn);
                    assert_eq!(state(&tag), TagState::Plausible, "{tag}");
                }
                let plain = format!("nvidia/cuda:{}-base-{os}", row.cuda);
                assert_eq!(state(&plain), TagState::Plausible, "{plain}");
            }
        }
    }

    #[test]
    fn tags_that_never_were() {
        use Confidence::{Certain, Likely};
        let cases = [
            ("nvidia/cuda", Certain, None),
            ("nvidia/cuda:latest", Certain, None),
            ("nvidia/cuda:12.2.0-cudnn-devel-ubuntu22.04", Certain, Some("12.2.2-cudnn8-devel-ubuntu22.04")),
            ("nvidia/cuda:12.4.1-cudnn8-devel-ubuntu22.04", Certain, Some("12.4.1-cudnn-devel-ubuntu22.04")),
            ("nvidia/cuda:12.1.1-cudnn-runtime-ubuntu22.04", Certain, Some("12.1.1-cudnn8-runtime-ubuntu22.04")),
            ("nvidia/cuda:12.1.0-devel-ubuntu24.04", Certain, Some("12.1.0-devel-ubuntu22.04")),
            ("nvidia/cuda:13.0.0-devel-ubuntu20.04", Certain, Some("13.0.0-devel-ubuntu24.04")),
            ("nvidia/cuda:12.7.0-devel-ubuntu22.04", Certain, None),
            ("nvidia/cuda:11.8-devel-ubuntu20.04", Likely, Some("11.8.0-devel-ubuntu20.04")),
            ("nvidia/cuda:12.8-devel-ubuntu22.04", Likely, Some("12.8.1-devel-ubuntu22.04")),
            ("nvidia/cuda:12.8.1-ubuntu22.04-devel", Certain, Some("12.8.1-devel-ubuntu22.04")),
            ("nvidia/cuda:12.2.2-devel-cudnn8-ubuntu22.04", Certain, Some("12.2.2-cudnn8-devel-ubuntu22.04")),
            ("nvidia/cuda:12.2.0-devel-cudnn8-ubuntu22.04", Certain, Some("12.2.2-cudnn8-devel-ubuntu22.04")),
            ("nvidia/cuda:12.8", Likely, None),
            ("nvidia/cuda:12-devel-ubuntu22.04", Likely, None),
        ];
        for (reference, expected, suggested) in cases {
            let TagState::Missing { confidence, suggestion, why } = state(reference) else {
                panic!("{reference}: {:?}", state(reference))
            };
            assert_eq!((confidence, suggestion.as_deref()), (expected, suggested), "{reference}: {why}");
        }
    }

    #[test]
    fn tags_that_may_be() {
        for reference in [
            "nvidia/cuda:12.8.1-devel-ubuntu22.04",
            "nvidia/cuda:12.6.3-base-ubi9",
            "nvidia/cuda:13.4.1-cudnn-devel-ubuntu24.04",
            "nvidia/cuda@sha256:00",
            "nvcr.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04",
        ] {
            assert_eq!(state(reference), TagState::Plausible, "{reference}");
        }
        assert!(matches!(state("nvidia/cuda:10.2-devel-ubuntu18.04"), TagState::Gone { .. }));
        assert!(matches!(state("nvidia/cuda:9.0-base"), TagState::Gone { .. }));
        assert_eq!(state("nginx:latest"), TagState::Unknown);
        assert_eq!(state("nvidia/cuda:notset-base-notset"), TagState::Unknown);
    }
}
