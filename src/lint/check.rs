//! From a loaded project to a report: run the rules, grade, merge what several builds say alike, suppress, sort.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::repositories::{self, RepositoryPart};
use super::suppress::{self, Notes, SuppressOptions};
use super::threads::STACK_BYTES;
use crate::compose::{self, ComposeProject};
use crate::config::{RuleNames, Settings};
use crate::diagnostic::rule::RuleMeta;
use crate::diagnostic::{Checked, Report};
use crate::diagnostic::{Finding, Severity};
use crate::files::discover::{self, Discovered, root_of};
use crate::files::{Entry, Files, ReadError, ReadLog};
use crate::project::catch_panic::guarded;
use crate::project::coverage::sort_notes;
use crate::project::load::unreadable;
use crate::project::{Project, prefetch};
use crate::redact::{self, Secrets};
use crate::rules::{self, ComposeView, Findings, RULES, by_name};
use crate::text::Sources;

/// What to check.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Folders, compose files, Dockerfiles: what is reported. What is read is the root.
    pub paths: Vec<PathBuf>,
    /// Absolute.
    pub working_dir: PathBuf,
    /// `--root`; else the nearest ancestor with `.git`.
    pub root: Option<PathBuf>,
    pub allow_outside_root: bool,
    pub compose: compose::ComposeOptions,
    /// Texts that stand for files: an editor's unsaved buffers, or files as a fix would leave them.
    pub overlay: Vec<(PathBuf, Vec<u8>)>,
    /// What a walk over the same root found a moment ago, so that it need not be walked again.
    pub found: Option<Arc<Discovered>>,
    /// Where to note what is opened.
    pub reads: Option<Arc<ReadLog>>,
}

impl Request {
    /// The paths, or the working directory where none is given; absolute.
    fn absolute_paths(&self) -> Vec<PathBuf> {
        let base = Files::new(&self.working_dir, &self.working_dir);
        match self.paths.as_slice() {
            [] => vec![self.working_dir.clone()],
            paths => paths.iter().map(|p| judged_for(base.absolute(p))).collect(),
        }
    }
}

/// A file that is no project of its own but decides over the files around it stands for its folder, as where a hook hands
/// over whatever was changed.
fn judged_for(path: PathBuf) -> PathBuf {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let decides = name == ".env"
        || name.starts_with(".env.")
        || name.ends_with(".dockerignore")
        || matches!(name.as_str(), "dockcheck.toml" | ".dockcheck.toml");
    match path.parent() {
        Some(folder) if decides && !path.is_dir() => folder.to_owned(),
        _ => path,
    }
}

/// Loads what a request names; `Err` holds what kept us from it, in whole sentences.
pub fn load(request: &Request) -> Result<Project, Vec<String>> {
    let Opened { files, named } = open(request)?;
    let found = walked(request, &files);
    prefetch::start(&found, &files);
    Ok(Project::load_found(files, &request.compose, &named, found))
}

/// What a request may read, and the files that it names.
struct Opened {
    files: Files,
    named: Vec<PathBuf>,
}

fn open(request: &Request) -> Result<Opened, Vec<String>> {
    let paths = request.absolute_paths();
    let base = Files::new(&request.working_dir, &request.working_dir);
    let missing: Vec<String> = request
        .paths
        .iter()
        .map(|given| (base.absolute(given), given))
        .filter(|(absolute, _)| !absolute.exists() && !request.overlay.iter().any(|(p, _)| p == absolute))
        .map(|(_, given)| format!("{} does not exist", given.display()))
        .collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let files = files_below(&root(request), request);
    let refused: Vec<String> = paths
        .iter()
        .zip(request.paths.iter())
        .filter_map(|(absolute, given)| match files.entry(absolute) {
            Some(Entry::File | Entry::Folder) => None,
            Some(Entry::Other) => Some(format!("{} is not a regular file", given.display())),
            None => Some(format!("{} {}", given.display(), ReadError::OutsideRoot)),
        })
        .collect();
    if !refused.is_empty() {
        return Err(refused);
    }
    let named: Vec<PathBuf> = paths
        .iter()
        .filter(|p| p.is_file() || request.overlay.iter().any(|(overlaid, _)| overlaid == *p))
        .cloned()
        .collect();
    Ok(Opened { files, named })
}

