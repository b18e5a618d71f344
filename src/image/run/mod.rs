//! What the commands of a script do to a [`State`].
//!
//! Every command is one of: a package manager's call, something that puts a file on PATH, something that is known not to
//! change the image's commands, or something unknown, after which the contents of the image are unknown. A command that may
//! not have run can only make things unknown.

mod conda;
mod files;
mod handlers;
mod invocation;
mod packages;
mod repositories;
mod scripts;
mod text;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::ContextFiles;
use super::evidence::{Presence, Reason, reason};
use super::install::package_call;
use super::paths;
use super::script_run::{CalledScript, Steps};
use super::state::{PackageLists, State, UnknownScope};
use super::tools::{self, Effect};
use crate::shell::{Command, CommandPosition, Script, Value, Variables};
use crate::text::SourceFile;
use invocation::Invocation;

/// Depth of scripts that run other scripts of the context.
const MAX_SCRIPTS: u8 = 8;
/// Longer scripts are not read.
const MAX_SCRIPT: usize = 1 << 20;
/// Bytes that a shorter script counts as, because each one is a file to read.
const SMALLEST: usize = 8 << 10;

/// Limit of the commands that are applied at calls of functions.
const MAX_REPLAYED: usize = 2_000;

/// Functions with the commands of their bodies.
type Functions = HashMap<String, Arc<Vec<Command>>>;

/// Returns the bodies of the functions that a script defines.
fn bodies(script: &Script) -> HashMap<String, Vec<Command>> {
    let mut bodies: HashMap<String, Vec<Command>> = HashMap::new();
    for command in &script.commands {
        if let Some(name) = &command.context.function {
            let context = CommandPosition { function: None, ..command.context.clone() };
            bodies.entry(name.clone()).or_default().push(Command { context, ..command.clone() });
        }
    }
    // A function with an empty body, or with nothing but definitions in it, is still a function.
    script.functions.iter().for_each(|name| {
        bodies.entry(name.clone()).or_default();
    });
    bodies
}

/// A script being run.
pub(super) struct Run<'a> {
    pub instruction: usize,
    pub context: Option<&'a dyn ContextFiles>,
    /// Number of scripts that this one runs in.
    pub depth: u8,
    /// The script may not run.
    pub conditional: bool,
    cwd: Option<String>,
    /// Downloaded files with their addresses.
    fetched: Vec<(String, String)>,
    last_address: Option<String>,
    /// Functions that were defined, with the commands of their bodies.
    functions: Functions,
    /// Number of commands that were applied at calls of functions.
    replayed: usize,
    /// The file that has the script, if the script's spans are places in it.
    pub source: Option<&'a SourceFile>,
    /// Index of the command that runs.
    current: usize,
    /// The text in the pipeline at this point, if it is known.
    piped_text: Option<String>,
    /// Scripts of the context that certainly ran.
    pub scripts: Vec<CalledScript>,
    /// Bytes of context scripts that may still be read.
    budget: &'a Cell<usize>,
}

impl<'a> Run<'a> {
    pub(super) fn new(instruction: usize, context: Option<&'a dyn ContextFiles>, budget: &'a Cell<usize>) -> Self {
        Run {
            instruction,
            context,
            depth: 0,
            conditional: false,
            cwd: None,
            fetched: Vec::new(),
            last_address: None,
            functions: Functions::new(),
            replayed: 0,
            source: None,
            current: 0,
            piped_text: None,
            scripts: Vec::new(),
            budget,
        }
    }

    /// Applies a script. `outer` returns the variables that the image and the build set.
    pub(super) fn script(&mut self, state: &mut State, script: &Script, outer: &dyn Fn(&str) -> Value) -> Steps {
        self.cwd = state.workdir.as_deref().map(str::to_owned);
        for (name, body) in bodies(script) {
            self.functions.insert(name, Arc::new(body));
        }
        let called: HashSet<String> = match script.functions.as_slice() {
            [] => HashSet::new(),
            _ => script.commands.iter().filter_map(|c| c.effective().name).collect(),
        };
        let mut variables = Variables::new(script, outer);
        let mut steps = vec![(0, state.clone())];
        let mut clock = state.clock();
        for (index, command) in script.commands.iter().enumerate() {
            if state.clock() != clock {
                clock = state.clock();
                steps.push((index, state.clone()));
            }
            // A body is applied at its calls. A function without a visible call may run at any time.
            if command.context.function.as_ref().is_none_or(|name| !called.contains(name)) {
                self.current = index;
                self.command(state, index, command, &variables, outer);
            }
            variables.apply(command);
        }
        if script.opaque {
            let span = script.commands.first().map(|c| c.span);
            state.mark_unknown(
                UnknownScope::All,
                Arc::new(Reason { span, text: "a script that is no shell's runs here".into() }),
            );
        } else if let Some(fault) = script.faults.first() {
            state.mark_unknown(UnknownScope::All, reason(fault.span, "the rest of this script could not be read"));
        }
        steps
    }

