//! Facts from `rules/data/`: what base images hold, what builds need, how packages were renamed. Tables are cut into their
//! rows as text and a row is decoded when something asks for it, because reading all of them would cost milliseconds.

pub mod alpine;
pub mod archives;
pub mod base;
pub mod closed;
pub mod conda;
pub mod packages;
mod rows;
mod tags;

pub use base::{BaseImage, Completeness, Known, Libc, Manager, Shell, base_image};

use super::index;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A package name that was given up, and what took its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// What to install instead; empty where the package is gone without a successor.
    pub to: Vec<String>,
    /// Why, in a few words, where it helps.
    pub note: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
struct RenamedFile {
    apt: BTreeMap<String, Vec<String>>,
    apt_notes: BTreeMap<String, String>,
    apk: BTreeMap<String, Vec<String>>,
    apk_notes: BTreeMap<String, String>,
}

const RENAMED_TEXT: &str = include_str!("../../../rules/data/renamed-packages.toml");

static RENAMED: LazyLock<Option<RenamedFile>> = LazyLock::new(|| toml::from_str(RENAMED_TEXT).ok());

/// By pattern. These are asked of every package that is installed, so they are read alone.
static WITHDRAWN: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(rows::table(RENAMED_TEXT, "[apt_withdrawn]")).unwrap_or_default());

static DEBIAN_UNTIL: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(rows::table(RENAMED_TEXT, "[debian_until]")).unwrap_or_default());

static DEBIAN_SID: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(rows::table(RENAMED_TEXT, "[debian_sid]")).unwrap_or_default());

/// Whether Debian keeps a package in unstable that no release has any more.
pub fn debian_keeps_in_sid(name: &str) -> bool {
    DEBIAN_SID.keys().any(|pattern| rows::glob(pattern, name))
}

/// Whether a name stands in the table of names that were given up.
pub fn is_given_up(manager: Manager, name: &str) -> bool {
    RENAMED.as_ref().is_some_and(|file| match manager {
        Manager::Apt => file.apt.contains_key(name),
        Manager::Apk => file.apk.contains_key(name),
        _ => false,
    })
}

/// Why a package of an archive outside the distributions is to be had from nobody any more.
pub fn withdrawn(name: &str) -> Option<&'static str> {
    WITHDRAWN.iter().find(|(pattern, _)| rows::glob(pattern, name)).map(|(_, why)| why.as_str())
}

/// The last release of Debian that had a package, for names that it gave up before 9 (stretch).
pub fn debian_until(name: &str) -> Option<&'static str> {
    DEBIAN_UNTIL.iter().find(|(pattern, _)| rows::glob(pattern, name)).map(|(_, release)| release.as_str())
}

/// What to install instead of a package that `release` has not: `python-pip` on bookworm is `python3-pip`. Successors that
/// the release has not either are left out. `None` where nothing is known, and for managers other than apt and apk.
pub fn renamed(manager: Manager, release: &str, name: &str) -> Option<Renamed> {
    let file = RENAMED.as_ref()?;
    let (rows, notes) = match manager {
        Manager::Apt => (&file.apt, &file.apt_notes),
        Manager::Apk => (&file.apk, &file.apk_notes),
        _ => return None,
    };
    let suite = index::suites().iter().find(|suite| suite.release() == release);
    let there = |to: &str| match (manager, suite) {
        (Manager::Apt, Some(suite)) => {
            matches!(suite.package(to), index::IndexName::Known(_) | index::IndexName::Listed)
        }
        (Manager::Apk, _) => {
            !matches!(alpine::package(release, to), alpine::AlpineName::Absent | alpine::AlpineName::Elsewhere(_))
        }
        _ => true,
    };
    let mut to: Vec<String> = rows.get(name).into_iter().flatten().filter(|to| there(to)).cloned().collect();
    if to.is_empty() && manager == Manager::Apt && suite.is_some() {
        // Python 2's modules, and libraries whose 64-bit time_t transition gave them a new name.
        let guesses = [name.strip_prefix("python-").map(|rest| format!("python3-{rest}")), Some(format!("{name}t64"))];
        to.extend(guesses.into_iter().flatten().find(|guess| there(guess)));
    }
    let note = notes.get(name).cloned();
    (!to.is_empty() || note.is_some()).then_some(Renamed { to, note })
}

#[cfg(test)]
mod tests;
