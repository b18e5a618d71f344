//! Reviewdog's diagnostic format: one document, suggestions that a reviewer can take with a click.
//!
//! Columns count from 1 in bytes of UTF-8, the end is exclusive. A suggestion has no path, so only fixes within the
//! finding's own file can be given.

use serde::Serialize;
use serde_json::{Value, json};

use crate::diagnostic::edit;
use crate::diagnostic::{Applicability, Finding, Severity};
use crate::text::{Position, SourceFile, Span};

use super::each::{Each, pretty};
use super::{View, concise};

pub fn render(view: &View<'_>) -> String {
    let diagnostics = || view.findings().filter(|f| f.suppressed.is_none()).map(|f| diagnostic(view, f));
    pretty(&Document {
        source: json!({ "name": "dockcheck", "url": "https://dockcheck.dev" }),
        diagnostics: Each(diagnostics),
    })
}

#[derive(Serialize)]
struct Document<D> {
    source: Value,
    diagnostics: D,
}

fn diagnostic(view: &View<'_>, finding: &Finding) -> Value {
    let related: Vec<Value> = finding
        .related
        .iter()
        .map(|label| json!({ "message": label.message, "location": location(view, label.span) }))
        .collect();
    let mut message = concise::flat(&finding.title);
    for note in &finding.notes {
        message.push_str("\nnote: ");
        message.push_str(&crate::redact::sentence(note));
    }
    if let Some(help) = &finding.help {
        message.push_str("\nhelp: ");
        message.push_str(&crate::redact::sentence(help));
    }
    json!({
        "message": message,
        "location": location(view, finding.primary.span),
        "severity": match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        "code": { "value": finding.rule, "url": view.url(finding.rule).unwrap_or_default() },
        "suggestions": suggestions(view, finding),
        "related_locations": related,
    })
}

fn location(view: &View<'_>, span: Span) -> Value {
    let place = view.place(span);
    json!({ "path": place.raw_path(), "range": range(place.file, &place.start, &place.end) })
}

fn range(file: &SourceFile, start: &Position, end: &Position) -> Value {
    let column = |p: &Position| p.byte as usize - file.line_range(p.line).start + 1;
    json!({
        "start": { "line": start.line, "column": column(start) },
        "end": { "line": end.line, "column": column(end) },
    })
}

fn suggestions(view: &View<'_>, finding: &Finding) -> Vec<Value> {
    let own = view.place(finding.primary.span).file.id();
    let whole = finding.fixes.iter().filter(|f| f.applicability != Applicability::Display).find_map(|fix| {
        let changes = edit::changes(&view.report.sources, fix)?;
        changes.iter().all(|c| c.file == own).then_some(changes)
    });
    whole
        .unwrap_or_default()
        .into_iter()
        .map(|change| {
            let place = view.place(Span::new(change.file, change.range()));
            json!({ "range": range(place.file, &place.start, &place.end), "text": change.text })
        })
        .collect()
}
