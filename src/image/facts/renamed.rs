//! What took the place of a package name that was given up.

use super::alpine;
use super::given_up::RENAMED;
use super::known::Manager;
use crate::image::index;

/// A package name that was given up, and what took its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// What to install instead; empty if the package has no successor.
    pub to: Vec<String>,
    /// The reason in a few words, if it helps.
    pub note: Option<String>,
}

/// Returns what to install instead of a package that `release` does not have: `python-pip` on bookworm is `python3-pip`.
/// Successors that the release does not have either are left out. `None` if nothing is known, and for managers other
/// than apt and apk.
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
