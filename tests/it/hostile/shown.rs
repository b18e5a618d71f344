//! T1 to T4 and T16: what a repository says and what it calls its files reaches no terminal, log or report unsieved.

use std::ffi::OsString;
use std::path::PathBuf;

use dockcheck::Settings;
use dockcheck::report::{OutputFormat, Style, View};
use dockcheck::rules::{RULES, by_name};
use dockcheck::{Request, check};
use proptest::prelude::*;
use serde_json::json;

use crate::common::{PROGRAM, heavy};

use super::oracle::{github, others};
use super::repo::{Repo, name, run_with};

/// Everything that one may not let through, with a name for each.
const ATTACKS: &[&str] = &[
    "\u{1b}[31mred",
    "\u{1b}]8;;http://x\u{7}link",
    "\u{9b}2J",
    "\u{7f}",
    "\u{202e}txt",
    "\u{2066}a\u{2069}",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "\u{2029}",
    "\u{85}",
    "\r",
    "::error::x",
    "::add-mask::a",
    "::stop-commands::t",
    "##[group]g",
    "##[stop-commands]t",
    "##vso[task.logissue]",
    "##teamcity[x]",
    "\u{1b}[0Ksection_start:1:a",
    "]]>",
    "<!--",
    "</td><script>alert(1)</script>",
    "![](http://x)",
    "[a](javascript:x)",
    "@everyone",
    "```",
    "&#27;",
    "%0A::error::",
    "|",
    "\"",
    "'",
    "\\",
    "`",
    "$(id)",
    "\u{0}",
    "é",
    "字",
];

/// All formats of one project that is laid over an empty folder; every rule is on.
fn reports(files: &[(&str, Vec<u8>)]) -> Vec<(OutputFormat, String)> {
    let repo = Repo::empty();
    let root = repo.path();
    let overlay: Vec<(PathBuf, Vec<u8>)> = files.iter().map(|(name, bytes)| (root.join(name), bytes.clone())).collect();
    let request = Request {
        paths: overlay.iter().map(|(path, _)| path.clone()).collect(),
        working_dir: root.clone(),
        root: Some(root),
        overlay,
        ..Request::default()
    };
    let settings = Settings { only: Some(RULES.iter().map(|e| e.meta.name).collect()), ..Settings::default() };
    let report = check(&request, &settings);
    assert!(report.bugs.is_empty(), "{:?}", report.bugs);
    let lookup = |rule: &str| by_name(rule).map(|e| &e.meta);
    let mut all = Vec::new();
    for format in OutputFormat::ALL {
        for color in [false, true] {
            let style = Style { color, unicode: color, width: color.then_some(80), ..Style::default() };
            all.push((*format, format.render(&View::new(&report, style, &lookup))));
        }
    }
    all
}

/// Takes out what we colour with ourselves: SGR, and the links of OSC 8, of which there are none today.
fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let end = inner.find(|c: char| !(c.is_ascii_digit() || c == ';')).unwrap_or(inner.len());
        if inner[end..].starts_with('m') {
            rest = &inner[end + 1..];
        } else {
            out.push('\u{1b}');
            rest = inner;
        }
    }
    out.push_str(rest);
    out
}

