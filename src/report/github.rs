//! Annotations for GitHub Actions: workflow commands on stdout, and the full report in a folded group.
//!
//! The runner shows ten errors, ten warnings and ten notices of a step and drops the rest, the first ones win; it cuts a
//! message at 4096 UTF-16 units; it drops the columns of a range over several lines (`actions/runner`, `ActionCommand` and
//! the issue commands). What it reads as a command is decided line by line, so the human part stands between
//! `::stop-commands::` and a word that nothing in a repository can know.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};

use crate::diagnostic::{Applicability, Finding, Severity};

use super::{View, concise, pretty, summary};
use crate::text::words::plural;

/// Annotations that the runner shows of each level.
const BUDGET: usize = 10;
/// Characters of a message, well below the runner's 4096 units even where every one is escaped to a few.
const LONGEST: usize = 1200;

pub fn render(view: &View<'_>) -> String {
    let mut out = String::new();
    for level in [Severity::Error, Severity::Warning, Severity::Info] {
        let chosen = by_weight(view, level);
        let fits = if chosen.len() > BUDGET { BUDGET - 1 } else { chosen.len() };
        for finding in &chosen[..fits] {
            annotation(view, finding, &mut out);
        }
        if chosen.len() > fits {
            let more = plural(chosen.len() - fits, "finding");
            let text = format!("{more} of this level not shown as annotations; see the log or the job summary");
            let _ = writeln!(out, "::{} title=dockcheck::{}", command(level), data(&format!("+{text}")));
        }
    }
    let token = view.style.token.clone().unwrap_or_else(random_word);
    let counts = view.counts();
    let _ = writeln!(out, "::group::dockcheck: {}", data(&plural(counts.total(), "finding")));
    let _ = writeln!(out, "::stop-commands::{token}");
    out.push_str(&pretty::render(view));
    for line in summary::lines(view, true) {
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "::{token}::\n::endgroup::");
    out
}

/// The findings of a level, the weightiest first: by confidence, then one of each rule and file before any second one.
fn by_weight<'a>(view: &View<'a>, level: Severity) -> Vec<&'a Finding> {
    let mut all: Vec<&Finding> = view.findings().filter(|f| f.severity == level && f.suppressed.is_none()).collect();
    all.sort_by_key(|f| std::cmp::Reverse(f.confidence));
    let mut seen = HashSet::new();
    let (first, second): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|f| seen.insert((f.rule, view.place(f.primary.span).file.id())));
    first.into_iter().chain(second).collect()
}

