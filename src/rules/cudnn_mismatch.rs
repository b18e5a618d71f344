//! rules/cudnn-mismatch.md

use crate::diagnostic::{Confidence, Finding};
use crate::image::cuda::wheels::StatementKind;
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct CudnnMismatch;

impl Rule for CudnnMismatch {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let (chain, stage) = (view.cuda_chain(), view.stage.index);
        let Some(link) = chain.link(stage) else { return };
        let Some((_, cuda, span)) = chain.root(stage) else { return };
        let Some(image) = cuda.cudnn else { return };
        for step in link.steps.iter().filter(|s| s.context.is_reached()) {
            for statement in step.statements.iter().filter(|s| s.kind == StatementKind::NeedsImage) {
                let Some(needs) = statement.cudnn else { continue };
                // A package or wheel may bring the other one, and torch's wheels do.
                let brought = chain
                    .steps(stage)
                    .flat_map(|s| &s.statements)
                    .any(|s| s.kind == StatementKind::Cudnn || s.package == "torch" || s.kind == StatementKind::Libraries);
                let base_torch = cuda.torch.is_some();
                if needs == image || brought || base_torch || statement.confidence < Confidence::Likely {
                    continue;
                }
                let message = format!(
                    "`{}` is built for cuDNN {needs}, and the image has cuDNN {image}: its library is not found",
                    statement.package
                );
                let finding = out
                    .warning(step.place(statement.word), message)
                    .here(statement.note.clone())
                    .label(span, format!("cuDNN {image}"))
                    .help(format!("use a version for cuDNN {image}, or an image with cuDNN {needs}"))
                    .stage(view.name());
                out.report(view.services().into_iter().fold(finding, Finding::service));
            }
        }
    }
}
