//! Runs every fenced example of every page in `rules/`. Each page is a test with the rule's name, so `cargo test missing_nvcc`
//! runs the examples of `missing-nvcc`.
//!
//! Fenced blocks with `path=` under one heading are the files of one small project. Under a heading that begins with
//! "Example", the findings of the page's rule must be exactly those that the marks name: `# error: [rule]` at a line's end
//! marks that line, alone on a line it marks the next one. Marks are taken out before the run. Under "Use instead" the rule
//! must be silent, and if the rule fixes, the example before it must become that text. Under any other heading the rule must
//! be silent.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use similar::TextDiff;

use common::pages::{Mark, Project, projects};

use dockcheck::Settings;
use dockcheck::diagnostic::Finding;
use dockcheck::diagnostic::FixKind;
use dockcheck::diagnostic::Report;
use dockcheck::diagnostic::parse_front;
use dockcheck::internals::compose::ComposeOptions;
use dockcheck::internals::files::Files;
use dockcheck::internals::lint::check::Request;
use dockcheck::internals::lint::check::judge;
use dockcheck::internals::lint::fix;
use dockcheck::rules::RULES;
use dockcheck::rules::RuleEntry;

fn main() -> ExitCode {
    let mut trials = vec![
        Trial::test("the_registry_is_sorted", the_registry_is_sorted),
        Trial::test("every_page_has_a_rule", every_page_has_a_rule),
    ];
    trials.extend(RULES.iter().map(|entry| Trial::test(entry.meta.name.replace('-', "_"), move || page(entry))));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn all_right(wrong: &[String]) -> Result<(), Failed> {
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n\n").into()) }
}

fn the_registry_is_sorted() -> Result<(), Failed> {
    let names: Vec<&str> = RULES.iter().map(|entry| entry.meta.name).collect();
    let mut wrong = Vec::new();
    for (at, name) in names.iter().enumerate().skip(1) {
        if names[..at].contains(name) {
            wrong.push(format!("`{name}` appears twice in src/rules/mod.rs"));
        } else if name < &names[at - 1] {
            let next = names[..at].iter().filter(|before| *before > name).min().unwrap();
            wrong.push(format!("`{name}` must come before `{next}` in src/rules/mod.rs"));
        }
    }
    all_right(&wrong)
}

/// A rule without a page does not compile; `build.rs` says which.
fn every_page_has_a_rule() -> Result<(), Failed> {
    let names: BTreeSet<&str> = RULES.iter().map(|entry| entry.meta.name).collect();
    let pages = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"))?;
    let mut pages = pages.map(|page| Ok(page?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    let stems = pages.iter().filter_map(|page| page.file_stem()?.to_str());
    let without = stems.filter(|stem| !names.contains(stem));
    let wrong: Vec<String> = without
        .map(|stem| format!("rules/{stem}.md belongs to no rule: src/rules/mod.rs does not name `{stem}`"))
        .collect();
    all_right(&wrong)
}

fn page(entry: &RuleEntry) -> Result<(), Failed> {
    let name = entry.meta.name;
    let (front, body) = parse_front(entry.meta.page).map_err(|e| format!("rules/{name}.md: {e}"))?;
    let mut wrong = Vec::new();
    if front.summary.ends_with('.') {
        wrong.push(format!("rules/{name}.md: the summary must not end with a full stop"));
    }
    if front.since.is_empty() {
        wrong.push(format!("rules/{name}.md: `since` must name a release"));
    }
    for heading in ["## What it does", "## Why is this bad", "## Example"] {
        if !body.contains(heading) {
            wrong.push(format!("rules/{name}.md has no `{heading}`"));
        }
    }
    let projects = projects(entry.meta.page);
    for (index, project) in projects.iter().enumerate() {
        let example = Example { entry, project };
        wrong.extend(example.wrong_marks());
        if project.heading.starts_with("Example") {
            if project.marks.is_empty() {
                wrong.push(format!("{}: marks nothing", example.place(project.line)));
            }
            let instead = projects.get(index + 1).filter(|next| next.heading == "Use instead");
            wrong.extend(instead.into_iter().flat_map(|instead| example.wrong_fixes(instead)));
        }
    }
    all_right(&wrong)
}

/// The files under one heading of a rule's page.
struct Example<'a> {
    entry: &'a RuleEntry,
    project: &'a Project,
}

impl Example<'_> {
    fn place(&self, line: u32) -> String {
        format!("rules/{}.md:{line}: \"{}\"", self.entry.meta.name, self.project.heading)
    }

    /// Checks the files, some of them as a fix has left them, with this rule alone.
    fn check(&self, changed: &BTreeMap<String, String>) -> Report {
        let texts = self.project.files.iter().chain(changed).collect::<BTreeMap<_, _>>();
        let given = texts.into_iter().map(|(path, text)| (path.into(), Some(text.as_bytes().to_vec())));
        let files = Files::in_memory(given, true);
        let request = Request { working_dir: files.root().to_owned(), ..Request::default() };
        let settings = Settings { only: Some([self.entry.meta.name].into()), ..Settings::default() };
        let report = judge(
            dockcheck::internals::project::Project::load(files, &ComposeOptions::default(), &[]),
            &request,
            &settings,
        );
        assert_eq!(
            (report.errors.as_slice(), report.bugs.as_slice()),
            (&[][..], &[][..]),
            "{}",
            self.place(self.project.line)
        );
        report
    }

    /// A sentence for each finding that is not marked, and each mark without a finding.
    fn wrong_marks(&self) -> Vec<String> {
        let found = marks(&self.check(&BTreeMap::new()), self.entry.meta.name);
        let mut missing = self.project.marks.clone();
        let mut extra = Vec::new();
        for mark in found {
            match missing.iter().position(|other| *other == mark) {
                Some(at) => drop(missing.remove(at)),
                None => extra.push(mark),
            }
        }
        let mut wrong = Vec::new();
        for mark in missing {
            let at = self.place(self.project.page_line(&mark.path, mark.line));
            let is_same = |other: &Mark| (&other.path, other.line, &other.rule) == (&mark.path, mark.line, &mark.rule);
            let Mark { path, line, severity, rule } = &mark;
            wrong.push(match extra.iter().position(is_same) {
                _ if rule != self.entry.meta.name => {
                    format!("{at}: {path}:{line} is marked with `{rule}`, which is another rule")
                }
                Some(other) => {
                    let found = extra.remove(other).severity;
                    format!("{at}: {path}:{line} is marked as `{severity}` and reported as `{found}`")
                }
                None => format!("{at}: {path}:{line} is marked as `{severity}` and not reported"),
            });
        }
        for Mark { path, line, severity, .. } in extra {
            let at = self.place(self.project.page_line(&path, line));
            wrong.push(format!("{at}: {path}:{line} is reported as `{severity}` and not marked"));
        }
        wrong
    }

    /// Applies all fixes; a difference for each file that does not become the text that the page shows.
    fn wrong_fixes(&self, instead: &Project) -> Vec<String> {
        if matches!(self.entry.meta.front().fix, FixKind::None | FixKind::Display) {
            return Vec::new();
        }
        let first = self.check(&BTreeMap::new());
        let root = first.root.clone();
        let relative = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut recheck = |files: &[(std::path::PathBuf, Vec<u8>)]| {
            self.check(&files.iter().map(|(path, bytes)| (relative(path), text(bytes))).collect())
        };
        let outcome = fix::run(first, true, &|_, _| Ok(()), &mut recheck);
        let mut fixed = self.project.files.clone();
        fixed.extend(outcome.changes.iter().map(|change| (relative(&change.path), text(&change.after))));
        let mut wrong = Vec::new();
        for (path, shown) in &instead.files {
            let fixed = fixed.get(path).map_or("", String::as_str);
            if fixed != shown {
                let difference = TextDiff::from_lines(shown.as_str(), fixed);
                let difference =
                    difference.unified_diff().header("what the page shows", "what the fix makes").to_string();
                wrong.push(format!("{}: {path} is fixed to another text\n{difference}", self.place(instead.line)));
            }
        }
        wrong
    }
}

/// The findings of one rule that the program would show, sorted.
fn marks(report: &Report, rule: &str) -> Vec<Mark> {
    let mark = |finding: &Finding| {
        let file = report.sources.file(finding.primary.span.file);
        Mark {
            path: file.name().to_owned(),
            line: file.position(finding.primary.span.start).line,
            severity: finding.severity.as_str().to_owned(),
            rule: rule.to_owned(),
        }
    };
    let shown = report.findings.iter().filter(|f| f.rule == rule && f.suppressed.is_none());
    let mut marks: Vec<Mark> = shown.map(mark).collect();
    marks.sort();
    marks
}
