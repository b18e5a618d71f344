//! Small projects written into Markdown: fenced blocks with `path=` under one heading are the files of one project, and
//! `# error: [rule]` marks what must be found. At a line's end it marks that line, alone on a line it marks the next one; it is
//! taken out before the project is checked.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[derive(Debug, Default)]
pub struct Project {
    pub heading: String,
    /// Line of the heading in the page.
    pub line: u32,
    /// Path to text, marks taken out.
    pub files: BTreeMap<String, String>,
    /// Sorted.
    pub marks: Vec<Mark>,
    /// Path to the line in the page of each line of the file.
    lines: BTreeMap<String, Vec<u32>>,
}

/// A finding, as a page expects it or as the program reports it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub path: String,
    pub line: u32,
    pub severity: String,
    pub rule: String,
}

impl Project {
    /// The line in the page of a line of a file; the heading's, if the page does not have it.
    pub fn page_line(&self, path: &str, line: u32) -> u32 {
        let lines = self.lines.get(path);
        lines.and_then(|lines| lines.get(line.checked_sub(1)? as usize)).copied().unwrap_or(self.line)
    }

    fn take_line(&mut self, line: &str, number: u32, path: &str) {
        let text = self.files.entry(path.to_owned()).or_default();
        let lines = self.lines.entry(path.to_owned()).or_default();
        let next = lines.len() as u32 + 1;
        let mut kept = line;
        for severity in ["error", "warning", "info"] {
            let opener = format!("# {severity}: [");
            let Some(at) = line.find(&opener) else { continue };
            kept = line[..at].trim_end();
            let rule = line[at + opener.len()..].split(']').next().unwrap().to_owned();
            self.marks.push(Mark { path: path.to_owned(), line: next, severity: severity.to_owned(), rule });
        }
        if kept.len() == line.len() || !kept.is_empty() {
            text.push_str(kept);
            text.push('\n');
            lines.push(number);
        }
    }
}

/// The projects of a page, in order.
pub fn projects(page: &str) -> Vec<Project> {
    let mut projects: Vec<Project> = Vec::new();
    let mut current = Project::default();
    let mut lines = page.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        if line.starts_with("## ") || line.starts_with("### ") {
            let heading = line.trim_start_matches('#').trim().to_owned();
            let done = std::mem::replace(&mut current, Project { heading, line: number, ..Project::default() });
            projects.extend((!done.files.is_empty()).then_some(done));
        } else if let Some(info) = line.strip_prefix("```")
            && let Some(path) = info.split_whitespace().find_map(|w| w.strip_prefix("path="))
        {
            // A file that stands twice under one heading is the later one.
            current.files.insert(path.to_owned(), String::new());
            current.lines.remove(path);
            for (line, number) in lines.by_ref().take_while(|(line, _)| *line != "```") {
                current.take_line(line, number, path);
            }
        }
    }
    projects.extend((!current.files.is_empty()).then_some(current));
    for project in &mut projects {
        project.marks.sort();
    }
    projects
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
