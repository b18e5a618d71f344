//! Goes through the steps of a build and asks each what it needs.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};

use crate::analysis::command_context::{self, CommandContext};
use crate::analysis::script_state::ScriptState;
use crate::diagnostic::{Applicability, Fix, Label, Severity};
use crate::dockerfile::expand::StageBase;
use crate::dockerfile::{Body, CommandForm, Dockerfile, Instruction, Keyword, Stage};
use crate::image::install::Installer;
use crate::image::needs::{self, Need, Thing, archive};
use crate::image::{Presence, Reason, State};
use crate::project::{Build, Project};
use crate::shell::{Command, Script, Value, Variables};
use crate::text::{SourceFile, Span};

use super::interpreter::heredoc_program;
use super::reported::Reported;
use super::scripts::{first_line, is_command_folder, mounts_tools, not_found};
use super::{Missing, MissingKind, absent, any_of, commands, install_fix, max_severity};

pub(super) struct Finder<'a> {
    project: &'a Project,
    pub(super) build: &'a Build,
    pub(super) parsed: &'a Dockerfile,
    pub(super) file: &'a SourceFile,
    /// What was said to be missing, by stage.
    said: Reported,
    /// By stage: the first instruction of it, or of the stages below, that may bring certificates.
    certificates: OnceCell<Vec<Option<usize>>>,
    /// The ARGs before the first FROM, with their defaults.
    globals: OnceCell<Vec<(String, String)>>,
    /// The arguments that decide the base image of a stage, by that stage.
    deciding: RefCell<HashMap<usize, Vec<Span>>>,
    pub(super) found: Vec<Missing>,
}

/// Earlier stages among which one is looked for that has what another lacks. It only adds a hint to a finding that is reported
/// all the same, so no coverage note speaks of it.
const MOST_STAGES: usize = 64;

/// One command of a step.
#[derive(Clone, Copy)]
pub(super) struct CommandStep<'a> {
    pub stage: usize,
    pub instruction: usize,
    pub script: &'a Script,
    pub index: usize,
    pub command: &'a Command,
    pub state: &'a State,
    pub variables: &'a Variables<'a>,
    pub script_state: &'a ScriptState<'a>,
    /// Bytes of files that may still be read.
    pub budget: &'a Cell<usize>,
}

