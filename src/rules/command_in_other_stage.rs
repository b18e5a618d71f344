//! rules/command-in-other-stage.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct CommandInOtherStage;

impl Rule for CommandInOtherStage {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::OtherStage) {
            let stage = it.other_stage.as_deref().unwrap_or("another");
            let message = format!("`{}` is in stage `{stage}` and not in this one: the build ends with `{}`", it.subject, it.error);
            let finding = out.finding(it.severity, it.span, message).here("is not in this stage");
            out.report(it.finish(finding));
        }
    }
}
