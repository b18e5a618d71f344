//! Every line of output in README.md is what the program prints: a fenced `console` block holds a command behind `$ ` and its
//! output; a `mermaid` block stands behind a comment with its command. With `BLESS=1` the blocks are written anew.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn run(line: &str) -> String {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("dockcheck"), "{line}");
    let output = Command::new(env!("CARGO_BIN_EXE_dockcheck"))
        .args(words)
        .current_dir(ROOT)
        .env_clear()
        .env("COLUMNS", "120")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let summary = String::from_utf8(output.stderr).unwrap();
    text.lines().chain(summary.lines()).map(|l| format!("{}\n", l.trim_end())).collect()
}

/// A fenced `mermaid` block behind `<!-- COMMAND -->` is what the command prints.
fn renew_charts(text: &str) -> String {
    let mut after = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("<!-- dockcheck ") {
        let (command, tail) = tail.split_once(" -->\n```mermaid\n").unwrap();
        let (_, tail) = tail.split_once("```").unwrap();
        let chart = run(&format!("dockcheck {command}"));
        after.push_str(&format!("{head}<!-- dockcheck {command} -->\n```mermaid\n{chart}```"));
        rest = tail;
    }
    after + rest
}

#[test]
fn the_readmes_output_is_the_programs() {
    let path = format!("{ROOT}/README.md");
    let before = fs::read_to_string(&path).unwrap();
    let mut after = String::new();
    let mut rest = before.as_str();
    while let Some((head, tail)) = rest.split_once("```console\n$ ") {
        let (block, tail) = tail.split_once("```").unwrap();
        let command = block.lines().next().unwrap();
        after.push_str(&format!("{head}```console\n$ {command}\n{}```", run(command)));
        rest = tail;
    }
    after.push_str(rest);
    let after = renew_charts(&after);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &after).unwrap();
    } else {
        assert_eq!(before, after, "run with BLESS=1 to renew README.md");
    }
}
