//! What well-known base images hold: `rules/data/base-images.toml`, read row by row.

use super::alpine;
use super::closed;
use super::known::{Known, Manager};
use super::rows::{Rows, glob, strings};
use super::tags;
use crate::dockerfile::image_ref::ImageRef;
use crate::image::index::{self, PackageSet, Suite};
use regex::Regex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Libc {
    Glibc,
    Musl,
    /// No C library at all: scratch.
    None,
}

/// What runs `RUN` in shell form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shell {
    /// `/bin/sh` is dash: no `source`, no arrays, no `pipefail` (before 0.5.13).
    Dash,
    /// `/bin/sh` is bash in its POSIX mode.
    Bash,
    /// `/bin/sh` is busybox ash.
    Busybox,
    /// There is no `/bin/sh`.
    None,
    /// Windows.
    Cmd,
}

/// What may be concluded from what is not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Completeness {
    /// The distribution's base system and packages of its suite, nothing else.
    Os,
    /// The same and software beside the package manager: closed for names that a package of the suite has.
    Index,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    manager: Option<Manager>,
    distro: Option<String>,
    release: Option<String>,
    libc: Option<Libc>,
    shell: Option<Shell>,
    user: Option<String>,
    world: Option<Completeness>,
    ca_certificates: Option<bool>,
    packages_from: Option<String>,
    #[serde(default)]
    packages: Vec<String>,
    #[serde(default)]
    holds: Vec<String>,
    since: Option<String>,
    #[serde(default)]
    adds: Vec<String>,
    /// Commands among `adds` with the version of the image from which on they are gone.
    #[serde(default)]
    gone: BTreeMap<String, u32>,
    #[serde(default)]
    header_adds: Vec<String>,
    #[serde(default)]
    present: Vec<String>,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    unknown: Vec<String>,
    #[serde(default)]
    headers_present: Vec<String>,
    #[serde(default)]
    headers_absent: Vec<String>,
    #[serde(default)]
    repositories: Vec<String>,
    #[serde(default)]
    withheld: Vec<String>,
    healthcheck: Option<bool>,
    #[serde(default)]
    expose: Vec<u16>,
    entrypoint: Option<String>,
    notes: Option<String>,
    source: String,
    #[serde(default)]
    unverified: bool,
}

/// A row as text, by what it is found, and what was made of it once it was needed.
#[derive(Debug)]
struct Slot {
    text: &'static str,
    patterns: Vec<&'static str>,
    tags: Vec<&'static str>,
    expressions: Vec<(&'static str, OnceLock<Option<Regex>>)>,
    row: OnceLock<Option<Row>>,
    installed: OnceLock<Option<PackageSet>>,
}

static SLOTS: LazyLock<Vec<Slot>> = LazyLock::new(|| {
    let rows = Rows::new(include_str!("../../../rules/data/base-images.toml"), "[[image]]");
    rows.iter()
        .map(|text| Slot {
            text,
            patterns: strings(text, "match"),
            tags: strings(text, "tags"),
            expressions: strings(text, "regex").into_iter().map(|e| (e, OnceLock::new())).collect(),
            row: OnceLock::new(),
            installed: OnceLock::new(),
        })
        .collect()
});

/// Cuts the table into its rows, for whoever has nothing else to do.
pub fn unpack() {
    LazyLock::force(&SLOTS);
}

impl Slot {
    /// True if a pattern or an expression matches. `full` is `name:tag`, `bare` the same without `:latest`.
    fn fits(&self, full: &str, bare: &str) -> bool {
        let expression = |(text, cell): &(&'static str, OnceLock<Option<Regex>>)| {
            // `^name:` is compared first: most images need no expression compiled.
            let repository = text.strip_prefix('^').and_then(|t| t.split_once(':')).map(|(name, _)| name);
            repository.is_none_or(|name| full.split_once(':').is_some_and(|(own, _)| own == name))
                && cell.get_or_init(|| Regex::new(text).ok()).as_ref().is_some_and(|e| e.is_match(full))
        };
        self.patterns.iter().any(|pattern| *pattern == bare || glob(pattern, full))
            || self.expressions.iter().any(expression)
    }

