//! rules/duplicate-key.md

use crate::compose::FaultKind;

use super::{ComposeView, Findings, Rule};

pub(super) struct DuplicateKey;

impl Rule for DuplicateKey {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::DuplicateKey { key, first } = &fault.kind else { continue };
            let line = compose.project.file(first.file).line_of(first.start);
            let message = format!(
                "The key `{key}` stands twice in this mapping; Compose stops with \"mapping key \"{key}\" already defined at line \
                 {line}\"."
            );
            let finding = out
                .fault(fault, message)
                .here("again here")
                .label(*first, "first here")
                .help("Keep one of the two, or join their values.");
            out.report_fault(fault, finding);
        }
    }
}
