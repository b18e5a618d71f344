//! rules/visible-devices-without-gpu.md

use crate::diagnostic::Confidence;
use crate::image::cuda::signals::asks_for_devices;
use crate::analysis::cuda::GpuAccess;
use crate::project::ServiceView;

use super::{Findings, Rule};

pub(super) struct VisibleDevicesWithoutGpu;

impl Rule for VisibleDevicesWithoutGpu {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        if !view.compose.complete || view.gpu_access() != GpuAccess::None {
            return;
        }
        let Some((value, span)) = view.environment("NVIDIA_VISIBLE_DEVICES") else { return };
        if !asks_for_devices(value) {
            return;
        }
        let elsewhere = view.project.services().any(|other| {
            other.id != view.id && other.service.name == view.service.name && other.gpu_access() != GpuAccess::None
        });
        if elsewhere {
            return;
        }
        let finding = out
            .warning(
                span,
                "NVIDIA_VISIBLE_DEVICES is read by NVIDIA's runtime alone, and this service does not ask for it: no GPU is visible",
            )
            .here("has no effect here")
            .label(view.service.name_span, "no `gpus:`, no device reservation, no `runtime:`")
            .help("add `gpus: all`, a device reservation with `capabilities: [gpu]`, or `runtime: nvidia`");
        out.report(finding.confidence(Confidence::Likely).service(&view.service.name));
    }
}
