//! What each instruction does to a [`State`].

use std::cell::Cell;
use std::sync::Arc;

use super::evidence::reason;
use super::facts::archives;
use super::paths;
use super::run::Run;
use super::script_run::RunOutcome;
use super::state::{Copied, Fact, PackageLists, State, TemporaryMount, UnknownScope, User};
use super::variables::{ImageVariables, variable};
use super::{ContextFiles, tools};
use crate::dockerfile::expand::{Evaluation, StageBase, VariableScope};
use crate::dockerfile::{Body, CommandForm, Instruction, Keyword, Word};
use crate::shell::{self, Script, ShellHeredoc, ShellOptions};
use crate::text::SourceFile;

/// What is needed to apply an instruction.
pub(super) struct InstructionContext<'a> {
    pub evaluation: &'a Evaluation,
    pub file: &'a SourceFile,
    pub context: Option<&'a dyn ContextFiles>,
    /// The index of the instruction itself, or of the FROM whose base has it as ONBUILD.
    pub index: usize,
    /// Bytes of context scripts that may still be read.
    pub budget: &'a Cell<usize>,
}

impl<'a> InstructionContext<'a> {
    fn scope(&self) -> VariableScope<'a> {
        self.evaluation.scope(self.index)
    }

    fn text(&self, word: &Word) -> Option<String> {
        self.scope().expand(word).text
    }

    /// Reads the script of a RUN, CMD or ENTRYPOINT for the shell of the state.
    pub(super) fn script(&self, instruction: &Instruction, form: &CommandForm, state: &State) -> Script {
        match form {
            CommandForm::Exec { words, .. } => {
                let words: Vec<_> = words.iter().map(|w| (w.text.clone(), w.span)).collect();
                shell::read_exec(self.file, &words, ShellOptions::default())
            }
            CommandForm::Shell { span, .. } => {
                let heredocs: Vec<ShellHeredoc> = instruction
                    .heredocs
                    .iter()
                    .map(|h| ShellHeredoc { operator: h.span, body: h.body, strip_tabs: h.strip_tabs })
                    .collect();
                shell::read_instruction(self.file, *span, &heredocs, state.shell)
            }
        }
    }

    /// Applies an instruction. Returns the states within a RUN.
    pub(super) fn apply(&self, state: &mut State, instruction: &Instruction, script: Option<&Script>) -> RunOutcome {
        match &instruction.body {
            Body::Command(_) if instruction.keyword == Keyword::Run => {
                if let Some(script) = script {
                    return self.run(state, instruction, script);
                }
            }
            Body::Copy { sources, destination: Some(destination), .. } => {
                self.copy(state, instruction, sources, destination);
            }
            Body::Env(pairs) => {
                for pair in pairs {
                    if pair.name.text == "PATH"
                        && let Some(value) = &pair.value
                    {
                        self.path(state, value);
                    }
                }
            }
            Body::User(word) => {
                state.user = match self.text(word) {
                    Some(text) => match text.split(':').next().unwrap_or("") {
                        "root" | "0" => User::Root,
                        other => User::Other(other.to_owned(), Some(word.span)),
                    },
                    None => User::Unknown,
                };
                state.touch();
            }
            Body::Workdir(word) => {
                state.workdir = self.text(word).and_then(|text| state.absolute(&text)).map(Arc::from);
            }
            Body::Shell(words) => {
                let texts: Vec<String> = words.iter().map(|w| w.text.clone()).collect();
                state.shell = ShellOptions::from_words(&texts);
                state.shell_words = Some(Arc::new(texts));
                state.shell_span = Some(instruction.span);
            }
            _ => {}
        }
        RunOutcome::default()
    }

    fn run(&self, state: &mut State, instruction: &Instruction, script: &Script) -> RunOutcome {
        let mut after_lists = None;
        let mut loan = TemporaryMount::default();
        for mount in instruction.flags.iter().filter(|f| f.name == "mount") {
            let text = |names: &[&str]| mount.field(names).and_then(|w| self.text(w));
            let kind = text(&["type"]).unwrap_or_else(|| "bind".to_owned());
            let target = text(&["target", "dst", "destination"]).and_then(|t| state.absolute(&t)).unwrap_or_default();
            match kind.as_str() {
                "cache" | "tmpfs" if target == "/var/lib/apt" || target == "/var/lib/apt/lists" => {
                    // What earlier builds left in the cache is unknown; after this RUN the folder is as before.
                    after_lists = Some(state.lists.clone());
                    state.lists = PackageLists::Unknown;
                    state.touch();
                }
                _ if "/etc/apt/sources.list".starts_with(&target) && target.starts_with("/etc") => {
                    state.replace_sources()
                }
                "bind" if paths::is_command_folder(paths::folder(&target)) && !paths::is_command_folder(&target) => {
                    let here = reason(mount.span, "mounted for this step only");
                    state.mount(&mut loan, paths::base_name(&target), here);
                }
                "bind"
                    if !target.is_empty()
                        && (paths::holds_command_folder(&target) || paths::is_command_folder(&target)) =>
                {
                    state.mount_unknown(&mut loan, reason(mount.span, "files are mounted over PATH for this step"));
                }
                _ => {}
            }
        }
        let mut run = Run::new(self.index, self.context, self.budget);
        run.source = Some(self.file);
        let snapshot = state.clone();
        let scope = self.scope();
        let outer = |name: &str| variable(&scope, &snapshot, name, ImageVariables::Any);
        let steps = run.script(state, script, &outer);
        if let Some(lists) = after_lists {
            state.lists = lists;
        }
        state.unmount(loan);
        RunOutcome { steps, scripts: run.scripts }
    }

    /// `ENV PATH=…`.
    fn path(&self, state: &mut State, value: &Word) {
        let opening = |text: &str| reason(value.span, text);
        let scope = self.scope();
        let before = scope.get("PATH").and_then(|v| v.value.known().map(str::to_owned));
        // `$PATH` of the base image is usually unknown; only the other folders matter.
        let raw = value.text.replace("${PATH}", "$PATH").replace('"', "");
        let keeps = raw.split(':').any(|p| p == "$PATH") || before.is_some();
        let mut pieces = Vec::new();
        for piece in raw.split(':').filter(|p| *p != "$PATH") {
            let word = Word { text: piece.to_owned(), span: value.span };
            match scope.expand(&word).text {
                Some(text) => pieces.extend(text.split(':').map(str::to_owned)),
                None => state
                    .mark_unknown(UnknownScope::Applications, opening("a folder that we do not know is put on PATH")),
            }
        }
        let has_usual = ["/usr/bin", "/bin"].iter().any(|f| pieces.iter().any(|p| p.trim_end_matches('/') == *f));
        if !keeps && !has_usual {
            state.mark_unknown(UnknownScope::All, opening("PATH is replaced here"));
        }
        for piece in pieces {
            let folder = crate::text::posix_path::clean_absolute(&piece);
            if paths::is_command_folder(&folder) || state.path_added.contains(&folder) {
                continue;
            }
            let scope =
                if tools::may_hold_system_tools(&folder) { UnknownScope::All } else { UnknownScope::Applications };
            state.mark_unknown(scope, opening("PATH is extended here"));
            Arc::make_mut(&mut state.path_added).push(folder);
        }
    }

    fn copy(&self, state: &mut State, instruction: &Instruction, sources: &[Word], destination: &Word) {
        let here = |text: &str| reason(instruction.span, text);
        let from = instruction.flag("from").map(|flag| {
            let dependency = self.evaluation.stages().iter().flat_map(|s| &s.dependencies);
            let mut found = dependency
                .filter(|d| flag.span.contains(d.span) || flag.value.as_ref().is_some_and(|v| v.span == d.span));
            found.next().map_or(StageBase::Unknown, |d| d.source.clone())
        });
        let Some(to) = self.text(destination) else {
            state.mark_unknown(UnknownScope::All, here("copied to a place that we do not know"));
            return;
        };
        let into = to.ends_with('/') || sources.len() > 1 || to == "." || to.is_empty();
        let Some(folder) = state.absolute(&to) else {
            // Relative to an unknown working directory of the base image.
            return;
        };
        if folder.starts_with("/etc/apt/sources.list")
            || folder.starts_with("/etc/apk/repositories")
            || folder.starts_with("/etc/yum.repos.d")
            || folder == "/etc/apt"
            || folder == "/etc"
        {
            let text = |source: &Word| self.context.filter(|_| from.is_none())?.text(self.text(source)?.as_str());
            let texts: Option<Vec<String>> = sources.iter().map(text).collect();
            match texts.and_then(|texts| archives::of_text(&texts.join("\n"))) {
                Some(found) if folder.contains("sources.list") => state.add_archives(&found),
                _ => _ = state.repository.get_or_insert(here("a repository is copied here")),
            }
            state.touch();
        }
        // A folder that is copied over the root may hold the file too.
        if folder.trim_end_matches('/') == "/etc/apt/sources.list" || "/etc/apt".starts_with(folder.as_str()) {
            state.replace_sources();
        }
        if folder.starts_with("/etc/apt/apt.conf") || folder == "/etc/apt" {
            state.recommends = Some(None);
            state.touch();
        }
        for source in sources {
            let Some(path) = self.text(source) else {
                if paths::holds_command_folder(&folder) || paths::is_command_folder(&folder) {
                    state.mark_unknown(UnknownScope::All, here("copied here under a name that we do not know"));
                }
                continue;
            };
            self.copy_one(state, instruction, &path, &folder, into, from.as_ref());
        }
    }

    fn copy_one(
        &self,
        state: &mut State,
        instruction: &Instruction,
        source: &str,
        folder: &str,
        into: bool,
        from: Option<&StageBase>,
    ) {
        let here = |text: &str| reason(instruction.span, text);
        let name = paths::base_name(source);
        let glob = source.contains(['*', '?', '[']);
        let remote = source.contains("://");
        let archive = instruction.keyword == Keyword::Add
            && !remote
            && [".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".txz", ".tbz2"].iter().any(|e| source.ends_with(e));
        let whole = matches!(name, "" | "." | "..");
        // If the source is a folder, its contents are copied. The context may have it.
        let listing = match (from, self.context) {
            (None, Some(context)) if !glob && !remote => {
                context.entries(source.trim_start_matches("./").trim_matches('/'))
            }
            _ => None,
        };
        let is_file = listing.is_none() && from.is_none() && self.context.is_some() && !whole && !glob;
        if from.is_none() && !remote && !source.starts_with("<<") {
            let to = match (into, is_file) {
                (true, true) => format!("{}/{name}", folder.trim_end_matches('/')),
                (_, true) => folder.to_owned(),
                // Without the context a source with an extension is taken for a file.
                (true, false) if !whole && !glob && listing.is_none() && name.contains('.') => {
                    format!("{}/{name}", folder.trim_end_matches('/'))
                }
                (false, false) if !whole && !glob && listing.is_none() && name.contains('.') => folder.to_owned(),
                _ => format!("{}/", folder.trim_end_matches('/')),
            };
            let from = if glob { paths::folder(source).to_owned() } else { source.trim_start_matches("./").to_owned() };
            let from = from.trim_start_matches('/').to_owned();
            state.push_copied(Copied { to, from, instruction: self.index });
        }
        if archive {
            if paths::holds_command_folder(folder) || paths::is_command_folder(folder) {
                state.mark_unknown(UnknownScope::All, here("an archive is unpacked here"));
            }
            return;
        }
        if paths::is_command_folder(folder) {
            // Into a folder on PATH.
            if glob || whole {
                state.mark_unknown(UnknownScope::All, here("copied here"));
            } else if let Some(entries) = &listing {
                for entry in entries.iter().filter(|e| !e.ends_with('/')) {
                    state.set(entry, Fact::Present, here("copied here"));
                }
            } else {
                self.copied_command(state, instruction, name);
                // From another image: it is unknown whether it is a file or a folder of commands.
                const FOLDERS: [&str; 9] =
                    ["bin", "sbin", "out", "dist", "build", "release", "artifacts", "target", "tools"];
                if from.is_some() && !name.contains('.') {
                    let folder = source.ends_with('/') || FOLDERS.contains(&name);
                    state.mark_unknown(
                        if folder { UnknownScope::All } else { UnknownScope::Applications },
                        here("copied here"),
                    );
                }
            }
        } else if paths::is_command_folder(paths::folder(folder)) && !into {
            // As a file of a folder on PATH.
            self.copied_command(state, instruction, paths::base_name(folder));
        } else if paths::holds_command_folder(folder)
            || state.path_added.iter().any(|p| p == folder || p.starts_with(&format!("{folder}/")))
        {
            match &listing {
                // A folder of the context over `/`: only its own bin folders end up on PATH.
                Some(entries) => {
                    let risky = ["bin/", "sbin/", "usr/", "local/", "opt/"];
                    if entries.iter().any(|e| risky.contains(&e.as_str())) {
                        state.mark_unknown(UnknownScope::All, here("folders with commands are copied here"));
                    }
                }
                // A file over `/` is no command.
                None if is_file => {}
                None if from.is_none() && !whole && !glob && name.contains('.') => {}
                None => state.mark_unknown(UnknownScope::All, here("copied here")),
            }
        }
    }

    /// Adds a command that is copied. If the source does not exist, the builder refuses the COPY.
    fn copied_command(&self, state: &mut State, instruction: &Instruction, name: &str) {
        state.set(name, Fact::Present, reason(instruction.span, "copied here"));
    }
}
