//! Puts the sources of the documentation's book together: the pages of `docs/` as they are, and a page for every rule, made
//! from `rules/`.
//!
//!     cargo run --example site -- FOLDER
//!     mdbook build FOLDER

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use dockcheck::diagnostic::Severity;
use dockcheck::diagnostic::{FixKind, Group, Level, RuleMeta};
use dockcheck::rules::RULES;

#[allow(dead_code, clippy::print_stderr)]
fn main() -> io::Result<()> {
    let Some(out) = std::env::args_os().nth(1) else {
        eprintln!("usage: cargo run --example site -- FOLDER");
        std::process::exit(2);
    };
    build(Path::new(env!("CARGO_MANIFEST_DIR")), Path::new(&out))
}

/// Writes `book.toml` and `src/` into a folder. A page that the summary names and that is not there is left out of it.
pub(crate) fn build(root: &Path, out: &Path) -> io::Result<()> {
    let docs = root.join("docs");
    let src = out.join("src");
    fs::create_dir_all(src.join("rules"))?;
    fs::copy(docs.join("book.toml"), out.join("book.toml"))?;
    for entry in fs::read_dir(&docs)? {
        let path = entry?.path();
        let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|e| e == "md")) else { continue };
        let text = fs::read_to_string(&path)?;
        // Where the examples were run is for the test that runs them.
        let text = text.strip_prefix("<!-- in ").and_then(|t| t.split_once("-->\n")).map_or(text.as_str(), |(_, t)| t);
        fs::write(src.join(name), text)?;
    }
    let mut summary = String::new();
    for line in fs::read_to_string(docs.join("SUMMARY.md"))?.lines() {
        let target = line.split_once("](").and_then(|(_, rest)| rest.split_once(')')).map(|(target, _)| target);
        if target.is_none_or(|t| t == "rules/index.md" || docs.join(t).exists()) {
            let _ = writeln!(summary, "{line}");
        }
    }
    for rule in rules() {
        let _ = writeln!(summary, "  - [{0}](rules/{0}.md)", rule.name);
        fs::write(src.join("rules").join(format!("{}.md", rule.name)), page(rule))?;
    }
    fs::write(src.join("rules/index.md"), overview())?;
    fs::write(src.join("SUMMARY.md"), summary)
}

fn rules() -> impl Iterator<Item = &'static RuleMeta> {
    RULES.iter().map(|entry| &entry.meta)
}

fn level(rule: &RuleMeta) -> &'static str {
    match rule.front().level {
        Level::Off => "off by default",
        level => level.severity().map_or("off by default", Severity::as_str),
    }
}

fn fix(rule: &RuleMeta) -> &'static str {
    match rule.front().fix {
        FixKind::None => "",
        FixKind::Display => "shown, to be made by hand",
        FixKind::Safe => "`--fix`",
        FixKind::Unsafe => "`--fix --unsafe-fixes`",
    }
}

/// A rule's page: what the front matter says as a table, then the page's own text.
fn page(rule: &RuleMeta) -> String {
    let front = rule.front();
    let mut out = format!("# {}\n\n{}.\n\n", rule.name, sentence(&front.summary));
    let _ = writeln!(out, "| | |\n| --- | --- |\n| Level | {} |\n| Group | {} |", level(rule), front.group.as_str());
    if !fix(rule).is_empty() {
        let _ = writeln!(out, "| Fix | {} |", fix(rule));
    }
    if !front.aliases.is_empty() {
        let names: Vec<String> = front.aliases.iter().map(|a| format!("`{a}`")).collect();
        let _ = writeln!(out, "| Other tools' names | {} |", names.join(", "));
    }
    let _ = writeln!(out, "| Since | {} |\n", front.since);
    let mut fence: Option<String> = None;
    for line in rule.body().trim_start().lines() {
        let bare = line.trim_start();
        let ticks: String = bare.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) => {
                if bare == open {
                    fence = None;
                }
                let _ = writeln!(out, "{line}");
            }
            None if ticks.len() > 2 => {
                // The file's name goes above the block, where a reader sees it.
                let mut words = bare.get(ticks.len()..).unwrap_or_default().split_whitespace();
                let language = words.next().unwrap_or_default();
                if let Some(path) = words.find_map(|w| w.strip_prefix("path=")) {
                    let _ = writeln!(out, "`{path}`\n");
                }
                let _ = writeln!(out, "{ticks}{language}");
                fence = Some(ticks);
            }
            None => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

fn sentence(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// All rules, by group.
fn overview() -> String {
    let mut out = format!(
        "# Rules\n\n{} rules. Each has a page with what it reports, why, examples, and where it stays silent on purpose; \
         `dockcheck rule NAME` shows the same in the terminal.\n",
        RULES.len()
    );
    for group in Group::ALL {
        let mut own = rules().filter(|r| r.front().group == group).peekable();
        if own.peek().is_none() {
            continue;
        }
        let _ = writeln!(out, "\n## {}\n\n| rule | level | | |\n| --- | --- | --- | --- |", sentence(group.as_str()));
        for rule in own {
            let summary = rule.front().summary.replace('|', "\\|");
            let _ = writeln!(out, "| [{0}]({0}.md) | {1} | {2} | {3} |", rule.name, level(rule), summary, fix(rule));
        }
    }
    out
}
