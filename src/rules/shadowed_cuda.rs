//! rules/shadowed-cuda.md

use crate::diagnostic::Finding;
use crate::image::cuda::chain::distro_of;
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct ShadowedCuda;

impl Rule for ShadowedCuda {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let (chain, stage) = (view.cuda_chain(), view.stage.index);
        let Some(link) = chain.link(stage) else { return };
        let Some((reference, cuda, span)) = chain.root(stage) else { return };
        let Some(version) = cuda.version() else { return };
        for step in link.steps.iter().filter(|s| s.context.is_reached()) {
            let Some(statement) = step.statements.iter().find(|s| s.package == "nvidia-cuda-toolkit") else { continue };
            let own = distro_of(reference, cuda).and_then(|d| d.toolkit());
            if own.is_some_and(|own| own.release() == version.release()) {
                continue;
            }
            let second = own.map_or_else(|| "another version".to_owned(), |own| format!("CUDA {own}"));
            let message = format!(
                "`nvidia-cuda-toolkit` puts the distribution's own toolkit ({second}) into /usr/bin, beside CUDA {} of the image",
                version.release()
            );
            let finding = out
                .warning(step.place(statement.word), message)
                .here("a second CUDA")
                .label(span, format!("CUDA {}", version.release()))
                .help("use the `devel` flavour of the image, which has nvcc of its own version, or `cuda-nvcc-X-Y` of that version")
                .stage(view.name());
            out.report(view.services().into_iter().fold(finding, Finding::service));
        }
    }
}
