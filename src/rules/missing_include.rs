//! rules/missing-include.md

use crate::compose::FaultKind;

use super::{ComposeView, Findings, Rule};

pub(super) struct MissingInclude;

impl Rule for MissingInclude {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::MissingInclude { file } = &fault.kind else { continue };
            let message =
                format!("`{file}` does not exist; Compose stops with \"open {file}: no such file or directory\".");
            let finding = out
                .fault(fault, message)
                .help("Correct the path, or take the reference out. It is relative to the project directory.");
            out.report_fault(fault, finding);
        }
    }
}
