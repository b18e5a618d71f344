//! Whole commands over small repositories written here.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::args;
use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

use super::*;

/// A repository on disk.
struct Repo(tempfile::TempDir);

/// What a call came to.
struct Call {
    exit: Exit,
    out: String,
    err: String,
}

impl Repo {
    fn new(files: &[(&str, &str)]) -> Self {
        let repo = Repo(tempfile::tempdir().unwrap());
        for (name, text) in files {
            repo.write(name, text);
        }
        repo
    }

    fn path(&self) -> PathBuf {
        fs::canonicalize(self.0.path()).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn call(&self, line: &str) -> Call {
        self.with(line, "", &[])
    }

    fn with(&self, line: &str, stdin: &str, environment: &[(&str, &str)]) -> Call {
        let args = std::iter::once("dockcheck").chain(line.split_whitespace()).map(OsString::from);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut world = Host {
            working_dir: self.path(),
            environment: environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            stdin: &mut stdin.as_bytes(),
            stdout: &mut out,
            stderr: &mut err,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            width: None,
        };
        let exit = run(args::parse(args).unwrap(), &mut world);
        Call { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }
}

/// A comment that names no rule: a warning with a safe fix.
const FAULTY: &str = "FROM debian:12\n# dockcheck: ignore[nonsense-rule]\nRUN true\n";
const CLEAN: &str = "FROM debian:12\nRUN true\n";
/// A finding that has no fix.
const GPU: &str = "services:\n  llm:\n    image: ghcr.io/ggml-org/llama.cpp:full-cuda\n";

#[test]
fn exit_codes() {
    let faulty = Repo::new(&[("Dockerfile", FAULTY)]);
    assert_eq!(faulty.call("").exit, Exit::Findings);
    assert_eq!(faulty.call("--exit-zero").exit, Exit::Clean);
    assert_eq!(faulty.call("--fail-level error").exit, Exit::Clean);
    assert_eq!(faulty.call("--fail-level never").exit, Exit::Clean);
    assert_eq!(faulty.call("--min-severity error --fail-level info").exit, Exit::Clean);
    assert_eq!(faulty.call("--ignore unknown-suppression").exit, Exit::Clean);
    let clean = Repo::new(&[("Dockerfile", CLEAN), ("sub/x", "")]);
    let call = clean.call("");
    assert_eq!((call.exit, call.out.as_str()), (Exit::Clean, ""));
    assert_eq!(call.err, "No findings: 1 Dockerfile (1 stage) checked\n");
    let missing = clean.call("nope");
    assert_eq!((missing.exit, missing.err.as_str()), (Exit::Failed, "dockcheck: nope does not exist\n"));
    assert_eq!(clean.call("--select nope").exit, Exit::Failed);
    assert!(clean.call("--select unknown-supression").err.contains("did you mean `unknown-suppression`?"));
    assert_eq!(clean.call("-").exit, Exit::Failed);
    assert_eq!(clean.call("sub").exit, Exit::Nothing);
    assert_eq!(Repo::new(&[]).call("").exit, Exit::Nothing);
}

#[test]
fn findings_that_are_less_sure_than_wanted_are_not_shown() {
    let repo = Repo::new(&[("Dockerfile", FAULTY)]);
    let report = |line: &str| -> Vec<String> {
        let value: serde_json::Value = serde_json::from_str(&repo.call(line).out).unwrap();
        let all = value["diagnostics"].as_array().unwrap();
        all.iter().map(|d| d["confidence"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(report("--format json --min-confidence likely"), ["likely"]);
    assert!(report("--format json --min-confidence certain").is_empty());
    let both = format!("{FAULTY}RUNN true\n");
    let mixed = Repo::new(&[("Dockerfile", both.as_str())]);
    let all = |line: &str| mixed.call(line).out.lines().count();
    assert!(all("--format concise") > all("--format concise --min-confidence certain"));
    mixed.write("dockcheck.toml", "min-confidence = \"certain\"\n");
    assert_eq!(all("--format concise"), all("--format concise --min-confidence certain"));
    assert!(all("--format concise") < all("--format concise --min-confidence possible"));
    let shown = mixed.call("config --min-confidence likely").out;
    assert_eq!(shown, "min-confidence = \"likely\"  # --min-confidence\n");
}

#[test]
fn a_file_that_decides_over_others_stands_for_its_folder() {
    let repo = Repo::new(&[
        ("api/Dockerfile", FAULTY),
        ("api/.env", "A=1\n"),
        ("api/.dockerignore", "*.log\n"),
        ("dockcheck.toml", "# nothing\n"),
        ("web/Dockerfile", FAULTY),
    ]);
    for (line, findings) in
        [("api/.env", 1), ("api/.dockerignore", 1), ("api/.env api/.dockerignore", 1), ("dockcheck.toml", 2)]
    {
        let call = repo.call(&format!("--format concise {line}"));
        assert_eq!((call.exit, call.out.lines().count()), (Exit::Findings, findings), "{line}: {}", call.out);
    }
    assert_eq!(repo.call("web/.env").exit, Exit::Failed);
}

#[test]
fn a_plugin_of_docker() {
    let repo = Repo::new(&[("Dockerfile", FAULTY)]);
    let metadata: serde_json::Value = serde_json::from_str(&repo.call("docker-cli-plugin-metadata").out).unwrap();
    assert_eq!(metadata["SchemaVersion"], "0.1.0");
    assert!(
        ["Vendor", "Version", "ShortDescription"].iter().all(|k| metadata[*k].as_str().is_some_and(|v| !v.is_empty()))
    );
    let parse = |line: &str| args::parse(line.split(' ').map(OsString::from)).unwrap().command;
    for line in [
        "/root/.docker/cli-plugins/docker-dockcheck dockcheck graph",
        "docker-dockcheck --context x dockcheck graph",
        "docker-dockcheck graph",
        "dockcheck graph dockcheck",
    ] {
        assert!(matches!(parse(line), args::CliCommand::Graph(_)), "{line}");
    }
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let repo = Repo::new(&[]);
    let whole = repo.call("man").out;
    assert!(whole.contains(".TH dockcheck 1"), "{whole}");
    let check = repo.call("man check").out;
    assert!(check.contains(".TH dockcheck-check 1") && check.contains("changed\\-since"), "{check}");
    assert_eq!(repo.call("man nothing").exit, Exit::Failed);
}

#[test]
fn a_machine_format_is_one_document_at_every_exit() {
    let faulty = Repo::new(&[("Dockerfile", FAULTY)]);
    for (repo, line, exit) in [
        (&faulty, "--format json", Exit::Findings),
        (&faulty, "--format json nope", Exit::Failed),
        (&Repo::new(&[]), "--format json", Exit::Nothing),
        (&Repo::new(&[("Dockerfile", CLEAN)]), "--format json -qq", Exit::Clean),
    ] {
        let call = repo.call(line);
        let value: serde_json::Value = serde_json::from_str(&call.out).unwrap();
        assert_eq!((call.exit, value["schema_version"].as_u64()), (exit, Some(1)));
    }
    let value: serde_json::Value = serde_json::from_str(&faulty.call("--format json nope").out).unwrap();
    assert_eq!(value["errors"][0]["message"], "nope does not exist");
}

#[test]
fn fixing_diffing_and_fixing_again() {
    let repo = Repo::new(&[("sub/Dockerfile", FAULTY)]);
    let diff = repo.call("--diff");
    assert_eq!(diff.exit, Exit::Findings);
    assert_eq!(
        diff.out,
        "--- a/sub/Dockerfile\n+++ b/sub/Dockerfile\n@@ -1,3 +1,2 @@\n FROM debian:12\n-# dockcheck: ignore[nonsense-rule]\n RUN true\n"
    );
    assert_eq!(repo.read("sub/Dockerfile"), FAULTY);
    let fixed = repo.call("--fix");
    assert_eq!((fixed.exit, repo.read("sub/Dockerfile").as_str()), (Exit::Clean, CLEAN));
    assert!(fixed.err.starts_with("Fixed 1 finding in 1 file\n"), "{}", fixed.err);
    assert_eq!(repo.call("--diff").out, "");
}

#[cfg(unix)]
#[test]
fn a_fix_that_may_not_be_written_is_exit_2() {
    let outside = Repo::new(&[("Dockerfile", FAULTY)]);
    let repo = Repo::new(&[("real/x", FAULTY)]);
    fs::hard_link(repo.path().join("real/x"), repo.path().join("Dockerfile")).unwrap();
    let call = repo.call("--fix");
    assert_eq!(call.exit, Exit::Failed);
    assert!(call.err.contains("Dockerfile: not fixed: it has other names (hard links)"), "{}", call.err);
    assert_eq!(repo.read("Dockerfile"), FAULTY);
    let linked = Repo::new(&[]);
    std::os::unix::fs::symlink(outside.path().join("Dockerfile"), linked.path().join("Dockerfile")).unwrap();
    linked.call("--fix");
    assert_eq!(outside.read("Dockerfile"), FAULTY);
}

#[test]
fn text_on_standard_input_stands_for_a_file() {
    let repo = Repo::new(&[("Dockerfile", CLEAN), ("other/Dockerfile", FAULTY)]);
    let call = repo.with("--stdin-filename Dockerfile --format concise -", FAULTY, &[]);
    assert_eq!(call.exit, Exit::Findings);
    assert_eq!(call.out.lines().count(), 1, "{}", call.out);
    assert!(call.out.starts_with("Dockerfile:2:"), "{}", call.out);
    let fixed = repo.with("--stdin-filename Dockerfile --fix -", FAULTY, &[]);
    assert_eq!((fixed.exit, fixed.out.as_str()), (Exit::Clean, CLEAN));
    let new = repo.with("--stdin-filename new/Dockerfile --format concise -", FAULTY, &[]);
    assert!(new.out.starts_with("new/Dockerfile:2:"), "{} {}", new.out, new.err);
    assert_eq!(repo.read("Dockerfile"), CLEAN);
}

#[test]
fn several_reports_of_one_run() {
    let repo = Repo::new(&[("Dockerfile", FAULTY)]);
    let call = repo.call("--format concise --output sarif=out.sarif --output html=out.html --output full=out.txt");
    assert_eq!(call.out.lines().count(), 1);
    let sarif: serde_json::Value = serde_json::from_str(&repo.read("out.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "unknown-suppression");
    assert!(repo.read("out.html").contains("What is built from what"));
    assert!(repo.read("out.txt").contains("Found 1 warning in 1 file"));
    assert_eq!(repo.call("--output json=none/x.json").exit, Exit::Failed);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(repo.path().join("victim"), repo.path().join("link.json")).unwrap();
        assert_eq!(repo.call("--output json=link.json").exit, Exit::Failed);
        assert!(!repo.path().join("victim").exists());
    }
}

#[test]
fn the_job_summary_is_added_to() {
    let repo = Repo::new(&[("Dockerfile", FAULTY), ("summary", "before\n")]);
    let path = repo.path().join("summary");
    repo.with("--format github", "", &[("GITHUB_STEP_SUMMARY", path.to_str().unwrap())]);
    let text = repo.read("summary");
    assert!(text.starts_with("before\n## dockcheck") && text.contains("unknown-suppression"), "{text}");
}

#[test]
fn a_baseline_hides_what_is_known() {
    let repo = Repo::new(&[("Dockerfile", FAULTY)]);
    let written = repo.call("--write-baseline known.json");
    assert_eq!((written.exit, written.err.as_str()), (Exit::Clean, "Wrote 1 finding to known.json\n"));
    assert_eq!(repo.call("--baseline known.json").exit, Exit::Clean);
    repo.write("Dockerfile", &format!("# new first line\n{FAULTY}# dockcheck: ignore[more-nonsense]\nRUN false\n"));
    let call = repo.call("--baseline known.json --format concise");
    assert_eq!((call.exit, call.out.lines().count()), (Exit::Findings, 1), "{}", call.out);
    assert!(call.out.contains("more-nonsense"));
    repo.write("dockcheck.toml", "baseline = 'known.json'\n");
    repo.write("Dockerfile", CLEAN);
    let stale = repo.call("");
    assert!(stale.err.contains("1 entry of the baseline no longer found"), "{}", stale.err);
    assert_eq!(repo.call("--baseline none.json").exit, Exit::Failed);
}

#[test]
fn comments_are_added_once() {
    let repo = Repo::new(&[("compose.yaml", GPU)]);
    let before = repo.call("--fail-level info --select floating-gpu-image");
    assert_eq!(before.exit, Exit::Findings, "{}", before.err);
    let call = repo.call("--add-ignores --select floating-gpu-image --fail-level info");
    assert_eq!(call.exit, Exit::Clean, "{} {}", call.out, call.err);
    let text = "services:\n  llm:\n    # dockcheck: ignore[floating-gpu-image]\n    image: ghcr.io/ggml-org/llama.cpp:full-cuda\n";
    assert_eq!(repo.read("compose.yaml"), text);
    assert_eq!(repo.call("--fail-level info --select floating-gpu-image").exit, Exit::Clean);
    assert_eq!(repo.call("--fail-level info --select floating-gpu-image --no-inline-ignores").exit, Exit::Findings);
    repo.call("--add-ignores --select floating-gpu-image");
    assert_eq!(repo.read("compose.yaml"), text);
}

#[test]
fn only_what_a_change_touches() {
    let repo = Repo::new(&[("a/Dockerfile", FAULTY), ("b/Dockerfile", FAULTY)]);
    let git = |args: &[&str]| {
        std::process::Command::new("git")
            .args(["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(repo.path())
            .output()
    };
    match git(&["init", "-q"]) {
        Ok(output) if output.status.success() => {}
        _ => return,
    }
    git(&["add", "."]).unwrap();
    git(&["commit", "-qm", "x"]).unwrap();
    assert_eq!(repo.call("--changed-since HEAD").exit, Exit::Clean);
    // Shifted, but not touched; and a new one.
    repo.write("a/Dockerfile", &format!("# first\n{FAULTY}# dockcheck: ignore[more-nonsense]\nRUN false\n"));
    repo.write("c/Dockerfile", FAULTY);
    let call = repo.call("--changed-since HEAD --format concise");
    let places: Vec<&str> = call.out.lines().map(|l| l.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["a/Dockerfile:5:21", "c/Dockerfile:2:21"], "{}", call.out);
    let unknown = repo.call("--changed-since nope");
    assert_eq!(unknown.exit, Exit::Failed);
    assert!(unknown.err.contains("git knows no revision `nope`"));
    assert_eq!(repo.call("--changed-since=--output=x").exit, Exit::Failed);
}

#[test]
fn configuration_is_found_and_faults_in_it_stop_the_run() {
    let repo = Repo::new(&[("Dockerfile", FAULTY), ("dockcheck.toml", "[rules]\nunknown-suppression = 'info'\n")]);
    assert_eq!(repo.call("").exit, Exit::Clean);
    assert_eq!(repo.call("--isolated").exit, Exit::Findings);
    assert_eq!(repo.call("config").out, "rules.unknown-suppression = 'info'  # dockcheck.toml:2\n");
    repo.write("dockcheck.toml", "rule = 1\n");
    let call = repo.call("");
    assert_eq!(call.exit, Exit::Failed);
    assert_eq!(call.err, "dockcheck: dockcheck.toml:1:1: unknown key `rule`; did you mean `rules`?\n");
    repo.write("own.toml", "fail-level = 'never'\n");
    assert_eq!(repo.call("--config own.toml").exit, Exit::Clean);
}

#[test]
fn pages_schemas_and_a_first_configuration() {
    let repo = Repo::new(&[(".hadolint.yaml", "ignored: [DL9999]\n"), ("Dockerfile", CLEAN)]);
    assert!(repo.call("rule unknown-suppression").out.contains("## Why is this bad"));
    assert!(repo.call("rule unknown-supression").err.contains("did you mean `unknown-suppression`?"));
    let all: serde_json::Value = serde_json::from_str(&repo.call("rule --all --format json").out).unwrap();
    assert_eq!(all.as_array().unwrap().len(), crate::rules::RULES.len());
    for what in ["json", "config"] {
        let schema: serde_json::Value = serde_json::from_str(&repo.call(&format!("schema {what}")).out).unwrap();
        assert_eq!(schema["type"], "object");
    }
    assert!(repo.call("completions bash").out.contains("dockcheck"));
    assert_eq!(repo.call("init").exit, Exit::Clean);
    assert!(repo.read("dockcheck.toml").contains("DL9999 (.hadolint.yaml)"));
    assert_eq!(repo.call("init").exit, Exit::Failed);
    assert_eq!(repo.call("").exit, Exit::Clean, "what init writes is read");
    assert_eq!(repo.call("files").out, "Dockerfile\n");
    assert_eq!(repo.call("graph --format json").exit, Exit::Clean);
}

#[test]
fn the_project_and_its_images_are_shown() {
    let compose = "name: demo\nservices:\n  web:\n    build: .\n    environment: {TOKEN: shown-here}\n  db:\n    image: postgres:16\n";
    let dockerfile =
        "FROM debian:12 AS base\nENV KEY=abc\nRUN apt-get update && apt-get install -y git\nFROM base\nUSER app\n";
    let repo =
        Repo::new(&[("compose.yaml", compose), ("Dockerfile", dockerfile), ("bad/compose.yaml", "services: 1\n")]);
    let resolved: serde_json::Value = serde_json::from_str(&repo.call("resolve --format json").out).unwrap();
    assert_eq!(
        (resolved["name"].as_str(), resolved["services"]["web"]["environment"]["TOKEN"].as_str()),
        (Some("demo"), Some("shown-here"))
    );
    assert!(repo.call("resolve").out.contains("TOKEN: shown-here"));
    assert_eq!(repo.call("resolve bad").exit, Exit::Failed);
    assert_eq!(Repo::new(&[]).call("resolve").exit, Exit::Nothing);
    for what in ["web", "Dockerfile", "."] {
        let image = repo.call(&format!("image {what}"));
        assert_eq!(image.exit, Exit::Clean, "{}", image.err);
        assert!(image.out.contains("installs git") && image.out.contains("runs on as app"), "{}", image.out);
    }
    assert!(!repo.call("image Dockerfile:base").out.contains("app"));
    let json: serde_json::Value = serde_json::from_str(&repo.call("image web --format json").out).unwrap();
    assert_eq!(json["stages"][0]["base"], "debian:12");
    for (what, why) in [("db", "builds nothing"), ("Dockerfile:none", "no stage"), ("nothing", "no service")] {
        assert!(repo.call(&format!("image {what}")).err.contains(why), "{what}");
    }
}

#[test]
fn an_image_says_what_it_has_and_why() {
    let dockerfile = "FROM debian:12 AS base\n\
        RUN apt-get update && apt-get install -y --no-install-recommends g++ git libssl-dev\n\
        RUN apt-get purge -y g++ && apt-get autoremove -y\n\
        FROM base AS app\n\
        RUN curl -fsSL https://example.com/install.sh | sh\n\
        FROM alpine:3.20 AS small\n\
        RUN apk add --no-cache --virtual .deps gcc && apk del .deps\n\
        FROM alpine:3.20 AS optional\n\
        ARG DEBUG\n\
        RUN if [ -n \"$DEBUG\" ]; then apk add --no-cache gcc; fi\n";
    let repo = Repo::new(&[
        ("Dockerfile", dockerfile),
        ("compose.yaml", "services: {web: {build: {context: ., target: app}}}\n"),
    ]);
    let table = repo.call("image Dockerfile:base").out;
    for part in ["installs g++, git, libssl-dev (+", "packages)", "removes g++, ", "g++-12"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(!table.contains("installs g++\n"), "{table}");
    let small = repo.call("image Dockerfile:small").out;
    assert!(
        small.contains("installs gcc") && small.contains("removes gcc") && !small.contains("installs .deps"),
        "{small}"
    );
    let app = repo.call("image web").out;
    assert!(app.contains("unknown since line 5: anything may have come, because a script from elsewhere"), "{app}");

    let why = |what: &str, name: &str| repo.call(&format!("image {what} --why {name}")).out;
    let gxx = why("Dockerfile:base", "g++");
    for part in [
        "command `g++` is absent at the end of the stage,\nsince line 3: `apt-get ",
        "    1  FROM debian:12 AS base\n       · absent: ",
        "       · present: `apt-get install g++ git libssl-dev` (Dockerfile:2)",
        "package `g++` is absent",
    ] {
        assert!(gxx.contains(part), "{part}: {gxx}");
    }
    assert!(why("web", "g++").contains("command `g++` is unknown at the end of the stage,\nsince line 5: "));
    assert!(why("web", "openssl/ssl.h").contains("header `openssl/ssl.h` is present"));
    assert!(why("web", "openssl.pc").contains("pkg-config module `openssl` is present"));
    let package = why("web", "libssl-dev");
    assert!(package.contains("package `libssl-dev` is present") && !package.contains("command `"), "{package}");
    let bash = why("Dockerfile:small", "bash");
    assert!(bash.contains("command `bash` is absent") && bash.contains("package `bash` is absent"), "{bash}");
    assert!(why("Dockerfile:small", "libffi-dev").contains("package `libffi-dev` is absent"));
    assert!(why("Dockerfile:small", "musl").contains("package `musl` is present"));
    let optional = repo.call("image Dockerfile:optional").out;
    assert!(optional.contains("may install gcc (under a condition)") && !optional.contains("· installs"), "{optional}");
    let json: serde_json::Value =
        serde_json::from_str(&repo.call("image Dockerfile:base --why g++ --format json").out).unwrap();
    let answer = &json["answers"][0];
    assert_eq!((answer["kind"].as_str(), answer["presence"].as_str()), (Some("command"), Some("absent")));
    assert_eq!((&answer["changes"][1]["line"], &answer["changes"][1]["place"]["line"]), (&2.into(), &2.into()));
    assert_eq!(repo.call("image nothing --why git").exit, Exit::Failed);
}

#[test]
fn colour_follows_the_conventions() {
    let repo = Repo::new(&[("Dockerfile", FAULTY)]);
    let colored = |line: &str, environment: &[(&str, &str)]| repo.with(line, "", environment).out.contains('\u{1b}');
    assert!(!colored("", &[]));
    assert!(colored("--color always", &[("NO_COLOR", "1")]));
    assert!(colored("", &[("FORCE_COLOR", "1")]));
    assert!(!colored("", &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!colored("--color never", &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored("", &[("FORCE_COLOR", "0")]));
    assert!(colored("", &[("FORCE_COLOR", "1"), ("NO_COLOR", "")]));
}

#[test]
fn a_closed_pipe_is_quiet() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let repo = Repo::new(&[("Dockerfile", FAULTY)]);
    let mut err = Vec::new();
    let mut world = Host {
        working_dir: repo.path(),
        environment: HashMap::new(),
        stdin: &mut io::empty(),
        stdout: &mut Closed,
        stderr: &mut err,
        stdout_is_terminal: false,
        stderr_is_terminal: false,
        width: None,
    };
    for (line, exit) in [
        ("dockcheck -q", Exit::Findings),
        ("dockcheck -q --exit-zero", Exit::Clean),
        ("dockcheck -q --format json", Exit::Findings),
        ("dockcheck -q --diff", Exit::Findings),
        ("dockcheck rules", Exit::Clean),
    ] {
        let args = line.split(' ').map(OsString::from);
        assert_eq!(run(args::parse(args).unwrap(), &mut world), exit, "{line}");
        world.working_dir = repo.path();
    }
    assert!(err.is_empty());
}

#[test]
fn secrets_stay_in_their_files() {
    let repo = Repo::new(&[
        (
            "compose.yaml",
            "services:\n  llm:\n    image: ghcr.io/ggml-org/llama.cpp:full-cuda\n    environment:\n      API_TOKEN: canary-in-environment\n      # dockcheck: ignore[nonsense-rule]\n      DB_PASSWORD: canary-too\n",
        ),
        (".env", "SECRET=canary-in-dotenv\n"),
    ]);
    for format in crate::report::OutputFormat::ALL {
        let call = repo.call(&format!("-vv --format {}", format.as_str()));
        assert!(call.out.contains("nonsense-rule"), "{}", call.out);
        assert!(!call.out.contains("canary") && !call.err.contains("canary"), "{}: {}", format.as_str(), call.out);
    }
    assert!(!Path::new("summary").exists());
}

#[test]
fn a_project_a_line() {
    let repo = Repo::new(&[("Dockerfile", FAULTY), ("dockcheck.toml", "ignore = [\"legacy-key-value-format\"]\n")]);
    let line = |value: serde_json::Value| value.to_string() + "\n";
    let api = "FROM python:3.12-slim\nENV A b\nCOPY main.py requirements.txt /app/\n";
    let compose = "services:\n  api:\n    build: ./api\n    env_file: api.env\n";
    let files = serde_json::json!({ "compose.yaml": compose, "api/Dockerfile": api, "api/main.py": null });
    let input = line(serde_json::json!({ "id": 1, "dockerfile": CLEAN }))
        + &line(serde_json::json!({ "id": ["a", 2], "files": files }))
        + &line(serde_json::json!({ "id": 3, "files": files, "complete": true }))
        + "nonsense\n"
        + &line(serde_json::json!({ "id": 5, "files": {} }))
        + &line(serde_json::json!({ "id": 6, "files": { "Dockerfile": "FROM a\n", "x": 1 } }));
    let call = repo.with("--stdin-jsonl", &input, &[]);
    assert_eq!(call.exit, Exit::Failed);
    let answers: Vec<serde_json::Value> = call.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let ids: Vec<String> = answers.iter().map(|a| a["id"].to_string()).collect();
    assert_eq!(ids, ["1", "[\"a\",2]", "3", "null", "5", "6"]);
    let exits: Vec<i64> = answers.iter().map(|a| a["exit"].as_i64().unwrap()).collect();
    assert_eq!(exits, [0, 0, 1, 2, 3, 2]);
    let rules = |index: usize| -> Vec<String> {
        let found = answers[index]["diagnostics"].as_array().unwrap();
        found
            .iter()
            .map(|d| format!("{}:{}", d["primary"]["path"].as_str().unwrap(), d["rule"].as_str().unwrap()))
            .collect()
    };
    // What was not handed over is not missing, unless nothing else exists.
    assert_eq!(rules(1), Vec::<String>::new());
    assert_eq!(rules(2), ["api/Dockerfile:missing-copy-source", "compose.yaml:missing-env-file"]);
    assert_eq!(answers[1]["coverage"][0]["what"], "`api.env` was not read: it was not handed over");
}

#[test]
fn a_comment_that_silences_stands_above_a_block_scalar() {
    for header in [">", "|", ">-", "|2 # note"] {
        let text =
            format!("services:\n  a:\n    image: x\n    command: {header}\n      w w\n      w w\n    imagee: y\n");
        let repo = Repo::new(&[("compose.yaml", &text)]);
        repo.call("--add-ignores");
        let after = repo.read("compose.yaml");
        let comment = "    # dockcheck: ignore[invalid-compose-schema]\n    imagee: y\n";
        assert_eq!(after, text.replace("    imagee: y\n", comment), "{header}");
        assert_eq!(repo.call("").exit, Exit::Clean, "{header}");
    }
}

#[test]
fn a_reference_to_a_variable_is_no_secret() {
    let compose = "services:\n  a:\n    image: x:1\n    environment:\n      DB_PASSWORD: ${DB_PASSWORD}\n      \
        API_TOKEN: \"${API_TOKEN}\"\n      SALT: ${SALT}hunter2\n      KEY: ${KEY:-hunter2}\n  b:\n    image: x:1\n    \
        environment:\n      - A_SECRET=${A_SECRET}\n      - \"B_SECRET=$B_SECRET\"\n      - C_SECRET=hunter2\n";
    let repo = Repo::new(&[("compose.yaml", compose)]);
    let shown = repo.call("--select unset-variable").out;
    for reference in
        ["DB_PASSWORD: ${DB_PASSWORD}", "API_TOKEN: \"${API_TOKEN}\"", "A_SECRET=${A_SECRET}", "B_SECRET=$B_SECRET"]
    {
        assert!(shown.contains(reference), "{reference}: {shown}");
    }
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn annotations_name_files_from_the_workspace() {
    let repo = Repo::new(&[("sub/Dockerfile", FAULTY)]);
    let root = repo.path();
    let annotated = |workspace: &Path| {
        let out = repo.with("--format github", "", &[("GITHUB_WORKSPACE", workspace.to_str().unwrap())]).out;
        out.lines().next().unwrap().to_owned()
    };
    assert!(annotated(&root).starts_with("::warning file=sub/Dockerfile,"));
    assert!(annotated(&root.join("sub")).starts_with("::warning file=Dockerfile,"));
    let above = format!("::warning file={}/sub/Dockerfile,", root.file_name().unwrap().to_str().unwrap());
    assert!(annotated(root.parent().unwrap()).starts_with(&above), "{}", annotated(root.parent().unwrap()));
    // Below another folder it is named as everywhere.
    assert!(annotated(&root.join("other")).starts_with("::warning file=sub/Dockerfile,"));
    let inside = repo.with("--format github sub", "", &[]).out;
    assert!(inside.starts_with("::warning file=sub/Dockerfile,"), "{inside}");
}

#[test]
fn silenced_findings_are_shown_with_their_own_level() {
    let compose =
        "services:\n  a:\n    image: x:1\n    # dockcheck: ignore[invalid-compose-schema] for later\n    imagee: y\n";
    let repo = Repo::new(&[("compose.yaml", compose), ("dockcheck.toml", "")]);
    let rule = "invalid-compose-schema";
    for level in [
        "",
        "[rules]\ninvalid-compose-schema = 'warning'\n",
        "[[overrides]]\npaths = ['*.yaml']\nrules = {invalid-compose-schema = 'info'}\n",
    ] {
        repo.write("dockcheck.toml", level);
        let open = repo.call(&format!("--select {rule} --no-inline-ignores --format concise")).out;
        let shown = repo.call(&format!("--select {rule} --show-suppressed --format concise")).out;
        assert_eq!(shown, open.replace('\n', " (silenced)\n"), "{level}");
        assert!(shown.contains(rule), "{shown}");
    }
    let full = repo.call("--show-suppressed").out;
    assert!(full.contains("note: silenced by a comment: for later"), "{full}");
    assert!(repo.call("--show-suppressed --format grouped").out.contains("(silenced)"));
    repo.write("compose.yaml", &compose.replace("    # dockcheck: ignore[invalid-compose-schema] for later\n", ""));
    repo.call("--write-baseline known.json");
    let full = repo.call("--show-suppressed --baseline known.json").out;
    assert!(full.contains("note: known to the baseline"), "{full}");
}

#[test]
fn a_file_that_an_option_names_must_be_there() {
    let repo = Repo::new(&[("Dockerfile", CLEAN), ("compose.yaml", "services: {a: {image: x:1}}\n"), ("d/x", "")]);
    for command in ["", "graph", "files", "image a"] {
        let call = repo.call(&format!("{command} -f none.yaml"));
        assert_eq!(call.exit, Exit::Failed, "{command}");
        assert_eq!(call.err, "dockcheck: -f none.yaml: the file does not exist\n", "{command}");
    }
    assert!(repo.call("--env-file none.env").err.contains("--env-file none.env: the file does not exist"));
    assert!(repo.call("-f d").err.contains("-f d: this is a folder, and a file is needed"));
    assert!(repo.call("--project-directory e").err.contains("--project-directory e: there is no such folder"));
    let json: serde_json::Value = serde_json::from_str(&repo.call("-f none.yaml --format json").out).unwrap();
    assert_eq!(json["errors"][0]["message"], "-f none.yaml: the file does not exist");
    assert_eq!(repo.call("-f compose.yaml --fail-level never").exit, Exit::Clean);
}

#[test]
fn config_names_a_file_that_sets_nothing_and_a_word_that_is_no_command() {
    let repo = Repo::new(&[("Dockerfile", CLEAN)]);
    assert_eq!(repo.call("config show").out, "# no configuration file: everything as by default\n");
    assert_eq!(repo.call("init").exit, Exit::Clean);
    for line in ["config show", "config", "config ."] {
        let call = repo.call(line);
        assert_eq!(call.exit, Exit::Clean);
        assert_eq!(call.out, "# dockcheck.toml sets nothing: everything as by default\n");
    }
    let call = repo.call("config shwo");
    assert_eq!(call.exit, Exit::Failed);
    assert_eq!(call.err, "dockcheck: `config` has no command `shwo`; did you mean `dockcheck config show`?\n");
    assert_eq!(repo.call("config nothing").exit, Exit::Failed);
}

/// A project whose builds cannot be read, each for another reason.
const UNREAD: &str = "name: demo
services:
  web:
    build: ./web
  api:
    build: {context: ., dockerfile: api.Dockerfile}
  dir:
    build: {context: ., dockerfile: folder}
  file:
    build: compose.yaml
  git:
    build: https://user:hunter2secret@example.com/a/b.git
  out:
    build: ../out
  open:
    build: ${CTX}
  ok:
    build: .
";

#[test]
fn what_keeps_a_build_from_being_read_is_said() {
    let repo = Repo::new(&[("compose.yaml", UNREAD), ("Dockerfile", CLEAN), ("folder/x", ""), (".git/HEAD", "")]);
    let graph = repo.call("graph").out;
    for (service, why) in [
        ("web", "its build context `web` does not exist"),
        ("api", "its Dockerfile `api.Dockerfile` does not exist"),
        ("dir", "its Dockerfile `folder` is a folder"),
        ("file", "its build context `compose.yaml` is not a folder"),
        ("out", "its build context `../out` is outside the root `.`"),
    ] {
        let call = repo.call(&format!("image {service}"));
        assert_eq!(call.exit, Exit::Failed);
        let sentence = format!("dockcheck: the image of service `{service}` cannot be shown: {why}\n");
        assert_eq!(call.err, sentence);
        assert!(graph.contains(&format!("{service}  build not read: {why}\n")), "{graph}");
    }
    assert!(repo.call("image git").err.contains("is remote, and dockcheck opens no connection"));
    assert!(graph.contains("ok  builds Dockerfile\n"), "{graph}");
    for format in ["text", "mermaid", "dot", "json"] {
        let shown = repo.call(&format!("graph --format {format}")).out;
        assert!(shown.contains("its build context `web` does not exist"), "{shown}");
        assert!(!shown.contains("hunter2secret"), "{shown}");
    }
    assert!(!repo.call("image git").err.contains("hunter2secret"));
    assert!(repo.call("image wep").err.contains("called `wep`; did you mean `web`?"));
}

#[test]
fn a_compiler_that_the_base_does_not_promise_is_not_shown_without_a_word() {
    let dockerfile = "FROM nvidia/cuda:12.8.0-devel-ubuntu22.04 AS base\nFROM base AS build\n\
        RUN apt-get update && apt-get install -y --no-install-recommends cmake\nRUN cmake -S . -B build\n\
        FROM base AS own\nRUN apt-get update && apt-get install -y g++\n";
    let repo = Repo::new(&[("Dockerfile", dockerfile), ("CMakeLists.txt", "project(a CXX)\n")]);
    let found = repo.call("--select missing-compiler --format concise").out;
    assert_eq!(found.lines().count(), 1, "{found}");
    let promise = "has a compiler only because its package cuda-nvcc depends on one, and does not promise it";
    for name in ["g++", "gcc", "cc", "build-essential"] {
        let why = repo.call(&format!("image Dockerfile:build --why {name}")).out;
        assert!(why.contains(&format!("note: `nvidia/cuda:12.8.0-devel-ubuntu22.04` {promise}")), "{why}");
    }
    assert!(repo.call("image Dockerfile:build").out.contains(promise));
    assert!(!repo.call("image Dockerfile:own --why g++").out.contains(promise));
    assert!(!repo.call("image Dockerfile:build --why git").out.contains(promise));
    let json = repo.call("image Dockerfile:build --why g++ --format json").out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["answers"][0]["note"].as_str().unwrap().contains(promise));
}

/// What `--help` and other words print that are no command.
fn help(line: &str) -> String {
    let args = std::iter::once("dockcheck").chain(line.split_whitespace()).map(OsString::from);
    let error = args::parse(args).unwrap_err();
    assert_eq!(error.exit_code(), 0, "{error}");
    error.to_string()
}

#[test]
fn help_shows_the_options_of_the_default_command_by_group() {
    let (long, short) = (help("--help"), help("-h"));
    for page in [&long, &short] {
        assert!(page.starts_with("Checks a Compose project"), "{page}");
        assert!(page.contains("Usage: dockcheck [OPTIONS] [PATH]...\n       dockcheck <COMMAND>\n"), "{page}");
        for part in
            ["\nCommands:\n", "\nOutput:\n", "\nRules:\n", "\nFixes:\n", "\nProject:\n", "--fail-level", "Examples:"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
        for hidden in ["docker-cli-plugin-metadata", "output-format", "no-fail", "failure-threshold", "--explain"] {
            assert!(!page.contains(hidden), "{hidden}: {page}");
        }
    }
    for option in ["--baseline", "--stdin-jsonl", "--project-directory", "--fail-on-unjudged", "Exit codes:"] {
        assert!(long.contains(option) && !short.contains(option), "{option}");
    }
    assert!(short.lines().count() < 60 && short.contains("`dockcheck --help` shows all options"), "{short}");
    assert_eq!(help("help"), long);
    assert_eq!(help("-q --help"), long);
    assert!(help("graph --help").contains("Usage: dockcheck graph"));
    assert!(help("--fix --help").contains("--unsafe-fixes"));
}

#[test]
fn words_of_other_linters_are_understood() {
    let repo = Repo::new(&[("Dockerfile", FAULTY)]);
    assert_eq!(repo.call("--output-format concise").out, repo.call("--format concise").out);
    assert_eq!(repo.call("--no-fail").exit, Exit::Clean);
    for (level, exit) in
        [("error", Exit::Clean), ("style", Exit::Findings), ("none", Exit::Clean), ("warning", Exit::Findings)]
    {
        assert_eq!(repo.call(&format!("-t {level}")).exit, exit, "{level}");
        assert_eq!(repo.call(&format!("--failure-threshold {level} .")).exit, exit, "{level}");
    }
    let page = repo.call("rule unknown-suppression").out;
    assert_eq!(repo.call("--explain unknown-suppression").out, page);
    assert_eq!(repo.call("-q --explain=unknown-suppression").out, page);
    let json = repo.call("--format json --explain unknown-suppression").out;
    assert_eq!(json, repo.call("rule unknown-suppression --output-format json").out);
    assert_eq!(repo.call("--explain nothing").exit, Exit::Failed);
}

#[test]
fn a_path_that_is_nearly_a_command_gets_a_hint() {
    let repo = Repo::new(&[("Dockerfile", CLEAN)]);
    for (word, command) in [("grpah", "graph"), ("Rules", "rules"), ("chek", "check")] {
        let call = repo.call(word);
        assert_eq!(call.exit, Exit::Failed);
        assert_eq!(call.err, format!("dockcheck: {word} does not exist; did you mean the command `{command}`?\n"));
    }
    assert_eq!(repo.call("nowhere").err, "dockcheck: nowhere does not exist\n");
}

#[test]
fn rules_are_listed_and_a_page_is_for_readers() {
    let repo = Repo::new(&[]);
    let table = repo.call("rules").out;
    assert_eq!(table.lines().count(), crate::rules::RULES.len() + 1);
    assert_eq!(table, repo.call("rule --all").out);
    let row = table.lines().find(|line| line.starts_with("relative-workdir")).unwrap();
    assert!(row.contains("DL3000"), "{row}");
    let head: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head, ["rule", "level", "group", "fix", "other", "names", "summary"]);
    let data: serde_json::Value = serde_json::from_str(&repo.call("rules --format json").out).unwrap();
    assert_eq!(data.as_array().unwrap().len(), crate::rules::RULES.len());
    for entry in crate::rules::RULES.iter() {
        let page = repo.call(&format!("rule {}", entry.meta.name)).out;
        assert!(!page.contains("path=") || entry.meta.body().contains(" `path="), "{page}");
        for mark in ["# error: [", "# warning: [", "# info: ["] {
            assert!(!page.contains(mark), "{page}");
        }
    }
    let page = repo.call("rule missing-compiler").out;
    assert!(page.contains("```dockerfile\nFROM debian:12\n"), "{page}");
    assert!(page.contains("\n# the next line: missing-compiler (error)\nRUN cmake"), "{page}");
}

#[cfg(unix)]
#[test]
fn errors_of_the_system_are_said_in_plain_words() {
    let repo = Repo::new(&[("Dockerfile", CLEAN), ("file", "")]);
    let err = |line: &str| repo.call(line).err;
    assert!(err("--output json=none/x.json").contains("none/x.json: not written: no such file or folder"));
    assert!(err("--output json=file/x.json").contains("file/x.json: not written: a part of the path is not a folder"));
    assert!(err("--output json=.").contains(".: not written: it is a folder"));
    assert!(err("--config none.toml").contains("none.toml: does not exist"));
    assert!(err("init none").contains("dockcheck.toml: not written: no such file or folder"));
}

#[test]
fn a_file_that_was_not_judged_is_named_and_can_fail_the_run() {
    let long = format!("FROM debian:12\n{}", "RUN true\n".repeat(2_001));
    let repo = Repo::new(&[("Dockerfile", CLEAN), ("long/Dockerfile", &long)]);
    let note = "note: long/Dockerfile: has over 2000 instructions and was not checked\n";
    for line in ["-q", "-q --format json", "--format gitlab"] {
        let call = repo.call(line);
        assert_eq!((call.exit, call.err.as_str()), (Exit::Clean, note), "{line}");
    }
    assert_eq!(repo.call("").err.matches(note).count(), 1);
    assert_eq!(repo.call("-qq").err, "");
    assert_eq!(repo.call("--fail-on-unjudged").exit, Exit::Findings);
    assert_eq!(repo.call("--fail-on-unjudged --exit-zero").exit, Exit::Clean);
    let json: serde_json::Value = serde_json::from_str(&repo.call("--format json").out).unwrap();
    assert_eq!(json["coverage"][0]["unjudged"], true);
    let alone = Repo::new(&[("Dockerfile", &long)]);
    let call = alone.call("-q");
    assert_eq!(call.exit, Exit::Nothing);
    assert!(
        call.err.starts_with("dockcheck: nothing was checked: no file that was found could be judged\n"),
        "{}",
        call.err
    );
    assert_eq!(alone.call("--fail-on-unjudged").exit, Exit::Findings);
    let large = format!("services: {{a: {{image: x}}}}\n{}", "# filler\n".repeat(600_000));
    let services = (0..6000).map(|i| format!("  a{i}: {{image: x:1}}\n")).collect::<String>();
    for text in [large, format!("services:\n{services}")] {
        let repo = Repo::new(&[("Dockerfile", CLEAN), ("compose.yaml", &text)]);
        let call = repo.call("-q --fail-on-unjudged");
        assert_eq!(call.exit, Exit::Findings, "{}", call.err);
        assert!(call.err.starts_with("note: compose.yaml: "), "{}", call.err);
    }
    // What is not there, or lies elsewhere, is no matter of limits.
    let away =
        Repo::new(&[("compose.yaml", "services: {a: {build: https://example.com/a.git}}\n"), ("Dockerfile", CLEAN)]);
    assert_eq!(away.call("--fail-on-unjudged").exit, Exit::Clean);
    let line = serde_json::json!({ "id": 1, "dockerfile": long }).to_string();
    assert_eq!(repo.with("--stdin-jsonl --fail-on-unjudged", &line, &[]).exit, Exit::Findings);
}
