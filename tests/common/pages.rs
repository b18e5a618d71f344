//! Small projects written into Markdown: fenced blocks with `path=` under one heading are the files of one project, and
//! `# error: [rule]` marks what must be found. At a line's end it marks that line, alone on a line it marks the next one; it is
//! taken out before the project is written to disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[derive(Debug, Default)]
pub struct Project {
    pub heading: String,
    /// Path to text, marks taken out.
    pub files: BTreeMap<String, String>,
    /// Sorted.
    pub marks: Vec<Mark>,
}

/// A finding, as a page expects it or as the program reports it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub path: String,
    pub line: u32,
    pub severity: String,
    pub rule: String,
}

/// The projects of a page, in order.
pub fn projects(body: &str) -> Vec<Project> {
    let mut projects: Vec<Project> = Vec::new();
    let mut current = Project::default();
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("## ") || line.starts_with("### ") {
            let heading = line.trim_start_matches('#').trim().to_owned();
            let done = std::mem::replace(&mut current, Project { heading, ..Project::default() });
            projects.extend((!done.files.is_empty()).then_some(done));
        } else if let Some(info) = line.strip_prefix("```")
            && let Some(path) = info.split_whitespace().find_map(|w| w.strip_prefix("path="))
        {
            let mut text = String::new();
            for line in lines.by_ref().take_while(|l| *l != "```") {
                take_line(line, path, &mut text, &mut current.marks);
            }
            current.files.insert(path.to_owned(), text);
        }
    }
    projects.extend((!current.files.is_empty()).then_some(current));
    for project in &mut projects {
        project.marks.sort();
    }
    projects
}

fn take_line(line: &str, path: &str, text: &mut String, marks: &mut Vec<Mark>) {
    let next = text.lines().count() as u32 + 1;
    let mut kept = line;
    for severity in ["error", "warning", "info"] {
        let opener = format!("# {severity}: [");
        let Some(at) = line.find(&opener) else { continue };
        kept = line[..at].trim_end();
        let rule = line[at + opener.len()..].split(']').next().unwrap().to_owned();
        marks.push(Mark { path: path.to_owned(), line: next, severity: severity.to_owned(), rule });
    }
    if kept.len() == line.len() || !kept.is_empty() {
        text.push_str(kept);
        text.push('\n');
    }
}

/// Lays a project's files into a folder, which becomes a root of its own: nothing above it is looked at.
pub fn write(folder: &Path, files: &BTreeMap<String, String>) {
    fs::create_dir(folder.join(".git")).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The findings of a report in JSON.
pub fn marks_of(report: &serde_json::Value) -> Vec<Mark> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let diagnostics = report["diagnostics"].as_array().unwrap();
    let mark = |d: &serde_json::Value| Mark {
        path: text(&d["primary"]["path"]),
        line: d["primary"]["line"].as_u64().unwrap() as u32,
        severity: text(&d["severity"]),
        rule: text(&d["rule"]),
    };
    diagnostics.iter().map(mark).collect()
}
