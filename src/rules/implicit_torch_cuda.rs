//! rules/implicit-torch-cuda.md

use crate::diagnostic::{Applicability, Confidence, Finding, Fix};
use crate::image::cuda::Relation;
use crate::image::cuda::chain::{Ground, ChainStep};
use crate::image::cuda::wheels::{self, CudaStatement, StatementKind, StatementOrigin};
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct ImplicitTorchCuda;

impl Rule for ImplicitTorchCuda {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let (chain, stage) = (view.cuda_chain(), view.stage.index);
        let Some(link) = chain.link(stage) else { return };
        let Some(ground) = chain.ground(stage).filter(|g| g.confidence >= Confidence::Likely) else { return };
        // PyPI's wheels for arm64 are for other versions, or for the CPU.
        if chain.is_arm(stage) {
            return;
        }
        let base_has_torch = chain.root(stage).is_some_and(|(_, cuda, _)| cuda.torch.is_some());
        for step in link.steps.iter().filter(|s| s.context.is_reached()) {
            let Some(statement) = step.statements.iter().find(|s| s.package == "torch") else { continue };
            if statement.origin == StatementOrigin::ExtraIndex
                && statement.version.is_none()
                && statement.package_version.is_none()
                && !base_has_torch
                && !chain.keeps_torch(stage, step, statement)
            {
                ended_index(view, &ground, step, statement, out);
            }
            let Some(brings) = statement.version else { continue };
            let fits = statement.kind == StatementKind::Wheel
                && statement.origin == StatementOrigin::Default
                && statement.token.is_none()
                && statement.confidence >= Confidence::Likely
                && ground.version.relation(&brings) == Relation::MinorDiffers;
            if !fits || base_has_torch || chain.keeps_torch(stage, step, statement) {
                continue;
            }
            let (image, version) = (ground.version.release(), statement.package_version.as_deref().unwrap_or("…"));
            let message = format!(
                "the image is CUDA {image}, and a plain `torch=={version}` brings CUDA {} from PyPI, whatever the image has",
                brings.release()
            );
            let mut finding = out
                .info(step.place(statement.word), message)
                .here(statement.note.clone())
                .label(ground.span, format!("CUDA {image}"))
                .help("name the index of the CUDA that you mean: `--extra-index-url https://download.pytorch.org/whl/cu…`")
                .confidence(Confidence::Likely)
                .stage(view.name());
            if let Some(token) = ground.version.index_token()
                && wheels::torch_has_variant(version, &token) == Some(true)
                && let Some(last) = step.places.last()
            {
                let title = format!("take torch from the index {token}");
                let option = format!(" --extra-index-url https://download.pytorch.org/whl/{token}");
                finding = finding.fix(Fix::new(title, Applicability::Unsafe).edit(last.end_point(), option));
            }
            out.report(view.services().into_iter().fold(finding, Finding::service));
        }
    }
}

/// An unpinned torch with an extra index that newer releases are not on: pip takes the highest version, and that is PyPI's.
fn ended_index(view: &StageView<'_>, ground: &Ground, step: &ChainStep, statement: &CudaStatement, out: &mut Findings<'_>) {
    let Some(token) = statement.token.as_deref() else { return };
    let Some(last) = wheels::index_ended_with(token) else { return };
    let place = step.place(statement.word);
    let message = format!(
        "index {token} ends with torch {last}, and PyPI has newer ones: without a version pip takes PyPI's newest, for another CUDA"
    );
    let mut finding = out
        .info(place, message)
        .here("searched beside PyPI, and loses")
        .label(ground.span, format!("CUDA {}", ground.version.release()))
        .help(format!("make it the only index (`--index-url`), or pin a version that {token} has"))
        .confidence(Confidence::Likely)
        .stage(view.name());
    let command = wheels::requirements(&step.words, wheels::skip_prefix(&step.words), &step.env);
    let only_torch = command.is_some_and(|c| {
        c.files.is_empty() && c.requirements.iter().all(|r| wheels::TORCH_FAMILY.contains(&r.name.as_str()))
    });
    if only_torch && let Some(option) = view.project.part_of(step.span, "--extra-index-url") {
        finding = finding.fix(Fix::new("make it the only index", Applicability::Unsafe).edit(option, "--index-url"));
    }
    out.report(view.services().into_iter().fold(finding, Finding::service));
}
