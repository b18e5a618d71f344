//! A folder of the client's workspace: what was found in it when it was last checked, and whether that still holds.
//!
//! The folder is the root: nothing outside of it is read for it, whatever its files name.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::Settings;
use crate::diagnostic::Report;
use crate::files::Files;
use crate::files::discover::{self, Discovered};
use crate::lint::baseline::Baseline;
use crate::lint::check::{self, Request};
use crate::lint::fix::Recheck;
use crate::project::Project;
use crate::redact::Secrets;

use super::diagnostics::FileDiagnostics;
use super::documents::Documents;
use super::places::Places;
use super::setup::Setup;

/// A folder of the workspace.
#[derive(Debug)]
pub(super) struct Folder {
    /// Links followed.
    pub(super) root: PathBuf,
    /// Taken up for an open document that lies in no folder of the client's; given up with the last such document.
    pub(super) implied: bool,
    /// Since when something may have changed; `None` where the findings still hold.
    pub(super) dirty: Option<Instant>,
    /// How long the last check took.
    pub(super) took: Duration,
    pub(super) checked: Option<CheckedFolder>,
    /// What the walk over the folder found, and when. Typing changes texts, not which files there are.
    walked: Option<(Instant, Arc<Discovered>)>,
    /// The project as loaded for hovers; in step with `checked`.
    project: OnceCell<Option<Shown>>,
}

/// A project that texts are made of, and what they must not hold.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) project: Project,
    pub(super) secrets: Secrets,
}

/// The outcome of a check.
#[derive(Debug)]
pub(super) struct CheckedFolder {
    pub(super) report: Report,
    pub(super) places: Places,
    /// By path, files with findings only.
    pub(super) files: BTreeMap<PathBuf, FileDiagnostics>,
}

impl Folder {
    pub(super) fn new(root: PathBuf, implied: bool) -> Self {
        Folder {
            root,
            implied,
            dirty: Some(Instant::now()),
            took: Duration::ZERO,
            checked: None,
            walked: None,
            project: OnceCell::new(),
        }
    }

    /// Lets go of everything that was computed, until something changes.
    pub(super) fn forget(&mut self) {
        self.checked = None;
        self.project = OnceCell::new();
        self.dirty = None;
    }

    /// An open text of it changed.
    pub(super) fn touch(&mut self) {
        self.dirty.get_or_insert_with(Instant::now);
    }

    /// Anything in it may have changed: files may have come or gone.
    pub(super) fn stir(&mut self) {
        self.walked = None;
        self.touch();
    }

    /// Walks over the folder unless that was done a moment ago: a file may come without anybody telling us.
    fn walk(&mut self, setup: &Setup, documents: &Documents) {
        const MOMENT: Duration = Duration::from_secs(3);
        if self.walked.as_ref().is_some_and(|(when, _)| when.elapsed() < MOMENT) {
            return;
        }
        let request = self.request(setup, documents);
        let mut files = Files::new(&self.root, &self.root).allow_outside_root(request.allow_outside_root);
        for (path, bytes) in request.overlay {
            files = files.with_overlay(&path, bytes);
        }
        let found = catch_unwind(AssertUnwindSafe(|| discover::find(&files)));
        self.walked = found.ok().map(|found| (Instant::now(), Arc::new(found)));
    }

    /// What is checked: the folder, the open texts in place of the files.
    fn request(&self, setup: &Setup, documents: &Documents) -> Request {
        let mut request = setup.request.clone();
        request.working_dir = self.root.clone();
        request.root = Some(self.root.clone());
        request.paths = vec![self.root.clone()];
        request.found = self.walked.as_ref().map(|(_, found)| Arc::clone(found));
        for (path, document) in documents.iter().filter(|(path, _)| path.starts_with(&self.root)) {
            let Some(text) = &document.text else { continue };
            request.overlay.push((path.clone(), text.clone().into_bytes()));
            if document.is_wanted(path) {
                request.paths.push(path.clone());
            }
        }
        request
    }

    /// The report over the open texts and the folder, and what is to be said beside it. A fault of ours costs this one
    /// report, not the server.
    pub(super) fn examine(&mut self, setup: &Setup, documents: &Documents) -> (Report, Vec<String>) {
        let began = Instant::now();
        self.dirty = None;
        self.project = OnceCell::new();
        let mut said = Vec::new();
        let settings = self.settings(setup, &mut said);
        self.walk(setup, documents);
        let request = self.request(setup, documents);
        let (report, more) = examine(&request, &settings);
        said.extend(more);
        self.took = began.elapsed();
        (report, said)
    }

    fn settings(&self, setup: &Setup, said: &mut Vec<String>) -> Settings {
        (setup.settings)(&self.root).unwrap_or_else(|what| {
            said.push(what);
            Settings { base: self.root.clone(), ..Settings::default() }
        })
    }

    /// Runs `work` with what checks other texts of the same folder: for fixes of several rounds.
    pub(super) fn with_recheck<T>(
        &self,
        setup: &Setup,
        documents: &Documents,
        work: impl FnOnce(&mut Recheck<'_>) -> T,
    ) -> T {
        let settings = self.settings(setup, &mut Vec::new());
        let request = self.request(setup, documents);
        let mut recheck = |files: &[(PathBuf, Vec<u8>)]| {
            let mut next = request.clone();
            next.overlay.retain(|(path, _)| files.iter().all(|(p, _)| p != path));
            next.overlay.extend(files.iter().cloned());
            examine(&next, &settings).0
        };
        work(&mut recheck)
    }

    /// The project as loaded; read again after each change, and only when asked for.
    pub(super) fn project(&self, setup: &Setup, documents: &Documents) -> Option<&Shown> {
        let shown = |project: Project| Shown { secrets: project.secrets(), project };
        let load = || {
            let request = self.request(setup, documents);
            catch_unwind(AssertUnwindSafe(|| check::load(&request).ok().map(shown))).ok().flatten()
        };
        self.project.get_or_init(load).as_ref()
    }

    /// Whether the checker takes this file for one of the folder's own.
    pub(super) fn holds(&self, path: &Path) -> bool {
        path.starts_with(&self.root)
    }
}

fn examine(request: &Request, settings: &Settings) -> (Report, Vec<String>) {
    let mut said = Vec::new();
    let report = catch_unwind(AssertUnwindSafe(|| check::check(request, settings)));
    let mut report = report.unwrap_or_else(|_| {
        said.push("the check failed; please report this as a bug of dockcheck".into());
        Report { root: request.working_dir.clone(), ..Report::default() }
    });
    report.findings.retain(|f| f.severity >= settings.min_severity);
    said.extend(report.errors.iter().chain(&report.bugs).cloned());
    if let Some(path) = &settings.baseline {
        let text = Files::new(&request.working_dir, &request.working_dir).read(path).map_err(|e| e.to_string());
        let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        match text.and_then(|text| Baseline::parse(&text)) {
            Ok(baseline) => {
                baseline.apply(&mut report);
            }
            Err(what) => said.push(format!("{}: {what}", path.display())),
        }
    }
    (report, said)
}