/// C0 but line feed (and tab in excerpts), DEL, C1, bidirectional controls, zero width, the two odd line ends.
fn acts(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

fn judge(format: OutputFormat, text: &str) {
    let bare = bare(text);
    let bad: Vec<char> = bare.chars().filter(|c| acts(*c) && !(*c == '\r' && bare.contains("\r\n"))).collect();
    assert!(bad.is_empty(), "{}: {bad:?} in {bare:?}", format.as_str());
    let commands = github(text);
    match format {
        OutputFormat::Github => {
            let ours = ["error", "warning", "notice", "group", "endgroup"];
            assert!(commands.iter().all(|c| ours.contains(&c.name.as_str())), "{commands:?}");
        }
        OutputFormat::Azure => {
            let issues = text.lines().filter(|l| l.starts_with("##vso[task.logissue ")).count();
            assert_eq!(others(text).len(), issues, "{text}");
            let openers = text.to_ascii_lowercase();
            assert_eq!(openers.matches("##vso[").count(), issues, "{text}");
            assert!(!openers.contains("##["), "{text}");
        }
        _ => {
            assert!(commands.is_empty(), "{}: {commands:?}", format.as_str());
            assert!(others(text).is_empty(), "{}: {text}", format.as_str());
        }
    }
    match format {
        OutputFormat::Json | OutputFormat::Sarif | OutputFormat::Gitlab | OutputFormat::Rdjson => {
            serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|e| panic!("{}: {e}", format.as_str()));
        }
        OutputFormat::Jsonl => text.lines().for_each(|l| {
            serde_json::from_str::<serde_json::Value>(l).unwrap();
        }),
        OutputFormat::Junit | OutputFormat::Checkstyle => {
            roxmltree::Document::parse(text).unwrap_or_else(|e| panic!("{}: {e}: {text}", format.as_str()));
            let legal =
                |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
            assert!(text.chars().all(legal), "{}", format.as_str());
        }
        OutputFormat::Html => html(text),
        OutputFormat::Markdown => markdown(text),
        _ => {}
    }
}

/// Every tag is one of ours, and none fetches or runs anything.
fn html(text: &str) {
    const TAGS: &[&str] = &[
        "!doctype",
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "p",
        "article",
        "header",
        "b",
        "div",
        "figure",
        "figcaption",
        "pre",
        "span",
        "code",
        "a",
        "footer",
        "table",
        "tr",
        "td",
        "th",
        "section",
        "ul",
        "details",
        "summary",
        "strong",
        "li",
        "em",
        "strong",
        "details",
        "summary",
    ];
    assert!(text.contains("default-src 'none'"));
    for part in text.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or_else(|| panic!("a tag is not closed: {part}"));
        let mut words = tag.split_whitespace();
        let element = words.next().unwrap_or_default().trim_start_matches('/').to_ascii_lowercase();
        assert!(TAGS.contains(&element.as_str()), "<{tag}>");
        let lower = tag.to_ascii_lowercase();
        assert!(!lower.contains("src=") && !lower.contains(" on") && !lower.contains("javascript:"), "<{tag}>");
        let inside = |to: &str| to.chars().all(|c| c.is_ascii_digit());
        let own = lower.strip_prefix("a href=\"#f").and_then(|t| t.strip_suffix('"')).is_some_and(inside);
        assert!(!lower.contains("href=") || lower.contains("href=\"https") || own, "<{tag}>");
    }
}

/// Outside of fences there is no HTML but ours, no picture, no mention, and no link but to our own pages.
fn markdown(text: &str) {
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let ticks = trimmed.chars().take_while(|c| *c == '`').count();
        match &fence {
            Some(open) if ticks >= open.len() && trimmed.trim_end().len() == ticks => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some("`".repeat(ticks)),
            None => {
                for part in line.split('<').skip(1) {
                    let tag = part.split('>').next().unwrap_or_default();
                    assert!(["details", "/details", "summary", "/summary", "code", "/code"].contains(&tag), "{line}");
                }
                assert!(!line.contains("![") && !line.contains('@'), "{line}");
                for (at, _) in line.match_indices("](") {
                    assert!(line[at..].starts_with("](https://dockcheck.dev/"), "{line}");
                }
            }
        }
    }
    assert_eq!(fence, None, "a fence stays open: {text}");
}

/// A YAML string in double quotes that decodes to the text, so that control characters arrive in keys and values.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if acts(c) || c == '\n' || c == '\t' || c == '\u{ad}' => {
                out.push_str(&format!("\\U{:08x}", u32::from(c)))
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn compose(s: &str) -> String {
    let q = quoted(s);
    format!(
        "name: {q}\nservices:\n  a:\n    image: {q}\n    build: {{context: ., target: {q}, args: {{{q}: {q}}}, dockerfile: Dockerfile}}\n    depends_on: [{q}]\n    networks: [{q}]\n    volumes: [{q}]\n    {q}: 1\n    environment: [{q}, {q}]\n    command: {q}\n    pull_policy: {q}\n    restart: {q}\n    ports: [{q}]\n    env_file: {q}\n    profiles: [{q}]\n  {q}: {{image: x, imagee: y}}\n  c: {{extends: {{service: {q}}}}}\n  d: {{image: \"${{X?{}}}\"}}\ninclude: [{q}]\n{q}: 1\n# dockcheck: ignore[{}]\n",
        quoted(s).trim_matches('"'),
        s.replace(['\n', '\r'], ""),
    )
}

