//! The language server over its streams, as an editor has it: the real program, a small client of our own that takes every
//! byte on standard output for the protocol or fails.

mod client;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use client::{Client, Repo, able, apply, codes, framed, pulling, uri, with_code};

#[test]
fn both_findings_in_both_files_and_their_fixes() {
    let repo = Repo::seed();
    let (compose, dockerfile) = (repo.at("docker-compose.yml"), repo.at("Dockerfile"));
    let mut client = Client::start(Some(&repo.path), able());
    client.open(&compose, "dockercompose");
    client.open(&dockerfile, "dockerfile");

    let in_compose = client.pushed(&compose, Some(1));
    let bypass = with_code(&in_compose, "prebuilt-image-bypass").clone();
    assert_eq!(bypass["severity"], 1);
    assert_eq!(bypass["source"], "dockcheck");
    assert_eq!(bypass["codeDescription"]["href"], "https://dockcheck.dev/rules/prebuilt-image-bypass");
    let related = bypass["relatedInformation"].as_array().unwrap();
    assert!(related.iter().any(|r| r["location"]["uri"] == *uri(&dockerfile)), "{related:?}");
    let in_dockerfile = client.pushed(&dockerfile, Some(1));
    let compiler = with_code(&in_dockerfile, "missing-compiler").clone();
    assert_eq!(compiler["severity"], 2);

    let mut texts: BTreeMap<String, String> =
        [&compose, &dockerfile].map(|p| (uri(p), fs::read_to_string(p).unwrap())).into();
    // The cursor in the line is enough for an unsafe fix to be offered, but not as the preferred one.
    let actions = client.actions(&compose, bypass["range"].clone(), Some("quickfix"));
    let build = actions.iter().find(|a| a["diagnostics"][0]["code"] == "prebuilt-image-bypass").unwrap();
    assert!(build["title"].as_str().unwrap().contains("unsafe") && build.get("isPreferred").is_none(), "{build}");
    apply(build, &client, &mut texts);
    let actions = client.actions(&dockerfile, compiler["range"].clone(), None);
    let install = actions.iter().find(|a| a["diagnostics"][0]["code"] == "missing-compiler").unwrap();
    assert_eq!(install["isPreferred"], true);
    apply(install, &client, &mut texts);
    let (compose_text, dockerfile_text) = (texts[&uri(&compose)].clone(), texts[&uri(&dockerfile)].clone());
    assert!(compose_text.contains("    build:\n      context: .\n      dockerfile: Dockerfile\n"), "{compose_text}");
    assert!(dockerfile_text.contains("    build-essential \\\n"), "{dockerfile_text}");

    let versions = (client.replace(&compose, &compose_text), client.replace(&dockerfile, &dockerfile_text));
    let left = client.pushed(&compose, Some(versions.0));
    assert!(!codes(&left).contains(&"prebuilt-image-bypass"), "{left:?}");
    let left = client.pushed(&dockerfile, Some(versions.1));
    assert!(!codes(&left).contains(&"missing-compiler"), "{left:?}");
    // Nothing was written: the buffers are the editor's.
    assert!(!fs::read_to_string(&compose).unwrap().contains("dockerfile: Dockerfile\n      dockerfile"));
    client.stop();
}

