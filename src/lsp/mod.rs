//! The language server: the one check, over the texts that an editor has open, in the editor's protocol.
//!
//! [`Server`] takes messages and gives messages; it knows nothing of streams and threads, so a test or a fuzzer can drive it.
//! [`transport`] puts it on a pair of streams. Each folder of the client's workspace is a root of its own: nothing outside
//! of it is read. A message that we cannot make sense of costs an answer, never the server.
//!
//! Diagnostics of every file of a folder are sent when the texts have settled ([`Server::settle`]); a client that asks for
//! them itself is answered at once and not sent any. Whatever is asked for is answered from the newest texts.

mod actions;
mod client;
mod diagnostics;
mod documents;
mod folder;
mod hover;
mod markup;
mod places;
mod position;
mod publish;
mod pull;
mod setup;
pub mod transport;
mod uri;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use lsp_server::{ErrorCode, Message, Notification, Request as Call, RequestId, Response};
use lsp_types::{
    CodeActionKind, CodeActionParams, CodeActionTriggerKind, DidChangeTextDocumentParams,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, Hover, HoverContents,
    HoverParams, MarkupContent, MarkupKind, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::files::discover::root_of;
use crate::redact;

use crate::files::real_path;
use actions::Desk;
use client::Client;
use documents::Documents;
use folder::Folder;

pub use setup::{FindSettings, Setup};

/// Where the conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Before `initialize`.
    New,
    Running,
    /// After `shutdown`.
    Down,
    /// After `exit`.
    Gone,
}

/// A conversation with one client.
#[derive(Debug)]
pub struct Server {
    setup: Setup,
    phase: Phase,
    /// `shutdown` came before `exit`.
    orderly: bool,
    client: Client,
    /// The client named folders of its own; what lies outside of them is then none of our business.
    has_workspace: bool,
    folders: Vec<Folder>,
    documents: Documents,
    /// What was last sent of each file: the mark of its list and the version that it was for.
    published: BTreeMap<PathBuf, (String, Option<i32>)>,
    /// Files that went along with the answers for a file, so that they go along once more when they are mended.
    went_along: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// A client that asks is to be told that it should ask again.
    refresh_due: bool,
    /// Messages to the user, each said once.
    said: BTreeSet<String>,
    /// Number of the last request of ours.
    last_id: u32,
    out: Vec<Message>,
}

/// What answers a request.
type Answer = Result<Value, (ErrorCode, String)>;

impl Server {
    pub fn new(setup: Setup) -> Self {
        Server {
            setup,
            phase: Phase::New,
            orderly: false,
            client: Client::default(),
            has_workspace: false,
            folders: Vec::new(),
            documents: Documents::default(),
            published: BTreeMap::new(),
            went_along: BTreeMap::new(),
            refresh_due: false,
            said: BTreeSet::new(),
            last_id: 0,
            out: Vec::new(),
        }
    }

    /// Whether the client said `exit`; true inside if it said `shutdown` before.
    pub fn exited(&self) -> Option<bool> {
        (self.phase == Phase::Gone).then_some(self.orderly)
    }

    /// Takes a message; what is to be sent for it. Never panics, and an editing notification costs no check.
    pub fn handle(&mut self, message: Message) -> Vec<Message> {
        let id = if let Message::Request(call) = &message { Some(call.id.clone()) } else { None };
        if catch_unwind(AssertUnwindSafe(|| self.dispatch(message))).is_err() {
            self.recover();
            if let Some(id) = id {
                let what = "internal error; please report this as a bug of dockcheck".to_owned();
                self.answer(id, Err((ErrorCode::InternalError, what)));
            }
        }
        std::mem::take(&mut self.out)
    }

