//! What the reader says of bodies written for the purpose.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::text::{FileId, Sources};

fn file(text: &str) -> (Sources, FileId) {
    let mut sources = Sources::new();
    let id = sources.add("Dockerfile".into(), "Dockerfile".into(), text.as_bytes().to_vec());
    (sources, id)
}

fn run(text: &str) -> Script {
    with(text, ShellOptions::default())
}

fn with(text: &str, options: ShellOptions) -> Script {
    let (sources, id) = file(text);
    let file = sources.file(id);
    read_instruction(file, file.span(0..text.len()), &[], options)
}

fn errexit() -> ShellOptions {
    ShellOptions { errexit: true, ..ShellOptions::default() }
}

/// Name of every command with the flags of its context: c(onditional), g(uarded), l(ooped), s(ubshell), $, u(nchecked),
/// & and |.
fn flags(script: &Script) -> Vec<String> {
    let one = |c: &Command| {
        let x = &c.context;
        let mut out = c.name().unwrap_or_else(|| "-".into());
        for (on, flag) in [
            (x.conditional, 'c'),
            (x.guarded, 'g'),
            (x.looped, 'l'),
            (x.subshell, 's'),
            (x.substitution, '$'),
            (x.unchecked, 'u'),
            (x.background, '&'),
            (x.pipeline.is_some(), '|'),
        ] {
            if on {
                if !out.contains(':') {
                    out.push(':');
                }
                out.push(flag);
            }
        }
        out
    };
    script.commands.iter().map(one).collect()
}

fn names(script: &Script) -> Vec<String> {
    script.commands.iter().map(|c| c.name().unwrap_or_else(|| "-".into())).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let script = run(text);
    assert!(script.faults.is_empty(), "{text}: {:?}", script.faults);
    assert_eq!(flags(&script), expected, "{text}");
}

#[test]
fn chains_are_certain() {
    check("a && b && c", &["a", "b", "c"]);
    let script = run("a && b; c");
    let chains: Vec<u32> = script.commands.iter().map(|c| c.context.chain).collect();
    assert_eq!(chains[0], chains[1]);
    assert_ne!(chains[1], chains[2]);
}

#[test]
fn what_follows_behind_a_semicolon_hides_a_failure() {
    check("a; b", &["a:u", "b"]);
    check("a && b; c", &["a:u", "b:u", "c"]);
    assert_eq!(flags(&with("a; b && c; d", errexit())), ["a", "b:u", "c", "d"]);
    assert_eq!(flags(&run("set -eux; a; b")), ["set:u", "a", "b"]);
    assert!(run("set -eux; a; b").errexit);
    assert_eq!(flags(&run("set -e; a; set +e; b; c")), ["set:u", "a", "set", "b:u", "c"]);
    assert_eq!(flags(&run("set -e\n(set +e; a; b)\nc; d")), ["set:u", "set:s", "a:su", "b:s", "c", "d"]);
}

#[test]
fn handlers() {
    check("a || true", &["a:g", "true:c"]);
    check("a || :", &["a:g", ":c"]);
    check("a || exit 1", &["a", "exit:c"]);
    check("a || exit 1; b", &["a", "exit:cu", "b"]);
    check("a || { echo no; exit 1; }", &["a", "echo:cu", "exit:c"]);
    check("a || (echo no && false)", &["a", "echo:cs", "false:cs"]);
    check("a || exit 0", &["a:g", "exit:c"]);
    check("a && x || y", &["a:g", "x:g", "y:c"]);
    check("a || b && d", &["a:g", "b:c", "d"]);
    check("a || false || true", &["a:g", "false:cg", "true:c"]);
    check("{ a; b; } || true", &["a:gu", "b:g", "true:c"]);
}

#[test]
fn tests_make_what_follows_conditional() {
    check("[ -f x ] && a", &["[", "a:c"]);
    check("[ -f x ] || a", &["[:g", "a:c"]);
    check("command -v g++ && a", &["command", "a:c"]);
    check("command -v g++ || apt-get install g++", &["command:g", "apt-get:c"]);
    check("x | grep -q y && a", &["x:u|", "grep:|", "a:c"]);
    check("[[ -n $x ]] && a && b", &["[[", "a:c", "b:c"]);
    check("[ -d x ] || mkdir x && cd x", &["[:g", "mkdir:c", "cd"]);
    check("! a", &["a:g"]);
    check("test -f x || exit 0; a", &["test:gu", "exit:cu", "a:c"]);
}

