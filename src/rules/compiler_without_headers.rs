//! rules/compiler-without-headers.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct CompilerWithoutHeaders;

impl Rule for CompilerWithoutHeaders {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::CompilerHeaders) {
            let message = format!("`{}` finds a compiler but not the C library's development files: `{}`", it.command, it.error);
            let finding = out.finding(it.severity, it.span, message).here("compiles without stdio.h");
            out.report(it.finish(finding));
        }
    }
}
