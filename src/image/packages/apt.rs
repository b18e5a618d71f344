//! apt's view of an image: which packages are installed, which may be, which were removed, and by which line.

use std::collections::HashMap;
use std::sync::Arc;

use super::found::Found;
use crate::image::evidence::SharedReason;
use crate::image::index::{IndexName, PackageId, PackageSet, Suite};

/// The packages of one image.
#[derive(Clone, Debug)]
pub struct Apt {
    pub suite: &'static Suite,
    /// The suite is the image's own. If not, it only tells at least what an install has.
    pub exact: bool,
    installed: Arc<PackageSet>,
    /// Installed by name, or part of the base image: autoremove leaves them alone.
    manual: Arc<PackageSet>,
    /// Part of the base image.
    base: Arc<PackageSet>,
    /// Asked for by name in a command that may not have run.
    maybe_manual: Arc<PackageSet>,
    /// May be installed.
    maybe: Arc<HashMap<PackageId, SharedReason>>,
    origin: Arc<HashMap<PackageId, SharedReason>>,
    removed: Arc<HashMap<PackageId, SharedReason>>,
    /// `apt-mark` was given a list that we do not know: what autoremove takes is not known either.
    marks_unknown: bool,
}

/// The result of an install, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct InstallOutcome {
    /// Packages that are certainly installed.
    pub added: Vec<PackageId>,
    /// Names that exist, with unknown contents.
    pub listed: Vec<String>,
    /// Names that the suite does not have.
    pub absent: Vec<String>,
    /// Names that only others provide. In another suite they may be packages of their own.
    pub virtuals: Vec<String>,
}

impl Apt {
    pub(crate) fn new(suite: &'static Suite, exact: bool, packages: PackageSet) -> Self {
        let packages = Arc::new(packages);
        Apt {
            suite,
            exact,
            installed: packages.clone(),
            manual: packages.clone(),
            base: packages,
            maybe_manual: Arc::default(),
            maybe: Arc::default(),
            origin: Arc::default(),
            removed: Arc::default(),
            marks_unknown: false,
        }
    }

    /// What is installed, as far as it is certain.
    pub fn installed(&self) -> &PackageSet {
        &self.installed
    }

    /// True if all packages are still those of the base image.
    pub(crate) fn is_untouched(&self) -> bool {
        self.origin.is_empty() && self.maybe.is_empty() && self.removed.is_empty()
    }

    fn found(&self, providers: &[PackageId]) -> Found {
        // An install of this file is a better reason than that the base has it too.
        let mut present = providers.iter().filter(|p| self.installed.contains(**p)).peekable();
        if present.peek().is_some() {
            return Found::Installed(present.find_map(|p| self.origin.get(p).cloned()));
        }
        if let Some(reason) = providers.iter().find_map(|p| self.maybe.get(p)) {
            return Found::Maybe(reason.clone());
        }
        providers.iter().find_map(|p| self.removed.get(p)).map_or(Found::No, |reason| Found::Removed(reason.clone()))
    }

    pub(crate) fn command(&self, command: &str) -> Found {
        self.found(&self.suite.providers_of_command(command))
    }

    pub(crate) fn header(&self, header: &str) -> Found {
        self.found(&self.suite.providers_of_header(header))
    }

    pub(crate) fn pkg_config(&self, module: &str) -> Found {
        self.found(&self.suite.providers_of_pkg_config(module))
    }

    pub(crate) fn package(&self, name: &str) -> Found {
        match self.suite.package(name) {
            IndexName::Known(id) => self.found(&[id]),
            IndexName::Virtual(providers) => self.found(&providers),
            IndexName::Listed | IndexName::Absent => Found::No,
        }
    }

    /// `recommends` is `None` if the mode is not known, `certain` is false if the command may not have run.
    pub(crate) fn install(
        &mut self,
        names: &[&str],
        recommends: Option<bool>,
        certain: bool,
        reason: &SharedReason,
    ) -> InstallOutcome {
        self.suite.unpack_ahead();
        let least = self.suite.closure(names, recommends.unwrap_or(false), &self.installed);
        let mut possible: Vec<PackageId> = least.maybe.iter().collect();
        if recommends.is_none() {
            let most = self.suite.closure(names, true, &self.installed);
            possible.extend(most.added);
            possible.extend(most.maybe.iter());
        }
        if certain {
            let removed = Arc::make_mut(&mut self.removed);
            let origin = Arc::make_mut(&mut self.origin);
            for id in &least.added {
                removed.remove(id);
                origin.insert(*id, reason.clone());
            }
            self.installed = Arc::new(least.packages);
            for name in names {
                let ids = self.ids(name);
                Arc::make_mut(&mut self.manual).union(&ids);
            }
        } else {
            possible.extend(&least.added);
            for name in names {
                let ids = self.ids(name);
                Arc::make_mut(&mut self.maybe_manual).union(&ids);
            }
        }
        let maybe = Arc::make_mut(&mut self.maybe);
        for id in possible {
            maybe.entry(id).or_insert_with(|| reason.clone());
        }
        let mut virtuals = least.virtuals;
        if !self.exact {
            let provided = |name: &&&str| matches!(self.suite.package(name), IndexName::Virtual(_));
            virtuals.extend(names.iter().filter(provided).map(|n| (*n).to_owned()));
        }
        InstallOutcome { added: least.added, listed: least.listed, absent: least.absent, virtuals }
    }