#[test]
fn compounds_that_write_a_file() {
    check("{ a; b; } > f && d", &["-", "a:u", "b", "d"]);
    check("( a ) 2>&1 >> f", &["-", "a:s"]);
    check("for p in x; do a; done < f", &["a:l"]);
    check("if a; then b; fi > f | d", &["-:u|", "a:gu|", "b:cu|", "d:|"]);
}

#[test]
fn compounds() {
    check("if a; then b; else d; fi", &["a:g", "b:c", "d:c"]);
    check("if ! a; then b; elif d; then e; fi", &["a:g", "b:c", "d:cg", "e:c"]);
    check("for p in x y; do a $p; done", &["a:l"]);
    check("while a; do b; done", &["a:gl", "b:cl"]);
    check("case $x in a) b;; *) d;; esac", &["b:c", "d:c"]);
    check("(cd x && a)", &["cd:s", "a:s"]);
    check("a & b", &["a:u&", "b"]);
    check("a | b", &["a:u|", "b:|"]);
    let pipefail = ShellOptions { pipefail: true, ..ShellOptions::default() };
    assert_eq!(flags(&with("a | b", pipefail)), ["a:|", "b:|"]);
    assert_eq!(flags(&run("set -o pipefail && a | b")), ["set", "a:|", "b:|"]);
    let script = run("f() { a; }; f");
    assert_eq!(script.functions, ["f"]);
    assert_eq!(script.commands[0].context.function.as_deref(), Some("f"));
    assert_eq!(script.commands[1].context.function, None);
    let script = run("for p in x $y; do a $p; done");
    assert_eq!(script.loops[0].variable, "p");
    assert_eq!(script.loops[0].words.as_ref().unwrap().len(), 2);
}

#[test]
fn substitutions_come_before_their_command() {
    check("a \"$(b; d)\" `e`", &["b:$u", "d:$u", "e:$u", "a"]);
    check("X=$(b) a", &["b:$u", "a"]);
    check("X=$(b) && a", &["b:$", "-", "a"]);
    check("export X=$(b)", &["b:$u", "export"]);
    check("a ${X:-$(b)}", &["b:c$u", "a"]);
    check("a $(( $(b) + 1 ))", &["b:$u", "a"]);
    check("a <(b)", &["b:$u", "a"]);
}

#[test]
fn spans_are_places_in_the_file() {
    let text = "FROM x\nRUN apt-get update && \\\n# comment\n    apt-get install -y \\\n\n    'g++' \"make\" # end\n";
    let (sources, id) = file(text);
    let f = sources.file(id);
    let script = read_instruction(f, f.span(11..text.len() - 1), &[], ShellOptions::default());
    let words: Vec<&str> = script.commands[1].words.iter().map(|w| f.slice(w.span)).collect();
    assert_eq!(words, ["apt-get", "install", "-y", "'g++'", "\"make\""]);
    assert_eq!(script.commands[1].words[3].literal().as_deref(), Some("g++"));
    assert!(script.swallowed.is_none());
}

#[test]
fn words_joined_over_lines() {
    let script = run("echo 'a\\\nb' c\\\nd e\\\r\nf\\\r\n g");
    let words: Vec<_> = script.commands[0].words.iter().map(|w| w.literal().unwrap()).collect();
    assert_eq!(words, ["echo", "ab", "cd", "ef", "g"]);
}

#[test]
fn scripts_in_quotes() {
    let text = "sh -c 'a && b' && bash -lc \"c $X\" && bash -o pipefail -ec 'd | e; f' && sudo -u x sh -c g";
    let (sources, id) = file(text);
    let f = sources.file(id);
    let script = read_instruction(f, f.span(0..text.len()), &[], ShellOptions::default());
    assert_eq!(names(&script), ["sh", "a", "b", "bash", "c", "bash", "d", "e", "f", "sudo", "g"]);
    for command in &script.commands {
        let word = &command.words[0];
        assert_eq!(f.slice(word.span), word.literal().unwrap());
    }
    assert_eq!(names(&run("su - me -c 'a; b'")), ["su", "a", "b"]);
    assert_eq!(script.commands[1].context.nested, 1);
    assert!(!script.commands[6].context.unchecked, "pipefail holds within");
    assert!(!script.commands[7].context.unchecked, "errexit holds within");
    assert!(!script.pipefail && !script.errexit, "and not without");
}

