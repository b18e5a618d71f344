//! What only the program itself can show: commands that do not end, shells that read our scripts.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::common::{PATIENCE, PROGRAM};

#[test]
fn watching_checks_again_when_a_file_changes_and_when_one_comes() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("Dockerfile", "FROM debian:12\nRUN true\n");
    let mut child = Command::new(PROGRAM)
        .args(["--watch", "--format", "concise"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (send, lines) = mpsc::channel();
    let out = child.stdout.take().unwrap();
    let err = child.stderr.take().unwrap();
    let other = send.clone();
    thread::spawn(move || BufReader::new(out).lines().for_each(|l| drop(send.send(l.unwrap()))));
    thread::spawn(move || BufReader::new(err).lines().for_each(|l| drop(other.send(l.unwrap()))));
    // Two streams have no common order: what comes before it is waited for is kept.
    let mut kept: Vec<String> = Vec::new();
    let mut wait = |start: &str| {
        loop {
            if let Some(at) = kept.iter().position(|line| line.starts_with(start)) {
                kept.remove(at);
                break;
            }
            kept.push(lines.recv_timeout(PATIENCE).expect(start));
        }
    };
    wait("No findings");
    wait("Watching ");
    write("Dockerfile", "FROM debian:12\nRUNN true\n");
    wait("-- changed: Dockerfile");
    wait("Dockerfile:2:");
    wait("Watching ");
    // A configuration in the middle of being written ends nothing.
    write("dockcheck.toml", "sel");
    wait("dockcheck: dockcheck.toml:1:");
    wait("Watching ");
    write("dockcheck.toml", "ignore = [\"dockerfile-syntax\"]\n");
    wait("No findings");
    wait("Watching ");
    fs::create_dir(folder.path().join("api")).unwrap();
    write("api/Dockerfile", "FROM debian:12\nRUNN true\nMAINTAINER me\n");
    wait("api/Dockerfile:");
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn shells_read_their_completions() {
    for (shell, check) in [("bash", "bash"), ("zsh", "zsh"), ("fish", "fish")] {
        let script = Command::new(PROGRAM).args(["completions", shell]).output().unwrap();
        assert!(script.status.success());
        let text = String::from_utf8(script.stdout).unwrap();
        assert!(text.contains("write-baseline") && text.contains("min-confidence"), "{shell}");
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        match Command::new(check).arg("-n").arg(file.path()).status() {
            Ok(status) => assert!(status.success(), "{shell}"),
            Err(_) => println!("skipped: no {shell}"),
        }
    }
    for shell in ["powershell", "elvish"] {
        assert!(Command::new(PROGRAM).args(["completions", shell]).status().unwrap().success());
    }
}

/// What a shell makes of the last word of a line.
#[test]
fn shells_complete_options_rules_and_paths() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("docs")).unwrap();
    fs::write(folder.path().join("compose.yaml"), "").unwrap();
    let script = |shell: &str| {
        let output = Command::new(PROGRAM).args(["completions", shell]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let bash = "complete_line() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
        _dockcheck_or_check dockcheck \"${!#}\" \"${COMP_WORDS[COMP_CWORD-1]}\"; \
        [[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\\n' \"${COMPREPLY[@]}\"; }\ncomplete_line dockcheck ";
    for (line, found) in [
        ("", "compose.yaml"),
        ("", "graph"),
        ("do", "docs"),
        ("--sel", "--select"),
        ("--fix --ign", "--ignore"),
        ("--select missing-comp", "missing-compiler"),
        ("--select DL300", "DL3000"),
        ("--select unset-variable,missing-comp", "unset-variable,missing-compiler"),
        ("--format js", "json"),
        ("-f compose.yaml --form", "--format"),
        ("compose.yaml --form", "--format"),
        ("rule missing-comp", "missing-compiler"),
        ("explain missing-comp", "missing-compiler"),
        ("graph --form", "--format"),
    ] {
        let last = if line.is_empty() { "''" } else { line };
        for (shell, text) in [
            ("bash", format!("{}\n{bash}{last}", script("bash"))),
            ("fish", format!("{}\ncomplete -C 'dockcheck {line}'", script("fish"))),
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), text).unwrap();
            let Ok(output) = Command::new(shell).arg(file.path()).current_dir(folder.path()).output() else {
                println!("skipped: no {shell}");
                continue;
            };
            let words = String::from_utf8(output.stdout).unwrap();
            let offers = |word: &str| word.split('\t').next().unwrap().trim_end_matches('/') == found;
            assert!(words.lines().any(offers), "{shell}: dockcheck {line}: {words}");
            assert!(!words.contains("[PATH]") && !words.contains("metadata"), "{shell}: dockcheck {line}: {words}");
        }
    }
}

/// The exit code is what the check found, whether or not anybody reads to the end.
#[cfg(unix)]
#[test]
fn a_closed_pipe_does_not_change_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM debian:12\nRUNN true\n".repeat(900)).unwrap();
    for (option, code) in [("--no-progress", 1), ("--exit-zero", 0)] {
        let mut child = Command::new(PROGRAM)
            .args(["-q", option])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(code), String::new()));
    }
}

/// A reader that goes away early is no fault of ours and no reason to say anything.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_quiet() {
    let mut child = Command::new(PROGRAM)
        .args(["rule", "--all", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}
