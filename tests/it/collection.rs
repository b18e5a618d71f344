//! A folder of repositories: what is said of each is what is said of it alone, whatever lies beside it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::PROGRAM;

fn lay(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Clones `a` and `b` are alike; `c` says that it builds an image of the name that `a` and `b` run unbuilt.
fn clones() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for clone in ["a", "b"] {
        lay(
            dir.path(),
            &format!("{clone}/.git/config"),
            "[remote \"origin\"]\n\turl = https://example.com/team/shop\n",
        );
        lay(
            dir.path(),
            &format!("{clone}/compose.yaml"),
            "services:\n  web:\n    image: web:1\n  api:\n    build: .\n",
        );
        lay(dir.path(), &format!("{clone}/Dockerfile"), "FROM debian:12\nRUN curl -o /x https://example.com/\n");
    }
    lay(dir.path(), "c/.git/HEAD", "ref: refs/heads/main\n");
    lay(dir.path(), "c/Makefile", "build:\n\tdocker build -t web:1 .\n");
    lay(dir.path(), "c/Dockerfile", "FROM debian:12\nRUN make\n");
    dir
}

fn report(folder: &Path, arguments: &[&str], threads: &str) -> Value {
    let output = Command::new(PROGRAM)
        .current_dir(folder)
        .args(["--format", "json", "--isolated"])
        .args(arguments)
        .env("RAYON_NUM_THREADS", threads)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn findings(report: &Value) -> BTreeSet<String> {
    let one = |d: &Value| format!("{} {} {} {}", d["rule"], d["primary"]["path"], d["primary"]["line"], d["message"]);
    report["diagnostics"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn each_is_judged_as_if_it_stood_alone() {
    let dir = clones();
    let whole = report(dir.path(), &[], "2");
    let mut alone = BTreeSet::new();
    for clone in ["a", "b", "c"] {
        alone.extend(findings(&report(dir.path(), &[clone], "2")));
    }
    assert_eq!(findings(&whole), alone);
    assert!(alone.iter().any(|f| f.contains("missing-command") && f.contains("a/Dockerfile")), "{alone:#?}");
    assert!(alone.iter().any(|f| f.contains("c/Dockerfile")), "{alone:#?}");
    assert_eq!(whole["summary"]["files"], 5);
}

#[test]
fn the_bytes_do_not_hang_on_the_number_of_threads() {
    let dir = clones();
    let one = report(dir.path(), &[], "1").to_string();
    for threads in ["2", "3", "8"] {
        assert_eq!(report(dir.path(), &[], threads).to_string(), one);
    }
}

#[test]
fn equal_clones_have_fingerprints_of_their_own() {
    let dir = clones();
    let whole = report(dir.path(), &[], "2");
    let all: Vec<&str> =
        whole["diagnostics"].as_array().unwrap().iter().filter_map(|d| d["fingerprint"].as_str()).collect();
    assert!(!all.is_empty());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}

#[test]
fn a_named_root_keeps_all_together() {
    let dir = clones();
    // Now the Makefile of `c` speaks for the image of `a` and `b` too.
    let apart = findings(&report(dir.path(), &[], "2"));
    let together = findings(&report(dir.path(), &["--root", "."], "2"));
    let unpublished = |all: &BTreeSet<String>| all.iter().filter(|f| f.contains("unpublished-local-tag")).count();
    assert_eq!((unpublished(&apart), unpublished(&together)), (2, 0), "{apart:#?}");
}
