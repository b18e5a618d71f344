//! rules/missing-cudnn-headers.md

use crate::diagnostic::{Confidence, Finding};
use crate::image::cuda::chain::ChainStep;
use crate::image::cuda::wheels::StatementKind;
use crate::image::cuda::{Flavour, ImageCuda};
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct MissingCudnnHeaders;

impl Rule for MissingCudnnHeaders {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let (chain, stage) = (view.cuda_chain(), view.stage.index);
        let Some(link) = chain.link(stage) else { return };
        let Some((reference, cuda, span)) = chain.root(stage) else { return };
        let Some(why) = without_headers(reference, cuda) else { return };
        for step in link.steps.iter().filter(|s| s.context.is_certain()) {
            let Some(word) = wants_headers(step) else { continue };
            let before = chain.steps(stage).take_while(|s| !std::ptr::eq(*s, step));
            let maybe = before
                .into_iter()
                .any(|s| s.opaque || s.copy.is_some() || s.statements.iter().any(|s| s.kind == StatementKind::Cudnn));
            if maybe {
                continue;
            }
            let finding = out
                .warning(
                    step.place(word),
                    "this build needs cudnn.h, and the image has no cuDNN headers: configuration stops at \"Could NOT find CUDNN\"",
                )
                .here("needs cuDNN's headers")
                .label(span, why.clone())
                .help("build on a `-cudnn-devel-` flavour of nvidia/cuda, or install `libcudnn9-dev-cuda-12`")
                .confidence(Confidence::Likely)
                .stage(view.name());
            out.report(view.services().into_iter().fold(finding, Finding::service));
            return;
        }
    }
}

fn without_headers(reference: &str, cuda: &ImageCuda) -> Option<String> {
    match (cuda.grammar, cuda.flavour) {
        ("nvidia-cuda", Some(Flavour::Devel)) if cuda.cudnn.is_some() => None,
        ("nvidia-cuda", Some(_)) => Some(format!("`{reference}` has no cuDNN headers")),
        // Since torch 2.4 the devel image stands on a base without cuDNN; its own comes as a wheel.
        ("pytorch", Some(Flavour::Devel)) => {
            let version = cuda.torch.as_deref()?;
            let mut parts = version.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
            let release = (parts.next()?, parts.next()?);
            (release >= (2, 4)).then(|| format!("`{reference}` has cuDNN only as a Python wheel"))
        }
        _ => None,
    }
}

/// `-DWITH_CUDNN=ON`, `-DUSE_CUDNN=1`, `-DOPENCV_DNN_CUDA=ON`.
fn wants_headers(step: &ChainStep) -> Option<usize> {
    if step.name() != "cmake" {
        return None;
    }
    step.words.iter().position(|word| {
        let Some((name, value)) = word.strip_prefix("-D").and_then(|w| w.split_once('=')) else { return false };
        let name = name.split(':').next().unwrap_or(name);
        matches!(name, "WITH_CUDNN" | "USE_CUDNN" | "OPENCV_DNN_CUDA")
            && matches!(value, "ON" | "on" | "1" | "TRUE" | "YES")
    })
}
