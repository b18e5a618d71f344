//! `dockcheck rule`: a rule's page, the list of all rules, both as data.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::diagnostic::rule::{FixKind, Level, RuleMeta};

/// A rule's page with a head made of its front matter.
pub fn page(rule: &RuleMeta, color: bool) -> String {
    let front = rule.front();
    let (bold, dim, plain) = if color { ("\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m") } else { ("", "", "") };
    let mut out = format!("{bold}{}{plain}: {}\n\n", rule.name, front.summary);
    let _ = writeln!(
        out,
        "{dim}{} · {} · {}{}{plain}",
        level(front.level),
        front.group.as_str(),
        match front.fix {
            FixKind::None => "no fix",
            FixKind::Display => "suggestion only",
            FixKind::Unsafe => "fix with `--fix --unsafe-fixes`",
            FixKind::Safe => "fix with `--fix`",
        },
        if front.since.is_empty() { String::new() } else { format!(" · since {}", front.since) },
    );
    if !front.aliases.is_empty() {
        let _ = writeln!(out, "{dim}also known as {}{plain}", front.aliases.join(", "));
    }
    out.push('\n');
    let mut fenced = false;
    for line in rule.body().trim().lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            fenced = !fenced;
            // `path=` is for the test of the example; a reader needs it where it says more than the language.
            let path = info.split_whitespace().find_map(|word| word.strip_prefix("path="));
            if let Some(path) = path.filter(|path| !matches!(*path, "Dockerfile" | "compose.yaml")) {
                let _ = writeln!(out, "`{path}`:\n");
            }
            let _ = writeln!(out, "```{}", info.split_whitespace().next().unwrap_or_default());
        } else if fenced {
            let _ = writeln!(out, "{}", without_mark(line));
        } else if color && line.starts_with('#') {
            let _ = writeln!(out, "{bold}{line}{plain}");
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
    let _ = writeln!(out, "\n{dim}{}{plain}", rule.url());
    out
}

/// A line of an example with the mark for its test as a plain comment: `# error: [rule]` says what is found, at a line's end in
/// that line, alone in the next one.
fn without_mark(line: &str) -> Cow<'_, str> {
    for severity in ["error", "warning", "info"] {
        let opener = format!("# {severity}: [");
        let Some((before, rest)) = line.split_once(&opener) else { continue };
        let Some((rule, after)) = rest.split_once(']') else { continue };
        let place = if before.trim().is_empty() { "the next line" } else { "here" };
        return Cow::Owned(format!("{before}# {place}: {rule} ({severity}){after}"));
    }
    Cow::Borrowed(line)
}

/// All rules, one a line, in columns.
pub fn table(rules: &[&RuleMeta]) -> String {
    let head = ["rule", "level", "group", "fix", "other names", "summary"].map(str::to_owned);
    let rows = rules.iter().map(|rule| {
        let front = rule.front();
        let fix = match front.fix {
            FixKind::Safe => "safe",
            FixKind::Unsafe => "unsafe",
            FixKind::Display => "suggestion",
            FixKind::None => "-",
        };
        let aliases = if front.aliases.is_empty() { "-".to_owned() } else { front.aliases.join(",") };
        [
            rule.name.to_owned(),
            level(front.level).to_owned(),
            front.group.as_str().to_owned(),
            fix.to_owned(),
            aliases,
            front.summary.clone(),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(rows).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let _ = writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    out
}

/// One rule as an object, or several as a list.
pub fn json(rules: &[&RuleMeta], list: bool) -> String {
    let all: Vec<Value> = rules.iter().map(|r| object(r)).collect();
    let value = match all.into_iter().collect::<Vec<_>>() {
        mut one if one.len() == 1 && !list => one.remove(0),
        all => Value::Array(all),
    };
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

fn object(rule: &RuleMeta) -> Value {
    let front = rule.front();
    json!({
        "name": rule.name,
        "summary": front.summary,
        "group": front.group.as_str(),
        "level": level(front.level),
        "fix": match front.fix {
            FixKind::None => "none",
            FixKind::Display => "display",
            FixKind::Unsafe => "unsafe",
            FixKind::Safe => "safe",
        },
        "aliases": front.aliases,
        "since": front.since,
        "url": rule.url(),
        "page": rule.body().trim(),
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Off => "off",
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}
