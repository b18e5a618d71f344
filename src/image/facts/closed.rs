//! Releases whose archive is closed: `rules/data/closed-archives.toml`. Their images still name it in their sources list.

use serde::Deserialize;
use std::sync::LazyLock;

/// A release whose packages have left the archive that its images ask.
#[derive(Debug, Deserialize)]
pub struct ClosedArchive {
    name: String,
    distro: String,
    version: String,
    /// `Ubuntu 17.10 (artful)`.
    pub title: String,
    /// Where the packages went.
    pub server: String,
    /// What `apt-get update` prints.
    pub error: String,
}

#[derive(Debug, Deserialize)]
struct File {
    release: Vec<ClosedArchive>,
}

static FILE: LazyLock<Option<File>> =
    LazyLock::new(|| toml::from_str(include_str!("../../../rules/data/closed-archives.toml")).ok());

fn all() -> &'static [ClosedArchive] {
    FILE.as_ref().map_or(&[], |file| &file.release)
}

/// The release by its distribution and name: `ubuntu`, `artful`.
pub fn closed_archive(distro: &str, release: &str) -> Option<&'static ClosedArchive> {
    all().iter().find(|row| row.distro == distro && row.name == release)
}

/// The release of Ubuntu that a tag names by its version or its name: `17.10`, `artful-20180706`.
pub(super) fn ubuntu_of_tag(tag: &str) -> Option<&'static str> {
    let named = |row: &&ClosedArchive| {
        let starts =
            |text: &str| tag.strip_prefix(text).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']));
        row.distro == "ubuntu" && (starts(&row.version) || starts(&row.name))
    };
    all().iter().find(named).map(|row| row.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases() {
        assert!(all().len() > 20);
        assert_eq!(ubuntu_of_tag("17.10"), Some("artful"));
        assert_eq!(ubuntu_of_tag("artful-20180706"), Some("artful"));
        assert!(closed_archive("debian", "wheezy").is_some());
        // Their archives are open, or were for long.
        for tag in ["12.04", "precise", "14.04.5", "16.04", "18.04", "24.10", "latest"] {
            assert_eq!(ubuntu_of_tag(tag), None, "{tag}");
        }
        assert!(closed_archive("debian", "buster").is_some() && closed_archive("centos", "7").is_some());
        for release in ["jessie", "bullseye"] {
            assert!(closed_archive("debian", release).is_none(), "{release}");
        }
    }
}
