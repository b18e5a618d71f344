//! Scripts that a command runs: known ones from the network, files of the context, and those that we cannot see into.

use std::sync::Arc;

use super::{Functions, MAX_SCRIPT, MAX_SCRIPTS, Run, SMALLEST, repositories};
use crate::image::evidence::reason;
use crate::image::script_run::{CalledScript, ScriptRun};
use crate::image::state::{State, UnknownScope};
use crate::image::{paths, tools};
use crate::shell::{self, Command, Dialect, ScriptPlace, ShellOptions, Value};

impl Run<'_> {
    pub(super) fn interpreter(&self, state: &mut State, command: &Command, args: &[&str]) {
        let module = match args {
            ["-m", module, ..] => Some(*module),
            [first, ..] => first.strip_prefix("-m").filter(|module| !module.is_empty()),
            [] => None,
        };
        match module {
            // The programs of an environment are in its own folder.
            Some("venv" | "virtualenv")
                if !args
                    .iter()
                    .any(|a| a.contains('\u{0}') || matches!(a.trim_end_matches('/'), "/usr" | "/usr/local")) =>
            {
                return;
            }
            Some("compileall" | "py_compile" | "json.tool" | "site" | "sysconfig" | "platform") => {
                return;
            }
            _ => {}
        }
        let Some(script) = args.iter().find(|a| !a.starts_with('-')) else {
            if !args.iter().any(|a| a.ends_with("-version") || *a == "-V") {
                state.mark_unknown(UnknownScope::Applications, reason(command.span, "a script runs here"));
            }
            return;
        };
        if args.first() == Some(&"-m") || args.iter().any(|a| matches!(*a, "-c" | "-e" | "-m")) {
            state.mark_unknown(UnknownScope::Applications, reason(command.span, "a script runs here"));
            return;
        }
        if let Some(known) = self.fetched_script(script) {
            self.known_script(state, known, command);
            return;
        }
        let text = format!("we do not know what `{}` installs", paths::base_name(script));
        let applications = ["setup.py", "manage.py"].iter().any(|s| script.ends_with(s));
        state.mark_unknown(
            if applications { UnknownScope::Applications } else { UnknownScope::All },
            reason(command.span, text),
        );
    }

    pub(super) fn fetched_script(&self, path: &str) -> Option<tools::ToolScript> {
        let name = paths::base_name(path);
        let stem = name.split(['*', '?', '\u{0}']).next().unwrap_or(name);
        let from = self.fetched.iter().rev().find(|(n, _)| n == name || (stem.len() > 3 && n.starts_with(stem)));
        from.and_then(|(_, address)| tools::script(address)).or_else(|| tools::script(name))
    }

    pub(super) fn known_script(&self, state: &mut State, script: tools::ToolScript, command: &Command) {
        let here = reason(command.span, format!("the script of {} runs here", script.address));
        for tool in script.commands {
            if script.repository {
                // They come with the package that is installed next.
                continue;
            }
            state.set_possible(tool, here.clone());
        }
        if script.repository {
            state.nodesource = script.node.filter(|_| state.repository.is_none());
            repositories::by_script(state, script.address, &here);
        }
        state.mark_unknown(UnknownScope::Applications, here);
    }

    /// `sh`, `bash`: a script in a file, or from the pipe. The script after `-c` was read with the command.
    pub(super) fn shell(
        &mut self,
        state: &mut State,
        command: &Command,
        name: &str,
        args: &[&str],
        outer: &dyn Fn(&str) -> Value,
        certain: bool,
    ) {
        let mut operands = args.iter().enumerate();
        let mut inline = false;
        let mut file = None;
        while let Some((i, arg)) = operands.next() {
            if arg.starts_with(['-', '+']) {
                inline |= !arg.starts_with("--") && arg.contains('c');
                if arg.ends_with('o') || arg.ends_with('O') {
                    operands.next();
                }
                if *arg == "-s" {
                    break;
                }
                continue;
            }
            file = Some((i, *arg));
            break;
        }
        if inline {
            // A body that could not be read: `sh -c "$(curl …)"`.
            if file.is_some_and(|(_, text)| text.contains('\u{0}')) {
                self.piped(state, command);
            }
            return;
        }
        match file {
            Some((_, path)) if !path.contains('\u{0}') => {
                self.file(
                    state,
                    path,
                    command,
                    outer,
                    certain,
                    Some(of_image(state, ShellOptions::from_words(&[name]))),
                );
            }
            _ if !command.heredocs.is_empty() => {}
            _ if command.context.pipeline.is_some() || file.is_some() => self.piped(state, command),
            _ => {}
        }
    }

    /// A shell reads what was fetched before it.
    pub(super) fn piped(&self, state: &mut State, command: &Command) {
        match self.last_address.as_deref().and_then(tools::script) {
            Some(script) => self.known_script(state, script, command),
            None => state.mark_unknown(UnknownScope::All, reason(command.span, "a script from elsewhere runs here")),
        }
    }

    /// A script file is run, by `shell` or by what its first line names: read from the context if it was copied from there.
    /// Gives the functions that it defines.
    pub(super) fn file(
        &mut self,
        state: &mut State,
        path: &str,
        command: &Command,
        outer: &dyn Fn(&str) -> Value,
        certain: bool,
        shell: Option<ShellOptions>,
    ) -> Functions {
        if let Some(script) = self.fetched_script(path) {
            self.known_script(state, script, command);
            return Functions::new();
        }
        let absolute = self.absolute(path);
        let text = absolute.as_deref().and_then(|path| state.context_path(path)).and_then(|inside| {
            let spent = self.budget.get() == 0;
            let text = if spent { String::new() } else { self.context?.text(&inside)? };
            let within = text.len() <= MAX_SCRIPT && self.depth < MAX_SCRIPTS;
            let rest = self.budget.get().checked_sub(text.len().max(SMALLEST)).filter(|_| within);
            if within {
                self.budget.set(rest.unwrap_or(0));
            }
            if rest.is_none() {
                let name = paths::base_name(path);
                self.note_skipped(command, format!("`{name}` is too long or called too deep to be followed"));
            }
            rest.map(|_| text)
        });
        let Some(text) = text else {
            let text = format!("we do not know what `{}` installs", paths::base_name(path));
            state.mark_unknown(UnknownScope::All, reason(command.span, text));
            return Functions::new();
        };
        let script = shell::read(&text, ScriptPlace::Within(command.span), ShellOptions::new(Dialect::Bash));
        if let Some(fault) = script.faults.iter().find(|fault| fault.limit) {
            let name = paths::base_name(path);
            self.note_skipped(command, format!("{}: not all of `{name}` was read", fault.message));
        }
        let mut run = Run::new(self.instruction, self.context, self.budget);
        run.depth = self.depth + 1;
        run.conditional = !certain;
        let workdir = state.workdir.clone();
        state.workdir = self.cwd.as_deref().map(Arc::from);
        let caller = state.shell;
        state.shell = shell.or_else(|| Some(of_image(state, ShellOptions::from_shebang(&text)?))).unwrap_or(caller);
        let before = state.clone();
        let steps = run.script(state, &script, outer);
        state.workdir = workdir;
        state.shell = caller;
        if self.depth == 0 && certain {
            let path = path.to_owned();
            let walk = ScriptRun { script, before, steps };
            self.scripts.push(CalledScript { command: self.current, path, text, walk });
        }
        run.functions
    }

    /// `. file`.
    pub(super) fn sourced(
        &mut self,
        state: &mut State,
        path: &str,
        command: &Command,
        outer: &dyn Fn(&str) -> Value,
        certain: bool,
    ) {
        let known = [
            "nvm.sh",
            "cargo/env",
            "activate",
            ".bashrc",
            ".profile",
            ".bash_profile",
            "conda.sh",
            "setup.bash",
            "env.sh",
        ];
        if known.iter().any(|k| path.ends_with(k)) || path.contains('\u{0}') {
            if path.ends_with("nvm.sh") {
                for tool in ["nvm", "node", "npm", "npx"] {
                    state.set_possible(tool, reason(command.span, "nvm brings it"));
                }
            }
            state.mark_unknown(UnknownScope::Applications, reason(command.span, "PATH may be extended here"));
            return;
        }
        let functions = self.file(state, path, command, outer, certain, Some(state.shell));
        self.functions.extend(functions);
    }

    /// A program with a path of its own: `./configure`, `/tmp/install.sh`.
    pub(super) fn program(
        &mut self,
        state: &mut State,
        command: &Command,
        path: &str,
        args: &[&str],
        outer: &dyn Fn(&str) -> Value,
        certain: bool,
    ) {
        let name = paths::base_name(path);
        match name.to_ascii_lowercase().as_str() {
            "configure" | "autogen.sh" | "buildconf" | "config" | "gradlew" | "mvnw" | "b2" => {
                if args.contains(&"install") {
                    state.mark_commands_unknown(UnknownScope::All, reason(command.span, "installs what was built"));
                }
            }
            "pip" | "pip3" | "python" | "python3" | "npm" | "node" | "manage.py" | "cargo" | "rustup" | "go"
            | "bundle" => {
                state.mark_unknown(UnknownScope::Applications, reason(command.span, "may install applications"));
            }
            _ => {
                self.file(state, path, command, outer, certain, None);
            }
        }
    }
}

/// What `sh` is, the distribution says.
fn of_image(state: &State, shell: ShellOptions) -> ShellOptions {
    if shell.dialect == Dialect::Sh { state.base.shell } else { shell }
}
