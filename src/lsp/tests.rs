//! Conversations of any kind with the server itself: whatever is said in whatever order, it answers and stays.

use std::path::Path;

use lsp_server::{Message, Notification, Request, Response};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const METHODS: [&str; 6] = [
    "textDocument/hover",
    "textDocument/codeAction",
    "textDocument/diagnostic",
    "workspace/diagnostic",
    "codeAction/resolve",
    "no/such",
];

const NOTES: [&str; 7] = [
    "textDocument/didOpen",
    "textDocument/didChange",
    "textDocument/didClose",
    "textDocument/didSave",
    "workspace/didChangeWatchedFiles",
    "workspace/didChangeWorkspaceFolders",
    "initialized",
];

const TEXTS: [&str; 6] = [
    "services:\n  api:\n    build:\n      context: .\n      target: app\n      args: {V: \"é😀\"}\n",
    "FROM debian:12 AS app\r\nRUN cmake . 😀\r\nCMD true\r\n",
    "services: {a: {image: \"ghcr.io/ggml-org/llama.cpp:full-cuda\", environment: {K: v}}}\n",
    "\u{feff}FROM a AS b\nFROM c AS b\nMAINTAINER x\n",
    "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM debian:12\n        RUN cmake .\n",
    "",
];

fn position() -> impl Strategy<Value = Value> {
    let line = prop_oneof![0..8u32, any::<u32>()];
    let character = prop_oneof![0..50u32, any::<u32>()];
    (line, character).prop_map(|(line, character)| json!({ "line": line, "character": character }))
}

fn range() -> impl Strategy<Value = Value> {
    (position(), position()).prop_map(|(start, end)| json!({ "start": start, "end": end }))
}

/// Parameters that fit some request or notification, or none.
fn parameters(root: String) -> impl Strategy<Value = Value> {
    const NAMES: [&str; 7] = ["compose.yaml", "Dockerfile", "sub/Dockerfile", ".env", "../outside", "%zz", ""];
    let text = prop_oneof![proptest::sample::select(&TEXTS[..]).prop_map(str::to_owned), "(?s).{0,12}"];
    let parts = (proptest::sample::select(&NAMES[..]), text, position(), range(), any::<i32>(), 0..10usize);
    parts.prop_map(move |(name, text, position, range, version, odd)| {
        let uri = format!("file://{root}/{name}");
        let changes = match odd % 3 {
            0 => json!([{ "text": text }]),
            _ => json!([{ "range": range, "text": text }, { "range": range, "text": "x\n" }]),
        };
        match odd {
            0 => Value::Null,
            _ => json!({
                "textDocument": { "uri": uri, "languageId": "dockerfile", "version": version, "text": text },
                "contentChanges": changes,
                "position": position,
                "range": range,
                "context": { "diagnostics": [], "only": if odd == 2 { json!(["source"]) } else { Value::Null } },
                "previousResultIds": [],
                "data": { "fixAll": uri },
                "changes": [],
                "event": { "added": [{ "uri": uri, "name": "x" }], "removed": [] },
            }),
        }
    })
}

fn is_fault(message: &Message) -> bool {
    match message {
        Message::Response(Response { response_result: Err(error), .. }) => {
            error.code == ErrorCode::InternalError as i32
        }
        Message::Notification(note) => note.params.to_string().contains("internal error"),
        _ => false,
    }
}

fn started(root: &Path, client: Value) -> Server {
    let mut server = Server::new(Setup { within: Some(root.to_owned()), ..Setup::default() });
    let params = json!({ "rootUri": uri::from_path(root), "capabilities": client });
    server.handle(Request::new(0.into(), "initialize".into(), params).into());
    server
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_conversation_is_a_fault(
        steps in proptest::collection::vec((0..METHODS.len() + NOTES.len() + 1, parameters("ROOT".into())), 1..12),
        pulls in any::<bool>(),
    ) {
        let temp = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(temp.path()).unwrap().join("project");
        std::fs::create_dir(&root).unwrap();
        for (name, text) in [("compose.yaml", TEXTS[0]), ("Dockerfile", TEXTS[1])] {
            std::fs::write(root.join(name), text).unwrap();
        }
        std::fs::write(temp.path().join("outside"), TEXTS[3]).unwrap();
        let mut client = json!({
            "textDocument": { "codeAction": { "codeActionLiteralSupport": {} }, "hover": { "contentFormat": ["markdown"] } },
        });
        if pulls {
            client["textDocument"]["diagnostic"] = json!({ "relatedDocumentSupport": true });
        }
        let mut server = started(&root, client);
        for (step, params) in steps {
            let text = params.to_string().replace("file://ROOT", &format!("file://{}", root.display()));
            let params: Value = serde_json::from_str(&text).unwrap();
            let message = match (METHODS.get(step), NOTES.get(step.wrapping_sub(METHODS.len()))) {
                (Some(method), _) => Some(Request::new(1.into(), (*method).into(), params).into()),
                (_, Some(method)) => Some(Notification::new((*method).into(), params).into()),
                _ => None,
            };
            let answers = match message {
                Some(message) => server.handle(message),
                None => server.settle(),
            };
            prop_assert!(!answers.iter().any(is_fault), "{:?}", answers);
        }
        prop_assert!(!server.settle().iter().any(is_fault));
    }
}

#[test]
fn nothing_is_left_to_do_when_all_is_said() {
    let temp = tempfile::tempdir().unwrap();
    let root = std::fs::canonicalize(temp.path()).unwrap();
    let mut server = started(&root, json!({}));
    assert!(server.pause().is_some());
    server.settle();
    assert_eq!(server.pause(), None);
    server.handle(Notification::new("textDocument/didSave".into(), json!({})).into());
    assert!(server.pause().is_some());
}
