//! rules/mount-hides-build-output.md

use crate::diagnostic::{Applicability, Finding, Fix, Label};
use crate::analysis::build_outputs::Hidden;
use crate::project::{Project, ServiceView};

use super::{Findings, Rule};

pub(super) struct MountHidesBuildOutput;

impl Rule for MountHidesBuildOutput {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        let mut found: Vec<Finding> = Vec::new();
        for view in project.services() {
            for hidden in view.hidden_outputs() {
                let finding = finding(&view, &hidden, out);
                // The services that share a Dockerfile share the finding.
                match found.iter_mut().find(|f| {
                    f.title == finding.title
                        && f.related.first().map(|l| l.span) == finding.related.first().map(|l| l.span)
                }) {
                    Some(first) => join(first, finding),
                    None => found.push(finding),
                }
            }
        }
        found.into_iter().for_each(|f| out.report(f));
    }
}

/// Takes another service's finding into the first one's: its mount as evidence, its edits into the fix.
fn join(first: &mut Finding, other: Finding) {
    for service in other.services {
        if !first.services.contains(&service) {
            first.services.push(service);
        }
    }
    if first.primary.span == other.primary.span || first.related.iter().any(|l| l.span == other.primary.span) {
        return;
    }
    first.related.push(Label { span: other.primary.span, message: "so does this mount".to_owned() });
    match (first.fixes.first_mut(), other.fixes.into_iter().next()) {
        (Some(fix), Some(more)) => fix.edits.extend(more.edits),
        _ => first.fixes.clear(),
    }
}

fn finding(view: &ServiceView<'_>, hidden: &Hidden<'_>, out: &Findings<'_>) -> Finding {
    let output = &hidden.output;
    let message = format!(
        "this mount covers `{}`, which `{}` fills while the image is built: the container sees the host's folder, \
                 which does not have it",
        output.path, output.by
    );
    let mut finding = out
        .warning(hidden.mount.span, message)
        .here("lies over it")
        .label(output.span, format!("fills `{}`", output.path))
        .service(&view.service.name)
        .help(format!("keep the image's folder with an anonymous volume: `- {}`", output.path));
    let source = view.project.file(hidden.mount.span.file);
    let text = source.slice(hidden.mount.span);
    let line = source.line_range(source.line_of(hidden.mount.span.start));
    let dash = source.text().get(line.start..hidden.mount.span.start as usize).unwrap_or("");
    let own = view.service.span.contains(hidden.mount.span);
    if own && dash.trim() == "-" && !text.contains('\n') && !text.contains("source:") {
        let indent = dash.split('-').next().unwrap_or("");
        let gap = dash.len() - indent.len() - 1;
        let item = format!("\n{indent}-{}{}", " ".repeat(gap), output.path);
        let fix = Fix::new(format!("keep `{}` of the image", output.path), Applicability::Unsafe);
        finding = finding.fix(fix.edit(source.span(line.end..line.end), item));
    }
    finding
}
