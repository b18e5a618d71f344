//! rules/builder-runtime-cuda-mismatch.md

use crate::diagnostic::{Confidence, Finding};
use crate::image::cuda::Relation;
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct BuilderRuntimeCudaMismatch;

impl Rule for BuilderRuntimeCudaMismatch {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let (chain, stage) = (view.cuda_chain(), view.stage.index);
        let Some(link) = chain.link(stage) else { return };
        let Some(here) = chain.ground(stage).filter(|g| g.from_base && g.confidence >= Confidence::Likely) else {
            return;
        };
        for step in &link.steps {
            let Some(from) = step.copy.as_ref().and_then(|c| c.stage) else { continue };
            let Some((toolkit, place, confidence)) = chain.toolkit(from) else { continue };
            // Only what was compiled there depends on that stage's CUDA: a tree of scripts or wheels does not.
            let compiled = chain.ancestry(from).into_iter().any(|s| chain.compiling(s).next().is_some());
            if !compiled || confidence < Confidence::Likely {
                continue;
            }
            let (built, runs) = (toolkit.release(), here.version.release());
            let finding = match here.version.relation(&toolkit) {
                Relation::MajorDiffers => out.warning(
                    step.span,
                    format!(
                        "what is copied was compiled with CUDA {built} and runs on the libraries of CUDA {runs}: \
                         \"libcublas.so.{}: cannot open shared object file\"",
                        toolkit.major
                    ),
                ),
                Relation::MinorDiffers if here.version.at_least(&toolkit.release()) == Some(false) => out
                    .info(
                        step.span,
                        format!(
                            "what is copied was compiled with CUDA {built} and runs on the older libraries of CUDA {runs}: \
                             functions that {built} brought are missing"
                        ),
                    )
                    .confidence(Confidence::Possible),
                _ => continue,
            };
            let finding = finding
                .here("copied from the other CUDA")
                .label(place, format!("compiles with CUDA {built}"))
                .label(here.span, format!("runs on CUDA {runs}"))
                .help("use one version for both, in an ARG before the first FROM")
                .stage(view.name());
            out.report(view.services().into_iter().fold(finding, Finding::service));
        }
    }
}