#[test]
fn all_safe_fixes_at_once_and_a_comment_that_silences() {
    let repo = Repo::seed();
    let dockerfile = repo.at("Dockerfile");
    let mut client = Client::start(Some(&repo.path), able());
    client.open(&dockerfile, "dockerfile");
    let found = client.pushed(&dockerfile, Some(1));
    let range = with_code(&found, "missing-compiler")["range"].clone();
    let mut texts: BTreeMap<String, String> = [(uri(&dockerfile), fs::read_to_string(&dockerfile).unwrap())].into();
    let start = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
    let all = client.actions(&dockerfile, start, Some("source.fixAll"));
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["kind"], "source.fixAll.dockcheck");
    let mut fixed = texts.clone();
    apply(&all[0], &client, &mut fixed);
    assert!(fixed[&uri(&dockerfile)].contains("    build-essential \\\n"));

    let actions = client.actions(&dockerfile, range, Some("quickfix"));
    let ignore = actions.iter().find(|a| a["title"] == "Ignore missing-compiler on this line").unwrap();
    apply(ignore, &client, &mut texts);
    let text = texts[&uri(&dockerfile)].clone();
    assert!(text.contains("# dockcheck: ignore[missing-compiler]\n"), "{text}");
    let version = client.replace(&dockerfile, &text);
    let left = client.pushed(&dockerfile, Some(version));
    assert!(!codes(&left).contains(&"missing-compiler"), "{left:?}");
    client.stop();

    // A client that fetches edits later is given the action first.
    let mut lazy = able();
    lazy["textDocument"]["codeAction"]["resolveSupport"] = json!({ "properties": ["edit"] });
    let mut client = Client::start(Some(&repo.path), lazy);
    client.open(&dockerfile, "dockerfile");
    let start = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
    let all = client.actions(&dockerfile, start, None);
    let promise = all.iter().find(|a| a["kind"] == "source.fixAll.dockcheck").unwrap();
    assert!(promise.get("edit").is_none());
    let kept = client.request("codeAction/resolve", promise.clone());
    let mut texts: BTreeMap<String, String> = [(uri(&dockerfile), fs::read_to_string(&dockerfile).unwrap())].into();
    apply(&kept, &client, &mut texts);
    assert_eq!(texts, fixed);
    client.stop();
}

#[test]
fn diagnostics_on_request() {
    let repo = Repo::seed();
    let (compose, dockerfile) = (repo.at("docker-compose.yml"), repo.at("Dockerfile"));
    let mut client = Client::start(Some(&repo.path), pulling());
    client.open(&compose, "yaml");
    let ask = |client: &mut Client, path: &Path, previous: Option<&str>| {
        let document = json!({ "uri": uri(path) });
        client.request(
            "textDocument/diagnostic",
            json!({ "textDocument": document, "identifier": "dockcheck", "previousResultId": previous }),
        )
    };
    let full = ask(&mut client, &compose, None);
    assert_eq!(full["kind"], "full");
    let items: Vec<Value> = serde_json::from_value(full["items"].clone()).unwrap();
    with_code(&items, "prebuilt-image-bypass");
    // The Dockerfile that the finding speaks of comes along.
    let along = &full["relatedDocuments"][uri(&dockerfile)];
    let along: Vec<Value> = serde_json::from_value(along["items"].clone()).unwrap();
    with_code(&along, "missing-compiler");
    let id = full["resultId"].as_str().unwrap();
    let again = ask(&mut client, &compose, Some(id));
    assert_eq!((again["kind"].as_str(), again["resultId"].as_str()), (Some("unchanged"), Some(id)));

    let all = client.request("workspace/diagnostic", json!({ "previousResultIds": [] }));
    let items = all["items"].as_array().unwrap();
    assert_eq!(items.len(), 3, "{all}");
    let ids: Vec<Value> = items.iter().map(|i| json!({ "uri": i["uri"], "value": i["resultId"] })).collect();
    let all = client.request("workspace/diagnostic", json!({ "previousResultIds": ids }));
    assert!(all["items"].as_array().unwrap().iter().all(|i| i["kind"] == "unchanged"), "{all}");

    // The fix in one file changes what is said of the other: that goes along, and the client is told to ask again.
    let text = fs::read_to_string(&compose).unwrap();
    client.replace(&compose, &text.replace("image: ghcr.io/ggml-org/llama.cpp:full-cuda", "build: ."));
    let fixed = ask(&mut client, &compose, Some(id));
    assert_eq!(fixed["kind"], "full");
    let items: Vec<Value> = serde_json::from_value(fixed["items"].clone()).unwrap();
    assert!(!codes(&items).contains(&"prebuilt-image-bypass"));
    let all = client.request("workspace/diagnostic", json!({ "previousResultIds": ids }));
    assert!(all["items"].as_array().unwrap().iter().any(|i| i["kind"] == "full"), "{all}");
    let traffic = client.stop();
    assert!(!traffic.contains("publishDiagnostics"), "a client that asks is not sent any unasked");
}

