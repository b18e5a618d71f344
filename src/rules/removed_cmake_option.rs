//! rules/removed-cmake-option.md

use crate::diagnostic::{Applicability, Confidence, Finding, Fix, Severity};
use crate::image::cuda::chain::ChainStep;
use crate::image::cuda::wheels;
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct RemovedCmakeOption;

impl Rule for RemovedCmakeOption {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let Some(link) = view.cuda_chain().link(view.stage.index) else { return };
        // An old version that is asked for by name still has the option.
        let pinned = link.steps.iter().any(pins);
        for step in &link.steps {
            let found =
                step.signals.iter().find(|s| s.id == "llama-cuda-removed" && (s.word.is_some() || step.is_variable()));
            let Some(signal) = found else { continue };
            let old = signal.value.clone().unwrap_or_default();
            let place = signal.word.map_or(step.span, |word| step.place(word));
            let message = format!(
                "`{old}` is no option of current llama.cpp versions: the build stops, or runs without CUDA. Its name is GGML_CUDA now"
            );
            let severity = if pinned { Severity::Info } else { Severity::Warning };
            let mut finding = out
                .finding(severity, place, message)
                .here("renamed")
                .help("write `-DGGML_CUDA=ON`, or pin the version that has the old name")
                .confidence(if pinned { Confidence::Possible } else { Confidence::Likely })
                .stage(view.name());
            if !pinned
                && step.name() != "make"
                && let Some(name) = view.project.part_of(place, &old)
            {
                finding = finding.fix(Fix::new("use the new name", Applicability::Unsafe).edit(name, "GGML_CUDA"));
            }
            out.report(view.services().into_iter().fold(finding, Finding::service));
        }
    }
}

/// `git clone -b b1234`, `git checkout`, `pip install llama-cpp-python==0.2.20`.
fn pins(step: &ChainStep) -> bool {
    match step.name() {
        "git" => {
            let has = |word: &str| step.words.iter().any(|w| w == word);
            has("-b") || has("checkout") || has("reset") || step.words.iter().any(|w| w.starts_with("--branch"))
        }
        _ => {
            let command = wheels::requirements(&step.words, wheels::skip_prefix(&step.words), &step.env);
            command
                .is_some_and(|c| c.requirements.iter().any(|r| r.name == "llama-cpp-python" && !r.specifier.is_empty()))
        }
    }
}
