//! Logging commands of Azure Pipelines. Its agent knows errors and warnings; information is a plain line.

use std::fmt::Write as _;

use crate::diagnostic::Severity;
use crate::redact;

use super::{View, concise};

pub fn render(view: &View<'_>) -> String {
    let mut out = String::new();
    for finding in view.findings().filter(|f| f.suppressed.is_none()) {
        let place = view.place(finding.primary.span);
        let kind = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => {
                let line = format!(
                    "{}:{}:{}: info[{}] {}",
                    place.raw_path(),
                    place.start.line,
                    place.start.column,
                    finding.rule,
                    concise::flat(&finding.title)
                );
                let _ = writeln!(out, "{}", redact::one_line(&line));
                continue;
            }
        };
        let mut message = concise::flat(&finding.title);
        for note in &finding.notes {
            let _ = write!(message, "; {}", concise::flat(note));
        }
        if let Some(help) = &finding.help {
            let _ = write!(message, " ({})", concise::flat(help));
        }
        let _ = writeln!(
            out,
            "##vso[task.logissue type={kind};sourcepath={};linenumber={};columnnumber={};code={};]{}",
            property(place.raw_path()),
            place.start.line,
            place.start.column,
            property(finding.rule),
            data(&message),
        );
    }
    out
}

/// The agent's escapes for a message, and openers broken: the agent looks for them anywhere in a line.
fn data(text: &str) -> String {
    redact::one_line(text).replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The agent's escapes for a property.
fn property(text: &str) -> String {
    let masked: String =
        text.chars().map(|c| if c != '\n' && c != '\r' && redact::is_unsafe(c) { '?' } else { c }).collect();
    masked
        .replace("##", "#?")
        .replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace(';', "%3B")
        .replace(']', "%5D")
}
