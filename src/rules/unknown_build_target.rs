//! rules/unknown-build-target.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::suggest::nearest;
use crate::project::image_names::is_plain;
use crate::text::words::join_and_quoted;
use crate::project::ServiceView;
use crate::analysis::yaml_edit;

use super::{Findings, Rule};

pub(super) struct UnknownBuildTarget;

impl Rule for UnknownBuildTarget {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let Some(build) = &view.service.build else { return };
        let Some((_, entry)) = view.dockerfile() else { return };
        let Some(target) = &build.target else { return };
        let Some(name) = target.known().filter(|n| !n.is_empty()) else { return };
        let parsed = &entry.parsed;
        if view.base_decides_dockerfile()
            || parsed.stages.is_empty()
            || !is_plain(parsed)
            || parsed.stage_named(name, usize::MAX).is_some()
        {
            return;
        }
        let stages: Vec<&str> = parsed.stages.iter().filter_map(|s| Some(s.name.as_ref()?.text.as_str())).collect();
        let path = view.project.file(parsed.file).name();
        let has = match stages.as_slice() {
            [] => "whose stages have no names".to_owned(),
            [one] => format!("whose only named stage is `{one}`"),
            some => format!("which has {}", join_and_quoted(some)),
        };
        let mut finding = out
            .error(
                target.span,
                format!("`{path}`, {has}, has no stage `{name}`: the build fails with \"target stage \"{name}\" could not be found\""),
            )
            .here("no such stage")
            .service(&view.service.name);
        if let Some(dockerfile) = &build.dockerfile {
            let where_set = if dockerfile.span.file == target.span.file {
                "the Dockerfile that is built"
            } else {
                "this file sets another Dockerfile, and the target stays"
            };
            finding = finding.label(dockerfile.span, where_set);
        }
        for stage in parsed.stages.iter().filter_map(|s| s.name.as_ref()).take(4) {
            finding = finding.label(stage.span, "a stage");
        }
        let lower: Vec<String> = stages.iter().map(|s| s.to_lowercase()).collect();
        let near = nearest(&name.to_lowercase(), lower.iter().map(String::as_str))
            .and_then(|found| lower.iter().position(|l| l == found))
            .or_else(|| {
                let long = |a: &str, b: &str| a.len() >= 3 && b.starts_with(a);
                let n = name.to_lowercase();
                let mut alike = lower.iter().enumerate().filter(|(_, l)| long(&n, l) || long(l, &n));
                alike.next().filter(|_| alike.next().is_none()).map(|(i, _)| i)
            })
            .and_then(|i| stages.get(i));
        match near {
            Some(near) => {
                finding = finding.help(format!("did you mean `{near}`?"));
                if let Some(edit) =
                    yaml_edit::replace_scalar(view.project.file(target.span.file), target.span, name, near)
                {
                    let fix = Fix::new(format!("build the stage `{near}`"), Applicability::Unsafe);
                    finding = finding.fix(fix.edit(edit.span, edit.text));
                }
            }
            None => {
                finding =
                    finding.help("name one of the Dockerfile's stages, or take `target:` out to build the last one")
            }
        }
        out.report_shared(finding, "nor here");
    }
}
