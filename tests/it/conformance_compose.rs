//! The loader against recorded answers of `docker compose config --format json`.
//!
//! The cases are not part of this repository: `$DOCKCHECK_CASES/compose-go.jsonl`, by default `../shared/cases`. Without
//! them the test says so and passes. `DOCKCHECK_CASE=<part of an id>` shows the cases of that name.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use dockcheck::internals::compose::{LoadRequest, load, resolve};
use dockcheck::internals::files::Files;
use dockcheck::text::Sources;
use serde_json::Value;

use crate::common::{cases, difference};

fn strings(value: &Value) -> Vec<String> {
    value.as_array().map(|a| a.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()).unwrap_or_default()
}

fn run(case: &Value) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap();
    for (name, text) in case["files"].as_object().into_iter().flatten() {
        let path = root.join(name.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.as_str().unwrap_or_default()).unwrap();
    }
    let environment: HashMap<String, String> = case["env"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(k, v)| (k.clone(), v.as_str().map_or_else(|| v.to_string(), str::to_owned)))
        .collect();
    let request = LoadRequest {
        files: strings(&case["config_files"]).iter().map(|f| root.join(f)).collect(),
        project_name: Some("case".into()),
        project_directory: Some(root.clone()),
        profiles: strings(&case["profiles"]),
        environment,
        complete: true,
        ..LoadRequest::default()
    };
    let mut sources = Sources::new();
    let project = load(&request, &Files::new(&root, &root), &mut sources);
    let plain = &case["plain"];
    let want_refused = plain["rc"].as_i64() != Some(0);
    if want_refused != project.refused {
        return Err(format!(
            "want {}, got {}",
            if want_refused { format!("refused: {}", plain["stderr"]) } else { "accepted".into() },
            project.refusals.first().map_or_else(|| "accepted".into(), |r| format!("refused: {r}")),
        ));
    }
    // A refusal must be explained: by a finding or, where there is no place to point at, by its words.
    if want_refused && project.refusals.is_empty() {
        return Err("refused without a word".into());
    }
    if !want_refused {
        if let Some(finding) = project.findings.iter().find(|f| f.severity == dockcheck::diagnostic::Severity::Error) {
            return Err(format!("accepted, but reported as {}: {}", finding.rule, finding.title));
        }
        let text = resolve::to_json(&project).to_string().replace(&root.to_string_lossy().into_owned(), "$DIR");
        let got: Value = serde_json::from_str(&text).unwrap();
        if let Some(difference) = difference("", &plain["json"], &got) {
            return Err(difference);
        }
    }
    Ok(())
}

#[test]
fn agrees_with_docker_compose_config() {
    let Some(text) = cases("compose-go.jsonl") else { return };
    let only = std::env::var("DOCKCHECK_CASE").ok();
    let mut areas: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut failures = Vec::new();
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        if !case["plain"].is_object() {
            continue;
        }
        let id = case["id"].as_str().unwrap_or("?").to_owned();
        if only.as_ref().is_some_and(|o| !id.contains(o.as_str())) {
            continue;
        }
        if only.is_some() {
            for (name, text) in case["files"].as_object().into_iter().flatten() {
                println!("--- {name}\n{}", text.as_str().unwrap_or_default());
            }
            println!("--- expected\n{}", serde_json::to_string_pretty(&case["plain"]).unwrap());
        }
        let area = areas.entry(case["area"].as_str().unwrap_or("?").to_owned()).or_default();
        area.1 += 1;
        match run(&case) {
            Ok(()) => area.0 += 1,
            Err(why) => failures.push(format!("{id}: {why}")),
        }
    }
    let (passed, all) = areas.values().fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    for failure in &failures {
        println!("FAIL {failure}");
    }
    println!("compose-go: {passed} of {all}");
    for (area, (passed, all)) in &areas {
        println!("  {area}: {passed} of {all}");
    }
    assert!(passed * 100 >= all * 97, "{passed} of {all}");
}