#[test]
fn a_client_that_asks_is_told_when_to_ask_again() {
    let repo = Repo::seed();
    let (compose, dockerfile) = (repo.at("docker-compose.yml"), repo.at("Dockerfile"));
    let mut client = Client::start(Some(&repo.path), pulling());
    client.open(&compose, "yaml");
    client.open(&dockerfile, "dockerfile");
    client.request("textDocument/diagnostic", json!({ "textDocument": { "uri": uri(&dockerfile) } }));
    let text = fs::read_to_string(&dockerfile).unwrap();
    client.replace(&dockerfile, &text.replace("ENTRYPOINT", "# ENTRYPOINT"));
    let refresh = client.wait(|m| m["method"] == "workspace/diagnostic/refresh");
    client.send(json!({ "id": refresh["id"], "result": null }));
    client.stop();
}

const TWO: [(&str, &str); 2] = [
    ("compose.yaml", "services:\n  api:\n    build:\n      context: .\n      target: app\n"),
    ("Dockerfile", "FROM debian:12 AS app\nCMD [\"true\"]\n"),
];

#[test]
fn an_unsaved_edit_of_one_file_is_judged_in_the_other() {
    let repo = Repo::new(&TWO);
    let (compose, dockerfile) = (repo.at("compose.yaml"), repo.at("Dockerfile"));
    let mut client = Client::start(Some(&repo.path), able());
    client.open(&dockerfile, "dockerfile");
    assert_eq!(codes(&client.pushed(&dockerfile, Some(1))), Vec::<&str>::new());
    // Not open: no version.
    let rename = json!([{ "range": { "start": { "line": 0, "character": 18 }, "end": { "line": 0, "character": 21 } }, "text": "web" }]);
    client.change(&dockerfile, rename);
    assert_eq!(codes(&client.pushed(&compose, None)), ["unknown-build-target"]);
    // A second unsaved text agrees with the first one.
    client.open_as(&compose, "dockercompose", &TWO[0].1.replace("target: app", "target: web"));
    assert_eq!(codes(&client.pushed(&compose, Some(1))), Vec::<&str>::new());
    // Closed without saving: what is on disk counts again.
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(&dockerfile) } }));
    assert_eq!(codes(&client.pushed(&compose, Some(1))), ["unknown-build-target"]);
    client.stop();
}

#[test]
fn typing_does_not_queue_checks() {
    let repo = Repo::new(&TWO);
    let dockerfile = repo.at("Dockerfile");
    let mut client = Client::start(Some(&repo.path), able());
    client.open(&dockerfile, "dockerfile");
    client.pushed(&dockerfile, Some(1));
    let end = json!({ "line": 99, "character": 0 });
    let changes = json!([{ "range": { "start": end, "end": end }, "text": "#" }]);
    let edit = |version: i32| {
        let document = json!({ "uri": uri(&dockerfile), "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        framed(json!({ "method": "textDocument/didChange", "params": params }))
    };
    // All at once, so that how fast they come does not depend on what else the machine does.
    client.raw((2..=201).map(edit).collect::<String>().as_bytes());
    client.pushed(&dockerfile, Some(201));
    let between = client.waiting.iter().filter(|m| m["params"]["uri"] == *uri(&dockerfile)).count();
    assert!(between < 20, "{between} of 200 edits were checked");
    client.stop();
}

#[test]
fn files_that_change_behind_the_editor() {
    let repo = Repo::new(&TWO);
    let compose = repo.at("compose.yaml");
    let mut client = Client::start(Some(&repo.path), able());
    let registration = client.wait(|m| m["method"] == "client/registerCapability");
    client.send(json!({ "id": registration["id"], "result": null }));
    let globs = registration["params"]["registrations"][0]["registerOptions"]["watchers"].to_string();
    for part in ["yml", "Dockerfile", ".env", "dockerignore", "dockcheck"] {
        assert!(globs.contains(part), "{part} in {globs}");
    }
    client.open(&compose, "yaml");
    assert_eq!(codes(&client.pushed(&compose, Some(1))), Vec::<&str>::new());
    let changed = |client: &mut Client, path: &Path| {
        client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri(path), "type": 2 }] }));
    };
    fs::write(repo.at("Dockerfile"), "FROM debian:12 AS other\n").unwrap();
    changed(&mut client, &repo.at("Dockerfile"));
    assert_eq!(codes(&client.pushed(&compose, Some(1))), ["unknown-build-target"]);
    fs::write(repo.at("dockcheck.toml"), "ignore = [\"unknown-build-target\"]\n").unwrap();
    changed(&mut client, &repo.at("dockcheck.toml"));
    assert_eq!(codes(&client.pushed(&compose, Some(1))), Vec::<&str>::new());
    // A configuration that cannot be used is said, and the rest goes on without it.
    fs::write(repo.at("dockcheck.toml"), "ignroe = []\n").unwrap();
    changed(&mut client, &repo.at("dockcheck.toml"));
    assert_eq!(codes(&client.pushed(&compose, Some(1))), ["unknown-build-target"]);
    let said = client.wait(|m| m["method"] == "window/showMessage");
    assert!(said["params"]["message"].as_str().unwrap().contains("dockcheck.toml:1:1"), "{said}");
    client.stop();
}

