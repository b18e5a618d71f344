//! rules/native-arch-in-build.md

use crate::diagnostic::{Applicability, Confidence, Finding, Fix};
use crate::image::cuda::signals::Arch;
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct NativeArchInBuild;

impl Rule for NativeArchInBuild {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let Some(link) = view.cuda_chain().link(view.stage.index) else { return };
        for step in link.steps.iter().filter(|s| !s.is_variable() && s.context.is_certain()) {
            // A RUN that is given a GPU has one to ask.
            if view.has_device(step.instruction) {
                continue;
            }
            if let Some((word, _)) = step.archs.iter().find(|(_, arch)| *arch == Arch::Native) {
                let message = "`native` asks the machine that builds for its GPU, and a build has none: \
                               \"CUDA_ARCHITECTURES is set to \"native\", but no GPU was detected\"";
                // nvcc itself falls back to its default architecture with a warning.
                let finding = if step.name() == "nvcc" {
                    out.warning(step.place(*word), message)
                } else {
                    out.error(step.place(*word), message)
                };
                let finding = finding
                    .here("no GPU here")
                    .help("name the architectures of your GPUs, as in `-DCMAKE_CUDA_ARCHITECTURES=\"86;89\"`")
                    .stage(view.name());
                out.report(view.services().into_iter().fold(finding, Finding::service));
                continue;
            }
            let signal = |id: &str| step.signals.iter().find(|s| s.id == id && s.word.is_some());
            let Some(word) = signal("ggml-cuda").and_then(|s| s.word) else { continue };
            let configures = step.name() == "cmake";
            if !configures || signal("ggml-native-off").is_some() || signal("cmake-cuda-architectures").is_some() {
                continue;
            }
            let place = step.place(word);
            let finding = out
                .info(
                    place,
                    "GGML_NATIVE is on by default: llama.cpp is compiled for the machine that builds, whose GPU a build does not see; \
                     some versions end with \"nvcc fatal   : Unsupported gpu architecture 'compute_No CUDA devices found.'\"",
                )
                .here("without -DGGML_NATIVE=OFF")
                .help("pass `-DGGML_NATIVE=OFF`, and `-DCMAKE_CUDA_ARCHITECTURES=…` for your GPUs")
                .confidence(Confidence::Possible)
                .stage(view.name())
                .fix(
                    Fix::new("compile for no particular machine", Applicability::Unsafe)
                        .edit(place.end_point(), " -DGGML_NATIVE=OFF"),
                );
            out.report(view.services().into_iter().fold(finding, Finding::service));
        }
    }
}
