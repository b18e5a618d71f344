//! Schema version 1: fields are only ever added. Strings are escaped by the encoder, so they are given as they stand, but
//! for excerpts of files, of which there are none here; `new_text` of a fix is what a rule wrote.

use serde::Serialize;
use serde_json::{Value, json};

use crate::diagnostic::edit;
use crate::diagnostic::{Finding, Fix, SuppressedBy};
use crate::text::Span;

use super::each::{Each, pretty};
use super::{FindingPlace, View};

pub const SCHEMA_VERSION: u32 = 1;

pub fn render(view: &View<'_>) -> String {
    pretty(&whole(view))
}

/// The whole report.
pub fn document(view: &View<'_>) -> Value {
    serde_json::to_value(whole(view)).unwrap_or_default()
}

#[derive(Serialize)]
struct Document<D> {
    schema_version: u32,
    tool: Value,
    summary: Value,
    diagnostics: D,
    coverage: Vec<Value>,
    errors: Vec<Value>,
}

fn whole(view: &View<'_>) -> impl Serialize {
    let counts = view.counts();
    Document {
        schema_version: SCHEMA_VERSION,
        tool: json!({ "name": "dockcheck", "version": env!("CARGO_PKG_VERSION") }),
        summary: json!({
            "error": counts.error,
            "warning": counts.warning,
            "info": counts.info,
            "fixable": counts.safe + counts.risky,
            "files": counts.files,
            "projects": view.report.checked.projects,
            "services": view.report.checked.services,
            "dockerfiles": view.report.checked.dockerfiles,
            "stages": view.report.checked.stages,
            "suppressed": counts.silenced,
        }),
        diagnostics: Each(move || view.findings().map(|f| diagnostic(view, f))),
        coverage: view
            .report
            .coverage
            .iter()
            .map(|note| json!({ "path": note.path, "line": note.line, "what": note.what, "unjudged": note.unjudged }))
            .collect(),
        errors: view.report.errors.iter().chain(&view.report.bugs).map(|e| json!({ "message": e })).collect(),
    }
}

/// One finding as the schema has it.
pub fn diagnostic(view: &View<'_>, finding: &Finding) -> Value {
    let rule = view.rule(finding.rule);
    json!({
        "rule": finding.rule,
        "aliases": rule.map_or(&[][..], |r| &r.front().aliases),
        "group": rule.map(|r| r.front().group.as_str()),
        "severity": finding.severity.as_str(),
        "confidence": finding.confidence.as_str(),
        "message": finding.title,
        "notes": finding.notes,
        "help": finding.help,
        "url": view.url(finding.rule),
        "service": finding.services.first(),
        "services": finding.services,
        "stage": finding.stage,
        "primary": labelled(view, finding.primary.span, &finding.primary.message),
        "related": finding.related.iter().map(|l| labelled(view, l.span, &l.message)).collect::<Vec<_>>(),
        "fixes": finding.fixes.iter().filter_map(|f| fix(view, f)).collect::<Vec<_>>(),
        "fingerprint": finding.fingerprint,
        "suppressed": finding.suppressed.as_ref().map(|s| json!({
            "by": match s.by { SuppressedBy::Comment => "comment", SuppressedBy::Baseline => "baseline" },
            "reason": s.reason,
        })),
    })
}

fn location(view: &View<'_>, span: Span) -> Value {
    let place = view.place(span);
    let mut value = json!({
        "path": place.raw_path(),
        "line": place.start.line,
        "column": place.start.column,
        "end_line": place.end.line,
        "end_column": place.end.column,
        "byte_start": place.span.start,
        "byte_end": place.span.end,
        "utf16_column": place.start.utf16_column,
        "utf16_end_column": place.end.utf16_column,
    });
    path_bytes(&place, &mut value);
    value
}

/// A path that is not UTF-8 cannot stand in JSON: its bytes go beside it.
fn path_bytes(place: &FindingPlace<'_>, value: &mut Value) {
    if let Some(bytes) = place.file.name_bytes() {
        value["path_bytes"] = Value::from(base64(&bytes));
    }
}

/// RFC 4648, section 4, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0_u32, |group, i| group << 8 | chunk.get(i).map_or(0, |b| u32::from(*b)));
        for i in 0..4_usize {
            let digit = (group >> (18 - 6 * i) & 63) as usize;
            out.push(if i > chunk.len() { '=' } else { DIGITS.get(digit).map_or('=', |d| char::from(*d)) });
        }
    }
    out
}

fn labelled(view: &View<'_>, span: Span, message: &str) -> Value {
    let mut value = location(view, span);
    value["message"] = Value::from(message);
    value
}

/// `None` for a fix that has no exact place in the user's files.
fn fix(view: &View<'_>, fix: &Fix) -> Option<Value> {
    let edits: Vec<Value> = edit::changes(&view.report.sources, fix)?
        .into_iter()
        .map(|change| {
            let place = view.place(Span::new(change.file, change.range()));
            let mut value = json!({
                "path": place.raw_path(),
                "range": {
                    // Bytes of the file, the end exclusive; then the same as lines and columns.
                    "start": change.range.0,
                    "end": change.range.1,
                    "line": place.start.line,
                    "column": place.start.column,
                    "end_line": place.end.line,
                    "end_column": place.end.column,
                    "utf16_column": place.start.utf16_column,
                    "utf16_end_column": place.end.utf16_column,
                },
                "new_text": change.text,
            });
            path_bytes(&place, &mut value);
            value
        })
        .collect();
    Some(json!({ "title": fix.title, "applicability": fix.applicability.as_str(), "edits": edits }))
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_as_the_rfc_has_it() {
        for (text, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(text.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0x3e]), "//4+");
    }
}
