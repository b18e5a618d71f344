//! Every line of output in README.md and in the pages of `docs/` is what the program prints: a fenced `console` block holds a
//! command behind `$ ` and its output; a `mermaid` block stands behind a comment with its command. A page that begins with
//! `<!-- in FOLDER -->` has all its commands run, one after the other, in a copy of that folder. With `BLESS=1` the blocks are
//! written anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{PROGRAM, ROOT};

#[path = "../../examples/site.rs"]
mod site;

fn run(line: &str, folder: &Path) -> String {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("dockcheck"), "{line}");
    let output =
        Command::new(PROGRAM).args(words).current_dir(folder).env_clear().env("COLUMNS", "120").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let summary = String::from_utf8(output.stderr).unwrap();
    text.lines().chain(summary.lines()).map(|l| format!("{}\n", l.trim_end())).collect()
}

/// A fenced `mermaid` block behind `<!-- COMMAND -->` is what the command prints.
fn renew_charts(text: &str, folder: &Path) -> String {
    let mut after = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("<!-- dockcheck ") {
        let (command, tail) = tail.split_once(" -->\n```mermaid\n").unwrap();
        let (_, tail) = tail.split_once("```").unwrap();
        let chart = run(&format!("dockcheck {command}"), folder);
        after.push_str(&format!("{head}<!-- dockcheck {command} -->\n```mermaid\n{chart}```"));
        rest = tail;
    }
    after + rest
}

fn renew(text: &str, folder: &Path) -> String {
    let mut after = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("```console\n$ ") {
        let (block, tail) = tail.split_once("```").unwrap();
        let command = block.lines().next().unwrap();
        after.push_str(&format!("{head}```console\n$ {command}\n{}```", run(command, folder)));
        rest = tail;
    }
    after.push_str(rest);
    renew_charts(&after, folder)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { assert!(fs::copy(&path, &target).is_ok()) }
    }
}

fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(format!("{ROOT}/docs")).unwrap().map(|e| e.unwrap().path());
    let mut pages: Vec<PathBuf> = docs.filter(|p| p.extension().is_some_and(|e| e == "md")).collect();
    pages.push(PathBuf::from(format!("{ROOT}/README.md")));
    pages.sort();
    pages
}

#[test]
fn the_output_on_our_pages_is_the_programs() {
    for path in pages() {
        let before = fs::read_to_string(&path).unwrap();
        let place = before.strip_prefix("<!-- in ").and_then(|t| t.split_once(" -->\n")).map(|(place, _)| place);
        let own = tempfile::tempdir().unwrap();
        let folder = match place {
            Some(place) => {
                copy(&Path::new(ROOT).join(place), own.path());
                own.path()
            }
            None => Path::new(ROOT),
        };
        let after = renew(&before, folder);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &after).unwrap();
        } else {
            assert_eq!(before, after, "run with BLESS=1 to renew {}", path.display());
        }
    }
}

#[test]
fn the_book_holds_every_rule_and_no_link_leads_nowhere() {
    let out = tempfile::tempdir().unwrap();
    site::build(Path::new(ROOT), out.path()).unwrap();
    let src = out.path().join("src");
    let summary = fs::read_to_string(src.join("SUMMARY.md")).unwrap();
    for page in fs::read_dir(src.join("rules")).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        assert!(summary.contains(&format!("(rules/{name})")), "{name}");
    }
    let mut folders = vec![src.clone(), src.join("rules")];
    while let Some(folder) = folders.pop() {
        for page in fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()) {
            let text = fs::read_to_string(&page).unwrap();
            let mut fenced = false;
            for line in text.lines() {
                fenced ^= line.trim_start().starts_with("```");
                for (_, rest) in line.match_indices("](").map(|(at, _)| line.split_at(at + 2)).filter(|_| !fenced) {
                    let target = rest.split([')', '#']).next().unwrap();
                    let known = target.is_empty()
                        || target.contains("://")
                        || target == "editors.md"
                        || folder.join(target).is_file();
                    assert!(known, "{}: {target}", page.display());
                }
            }
        }
    }
}
