//! What is in an image at one point of its build: a [`State`] that is cheap to copy and can be asked for commands,
//! packages and headers.
//!
//! Answers are put together when asked for. A later fact overrules an earlier one: what `rm` took away is absent until
//! something that we cannot see into (an *opening* of the world) may have brought it back.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::base::{BaseFacts, Known};
use super::facts::{self, archives::Archive, closed::ClosedArchive};
use super::index::{IndexName, Suite};
use super::install::{Installer, PackageCall};
use super::packages::apk::Apk;
use super::packages::apt::Apt;
use super::packages::uncertain::UncertainInstall;
use super::tools;
use super::{Presence, Reason};
use crate::shell::{Dialect, ShellOptions};
use crate::text::Span;

/// A reason that many facts share.
pub type SharedReason = Arc<Reason>;

pub(super) fn reason(span: Span, text: impl Into<String>) -> SharedReason {
    Arc::new(Reason { span: Some(span), text: text.into() })
}

/// How much of the world an event opens: what of it may now be there though nothing says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownScope {
    /// Anything may have come: an unknown script ran, an unknown package was installed.
    All,
    /// Commands of applications, but none that come with the operating system only (a compiler, `curl`, `make`): a
    /// language's package manager ran.
    Applications,
    /// The same, and none that belong to another language than Python: pip ran.
    Python,
    /// All but the tools of which the table of packages says who brings them: packages of dnf, zypper or pacman were
    /// installed that all stand in it.
    Curated,
    /// The same for packages of conda.
    Conda,
}

/// An event behind which we see no further.
#[derive(Clone, Debug)]
pub struct Unknown {
    pub scope: UnknownScope,
    pub reason: SharedReason,
    at: u32,
}

/// What was done to one name by hand, and when.
#[derive(Clone, Debug)]
struct Named {
    fact: Fact,
    at: u32,
    reason: SharedReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Present,
    Absent,
    /// Absent, by a fact that is good for a warning.
    Unlikely,
    Unknown,
}

/// The package lists of apt.
#[derive(Clone, Debug)]
pub enum PackageLists {
    /// As in the distributions' images: there are none.
    Empty,
    Present(SharedReason),
    Deleted(SharedReason),
    Unknown,
}

/// Who runs the commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum User {
    Root,
    /// By name or number, and where it was set, if that was in this file.
    Other(String, Option<Span>),
    Unknown,
}

/// The packages that the system's package manager has put there.
#[derive(Clone, Debug)]
pub enum Packages {
    Apt(Apt),
    Apk(Apk),
    /// dnf, zypper, pacman: no index.
    Other,
    /// No package manager: `scratch`, distroless.
    None,
    Unknown,
}

/// An installation of this stage, or of one that it stands on.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Index of the RUN in the Dockerfile.
    pub instruction: usize,
    /// Index of the command in its script.
    pub command: usize,
    pub call: PackageCall,
}

/// Something that was copied from the build context.
#[derive(Clone, Debug)]
pub struct Copied {
    /// Absolute path in the image; with a `/` at its end if what was copied goes into it.
    pub to: String,
    /// Path relative to the context's root.
    pub from: String,
    pub instruction: usize,
}

/// What a mount puts on PATH for one RUN.
#[derive(Debug, Default)]
pub(super) struct TemporaryMount {
    before: Option<Arc<Vec<Unknown>>>,
    unknown_since: u32,
    commands: Vec<(String, Option<Named>, u32)>,
}

/// What is in the image.
#[derive(Clone, Debug)]
pub struct State {
    pub base: Arc<BaseFacts>,
    pub packages: Packages,
    pub lists: PackageLists,
    pub user: User,
    /// The shell that RUN uses.
    pub shell: ShellOptions,
    /// SHELL, if it was set in this file: its words.
    pub shell_words: Option<Arc<Vec<String>>>,
    pub shell_span: Option<Span>,
    /// A repository of which we do not know what it holds was added to the distribution's.
    pub repository: Option<SharedReason>,
    /// Archives that were added and of which we know which names they may hold.
    archives: Arc<Vec<&'static Archive>>,
    /// `APT::Install-Recommends` as a configuration file sets it: `Some(None)` is a file that we could not read.
    pub recommends: Option<Option<bool>>,
    /// `None` where it is not known.
    pub workdir: Option<Arc<str>>,
    named: Arc<HashMap<String, Named>>,
    openings: Arc<Vec<Unknown>>,
    installs: Arc<Vec<Arc<Installed>>>,
    /// An installation may have brought clang: it names it, or we do not know all that it names.
    pub may_bring_clang: bool,
    copied: Arc<Vec<Arc<Copied>>>,
    /// Folders on PATH that the base does not have, in the order of PATH.
    pub path_added: Arc<Vec<String>>,
    clock: u32,
    /// The only repositories that were added are those of Alpine's edge.
    pub edge_only: bool,
    /// Something that we cannot see into may have added a repository.
    doubtful_sources: bool,
    /// The distribution's own archive may be another than the base image names.
    sources_replaced: bool,
    /// The release of Node.js whose archive NodeSource's script has added, where it is the only one that was added.
    pub(super) nodesource: Option<u32>,
    /// Installations whose packages are not known exactly.
    doubts: Arc<Vec<UncertainInstall>>,
}

