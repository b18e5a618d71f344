//! T11 to T13: bombs, depth, and size. No input of a few megabytes takes much memory, ends the program, or keeps it busy without
//! end. How the time grows is measured in `growth.rs`.

use dockcheck::internals::dockerfile::expand::{BuildInputs, Evaluation};
use dockcheck::internals::shell;
use dockcheck::text::Sources;

use crate::common::heavy;

use super::repo::Repo;

/// Runs under 1 GiB of address space beyond what the threads' stacks take, with a stack of 1 MiB.
fn bounded(repo: &Repo, what: &str) {
    under("ulimit -v 1500000; ulimit -s 1024;", repo, what);
}

/// Runs under 512 MiB of address space, the program itself and its threads' stacks included.
fn small(repo: &Repo, what: &str) {
    under("ulimit -v 524288; ulimit -s 1024;", repo, what);
}

fn under(limits: &str, repo: &Repo, what: &str) {
    let outcome = repo.under(limits, ["--format", "concise"], &[("RUST_MIN_STACK", "1048576")]);
    assert!(outcome.is_orderly(), "{what}: {:?} {}", outcome.code, String::from_utf8_lossy(&outcome.err));
}

fn compose(text: String, what: &str) {
    bounded(&Repo::new(&[("compose.yaml", &text)]), what);
}

fn small_compose(text: String, what: &str) {
    small(&Repo::new(&[("compose.yaml", &text)]), what);
}

fn dockerfile(text: String, what: &str) {
    bounded(&Repo::new(&[("Dockerfile", &text)]), what);
}

fn n(short: usize, long: usize) -> usize {
    if heavy() { long } else { short }
}

#[test]
fn t11_bombs_of_aliases_and_merges() {
    let times = |i: usize| vec![format!("*a{i}"); 9].join(",");
    let aliases: String = (1..9).map(|i| format!("x-{i}: &a{i} [{}]\n", times(i - 1))).collect();
    small_compose(format!("x-0: &a0 [x, x]\n{aliases}services: {{a: {{image: x, command: *a8}}}}\n"), "9^8 aliases");
    let merges: String = (1..30).map(|i| format!("x-{i}: &a{i}\n  <<: [{}]\n  k{i}: v\n", times(i - 1))).collect();
    small_compose(
        format!("x-0: &a0 {{k: v}}\n{merges}services: {{a: {{image: x, labels: *a29}}}}\n"),
        "merge keys in a tree",
    );
    let chain: String = (1..2000).map(|i| format!("x-{i}: &a{i}\n  <<: *a{}\n  k{i}: v\n", i - 1)).collect();
    small_compose(
        format!("x-0: &a0 {{k: v}}\n{chain}services: {{a: {{image: x, labels: *a1999}}}}\n"),
        "merge keys in a chain",
    );
    small_compose("services: &a {a: {image: x, labels: *a}}\n".into(), "an alias of itself");
    let circle = "a: &a [&b [*a, *b]]\nservices: {a: {<<: *a, imagee: x}}\n";
    small_compose(circle.into(), "aliases in a circle");
    // Who looks for places of comments must not walk through aliases either.
    let silenced = format!("# dockcheck: ignore[x]\n{circle}");
    small_compose(silenced.clone(), "aliases in a circle, and a comment");
    let repo = Repo::new(&[("compose.yaml", &silenced)]);
    let outcome = repo.call("--add-ignores");
    assert!(outcome.is_orderly(), "{:?}", outcome.code);
}

#[test]
fn t11_bombs_of_includes_and_extends() {
    let repo = Repo::empty();
    let all: Vec<String> = (0..50).map(|i| format!("i{i}.yaml")).collect();
    for name in &all {
        repo.write(name, format!("include: [{}]\nservices: {{s: {{image: x}}}}\n", all.join(",")));
    }
    repo.write("compose.yaml", format!("include: [{}]\n", all.join(",")));
    small(&repo, "50 times 50 includes");
    let labels: Vec<String> = (0..3000).map(|i| format!("l{i}: x")).collect();
    let services: String = (1..n(100, 4000)).map(|i| format!("  s{i}: {{extends: {{service: s0}}}}\n")).collect();
    compose(format!("services:\n  s0: {{image: x, labels: {{{}}}}}\n{services}", labels.join(", ")), "many copies");
    let services: String =
        (1..n(300, 4900)).map(|i| format!("  s{i}: {{extends: {{service: s{}}}}}\n", i - 1)).collect();
    small_compose(format!("services:\n  s0: {{image: x}}\n{services}"), "a chain of extends");
    let services: String =
        (0..n(300, 4900)).map(|i| format!("  s{i}: {{extends: {{service: s{}}}}}\n", i + 1)).collect();
    small_compose(format!("services:\n{services}"), "a chain of extends, the other way");
}

