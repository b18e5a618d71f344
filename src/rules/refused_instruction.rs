//! rules/refused-instruction.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::refusals::refusals;
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct RefusedInstruction;

impl Rule for RefusedInstruction {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        for build in view.builds() {
            for refusal in refusals(view.parsed(), &build.evaluation).into_iter().filter(|r| !r.is_about_a_stage_number())
            {
                let fault = refusal.fault;
                let mut message = fault.message;
                if let Some(says) = fault.builder_says {
                    message.push_str(&format!(" (the builder: \"{}\")", without_values(&says)));
                }
                let mut finding = out.error(fault.span, message);
                if let Some(suggestion) = fault.suggestion {
                    let title = format!("write {suggestion}");
                    finding = finding.fix(Fix::new(title, Applicability::Unsafe).edit(fault.span, suggestion));
                }
                for service in build.users.iter().filter_map(|id| view.project.service(*id)) {
                    finding = finding.service(&service.service.name);
                }
                finding.stage = view.stage_name(refusal.instruction);
                out.report(finding);
            }
        }
    }
}

/// The builder quotes the whole word that it fails on, which may hold what is nobody's business.
fn without_values(says: &str) -> &str {
    match says.strip_prefix("failed to process ").and_then(|rest| rest.rfind("\": ").map(|at| (rest, at))) {
        Some((rest, at)) => rest.get(at + 3..).unwrap_or(says),
        None => says,
    }
}
