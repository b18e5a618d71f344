//! Writes the first inputs of every target below `corpus/`: from `../testdata` and from the examples on the rules' pages.
//! Run it in this folder: `cargo run --example seeds`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use dockcheck_fuzz::{NAMES, SEPARATOR};

/// Scripts, templates and the like that no example holds.
const SHELL: &[&str] = &[
    "set -eux; apt-get update && apt-get install -y --no-install-recommends git \\\n  curl; rm -rf /var/lib/apt/lists/*",
    "if [ -f x ]; then cat <<EOF | sh -s -- \"$@\"\na\nEOF\nelse for i in a b; do echo \"${i:-$(date)}\"; done; fi",
    "f() { case $1 in a|b) return 1;; esac; }; f a || true; time { while read -r l; do :; done < <(ls); }",
    "cmake -S . -B build -DX=$((1 + 2)) && bash -c 'cd build; make -j\"$(nproc)\"' ",
];
const INTERPOLATION: &[&str] = &["${A:-b${C:?d}}$$e$F ${G+h}", "${A-${B-${C-d}}}", "$A${"];
const DOTENV: &[&str] = &["A=b\nexport C='d # e' # f\nG=\"h\\n$A ${C:-i}\"\nJ: k\n# l\nM\n", "A=\"line\nline\"\n"];
const IGNORE: &[&str] = &["a/b/c.txt\n# x\n**\n!a/**/c.t?t\n/d/[a-c]*\n!e\\f\n", "x\n*\n!*.py\n"];

/// What an editor says, before and after a text is opened.
const HELLO: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":"ROOT","capabilities":{},"workspaceFolders":[{"uri":"ROOT","name":"x"}]}}"#,
    "\n",
    r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#,
    "\n"
);
const TALK: &[&str] = &[
    r#"{"jsonrpc":"2.0","id":2,"method":"textDocument/hover","params":{"textDocument":{"uri":"ROOT/FILE"},"position":{"line":2,"character":5}}}"#,
    r#"{"jsonrpc":"2.0","id":3,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"ROOT/FILE"},"range":{"start":{"line":0,"character":0},"end":{"line":99,"character":0}},"context":{"diagnostics":[]}}}"#,
    r#"{"jsonrpc":"2.0","id":4,"method":"textDocument/diagnostic","params":{"textDocument":{"uri":"ROOT/FILE"}}}"#,
    r#"{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"ROOT/FILE","version":2},"contentChanges":[{"range":{"start":{"line":1,"character":3},"end":{"line":4294967295,"character":1}},"text":"x\u00e9\ud83d\ude00"}]}}"#,
    r#"{"jsonrpc":"2.0","id":5,"method":"workspace/executeCommand","params":{"command":"dockcheck.fixAll","arguments":["ROOT"]}}"#,
    r#"{"jsonrpc":"2.0","method":"textDocument/didClose","params":{"textDocument":{"uri":"ROOT/FILE"}}}"#,
    r#"{"jsonrpc":"2.0","id":6,"method":"shutdown"}"#,
];

fn main() -> io::Result<()> {
    let mut projects = Vec::new();
    for entry in fs::read_dir("../testdata/projects")? {
        let mut files = BTreeMap::new();
        collect(&entry?.path(), &mut files)?;
        projects.push(files);
    }
    let mut pages: Vec<_> = fs::read_dir("../rules")?.filter_map(|e| Some(e.ok()?.path())).collect();
    pages.sort();
    for page in pages.iter().filter(|p| p.extension().is_some_and(|e| e == "md")) {
        projects.extend(examples(&fs::read_to_string(page)?));
    }
    for files in &projects {
        let of = |test: &dyn Fn(&str) -> bool| -> Vec<&str> {
            files.iter().filter(|(name, _)| test(name)).map(|(_, text)| text.as_str()).collect()
        };
        let compose = |name: &str| name.ends_with(".yml") || name.ends_with(".yaml");
        let dockerfile = |name: &str| name.contains("Dockerfile");
        let ignore = |name: &str| name.ends_with(".dockerignore");
        of(&compose).into_iter().try_for_each(|text| write(&["yaml", "interpolation"], text.as_bytes()))?;
        of(&dockerfile).into_iter().try_for_each(|text| write(&["dockerfile"], text.as_bytes()))?;
        of(&ignore).into_iter().try_for_each(|text| write(&["dockerignore"], format!("a/b\n{text}").as_bytes()))?;
        of(&|name| name.ends_with(".env")).into_iter().try_for_each(|text| write(&["dotenv"], text.as_bytes()))?;
        for text in of(&dockerfile) {
            let runs = text.split("\nRUN ").skip(1).map(|run| run.split("\n\n").next().unwrap_or(run));
            runs.into_iter().try_for_each(|run| write(&["shell"], run.as_bytes()))?;
        }
        let parts = [of(&compose), of(&dockerfile), of(&|n| n.ends_with(".env")), of(&ignore)];
        assert_eq!(parts.len(), NAMES.len());
        let whole = parts.map(|p| p.first().unwrap_or(&"").as_bytes().to_vec()).join(&SEPARATOR);
        write(&["check", "fix", "report"], &whole)?;
        for (name, text) in [("compose.yaml", of(&compose)), ("Dockerfile", of(&dockerfile))] {
            let Some(text) = text.first() else { continue };
            let opened = serde_json::json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument":
                { "uri": format!("ROOT/{name}"), "languageId": "x", "version": 1, "text": text } } });
            let talk = TALK.iter().map(|line| line.replace("FILE", name)).collect::<Vec<_>>().join("\n");
            write(&["lsp"], format!("{HELLO}{opened}\n{talk}\n").as_bytes())?;
        }
    }
    for (target, texts) in
        [("shell", SHELL), ("interpolation", INTERPOLATION), ("dotenv", DOTENV), ("dockerignore", IGNORE)]
    {
        texts.iter().try_for_each(|text| write(&[target], text.as_bytes()))?;
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.insert(path.to_string_lossy().into_owned(), text);
        }
    }
    Ok(())
}

/// The projects of a page: the fenced files under each heading.
fn examples(page: &str) -> Vec<BTreeMap<String, String>> {
    let mut projects = vec![BTreeMap::new()];
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("##") {
            projects.push(BTreeMap::new());
        } else if let Some(path) =
            line.strip_prefix("```").and_then(|i| i.split_whitespace().find_map(|w| w.strip_prefix("path=")))
        {
            let text: String = lines.by_ref().take_while(|l| *l != "```").flat_map(|l| [l, "\n"]).collect();
            if let Some(last) = projects.last_mut() {
                last.insert(path.to_owned(), text);
            }
        }
    }
    projects.retain(|p| !p.is_empty());
    projects
}

/// Under a name that its bytes give, so that a second run writes the same files.
fn write(targets: &[&str], bytes: &[u8]) -> io::Result<()> {
    // FNV-1a, 64 bits.
    let name = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    for target in targets {
        let folder = Path::new("corpus").join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{name:016x}")), bytes)?;
    }
    Ok(())
}