#[test]
fn heredocs_of_run() {
    let text = "RUN <<EOF\na\nb x\nEOF\n";
    let (sources, id) = file(text);
    let f = sources.file(id);
    let heredoc = |operator: std::ops::Range<usize>, body: std::ops::Range<usize>| ShellHeredoc {
        operator: f.span(operator),
        body: f.span(body),
        strip_tabs: false,
    };
    let script = read_instruction(f, f.span(4..9), &[heredoc(4..9, 10..16)], ShellOptions::default());
    assert_eq!(flags(&script), ["a:u", "b"]);
    assert_eq!(f.slice(script.commands[1].span), "b x");
}

fn heredoc_run(text: &str) -> (Script, Vec<String>) {
    // One or more heredocs named E…: their bodies end at a line that is the name.
    let (sources, id) = file(text);
    let f = sources.file(id);
    let head = text.find('\n').unwrap();
    let mut heredocs = Vec::new();
    let mut at = head + 1;
    for (start, _) in text[..head].match_indices("<<") {
        let word = text[start..head].split(' ').next().unwrap().trim_end();
        let name = word.trim_start_matches(['<', '-']).trim_matches(['"', '\'']);
        let mut end = at;
        while text[end..].lines().next().unwrap().trim_start_matches('\t') != name {
            end += text[end..].find('\n').unwrap() + 1;
        }
        let span = |r| f.span(r);
        heredocs.push(ShellHeredoc {
            operator: span(start..start + word.len()),
            body: span(at..end),
            strip_tabs: false,
        });
        at = end + text[end..].find('\n').map_or(text.len() - end, |n| n + 1);
    }
    let script = read_instruction(f, f.span(4..text[..head].trim_end().len()), &heredocs, ShellOptions::default());
    let slices = script.commands.iter().map(|c| f.slice(c.span).to_owned()).collect();
    (script, slices)
}

#[test]
fn heredocs_that_feed_something() {
    let (script, slices) = heredoc_run("RUN cat <<E > f && b\nx y\nE\n");
    assert_eq!(names(&script), ["cat", "b"]);
    assert_eq!(slices, ["cat <<E > f", "b"]);
    assert_eq!(script.commands[0].heredocs.len(), 1);
    let (script, _) = heredoc_run("RUN <<E bash\napt-get x\nE\n");
    assert_eq!(names(&script), ["bash", "apt-get"]);
    assert_eq!(script.commands[1].context.nested, 1);
    let (script, slices) = heredoc_run("RUN <<E1 cat > a && <<E2 bash -e\nx\nE1\ny z; w\nE2\n");
    assert_eq!(names(&script), ["cat", "bash", "y", "w"]);
    assert_eq!(slices[2], "y z");
    assert!(!script.commands[2].context.unchecked);
    let (script, slices) = heredoc_run("RUN <<E1 cat > a && <<E2 bash\r\nx\r\nE1\r\ny z\r\nE2\r\n");
    assert_eq!(names(&script), ["cat", "bash", "y"]);
    assert_eq!(slices[2], "y z");
    let (script, _) = heredoc_run("RUN python3 <<E\nprint(1)\nE\n");
    assert_eq!(names(&script), ["python3"]);
}

#[test]
fn heredocs_with_an_interpreter() {
    let (script, slices) = heredoc_run("RUN <<E\n#!/usr/bin/env python3\nprint(1)\nE\n");
    assert_eq!(slices, ["/usr/bin/env python3"]);
    assert!(script.opaque);
    assert_eq!(script.commands[0].effective().name.as_deref(), Some("python3"));
    let (script, _) = heredoc_run("RUN <<E\n#!/bin/bash -e\na; b\nE\n");
    assert!(script.errexit);
    assert_eq!(flags(&script), ["a", "b"]);
}

#[test]
fn exec_forms() {
    let text = "CMD [\"sh\", \"-c\", \"a && b\"]";
    let (sources, id) = file(text);
    let f = sources.file(id);
    let words =
        [("sh".to_owned(), f.span(5..9)), ("-c".to_owned(), f.span(11..15)), ("a && b".to_owned(), f.span(17..25))];
    let script = read_exec(f, &words, ShellOptions::default());
    assert_eq!(names(&script), ["sh", "a", "b"]);
    assert_eq!(f.slice(script.commands[2].span), "b");
}

