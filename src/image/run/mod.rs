//! What the commands of a script do to a [`State`].
//!
//! Every command is one of: a package manager's call, something that puts a file on PATH, something that is known to leave
//! the image's commands alone, or something unknown, which opens the world. A command that may not have run can only make
//! things unknown.

mod conda;
mod files;
mod packages;
mod repositories;
mod scripts;
mod text;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::evidence::{Presence, Reason, reason};
use super::install::package_call;
use super::paths;
use super::script_run::{CalledScript, Steps};
use super::state::{Fact, PackageLists, State, UnknownScope};
use super::{ContextFiles, tools};
use crate::shell::{Command, CommandPosition, Script, Value, Variables};
use crate::text::SourceFile;

/// A script from the context may run another one, and so on.
const MAX_SCRIPTS: u8 = 8;
/// Longer scripts are not walked.
const MAX_SCRIPT: usize = 1 << 20;
/// Bytes that the shortest script counts as: each run of one is a file to be read.
const SMALLEST: usize = 8 << 10;

/// So many commands of functions are gone through at their calls.
const MAX_REPLAYED: usize = 2_000;

/// Functions with the commands of their bodies.
type Functions = HashMap<String, Arc<Vec<Command>>>;

/// The bodies of the functions that a script defines.
fn bodies(script: &Script) -> HashMap<String, Vec<Command>> {
    let mut bodies: HashMap<String, Vec<Command>> = HashMap::new();
    for command in &script.commands {
        if let Some(name) = &command.context.function {
            let context = CommandPosition { function: None, ..command.context.clone() };
            bodies.entry(name.clone()).or_default().push(Command { context, ..command.clone() });
        }
    }
    // An empty body, or one of nothing but definitions, is a function all the same.
    script.functions.iter().for_each(|name| {
        bodies.entry(name.clone()).or_default();
    });
    bodies
}

