//! rules/gpu-vendor-contradiction.md

use crate::diagnostic::Confidence;
use crate::image::cuda::{Answer, Backend};
use crate::analysis::cuda::GpuAccess;
use crate::project::ServiceView;

use super::{Findings, Rule};

pub(super) struct GpuVendorContradiction;

impl Rule for GpuVendorContradiction {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let Some(found) = view.cuda() else { return };
        let name = &view.service.name;
        let (asked, span, has) = match (view.gpu_access(), found.cuda.answer) {
            (GpuAccess::Nvidia(span), Answer::Other(backend @ (Backend::Rocm | Backend::Intel | Backend::Cpu))) => {
                ("an NVIDIA GPU", span, backend.to_string())
            }
            (GpuAccess::Amd(span), Answer::Stated(_) | Answer::Implied(_) | Answer::NotStated)
                if !found.cuda.several =>
            {
                ("an AMD GPU", span, "CUDA".to_owned())
            }
            _ => return,
        };
        if found.cuda.confidence < Confidence::Likely {
            return;
        }
        let message =
            format!("service `{name}` asks for {asked}, and its image `{}` is built for {has}", found.reference);
        // Only AMD's own repositories are sure to hold nothing for NVIDIA; a word in a tag is what the publisher says.
        let certain = found.cuda.confidence == Confidence::Certain && found.cuda.answer == Answer::Other(Backend::Rocm);
        let finding = if certain { out.error(span, message) } else { out.warning(span, message) };
        let finding = finding
            .here(format!("asks for {asked}"))
            .label(found.span, format!("built for {has}: {}", found.cuda.reason))
            .help("use the image for that GPU, or ask for the GPU that the image is for");
        out.report(finding.service(name));
    }
}