#[test]
fn wrappers() {
    let effective = |text: &str| {
        let script = run(text);
        let e = script.commands[0].effective();
        let wrappers: Vec<String> = e.wrappers.into_iter().map(|w| w.0).collect();
        format!("{} < {}", e.name.unwrap_or_default(), wrappers.join(" "))
    };
    assert_eq!(effective("sudo -E -u me apt-get install x"), "apt-get < sudo");
    assert_eq!(effective("env A=b -u C /usr/bin/make"), "make < env");
    assert_eq!(effective("exec nice -n 5 nohup time cmake ."), "cmake < exec nice nohup time");
    assert_eq!(effective("command -v g++"), "command < ");
    assert_eq!(effective("command g++"), "g++ < command");
    assert_eq!(effective("xargs -0 -n 1 rm -f"), "rm < xargs");
    assert_eq!(effective("timeout -k 5 10m make"), "make < timeout");
    assert_eq!(effective("sudo"), " < sudo");
    assert_eq!(effective("DEBIAN_FRONTEND=x apt-get y"), "apt-get < ");
}

#[test]
fn values() {
    let lookup = |name: &str| match name {
        "A" => Value::Known("x y".into()),
        "V" => Value::Known("1.2.3-rc".into()),
        "E" => Value::Known(String::new()),
        "N" => Value::Unset,
        _ => Value::Unknown,
    };
    let word = |text: &str| run(&format!("echo {text}")).commands.pop().unwrap().words[1].clone();
    let resolve = |text: &str| word(text).resolve(&lookup);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(resolve("\"$A\"z"), some("x yz"));
    assert_eq!(resolve("${N:-d}"), some("d"));
    assert_eq!(resolve("${N:-\"d $A\"}"), some("d x y"));
    assert_eq!(resolve("${E:-d}${E-d}"), some("d"));
    assert_eq!(resolve("${A:+p}${N:+q}"), some("p"));
    assert_eq!(resolve("${V%%-*}"), some("1.2.3"));
    assert_eq!(resolve("${V%.*}"), some("1.2"));
    assert_eq!(resolve("${V#*.}"), some("2.3-rc"));
    assert_eq!(resolve("${V##*.}"), some("3-rc"));
    assert_eq!(resolve("${V//./_}"), some("1_2_3-rc"));
    assert_eq!(resolve("${V:0:3}"), some("1.2"));
    assert_eq!(resolve("${#V}"), some("8"));
    assert_eq!(resolve("${U}"), None);
    assert_eq!(resolve("$(x)"), None);
    assert_eq!(resolve("/var/*"), some("/var/*"));
    let fields = |text: &str| word(text).fields(&lookup);
    assert_eq!(fields("$A"), Some(vec!["x".into(), "y".into()]));
    assert_eq!(fields("p$A-q"), Some(vec!["px".into(), "y-q".into()]));
    assert_eq!(fields("\"$A\""), Some(vec!["x y".into()]));
    assert_eq!(fields("$E"), Some(vec![]));
    assert_eq!(fields("\"$E\""), Some(vec![String::new()]));
    assert_eq!(fields("l{a,b}-dev"), Some(vec!["la-dev".into(), "lb-dev".into()]));
}

/// The last word of the last command, at its place in the script.
fn last_fields(text: &str) -> Option<Vec<String>> {
    let script = run(text);
    let outer = |name: &str| if name == "OUT" { Value::Known("o".into()) } else { Value::Unset };
    let mut variables = Variables::new(&script, &outer);
    let (last, before) = script.commands.split_last().unwrap();
    before.iter().for_each(|c| variables.apply(c));
    variables.all_fields(last, last.words.last().unwrap())
}

/// The words of the last command, after its name was split.
fn split_words(text: &str) -> Vec<Option<String>> {
    let script = run(text);
    let outer = |name: &str| if name == "OUT" { Value::Unknown } else { Value::Unset };
    let mut variables = Variables::new(&script, &outer);
    let (last, before) = script.commands.split_last().unwrap();
    before.iter().for_each(|c| variables.apply(c));
    variables.split_name(last).words.iter().map(Word::text).collect()
}

