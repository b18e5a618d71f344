//! rules/unsupported-gpu-arch.md

use crate::diagnostic::{Confidence, Finding};
use crate::image::cuda::compat::{ArchSupport, arch_message, arch_support};
use crate::image::cuda::signals::Arch;
use crate::image::cuda::wheels::torch_for_arch;
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct UnsupportedGpuArch;

impl Rule for UnsupportedGpuArch {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let (chain, stage) = (view.cuda_chain(), view.stage.index);
        let Some(link) = chain.link(stage) else { return };
        wheel(view, out);
        let Some((toolkit, place, confidence)) = chain.toolkit(stage) else { return };
        if confidence < Confidence::Likely {
            return;
        }
        // A variable only counts where something in the stage is compiled by it.
        let extension = link.steps.iter().any(|s| s.context.is_certain() && s.builds_extension());
        for step in &link.steps {
            let relevant = if step.is_variable() { extension } else { step.context.is_certain() };
            if !relevant {
                continue;
            }
            for (word, arch) in &step.archs {
                let Arch::Sm { sm, text } = arch else { continue };
                let why = match arch_support(&toolkit, *sm) {
                    ArchSupport::TooNew(first) => format!("CUDA {first} is the first that can compile for it"),
                    ArchSupport::Dropped(last) => format!("CUDA {last} was the last that could compile for it"),
                    ArchSupport::Supported | ArchSupport::Unknown => continue,
                };
                let message = format!(
                    "CUDA {} cannot compile for the GPU architecture {text}: {why}. The build ends with \"{}\"",
                    toolkit.release(),
                    arch_message(*sm)
                );
                let finding = out
                    .error(step.place(*word), message)
                    .here(format!("names {text}"))
                    .label(place, format!("CUDA {}", toolkit.release()))
                    .help("take the architecture out of the list, or build with a CUDA that has it")
                    .stage(view.name());
                out.report(view.services().into_iter().fold(finding, Finding::service));
            }
        }
    }
}

/// An architecture that is named for the stage, and that torch's wheel holds no code for.
fn wheel(view: &StageView<'_>, out: &mut Findings<'_>) {
    let (chain, stage) = (view.cuda_chain(), view.stage.index);
    let Some(link) = chain.link(stage) else { return };
    let Some(torch) = chain.torch(stage).filter(|t| t.confidence >= Confidence::Likely) else { return };
    let Some(cuda) = torch.cuda else { return };
    for step in link.steps.iter().filter(|s| s.is_variable()) {
        let Some((name, _)) = step.env.first().filter(|(name, _)| name == "TORCH_CUDA_ARCH_LIST") else { continue };
        for (_, arch) in &step.archs {
            let Arch::Sm { sm, text } = arch else { continue };
            let Some((_, first)) = torch_for_arch(*sm) else { continue };
            if cuda.release().at_least(&first) != Some(false) {
                continue;
            }
            let message = format!(
                "{name} names {text}, and the installed torch for CUDA {} has no code for it: wheels have it from CUDA {first} on",
                cuda.release()
            );
            let finding = out
                .warning(step.span, message)
                .here(format!("names {text}"))
                .label(torch.span, format!("torch for CUDA {}", cuda.release()))
                .help("install a torch for that CUDA or a later one, or leave the architecture out")
                .stage(view.name());
            out.report(view.services().into_iter().fold(finding, Finding::service));
        }
    }
}
