//! rules/legacy-key-value-format.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::{Body, Pair};
use crate::project::DockerfileView;
use crate::text::Span;

use super::{Findings, Rule};

pub(super) struct LegacyKeyValueFormat;

impl Rule for LegacyKeyValueFormat {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        for (index, instruction) in view.instructions() {
            let (Body::Env(pairs) | Body::Label(pairs)) = &instruction.body else { continue };
            let Some(pair) = pairs.iter().find(|pair| pair.legacy) else { continue };
            let word = instruction.keyword.as_str();
            let message = format!("`{word} name value` is the old form, which takes one pair only; write `{word} name=value`");
            let mut finding = out.info(pair.span, message).here("a blank stands for the `=`");
            if let Some(fix) = fix(pair, view.parsed().escape) {
                finding = finding.fix(fix);
            }
            out.report_check(view, index, finding);
        }
    }
}

/// An equals sign for the blank, and quotes around a value that needs them. Quotes and escapes that are there already may
/// mean something else behind an equals sign, unless they are one pair of quotes around it all.
fn fix(pair: &Pair, escape: char) -> Option<Fix> {
    let value = pair.value.as_ref()?;
    let text = value.text.as_str();
    let between = Span { start: pair.name.span.end, end: value.span.start, ..value.span };
    let fix = Fix::new("put an equals sign between name and value", Applicability::Safe);
    let inner = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let quoted = inner('"').or_else(|| inner('\'')).is_some_and(|t| !t.contains(['"', '\'', escape]));
    if quoted || !text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'') || c == escape) {
        return Some(fix.edit(between, "="));
    }
    let plain = !text.contains(['"', '\'', escape]);
    plain.then(|| fix.edit(between, "=\"").insert(value.span.end_point(), "\""))
}
