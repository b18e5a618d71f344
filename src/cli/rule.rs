//! `dockcheck rule`: a rule's page, the list of all rules, both as data.

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
        fenced ^= line.trim_start().starts_with("```");
        if color && !fenced && line.starts_with('#') {
            let _ = writeln!(out, "{bold}{line}{plain}");
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
    let _ = writeln!(out, "\n{dim}{}{plain}", rule.url());
    out
}

/// All rules, one a line.
pub fn table(rules: &[&RuleMeta]) -> String {
    let name = rules.iter().map(|r| r.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in rules {
        let front = rule.front();
        let fix = match front.fix {
            FixKind::Safe => "fix",
            FixKind::Unsafe => "unsafe fix",
            FixKind::None | FixKind::Display => "",
        };
        let _ = writeln!(out, "{:name$}  {:7}  {:10}  {}", rule.name, level(front.level), fix, front.summary);
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
