//! T17, T19, T20: a configuration that can do nothing but be quiet, a fault that stays where it is, and the same bytes for the
//! same input.

use std::fs;
use std::process::Command;

use dockcheck::Settings;
use dockcheck::internals::config::file::parse;

use crate::common::{PROGRAM, heavy};

use super::repo::{Repo, run};

#[test]
fn t17_no_key_of_the_configuration_runs_or_fetches_anything() {
    let names = dockcheck::cli::names();
    // All that there is, from the schema that the program prints.
    let schema: serde_json::Value = serde_json::from_str(&Repo::empty().call("schema config").text()).unwrap();
    let mut keys: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let known = [
        "baseline",
        "cuda",
        "extend-select",
        "fail-level",
        "groups",
        "ignore",
        "inline-ignores",
        "min-confidence",
        "min-severity",
        "overrides",
        "require-reason",
        "required-version",
        "rules",
        "select",
    ];
    assert_eq!(keys, known, "a new key: can a repository make us run, fetch, write or read anything with it?");
    for trap in [
        "extends = 'https://x'",
        "plugins = ['x.so']",
        "command = 'id'",
        "include = '../x'",
        "output = 'x'",
        "fix = true",
        "root = '/'",
        "allow-outside-root = true",
    ] {
        assert!(parse(trap, "dockcheck.toml", &names, &mut Settings::default()).is_err(), "{trap}");
    }
    // The wrong type, depth and size are said and do no harm.
    for text in [
        format!("select = {}1{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("overrides = [{}]", "{paths = ['**/**/**/**/**/**/**/x']}, ".repeat(2_000)),
        format!("select = [{}]", "'*',".repeat(100_000)),
        "rules = 1".to_owned(),
        "\0".to_owned(),
    ] {
        let repo = Repo::new(&[("Dockerfile", "FROM debian:12\n"), ("dockcheck.toml", &text)]);
        let outcome = repo.call("");
        assert!(outcome.is_orderly(), "{outcome:?}");
    }
}

#[test]
fn t17_a_trusted_configuration_takes_the_place_of_the_repositorys() {
    let repo = Repo::new(&[
        (
            "Dockerfile",
            "FROM debian:12\n# dockcheck: ignore[nonsense-rule]\nRUN true\n# dockcheck: ignore[deprecated-maintainer]\nMAINTAINER x\n",
        ),
        (
            "dockcheck.toml",
            "fail-level = 'never'\nignore = ['unknown-suppression', 'deprecated-maintainer']\nbaseline = 'b.json'\n",
        ),
        ("b.json", "{\"version\":1,\"findings\":[]}"),
    ]);
    fs::write(repo.outside().join("trusted.toml"), "fail-level = 'info'\n").unwrap();
    let trusted = repo.call("--config ../outside/trusted.toml --no-inline-ignores --format concise");
    assert_eq!(trusted.code, Some(1));
    assert!(trusted.text().contains("deprecated-maintainer"), "{trusted:?}");
    let isolated = repo.call("--isolated --no-inline-ignores --fail-level info --format concise");
    assert!(isolated.text().contains("deprecated-maintainer") && isolated.code == Some(1), "{isolated:?}");
}

/// Git would wait for the other end of the pipe.
#[test]
fn t14_git_is_not_kept_waiting() {
    for pipe in [".git/HEAD", ".git/config", ".git/packed-refs"] {
        let repo = Repo::new(&[("Dockerfile", "FROM debian:12\nMAINTAINER x\n")]);
        fs::create_dir_all(repo.path().join(".git")).unwrap();
        let _ = fs::remove_file(repo.path().join(pipe));
        repo.pipe(pipe);
        let outcome = repo.call("--changed-since HEAD");
        assert_eq!(outcome.code, Some(2), "{pipe}: {outcome:?}");
        assert!(outcome.errors().contains("is not a regular file"), "{outcome:?}");
    }
}

#[test]
fn t17_git_of_the_repository_runs_nothing() {
    let repo = Repo::new(&[("Dockerfile", "FROM debian:12\n")]);
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]).args(args);
        command
            .current_dir(repo.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .is_ok_and(|o| o.status.success())
    };
    fs::remove_dir_all(repo.path().join(".git")).unwrap();
    if !(git(&["init", "-q"]) && git(&["add", "."]) && git(&["commit", "-qm", "x"])) {
        eprintln!("skipped: git is not here");
        return;
    }
    let touch = format!("touch {}", repo.path().join("EXECUTED").display());
    for (key, value) in [
        ("core.fsmonitor", touch.as_str()),
        ("core.sshCommand", &touch),
        ("diff.external", &touch),
        ("core.pager", &touch),
        ("core.hooksPath", "."),
        ("filter.x.smudge", &touch),
        ("filter.x.clean", &touch),
        ("filter.x.process", &touch),
        ("diff.x.textconv", &touch),
        ("core.editor", &touch),
        ("alias.cat-file", &format!("!{touch}")),
        ("alias.rev-parse", &format!("!{touch}")),
        ("gpg.program", &touch),
        ("credential.helper", &format!("!{touch}")),
        ("remote.origin.url", &format!("ext::{touch}")),
        ("remote.origin.promisor", "true"),
        ("extensions.partialClone", "origin"),
    ] {
        git(&["config", key, value]);
    }
    repo.write(".gitattributes", "* filter=x diff=x\n");
    repo.write("Dockerfile", "FROM debian:12\nMAINTAINER x\n");
    for reference in
        ["HEAD", "HEAD~1", "--output=EXECUTED", "0123456789012345678901234567890123456789", "x:y", "@{upstream}"]
    {
        let outcome = repo.call_with([format!("--changed-since={reference}")], &[]);
        assert!(outcome.is_orderly(), "{outcome:?}");
        assert!(!repo.path().join("EXECUTED").exists(), "{reference}");
    }
}

