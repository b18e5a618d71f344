//! T13: cost grows with the size of the input. Every shape that a repository can have much of, at n, 2n and 4n: what twice the
//! input costs is not four times as much. See `cost.rs` for how that is measured.

use std::path::PathBuf;
use std::time::Duration;

use dockcheck::Settings;
use dockcheck::internals::dockerfile::expand::BuildInputs;
use dockcheck::internals::dockerfile::expand::Evaluation;
use dockcheck::internals::shell;
use dockcheck::report::{OutputFormat, Style, View};
use dockcheck::rules::by_name;
use dockcheck::text::SourceFile;
use dockcheck::text::Sources;
use dockcheck::{Request, check};

use crate::common::heavy;

use super::cost::{LINEAR, QUADRATIC, cost, growth};
use super::repo::Repo;

type Files = Vec<(String, String)>;

/// A name, what n of it look like, and n. What is capped somewhere stays below the cap at 4n.
type Shape = (&'static str, fn(usize) -> Files, usize);

fn each(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).map(line).collect()
}

fn dockerfile(text: String) -> Files {
    vec![("Dockerfile".into(), text)]
}

fn compose(text: String) -> Files {
    vec![("compose.yaml".into(), text)]
}

/// A Dockerfile with the service that builds it.
fn built(text: String) -> Files {
    let mut files = dockerfile(text);
    files.extend(compose("services: {a: {build: .}}\n".into()));
    files
}

/// One RUN with a command a line.
fn script(n: usize, before: &str, command: impl Fn(usize) -> String) -> Files {
    dockerfile(format!("FROM debian:12\nRUN {before}{}\n", each(n, |i| format!(" && \\\n  {}", command(i)))))
}

fn services(n: usize, service: impl Fn(usize) -> String) -> Files {
    compose(format!("services:\n{}", each(n, |i| format!("  s{i}: {{{}}}\n", service(i)))))
}

