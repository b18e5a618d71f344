//! The parser against recordings of the reference parser: verdicts, instructions with their lines, RUN bodies.
//!
//! The recordings are not part of the project. `DOCKCHECK_CASES` names their folder; without it, `../shared/cases` is tried,
//! and without that the test says so and passes.

use dockcheck::internals::dockerfile::{Dockerfile, Phase, join, parse};
use dockcheck::text::{SourceFile, Sources};
use serde_json::Value;

use crate::common::cases;

/// The cases of a file, one a line.
fn recorded(name: &str) -> Option<Vec<Value>> {
    let text = cases(name)?;
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
    let row = |i: &dockcheck::internals::dockerfile::Instruction| {
        let word = join(file, i.keyword_span, dockerfile.escape).text;
        (word, u64::from(i.first_line), u64::from(i.last_line))
    };
    dockerfile.instructions.iter().map(row).collect()
}

fn runs(file: &SourceFile, dockerfile: &Dockerfile) -> Vec<(u64, String)> {
    let shell = |i: &dockcheck::internals::dockerfile::Instruction| {
        let is_run = i.keyword == dockcheck::internals::dockerfile::Keyword::Run;
        let text = is_run.then(|| i.shell_text(file, dockerfile.escape)).flatten()?;
        Some((u64::from(i.first_line), text))
    };
    dockerfile.instructions.iter().filter_map(shell).collect()
}

#[test]
fn buildkit_parse() {
    let Some(cases) = recorded("buildkit-parse.jsonl") else { return };
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

/// Alias and line of every finding over a folder with a Dockerfile, an ignore file, and a service that gives build arguments.
fn checks(case: &Value) -> Vec<(String, u64)> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    write("Dockerfile", case["dockerfile"].as_str().unwrap());
    if let Some(ignore) = case["dockerignore"].as_str() {
        write(".dockerignore", ignore);
    }
    if let Some(args) = case["build_args"].as_object() {
        let args: Vec<String> = args
            .iter()
            .map(|(name, value)| format!("        {}: {}\n", name.trim_start_matches("build-arg:"), value))
            .collect();
        write(
            "compose.yaml",
            &format!("services:\n  app:\n    build:\n      context: .\n      args:\n{}", args.concat()),
        );
    }
    let request = dockcheck::internals::lint::check::Request {
        paths: vec![folder.path().to_owned()],
        working_dir: folder.path().to_owned(),
        ..Default::default()
    };
    let report = dockcheck::internals::lint::check::check(&request, &dockcheck::Settings::default());
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    let mut found = Vec::new();
    for finding in &report.findings {
        let Some(entry) = dockcheck::rules::by_name(finding.rule) else { continue };
        let line = u64::from(report.sources.file(finding.primary.span.file).line_of(finding.primary.span.start));
        found.extend(entry.meta.front().aliases.iter().map(|alias| (alias.clone(), line)));
    }
    found
}

#[test]
fn buildkit_checks() {
    let Some(cases) = recorded("buildkit.jsonl") else { return };
    let mut wrong = Vec::new();
    for case in &cases {
        let found = checks(case);
        let rule = case["rule"].as_str().unwrap();
        let fires = found.iter().any(|(alias, line)| alias == rule && case["line"].as_u64().is_none_or(|l| l == *line));
        let mut problem = (fires != case["fires"].as_bool().unwrap()).then(|| format!("fires: {fires}"));
        // Where the recording lists all findings, nothing may be missing and nothing be too much.
        if let Some(rows) = case["exact"].as_array() {
            let known = |alias: &str| dockcheck::internals::dockerfile::checks::BUILDER_CHECKS.contains(&alias);
            let mut ours: Vec<(String, Option<u64>)> =
                found.into_iter().filter(|(alias, _)| known(alias)).map(|(alias, line)| (alias, Some(line))).collect();
            for row in rows {
                let alias = row[0].as_str().unwrap();
                let line = row[1].as_u64();
                let at = ours.iter().position(|(a, l)| a == alias && (line.is_none() || *l == line));
                match at {
                    Some(at) => drop(ours.remove(at)),
                    None => problem = Some(format!("missing {alias} on {line:?}")),
                }
            }
            if !ours.is_empty() && problem.is_none() {
                problem = Some(format!("too much: {ours:?}"));
            }
        }
        if let Some(problem) = problem {
            wrong.push(format!("{} {rule}: {problem}\n{}", case["id"], case["dockerfile"].as_str().unwrap()));
        }
    }
    println!("buildkit checks: {} of {} cases", cases.len() - wrong.len(), cases.len());
    assert!(wrong.len() * 100 <= cases.len() * 3, "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
    for wrong in wrong {
        println!("differs: {wrong}");
    }
}
