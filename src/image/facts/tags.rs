//! Tags of Docker's official images that are built no more: `python:3.6` names no release of Debian, but its last build
//! keeps one for good. `rules/data/official-tags.txt`.

static TEXT: &str = include_str!("../../../rules/data/official-tags.txt");

/// Parts of a tag that do not decide the release of an image; if they do, the table has the whole tag.
const VARIANTS: &[&str] = &["slim", "cli", "fpm", "apache", "zts", "jdk", "jre"];

/// A reference that names its release, in place of one that does not: `python:3.6-slim` is `python:3.6-slim-bullseye`.
/// With it comes the release. `None` for a tag that moves, that is not known, or that says it already.
pub(super) fn settled(reference: &str) -> Option<(String, &'static str)> {
    let (image, tag) = reference.split_once(':')?;
    let release = release(image, tag).filter(|release| !release.ends_with('+'))?;
    let named = match (release.strip_prefix("alpine"), tag.strip_suffix("-slim")) {
        (Some(number), _) => format!("{tag}{number}"),
        // node's tags put the release in the middle.
        (None, Some(stem)) if image == "node" => format!("{stem}-{release}-slim"),
        (None, _) => format!("{tag}-{release}"),
    };
    Some((format!("{image}:{named}"), release))
}

/// The release that a tag which is built repeatedly had when the table was made; it only moves to later ones.
pub(super) fn floor(reference: &str) -> Option<&'static str> {
    let (image, tag) = reference.split_once(':')?;
    release(image, tag)?.strip_suffix('+')
}

/// The release of Debian that a part of the tag names: `10-buster-slim`.
pub(super) fn named(tag: &str) -> Option<&'static str> {
    const RELEASES: [&str; 7] = ["wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie"];
    RELEASES.into_iter().find(|release| tag.split('-').any(|part| part == *release))
}

fn release(image: &str, tag: &str) -> Option<&'static str> {
    let bare: Vec<&str> = tag.split('-').filter(|part| !VARIANTS.contains(part)).collect();
    let bare = bare.join("-");
    let mut by_bare = None;
    for line in TEXT.lines() {
        let Some(rest) = line.strip_prefix(image).and_then(|rest| rest.strip_prefix(' ')) else { continue };
        let (release, tags) = rest.split_once(' ')?;
        if tags.split(' ').any(|known| known == tag) {
            return (release != "-").then_some(release);
        }
        if by_bare.is_none() && tags.split(' ').any(|known| known == bare) {
            by_bare = Some(release);
        }
    }
    by_bare.filter(|release| *release != "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_stand_still() {
        for (reference, named) in [
            ("python:3.6", "python:3.6-bullseye"),
            ("python:3.6-slim", "python:3.6-slim-bullseye"),
            ("python:3.7.3-slim", "python:3.7.3-slim-stretch"),
            ("python:3.7-alpine", "python:3.7-alpine3.18"),
            ("node:16-slim", "node:16-buster-slim"),
            ("php:7.3-fpm", "php:7.3-fpm-bullseye"),
            ("php:7.3-fpm-alpine", "php:7.3-fpm-alpine3.15"),
            ("openjdk:8-jdk-slim", "openjdk:8-jdk-slim-bullseye"),
            ("openjdk:14-jdk", "openjdk:14-jdk-oraclelinux8"),
            ("openjdk:14-jdk-slim", "openjdk:14-jdk-slim-buster"),
        ] {
            assert_eq!(settled(reference).map(|(n, _)| n).as_deref(), Some(named), "{reference}");
        }
        assert_eq!(floor("nginx:mainline"), Some("trixie"));
        assert_eq!(settled("nginx:mainline"), None);
        assert_eq!(floor("nginx:1.19"), None);
        assert_eq!(named("10-buster-slim"), Some("buster"));
        assert_eq!(named("1.8-busters"), None);
        // They move, name it themselves, are not known, or had another release than similar tags.
        for moving in ["python:3.12", "python:3", "python:3.6-buster", "debian:9", "python:9.9", "node:10.13-slim"] {
            assert_eq!(settled(moving), None, "{moving}");
        }
    }
}