const SHAPES: &[Shape] = &[
    ("instructions", |n| dockerfile(format!("FROM debian:12\n{}", "RUN apt-get install -y git\n".repeat(n))), 200),
    (
        "steps that lack something",
        |n| dockerfile(format!("FROM debian:12\n{}", each(n, |i| format!("RUN jq{i} && git x\n")))),
        200,
    ),
    (
        "stages in a chain",
        |n| {
            dockerfile(format!(
                "FROM debian:12 AS s0\n{}",
                each(n, |i| format!("FROM s{i} AS s{}\nRUN jq; unzip{i}\n", i + 1))
            ))
        },
        100,
    ),
    (
        "stages beside each other",
        |n| dockerfile(each(n, |i| format!("FROM debian:12 AS s{i}\nRUN git x\nRUN make\n"))),
        100,
    ),
    ("commands of one script", |n| script(n, "true", |i| format!("ls x{i}")), 300),
    ("variables of one script", |n| script(n, "true", |i| format!("A{i}=x && ls $A{i}")), 150),
    ("missing commands of one script", |n| script(n, "true", |i| format!("cmd{i} x")), 300),
    (
        "downloads of one script",
        |n| script(n, "apt-get update && apt-get install -y curl", |i| format!("curl https://x/{i}")),
        300,
    ),
    ("folders of one script", |n| script(n, "true", |i| format!("cd ../d{i} && ./configure && make")), 150),
    ("installs of one script", |n| script(n, "apt-get update", |_| "apt-get install -y git".into()), 150),
    ("packages that are not there", |n| script(n, "apt-get update", |i| format!("apt-get install -y nosuch{i}")), 150),
    ("requirements of one script", |n| script(n, "true", |_| "pip install psycopg2".into()), 150),
    ("a pipeline", |n| dockerfile(format!("FROM debian:12\nRUN jq{}\n", each(n, |i| format!(" | \\\n git{i}")))), 300),
    (
        "steps that run one script",
        |n| {
            let mut files = built(format!("FROM debian:12\nCOPY s.sh /\n{}", "RUN sh /s.sh\n".repeat(n)));
            files.push(("s.sh".into(), "true && git x\n".repeat(100)));
            files
        },
        100,
    ),
    (
        "scripts that run scripts",
        |n| {
            let mut files = built("FROM debian:12\nCOPY a.sh b.sh c.sh /\nRUN sh /a.sh\n".into());
            files.push(("a.sh".into(), "sh /b.sh\n".repeat(n)));
            files.push(("b.sh".into(), "sh /c.sh\n".repeat(n)));
            files.push(("c.sh".into(), "git x\n".repeat(n)));
            files
        },
        200,
    ),
    (
        "stages on one with ONBUILD",
        |n| {
            let triggers = "ONBUILD RUN git x && unzip y\n".repeat(n);
            dockerfile(format!("FROM debian:12 AS a\n{triggers}{}", each(n, |i| format!("FROM a AS s{i}\n"))))
        },
        150,
    ),
    (
        "archives",
        |n| {
            let add = |i| format!("echo 'deb https://cli.github.com/packages x' > /etc/apt/sources.list.d/{i}.list");
            script(n, "apt-get update", |i| format!("{} && apt-get install -y git gh p{i}", add(i)))
        },
        150,
    ),
    (
        "packages of one install",
        |n| {
            dockerfile(format!(
                "FROM debian:12\nRUN apt-get update && apt-get install -y{}\n",
                each(n, |i| format!(" p{i}"))
            ))
        },
        1_000,
    ),
    ("sources of one COPY", |n| built(format!("FROM debian:12\nCOPY {} /x/\n", each(n, |i| format!("a{i} ")))), 500),
    ("COPYs", |n| built(format!("FROM debian:12\n{}", each(n, |i| format!("COPY a{i} /x{i}\n")))), 100),
    (
        "ENVs",
        |n| dockerfile(format!("FROM debian:12\nENV A0=x\n{}", each(n, |i| format!("ENV A{}=$A{i}\n", i + 1)))),
        200,
    ),
    ("ARGs", |n| dockerfile(format!("ARG A0=x\n{}FROM $A{n}\n", each(n, |i| format!("ARG A{}=$A{i}\n", i + 1)))), 200),
    ("pairs of one ENV", |n| dockerfile(format!("FROM debian:12\nENV{}\n", each(n, |i| format!(" A{i}=x")))), 1_000),
    (
        "secrets of one ARG",
        |n| dockerfile(format!("FROM debian:12\nARG{}\n", each(n, |i| format!(" A{i}_TOKEN=val{i}ue")))),
        500,
    ),
    (
        "users",
        |n| dockerfile(format!("FROM debian:12\n{}", each(n, |i| format!("USER u{i}\nRUN apt-get install -y git\n")))),
        100,
    ),
    ("faults", |n| dockerfile(format!("FROM debian:12\n{}", each(n, |i| format!("RUNN x{i}\n")))), 300),
    ("comments", |n| dockerfile(format!("FROM debian:12\nRUN true \\\n{} true\n", "# c\n".repeat(n))), 5_000),
    ("words that assign", |n| dockerfile(format!("FROM debian:12\nMAINTAINER {}\n", "TOKEN=".repeat(n))), 2_500),
    (
        "keys on one line",
        |n| compose(format!("services: {{a: {{image: x, command: '{}'}}}}\nx: {{\n", "secret_token: ".repeat(n))),
        5_000,
    ),
    (
        "heredocs",
        |n| {
            dockerfile(format!(
                "FROM debian:12\nRUN {}\n{}",
                each(n, |i| format!("<<E{i} ")),
                each(n, |i| format!("E{i}\n"))
            ))
        },
        500,
    ),
    (
        "comments that silence",
        |n| {
            dockerfile(format!(
                "FROM debian:12\n{}",
                "# dockcheck: ignore[deprecated-maintainer]\nMAINTAINER x\n".repeat(n)
            ))
        },
        250,
    ),
    (
        "comments that silence in compose",
        |n| {
            let service =
                |i| format!("  s{i}:\n    image: x\n    # dockcheck: ignore[invalid-compose-schema]\n    imagee: y\n");
            compose(format!("services:\n{}", each(n, service)))
        },
        250,
    ),
    (
        "patterns",
        |n| {
            let mut files = built("FROM debian:12\nCOPY a/b/c /x\nCOPY . /\n".into());
            files.push((".dockerignore".into(), each(n, |i| format!("p{i}\n!q{i}\n"))));
            files
        },
        1_000,
    ),
    ("services", |n| services(n, |_| "image: x".into()), 250),
    (
        "services of one build",
        |n| {
            let mut files = services(n, |_| "build: .".into());
            files.extend(dockerfile("FROM debian:12\nRUN git x\n".into()));
            files
        },
        250,
    ),
    (
        "services that wait for each other",
        |n| services(n, |i| format!("image: x, depends_on: [s{}]", i.max(1) - 1)),
        250,
    ),
    ("a ring of services", |n| services(n, |i| format!("image: x, depends_on: [s{}]", i + 1)), 250),
    (
        "services that name what is not there",
        |n| {
            services(n, |i| {
                format!("image: x, networks: [n{i}], volumes: ['v{i}:/x'], depends_on: [t{i}], secrets: [x{i}]")
            })
        },
        300,
    ),
    ("services with unknown keys", |n| services(n, |_| "image: x, imagee: y".into()), 250),
    (
        "unknown keys",
        |n| compose(format!("services:\n  a:\n    image: x\n{}", each(n, |i| format!("    k{i}: y\n")))),
        500,
    ),
    (
        "findings on one line",
        |n| compose(format!("services: {{a: {{image: x{}}}}}\n", each(n, |i| format!(", k{i}: y")))),
        1_000,
    ),
    (
        "fixes on one line",
        |n| compose(format!("services: {{{}}}\n", each(n, |i| format!("s{i}: {{image: x, imagee: y}}, ")))),
        500,
    ),
    (
        "arguments that nothing reads",
        |n| {
            let mut files =
                services(1, |_| format!("build: {{context: ., args: {{{}}}}}", each(n, |i| format!("ARG_{i}: b, "))));
            files.extend(dockerfile(format!("FROM debian:12\n{}", each(n / 4, |i| format!("ARG OTHER_{i}\n")))));
            files
        },
        1_000,
    ),
    (
        "uses of a long value",
        |n| {
            let value = "x".repeat(60_000);
            dockerfile(format!("FROM debian:12\nARG A={value}\nCOPY <<E /x\n{}\nE\n", "$A".repeat(n)))
        },
        2_000,
    ),
    ("parts of a path", |n| services(1, |_| format!("build: {}", "a/".repeat(n))), 4_000),
    ("duplicate keys", |n| compose(format!("services:\n  a:\n    image: x\n{}", "    image: y\n".repeat(n))), 500),
    (
        "environment",
        |n| services(1, |_| format!("image: x, environment: [{}]", each(n, |i| format!("A{i}=$B,")))),
        1_000,
    ),
    (
        ".env",
        |n| {
            let mut files = services(1, |_| "image: x".into());
            files.push((".env".into(), format!("A0=x\n{}", each(n, |i| format!("A{}=$A{i}\n", i + 1)))));
            files
        },
        1_000,
    ),
    (
        ".env that leaves quotes open",
        |n| {
            let mut files = services(1, |_| "image: x".into());
            files.push((".env".into(), each(n, |i| format!("A{i}='\n"))));
            files
        },
        1_000,
    ),
    (
        "includes",
        |n| {
            let mut files = compose(format!("include: [{}]\n", each(n, |i| format!("i{i}.yaml,"))));
            files.extend((0..n).map(|i| (format!("i{i}.yaml"), format!("services: {{s{i}: {{image: x}}}}\n"))));
            files
        },
        50,
    ),
    (
        "projects",
        |n| {
            let project = |i: usize| {
                [
                    (format!("d{i}/compose.yaml"), "services: {a: {build: .}}\n".to_owned()),
                    (format!("d{i}/Dockerfile"), "FROM debian:12\nRUN git x\n".into()),
                ]
            };
            (0..n).flat_map(project).collect()
        },
        100,
    ),
    (
        "extends",
        |n| services(n, |i| if i == 0 { "image: x".into() } else { format!("extends: {{service: s{}}}", i - 1) }),
        250,
    ),
    (
        "extends of one",
        |n| services(n, |i| if i == 0 { "image: x, labels: [a=b]".into() } else { "extends: {service: s0}".into() }),
        250,
    ),
    (
        "aliases",
        |n| {
            compose(format!(
                "x-0: &a {{k: v}}\n{}services: {{a: {{image: x, labels: *a}}}}\n",
                each(n, |i| format!("x-{}: *a\n", i + 1))
            ))
        },
        1_000,
    ),
    (
        "merges",
        |n| {
            compose(format!(
                "x-0: &a {{image: x}}\nservices:\n{}",
                each(n, |i| format!("  s{i}: {{<<: *a, tty: true}}\n"))
            ))
        },
        250,
    ),
    (
        "lines of a scalar",
        |n| compose(format!("services:\n  a:\n    image: x\n    command: |\n{}", "      line ${A:-b}\n".repeat(n))),
        2_000,
    ),
    ("documents", |n| compose(format!("services: {{a: {{image: x}}}}\n{}", "---\na: b\n".repeat(n))), 2_000),
    ("lines that are no YAML", |n| compose(format!("services:\n{}", "\t: [\n".repeat(n))), 2_000),
    ("ports", |n| services(1, |_| format!("image: x, ports: [{}]", each(n, |i| format!("'{0}:{0}',", i + 1)))), 1_000),
    ("volumes", |n| services(1, |_| format!("image: x, volumes: [{}]", each(n, |i| format!("'./f{i}:/x{i}',")))), 500),
    (
        "build arguments",
        |n| {
            let mut files =
                services(1, |_| format!("build: {{context: ., args: {{{}}}}}", each(n, |i| format!("A{i}: b, "))));
            files.extend(dockerfile("FROM debian:12\n".into()));
            files
        },
        500,
    ),
    ("text after interpolation", |n| services(1, |_| format!("image: x, command: '{}'", "${A:-b}".repeat(n))), 2_000),
    (
        "an inline Dockerfile",
        |n| {
            compose(format!(
                "services:\n  a:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM debian:12\n{}",
                "        MAINTAINER x\n".repeat(n)
            ))
        },
        300,
    ),
    (
        "Dockerfiles",
        |n| (0..n).map(|i| (format!("d{i}/Dockerfile"), "FROM debian:12\nMAINTAINER x\nRUN git x\n".into())).collect(),
        150,
    ),
    (
        "Dockerfiles on each other",
        |n| (0..n).map(|i| (format!("d{i}/Dockerfile"), format!("FROM me/d{}\nRUN git x\n", i + 1))).collect(),
        150,
    ),
];

