//! What a script has done before each of its commands: where it is, which variables it has set, whether PATH is still
//! that of the image. Recorded once for a script, so that no command has to go back over those before it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::shell::{Command, Part, Script, Value, Word};
use crate::text::posix_path::join;

/// PATH_MAX on Linux; longer paths cannot exist.
const LONGEST_PATH: usize = 4096;

/// A working directory.
#[derive(Clone, Debug)]
pub struct Folder {
    pub path: Arc<str>,
    /// Likely, but not certain: the image's own working directory is not known and taken for `/`, or a subshell changed
    /// it.
    pub assumed: bool,
}

/// A script as it was before each of its commands.
#[derive(Debug, Default)]
pub struct ScriptStates {
    /// By command; `None` where unknown.
    folders: Vec<Option<Folder>>,
    /// The values that each variable was given, with the index of the command.
    set: HashMap<String, Vec<(usize, Value)>>,
    /// The commands that sourced or evaluated something, which may have set any variable.
    sourced: Vec<usize>,
    /// The first command that changed PATH, or ran a file that may have.
    path_changed: Option<usize>,
    /// By command: true if it is piped into a shell.
    feeds_shell: Vec<bool>,
}

/// What a script has done before one of its commands.
#[derive(Clone, Copy, Debug)]
pub struct ScriptState<'s> {
    states: &'s ScriptStates,
    command: usize,
}

impl<'s> ScriptState<'s> {
    /// The working directory; `None` if it is unknown.
    pub fn working_dir(&self) -> Option<&'s str> {
        self.folder().filter(|folder| !folder.assumed).map(|folder| &*folder.path)
    }

    /// As [`ScriptState::working_dir`], or what it most likely is. See [`Folder::assumed`].
    pub fn assumed_working_dir(&self) -> Option<&'s str> {
        self.folder().map(|folder| &*folder.path)
    }

    fn folder(&self) -> Option<&'s Folder> {
        self.states.folders.get(self.command)?.as_ref()
    }

    /// The value that the script has given to a variable; `None` if it has not set it.
    pub fn variable(&self, name: &str) -> Option<Value> {
        let sourced = self.states.sourced.iter().rev().find(|at| **at < self.command);
        let values = self.states.set.get(name).map_or(&[][..], Vec::as_slice);
        let before = values.partition_point(|(at, _)| *at < self.command);
        let last = before.checked_sub(1).and_then(|last| values.get(last));
        match last.filter(|(at, _)| sourced.is_none_or(|sourced| sourced < at)) {
            Some((_, value)) => Some(value.clone()),
            None => sourced.map(|_| Value::Unknown),
        }
    }

    /// True if a command changed PATH, or ran a file that may have.
    pub fn changes_path(&self) -> bool {
        self.states.path_changed.is_some_and(|at| at < self.command)
    }

    /// True if the command is piped into a shell, directly or through filters.
    pub fn feeds_shell(&self) -> bool {
        self.states.feeds_shell.get(self.command).copied().unwrap_or(false)
    }
}

impl ScriptStates {
    /// Goes through a script that starts in a folder. `words` are the words of each command after expansion.
    pub fn record(script: &Script, start: Option<Folder>, words: &[Vec<Option<String>>]) -> Self {
        let mut states = ScriptStates { feeds_shell: feeds_shell(script), ..ScriptStates::default() };
        let mut now = start;
        // While a subshell runs that has changed its folder: the folder around it.
        let mut outer: Option<Option<Folder>> = None;
        for (index, command) in script.commands.iter().enumerate() {
            if !command.context.subshell
                && let Some(folder) = outer.take()
            {
                now = folder;
            }
            states.folders.push(now.clone());
            let name = command.name();
            let words = words.get(index).map_or(&[][..], Vec::as_slice);
            let next = next_folder(now.clone(), command, name.as_deref(), words);
            now = match command.context.subshell && changes_folder(name.as_deref()) {
                true => {
                    outer.get_or_insert(now);
                    // The next subshell may have begun without a command between.
                    next.map(|folder| Folder { assumed: true, ..folder })
                }
                false => next,
            };
            if states.path_changed.is_none() && changes_path(command, name.as_deref()) {
                states.path_changed = Some(index);
            }
            states.take_variables(index, command, name.as_deref());
        }
        states
    }

    /// Returns what the script has done before a command.
    pub fn before(&self, command: usize) -> ScriptState<'_> {
        ScriptState { states: self, command }
    }

    fn take_variables(&mut self, index: usize, command: &Command, name: Option<&str>) {
        match name {
            None if command.words.is_empty() => {
                for assignment in &command.assignments {
                    let value = match command.context.is_reached() {
                        true => literal(assignment.value.as_ref()),
                        false => Value::Unknown,
                    };
                    self.set.entry(assignment.name.clone()).or_default().push((index, value));
                }
            }
            Some("export" | "declare" | "readonly" | "typeset") => {
                // If a name is given twice, the first word counts.
                for word in command.words.iter().skip(1).rev() {
                    let Some(Part::Literal { text, .. }) = word.parts.first() else { continue };
                    let Some((name, _)) = text.split_once('=') else { continue };
                    let value = word.literal().and_then(|w| w.split_once('=').map(|(_, v)| v.to_owned()));
                    let value = value.map_or(Value::Unknown, Value::Known);
                    self.set.entry(name.to_owned()).or_default().push((index, value));
                }
            }
            Some("." | "source") if command.words.get(1).is_some_and(sets_up_language) => {}
            Some("." | "source" | "eval") => self.sourced.push(index),
            _ => {}
        }
    }
}