    fn ids(&self, name: &str) -> PackageSet {
        let mut set = PackageSet::new();
        match self.suite.package(name) {
            IndexName::Known(id) => {
                set.insert(id);
            }
            IndexName::Virtual(providers) => {
                if let [one] = providers.as_slice() {
                    set.insert(*one);
                }
            }
            IndexName::Listed | IndexName::Absent => {}
        }
        set
    }

    pub(crate) fn remove(&mut self, names: &[&str], certain: bool, reason: &SharedReason) {
        let mut named = PackageSet::new();
        names.iter().for_each(|name| named.union(&self.ids(name)));
        let gone: Vec<PackageId> = named.iter().filter(|p| self.installed.contains(*p)).collect();
        // A package that may be there is certainly not there afterwards.
        if certain {
            let maybe = Arc::make_mut(&mut self.maybe);
            named.iter().for_each(|p| {
                maybe.remove(&p);
            });
        }
        let mut all = PackageSet::new();
        gone.iter().for_each(|p| {
            all.insert(*p);
        });
        let dependents = self.suite.dependents(&all, &self.installed);
        all.union(&dependents);
        self.take(&all, certain, reason);
    }

    /// Removes only the named packages, as dpkg does.
    pub(crate) fn drop_named(&mut self, names: &[&str], certain: bool, reason: &SharedReason) {
        let mut named = PackageSet::new();
        names.iter().for_each(|name| named.union(&self.ids(name)));
        let mut gone = PackageSet::new();
        named.iter().filter(|p| self.installed.contains(*p)).for_each(|p| _ = gone.insert(p));
        self.take(&gone, certain, reason);
    }

    fn take(&mut self, packages: &PackageSet, certain: bool, reason: &SharedReason) {
        let installed = Arc::make_mut(&mut self.installed);
        installed.subtract(packages);
        let manual = Arc::make_mut(&mut self.manual);
        manual.subtract(packages);
        let into = if certain { Arc::make_mut(&mut self.removed) } else { Arc::make_mut(&mut self.maybe) };
        for id in packages.iter() {
            into.insert(id, reason.clone());
        }
    }

    pub(crate) fn autoremove(&mut self, certain: bool, reason: &SharedReason) {
        if self.marks_unknown || !self.exact {
            self.doubt_all(reason);
            return;
        }
        // A package that may be there, and that somebody may have asked for by name, keeps what it needs.
        let mut kept = (*self.manual).clone();
        kept.union(&self.maybe_manual);
        let mut all = (*self.installed).clone();
        self.maybe.keys().for_each(|id| {
            all.insert(*id);
        });
        let surely = self.suite.unneeded(&all, &kept);
        let mut unneeded = self.suite.unneeded(&self.installed, &self.manual);
        let mut doubtful = unneeded.clone();
        doubtful.subtract(&surely);
        unneeded.subtract(&doubtful);
        if certain {
            Arc::make_mut(&mut self.maybe).retain(|id, _| !surely.contains(*id));
        }
        self.take(&unneeded, certain, reason);
        self.take(&doubtful, false, reason);
    }

    /// Any package that is not part of the base image may be gone.
    pub(crate) fn doubt_all(&mut self, reason: &SharedReason) {
        let mut doubtful = (*self.installed).clone();
        doubtful.subtract(&self.base);
        self.take(&doubtful, false, reason);
    }

    pub(crate) fn mark(&mut self, names: &[&str], manual: bool, complete: bool) {
        self.marks_unknown |= !complete;
        let set = Arc::make_mut(&mut self.manual);
        for name in names {
            if let IndexName::Known(id) = self.suite.package(name) {
                if manual {
                    set.insert(id);
                } else {
                    set.remove(id);
                }
            }
        }
    }
}