    /// Reports that a limit keeps something from being followed.
    fn note_skipped(&self, command: &Command, what: String) {
        if let Some(context) = self.context {
            context.note_skipped(command.span, what);
        }
    }

    /// True if a command at this place certainly runs.
    fn certain(&self, context: &CommandPosition) -> bool {
        let maybe = context.conditional || context.guarded || context.background || context.function.is_some();
        !maybe && !self.conditional
    }

    /// Applies one command.
    fn command(
        &mut self,
        state: &mut State,
        index: usize,
        command: &Command,
        variables: &Variables<'_>,
        outer: &dyn Fn(&str) -> Value,
    ) {
        let command = &*variables.split_name(command);
        let certain = self.certain(&command.context);
        let handed_on = self.handed_on(command, variables);
        let text = if handed_on.is_some() { handed_on } else { self.piped_text.take() };
        self.redirects(state, command, variables, text.as_deref(), certain);
        // Only these images need to know.
        if state.base.closed_archive().is_some() && text::replaces(command, variables) {
            state.replace_sources();
        }
        if command.context.pipeline == Some(false) {
            self.piped_text.clone_from(&text);
        }
        if let Some(call) = package_call(command, variables) {
            self.package_call(state, index, call, certain);
            return;
        }
        let effective = command.effective();
        let words: Vec<Option<String>> = effective.words.iter().map(|w| variables.resolve(command, w)).collect();
        let Some(Some(first)) = words.first() else {
            if let Some(word) = effective.words.first() {
                state.mark_unknown(UnknownScope::All, reason(word.span, "what runs here is named by a variable"));
            }
            return;
        };
        let args: Vec<&str> = words.iter().skip(1).map(|w| w.as_deref().unwrap_or("\u{0}")).collect();
        let (folder, name) = match first.rsplit_once('/') {
            Some((folder, name)) if !paths::is_command_folder(folder) => (Some(folder), name),
            Some((_, name)) => (None, name),
            None => (None, first.as_str()),
        };
        // A script that is run here may or may not see the variables that this script sets, so they are unknown in it.
        let inside = |name: &str| match variables.get(name) {
            value if value == outer(name) && !command.assignments.iter().any(|a| a.name == name) => value,
            _ => Value::Unknown,
        };
        if folder.is_some() {
            self.program(state, command, first, &args, &inside, certain);
            return;
        }
        let call =
            Invocation { command, name, args: &args, text: text.as_deref(), variables, inside: &inside, certain };
        if tools::handler_of(name).is_some_and(|handler| self.handle(state, handler, &call)) {
            return;
        }
        let event = |text: &str| reason(command.span, text);
        match tools::effect_of(name) {
            Effect::Applications => state.mark_unknown(UnknownScope::Applications, event("may install applications")),
            _ if self.functions.contains_key(name) => self.call(state, index, name, variables, outer, certain),
            Effect::Harmless => {}
            // A question to a package manager: a call that changes anything was handled above.
            Effect::PackageManager => {
                if args.iter().any(|a| matches!(*a, "dist-clean" | "distclean"))
                    && matches!(state.lists, PackageLists::Present(_))
                {
                    state.lists = PackageLists::Deleted(event("the package lists are deleted here"));
                    state.touch();
                }
            }
            // A question installs nothing, and neither does a command that is certainly absent.
            Effect::Anything if tools::is_question(name, &args) => {}
            Effect::Anything if matches!(state.command(name), Presence::Absent(_)) => {}
            Effect::Anything => {
                state.mark_unknown(UnknownScope::All, event(&format!("we do not know what `{name}` installs")));
            }
        }
    }

    /// Applies the commands of a function's body, as certain as its call is.
    fn call(
        &mut self,
        state: &mut State,
        index: usize,
        name: &str,
        variables: &Variables<'_>,
        outer: &dyn Fn(&str) -> Value,
        certain: bool,
    ) {
        // Removed while it runs, so that recursion ends.
        let Some(body) = self.functions.remove(name) else { return };
        let conditional = std::mem::replace(&mut self.conditional, !certain);
        self.replayed += body.len();
        if self.replayed > MAX_REPLAYED {
            let span = body.first().map(|c| c.span);
            let text = format!("`{name}` is called too often to be followed");
            if let Some(first) = body.first() {
                self.note_skipped(first, text.clone());
            }
            state.mark_unknown(UnknownScope::All, Arc::new(Reason { span, text }));
        } else {
            body.iter().for_each(|command| self.command(state, index, command, variables, outer));
        }
        self.conditional = conditional;
        self.functions.insert(name.to_owned(), body);
    }

    fn absolute(&self, path: &str) -> Option<String> {
        if path.starts_with('/') {
            return Some(crate::text::posix_path::clean_absolute(path));
        }
        Some(crate::text::posix_path::clean_absolute(&format!("{}/{path}", self.cwd.as_deref()?)))
    }
}
