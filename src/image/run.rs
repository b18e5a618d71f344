//! What the commands of a script do to a [`State`].
//!
//! Every command is one of: a package manager's call, something that puts a file on PATH, something that is known to leave
//! the image's commands alone, or something unknown, which opens the world. A command that may not have run can only make
//! things unknown.

use std::sync::Arc;

use super::Presence;
use super::install::{Installer, PackageCall, Verb, is_true, package_call, written_file};
use super::paths;
use super::state::{Fact, Installed, Lists, Packages, RanScript, Scope, State, Why, why};
use super::{ContextFiles, base, facts, sources, tools};
use crate::shell::{self, Command, Context, Dialect, Part, Place, Script, Value, Variables, Word};
use crate::source::SourceFile;

/// A script from the context may run another one, and so on.
const MAX_SCRIPTS: u8 = 3;
/// Longer scripts are not walked.
const MAX_SCRIPT: usize = 1 << 20;

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
    functions: Vec<String>,
    /// The file that holds the script, where its places are the script's own.
    pub(super) source: Option<&'a SourceFile>,
    /// Index of the command that runs.
    current: usize,
    /// What runs through the pipeline at this place, as far as it is known.
    piped_text: Option<String>,
}

/// The state before each command that found something new.
pub(super) type Steps = Vec<(usize, State)>;

impl<'a> Run<'a> {
    pub(super) fn new(instruction: usize, context: Option<&'a dyn ContextFiles>) -> Self {
        Run {
            instruction,
            context,
            depth: 0,
            conditional: false,
            cwd: None,
            fetched: Vec::new(),
            last_address: None,
            functions: Vec::new(),
            source: None,
            current: 0,
            piped_text: None,
        }
    }

    /// Runs a script. `outer` gives the variables that the image and the build set.
    pub(super) fn script(&mut self, state: &mut State, script: &Script, outer: &dyn Fn(&str) -> Value) -> Steps {
        self.cwd = state.workdir.as_deref().map(str::to_owned);
        self.functions = script.functions.clone();
        let mut variables = Variables::new(script, outer);
        let mut steps = vec![(0, state.clone())];
        let mut clock = state.clock();
        for (index, command) in script.commands.iter().enumerate() {
            if state.clock() != clock {
                clock = state.clock();
                steps.push((index, state.clone()));
            }
            self.current = index;
            self.command(state, index, command, &variables, outer);
            variables.apply(command);
        }
        if script.opaque {
            let span = script.commands.first().map(|c| c.span);
            state.open(
                Scope::All,
                Arc::new(super::Reason { span, text: "a script that is no shell's runs here".into() }),
            );
        } else if let Some(fault) = script.faults.first() {
            state.open(Scope::All, why(fault.span, "the rest of this script could not be read"));
        }
        steps
    }

