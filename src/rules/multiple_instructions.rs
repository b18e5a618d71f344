//! rules/multiple-instructions.md

use std::collections::HashMap;

use crate::dockerfile::Keyword;
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct MultipleInstructions;

impl Rule for MultipleInstructions {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        for stage in &view.parsed().stages {
            let mut last = HashMap::new();
            for index in stage.instructions.clone() {
                let Some(instruction) = view.parsed().instructions.get(index) else { continue };
                let keyword = instruction.keyword;
                if !matches!(keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck) {
                    continue;
                }
                let Some((before, span)) = last.insert(keyword, (index, instruction.keyword_span)) else { continue };
                let word = keyword.as_str();
                let message = format!("this {word} has no effect: the last {word} of a stage takes its place");
                let finding = out
                    .warning(span, message)
                    .here("overridden")
                    .label(instruction.keyword_span, "this one counts");
                out.report_check(view, before, finding);
            }
        }
    }
}