#[test]
fn positions_in_every_encoding() {
    let image = "ghcr.io/ggml-org/llama.cpp:full-cuda";
    let line = format!("  s: {{labels: {{a: \"é😀\"}}, image: \"{image}\"}}");
    let text = format!("services:\r\n{line}\r\n");
    let at = line.find(image).unwrap();
    for (encoding, units) in
        [("utf-8", at), ("utf-16", line[..at].encode_utf16().count()), ("utf-32", line[..at].chars().count())]
    {
        let repo = Repo::new(&[("compose.yaml", &text)]);
        let mut capabilities = able();
        capabilities["general"] = json!({ "positionEncodings": [encoding] });
        let mut client = Client::spawn(&[]);
        let answer = client.request("initialize", json!({ "rootUri": uri(&repo.path), "capabilities": capabilities }));
        assert_eq!(answer["capabilities"]["positionEncoding"], encoding);
        client.notify("initialized", json!({}));
        let compose = repo.at("compose.yaml");
        client.open(&compose, "yaml");
        let found = client.pushed(&compose, Some(1));
        let range = &with_code(&found, "floating-gpu-image")["range"];
        // With its quotes or without them.
        let start = range["start"]["character"].as_u64().unwrap() as usize;
        assert!(start == units || start + 1 == units, "{encoding}: {range}");
        assert_eq!(range["start"]["line"], 1);
        let character = u32::try_from(units).unwrap();
        assert!(client.hover(&compose, 1, character).unwrap().contains(image));
        // An edit in the same unit: the tag is gone, and with it the finding.
        let end = units + image.len();
        let edit = json!({ "range": { "start": { "line": 1, "character": end - "full-cuda".len() }, "end": { "line": 1, "character": end } }, "text": "b4000" });
        let version = client.change(&compose, json!([edit]));
        let left = client.pushed(&compose, Some(version));
        assert!(!codes(&left).contains(&"floating-gpu-image"), "{encoding}: {left:?}");
        client.stop();
    }
}

#[test]
fn a_byte_order_mark_takes_no_column() {
    let repo =
        Repo::new(&[("compose.yaml", "\u{feff}services: {s: {image: \"ghcr.io/ggml-org/llama.cpp:full-cuda\"}}\n")]);
    let compose = repo.at("compose.yaml");
    let mut client = Client::start(Some(&repo.path), able());
    let on_disk = client.pushed(&compose, None);
    // Editors take the mark off when they open a file.
    let text = fs::read_to_string(&compose).unwrap();
    client.open_as(&compose, "yaml", text.trim_start_matches('\u{feff}'));
    let open = client.pushed(&compose, Some(1));
    assert_eq!(with_code(&on_disk, "floating-gpu-image")["range"], with_code(&open, "floating-gpu-image")["range"]);
    client.stop();
}