    /// How long to wait for further messages before [`Server::settle`]; `None` where nothing is left to do. Typing must not
    /// queue checks, so the pause grows with what a check takes.
    pub fn pause(&self) -> Option<Duration> {
        const SHORTEST: Duration = Duration::from_millis(60);
        const LONGEST: Duration = Duration::from_millis(500);
        /// Somebody who never stops typing sees something all the same.
        const PATIENCE: Duration = Duration::from_millis(1500);
        if self.phase != Phase::Running {
            return None;
        }
        let waits = self.folders.iter().filter_map(|folder| {
            let wait = folder.took.clamp(SHORTEST, LONGEST);
            Some(wait.min((PATIENCE + folder.took).saturating_sub(folder.dirty?.elapsed())))
        });
        waits.chain(self.refresh_due.then_some(Duration::ZERO)).min()
    }

    /// Checks what changed; the diagnostics that are now other than what was sent, of every file.
    pub fn settle(&mut self) -> Vec<Message> {
        if self.phase == Phase::Running && catch_unwind(AssertUnwindSafe(|| self.catch_up(None))).is_err() {
            self.recover();
        }
        if self.phase == Phase::Running && std::mem::take(&mut self.refresh_due) && self.client.refreshes {
            self.ask("workspace/diagnostic/refresh", Value::Null);
        }
        std::mem::take(&mut self.out)
    }

    /// After a fault of ours nothing that was computed is trusted any more.
    fn recover(&mut self) {
        for folder in &mut self.folders {
            folder.forget();
        }
        self.say("dockcheck met an internal error; please report it with the files that lead to it");
    }

    fn dispatch(&mut self, message: Message) {
        match message {
            Message::Request(call) => {
                let id = call.id.clone();
                let answer = self.call(call);
                self.answer(id, answer);
            }
            Message::Notification(notification) => self.notification(notification),
            // Answers to requests of ours: a client that refuses to watch files has said so itself.
            Message::Response(_) => {}
        }
    }

    fn answer(&mut self, id: RequestId, answer: Answer) {
        self.out.push(Message::Response(match answer {
            Ok(value) => Response::new_ok(id, value),
            Err((code, what)) => Response::new_err(id, code as i32, what),
        }));
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.out.push(Message::Notification(Notification { method: method.to_owned(), params }));
    }

    fn ask(&mut self, method: &str, params: Value) {
        self.last_id = self.last_id.wrapping_add(1);
        let id = RequestId::from(format!("dockcheck-{}", self.last_id));
        self.out.push(Message::Request(Call { id, method: method.to_owned(), params }));
    }

    /// A sentence for the user, once.
    fn say(&mut self, what: &str) {
        const MOST: usize = 200;
        let what = redact::one_line(what);
        if self.said.len() < MOST && self.said.insert(what.clone()) {
            self.tell("window/showMessage", json!({ "type": 2, "message": format!("dockcheck: {what}") }));
        }
    }

    /// A line for the client's log, once.
    fn log(&mut self, what: &str) {
        const MOST: usize = 2000;
        let what = redact::one_line(what);
        if self.said.len() < MOST && self.said.insert(what.clone()) {
            self.tell("window/logMessage", json!({ "type": 3, "message": what }));
        }
    }

    fn call(&mut self, call: Call) -> Answer {
        match (self.phase, call.method.as_str()) {
            (Phase::New, "initialize") => return Ok(self.initialize(&call.params)),
            (Phase::New, _) => {
                return Err((ErrorCode::ServerNotInitialized, "`initialize` comes first".into()));
            }
            (Phase::Running, "initialize") => {
                return Err((ErrorCode::InvalidRequest, "`initialize` comes only once".into()));
            }
            (Phase::Running, _) => {}
            (Phase::Down | Phase::Gone, _) => {
                return Err((ErrorCode::InvalidRequest, "the server is shut down".into()));
            }
        }
        match call.method.as_str() {
            "shutdown" => {
                self.phase = Phase::Down;
                self.orderly = true;
                Ok(Value::Null)
            }
            "textDocument/diagnostic" => self.document_diagnostic(&params(call.params)?),
            "workspace/diagnostic" => self.workspace_diagnostic(&params(call.params)?),
            "textDocument/codeAction" => self.code_actions(&params(call.params)?),
            "codeAction/resolve" => self.resolve_action(call.params),
            "textDocument/hover" => self.hover(&params(call.params)?),
            _ => Err((ErrorCode::MethodNotFound, "there is no such request".into())),
        }
    }

