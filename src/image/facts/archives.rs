//! Archives beside the distributions' own, which Dockerfiles add: `rules/data/archives.toml`. What is known of one are
//! patterns of all names that it holds, so that every other name is still judged by the distribution.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::rows::glob;

/// An archive whose package names are known.
#[derive(Debug, Deserialize)]
pub struct Archive {
    pub name: String,
    address: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    names: Vec<String>,
    #[serde(default)]
    unverified: bool,
    #[serde(default)]
    packages: BTreeMap<String, String>,
}

/// What an installed package of an archive has.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Brings {
    pub commands: Vec<&'static str>,
    /// Packages of the distribution that may come with it.
    pub possible: Vec<&'static str>,
}

#[derive(Debug, Deserialize)]
struct File {
    archive: Vec<Archive>,
}

static FILE: LazyLock<Option<File>> =
    LazyLock::new(|| toml::from_str(include_str!("../../../rules/data/archives.toml")).ok());

fn all() -> &'static [Archive] {
    FILE.as_ref().map_or(&[], |file| &file.archive)
}

impl Archive {
    /// True if a package of this name may be in the archive.
    pub fn may_hold(&self, package: &str) -> bool {
        self.names.iter().any(|pattern| glob(pattern, package))
    }

    /// The names were read at their source.
    pub fn verified(&self) -> bool {
        !self.unverified
    }

    /// What a package has. `None` if that is not known.
    pub fn brings(&'static self, package: &str) -> Option<Brings> {
        let words = self.packages.get(package).filter(|_| self.verified())?.split_whitespace();
        let mut brings = Brings::default();
        for word in words {
            match word.strip_prefix('?') {
                Some(package) => brings.possible.push(package),
                None => brings.commands.push(word),
            }
        }
        Some(brings)
    }

    fn is_at(&self, address: &str) -> bool {
        self.address.iter().any(|part| address.contains(part.as_str()))
    }
}

/// The archive by the name that rows of base images use.
pub fn named(name: &str) -> Option<&'static Archive> {
    all().iter().find(|archive| archive.name == name)
}

/// The archives that a sources list, an argument of `add-apt-repository` or the address of a script names. `None` if one of
/// them is unknown, or if the text names none.
pub fn of_text(text: &str) -> Option<Vec<&'static Archive>> {
    let mut found: Vec<&'static Archive> = Vec::new();
    let mut any = false;
    // A comment names nothing that is read.
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        for word in line.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '[' | ']')) {
            if !(word.contains("://") || word.starts_with("ppa:")) {
                continue;
            }
            any = true;
            let archive = all().iter().find(|archive| archive.is_at(word))?;
            if !found.iter().any(|known| known.name == archive.name) {
                found.push(archive);
            }
        }
    }
    any.then_some(found)
}

/// The archive that a package file adds, if it is known to have nothing else.
pub fn of_file(path: &str) -> Option<&'static Archive> {
    let name = path.rsplit('/').next().unwrap_or(path);
    all().iter().find(|archive| archive.files.iter().any(|pattern| glob(pattern, name)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(text: &str) -> Option<Vec<&'static str>> {
        of_text(text).map(|found| found.iter().map(|archive| archive.name.as_str()).collect())
    }

    #[test]
    fn rows_are_whole() {
        assert!(all().len() > 15);
        for archive in all() {
            assert!(!archive.address.is_empty() && !archive.names.is_empty(), "{}", archive.name);
            for package in archive.packages.keys() {
                assert!(archive.may_hold(package), "{}: {package}", archive.name);
            }
            // Tools that only the distribution's archive has stay known.
            for package in ["curl", "build-essential", "make", "wget", "unzip", "python-pip"] {
                let python = ["deadsnakes", "ros", "ubuntu-toolchain"].contains(&archive.name.as_str());
                assert!(!archive.may_hold(package) || python, "{}: {package}", archive.name);
            }
        }
    }

    #[test]
    fn by_address() {
        assert_eq!(
            names(
                "deb [arch=amd64 signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian \0 stable"
            ),
            Some(vec!["docker"])
        );
        assert_eq!(names("ppa:deadsnakes/ppa"), Some(vec!["deadsnakes"]));
        assert_eq!(names("https://deb.nodesource.com/setup_20.x"), Some(vec!["nodesource"]));
        assert_eq!(
            names("Types: deb\nURIs: https://cli.github.com/packages\n# https://example.org\nSuites: stable"),
            Some(vec!["github-cli"])
        );
        // One that is unknown makes all doubtful, and so does a text that names none.
        assert_eq!(names("deb https://dl.yarnpkg.com/debian/ stable main\ndeb https://apt.example.org x main"), None);
        assert_eq!(names("deb http://deb.debian.org/debian bookworm-backports main"), None);
        assert_eq!(names("$LIST"), None);
        assert_eq!(of_file("/tmp/cuda-keyring_1.1-1_all.deb").map(|a| a.name.as_str()), Some("nvidia"));
        assert!(of_file("/tmp/tool_1.1_amd64.deb").is_none());
    }

    #[test]
    fn what_comes() {
        let docker = named("docker").unwrap();
        assert!(docker.may_hold("docker-compose-plugin") && !docker.may_hold("git"));
        let brings = docker.brings("docker-ce").unwrap();
        assert!(brings.commands.contains(&"dockerd") && brings.possible.contains(&"git"));
        assert!(docker.brings("docker-example").is_none());
        // Nothing is concluded from a row that was not read at its source.
        assert!(named("nvidia").unwrap().brings("cuda-toolkit").is_none());
    }
}
