//! rules/unlinked-sibling-base.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::image_ref::ImageRef;
use crate::image::official;
use crate::project::ServiceView;
use crate::project::image_names::{built_names, is_plain};
use crate::text::Span;

use super::{Findings, Rule};

pub(super) struct UnlinkedSiblingBase;

impl Rule for UnlinkedSiblingBase {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let Some((_, entry)) = view.dockerfile() else { return };
        if !is_plain(&entry.parsed) {
            return;
        }
        let Some(evaluation) = view.evaluation() else { return };
        let mut done: Vec<String> = Vec::new();
        for (stage, info) in entry.parsed.stages.iter().zip(evaluation.stages()).filter(|(_, i)| i.reachable) {
            let base = entry.parsed.base(stage).map(|w| (&info.base, w.span));
            let taken = info.dependencies.iter().map(|d| (&d.source, d.span));
            for (source, span) in base.into_iter().chain(taken) {
                let crate::dockerfile::expand::StageBase::Image(name) = source else { continue };
                if done.contains(name) {
                    continue;
                }
                done.push(name.clone());
                report(view, name, span, out);
            }
        }
    }
}

fn report(view: &ServiceView<'_>, name: &str, span: Span, out: &mut Findings<'_>) {
    let Some(image) = ImageRef::parse(name).filter(|i| !official::is_official(i)) else { return };
    let sibling = view.siblings().find_map(|s| {
        let built = built_names(view.compose, s).into_iter().find(|n| n.is(&image))?;
        Some((s, built))
    });
    let Some((sibling, built)) = sibling else { return };
    // One Dockerfile for both, or each of them its own image's extension: nothing waits for anything.
    let own = built_names(view.compose, view.service).iter().any(|n| n.is(&image));
    let same = matches!((&sibling.build, &view.service.build), (Some(a), Some(b)) if a.dockerfile_path.is_some() && a.dockerfile_path == b.dockerfile_path && a.target.as_ref().map(|t| &t.resolved) == b.target.as_ref().map(|t| &t.resolved));
    if own || same {
        return;
    }
    let message = format!(
        "`{name}` is built by the service `{}`, but this build is not linked to it: Compose builds both at once, and the \
         builder asks the registry (\"pull access denied, repository does not exist\") or takes an old image of that name",
        sibling.name
    );
    let mut finding = out
        .warning(span, message)
        .here("not on the machine when this build starts")
        .label(built.span, format!("built by `{}`", sibling.name))
        .service(&view.service.name)
        .help(format!(
            "link the builds with `additional_contexts`: `{name}: service:{}`; `depends_on` orders containers only",
            sibling.name
        ));
    if let Some(build) = &view.service.build {
        finding = finding.label(build.key_span, "built here, without `additional_contexts`");
        let key = if name.contains(':') { format!("\"{name}\"") } else { name.to_owned() };
        let link = format!("  {key}: service:{}", sibling.name);
        let flow = format!("additional_contexts: {{ {key}: \"service:{}\" }}", sibling.name);
        if build.additional_contexts.is_empty()
            && let Some(edit) = view.add_to_build(&["additional_contexts:", &link], &flow)
        {
            let fix = Fix::new(format!("build `{}` first and start from it", sibling.name), Applicability::Unsafe);
            finding = finding.fix(fix.edit(edit.span, edit.text));
        }
    }
    out.report(finding);
}
