//! What a script has done before one of its commands: gathered once while the script is gone through, so that each of its
//! commands can ask without going back over those before it.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::shell::{Command, Part, Script, Value, Word};

use crate::text::posix_path::join;

/// A longer path is none that a system takes.
const LONGEST_PATH: usize = 4096;

/// Feed it the commands in order; ask it between them.
#[derive(Debug)]
pub struct ScriptState<'s> {
    script: &'s Script,
    /// `None` if it is unknown.
    working_dir: Option<String>,
    /// What commands of this script have set.
    set: HashMap<String, Value>,
    /// Something was sourced or evaluated: it may have set any other variable.
    sourced: bool,
    changes_path: bool,
    /// By command: whether it is piped into a shell. Asked of few scripts.
    feeds_shell: OnceCell<Vec<bool>>,
}

impl<'s> ScriptState<'s> {
    pub fn new(script: &'s Script, working_dir: Option<&str>) -> Self {
        ScriptState {
            script,
            working_dir: working_dir.map(str::to_owned),
            set: HashMap::new(),
            sourced: false,
            changes_path: false,
            feeds_shell: OnceCell::new(),
        }
    }

    /// The working directory here; `None` if it is unknown.
    pub fn working_dir(&self) -> Option<&str> {
        self.working_dir.as_deref()
    }

    /// What the script says of a variable: `None` if nothing.
    pub fn variable(&self, name: &str) -> Option<Value> {
        self.set.get(name).cloned().or_else(|| self.sourced.then_some(Value::Unknown))
    }

    /// Whether a command changed PATH or ran a file that may have.
    pub fn changes_path(&self) -> bool {
        self.changes_path
    }

    /// Whether a command of the script is piped into a shell, at once or through filters.
    pub fn feeds_shell(&self, index: usize) -> bool {
        let all = self.feeds_shell.get_or_init(|| {
            let mut shell_behind = false;
            let behind = self.script.commands.iter().rev().map(|command| match command.context.pipeline {
                Some(true) => {
                    shell_behind = command.effective().name.is_some_and(|n| takes_scripts(&n));
                    false
                }
                Some(false) => shell_behind,
                None => false,
            });
            let mut all: Vec<bool> = behind.collect();
            all.reverse();
            all
        });
        all.get(index).copied().unwrap_or(false)
    }

    /// Takes note of a command.
    pub fn take(&mut self, command: &Command) {
        let name = command.name();
        self.move_on(command, name.as_deref());
        self.changes_path |= changes_path(command, name.as_deref());
        match name.as_deref() {
            None if command.words.is_empty() => {
                for assignment in &command.assignments {
                    let value = match command.context.is_reached() {
                        true => literal(assignment.value.as_ref()),
                        false => Value::Unknown,
                    };
                    self.set.insert(assignment.name.clone(), value);
                }
            }
            Some("export" | "declare" | "readonly" | "typeset") => {
                // Of words for one name the first counts.
                for word in command.words.iter().skip(1).rev() {
                    let Some(Part::Literal { text, .. }) = word.parts.first() else { continue };
                    let Some((name, _)) = text.split_once('=') else { continue };
                    let value = word.literal().and_then(|w| w.split_once('=').map(|(_, v)| v.to_owned()));
                    self.set.insert(name.to_owned(), value.map_or(Value::Unknown, Value::Known));
                }
            }
            Some("." | "source") if command.words.get(1).is_some_and(sets_up_language) => {}
            Some("." | "source" | "eval") => {
                self.set.clear();
                self.sourced = true;
            }
            _ => {}
        }
    }

    fn move_on(&mut self, command: &Command, name: Option<&str>) {
        match name {
            Some("cd" | "pushd") if !command.context.subshell => {
                let to = command.words.get(1).and_then(Word::literal).filter(|t| !t.starts_with(['~', '-']));
                let now = match (self.working_dir.take(), to) {
                    (_, Some(to)) if to.starts_with('/') => Some(to),
                    (Some(now), Some(to)) => Some(join(&now, &to)),
                    _ => None,
                };
                self.working_dir = now.filter(|path| !command.context.conditional && path.len() <= LONGEST_PATH);
            }
            Some("popd") => self.working_dir = None,
            _ => {}
        }
    }
}

/// The value of an assignment's word.
pub(crate) fn literal(word: Option<&Word>) -> Value {
    match word.map(Word::literal) {
        Some(Some(text)) => Value::Known(text),
        None => Value::Known(String::new()),
        Some(None) => Value::Unknown,
    }
}

fn takes_scripts(name: &str) -> bool {
    matches!(name, "bash" | "zsh" | "ksh" | "fish" | "dash" | "ash" | "sh" | "tar") || name.starts_with("python")
}

/// A file that puts a language's own tools on PATH and sets nothing else that a build asks for: rustup's and nvm's.
fn sets_up_language(word: &Word) -> bool {
    let Some(Part::Literal { text, .. }) = word.parts.last() else { return false };
    text.ends_with("/.cargo/env") || text.ends_with("/nvm.sh")
}

/// A file that puts nothing on PATH but a language's own tools, or nothing at all: the model knows what they bring.
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
