//! rules/invalid-compose-schema.md

use crate::compose::FaultKind;
use crate::project::Project;

use super::schema_words::schema;
use super::{ComposeView, Findings, Rule};

pub(super) struct InvalidComposeSchema;

impl Rule for InvalidComposeSchema {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        project.compose.iter().for_each(|compose| out.report_all(&compose.findings));
    }

    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::Schema(kind) = &fault.kind else { continue };
            let finding = schema(out, fault, kind);
            out.report_fault(fault, finding);
        }
    }
}
