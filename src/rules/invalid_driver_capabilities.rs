//! rules/invalid-driver-capabilities.md

use crate::image::cuda::signals::{driver_capabilities, unknown_capabilities};
use crate::project::{ServiceView, StageView};
use crate::text::Span;

use super::{Findings, Rule};

const NAME: &str = "NVIDIA_DRIVER_CAPABILITIES";

pub(super) struct InvalidDriverCapabilities;

impl Rule for InvalidDriverCapabilities {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        if let Some((value, span)) = view.environment(NAME) {
            judge(value, span, std::slice::from_ref(&view.service.name), out);
        }
    }

    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let Some(link) = view.cuda_chain().link(view.stage.index) else { return };
        for step in link.steps.iter().filter(|step| step.is_variable()) {
            for (_, value) in step.env.iter().filter(|(name, _)| name == NAME) {
                judge(value, step.span, &view.services(), out);
            }
        }
    }
}

fn judge(value: &str, span: Span, services: &[String], out: &mut Findings<'_>) {
    let unknown = unknown_capabilities(value);
    let Some(first) = unknown.first() else { return };
    let message = format!(
        "`{first}` is no capability of the NVIDIA driver: the container does not start (\"unsupported driver capabilities\")"
    );
    let help = match *first {
        "gpu" => "`gpu` belongs into `capabilities: [gpu]` of a device reservation; here `compute,utility` is usual"
            .to_owned(),
        _ => format!("one or several of {}", driver_capabilities().join(", ")),
    };
    let finding = out.error(span, message).here("not a capability").help(help);
    out.report(services.iter().fold(finding, |finding, name| finding.service(name)));
}
