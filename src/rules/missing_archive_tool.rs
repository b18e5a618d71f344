//! rules/missing-archive-tool.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct MissingArchiveTool;

impl Rule for MissingArchiveTool {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::ArchiveTool) {
            let message = match it.command == it.subject {
                true => format!("`{}` is not in the image at this point: `{}`", it.subject, it.error),
                false => format!("`{}` starts `{}`, which is not in the image: `{}`", it.command, it.subject, it.error),
            };
            let finding = out.finding(it.severity, it.span, message).here("needs a program that is not installed");
            out.report(it.finish(finding));
        }
    }
}