#[test]
fn the_name_of_a_command_is_split() {
    let list = |words: &[&str]| words.iter().map(|w| Some((*w).to_owned())).collect::<Vec<_>>();
    assert_eq!(split_words("P='curl -f'; $P x"), list(&["curl", "-f", "x"]));
    assert_eq!(split_words("${P:-wget -q -O} x"), list(&["wget", "-q", "-O", "x"]));
    assert_eq!(split_words("P='curl -f'; \"$P\" x"), list(&["curl -f", "x"]));
    assert_eq!(split_words("S='sudo -E'; P='curl -f'; $S $P x"), list(&["sudo", "-E", "curl", "-f", "x"]));
    assert_eq!(split_words("$NONE curl x"), list(&["curl", "x"]));
    assert_eq!(split_words("$NONE $NONE"), list(&[]));
    assert_eq!(split_words("$OUT x"), [None, Some("x".to_owned())]);
}

#[test]
fn variables_of_the_script() {
    let list = |words: &[&str]| Some(words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
    assert_eq!(last_fields("P='a b'; i $P"), list(&["a", "b"]));
    assert_eq!(last_fields("P=\"a $OUT\" && i $P"), list(&["a", "o"]));
    assert_eq!(last_fields("export P=a && P+=b && i $P"), list(&["ab"]));
    assert_eq!(last_fields("set -x; buildDeps=' \\\n gcc \\\n make \\\n' ; i $buildDeps"), list(&["gcc", "make"]));
    assert_eq!(last_fields("[ x ] && P=a; i $P"), None);
    assert_eq!(last_fields("P=$(a); i $P"), None);
    assert_eq!(last_fields("(P=a); i $P"), None);
    assert_eq!(last_fields(". /etc/os-release && i $VERSION"), None);
    assert_eq!(last_fields("unset OUT; i $OUT"), list(&[]));
    assert_eq!(last_fields("for p in a b; do i $p; done"), list(&["a", "b"]));
    assert_eq!(last_fields("for p in a b; do i x-$p; done"), None);
}

#[test]
fn faults_keep_what_stands_before() {
    let script = run("a && b && (d");
    assert_eq!(names(&script)[..2], ["a", "b"]);
    assert_eq!(script.faults.len(), 1);
    assert!(!script.faults[0].limit);
    let script = run("a && b 'x");
    assert_eq!(names(&script), ["a"]);
    let script = run("a; b; fi; d");
    assert_eq!(names(&script), ["a", "b"]);
}

#[test]
fn other_shells_are_not_read() {
    let options = ShellOptions::from_words(&["powershell", "-Command"]);
    let script = with("Get-Item x; if (Test-Path y) { z }", options);
    assert!(script.opaque && script.commands.is_empty() && script.faults.is_empty());
}

#[test]
fn bombs() {
    let n = 1_000;
    for text in [
        format!("a && {}{}", "$(echo ".repeat(n), ")".repeat(n)),
        "(".repeat(10_000),
        "$(".repeat(10_000),
        "`".repeat(10_001),
        "\"$(".repeat(2_000),
        "${a:-".repeat(n),
        "$((".repeat(n),
        "case x in a) ".repeat(n),
        "if a; then ".repeat(n),
        "{ ".repeat(n),
        "[".repeat(10_000),
        format!("echo {}", "{a,".repeat(n)),
        "[[ (".repeat(n),
        "a <<E\n".repeat(n),
        "a() { ".repeat(n),
        "! ".repeat(n),
        "a | ".repeat(n),
        "sh -c '".repeat(n),
        "a && \\\n#x\n".repeat(2_000),
    ] {
        let _ = run(&text);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]
    #[test]
    fn spans_hold(pieces in proptest::collection::vec(
        proptest::sample::select(vec![
            "a", "b ", " && ", " || ", "; ", "\n", "\\\n", "\\ \r\n", "# x", "'", "\"", "$", "${", "}", "$(", ")", "(", "`",
            "é", " if ", " then ", " fi ", " do ", " done", " for x in ", "case ", " esac", "<<E ", "\nE\n", "> f", "|",
            "X=1 ", "sh -c ", "[ ", " ]", "{ ", "*", "\\", " ! ", "&",
        ]), 0..40)) {
        let text: String = pieces.concat();
        let (sources, id) = file(&text);
        let f = sources.file(id);
        let script = read_instruction(f, f.span(0..text.len()), &[], ShellOptions::default());
        for command in &script.commands {
            let mut at = 0;
            for word in &command.words {
                proptest::prop_assert!(word.span.end as usize <= text.len());
                proptest::prop_assert!(text.get(word.span.range()).is_some());
                proptest::prop_assert!(command.span.contains(word.span));
                proptest::prop_assert!(word.span.start >= at);
                at = word.span.start;
            }
        }
    }
}
