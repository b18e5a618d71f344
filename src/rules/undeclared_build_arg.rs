//! rules/undeclared-build-arg.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::suggest::nearest;
use crate::project::Project;
use crate::analysis::build_args::{Argument, Reading, arguments};
use crate::text::Span;

use super::{Findings, Rule};

/// Names among which a slip is looked for. A Dockerfile with more of them is not written by hand; its findings merely lack
/// the suggestion.
const MOST_NAMES: usize = 200;

pub(super) struct UndeclaredBuildArg;

impl Rule for UndeclaredBuildArg {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        for argument in arguments(project) {
            report(project, &argument, out);
        }
    }
}

fn report(project: &Project, argument: &Argument<'_>, out: &mut Findings<'_>) {
    let name = &argument.name;
    let path = argument.entry.map(|e| project.file(e.parsed.file).name()).unwrap_or("the Dockerfile");
    let (message, label) = match &argument.reading {
        Reading::Read | Reading::Unknown => return,
        Reading::OtherStage(span, stage) => (
            format!(
                "`{path}` declares `{name}` only in {stage}, which this build does not reach: the value has no effect"
            ),
            Some((*span, "declared here, in a stage that is not built")),
        ),
        Reading::OnlyGlobal(span) => (
            format!(
                "`{path}` declares `{name}` only before the first FROM, where no FROM uses it: no stage sees the value unless \
                 it repeats `ARG {name}`"
            ),
            Some((*span, "declared for FROM only")),
        ),
        Reading::UsedUndeclared(span) => (
            format!("`{path}` uses `${name}` in FROM, but no ARG before it declares it: the value has no effect there"),
            Some((*span, "needs `ARG` before the first FROM")),
        ),
        Reading::Nowhere => (format!("no ARG of `{path}` declares `{name}`: the value has no effect"), None),
    };
    let mut finding = out.warning(argument.span, message).here("read by nothing");
    finding.services.clone_from(&argument.services);
    if let Some((span, text)) = label {
        finding = finding.label(span, text);
    } else if let Some(from) = argument.entry.and_then(|e| e.parsed.base(e.parsed.stages.first()?)) {
        finding = finding.label(from.span, "no ARG of this name here");
    }
    for also in &argument.also {
        finding = finding.label(*also, "nor is this one");
    }
    let near = match argument.reading {
        Reading::Nowhere if name.len() > 4 => {
            nearest(name, argument.declared.iter().take(MOST_NAMES).map(String::as_str))
        }
        _ => None,
    };
    match near {
        Some(near) => {
            finding = finding.help(format!("did you mean `{near}`?"));
            let places = std::iter::once(argument.span).chain(argument.also.iter().copied());
            let edits: Option<Vec<Span>> = places.map(|entry| name_within(project, entry, name)).collect();
            if let Some(spans) = edits {
                let fix = Fix::new(format!("name the argument `{near}`"), Applicability::Unsafe);
                finding = finding.fix(spans.into_iter().fold(fix, |fix, span| fix.edit(span, near)));
            }
        }
        None => {
            finding = finding.help(format!("add `ARG {name}` to the stage that needs it, or take the argument out"))
        }
    }
    out.report(finding);
}

/// Where an entry of `build.args` spells its name; `None` if it is not written out there.
fn name_within(project: &Project, entry: Span, name: &str) -> Option<Span> {
    let at = project.sources.slice(entry).find(name).filter(|at| *at <= 1)?;
    let start = entry.start as usize + at;
    Some(Span::new(entry.file, start..start + name.len()))
}
