//! rules/cuda-version-mismatch.md

use std::collections::BTreeSet;

use crate::diagnostic::{Applicability, Confidence, Finding, Fix, Severity};
use crate::image::cuda::chain::{ChainBase, Chain, Ground, ChainStep};
use crate::image::cuda::wheels::{self, CudaStatement, StatementKind, StatementOrigin};
use crate::image::cuda::{CudaVersion, ImageCuda, Relation, VersionRequirement};
use crate::project::{Project, StageView};
use crate::text::Span;

use super::{Findings, Rule};

pub(super) struct CudaVersionMismatch;

impl Rule for CudaVersionMismatch {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        let Some(text) = &out.settings().cuda_require else { return };
        if let Ok(requirement) = VersionRequirement::parse(text) {
            policy(project, &requirement, out);
        }
    }

    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let chain = view.cuda_chain();
        let stage = view.stage.index;
        let Some(link) = chain.link(stage) else { return };
        let Some(ground) = chain.ground(stage).filter(|g| g.confidence >= Confidence::Likely) else { return };
        for step in link.steps.iter().filter(|s| s.context.is_reached()) {
            if step.is_variable() {
                path(view, &ground, step, out);
            }
            for statement in &step.statements {
                if let Some((severity, why)) = judge(chain, stage, &ground, step, statement) {
                    report(view, &ground, step, statement, severity, &why, out);
                }
            }
        }
    }
}

