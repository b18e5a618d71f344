//! rules/gpu-query-at-build.md

use crate::diagnostic::Finding;
use crate::image::cuda::chain::ChainStep;
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct GpuQueryAtBuild;

impl Rule for GpuQueryAtBuild {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let chain = view.cuda_chain();
        let Some(link) = chain.link(view.stage.index) else { return };
        for step in link.steps.iter().filter(|s| s.context.is_certain()) {
            let Some((word, what, sure)) = query(step) else { continue };
            if view.has_device(step.instruction) {
                continue;
            }
            let known = chain.root(view.stage.index).is_some();
            let message = format!("{what}, and a build has no GPU and no driver, whatever the host has");
            let place = step.place(word);
            let finding = if sure && known { out.error(place, message) } else { out.warning(place, message) };
            let finding = finding
                .here("asks for a GPU")
                .help("do it when the container starts: in the entrypoint, or in a healthcheck")
                .stage(view.name());
            out.report(view.services().into_iter().fold(finding, Finding::service));
        }
    }
}

/// The word that asks, what happens, and whether it surely fails.
fn query(step: &ChainStep) -> Option<(usize, String, bool)> {
    let name = step.name();
    if name == "nvidia-smi" {
        return Some((0, "`nvidia-smi` ends with \"nvidia-smi: not found\"".to_owned(), true));
    }
    if !name.starts_with("python") {
        return None;
    }
    let code = step.words.iter().position(|w| w == "-c")? + 1;
    let text = step.words.get(code)?;
    let asserts = text.contains("assert torch.cuda.is_available()") || text.contains("torch.cuda.get_device_");
    asserts.then(|| (code, "this ends with \"No CUDA GPUs are available\" or a failed assertion".to_owned(), false))
}
