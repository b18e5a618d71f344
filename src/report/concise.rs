//! One line per finding: `path:line:column: severity[rule] message`.

use crate::redact;

use super::View;

pub fn render(view: &View<'_>) -> String {
    let mut out = String::new();
    for finding in view.findings() {
        let place = view.place(finding.primary.span);
        let message = flat(&finding.title);
        out.push_str(&redact::one_line(&format!(
            "{}:{}:{}: {}[{}] {message}",
            place.raw_path(),
            place.start.line,
            place.start.column,
            finding.severity.as_str(),
            finding.rule,
        )));
        if finding.suppressed.is_some() {
            out.push_str(" (silenced)");
        }
        out.push('\n');
    }
    out
}

/// A message on one line.
pub(super) fn flat(message: &str) -> String {
    redact::sentence(message).split('\n').map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
}