/// A script being run.
pub(super) struct Run<'a> {
    pub instruction: usize,
    pub context: Option<&'a dyn ContextFiles>,
    /// Scripts within scripts.
    pub depth: u8,
    /// The script is not sure to run.
    pub conditional: bool,
    cwd: Option<String>,
    /// What was fetched: the file's name, and from where.
    fetched: Vec<(String, String)>,
    last_address: Option<String>,
    /// Functions that were defined, with the commands of their bodies.
    functions: Functions,
    /// Commands of functions that were gone through at their calls.
    replayed: usize,
    /// The file that holds the script, where its places are the script's own.
    pub source: Option<&'a SourceFile>,
    /// Index of the command that runs.
    current: usize,
    /// What runs through the pipeline at this place, as far as it is known.
    piped_text: Option<String>,
    /// Scripts of the context that surely ran.
    pub scripts: Vec<CalledScript>,
    /// Bytes of context scripts that may still be gone through.
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

    /// Runs a script. `outer` gives the variables that the image and the build set.
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
            // A body is gone through where it is called; one that is called in no way that we see may run at any time.
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

    /// Says that a limit keeps something from being followed.
    fn note_skipped(&self, command: &Command, what: String) {
        if let Some(context) = self.context {
            context.note_skipped(command.span, what);
        }
    }

    fn certain(&self, context: &CommandPosition) -> bool {
        let maybe = context.conditional || context.guarded || context.background || context.function.is_some();
        !maybe && !self.conditional
    }

    fn command(
        &mut self,
        state: &mut State,
        index: usize,
        command: &Command,
        variables: &Variables<'_>,
        outer: &dyn Fn(&str) -> Value,
    ) {
        let certain = self.certain(&command.context);
        let handed_on = self.handed_on(command, variables);
        let text = if handed_on.is_some() { handed_on } else { self.piped_text.take() };
        self.redirects(state, command, variables, text.as_deref(), certain);
        // Nobody asks of other images.
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
        let event = |text: &str| reason(command.span, text);
        // A script that runs here sees what this one exports, or not: a variable that this one has set is not known there.
        let inside = |name: &str| match variables.get(name) {
            value if value == outer(name) && !command.assignments.iter().any(|a| a.name == name) => value,
            _ => Value::Unknown,
        };
        if folder.is_some() {
            self.program(state, command, first, &args, &inside, certain);
            return;
        }
        match name {
            "cd" => {
                let certain = certain && !command.context.subshell;
                self.cwd = match args.first() {
                    Some(dir) if certain && !dir.contains('\u{0}') && !dir.starts_with(['~', '-']) => {
                        self.absolute(dir)
                    }
                    _ => None,
                };
            }
            "rm" | "unlink" => self.remove(state, &args, command, certain),
            "find" => {
                if args.iter().any(|a| a.starts_with("/var/lib/apt"))
                    && args.iter().any(|a| *a == "-delete" || *a == "rm")
                {
                    state.lists =
                        if certain { PackageLists::Deleted(event("deleted here")) } else { PackageLists::Unknown };
                    state.touch();
                }
            }
            "cp" | "mv" | "install" | "ln" => self.copy(state, name, &args, command, certain),
            "tee" => {
                for path in args.iter().filter(|a| !a.starts_with('-')) {
                    self.written(state, path, text.as_deref(), command, certain);
                }
            }
            "curl" | "wget" | "aria2c" | "fetch" => self.fetch(state, name, &args, command, certain),
            "tar" | "bsdtar" => self.unpack(state, &args, "-C", command),
            "unzip" | "7z" => self.unpack(state, &args, "-d", command),
            "dpkg-deb" if args.contains(&"-x") => {
                state.mark_commands_unknown(UnknownScope::All, event("unpacked here"))
            }
            "make" | "gmake" | "ninja" | "meson" | "scons" | "waf" => self.make(state, &args, command),
            "cmake" => {
                let installs = args.iter().any(|a| *a == "--install" || *a == "install" || a.starts_with("-P"));
                if installs {
                    state.mark_commands_unknown(UnknownScope::All, event("`cmake` installs what was built"));
                }
            }
            "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" => self.shell(state, command, name, &args, &inside, certain),
            "." | "source" => {
                let path = args.first().copied().unwrap_or("");
                if !path.starts_with("/etc/") {
                    self.sourced(state, path, command, &inside, certain);
                }
            }
            // What stands behind `-c` was read with the command.
            "su" | "runuser" => {}
            "eval" => state.mark_unknown(UnknownScope::Applications, event("evaluated here")),
            "update-alternatives" => {
                for (at, pair) in args.windows(2).enumerate().filter(|(_, w)| w[0] == "--install" || w[0] == "--slave")
                {
                    // A link whose target is missing is not made (update-alternatives(1)).
                    let target = args.get(at + 3).map(|t| state.command(t));
                    if matches!(target, Some(Presence::Absent(_))) {
                        continue;
                    }
                    state.set(paths::base_name(pair[1]), Fact::when(certain), event("an alternative is set up here"));
                }
            }
            "sed" | "truncate" => {
                // Another suite or another component: all we know is that the list is no longer the base's.
                if args.iter().any(|a| a.starts_with("/etc/apt/sources") || a.starts_with("/etc/apk/repositories"))
                    && !tools::sed_keeps_releases(name, &args)
                {
                    self.repository(state, command);
                }
            }
            "add-apt-repository" | "apt-add-repository" => {
                self.add_repository(state, &args, &text::loose_text(command, variables), command);
            }
            "extrepo" => self.repository(state, command),
            // `/bin/sh` may be another shell afterwards.
            "dpkg-reconfigure" | "debconf-set-selections" if args.iter().any(|a| a.contains("dash")) => {
                state.set("dash", Fact::Unknown, event("which shell is `sh` is set here"));
            }
            "mktemp" | "export" | "alias" => {
                if args.iter().any(|a| a.starts_with("PATH=")) {
                    state.mark_unknown(UnknownScope::Applications, event("PATH is extended here"));
                }
            }
            "conda" | "mamba" | "micromamba" => self.conda_other(state, &args, command),
            "rustup" | "rustup-init" => {
                for tool in ["rustup", "cargo", "rustc"] {
                    state.set_possible(tool, event("`rustup` installs it here"));
                }
                state.mark_unknown(UnknownScope::Applications, event("`rustup` installs toolchains here"));
            }
            "nvm" | "fnm" | "n" | "volta" => {
                for tool in ["node", "npm", "npx"] {
                    state.set_possible(tool, event("installed by a version manager here"));
                }
                state.mark_unknown(UnknownScope::Applications, event("a version manager installs here"));
            }
            "corepack" => {
                for tool in ["yarn", "pnpm", "pnpx", "yarnpkg"] {
                    state.set(tool, Fact::when(certain), event("`corepack` makes it available"));
                }
            }
            "playwright" | "npx" | "pnpx" | "bunx" | "uvx" => {
                let scope = if args.iter().any(|a| a.contains("deps")) {
                    UnknownScope::All
                } else {
                    UnknownScope::Applications
                };
                state.mark_unknown(scope, event("installs what it needs"));
            }
            "npm" | "yarn" | "pnpm" | "bun" | "node" | "poetry" | "pipenv" | "pdm" | "hatch" | "uv" | "pip-sync"
            | "tox" | "bundle" | "rake" | "gem" | "composer" | "php" | "go" | "cargo" | "dotnet" | "sdkmanager"
            | "mix" | "rebar3" | "stack" | "cabal" | "opam" | "luarocks" | "cpan" | "cpanm" | "R" | "Rscript"
            | "julia" | "swift" | "gradle" | "mvn" | "sbt" | "lein" | "wasm-pack" | "trunk" | "deno" | "helm"
            | "virtualenv" | "pyenv" | "rbenv" | "ansible-galaxy" | "npm-cli" | "jupyter" | "spacy" | "nltk"
            | "huggingface-cli" | "pre-commit" | "gulp" | "grunt" | "ng" | "webpack" | "vite" | "next" | "turbo"
            | "lerna" | "nx" | "bazel" | "buf" => {
                state.mark_unknown(UnknownScope::Applications, event("may install applications"));
            }
            "python" | "python2" | "python3" | "pypy3" | "perl" | "ruby" => self.interpreter(state, command, &args),
            _ if name.starts_with("python3.") => self.interpreter(state, command, &args),
            _ if self.functions.contains_key(name) => self.call(state, index, name, variables, outer, certain),
            _ if tools::is_harmless(name) => {}
            // A question to a package manager: what changes anything was read as a call above.
            "dpkg" | "apk" | "apt" | "apt-get" | "apt-mark" | "rpm" | "dnf" | "yum" | "microdnf" | "tdnf"
            | "zypper" | "pacman" => {
                if args.iter().any(|a| matches!(*a, "dist-clean" | "distclean"))
                    && matches!(state.lists, PackageLists::Present(_))
                {
                    state.lists = PackageLists::Deleted(event("the package lists are deleted here"));
                    state.touch();
                }
            }
            "pip" | "pip3"
                if matches!(
                    args.first(),
                    Some(&("config" | "cache" | "list" | "show" | "freeze" | "check" | "--version"))
                ) => {}
            "dpkg-buildflags" | "python3-config" | "python-config" | "dpkg-parsechangelog" => {}
            // A question, and what is surely not there, install nothing.
            _ if matches!(args.as_slice(), ["--version" | "-version" | "-V" | "--help" | "-h" | "version"]) => {}
            _ if matches!(state.command(name), Presence::Absent(_)) => {}
            _ => {
                state.mark_unknown(UnknownScope::All, event(&format!("we do not know what `{name}` installs")));
            }
        }
    }

    /// A function is called: its body's commands, as sure to run as the call is.
    fn call(
        &mut self,
        state: &mut State,
        index: usize,
        name: &str,
        variables: &Variables<'_>,
        outer: &dyn Fn(&str) -> Value,
        certain: bool,
    ) {
        // While it runs it is not known: a function that calls itself ends somewhere that we do not see.
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

    fn make(&self, state: &mut State, args: &[&str], command: &Command) {
        const PLAIN: [&str; 14] = [
            "all",
            "build",
            "clean",
            "distclean",
            "test",
            "check",
            "compile",
            "release",
            "lib",
            "libs",
            "docs",
            "setup-build",
            "html",
            "default",
        ];
        let mut values = false;
        for arg in args {
            if std::mem::take(&mut values) {
                continue;
            }
            if matches!(*arg, "-C" | "-f" | "-o" | "-W" | "-I" | "--directory" | "--file" | "-t") {
                values = true;
            } else if !arg.starts_with('-')
                && !arg.contains('=')
                && !PLAIN.contains(arg)
                && !arg.bytes().all(|b| b.is_ascii_digit() || b == 0)
            {
                state.mark_unknown(
                    UnknownScope::All,
                    reason(command.span, format!("we do not know what `make {arg}` installs")),
                );
                return;
            }
        }
    }
}
