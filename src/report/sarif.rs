//! SARIF 2.1.0 (OASIS) for code scanning: stable fingerprints, related places, fixes, the rules' pages as help.
//!
//! Lines and columns count from 1 in UTF-16 code units and the end is exclusive (`columnKind`). Paths are relative to the
//! root, so that a report is the same wherever the checkout lies. Silenced findings are in it, marked as such.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::diagnostic::edit;
use crate::diagnostic::rule::{Group, Level, RuleMeta};
use crate::diagnostic::{Confidence, Finding, Fix, Severity, SuppressedBy};
use crate::text::Span;

use super::each::{Each, pretty};
use super::{FindingPlace, View, concise};

/// Related places beyond this number are left out: viewers show no more.
const RELATED: usize = 100;
/// Longest `fullDescription` that GitHub takes.
const DESCRIPTION: usize = 1024;

pub fn render(view: &View<'_>) -> String {
    let mut names: Vec<&str> = view.report.findings.iter().map(|f| f.rule).collect();
    names.sort_unstable();
    names.dedup();
    let results = || {
        let number = |finding: &Finding| names.binary_search(&finding.rule).unwrap_or_default();
        view.report.findings.iter().map(move |finding| result(view, finding, number(finding)))
    };
    let failed = view.report.errors.iter().chain(&view.report.bugs);
    let notes = view.report.coverage.iter().map(|note| {
        let mut physical = json!({ "artifactLocation": { "uri": uri(&note.path), "uriBaseId": "%SRCROOT%" } });
        if note.line > 0 {
            physical["region"] = json!({ "startLine": note.line });
        }
        json!({
            "level": "note",
            "message": { "text": note.what },
            "locations": [{ "physicalLocation": physical }],
        })
    });
    let notifications: Vec<Value> =
        failed.map(|e| json!({ "level": "error", "message": { "text": e } })).chain(notes).collect();
    pretty(&Document {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: json!({ "driver": {
                "name": "dockcheck",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://dockcheck.dev",
                "rules": names.iter().map(|name| rule(name, view.rule(name))).collect::<Vec<_>>(),
            } }),
            automation_details: json!({ "id": "dockcheck/" }),
            column_kind: "utf16CodeUnits",
            original_uri_base_ids: json!({ "%SRCROOT%": { "description": { "text": "The root of the project" } } }),
            invocations: json!([{
                "executionSuccessful": view.report.errors.is_empty() && view.report.bugs.is_empty(),
                "toolExecutionNotifications": notifications,
            }]),
            results: Each(results),
        }],
    })
}

