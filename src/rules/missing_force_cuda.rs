//! rules/missing-force-cuda.md

use crate::diagnostic::{Confidence, Finding};
use crate::image::cuda::chain::Nvcc;
use crate::image::cuda::signals::wants_force_cuda;
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct MissingForceCuda;

impl Rule for MissingForceCuda {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let (chain, stage) = (view.cuda_chain(), view.stage.index);
        let Some(link) = chain.link(stage) else { return };
        for step in link.steps.iter().filter(|s| s.context.is_reached() && !s.is_variable()) {
            // Where there is a toolkit, a CUDA build is meant.
            let Some(word) = wants_force_cuda(&step.words, &step.env) else { continue };
            if !matches!(chain.nvcc(stage, step), Nvcc::Present { .. }) || view.has_device(step.instruction) {
                continue;
            }
            let finding = out
                .warning(
                    step.place(word),
                    "this package is compiled for the GPU only if it sees one, and a build has none: the result runs on the CPU, \
                     or ends with \"Not compiled with GPU support\"",
                )
                .here("without FORCE_CUDA and TORCH_CUDA_ARCH_LIST")
                .help("set `FORCE_CUDA=1` and `TORCH_CUDA_ARCH_LIST` to the architectures of your GPUs for this step")
                .confidence(Confidence::Likely)
                .stage(view.name());
            out.report(view.services().into_iter().fold(finding, Finding::service));
        }
    }
}