#[test]
fn hovers() {
    let repo = Repo::new(&[
        (
            "compose.yaml",
            "services:\n  api:\n    build:\n      context: .\n      target: app\n      args:\n        VERSION: ${TAG}\n        API_TOKEN: abc\n  db:\n    image: postgres:${PG:-16}\n",
        ),
        (".env", "TAG=12\n"),
        ("Dockerfile", "ARG VERSION\nFROM debian:${VERSION} AS app\nRUN apt-get update && apt-get install -y curl\n"),
    ]);
    let (compose, dockerfile) = (repo.at("compose.yaml"), repo.at("Dockerfile"));
    let mut client = Client::start(Some(&repo.path), able());
    let image = client.hover(&compose, 9, 13).unwrap();
    assert!(image.starts_with("`image` is `postgres:16`, from `PG`."), "{image}");
    let target = client.hover(&compose, 4, 15).unwrap();
    assert!(target.contains("Service `api` builds `Dockerfile`, stage `app`, from `debian:12`."), "{target}");
    // The argument decides the base image, so its value may be seen; that of the other one may not.
    assert!(target.contains("`VERSION=12`") && target.contains("`API_TOKEN` "), "{target}");
    let run = client.hover(&dockerfile, 2, 0).unwrap();
    assert!(run.contains("- `api` (`compose.yaml:2`) with `VERSION=12`, `API_TOKEN`, target `app`"), "{run}");
    assert!(run.contains("Stage `app`, from `debian:12`.") && run.contains("installs curl"), "{run}");
    assert!(run.contains("- has `bash`, `curl`"), "{run}");
    // Past the line's end is its end; past the text's end is nothing.
    assert_eq!(client.hover(&dockerfile, 2, 999), Some(run));
    assert_eq!(client.hover(&dockerfile, 999, 999), None);
    assert_eq!(client.hover(&repo.at("nothing"), 0, 0), None);
    client.stop();
}

#[test]
fn without_a_folder_the_files_repository_is_the_root() {
    let repo = Repo::new(&[
        (".git/HEAD", ""),
        ("app/compose.yaml", "services:\n  api:\n    build:\n      context: ..\n      target: nowhere\n"),
        ("Dockerfile", TWO[1].1),
    ]);
    let compose = repo.at("app/compose.yaml");
    let mut client = Client::start(None, able());
    client.open(&compose, "yaml");
    assert_eq!(codes(&client.pushed(&compose, Some(1))), ["unknown-build-target"]);
    // With the last document the folder is given up.
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(&compose) } }));
    assert_eq!(codes(&client.pushed(&compose, None)), Vec::<&str>::new());
    client.stop();
}

#[test]
fn what_lies_outside_the_folders_is_left_alone() {
    let repo = Repo::new(&[
        ("inside/compose.yaml", "services:\n  api:\n    build:\n      context: ../outside\n      target: nowhere\n"),
        ("outside/Dockerfile", "FROM debian:12 AS app\n"),
        ("outside/compose.yaml", "services:\n  api:\n    build:\n      context: .\n      target: nowhere\n"),
    ]);
    let (inside, outside) = (repo.at("inside/compose.yaml"), repo.at("outside/compose.yaml"));
    let mut client = Client::start(Some(&repo.at("inside")), able());
    client.open(&outside, "yaml");
    client.open(&inside, "yaml");
    assert_eq!(codes(&client.pushed(&inside, Some(1))), Vec::<&str>::new());
    assert_eq!(client.hover(&outside, 1, 3), None);
    let start = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9, "character": 0 } });
    assert_eq!(client.actions(&outside, start, None), Vec::<Value>::new());
    assert!(!client.traffic.contains("outside/compose.yaml\",\"diagnostics\":[{"), "{}", client.traffic);
    // The user opens the folder: now it is the client's own.
    let folder = |name: &str| json!({ "uri": uri(&repo.at(name)), "name": name });
    let event = json!({ "added": [folder("outside")], "removed": [] });
    client.notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    assert_eq!(codes(&client.pushed(&outside, Some(1)))[..1], ["unknown-build-target"]);
    let event = json!({ "added": [], "removed": [folder("outside")] });
    client.notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    assert_eq!(codes(&client.pushed(&outside, Some(1))), Vec::<&str>::new());
    client.stop();
}

