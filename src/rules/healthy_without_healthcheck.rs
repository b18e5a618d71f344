//! rules/healthy-without-healthcheck.md

use crate::diagnostic::Severity;
use crate::project::ServiceView;
use crate::analysis::runtime::Health;

use super::{Findings, Rule};

pub(super) struct HealthyWithoutHealthcheck;

impl Rule for HealthyWithoutHealthcheck {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        if view.service.partial || view.compose.open_world || view.has_a_base() {
            return;
        }
        for dependency in &view.service.depends_on {
            let Some(condition) = dependency.condition.as_ref().filter(|c| c.known() == Some("service_healthy")) else {
                continue;
            };
            let id = view.compose.services.iter().position(|s| s.name == dependency.service);
            let waited_for =
                id.and_then(|service| view.project.service(crate::project::ServiceId { service, ..view.id }));
            let Some(waited_for) = waited_for else { continue };
            let Health::Unchecked(place) = waited_for.health() else { continue };
            if waited_for.has_a_base() {
                continue;
            }
            let name = &dependency.service;
            let disabled = waited_for.service.healthcheck.as_ref().is_some_and(|h| h.disabled);
            let why = match (disabled, waited_for.service.build.is_some()) {
                (true, _) => "switches its health check off",
                (false, true) => "has no `healthcheck:`, and the image that it builds has no HEALTHCHECK",
                (false, false) => "has no `healthcheck:`, and Docker's official images declare none",
            };
            let message = format!(
                "`{name}` {why}: this service never starts, \"dependency failed to start: container {} has no healthcheck \
                 configured\"",
                waited_for.container_name()
            );
            // A file of no default name may be merged with one that adds the check.
            let severity = if view.compose.complete { Severity::Error } else { Severity::Warning };
            let mut finding = out
                .finding(severity, condition.span, message)
                .here("waits for a health check")
                .service(&view.service.name);
            finding = finding.label(waited_for.service.name_span, "has no health check");
            if let Some(place) = place {
                finding = finding.label(place, if disabled { "switched off here" } else { "declares no HEALTHCHECK" });
            } else if let Some(image) = &waited_for.service.image {
                finding = finding.label(image.span, "an official image: without HEALTHCHECK");
            }
            out.report(
                finding.help(format!("give `{name}` a `healthcheck:`, or wait with `condition: service_started`")),
            );
        }
    }
}
