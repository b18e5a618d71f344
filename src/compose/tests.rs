//! The loader's findings with their places, and hostile projects.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;

use super::fault::YamlFault;
use super::{ComposeProject, FaultKind, LoadRequest, load};
use crate::diagnostic::Severity;
use crate::files::Files;
use crate::text::Sources;

struct Loaded {
    project: ComposeProject,
    sources: Sources,
}

fn project(files: &[(&str, &str)]) -> Loaded {
    let outer = tempfile::tempdir().unwrap();
    let dir = outer.path().join("root");
    for (name, text) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let root = fs::canonicalize(&dir).unwrap();
    let mut sources = Sources::new();
    let request = LoadRequest { project_directory: Some(root.clone()), complete: true, ..LoadRequest::default() };
    let project = load(&request, &Files::new(&root, &root), &mut sources);
    Loaded { project, sources }
}

/// The findings as "severity rule text-of-the-place".
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let loaded = project(files);
    let mut list: Vec<String> = loaded
        .project
        .findings
        .iter()
        .map(|f| format!("{} {} {}", f.severity.as_str(), f.rule, loaded.sources.slice(f.primary.span)))
        .collect();
    list.sort();
    list
}

fn one(text: &str) -> Vec<String> {
    found(&[("compose.yaml", text)])
}

#[test]
fn all_faults_come_at_once_each_at_its_place() {
    let text = "\
services:
  a:
    imge: x
    ports: 80
    depends_on: [b]
  c:
    image: x
    volumes: ['data:/d']
    networks: [n]
    network_mode: host
";
    assert_eq!(
        one(text),
        [
            "error conflicting-options network_mode",
            "error invalid-compose-schema 80",
            "error invalid-compose-schema imge",
            "error service-without-image-or-build a",
            "error undefined-reference 'data:/d'",
            "error undefined-reference b",
            "error undefined-reference n",
        ]
    );
}

#[test]
fn a_fault_of_the_override_lies_in_the_override() {
    let files = [
        ("compose.yaml", "services:\n  a:\n    image: x\n    scale: 1\n"),
        ("compose.override.yaml", "services:\n  a:\n    scale: [2]\n    privileged: maybe\n"),
    ];
    let loaded = project(&files);
    for finding in &loaded.project.findings {
        assert!(loaded.sources.file(finding.primary.span.file).name().ends_with("override.yaml"), "{finding:?}");
    }
    let mut places: Vec<_> = loaded.project.findings.iter().map(|f| loaded.sources.slice(f.primary.span)).collect();
    places.sort_unstable();
    assert_eq!(places, ["[2]", "maybe"]);
}

#[test]
fn parts_of_projects_are_not_asked_for_what_they_lack() {
    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap();
    let path = root.join("compose.gpu.yaml");
    fs::write(
        &path,
        "services:\n  a:\n    environment: {X: '${X}'}\n    networks: [n]\n    env_file: no.env\n    prots: []\n",
    )
    .unwrap();
    let request = LoadRequest { files: vec![path], ..LoadRequest::default() };
    let mut sources = Sources::new();
    let project = load(&request, &Files::new(&root, &root), &mut sources);
    let rules: Vec<_> = project.findings.iter().map(|f| f.rule).collect();
    assert_eq!(rules, ["invalid-compose-schema"]);
    assert!(project.refused);
}

#[test]
fn a_layer_over_a_file_above_is_a_part() {
    let files = [
        ("compose.yaml", "services:\n  app:\n    image: x\n"),
        ("dev/compose.yaml", "services:\n  app:\n    volumes: ['..:/src']\n"),
    ];
    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap();
    for (name, text) in files {
        fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        fs::write(root.join(name), text).unwrap();
    }
    let request = LoadRequest { project_directory: Some(root.join("dev")), complete: true, ..LoadRequest::default() };
    let project = load(&request, &Files::new(&root, &root), &mut Sources::new());
    assert!(project.findings.is_empty() && !project.complete && !project.coverage.is_empty());
}

#[test]
fn no_edit_is_offered_where_it_would_not_help() {
    for text in [
        "services:\n  a:\n    image: x\n    ports:\n      - 6379: 6379\n",
        "services:\n  a:\n    image: x\n    depends_on:\n      -api\n",
    ] {
        let project = project(&[("compose.yaml", text)]).project;
        assert!(!project.faults.is_empty() || !project.findings.is_empty(), "{text}");
        assert!(project.faults.iter().all(|f| f.edits.is_empty()), "{text}");
        assert!(project.findings.iter().all(|f| f.fixes.is_empty()), "{text}");
    }
    let text = "services:\n  a:\n    image: x\n    labels:\n      1: x\n";
    assert!(project(&[("compose.yaml", text)]).project.faults.iter().any(|f| !f.edits.is_empty()));
}