/// What a check of everything costs, and a report of each kind.
fn cost_of_check(files: &Files) -> Duration {
    let repo = Repo::empty();
    // What is walked over must be there; texts come along.
    files.iter().for_each(|(name, text)| repo.write(name, text));
    let root = repo.path();
    let request = Request {
        paths: vec![root.clone()],
        working_dir: root.clone(),
        root: Some(PathBuf::from(&root)),
        ..Request::default()
    };
    // All on one thread, which is the one that is measured.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(dockcheck::STACK_BYTES).build().unwrap();
    pool.install(|| {
        cost(|| {
            let report = check(&request, &Settings::default());
            assert!(report.bugs.is_empty(), "{:?}", report.bugs);
            let lookup = |rule: &str| by_name(rule).map(|e| &e.meta);
            let view = View::new(&report, Style::default(), &lookup);
            for format in [OutputFormat::Full, OutputFormat::Json, OutputFormat::Html] {
                std::hint::black_box(format.render(&view));
            }
        })
    })
}

/// The walk is done by other threads, so what it asks is asked here: a file that is missing in each folder of a chain. The paths
/// grow too, so twice the folders may cost four times as much; looking up the whole path of each cost eight times as much.
#[test]
fn t13_folders_within_folders() {
    let measure = |n: usize| {
        let repo = Repo::empty();
        repo.write(format!("{}Dockerfile", "d/".repeat(n)), "FROM debian:12\n");
        let root = repo.path();
        let files = dockcheck::internals::files::Files::new(&root, &root);
        cost(|| {
            let mut folder = root;
            for _ in 0..n {
                folder.push("d");
                assert!(files.read(&folder.join(".gitignore")).is_err());
            }
        })
    };
    let sizes: &[usize] = if heavy() { &[200, 400, 800] } else { &[200, 400] };
    assert_eq!(growth("folders within folders", sizes, QUADRATIC, measure), None);
}

