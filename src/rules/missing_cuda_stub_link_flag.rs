//! rules/missing-cuda-stub-link-flag.md

use crate::diagnostic::{Confidence, Finding};
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct MissingCudaStubLinkFlag;

impl Rule for MissingCudaStubLinkFlag {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let chain = view.cuda_chain();
        let Some(link) = chain.link(view.stage.index) else { return };
        let cared_for = chain.steps(view.stage.index).any(|step| {
            step.signals.iter().any(|s| s.id == "driver-stub-link")
                || step
                    .words
                    .iter()
                    .any(|w| w.contains("NO_VMM") || w.contains("libcuda.so") || w.contains("BACKEND_DL"))
        });
        if cared_for {
            return;
        }
        for step in link.steps.iter().filter(|s| s.context.is_certain() && s.name() == "cmake") {
            let Some(word) = step.signals.iter().find(|s| s.id == "ggml-cuda").and_then(|s| s.word) else { continue };
            let finding = out
                .info(
                    step.place(word),
                    "programs of this build link with libcuda.so.1, which comes with the driver and is in no build; some versions \
                     and linkers stop at \"libcuda.so.1, needed by bin/libggml-cuda.so, not found\"",
                )
                .here("links with the driver's library")
                .help("pass `-DCMAKE_EXE_LINKER_FLAGS=-Wl,--allow-shlib-undefined`, as llama.cpp's own Dockerfile does")
                .confidence(Confidence::Possible)
                .stage(view.name());
            out.report(view.services().into_iter().fold(finding, Finding::service));
            return;
        }
    }
}
