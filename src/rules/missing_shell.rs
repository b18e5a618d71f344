//! rules/missing-shell.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct MissingShell;

impl Rule for MissingShell {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::Shell) {
            let message = match it.subject == it.command {
                true => format!("this step needs `{}` and `{}` has none: `{}`", it.subject, it.base, it.error),
                false => format!(
                    "`{}` begins with a line that asks for `{}`, and `{}` has none: `{}`",
                    it.command, it.subject, it.base, it.error
                ),
            };
            let finding = out.finding(it.severity, it.span, message).here("needs this shell");
            out.report(it.finish(finding));
        }
    }
}
