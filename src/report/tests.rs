//! Reports made by hand, and how each format shows them.

use super::*;
use crate::diagnostic::Checked;
use crate::diagnostic::rule::RuleMeta;
use crate::diagnostic::{Applicability, CoverageNote, Fix};
use crate::diagnostic::{Finding, Report, Severity};
use crate::text::{FileId, Span};

pub(crate) const COMPOSE: &str = "\
# An inference server and its front end.
services:
  web:
    build: ./web
    depends_on:
      - llm

  llm:
    image: registry.example/acme/llm:full-cuda
    deploy:
      resources:
        reservations:
          devices:
            - driver: nvidia
              capabilities: [gpu]
    environment:
      API_TOKEN: hunter2-hunter2
    command: [\"--host\", \"0.0.0.0\", \"-m\", \"/models/m.gguf\"]
";

pub(crate) const DOCKERFILE: &str = "\
FROM nvidia/cuda:12.8.1-devel-ubuntu22.04
RUN apt-get update && \\
    apt-get install -y --no-install-recommends \\
    cmake \\
    git
RUN git clone https://git.example/acme/llm.git && \\
    cmake -S llm -B llm/build
ENTRYPOINT [\"/llm/build/bin/llm-server\"]
";

static BYPASS: RuleMeta = RuleMeta::new(
    "prebuilt-image-bypass",
    "---\nsummary: s\ngroup: correctness\nlevel: error\nfix: unsafe\naliases: [no-build-and-image]\nsince: 0.1.0\n---\n## What it does\nText.\n",
);
static COMPILER: RuleMeta = RuleMeta::new(
    "missing-compiler",
    "---\nsummary: s\ngroup: correctness\nlevel: error\nfix: safe\naliases: []\nsince: 0.1.0\n---\n## What it does\nText.\n",
);

pub(crate) fn rules(name: &str) -> Option<&'static RuleMeta> {
    [&BYPASS, &COMPILER].into_iter().find(|r| r.name == name)
}

pub(crate) fn span(sources: &Sources, file: FileId, needle: &str) -> Span {
    let start = sources.file(file).text().find(needle).unwrap();
    Span::new(file, start..start + needle.len())
}

use crate::text::Sources;

/// Two findings over two files, one with a fix in each file.
pub(crate) fn sample() -> Report {
    let mut report = Report { root: "/project".into(), ..Report::default() };
    let sources = &mut report.sources;
    let compose = sources.add("/project/compose.yaml".into(), "compose.yaml".into(), COMPOSE.into());
    let dockerfile = sources.add("/project/Dockerfile".into(), "Dockerfile".into(), DOCKERFILE.into());
    let at = |file, needle| span(&report.sources, file, needle);
    let bypass = Finding::new(
        "prebuilt-image-bypass",
        Severity::Error,
        at(compose, "registry.example/acme/llm:full-cuda"),
        "service `llm` runs a published image; nothing builds the Dockerfile beside this file",
    )
    .here("runs whatever the registry holds; CUDA version not stated by the tag")
    .label(at(compose, "command:"), "fits only the ENTRYPOINT of the Dockerfile")
    .label(at(dockerfile, "nvidia/cuda:12.8.1-devel-ubuntu22.04"), "would have been used: CUDA 12.8")
    .label(at(dockerfile, "git clone https://git.example/acme/llm.git"), "builds the program that the image packages")
    .help("after the fix run `docker compose up --build -d llm`; `docker ps` then shows `project-llm-1`")
    .service("llm")
    .fix(Fix::new("build the Dockerfile instead of pulling the image", Applicability::Unsafe).edit(
        at(compose, "image: registry.example/acme/llm:full-cuda"),
        "build:\n      context: .\n      dockerfile: Dockerfile",
    ));
    let compiler = Finding::new(
        "missing-compiler",
        Severity::Warning,
        at(dockerfile, "cmake -S llm -B llm/build"),
        "no instruction of this Dockerfile installs the C++ compiler that cmake needs",
    )
    .label(
        at(dockerfile, "apt-get install -y --no-install-recommends \\\n    cmake \\\n    git"),
        "this list has no compiler",
    )
    .note("on the `runtime` flavour of the base the same build fails with `No CMAKE_CXX_COMPILER could be found`")
    .stage("0")
    .fix(
        Fix::new("add build-essential to the install list", Applicability::Safe)
            .insert(at(dockerfile, "cmake \\"), "build-essential \\\n    "),
    );
    report.masked.push(at(compose, "hunter2-hunter2"));
    report.findings = vec![compiler, bypass];
    report.coverage = vec![CoverageNote {
        path: "compose.yaml".into(),
        line: 4,
        what: "folder `web` does not exist".into(),
        unjudged: false,
    }];
    report.checked = Checked { projects: 1, services: 2, dockerfiles: 1, stages: 1, files: 2 };
    fingerprint::assign(&mut report);
    report
}

pub(crate) fn render(format: OutputFormat, report: &Report, style: Style) -> String {
    format.render(&View::new(report, style, &rules))
}

#[test]
fn full_reads_as_one_finding() {
    let report = sample();
    let unicode = Style { unicode: true, ..Style::default() };
    insta::assert_snapshot!("full", render(OutputFormat::Full, &report, unicode));
    let terminal = Style { width: Some(80), ..Style::default() };
    insta::assert_snapshot!("full_ascii_80", render(OutputFormat::Full, &report, terminal));
    let color = Style { unicode: true, color: true, width: Some(100), ..Style::default() };
    insta::assert_snapshot!("full_color", render(OutputFormat::Full, &report, color));
}

#[test]
fn concise_and_summary() {
    let report = sample();
    insta::assert_snapshot!("concise", render(OutputFormat::Concise, &report, Style::default()));
    insta::assert_snapshot!("summary", summary::lines(&View::new(&report, Style::default(), &rules), false).join("\n"));
    let clean = Report { checked: report.checked, ..Report::default() };
    let lines = summary::lines(&View::new(&clean, Style::default(), &rules), false);
    assert_eq!(lines, ["No findings: 2 services and 1 Dockerfile (1 stage) checked"]);
}

#[test]
fn json_is_version_1() {
    insta::assert_snapshot!("json", render(OutputFormat::Json, &sample(), Style::default()));
}

#[test]
fn secrets_are_in_no_format() {
    let mut report = sample();
    let file = report.findings[1].primary.span.file;
    let secret = report.masked[0];
    // A label on the secret itself and a fix beside it.
    let fix = Fix::new("quote it", Applicability::Safe).insert(secret, "\"").insert(secret.end_point(), "\"");
    report.findings.push(Finding::new("r", Severity::Info, secret, "m").label(Span::at(file, 0), "file").fix(fix));
    fingerprint::assign(&mut report);
    for format in OutputFormat::ALL {
        let shown = render(*format, &report, Style { unicode: true, ..Style::default() });
        assert!(!shown.contains("hunter2"), "{}: {shown}", format.as_str());
    }
    let shown = render(OutputFormat::Full, &report, Style::default());
    assert!(shown.contains("API_TOKEN: \"***************\""), "{shown}");
}

#[test]
fn odd_places_do_not_break_the_drawing() {
    let mut report = Report::default();
    let wide = format!("{}\u{6f22}\u{5b57} = \"x\"\ttab\n", "a".repeat(400));
    let id = report.sources.add("f.yml".into(), "f.yml".into(), format!("\u{feff}{wide}").into_bytes());
    let empty = report.sources.add("e".into(), "e".into(), Vec::new());
    let len = wide.len();
    for span in [
        Span::at(id, 0),
        Span::new(id, 3..len + 3),
        Span::new(id, 0..len + 3),
        Span::new(id, 405..406),
        Span::at(id, len + 3),
        Span::new(id, 10_000..20_000),
        Span::at(empty, 0),
    ] {
        report.findings.push(Finding::new("r", Severity::Info, span, "message").here("label").label(span, "again"));
    }
    for width in [None, Some(20), Some(80)] {
        for unicode in [false, true] {
            let shown = render(OutputFormat::Full, &report, Style { width, unicode, ..Style::default() });
            assert_eq!(shown.matches("info[r]").count(), 7);
            assert!(shown.lines().all(|l| excerpt::str_width(l) < 200), "{shown}");
        }
    }
}

#[test]
fn every_other_format() {
    for format in OutputFormat::ALL {
        let style = Style {
            unicode: true,
            token: Some("word".into()),
            graph: Some("web\n└─ <img>".into()),
            ..Style::default()
        };
        if !matches!(format, OutputFormat::Full | OutputFormat::Concise | OutputFormat::Json | OutputFormat::Github) {
            insta::assert_snapshot!(format.as_str(), render(*format, &sample(), style));
        }
    }
}

/// Text and names that try to be something else in each format.
fn hostile() -> Report {
    let mut report = Report { root: "/r".into(), ..Report::default() };
    let text = "x</pre><script>alert(1)</script> @team ![](http://evil) ``` ##vso[task.x]y ::error::z ]]> %0A \u{1b}]0;t\u{7}\u{202e}\n\
                ::stop-commands::a\n##[add-mask]b\n| a | b |\n\u{0}\u{b}\u{ffff}</td>\n";
    let names = [
        "a\n::error::b",
        "b]]>&\"'<c>",
        "##[group]x",
        "##vso[task.setvariable variable=a]b;c]",
        "d e%2F:f",
        "\u{1b}[31m\u{202e}x",
    ];
    for name in names {
        let id = report.sources.add(format!("/r/{name}").into(), name.into(), text.as_bytes().to_vec());
        let fix = Fix::new(text, Applicability::Safe).insert(Span::at(id, 0), text);
        report.findings.push(
            Finding::new("rule", Severity::Warning, Span::new(id, 0..text.len()), text)
                .here(text)
                .label(Span::new(id, 3..9), text)
                .note(text)
                .help(text)
                .service(text)
                .stage(text)
                .fix(fix),
        );
        report.coverage.push(CoverageNote { path: name.into(), line: 1, what: text.into(), unjudged: false });
    }
    report.checked.files = 6;
    fingerprint::assign(&mut report);
    report
}

#[test]
fn hostile_text_stays_text_in_every_format() {
    let report = hostile();
    for format in OutputFormat::ALL {
        let shown =
            render(*format, &report, Style { unicode: true, graph: Some("</pre><script>".into()), ..Style::default() });
        let name = format.as_str();
        match format {
            OutputFormat::Json | OutputFormat::Sarif | OutputFormat::Gitlab | OutputFormat::Rdjson => {
                let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
                assert!(value.is_object() || value.is_array());
            }
            OutputFormat::Jsonl => {
                let parsed: Result<Vec<serde_json::Value>, _> = shown.lines().map(serde_json::from_str).collect();
                assert_eq!(parsed.unwrap().len(), 6);
            }
            OutputFormat::Junit | OutputFormat::Checkstyle => {
                let document = roxmltree::Document::parse(&shown).unwrap_or_else(|e| panic!("{name}: {e}\n{shown}"));
                let count =
                    document.descendants().filter(|n| n.has_tag_name("failure") || n.has_tag_name("error")).count();
                assert_eq!(count, 6, "{name}");
            }
            OutputFormat::Html => {
                assert!(!shown.contains("<script"));
                assert_eq!(shown.matches("</article>").count(), 6);
            }
            OutputFormat::Markdown => {
                // Outside of fences nothing of the repository's markup is left.
                let mut fenced = None;
                for line in shown.lines() {
                    let ticks = line.trim_start().chars().take_while(|c| *c == '`').count();
                    match fenced {
                        None if ticks > 2 => fenced = Some(ticks),
                        Some(open) if ticks >= open && line.trim().len() == ticks => fenced = None,
                        Some(_) => {}
                        None => assert!(
                            !line.contains("<script") && !line.contains("@team") && !line.contains("!["),
                            "{line}"
                        ),
                    }
                }
                assert_eq!(fenced, None);
            }
            _ => {}
        }
        if !matches!(
            format,
            OutputFormat::Json
                | OutputFormat::Jsonl
                | OutputFormat::Sarif
                | OutputFormat::Gitlab
                | OutputFormat::Rdjson
        ) {
            let bad: Vec<char> = shown.chars().filter(|c| crate::redact::is_unsafe(*c)).collect();
            assert!(bad.is_empty(), "{name}: {bad:?}");
            let ours = matches!(format, OutputFormat::Github);
            for line in shown.lines() {
                let ours =
                    ours || matches!(format, OutputFormat::Azure) && line.starts_with("##vso[task.logissue type=");
                let rest = if ours { line.get(1..).unwrap_or_default() } else { line };
                assert!(ours || !line.trim_start().starts_with("::"), "{name}: {line}");
                assert!(!rest.contains("##[") && (!rest.contains("##vso[")), "{name}: {line}");
            }
        }
    }
}

#[test]
fn sarif_is_sound() {
    let sarif: serde_json::Value =
        serde_json::from_str(&render(OutputFormat::Sarif, &sample(), Style::default())).unwrap();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["startColumn"].as_u64().unwrap() >= 1);
    }
    let bypass = &results[1];
    assert_eq!(bypass["relatedLocations"].as_array().unwrap().len(), 3);
    assert_eq!(bypass["fixes"][0]["artifactChanges"][0]["artifactLocation"]["uri"], "compose.yaml");
    // A name with a colon would otherwise be a URL with a scheme.
    let hostile: serde_json::Value =
        serde_json::from_str(&render(OutputFormat::Sarif, &hostile(), Style::default())).unwrap();
    let uri = &hostile["runs"][0]["results"][4]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "d%20e%252F%3Af");
}
