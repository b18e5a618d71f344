//! rules/service-without-image-or-build.md

use crate::compose::FaultKind;

use super::{ComposeView, Findings, Rule};

pub(super) struct ServiceWithoutImageOrBuild;

impl Rule for ServiceWithoutImageOrBuild {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults().filter(|fault| fault.kind == FaultKind::NoImageOrBuild) {
            let name = fault.service_name();
            let message = format!(
                "Compose stops with \"service \"{name}\" has neither an image nor a build context specified\"."
            );
            let finding = out.fault(fault, message).help("Give it `image:` or `build:`.");
            out.report_fault(fault, finding);
        }
    }
}
