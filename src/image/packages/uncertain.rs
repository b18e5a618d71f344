//! Installs whose contents are not known exactly, because the release is not in the index or does not have the package.
//! What they may have is looked up before something is called absent.

use std::sync::{Arc, OnceLock};

use crate::image::evidence::SharedReason;
use crate::image::facts::{self, Manager};
use crate::image::index::{self, PackageSet, Suite};

/// An install whose contents are not known exactly.
#[derive(Clone, Debug)]
pub(crate) struct UncertainInstall {
    names: Vec<String>,
    /// The release does not have the names: what is meant may have another name.
    pub mistaken: bool,
    pub reason: SharedReason,
    /// What they install in each release that has them; computed once for all commands.
    brought: Arc<OnceLock<Vec<(&'static Suite, PackageSet)>>>,
}

impl UncertainInstall {
    pub(crate) fn new(names: Vec<String>, mistaken: bool, reason: SharedReason) -> Self {
        UncertainInstall { names, mistaken, reason, brought: Arc::default() }
    }

    /// True if one of the packages may have the command, according to other releases of the distribution.
    pub(crate) fn may_bring(&self, own: &'static Suite, command: &str) -> bool {
        let alike = |name: &String| {
            let stem = name.split(['-', '.', ':']).next().unwrap_or(name);
            stem.contains(command) || command.contains(stem)
        };
        let brought = self.brought.get_or_init(|| self.brought_by(own));
        self.mistaken && self.names.iter().any(alike)
            || brought.iter().any(|(suite, packages)| suite.has_command(packages, command))
    }

    fn brought_by(&self, own: &'static Suite) -> Vec<(&'static Suite, PackageSet)> {
        let closed = |suite: &'static Suite, names: &[String]| {
            let known: Vec<&String> = names.iter().filter(|name| suite.find(name).is_some()).collect();
            let closure = (!known.is_empty()).then(|| suite.closure(&known, true, suite.base()))?;
            let mut packages = closure.packages;
            packages.extend(closure.maybe.iter());
            Some((suite, packages))
        };
        let related = index::suites().iter().filter(|suite| suite.distro() == own.distro());
        let mut brought: Vec<_> = related.filter_map(|suite| closed(suite, &self.names)).collect();
        if self.mistaken {
            brought.extend(self.names.iter().filter_map(|name| closed(own, &meant(own, name))));
        }
        brought
    }
}

/// Returns what a name that the release does not have may mean.
fn meant(own: &Suite, name: &str) -> Vec<String> {
    let mut meant = facts::renamed(Manager::Apt, own.release(), name).map(|r| r.to).unwrap_or_default();
    meant.extend(own.similar(name));
    meant
}
