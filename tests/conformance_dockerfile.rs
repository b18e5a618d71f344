//! The parser against recordings of the reference parser: verdicts, instructions with their lines, RUN bodies.
//!
//! The recordings are not part of the project. `DOCKCHECK_CASES` names their folder; without it, `../shared/cases` is tried,
//! and without that the test says so and passes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;

use dockcheck::dockerfile::{Dockerfile, Phase, join, parse};
use dockcheck::source::{SourceFile, Sources};
use serde_json::Value;

fn cases(name: &str) -> Option<Vec<Value>> {
    let folder = std::env::var_os("DOCKCHECK_CASES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/cases"), PathBuf::from);
    let path = folder.join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    Some(text.lines().filter(|line| !line.trim().is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn read(text: &str) -> (Sources, Dockerfile) {
    let mut sources = Sources::new();
    let id = sources.add("Dockerfile".into(), "Dockerfile".into(), text.as_bytes().to_vec());
    let dockerfile = parse(sources.file(id));
    (sources, dockerfile)
}

/// What the reference parser's recorder could refuse: it puts no stages together.
fn refused(dockerfile: &Dockerfile) -> Option<&str> {
    let mut faults: Vec<_> =
        dockerfile.faults.iter().filter(|f| matches!(f.phase, Phase::Parse | Phase::Instructions)).collect();
    faults.sort_by_key(|fault| fault.phase);
    faults.first().map(|fault| fault.builder_says.as_deref().unwrap_or(""))
}

fn instructions(file: &SourceFile, dockerfile: &Dockerfile) -> Vec<(String, u64, u64)> {
    let row = |i: &dockcheck::dockerfile::Instruction| {
        let word = join(file, i.keyword_span, dockerfile.escape).text;
        (word, u64::from(i.first_line), u64::from(i.last_line))
    };
    dockerfile.instructions.iter().map(row).collect()
}

fn runs(file: &SourceFile, dockerfile: &Dockerfile) -> Vec<(u64, String)> {
    let shell = |i: &dockcheck::dockerfile::Instruction| {
        let is_run = i.keyword == dockcheck::dockerfile::Keyword::Run;
        let text = is_run.then(|| i.shell_text(file, dockerfile.escape)).flatten()?;
        Some((u64::from(i.first_line), text))
    };
    dockerfile.instructions.iter().filter_map(shell).collect()
}

#[test]
fn buildkit_parse() {
    let Some(cases) = cases("buildkit-parse.jsonl") else { return };
    let (mut good, mut verdicts, mut sentences, mut rejected) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for case in &cases {
        let text = case["dockerfile"].as_str().unwrap();
        let (sources, dockerfile) = read(text);
        let file = sources.iter().next().unwrap();
        let mut differences = Vec::new();

        let parse_error = case["parse_error"].as_str();
        // The recorder fell over its own missing linter: that says nothing about the file.
        let fell_over = parse_error.is_some_and(|error| error.starts_with("PANIC"));
        let expected = parse_error.or(case["instruction_error"].as_str());
        let ours = refused(&dockerfile);
        if fell_over || expected.is_some() == ours.is_some() {
            verdicts += 1;
        } else {
            differences.push(format!("verdict: reference {expected:?}, ours {ours:?}"));
        }
        if let Some(expected) = expected.filter(|_| !fell_over) {
            rejected += 1;
            if ours.is_some_and(|ours| ours.starts_with(expected)) {
                sentences += 1;
            } else {
                println!("other sentence for {text:?}: reference {expected:?}, ours {ours:?}");
            }
        }

        if let Some(rows) = case["instructions"].as_array() {
            let expected: Vec<(String, u64, u64)> = rows
                .iter()
                .map(|row| (row[0].as_str().unwrap().into(), row[1].as_u64().unwrap(), row[2].as_u64().unwrap()))
                .collect();
            let ours = instructions(file, &dockerfile);
            if expected != ours {
                differences.push(format!("instructions: reference {expected:?}, ours {ours:?}"));
            }
        }
        let recorded = case["runs"].as_array().unwrap();
        let expected: Vec<(u64, String)> = recorded
            .iter()
            .filter(|run| run["exec"] == false)
            .map(|run| (run["line"].as_u64().unwrap(), run["text"].as_str().unwrap().to_owned()))
            .collect();
        let ours = runs(file, &dockerfile);
        if parse_error.is_none() && !expected.iter().all(|run| ours.contains(run)) {
            differences.push(format!("runs: reference {expected:?}, ours {ours:?}"));
        }
        if differences.is_empty() {
            good += 1;
        } else {
            wrong.push(format!("{text:?}\n    {}", differences.join("\n    ")));
        }
    }
    println!("buildkit-parse: {good} of {} cases; verdicts {verdicts} of {}", cases.len(), cases.len());
    println!("buildkit-parse: {sentences} of {rejected} refusals in the builder's words");
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}
