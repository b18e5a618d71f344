//! rules/deprecated-maintainer.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::Keyword;
use crate::project::DockerfileView;
use crate::text::Span;

use super::{Findings, Rule};

pub(super) struct DeprecatedMaintainer;

impl Rule for DeprecatedMaintainer {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let source = view.source();
        for (index, instruction) in view.instructions().filter(|(_, i)| i.keyword == Keyword::Maintainer) {
            let message = "MAINTAINER is deprecated: a label says who made the image";
            let mut finding = out.info(instruction.keyword_span, message);
            let text = source.slice(instruction.arguments);
            let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let lower = source.slice(instruction.keyword_span) == "maintainer";
            let word = if lower { "label" } else { "LABEL" };
            let head = Span { end: instruction.arguments.start, ..instruction.span };
            if !text.is_empty() && !inner.unwrap_or(text).contains(['"', '\\', '`', '$', '\n']) {
                let quote = if inner.is_some() { "" } else { "\"" };
                let fix = Fix::new("write a label", Applicability::Safe)
                    .edit(head, format!("{word} org.opencontainers.image.authors={quote}"))
                    .insert(instruction.arguments.end_point(), quote);
                let fix = Fix { edits: fix.edits.into_iter().filter(|e| !(e.span.is_empty() && e.text.is_empty())).collect(), ..fix };
                finding = finding.fix(fix);
            }
            out.report_check(view, index, finding);
        }
    }
}
