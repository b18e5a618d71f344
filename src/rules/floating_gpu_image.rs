//! rules/floating-gpu-image.md

use std::collections::BTreeSet;

use crate::diagnostic::Confidence;
use crate::image::cuda::ImageCuda;
use crate::image::cuda::chain::ChainBase;
use crate::project::Project;
use crate::text::Span;

use super::{Findings, Rule};

pub(super) struct FloatingGpuImage;

impl Rule for FloatingGpuImage {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        let mut seen = BTreeSet::new();
        for (index, build) in project.builds.iter().enumerate() {
            let chain = project.cuda_chain(index);
            for stage in 0..build.evaluation.stages().len() {
                let Some(link) = chain.link(stage) else { continue };
                if let ChainBase::Image { reference, cuda } = &link.base
                    && seen.insert(link.base_span)
                {
                    judge(reference, cuda, link.base_span, None, out);
                }
            }
        }
        for view in project.services().filter(|view| view.service.build.is_none()) {
            if let Some(found) = view.cuda()
                && seen.insert(found.span)
            {
                judge(&found.reference, &found.cuda, found.span, Some(&view.service.name), out);
            }
        }
    }
}

fn judge(reference: &str, cuda: &ImageCuda, span: Span, service: Option<&str>, out: &mut Findings<'_>) {
    if !cuda.floating || cuda.several || cuda.confidence < Confidence::Likely {
        return;
    }
    let message = format!(
        "`{reference}` leaves its CUDA version open: {}. The next pull may bring another one, and with it another driver that the host must have",
        cuda.reason
    );
    let finding = out
        .info(span, message)
        .here("CUDA not stated")
        .help("name a tag that states a release or a CUDA version, or pin the digest (`@sha256:…`)");
    out.report(match service {
        Some(name) => finding.service(name),
        None => finding,
    });
}
