//! What was found missing, and how it is put into a finding.

use crate::diagnostic::{Finding, Fix, Label, Severity};
use crate::image::install::Installer;
use crate::image::{PackageLists, Presence, Reason, State};
use crate::text::Span;
use crate::text::words::join_and_quoted;

/// What is missing, by the rule that reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MissingKind {
    Command,
    /// It was there and was removed.
    RemovedCommand,
    /// Another stage of the file has it.
    OtherStage,
    Shell,
    /// Built into bash, and the shell is another one.
    Builtin,
    ArchiveTool,
    Git,
    Linker,
    BuildProgram,
    /// The C library's development files, where a compiler is present.
    CompilerHeaders,
    Certificates,
    Header,
    MuslWheel,
    Toolchain,
    Healthcheck,
}

/// Something that a step needs and does not have.
#[derive(Clone, Debug)]
pub struct Missing {
    pub kind: MissingKind,
    pub stage: usize,
    /// The word that shows the need, or the command.
    pub span: Span,
    /// What is missing, as a user would name it: `git`, `openssl/ssl.h`.
    pub subject: String,
    /// What needs it: "pip (building psycopg2)"; the subject itself where it is called by name.
    pub command: String,
    /// What the build prints.
    pub error: String,
    pub severity: Severity,
    /// The failure goes unnoticed by the shell.
    pub silent: bool,
    /// The evidence: where it was removed, what the base image holds, the argument that chose it.
    pub labels: Vec<Label>,
    pub packages: Vec<String>,
    pub fix: Option<Fix>,
    /// What to write where there is no list to add to.
    pub install_line: Option<String>,
    /// The stage that has it, by name or number.
    pub other_stage: Option<String>,
    /// The base image at the bottom of the stage.
    pub base: String,
    pub services: Vec<String>,
    pub stage_name: String,
}

impl Missing {
    /// Puts the evidence, the fix and the services on a finding.
    pub fn finish(&self, mut finding: Finding) -> Finding {
        finding.related.extend(self.labels.iter().cloned());
        for service in &self.services {
            finding = finding.service(service.clone());
        }
        if finding.help.is_none()
            && let Some(help) = self.help()
        {
            finding = finding.help(help);
        }
        finding = finding.stage(self.stage_name.clone());
        match &self.fix {
            Some(fix) => finding.fix(fix.clone()),
            None => finding,
        }
    }

    fn help(&self) -> Option<String> {
        if self.packages.is_empty() {
            return None;
        }
        let list = join_and_quoted(&self.packages);
        Some(match (&self.fix, &self.install_line) {
            (Some(_), _) => format!("Add {list} to the install list."),
            (None, Some(line)) => format!("Install {list} before this step: `{}`", line.trim()),
            (None, None) => format!("Install {list} before this step."),
        })
    }
}

/// The reason why something is certainly absent.
pub(super) fn absent(presence: Presence) -> Option<Reason> {
    match presence {
        Presence::Absent(reason) => Some(reason),
        Presence::Present(_) | Presence::Unknown(_) => None,
    }
}

/// The highest severity that what is known about the base image allows: an error if its data was read at the source. If the
/// package index does not have the release, what an install adds is not known by name, which is enough for a warning only.
pub(in crate::analysis) fn max_severity(state: &State) -> Severity {
    let by_neighbour = state.manager() == Some(Installer::Apt)
        && state.suite().is_none()
        && !matches!(state.lists, PackageLists::Empty);
    if state.base.verified && !by_neighbour && !state.is_curated() { Severity::Error } else { Severity::Warning }
}