/// A script whose commands are asked.
pub(super) struct Asked<'s> {
    pub stage: usize,
    /// Index of the instruction that runs it.
    pub instruction: usize,
    pub script: &'s Script,
    /// The state that the script finds.
    pub before: &'s State,
    /// Bytes of files that may still be read.
    pub budget: &'s Cell<usize>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(project: &'a Project, build: &'a Build) -> Option<Self> {
        let parsed = &project.dockerfiles.get(build.dockerfile)?.parsed;
        // Only the output of another program is a Dockerfile; Windows' images are not modelled.
        if parsed.template.is_some() || parsed.escape != '\\' {
            return None;
        }
        let file = project.file(parsed.file);
        let parents: Vec<Option<usize>> = (0..parsed.stages.len())
            .map(|stage| match build.base(stage) {
                StageBase::Stage(parent) => Some(parent),
                _ => None,
            })
            .collect();
        let said = Reported::new(&parents);
        let (certificates, globals) = (OnceCell::new(), OnceCell::new());
        Some(Finder {
            project,
            build,
            parsed,
            file,
            said,
            certificates,
            globals,
            deciding: RefCell::default(),
            found: Vec::new(),
        })
    }

    pub(super) fn run(mut self) -> Vec<Missing> {
        let budget = Cell::new(command_context::MAX_FILES);
        for stage in &self.parsed.stages {
            self.triggers(stage.index, stage.from, &budget);
            for index in stage.instructions.clone() {
                let Some(instruction) = self.parsed.instructions.get(index) else { continue };
                if instruction.keyword == Keyword::Run {
                    self.run_instruction(stage.index, index, instruction, &budget);
                } else if matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint) {
                    self.start_command(stage.index, index, instruction);
                }
            }
        }
        self.found
    }

    /// Whether `subject` is named for the first time in this stage.
    pub(super) fn is_new(&mut self, stage: usize, subject: &str) -> bool {
        self.said.is_new(stage, subject)
    }

    fn run_instruction(&mut self, stage: usize, index: usize, instruction: &'a Instruction, budget: &Cell<usize>) {
        let image = &self.build.image;
        let Some(before) = image.before(index) else { return };
        if let Some(program) = heredoc_program(self.file, instruction) {
            // The shell has no part in it.
            if self.heredoc_interpreter_is_missing(stage, index, before, &program) {
                return;
            }
        } else if let Body::Command(CommandForm::Shell { span, .. }) = &instruction.body
            && self.shell_is_missing(stage, index, before, instruction.keyword_span.cover(first_line(self.file, *span)))
        {
            return;
        }
        let Some(script) = image.script(index) else { return };
        // Tools may lie in a folder that is mounted for this step only.
        if script.opaque || mounts_tools(instruction) {
            return;
        }
        let build = self.build;
        let asked = Asked { stage, instruction: index, script, before, budget };
        self.commands(&asked, &|nth| build.image.at(index, nth));
        self.inner_scripts(stage, index, script, budget);
    }

    /// Asks the commands of a script, each in the state that it finds. Gives those of which something was found, with the
    /// number of what was found before them.
    pub(super) fn commands<'s>(
        &mut self,
        asked: &Asked<'s>,
        at: &dyn Fn(usize) -> Option<&'s State>,
    ) -> Vec<(usize, usize)> {
        let Asked { stage, instruction, script, before, budget } = *asked;
        let build = self.build;
        let outer = |name: &str| -> Value { command_context::variable(build, instruction, before, name) };
        let mut variables = Variables::new(script, &outer);
        let mut script_state = ScriptState::new(script, before.workdir.as_deref());
        let mut found = Vec::new();
        for (index, command) in script.commands.iter().enumerate() {
            if let Some(state) = at(index) {
                let known = self.found.len();
                let (variables, script_state) = (&variables, &script_state);
                self.command(&CommandStep {
                    stage,
                    instruction,
                    script,
                    index,
                    command,
                    state,
                    variables,
                    script_state,
                    budget,
                });
                if self.found.len() > known {
                    found.push((index, known));
                }
            }
            variables.apply(command);
            script_state.take(command);
        }
        found
    }

    /// The shell that runs a RUN, CMD or ENTRYPOINT in shell form.
    fn shell_is_missing(&mut self, stage: usize, index: usize, state: &State, span: Span) -> bool {
        let shell = match &state.shell_words {
            Some(words) => words.first().cloned().unwrap_or_else(|| "/bin/sh".to_owned()),
            None => "/bin/sh".to_owned(),
        };
        let name = shell.rsplit('/').next().unwrap_or("sh").to_owned();
        let Some(reason) = absent(state.command(&shell)) else { return false };
        if self.is_new(stage, &name) {
            let error = format!("exec: \"{shell}\": stat {shell}: no such file or directory");
            let mut it = self.missing_thing(MissingKind::Shell, stage, span, &name, &name, error, state, Some(&reason));
            if let Some(set) = state.shell_span {
                it.labels
                    .insert(0, Label { span: set, message: format!("every RUN from here on is run by `{shell}`") });
            }
            self.add_install_fix(&mut it, state, index, span, None);
            self.found.push(it);
        }
        true
    }

    /// A start command in shell form, in the stage that runs.
    fn start_command(&mut self, stage: usize, index: usize, instruction: &'a Instruction) {
        if self.build.target_stage() != Some(stage) {
            return;
        }
        let Body::Command(CommandForm::Shell { span, .. }) = &instruction.body else { return };
        // A later one of its kind takes its place.
        let range = self.parsed.stages.get(stage).map(|s| s.instructions.clone()).unwrap_or_default();
        let later = |i: usize| self.parsed.instructions.get(i).is_some_and(|o| o.keyword == instruction.keyword);
        if range.clone().any(|i| i > index && later(i)) {
            return;
        }
        let Some(state) = self.build.image.after_stage(stage) else { return };
        self.shell_is_missing(stage, index, state, instruction.keyword_span.cover(first_line(self.file, *span)));
    }

    fn command(&mut self, step: &CommandStep<'_>) {
        let CommandStep { command, state, .. } = *step;
        let context = &command.context;
        if !context.is_reached() || context.guarded || context.background || command.words.is_empty() {
            return;
        }
        if command.assignments.iter().any(|a| a.name == "PATH") || step.script_state.changes_path() {
            return;
        }
        let effective = command.effective();
        for (name, word) in &effective.wrappers {
            if matches!(
                name.as_str(),
                "sudo" | "doas" | "gosu" | "su-exec" | "eatmydata" | "fakeroot" | "ccache" | "tini"
            ) && let Some(reason) = absent(state.command(name))
            {
                self.missing_command(step, name, word.span, &reason);
            }
        }
        // It may find nothing to run on.
        if effective.wrappers.iter().any(|w| w.0 == "xargs") {
            return;
        }
        let offset = command.words.len() - effective.words.len();
        let around = CommandContext {
            project: self.project,
            build: self.build,
            instruction: step.instruction,
            state,
            script: step.script,
            command: step.index,
            script_state: step.script_state,
            budget: step.budget,
        };
        let words = expanded(step, offset);
        let (Some(Some(name)), Some(word)) = (words.first(), effective.words.first()) else { return };
        if step.script.functions.contains(name) || name.is_empty() {
            return;
        }
        if commands::is_built_in(name) {
            self.built_in(step, name, word.span);
            return;
        }
        if name.contains('/') && !is_command_folder(name) {
            self.script_file(step, &around, name, word.span);
            self.compiler_headers(step, &words, &around, word.span);
            return;
        }
        let base = name.rsplit('/').next().unwrap_or(name);
        match state.command(name) {
            Presence::Absent(reason) => {
                self.missing_command(step, base, word.span, &reason);
                return;
            }
            Presence::Present(_) | Presence::Unknown(_) => {}
        }
        let span_of = |at: usize| effective.words.get(at).map_or(command.span, |w| w.span);
        self.musl_wheels(step, &words, &around, &span_of);
        self.needs(step, needs::needs(&words, &around), &span_of);
        self.compiler_headers(step, &words, &around, word.span);
    }

    /// A command that is called by its name and is not there.
    fn missing_command(&mut self, step: &CommandStep<'_>, name: &str, span: Span, reason: &Reason) {
        let removed = reason.span.is_some();
        // Of a compiler that never was there another rule speaks.
        let is_judged = !commands::is_compiler(name) || removed && !name.contains("nvcc");
        if !is_judged || !self.is_new(step.stage, name) {
            return;
        }
        let other = self.other_stage(step.stage, name);
        let kind = match () {
            () if removed => MissingKind::RemovedCommand,
            () if commands::is_shell(name) => MissingKind::Shell,
            () if other.is_some() => MissingKind::OtherStage,
            () if archive::PROGRAMS.contains(&name) => MissingKind::ArchiveTool,
            () => MissingKind::Command,
        };
        let error = not_found(step.state, name);
        let mut it = self.missing_thing(kind, step.stage, span, name, name, error, step.state, Some(reason));
        if step.state.is_unlikely(name) {
            it.severity = it.severity.min(Severity::Warning);
        }
        if let (MissingKind::OtherStage, Some((stage, label))) = (kind, other) {
            it.other_stage = Some(stage);
            it.labels.extend(label);
        }
        self.lower_severity_if_unchecked(&mut it, step);
        if name == "sudo" {
            self.drop_sudo(&mut it, step, span);
        } else if !removed {
            self.add_install_fix(&mut it, step.state, step.instruction, step.command.span, None);
        }
        self.found.push(it);
    }

    /// A word that only bash does itself, where the shell is another one.
    fn built_in(&mut self, step: &CommandStep<'_>, name: &str, span: Span) {
        // What stands in quotes is for another shell.
        if step.command.context.nested > 0 || span.file != self.file.id() {
            return;
        }
        let Some(reason) = step.state.lacks_builtin(name) else { return };
        if !self.is_new(step.stage, name) {
            return;
        }
        let error = not_found(step.state, name);
        let mut it =
            self.missing_thing(MissingKind::Builtin, step.stage, span, name, name, error, step.state, Some(&reason));
        self.lower_severity_if_unchecked(&mut it, step);
        if name == "source" {
            it.fix = Some(Fix::new("write `.`, which every shell has", Applicability::Safe).edit(span, "."));
        }
        self.found.push(it);
    }

    /// A RUN is root's unless USER says otherwise: the word can go.
    fn drop_sudo(&self, it: &mut Missing, step: &CommandStep<'_>, span: Span) {
        it.packages.clear();
        let plain = step.command.words.first().is_some_and(|w| w.span == span)
            && step
                .command
                .words
                .get(1)
                .and_then(|w| w.literal())
                .is_some_and(|w| !w.starts_with('-') && !w.contains('='));
        if !plain || !matches!(step.state.user, crate::image::User::Root) || step.command.context.nested > 0 {
            return;
        }
        let mut fix = Fix::new("drop sudo: a RUN is root already", Applicability::Safe);
        for command in &step.script.commands {
            let (Some(first), Some(next)) = (command.words.first(), command.words.get(1)) else { continue };
            let sudo = first.literal().as_deref() == Some("sudo");
            let takes_option = next.literal().is_none_or(|w| w.starts_with('-') || w.contains('='));
            let between = Span { start: first.span.end, end: next.span.start, ..first.span };
            if sudo && !takes_option && command.context.nested == 0 && first.span.file == self.file.id() {
                let blank = self.file.slice(between).chars().all(|c| c == ' ' || c == '\t');
                let end = if blank { next.span.start } else { first.span.end };
                fix = fix.edit(Span { end, ..first.span }, "");
            }
        }
        it.fix = (!fix.edits.is_empty()).then_some(fix);
    }

    /// An earlier stage that surely has a command, with the place that shows it.
    pub(super) fn other_stage(&self, stage: usize, name: &str) -> Option<(String, Option<Label>)> {
        let others = (0..stage).filter(|other| !self.said.is_based_on(stage, *other)).take(MOST_STAGES);
        others.into_iter().find_map(|other| {
            let Presence::Present(reason) = self.build.image.after_stage(other)?.command(name) else { return None };
            let written = self.parsed.stages.get(other)?;
            let title = written.name.as_ref().map_or_else(|| other.to_string(), |n| n.text.clone());
            let from = self.parsed.base(written).map(|w| w.span);
            let label = match reason.span {
                Some(span) => Some(Label { span, message: format!("stage `{title}` gets `{name}` here") }),
                None => from
                    .map(|span| Label { span, message: format!("stage `{title}` has `{name}` from its base image") }),
            };
            Some((title, label))
        })
    }

    /// What commands that are there need beside themselves.
    fn needs(&mut self, step: &CommandStep<'_>, needs: Vec<Need>, span_of: &dyn Fn(usize) -> Span) {
        // What one tool misses for one purpose is one finding.
        let mut groups: BTreeMap<(needs::NeedKind, usize, String), Vec<(Need, Reason)>> = BTreeMap::new();
        for need in needs {
            if !self.applies(step, &need) {
                continue;
            }
            let answers = need.any_of.iter().map(|thing| self.ask(step.state, step, thing));
            let Some(reason) = any_of(answers).and_then(absent) else { continue };
            groups.entry((need.kind, need.word, need.command.clone())).or_default().push((need, reason));
        }
        for ((kind, ..), missing) in groups {
            let Some((need, reason)) = missing.first() else { continue };
            let mut subjects: Vec<String> = missing.iter().filter_map(|(n, _)| n.any_of.first().map(title)).collect();
            subjects.dedup();
            let subject = match kind {
                needs::NeedKind::Toolchain => subjects.join(", "),
                _ => subjects.first().cloned().unwrap_or_default(),
            };
            let key = match kind {
                needs::NeedKind::Header | needs::NeedKind::Toolchain => need.command.clone(),
                _ => subject.clone(),
            };
            if !self.is_new(step.stage, &key) {
                continue;
            }
            let kind = match kind {
                needs::NeedKind::Git => MissingKind::Git,
                needs::NeedKind::Archive => MissingKind::ArchiveTool,
                needs::NeedKind::Linker => MissingKind::Linker,
                needs::NeedKind::Certificates => MissingKind::Certificates,
                needs::NeedKind::BuildProgram => MissingKind::BuildProgram,
                needs::NeedKind::Header => MissingKind::Header,
                needs::NeedKind::Toolchain => MissingKind::Toolchain,
            };
            let span = match kind {
                MissingKind::Header | MissingKind::Git if need.word > 0 => span_of(need.word),
                MissingKind::Certificates => span_of(need.word),
                _ => span_of(0).cover(span_of(need.word)),
            };
            let error = need.error.clone();
            let mut it =
                self.missing_thing(kind, step.stage, span, &subject, &need.command, error, step.state, Some(reason));
            if !need.certain {
                it.severity = it.severity.min(Severity::Warning);
            }
            self.lower_severity_if_unchecked(&mut it, step);
            let packages: Vec<String> = missing.iter().flat_map(|(n, _)| self.packages(step.state, n)).collect();
            self.add_install_fix(&mut it, step.state, step.instruction, step.command.span, Some(packages));
            self.found.push(it);
        }
    }

    /// Whether a need means anything in this image.
    fn applies(&self, step: &CommandStep<'_>, need: &Need) -> bool {
        let state = step.state;
        match need.kind {
            // BusyBox's tar reads xz and bzip2 by itself.
            needs::NeedKind::Archive => {
                state.manager() != Some(Installer::Apk) || matches!(state.package("tar"), Presence::Present(_))
            }
            needs::NeedKind::BuildProgram => {
                matches!(state.any_command(&["c++", "g++", "clang++", "cc", "gcc", "clang"]), Presence::Present(_))
            }
            needs::NeedKind::Certificates => {
                state.manager() == Some(Installer::Apt) && !self.installs_certificates(step)
            }
            _ => true,
        }
    }

    /// Whether anything before this step may have put certificates where programs look for them, or told them not to look.
    fn installs_certificates(&self, step: &CommandStep<'_>) -> bool {
        const SIGNS: [&str; 8] = [
            "/etc/ssl",
            "/usr/share/ca-certificates",
            "/usr/local/share/ca-certificates",
            "ca-certificates",
            ".curlrc",
            "sslverify",
            ".wgetrc",
            "ca_cert",
        ];
        let first = |stage: &Stage| {
            stage.instructions.clone().find(|index| {
                let Some(instruction) = self.parsed.instructions.get(*index) else { return false };
                let relevant = match &instruction.body {
                    Body::Copy { destination: Some(to), .. } => {
                        matches!(
                            to.text.as_str(),
                            "/" | "/etc" | "/etc/" | "/usr" | "/usr/" | "/usr/share" | "/usr/share/"
                        )
                    }
                    _ => false,
                };
                let text = self.file.slice(instruction.span).to_ascii_lowercase();
                relevant || SIGNS.iter().any(|s| text.contains(s))
            })
        };
        let all = self.certificates.get_or_init(|| {
            let mut all: Vec<Option<usize>> = Vec::with_capacity(self.parsed.stages.len());
            for stage in &self.parsed.stages {
                let below = match self.build.base(stage.index) {
                    StageBase::Stage(parent) => all.get(parent).copied().flatten(),
                    _ => None,
                };
                all.push(below.or_else(|| first(stage)));
            }
            all
        });
        all.get(step.stage).copied().flatten().is_some_and(|first| first <= step.instruction)
    }

    fn ask(&self, state: &State, step: &CommandStep<'_>, thing: &Thing) -> Presence {
        let unknown = |text: &str| Presence::Unknown(Reason { span: None, text: text.to_owned() });
        match thing {
            Thing::Command(name) => state.command(name),
            Thing::Header(name) if name == "Python.h" => self.python_header(state),
            Thing::Header(name) => {
                // A header that no package brings is one that we do not know by this path.
                let known = match state.suite() {
                    Some(suite) => !suite.providers_of_header(name).is_empty(),
                    None => true,
                };
                if known { state.header(name) } else { unknown("no package brings a header of this name") }
            }
            Thing::Module(name) => state.pkg_config(name),
            Thing::Certificates => {
                let _ = step;
                state.package("ca-certificates")
            }
        }
    }

    /// `Python.h` of the distribution's Python. The `python` images compile their own.
    fn python_header(&self, state: &State) -> Presence {
        let own = state.base.image.as_ref().is_some_and(|i| i.family().starts_with("python"));
        let version = match state.suite().map(|s| s.release()) {
            Some("bullseye") => "3.9",
            Some("bookworm") => "3.11",
            Some("trixie") => "3.13",
            Some("focal") => "3.8",
            Some("jammy") => "3.10",
            Some("noble") => "3.12",
            _ => "",
        };
        if own || version.is_empty() {
            return Presence::Unknown(Reason { span: None, text: "Python brings its own headers".to_owned() });
        }
        state.header(&format!("python{version}/Python.h"))
    }

    fn packages(&self, state: &State, need: &Need) -> Vec<String> {
        let named = match state.manager() {
            Some(Installer::Apt) => &need.apt,
            Some(Installer::Apk) => &need.apk,
            _ => return Vec::new(),
        };
        if !named.is_empty() {
            return install_fix::still_missing(state, named);
        }
        let found = need.any_of.first().and_then(|thing| match thing {
            Thing::Command(name) => install_fix::package_of_command(state, name),
            Thing::Header(name) => install_fix::package_of_header(state, name),
            Thing::Module(_) => None,
            Thing::Certificates => Some("ca-certificates".to_owned()),
        });
        found.into_iter().collect()
    }

    /// Lowers what the shell does not notice.
    pub(super) fn lower_severity_if_unchecked(&self, it: &mut Missing, step: &CommandStep<'_>) {
        let context = &step.command.context;
        if context.unchecked {
            it.silent = true;
            // What is piped into a shell is the step itself: without it nothing happens.
            if !step.script_state.feeds_shell(step.index) {
                it.severity = it.severity.min(Severity::Warning);
            }
        }
    }

    /// The fix and the words that say what to install.
    pub(super) fn add_install_fix(
        &self,
        it: &mut Missing,
        state: &State,
        instruction: usize,
        before: Span,
        packages: Option<Vec<String>>,
    ) {
        let mut packages =
            packages.unwrap_or_else(|| install_fix::package_of_command(state, &it.subject).into_iter().collect());
        packages.sort();
        packages.dedup();
        if packages.is_empty() {
            return;
        }
        it.fix = install_fix::add_packages(self.project, self.build, state, it.stage, instruction, before, &packages);
        it.install_line = install_fix::install_line(state, &packages);
        it.packages = packages;
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn missing_thing(
        &self,
        kind: MissingKind,
        stage: usize,
        span: Span,
        subject: &str,
        command: &str,
        error: String,
        state: &State,
        reason: Option<&Reason>,
    ) -> Missing {
        let severity = if self.build.reaches(stage) { max_severity(state) } else { Severity::Info };
        let mut labels = Vec::new();
        let root = self.build.root_stage(self.parsed, stage).and_then(|s| self.parsed.stages.get(s));
        let from = root.and_then(|s| self.parsed.base(s));
        match reason {
            Some(Reason { span: Some(span), text }) => labels.push(Label { span: *span, message: text.clone() }),
            Some(reason) => labels.extend(from.map(|f| Label { span: f.span, message: reason.text.clone() })),
            None => labels
                .extend(from.map(|f| Label { span: f.span, message: format!("`{}` is the base", state.base.title) })),
        }
        if let Some((root, from)) = root.zip(from) {
            for span in self.deciding(root, &from.text) {
                let message = format!("this argument selects `{}`", state.base.title);
                if !labels.iter().any(|l| l.span == span) {
                    labels.push(Label { span, message });
                }
            }
        }
        let services = self.build.users.iter().filter_map(|id| self.project.service(*id));
        let name = self.parsed.stages.get(stage).and_then(|s| s.name.as_ref());
        Missing {
            kind,
            stage,
            span,
            subject: subject.to_owned(),
            command: command.to_owned(),
            error,
            severity,
            silent: false,
            labels,
            packages: Vec::new(),
            fix: None,
            install_line: None,
            other_stage: None,
            base: state.base.title.clone(),
            services: services.map(|s| s.service.name.clone()).collect(),
            stage_name: name.map_or_else(|| stage.to_string(), |n| n.text.clone()),
        }
    }

    /// The places of the arguments that decide which image a stage stands on.
    fn deciding(&self, root: &Stage, from: &str) -> Vec<Span> {
        let globals = self.globals.get_or_init(|| {
            let first = self.parsed.stages.first().map_or(0, |s| s.from);
            let globals = self.parsed.instructions.iter().take(first).filter_map(|i| match &i.body {
                Body::Arg(pairs) => Some(pairs),
                _ => None,
            });
            let pairs = globals.flatten();
            pairs.filter_map(|p| Some((p.name.text.clone(), p.value.as_ref()?.text.clone()))).collect()
        });
        let spans = || {
            let arguments = command_context::args_selecting_base(self.build, self.project, from, globals);
            arguments.iter().map(|argument| argument.span).collect()
        };
        self.deciding.borrow_mut().entry(root.index).or_insert_with(spans).clone()
    }
}

/// The words of a command behind its wrappers, as far as they are known.
fn expanded(step: &CommandStep<'_>, offset: usize) -> Vec<Option<String>> {
    let words = step.command.words.get(offset..).unwrap_or(&[]);
    words.iter().map(|w| step.variables.resolve(step.command, w)).collect()
}

fn title(thing: &Thing) -> String {
    match thing {
        Thing::Command(name) | Thing::Header(name) | Thing::Module(name) => name.clone(),
        Thing::Certificates => "ca-certificates".to_owned(),
    }
}
