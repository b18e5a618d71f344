//! What the client said of itself. Read leniently: a client that states one thing in a shape that we do not know is still
//! served by all the others.

use serde_json::Value;

use super::position::Encoding;

/// The client's abilities, as far as they decide what we send.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// It asks for diagnostics itself, so they are not sent unasked: it would show both.
    pub(super) pulls: bool,
    /// It asks again when told to.
    pub(super) refreshes: bool,
    /// It takes the diagnostics of other documents along with those that it asked for.
    pub(super) takes_related_documents: bool,
    pub(super) shows_related: bool,
    pub(super) shows_tags: bool,
    /// It takes edits with the versions that they are for.
    pub(super) versioned_edits: bool,
    /// It fetches an action's edit when the action is chosen.
    pub(super) resolves_edits: bool,
    pub(super) knows_actions: bool,
    pub(super) shows_markdown: bool,
    pub(super) watches_files: bool,
}

impl Client {
    /// From the parameters of `initialize`.
    pub(super) fn read(params: &Value) -> Self {
        let at = |path: &str| params.pointer(&format!("/capabilities/{path}"));
        let yes = |path: &str| at(path).and_then(Value::as_bool) == Some(true);
        let words = |path: &str| -> Vec<&str> {
            at(path).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
        };
        let offered = words("general/positionEncodings");
        Client {
            encoding: Encoding::negotiate(offered.iter().copied()),
            pulls: at("textDocument/diagnostic").is_some_and(Value::is_object),
            refreshes: yes("workspace/diagnostics/refreshSupport") || yes("workspace/diagnostic/refreshSupport"),
            takes_related_documents: yes("textDocument/diagnostic/relatedDocumentSupport"),
            shows_related: yes("textDocument/publishDiagnostics/relatedInformation")
                || yes("textDocument/diagnostic/relatedInformation"),
            shows_tags: at("textDocument/publishDiagnostics/tagSupport").is_some_and(|t| !t.is_null())
                || at("textDocument/diagnostic/tagSupport").is_some_and(|t| !t.is_null()),
            versioned_edits: yes("workspace/workspaceEdit/documentChanges"),
            resolves_edits: words("textDocument/codeAction/resolveSupport/properties").contains(&"edit"),
            knows_actions: at("textDocument/codeAction/codeActionLiteralSupport").is_some_and(Value::is_object),
            shows_markdown: words("textDocument/hover/contentFormat").contains(&"markdown"),
            watches_files: yes("workspace/didChangeWatchedFiles/dynamicRegistration"),
        }
    }
}