/// How bad a statement is on this ground, and what follows from it in a half-sentence.
fn judge(
    chain: &Chain,
    stage: usize,
    ground: &Ground,
    step: &ChainStep,
    statement: &CudaStatement,
) -> Option<(Severity, String)> {
    let version = statement.version?;
    if statement.confidence < Confidence::Likely || statement.backend.is_some() {
        return None;
    }
    if statement.origin == StatementOrigin::Default && chain.is_arm(stage) {
        return None;
    }
    let relation = ground.version.relation(&version);
    match statement.kind {
        StatementKind::Wheel => {
            let is_torch = statement.package == "torch";
            if is_torch && chain.keeps_torch(stage, step, statement) {
                return None;
            }
            let replaces = is_torch && chain.root(stage).is_some_and(|(_, cuda, _)| cuda.torch.is_some());
            match relation {
                Relation::MajorDiffers => Some(match chain.extension_after(stage, step) {
                    Some(_) if is_torch => {
                        let toolkit = chain.toolkit(stage).map_or(ground.version, |(version, ..)| version);
                        if toolkit.relation(&version) != Relation::MajorDiffers {
                            return None;
                        }
                        let error = wheels::extension_mismatch_message(&toolkit, &version);
                        (Severity::Error, format!("the extension that is compiled against it fails: \"{error}\""))
                    }
                    _ => (
                        Severity::Warning,
                        "two CUDA majors stand side by side, and nothing can be compiled against both".to_owned(),
                    ),
                }),
                Relation::MinorDiffers if replaces => {
                    Some((Severity::Warning, "it replaces the torch that the base image was chosen for".to_owned()))
                }
                // What PyPI's default brings is the business of implicit-torch-cuda.
                Relation::MinorDiffers if statement.origin != StatementOrigin::Default => Some((
                    Severity::Info,
                    "the wheel brings its own libraries, so it runs; the image's are unused".to_owned(),
                )),
                _ => None,
            }
        }
        StatementKind::NeedsImage if relation == Relation::MajorDiffers => {
            // Wheels of the same major may bring the libraries.
            let brought = chain.steps(stage).flat_map(|s| &s.statements).any(|other| {
                matches!(other.kind, StatementKind::Wheel | StatementKind::Libraries | StatementKind::Toolkit)
                    && other.version.is_some_and(|v| v.major == version.major)
            });
            (!brought).then(|| {
                let why = "it takes CUDA's libraries from the image, which has those of another major version";
                (Severity::Warning, why.to_owned())
            })
        }
        StatementKind::Cudnn | StatementKind::Libraries if statement.origin != StatementOrigin::Default && !is_pip(step) => match relation {
            Relation::MajorDiffers => Some((
                Severity::Warning,
                "libraries of another major version are of no use to the image's programs".to_owned(),
            )),
            _ => None,
        },
        StatementKind::Toolkit if ground.from_base => match relation {
            Relation::MajorDiffers => Some((
                Severity::Warning,
                "a second toolkit of another major version stands beside the image's".to_owned(),
            )),
            Relation::MinorDiffers => {
                Some((Severity::Info, "a second toolkit stands beside the image's libraries".to_owned()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// `CUDA_HOME=/usr/local/cuda-12.1` in an image of another CUDA: there is no such folder.
fn path(view: &StageView<'_>, ground: &Ground, step: &ChainStep, out: &mut Findings<'_>) {
    let Some(named) = step.signals.iter().find(|s| s.id == "cuda-home").and_then(|s| s.value.as_deref()) else {
        return;
    };
    let Some(named) = CudaVersion::parse(named) else { return };
    let chain = view.cuda_chain();
    // A toolkit or an unknown script may have made the folder.
    let other = chain.steps(view.stage.index).any(|s| {
        s.opaque
            || s.copy.as_ref().is_some_and(|c| c.takes_cuda)
            || s.statements.iter().any(|s| s.kind == StatementKind::Toolkit)
    });
    if other || ground.version.starts_with(&named) != Some(false) {
        return;
    }
    let (here, there) = (named.release(), ground.version.release());
    let message =
        format!("the path names CUDA {here}, and the image is built on CUDA {there}: there is no such folder");
    let finding = out
        .warning(step.span, message)
        .here(format!("CUDA {here}"))
        .label(ground.span, format!("CUDA {there}"))
        .help("`/usr/local/cuda` leads to the image's own version")
        .stage(view.name());
    out.report(view.services().into_iter().fold(finding, Finding::service));
}

fn is_pip(step: &ChainStep) -> bool {
    wheels::requirements(&step.words, wheels::skip_prefix(&step.words), &step.env).is_some()
}

fn report(
    view: &StageView<'_>,
    ground: &Ground,
    step: &ChainStep,
    statement: &CudaStatement,
    severity: Severity,
    why: &str,
    out: &mut Findings<'_>,
) {
    let Some(version) = statement.version else { return };
    let (here, there) = (version.release(), ground.version.release());
    let package = &statement.package;
    let verb = if statement.kind == StatementKind::Toolkit { "is" } else { "is for" };
    let message = format!("`{package}` {verb} CUDA {here}, and the image is built on CUDA {there}: {why}");
    let mut finding = out
        .finding(severity, step.place(statement.word), message)
        .here(format!("CUDA {here}: {}", statement.note))
        .label(ground.span, format!("CUDA {there}"))
        .stage(view.name());
    if severity == Severity::Error
        && let Some(extension) = view.cuda_chain().extension_after(view.stage.index, step)
    {
        finding = finding.label(extension.span, "compiled against both");
    }
    finding = view.services().into_iter().fold(finding, Finding::service);
    finding = finding.help(format!("let both be CUDA {there}, or both CUDA {here}"));
    if let Some(fix) = same_index(view.project, ground, step, statement) {
        finding = finding.fix(fix);
    }
    out.report(finding);
}

/// The index of the image's own CUDA, where torch has that variant.
fn same_index(project: &Project, ground: &Ground, step: &ChainStep, statement: &CudaStatement) -> Option<Fix> {
    let (old, new) = (statement.token.as_deref()?, ground.version.index_token()?);
    if statement.package != "torch" || statement.origin == StatementOrigin::Default {
        return None;
    }
    if wheels::torch_has_variant(statement.package_version.as_deref()?, &new) != Some(true) {
        return None;
    }
    let mut fix = Fix::new(format!("take torch from the index {new}"), Applicability::Unsafe);
    let places: BTreeSet<Span> = step.places.iter().copied().collect();
    for place in places {
        if project.sources.slice(place).contains(old) {
            fix = fix.edit(project.part_of(place, old)?, new.clone());
        }
    }
    (!fix.edits.is_empty()).then_some(fix)
}

/// `[cuda] require`: every GPU image of the project must state a version that it accepts.
fn policy(project: &Project, requirement: &VersionRequirement, out: &mut Findings<'_>) {
    let mut seen = BTreeSet::new();
    for (index, build) in project.builds.iter().enumerate() {
        let chain = project.cuda_chain(index);
        let services: Vec<String> =
            build.users.iter().filter_map(|id| Some(project.service(*id)?.service.name.clone())).collect();
        for stage in (0..build.evaluation.stages().len()).filter(|s| build.reaches(*s)) {
            let Some(link) = chain.link(stage) else { continue };
            match &link.base {
                ChainBase::Image { reference, cuda } if seen.insert((link.base_span, reference.clone())) => {
                    image(requirement, reference, cuda, link.base_span, &services, out);
                }
                _ => {}
            }
            // An image that has its CUDA from wheels or packages alone.
            if chain.root(stage).is_some_and(|(_, cuda, _)| cuda.is_cuda() != Some(true)) {
                packages(requirement, link.steps.iter(), &services, &mut seen, out);
            }
        }
    }
    for view in project.services().filter(|view| view.service.build.is_none()) {
        if let Some(found) = view.cuda()
            && seen.insert((found.span, found.reference.clone()))
        {
            image(
                requirement,
                &found.reference,
                &found.cuda,
                found.span,
                std::slice::from_ref(&view.service.name),
                out,
            );
        }
    }
}

fn image(
    requirement: &VersionRequirement,
    reference: &str,
    cuda: &ImageCuda,
    span: Span,
    services: &[String],
    out: &mut Findings<'_>,
) {
    if cuda.is_cuda() != Some(true) || cuda.confidence < Confidence::Likely && cuda.version().is_none() {
        return;
    }
    let accepted = cuda.version().map(|version| requirement.accepts(&version));
    let finding = match accepted {
        Some(Some(true)) => return,
        Some(Some(false)) => {
            let message = format!("`{reference}` is CUDA {}, and this project requires {requirement}", cuda.describe());
            let severity = if cuda.confidence == Confidence::Possible { Severity::Warning } else { Severity::Error };
            out.finding(severity, span, message).here(format!("CUDA {}", cuda.describe()))
        }
        Some(None) | None => {
            let message = format!(
                "this project requires CUDA {requirement}, and the version of `{reference}` is {}",
                cuda.describe()
            );
            out.warning(span, message).here(cuda.reason.clone())
        }
    };
    let finding =
        finding.help(format!("the requirement stands in dockcheck.toml: `[cuda] require = \"{requirement}\"`"));
    out.report(services.iter().fold(finding, |finding, name| finding.service(name)));
}

fn packages<'s>(
    requirement: &VersionRequirement,
    steps: impl Iterator<Item = &'s ChainStep>,
    services: &[String],
    seen: &mut BTreeSet<(Span, String)>,
    out: &mut Findings<'_>,
) {
    for step in steps.filter(|s| s.context.is_reached()) {
        for statement in step.statements.iter().filter(|s| s.confidence >= Confidence::Likely) {
            let Some(version) = statement.version else { continue };
            let counts = matches!(statement.kind, StatementKind::Wheel | StatementKind::Toolkit);
            let place = step.place(statement.word);
            if !counts
                || requirement.accepts(&version) != Some(false)
                || !seen.insert((place, statement.package.clone()))
            {
                continue;
            }
            let (package, version) = (&statement.package, version.release());
            let message = format!("`{package}` is for CUDA {version}, and this project requires {requirement}");
            let finding = out.error(place, message).here(format!("CUDA {version}: {}", statement.note));
            let finding =
                finding.help(format!("the requirement stands in dockcheck.toml: `[cuda] require = \"{requirement}\"`"));
            out.report(services.iter().fold(finding, |finding, name| finding.service(name)));
        }
    }
}
