//! What instructions and commands do to a [`State`].

use std::sync::Arc;

use super::State;
use super::facets::{Copied, Fact, Installed, Named, TemporaryMount, Unknown, UnknownScope};
use crate::image::evidence::{Presence, SharedReason};
use crate::image::facts::archives::Archive;
use crate::image::packages::uncertain::UncertainInstall;

impl State {
    fn tick(&mut self) -> u32 {
        self.clock += 1;
        self.clock
    }

    /// From here on a part of the image is unknown.
    pub(in crate::image) fn mark_unknown(&mut self, scope: UnknownScope, reason: SharedReason) {
        self.doubtful_sources |= scope == UnknownScope::All;
        self.mark_commands_unknown(scope, reason);
    }

    /// From here on a part of the commands is unknown, but not the repositories: an unknown package or build adds none.
    pub(in crate::image) fn mark_commands_unknown(&mut self, scope: UnknownScope, reason: SharedReason) {
        let at = self.tick();
        // One entry for each scope is enough.
        let unknowns = Arc::make_mut(&mut self.unknowns);
        if let Some(last) = unknowns.iter_mut().rev().find(|o| o.scope == scope) {
            last.at = at;
        } else {
            unknowns.push(Unknown { scope, reason, at });
        }
    }

    pub(in crate::image) fn set(&mut self, command: &str, fact: Fact, reason: SharedReason) {
        let at = self.tick();
        Arc::make_mut(&mut self.named).insert(command.to_owned(), Named { fact, at, reason });
    }

    /// Marks a command as possibly there, unless it certainly is.
    pub(in crate::image) fn set_possible(&mut self, command: &str, reason: SharedReason) {
        if !matches!(self.command(command), Presence::Present(_)) {
            self.set(command, Fact::Unknown, reason);
        }
    }

    /// Adds a command for one RUN.
    pub(in crate::image) fn mount(&mut self, mounts: &mut TemporaryMount, command: &str, reason: SharedReason) {
        let before = self.named.get(command).cloned();
        self.set(command, Fact::Present, reason);
        mounts.commands.push((command.to_owned(), before, self.clock));
    }

    /// Adds unknown commands for one RUN.
    pub(in crate::image) fn mount_unknown(&mut self, mounts: &mut TemporaryMount, reason: SharedReason) {
        mounts.before.get_or_insert_with(|| self.unknowns.clone());
        self.mark_commands_unknown(UnknownScope::All, reason);
        mounts.unknown_since = self.clock;
    }

    /// Takes back the mounts; changes since then stay.
    pub(in crate::image) fn unmount(&mut self, mounts: TemporaryMount) {
        if let Some(before) = mounts.before {
            let old = before.iter().find(|o| o.scope == UnknownScope::All);
            let unknowns = Arc::make_mut(&mut self.unknowns);
            if let Some(at) = unknowns.iter().position(|o| o.scope == UnknownScope::All && o.at == mounts.unknown_since)
            {
                match (old, unknowns.get_mut(at)) {
                    (Some(old), Some(slot)) => *slot = old.clone(),
                    _ => _ = unknowns.remove(at),
                }
            }
        }
        for (command, before, at) in mounts.commands.into_iter().rev() {
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

    pub(in crate::image) fn push_install(&mut self, installed: Installed) {
        let call = &installed.call;
        self.may_bring_clang |=
            !call.is_complete() || call.packages.iter().any(|p| p.name.contains("clang") || p.name.contains("llvm"));
        Arc::make_mut(&mut self.installs).push(Arc::new(installed));
    }

    pub(in crate::image) fn push_doubt(&mut self, doubt: UncertainInstall) {
        self.tick();
        Arc::make_mut(&mut self.doubts).push(doubt);
    }

    pub(in crate::image) fn push_copied(&mut self, copied: Copied) {
        Arc::make_mut(&mut self.copied).push(Arc::new(copied));
    }

    pub(in crate::image) fn add_archives(&mut self, found: &[&'static Archive]) {
        for archive in found {
            if !self.archives.iter().any(|known| known.name == archive.name) {
                Arc::make_mut(&mut self.archives).push(archive);
            }
        }
        self.touch();
    }

    pub(in crate::image) fn replace_sources(&mut self) {
        self.sources_replaced = true;
        self.touch();
    }

    /// Records a change to a field.
    pub(in crate::image) fn touch(&mut self) {
        self.tick();
    }

    /// Grows with every change.
    pub(in crate::image) fn clock(&self) -> u32 {
        self.clock
    }
}
