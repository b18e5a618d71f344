//! apk's view of an image: what `apk add` and `apk del` make of its packages. The tables of dependencies are lower bounds,
//! and commands are known for the packages that are used most; the rest is unknown once anything was added.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::found::Found;
use crate::image::evidence::SharedReason;
use crate::image::facts::{Known, alpine};

/// The packages that were added to one image.
#[derive(Clone, Debug)]
pub struct Apk {
    /// `3.20`; `None` if the tag floats.
    pub release: Option<String>,
    /// The packages that were asked for by name, and the members of groups (`--virtual`).
    world: Arc<BTreeMap<String, Vec<String>>>,
    installed: Arc<BTreeSet<String>>,
    origin: Arc<HashMap<String, SharedReason>>,
    /// Commands of what is installed.
    commands: Arc<HashMap<String, SharedReason>>,
    maybe: Arc<BTreeMap<String, SharedReason>>,
    removed: Arc<BTreeMap<String, SharedReason>>,
    last: Option<SharedReason>,
    /// The release is neither named nor certainly the newest (`nginx:1.17-alpine`), so packages may be split differently.
    vague: bool,
}

impl Apk {
    /// `newest`: where no release is named, it is the newest one.
    pub(crate) fn new(release: Option<&str>, newest: bool) -> Self {
        Apk {
            vague: release.is_none() && !newest,
            release: release.map(str::to_owned),
            world: Arc::default(),
            installed: Arc::default(),
            origin: Arc::default(),
            commands: Arc::default(),
            maybe: Arc::default(),
            removed: Arc::default(),
            last: None,
        }
    }

    /// The packages that were added, dependencies included.
    pub fn installed(&self) -> &BTreeSet<String> {
        &self.installed
    }

    /// Installs packages. Returns true if one of them may have any command.
    pub(crate) fn add(&mut self, names: &[&str], group: Option<&str>, certain: bool, reason: &SharedReason) -> bool {
        let closure = alpine::closure(self.release.as_deref(), names);
        if !certain {
            let maybe = Arc::make_mut(&mut self.maybe);
            for package in closure.packages {
                maybe.entry(package).or_insert_with(|| reason.clone());
            }
            self.last = Some(reason.clone());
            return closure.open;
        }
        let world = Arc::make_mut(&mut self.world);
        match group {
            Some(group) => {
                world.entry(group.to_owned()).or_default().extend(names.iter().map(|n| (*n).to_owned()));
            }
            None => {
                for name in names {
                    world.insert((*name).to_owned(), vec![(*name).to_owned()]);
                }
            }
        }
        let installed = Arc::make_mut(&mut self.installed);
        let origin = Arc::make_mut(&mut self.origin);
        let commands = Arc::make_mut(&mut self.commands);
        let removed = Arc::make_mut(&mut self.removed);
        for package in closure.packages {
            removed.remove(&package);
            bring(&package, reason, commands);
            origin.entry(package.clone()).or_insert_with(|| reason.clone());
            installed.insert(package);
        }
        self.last = Some(reason.clone());
        closure.open
    }

    pub(crate) fn del(&mut self, names: &[&str], certain: bool, reason: &SharedReason) {
        let mut world = (*self.world).clone();
        for name in names {
            world.remove(*name);
        }
        let kept: Vec<&str> = world.values().flatten().map(String::as_str).collect();
        let left =
            if kept.is_empty() { BTreeSet::new() } else { alpine::closure(self.release.as_deref(), &kept).packages };
        let gone: Vec<String> = self.installed.iter().filter(|p| !left.contains(*p)).cloned().collect();
        let named = names.iter().filter(|n| !self.world.contains_key(**n)).map(|n| (*n).to_owned());
        // A package of the base image: its dependencies are unknown, but the package itself is gone.
        let mut all: Vec<String> = gone;
        all.extend(named.filter(|n| !left.contains(n)));
        if !certain {
            let maybe = Arc::make_mut(&mut self.maybe);
            let installed = Arc::make_mut(&mut self.installed);
            for package in all {
                installed.remove(&package);
                maybe.insert(package, reason.clone());
            }
        } else {
            self.world = Arc::new(world);
            let removed = Arc::make_mut(&mut self.removed);
            let maybe = Arc::make_mut(&mut self.maybe);
            let installed = Arc::make_mut(&mut self.installed);
            for package in all {
                maybe.remove(&package);
                installed.remove(&package);
                removed.insert(package, reason.clone());
            }
        }
        let mut commands = HashMap::new();
        for package in self.installed.iter() {
            if let Some(reason) = self.origin.get(package) {
                bring(package, reason, &mut commands);
            }
        }
        self.commands = Arc::new(commands);
    }

    /// Any package that was added may be gone.
    pub(crate) fn doubt_all(&mut self, reason: &SharedReason) {
        let installed = std::mem::take(Arc::make_mut(&mut self.installed));
        let maybe = Arc::make_mut(&mut self.maybe);
        for package in installed {
            maybe.insert(package, reason.clone());
        }
        self.commands = Arc::default();
        self.last = Some(reason.clone());
    }

    pub(crate) fn command(&self, command: &str) -> Found {
        if let Some(reason) = self.commands.get(command) {
            return Found::Installed(Some(reason.clone()));
        }
        let by = |packages: &BTreeMap<String, SharedReason>| {
            packages
                .iter()
                .find(|(p, _)| p.as_str() == command || alpine::is_brought(p, command))
                .map(|(_, reason)| reason.clone())
        };
        if let Some(reason) = by(&self.maybe) {
            return Found::Maybe(reason);
        }
        if let Some(reason) = by(&self.removed) {
            return Found::Removed(reason);
        }
        self.doubt(alpine::command(&self.installed, command))
    }

    pub(crate) fn header(&self, header: &str) -> Found {
        match alpine::header(&self.installed, header) {
            Known::Present => match self.last.clone() {
                Some(reason) => Found::Installed(Some(reason)),
                None => Found::No,
            },
            known => {
                if let Some((_, reason)) = self.maybe.iter().next() {
                    return Found::Maybe(reason.clone());
                }
                self.doubt(known)
            }
        }
    }

    /// A name that the table does not have is unknown as soon as something was added.
    fn doubt(&self, known: Known) -> Found {
        match (&self.last, known) {
            (Some(reason), _) if self.vague => Found::Maybe(reason.clone()),
            (Some(reason), Known::Unknown) => Found::Maybe(reason.clone()),
            _ => Found::No,
        }
    }

    pub(crate) fn package(&self, name: &str) -> Found {
        if self.installed.contains(name) {
            return self.origin.get(name).map_or(Found::No, |reason| Found::Installed(Some(reason.clone())));
        }
        if let Some(reason) = self.maybe.get(name) {
            return Found::Maybe(reason.clone());
        }
        self.removed.get(name).map_or(Found::No, |reason| Found::Removed(reason.clone()))
    }
}

fn bring(package: &str, reason: &SharedReason, commands: &mut HashMap<String, SharedReason>) {
    let Some(brought) = alpine::commands_of(package) else {
        // Not in the table: most such packages are named after their command.
        commands.entry(package.to_owned()).or_insert_with(|| reason.clone());
        return;
    };
    for command in brought {
        commands.entry(command.to_owned()).or_insert_with(|| reason.clone());
    }
}
