//! GitLab's Code Quality report: a list of issues, each with a fingerprint of its own.

use serde_json::{Value, json};

use crate::diagnostic::{Confidence, Finding, Severity};

use super::each::{Each, pretty};
use super::{View, concise};

pub fn render(view: &View<'_>) -> String {
    pretty(&Each(|| view.findings().filter(|f| f.suppressed.is_none()).map(|f| issue(view, f))))
}

fn issue(view: &View<'_>, finding: &Finding) -> Value {
    let place = view.place(finding.primary.span);
    json!({
        // The name of the check is not shown to people.
        "description": format!("{}: {}", finding.rule, concise::flat(&finding.title)),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": match (finding.severity, finding.confidence) {
            (Severity::Error, _) => "critical",
            (Severity::Warning, Confidence::Possible) => "minor",
            (Severity::Warning, _) => "major",
            (Severity::Info, _) => "info",
        },
        "location": {
            "path": view.path_from_root(&place),
            "lines": { "begin": place.start.line, "end": place.end.line },
            "positions": {
                "begin": { "line": place.start.line, "column": place.start.column },
                "end": { "line": place.end.line, "column": place.end.column },
            },
        },
    })
}
