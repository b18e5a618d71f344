//! Diagnostics for clients that ask for them: of one document with those that go with it, or of the whole workspace.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use lsp_types::{
    DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportKind, FullDocumentDiagnosticReport,
    RelatedFullDocumentDiagnosticReport, RelatedUnchangedDocumentDiagnosticReport, UnchangedDocumentDiagnosticReport,
    Uri, WorkspaceDiagnosticParams, WorkspaceDiagnosticReport, WorkspaceDocumentDiagnosticReport,
    WorkspaceFullDocumentDiagnosticReport, WorkspaceUnchangedDocumentDiagnosticReport,
};
use serde_json::Value;

use super::diagnostics::result_id;
use super::{Answer, Server};

impl Server {
    /// What there is to say of one file now.
    fn full(&self, path: &Path) -> FullDocumentDiagnosticReport {
        let items = self.file(path).map(|f| f.items.clone()).unwrap_or_default();
        FullDocumentDiagnosticReport { result_id: Some(result_id(&items)), items }
    }

    pub(super) fn document_diagnostic(&mut self, params: &DocumentDiagnosticParams) -> Answer {
        let Some(path) = self.path_of(&params.text_document.uri) else {
            return value(DocumentDiagnosticReport::from(RelatedFullDocumentDiagnosticReport::default()));
        };
        self.catch_up(Some(&path));
        let full = self.full(&path);
        let related_documents = self.related(&path);
        let unchanged = params.previous_result_id.is_some() && params.previous_result_id == full.result_id;
        let report: DocumentDiagnosticReport = match full.result_id {
            Some(result_id) if unchanged => RelatedUnchangedDocumentDiagnosticReport {
                related_documents,
                unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id },
            }
            .into(),
            _ => {
                RelatedFullDocumentDiagnosticReport { related_documents, full_document_diagnostic_report: full }.into()
            }
        };
        value(report)
    }

    /// The files that share a finding with this one, or did when it was last asked for.
    // The protocol crate's own type; the address's inner cells take no part in its hash.
    #[allow(clippy::mutable_key_type)]
    fn related(&mut self, path: &Path) -> Option<HashMap<Uri, DocumentDiagnosticReportKind>> {
        if !self.client.takes_related_documents {
            return None;
        }
        let checked = self.folder_of(path).and_then(|i| self.folders.get(i)).and_then(|f| f.checked.as_ref());
        let mut now: BTreeSet<PathBuf> = BTreeSet::new();
        for (other, file) in checked.into_iter().flat_map(|c| &c.files) {
            if other == path {
                now.extend(file.related.iter().cloned());
            } else if file.related.contains(path) {
                now.insert(other.clone());
            }
        }
        let before = self.went_along.insert(path.to_owned(), now.clone()).unwrap_or_default();
        let all: BTreeSet<&PathBuf> = now.union(&before).collect();
        let documents = &self.documents;
        let reports = all.into_iter().filter_map(|other| {
            Some((Server::uri_of(documents, other)?, DocumentDiagnosticReportKind::Full(self.full(other))))
        });
        let reports: HashMap<Uri, DocumentDiagnosticReportKind> = reports.collect();
        (!reports.is_empty()).then_some(reports)
    }

    pub(super) fn workspace_diagnostic(&mut self, params: &WorkspaceDiagnosticParams) -> Answer {
        self.catch_up(None);
        // Whoever asks for everything has it.
        self.refresh_due = false;
        let mut known: HashMap<PathBuf, &str> = HashMap::new();
        for previous in &params.previous_result_ids {
            if let Some(path) = self.path_of(&previous.uri) {
                known.insert(path, &previous.value);
            }
        }
        let mut paths: BTreeSet<PathBuf> = known.keys().cloned().collect();
        paths.extend(self.folders.iter().filter_map(|f| f.checked.as_ref()).flat_map(|c| c.files.keys().cloned()));
        let mut items = Vec::new();
        for path in paths {
            let Some(uri) = Server::uri_of(&self.documents, &path) else { continue };
            let version = self.documents.get(&path).map(|d| i64::from(d.version));
            let full = self.full(&path);
            let same = full.result_id.as_deref().is_some_and(|id| known.get(&path) == Some(&id));
            items.push(match full.result_id {
                Some(result_id) if same => {
                    WorkspaceDocumentDiagnosticReport::Unchanged(WorkspaceUnchangedDocumentDiagnosticReport {
                        uri,
                        version,
                        unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id },
                    })
                }
                _ => WorkspaceDocumentDiagnosticReport::Full(WorkspaceFullDocumentDiagnosticReport {
                    uri,
                    version,
                    full_document_diagnostic_report: full,
                }),
            });
        }
        value(WorkspaceDiagnosticReport { items })
    }
}

fn value(report: impl serde::Serialize) -> Answer {
    Ok(serde_json::to_value(report).unwrap_or(Value::Null))
}
