//! rules/missing-header.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct MissingHeader;

impl Rule for MissingHeader {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::Header) {
            let message = format!("`{}` needs `{}`, which is not in the image: `{}`", it.command, it.subject, it.error);
            let finding = out.finding(it.severity, it.span, message).here("is compiled");
            out.report(it.finish(finding));
        }
    }
}
