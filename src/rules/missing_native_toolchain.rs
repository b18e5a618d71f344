//! rules/missing-native-toolchain.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct MissingNativeToolchain;

impl Rule for MissingNativeToolchain {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::Toolchain) {
            let message = format!("`{}` needs {}, which this stage lacks: `{}`", it.command, it.subject, it.error);
            let finding = out.finding(it.severity, it.span, message).here("compiles on every install");
            out.report(it.finish(finding));
        }
    }
}
