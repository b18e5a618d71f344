//! A small client of our own, and the folders that it opens.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use crate::common::{PATIENCE, PROGRAM, ROOT};

pub(super) struct Client {
    pub(super) child: Child,
    pub(super) stdin: Option<ChildStdin>,
    pub(super) incoming: Receiver<Value>,
    /// Everything received, as text: what must never leave the server is looked for here.
    pub(super) traffic: String,
    pub(super) waiting: Vec<Value>,
    pub(super) last_id: i64,
    pub(super) versions: BTreeMap<String, i32>,
}

/// Everything that a modern client can do, but for asking for diagnostics itself.
pub(super) fn able() -> Value {
    json!({
        "textDocument": {
            "publishDiagnostics": { "relatedInformation": true, "tagSupport": { "valueSet": [1, 2] } },
            "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix", "source"] } } },
            "hover": { "contentFormat": ["markdown", "plaintext"] },
        },
        "workspace": {
            "workspaceEdit": { "documentChanges": true },
            "didChangeWatchedFiles": { "dynamicRegistration": true },
        },
    })
}

pub(super) fn pulling() -> Value {
    let mut able = able();
    able["textDocument"]["diagnostic"] = json!({ "relatedDocumentSupport": true });
    able["workspace"]["diagnostics"] = json!({ "refreshSupport": true });
    able
}

impl Client {
    pub(super) fn spawn(args: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .arg("lsp")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, incoming) = channel();
        std::thread::spawn(move || {
            while let Some(value) = read_message(&mut stdout) {
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        Client {
            child,
            stdin,
            incoming,
            traffic: String::new(),
            waiting: Vec::new(),
            last_id: 0,
            versions: BTreeMap::new(),
        }
    }

    pub(super) fn start(root: Option<&Path>, capabilities: Value) -> Self {
        let mut client = Client::spawn(&["--stdio"]);
        let root = root.map(uri);
        client.request("initialize", json!({ "processId": null, "rootUri": root, "capabilities": capabilities }));
        client.notify("initialized", json!({}));
        client
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(bytes).unwrap();
        stdin.flush().unwrap();
    }

    pub(super) fn send(&mut self, message: Value) {
        self.raw(framed(message).as_bytes());
    }

    pub(super) fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({ "method": method, "params": params }));
    }

    pub(super) fn receive(&mut self) -> Value {
        let value = self.incoming.recv_timeout(PATIENCE).expect("the server says something");
        self.traffic.push_str(&value.to_string());
        value
    }

