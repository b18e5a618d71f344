//! The client's folders: what it names when it starts, what comes and goes, and which of them a file belongs to.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::{CodeActionKind, DidChangeWorkspaceFoldersParams, Uri, WorkspaceFolder};
use serde_json::{Value, json};

use super::client::Client;
use super::documents::Documents;
use super::folder::Folder;
use super::{Phase, Server, actions, diagnostics, uri};
use crate::files::real_path;

impl Server {
    pub(super) fn initialize(&mut self, params: &Value) -> Value {
        self.phase = Phase::Running;
        self.client = Client::read(params);
        let at = |path: &str| params.pointer(path).and_then(Value::as_str).and_then(|text| Uri::from_str(text).ok());
        let folders: Option<Vec<WorkspaceFolder>> =
            params.get("workspaceFolders").cloned().and_then(|folders| serde_json::from_value(folders).ok());
        let roots: Vec<PathBuf> = match folders {
            Some(folders) if !folders.is_empty() => folders.iter().filter_map(|f| uri::to_path(&f.uri)).collect(),
            _ => {
                let path = || params.pointer("/rootPath").and_then(Value::as_str).map(PathBuf::from);
                at("/rootUri").as_ref().and_then(uri::to_path).or_else(path).into_iter().collect()
            }
        };
        self.has_workspace = !roots.is_empty();
        for root in roots {
            self.add_folder(&root, false);
        }
        let everywhere = json!({ "filters": [{ "scheme": "file", "pattern": { "glob": "**/*" } }] });
        let mut capabilities = json!({
            "positionEncoding": self.client.encoding.kind(),
            "textDocumentSync": { "openClose": true, "change": 2, "save": true },
            "hoverProvider": true,
            "codeActionProvider": {
                "codeActionKinds": [CodeActionKind::QUICKFIX, actions::FIX_ALL],
                "resolveProvider": true,
            },
            "workspace": {
                "workspaceFolders": { "supported": true, "changeNotifications": true },
                // A COPY's source that comes or goes is a finding that goes or comes.
                "fileOperations": { "didCreate": everywhere, "didRename": everywhere, "didDelete": everywhere },
            },
        });
        if self.client.pulls {
            capabilities["diagnosticProvider"] = json!({
                "identifier": diagnostics::SOURCE,
                "interFileDependencies": true,
                "workspaceDiagnostics": true,
            });
        }
        json!({
            "capabilities": capabilities,
            "serverInfo": { "name": "dockcheck", "version": env!("CARGO_PKG_VERSION") },
        })
    }

    /// Asks to be told of the files that decide about others.
    pub(super) fn initialized(&mut self) {
        const WATCHED: [&str; 8] = [
            "**/*.{yml,yaml}",
            "**/*{Dockerfile,dockerfile,Containerfile,containerfile}*",
            "**/.env*",
            "**/*.env",
            "**/*.dockerignore",
            "**/.gitignore",
            "**/{dockcheck,.dockcheck}.toml",
            "**/.config/dockcheck.toml",
        ];
        if !self.client.watches_files {
            return;
        }
        let watchers: Vec<Value> = WATCHED.iter().map(|glob| json!({ "globPattern": glob })).collect();
        let registration = json!({
            "id": "dockcheck-watched-files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        });
        self.ask("client/registerCapability", json!({ "registrations": [registration] }));
    }

    /// Takes a folder up as a root. The whole file system or somebody's whole home is no project.
    pub(super) fn add_folder(&mut self, path: &Path, implied: bool) {
        let root = real_path(path);
        let home = ["HOME", "USERPROFILE"].iter().filter_map(|name| self.setup.request.compose.environment.get(*name));
        let is_home = home.map(|home| real_path(Path::new(home))).any(|home| home == root);
        if root.parent().is_none() || implied && is_home {
            self.say("the whole file system or home folder is not checked; open the project's own folder");
            return;
        }
        let allowed = self.setup.within.as_ref().is_none_or(|within| root.starts_with(real_path(within)));
        if !allowed || self.folders.iter().any(|f| f.root == root) {
            return;
        }
        self.folders.push(Folder::new(root, implied));
    }

    /// The innermost folder that holds a path.
    pub(super) fn folder_of(&self, path: &Path) -> Option<usize> {
        let holding = self.folders.iter().enumerate().filter(|(_, f)| f.holds(path));
        holding.max_by_key(|(_, f)| f.root.as_os_str().len()).map(|(index, _)| index)
    }

    /// Where a document lies: where it was opened, or else where its address leads.
    pub(super) fn path_of(&self, uri: &Uri) -> Option<PathBuf> {
        self.documents.path(uri).cloned().or_else(|| uri::to_path(uri).map(|path| real_path(&path)))
    }

    pub(super) fn uri_of(documents: &Documents, path: &Path) -> Option<Uri> {
        documents.get(path).map(|d| d.uri.clone()).or_else(|| uri::from_path(path))
    }

    pub(super) fn folders_changed(&mut self, params: &DidChangeWorkspaceFoldersParams) {
        let gone: Vec<PathBuf> =
            params.event.removed.iter().filter_map(|f| uri::to_path(&f.uri)).map(|p| real_path(&p)).collect();
        let (removed, kept) =
            std::mem::take(&mut self.folders).into_iter().partition(|f: &Folder| gone.contains(&f.root));
        self.folders = kept;
        for folder in params.event.added.iter().filter_map(|f| uri::to_path(&f.uri)) {
            self.has_workspace = true;
            self.add_folder(&folder, false);
        }
        self.folders.iter_mut().for_each(Folder::stir);
        self.withdraw(&removed);
    }

    /// Takes back the diagnostics of folders that are gone.
    pub(super) fn withdraw(&mut self, gone: &[Folder]) {
        let stale = |path: &PathBuf| gone.iter().any(|f| f.holds(path));
        let homeless = |path: &&PathBuf| stale(path) && self.folder_of(path).is_none();
        let paths: Vec<PathBuf> = self.published.keys().filter(homeless).cloned().collect();
        for path in paths {
            self.publish(&path, Vec::new(), String::new());
        }
        if !gone.is_empty() {
            self.refresh_due = self.client.pulls;
        }
    }
}