    fn certain(&self, context: &Context) -> bool {
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
        let text_through = text.clone();
        self.piped_text = text.filter(|_| command.context.pipeline == Some(false));
        if let Some(call) = package_call(command, variables) {
            self.package_call(state, index, call, certain);
            return;
        }
        let effective = command.effective();
        let words: Vec<Option<String>> = effective.words.iter().map(|w| variables.resolve(command, w)).collect();
        let Some(Some(first)) = words.first() else {
            if let Some(word) = effective.words.first() {
                state.open(Scope::All, why(word.span, "what runs here is named by a variable"));
            }
            return;
        };
        let args: Vec<&str> = words.iter().skip(1).map(|w| w.as_deref().unwrap_or("\u{0}")).collect();
        let (folder, name) = match first.rsplit_once('/') {
            Some((folder, name)) if !paths::is_command_folder(folder) => (Some(folder), name),
            Some((_, name)) => (None, name),
            None => (None, first.as_str()),
        };
        let event = |text: &str| why(command.span, text);
        if folder.is_some() {
            self.program(state, command, first, &args, variables, outer, certain);
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
                    state.lists = if certain { Lists::Deleted(event("deleted here")) } else { Lists::Unknown };
                    state.touch();
                }
            }
            "cp" | "mv" | "install" | "ln" => self.copy(state, name, &args, command, certain),
            "tee" => {
                for path in args.iter().filter(|a| !a.starts_with('-')) {
                    let text = text_through.as_deref();
                    self.written(state, path, text, command, certain);
                }
            }
            "curl" | "wget" | "aria2c" | "fetch" => self.fetch(state, name, &args, command, certain),
            "tar" | "bsdtar" => self.unpack(state, &args, "-C", command),
            "unzip" | "7z" => self.unpack(state, &args, "-d", command),
            "dpkg-deb" if args.contains(&"-x") => state.open_commands(Scope::All, event("unpacked here")),
            "make" | "gmake" | "ninja" | "meson" | "scons" | "waf" => self.make(state, &args, command),
            "cmake" => {
                let installs = args.iter().any(|a| *a == "--install" || *a == "install" || a.starts_with("-P"));
                if installs {
                    state.open_commands(Scope::All, event("`cmake` installs what was built"));
                }
            }
            "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" => self.shell(state, command, &args, outer, certain),
            "." | "source" => {
                let path = args.first().copied().unwrap_or("");
                if !path.starts_with("/etc/") {
                    self.sourced(state, path, command, outer, certain);
                }
            }
            // What stands behind `-c` was read with the command.
            "su" | "runuser" => {}
            "eval" => state.open(Scope::Applications, event("evaluated here")),
            "update-alternatives" => {
                for (at, pair) in args.windows(2).enumerate().filter(|(_, w)| w[0] == "--install" || w[0] == "--slave")
                {
                    // A link whose target is missing is not made (update-alternatives(1)).
                    let target = args.get(at + 3).map(|t| state.command(t));
                    if matches!(target, Some(Presence::Absent(_))) {
                        continue;
                    }
                    state.set(paths::base_name(pair[1]), fact(certain), event("an alternative is set up here"));
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
                self.add_repository(state, &args, &sources::loose_text(command, variables), command);
            }
            "extrepo" => self.repository(state, command),
            "mktemp" | "export" | "alias" => {
                if args.iter().any(|a| a.starts_with("PATH=")) {
                    state.open(Scope::Applications, event("PATH is extended here"));
                }
            }
            "conda" | "mamba" | "micromamba" => self.conda_other(state, &args, command),
            "rustup" | "rustup-init" => {
                for tool in ["rustup", "cargo", "rustc"] {
                    state.perhaps(tool, event("`rustup` installs it here"));
                }
                state.open(Scope::Applications, event("`rustup` installs toolchains here"));
            }
            "nvm" | "fnm" | "n" | "volta" => {
                for tool in ["node", "npm", "npx"] {
                    state.perhaps(tool, event("installed by a version manager here"));
                }
                state.open(Scope::Applications, event("a version manager installs here"));
            }
            "corepack" => {
                for tool in ["yarn", "pnpm", "pnpx", "yarnpkg"] {
                    state.set(tool, fact(certain), event("`corepack` makes it available"));
                }
            }
            "playwright" | "npx" | "pnpx" | "bunx" | "uvx" => {
                let scope = if args.iter().any(|a| a.contains("deps")) { Scope::All } else { Scope::Applications };
                state.open(scope, event("installs what it needs"));
            }
            "npm" | "yarn" | "pnpm" | "bun" | "node" | "poetry" | "pipenv" | "pdm" | "hatch" | "uv" | "pip-sync"
            | "tox" | "bundle" | "rake" | "gem" | "composer" | "php" | "go" | "cargo" | "dotnet" | "sdkmanager"
            | "mix" | "rebar3" | "stack" | "cabal" | "opam" | "luarocks" | "cpan" | "cpanm" | "R" | "Rscript"
            | "julia" | "swift" | "gradle" | "mvn" | "sbt" | "lein" | "wasm-pack" | "trunk" | "deno" | "helm"
            | "virtualenv" | "pyenv" | "rbenv" | "ansible-galaxy" | "npm-cli" | "jupyter" | "spacy" | "nltk"
            | "huggingface-cli" | "pre-commit" | "gulp" | "grunt" | "ng" | "webpack" | "vite" | "next" | "turbo"
            | "lerna" | "nx" | "bazel" | "buf" => {
                state.open(Scope::Applications, event("may install applications"));
            }
            "python" | "python2" | "python3" | "pypy3" | "perl" | "ruby" => self.interpreter(state, command, &args),
            _ if name.starts_with("python3.") => self.interpreter(state, command, &args),
            _ if tools::is_harmless(name) || self.functions.iter().any(|f| f == name) => {}
            // A question to a package manager: what changes anything was read as a call above.
            "dpkg" | "apk" | "apt" | "apt-get" | "apt-mark" | "rpm" | "dnf" | "yum" | "microdnf" | "tdnf"
            | "zypper" | "pacman" => {
                if args.iter().any(|a| matches!(*a, "dist-clean" | "distclean"))
                    && matches!(state.lists, Lists::Present(_))
                {
                    state.lists = Lists::Deleted(event("the package lists are deleted here"));
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
            _ if matches!(state.command(name), super::Presence::Absent(_)) => {}
            _ => {
                state.open(Scope::All, event(&format!("we do not know what `{name}` installs")));
            }
        }
    }

    fn absolute(&self, path: &str) -> Option<String> {
        if path.starts_with('/') {
            return Some(paths::clean(path));
        }
        Some(paths::clean(&format!("{}/{path}", self.cwd.as_deref()?)))
    }

    fn redirects(
        &self,
        state: &mut State,
        command: &Command,
        variables: &Variables<'_>,
        text: Option<&str>,
        certain: bool,
    ) {
        if command.redirects.is_empty() {
            return;
        }
        let Some(path) = written_file(&command.redirects).and_then(|w| variables.resolve(command, w)) else { return };
        self.written(state, &path, text, command, certain);
    }

    /// A file is written. `text` is what `echo` writes, if it is that, with gaps for what is not known.
    fn written(&self, state: &mut State, path: &str, text: Option<&str>, command: &Command, certain: bool) {
        let Some(path) = self.absolute(path) else { return };
        let whole = text.filter(|text| !text.contains(sources::GAP));
        if path.starts_with("/etc/apt/sources.list")
            || path.starts_with("/etc/apk/repositories")
            || path.starts_with("/etc/yum.repos.d")
            || path.starts_with("/etc/pacman")
            || path.starts_with("/etc/apt/preferences")
        {
            let edge = path.starts_with("/etc/apk/")
                && whole.is_some_and(|t| t.contains("/alpine/edge/") && !t.contains("/v"))
                && (state.repository.is_none() || state.edge_only);
            self.sources(state, text, command);
            state.edge_only = edge;
        } else if path.starts_with("/etc/apt/apt.conf") || path.starts_with("/etc/apt/apt.cfg") {
            let said = whole.and_then(|t| {
                let at = t.to_ascii_lowercase().find("install-recommends")?;
                Some(is_true(
                    t.get(at + "install-recommends".len()..)?
                        .trim_start_matches(['=', ' ', '"'])
                        .split([';', '"'])
                        .next()?,
                ))
            });
            let unrelated = whole.is_some_and(|t| !t.to_ascii_lowercase().contains("recommends"));
            if !unrelated {
                state.recommends = Some(said.filter(|_| certain));
                state.touch();
            }
        } else if paths::is_command_folder(paths::folder(&path)) {
            state.set(paths::base_name(&path), fact(certain), why(command.span, "written here"));
        }
    }

    pub(super) fn repository(&self, state: &mut State, command: &Command) {
        state.edge_only = false;
        if state.repository.is_none() {
            state.repository = Some(why(command.span, "a repository is added here"));
            state.touch();
        }
    }

    fn remove(&self, state: &mut State, args: &[&str], command: &Command, certain: bool) {
        for path in args.iter().filter(|a| !a.starts_with('-')) {
            let Some(path) = self.absolute(path) else { continue };
            let stem = path.split(['*', '?', '[', '{', '\u{0}']).next().unwrap_or("").trim_end_matches('/');
            const LISTS: &str = "/var/lib/apt/lists";
            let below = path.starts_with(LISTS) && (stem == LISTS || path == LISTS || stem.starts_with(LISTS));
            let above = LISTS.starts_with(stem)
                && stem.starts_with("/var/lib")
                && (path.contains('*') || LISTS.starts_with(&path));
            if below || above {
                let here = why(command.span, "the package lists are deleted here");
                state.lists = if certain { Lists::Deleted(here) } else { Lists::Unknown };
                state.touch();
            } else if paths::is_command_folder(paths::folder(&path)) && !path.contains(['*', '?', '[', '{', '\u{0}']) {
                let name = paths::base_name(&path).to_owned();
                // `/usr/local/bin/x` may hide `/usr/bin/x`.
                let fact =
                    if certain && paths::folder(&path) != "/usr/local/bin" { Fact::Absent } else { Fact::Unknown };
                state.set(&name, fact, why(command.span, "removed here"));
            }
        }
    }

    /// `cp`, `mv`, `install`, `ln`: what it puts into a folder on PATH.
    fn copy(&self, state: &mut State, name: &str, args: &[&str], command: &Command, certain: bool) {
        let mut operands: Vec<&str> = Vec::new();
        let mut target = None;
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match *arg {
                "-t" | "--target-directory" => target = args.next().copied(),
                "-m" | "-o" | "-g" | "-S" | "--mode" | "--owner" | "--group" if name == "install" => {
                    args.next();
                }
                a if a.starts_with("--target-directory=") => target = a.split_once('=').map(|p| p.1),
                "-d" if name == "install" => return,
                a if a.starts_with('-') && a.len() > 1 => {}
                a => operands.push(a),
            }
        }
        let here = why(command.span, format!("put there by `{name}`"));
        let (sources, to) = match target {
            Some(target) => (operands.as_slice(), target),
            None => match operands.split_last() {
                Some((to, sources)) if !sources.is_empty() => (sources, *to),
                // `ln -s /opt/x/bin/y`: into the working directory.
                _ => return,
            },
        };
        if to.contains('\u{0}') {
            return;
        }
        let Some(path) = self.absolute(to) else {
            return;
        };
        if paths::is_command_folder(paths::folder(&path)) && !paths::is_command_folder(&path) && !to.ends_with('/') {
            state.set(paths::base_name(&path), fact(certain), here);
            return;
        }
        if paths::is_command_folder(&path) {
            for source in sources {
                if source.contains(['*', '?', '[', '{', '\u{0}']) || source.ends_with("/.") || source.ends_with('/') {
                    state.open_commands(Scope::All, here.clone());
                } else {
                    state.set(paths::base_name(source), fact(certain), here.clone());
                }
            }
        } else if paths::holds_command_folder(&path) || self.on_path(state, &path) {
            state.open_commands(Scope::All, here);
        }
    }