/// Returns the reader of what is below a root.
fn files_below(root: &Path, request: &Request) -> Files {
    let files = Files::new(root, &request.working_dir).allow_outside_root(request.allow_outside_root);
    let files = files.logged(request.reads.clone());
    request.overlay.iter().fold(files, |files, (path, bytes)| files.with_overlay(path, bytes.clone()))
}

fn walked(request: &Request, files: &Files) -> Discovered {
    request.found.as_ref().map_or_else(|| discover::find(files), |found| Discovered::clone(found))
}

/// The folder that bounds what is read for a request.
pub fn root(request: &Request) -> PathBuf {
    let paths = request.absolute_paths();
    match (&request.root, paths.first()) {
        (Some(root), _) => root.clone(),
        (None, Some(first)) => common_root(root_of(first), &paths),
        (None, None) => request.working_dir.clone(),
    }
}

/// Several paths share one root: the nearest folder over all of their roots.
fn common_root(first: PathBuf, paths: &[PathBuf]) -> PathBuf {
    let mut root = first;
    for path in paths.iter().skip(1).map(|p| root_of(p)) {
        while !path.starts_with(&root) {
            if !root.pop() {
                break;
            }
        }
    }
    root
}

/// Loads and judges. In a folder of repositories each is a project of its own.
pub fn check(request: &Request, settings: &Settings) -> Report {
    prefetch::start_any();
    let Opened { files, named } = match open(request) {
        Ok(opened) => opened,
        Err(errors) => return Report { errors, ..Report::default() },
    };
    let found = walked(request, &files);
    // Who names a root or single files says what belongs together.
    let is_open = request.root.is_none() && named.is_empty() && request.compose.files.is_empty();
    match is_open.then(|| repositories::split(&files, &found)).flatten() {
        Some(parts) => judge_each(&parts, &found, &files, request, settings),
        None => {
            prefetch::start(&found, &files);
            judge(Project::load_found(files, &request.compose, &named, found), request, settings)
        }
    }
}

/// Judges parts that know nothing of one another, as many at a time as there are threads: what is known of a part is gone
/// before the next one is read.
fn judge_each(
    parts: &[RepositoryPart],
    found: &Discovered,
    files: &Files,
    request: &Request,
    settings: &Settings,
) -> Report {
    let paths = request.absolute_paths();
    let asked: Vec<&RepositoryPart> = parts
        .iter()
        .filter(|part| paths.iter().any(|p| part.root.starts_with(p) || p.starts_with(&part.root)))
        .collect();
    let next = AtomicUsize::new(0);
    let reports: Vec<OnceLock<Report>> = asked.iter().map(|_| OnceLock::new()).collect();
    let judged = |part: &RepositoryPart| {
        let files = files_below(&part.root, request);
        let project = Project::load_found(files, &request.compose, &[], part.found.clone());
        findings_of(project, request, settings)
    };
    let work = || {
        while let Some((part, slot)) = asked.iter().zip(&reports).nth(next.fetch_add(1, Ordering::Relaxed)) {
            // A fault of ours costs a part, not its neighbours.
            let name = files.display(&part.root);
            let report = guarded("checking", &name, || judged(part));
            let _ = slot.set(report.unwrap_or_else(|bug| Report { bugs: vec![bug], ..Report::default() }));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(asked.len()) {
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            if thread.spawn_scoped(scope, work).is_err() {
                work();
            }
        }
    });
    let mut whole = Report { root: files.root().to_owned(), coverage: unreadable(found, files), ..Report::default() };
    reports.into_iter().filter_map(OnceLock::into_inner).for_each(|report| whole.append(report));
    let Report { findings, sources, coverage, .. } = &mut whole;
    findings.sort_by(|a, b| order(a, sources).cmp(&order(b, sources)));
    sort_notes(coverage);
    crate::report::fingerprint::assign(&mut whole);
    whole
}

