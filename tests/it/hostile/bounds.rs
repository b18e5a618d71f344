//! T5, T6, T8, T14, T18: what is read. Nothing outside the root, nothing that is no regular file, nothing over the network, and
//! nothing is quoted that is not what it was named as.

use std::fs;
use std::process::Command;

use crate::common::{PROGRAM, heavy};

use super::repo::{Outcome, Repo, has, run};

const SENTINEL: &str = "sentinel4f81c2d7";

/// A tree that points at files outside its root in every way that a project has.
fn traversal() -> Repo {
    let repo = Repo::empty();
    let outside = repo.outside();
    let put = |name: &str, text: String| {
        fs::create_dir_all(outside.join(name).parent().unwrap()).unwrap();
        fs::write(outside.join(name), text).unwrap();
    };
    let service = format!("services:\n  {SENTINEL}: {{image: {SENTINEL}, imagee: {SENTINEL}}}\n");
    put("sentinel-compose.yaml", service.clone());
    put("sentinel-folder/compose.yaml", service);
    put("sentinel-env", format!("{SENTINEL}={SENTINEL}\n{SENTINEL}\nTAG={SENTINEL}\n"));
    put("sentinel-dockerfile", format!("FROM {SENTINEL}\n{SENTINEL} x\n"));
    put("sentinel-folder/Dockerfile", format!("FROM {SENTINEL}\n{SENTINEL} x\n"));
    put("sentinel-folder/.dockerignore", format!("{SENTINEL}\n"));
    put("sentinel-toml", format!("{SENTINEL} = 1\n"));
    put("sentinel-ignore", "Dockerfile\ncompose.yaml\n".to_owned());
    put("sentinel-script", format!("#!/bin/{SENTINEL}\n{SENTINEL}\n"));
    put("sentinel-baseline.json", format!("{{\"{SENTINEL}\": 1}}"));
    let out = outside.display();
    repo.write(
        "compose.yaml",
        format!(
            "include:\n  - ../outside/sentinel-compose.yaml\n  - {out}/sentinel-compose.yaml\n  - ~/sentinel-compose.yaml\n  - ${{UP}}/sentinel-compose.yaml\n  - {{path: ok.yaml, env_file: ../outside/sentinel-env, project_directory: ../outside}}\n\
             services:\n\
             \x20 a: {{extends: {{file: ../outside/sentinel-compose.yaml, service: {SENTINEL}}}}}\n\
             \x20 b: {{image: x, env_file: [../outside/sentinel-env, {out}/sentinel-env, linked-env], label_file: ../outside/sentinel-env}}\n\
             \x20 c: {{build: {{context: ., dockerfile: ../outside/sentinel-dockerfile}}}}\n\
             \x20 d: {{build: {{context: ., dockerfile: {out}/sentinel-dockerfile}}}}\n\
             \x20 e: {{build: ../outside/sentinel-folder}}\n\
             \x20 f: {{build: {{context: ., additional_contexts: {{x: ../outside/sentinel-folder}}}}}}\n\
             \x20 g: {{build: {{context: ., dockerfile: linked-dockerfile}}}}\n\
             \x20 h: {{build: \"${{UP}}/sentinel-folder\", volumes: [\"../outside/sentinel-env:/x\"]}}\n\
             \x20 i: {{build: linked-folder, secrets: [s], configs: [s]}}\n\
             secrets: {{s: {{file: ../outside/sentinel-env}}}}\nconfigs: {{s: {{file: ../outside/sentinel-env}}}}\n"
        ),
    );
    repo.write("ok.yaml", "services: {z: {image: \"x:${TAG:-1}\"}}\n");
    repo.write("more/compose.yaml", "services: {a: {image: x, imagee: y}}\n");
    repo.write(
        "Dockerfile",
        "FROM debian:12\nCOPY linked-script /entry\nCOPY linked-folder /y\nRUN --mount=type=bind,source=linked-script,target=/s /s\nADD ../outside/sentinel-script /z\nRUN pip install -r /y/sentinel-script\nENTRYPOINT [\"/entry\"]\n",
    );
    repo.write("sub/dockcheck.toml", "baseline = '../../outside/sentinel-baseline.json'\n");
    repo.write("sub/Dockerfile", "FROM debian:12\n");
    for (to, name) in [
        ("sentinel-compose.yaml", "docker-compose.yml"),
        ("sentinel-dockerfile", "linked-dockerfile"),
        ("sentinel-dockerfile", "more/Dockerfile"),
        ("sentinel-dockerfile", "Dockerfile.linked"),
        ("sentinel-env", ".env"),
        ("sentinel-env", "linked-env"),
        ("sentinel-folder", "linked-folder"),
        ("sentinel-toml", "dockcheck.toml"),
        ("sentinel-ignore", ".gitignore"),
        ("sentinel-ignore", "more/.gitignore"),
        ("sentinel-ignore", ".dockerignore"),
        ("sentinel-script", "linked-script"),
        ("sentinel-script", "Makefile"),
        ("sentinel-script", "README.md"),
        ("sentinel-script", "docker-bake.hcl"),
        ("sentinel-ignore", ".git/info"),
        ("sentinel-toml", ".git/config"),
    ] {
        repo.link(&outside.join(to), name);
    }
    repo
}

