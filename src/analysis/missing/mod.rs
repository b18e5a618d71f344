//! What the steps of a build need and certainly do not have, and which of several rules speaks of it. Rules report what they
//! find here; everything that decides whether it is true stands here and in the image model.
//!
//! One thing is missing once: after the first step that lacks it, it counts as present in the stage and in those on top.

mod called_scripts;
mod commands;
mod finder;
mod healthcheck;
pub mod install_fix;
mod interpreter;
mod reported;
mod scripts;
mod wheels_and_headers;

use crate::diagnostic::{Finding, Fix, Label, Severity};
use crate::image::install::Installer;
use crate::image::{PackageLists, Presence, Reason, State};
use crate::text::Span;

use crate::project::StageView;

pub use healthcheck::{of_image, of_service};

/// What is missing, by the rule that speaks of it.
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
        let list: Vec<String> = self.packages.iter().map(|p| format!("`{p}`")).collect();
        let list = match list.split_last() {
            None => return None,
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        };
        Some(match (&self.fix, &self.install_line) {
            (Some(_), _) => format!("Add {list} to the install list."),
            (None, Some(line)) => format!("Install {list} before this step: `{}`", line.trim()),
            (None, None) => format!("Install {list} before this step."),
        })
    }
}

/// All missing of a build, in the order of its steps.
struct OfBuild(Vec<Missing>);

impl<'a> StageView<'a> {
    /// What the steps of this stage need and do not have, of one kind.
    pub fn missing(&self, kind: MissingKind) -> impl Iterator<Item = &'a Missing> {
        let stage = self.stage.index;
        let find = || finder::Finder::new(self.project, self.build).map(finder::Finder::run).unwrap_or_default();
        let all = &self.build.memo.get(|| OfBuild(find())).0;
        all.iter().filter(move |a| a.kind == kind && a.stage == stage)
    }
}

/// Present if any is, absent if all are; `None` without an answer.
fn any_of(answers: impl IntoIterator<Item = Presence>) -> Option<Presence> {
    super::command_context::any_of(answers)
}

fn absent(presence: Presence) -> Option<Reason> {
    match presence {
        Presence::Absent(reason) => Some(reason),
        Presence::Present(_) | Presence::Unknown(_) => None,
    }
}

/// A base whose row was read at its source may carry an error. What an installation brought in a release that the index lacks
/// is not known name by name: that is good for a warning.
pub(super) fn max_severity(state: &State) -> Severity {
    let by_neighbour = state.manager() == Some(Installer::Apt)
        && state.suite().is_none()
        && !matches!(state.lists, PackageLists::Empty);
    if state.base.verified && !by_neighbour && !state.is_curated() { Severity::Error } else { Severity::Warning }
}