#[derive(Serialize)]
struct Document<R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<R>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<R> {
    tool: Value,
    automation_details: Value,
    column_kind: &'static str,
    original_uri_base_ids: Value,
    invocations: Value,
    results: R,
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn rule(name: &str, meta: Option<&RuleMeta>) -> Value {
    let Some(meta) = meta else {
        return json!({ "id": name, "shortDescription": { "text": name.replace('-', " ") } });
    };
    let front = meta.front();
    let top = match front.level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Info | Level::Off => Severity::Info,
    };
    let body = meta.body().trim();
    let what = body.split("\n## ").next().unwrap_or(body);
    let what = what.trim_start_matches("## What it does").trim();
    let mut properties = json!({
        "tags": [front.group.as_str(), "docker", "compose"],
        "problem.severity": match top {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "recommendation",
        },
    });
    if front.group == Group::Security {
        properties["security-severity"] = json!(match top {
            Severity::Error => "8.0",
            Severity::Warning => "5.5",
            Severity::Info => "2.0",
        });
    }
    json!({
        "id": name,
        "name": name,
        "shortDescription": { "text": front.summary },
        "fullDescription": { "text": cut(&concise::flat(what), DESCRIPTION) },
        "helpUri": meta.url(),
        "help": { "text": body, "markdown": body },
        "defaultConfiguration": { "level": level(top), "enabled": front.level != Level::Off },
        "properties": properties,
    })
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest - 1) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn result(view: &View<'_>, finding: &Finding, index: usize) -> Value {
    let mut text = finding.title.clone();
    for note in &finding.notes {
        text.push_str("\n\nNote: ");
        text.push_str(note);
    }
    if let Some(help) = &finding.help {
        text.push_str("\n\nHelp: ");
        text.push_str(help);
    }
    let related: Vec<Value> = finding
        .related
        .iter()
        .take(RELATED)
        .enumerate()
        .map(|(i, label)| {
            let mut location = location(view, label.span);
            location["id"] = json!(i + 1);
            location["message"] = json!({ "text": label.message });
            location
        })
        .collect();
    for (i, label) in finding.related.iter().take(RELATED).enumerate() {
        let place = view.place(label.span);
        // Within a link's words brackets have a meaning.
        let name = place.raw_path().replace(['[', ']', '\\', '\n', '\r'], "?");
        text.push_str(&format!("\nSee [{name}:{}]({}): {}", place.start.line, i + 1, label.message));
    }
    let mut primary = location(view, finding.primary.span);
    if !finding.primary.message.is_empty() {
        primary["message"] = json!({ "text": finding.primary.message });
    }
    let mut value = json!({
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [primary],
        "partialFingerprints": { "dockcheckFingerprint/v1": finding.fingerprint },
        "properties": {
            "precision": match finding.confidence {
                Confidence::Certain => "very-high",
                Confidence::Likely => "high",
                Confidence::Possible => "medium",
            },
            "services": finding.services,
            "stage": finding.stage,
        },
    });
    if !related.is_empty() {
        value["relatedLocations"] = Value::Array(related);
    }
    let fixes: Vec<Value> = finding.fixes.iter().filter_map(|f| fix(view, f)).collect();
    if !fixes.is_empty() {
        value["fixes"] = Value::Array(fixes);
    }
    if let Some(by) = &finding.suppressed {
        let mut suppression = Map::new();
        let kind = match by.by {
            SuppressedBy::Comment => "inSource",
            SuppressedBy::Baseline => "external",
        };
        suppression.insert("kind".into(), json!(kind));
        if let Some(reason) = &by.reason {
            suppression.insert("justification".into(), json!(reason));
        }
        value["suppressions"] = json!([suppression]);
    }
    value
}

fn location(view: &View<'_>, span: Span) -> Value {
    let place = view.place(span);
    let mut region = region(view, span);
    let line = view.line(place.file.id(), place.start.line);
    region["snippet"] = json!({ "text": cut(line, 400) });
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": place_uri(view, &place), "uriBaseId": "%SRCROOT%" },
        "region": region,
    } })
}

fn region(view: &View<'_>, span: Span) -> Value {
    let place = view.place(span);
    json!({
        "startLine": place.start.line,
        "startColumn": place.start.utf16_column,
        "endLine": place.end.line,
        "endColumn": place.end.utf16_column,
        "byteOffset": place.span.start,
        "byteLength": place.span.len(),
    })
}

fn fix(view: &View<'_>, fix: &Fix) -> Option<Value> {
    let changes = edit::changes(&view.report.sources, fix)?;
    let mut files: Vec<(String, Vec<Value>)> = Vec::new();
    for change in changes {
        let span = Span::new(change.file, change.range());
        let path = place_uri(view, &view.place(span));
        let replacement = json!({ "deletedRegion": region(view, span), "insertedContent": { "text": change.text } });
        match files.iter_mut().find(|(p, _)| *p == path) {
            Some((_, all)) => all.push(replacement),
            None => files.push((path, vec![replacement])),
        }
    }
    let changes: Vec<Value> = files
        .into_iter()
        .map(|(path, replacements)| {
            json!({ "artifactLocation": { "uri": path, "uriBaseId": "%SRCROOT%" }, "replacements": replacements })
        })
        .collect();
    let title = format!("{} ({})", fix.title, fix.applicability.as_str());
    Some(json!({ "description": { "text": title }, "artifactChanges": changes }))
}

/// The file's path from the root; also where it is not UTF-8, for a URI is made of bytes.
fn place_uri(view: &View<'_>, place: &FindingPlace<'_>) -> String {
    let path = place.file.path();
    match path.strip_prefix(&view.report.root) {
        Ok(below) if path.to_str().is_none() => encoded(below.as_os_str().as_encoded_bytes()),
        _ => uri(&view.path_from_root(place)),
    }
}

/// A path as a relative reference of RFC 3986: everything but unreserved characters and `/` percent-encoded; a first
/// segment with a colon would be taken for a scheme.
fn uri(path: &str) -> String {
    encoded(path.as_bytes())
}

fn encoded(path: &[u8]) -> String {
    let mut out = String::with_capacity(path.len());
    for &byte in path {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