fn command(level: Severity) -> &'static str {
    match level {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

fn annotation(view: &View<'_>, finding: &Finding, out: &mut String) {
    let place = view.place(finding.primary.span);
    let mut properties = format!("file={},line={}", property(place.raw_path()), place.start.line);
    // A range that ends at the start of a line does not touch that line.
    let end_line =
        if place.end.column == 1 && place.end.line > place.start.line { place.end.line - 1 } else { place.end.line };
    if end_line > place.start.line {
        let _ = write!(properties, ",endLine={end_line}");
    } else {
        let last = if end_line == place.end.line { place.end.column } else { place.start.column };
        let _ = write!(properties, ",col={},endColumn={}", place.start.column, last.max(place.start.column));
    }
    let _ = writeln!(
        out,
        "::{} {properties},title={}::{}",
        command(finding.severity),
        property(finding.rule),
        data(&body(view, finding))
    );
}

/// What a reader needs without opening the log: what, where else, what to do.
fn body(view: &View<'_>, finding: &Finding) -> String {
    let mut text = finding.title.clone();
    if !finding.primary.message.is_empty() {
        let _ = write!(text, "\nhere: {}", concise::flat(&finding.primary.message));
    }
    for note in &finding.notes {
        let _ = write!(text, "\nnote: {}", concise::flat(note));
    }
    if let Some(fix) = finding.best_fix() {
        let how = match fix.applicability {
            Applicability::Safe => "fix (--fix)",
            Applicability::Unsafe => "fix (--fix --unsafe-fixes)",
            Applicability::Display => "suggestion",
        };
        let _ = write!(text, "\n{how}: {}", fix.title);
    }
    for label in &finding.related {
        let place = view.place(label.span);
        let _ = write!(text, "\nsee {}:{}: {}", place.raw_path(), place.start.line, concise::flat(&label.message));
    }
    if let Some(help) = &finding.help {
        let _ = write!(text, "\nhelp: {help}");
    }
    if let Some(url) = view.url(finding.rule) {
        let _ = write!(text, "\n{url}");
    }
    text
}

/// The runner's escapes for a message, over text without anything a terminal would act upon.
fn data(text: &str) -> String {
    let text = crate::redact::sentence(text);
    let short: String = match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    };
    short.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The runner's escapes for a property. A path keeps its bytes where it can: it must match the file. So line ends are
/// escaped rather than masked; only control characters and the openers of commands go.
fn property(text: &str) -> String {
    let text = if text.contains("##") { crate::redact::one_line(text) } else { text.to_owned() };
    let safe: String =
        text.chars().map(|c| if c != '\n' && c != '\r' && crate::redact::is_unsafe(c) { '?' } else { c }).collect();
    safe.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A").replace(':', "%3A").replace(',', "%2C")
}

/// 128 bits from the standard library's randomly keyed hash.
fn random_word() -> String {
    let (a, b) = (RandomState::new().hash_one("resume"), RandomState::new().hash_one("commands"));
    format!("dockcheck-{a:016x}{b:016x}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnostic::Report;
    use crate::report::tests::{render as show, sample};
    use crate::report::{OutputFormat, Style};
    use crate::text::Span;
    use proptest::prelude::*;

    /// The commands that the runner would see: both forms, with stop-commands, after its own parser.
    pub(super) fn commands(log: &str) -> Vec<(String, String)> {
        let mut stopped: Option<String> = None;
        let mut out = Vec::new();
        for line in log.split('\n') {
            let parsed = new_form(line).or_else(|| old_form(line));
            let Some((name, data)) = parsed else { continue };
            match &stopped {
                Some(token) if name == *token => stopped = None,
                Some(_) => {}
                None if name == "stop-commands" => stopped = Some(data),
                None => out.push((name, data)),
            }
        }
        assert_eq!(stopped, None);
        out
    }

    fn new_form(line: &str) -> Option<(String, String)> {
        let rest = line.trim_start().strip_prefix("::")?;
        let (head, data) = rest.split_once("::")?;
        Some((head.split(' ').next().unwrap().to_ascii_lowercase(), data.to_owned()))
    }

    fn old_form(line: &str) -> Option<(String, String)> {
        let at = line.find("##[")?;
        let (head, data) = line[at + 3..].split_once(']')?;
        Some((head.split(' ').next().unwrap().to_ascii_lowercase(), data.to_owned()))
    }

    #[test]
    fn annotations() {
        let style = Style { unicode: true, token: Some("word".into()), ..Style::default() };
        insta::assert_snapshot!("github", show(OutputFormat::Github, &sample(), style));
    }

    #[test]
    fn budget_of_ten_with_every_rule_first() {
        let mut report = Report::default();
        let id = report.sources.add("f".into(), "f".into(), b"x\n".to_vec());
        for i in 0..30 {
            let rule = if i == 25 { "rare" } else { "common" };
            report.findings.push(Finding::new(rule, Severity::Warning, Span::at(id, 0), format!("m{i}")));
        }
        let log = show(OutputFormat::Github, &report, Style::default());
        let warnings: Vec<_> = commands(&log).into_iter().filter(|c| c.0 == "warning").collect();
        assert_eq!(warnings.len(), 10);
        assert!(warnings[1].1.starts_with("m25"), "{warnings:?}");
        assert!(warnings[9].1.starts_with("+21 findings"), "{warnings:?}");
    }

    proptest! {
        #[test]
        fn hostile_text_gives_no_commands_but_ours(
            text in "(\\PC|[:#\\[\\]%,\\n\\r\u{1b}]|::stop-commands::x|##\\[add-mask\\]|\n::error::){0,30}",
            name in "(\\PC|[:#\\[\\],\\n\\r]|\n::error::|##\\[group\\]){1,12}",
        ) {
            let mut report = Report::default();
            let id = report.sources.add("f".into(), name.clone(), text.clone().into_bytes());
            let other = report.sources.add("g".into(), format!("::{name}"), text.clone().into_bytes());
            let end = text.len();
            report.findings.push(
                Finding::new("rule", Severity::Error, Span::new(id, 0..end), text.clone())
                    .here(text.clone()).label(Span::new(other, 0..end), text.clone()).help(text.clone())
                    .fix(crate::diagnostic::Fix::new(text.clone(), Applicability::Safe).insert(Span::at(other, 0), text.clone())),
            );
            report.coverage.push(crate::diagnostic::CoverageNote { path: name.clone(), line: 1, what: text.clone() });
            let log = show(OutputFormat::Github, &report, Style { token: None, ..Style::default() });
            let names: Vec<_> = commands(&log).into_iter().map(|c| c.0).collect();
            prop_assert_eq!(names, ["error", "group", "endgroup"]);
            for format in [OutputFormat::Full, OutputFormat::Concise] {
                for unicode in [false, true] {
                    let shown = show(format, &report, Style { unicode, color: unicode, width: unicode.then_some(60), ..Style::default() });
                    prop_assert!(commands(&shown).is_empty(), "{}", shown);
                    let bare = shown.replace("\u{1b}[", "");
                    prop_assert!(!bare.chars().any(crate::redact::is_unsafe), "{:?}", shown);
                }
            }
        }
    }
}