    fn row(&self) -> Option<&Row> {
        self.row.get_or_init(|| toml::from_str(self.text).ok()).as_ref()
    }
}

/// A base image that the tables know.
#[derive(Clone, Copy, Debug)]
pub struct BaseImage {
    row: &'static Row,
    slot: &'static Slot,
    release: Option<&'static str>,
    since: Option<&'static str>,
    /// The number that the tag begins with: 26 of `node:26.7-slim`.
    version: Option<u32>,
    /// A digest says which image it is, whatever the tag.
    pinned: bool,
}

/// What the tables know of an image. First match wins: exact references of any row, then patterns, then expressions. An
/// image that is pinned by digest alone, and one of a registry that is not a known mirror, match nothing.
pub fn base_image(reference: &ImageRef<'_>) -> Option<BaseImage> {
    if reference.digest.is_some() && reference.tag.is_none() {
        return None;
    }
    let full = reference.name_and_tag();
    let full = MIRRORS.iter().find_map(|mirror| full.strip_prefix(mirror)).unwrap_or(&full);
    let bare = full.strip_suffix(":latest").unwrap_or(full);
    // A digest may be that of an older image than the one that such a tag names now.
    let pinned = reference.digest.is_some();
    let exact = SLOTS.iter().filter(|_| !pinned).find(|slot| slot.tags.iter().any(|tag| *tag == full || *tag == bare));
    // A tag that names no release and is no longer built keeps the last release.
    let settled = if exact.is_none() { tags::settled(full) } else { None };
    let (full, bare) = settled.as_ref().map_or((full, bare), |(named, _)| (named.as_str(), named.as_str()));
    let slot = exact.or_else(|| SLOTS.iter().find(|slot| slot.fits(full, bare)))?;
    let row = slot.row()?;
    let tag = full.rsplit_once(':').map_or("", |(_, tag)| tag);
    let release = match (row.release.as_deref(), row.distro.as_deref()) {
        (Some("tag"), Some("alpine")) => alpine::release_of_tag(tag, bare.starts_with("alpine")),
        (Some("tag"), Some("ubuntu")) => {
            let named = UBUNTU_VERSIONS.iter().find(|(v, _)| tag.contains(v)).map(|(_, name)| *name);
            named.or_else(|| closed::ubuntu_of_tag(tag))
        }
        (Some("tag"), _) => None,
        // The row holds for several releases; which one it is may be known of the tag.
        (None, Some("debian")) => settled.as_ref().map(|(_, release)| *release).or_else(|| tags::named(tag)),
        (release, _) => release,
    };
    let since = match release {
        Some(_) => None,
        None if pinned => None,
        None => row.since.as_deref().or_else(|| tags::floor(full)),
    };
    let digits = tag.find(|c: char| !c.is_ascii_digit()).unwrap_or(tag.len());
    let version = tag.get(..digits).and_then(|number| number.parse().ok());
    Some(BaseImage { row, slot, release, since, version, pinned })
}

/// Public copies of Docker Hub's official images.
const MIRRORS: &[&str] = &["public.ecr.aws/docker/library/", "mirror.gcr.io/library/"];

const UBUNTU_VERSIONS: &[(&str, &str)] = &[
    ("ubuntu16.04", "xenial"),
    ("ubuntu18.04", "bionic"),
    ("ubuntu20.04", "focal"),
    ("ubuntu22.04", "jammy"),
    ("ubuntu24.04", "noble"),
    ("ubuntu26.04", "resolute"),
];

/// Commands of which no image with a package manager of the other kind has any.
const MANAGERS: &[&str] =
    &["apt-get", "apt", "apt-cache", "apt-key", "dpkg", "apk", "dnf", "microdnf", "yum", "zypper", "pacman", "rpm"];

fn listed(list: &[String], name: &str) -> bool {
    list.iter().any(|entry| if entry.contains('*') { glob(entry, name) } else { entry == name })
}

impl BaseImage {
    /// The row's name: `python-slim-bookworm`.
    pub fn family(&self) -> &'static str {
        &self.row.name
    }

