//! rules/dependency-cycle.md

use crate::compose::FaultKind;
use crate::compose::fault::Cycle;

use super::{ComposeView, Findings, Rule};

pub(super) struct DependencyCycle;

impl Rule for DependencyCycle {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::Cycle(cycle) = &fault.kind else { continue };
            let finding = match cycle {
                Cycle::Depends(circle) => {
                    let names: Vec<&str> = circle.iter().chain(circle.first()).map(|(name, _)| name.as_str()).collect();
                    let message = format!(
                        "Services depend on each other in a circle; Compose stops with \"dependency cycle detected: {}\".",
                        names.join(" -> ")
                    );
                    let mut finding = out.fault(fault, message).help(
                        "One of these dependencies must go: a service cannot wait for something that waits for it.",
                    );
                    for (name, span) in circle.iter().skip(1) {
                        finding = finding.label(*span, format!("`{name}` goes on here"));
                    }
                    finding
                }
                Cycle::Extends(names) => out
                    .fault(fault, format!("Services extend each other in a circle: {}.", names.join(" → ")))
                    .help("Move what they share into a service that extends none of them."),
                Cycle::Includes(files) => out
                    .fault(fault, format!("Files include each other in a circle: {}.", files.join(" → ")))
                    .help("Take one of the includes out."),
            };
            out.report_fault(fault, finding);
        }
    }
}