fn dockerfile(s: &str) -> String {
    format!(
        "# syntax={s}\nFROM {s} AS {s}\nFROM debian:12 AS b\nCOPY --from={s} {s} /x\nCOPY {s} /y\nRUN --mount=type={s} {s} && apt-get install -y {s}\nENV {s}={s}\nLABEL {s}={s}\nEXPOSE {s}\nUSER {s}\nWORKDIR {s}\n{s} x\nMAINTAINER {s}\nENTRYPOINT [\"{s}\"\nHEALTHCHECK {s}\nADD {s} {s}\nSHELL {s}\n# dockcheck: ignore[{s}] {s}\nCMD {s}\n"
    )
}

#[test]
fn t1_to_t4_every_attack_in_every_format() {
    for attack in ATTACKS {
        let raw = attack.as_bytes().to_vec();
        let files = [
            ("compose.yaml", compose(attack).into_bytes()),
            ("Dockerfile", dockerfile(attack).into_bytes()),
            ("other/compose.yaml", [b"services: {a: {image: ".as_slice(), &raw, b", x: y}}\n"].concat()),
            (".env", [b"A=".as_slice(), &raw, b"\n", &raw, b"\n"].concat()),
            (".dockerignore", [b"[".as_slice(), &raw, b"\n!", &raw, b"\n"].concat()),
        ];
        for (format, text) in reports(&files) {
            judge(format, &text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if heavy() { 400 } else { 12 }))]

    #[test]
    fn t1_to_t4_any_text(
        parts in proptest::collection::vec(prop_oneof![
            proptest::sample::select(ATTACKS.to_vec()).prop_map(str::to_owned),
            "\\PC{0,6}", "(?s).{0,3}",
        ], 1..5),
        bytes in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let s = parts.concat();
        let files = [
            ("compose.yaml", compose(&s).into_bytes()),
            ("Dockerfile", dockerfile(&s).into_bytes()),
            ("b/Dockerfile", [b"FROM debian:12\nRUN ".as_slice(), &bytes, b"\nFOO ", &bytes].concat()),
            ("b/compose.yaml", [b"services:\n  ".as_slice(), &bytes, b"\n"].concat()),
        ];
        for (format, text) in reports(&files) {
            judge(format, &text);
        }
    }
}

/// Names that a file can have here.
fn names() -> Vec<OsString> {
    let mut names: Vec<OsString> = [
        "a\nb",
        "a\n::error::x",
        "%0A::error::x",
        "a,b",
        "a:b",
        "a;b]c",
        "-x",
        "--fix",
        "a\\b",
        "a b",
        "\u{1b}[31mr",
        "\u{202e}x",
        "##[group]x",
        "a'b\"c",
        "<b>&amp;",
        "`x`",
        "$(touch X)",
        "a|b",
        "é字",
        "C:",
        "#x?y",
    ]
    .map(OsString::from)
    .to_vec();
    names.push(name(b"not-\xff\xfe-utf8"));
    names
}

#[test]
fn t16_odd_names_in_every_format() {
    let repo = Repo::empty();
    let names = names();
    assert!(names.len() >= 20);
    for name in &names {
        let mut path = name.clone();
        path.push("/Dockerfile");
        repo.write(&path, "FROM debian:12\nMAINTAINER x\nFOO\n");
    }
    for (format, outcome) in repo.in_all_formats("") {
        assert_eq!(outcome.code, Some(1), "{format}: {outcome:?}");
        let known = OutputFormat::ALL.iter().find(|f| f.as_str() == format).unwrap();
        judge(*known, &outcome.text());
        for line in outcome.errors().lines() {
            assert!(github(line).is_empty(), "{line}");
        }
    }
    // Machine formats lead back to the file.
    let json = repo.call("--format json").json();
    for (i, name) in names.iter().enumerate() {
        let Some(text) = name.to_str() else { continue };
        let shown = format!("{text}/Dockerfile");
        let found = json["diagnostics"].as_array().unwrap().iter().any(|d| d["primary"]["path"] == shown.as_str());
        assert!(found, "{i}: {shown:?}");
    }
    let bytes = json["diagnostics"].as_array().unwrap().iter().find_map(|d| d["primary"]["path_bytes"].as_str());
    assert_eq!(bytes, Some("bm90Lf/+LXV0ZjgvRG9ja2VyZmlsZQ=="), "a name that is not UTF-8 is given in base64 too");
    // And each of them can be named in a call.
    for name in &names {
        let mut path = OsString::from("./");
        path.push(name);
        assert_eq!(repo.call_with([&path], &[]).code, Some(1), "{name:?}");
        let direct = repo.call_with([&OsString::from("--"), name], &[]);
        assert_eq!(direct.code, Some(1), "{name:?}: {direct:?}");
    }
}