/// The working directory after a command.
fn next_folder(now: Option<Folder>, command: &Command, name: Option<&str>, words: &[Option<String>]) -> Option<Folder> {
    match name {
        Some("cd" | "pushd") => {
            let to = words.get(1)?.as_deref().filter(|to| !to.starts_with(['~', '-']))?;
            let folder = match to.starts_with('/') {
                true => Folder { path: to.into(), assumed: false },
                false => {
                    let now = now?;
                    Folder { path: join(&now.path, to).into(), assumed: now.assumed }
                }
            };
            (!command.context.conditional && folder.path.len() <= LONGEST_PATH).then_some(folder)
        }
        Some("popd") => None,
        _ => now,
    }
}

fn changes_folder(name: Option<&str>) -> bool {
    matches!(name, Some("cd" | "pushd" | "popd"))
}

/// The value of an assignment's word.
pub(crate) fn literal(word: Option<&Word>) -> Value {
    match word.map(Word::literal) {
        Some(Some(text)) => Value::Known(text),
        None => Value::Known(String::new()),
        Some(None) => Value::Unknown,
    }
}

/// By command: true if it is piped into a shell, directly or through filters.
fn feeds_shell(script: &Script) -> Vec<bool> {
    let mut into_shell = false;
    let from_last = script.commands.iter().rev().map(|command| match command.context.pipeline {
        Some(true) => {
            into_shell = command.effective().name.is_some_and(|n| takes_scripts(&n));
            false
        }
        Some(false) => into_shell,
        None => false,
    });
    let mut all: Vec<bool> = from_last.collect();
    all.reverse();
    all
}

fn takes_scripts(name: &str) -> bool {
    matches!(name, "bash" | "zsh" | "ksh" | "fish" | "dash" | "ash" | "sh" | "tar") || name.starts_with("python")
}

/// True for a file that puts the tools of a language on PATH and sets nothing else that a build asks for: those of
/// rustup and nvm.
fn sets_up_language(word: &Word) -> bool {
    let Some(Part::Literal { text, .. }) = word.parts.last() else { return false };
    text.ends_with("/.cargo/env") || text.ends_with("/nvm.sh")
}

/// True for a file that puts nothing on PATH but the tools of a language, which the model knows.
fn keeps_system_tools(word: &Word) -> bool {
    word.literal().as_deref() == Some("/etc/os-release") || sets_up_language(word)
}

fn changes_path(command: &Command, name: Option<&str>) -> bool {
    let sets = |text: &str| text.starts_with("PATH=") || text.starts_with("PATH+=");
    command.words.is_empty() && command.assignments.iter().any(|a| a.name == "PATH")
        || matches!(name, Some("export" | "declare"))
            && command.words.iter().skip(1).any(|w| match w.parts.first() {
                Some(Part::Literal { text, .. }) => sets(text),
                _ => false,
            })
        || matches!(name, Some("." | "source" | "eval" | "hash" | "alias"))
            && !command.words.get(1).is_some_and(keeps_system_tools)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::{Dialect, ScriptPlace, ShellOptions, read};
    use crate::text::{FileId, Sources, Span};

    fn file() -> FileId {
        Sources::new().add("/x/run.sh".into(), "run.sh".to_owned(), Vec::new())
    }

    /// Goes through a script that starts in `/app`.
    fn record(text: &str) -> ScriptStates {
        let place = ScriptPlace::Within(Span::new(file(), 0..0));
        let script = read(text, place, ShellOptions::new(Dialect::Bash));
        let words: Vec<Vec<Option<String>>> =
            script.commands.iter().map(|c| c.words.iter().map(Word::literal).collect()).collect();
        let start = Folder { path: "/app".into(), assumed: false };
        ScriptStates::record(&script, Some(start), &words)
    }

    #[test]
    fn folders() {
        let states = record("a && cd web && b && (cd x && c) && d && popd && e");
        let certain = |at: usize| states.before(at).working_dir();
        let likely = |at: usize| states.before(at).assumed_working_dir();
        assert_eq!((certain(0), certain(2)), (Some("/app"), Some("/app/web")));
        // Within the subshell, after it, and after a command that goes back.
        assert_eq!((certain(4), likely(4)), (None, Some("/app/web/x")));
        assert_eq!(certain(5), Some("/app/web"));
        assert_eq!((certain(7), likely(7)), (None, None));
    }

    #[test]
    fn variables() {
        let states = record("A=1; use; A=2; use; . ./env; use; A=3; use");
        let value = |at: usize| states.before(at).variable("A");
        assert_eq!(value(0), None);
        assert_eq!(value(1), Some(Value::Known("1".to_owned())));
        assert_eq!(value(3), Some(Value::Known("2".to_owned())));
        assert_eq!(value(5), Some(Value::Unknown));
        assert_eq!(value(7), Some(Value::Known("3".to_owned())));
        assert!(!states.before(4).changes_path() && states.before(5).changes_path());
    }
}