impl State {
    pub(super) fn new(base: Arc<BaseFacts>) -> Self {
        let packages = base.packages();
        let lists = if base.without_lists() { PackageLists::Empty } else { PackageLists::Unknown };
        State {
            packages,
            lists,
            user: base.user.clone(),
            shell: base.shell,
            shell_words: None,
            shell_span: None,
            repository: base.repositories(),
            archives: Arc::new(base.archives()),
            recommends: None,
            workdir: base.workdir.map(Arc::from),
            named: Arc::default(),
            openings: Arc::default(),
            installs: Arc::default(),
            may_bring_clang: false,
            copied: Arc::default(),
            path_added: Arc::default(),
            clock: 0,
            edge_only: false,
            doubtful_sources: false,
            sources_replaced: false,
            nodesource: None,
            doubts: Arc::default(),
            base,
        }
    }

    /// An image as it comes, by its name.
    pub fn of_image(name: &str) -> Self {
        State::new(Arc::new(BaseFacts::image(name)))
    }

    fn tick(&mut self) -> u32 {
        self.clock += 1;
        self.clock
    }

    pub(super) fn open(&mut self, scope: UnknownScope, reason: SharedReason) {
        self.doubtful_sources |= scope == UnknownScope::All;
        self.open_commands(scope, reason);
    }

    /// Opens the world for commands alone: a package or a build that we do not see into adds no repository.
    pub(super) fn open_commands(&mut self, scope: UnknownScope, reason: SharedReason) {
        let at = self.tick();
        // One opening of all is as good as many.
        let openings = Arc::make_mut(&mut self.openings);
        if let Some(last) = openings.iter_mut().rev().find(|o| o.scope == scope) {
            last.at = at;
        } else {
            openings.push(Unknown { scope, reason, at });
        }
    }

    pub(super) fn set(&mut self, command: &str, fact: Fact, reason: SharedReason) {
        let at = self.tick();
        Arc::make_mut(&mut self.named).insert(command.to_owned(), Named { fact, at, reason });
    }

    /// Sets a name without overruling that it is there.
    pub(super) fn set_possible(&mut self, command: &str, reason: SharedReason) {
        if !matches!(self.command(command), Presence::Present(_)) {
            self.set(command, Fact::Unknown, reason);
        }
    }

    /// A command that is there for one RUN.
    pub(super) fn mount(&mut self, loan: &mut TemporaryMount, command: &str, reason: SharedReason) {
        let before = self.named.get(command).cloned();
        self.set(command, Fact::Present, reason);
        loan.commands.push((command.to_owned(), before, self.clock));
    }

    /// Commands that we do not know are there for one RUN.
    pub(super) fn mount_unknown(&mut self, loan: &mut TemporaryMount, reason: SharedReason) {
        loan.before.get_or_insert_with(|| self.openings.clone());
        self.open_commands(UnknownScope::All, reason);
        loan.unknown_since = self.clock;
    }

    /// What was lent is gone; what came about since stays.
    pub(super) fn unmount(&mut self, loan: TemporaryMount) {
        if let Some(before) = loan.before {
            let old = before.iter().find(|o| o.scope == UnknownScope::All);
            let openings = Arc::make_mut(&mut self.openings);
            if let Some(at) = openings.iter().position(|o| o.scope == UnknownScope::All && o.at == loan.unknown_since) {
                match (old, openings.get_mut(at)) {
                    (Some(old), Some(slot)) => *slot = old.clone(),
                    _ => _ = openings.remove(at),
                }
            }
        }
        for (command, before, at) in loan.commands.into_iter().rev() {
            let named = Arc::make_mut(&mut self.named);
            if named.get(&command).is_some_and(|now| now.at == at) {
                match before {
                    Some(before) => _ = named.insert(command, before),
                    None => _ = named.remove(&command),
                }
            }
        }
        self.touch();
    }

