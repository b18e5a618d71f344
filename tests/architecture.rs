//! Holds the order of the rooms: who may import whom. An arrow that goes back makes two rooms one.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms that it may name. A room may always name itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("sanitize", &[]),
    ("files", &[]),
    ("diagnostic", &["source"]),
    ("yaml", &["source", "diagnostic"]),
    ("dockerfile", &["source", "diagnostic"]),
    ("shell", &["source", "diagnostic"]),
    ("compose", &["yaml", "source", "diagnostic", "files"]),
    ("image", &["dockerfile", "shell", "source", "diagnostic", "files"]),
    ("discover", &["files"]),
    ("config", &["source", "diagnostic", "files", "sanitize", "rules::meta", "image::cuda"]),
    (
        "project",
        &[
            "compose",
            "dockerfile",
            "shell",
            "image",
            "discover",
            "config",
            "files",
            "sanitize",
            "source",
            "diagnostic",
            "yaml",
        ],
    ),
    (
        "lsp",
        &[
            "baseline",
            "check",
            "compose",
            "config",
            "diagnostic",
            "discover",
            "dockerfile",
            "edit",
            "files",
            "fix",
            "image",
            "project",
            "rules::by_name",
            "sanitize",
            "source",
            "suppress",
            "Report",
        ],
    ),
    ("rules", &["files", "project", "compose", "dockerfile", "shell", "image", "diagnostic", "source", "config"]),
    ("suppress", &["diagnostic", "source", "yaml", "dockerfile", "config"]),
    ("baseline", &["diagnostic", "Report"]),
    ("edit", &["diagnostic", "source"]),
    ("fix", &["edit", "diagnostic", "source", "files", "Report"]),
    ("report", &["edit", "diagnostic", "source", "sanitize", "rules::meta", "Report", "Checked"]),
    ("explain", &["rules::meta"]),
    ("cli", &["report", "diagnostic"]),
];

#[test]
fn no_import_goes_back() {
    let mut wrong = Vec::new();
    for path in rust_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let relative = path.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
        let room = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        // What only tests use may come from anywhere.
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(r, _)| *r == room) else { continue };
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            // Links in comments are no imports; what only tests use may come from anywhere.
            if line.trim_start() == "#[cfg(test)]" {
                break;
            }
            if line.trim_start().starts_with("//") {
                continue;
            }
            for target in line.match_indices("crate::").map(|(at, _)| &line[at + 7..]) {
                let name: String =
                    target.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
                let first = name.split("::").next().unwrap();
                let fits = |a: &&str| first == *a || name.starts_with(*a);
                if first != room && !allowed.iter().any(fits) {
                    wrong.push(format!("{}:{}: {room} names {name}", relative.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Crates that only one room may name.
#[test]
fn borrowed_crates_stay_behind_their_rooms() {
    let only = [
        ("shuck_", "shell"),
        ("miette", "report"),
        ("granit_parser", "yaml"),
        ("clap", "cli"),
        ("lsp_server", "lsp"),
        ("lsp_types", "lsp"),
    ];
    for path in rust_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let text = fs::read_to_string(&path).unwrap();
        for (name, room) in only {
            let named = text.lines().any(|l| {
                !l.trim_start().starts_with("//") && l.contains(&format!("{name}::"))
                    || l.starts_with(&format!("use {name}"))
            });
            let at_home = path.components().any(|c| c.as_os_str().to_str().unwrap().trim_end_matches(".rs") == room);
            assert!(
                !named || at_home || name == "clap" && path.ends_with("main.rs"),
                "{} names {name}",
                path.display()
            );
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
