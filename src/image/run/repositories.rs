//! Archives that a script adds to the distribution's. They are recognised by the address in the sources list that it
//! writes, in the argument of `add-apt-repository`, or in the script or package file that adds them. An archive that is
//! not in `rules/data/archives.toml` may have any package.

use super::Run;
use super::text::loose_text;
use crate::image::evidence::{SharedReason, reason};
use crate::image::facts::archives::{self, Archive};
use crate::image::packages::Packages;
use crate::image::state::{Fact, PackageLists, State, UnknownScope};
use crate::shell::{Command, Variables};
use crate::text::Span;

impl Run<'_> {
    /// Returns the text that a command prints or gets: its arguments, or its heredoc. `None` if it only passes on its
    /// input.
    pub(super) fn handed_on(&self, command: &Command, variables: &Variables<'_>) -> Option<String> {
        if let Some(body) = command.heredocs.last() {
            let file = self.source.filter(|file| file.id() == body.span.file)?;
            return Some(file.slice(body.span).to_owned());
        }
        let name = command.effective().name?;
        matches!(name.as_str(), "echo" | "printf" | "curl" | "wget").then(|| loose_text(command, variables))
    }

    /// Adds the archives of a text with addresses, such as a sources list.
    pub(super) fn sources(&self, state: &mut State, text: Option<&str>, command: &Command) {
        match text.and_then(archives::of_text) {
            Some(found) => state.add_archives(&found),
            None => self.repository(state, command),
        }
    }

    /// `add-apt-repository`. Components of Ubuntu are already in its images.
    pub(super) fn add_repository(&self, state: &mut State, args: &[&str], text: &str, command: &Command) {
        const COMPONENTS: [&str; 4] = ["main", "restricted", "universe", "multiverse"];
        let ubuntu = matches!(&state.packages, Packages::Apt(apt) if apt.suite.distro() == "ubuntu");
        let mut operands = args.iter().filter(|arg| !arg.starts_with('-')).peekable();
        if ubuntu && operands.peek().is_some() && operands.all(|arg| COMPONENTS.contains(arg)) {
            return;
        }
        // Newer versions fetch the lists, unless an option turns that off.
        if !args.iter().any(|arg| matches!(*arg, "-n" | "--no-update"))
            && !matches!(state.lists, PackageLists::Present(_))
        {
            state.lists = PackageLists::Unknown;
        }
        self.sources(state, Some(text), command);
    }

    /// Returns the archives that package files add. `None` if one of them has anything else.
    pub(super) fn archive_files(files: &[(String, Span)]) -> Option<Vec<&'static Archive>> {
        let found: Option<Vec<_>> = files.iter().map(|(path, _)| archives::of_file(path)).collect();
        found.filter(|found| !found.is_empty())
    }
}

/// A script with a known address adds its archive and fetches its lists.
pub(super) fn by_script(state: &mut State, address: &str, here: &SharedReason) {
    match archives::of_text(&format!("https://{address}/")) {
        Some(found) => state.add_archives(&found),
        None => _ = state.repository.get_or_insert(here.clone()),
    }
    state.lists = PackageLists::Present(here.clone());
    state.touch();
}

/// Installs a package that only an added archive has. Returns false if its contents are not known.
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