#[test]
fn t11_bombs_of_variables() {
    let letters: String = ('B'..='Z')
        .map(|c| {
            let b = char::from(c as u8 - 1);
            format!("{c}=${b}${b}${b}${b}\n")
        })
        .collect();
    let repo = Repo::new(&[
        (".env", &format!("A=xxxxxxxxxx\n{letters}")),
        ("compose.yaml", "services: {a: {image: \"$Z\"}}\n"),
    ]);
    bounded(&repo, "doubling in .env");
    let long = format!("A={}\n", "x".repeat(1_000_000));
    let many = format!("services: {{a: {{image: x, command: [{}]}}}}\n", vec!["\"$A$A$A\""; 2000].join(","));
    bounded(&Repo::new(&[(".env", &long), ("compose.yaml", &many)]), "a long value, many times");
    let services: String =
        (0..100).map(|i| format!("  s{i}: {{image: x, ports: ['1-65535:1-65535', '1-65535']}}\n")).collect();
    compose(format!("services:\n{services}"), "ranges of ports");
    let steps =
        |keyword: &str| -> String { (1..40).map(|i| format!("{keyword} A{i}=$A{0}$A{0}$A{0}\n", i - 1)).collect() };
    dockerfile(
        format!("ARG A0=xxxxxxxx\n{}FROM $A39\n{}RUN $A39\n", steps("ARG"), steps("ENV")),
        "doubling in ARG and ENV",
    );
    dockerfile(
        format!("FROM debian:12\nRUN A0=xxxxxxxx; {} apt-get install $A39\n", steps("").replace('\n', ";")),
        "doubling in a script",
    );
}

#[test]
fn t11_arguments_values_and_paths() {
    let args = (0..n(3_000, 20_000)).map(|i| format!("ARG_{i}: x")).collect::<Vec<_>>().join(", ");
    let declared: String = (0..n(500, 1_900)).map(|i| format!("ARG OTHER_{i}\n")).collect();
    let repo = Repo::new(&[
        ("compose.yaml", &format!("services: {{a: {{build: {{context: ., args: {{{args}}}}}}}}}\n")),
        ("Dockerfile", &format!("FROM debian:12\n{declared}")),
    ]);
    bounded(&repo, "arguments that nothing reads");
    let (value, uses) = ("x".repeat(60_000), "$A".repeat(n(3_000, 60_000)));
    dockerfile(format!("FROM debian:12\nARG A={value}\nCOPY <<E /x\n{uses}\nE\n"), "a long value, used often");
    for deep in ["a/".repeat(n(3_000, 30_000)), "../".repeat(n(3_000, 30_000))] {
        let service =
            format!("build: {{context: '{deep}', dockerfile: '{deep}'}}, env_file: '{deep}', volumes: ['./{deep}:/x']");
        let repo = Repo::new(&[
            ("compose.yaml", &format!("include: ['{deep}f.yaml']\nservices: {{a: {{image: x, {service}}}}}\n")),
            ("Dockerfile", &format!("FROM debian:12\nCOPY {} /\n", &deep[..deep.len() * 2 / 3])),
        ]);
        bounded(&repo, "paths of many parts");
    }
}

#[test]
fn t11_bombs_of_builds() {
    let count = n(100, 4900);
    let services: String =
        (0..count).map(|i| format!("  s{i}: {{build: {{context: ., args: {{A: \"{i}\"}}}}}}\n")).collect();
    let runs = "RUN apt-get install -y git\n".repeat(n(100, 1900));
    let repo = Repo::new(&[
        ("compose.yaml", &format!("services:\n{services}")),
        ("Dockerfile", &format!("FROM debian:12\n{runs}")),
    ]);
    bounded(&repo, "many ways to build a long Dockerfile");
}

