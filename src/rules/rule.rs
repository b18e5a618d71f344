//! What a rule is, and how it reports.
//!
//! A rule judges one of five things: the project, a compose project, a service, a Dockerfile or a stage of a build.

use crate::compose::{ComposeProject, Fault};
use crate::config::Settings;
use crate::diagnostic::{Applicability, Finding, Fix, Label, RuleMeta, Severity};
use crate::dockerfile::checks::{BUILDER_CHECKS, CheckOptions};
use crate::project::{DockerfileView, Project, ServiceView, StageView};
use crate::text::Span;

/// A rule implements the one method at the height of what it judges.
pub trait Rule: Sync {
    /// Called once.
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        let _ = (project, out);
    }

    /// Called for each compose project.
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        let _ = (compose, out);
    }

    /// Called for each service of each compose project.
    fn check_service(&self, service: &ServiceView<'_>, out: &mut Findings<'_>) {
        let _ = (service, out);
    }

    /// Called for each Dockerfile, however many services build it.
    fn check_dockerfile(&self, dockerfile: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let _ = (dockerfile, out);
    }

    /// Called for each stage of each build. A Dockerfile that no service builds counts as one build.
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        let _ = (stage, out);
    }
}

/// A compose project with the project that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct ComposeView<'a> {
    pub project: &'a Project,
    pub compose: &'a ComposeProject,
}

impl<'a> ComposeView<'a> {
    /// Returns the faults that the loader met, in its order.
    pub fn faults(&self) -> impl Iterator<Item = &'a Fault> {
        self.compose.faults.iter()
    }
}

/// Collects what one rule reports.
#[derive(Debug)]
pub struct Findings<'a> {
    meta: &'static RuleMeta,
    settings: &'a Settings,
    found: &'a mut Vec<Finding>,
}

impl<'a> Findings<'a> {
    pub fn new(meta: &'static RuleMeta, settings: &'a Settings, found: &'a mut Vec<Finding>) -> Self {
        Findings { meta, settings, found }
    }

    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// True if the rule was selected by name and not only left on.
    pub fn is_selected(&self) -> bool {
        let name = self.meta.name;
        self.settings.also.contains(name) || self.settings.only.as_ref().is_some_and(|only| only.contains(name))
    }

    /// Begins an error at `span`; see [`Finding`] for what to add to it, and [`Findings::report`].
    pub fn error(&self, span: Span, title: impl Into<String>) -> Finding {
        self.finding(Severity::Error, span, title)
    }

    pub fn warning(&self, span: Span, title: impl Into<String>) -> Finding {
        self.finding(Severity::Warning, span, title)
    }

    pub fn info(&self, span: Span, title: impl Into<String>) -> Finding {
        self.finding(Severity::Info, span, title)
    }

    pub fn finding(&self, severity: Severity, span: Span, title: impl Into<String>) -> Finding {
        Finding::new(self.meta.name, severity, span, title)
    }

    /// Begins a finding about a fault of a compose project; see [`Findings::report_fault`].
    pub fn fault(&self, fault: &Fault, message: impl Into<String>) -> Finding {
        let mut finding = self.finding(fault.severity, fault.span, message).confidence(fault.confidence);
        finding.services.clone_from(&fault.services);
        finding
    }

    /// Reports a finding about a fault of a compose project.
    pub fn report_fault(&mut self, fault: &Fault, mut finding: Finding) {
        if let Some(service) = fault.services.first().filter(|_| fault.is_off) {
            let note = format!("`{service}` is off unless one of its profiles is active.");
            finding.help = Some(finding.help.map_or(note.clone(), |help| format!("{help} {note}")));
        }
        self.report(finding);
    }

    pub fn report(&mut self, finding: Finding) {
        self.found.push(finding);
    }

    /// Reports a finding that several services share. An earlier finding with the same message in the same file gets the
    /// services, the place and the edits of this one.
    pub fn report_shared(&mut self, finding: Finding, here: &str) {
        let file = finding.primary.span.file;
        let same = |f: &&mut Finding| f.rule == finding.rule && f.title == finding.title && f.primary.span.file == file;
        let Some(first) = self.found.iter_mut().find(same) else { return self.report(finding) };
        if first.primary.span != finding.primary.span {
            first.related.push(Label { span: finding.primary.span, message: here.to_owned() });
        }
        for service in finding.services {
            if !first.services.contains(&service) {
                first.services.push(service);
            }
        }
        // A fix for half of the places is not a fix: it is kept only if it covers both.
        first.fixes.retain_mut(|fix| {
            let twin = finding.fixes.iter().find(|f| f.title == fix.title);
            for edit in twin.iter().flat_map(|t| &t.edits) {
                if !fix.edits.contains(edit) {
                    fix.edits.push(edit.clone());
                }
            }
            twin.is_some()
        });
    }

    /// Reports a finding of a check that the builder has too, unless a `# check=skip=…` at the top of the file or before the
    /// instruction turns it off. With `error=true` the builder fails on it, so it is an error.
    pub fn report_check(&mut self, view: &DockerfileView<'_>, instruction: usize, mut finding: Finding) {
        let checks = || self.meta.front().aliases.iter().map(String::as_str).filter(|a| BUILDER_CHECKS.contains(a));
        let own = view.parsed().instructions.get(instruction);
        // A build argument replaces the directive.
        let given = view.builds().find_map(|b| b.inputs.args.iter().find(|(n, _)| n == "BUILDKIT_DOCKERFILE_CHECK"));
        let (options, directive) = match given {
            Some((_, value)) => (value.as_deref().and_then(CheckOptions::parse), None),
            None => {
                view.parsed().check_directive().map(|(options, span)| (Some(options), Some(span))).unwrap_or_default()
            }
        };
        let options = options.unwrap_or_default();
        if checks().any(|check| options.skips(check) || own.is_some_and(|own| own.skips_check(check))) {
            return;
        }
        if options.error && checks().next().is_some() {
            finding.severity = Severity::Error;
            finding.fails_build = true;
            if let Some(span) = directive {
                finding = finding.label(span, "`error=true`: the build fails on this");
            }
        }
        if finding.stage.is_none() {
            finding.stage = view.stage_name(instruction);
        }
        self.report(finding);
    }
}

/// Adds the edits of a fault, if it has any, as a fix.
pub(super) fn with_fix(finding: Finding, fault: &Fault, title: &str, applicability: Applicability) -> Finding {
    if fault.edits.is_empty() {
        return finding;
    }
    let mut fix = Fix::new(title, applicability);
    fix.edits.clone_from(&fault.edits);
    finding.fix(fix)
}
