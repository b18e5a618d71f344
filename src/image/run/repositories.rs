//! Archives that a script adds to the distribution's. They are recognised by the address in the sources list that it writes,
//! in the argument of `add-apt-repository`, or in the script or package file that adds them. An archive that is not in
//! `rules/data/archives.toml` may have any package.

use super::Run;
use super::text::loose_text;
use crate::image::evidence::{SharedReason, reason};
use crate::image::facts::archives::{self, Archive};
use crate::image::packages::Packages;
use crate::image::state::{Fact, PackageLists, State, UnknownScope};
use crate::shell::{Command, Variables};
use crate::text::Span;

impl Run<'_> {
    /// What a command hands on: its arguments, or the body that feeds it. `None` if it only passes on what it gets.
    pub(super) fn handed_on(&self, command: &Command, variables: &Variables<'_>) -> Option<String> {
        if let Some(body) = command.heredocs.last() {
            let file = self.source.filter(|file| file.id() == body.span.file)?;
            return Some(file.slice(body.span).to_owned());
        }
        let name = command.effective().name?;
        matches!(name.as_str(), "echo" | "printf" | "curl" | "wget").then(|| loose_text(command, variables))
    }

    /// A sources list is written, or something else that names archives by their addresses.
    pub(super) fn sources(&self, state: &mut State, text: Option<&str>, command: &Command) {
        match text.and_then(archives::of_text) {
            Some(found) => state.add_archives(&found),
            None => self.repository(state, command),
        }
    }

    /// `add-apt-repository`: a component of Ubuntu's is in its images already.
    pub(super) fn add_repository(&self, state: &mut State, args: &[&str], text: &str, command: &Command) {
        const COMPONENTS: [&str; 4] = ["main", "restricted", "universe", "multiverse"];
        let ubuntu = matches!(&state.packages, Packages::Apt(apt) if apt.suite.distro() == "ubuntu");
        let mut operands = args.iter().filter(|arg| !arg.starts_with('-')).peekable();
        if ubuntu && operands.peek().is_some() && operands.all(|arg| COMPONENTS.contains(arg)) {
            return;
        }
        // Newer ones fetch the lists, unless they are told not to.
        if !args.iter().any(|arg| matches!(*arg, "-n" | "--no-update"))
            && !matches!(state.lists, PackageLists::Present(_))
        {
            state.lists = PackageLists::Unknown;
        }
        self.sources(state, Some(text), command);
    }

    /// Package files that only add archives. `None` if one of them is anything else.
    pub(super) fn archive_files(files: &[(String, Span)]) -> Option<Vec<&'static Archive>> {
        let found: Option<Vec<_>> = files.iter().map(|(path, _)| archives::of_file(path)).collect();
        found.filter(|found| !found.is_empty())
    }
}

/// A script known by its address adds the archive of that name and fetches its lists.
pub(super) fn by_script(state: &mut State, address: &str, here: &SharedReason) {
    match archives::of_text(&format!("https://{address}/")) {
        Some(found) => state.add_archives(&found),
        None => _ = state.repository.get_or_insert(here.clone()),
    }
    state.lists = PackageLists::Present(here.clone());
    state.touch();
}

/// What a package that no suite has brings from an added archive. `false` if that is not known.
pub(super) fn install_from_archive(state: &mut State, name: &str, certain: bool, command: Span) -> bool {
    let Some(archive) = state.archive_of(name) else { return false };
    let Some(brings) = archive.brings(name) else { return false };
    let here = reason(command, format!("`{name}` of the archive {}", archive.name));
    for tool in brings.commands {
        state.set(tool, Fact::when(certain), here.clone());
    }
    if let Packages::Apt(apt) = &mut state.packages {
        apt.install(&brings.possible, Some(true), false, &here);
    }
    state.mark_unknown(UnknownScope::Applications, here);
    true
}