/// Beginnings and ends that nest, each with what stands in the middle.
const SHELL: &[(&str, &str, &str)] = &[
    ("echo $(", "x", ")"),
    ("(", "true", ")"),
    ("{ ", "true;", "}"),
    ("if true; then ", "true", "; fi"),
    ("echo `", "", ""),
    ("echo ${a:-", "", "}"),
    ("echo \"$(", "x", ")\""),
    ("! ", "true", ""),
    ("true | ", "true", ""),
    ("true && ", "true", ""),
    ("f() { ", "true;", "}"),
    ("cat <(", "x", ")"),
    ("cat >(", "x", ")"),
    ("case x in x) ", "true", " ;; esac"),
    ("while true; do ", "true", "; done"),
    ("f() ", "true", ""),
    ("coproc ", "true", ""),
    ("time ", "true", ""),
    ("time -p ", "true", ""),
    ("ti\\\nme ", "true", ""),
    ("select x in a; do ", "true", "; done"),
    ("[[ ( ", "a", " ) ]]"),
    ("(( ", "1", " ))"),
    ("$((", "1", "))"),
    ("$[ ", "1", " ]"),
    ("a=(", "x", ")"),
    ("a[", "1", "]=x"),
    ("@(", "a", ")"),
    ("{a,", "b", "}"),
    ("cat <<<$(", "a", ")"),
    ("sh -c \"", "x", ""),
    ("for i in $(", "x", "); do :; done"),
    ("until ", "true", "; do :; done"),
    ("foreach x (a) ", "a", " end"),
    ("repeat 2 ", "a", ""),
    ("cat <<A ", "", ""),
    ("$", "", ""),
    ("<", "", ""),
    ("${a##", "", ""),
    ("true; ", "true", ""),
    (">a ", "", ""),
    ("a=b ", "x", ""),
];

#[test]
fn t12_shell_nests_without_end() {
    let mut all = String::from("FROM debian:12\n");
    for (open, middle, close) in SHELL {
        // A line may hold 64 KiB; the rest of the depth comes over continued lines.
        let depth = n(12_000, 60_000) / (open.len() + close.len());
        all.push_str(&format!("RUN {}{middle}{}\n", open.repeat(depth), close.repeat(depth)));
    }
    dockerfile(all, "all constructs, each a full line");
    let depths: &[usize] = if heavy() { &[2_000, 40_000, 1_000_000] } else { &[40_000] };
    for (open, middle, close) in SHELL.iter().step_by(if heavy() { 1 } else { 6 }) {
        for depth in depths.iter().map(|d| (*d).min(3_900_000 / (open.len() + close.len() + 1))) {
            let lines = |part: &str| {
                let per = (50_000 / part.len().max(1)).max(1);
                (0..depth.div_ceil(per)).map(|_| part.repeat(per)).collect::<Vec<_>>().join("\\\n")
            };
            dockerfile(format!("FROM debian:12\nRUN {}\\\n{middle}\\\n{}\n", lines(open), lines(close)), open);
        }
    }
}

