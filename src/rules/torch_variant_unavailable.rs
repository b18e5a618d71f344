//! rules/torch-variant-unavailable.md

use crate::diagnostic::{Applicability, Finding, Fix};
use crate::image::cuda::wheels::{self, StatementOrigin};
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct TorchVariantUnavailable;

impl Rule for TorchVariantUnavailable {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let chain = view.cuda_chain();
        let Some(link) = chain.link(view.stage.index) else { return };
        for step in &link.steps {
            let Some(statement) = step.statements.iter().find(|s| s.package == "torch") else { continue };
            let (Some(token), Some(version)) = (&statement.token, &statement.package_version) else { continue };
            let nightly = step.words.iter().any(|w| w.contains("/nightly/") || w.contains("/test/") || w == "--pre");
            if nightly || wheels::torch_has_variant(version, token) != Some(false) {
                continue;
            }
            // A torch that is there already, and fits, is not looked for in any index.
            if chain.keeps_torch(view.stage.index, step, statement) {
                continue;
            }
            let place = step.place(statement.word);
            let variants = wheels::torch_variants(version).unwrap_or(&[]).join(", ");
            let finding = match statement.origin {
                StatementOrigin::Default => {
                    let brings = statement.version.map_or(String::new(), |v| format!(", which is for CUDA {v}"));
                    out.warning(
                        place,
                        format!("torch {version} has no variant {token}: pip takes the one of PyPI{brings}"),
                    )
                }
                _ => out.error(
                    place,
                    format!(
                        "torch {version} has no variant {token}: \"ERROR: No matching distribution found for torch=={version}\""
                    ),
                ),
            };
            let mut finding = finding
                .here(format!("torch {version} comes as {variants}"))
                .help(format!("use one of {variants}, or a torch that has {token}"))
                .stage(view.name());
            // The variant of the image's own CUDA is the one that was meant.
            if let Some(ground) = chain.ground(view.stage.index)
                && let Some(new) = ground.version.index_token()
                && wheels::torch_has_variant(version, &new) == Some(true)
            {
                finding = finding.label(ground.span, format!("CUDA {}", ground.version.release()));
                let places: std::collections::BTreeSet<_> = step.places.iter().copied().collect();
                let edits: Vec<_> =
                    places.into_iter().filter(|p| view.project.sources.slice(*p).contains(token.as_str())).collect();
                let exact: Option<Vec<_>> = edits.iter().map(|p| view.project.part_of(*p, token)).collect();
                if let Some(exact) = exact.filter(|e| !e.is_empty()) {
                    let fix = Fix::new(format!("take torch {version} for {new}"), Applicability::Unsafe);
                    finding = finding.fix(exact.into_iter().fold(fix, |fix, place| fix.edit(place, new.clone())));
                }
            }
            out.report(view.services().into_iter().fold(finding, Finding::service));
        }
    }
}