#[test]
fn new_and_oddly_named_files() {
    let repo = Repo::new(&[("README", "x")]);
    let mut client = Client::start(Some(&repo.path), able());
    // Neither on disk nor saved yet.
    let new = repo.at("sub dir/compose.yaml");
    client.open_as(&new, "yaml", TWO[0].1);
    assert_eq!(codes(&client.pushed(&new, Some(1))), ["missing-build-context"]);
    // The client's word counts where the name says nothing.
    let odd = repo.at("image.build");
    client.open_as(&odd, "dockerfile", "FROM a AS b\nFROM c AS b\n");
    assert_eq!(codes(&client.pushed(&odd, Some(1)))[..1], ["duplicate-stage-name"]);
    let other = repo.at("notes.txt");
    client.open_as(&other, "plaintext", "FROM a AS b\nFROM c AS b\n");
    assert_eq!(codes(&client.pushed(&other, Some(1))), Vec::<&str>::new());
    client.open_as(Path::new("untitled"), "dockerfile", "FROM a\n");
    client.stop();
}

#[test]
fn nonsense_costs_an_answer_and_not_the_server() {
    let repo = Repo::new(&TWO);
    let dockerfile = repo.at("Dockerfile");
    let mut client = Client::spawn(&[]);
    let early = client.call("textDocument/hover", json!({}));
    assert_eq!(early["error"]["code"], -32002);
    client.notify("textDocument/didOpen", json!({}));
    client.request(
        "initialize",
        json!({ "rootUri": uri(&repo.path), "capabilities": { "general": 3, "textDocument": [] } }),
    );
    assert_eq!(client.call("initialize", json!({}))["error"]["code"], -32600);
    client.notify("initialized", json!({}));
    assert_eq!(client.call("no/such", json!({}))["error"]["code"], -32601);
    assert_eq!(client.call("$/no/such", json!({}))["error"]["code"], -32601);
    for params in
        [json!(null), json!([]), json!({ "textDocument": { "uri": "not an address" } }), json!({ "textDocument": 1 })]
    {
        for method in ["textDocument/hover", "textDocument/codeAction", "textDocument/diagnostic"] {
            assert_eq!(client.call(method, params.clone())["error"]["code"], -32602, "{method} {params}");
        }
        for note in [
            "textDocument/didOpen",
            "textDocument/didChange",
            "textDocument/didClose",
            "$/cancelRequest",
            "no/such",
            "workspace/didChangeWorkspaceFolders",
        ] {
            client.notify(note, params.clone());
        }
    }
    for garbage in [
        "garbage\r\n\r\n",
        "Content-Length: 3\r\n\r\n{{{",
        "Content-Length: x\r\n\r\n",
        "content-length: 2\r\n\r\n[]",
        "\r\n\r\n\r\n",
    ] {
        client.raw(garbage.as_bytes());
    }
    client.send(json!({ "id": "dockcheck-99", "result": 1 }));
    client.open(&dockerfile, "dockerfile");
    let far = json!({ "line": u32::MAX, "character": u32::MAX });
    let back = json!({ "start": far, "end": { "line": 0, "character": 0 } });
    client.change(&dockerfile, json!([{ "range": back, "text": "FROM debian:12 AS other\n" }]));
    // An older version than the one before, and one for a document that is not open.
    let old = json!({ "uri": uri(&dockerfile), "version": -5 });
    client.notify("textDocument/didChange", json!({ "textDocument": old, "contentChanges": [] }));
    let stranger = json!({ "uri": uri(&repo.at("x")), "version": 1 });
    client.notify("textDocument/didChange", json!({ "textDocument": stranger, "contentChanges": [{ "text": "x" }] }));
    assert_eq!(codes(&client.pushed(&repo.at("compose.yaml"), None)), ["unknown-build-target"]);
    client.hover(&dockerfile, u32::MAX, u32::MAX);
    client.actions(&dockerfile, back, None);
    client.request("codeAction/resolve", json!({ "title": "x", "data": { "fixAll": 7 } }));
    assert_eq!(client.request("shutdown", Value::Null), Value::Null);
    assert_eq!(client.call("textDocument/hover", json!({}))["error"]["code"], -32600);
    client.notify("exit", Value::Null);
    assert_eq!(client.child.wait().unwrap().code(), Some(0));
}

