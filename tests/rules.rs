//! Runs every fenced example of every page in `rules/`.
//!
//! Fenced blocks with `path=` under one heading are the files of one small project. Under a heading that begins with
//! "Example", the findings of the page's rule must be exactly those that the marks name: `# error: [rule]` at a line's end
//! marks that line, alone on a line it marks the next one. Marks are taken out before the run. Under "Use instead" the rule
//! must be silent, and if the rule fixes, the example before it must become that text. Under any other heading the rule must
//! be silent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod common;

use std::fs;
use std::path::Path;

use common::pages::{Mark, projects, write};

use dockcheck::diagnostic::rule::{FixKind, parse_front};
use dockcheck::rules::RULES;

#[test]
fn every_page_has_a_rule_and_every_rule_a_page() {
    let mut pages: Vec<String> = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/rules"))
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().to_str().unwrap().strip_suffix(".md").map(str::to_owned))
        .collect();
    pages.sort();
    let rules: Vec<&str> = RULES.iter().map(|e| e.meta.name).collect();
    assert_eq!(pages, rules);
}

#[test]
fn every_page_is_complete() {
    for entry in &RULES {
        let name = entry.meta.name;
        let (front, body) = parse_front(entry.meta.page).unwrap_or_else(|e| panic!("rules/{name}.md: {e}"));
        assert!(!front.summary.ends_with('.') && !front.since.is_empty(), "rules/{name}.md: front matter");
        for heading in ["## What it does", "## Why is this bad", "## Example"] {
            assert!(body.contains(heading), "rules/{name}.md has no `{heading}`");
        }
    }
}

#[test]
fn examples_report_what_they_mark() {
    let only = std::env::var("RULE").ok();
    let mut wrong = Vec::new();
    let mut run = 0;
    for entry in RULES.iter().filter(|e| only.as_deref().is_none_or(|o| o == e.meta.name)) {
        let projects = projects(entry.meta.body());
        for (index, project) in projects.iter().enumerate() {
            run += 1;
            let here = format!("rules/{}.md, \"{}\"", entry.meta.name, project.heading);
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &project.files);
            let found = findings(folder.path(), entry.meta.name);
            let example = project.heading.starts_with("Example");
            if example && project.marks.is_empty() {
                wrong.push(format!("{here}: marks nothing"));
            }
            if found != project.marks {
                wrong.push(format!("{here}:\n  expected {:?}\n  found    {found:?}", project.marks));
            }
            let instead = projects.get(index + 1).filter(|p| example && p.heading == "Use instead");
            if let Some(instead) = instead
                && !matches!(entry.meta.front().fix, FixKind::None | FixKind::Display)
            {
                fix(folder.path(), entry.meta.name);
                for (path, text) in &instead.files {
                    let fixed = fs::read_to_string(folder.path().join(path)).unwrap_or_default();
                    if &fixed != text {
                        wrong.push(format!("{here}: {path} is fixed to\n{fixed}\nand should be\n{text}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {run} examples are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

fn dockcheck(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dockcheck"));
    command.arg("check").arg(".").args(arguments).current_dir(folder).env_clear();
    command.output().unwrap()
}

/// The findings of one rule, sorted.
fn findings(folder: &Path, rule: &str) -> Vec<Mark> {
    let output = dockcheck(folder, &["--isolated", "--select", rule, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    let mut found: Vec<Mark> = common::pages::marks_of(&json).into_iter().filter(|m| m.rule == rule).collect();
    found.sort();
    found
}

fn fix(folder: &Path, rule: &str) {
    dockcheck(folder, &["--isolated", "--select", rule, "--fix", "--unsafe-fixes"]);
}
