//! rules/image-built-twice.md

use crate::compose::{ComposeProject, Service};
use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::image_ref::ImageRef;
use crate::project::image_names::together;
use crate::text::words::join_and_quoted;
use crate::project::Project;
use crate::analysis::yaml_edit;

use super::{Findings, Rule};

pub(super) struct ImageBuiltTwice;

impl Rule for ImageBuiltTwice {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        for compose in &project.compose {
            let mut done: Vec<String> = Vec::new();
            for (at, first) in compose.services.iter().enumerate() {
                let Some(name) = built_image(first).filter(|n| !done.contains(n)) else { continue };
                let same: Vec<&Service> = std::iter::once(first)
                    .chain(compose.services.iter().skip(at + 1).filter(|s| built_image(s).as_ref() == Some(&name)))
                    .collect();
                let mut others: Vec<&Service> = same.iter().skip(1).copied().filter(|s| together(first, s)).collect();
                if !others.is_empty() {
                    // A service that always runs runs beside those of any profile: one fix for all of them.
                    if first.profiles.is_empty() && !same.iter().any(|s| differs(first, s)) {
                        others = same.into_iter().skip(1).collect();
                    }
                    report(project, compose, first, &others, out);
                    done.push(name);
                }
            }
        }
    }
}

/// The tag that a service builds, in full.
fn built_image(service: &Service) -> Option<String> {
    service.build.as_ref()?;
    Some(ImageRef::parse(service.image.as_ref()?.known()?)?.name_and_tag())
}

fn report(project: &Project, compose: &ComposeProject, first: &Service, others: &[&Service], out: &mut Findings<'_>) {
    let differing = others.iter().find(|o| differs(first, o)).copied();
    let last = differing.or(others.first().copied());
    let (Some(text), Some(last)) = (last.and_then(|s| s.image.as_ref()), last) else { return };
    let names: Vec<&str> = std::iter::once(first).chain(others.iter().copied()).map(|s| s.name.as_str()).collect();
    let mut finding = match differing {
        Some(_) => out.error(
            text.span,
            format!(
                "{} build `{}` from different definitions: the last one to finish owns the tag and all of them run it; where \
                 both finish together the first build ends with \"image … already exists\"",
                join_and_quoted(&names),
                text.raw
            ),
        ),
        None => out.warning(
            text.span,
            format!(
                "{} build the same image `{}` side by side: on a new machine the first build can end with \"image … already \
                 exists\"",
                join_and_quoted(&names),
                text.raw
            ),
        ),
    };
    finding.services = names.iter().map(|n| (*n).to_owned()).collect();
    if let Some(image) = first.image.as_ref().filter(|i| i.span != text.span) {
        finding = finding.label(image.span, format!("the same tag, built by `{}`", first.name));
    }
    for service in [first, last] {
        if let Some(build) = &service.build
            && !finding.related.iter().any(|l| l.span == build.key_span)
        {
            finding = finding.label(build.key_span, format!("built here for `{}`", service.name));
        }
    }
    finding = finding.help(match differing {
        Some(_) => "give each of them an `image:` of its own, or leave `image:` out".to_owned(),
        None => format!("keep `build:` in `{}` only: the others use what it builds under that name", first.name),
    });
    if differing.is_none() && compose.service(&first.name).is_some_and(|s| s.profiles.is_empty()) {
        let mut fix = Fix::new(format!("build it in `{}` only", first.name), Applicability::Unsafe);
        for other in others {
            let Some(build) = &other.build else { continue };
            let own = other.span.contains(build.key_span) && other.span.contains(build.span);
            let edit = own
                .then(|| yaml_edit::remove_entry(project.file(build.span.file), build.key_span.cover(build.span)))
                .flatten();
            match edit {
                Some(edit) => fix = fix.edit(edit.span, edit.text),
                None => return out.report(finding),
            }
        }
        finding = finding.fix(fix);
    }
    out.report(finding);
}

/// Whether two builds can come out differently.
fn differs(a: &Service, b: &Service) -> bool {
    let (Some(a), Some(b)) = (&a.build, &b.build) else { return false };
    let args = |build: &crate::compose::ComposeBuild| {
        let mut args: Vec<(String, Option<String>)> =
            build.args.iter().map(|a| (a.name.clone(), a.value.as_ref().map(|v| v.resolved.clone()))).collect();
        args.sort();
        args
    };
    let text = |t: &Option<crate::compose::ComposeText>| t.as_ref().map(|t| t.resolved.clone());
    a.context != b.context
        || a.dockerfile_path != b.dockerfile_path
        || a.inline.is_some() != b.inline.is_some()
        || text(&a.target) != text(&b.target)
        || args(a) != args(b)
}
