//! Calls of package managers: what they install and remove.

use std::sync::Arc;

use super::{Run, repositories};
use crate::image::evidence::{Presence, Reason, SharedReason, reason};
use crate::image::install::{Installer, PackageCall, Verb};
use crate::image::packages::Packages;
use crate::image::packages::apk;
use crate::image::packages::uncertain::UncertainInstall;
use crate::image::state::{Fact, Installed, PackageLists, State, UnknownScope};
use crate::image::{base, facts, paths, tools};

impl Run<'_> {
    pub(super) fn package_call(&mut self, state: &mut State, index: usize, call: PackageCall, certain: bool) {
        if call.elsewhere && !matches!(call.installer, Installer::Pip | Installer::Conda) {
            return;
        }
        let text = format!("`{} {}`", call.installer.name(), verb_word(&call));
        let here = reason(call.span, text);
        match call.installer {
            Installer::Apt => self.apt(state, &call, certain, &here),
            Installer::Apk => self.apk(state, &call, certain, &here),
            Installer::Dnf | Installer::Zypper | Installer::Pacman => {
                for package in &call.packages {
                    match call.verb {
                        Verb::Install => {
                            for command in rpm_commands(&package.name) {
                                state.set(command, Fact::when(certain), here.clone());
                            }
                            state.set(&package.name, Fact::when(certain), here.clone());
                        }
                        Verb::Remove => state.set(&package.name, Fact::Unknown, here.clone()),
                        _ => {}
                    }
                }
                if call.verb == Verb::Install && self.curated(state, &call, certain, &here) {
                    // Closed for what the table judges.
                } else if matches!(call.verb, Verb::Install | Verb::BuildDep | Verb::Remove | Verb::Autoremove) {
                    state.mark_commands_unknown(UnknownScope::All, here.clone());
                }
            }
            Installer::Dpkg | Installer::Rpm => {
                if call.verb == Verb::Install
                    && let Some(found) = Self::archive_files(&call.files)
                {
                    state.add_archives(&found);
                } else if call.verb == Verb::Install {
                    for (file, _) in &call.files {
                        let stem = paths::base_name(file).split(['_', '*']).next().unwrap_or("").to_owned();
                        state.set(&stem, Fact::when(certain), here.clone());
                    }
                    state.repository.get_or_insert(here.clone());
                    state.mark_commands_unknown(UnknownScope::All, here.clone());
                } else if call.verb == Verb::Remove
                    && let Packages::Apt(apt) = &mut state.packages
                {
                    let names: Vec<&str> = call.packages.iter().map(|p| p.name.as_str()).collect();
                    apt.drop_named(&names, certain, &here);
                    if !call.unresolved.is_empty() || !call.files.is_empty() {
                        apt.doubt_all(&here);
                    }
                    state.touch();
                }
            }
            Installer::Conda => self.conda(state, &call, certain, &here),
            Installer::Brew => {
                if matches!(call.verb, Verb::Install | Verb::BuildDep) {
                    for package in &call.packages {
                        state.set(&package.name, Fact::when(certain), here.clone());
                    }
                    state.mark_commands_unknown(UnknownScope::All, here.clone());
                }
            }
            _ => self.language(state, &call, certain, &here),
        }
        if call.verb == Verb::Install || call.verb == Verb::Remove {
            state.push_install(Installed { instruction: self.instruction, command: index, call });
        }
    }

    /// An install of packages that are all in the table: they have the commands of their rows, and no other command of
    /// the table.
    pub(super) fn curated(&self, state: &mut State, call: &PackageCall, certain: bool, here: &SharedReason) -> bool {
        if !call.unresolved.is_empty() || !call.files.is_empty() || !call.lists.is_empty() {
            return false;
        }
        let rows: Option<Vec<_>> =
            call.packages.iter().map(|p| facts::packages::brings(call.installer, &p.name)).collect();
        let Some(rows) = rows else { return false };
        for (command, sure) in rows.into_iter().flatten() {
            if sure && certain {
                state.set(command, Fact::Present, here.clone());
            } else {
                state.set_possible(command, here.clone());
            }
        }
        state.mark_commands_unknown(UnknownScope::Curated, here.clone());
        true
    }

    pub(super) fn language(&self, state: &mut State, call: &PackageCall, certain: bool, here: &SharedReason) {
        if call.verb != Verb::Install {
            return;
        }
        for package in &call.packages {
            let name = package.name.as_str();
            match call.installer {
                Installer::Pip => match tools::pip(name) {
                    Some(commands) => commands.iter().for_each(|c| state.set(c, Fact::when(certain), here.clone())),
                    None => state.set_possible(&name.to_ascii_lowercase(), here.clone()),
                },
                Installer::Pipx | Installer::Gem => state.set(name, Fact::when(certain), here.clone()),
                Installer::Npm if call.global => {
                    let own = name.rsplit('/').next().unwrap_or(name);
                    state.set(own, Fact::when(certain), here.clone());
                    tools::npm(name).iter().for_each(|c| state.set(c, Fact::when(certain), here.clone()));
                }
                Installer::Cargo => {
                    state.set(name, Fact::when(certain), here.clone());
                    tools::cargo(name).iter().for_each(|c| state.set(c, Fact::when(certain), here.clone()));
                }
                Installer::Go => state.set(tools::go(name), Fact::when(certain), here.clone()),
                _ => {}
            }
        }
        // Some packages of PyPI are another language's tools in disguise.
        let python = matches!(call.installer, Installer::Pip | Installer::Pipx)
            && !call.packages.iter().any(|p| ["node", "java", "ruby", "php"].iter().any(|word| p.name.contains(word)));
        state.mark_unknown(if python { UnknownScope::Python } else { UnknownScope::Applications }, here.clone());
    }

    /// A call of apt, apt-get, aptitude or apt-mark.
    pub(super) fn apt(&self, state: &mut State, call: &PackageCall, certain: bool, here: &SharedReason) {
        if matches!(state.packages, Packages::Unknown)
            && let Some(apt) = base::guess(None)
        {
            state.packages = Packages::Apt(apt);
        }
        state.touch();
        let names: Vec<&str> = call.packages.iter().map(|p| p.name.as_str()).collect();
        let Packages::Apt(apt) = &mut state.packages else {
            state.mark_commands_unknown(UnknownScope::All, here.clone());
            return;
        };
        let unresolved = !call.unresolved.is_empty();
        // `apt-get install --update` fetches them first.
        if call.verb == Verb::Update || call.updates_lists {
            state.lists = if certain || matches!(state.lists, PackageLists::Present(_)) {
                PackageLists::Present(here.clone())
            } else {
                PackageLists::Unknown
            };
        }
        match call.verb {
            Verb::Install => self.apt_install(state, call, certain, here),
            Verb::BuildDep => state.mark_commands_unknown(UnknownScope::All, here.clone()),
            Verb::Remove => {
                apt.remove(&names, certain, here);
                if unresolved {
                    apt.doubt_all(here);
                }
                if call.autoremove {
                    apt.autoremove(certain, here);
                }
            }
            Verb::Autoremove => apt.autoremove(certain, here),
            Verb::MarkAuto | Verb::MarkManual => {
                apt.mark(&names, call.verb == Verb::MarkManual, !unresolved && certain);
            }
            Verb::Update | Verb::Upgrade | Verb::Clean | Verb::Query => {}
        }
    }

    /// `apt-get install`.
    fn apt_install(&self, state: &mut State, call: &PackageCall, certain: bool, here: &SharedReason) {
        let recommends = match (call.no_recommends, state.recommends) {
            (Some(no), _) => Some(!no),
            (None, Some(configured)) => configured,
            (None, None) => Some(true),
        };
        let unknown_source = state.repository.is_some() || call.foreign;
        let archive_files = Self::archive_files(&call.files);
        let archives = state.archives().to_vec();
        let held = |name: &str| archives.iter().any(|archive| archive.may_hold(name));
        let Packages::Apt(apt) = &mut state.packages else { return };
        let exact = apt.exact;
        let names: Vec<&str> = call.packages.iter().map(|p| p.name.as_str()).collect();
        let mut outcome = apt.install(&names, recommends, certain, here);
        let suite = apt.suite;
        let foreign = unknown_source || names.iter().any(|name| held(name));
        // Another archive may have its own version of what they need.
        let needed: Vec<String> =
            outcome.added.iter().map(|id| suite.name(*id)).filter(|name| held(name)).map(str::to_owned).collect();
        outcome.absent.retain(|name| !repositories::install_from_archive(state, name, certain, call.span));
        for name in outcome.absent.iter().chain(&outcome.listed).chain(&outcome.virtuals) {
            state.set(name, Fact::when(certain), here.clone());
        }
        for (file, _) in call.files.iter().filter(|_| archive_files.is_none()) {
            let stem = paths::base_name(file).split(['_', '*']).next().unwrap_or("").to_owned();
            state.set(&stem, Fact::when(certain), here.clone());
        }
        let known = outcome.listed.is_empty() && outcome.absent.is_empty() && outcome.virtuals.is_empty();
        if !exact && known && !foreign {
            // In another release the same packages may have other tools.
            let names = names.iter().map(|n| (*n).to_owned()).collect();
            state.push_doubt(UncertainInstall::new(names, false, here.clone()));
        } else if !exact {
            state.mark_unknown(UnknownScope::Applications, here.clone());
        }
        if !foreign && !needed.is_empty() {
            state.push_doubt(UncertainInstall::new(needed, false, here.clone()));
        }
        if foreign && !names.is_empty() {
            // Other repositories split their packages differently.
            state.mark_unknown(UnknownScope::Applications, here.clone());
        }
        if names.contains(&"nodejs") && (unknown_source || held("nodejs")) {
            self.nodejs(state, certain, here);
        }
        if let Some(name) = outcome.listed.first() {
            state.mark_commands_unknown(
                UnknownScope::All,
                reason(call.span, format!("we do not know what `{name}` brings along")),
            );
        } else if let Some(name) = outcome.absent.first().or(outcome.virtuals.first()) {
            let own = exact && !foreign && !state.base.other_architecture;
            if own && archives.iter().all(|archive| archive.verified()) {
                // The step fails. Tools that the name may not mean are still known.
                let here = reason(call.span, format!("`{name}` is no package of this suite"));
                state.mark_commands_unknown(UnknownScope::Applications, here.clone());
                let names = outcome.absent.iter().chain(&outcome.virtuals).cloned().collect();
                state.push_doubt(UncertainInstall::new(names, true, here));
            } else {
                let text = format!("we do not know what `{name}` brings along");
                state.mark_commands_unknown(UnknownScope::All, reason(call.span, text));
            }
        } else if let Some(found) = &archive_files {
            state.add_archives(found);
        } else if !call.files.is_empty() {
            state.repository.get_or_insert(here.clone());
            state.mark_commands_unknown(UnknownScope::All, reason(call.span, "a package file is installed here"));
        } else if !call.unresolved.is_empty() {
            state.mark_commands_unknown(
                UnknownScope::All,
                reason(call.span, "the list of packages holds a value that is not known"),
            );
        }
    }

    /// NodeSource's nodejs has npm, the distribution's does not, and apt installs the one with the higher version.
    /// Scripts for 16 and later tell apt to prefer theirs.
    pub(super) fn nodejs(&self, state: &mut State, certain: bool, here: &SharedReason) {
        let release = match &state.packages {
            Packages::Apt(apt) if apt.exact => Some(apt.suite.release()),
            _ => state.base.image.as_ref().and_then(|image| image.release()),
        };
        let own = release.and_then(tools::node_of);
        let npm = ["npm", "npx", "corepack"];
        match (state.nodesource, own) {
            (Some(asked), Some(own)) if certain && asked < own && asked < 16 => {
                let text = format!(
                    "apt takes the distribution's nodejs {own} because it is newer than NodeSource's {asked}, and it comes without npm"
                );
                let reason = Arc::new(Reason { span: None, text });
                for command in npm {
                    if !matches!(state.command(command), Presence::Present(_)) {
                        state.set(command, Fact::Unlikely, reason.clone());
                    }
                }
            }
            _ => npm.iter().for_each(|c| state.set(c, Fact::when(certain), here.clone())),
        }
    }

    pub(super) fn apk(&self, state: &mut State, call: &PackageCall, certain: bool, here: &SharedReason) {
        state.touch();
        if matches!(state.packages, Packages::Unknown) {
            state.packages = Packages::Apk(apk::Apk::new(None, false));
        }
        let names: Vec<&str> = call.packages.iter().map(|p| p.name.as_str()).collect();
        let foreign = state.repository.is_some() || call.foreign;
        let Packages::Apk(apk) = &mut state.packages else {
            state.mark_commands_unknown(UnknownScope::All, here.clone());
            return;
        };
        match call.verb {
            Verb::Install => {
                let open = apk.add(&names, call.group.as_deref(), certain, here);
                if open || !call.unresolved.is_empty() || !call.files.is_empty() {
                    state.mark_commands_unknown(UnknownScope::All, here.clone());
                } else if foreign {
                    state.mark_unknown(UnknownScope::Applications, here.clone());
                }
            }
            Verb::Remove => {
                apk.del(&names, certain, here);
                if !call.unresolved.is_empty() {
                    apk.doubt_all(here);
                }
            }
            Verb::Update => state.lists = PackageLists::Present(here.clone()),
            _ => {}
        }
    }
}

