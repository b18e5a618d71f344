//! rules/inactive-profile-dependency.md

use crate::compose::FaultKind;

use super::{ComposeView, Findings, Rule};

pub(super) struct InactiveProfileDependency;

impl Rule for InactiveProfileDependency {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::InactiveProfile { target, profiles, limited } = &fault.kind else { continue };
            let name = fault.service_name();
            let profiles: Vec<String> = profiles.iter().map(|p| format!("`{p}`")).collect();
            let message = format!(
                "`{name}` needs `{target}`, which only starts under {}; without it Compose stops with \"service \"{name}\" \
                 depends on undefined service \"{target}\"\".",
                profiles.join(" or ")
            );
            let mut finding = out.fault(fault, message).help(format!(
                "Give `{name}` the same profile, take the profile away, or make the dependency optional: `required: false`."
            ));
            if let Some(limited) = limited {
                finding = finding.label(*limited, format!("`{target}` is limited here"));
            }
            out.report_fault(fault, finding);
        }
    }
}
