//! rules/invalid-definition-description.md

use crate::dockerfile::Body;
use crate::project::DockerfileView;

use super::{Findings, Rule};

const CHECK: &str = "InvalidDefinitionDescription";

pub(super) struct InvalidDefinitionDescription;

impl Rule for InvalidDefinitionDescription {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let directive = view.parsed().check_directive().map(|(options, _)| options).unwrap_or_default();
        for (index, instruction) in view.instructions() {
            // Experimental: only where somebody asks for it.
            let asked = out.is_selected()
                || directive.asks_for(CHECK)
                || instruction.checks.as_ref().is_some_and(|checks| checks.asks_for(CHECK));
            let names: Vec<&str> = match &instruction.body {
                Body::From { alias: Some(alias), .. } => vec![alias.text.as_str()],
                Body::Arg(pairs) => pairs.iter().map(|pair| pair.name.text.as_str()).collect(),
                _ => continue,
            };
            let comments = view.parsed().comments.get(instruction.comments.clone()).unwrap_or(&[]);
            let Some(comment) = comments.last().filter(|_| asked) else { continue };
            let text = view.source().slice(*comment).trim_start_matches('#').trim();
            let first = text.split(' ').next().unwrap_or("");
            let lower_case = matches!(instruction.body, Body::From { .. });
            if names.iter().any(|name| first == *name || lower_case && first == name.to_lowercase()) {
                continue;
            }
            let example = if let [name] = names.as_slice() { name } else { "NAME" };
            let word = instruction.keyword.as_str();
            let message = format!("a comment right above {word} describes it and begins with the name: `# {example} …`");
            let finding = out
                .info(instruction.keyword_span, message)
                .label(*comment, "taken for the description")
                .help("if it is no description, put a bare `#` line behind it");
            out.report_check(view, index, finding);
        }
    }
}