    fn notification(&mut self, notification: Notification) {
        if notification.method == "exit" {
            self.phase = Phase::Gone;
        }
        if self.phase != Phase::Running {
            return;
        }
        match notification.method.as_str() {
            "initialized" => self.initialized(),
            "textDocument/didOpen" => {
                if let Ok(params) = params(notification.params) {
                    self.opened(params);
                }
            }
            "textDocument/didChange" => {
                if let Ok(params) = params(notification.params) {
                    self.changed(params);
                }
            }
            "textDocument/didClose" => {
                if let Ok(params) = params(notification.params) {
                    self.closed(&params);
                }
            }
            "workspace/didChangeWorkspaceFolders" => {
                if let Ok(params) = params::<DidChangeWorkspaceFoldersParams>(notification.params) {
                    self.folders_changed(&params);
                }
            }
            // What changed matters less than that something did: a check costs milliseconds.
            "textDocument/didSave"
            | "workspace/didChangeWatchedFiles"
            | "workspace/didChangeConfiguration"
            | "workspace/didCreateFiles"
            | "workspace/didRenameFiles"
            | "workspace/didDeleteFiles" => self.folders.iter_mut().for_each(Folder::stir),
            _ => {}
        }
    }

    fn opened(&mut self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let Some(path) = uri::to_path(&document.uri).map(|path| real_path(&path)) else { return };
        if self.folder_of(&path).is_none() && !self.has_workspace {
            self.add_folder(&root_of(&path), true);
        }
        self.stir(&path);
        self.documents.open(path, document.uri, &document.language_id, document.version, document.text);
    }

    fn changed(&mut self, params: DidChangeTextDocumentParams) {
        let document = params.text_document;
        if self.documents.change(&document.uri, document.version, params.content_changes, self.client.encoding)
            && let Some(path) = self.documents.path(&document.uri).cloned()
        {
            self.touch(&path);
        }
    }

    fn closed(&mut self, params: &DidCloseTextDocumentParams) {
        let Some(path) = self.documents.close(&params.text_document.uri) else { return };
        self.stir(&path);
        self.went_along.remove(&path);
        let documents = &self.documents;
        let abandoned = |f: &Folder| f.implied && !documents.iter().any(|(path, _)| f.holds(path));
        let (gone, kept) = std::mem::take(&mut self.folders).into_iter().partition(|f| abandoned(f));
        self.folders = kept;
        self.withdraw(&gone);
    }

    /// A file of a folder changed; and so may what other folders that hold it have to say.
    fn touch(&mut self, path: &Path) {
        self.folders.iter_mut().filter(|f| f.holds(path)).for_each(Folder::touch);
    }

    /// As [`Server::touch`], where files may have come or gone.
    fn stir(&mut self, path: &Path) {
        self.folders.iter_mut().filter(|f| f.holds(path)).for_each(Folder::stir);
    }

    fn desk<'a>(&'a self, uri: &'a dyn Fn(&Path) -> Option<Uri>) -> Desk<'a> {
        Desk { client: &self.client, documents: &self.documents, uri }
    }

