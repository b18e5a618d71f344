//! The context of a command in a build: its variables, and the files of the build context. What a command needs is
//! asked of this.

use std::cell::Cell;

use crate::compose;
use crate::dockerfile::{Body, Instruction};
use crate::image::install::Installer;
use crate::image::needs::{CommandEnv, Language, pypi, python};
use crate::image::{self, ImageVariables, State};
use crate::shell::{Command, Part, Script, Value, Word};

use crate::files::ReadError;

use super::script_state::{self, ScriptState};
use crate::project::{Build, Project};
use crate::text::posix_path::join;

/// What all steps of a build may read together: each of two thousand may read the same list of two thousand packages.
pub const MAX_FILES: usize = 8 << 20;

/// A command of an instruction, in its build.
#[derive(Clone, Copy)]
pub struct CommandContext<'a> {
    pub project: &'a Project,
    pub build: &'a Build,
    pub instruction: usize,
    /// The state that the command finds.
    pub state: &'a State,
    pub script: &'a Script,
    /// Index of the command in the script.
    pub command: usize,
    /// What the script did before it.
    pub script_state: ScriptState<'a>,
    /// Bytes of files that may still be read for this build.
    pub budget: &'a Cell<usize>,
}

impl std::fmt::Debug for CommandContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandContext")
            .field("instruction", &self.instruction)
            .field("command", &self.command)
            .finish()
    }
}

impl<'a> CommandContext<'a> {
    fn this(&self) -> Option<&'a Command> {
        self.script.commands.get(self.command)
    }

    /// The value that the script has given to a variable before this command; `None` if it has not set it.
    fn in_script(&self, name: &str) -> Option<Value> {
        // `env A=b cmd` and `A=b cmd` hold for this command alone.
        let this = self.this()?;
        if let Some(own) = this.assignments.iter().rev().find(|a| a.name == name) {
            return Some(script_state::literal(own.value.as_ref()));
        }
        let prefix = |word: &Word| match word.parts.first() {
            Some(Part::Literal { text, .. }) => text.strip_prefix(name).is_some_and(|r| r.starts_with('=')),
            _ => false,
        };
        if this.words.iter().any(prefix) && this.effective().wrappers.iter().any(|w| w.0 == "env" || w.0 == "sudo") {
            return Some(Value::Unknown);
        }
        self.script_state.variable(name)
    }

    fn value(&self, name: &str) -> Value {
        self.in_script(name).unwrap_or_else(|| {
            image::variable(&self.build.evaluation.scope(self.instruction), self.state, name, ImageVariables::ItsOwn)
        })
    }

    /// The path in the build context of a file that this RUN mounts from there.
    fn mounted(&self, absolute: &str) -> Option<String> {
        let parsed = &self.project.dockerfiles.get(self.build.dockerfile)?.parsed;
        let instruction: &Instruction = parsed.instructions.get(self.instruction)?;
        if !matches!(instruction.body, Body::Command(_)) {
            return None;
        }
        for flag in instruction.flags.iter().filter(|f| f.name == "mount") {
            let fields = flag.fields();
            let field = |names: &[&str]| {
                let found = fields.iter().find(|f| names.contains(&f.key.as_str()))?;
                Some(found.value.as_ref()?.text.clone())
            };
            let from_context = field(&["from"]).is_none();
            let bind = field(&["type"]).is_none_or(|t| t == "bind");
            if !(from_context && bind) {
                continue;
            }
            let Some(target) = field(&["target", "dst", "destination"]) else { continue };
            let source = field(&["source", "src"]).unwrap_or_default();
            let workdir = self.state.workdir.as_deref().unwrap_or("/");
            let target = join(workdir, &target);
            let source = source.trim_start_matches("./").trim_matches('/').to_owned();
            if absolute == target {
                return Some(source);
            }
            if let Some(rest) = absolute.strip_prefix(&target).and_then(|r| r.strip_prefix('/')) {
                return Some(if source.is_empty() || source == "." {
                    rest.to_owned()
                } else {
                    format!("{source}/{rest}")
                });
            }
        }
        None
    }

    /// Returns the row of a PyPI package for the C library of this image; `None` if the base image is unknown.
    fn row(&self, name: &str) -> Option<python::PypiPackage> {
        let musl = match (self.state.manager(), self.state.base.unknown.is_none()) {
            (Some(Installer::Apk), true) => true,
            (Some(_), true) => false,
            _ => return None,
        };
        pypi::package(name, musl)
    }
}

