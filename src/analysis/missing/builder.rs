//! Puts together what is reported about something missing: the evidence, the severity and the fix.

use crate::analysis::command_context;
use crate::diagnostic::{Label, Severity};
use crate::dockerfile::{Body, Stage};
use crate::image::needs::archive;
use crate::image::{Presence, Reason, State};
use crate::text::Span;

use super::model::{Missing, MissingKind, max_severity};
use super::state::{CommandStep, Finder};
use super::{commands, install_fix};

/// How many earlier stages are searched for a command. Finding one only adds a hint to a finding that is reported anyway, so
/// there is no coverage note about it.
const MOST_STAGES: usize = 64;

/// Something that is missing, before the evidence is added. See [`Missing`] for the fields of the same names.
pub(super) struct MissingBuilder<'m> {
    pub(super) kind: MissingKind,
    pub(super) stage: usize,
    pub(super) span: Span,
    pub(super) subject: &'m str,
    pub(super) command: &'m str,
    pub(super) error: String,
    /// What the step finds.
    pub(super) state: &'m State,
    /// Why it is missing; `None` if only the base image explains it.
    pub(super) reason: Option<&'m Reason>,
}

impl MissingBuilder<'_> {
    /// Adds the evidence, the severity and the services.
    pub(super) fn build(self, finder: &Finder<'_>) -> Missing {
        let MissingBuilder { kind, stage, span, subject, command, error, state, reason } = self;
        let severity = if finder.build.reaches(stage) { max_severity(state) } else { Severity::Info };
        let mut labels = Vec::new();
        let root = finder.build.root_stage(finder.parsed, stage).and_then(|s| finder.parsed.stages.get(s));
        let from = root.and_then(|s| finder.parsed.base(s));
        match reason {
            Some(Reason { span: Some(span), text }) => labels.push(Label { span: *span, message: text.clone() }),
            Some(reason) => labels.extend(from.map(|f| Label { span: f.span, message: reason.text.clone() })),
            None => labels
                .extend(from.map(|f| Label { span: f.span, message: format!("`{}` is the base", state.base.title) })),
        }
        if let Some((root, from)) = root.zip(from) {
            for span in finder.selecting_base(root, &from.text) {
                let message = format!("this argument selects `{}`", state.base.title);
                if !labels.iter().any(|l| l.span == span) {
                    labels.push(Label { span, message });
                }
            }
        }
        let services = finder.build.users.iter().filter_map(|id| finder.project.service(*id));
        let name = finder.parsed.stages.get(stage).and_then(|s| s.name.as_ref());
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

    /// As [`MissingBuilder::build`], for a program that is called by its name: why it is missing decides which rule reports it.
    pub(super) fn build_program(mut self, finder: &Finder<'_>) -> Missing {
        let name = self.subject;
        let removed = self.reason.is_some_and(|reason| reason.span.is_some());
        let other = if removed || commands::is_shell(name) { None } else { finder.other_stage(self.stage, name) };
        self.kind = match () {
            () if removed => MissingKind::RemovedCommand,
            () if commands::is_shell(name) => MissingKind::Shell,
            () if other.is_some() => MissingKind::OtherStage,
            () if archive::PROGRAMS.contains(&name) => MissingKind::ArchiveTool,
            () => MissingKind::Command,
        };
        let mut it = self.build(finder);
        if let Some((stage, label)) = other {
            it.other_stage = Some(stage);
            it.labels.extend(label);
        }
        it
    }
}

impl Finder<'_> {
    /// An earlier stage that certainly has a command, with the place that shows it.
    fn other_stage(&self, stage: usize, name: &str) -> Option<(String, Option<Label>)> {
        let others = (0..stage).filter(|other| !self.reported.is_based_on(stage, *other)).take(MOST_STAGES);
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

    /// Lowers the severity of a failure that the shell does not notice.
    pub(super) fn lower_severity_if_unchecked(&self, it: &mut Missing, step: &CommandStep<'_>) {
        let context = &step.command.context;
        if context.unchecked {
            it.silent = true;
            // What is piped into a shell is the step itself: without it nothing happens.
            if !step.script_state.feeds_shell() {
                it.severity = it.severity.min(Severity::Warning);
            }
        }
    }

    /// Adds the packages that have what is missing, and the fix that installs them: those given, or else the package of the
    /// command that is missing.
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

    /// The places of the arguments that select the base image of a stage.
    fn selecting_base(&self, root: &Stage, from: &str) -> Vec<Span> {
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
        self.selecting_base.borrow_mut().entry(root.index).or_insert_with(spans).clone()
    }
}