    fn on_path(&self, state: &State, folder: &str) -> bool {
        state.path_added.iter().any(|p| p == folder || p.strip_prefix(folder).is_some_and(|r| r.starts_with('/')))
    }

    /// `curl` and `wget`: what is fetched, and where it is put.
    fn fetch(&mut self, state: &mut State, name: &str, args: &[&str], command: &Command, certain: bool) {
        let mut address = None;
        let mut output = None;
        // curl(1) takes as many as addresses.
        let mut outputs = Vec::new();
        let mut folder = None;
        let mut own_name = name == "wget" || name == "aria2c";
        let mut rest = args.iter().peekable();
        while let Some(arg) = rest.next() {
            let bundle = |letter: char| arg.starts_with('-') && !arg.starts_with("--") && arg.ends_with(letter);
            if arg.contains("://")
                || (!arg.starts_with('-') && arg.contains('.') && arg.contains('/') && !arg.starts_with('/'))
            {
                address = address.or(Some((*arg).to_owned()));
            } else if *arg == "--output"
                || *arg == "--output-document"
                || (name == "curl" && bundle('o'))
                || (name == "wget" && bundle('O'))
            {
                outputs.extend(output);
                output = rest.next().copied();
            } else if let Some(path) = arg.strip_prefix("--output=").or_else(|| arg.strip_prefix("--output-document="))
            {
                output = Some(path);
            } else if (name == "curl" && (bundle('O') || *arg == "--remote-name")) || bundle('J') {
                own_name = true;
            } else if *arg == "--directory-prefix" || *arg == "--output-dir" || (name == "wget" && bundle('P')) {
                folder = rest.next().copied();
            }
        }
        // An address that holds an unknown variable still tells its host.
        let address = address.or_else(|| {
            let literal = |w: &Word| {
                w.parts.iter().find_map(|p| match p {
                    Part::Literal { text, .. } if text.contains("://") => Some(text.clone()),
                    _ => None,
                })
            };
            command.words.iter().find_map(literal)
        });
        let from_output = written_file(&command.redirects).and_then(Word::text);
        let path = match (output, from_output, &address) {
            (Some("-"), ..) => None,
            (Some(path), ..) => Some(path.to_owned()),
            (None, Some(path), _) => Some(path),
            (None, None, Some(address)) if own_name => {
                let name = paths::base_name(address.split(['?', '#']).next().unwrap_or(address));
                Some(folder.map_or(name.to_owned(), |f| format!("{f}/{name}")))
            }
            _ => None,
        };
        self.last_address.clone_from(&address);
        for path in outputs.into_iter().filter(|path| *path != "-") {
            self.written(state, path, None, command, certain);
        }
        if let Some(path) = path {
            if output.is_some() || own_name {
                // What it holds is known for sources lists alone, by where they come from.
                let text = address.as_deref().filter(|_| path.contains("sources.list"));
                self.written(state, &path, text, command, certain);
            }
            if let Some(address) = address {
                self.fetched.push((paths::base_name(&path).to_owned(), address));
            }
        }
    }