    /// `None` if it is not known.
    pub fn manager(&self) -> Option<Manager> {
        self.row.manager
    }

    /// `debian`, `ubuntu`, `alpine`.
    pub fn distro(&self) -> Option<&'static str> {
        self.row.distro.as_deref()
    }

    /// `bookworm`, `jammy`, `3.20`, `9`.
    pub fn release(&self) -> Option<&'static str> {
        self.release
    }

    /// If the release is not known because the tag moves: the image is of this release or a later one.
    pub fn since(&self) -> Option<&'static str> {
        self.since
    }

    pub fn libc(&self) -> Option<Libc> {
        self.row.libc
    }

    pub fn shell(&self) -> Option<Shell> {
        self.row.shell
    }

    /// The user that `RUN` works as; `None` if it is not known.
    pub fn user(&self) -> Option<&'static str> {
        self.row.user.as_deref()
    }

    pub fn world(&self) -> Option<Completeness> {
        self.row.world
    }

    /// True if the row was read at a source and is certainly that of the image, which a digest beside the tag leaves open.
    /// Otherwise it leads to no error.
    pub fn verified(&self) -> bool {
        !self.row.unverified && !self.pinned
    }

    /// True if TLS certificates can be checked.
    pub fn ca_certificates(&self) -> Option<bool> {
        self.row.ca_certificates
    }

    /// Archives besides the distribution's own, which may have packages that the suite does not have.
    pub fn repositories(&self) -> &'static [String] {
        &self.row.repositories
    }

    /// True if the image's apt is told not to take a package, from wherever.
    pub fn withholds(&self, package: &str) -> bool {
        listed(&self.row.withheld, package)
    }

    /// True if the image sets HEALTHCHECK. Docker's official images do not (github.com/docker-library/faq, "healthcheck").
    pub fn healthcheck(&self, reference: &ImageRef<'_>) -> Option<bool> {
        let official = reference.on_docker_hub() && reference.owner() == Some("library");
        self.row.healthcheck.or(official.then_some(false))
    }

    /// Ports that the image EXPOSEs; empty where none is known.
    pub fn expose(&self) -> &'static [u16] {
        &self.row.expose
    }

    pub fn entrypoint(&self) -> Option<&'static str> {
        self.row.entrypoint.as_deref()
    }

    pub fn notes(&self) -> Option<&'static str> {
        self.row.notes.as_deref()
    }

    pub fn source(&self) -> &'static str {
        &self.row.source
    }

    /// The archive that the image's apt asks, if it is closed.
    pub fn closed_archive(&self) -> Option<&'static closed::ClosedArchive> {
        closed::closed_archive(self.distro()?, self.release?)
    }

    /// True if a package is part of the image, where all of its packages are listed by name.
    pub fn holds(&self, package: &str) -> Option<bool> {
        let all = &self.row.holds;
        (!all.is_empty()).then(|| all.iter().any(|held| held == package))
    }

    /// Commands that are not from packages; a `*` is any text.
    pub fn adds(&self) -> &'static [String] {
        &self.row.adds
    }

    /// Returns the suite of the image's packages, if it is in the index.
    pub fn suite(&self) -> Option<&'static Suite> {
        index::suite(self.distro()?, self.release?)
    }

    /// Packages named on top of the base system, those of the row that this one builds on included.
    pub fn packages(&self) -> Vec<&'static str> {
        let from = self.row.packages_from.as_deref().and_then(|name| {
            SLOTS.iter().find(|slot| slot.text.starts_with(&format!("name = \"{name}\"\n"))).and_then(Slot::row)
        });
        let more = from.map(|row| row.packages.as_slice()).unwrap_or_default();
        more.iter().chain(&self.row.packages).map(String::as_str).collect()
    }

    /// All packages of the image, where its world is closed and its suite is in the index: the base system and what was
    /// installed on top, without recommendations.
    pub fn installed(&self) -> Option<&'static PackageSet> {
        let compute = || {
            self.row.world?;
            let suite = self.suite()?;
            suite.unpack_ahead();
            let closure = suite.closure(&self.packages(), false, suite.base());
            (closure.absent.is_empty() && closure.listed.is_empty() && closure.virtuals.is_empty())
                .then_some(closure.packages)
        };
        self.slot.installed.get_or_init(compute).as_ref()
    }

    /// True if the row itself lists the command, whatever its packages.
    pub fn states(&self, name: &str) -> bool {
        let row = self.row;
        let gone = row.gone.contains_key(name) && self.is_gone(name) != Some(false);
        !gone && !listed(&row.unknown, name) && (listed(&row.present, name) || listed(&row.adds, name))
    }

    /// True if this version of the image no longer has a command that the row lists; `None` if the row says nothing of
    /// versions or the tag names none.
    fn is_gone(&self, name: &str) -> Option<bool> {
        let from = *self.row.gone.get(name)?;
        self.version.map(|version| version >= from)
    }

    /// Is the command on PATH in the image?
    pub fn command(&self, name: &str) -> Known {
        let row = self.row;
        if listed(&row.unknown, name) {
            return Known::Unknown;
        }
        if row.gone.contains_key(name) {
            return match self.is_gone(name) {
                Some(true) => Known::Absent,
                Some(false) => Known::Present,
                None => Known::Unknown,
            };
        }
        if self.states(name) {
            return Known::Present;
        }
        let installed = self.installed();
        let suite = self.suite();
        if let (Some(installed), Some(suite)) = (installed, suite)
            && suite.has_command(installed, name)
        {
            return Known::Present;
        }
        let alpine = (row.distro.as_deref() == Some("alpine") && row.world.is_some())
            .then(|| alpine::base_command(self.release, name));
        if alpine == Some(Known::Present) {
            return Known::Present;
        }
        if listed(&row.absent, name) {
            return Known::Absent;
        }
        if self.foreign_manager(name) {
            return Known::Absent;
        }
        match (row.world, installed, suite) {
            (Some(Completeness::Os), Some(_), Some(_)) => Known::Absent,
            (Some(Completeness::Index), Some(_), Some(suite)) if !suite.providers_of_command(name).is_empty() => {
                Known::Absent
            }
            (Some(Completeness::Os), ..) => alpine.unwrap_or(Known::Unknown),
            _ => Known::Unknown,
        }
    }

    /// `apk` in an image whose manager is known to be apt, and so on.
    fn foreign_manager(&self, name: &str) -> bool {
        let own: &[&str] = match self.row.manager {
            Some(Manager::Apt) => &["apt-get", "apt", "apt-cache", "apt-key", "dpkg", "rpm"],
            Some(Manager::Apk) => &["apk"],
            Some(Manager::None) => &[],
            _ => return false,
        };
        self.row.world.is_some() && MANAGERS.contains(&name) && !own.contains(&name)
    }

    /// Is a header (`zlib.h`, `openssl/ssl.h`, `Python.h`) where a compiler finds it?
    pub fn header(&self, name: &str) -> Known {
        let row = self.row;
        if listed(&row.unknown, "*") {
            return Known::Unknown;
        }
        if listed(&row.headers_present, name) || listed(&row.header_adds, name) {
            return Known::Present;
        }
        if let (Some(installed), Some(suite)) = (self.installed(), self.suite()) {
            if suite.has_header(installed, name) {
                return Known::Present;
            }
            if !suite.providers_of_header(name).is_empty() {
                return Known::Absent;
            }
        }
        if listed(&row.headers_absent, name) {
            return Known::Absent;
        }
        match (row.world, row.distro.as_deref()) {
            (Some(Completeness::Os), Some("alpine")) => alpine::header(&BTreeSet::new(), name),
            _ => Known::Unknown,
        }
    }
}
