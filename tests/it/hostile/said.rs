//! No limit is silent: what one of ours keeps from being read or judged is in the notes on what was not.

use crate::common::heavy;

use super::repo::Repo;

/// What the notes say, one a line, and which rules reported something.
fn checked(repo: &Repo) -> (String, Vec<String>) {
    let outcome = repo.call("--format json");
    assert!(outcome.is_orderly(), "{outcome:?}");
    let json = outcome.json();
    let texts = |list: &str, key: &str| -> Vec<String> {
        json[list].as_array().unwrap().iter().map(|it| it[key].as_str().unwrap().to_owned()).collect()
    };
    (texts("coverage", "what").join("\n"), texts("diagnostics", "rule"))
}

/// The notes say `what`, and none of the rules `wrong` takes the limit for a fault of the project.
fn said(files: &[(&str, &str)], what: &str, wrong: &[&str]) {
    let (notes, rules) = checked(&Repo::new(files));
    assert!(notes.contains(what), "{what:?} is not in {notes:?}");
    assert!(!rules.iter().any(|rule| wrong.contains(&rule.as_str())), "{what}: {rules:?}");
}

fn dockerfile(text: &str, what: &str, wrong: &[&str]) {
    said(&[("Dockerfile", &format!("FROM debian:12\n{text}"))], what, wrong);
}

fn compose(text: &str, what: &str, wrong: &[&str]) {
    said(&[("compose.yaml", text)], what, wrong);
}

fn each(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).map(line).collect()
}

#[test]
fn what_is_nested_in_compose_files() {
    let nested = format!("{}x{}", "${A:-".repeat(70), "}".repeat(70));
    let service = format!("services: {{a: {{image: x, command: '{nested}'}}}}\n");
    compose(&service, "nest or grow further than is followed", &["invalid-interpolation", "invalid-compose-schema"]);
    let files = [("compose.yaml", "services: {a: {image: 'x:$TAG'}}\n"), (".env", &format!("TAG={nested}\nB=1\n"))];
    said(&files, "the value at line 1 nests", &["missing-env-file", "unset-variable"]);
    let long = format!("A={}\n", "x".repeat(1 << 20));
    let many = format!("services: {{a: {{image: x, command: [{}]}}}}\n", "'$A',".repeat(40));
    said(&[("compose.yaml", &many), (".env", &long)], "come to more text than is followed", &[]);
    let chain = each(80, |i| format!("  s{i}: {{extends: {{service: s{}}}}}\n", i + 1));
    let last = "  s80: {image: x}\n";
    compose(
        &format!("services:\n{chain}{last}"),
        "extends over 64 services in a row",
        &["dependency-cycle", "service-without-image-or-build"],
    );
}

#[test]
fn many_compose_files() {
    let repo = Repo::new(&[("compose.yaml", "include: [i0.yaml]\n")]);
    for i in 0..80 {
        let next = format!("include: [i{}.yaml]\nservices: {{s{i}: {{image: x}}}}\n", i + 1);
        repo.write(format!("i{i}.yaml"), next);
    }
    repo.write("i80.yaml", "services: {z: {image: x}}\n");
    let (notes, rules) = checked(&repo);
    assert!(notes.contains("is included over 64 files deep"), "{notes}");
    assert!(!rules.contains(&"dependency-cycle".to_owned()), "{rules:?}");
    let repo = Repo::empty();
    repo.write("compose.yaml", format!("include: [{}]\n", each(1010, |i| format!("i{i}.yaml,"))));
    (0..1010).for_each(|i| repo.write(format!("i{i}.yaml"), format!("services: {{s{i}: {{image: x}}}}\n")));
    let (notes, rules) = checked(&repo);
    assert!(notes.contains("more than 1000 compose files"), "{notes}");
    assert!(!rules.contains(&"invalid-compose-schema".to_owned()), "{rules:?}");
}

#[test]
fn documents_of_one_file() {
    let documents = "---\nservices: {a: {image: x}}\n".repeat(1001);
    compose(&documents, "over 1000 documents", &["undefined-reference"]);
    compose(&"---\n...\n".repeat(100_000), "over 1000 documents", &[]);
}