#[test]
fn templates_of_other_tools_are_not_judged() {
    for text in [
        "services:\n{% if x %}\n  a:\n    image: {{ image }}\n{% endif %}\n",
        "services:\n  a:\n    image: x\n    deploy: {{\n      toYaml\n      .deploy\n    }}\n",
        "services:\n  a:\n    image: (@= data.values.image @)\n    #@ if data.values.debug:\n    command: x\n    #@ end\n",
        "services:\n  a:\n    image: #@ data.values.image\n",
        "define(`NAME', `a')dnl\nservices:\n  a:\n    image: x\n",
    ] {
        let loaded = project(&[("compose.yaml", text)]);
        assert!(loaded.project.findings.is_empty() && loaded.project.faults.is_empty(), "{text}");
        assert!(loaded.project.coverage.iter().any(|c| c.what.contains("template")), "{text}");
    }
}

#[test]
fn values_of_variables_are_not_repeated() {
    let secret = "hunter2hunter2";
    let files = [
        (
            "compose.yaml",
            "services:\n  a:\n    image: x\n    environment:\n      - PASSWORD=hunter2hunter2\n      - PASSWORD =hunter2hunter2\n      \
             - {T: hunter2hunter2}\n    env_file: [.secrets]\n    build:\n      context: .\n      args: [hunter2hunter2]\n",
        ),
        (".secrets", "!hunter2hunter2=hunter2hunter2\n"),
        (".env", "X='hunter2hunter2\n"),
    ];
    let loaded = project(&files);
    assert!(loaded.project.findings.len() >= 2);
    for finding in &loaded.project.findings {
        let all = format!("{} {:?} {:?} {:?}", finding.title, finding.related, finding.help, finding.fixes);
        assert!(!all.contains(secret), "{all}");
    }
    for note in &loaded.project.coverage {
        assert!(!note.what.contains(secret), "{note:?}");
    }
}

