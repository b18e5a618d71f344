//! rules/from-as-casing.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::Body;
use crate::project::DockerfileView;
use crate::text::Span;

use super::{Findings, Rule};

pub(super) struct FromAsCasing;

impl Rule for FromAsCasing {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let source = view.source();
        for (index, instruction) in view.instructions() {
            let Body::From { image, alias: Some(alias) } = &instruction.body else { continue };
            let from = source.slice(instruction.keyword_span);
            let wanted = match from {
                _ if from == from.to_lowercase() => "as",
                _ if from == from.to_uppercase() => "AS",
                // A word of mixed case is another matter.
                _ => continue,
            };
            let between = source.span(image.span.end as usize..alias.span.start as usize);
            let Some(span) = word_in(source.slice(between), between) else { continue };
            let word = source.slice(span);
            if word == wanted {
                continue;
            }
            let message = format!("`{word}` does not match the case of `{from}`");
            let fix = Fix::new(format!("write {wanted}"), Applicability::Safe).edit(span, wanted);
            out.report_check(view, index, out.info(span, message).fix(fix));
        }
    }
}

/// The word AS in what stands between image and name.
fn word_in(between: &str, span: Span) -> Option<Span> {
    let start = between.find(|c: char| c.is_alphabetic())?;
    let word = between.get(start..)?.split(|c: char| !c.is_alphabetic()).next()?;
    let at = span.start as usize + start;
    word.eq_ignore_ascii_case("as").then(|| Span::new(span.file, at..at + word.len()))
}
