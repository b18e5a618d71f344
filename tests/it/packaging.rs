//! What is around the program and runs in other people's pipelines: the action, the hooks, the workflows, the tool's own image.
//!
//! The action's scripts run here as the runner would run them, with hostile inputs and names, and must neither run nor pass on
//! anything of them. Needs `bash`; says so and passes without it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::common::{PROGRAM, ROOT};

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&fs::read_to_string(Path::new(ROOT).join(path)).unwrap()).unwrap()
}

/// A job of a runner: a checkout, and the folders and files that the runner gives a step.
struct Job(tempfile::TempDir);

impl Job {
    fn new() -> Option<Self> {
        if Command::new("bash").arg("--version").output().is_err() {
            println!("skipped: no bash");
            return None;
        }
        let job = Job(tempfile::tempdir().unwrap());
        for folder in ["checkout", "temp", "bin", "cache"] {
            fs::create_dir(job.path(folder)).unwrap();
        }
        for file in ["output", "env", "path", "summary"] {
            fs::write(job.path(file), "").unwrap();
        }
        Some(job)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path("checkout").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn step(&self, script: &str, inputs: &[(&str, &str)]) -> Output {
        fs::write(self.path("output"), "").unwrap();
        let search = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        Command::new("bash")
            .arg(Path::new(ROOT).join("packaging/action").join(script))
            .current_dir(self.path("checkout"))
            .env_clear()
            .env("PATH", search)
            .env("PROGRAM", PROGRAM)
            .env("RUNNER_TEMP", self.path("temp"))
            .env("RUNNER_TOOL_CACHE", self.path("cache"))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("GITHUB_OUTPUT", self.path("output"))
            .env("GITHUB_ENV", self.path("env"))
            .env("GITHUB_PATH", self.path("path"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary"))
            .env("ACTION_REPOSITORY", "someone/dockcheck")
            .envs(inputs.iter().copied())
            .output()
            .unwrap()
    }

    /// The step's outputs as the runner reads them: `NAME<<DELIMITER`, the value's lines, the delimiter.
    fn outputs(&self) -> BTreeMap<String, String> {
        let text = fs::read_to_string(self.path("output")).unwrap();
        let mut lines = text.lines();
        let mut out = BTreeMap::new();
        while let Some(line) = lines.next() {
            let (name, delimiter) = line.split_once("<<").expect(line);
            let value: Vec<&str> = lines.by_ref().take_while(|l| *l != delimiter).collect();
            assert!(out.insert(name.to_owned(), value.join("\n")).is_none(), "{name} twice");
        }
        out
    }

    /// Nothing ran that came from outside, and nothing but outputs was handed on.
    fn assert_untouched(&self) {
        for folder in [self.path("checkout"), self.path("temp"), self.0.path().to_owned()] {
            assert!(!folder.join("X").exists() && !folder.join("Y").exists(), "{}", folder.display());
        }
        for file in ["env", "path"] {
            assert_eq!(fs::read_to_string(self.path(file)).unwrap(), "", "{file}");
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_action_checks_and_hands_on_counts() {
    let Some(job) = Job::new() else { return };
    job.write("api/Dockerfile", "FROM debian:12\nRUNN true\n");
    job.write("web/Dockerfile", "FROM debian:12\n# dockcheck: ignore[no-such-rule]\nRUN true\n");
    let step = job.step("check.sh", &[("INPUT_PATHS", ".")]);
    assert!(step.status.success(), "{}", text(&step.stderr));
    let outputs = job.outputs();
    for (name, value) in [("errors", "1"), ("warnings", "1"), ("findings", "2"), ("exit-code", "1"), ("upload", "no")] {
        assert_eq!(outputs[name], value, "{name}");
    }
    assert_eq!(outputs["version"], env!("CARGO_PKG_VERSION"));
    let sarif: Value = serde_json::from_str(&fs::read_to_string(&outputs["sarif-file"]).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let log = text(&step.stdout);
    assert!(log.contains("::error file=api/Dockerfile,line=2"), "{log}");
    let summary = fs::read_to_string(job.path("summary")).unwrap();
    assert_eq!(summary.matches("## dockcheck").count(), 1, "{summary}");

    job.step("check.sh", &[("INPUT_PATHS", "web"), ("INPUT_FAIL_LEVEL", "error"), ("INPUT_ANNOTATIONS", "false")]);
    let outputs = job.outputs();
    assert_eq!((outputs["exit-code"].as_str(), outputs["findings"].as_str()), ("0", "1"));
    job.step("check.sh", &[("INPUT_ARGS", "--ignore unknown-suppression\n--min-severity error"), ("PRIVATE", "false")]);
    let outputs = job.outputs();
    assert_eq!((outputs["findings"].as_str(), outputs["upload"].as_str()), ("1", "yes"));
    for (wrong, value) in [("INPUT_FAIL_LEVEL", "loud"), ("INPUT_ARGS", "--no-such-flag"), ("INPUT_PATHS", "nowhere")] {
        let step = job.step("check.sh", &[(wrong, value)]);
        let refused = !step.status.success() || job.outputs()["exit-code"] == "2";
        assert!(refused, "{wrong}: {}", text(&step.stdout));
    }
    job.assert_untouched();
}

#[test]
fn the_action_runs_nothing_of_a_hostile_repository_or_input() {
    let Some(job) = Job::new() else { return };
    let names =
        ["$(touch X)", "`touch X`", "; touch X", "a\nX=1\n::set-env name=X::y", "-rf", "*", "%0Aerrors=9", "a b"];
    for name in names {
        job.write(&format!("{name}/Dockerfile"), "FROM debian:12\nRUNN $(touch X)\n");
    }
    let every = format!("$(touch X)\n`touch X`\n; touch X\n*\na b\n{}", "./-rf");
    let step = job.step("check.sh", &[("INPUT_PATHS", every.as_str())]);
    assert_eq!(job.outputs()["errors"], "6", "{}{}", text(&step.stdout), text(&step.stderr));
    job.assert_untouched();
    job.step("check.sh", &[("INPUT_PATHS", ".")]);
    assert_eq!(job.outputs()["errors"], names.len().to_string());
    for input in
        ["INPUT_PATHS", "INPUT_CONFIG", "INPUT_ARGS", "INPUT_BASELINE", "INPUT_FAIL_LEVEL", "INPUT_SARIF", "BASE_SHA"]
    {
        for value in
            ["$(touch X)", "`touch Y`", "x; touch X", "x\nexit-code=0\nerrors<<E\n0\nE", "--output=json=X", "' \" \\"]
        {
            if input == "INPUT_ARGS" && value.starts_with("--output") {
                continue;
            }
            let step = job.step("check.sh", &[("INPUT_CHANGED_ONLY", "true"), (input, value)]);
            if step.status.success() {
                assert!(job.outputs()["exit-code"].parse::<u8>().is_ok());
            }
            job.assert_untouched();
        }
    }
}

#[test]
fn the_action_installs_only_what_its_table_knows() {
    let Some(job) = Job::new() else { return };
    // In place of the program, which is large without optimisation, a script that calls it.
    fs::create_dir(job.path("packed")).unwrap();
    let script = job.path("packed/dockcheck");
    fs::write(&script, format!("#!/bin/sh\nexec '{PROGRAM}' \"$@\"\n")).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let archive = job.path("archive.tar.gz");
    let packed =
        Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(job.path("packed")).arg("dockcheck").status();
    let digest = Command::new("sha256sum").arg(&archive).output();
    let (Ok(packed), Ok(digest)) = (packed, digest) else {
        println!("skipped: no tar or no sha256sum");
        return;
    };
    assert!(packed.success());
    // In place of a download: the archive for the one address that may be asked for.
    let curl = job.path("bin/curl");
    fs::write(
        &curl,
        format!(
            "#!/usr/bin/env bash\nfor last; do :; done\n[ \"$last\" = https://github.com/someone/dockcheck/releases/download/v1.2.3/dockcheck-1.2.3-x86_64-unknown-linux-musl.tar.gz ] || exit 22\nwhile [ \"$1\" != --output ]; do shift; done\ncp {} \"$2\"\n",
            archive.display()
        ),
    )
    .unwrap();
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
    let digest = text(&digest.stdout)[..64].to_owned();
    let table = job.path("checksums.txt");
    let table_text = table.to_str().unwrap();
    let install = |inputs: &[(&str, &str)]| {
        let mut all = vec![("CHECKSUMS", table_text)];
        all.extend(inputs);
        job.step("install.sh", &all)
    };
    fs::write(&table, "# nothing yet\n").unwrap();
    let none = install(&[]);
    assert!(text(&none.stdout).contains("from-source"), "{}", text(&none.stdout));
    assert_eq!(none.status.code(), Some(2));

    let wrong = digest.replace(|c: char| c.is_ascii_digit(), "0");
    fs::write(&table, format!("{wrong} 1.2.3 x86_64-unknown-linux-musl\n")).unwrap();
    let refused = install(&[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stdout).contains("not installed"), "{}", text(&refused.stdout));
    assert!(!job.path("cache/dockcheck").exists());

    fs::write(&table, format!("# c\n{digest} 1.2.3 x86_64-unknown-linux-musl\n")).unwrap();
    for version in ["$(touch X)", "1.2.3; touch X", "../1.2.3", "1.2.4", "1.2", "x\ny"] {
        assert_eq!(install(&[("INPUT_VERSION", version)]).status.code(), Some(2), "{version}");
    }
    assert_eq!(install(&[("RUNNER_ARCH", "ARM64")]).status.code(), Some(2));
    for version in ["", "1.2.3", "v1.2.3"] {
        let step = install(&[("INPUT_VERSION", version)]);
        assert!(step.status.success(), "{}{}", text(&step.stdout), text(&step.stderr));
        let program = job.outputs()["program"].clone();
        assert!(Command::new(program).arg("--version").status().unwrap().success());
    }
    job.assert_untouched();
}

/// Each `run:` with each `uses:` of a file, wherever they stand.
fn steps<'a>(value: &'a Value, out: &mut Vec<&'a serde_json::Map<String, Value>>) {
    match value {
        Value::Object(map) => {
            if map.contains_key("run") || map.contains_key("uses") {
                out.push(map);
            }
            map.values().for_each(|v| steps(v, out));
        }
        Value::Array(items) => items.iter().for_each(|v| steps(v, out)),
        _ => {}
    }
}

#[test]
fn scripts_hold_no_expressions_and_actions_are_pinned() {
    let mut files = vec!["action.yml".to_owned()];
    for entry in fs::read_dir(Path::new(ROOT).join(".github/workflows")).unwrap() {
        files.push(format!(".github/workflows/{}", entry.unwrap().file_name().to_string_lossy()));
    }
    assert!(files.len() > 1);
    for file in files {
        let document = yaml(&file);
        if file != "action.yml" {
            assert_eq!(document["permissions"], serde_json::json!({}), "{file} grants something to every job");
        }
        let mut found = Vec::new();
        steps(&document, &mut found);
        for step in found {
            if let Some(run) = step.get("run").and_then(Value::as_str) {
                assert!(!run.contains("${{") && !run.contains("eval"), "{file}: {run}");
            }
            if let Some(uses) = step.get("uses").and_then(Value::as_str).filter(|u| *u != "./") {
                let pin = uses.split_once('@').unwrap_or_else(|| panic!("{file}: {uses}")).1;
                assert!(pin.len() == 40 && pin.bytes().all(|b| b.is_ascii_hexdigit()), "{file}: {uses}");
            }
            if step.get("uses").and_then(Value::as_str).is_some_and(|u| u.starts_with("actions/checkout@")) {
                assert_eq!(step["with"]["persist-credentials"], false, "{file}");
            }
        }
    }
    for script in ["common.sh", "install.sh", "check.sh"] {
        let text = fs::read_to_string(Path::new(ROOT).join("packaging/action").join(script)).unwrap();
        let code: String =
            text.lines().filter(|l| !l.trim_start().starts_with('#')).map(|l| format!("{l}\n")).collect();
        assert!(!code.contains("eval") && !code.contains("GITHUB_ENV") && !code.contains("GITHUB_PATH"), "{script}");
    }
}

#[test]
fn the_actions_inputs_are_those_that_its_scripts_read() {
    let action = yaml("action.yml");
    let read: String = ["install.sh", "check.sh"]
        .iter()
        .map(|s| fs::read_to_string(Path::new(ROOT).join("packaging/action").join(s)).unwrap())
        .collect();
    for (input, _) in action["inputs"].as_object().unwrap() {
        let variable = format!("INPUT_{}", input.to_ascii_uppercase().replace('-', "_"));
        assert!(read.contains(&variable), "{input}");
        assert!(action.to_string().contains(&format!("\"{variable}\":\"${{{{ inputs.{input} }}}}\"")), "{input}");
    }
    let check = fs::read_to_string(Path::new(ROOT).join("packaging/action/check.sh")).unwrap();
    for (output, value) in action["outputs"].as_object().unwrap() {
        assert_eq!(value["value"], format!("${{{{ steps.check.outputs.{output} }}}}"));
        assert!(check.contains(&format!("output {output} ")), "{output}");
    }
}

#[test]
fn the_hooks_take_the_files_that_matter_and_no_others() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hooks = hooks.as_array().unwrap();
    let ids: Vec<&str> = hooks.iter().map(|h| h["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["dockcheck", "dockcheck-fix", "dockcheck-system", "dockcheck-fix-system"]);
    for hook in hooks {
        assert_eq!(hook["require_serial"], true);
        let pattern = regex::Regex::new(hook["files"].as_str().unwrap()).unwrap();
        for yes in [
            "Dockerfile",
            "api/Dockerfile.dev",
            "dockerfile",
            "Containerfile",
            "api.Dockerfile",
            "compose.yaml",
            "docker-compose.override.yml",
            "deploy/compose.prod.yaml",
            ".env",
            "api/.env.local",
            ".dockerignore",
            "Dockerfile.dockerignore",
            "dockcheck.toml",
            ".config/.dockcheck.toml",
        ] {
            assert!(pattern.is_match(yes), "{yes}");
        }
        for no in ["README.md", "src/main.rs", "decompose.yml", "environment", "k8s/deployment.yaml", "my.env"] {
            assert!(!pattern.is_match(no), "{no}");
        }
    }
}

/// The image of dockcheck itself is what dockcheck says an image should be: the whole of `packaging/docker`, every rule on.
#[test]
fn the_tools_own_image_has_no_findings() {
    let output = Command::new(PROGRAM)
        .args(["packaging/docker", "--format", "concise", "--fail-level", "info", "--root", "."])
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("", Some(0)), "{}", text(&output.stderr));
    let graph =
        Command::new(PROGRAM).args(["graph", "packaging/docker", "--root", "."]).current_dir(ROOT).output().unwrap();
    let graph = text(&graph.stdout);
    assert!(graph.contains("builds packaging/docker/Dockerfile") && graph.contains("FROM scratch"), "{graph}");
}

/// One version everywhere.
#[test]
fn every_package_has_the_version_of_the_crate() {
    let version = env!("CARGO_PKG_VERSION");
    let npm: Value = serde_json::from_str(
        &fs::read_to_string(Path::new(ROOT).join("packaging/npm/dockcheck/package.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(npm["version"], version);
    assert!(npm.get("scripts").is_none(), "nothing may run at installation");
    for (name, wanted) in npm["optionalDependencies"].as_object().unwrap() {
        assert!(name.starts_with("@dockcheck/"));
        assert_eq!(wanted, version);
    }
    let python: toml::Table = fs::read_to_string(Path::new(ROOT).join("pyproject.toml")).unwrap().parse().unwrap();
    assert_eq!(python["tool"]["maturin"]["bindings"].as_str(), Some("bin"));
    assert_eq!(python["project"]["dynamic"].as_array().unwrap()[0].as_str(), Some("version"));
}
