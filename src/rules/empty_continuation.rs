//! rules/empty-continuation.md

use crate::diagnostic::{Applicability, Fix};
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct EmptyContinuation;

impl Rule for EmptyContinuation {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let source = view.source();
        for (index, instruction) in view.instructions() {
            let Some(first) = instruction.empty_lines.first() else { continue };
            let line = source.line_range(instruction.text_last_line);
            let text = source.text().get(line.clone()).unwrap_or("");
            let start = line.start + (text.len() - text.trim_start().len());
            let span = source.span(start.min(line.end)..line.end);
            let message = format!(
                "empty lines stand inside this {}, which goes on over them; a later release of the builder will refuse that",
                instruction.keyword.as_str()
            );
            let mut fix = Fix::new("delete the empty lines", Applicability::Safe);
            for empty in &instruction.empty_lines {
                fix = fix.edit(*empty, "");
            }
            let finding = out
                .warning(span, message)
                .here(format!("still part of the {} above", instruction.keyword.as_str()))
                .label(first.start_point(), "the first empty line");
            out.report_check(view, index, finding.fix(fix));
        }
    }
}
