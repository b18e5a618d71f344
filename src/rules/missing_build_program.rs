//! rules/missing-build-program.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct MissingBuildProgram;

impl Rule for MissingBuildProgram {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::BuildProgram) {
            let message = format!("`{}` finds a compiler but no `{}`: `{}`", it.command, it.subject, it.error);
            let finding = out.finding(it.severity, it.span, message).here("looks for the program that builds");
            out.report(it.finish(finding));
        }
    }
}
