//! Installations of which it is not known exactly what they brought: the image stands on a release that the index has not, or
//! a name is not one of the release's. What they may have brought is looked up when something is about to be called absent.

use std::sync::{Arc, OnceLock};

use crate::image::evidence::SharedReason;
use crate::image::facts::{self, Manager};
use crate::image::index::{self, PackageSet, Suite};

/// What was installed so.
#[derive(Clone, Debug)]
pub(crate) struct UncertainInstall {
    names: Vec<String>,
    /// The names are not the release's: what is meant may be called otherwise.
    pub mistaken: bool,
    pub reason: SharedReason,
    /// What they bring in each release that has them; worked out once for all commands that are asked for.
    brought: Arc<OnceLock<Vec<(&'static Suite, PackageSet)>>>,
}

impl UncertainInstall {
    pub(crate) fn new(names: Vec<String>, mistaken: bool, reason: SharedReason) -> Self {
        UncertainInstall { names, mistaken, reason, brought: Arc::default() }
    }

    /// Whether one of the packages may have brought the command, as far as other releases of the distribution tell.
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

/// What may be meant by a name that the release has not.
fn meant(own: &Suite, name: &str) -> Vec<String> {
    let mut meant = facts::renamed(Manager::Apt, own.release(), name).map(|r| r.to).unwrap_or_default();
    meant.extend(own.similar(name));
    meant
}
