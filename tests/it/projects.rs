//! Runs dockcheck on whole small projects in `testdata/projects` and compares every error and warning with the project's
//! `expected.txt`: a line each, `path:line rule severity`; lines that begin with `#` say what the case is for. An empty list
//! means that the project is sound. The folder is hidden, so that the graph of this repository in the README leaves them out.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{PROGRAM, ROOT};

#[test]
fn projects_report_what_they_expect() {
    let root = Path::new(ROOT).join("testdata/projects");
    let mut wrong = Vec::new();
    let mut run = 0;
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let Ok(expected) = fs::read_to_string(folder.join("expected.txt")) else { continue };
        run += 1;
        let mut expected: Vec<String> =
            expected.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned).collect();
        expected.sort();
        let found = findings(&folder);
        if found != expected {
            wrong.push(format!("{}:\n  expected {expected:#?}\n  found    {found:#?}", folder.display()));
        }
    }
    assert!(run > 0 && wrong.is_empty(), "{} of {run} projects are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Errors and warnings, as `expected.txt` writes them. The project is checked in a folder of its own, so that nothing of this
/// repository is taken for a part of it.
fn findings(project: &Path) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    copy(project, folder.path());
    fs::create_dir(folder.path().join(".git")).unwrap();
    let output = Command::new(PROGRAM)
        .args(["check", ".", "--format", "concise", "--color", "never", "--min-severity", "warning"])
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    // `path:line:column: severity[rule] message`
    let mut found: Vec<String> = text
        .lines()
        .filter_map(|line| {
            let (place, rest) = line.split_once(": ")?;
            let (place, _) = place.rsplit_once(':')?;
            let (severity, rest) = rest.split_once('[')?;
            Some(format!("{place} {} {severity}", rest.split_once(']')?.0))
        })
        .collect();
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else if entry.file_name() != "expected.txt" {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
