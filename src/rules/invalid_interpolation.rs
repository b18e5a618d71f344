//! rules/invalid-interpolation.md

use crate::compose::FaultKind;
use crate::diagnostic::Applicability;

use super::rule::with_fix;
use super::{ComposeView, Findings, Rule};

pub(super) struct InvalidInterpolation;

impl Rule for InvalidInterpolation {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::Interpolation { path } = &fault.kind else { continue };
            let message = format!(
                "`{path}` holds a `$` that Compose cannot read as a variable; it stops with \"invalid interpolation format\"."
            );
            let finding = out
                .fault(fault, message)
                .help("A literal `$` is written `$$`. A variable is `$NAME`, `${NAME}` or `${NAME:-default}`.");
            let finding = with_fix(finding, fault, "escape the dollar sign", Applicability::Unsafe);
            out.report_fault(fault, finding);
        }
    }
}
