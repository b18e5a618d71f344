//! The two formats in XML: JUnit for test reports, Checkstyle for review tools.
//!
//! Only characters that XML 1.0 allows get through: a control character in a file's name would make the whole report
//! unreadable.

use std::fmt::Write as _;

use crate::diagnostic::Severity;
use crate::redact;
use crate::text::FileId;

use super::{View, concise};

/// Text or an attribute's value.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // An attribute's line ends would be read as blanks.
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn by_file<'a>(view: &View<'a>) -> Vec<(FileId, Vec<&'a crate::diagnostic::Finding>)> {
    let mut groups: Vec<(FileId, Vec<&crate::diagnostic::Finding>)> = Vec::new();
    for finding in view.findings().filter(|f| f.suppressed.is_none()) {
        let file = view.place(finding.primary.span).file.id();
        match groups.iter_mut().find(|(f, _)| *f == file) {
            Some((_, all)) => all.push(finding),
            None => groups.push((file, vec![finding])),
        }
    }
    groups
}

fn name(view: &View<'_>, file: FileId) -> String {
    escape(&redact::one_line(view.report.sources.file(file).name()))
}

/// A suite per file, a failed test per error or warning. Information is a test that passes with a remark; without findings
/// there is one test that passes, because some readers refuse an empty report.
pub fn junit(view: &View<'_>) -> String {
    let counts = view.counts();
    let tests = counts.total().max(1);
    let failures = counts.error + counts.warning;
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"dockcheck\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">");
    let groups = by_file(view);
    if groups.is_empty() {
        out.push_str("  <testsuite name=\"dockcheck\" tests=\"1\" failures=\"0\" errors=\"0\">\n");
        out.push_str("    <testcase name=\"no findings\" classname=\"dockcheck\"/>\n  </testsuite>\n");
    }
    for (file, findings) in groups {
        let failures = findings.iter().filter(|f| f.severity > Severity::Info).count();
        let name = name(view, file);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\">",
            findings.len()
        );
        for finding in findings {
            let place = view.place(finding.primary.span);
            let at = format!("{}:{}", place.start.line, place.start.column);
            let _ = writeln!(out, "    <testcase name=\"{} at {at}\" classname=\"{name}\">", escape(finding.rule));
            let message = concise::flat(&finding.title);
            let mut details = format!("{name}:{at}: {}", escape(&message));
            for note in &finding.notes {
                let _ = write!(details, "&#10;note: {}", escape(&redact::sentence(note)));
            }
            if let Some(help) = &finding.help {
                let _ = write!(details, "&#10;help: {}", escape(&redact::sentence(help)));
            }
            for label in &finding.related {
                let place = view.place(label.span);
                let text = format!("{}:{}: {}", place.path(), place.start.line, concise::flat(&label.message));
                let _ = write!(details, "&#10;see {}", escape(&text));
            }
            if finding.severity > Severity::Info {
                let kind = finding.severity.as_str();
                let _ = writeln!(
                    out,
                    "      <failure type=\"{kind}\" message=\"{}\">{details}</failure>",
                    escape(&message)
                );
            } else {
                let _ = writeln!(out, "      <system-out>{details}</system-out>");
            }
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// What Checkstyle writes, and reviewdog and Jenkins read.
pub fn checkstyle(view: &View<'_>) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n");
    for (file, findings) in by_file(view) {
        let _ = writeln!(out, "  <file name=\"{}\">", name(view, file));
        for finding in findings {
            let place = view.place(finding.primary.span);
            let _ = writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"dockcheck.{}\"/>",
                place.start.line,
                place.start.column,
                finding.severity.as_str(),
                escape(&concise::flat(&finding.title)),
                escape(finding.rule),
            );
        }
        out.push_str("  </file>\n");
    }
    out.push_str("</checkstyle>\n");
    out
}
