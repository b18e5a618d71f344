//! What a command that is present needs besides itself: a header, a linker, certificates, another program.

use std::collections::BTreeMap;

use crate::diagnostic::Severity;
use crate::image::install::Installer;
use crate::image::needs::{self, Need, Thing};
use crate::image::{Presence, Reason, State};
use crate::text::Span;

use super::builder::MissingBuilder;
use super::install_fix;
use super::model::{MissingKind, absent};
use super::state::{CommandStep, Finder};

impl Finder<'_> {
    /// What a command that is present needs besides itself.
    pub(super) fn needs(&mut self, step: &CommandStep<'_>, needs: Vec<Need>, span_of: &dyn Fn(usize) -> Span) {
        // All that one tool lacks for one purpose is one finding.
        let mut groups: BTreeMap<(needs::NeedKind, usize, String), Vec<(Need, Reason)>> = BTreeMap::new();
        for need in needs {
            if !self.applies(step, &need) {
                continue;
            }
            let answers = need.any_of.iter().map(|thing| self.ask(step.state, thing));
            let Some(reason) = Presence::any(answers).and_then(absent) else { continue };
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
            let mut it = MissingBuilder {
                kind,
                stage: step.stage,
                span,
                subject: &subject,
                command: &need.command,
                error,
                state: step.state,
                reason: Some(reason),
            }
            .build(self);
            if !need.certain {
                it.severity = it.severity.min(Severity::Warning);
            }
            self.lower_severity_if_unchecked(&mut it, step);
            let packages: Vec<String> = missing.iter().flat_map(|(n, _)| self.packages(step.state, n)).collect();
            self.add_install_fix(&mut it, step.state, step.instruction, step.command.span, Some(packages));
            self.found.push(it);
        }
    }

    /// True if a need applies to this image.
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

    fn ask(&self, state: &State, thing: &Thing) -> Presence {
        let unknown = |text: &str| Presence::Unknown(Reason { span: None, text: text.to_owned() });
        match thing {
            Thing::Command(name) => state.command(name),
            Thing::Header(name) if name == "Python.h" => self.python_header(state),
            Thing::Header(name) => {
                // A header that no package has is not known by this path.
                let known = match state.suite() {
                    Some(suite) => !suite.providers_of_header(name).is_empty(),
                    None => true,
                };
                if known { state.header(name) } else { unknown("no package brings a header of this name") }
            }
            Thing::Certificates => state.package("ca-certificates"),
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
            Thing::Certificates => Some("ca-certificates".to_owned()),
        });
        found.into_iter().collect()
    }
}

fn title(thing: &Thing) -> String {
    match thing {
        Thing::Command(name) | Thing::Header(name) => name.clone(),
        Thing::Certificates => "ca-certificates".to_owned(),
    }
}