#[test]
fn t20_the_same_bytes_whatever_surrounds_the_run() {
    let files: Vec<(String, String)> = (0..24)
        .flat_map(|i| {
            [
                (format!("d{i}/Dockerfile"), format!("FROM debian:12 AS a{i}\nMAINTAINER x\nRUN apt-get install git\nCOPY --from=b{i} a b\nFOO\n")),
                (format!("d{i}/compose.yaml"), format!("services:\n  b: {{build: {{context: ., target: x{i}}}}}\n  a: {{build: ., depends_on: [c], imag: y}}\n")),
            ]
        })
        .collect();
    let laid = |order: &[usize]| {
        let repo = Repo::empty();
        order.iter().for_each(|i| repo.write(&files[*i].0, &files[*i].1));
        repo
    };
    let forward: Vec<usize> = (0..files.len()).collect();
    let backward: Vec<usize> = forward.iter().rev().copied().collect();
    let shuffled: Vec<usize> = forward.iter().map(|i| (i * 29 + 7) % files.len()).collect();
    let repos = [laid(&forward), laid(&backward), laid(&shuffled)];
    let formats = ["json", "full", "sarif", "gitlab", "concise", "html", "markdown"];
    for format in formats.into_iter().take(if heavy() { formats.len() } else { 2 }) {
        let line = format!("--format {format} -vv --unsafe-fixes");
        let expected = repos[0].call(&line);
        assert_eq!(expected.code, Some(1));
        for (i, repo) in repos.iter().enumerate() {
            for threads in [1, 2, 3, 4, 5, 6, 7, 8] {
                // The first tree with every number of threads, the others with some.
                if i > 0 && threads % 4 != 1 {
                    continue;
                }
                let environment = [
                    ("RAYON_NUM_THREADS", threads.to_string()),
                    ("LC_ALL", ["C", "tr_TR.UTF-8"][threads % 2].to_owned()),
                    ("TZ", ["UTC", "Pacific/Kiritimati"][threads % 2].to_owned()),
                ];
                let environment: Vec<(&str, &str)> = environment.iter().map(|(n, v)| (*n, v.as_str())).collect();
                let outcome = repo.call_with(line.split_whitespace(), &environment);
                assert_eq!(outcome.out, expected.out, "{format}: tree {i}, {threads} threads");
                assert_eq!(outcome.err, expected.err, "{format}: tree {i}, {threads} threads");
            }
        }
    }
    // From another folder the names differ and what they name does not.
    let mut command = Command::new(PROGRAM);
    command.args(["--format", "gitlab"]).arg(repos[0].path()).current_dir("/").env_clear();
    let here = repos[0].call("--format gitlab").json();
    let there: serde_json::Value = serde_json::from_slice(&run(command).out).unwrap();
    let prints = |value: &serde_json::Value| {
        value.as_array().unwrap().iter().map(|i| i["fingerprint"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(prints(&here), prints(&there));
}

#[test]
fn t19_a_faulty_rule_costs_itself() {
    if !cfg!(debug_assertions) {
        eprintln!("skipped: a release build has no door for a faulty rule");
        return;
    }
    let canary = "c4nary7Qz";
    let repo = Repo::new(&[
        ("Dockerfile", "FROM debian:12\nMAINTAINER x\nRUN git clone x\n"),
        (
            "compose.yaml",
            &format!("services: {{a: {{build: ., imagee: y, environment: {{DB_PASSWORD: {canary}}}}}}}\n"),
        ),
    ]);
    let faulty = [("DOCKCHECK_FAULTY_RULE", "deprecated-maintainer")];
    for format in ["json", "full", "github", "sarif"] {
        let sound = repo.call(&format!("--format {format}"));
        let outcome = repo.call_with(["--format", format, "--show-suppressed"], &faulty);
        assert_eq!((sound.code, outcome.code), (Some(1), Some(101)), "{format}: {outcome:?}");
        let all = format!("{}{}", outcome.text(), outcome.errors());
        assert!(all.contains("the rule deprecated-maintainer failed; please report this"), "{format}: {all}");
        assert!(all.contains("missing-command") && all.contains("invalid-compose-schema"), "{format}: {all}");
        assert!(!all.contains(canary), "{format}");
    }
    let json = repo.call_with(["--format", "json"], &faulty).json();
    let rules: Vec<_> = json["diagnostics"].as_array().unwrap().iter().filter_map(|d| d["rule"].as_str()).collect();
    assert!(!rules.contains(&"deprecated-maintainer"), "{rules:?}");
}