#[test]
fn t13_twice_the_input_takes_twice_as_long() {
    if !heavy() {
        eprintln!("skipped: whole checks are measured with DOCKCHECK_HEAVY=1 only");
        return;
    }
    // Tables are decoded on first use.
    cost_of_check(&built("FROM debian:12\nRUN apt-get update && apt-get install -y git && make\n".into()));
    cost_of_check(&dockerfile(
        "FROM python:3.12-slim\nRUN pip install psycopg2\nFROM alpine:3.20\nRUN apk add git\n".into(),
    ));
    let one = |(name, shape, n): &Shape| growth(name, &[*n, 2 * n, 4 * n], LINEAR, |n| cost_of_check(&shape(n)));
    let worst: Vec<String> = SHAPES.iter().filter_map(one).collect();
    assert!(worst.is_empty(), "{worst:#?}");
}

/// Reads a text, as the model would.
type Reader = fn(&str);

/// A name, what n of it look like, n, and what reads it.
type Text = (&'static str, fn(usize) -> String, usize, Reader);

/// Deeper and longer than what is followed.
const TEXTS: &[Text] = &[
    ("substitutions", |n| format!("a && {}{}", "$(echo ".repeat(n), ")".repeat(n)), 10_000, script_text),
    ("open groups", |n| "(".repeat(n), 100_000, script_text),
    ("open substitutions", |n| "$(".repeat(n), 100_000, script_text),
    ("backticks", |n| "`".repeat(n + 1), 100_000, script_text),
    ("open substitutions in quotes", |n| "\"$(".repeat(n), 20_000, script_text),
    ("defaults", |n| "${a:-".repeat(n), 10_000, script_text),
    ("open arithmetic", |n| "$((".repeat(n), 10_000, script_text),
    ("open cases", |n| "case x in a) ".repeat(n), 10_000, script_text),
    ("open ifs", |n| "if a; then ".repeat(n), 10_000, script_text),
    ("open braces", |n| "{ ".repeat(n), 10_000, script_text),
    ("brackets", |n| "[".repeat(n), 100_000, script_text),
    ("open brace expansions", |n| format!("echo {}", "{a,".repeat(n)), 10_000, script_text),
    ("open tests", |n| "[[ (".repeat(n), 10_000, script_text),
    ("open heredocs", |n| "a <<E\n".repeat(n), 10_000, script_text),
    ("open functions", |n| "a() { ".repeat(n), 10_000, script_text),
    ("negations", |n| "! ".repeat(n), 10_000, script_text),
    ("an open pipeline", |n| "a | ".repeat(n), 10_000, script_text),
    ("shells in shells", |n| "sh -c '".repeat(n), 10_000, script_text),
    ("comments in a list", |n| "a && \\\n#x\n".repeat(n), 10_000, script_text),
    ("continued lines", |n| format!("FROM a\nRUN x{}\n", " \\\n  y".repeat(n)), 50_000, dockerfile_text),
    ("closed heredocs", |n| each(n, |i| format!("RUN <<E{i}\nx\nE{i}\n")), 10_000, dockerfile_text),
    ("heredocs without an end", |n| each(n, |i| format!("RUN <<E{i}\n")), 10_000, dockerfile_text),
    ("heredocs of one line", |n| format!("FROM a\nRUN {}\n", "<<E ".repeat(n)), 8_000, dockerfile_text),
    ("JSON that nests", |n| format!("FROM a\nCMD {}\n", "[".repeat(n)), 30_000, dockerfile_text),
    ("triggers of triggers", |n| format!("FROM a\n{}RUN x\n", "ONBUILD ".repeat(n)), 4_000, dockerfile_text),
    ("defaults in a heredoc", |n| format!("FROM a\nRUN <<E {}\nE\n", "${a:-".repeat(n)), 5_000, dockerfile_text),
    ("pairs of a continued ENV", |n| format!("FROM a\nENV {}\n", "a=b \\\n".repeat(n)), 25_000, dockerfile_text),
    (
        "variables that double",
        |n| format!("FROM scratch\nENV A=aaaaaaaa\n{}", "ENV A=$A$A\n".repeat(n)),
        1_000,
        dockerfile_text,
    ),
    ("uses of one variable", |n| format!("FROM scratch\nENV A=a\nENV B={}\n", "$A".repeat(n)), 15_000, dockerfile_text),
    ("YAML that nests", |n| format!("x: {}\n", "[".repeat(n)), 100_000, yaml_text),
    ("mappings that nest", |n| format!("x: {}\n", "{a: ".repeat(n)), 50_000, yaml_text),
    ("defaults in compose", |n| format!("{}x{}", "${A:-".repeat(n), "}".repeat(n)), 20_000, value_text),
];

fn one_file(text: &str, read: impl FnOnce(&SourceFile)) {
    let mut sources = Sources::new();
    let id = sources.add("f".into(), "f".into(), text.as_bytes().to_vec());
    read(sources.file(id));
}

fn script_text(text: &str) {
    one_file(text, |file| {
        let script = shell::read_instruction(file, file.span(0..text.len()), &[], shell::ShellOptions::default());
        std::hint::black_box(script);
    });
}

fn dockerfile_text(text: &str) {
    one_file(text, |file| {
        let parsed = dockcheck::internals::dockerfile::parse(file);
        std::hint::black_box(Evaluation::new(&parsed, &BuildInputs::default()));
    });
}

fn yaml_text(text: &str) {
    one_file(text, |file| drop(dockcheck::internals::yaml::parse(file)));
}

fn value_text(text: &str) {
    std::hint::black_box(dockcheck::internals::compose::interpolate::substitute(text, &|_| None).is_ok());
}

/// Each stage has the arguments of all that it is based on, so twice the stages have four times as many. How many stages are
/// read is bounded.
const STAGES: Text = (
    "stages on each other",
    |n| format!("FROM scratch AS s0\n{}", each(n, |i| format!("FROM s{i} AS s{}\nARG v{i}=$nope\n", i + 1))),
    500,
    dockerfile_text,
);

#[test]
fn t13_every_reader_takes_twice_as_long_for_twice_the_text() {
    let measured = || -> Vec<String> {
        let one = |(name, text, n, read): &Text, most| {
            growth(name, &[*n, 2 * n], most, |n| {
                let text = text(n);
                cost(|| read(&text))
            })
        };
        let texts = TEXTS.iter().filter_map(|text| one(text, LINEAR));
        texts.chain(one(&STAGES, QUADRATIC)).collect()
    };
    let thread = std::thread::Builder::new().stack_size(dockcheck::STACK_BYTES).spawn(measured).unwrap();
    let worst = thread.join().unwrap();
    assert!(worst.is_empty(), "{worst:#?}");
}
