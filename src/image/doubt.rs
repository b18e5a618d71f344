//! Installations of which it is not known exactly what they brought: the image stands on a release that the index has not, or
//! a name is not one of the release's. What they may have brought is looked up when something is about to be called absent.

use super::facts::{self, Manager};
use super::index::{self, Suite};
use super::state::Why;

/// What was installed so.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    pub names: Vec<String>,
    /// The names are not the release's: what is meant may be called otherwise.
    pub mistaken: bool,
    pub why: Why,
}

impl Doubt {
    /// Whether one of the packages may have brought the command, as far as other releases of the distribution tell.
    pub(super) fn may_bring(&self, own: &Suite, command: &str) -> bool {
        let related = |suite: &&Suite| suite.distro() == own.distro();
        let brought = |suite: &Suite, names: &[String]| {
            let known: Vec<&String> = names.iter().filter(|name| suite.find(name).is_some()).collect();
            if known.is_empty() {
                return false;
            }
            let closure = suite.closure(&known, true, suite.base());
            suite.has_command(&closure.packages, command) || suite.has_command(&closure.maybe, command)
        };
        let alike = |name: &String| {
            let stem = name.split(['-', '.', ':']).next().unwrap_or(name);
            stem.contains(command) || command.contains(stem)
        };
        self.mistaken && self.names.iter().any(alike)
            || index::suites().iter().filter(related).any(|suite| brought(suite, &self.names))
            || self.mistaken && self.names.iter().any(|name| brought(own, &meant(own, name)))
    }
}

/// What may be meant by a name that the release has not.
fn meant(own: &Suite, name: &str) -> Vec<String> {
    let mut meant = facts::renamed(Manager::Apt, own.release(), name).map(|r| r.to).unwrap_or_default();
    meant.extend(own.similar(name));
    meant
}
