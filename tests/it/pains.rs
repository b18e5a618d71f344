//! The pains of people who build with Compose, told as small projects in `testdata/pains`: a page each. Under "Project" every
//! error and warning of all rules must be just those that the page marks, under "Twin", where the same thing is right, there is
//! none.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::pages::{Mark, marks_of, projects, write};
use crate::common::{PROGRAM, ROOT};

#[test]
fn pains_are_seen_and_their_twins_are_left_alone() {
    let mut pages: Vec<_> = fs::read_dir(Path::new(ROOT).join("testdata/pains"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "md"))
        .collect();
    pages.sort();
    let mut wrong = Vec::new();
    for page in &pages {
        let name = page.file_name().unwrap().to_string_lossy();
        let projects = projects(&fs::read_to_string(page).unwrap());
        let (hurts, twins): (Vec<_>, Vec<_>) = projects.iter().partition(|p| p.heading.starts_with("Project"));
        assert!(!hurts.is_empty() && !twins.is_empty(), "{name} needs a project and a twin");
        assert!(hurts.iter().all(|p| !p.marks.is_empty()), "{name}: a project marks nothing");
        assert!(twins.iter().all(|p| p.heading.starts_with("Twin") && p.marks.is_empty()), "{name}: a twin is silent");
        for project in &projects {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &project.files);
            let found = findings(folder.path(), project.marks.iter().any(|m| m.severity == "info"));
            if found != project.marks {
                wrong.push(format!(
                    "{name}, {}:\n  expected {:#?}\n  found    {found:#?}",
                    project.heading, project.marks
                ));
            }
        }
    }
    assert!(pages.len() >= 28, "only {} pains", pages.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn findings(folder: &Path, infos: bool) -> Vec<Mark> {
    let severity = if infos { "info" } else { "warning" };
    let output = Command::new(PROGRAM)
        .args(["check", ".", "--isolated", "--format", "json", "--min-severity", severity])
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    let json = serde_json::from_slice(&output.stdout).expect("a report");
    let mut found = marks_of(&json);
    found.sort();
    found
}
