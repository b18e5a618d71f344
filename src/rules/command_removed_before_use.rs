//! rules/command-removed-before-use.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct CommandRemovedBeforeUse;

impl Rule for CommandRemovedBeforeUse {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::RemovedCommand) {
            let message = format!("`{}` was removed before this use: the build ends with `{}`", it.subject, it.error);
            let finding = out.finding(it.severity, it.span, message).here("is no longer there");
            let finding = finding.help("Move this step in front of the removal, or remove the package behind it.");
            out.report(it.finish(finding));
        }
    }
}