const LINES: &[&str] = &[
    ".",
    "-vv .",
    "--fix --unsafe-fixes",
    "sub",
    "graph",
    "resolve",
    "files",
    "config",
    "image c",
    "image linked-dockerfile",
    "Dockerfile.linked",
];

#[test]
fn t5_nothing_outside_the_root_is_shown() {
    let repo = traversal();
    let home = repo.outside();
    let environment = [("HOME", home.to_str().unwrap()), ("UP", "../outside")];
    for (format, outcome) in repo.in_all_formats("-vv") {
        // `{SENTINEL}` itself stands in compose.yaml once, as the name of a service.
        assert!(!String::from_utf8_lossy(&outcome.err).contains("dockcheck.toml"), "{format}: {outcome:?}");
        assert!(outcome.is_orderly(), "{format}: {outcome:?}");
    }
    for line in LINES {
        let outcome = repo.call_with(line.split_whitespace(), &environment);
        assert!(outcome.is_orderly(), "{line}: {outcome:?}");
        let text = format!("{}{}", outcome.text(), outcome.errors());
        let others = text.lines().filter(|l| l.contains(SENTINEL) && !l.contains("extends") && !l.contains("a:"));
        assert_eq!(others.collect::<Vec<_>>(), Vec::<&str>::new(), "{line}");
    }
    let written: Vec<_> = fs::read_dir(repo.outside()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(written.iter().all(|n| n.to_string_lossy().starts_with("sentinel-")), "{written:?}");
}

#[test]
fn t5_nothing_outside_the_root_is_opened() {
    if !has("strace", "the file-open tracer") {
        return;
    }
    let repo = traversal();
    let home = repo.outside();
    let log = repo.outside().parent().unwrap().join("trace");
    for line in LINES {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-e", "trace=file", "-o"]).arg(&log).arg(PROGRAM).args(line.split_whitespace());
        command.current_dir(repo.path()).env_clear().env("HOME", &home).env("UP", "../outside");
        let outcome = run(command);
        let trace = fs::read_to_string(&log).unwrap_or_default();
        if !trace.contains("openat(") {
            eprintln!("skipped: the file-open tracer may not trace here: {}", outcome.errors());
            return;
        }
        assert!(outcome.is_orderly(), "{line}: {outcome:?}");
        // Where a link leads may be asked; what lies there may not be opened.
        let opened: Vec<&str> = trace.lines().filter(|l| l.contains("open") && l.contains("entinel")).collect();
        assert_eq!(opened, Vec::<&str>::new(), "{line}");
        let wanted = [
            "linked-",
            "/docker-compose.yml",
            "/.env\"",
            "/Makefile\"",
            "README.md",
            "bake.hcl",
            "/.gitignore\"",
            "/dockcheck.toml\"",
        ];
        let through: Vec<&str> = trace
            .lines()
            .filter(|l| l.contains("openat(") && !l.contains("= -1") && !l.contains("sub/dockcheck.toml"))
            .filter(|l| wanted.iter().any(|w| l.contains(w)))
            .collect();
        assert_eq!(through, Vec::<&str>::new(), "{line}: opened through a link that leads out");
    }
}

#[test]
fn t6_a_file_that_is_not_what_it_was_named_as_is_not_quoted() {
    let key: String = (0..24).map(|i| format!("MIIEpAIBAAKCAQEAcanary{i:02}q7Zk3vN8\n")).collect();
    let key = format!("-----BEGIN RSA PRIVATE KEY-----\n{key}-----END RSA PRIVATE KEY-----\n");
    let repo = Repo::new(&[
        ("deploy/id_rsa", &key),
        (
            "compose.yaml",
            "include: [deploy/id_rsa]\nservices:\n  a: {build: {context: ., dockerfile: deploy/id_rsa}}\n  b: {image: x, env_file: deploy/id_rsa}\n  c: {extends: {file: deploy/id_rsa, service: x}}\n  d: {image: x, label_file: deploy/id_rsa}\n",
        ),
        ("two/compose.yaml", "services: {a: {build: {context: .., dockerfile: deploy/id_rsa}}}\n"),
    ]);
    let shown = |outcome: &Outcome| {
        let text = format!("{}{}", String::from_utf8_lossy(&outcome.out), String::from_utf8_lossy(&outcome.err));
        text.contains("MIIEpAI") || text.contains("canary") || text.contains("BEGIN RSA")
    };
    for (format, outcome) in repo.in_all_formats("-vv") {
        assert!(!shown(&outcome), "{format}: {}", outcome.text());
        assert!(outcome.is_orderly());
    }
    for line in [
        "image a",
        "graph",
        "resolve",
        "--env-file deploy/id_rsa",
        "-f deploy/id_rsa",
        "--config deploy/id_rsa",
        "--baseline deploy/id_rsa",
    ] {
        let outcome = repo.call(line);
        assert!(outcome.is_orderly() && !shown(&outcome), "{line}: {outcome:?}");
    }
}

#[test]
fn t8_links_in_the_tree() {
    let repo = Repo::new(&[
        ("a/Dockerfile", "FROM debian:12\nMAINTAINER x\n"),
        ("a/compose.yaml", "services: {a: {build: .}}\n"),
    ]);
    let root = repo.path();
    repo.link(&root, "a/loop");
    repo.link(&root.join("self"), "self");
    repo.link(std::path::Path::new("/"), "everything");
    repo.link(&root.join("y"), "x");
    repo.link(&root.join("x"), "y");
    repo.link(&root.join("a/Dockerfile"), "Dockerfile");
    repo.link(&repo.outside(), "out");
    let many = if heavy() { 100_000 } else { 2_000 };
    fs::create_dir(root.join("many")).unwrap();
    for i in 0..many {
        repo.link(&root.join("many"), &format!("many/Dockerfile.{i}"));
    }
    let outcome = repo.call("--format json --select deprecated-maintainer");
    assert!(outcome.is_orderly(), "{outcome:?}");
    let json = outcome.json();
    let paths: Vec<&str> =
        json["diagnostics"].as_array().unwrap().iter().filter_map(|d| d["primary"]["path"].as_str()).collect();
    assert!(paths.contains(&"a/Dockerfile") && paths.len() <= 2, "{paths:?}");
}

#[test]
fn t14_only_regular_files_of_bounded_size_are_read() {
    // A read from one of these pipes or devices would never end.
    let ends = |repo: &Repo, line: &str| {
        let outcome = repo.call(line);
        assert!(outcome.is_orderly(), "{line}: {outcome:?}");
        outcome
    };
    let pipes = [
        "Dockerfile",
        "compose.yaml",
        ".env",
        ".gitignore",
        ".dockerignore",
        "dockcheck.toml",
        "base.json",
        "Makefile",
        "e",
        "i.yaml",
        "entry.sh",
    ];
    for pipe in pipes {
        let repo = Repo::new(&[
            ("sub/Dockerfile", "FROM debian:12\nCOPY entry.sh /\nENTRYPOINT [\"/entry.sh\"]\n"),
            (
                "sub/compose.yaml",
                "include: [../i.yaml]\nservices: {a: {build: {context: .., dockerfile: sub/Dockerfile}, env_file: ../e}, b: {build: ..}}\n",
            ),
            (".dockcheck.toml", "baseline = 'base.json'\n"),
        ]);
        repo.pipe(pipe);
        ends(&repo, "");
        let outcome = ends(&repo, pipe);
        assert_eq!(outcome.code, Some(2), "{pipe}: a pipe that is named is an error: {outcome:?}");
        ends(&repo, &format!("--config {pipe}"));
        ends(&repo, &format!("--baseline {pipe}"));
        ends(&repo, &format!("--env-file {pipe}"));
        ends(&repo, &format!("-f {pipe}"));
    }
    let repo = Repo::new(&[("compose.yaml", "services: {a: {image: x, env_file: /dev/zero}}\ninclude: [/dev/zero]\n")]);
    repo.link(std::path::Path::new("/dev/zero"), "Dockerfile");
    repo.link(std::path::Path::new("/dev/zero"), ".env");
    ends(&repo, "");
    assert_eq!(ends(&repo, "/dev/zero").code, Some(2));
    assert_eq!(ends(&repo, "--config /dev/zero").code, Some(2));
    assert_eq!(ends(&repo, "--baseline /dev/zero --allow-outside-root").code, Some(2));
    // Ten gigabytes of holes.
    let repo = Repo::empty();
    for name in ["Dockerfile", "compose.yaml", ".env"] {
        fs::File::create(repo.path().join(name)).unwrap().set_len(10 << 30).unwrap();
    }
    let outcome = ends(&repo, "");
    assert!(
        outcome.errors().contains("Dockerfile") && outcome.errors().contains("larger than 4 MiB"),
        "never silent: {outcome:?}"
    );
    // A file that grows while it is read.
    let repo = Repo::new(&[("Dockerfile", "FROM debian:12\n")]);
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            use std::io::Write as _;
            let mut file = fs::OpenOptions::new().append(true).open(repo.path().join("Dockerfile")).unwrap();
            // No more than a small disk takes.
            for _ in 0..20_000 {
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                file.write_all(&[b'#'; 4096]).unwrap();
            }
        });
        ends(&repo, "");
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    // A socket, and a folder where a file is expected.
    let repo = Repo::empty();
    let _socket = std::os::unix::net::UnixListener::bind(repo.path().join("Dockerfile")).unwrap();
    fs::create_dir_all(repo.path().join("compose.yaml")).unwrap();
    ends(&repo, "");
    assert_eq!(ends(&repo, "Dockerfile").code, Some(2));
}