/// Runs the rules over a project.
pub fn judge(project: Project, request: &Request, settings: &Settings) -> Report {
    let mut report = findings_of(project, request, settings);
    crate::report::fingerprint::assign(&mut report);
    report
}

/// As [`judge`], but for the fingerprints: those are given when all is known.
fn findings_of(project: Project, request: &Request, settings: &Settings) -> Report {
    let (findings, failed) = run_rules(&RULES, &project, settings);
    let bugs = project.bugs.iter().cloned().chain(failed).collect();
    let mut findings: Vec<Finding> = merge_alike(findings);
    let places = findings.iter_mut();
    places.for_each(|f| resolve(f, &project.sources));
    silence(&mut findings, &project, settings);
    let paths = request.absolute_paths();
    findings.retain(|f| {
        let path = project.sources.file(f.primary.span.file).path();
        let related = || f.related.iter().any(|l| paths.iter().any(|p| project.sources.file(l.span.file).path() == p));
        paths.iter().any(|p| path.starts_with(p)) || related()
    });
    findings.sort_by(|a, b| order(a, &project.sources).cmp(&order(b, &project.sources)));
    findings.dedup();
    let shown =
        findings.iter().flat_map(|f| std::iter::once(&f.primary).chain(&f.related)).map(|l| l.span.file).collect();
    let masked = project.masked(&shown);
    let secrets = Secrets::new(&masked.texts);
    let mut coverage = project.coverage_by_now();
    for note in &mut coverage {
        let what = secrets.without(&note.what).unwrap_or_else(|| std::mem::take(&mut note.what));
        note.what = redact::redact(&what).into_owned();
    }
    findings.iter_mut().for_each(|f| keep_secret(f, &secrets));
    let checked = count(&project, &paths);
    Report {
        root: project.files.root().to_owned(),
        findings,
        coverage,
        errors: Vec::new(),
        bugs,
        masked: masked.spans,
        checked,
        sources: project.sources,
    }
}

/// What of the project lies under the paths that were asked for.
fn count(project: &Project, paths: &[PathBuf]) -> Checked {
    let asked = |path: &Path| paths.iter().any(|p| path.starts_with(p));
    let compose = || {
        let files = |c: &ComposeProject| c.files.iter().any(|(id, _)| asked(project.file(*id).path()));
        project.compose.iter().filter(move |c| files(c))
    };
    let dockerfiles = || project.dockerfiles.iter().filter(|d| asked(&d.path));
    let files = compose().flat_map(|c| &c.files).map(|(id, _)| *id).collect::<HashSet<_>>();
    Checked {
        projects: compose().count(),
        services: compose().map(|c| c.services.len()).sum(),
        dockerfiles: dockerfiles().count(),
        stages: dockerfiles().map(|d| d.parsed.stages.len()).sum(),
        files: files.len() + dockerfiles().filter(|d| d.on_disk).count(),
    }
}

/// Every rule over every view, side by side; a rule that panics costs itself, not the run.
fn run_rules(
    rules: &'static [rules::RuleEntry],
    project: &Project,
    settings: &Settings,
) -> (Vec<Finding>, Vec<String>) {
    let results: Vec<Result<Vec<Finding>, String>> = rules
        .par_iter()
        .filter(|entry| settings.level(&entry.meta).is_some())
        .map(|entry| {
            catch_unwind(AssertUnwindSafe(|| run_rule(entry, project, settings)))
                .map_err(|_| format!("the rule {} failed; please report this as a bug of dockcheck", entry.meta.name))
        })
        .collect();
    let mut findings = Vec::new();
    let mut errors = Vec::new();
    for result in results {
        match result {
            Ok(found) => findings.extend(found),
            Err(error) => errors.push(error),
        }
    }
    (findings, errors)
}