#[test]
fn ranges_of_ports() {
    let services = each(5, |i| format!("  s{i}: {{image: x, ports: ['1-65535']}}\n"));
    compose(&format!("services:\n{services}"), "come to over 70000 ports", &[]);
}

#[test]
fn what_is_long_or_nested_in_scripts() {
    let wrong = &["missing-command", "undefined-variable"];
    dockerfile(&format!("RUN echo {}x{}; git x\n", "$(".repeat(70), ")".repeat(70)), "not all of this script", wrong);
    dockerfile(&format!("RUN {}\n", "a;".repeat(4100)), "more than 4000 commands", &[]);
    let mut nested = "apt-get update && apt-get install -y git".to_owned();
    for _ in 0..6 {
        nested = format!("sh -c '{}'", nested.replace('\'', "'\\''"));
    }
    dockerfile(&format!("RUN {nested}\nRUN git clone x\n"), "shells that run shells", wrong);
    let body = "ls a; ".repeat(20);
    let script = format!("RUN f() {{ {body}}}; {}\nRUN git clone x\n", "f; ".repeat(200));
    dockerfile(&script, "called too often to be followed", wrong);
    let long = format!("#!/bin/sh\n{}apt-get install -y git\n", "# a line\n".repeat(130_000));
    let build = "FROM debian:12\nCOPY long.sh /\nRUN sh /long.sh\nRUN git clone x\n";
    said(&[("Dockerfile", build), ("long.sh", &long)], "`long.sh` is too long", wrong);
}

#[test]
fn what_steps_read() {
    let build = |step: &str| format!("FROM python:3.12-slim\nWORKDIR /x\nCOPY . .\n{step}");
    let long = format!("{}psycopg2\n", "# a line\n".repeat(350_000));
    let steps = build(&"RUN pip install -r requirements.txt\n".repeat(4));
    said(&[("Dockerfile", &steps), ("requirements.txt", &long)], "more than 8 MiB of files", &[]);
    let longer = "# a line\n".repeat(500_000);
    said(
        &[("Dockerfile", &build("RUN pip install -r requirements.txt\n")), ("requirements.txt", &longer)],
        "`requirements.txt`, which this step reads, is larger than 4 MiB",
        &[],
    );
    let repo = Repo::new(&[("Dockerfile", &build("RUN pip install -r r0.txt\n"))]);
    (0..12).for_each(|i| repo.write(format!("r{i}.txt"), format!("-r r{}.txt\n", i + 1)));
    let (notes, _) = checked(&repo);
    assert!(notes.contains("requirements files include each other over 8 deep"), "{notes}");
    let many = each(6_000, |i| format!("package{i}\n"));
    let step = build("RUN pip install -r requirements.txt\n");
    said(&[("Dockerfile", &step), ("requirements.txt", &many)], "over 5000 requirements", &[]);
    let repo = Repo::new(&[("Dockerfile", &step)]);
    repo.write("requirements.txt", each(250, |i| format!("-r r{i}.txt\n")));
    (0..250).for_each(|i| repo.write(format!("r{i}.txt"), "psycopg2\n-r requirements.txt\n"));
    let (notes, _) = checked(&repo);
    assert!(notes.contains("stand in over 200 files"), "{notes}");
    let makefile = each(300, |i| format!("t{i}: t{}\n", i + 1));
    let steps = "FROM debian:12\nRUN apt-get update && apt-get install -y make\nCOPY Makefile /\nRUN make\n";
    said(&[("Dockerfile", steps), ("Makefile", &makefile)], "over 200 targets", &[]);
}

#[test]
fn faults_comments_and_names() {
    dockerfile(&each(30, |i| format!("RUNN x{i}\n")), "faults of this Dockerfile from here on are not reported", &[]);
    dockerfile(&"# dockcheck: ignore[x]\n".repeat(10_001), "comments that silence findings are not looked at", &[]);
    if heavy() {
        let repo = Repo::new(&[
            ("Dockerfile", "FROM debian:12\nCOPY n*/z* /\n"),
            ("compose.yaml", "services: {a: {build: .}}\n"),
        ]);
        (0..20_100).for_each(|i| repo.write(format!("n/{i}"), ""));
        let (notes, _) = checked(&repo);
        assert!(notes.contains("over 20000 names to compare"), "{notes}");
    }
}