#[test]
fn t2_what_is_asked_for_by_name_gives_no_command_either() {
    for attack in ["::error::x", "  ::stop-commands::x", "##[group]x", "##vso[task.x]y", "##teamcity[x]"] {
        // Beside what a fix changes, so that a diff shows it as it is.
        let repo = Repo::new(&[
            (
                "Dockerfile",
                &format!("FROM debian:12\nRUN <<EOF\n{attack}\nEOF\nMAINTAINER x\nRUN <<EOF\n{attack}\nEOF\n"),
            ),
            ("compose.yaml", &format!("services:\n  a:\n    image: x\n    command: |\n      a\n      {attack}\n")),
        ]);
        for line in ["--diff --unsafe-fixes", "resolve", "resolve --format json"] {
            let outcome = repo.call(line);
            assert!(outcome.is_orderly() && !outcome.out.is_empty(), "{line}: {outcome:?}");
            assert!(github(&outcome.text()).is_empty() && others(&outcome.text()).is_empty(), "{line}: {outcome:?}");
        }
        // It says the same all the same.
        let resolved: serde_json::Value = serde_yaml::from_str(&repo.call("resolve").text()).unwrap();
        let command = resolved["services"]["a"]["command"].to_string();
        assert!(command.contains(attack.trim()), "{command}");
    }
}

/// Lines of `--stdin-jsonl` may end in a build's log, and what a client hears from the language server in its own.
#[test]
fn t2_lines_and_messages_hold_no_command() {
    for attack in ATTACKS.iter().filter(|a| !a.contains(['\0', '\r', '/'])) {
        let files = json!({ format!("Dockerfile.{attack}"): "FROM debian:12\nRUN git x\nMAINTAINER x\n" });
        let mut command = std::process::Command::new(PROGRAM);
        command.arg("--stdin-jsonl");
        let line = run_with(command, format!("{}\n", json!({ "id": attack, "files": files })).as_bytes());
        assert_eq!(line.code, Some(1), "{line:?}");

        let repo = Repo::empty();
        let root = format!("file://{}", repo.path().display());
        let text = format!("FROM debian:12\nCOPY {attack} /\nMAINTAINER {attack}\n");
        let document = json!({ "uri": format!("{root}/Dockerfile"), "languageId": "x", "version": 1, "text": text });
        let params = json!({ "textDocument": { "uri": format!("{root}/Dockerfile") }, "context": { "diagnostics": [] },
            "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 9, "character": 0 } } });
        let start = json!({ "rootUri": root, "capabilities": { "textDocument": { "codeAction":
            { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix"] } } } } } });
        let talk = repo.converse(&[
            json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": start }),
            json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": document } }),
            json!({ "jsonrpc": "2.0", "id": 2, "method": "textDocument/codeAction", "params": params }),
            json!({ "jsonrpc": "2.0", "id": 3, "method": "shutdown" }),
            json!({ "jsonrpc": "2.0", "method": "exit" }),
        ]);
        assert_eq!(talk.code, Some(0), "{talk:?}");
        for (what, text) in [("line", line.text()), ("talk", talk.text().replace('\r', ""))] {
            assert!(!text.chars().any(acts), "{what} {attack:?}: {text}");
            assert!(github(&text).is_empty() && others(&text).is_empty(), "{what} {attack:?}: {text}");
        }
    }
}
