//! rules/obsolete-version-key.md

use crate::compose::FaultKind;
use crate::diagnostic::Applicability;

use super::rule::with_fix;
use super::{ComposeView, Findings, Rule};

pub(super) struct ObsoleteVersionKey;

impl Rule for ObsoleteVersionKey {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults().filter(|fault| fault.kind == FaultKind::Version) {
            let finding = out
                .fault(fault, "`version:` is obsolete: Compose ignores it and warns on every call.")
                .help("Delete the line.");
            let finding = with_fix(finding, fault, "delete `version:`", Applicability::Safe);
            out.report_fault(fault, finding);
        }
    }
}
