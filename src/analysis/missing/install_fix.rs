//! How what is missing would be installed: the package that brings it, and the list to add it to.

use crate::diagnostic::{Applicability, Edit, Fix};
use crate::dockerfile::Stage;
use crate::image::facts;
use crate::image::install::{Installer, PackageCall, Verb};
use crate::image::install_list;
use crate::image::{Installed, State};
use crate::project::{Build, Project};
use crate::text::Span;
use crate::text::words::join_and;

/// Installations before a step among which one is looked for that can take another package. Where none of them can, the fix is
/// a step of its own: nothing is lost that a coverage note would have to speak of.
const MOST_INSTALLS: usize = 200;

use super::commands;

/// Commands that the package of their name does not make useful: those of systemd ask a running one, which no build and no
/// container has, and Debian's `yarn` is another program.
const NO_PACKAGE: &[&str] = &["systemctl", "journalctl", "hostnamectl", "localectl", "loginctl", "timedatectl", "yarn"];

/// The package that brings a command, in the words of the state's package manager.
pub fn package_of_command(state: &State, command: &str) -> Option<String> {
    let manager = state.manager()?;
    if NO_PACKAGE.contains(&command) && manager == Installer::Apt {
        return None;
    }
    let usual = commands::usual_package(manager, command);
    match (manager, state.suite()) {
        (Installer::Apt, Some(suite)) => {
            if let Some(name) = usual.filter(|n| suite.find(n).is_some()) {
                return Some(name.to_owned());
            }
            suite.providers_of_command(command).first().map(|id| suite.name(*id).to_owned())
        }
        (Installer::Apk, _) => usual.or_else(|| facts::alpine::package_for(command)).map(str::to_owned),
        _ => usual.map(str::to_owned),
    }
}

/// The package that brings a header.
pub fn package_of_header(state: &State, header: &str) -> Option<String> {
    match (state.manager()?, state.suite()) {
        (Installer::Apt, Some(suite)) => suite.providers_of_header(header).first().map(|id| suite.name(*id).to_owned()),
        (Installer::Apk, _) => facts::alpine::package_for(header).map(str::to_owned),
        _ => None,
    }
}

/// Packages of a list that are not installed yet.
pub fn still_missing(state: &State, packages: &[&str]) -> Vec<String> {
    let there = |p: &&&str| matches!(state.package(p), crate::image::Presence::Present(_));
    packages.iter().filter(|p| !there(p)).map(|p| (*p).to_owned()).collect()
}

/// The installation of the stage that stands nearest before `before` and that further packages can be added to.
fn list_before<'s>(
    project: &Project,
    build: &Build,
    state: &'s State,
    stage: usize,
    instruction: usize,
    before: Span,
    packages: &[&str],
) -> Option<(&'s PackageCall, Edit)> {
    let parsed = &project.dockerfiles.get(build.dockerfile)?.parsed;
    let stage = parsed.stages.get(stage)?;
    let file = project.file(parsed.file);
    lists_before(state, stage, instruction, before)
        .find_map(|i| Some((&i.call, install_list::add_to_list(&i.call, file, packages)?)))
}

/// The installations of a stage, the latest first, that surely come before a step and what is added to which is still there.
pub fn lists_before<'s>(
    state: &'s State,
    stage: &Stage,
    instruction: usize,
    before: Span,
) -> impl Iterator<Item = &'s Installed> {
    let range = stage.instructions.clone();
    let fits = move |i: &&Installed| {
        let call = &i.call;
        range.contains(&i.instruction)
            && call.verb == Verb::Install
            && Some(call.installer) == state.manager()
            && call.span.file == before.file
            && call.span.end <= before.start
            && call.context.is_reached()
            && !call.context.guarded
            && !(call.foreign || call.elsewhere)
            // What was installed for one step is removed behind it.
            && (call.group.is_none() || i.instruction == instruction)
    };
    state.installs().iter().rev().take(MOST_INSTALLS).map(|i| &**i).filter(fits)
}

/// The fix that adds packages to the list before a step.
pub fn add_packages(
    project: &Project,
    build: &Build,
    state: &State,
    stage: usize,
    instruction: usize,
    before: Span,
    packages: &[String],
) -> Option<Fix> {
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    let (_, edit) = list_before(project, build, state, stage, instruction, before, &packages)?;
    let mut fix = Fix::new(format!("add {} to the install list", join_and(&packages)), Applicability::Safe);
    fix.edits.push(edit);
    Some(fix)
}

/// The RUN to write where there is no list.
pub fn install_line(state: &State, packages: &[String]) -> Option<String> {
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    install_list::run_line(state.manager()?, &packages)
}