#[test]
fn nothing_outside_the_root_is_opened() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    fs::create_dir_all(&root).unwrap();
    let outside = outer.path().join("outside.yaml");
    fs::write(&outside, "services:\n  s:\n    image: SENTINEL\n").unwrap();
    fs::write(outer.path().join("outside.env"), "SENTINEL=1\n").unwrap();
    let absolute = outside.display();
    let text = format!(
        "include: [../outside.yaml, '{absolute}', {{path: ./x/../../outside.yaml, env_file: ../outside.env}}]\n\
         services:\n  a:\n    extends: {{file: ../outside.yaml, service: s}}\n    env_file: [../outside.env]\n    label_file: ../outside.env\n  \
         b:\n    image: x\n    build: ../..\n"
    );
    fs::write(root.join("compose.yaml"), text).unwrap();
    let root = fs::canonicalize(&root).unwrap();
    let mut sources = Sources::new();
    let request = LoadRequest { project_directory: Some(root.clone()), complete: true, ..LoadRequest::default() };
    let project = load(&request, &Files::new(&root, &root), &mut sources);
    assert!(sources.iter().all(|f| !f.text().contains("SENTINEL")));
    assert!(!format!("{:?}", project.model).contains("SENTINEL"));
    assert!(project.coverage.len() >= 4, "{:?}", project.coverage);
    let errors: Vec<_> = project.findings.iter().filter(|f| f.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn alias_bombs_end() {
    let mut text = String::from("x-a: &a {k: v}\n");
    for (from, to) in ('a'..'j').zip('b'..='j') {
        let list = vec![format!("*{from}"); 9].join(", ");
        writeln!(text, "x-{to}: &{to} [{list}]").unwrap();
    }
    text.push_str("services:\n  s:\n    image: x\n");
    assert!(project(&[("compose.yaml", &text)]).project.refused);

    let mut text = String::from("x-0: &m0 {k0: v}\n");
    for i in 1..2000 {
        writeln!(text, "x-{i}: &m{i}\n  <<: *m{}\n  k{i}: v", i - 1).unwrap();
    }
    text.push_str("services:\n  s:\n    image: x\n");
    assert!(project(&[("compose.yaml", &text)]).project.refused);

    assert!(project(&[("compose.yaml", "x: &a [*a]\nservices: &s {s: *s}\n")]).project.refused);
}

#[test]
fn deep_and_wide_files_end() {
    project(&[("compose.yaml", &"[".repeat(200_000))]);
    project(&[("compose.yaml", &format!("services: {}", "{a: ".repeat(100_000)))]);
    project(&[("compose.yaml", &format!("x: \"{}{}\"\n", "${A:-".repeat(50_000), "}".repeat(50_000)))]);
    let mut wide = String::from("services:\n");
    for i in 0..1_000 {
        writeln!(wide, "  s{i}: {{image: x}}").unwrap();
    }
    let both = project(&[("compose.yaml", &wide), ("compose.override.yaml", &wide)]).project;
    assert_eq!(both.services.len(), 1_000);
    let items: String = (0..10_000).map(|i| format!("      - K{i}=v\n")).collect();
    project(&[("compose.yaml", &format!("services:\n  s:\n    image: x\n    environment:\n{items}"))]);
    let chain: String = (0..1000).map(|i| format!("  s{i}:\n    image: x\n    depends_on: [s{}]\n", i + 1)).collect();
    project(&[("compose.yaml", &format!("services:\n{chain}  s1000:\n    image: x\n"))]);
    let chain: String = (0..1000).map(|i| format!("  s{i}: {{extends: s{}}}\n", i + 1)).collect();
    project(&[("compose.yaml", &format!("services:\n{chain}  s1000: {{image: x}}\n"))]);
}

#[test]
fn includes_that_multiply_end() {
    let names: Vec<String> = (0..30).map(|i| format!("f{i}.yaml")).collect();
    let texts: Vec<String> = (0..30)
        .map(|i| {
            let list: Vec<&str> = names.iter().skip(i + 1).map(String::as_str).collect();
            format!("include: [{}]\nservices:\n  s{i}: {{image: x}}\n", list.join(", "))
        })
        .collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    files.push(("compose.yaml", "include: [f0.yaml]\nservices:\n  s:\n    image: x\n"));
    project(&files);
    let own = project(&[("compose.yaml", "include: [compose.yaml]\nservices: {s: {image: x}}\n")]).project;
    assert!(own.refused && own.findings.iter().any(|f| f.rule == "dependency-cycle"));
}

#[test]
fn other_encodings_are_said_clearly() {
    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap();
    let text: Vec<u8> = "services:\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(root.join("compose.yaml"), [&[0xff, 0xfe], text.as_slice()].concat()).unwrap();
    let request = LoadRequest { project_directory: Some(root.clone()), complete: true, ..LoadRequest::default() };
    let project = load(&request, &Files::new(&root, &root), &mut Sources::new());
    assert_eq!(project.faults.len(), 1, "{:?}", project.faults);
    assert!(matches!(project.faults[0].kind, FaultKind::Yaml(YamlFault::Encoding(name)) if name.contains("UTF-16")));
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn word() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("services".to_owned()),
            Just("image".to_owned()),
            Just("build".to_owned()),
            Just("ports".to_owned()),
            Just("volumes".to_owned()),
            Just("environment".to_owned()),
            Just("depends_on".to_owned()),
            Just("networks".to_owned()),
            Just("extends".to_owned()),
            Just("include".to_owned()),
            Just("deploy".to_owned()),
            Just("healthcheck".to_owned()),
            Just("env_file".to_owned()),
            Just("<<".to_owned()),
            Just("&a".to_owned()),
            Just("*a".to_owned()),
            Just("!reset".to_owned()),
            Just("!override".to_owned()),
            Just("${A:-b}".to_owned()),
            Just("${A".to_owned()),
            Just("80:80".to_owned()),
            Just("./x:/y:ro".to_owned()),
            Just("é\u{1f600}".to_owned()),
            Just("null".to_owned()),
            Just("2024-01-01".to_owned()),
            Just("12".to_owned()),
            "[a-c]{1,3}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn the_loader_never_panics(
            lines in prop::collection::vec((0_usize..5, prop::bool::ANY, word(), word()), 1..25),
            more in prop::collection::vec((0_usize..5, prop::bool::ANY, word(), word()), 0..10),
        ) {
            let text = |lines: &[(usize, bool, String, String)]| -> String {
                lines
                    .iter()
                    .map(|(depth, dash, key, value)| {
                        let dash = if *dash { "- " } else { "" };
                        let value = if value.len() == 1 { "" } else { value.as_str() };
                        format!("{}{dash}{key}: {value}\n", "  ".repeat(*depth))
                    })
                    .collect()
            };
            let loaded = project(&[("compose.yaml", &text(&lines)), ("compose.override.yml", &text(&more))]);
            for finding in &loaded.project.findings {
                let file = loaded.sources.file(finding.primary.span.file);
                prop_assert!(file.text().get(finding.primary.span.range()).is_some());
            }
            super::super::resolve::to_json(&loaded.project);
        }
    }
}