#[test]
fn t12_everything_else_nests_without_end() {
    let depth = n(20_000, 1_000_000);
    let wrap = |open: &str, close: &str| {
        let depth = depth.min(4_000_000 / (open.len() + close.len()));
        format!("{}x{}", open.repeat(depth), close.repeat(depth))
    };
    for (open, close) in [
        ("[", "]"),
        ("{a: ", "}"),
        ("{? ", "}"),
        ("- ", ""),
        ("? ", ""),
        ("!a ", ""),
        ("&a ", ""),
        ("[", ""),
        ("{", ""),
        ("\"", ""),
        ("|\n ", ""),
    ] {
        compose(format!("services: {{a: {{image: x}}}}\nx-a: {}\n", wrap(open, close)), open);
        compose(wrap(open, close), open);
    }
    compose((0..1900).map(|i| format!("{}a:\n", " ".repeat(i))).collect(), "indentation");
    for (open, close) in [("${a:-", "}"), ("${a:-", ""), ("${a+${b-", "}}"), ("$", ""), ("${", "")] {
        compose(format!("services: {{a: {{image: \"{}\"}}}}\n", wrap(open, close)), open);
        let repo = Repo::new(&[
            (".env", &format!("A={}\n", wrap(open, close))),
            ("compose.yaml", "services: {a: {image: \"$A\"}}\n"),
        ]);
        bounded(&repo, open);
        let short = format!("{}{}", open.repeat(5_000), close.repeat(5_000));
        dockerfile(format!("ARG x={short}\nFROM $x\nENV y={short}\nWORKDIR {short}\nCOPY {short} /\n"), open);
    }
    for (open, close) in [("[", "]"), ("[{\"a\":", "}]"), ("[\"", ""), ("[\"a\", ", "]")] {
        let short = format!("{}{}", open.repeat(5_000), close.repeat(5_000));
        dockerfile(
            format!("FROM debian:12\nRUN {short}\nCMD {short}\nCOPY {short}\nSHELL {short}\nVOLUME {short}\n"),
            open,
        );
    }
    dockerfile(format!("FROM debian:12\n{}RUN x\n", "ONBUILD ".repeat(7_000)), "ONBUILD");
    dockerfile(format!("FROM debian:12\nRUN {}\n{}", "<<A ".repeat(10_000), "A\n".repeat(10_000)), "heredocs");
    dockerfile(format!("FROM debian:12\nRUN {}x\n", "\\\n".repeat(depth)), "continued lines");
    let stages: String =
        (1..n(300, 1_900)).map(|i| format!("FROM s{} AS s{i}\nCOPY --from=s{} a b\n", i - 1, i - 1)).collect();
    dockerfile(format!("FROM debian:12 AS s0\n{stages}"), "stages");
    dockerfile(format!("FROM debian:12\n{}", "ENV A=$A$A\n".repeat(1_900)), "ENV");
    dockerfile("FROM debian:12\nMAINTAINER x\n".repeat(n(5_000, 50_000)), "instructions");
    compose(
        format!("services:\n{}", (0..n(5_500, 60_000)).map(|i| format!("  s{i}: {{image: x}}\n")).collect::<String>()),
        "services",
    );
}

/// What every reader of ours gets by with. The shell's parser is another crate's: unoptimised, it takes up to 30 KiB a level.
const SMALL_STACK: usize = 1 << 20;
const SHELL_STACK: usize = dockcheck::STACK_BYTES / 2;

/// Does something on a thread with little stack; an overflow ends the test's process.
fn on_a_small_stack(bytes: usize, work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(bytes).spawn(work).unwrap().join().unwrap();
}

#[test]
fn t12_every_reader_gets_by_with_a_small_stack() {
    // The deepest that is followed, one more, and far beyond it.
    let depths = [60, 64, 65, 128, 129, 1_000, n(10_000, 100_000)];
    let wrap = |open: &str, close: &str, depth: usize| {
        let depth = depth.min(1_000_000 / (open.len() + close.len()));
        format!("{}x{}", open.repeat(depth), close.repeat(depth))
    };
    let one = |text: String| {
        let mut sources = Sources::new();
        let id = sources.add("f".into(), "f".into(), text.into_bytes());
        (sources, id)
    };
    for depth in depths {
        for (open, close) in [("[", "]"), ("{a: ", "}"), ("{? ", "}"), ("- ", ""), ("? ", ""), ("a:\n ", "")] {
            let (sources, id) = one(format!("x: {}\n", wrap(open, close, depth)));
            on_a_small_stack(SMALL_STACK, move || drop(dockcheck::internals::yaml::parse(sources.file(id))));
        }
        for (open, close) in [("${a:-", "}"), ("${a+", "}"), ("${a:?", "}"), ("${", "")] {
            let text = wrap(open, close, depth);
            on_a_small_stack(SMALL_STACK, move || {
                let _ = dockcheck::internals::compose::interpolate::substitute(&text, &|_| None);
                let mut out = std::collections::HashMap::new();
                let _ = dockcheck::internals::compose::dotenv::parse(&format!("A=\"{text}\"\n"), &mut out, &|_| None);
            });
        }
        for (open, close) in
            [("[", "]"), ("[{\"a\":", "}]"), ("${a:-", "}"), ("ONBUILD ", ""), ("<<A ", ""), ("\\\n", "")]
        {
            let text = wrap(open, close, depth.min(5_000));
            let keywords = ["RUN", "CMD", "COPY", "SHELL", "ENV a=", "ARG a=", "LABEL", "ONBUILD"];
            let lines: String = keywords.iter().map(|keyword| format!("{keyword} {text}\n")).collect();
            let (sources, id) = one(format!("ARG b={text}\nFROM $b\n{lines}"));
            on_a_small_stack(SMALL_STACK, move || {
                let parsed = dockcheck::internals::dockerfile::parse::parse(sources.file(id));
                drop(Evaluation::new(&parsed, &BuildInputs::default()));
            });
        }
        for (open, middle, close) in SHELL {
            let depth = depth.min(200_000 / (open.len() + close.len()));
            let text = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
            let (sources, id) = one(text);
            on_a_small_stack(SHELL_STACK, move || {
                let file = sources.file(id);
                drop(shell::read(file.text(), shell::ScriptPlace::At(file.id(), 0), shell::ShellOptions::default()));
            });
        }
    }
}

