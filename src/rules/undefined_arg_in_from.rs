//! rules/undefined-arg-in-from.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::expand::{Status, expanded_words};
use crate::dockerfile::suggest::nearest;
use crate::dockerfile::{Keyword, expand};
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct UndefinedArgInFrom;

impl Rule for UndefinedArgInFrom {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let Some(evaluation) = view.evaluation() else { return };
        let scope = evaluation.global_scope();
        for (index, instruction) in view.instructions().filter(|(_, i)| i.keyword == Keyword::From) {
            let mut seen = Vec::new();
            for word in expanded_words(instruction) {
                for used in scope.expand(word).variables.into_iter().filter(|used| used.status == Status::Undefined) {
                    if seen.contains(&used.name) {
                        continue;
                    }
                    let name = &used.name;
                    let near = nearest(name, scope.names().into_iter().chain(expand::AUTOMATIC_ARGUMENTS));
                    let mut message = format!("no ARG before the first FROM declares `{name}`, so it is empty here");
                    let mut finding = match near {
                        Some(near) => {
                            message.push_str(&format!("; did you mean `{near}`?"));
                            out.warning(used.span, message)
                        }
                        None => out.warning(used.span, message),
                    };
                    let later = evaluation.variables().iter().find(|v| v.name == *name && v.instruction > 0);
                    if let Some(later) = later {
                        finding = finding.label(later.declaration, "declared inside a stage, which FROM does not see");
                    }
                    finding = match near.filter(|_| used.exact) {
                        Some(near) => {
                            let start = used.span.start as usize + if word_is_braced(view, used.span) { 2 } else { 1 };
                            let span = view.source().span(start..start + name.len());
                            finding.fix(Fix::new(format!("use {near}"), Applicability::Unsafe).edit(span, near))
                        }
                        None => finding.help(format!("declare it at the top of the file: `ARG {name}=…`")),
                    };
                    seen.push(used.name.clone());
                    out.report_check(view, index, finding);
                }
            }
        }
    }
}

fn word_is_braced(view: &DockerfileView<'_>, span: crate::text::Span) -> bool {
    view.source().slice(span).starts_with("${")
}