#[test]
fn leaving_without_a_word() {
    let mut client = Client::start(None, able());
    client.notify("exit", Value::Null);
    assert_eq!(client.child.wait().unwrap().code(), Some(1));
    let mut client = Client::start(None, able());
    drop(client.stdin.take());
    assert_eq!(client.child.wait().unwrap().code(), Some(0));
}

/// Values of the environment, of secrets and of `.env` stay where they are, whatever is asked.
#[test]
fn secrets_are_not_in_the_traffic() {
    const CANARY: &str = "kN7vQ2xZ";
    let compose = format!(
        "services:\n  api:\n    build:\n      context: .\n      args:\n        GREETING: ${{GREETING}}\n        NPM_TOKEN: {CANARY}1\n        ADDRESS: ${{ADDRESS}}\n    environment:\n      PASSWORD: {CANARY}2\n      OTHER: ${{OTHER}}\n      PLAIN: {CANARY}3\n    env_file: .env\n    labels:\n      a: ${{OTHER}}\n    command: [\"--password\", \"${{OTHER}}\"]\n    ports: [\"${{PORT}}:80\"]\n  db:\n    image: postgres:16\n    environment:\n      - POSTGRES_PASSWORD={CANARY}4\n      - DEBUG=yes\n  llama-cpp:\n    image: registry.example/${{REGISTRY_TOKEN}}:latest\nsecrets:\n  s:\n    file: ./secret.txt\n"
    );
    let env = format!(
        "GREETING={CANARY}5\nOTHER={CANARY}6\nPORT=8080{CANARY}7\nADDRESS=https://u:{CANARY}8@host/x\nREGISTRY_TOKEN={CANARY}9\nunused: {CANARY}0\n"
    );
    let dockerfile = format!(
        "FROM node:20\nARG NPM_TOKEN={CANARY}a\nARG GREETING\nENV API_KEY={CANARY}b PLAIN=x\nMAINTAINER me\nRUN echo $GREETING && cmake .\ncmd node\n"
    );
    let files = [
        ("compose.yaml", compose.as_str()),
        (".env", env.as_str()),
        ("Dockerfile", dockerfile.as_str()),
        ("secret.txt", "kN7vQ2xZc"),
        ("dockcheck.toml", "[rules]\nfloating-gpu-image = \"warning\"\n"),
    ];
    let repo = Repo::new(&files);
    for capabilities in [able(), pulling()] {
        let mut client = Client::start(Some(&repo.path), capabilities);
        for (name, text) in &files[..3] {
            let path = repo.at(name);
            client.open(&path, "");
            client.request("workspace/diagnostic", json!({ "previousResultIds": [] }));
            client.request("textDocument/diagnostic", json!({ "textDocument": { "uri": uri(&path) } }));
            for (number, line) in text.lines().enumerate() {
                let number = u32::try_from(number).unwrap();
                for character in (0..u32::try_from(line.len()).unwrap() + 1).step_by(3) {
                    client.hover(&path, number, character);
                }
            }
            let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
            assert!(*name == ".env" || !client.actions(&path, whole.clone(), None).is_empty(), "{name}");
            client.actions(&path, whole, Some("source.fixAll.dockcheck"));
        }
        let traffic = client.stop();
        assert!(traffic.contains("GREETING=${GREETING}"), "hovers came back");
        if let Some(at) = traffic.find(CANARY) {
            panic!("a secret left: {}", &traffic[at.saturating_sub(300)..at + 20]);
        }
    }
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// A line or a column, sometimes far outside of every text.
    fn number(&mut self) -> u32 {
        let far = [u32::MAX, u32::MAX - 1, 1 << 31, 100_000];
        match self.below(5) {
            0 => far[self.below(4) as usize],
            _ => u32::try_from(self.below(14)).unwrap(),
        }
    }

    fn range(&mut self) -> Value {
        let mut place = || json!({ "line": self.number(), "character": self.number() });
        json!({ "start": place(), "end": place() })
    }
}

