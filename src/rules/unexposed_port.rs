//! rules/unexposed-port.md

use crate::diagnostic::{Applicability, Fix};
use crate::project::ServiceView;
use crate::analysis::runtime::exposed;

use super::{Findings, Rule};

pub(super) struct UnexposedPort;

impl Rule for UnexposedPort {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let service = view.service;
        let [port] = service.ports.as_slice() else { return };
        let Some(target) = port.target.filter(|_| port.protocol == "tcp") else { return };
        let Some((build, entry)) = view.dockerfile() else { return };
        let overridden = service.command.is_some() || service.entrypoint.is_some();
        let other_network = service.network_mode.is_some();
        if overridden || other_network || service.partial || view.has_a_base() {
            return;
        }
        let Some(exposed) = exposed(build, entry) else { return };
        let [only] = exposed.as_slice() else { return };
        if only.port == target || !only.tcp || view.speaks_of_port(target) {
            return;
        }
        let message = format!(
            "the image exposes {} and nothing speaks of {target}: if the program does not listen there, connections to the \
             published port end with \"Connection reset by peer\"",
            only.port
        );
        let mut finding = out
            .info(port.span, message)
            .here(format!("leads to {target} in the container"))
            .label(only.span, format!("exposes {}", only.port))
            .service(&service.name)
            .help(format!("publish container port {}, or say EXPOSE {target} if the program listens there", only.port));
        let source = view.project.file(port.span.file);
        let text = source.slice(port.span);
        let inner = text.trim_matches(['"', '\'']);
        if let Some((before, last)) = inner.rsplit_once(':')
            && last == target.to_string()
            && let Some(at) = text.find(inner)
        {
            let start = port.span.start as usize + at + before.len() + 1;
            let span = crate::text::Span::new(port.span.file, start..start + last.len());
            let fix = Fix::new(format!("publish container port {}", only.port), Applicability::Unsafe);
            finding = finding.fix(fix.edit(span, only.port.to_string()));
        }
        out.report(finding);
    }
}
