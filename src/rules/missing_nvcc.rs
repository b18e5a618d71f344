//! rules/missing-nvcc.md

use crate::diagnostic::{Applicability, Confidence, Finding, Fix};
use crate::image::cuda::chain::Nvcc;
use crate::image::cuda::{Flavour, ImageCuda, signals};
use crate::project::{Project, StageView};
use crate::text::Span;

use super::{Findings, Rule};

pub(super) struct MissingNvcc;

impl Rule for MissingNvcc {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let (chain, stage) = (view.cuda_chain(), view.stage.index);
        for (step, signal) in chain.compiling(stage) {
            if !step.context.is_certain() {
                continue;
            }
            let Nvcc::Absent(why) = chain.nvcc(stage, step) else { continue };
            // A package may still find a wheel that somebody built; a build flag may not.
            let package = signal.id == "source-package";
            let error = signal.message.unwrap_or(if signal.id == "nvcc-call" {
                signals::no_nvcc_message()
            } else if package {
                signals::no_cuda_home_message()
            } else {
                "Failed to find nvcc. Compiler requires the CUDA toolkit."
            });
            let place = step.place(signal.word.unwrap_or_default());
            let what = match (&signal.value, package) {
                (Some(name), true) => format!("`{name}` is compiled with nvcc"),
                _ => "this step compiles CUDA code".to_owned(),
            };
            let message = format!("{what}, and nvcc is not there: \"{}\"", first_sentence(error));
            let finding = if package || signal.confidence < Confidence::Certain {
                out.warning(place, message)
            } else {
                out.error(place, message)
            };
            let mut finding = finding.here("needs nvcc").stage(view.name());
            if let Some((reference, cuda, span)) = chain.root(stage) {
                finding = finding.label(span, why).help(help(cuda));
                if let Some(fix) = devel(view.project, reference, cuda, span) {
                    finding = finding.fix(fix);
                }
            }
            out.report(view.services().into_iter().fold(finding, Finding::service));
            // One is enough: the first one stops the build.
            return;
        }
    }
}

fn first_sentence(text: &str) -> &str {
    text.split(".  ").next().unwrap_or(text)
}

fn help(cuda: &ImageCuda) -> &'static str {
    if cuda.is_cuda() == Some(true) {
        "build on the `devel` flavour of the same image, and copy the result into this one if size matters"
    } else {
        "build on an image with the toolkit, as `nvidia/cuda:…-devel-…`, or install `cuda-toolkit-X-Y` from NVIDIA's repository"
    }
}

/// The same tag with the flavour that has `nvcc`.
fn devel(project: &Project, reference: &str, cuda: &ImageCuda, span: Span) -> Option<Fix> {
    let flavour = cuda.flavour.filter(|f| *f != Flavour::Devel)?;
    // Only where the tag stands as written: a variable may serve other stages too.
    (project.sources.slice(span) == reference).then_some(())?;
    let place = project.part_of(span, flavour.as_str())?;
    let title = format!("build on the devel flavour instead of {}", flavour.as_str());
    Some(Fix::new(title, Applicability::Unsafe).edit(place, Flavour::Devel.as_str()))
}
