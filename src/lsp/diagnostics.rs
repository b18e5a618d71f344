//! Findings as diagnostics: the evidence as related information, the rule's page as a link, and for each file a mark that
//! tells one list from another.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location,
    NumberOrString, Uri,
};
use serde_json::json;

use crate::diagnostic::Report;
use crate::diagnostic::{Finding, Severity};
use crate::redact;
use crate::rules::by_name;

use super::client::Client;
use super::places::Places;

/// The name that diagnostics go by.
pub(super) const SOURCE: &str = "dockcheck";

/// Diagnostics that are sent of one file. Visual Studio Code shows a thousand of a file, and each costs about a kilobyte.
const MOST: usize = 2000;

/// Diagnostics of one file.
#[derive(Clone, Debug, Default)]
pub(super) struct FileDiagnostics {
    pub(super) items: Vec<Diagnostic>,
    /// The finding behind each item, by its place in the report.
    pub(super) findings: Vec<usize>,
    /// Files in which the evidence of these lies.
    pub(super) related: BTreeSet<PathBuf>,
    /// Findings beyond [`MOST`].
    pub(super) left_out: usize,
}

impl FileDiagnostics {
    /// The same for equal lists, from one run to the next.
    pub(super) fn result_id(&self) -> String {
        result_id(&self.items)
    }
}

/// See [`FileDiagnostics::result_id`].
pub(super) fn result_id(items: &[Diagnostic]) -> String {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(items).unwrap_or_default().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The findings of a report that nothing silences, by file.
pub(super) fn of_report(
    report: &Report,
    places: &Places,
    client: &Client,
    uri: &dyn Fn(&Path) -> Option<Uri>,
) -> BTreeMap<PathBuf, FileDiagnostics> {
    let mut files: BTreeMap<PathBuf, FileDiagnostics> = BTreeMap::new();
    let mut findings: Vec<(usize, &Finding)> =
        report.findings.iter().enumerate().filter(|(_, f)| f.suppressed.is_none()).collect();
    if findings.len() > MOST {
        findings.sort_by_key(|(_, f)| std::cmp::Reverse(f.severity));
    }
    for (index, finding) in findings {
        let path = report.sources.file(finding.primary.span.file).path();
        let file = files.entry(path.to_owned()).or_default();
        if file.items.len() == MOST {
            file.left_out += 1;
            continue;
        }
        file.items.push(diagnostic(report, places, client, uri, finding));
        file.findings.push(index);
        let elsewhere = finding.related.iter().map(|label| report.sources.file(label.span.file).path());
        file.related.extend(elsewhere.filter(|p| *p != path).map(Path::to_owned));
    }
    files
}

fn diagnostic(
    report: &Report,
    places: &Places,
    client: &Client,
    uri: &dyn Fn(&Path) -> Option<Uri>,
    finding: &Finding,
) -> Diagnostic {
    let sources = &report.sources;
    let mut message = redact::sentence(&finding.title);
    for note in &finding.notes {
        message.push_str("\nnote: ");
        message.push_str(&redact::sentence(note));
    }
    if let Some(help) = &finding.help {
        message.push_str("\nhelp: ");
        message.push_str(&redact::sentence(help));
    }
    let mut related = Vec::new();
    for label in &finding.related {
        let file = sources.file(label.span.file);
        let what = if label.message.is_empty() { "see here" } else { &label.message };
        let what = redact::one_line(what);
        let range = places.range(sources, label.span);
        if !client.shows_related {
            message.push_str(&format!("\n{}:{}: {what}", redact::one_line(file.name()), range.start.line + 1));
        } else if let Some(uri) = uri(file.path()) {
            related.push(DiagnosticRelatedInformation { location: Location { uri, range }, message: what });
        }
    }
    let url = by_name(finding.rule).and_then(|entry| Uri::from_str(&entry.meta.url()).ok());
    Diagnostic {
        range: places.range(sources, finding.primary.span),
        severity: Some(match finding.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Info => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(finding.rule.to_owned())),
        code_description: url.map(|href| CodeDescription { href }),
        source: Some(SOURCE.to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        tags: tag(finding.rule).filter(|_| client.shows_tags).map(|tag| vec![tag]),
        data: Some(json!({ "fingerprint": finding.fingerprint })),
    }
}

/// What an editor may grey out or strike through: text that does nothing, and forms that were replaced.
fn tag(rule: &str) -> Option<DiagnosticTag> {
    match rule {
        "unreachable-stage" | "unused-suppression" | "redundant-target-platform" => Some(DiagnosticTag::UNNECESSARY),
        "obsolete-version-key" | "deprecated-maintainer" | "legacy-key-value-format" => Some(DiagnosticTag::DEPRECATED),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tagged_rules_exist() {
        for rule in [
            "unreachable-stage",
            "unused-suppression",
            "redundant-target-platform",
            "obsolete-version-key",
            "deprecated-maintainer",
            "legacy-key-value-format",
        ] {
            assert!(by_name(rule).is_some() && tag(rule).is_some(), "{rule}");
        }
    }
}