    /// The answer, error or not.
    pub(super) fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(json!({ "id": id, "method": method, "params": params }));
        self.wait(|m| m["id"] == id && m.get("method").is_none())
    }

    pub(super) fn request(&mut self, method: &str, params: Value) -> Value {
        let mut answer = self.call(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    /// The first message that fits, also one that came before.
    pub(super) fn wait(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&fits) {
            return self.waiting.remove(at);
        }
        loop {
            let value = self.receive();
            if fits(&value) {
                return value;
            }
            self.waiting.push(value);
        }
    }

    pub(super) fn open(&mut self, path: &Path, language: &str) {
        self.open_as(path, language, &fs::read_to_string(path).unwrap());
    }

    pub(super) fn open_as(&mut self, path: &Path, language: &str, text: &str) {
        let uri = uri(path);
        self.versions.insert(uri.clone(), 1);
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub(super) fn change(&mut self, path: &Path, changes: Value) -> i32 {
        let uri = uri(path);
        let version = self.versions.get_mut(&uri).unwrap();
        *version += 1;
        let version = *version;
        let document = json!({ "uri": uri, "version": version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
        version
    }

    pub(super) fn replace(&mut self, path: &Path, text: &str) -> i32 {
        self.change(path, json!([{ "text": text }]))
    }

    /// The diagnostics of a file once they were pushed for a version.
    pub(super) fn pushed(&mut self, path: &Path, version: Option<i32>) -> Vec<Value> {
        let uri = uri(path);
        let mut message = self.wait(|m| {
            m["method"] == "textDocument/publishDiagnostics"
                && m["params"]["uri"] == *uri
                && m["params"]["version"].as_i64() == version.map(i64::from)
        });
        serde_json::from_value(message["params"]["diagnostics"].take()).unwrap()
    }

    pub(super) fn actions(&mut self, path: &Path, range: Value, only: Option<&str>) -> Vec<Value> {
        let mut context = json!({ "diagnostics": [] });
        if let Some(only) = only {
            context["only"] = json!([only]);
        }
        let params = json!({ "textDocument": { "uri": uri(path) }, "range": range, "context": context });
        serde_json::from_value(self.request("textDocument/codeAction", params)).unwrap()
    }

    pub(super) fn hover(&mut self, path: &Path, line: u32, character: u32) -> Option<String> {
        let position = json!({ "line": line, "character": character });
        let params = json!({ "textDocument": { "uri": uri(path) }, "position": position });
        let answer = self.request("textDocument/hover", params);
        answer["contents"]["value"].as_str().map(str::to_owned)
    }

    /// Leaves in good order; standard output ends with the last message.
    pub(super) fn stop(mut self) -> String {
        assert_eq!(self.request("shutdown", Value::Null), Value::Null);
        self.notify("exit", Value::Null);
        drop(self.stdin.take());
        while let Ok(value) = self.incoming.recv_timeout(PATIENCE) {
            self.traffic.push_str(&value.to_string());
        }
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        std::mem::take(&mut self.traffic)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn framed(mut message: Value) -> String {
    message["jsonrpc"] = "2.0".into();
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

/// One message; anything that is none is a failure.
pub(super) fn read_message(input: &mut impl BufRead) -> Option<Value> {
    let mut line = String::new();
    if input.read_line(&mut line).unwrap() == 0 {
        return None;
    }
    let length = line.strip_prefix("Content-Length: ").and_then(|l| l.strip_suffix("\r\n"));
    let length: usize = length.unwrap_or_else(|| panic!("not the protocol: {line:?}")).parse().unwrap();
    line.clear();
    input.read_line(&mut line).unwrap();
    assert_eq!(line, "\r\n");
    let mut body = vec![0; length];
    input.read_exact(&mut body).unwrap();
    let value: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(value["jsonrpc"], "2.0");
    Some(value)
}

pub(super) fn uri(path: &Path) -> String {
    let path = path.to_str().unwrap().replace('\\', "/");
    let path = path.replace('%', "%25").replace(' ', "%20").replace(':', "%3A");
    if path.starts_with('/') { format!("file://{path}") } else { format!("file:///{path}") }
}

/// A folder of its own, links followed.
pub(super) struct Repo {
    pub(super) _temp: tempfile::TempDir,
    pub(super) path: PathBuf,
}

impl Repo {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let path = fs::canonicalize(temp.path()).unwrap().join("project");
        for (name, text) in files {
            let file = path.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        Repo { _temp: temp, path }
    }

    /// A copy of the seed project.
    pub(super) fn seed() -> Self {
        let seed = Path::new(ROOT).join("testdata/projects/finetune");
        let read = |name: &str| fs::read_to_string(seed.join(name)).unwrap();
        let names = ["docker-compose.yml", "Dockerfile", "llama-factory/Dockerfile"];
        let texts: Vec<(&str, String)> = names.iter().map(|name| (*name, read(name))).collect();
        Repo::new(&texts.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>())
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

pub(super) fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().map(|d| d["code"].as_str().unwrap()).collect()
}

pub(super) fn with_code<'a>(diagnostics: &'a [Value], code: &str) -> &'a Value {
    diagnostics.iter().find(|d| d["code"] == code).unwrap_or_else(|| panic!("{code} in {diagnostics:?}"))
}

/// The offset of a position that counts UTF-16 units.
pub(super) fn offset(text: &str, position: &Value) -> usize {
    let line = position["line"].as_u64().unwrap() as usize;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let mut left = position["character"].as_u64().unwrap() as usize;
    let mut at = start;
    for c in text[start..].chars().take_while(|c| *c != '\n') {
        if left == 0 {
            break;
        }
        left -= c.len_utf16();
        at += c.len_utf8();
    }
    at
}

/// Makes the edits of an action as an editor would, over these texts; the versions must be those of the client.
pub(super) fn apply(action: &Value, client: &Client, texts: &mut BTreeMap<String, String>) {
    for document in action["edit"]["documentChanges"].as_array().unwrap() {
        let uri = document["textDocument"]["uri"].as_str().unwrap();
        let version = document["textDocument"]["version"].as_i64();
        assert_eq!(version, client.versions.get(uri).map(|v| i64::from(*v)));
        let text = texts.get_mut(uri).unwrap();
        let mut edits: Vec<(usize, usize, &str)> = document["edits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| {
                let (start, end) = (offset(text, &e["range"]["start"]), offset(text, &e["range"]["end"]));
                (start, end, e["newText"].as_str().unwrap())
            })
            .collect();
        edits.sort();
        for (start, end, new) in edits.into_iter().rev() {
            text.replace_range(start..end, new);
        }
    }
}
