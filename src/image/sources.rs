//! Archives that a script adds to the distribution's: told by the address in the sources list that it writes, in the argument
//! of `add-apt-repository`, in the script or the package file that does it. One that is not in `rules/data/archives.toml` may
//! hold anything.

use super::facts::archives::{self, Archive};
use super::run::Run;
use super::state::{PackageLists, Packages, SharedReason, State, reason};
use crate::shell::{Command, Part, Variables, Word};

/// Stands for what is not known in a text.
pub(super) const GAP: char = '\u{0}';

/// The words of a command behind its name as one text, with [`GAP`]s for what is not known.
pub(super) fn loose_text(command: &Command, variables: &Variables<'_>) -> String {
    let words = command.effective().words.iter().skip(1);
    let texts: Vec<String> = words.map(|word| loose_word(command, word, variables)).collect();
    texts.join(" ")
}

fn loose_word(command: &Command, word: &Word, variables: &Variables<'_>) -> String {
    if let Some(text) = variables.resolve(command, word) {
        return text;
    }
    let known = |part: &Part| {
        let alone = Word { parts: vec![part.clone()], span: word.span };
        variables.resolve(command, &alone).unwrap_or_else(|| GAP.to_string())
    };
    word.parts.iter().map(known).collect()
}

/// Whether a command may change which archive is the distribution's: it names the list, or where closed archives went, in
/// any other way than to add a line.
pub(super) fn replaces(command: &Command, variables: &Variables<'_>) -> bool {
    const LIST: &str = "/etc/apt/sources.list";
    let names = |text: &str| {
        let list = text.split(LIST).skip(1).any(|rest| !rest.starts_with(".d/"));
        list || matches!(text.trim_end_matches(['/', '*']), "/etc/apt" | "sources.list")
            || ["old-releases", "archive.debian.org", "snapshot.debian.org"].iter().any(|server| text.contains(server))
    };
    let appends = command.effective().name.as_deref() == Some("tee")
        && command.words.iter().any(|w| w.text().as_deref() == Some("-a"));
    let words = command.words.iter().skip(1).filter_map(|word| variables.resolve(command, word));
    let overwritten = command.redirects.iter().filter(|r| r.operator.contains('>') && !r.operator.contains(">>"));
    let overwritten = overwritten.filter_map(|r| variables.resolve(command, r.target.as_ref()?));
    !appends && words.chain(overwritten).any(|text| names(&text))
}

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
    pub(super) fn archive_files(files: &[(String, crate::text::Span)]) -> Option<Vec<&'static Archive>> {
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
pub(super) fn install_from_archive(state: &mut State, name: &str, certain: bool, command: crate::text::Span) -> bool {
    let Some(archive) = state.archive_of(name) else { return false };
    let Some(brings) = archive.brings(name) else { return false };
    let here = reason(command, format!("`{name}` of the archive {}", archive.name));
    for tool in brings.commands {
        state.set(tool, super::run::fact(certain), here.clone());
    }
    if let Packages::Apt(apt) = &mut state.packages {
        apt.install(&brings.set_possible, Some(true), false, &here);
    }
    state.open(super::UnknownScope::Applications, here);
    true
}
