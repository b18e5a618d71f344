//! rules/unescaped-dollar.md

use crate::compose::FaultKind;
use crate::diagnostic::Applicability;

use super::rule::with_fix;
use super::{ComposeView, Findings, Rule};

pub(super) struct UnescapedDollar;

impl Rule for UnescapedDollar {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::Dollar { path, variable } = &fault.kind else { continue };
            let message = format!(
                "`{path}` looks like a password hash, but Compose reads `${variable}` in it as a variable and puts a blank there."
            );
            let finding =
                out.fault(fault, message).here("parts of this value are lost").help("Double every dollar sign: `$$`.");
            let finding = with_fix(finding, fault, "double the dollar signs", Applicability::Unsafe);
            out.report_fault(fault, finding);
        }
    }
}