/// `install g++ make` for a reason, cut where it grows long.
fn verb_word(call: &PackageCall) -> String {
    let mut text = match call.verb {
        Verb::Install if call.installer == Installer::Apk => "add".to_owned(),
        Verb::Remove if call.installer == Installer::Apk => "del".to_owned(),
        Verb::Install => "install".to_owned(),
        Verb::Update => "update".to_owned(),
        Verb::Upgrade => "upgrade".to_owned(),
        Verb::Remove => "purge".to_owned(),
        Verb::Autoremove => "autoremove".to_owned(),
        Verb::Clean => "clean".to_owned(),
        Verb::BuildDep => "build-dep".to_owned(),
        Verb::MarkAuto | Verb::MarkManual => "mark".to_owned(),
        Verb::Query => String::new(),
    };
    for (i, package) in call.packages.iter().enumerate() {
        if i == 4 {
            text.push_str(" …");
            break;
        }
        text.push(' ');
        text.push_str(&package.name);
    }
    text
}

/// Commands of the RPM distributions' packages that builds ask for.
fn rpm_commands(package: &str) -> &'static [&'static str] {
    match package {
        "gcc" => &["cc"],
        "gcc-c++" => &["g++", "c++"],
        "ninja-build" => &["ninja"],
        "python3" | "python3-devel" | "python3-pip" => &["python3", "pip3"],
        "nodejs" => &["node", "npm"],
        "which" => &["which"],
        "xz" => &["xz"],
        "pkgconf-pkg-config" | "pkgconfig" => &["pkg-config"],
        "procps-ng" => &["ps"],
        "iproute" => &["ip"],
        "golang" => &["go"],
        "openssh-clients" => &["ssh"],
        _ => &[],
    }
}
