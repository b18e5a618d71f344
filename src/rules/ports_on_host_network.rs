//! rules/ports-on-host-network.md

use crate::diagnostic::{Applicability, Fix};
use crate::project::ServiceView;
use crate::analysis::yaml_edit;

use super::{Findings, Rule};

pub(super) struct PortsOnHostNetwork;

impl Rule for PortsOnHostNetwork {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let service = view.service;
        let Some(mode) = service.network_mode.as_ref().filter(|m| m.known() == Some("host")) else { return };
        let Some(entry) = service.value.entry("ports").filter(|_| !service.ports.is_empty()) else { return };
        let message = "`network_mode: host` gives the container the host's ports, so there is nothing to publish \
                       (\"Published ports are discarded when using host network mode\")";
        let mut finding = out
            .warning(entry.key_span, message)
            .here("has no effect")
            .label(mode.span, "the host's network")
            .service(&service.name)
            .help("take `ports:` out, or the network mode");
        let own = entry.key_span.file == mode.span.file
            && service.span.contains(entry.key_span)
            && service.span.contains(entry.value.span)
            && service.span.contains(mode.span);
        let whole = entry.key_span.cover(entry.value.span);
        if own && let Some(edit) = yaml_edit::remove_entry(view.project.file(whole.file), whole) {
            finding = finding.fix(Fix::new("take `ports:` out", Applicability::Safe).edit(edit.span, edit.text));
        }
        out.report(finding);
    }
}