fn run_rule(entry: &'static rules::RuleEntry, project: &Project, settings: &Settings) -> Vec<Finding> {
    // So that a test sees what the whole program makes of a fault; a release build does not read this.
    #[cfg(debug_assertions)]
    assert!(std::env::var_os("DOCKCHECK_FAULTY_RULE").is_none_or(|name| name != entry.meta.name), "a fault on request");
    let mut found = Vec::new();
    let mut out = Findings::new(&entry.meta, settings, &mut found);
    entry.rule.check_project(project, &mut out);
    for compose in &project.compose {
        entry.rule.check_compose(&ComposeView { project, compose }, &mut out);
    }
    for service in project.services() {
        entry.rule.check_service(&service, &mut out);
    }
    // Templates are no Dockerfiles yet; a coverage note says so.
    for dockerfile in project.dockerfile_views().filter(|d| d.parsed().template.is_none()) {
        entry.rule.check_dockerfile(&dockerfile, &mut out);
    }
    for stage in project.stages().filter(|s| s.entry.parsed.template.is_none()) {
        entry.rule.check_stage(&stage, &mut out);
    }
    found.retain_mut(|finding| grade(finding, &entry.meta, project, settings));
    found
}

/// Gives a finding the severity that the settings have for it; false where they do not want it.
fn grade(finding: &mut Finding, meta: &RuleMeta, project: &Project, settings: &Settings) -> bool {
    let path = project.sources.file(finding.primary.span.file).path();
    match settings.judge(meta, finding, path) {
        Some(severity) => {
            finding.severity = if finding.fails_build { Severity::Error } else { severity };
            true
        }
        None => false,
    }
}

/// Marks what comments silence, and judges the comments.
fn silence(findings: &mut Vec<Finding>, project: &Project, settings: &Settings) {
    if !settings.inline_ignores {
        return;
    }
    let mut notes: Vec<Notes<'_>> = project.dockerfiles.iter().map(|d| Notes::Dockerfile(&d.parsed)).collect();
    notes.extend(project.compose.iter().flat_map(|c| c.files.iter().map(|(id, _)| Notes::Compose(*id))));
    let names = RuleNames::new(RULES.iter().map(|entry| &entry.meta));
    let ran = |rule: &str| by_name(rule).is_some_and(|entry| settings.level(&entry.meta).is_some());
    let before = findings.len();
    let options = SuppressOptions { names: &names, ran: &ran, require_reason: settings.require_reason };
    for first in suppress::apply(&project.sources, findings, &notes, &options) {
        project.note_skipped(
            first,
            "the comments that silence findings are not looked at from here on: there are too many",
        );
    }
    let mut own = findings.split_off(before);
    own.retain_mut(|f| by_name(f.rule).is_some_and(|entry| grade(f, &entry.meta, project, settings)));
    findings.extend(own);
}

/// One step of a Dockerfile is judged once for each build of it; what they say alike is said once, with all services named.
fn merge_alike(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut at = std::collections::HashMap::new();
    for finding in findings {
        let key = (finding.rule, finding.primary.span, finding.title.clone(), finding.notes.clone());
        match at.get(&key).and_then(|i: &usize| merged.get_mut(*i)) {
            Some(first) => {
                first.severity = first.severity.max(finding.severity);
                for service in finding.services {
                    if !first.services.contains(&service) {
                        first.services.push(service);
                    }
                }
            }
            None => {
                at.insert(key, merged.len());
                merged.push(finding);
            }
        }
    }
    merged
}

/// Leads every place back to the file that the user wrote. Edits are led back where they are applied: they need the
/// indentation of the text around them.
fn resolve(finding: &mut Finding, sources: &Sources) {
    finding.primary.span = sources.resolve(finding.primary.span);
    for label in &mut finding.related {
        label.span = sources.resolve(label.span);
    }
}