/// T24: positions outside of every text, ends before starts, versions in any order, documents that are not open and messages
/// that are too long cost an answer, not the server; and afterwards it still knows what is right.
#[test]
fn t24_random_positions_and_versions() {
    let sentinel = "sentinel91ce";
    let repo = Repo::new(&[
        ("project/Dockerfile", TWO[1].1),
        ("project/compose.yaml", TWO[0].1),
        ("outside/Dockerfile", &format!("FROM {sentinel}\n")),
        ("outside/compose.yaml", &format!("services: {{{sentinel}: {{imagee: {sentinel}}}}}\n")),
    ]);
    let names =
        ["project/Dockerfile", "project/compose.yaml", "outside/compose.yaml", "project/none", "outside/Dockerfile"];
    let texts = [
        "",
        "\r\n",
        "FROM debian:12\nRUN \u{1f600} git\n",
        "services: {a: {image: x, imagee: \u{5b57}}}\n",
        "\u{feff}x",
    ];
    for (seed, capabilities) in [able(), pulling()].into_iter().enumerate() {
        let mut dice = Dice(seed as u64 + 1);
        let mut client = Client::start(Some(&repo.at("project")), capabilities);
        for _ in 0..400 {
            let address = uri(&repo.at(names[dice.below(5) as usize]));
            let version = dice.number() as i32;
            let document = json!({ "uri": address, "version": version });
            let text = texts[dice.below(5) as usize];
            match dice.below(8) {
                0 => {
                    let item = json!({ "uri": address, "languageId": "x", "version": version, "text": text });
                    client.notify("textDocument/didOpen", json!({ "textDocument": item }));
                }
                1 => client.notify("textDocument/didClose", json!({ "textDocument": { "uri": address } })),
                2..=4 => {
                    let change = match dice.below(4) {
                        0 => json!({ "text": text }),
                        _ => json!({ "range": dice.range(), "rangeLength": dice.number(), "text": text }),
                    };
                    let params = json!({ "textDocument": document, "contentChanges": [change] });
                    client.notify("textDocument/didChange", params);
                }
                5 => {
                    let position = json!({ "line": dice.number(), "character": dice.number() });
                    client.request("textDocument/hover", json!({ "textDocument": document, "position": position }));
                }
                6 => {
                    let context = json!({ "diagnostics": [{ "range": dice.range(), "message": text, "code": 7 }] });
                    let params = json!({ "textDocument": document, "range": dice.range(), "context": context });
                    client.request("textDocument/codeAction", params);
                }
                _ => {
                    client.request("textDocument/diagnostic", json!({ "textDocument": { "uri": address } }));
                }
            }
        }
        let long = " ".repeat(33 << 20);
        client.raw(format!("Content-Length: {}\r\n\r\n{long}", long.len()).as_bytes());
        // What a user has before them is judged as it stands.
        for (name, text) in [("project/compose.yaml", TWO[0].1), ("project/Dockerfile", TWO[1].1)] {
            client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(&repo.at(name)) } }));
            client.open_as(&repo.at(name), "x", text);
        }
        let compose = json!({ "textDocument": { "uri": uri(&repo.at("project/compose.yaml")) } });
        let answer = client.request("textDocument/diagnostic", compose);
        let items: Vec<Value> = serde_json::from_value(answer["items"].clone()).unwrap();
        let fresh = |client: &mut Client| {
            client.open(&repo.at("project/compose.yaml"), "yaml");
            client.request(
                "textDocument/diagnostic",
                json!({ "textDocument": { "uri": uri(&repo.at("project/compose.yaml")) } }),
            )
        };
        let expected = fresh(&mut Client::start(Some(&repo.at("project")), pulling()));
        let expected: Vec<Value> = serde_json::from_value(expected["items"].clone()).unwrap();
        assert_eq!(codes(&items), codes(&expected));
        let traffic = client.stop();
        assert!(!traffic.contains(sentinel), "what lies outside the workspace was read");
    }
}
