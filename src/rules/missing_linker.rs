//! rules/missing-linker.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct MissingLinker;

impl Rule for MissingLinker {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::Linker) {
            let message = format!("`{}` links with `cc`, and this stage has none: `{}`", it.command, it.error);
            let finding = out.finding(it.severity, it.span, message).here("looks for a linker");
            out.report(it.finish(finding));
        }
    }
}
