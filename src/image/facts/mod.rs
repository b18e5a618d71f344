//! Facts from `rules/data/`: what base images hold, what builds need, how packages were renamed. Tables are cut into their
//! rows as text and a row is decoded when something asks for it, because reading all of them would cost milliseconds.

pub mod alpine;
pub mod base;
pub mod needs;
mod rows;

pub use base::{BaseImage, Known, Libc, Manager, Shell, World, base_image};

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
struct RenamedRow {
    name: String,
    #[serde(default)]
    to: Vec<String>,
    note: Option<String>,
    /// Releases in which the row holds; empty means all of the manager's.
    #[serde(default)]
    releases: Vec<String>,
    manager: String,
}

static RENAMED: LazyLock<rows::Rows> =
    LazyLock::new(|| rows::Rows::new(include_str!("../../../rules/data/renamed-packages.toml"), "[[renamed]]"));

/// What took the place of a package that `release` no longer has: `python-pip` on bookworm is `python3-pip`. `manager` is
/// `apt` or `apk`; for apt, successors that the release's suite has not are left out.
pub fn renamed(manager: Manager, release: &str, name: &str) -> Option<Renamed> {
    let manager = manager.as_str();
    RENAMED.with_value("name", name).find_map(|text| {
        let row: RenamedRow = toml::from_str(text).ok()?;
        let holds = row.releases.is_empty() || row.releases.iter().any(|r| r == release);
        if row.name != name || row.manager != manager || !holds {
            return None;
        }
        let suite = super::index::suites().iter().find(|suite| suite.release() == release);
        let there = |to: &String| suite.is_none_or(|suite| suite.package(to) != super::index::Name::Absent);
        let to: Vec<String> = row.to.into_iter().filter(there).collect();
        (!to.is_empty() || row.note.is_some()).then_some(Renamed { to, note: row.note })
    })
}

#[cfg(test)]
mod tests;
