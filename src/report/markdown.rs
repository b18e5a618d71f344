//! GitHub-flavoured Markdown: for a job summary or a comment on a pull request.
//!
//! A job summary over 1 MiB is refused whole, so this one stops before. Text from a repository cannot become markup: every
//! character with a meaning is written as an entity, source stands in fences longer than any run of backticks within.

use std::fmt::Write as _;

use crate::diagnostic::{Applicability, Finding, Severity};
use crate::redact;

use super::{View, concise, patch, summary};
use crate::text::words::plural;

/// Bytes after which findings are only counted.
const LONGEST: usize = 900 * 1024;

pub fn render(view: &View<'_>) -> String {
    let counts = view.counts();
    let mut out = String::from("## dockcheck\n\n");
    for line in summary::lines(view, false) {
        let _ = writeln!(out, "{}  ", words(&line));
    }
    if counts.total() == 0 {
        return out;
    }
    out.push_str("\n| | place | rule | finding |\n|---|---|---|---|\n");
    let mut left = 0;
    for finding in view.findings() {
        if out.len() > LONGEST / 3 {
            left += 1;
            continue;
        }
        let place = view.place(finding.primary.span);
        let rule = match view.url(finding.rule) {
            Some(url) => format!("[{}]({url})", finding.rule),
            None => finding.rule.to_owned(),
        };
        let _ = writeln!(
            out,
            "| {} | {}:{} | {rule} | {} |",
            sign(finding.severity),
            escape(&place.path()),
            place.start.line,
            words(&finding.title),
        );
    }
    if left > 0 {
        let _ = writeln!(out, "\n… and {} more", plural(left, "finding"));
    }
    out.push('\n');
    for finding in view.findings() {
        if out.len() > LONGEST {
            out.push_str("\nThe details of further findings are left out.\n");
            break;
        }
        details(view, finding, &mut out);
    }
    out
}

fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "❌ error",
        Severity::Warning => "⚠️ warning",
        Severity::Info => "ℹ️ info",
    }
}

fn details(view: &View<'_>, finding: &Finding, out: &mut String) {
    let place = view.place(finding.primary.span);
    let head = format!("{}:{} {}", place.path(), place.start.line, finding.rule);
    let _ = writeln!(out, "<details><summary>{}</summary>\n", escape(&head));
    let _ = writeln!(out, "{}\n", words(&finding.title));
    for note in &finding.notes {
        let _ = writeln!(out, "{}\n", words(note));
    }
    let labels = std::iter::once(&finding.primary).chain(&finding.related);
    for label in labels {
        let place = view.place(label.span);
        let what = if label.message.is_empty() { String::new() } else { format!(": {}", words(&label.message)) };
        let _ = writeln!(out, "- {}:{}{}", escape(&place.path()), place.start.line, what);
        fence(out, "  ", "", cut(view.line(place.file.id(), place.start.line)));
    }
    if let Some(fix) = finding.best_fix() {
        let how = match fix.applicability {
            Applicability::Safe => "Fix (`--fix`)",
            Applicability::Unsafe => "Fix (`--fix --unsafe-fixes`)",
            Applicability::Display => "Suggestion",
        };
        let _ = writeln!(out, "\n{how}: {}\n", words(&fix.title));
        for part in patch::of(view, fix) {
            let _ = writeln!(out, "{}\n", escape(view.report.sources.file(part.file).name()));
            let lines: Vec<String> = part
                .hunks
                .iter()
                .flatten()
                .map(|line| {
                    let sign = match line.kind {
                        patch::LineKind::Same => ' ',
                        patch::LineKind::Gone => '-',
                        patch::LineKind::New => '+',
                    };
                    format!("{sign}{}", cut(&line.text))
                })
                .collect();
            fence(out, "", "diff", &lines.join("\n"));
        }
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "\n{}", words(help));
    }
    out.push_str("\n</details>\n\n");
}

fn cut(line: &str) -> &str {
    line.char_indices().nth(300).and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}

/// A fenced block with a fence longer than any run of backticks in it.
fn fence(out: &mut String, indent: &str, language: &str, text: &str) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = writeln!(out, "{indent}{fence}{language}");
    for line in text.lines() {
        let _ = writeln!(out, "{indent}{line}");
    }
    let _ = writeln!(out, "{indent}{fence}");
}

/// Every ASCII character that could mean something to Markdown, HTML or GitHub (mentions, references, addresses that become
/// links) is written as an entity.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in redact::one_line(text).chars() {
        if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | '-' | '/' | ';' | '?' | '%') {
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// A sentence of ours whose `names` are set as code.
fn words(text: &str) -> String {
    let text = concise::flat(text);
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1;
    let part = |(i, part): (usize, &&str)| match paired && i % 2 == 1 {
        true => format!("<code>{}</code>", escape(part)),
        false => escape(part),
    };
    parts.iter().enumerate().map(part).collect::<Vec<_>>().join(if paired { "" } else { "&#96;" })
}
