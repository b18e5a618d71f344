//! The loader against a `docker-compose` binary, file by file, over a folder of any projects.
//!
//! Runs only with `DOCKCHECK_ORACLE=<binary>` and `DOCKCHECK_WILD=<folder>`; says so and passes without them. The binary
//! needs no daemon. Each `*compose*.y(a)ml` is loaded alone, and each folder with a default name as Compose would.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use dockcheck::diagnostic::Severity;
use dockcheck::internals::compose::{Fault, FaultKind, LoadRequest, find, load, resolve};
use dockcheck::internals::files::Files;
use dockcheck::text::Sources;
use serde_json::Value;

use crate::common::{PATIENCE, difference};

fn walk(dir: &Path, out: &mut Vec<Vec<PathBuf>>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut names = Vec::new();
    let mut folders = Vec::new();
    for entry in entries.filter_map(Result::ok) {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && entry.file_name() != ".git" {
            folders.push(entry.path());
        } else if kind.is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    let choice = find::base_and_override(&names);
    if let (Some(base), Some(overriding)) = (&choice.base, &choice.overriding) {
        out.push(vec![dir.join(base), dir.join(overriding)]);
    }
    out.extend(
        names.iter().filter(|n| dockcheck::internals::files::discover::is_compose_name(n)).map(|n| vec![dir.join(n)]),
    );
    folders.sort();
    folders.iter().for_each(|f| walk(f, out));
}

/// Standard output, standard error and success; `None` if it hangs.
fn oracle(binary: &str, files: &[PathBuf]) -> Option<(String, String, bool)> {
    let folder = files[0].parent().unwrap();
    let mut command = Command::new(binary);
    for file in files {
        command.arg("-f").arg(file);
    }
    command.args(["-p", "case", "config", "--format", "json"]);
    command.env_clear().env("HOME", "/nonexistent").env("PWD", folder).current_dir(folder);
    let out = tempfile::tempfile().unwrap();
    let err = tempfile::tempfile().unwrap();
    command.stdout(Stdio::from(out.try_clone().unwrap())).stderr(Stdio::from(err.try_clone().unwrap()));
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        thread::sleep(Duration::from_millis(3));
    };
    let read = |mut file: fs::File| {
        use std::io::{Read, Seek};
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    };
    Some((read(out), read(err), status.success()))
}

fn one(binary: &str, root: &Path, files: &[PathBuf]) -> Result<bool, (&'static str, String)> {
    let Some((out, err, accepted)) = oracle(binary, files) else { return Err(("hangs", String::new())) };
    let folder = files[0].parent().unwrap();
    let environment = HashMap::from([
        ("HOME".to_owned(), "/nonexistent".to_owned()),
        ("PWD".to_owned(), folder.to_string_lossy().into_owned()),
    ]);
    let request = LoadRequest {
        files: files.to_vec(),
        project_name: Some("case".into()),
        environment,
        complete: true,
        ..LoadRequest::default()
    };
    let mut sources = Sources::new();
    let project = load(&request, &Files::new(root, root), &mut sources);
    let last = err.lines().last().unwrap_or_default().to_owned();
    if accepted {
        // A blank tag passes `config` and fails at the start.
        let wrong = |f: &&Fault| f.severity == Severity::Error && !matches!(f.kind, FaultKind::BlankImage { .. });
        if let Some(fault) = project.faults.iter().find(wrong) {
            return Err(("wrong error", format!("{:?}", fault.kind)));
        }
    }
    if accepted == project.refused {
        let own = project.refusals.first().cloned().unwrap_or_default();
        return Err((
            "verdict",
            format!("compose: {} {last}; we: {own}", if accepted { "accepts" } else { "refuses" }),
        ));
    }
    if accepted {
        let want: Value = serde_json::from_str(&out).map_err(|e| ("oracle", e.to_string()))?;
        if let Some(difference) = difference("", &want, &resolve::to_json(&project)) {
            return Err(("model", difference));
        }
    } else if !project.faults.iter().any(|f| f.severity >= Severity::Warning) && project.coverage.is_empty() {
        return Err(("silent", last));
    }
    Ok(accepted)
}

#[test]
fn agrees_with_the_binary() {
    let (Ok(binary), Ok(wild)) = (std::env::var("DOCKCHECK_ORACLE"), std::env::var("DOCKCHECK_WILD")) else {
        println!("skipped: DOCKCHECK_ORACLE and DOCKCHECK_WILD are not set");
        return;
    };
    let root = fs::canonicalize(&wild).unwrap();
    let mut all = Vec::new();
    walk(&root, &mut all);
    let (mut accepted, mut refused) = (0, 0);
    let mut failures: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for files in &all {
        match one(&binary, &root, files) {
            Ok(true) => accepted += 1,
            Ok(false) => refused += 1,
            Err((kind, why)) => {
                let name = files[0].strip_prefix(&root).unwrap_or(&files[0]).display();
                let more = if files.len() > 1 { " + override" } else { "" };
                failures.entry(kind).or_default().push(format!("{name}{more}: {why}"));
            }
        }
    }
    println!("{} projects: {accepted} accepted alike, {refused} refused alike", all.len());
    for (kind, list) in &failures {
        println!("{kind}: {}", list.len());
        list.iter().for_each(|l| println!("  {l}"));
    }
    let wrong = ["wrong error", "model", "verdict", "silent"]
        .iter()
        .filter_map(|k| failures.get(k))
        .map(Vec::len)
        .sum::<usize>();
    assert!(wrong * 100 <= all.len(), "{wrong} of {} differ", all.len());
}
