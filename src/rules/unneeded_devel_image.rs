//! rules/unneeded-devel-image.md

use crate::diagnostic::{Applicability, Confidence, Finding, Fix};
use crate::image::cuda::Flavour;
use crate::image::cuda::chain::ChainStep;
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct UnneededDevelImage;

impl Rule for UnneededDevelImage {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let (chain, stage) = (view.cuda_chain(), view.stage.index);
        if view.build.target_stage() != Some(stage) {
            return;
        }
        let Some((reference, cuda, span)) = chain.root(stage) else { return };
        if cuda.flavour != Some(Flavour::Devel) || cuda.grammar != "nvidia-cuda" {
            return;
        }
        // Anything that compiles, may compile, or may run a compiler later is reason enough.
        if chain.steps(stage).any(needs_toolkit) {
            return;
        }
        let message = format!(
            "the final image stands on `{reference}`, and no step compiles anything: the toolkit in it is several gigabytes of weight"
        );
        let mut finding = out
            .info(span, message)
            .here("devel")
            .help("use the `runtime` flavour; keep `devel` where programs compile kernels when they run (triton, torch.compile)")
            .confidence(Confidence::Possible)
            .stage(view.name());
        if view.project.sources.slice(span) == reference
            && let Some(place) = view.project.part_of(span, "devel")
        {
            finding = finding.fix(Fix::new("use the runtime flavour", Applicability::Unsafe).edit(place, "runtime"));
        }
        out.report(view.services().into_iter().fold(finding, Finding::service));
    }
}

fn needs_toolkit(step: &ChainStep) -> bool {
    let compilers =
        ["nvcc", "make", "cmake", "ninja", "meson", "gcc", "g++", "cargo", "go", "configure", "conda", "mamba"];
    let installs_python = step.words.iter().any(|w| w == "install" || w == "sync" || w == "add")
        && ["pip", "pip3", "uv", "python", "python3", "poetry"].contains(&step.name());
    step.opaque
        || step.signals.iter().any(|s| s.needs_nvcc())
        || compilers.contains(&step.name())
        || installs_python
        || step.words.iter().any(|w| w == "build-essential" || w == "gcc" || w == "g++" || w == "setup.py")
}