    fn code_actions(&mut self, params: &CodeActionParams) -> Answer {
        let Some(path) = self.path_of(&params.text_document.uri).filter(|_| self.client.knows_actions) else {
            return Ok(json!([]));
        };
        self.catch_up(Some(&path));
        let Some(index) = self.folder_of(&path) else { return Ok(json!([])) };
        let Some(folder) = self.folders.get(index) else { return Ok(json!([])) };
        let Some(checked) = &folder.checked else { return Ok(json!([])) };
        let only = params.context.only.as_deref();
        let wanted = |kind: &CodeActionKind| {
            only.is_none_or(|only| only.iter().any(|wanted| is_kind(kind.as_str(), wanted.as_str())))
        };
        let documents = &self.documents;
        let uri = |path: &Path| Server::uri_of(documents, path);
        let desk = self.desk(&uri);
        let mut actions = actions::at(checked, &path, params.range, &params.context.diagnostics, &wanted, &desk);
        let has_safe = checked.files.get(&path).is_some_and(|file| {
            let findings = file.findings.iter().filter_map(|i| checked.report.findings.get(*i));
            findings.flat_map(|f| &f.fixes).any(|f| f.applicability == crate::diagnostic::Applicability::Safe)
        });
        let kind = CodeActionKind::new(actions::FIX_ALL);
        let automatic = params.context.trigger_kind == Some(CodeActionTriggerKind::AUTOMATIC);
        if has_safe && wanted(&kind) {
            if self.client.resolves_edits {
                actions.push(actions::fix_all_promise(&params.text_document.uri));
            } else if only.is_some() || !automatic {
                actions.extend(self.fix_file(index, &path));
            }
        }
        Ok(serde_json::to_value(actions).unwrap_or_default())
    }

    fn fix_file(&self, index: usize, path: &Path) -> Option<lsp_types::CodeAction> {
        let documents = &self.documents;
        let uri = |path: &Path| Server::uri_of(documents, path);
        actions::fix_file(self.folders.get(index)?, &self.setup, path, &self.desk(&uri))
    }

    /// The edit of an action that was listed without one.
    fn resolve_action(&mut self, action: Value) -> Answer {
        let named = action.pointer("/data/fixAll").and_then(Value::as_str).and_then(|text| Uri::from_str(text).ok());
        let Some(path) = named.and_then(|uri| self.path_of(&uri)) else { return Ok(action) };
        self.catch_up(Some(&path));
        let Some(index) = self.folder_of(&path) else { return Ok(action) };
        let mut action = action;
        if let Some(edit) = self.fix_file(index, &path).and_then(|fixed| fixed.edit)
            && let Some(object) = action.as_object_mut()
        {
            object.insert("edit".into(), serde_json::to_value(edit).unwrap_or_default());
        }
        Ok(action)
    }

    fn hover(&mut self, params: &HoverParams) -> Answer {
        let place = &params.text_document_position_params;
        let Some(path) = self.path_of(&place.text_document.uri) else { return Ok(Value::Null) };
        self.catch_up(Some(&path));
        let Some(folder) = self.folder_of(&path).and_then(|index| self.folders.get(index)) else {
            return Ok(Value::Null);
        };
        let Some(shown) = folder.project(&self.setup, &self.documents) else { return Ok(Value::Null) };
        let open = self.documents.get(&path).is_some();
        let markdown = self.client.shows_markdown;
        let Some((value, range)) =
            hover::at(&shown.project, &path, place.position, open, self.client.encoding, markdown)
        else {
            return Ok(Value::Null);
        };
        let value = shown.secrets.without(&value).unwrap_or(value);
        let kind = if markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
        let hover = Hover { contents: HoverContents::Markup(MarkupContent { kind, value }), range: Some(range) };
        Ok(serde_json::to_value(hover).unwrap_or_default())
    }
}

/// A kind is one of its own and of every kind that it begins with: `source.fixAll.dockcheck` is a `source.fixAll`.
fn is_kind(kind: &str, wanted: &str) -> bool {
    kind.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || wanted.is_empty())
}

fn params<T: DeserializeOwned>(value: Value) -> Result<T, (ErrorCode, String)> {
    // The words of the error may quote the client's text; their place in it is enough.
    serde_json::from_value(value).map_err(|_| (ErrorCode::InvalidParams, "the parameters have another shape".into()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