impl CommandEnv for CommandContext<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        match self.value(name) {
            Value::Known(text) => Some(text),
            Value::Unset | Value::Unknown => None,
        }
    }

    fn variable_is_unknown(&self, name: &str) -> bool {
        self.value(name) == Value::Unknown
    }

    fn file(&self, path: &str) -> Option<String> {
        let absolute =
            if path.starts_with('/') { join("/", path) } else { join(self.script_state.working_dir()?, path) };
        let inside = self.mounted(&absolute).or_else(|| self.state.context_path(&absolute))?;
        let context = self.build.context()?;
        let too_much = "the steps of this build ask for more than 8 MiB of files; not all of them were read";
        // A file may name itself a hundred thousand times.
        if self.budget.get() == 0 {
            self.note_skipped(too_much);
            return None;
        }
        let bytes = match self.project.files.read(&context.join(inside)) {
            Ok(bytes) => bytes,
            Err(ReadError::Missing | ReadError::NotGiven) => return None,
            Err(error) => {
                self.note_skipped(&format!("`{path}`, which this step reads, {error}"));
                return None;
            }
        };
        let Some(left) = self.budget.get().checked_sub(bytes.len()) else {
            self.budget.set(0);
            self.note_skipped(too_much);
            return None;
        };
        self.budget.set(left);
        String::from_utf8(bytes).ok()
    }

    fn note_skipped(&self, what: &str) {
        if let Some(command) = self.this() {
            self.project.note_skipped(command.span, what);
        }
    }

    fn pypi(&self, name: &str) -> Option<python::PypiPackage> {
        self.row(name)
    }

    fn compiles_from_source(&self, requirement: &str) -> Option<(Language, String)> {
        let it = python::requirement(requirement, 0, None)?;
        if it.git || it.conditional {
            return None;
        }
        let row = self.row(&it.name)?;
        // A wheel that only musl lacks is reported by `no-musl-wheel`.
        if row.wheel || row.glibc_wheel || !row.proved {
            return None;
        }
        // An error about a header or a program does not mean that the compiler is missing.
        let about = |error: &&String| ["compiler", "gcc", "CXX"].iter().any(|word| error.contains(word));
        let error = row.error.as_ref().filter(about).cloned();
        let error = error.unwrap_or_else(|| "error: command 'gcc' failed: No such file or directory".to_owned());
        match () {
            () if row.requires.iter().any(|r| r == "g++") => Some((Language::Cxx, error)),
            () if row.requires.iter().any(|r| r == "gcc") => Some((Language::C, error)),
            () => None,
        }
    }
}

/// The arguments of a service's build that select the base image of a stage, each by its place in the compose file.
pub fn args_selecting_base<'a>(
    build: &Build,
    project: &'a Project,
    from: &str,
    globals: &[(String, String)],
) -> Vec<&'a compose::ComposeVariable> {
    let mut names: Vec<String> = names_in(from);
    let mut at = 0;
    while let Some(name) = names.get(at).cloned() {
        at += 1;
        let defaults = globals.iter().filter(|(n, _)| *n == name).flat_map(|(_, default)| names_in(default));
        let new: Vec<String> = defaults.filter(|n| !names.contains(n)).collect();
        names.extend(new);
    }
    let services = build.users.iter().filter_map(|id| project.service(*id));
    let given = services.filter_map(|s| s.service.build.as_ref()).flat_map(|b| &b.args);
    given.filter(|a| names.contains(&a.name)).collect()
}

/// The variables that a text names.
fn names_in(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices('$') {
        let rest = text.get(at + 1..).unwrap_or("").trim_start_matches('{');
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        names.extend(rest.get(..end).filter(|n| !n.is_empty()).map(str::to_owned));
    }
    names
}
