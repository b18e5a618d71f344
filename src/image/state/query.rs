//! What a [`State`] answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::State;
use super::facets::{Copied, Fact, Installed, Unknown, UnknownScope};
use crate::image::evidence::{Presence, Reason, SharedReason};
use crate::image::facts::archives::Archive;
use crate::image::facts::closed::ClosedArchive;
use crate::image::facts::{self, Known};
use crate::image::index::{IndexName, Suite};
use crate::image::install::Installer;
use crate::image::packages::Packages;
use crate::image::packages::found::Found;
use crate::image::packages::uncertain::UncertainInstall;
use crate::image::{paths, tools};
use crate::shell::Dialect;

impl State {
    /// Returns the first reason why anything may be in the image; `None` if its contents are known.
    pub fn unknown_since(&self) -> Option<&Reason> {
        let base = self.base.unknown.as_deref();
        base.or_else(|| self.unknowns.iter().find(|o| o.scope == UnknownScope::All).map(|o| &*o.reason))
    }

    /// The archives that were added and whose package names are known.
    pub fn archives(&self) -> &[&'static Archive] {
        &self.archives
    }

    /// Returns an added archive that may have a package of this name.
    pub fn archive_of(&self, package: &str) -> Option<&'static Archive> {
        self.archives.iter().find(|archive| archive.may_hold(package)).copied()
    }

    /// Returns the archive that apt downloads from, if it is certainly one that was closed.
    pub fn closed_archive(&self) -> Option<&'static ClosedArchive> {
        let own = !self.sources_replaced && self.unknown_since().is_none();
        self.base.closed_archive().filter(|_| own)
    }

    /// True if an unknown repository may have been added.
    pub fn sources_doubtful(&self) -> bool {
        self.base.unknown.is_some() || self.doubtful_sources
    }

    /// The events after which a part of the image is unknown.
    pub fn openings(&self) -> &[Unknown] {
        &self.unknowns
    }

    /// Returns the last event after `after` that may have added a command of this name.
    fn unknown_for(&self, command: &str, after: u32) -> Option<&Unknown> {
        self.unknowns.iter().rev().find(|o| {
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

    /// Returns the reason why a header may be there.
    fn unknown_for_headers(&self) -> Option<&SharedReason> {
        let unknown = self
            .unknowns
            .iter()
            .rev()
            .find(|o| !matches!(o.scope, UnknownScope::Applications | UnknownScope::Python))
            .map(|o| &o.reason);
        unknown.or_else(|| self.doubts.iter().rev().find(|doubt| doubt.mistaken).map(|doubt| &doubt.reason))
    }

    /// True if absence follows from a hand-written table of packages, not from an archive's metadata.
    pub fn is_curated(&self) -> bool {
        self.unknowns.iter().any(|o| matches!(o.scope, UnknownScope::Curated | UnknownScope::Conda))
    }

    /// Returns the suite that the packages belong to, if it is certain.
    pub fn suite(&self) -> Option<&'static Suite> {
        match &self.packages {
            Packages::Apt(apt) if apt.exact => Some(apt.suite),
            _ => None,
        }
    }

    /// Returns the suite that apt installs from, if it is certain. The image's other contents may still be unknown.
    pub fn installs_from(&self) -> Option<&'static Suite> {
        let Packages::Apt(apt) = &self.packages else { return None };
        (apt.exact || self.base.image.as_ref().is_some_and(|image| image.suite().is_some())).then_some(apt.suite)
    }

    /// Returns the release of Alpine, if it is known: `3.20`.
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

    /// Installs so far, including those of parent stages, in order.
    pub fn installs(&self) -> &[Arc<Installed>] {
        &self.installs
    }

    /// The files and folders that were copied from the build context so far.
    pub fn copied(&self) -> &[Arc<Copied>] {
        &self.copied
    }

    /// Returns the path in the build context of a file in the image, if it was copied from there.
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

    /// Returns a path in the image as an absolute one without `.` and `..`. `None` if it depends on an unknown working
    /// directory.
    pub fn absolute(&self, path: &str) -> Option<String> {
        let joined =
            if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", self.workdir.as_deref()?) };
        Some(crate::text::posix_path::clean_absolute(&joined))
    }

    /// Can a command of this name be run?
    pub fn command(&self, command: &str) -> Presence {
        let command = match command.rsplit_once('/') {
            // Of paths, only those into the usual folders are known by their name.
            Some((folder, name)) if paths::is_command_folder(folder) => name,
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
                    return match self.unknown_for(command, named.at) {
                        Some(unknown) => Presence::Unknown((*unknown.reason).clone()),
                        None => Presence::Absent(reason()),
                    };
                }
            }
        }
        let mut removed = None;
        let found = match &self.packages {
            // The table of images is enough here, so the suite is not unpacked.
            Packages::Apt(apt) if apt.is_untouched() && self.base.states(command) => {
                return Presence::Present(self.base.reason_present(command));
            }
            Packages::Apt(apt) => apt.command(command),
            Packages::Apk(apk) => apk.command(command),
            _ => Found::No,
        };
        match found {
            Found::Installed(reason) => return self.present(reason, command),
            Found::Maybe(reason) => return Presence::Unknown((*reason).clone()),
            // BusyBox steps in again where the full tool is gone.
            Found::Removed(_)
                if matches!(self.packages, Packages::Apk(_)) && self.base.command(command) == Known::Present => {}
            Found::Removed(reason) => removed = Some(reason),
            Found::No => {}
        }
        if let Some(unknown) = self.unknown_for(command, 0) {
            if removed.is_none() && self.base.command(command) == Known::Present {
                return Presence::Present(self.base.reason_present(command));
            }
            return Presence::Unknown((*unknown.reason).clone());
        }
        let absent = removed.is_some() || self.base.command(command) == Known::Absent;
        if absent && let Some(doubt) = self.uncertain_install_of(command) {
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

    fn uncertain_install_of(&self, command: &str) -> Option<&UncertainInstall> {
        let Packages::Apt(apt) = &self.packages else { return None };
        self.doubts.iter().rev().find(|doubt| doubt.may_bring(apt.suite, command))
    }

    /// True if the absence of a command is good for a warning only.
    pub fn is_unlikely(&self, command: &str) -> bool {
        self.named.get(command).is_some_and(|named| named.fact == Fact::Unlikely)
            || tools::is_foreign_to_python(command) && self.unknowns.iter().any(|o| o.scope == UnknownScope::Python)
    }

    /// Returns the reason why a built-in of bash is not a command here: `/bin/sh` is dash and was not replaced.
    pub fn lacks_builtin(&self, name: &str) -> Option<Reason> {
        let plain = self.shell.dialect == Dialect::Dash && self.shell_words.is_none() && self.base.verified;
        let replaced = ["sh", "dash"].iter().any(|shell| self.named.contains_key(*shell)) || self.sources_doubtful();
        (plain && !replaced && tools::is_bash_builtin(name) && !matches!(self.command(name), Presence::Present(_)))
            .then(|| Reason {
                span: None,
                text: format!("the shell of `{}` is dash, which has no `{name}`", self.base.title),
            })
    }

    /// Asks for several commands with the same purpose: present if any is, absent if all are.
    pub fn any_command(&self, commands: &[&str]) -> Presence {
        let answers = commands.iter().map(|command| self.command(command));
        Presence::any(answers).unwrap_or_else(|| self.unknown("no command was asked for"))
    }

    /// Can a header be included? It is named by its path below `/usr/include`: `python3.11/Python.h`.
    pub fn header(&self, header: &str) -> Presence {
        let found = match &self.packages {
            Packages::Apt(apt) => apt.header(header),
            Packages::Apk(apk) => apk.header(header),
            _ => Found::No,
        };
        match found {
            Found::Installed(reason) => return self.present(reason, header),
            Found::Maybe(reason) => return Presence::Unknown((*reason).clone()),
            Found::Removed(reason) if self.unknown_for_headers().is_none() => {
                return Presence::Absent((*reason).clone());
            }
            Found::Removed(_) | Found::No => {}
        }
        if let Some(reason) = self.unknown_for_headers() {
            return Presence::Unknown((**reason).clone());
        }
        match self.base.header(header) {
            Known::Present => Presence::Present(self.base.reason_present(header)),
            Known::Absent => Presence::Absent(self.base.reason_absent(header)),
            Known::Unknown => self.unknown("not known of the base image"),
        }
    }

    /// Does `pkg-config --exists MODULE` succeed? Never absent without a suite's index.
    pub fn pkg_config(&self, module: &str) -> Presence {
        let Packages::Apt(apt) = &self.packages else { return self.unknown("no package index") };
        match apt.pkg_config(module) {
            Found::Installed(reason) => self.present(reason, module),
            Found::Maybe(reason) => Presence::Unknown((*reason).clone()),
            found => match (self.unknown_for_headers(), found) {
                (Some(reason), _) => Presence::Unknown((**reason).clone()),
                (None, Found::Removed(reason)) => Presence::Absent((*reason).clone()),
                (None, _) if apt.exact && self.base.closed => Presence::Absent(self.base.reason_absent(module)),
                (None, _) => self.unknown("not known of the base image"),
            },
        }
    }

    /// Is a package of the system's package manager installed?
    pub fn package(&self, name: &str) -> Presence {
        match self.base.holds(name) {
            Some(true) => return Presence::Present(self.base.reason_present(name)),
            // Without the suite's index, it is not known whether an install has it as a dependency.
            Some(false) if self.installs.is_empty() && self.unknown_since().is_none() => {
                return Presence::Absent(self.base.reason_absent(name));
            }
            _ => {}
        }
        let found = match &self.packages {
            Packages::Apt(apt) => apt.package(name),
            Packages::Apk(apk) => apk.package(name),
            _ => return self.unknown("no package index"),
        };
        match (found, &self.packages) {
            (Found::Installed(reason), _) => self.present(reason, name),
            (Found::Maybe(reason), _) => Presence::Unknown((*reason).clone()),
            (Found::Removed(reason), _) => Presence::Absent((*reason).clone()),
            (Found::No, Packages::Apk(apk)) => self.apk_base_package(name, apk.release.as_deref()),
            (Found::No, _) => match self.unknown_since() {
                Some(reason) => Presence::Unknown(reason.clone()),
                None if self.base.closed && self.suite().is_some() => Presence::Absent(self.base.reason_absent(name)),
                None => self.unknown("not known of the base image"),
            },
        }
    }

    /// Answers for a package that no `apk add` installed.
    fn apk_base_package(&self, name: &str, release: Option<&str>) -> Presence {
        let base = facts::alpine::base_packages(release).iter().any(|p| p == name);
        match self.unknown_since() {
            _ if base && self.base.closed => Presence::Present(self.base.reason_present(name)),
            Some(reason) => Presence::Unknown(reason.clone()),
            None if self.base.is_plain() => Presence::Absent(self.base.reason_absent(name)),
            None => self.unknown("not known of the base image"),
        }
    }

    /// Returns the packages that are certainly installed; those of the base image only if apt's index has them.
    pub fn installed_packages(&self) -> BTreeSet<&str> {
        match &self.packages {
            Packages::Apt(apt) => apt.installed().iter().map(|id| apt.suite.name(id)).collect(),
            Packages::Apk(apk) => apk.installed().iter().map(String::as_str).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// True if the package index has a package of this name.
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

    /// True if a command of this name is there, or a package of the index has one.
    pub fn names_command(&self, name: &str) -> bool {
        let indexed = match &self.packages {
            Packages::Apt(apt) => !apt.suite.providers_of_command(name).is_empty(),
            Packages::Apk(_) => facts::alpine::knows_command(name),
            _ => false,
        };
        indexed || matches!(self.command(name), Presence::Present(_))
    }

    /// Present for a reason of this file, or because the base image has it.
    fn present(&self, reason: Option<SharedReason>, thing: &str) -> Presence {
        Presence::Present(reason.map_or_else(|| self.base.reason_present(thing), |reason| (*reason).clone()))
    }

    fn unknown(&self, text: &str) -> Presence {
        match &self.base.unknown {
            Some(reason) => Presence::Unknown((**reason).clone()),
            None => Presence::Unknown(Reason { span: None, text: text.to_owned() }),
        }
    }
}