/// Each relative WORKDIR makes the next one longer, and each step says where it works.
#[test]
fn t11_what_is_said_of_an_image_is_bounded() {
    let repo = Repo::new(&[(
        "Dockerfile",
        &format!("FROM debian:12\n{}", format!("WORKDIR {}\nCOPY Dockerfile .\n", "x".repeat(100)).repeat(900)),
    )]);
    for line in ["image Dockerfile", "image Dockerfile --format json"] {
        let outcome = repo.call(line);
        assert!(outcome.code == Some(0) && outcome.out.len() < 4 << 20, "{line}: {} bytes", outcome.out.len());
    }
}

#[test]
fn t13_time_grows_with_size() {
    let size = n(200, 4_000);
    dockerfile(format!("FROM debian:12\nRUN {}true\n", "true; ".repeat(size * 16)), "commands");
    dockerfile(
        format!("FROM debian:12\nRUN {}true\n", "apt-get install -y git curl && \\\n ".repeat(size * 10)),
        "installs",
    );
    dockerfile(format!("FROM debian:12\nRUN true {}\n", "\\\n  # comment\n".repeat(size * 10)), "comments between");
    dockerfile(format!("FROM debian:12\n{}RUN true\n", "# dockcheck: ignore[x]\n".repeat(size)), "ignore comments");
    dockerfile(format!("FROM debian:12\nRUN echo {}\n", "x".repeat(60_000)), "one word");
    dockerfile(
        format!(
            "FROM debian:12\nENV {}\nLABEL {}\nEXPOSE {}\n",
            "a=b ".repeat(size * 3),
            "a=b ".repeat(size * 3),
            "1-65535 ".repeat(size)
        ),
        "pairs",
    );
    compose(
        format!("services: {{a: {{image: x, ports: [{}]}}}}\n", vec!["\"1-65535:1-65535\""; size / 10].join(",")),
        "ports",
    );
    compose(
        format!(
            "services:\n  s0: {{image: x}}\n{}",
            (1..size).map(|i| format!("  s{i}: {{image: x, depends_on: [s{}]}}\n", i - 1)).collect::<String>()
        ),
        "depends_on",
    );
    compose(
        format!(
            "services: {{a: {{image: x, environment: [{}]}}}}\n",
            (0..size * 5).map(|i| format!("A{i}=$B")).collect::<Vec<_>>().join(",")
        ),
        "environment",
    );
    let repo = Repo::new(&[
        ("Dockerfile", "FROM debian:12\nCOPY a/b/c /x\nCOPY . /\n"),
        (".dockerignore", &format!("{}\n", "*a".repeat(300)).repeat(size / 2)),
        ("compose.yaml", "services: {a: {build: .}}\n"),
        ("a/b/c", ""),
    ]);
    (0..size / 4).for_each(|i| repo.write(format!("f/{i}"), ""));
    bounded(&repo, "patterns and files");
}