    pub(super) fn push_install(&mut self, installed: Installed) {
        let call = &installed.call;
        self.may_bring_clang |=
            !call.is_complete() || call.packages.iter().any(|p| p.name.contains("clang") || p.name.contains("llvm"));
        Arc::make_mut(&mut self.installs).push(Arc::new(installed));
    }

    pub(super) fn push_doubt(&mut self, doubt: UncertainInstall) {
        self.tick();
        Arc::make_mut(&mut self.doubts).push(doubt);
    }

    pub(super) fn push_copied(&mut self, copied: Copied) {
        Arc::make_mut(&mut self.copied).push(Arc::new(copied));
    }

    /// SharedReason the world is no longer closed, if it is not: the first reason.
    pub fn unknown_since(&self) -> Option<&Reason> {
        let base = self.base.unknown.as_deref();
        base.or_else(|| self.openings.iter().find(|o| o.scope == UnknownScope::All).map(|o| &*o.reason))
    }

    /// The archives that were added and of which we know which names they may hold.
    pub fn archives(&self) -> &[&'static Archive] {
        &self.archives
    }

    /// An added archive that may hold a package of this name.
    pub fn archive_of(&self, package: &str) -> Option<&'static Archive> {
        self.archives.iter().find(|archive| archive.may_hold(package)).copied()
    }

    pub(super) fn add_archives(&mut self, found: &[&'static Archive]) {
        for archive in found {
            if !self.archives.iter().any(|known| known.name == archive.name) {
                Arc::make_mut(&mut self.archives).push(archive);
            }
        }
        self.touch();
    }

    pub(super) fn replace_sources(&mut self) {
        self.sources_replaced = true;
        self.touch();
    }

    /// The distribution's archive that apt asks, if that is surely one that is closed.
    pub fn closed_archive(&self) -> Option<&'static ClosedArchive> {
        let own = !self.sources_replaced && self.unknown_since().is_none();
        self.base.closed_archive().filter(|_| own)
    }

    /// Whether a repository may have been added without our seeing it.
    pub fn sources_doubtful(&self) -> bool {
        self.base.unknown.is_some() || self.doubtful_sources
    }

    /// All reasons reason names may be there that we do not know of.
    pub fn openings(&self) -> &[Unknown] {
        &self.openings
    }

    /// The opening that came last and through which a command of this name may have come since `after`.
    fn opening_for(&self, command: &str, after: u32) -> Option<&Unknown> {
        self.openings.iter().rev().find(|o| {
            o.at > after
                && match o.scope {
                    UnknownScope::All => true,
                    UnknownScope::Applications => !tools::is_system_tool(command),
                    UnknownScope::Python => !tools::is_system_tool(command) && !tools::is_foreign_to_python(command),
                    UnknownScope::Curated => !facts::packages::is_judged(command),
                    UnknownScope::Conda => !facts::conda::is_judged(command),
                }
        })
    }

    /// What a header may have come by.
    fn opening_for_headers(&self) -> Option<&SharedReason> {
        let opening = self
            .openings
            .iter()
            .rev()
            .find(|o| !matches!(o.scope, UnknownScope::Applications | UnknownScope::Python))
            .map(|o| &o.reason);
        opening.or_else(|| self.doubts.iter().rev().find(|doubt| doubt.mistaken).map(|doubt| &doubt.reason))
    }

    /// Whether what is absent is so by a table of packages that no archive's metadata stands behind.
    pub fn is_curated(&self) -> bool {
        self.openings.iter().any(|o| matches!(o.scope, UnknownScope::Curated | UnknownScope::Conda))
    }

    /// The suite whose packages these are, if it is certain.
    pub fn suite(&self) -> Option<&'static Suite> {
        match &self.packages {
            Packages::Apt(apt) if apt.exact => Some(apt.suite),
            _ => None,
        }
    }

    /// The suite that the image's apt installs from, if that is certain: what else the image holds may be unknown.
    pub fn installs_from(&self) -> Option<&'static Suite> {
        let Packages::Apt(apt) = &self.packages else { return None };
        (apt.exact || self.base.image.as_ref().is_some_and(|image| image.suite().is_some())).then_some(apt.suite)
    }

    /// Alpine's release, where it is known: `3.20`.
    pub fn alpine_release(&self) -> Option<&str> {
        match &self.packages {
            Packages::Apk(apk) => apk.release.as_deref(),
            _ => None,
        }
    }

    /// The system's package manager.
    pub fn manager(&self) -> Option<Installer> {
        match &self.packages {
            Packages::Apt(_) => Some(Installer::Apt),
            Packages::Apk(_) => Some(Installer::Apk),
            _ => self.base.manager,
        }
    }

    /// Installations so far, those of the stages below included, in order.
    pub fn installs(&self) -> &[Arc<Installed>] {
        &self.installs
    }

    /// What came from the build context so far.
    pub fn copied(&self) -> &[Arc<Copied>] {
        &self.copied
    }

    /// The path in the build context of a file in the image, if that was copied from there.
    pub fn context_path(&self, path: &str) -> Option<String> {
        let absolute = self.absolute(path)?;
        for copied in self.copied.iter().rev() {
            if let Some(folder) = copied.to.strip_suffix('/') {
                let Some(rest) = absolute.strip_prefix(folder).and_then(|r| r.strip_prefix('/')) else { continue };
                let from = copied.from.trim_matches('/');
                return Some(if from.is_empty() || from == "." { rest.to_owned() } else { format!("{from}/{rest}") });
            }
            if copied.to == absolute {
                return Some(copied.from.clone());
            }
        }
        None
    }

    /// A path in the image made absolute and plain. `None` if the working directory is needed and not known.
    pub fn absolute(&self, path: &str) -> Option<String> {
        let joined =
            if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", self.workdir.as_deref()?) };
        Some(crate::text::posix_path::clean_absolute(&joined))
    }

    /// Whether a command of this name can be run.
    pub fn command(&self, command: &str) -> Presence {
        let command = match command.rsplit_once('/') {
            // A path: only what lies in the usual folders is known by its name.
            Some((folder, name)) if super::paths::is_command_folder(folder) => name,
            Some(_) => return self.unknown("a path of its own"),
            None => command,
        };
        let named = self.named.get(command);
        if let Some(named) = named {
            let reason = || (*named.reason).clone();
            match named.fact {
                Fact::Present => return Presence::Present(reason()),
                Fact::Unknown => return Presence::Unknown(reason()),
                Fact::Absent | Fact::Unlikely => {
                    return match self.opening_for(command, named.at) {
                        Some(opening) => Presence::Unknown((*opening.reason).clone()),
                        None => Presence::Absent(reason()),
                    };
                }
            }
        }
        let mut removed = None;
        match &self.packages {
            // Nobody need look into the suite for what the table of images states.
            Packages::Apt(apt) if apt.is_untouched() && self.base.states(command) => {
                return Presence::Present(self.base.reason_present(command));
            }
            Packages::Apt(apt) => match apt.command(command) {
                super::packages::apt::Found::Installed(reason) => {
                    return Presence::Present(
                        reason.map_or_else(|| self.base.reason_present(command), |w| (*w).clone()),
                    );
                }
                super::packages::apt::Found::Maybe(reason) => return Presence::Unknown((*reason).clone()),
                super::packages::apt::Found::Removed(reason) => removed = Some(reason),
                super::packages::apt::Found::No => {}
            },
            Packages::Apk(apk) => match apk.command(command) {
                super::packages::apk::Found::Installed(reason) => return Presence::Present((*reason).clone()),
                super::packages::apk::Found::Maybe(reason) => return Presence::Unknown((*reason).clone()),
                // BusyBox steps in again where the full tool is gone.
                super::packages::apk::Found::Removed(_) if self.base.command(command) == Known::Present => {}
                super::packages::apk::Found::Removed(reason) => removed = Some(reason),
                super::packages::apk::Found::No => {}
            },
            _ => {}
        }
        if let Some(opening) = self.opening_for(command, 0) {
            if removed.is_none() && self.base.command(command) == Known::Present {
                return Presence::Present(self.base.reason_present(command));
            }
            return Presence::Unknown((*opening.reason).clone());
        }
        let absent = removed.is_some() || self.base.command(command) == Known::Absent;
        if absent && let Some(doubt) = self.doubt_of(command) {
            return Presence::Unknown((*doubt.reason).clone());
        }
        if let Some(reason) = removed {
            return Presence::Absent((*reason).clone());
        }
        match self.base.command(command) {
            Known::Present => Presence::Present(self.base.reason_present(command)),
            Known::Absent => Presence::Absent(self.base.reason_absent(command)),
            Known::Unknown => self.unknown("not known of the base image"),
        }
    }

    fn doubt_of(&self, command: &str) -> Option<&UncertainInstall> {
        let Packages::Apt(apt) = &self.packages else { return None };
        self.doubts.iter().rev().find(|doubt| doubt.may_bring(apt.suite, command))
    }

    /// Whether the absence of a command is good for a warning only.
    pub fn is_unlikely(&self, command: &str) -> bool {
        self.named.get(command).is_some_and(|named| named.fact == Fact::Unlikely)
            || tools::is_foreign_to_python(command) && self.openings.iter().any(|o| o.scope == UnknownScope::Python)
    }

    /// SharedReason a word that is built into bash is no command here: the distribution's `/bin/sh` is dash and was not replaced.
    pub fn lacks_builtin(&self, name: &str) -> Option<Reason> {
        let plain = self.shell.dialect == Dialect::Dash && self.shell_words.is_none() && self.base.verified;
        let replaced = ["sh", "dash"].iter().any(|shell| self.named.contains_key(*shell)) || self.sources_doubtful();
        (plain && !replaced && tools::is_bash_builtin(name) && !matches!(self.command(name), Presence::Present(_)))
            .then(|| Reason {
                span: None,
                text: format!("the shell of `{}` is dash, which has no `{name}`", self.base.title),
            })
    }

    /// The first of several commands that serve the same purpose: present if any is, absent if all are.
    pub fn any_command(&self, commands: &[&str]) -> Presence {
        let mut unknown = None;
        let mut absent = None;
        for command in commands {
            match self.command(command) {
                present @ Presence::Present(_) => return present,
                it @ Presence::Unknown(_) => unknown = unknown.or(Some(it)),
                // A removal says more than that it was never there.
                it @ Presence::Absent(_) => match (&absent, &it) {
                    (None, _) => absent = Some(it),
                    (Some(Presence::Absent(old)), Presence::Absent(new))
                        if old.span.is_none() && new.span.is_some() =>
                    {
                        absent = Some(it);
                    }
                    _ => {}
                },
            }
        }
        unknown.or(absent).unwrap_or_else(|| self.unknown("no command was asked for"))
    }

    /// Whether a header can be included (`Python.h` by its path below `/usr/include`: `python3.11/Python.h`).
    pub fn header(&self, header: &str) -> Presence {
        match &self.packages {
            Packages::Apt(apt) => match apt.header(header) {
                super::packages::apt::Found::Installed(reason) => {
                    return Presence::Present(
                        reason.map_or_else(|| self.base.reason_present(header), |w| (*w).clone()),
                    );
                }
                super::packages::apt::Found::Maybe(reason) => return Presence::Unknown((*reason).clone()),
                super::packages::apt::Found::Removed(reason) if self.opening_for_headers().is_none() => {
                    return Presence::Absent((*reason).clone());
                }
                _ => {}
            },
            Packages::Apk(apk) => match apk.header(header) {
                super::packages::apk::Found::Installed(reason) => return Presence::Present((*reason).clone()),
                super::packages::apk::Found::Maybe(reason) => return Presence::Unknown((*reason).clone()),
                super::packages::apk::Found::Removed(reason) if self.opening_for_headers().is_none() => {
                    return Presence::Absent((*reason).clone());
                }
                _ => {}
            },
            _ => {}
        }
        if let Some(reason) = self.opening_for_headers() {
            return Presence::Unknown((**reason).clone());
        }
        match self.base.header(header) {
            Known::Present => Presence::Present(self.base.reason_present(header)),
            Known::Absent => Presence::Absent(self.base.reason_absent(header)),
            Known::Unknown => self.unknown("not known of the base image"),
        }
    }

    /// Whether `pkg-config --exists MODULE` holds. Never absent without a suite's index.
    pub fn pkg_config(&self, module: &str) -> Presence {
        let Packages::Apt(apt) = &self.packages else { return self.unknown("no package index") };
        match apt.pkg_config(module) {
            super::packages::apt::Found::Installed(reason) => {
                Presence::Present(reason.map_or_else(|| self.base.reason_present(module), |w| (*w).clone()))
            }
            super::packages::apt::Found::Maybe(reason) => Presence::Unknown((*reason).clone()),
            found => match (self.opening_for_headers(), found) {
                (Some(reason), _) => Presence::Unknown((**reason).clone()),
                (None, super::packages::apt::Found::Removed(reason)) => Presence::Absent((*reason).clone()),
                (None, _) if apt.exact && self.base.closed => Presence::Absent(self.base.reason_absent(module)),
                (None, _) => self.unknown("not known of the base image"),
            },
        }
    }

    /// Whether a package of the system's manager is installed.
    pub fn package(&self, name: &str) -> Presence {
        match self.base.holds(name) {
            Some(true) => return Presence::Present(self.base.reason_present(name)),
            // Installations may have brought it along: without the suite's index we do not know.
            Some(false) if self.installs.is_empty() && self.unknown_since().is_none() => {
                return Presence::Absent(self.base.reason_absent(name));
            }
            _ => {}
        }
        let found = match &self.packages {
            Packages::Apt(apt) => apt.package(name),
            Packages::Apk(apk) => match apk.package(name) {
                super::packages::apk::Found::Installed(reason) => return Presence::Present((*reason).clone()),
                super::packages::apk::Found::Maybe(reason) => return Presence::Unknown((*reason).clone()),
                super::packages::apk::Found::Removed(reason) => return Presence::Absent((*reason).clone()),
                super::packages::apk::Found::No => return self.apk_base_package(name, apk.release.as_deref()),
            },
            _ => return self.unknown("no package index"),
        };
        match found {
            super::packages::apt::Found::Installed(reason) => {
                Presence::Present(reason.map_or_else(|| self.base.reason_present(name), |w| (*w).clone()))
            }
            super::packages::apt::Found::Maybe(reason) => Presence::Unknown((*reason).clone()),
            super::packages::apt::Found::Removed(reason) => Presence::Absent((*reason).clone()),
            super::packages::apt::Found::No => match self.unknown_since() {
                Some(reason) => Presence::Unknown(reason.clone()),
                None if self.base.closed && self.suite().is_some() => Presence::Absent(self.base.reason_absent(name)),
                None => self.unknown("not known of the base image"),
            },
        }
    }

    /// A package that no `apk add` brought.
    fn apk_base_package(&self, name: &str, release: Option<&str>) -> Presence {
        let base = facts::alpine::base_packages(release).iter().any(|p| p == name);
        match self.unknown_since() {
            _ if base && self.base.closed => Presence::Present(self.base.reason_present(name)),
            Some(reason) => Presence::Unknown(reason.clone()),
            None if self.base.is_plain() => Presence::Absent(self.base.reason_absent(name)),
            None => self.unknown("not known of the base image"),
        }
    }

    /// The packages of the system's manager that are surely installed; those of the base image only where apt's index tells.
    pub fn installed_packages(&self) -> BTreeSet<&str> {
        match &self.packages {
            Packages::Apt(apt) => apt.installed().iter().map(|id| apt.suite.name(id)).collect(),
            Packages::Apk(apk) => apk.installed().iter().map(String::as_str).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// Whether the package index has a package of this name.
    pub fn names_package(&self, name: &str) -> bool {
        match &self.packages {
            Packages::Apt(apt) => apt.suite.package(name) != IndexName::Absent,
            Packages::Apk(apk) => {
                let release = apk.release.as_deref().or(self.base.alpine_floor).unwrap_or("edge");
                apk.installed().contains(name)
                    || matches!(
                        facts::alpine::package_since(release, name),
                        facts::alpine::AlpineName::Known | facts::alpine::AlpineName::Provided(_)
                    )
            }
            _ => false,
        }
    }

    /// Whether a command of this name is there, or a package of the index brings one.
    pub fn names_command(&self, name: &str) -> bool {
        let indexed = match &self.packages {
            Packages::Apt(apt) => !apt.suite.providers_of_command(name).is_empty(),
            Packages::Apk(_) => facts::alpine::knows_command(name),
            _ => false,
        };
        indexed || matches!(self.command(name), Presence::Present(_))
    }

    fn unknown(&self, text: &str) -> Presence {
        match &self.base.unknown {
            Some(reason) => Presence::Unknown((**reason).clone()),
            None => Presence::Unknown(Reason { span: None, text: text.to_owned() }),
        }
    }

    /// Notes a change that was made to a field.
    pub(super) fn touch(&mut self) {
        self.tick();
    }

    /// Grows with every change.
    pub(super) fn clock(&self) -> u32 {
        self.clock
    }
}