    /// An archive is unpacked into a folder.
    fn unpack(&self, state: &mut State, args: &[&str], option: &str, command: &Command) {
        let listing = args.first().is_some_and(|a| {
            let flags = a.trim_start_matches('-');
            !a.starts_with("--")
                && (flags.starts_with('t') || flags.starts_with('c'))
                && !flags.contains('x')
                && flags.len() < 6
        });
        if option == "-C" && listing {
            return;
        }
        let after = |name: &str| args.iter().position(|a| *a == name).and_then(|i| args.get(i + 1)).copied();
        let inline = args
            .iter()
            .find_map(|a| a.strip_prefix("--directory=").or_else(|| a.strip_prefix(option).filter(|r| !r.is_empty())));
        let bundled = args.iter().position(|a| {
            a.starts_with('-') && !a.starts_with("--") && a.len() > 2 && a.ends_with('C') && option == "-C"
        });
        let to = after(option)
            .or_else(|| after("--directory"))
            .or(inline)
            .or_else(|| bundled.and_then(|i| args.get(i + 1)).copied());
        let folder = match to {
            Some(folder) => self.absolute(folder),
            None => self.cwd.clone(),
        };
        let here = why(command.span, "an archive is unpacked here");
        match folder {
            Some(folder) if paths::holds_command_folder(&folder) || self.on_path(state, &folder) => {
                state.open(Scope::All, here)
            }
            Some(folder) if paths::is_command_folder(&folder) => state.open(Scope::All, here),
            Some(_) => {}
            None => state.open(Scope::Applications, here),
        }
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
                state.open(Scope::All, why(command.span, format!("we do not know what `make {arg}` installs")));
                return;
            }
        }
    }

    fn interpreter(&self, state: &mut State, command: &Command, args: &[&str]) {
        if args.first() == Some(&"-mvenv") {
            return;
        }
        let Some(script) = args.iter().find(|a| !a.starts_with('-')) else {
            if !args.iter().any(|a| a.ends_with("-version") || *a == "-V") {
                state.open(Scope::Applications, why(command.span, "a script runs here"));
            }
            return;
        };
        if args.first() == Some(&"-m") || args.iter().any(|a| matches!(*a, "-c" | "-e" | "-m")) {
            state.open(Scope::Applications, why(command.span, "a script runs here"));
            return;
        }
        if let Some(known) = self.fetched_script(script) {
            self.known_script(state, known, command);
            return;
        }
        let text = format!("we do not know what `{}` installs", paths::base_name(script));
        let applications = ["setup.py", "manage.py"].iter().any(|s| script.ends_with(s));
        state.open(if applications { Scope::Applications } else { Scope::All }, why(command.span, text));
    }

    fn fetched_script(&self, path: &str) -> Option<tools::Script> {
        let name = paths::base_name(path);
        let stem = name.split(['*', '?', '\u{0}']).next().unwrap_or(name);
        let from = self.fetched.iter().rev().find(|(n, _)| n == name || (stem.len() > 3 && n.starts_with(stem)));
        from.and_then(|(_, address)| tools::script(address)).or_else(|| tools::script(name))
    }

    fn known_script(&self, state: &mut State, script: tools::Script, command: &Command) {
        let here = why(command.span, format!("the script of {} runs here", script.address));
        for tool in script.commands {
            if script.repository {
                // They come with the package that is installed next.
                continue;
            }
            state.perhaps(tool, here.clone());
        }
        if script.repository {
            sources::by_script(state, script.address, &here);
        }
        state.open(Scope::Applications, here);
    }

    /// `sh`, `bash`: a script in a file, or from the pipe. What stands behind `-c` was read with the command.
    fn shell(
        &mut self,
        state: &mut State,
        command: &Command,
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
            Some((_, path)) if !path.contains('\u{0}') => self.file(state, path, command, outer, certain),
            _ if !command.heredocs.is_empty() => {}
            _ if command.context.pipeline.is_some() || file.is_some() => self.piped(state, command),
            _ => {}
        }
    }

    /// A shell reads what was fetched before it.
    fn piped(&self, state: &mut State, command: &Command) {
        match self.last_address.as_deref().and_then(tools::script) {
            Some(script) => self.known_script(state, script, command),
            None => state.open(Scope::All, why(command.span, "a script from elsewhere runs here")),
        }
    }

    /// A script file is run: read from the context if it was copied from there.
    fn file(&mut self, state: &mut State, path: &str, command: &Command, outer: &dyn Fn(&str) -> Value, certain: bool) {
        if let Some(script) = self.fetched_script(path) {
            self.known_script(state, script, command);
            return;
        }
        let absolute = self.absolute(path);
        let text = absolute
            .as_deref()
            .and_then(|path| state.context_path(path))
            .and_then(|path| self.context?.text(&path))
            .filter(|text| text.len() <= MAX_SCRIPT && self.depth < MAX_SCRIPTS);
        let Some(text) = text else {
            let text = format!("we do not know what `{}` installs", paths::base_name(path));
            state.open(Scope::All, why(command.span, text));
            return;
        };
        let script = shell::read(&text, Place::Within(command.span), shell::Options::new(Dialect::Bash));
        let mut run = Run::new(self.instruction, self.context);
        run.depth = self.depth + 1;
        run.conditional = !certain;
        let workdir = state.workdir.clone();
        state.workdir = self.cwd.as_deref().map(Arc::from);
        let before = state.clone();
        let steps = run.script(state, &script, outer);
        state.workdir = workdir;
        if self.depth == 0 && certain {
            let (instruction, command) = (self.instruction, self.current);
            let path = path.to_owned();
            state.push_script(RanScript { instruction, command, path, text, script, before, steps });
        }
    }

    /// `. file`.
    fn sourced(
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
                    state.perhaps(tool, why(command.span, "nvm brings it"));
                }
            }
            state.open(Scope::Applications, why(command.span, "PATH may be extended here"));
            return;
        }
        self.file(state, path, command, outer, certain);
    }

    /// A program with a path of its own: `./configure`, `/tmp/install.sh`.
    #[allow(clippy::too_many_arguments)]
    fn program(
        &mut self,
        state: &mut State,
        command: &Command,
        path: &str,
        args: &[&str],
        _variables: &Variables<'_>,
        outer: &dyn Fn(&str) -> Value,
        certain: bool,
    ) {
        let name = paths::base_name(path);
        match name.to_ascii_lowercase().as_str() {
            "configure" | "autogen.sh" | "buildconf" | "config" | "gradlew" | "mvnw" | "b2" => {
                if args.contains(&"install") {
                    state.open_commands(Scope::All, why(command.span, "installs what was built"));
                }
            }
            "pip" | "pip3" | "python" | "python3" | "npm" | "node" | "manage.py" | "cargo" | "rustup" | "go"
            | "bundle" => {
                state.open(Scope::Applications, why(command.span, "may install applications"));
            }
            _ => self.file(state, path, command, outer, certain),
        }
    }

    fn package_call(&mut self, state: &mut State, index: usize, call: PackageCall, certain: bool) {
        if call.elsewhere && !matches!(call.installer, Installer::Pip | Installer::Conda) {
            return;
        }
        let text = format!("`{} {}`", call.installer.name(), verb_word(&call));
        let here = why(call.span, text);
        match call.installer {
            Installer::Apt => self.apt(state, &call, certain, &here),
            Installer::Apk => self.apk(state, &call, certain, &here),
            Installer::Dnf | Installer::Zypper | Installer::Pacman => {
                for package in &call.packages {
                    match call.verb {
                        Verb::Install => {
                            for command in rpm_commands(&package.name) {
                                state.set(command, fact(certain), here.clone());
                            }
                            state.set(&package.name, fact(certain), here.clone());
                        }
                        Verb::Remove => state.set(&package.name, Fact::Unknown, here.clone()),
                        _ => {}
                    }
                }
                if call.verb == Verb::Install && self.curated(state, &call, certain, &here) {
                    // Closed for what the table judges.
                } else if matches!(call.verb, Verb::Install | Verb::BuildDep | Verb::Remove | Verb::Autoremove) {
                    state.open_commands(Scope::All, here.clone());
                }
            }
            Installer::Dpkg | Installer::Rpm => {
                if call.verb == Verb::Install
                    && let Some(found) = Self::archive_files(&call.files)
                {
                    state.add_archives(&found);
                } else if call.verb == Verb::Install {
                    for (file, _) in &call.files {
                        let stem = paths::base_name(file).split(['_', '*']).next().unwrap_or("").to_owned();
                        state.set(&stem, fact(certain), here.clone());
                    }
                    state.repository.get_or_insert(here.clone());
                    state.open_commands(Scope::All, here.clone());
                } else if call.verb == Verb::Remove
                    && let Packages::Apt(apt) = &mut state.packages
                {
                    let names: Vec<&str> = call.packages.iter().map(|p| p.name.as_str()).collect();
                    apt.drop_named(&names, certain, &here);
                    if !call.unresolved.is_empty() || !call.files.is_empty() {
                        apt.doubt_all(&here);
                    }
                    state.touch();
                }
            }
            Installer::Conda => self.conda(state, &call, certain, &here),
            Installer::Brew => {
                if matches!(call.verb, Verb::Install | Verb::BuildDep) {
                    for package in &call.packages {
                        state.set(&package.name, fact(certain), here.clone());
                    }
                    state.open_commands(Scope::All, here.clone());
                }
            }
            _ => self.language(state, &call, certain, &here),
        }
        if call.verb == Verb::Install || call.verb == Verb::Remove {
            state.push_install(Installed { instruction: self.instruction, command: index, call });
        }
    }

    /// An installation all of whose packages stand in the table: what they bring, and that they bring no other tool of it.
    fn curated(&self, state: &mut State, call: &PackageCall, certain: bool, here: &Why) -> bool {
        if !call.unresolved.is_empty() || !call.files.is_empty() || !call.lists.is_empty() {
            return false;
        }
        let rows: Option<Vec<_>> =
            call.packages.iter().map(|p| facts::packages::brings(call.installer, &p.name)).collect();
        let Some(rows) = rows else { return false };
        for (command, sure) in rows.into_iter().flatten() {
            if sure && certain {
                state.set(command, Fact::Present, here.clone());
            } else {
                state.perhaps(command, here.clone());
            }
        }
        state.open_commands(Scope::Curated, here.clone());
        true
    }

    fn language(&self, state: &mut State, call: &PackageCall, certain: bool, here: &Why) {
        if call.verb != Verb::Install {
            return;
        }
        for package in &call.packages {
            let name = package.name.as_str();
            match call.installer {
                Installer::Pip => match tools::pip(name) {
                    Some(commands) => commands.iter().for_each(|c| state.set(c, fact(certain), here.clone())),
                    None => state.perhaps(&name.to_ascii_lowercase(), here.clone()),
                },
                Installer::Pipx | Installer::Gem => state.set(name, fact(certain), here.clone()),
                Installer::Npm if call.global => {
                    let own = name.rsplit('/').next().unwrap_or(name);
                    state.set(own, fact(certain), here.clone());
                    tools::npm(name).iter().for_each(|c| state.set(c, fact(certain), here.clone()));
                }
                Installer::Cargo => {
                    state.set(name, fact(certain), here.clone());
                    tools::cargo(name).iter().for_each(|c| state.set(c, fact(certain), here.clone()));
                }
                Installer::Go => state.set(tools::go(name), fact(certain), here.clone()),
                _ => {}
            }
        }
        state.open(Scope::Applications, here.clone());
    }

    fn apt(&self, state: &mut State, call: &PackageCall, certain: bool, here: &Why) {
        if matches!(state.packages, Packages::Unknown)
            && let Some(apt) = base::guess(None)
        {
            state.packages = Packages::Apt(apt);
        }
        state.touch();
        let names: Vec<&str> = call.packages.iter().map(|p| p.name.as_str()).collect();
        let recommends = match (call.no_recommends, state.recommends) {
            (Some(no), _) => Some(!no),
            (None, Some(configured)) => configured,
            (None, None) => Some(true),
        };
        let unknown_source = state.repository.is_some() || call.foreign;
        let archive_files = Self::archive_files(&call.files);
        let archives = state.archives().to_vec();
        let held = |name: &str| archives.iter().any(|archive| archive.may_hold(name));
        let Packages::Apt(apt) = &mut state.packages else {
            state.open_commands(Scope::All, here.clone());
            return;
        };
        let exact = apt.exact;
        let unresolved = !call.unresolved.is_empty();
        match call.verb {
            Verb::Update => {
                state.lists = if certain || matches!(state.lists, Lists::Present(_)) {
                    Lists::Present(here.clone())
                } else {
                    Lists::Unknown
                }
            }
            Verb::Install => {
                let mut outcome = apt.install(&names, recommends, certain, here);
                let suite = apt.suite;
                let foreign = unknown_source
                    || names.iter().any(|name| held(name))
                    || outcome.added.iter().any(|id| held(suite.name(*id)));
                outcome.absent.retain(|name| !sources::install_from_archive(state, name, certain, call.span));
                for name in outcome.absent.iter().chain(&outcome.listed).chain(&outcome.virtuals) {
                    state.set(name, fact(certain), here.clone());
                }
                for (file, _) in call.files.iter().filter(|_| archive_files.is_none()) {
                    let stem = paths::base_name(file).split(['_', '*']).next().unwrap_or("").to_owned();
                    state.set(&stem, fact(certain), here.clone());
                }
                if !exact {
                    // In another release the same names may have brought other tools.
                    state.open(Scope::Applications, here.clone());
                }
                if foreign {
                    // NodeSource's nodejs brings npm; other repositories split their packages otherwise, too.
                    if names.contains(&"nodejs") && (unknown_source || held("nodejs")) {
                        ["npm", "npx", "corepack"].iter().for_each(|c| state.set(c, fact(certain), here.clone()));
                    }
                    if !names.is_empty() {
                        state.open(Scope::Applications, here.clone());
                    }
                }
                if let Some(name) = outcome.listed.first() {
                    state.open_commands(
                        Scope::All,
                        why(call.span, format!("we do not know what `{name}` brings along")),
                    );
                } else if let Some(name) = outcome.absent.first().or(outcome.virtuals.first()) {
                    let text = match exact && !foreign {
                        true => format!("`{name}` is no package of this suite"),
                        false => format!("we do not know what `{name}` brings along"),
                    };
                    state.open_commands(Scope::All, why(call.span, text));
                } else if let Some(found) = &archive_files {
                    state.add_archives(found);
                } else if !call.files.is_empty() {
                    state.repository.get_or_insert(here.clone());
                    state.open_commands(Scope::All, why(call.span, "a package file is installed here"));
                } else if unresolved {
                    state.open_commands(
                        Scope::All,
                        why(call.span, "the list of packages holds a value that is not known"),
                    );
                }
            }
            Verb::BuildDep => state.open_commands(Scope::All, here.clone()),
            Verb::Remove => {
                apt.remove(&names, certain, here);
                if unresolved {
                    apt.doubt_all(here);
                }
                if call.autoremove {
                    apt.autoremove(certain, here);
                }
            }
            Verb::Autoremove => apt.autoremove(certain, here),
            Verb::MarkAuto | Verb::MarkManual => {
                apt.mark(&names, call.verb == Verb::MarkManual, !unresolved && certain);
            }
            Verb::Upgrade | Verb::Clean | Verb::Query => {}
        }
    }

    fn apk(&self, state: &mut State, call: &PackageCall, certain: bool, here: &Why) {
        state.touch();
        if matches!(state.packages, Packages::Unknown) {
            state.packages = Packages::Apk(super::apk::Apk::new(None, false));
        }
        let names: Vec<&str> = call.packages.iter().map(|p| p.name.as_str()).collect();
        let foreign = state.repository.is_some() || call.foreign;
        let Packages::Apk(apk) = &mut state.packages else {
            state.open_commands(Scope::All, here.clone());
            return;
        };
        match call.verb {
            Verb::Install => {
                let open = apk.add(&names, call.group.as_deref(), certain, here);
                if open || !call.unresolved.is_empty() || !call.files.is_empty() {
                    state.open_commands(Scope::All, here.clone());
                } else if foreign {
                    state.open(Scope::Applications, here.clone());
                }
            }
            Verb::Remove => {
                apk.del(&names, certain, here);
                if !call.unresolved.is_empty() {
                    apk.doubt_all(here);
                }
            }
            Verb::Update => state.lists = Lists::Present(here.clone()),
            _ => {}
        }
    }
}