#[test]
fn t18_no_network() {
    let repo = Repo::new(&[
        (
            "compose.yaml",
            "include: ['https://example.org/x.git', 'oci://example.org/y', 'git@example.org:z.git']\nservices:\n  a: {build: 'https://example.org/x.git'}\n  b: {image: example.org/y:1}\n",
        ),
        ("Dockerfile", "# syntax=example.org/frontend\nFROM example.org/z\nADD https://example.org/f /\n"),
    ]);
    let plain = repo.call("--format json -vv");
    assert!(plain.is_orderly());
    let mut command = Command::new("unshare");
    command.args(["-rn", PROGRAM, "--format", "json", "-vv"]).current_dir(repo.path()).env_clear();
    if has("unshare", "a network namespace without interfaces") {
        let alone = run(command);
        if alone.errors().contains("unshare") {
            eprintln!("skipped: a network namespace without interfaces: {}", alone.errors().trim());
        } else {
            assert_eq!((alone.code, &alone.out), (plain.code, &plain.out));
        }
    }
    if has("strace", "the tracer of sockets") {
        let log = repo.outside().join("trace");
        let mut command = Command::new("strace");
        command
            .args(["-f", "-qq", "-e", "trace=network,execve", "-o"])
            .arg(&log)
            .arg(PROGRAM)
            .current_dir(repo.path())
            .env_clear();
        run(command);
        let trace = fs::read_to_string(&log).unwrap_or_default();
        let calls: Vec<&str> = trace.lines().filter(|l| l.contains("socket(") || l.contains("connect(")).collect();
        assert_eq!(calls, Vec::<&str>::new());
        assert!(trace.matches("execve(").count() <= 1, "no other program is started: {trace}");
    }
}