/// Takes secrets out of what a finding says. A fix inserts around a value; one that would have to repeat it is not offered.
fn keep_secret(finding: &mut Finding, secrets: &Secrets) {
    finding.fixes.retain(|fix| fix.edits.iter().all(|edit| secrets.without(&edit.text).is_none()));
    // A comment of the repository's, in its own words.
    if let Some(reason) = finding.suppressed.as_mut().and_then(|s| s.reason.as_mut()) {
        *reason = redact::redact(reason).into_owned();
    }
    let Finding { title, notes, help, primary, related, fixes, .. } = finding;
    let texts = std::iter::once(title)
        .chain(notes)
        .chain(help)
        .chain(std::iter::once(primary).chain(related).map(|l| &mut l.message))
        .chain(fixes.iter_mut().map(|f| &mut f.title));
    for text in texts {
        if let Some(kept) = secrets.without(text) {
            *text = kept;
        }
    }
}

fn order<'a>(finding: &'a Finding, sources: &'a Sources) -> (&'a str, u32, u32, &'a str, &'a str) {
    let span = finding.primary.span;
    (sources.file(span.file).name(), span.start, span.end, finding.rule, finding.title.as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::project::DockerfileView;
    use crate::rules::Rule;

    struct Faulty;

    impl Rule for Faulty {
        fn check_dockerfile(&self, view: &DockerfileView<'_>, _: &mut Findings<'_>) {
            let nothing: &[u8] = &[];
            // As a fault of ours would: by an index that is out of bounds.
            assert!(nothing[view.parsed().instructions.len()] > 0);
        }
    }

    /// Reports whatever there is.
    struct Sound;

    impl Rule for Sound {
        fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
            let first = view.parsed().instructions.first().unwrap();
            out.report(out.warning(first.span, "seen"));
        }
    }

    const PAGE: &str = "---\nsummary: a test\ngroup: correctness\nlevel: warning\nfix: none\naliases: []\nsince: 0.1.0\n---\n## What it does\n";

    #[test]
    fn t19_a_rule_that_panics_costs_itself() {
        static TEST_RULES: [rules::RuleEntry; 3] = [
            rules::RuleEntry { meta: RuleMeta::new("a-sound-rule", PAGE), rule: &Sound },
            rules::RuleEntry { meta: RuleMeta::new("faulty-rule", PAGE), rule: &Faulty },
            rules::RuleEntry { meta: RuleMeta::new("sound-rule", PAGE), rule: &Sound },
        ];
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Dockerfile"), "FROM debian:12\n").unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        let request = Request { working_dir: root.clone(), root: Some(root), ..Request::default() };
        let project = load(&request).unwrap();
        let (findings, bugs) = run_rules(&TEST_RULES, &project, &Settings::default());
        let found: Vec<&str> = findings.iter().map(|f| f.rule).collect();
        assert_eq!(found, ["a-sound-rule", "sound-rule"]);
        assert_eq!(bugs, ["the rule faulty-rule failed; please report this as a bug of dockcheck"]);
    }

    #[test]
    fn what_cannot_be_read_in_a_folder_of_repositories_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        for clone in ["a", "b"] {
            std::fs::create_dir_all(root.join(clone).join(".git")).unwrap();
            std::fs::write(root.join(clone).join("Dockerfile"), "FROM debian:12\n").unwrap();
        }
        let mut found = discover::find(&Files::new(&root, &root));
        assert!(repositories::split(&Files::new(&root, &root), &found).is_some());
        found.unreadable.push("c: permission denied".to_owned());
        let request = Request { working_dir: root, found: Some(Arc::new(found)), ..Request::default() };
        let report = check(&request, &Settings::default());
        assert_eq!(report.checked.dockerfiles, 2);
        assert!(report.coverage.iter().any(|note| note.what == "c: permission denied"), "{:?}", report.coverage);
    }
}