pub(super) fn fact(certain: bool) -> Fact {
    if certain { Fact::Present } else { Fact::Unknown }
}

/// `install g++ make` for a reason, cut where it grows long.
fn verb_word(call: &PackageCall) -> String {
    let mut text = match call.verb {
        Verb::Install if call.installer == Installer::Apk => "add".to_owned(),
        Verb::Remove if call.installer == Installer::Apk => "del".to_owned(),
        Verb::Install => "install".to_owned(),
        Verb::Update => "update".to_owned(),
        Verb::Upgrade => "upgrade".to_owned(),
        Verb::Remove => "purge".to_owned(),
        Verb::Autoremove => "autoremove".to_owned(),
        Verb::Clean => "clean".to_owned(),
        Verb::BuildDep => "build-dep".to_owned(),
        Verb::MarkAuto | Verb::MarkManual => "mark".to_owned(),
        Verb::Query => String::new(),
    };
    for (i, package) in call.packages.iter().enumerate() {
        if i == 4 {
            text.push_str(" …");
            break;
        }
        text.push(' ');
        text.push_str(&package.name);
    }
    text
}

/// Commands of the RPM distributions' packages that builds ask for.
fn rpm_commands(package: &str) -> &'static [&'static str] {
    match package {
        "gcc" => &["cc"],
        "gcc-c++" => &["g++", "c++"],
        "ninja-build" => &["ninja"],
        "python3" | "python3-devel" | "python3-pip" => &["python3", "pip3"],
        "nodejs" => &["node", "npm"],
        "which" => &["which"],
        "xz" => &["xz"],
        "pkgconf-pkg-config" | "pkgconfig" => &["pkg-config"],
        "procps-ng" => &["ps"],
        "iproute" => &["ip"],
        "golang" => &["go"],
        "openssh-clients" => &["ssh"],
        _ => &[],
    }
}
