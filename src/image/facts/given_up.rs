//! Package names that the distributions gave up: `rules/data/renamed-packages.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::known::Manager;
use super::rows;

/// The whole file.
#[derive(Debug, serde::Deserialize)]
pub(super) struct RenamedFile {
    pub apt: BTreeMap<String, Vec<String>>,
    pub apt_notes: BTreeMap<String, String>,
    pub apk: BTreeMap<String, Vec<String>>,
    pub apk_notes: BTreeMap<String, String>,
}

const RENAMED_TEXT: &str = include_str!("../../../rules/data/renamed-packages.toml");

pub(super) static RENAMED: LazyLock<Option<RenamedFile>> = LazyLock::new(|| toml::from_str(RENAMED_TEXT).ok());

/// By pattern. Read without the rest of the file, because every package that is installed is looked up here.
static WITHDRAWN: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(rows::table(RENAMED_TEXT, "[apt_withdrawn]")).unwrap_or_default());

static DEBIAN_UNTIL: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(rows::table(RENAMED_TEXT, "[debian_until]")).unwrap_or_default());

static DEBIAN_SID: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(rows::table(RENAMED_TEXT, "[debian_sid]")).unwrap_or_default());

/// True if Debian keeps a package in unstable that no release has any more.
pub fn debian_keeps_in_sid(name: &str) -> bool {
    DEBIAN_SID.keys().any(|pattern| rows::glob(pattern, name))
}

/// True if a name is in the table of names that were given up.
pub fn is_given_up(manager: Manager, name: &str) -> bool {
    RENAMED.as_ref().is_some_and(|file| match manager {
        Manager::Apt => file.apt.contains_key(name),
        Manager::Apk => file.apk.contains_key(name),
        _ => false,
    })
}

/// Returns the reason why a package of an archive outside the distributions is no longer available.
pub fn withdrawn(name: &str) -> Option<&'static str> {
    WITHDRAWN.iter().find(|(pattern, _)| rows::glob(pattern, name)).map(|(_, reason)| reason.as_str())
}

/// Returns the last release of Debian that had a package, for names that it gave up before 9 (stretch).
pub fn debian_until(name: &str) -> Option<&'static str> {
    DEBIAN_UNTIL.iter().find(|(pattern, _)| rows::glob(pattern, name)).map(|(_, release)| release.as_str())
}
