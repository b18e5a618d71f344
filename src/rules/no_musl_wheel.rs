//! rules/no-musl-wheel.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct NoMuslWheel;

impl Rule for NoMuslWheel {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::MuslWheel) {
            let message = format!("`{}` has no wheel for Alpine's musl: `{}`", it.subject, it.error);
            let finding = out.finding(it.severity, it.span, message).here("has wheels for glibc only");
            let finding = finding.help("Build on a Debian image (`python:3.12-slim`), where pip downloads a wheel.");
            out.report(it.finish(finding));
        }
    }
}
