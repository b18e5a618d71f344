//! rules/number-changes-value.md

use crate::compose::FaultKind;
use crate::compose::fault::NumberChange;
use crate::diagnostic::{Applicability, Severity};

use super::rule::with_fix;
use super::{ComposeView, Findings, Rule};

pub(super) struct NumberChangesValue;

impl Rule for NumberChangesValue {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::Number { place, change } = &fault.kind else { continue };
            let what = if fault.severity == Severity::Info { "a boolean" } else { "a number" };
            let result = match change {
                NumberChange::TrailingZeros => "trailing zeros are lost",
                NumberChange::Capitals => "its capitals are lost",
                NumberChange::Octal => "its leading zero makes it octal",
                NumberChange::Decimal => "it is written out in plain decimal",
            };
            let finding = out
                .fault(fault, format!("YAML reads the value of `{place}` as {what}, not as text, and {result}."))
                .here("not passed on as written")
                .help("Put the value in quotes.");
            let finding = with_fix(finding, fault, "put the value in quotes", Applicability::Unsafe);
            out.report_fault(fault, finding);
        }
    }
}
