//! Diagnostics for clients that wait for them: what changed is checked, and what is now other than what was sent is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lsp_types::PublishDiagnosticsParams;

use super::folder::CheckedFolder;
use super::places::Places;
use super::{Server, diagnostics};

impl Server {
    /// Checks every folder in which something changed. `asked` is the document that a client wants to know about: it needs
    /// not be told to ask for that again.
    pub(super) fn catch_up(&mut self, asked: Option<&Path>) {
        for index in 0..self.folders.len() {
            self.check(index, asked);
        }
        self.publish_changes();
    }

    pub(super) fn check(&mut self, index: usize, asked: Option<&Path>) {
        let Some(folder) = self.folders.get_mut(index).filter(|f| f.dirty.is_some()) else { return };
        let (report, said) = folder.examine(&self.setup, &self.documents);
        let documents = &self.documents;
        let places = Places::new(&report.sources, self.client.encoding, |path| documents.get(path).is_some());
        let uri = |path: &Path| Server::uri_of(documents, path);
        let files = diagnostics::of_report(&report, &places, &self.client, &uri);
        let root = folder.root.clone();
        // What could not be read is said somewhere, so that silence is not taken for health.
        let notes: Vec<String> = report
            .coverage
            .iter()
            .map(|note| match note.line {
                0 => format!("{}: {}", note.path, note.what),
                line => format!("{}:{line}: {}", note.path, note.what),
            })
            .collect();
        let left_out: Vec<String> = files
            .iter()
            .filter(|(_, file)| file.left_out > 0)
            .map(|(path, file)| {
                let name = path.strip_prefix(&root).unwrap_or(path).display();
                format!("{name}: {} more findings, which the command line shows", file.left_out)
            })
            .collect();
        let before = folder.checked.replace(CheckedFolder { report, places, files });
        if self.client.pulls {
            let ids = |checked: Option<&CheckedFolder>| -> BTreeMap<PathBuf, String> {
                let files = checked.into_iter().flat_map(|c| &c.files);
                files
                    .filter(|(path, _)| Some(path.as_path()) != asked)
                    .map(|(p, f)| (p.clone(), f.result_id()))
                    .collect()
            };
            let first = before.is_none() && asked.is_some();
            let now = ids(self.folders.get(index).and_then(|f| f.checked.as_ref()));
            self.refresh_due |= !first && ids(before.as_ref()) != now;
        }
        notes.iter().chain(&left_out).for_each(|note| self.log(note));
        for what in said {
            // The same sentence is news in another folder.
            let name = root.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
            self.say(&format!("{name}: {what}"));
        }
    }

    /// The diagnostics of a file as last checked.
    pub(super) fn file(&self, path: &Path) -> Option<&diagnostics::FileDiagnostics> {
        self.folders.get(self.folder_of(path)?)?.checked.as_ref()?.files.get(path)
    }

    /// Sends what differs from what was sent before.
    pub(super) fn publish_changes(&mut self) {
        if self.client.pulls {
            return;
        }
        let mut paths: BTreeSet<PathBuf> = self.published.keys().cloned().collect();
        paths.extend(self.folders.iter().filter_map(|f| f.checked.as_ref()).flat_map(|c| c.files.keys().cloned()));
        // An open document hears of every version, also that it is clean.
        let own = self.documents.iter().map(|(path, _)| path).filter(|path| self.folder_of(path).is_some());
        paths.extend(own.cloned());
        for path in paths {
            let file = self.file(&path).cloned().unwrap_or_default();
            let mark = if file.items.is_empty() { String::new() } else { file.result_id() };
            self.publish(&path, file.items, mark);
        }
    }

    pub(super) fn publish(&mut self, path: &Path, diagnostics: Vec<lsp_types::Diagnostic>, mark: String) {
        let version = self.documents.get(path).map(|d| d.version);
        let state = (mark, version);
        let last = self.published.get(path);
        if last == Some(&state) || last.is_none() && state == (String::new(), None) {
            return;
        }
        let Some(uri) = Server::uri_of(&self.documents, path) else { return };
        if self.client.pulls {
            return;
        }
        if state == (String::new(), None) {
            self.published.remove(path);
        } else {
            self.published.insert(path.to_owned(), state);
        }
        let params = PublishDiagnosticsParams { uri, diagnostics, version };
        self.tell("textDocument/publishDiagnostics", serde_json::to_value(params).unwrap_or_default());
    }
}
