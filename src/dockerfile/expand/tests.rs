#![allow(clippy::unwrap_used)]

use super::*;
use crate::dockerfile::{Body, Dockerfile, parse};
use crate::text::Sources;

fn read(text: &str) -> (Sources, Dockerfile) {
    let mut sources = Sources::new();
    let id = sources.add("Dockerfile".into(), "Dockerfile".into(), text.into());
    let dockerfile = parse(sources.file(id));
    (sources, dockerfile)
}

/// What `words` become behind the given lines of a stage on scratch.
fn expand(setup: &str, word: &str) -> Result<Option<String>, String> {
    let (_, dockerfile) = read(&format!("FROM scratch\n{setup}\nUSER {word}\n"));
    assert!(dockerfile.faults.is_empty(), "{:?}", dockerfile.faults);
    let evaluation = Evaluation::new(&dockerfile, &BuildInputs::default());
    let last = dockerfile.instructions.len() - 1;
    let Body::User(word) = &dockerfile.instructions[last].body else { panic!() };
    let expansion = evaluation.scope(last).expand(word);
    match expansion.error {
        Some(error) => Err(error.message),
        None => Ok(expansion.text),
    }
}

fn text(setup: &str, word: &str) -> String {
    expand(setup, word).unwrap().unwrap_or_else(|| "(unknown)".to_owned())
}

#[test]
fn quotes_and_escapes() {
    let env = "ENV x=val e=";
    for (word, is) in [
        ("$x", "val"),
        ("a${x}b", "avalb"),
        ("'$x'", "$x"),
        ("\"$x\"", "val"),
        ("\\$x", "$x"),
        ("\"\\$x \\a\"", "$x \\a"),
        ("a\\ b", "a b"),
        ("$", "$"),
        ("$x.y", "val.y"),
        ("$1x", "x"),
        ("[$nope]", "[]"),
    ] {
        assert_eq!(text(env, word), is, "{word}");
    }
    for word in ["'open", "\"open", "${x", "${}", "${:}", "${x:foo}", "${x^}", "${x:#y}"] {
        assert!(expand(env, word).is_err(), "{word}");
    }
}

#[test]
fn defaults_and_alternatives() {
    let env = "ENV x=val e=\nARG bare";
    for (word, is) in [
        ("${x:-d}", "val"),
        ("${e:-d}", "d"),
        ("${e-d}", ""),
        ("${nope-d}", "d"),
        ("${bare:-d}", "d"),
        ("${x:+d}", "d"),
        ("${e:+d}", ""),
        ("${e+d}", "d"),
        ("${nope+d}", ""),
        ("${nope:-${x}-'q q'}", "val-q q"),
        ("${x:?no}", "val"),
    ] {
        assert_eq!(text(env, word), is, "{word}");
    }
    assert!(expand(env, "${nope:?give it}").unwrap_err().ends_with("nope: give it"));
    assert!(expand(env, "${e:?}").unwrap_err().ends_with("e: is not allowed to be empty"));
    assert_eq!(text(env, "${e?}"), "");
}

#[test]
fn patterns() {
    let env = "ENV p=/usr/local/lib/x.tar.gz";
    for (word, is) in [
        ("${p##*/}", "x.tar.gz"),
        ("${p#*/}", "usr/local/lib/x.tar.gz"),
        ("${p%.*}", "/usr/local/lib/x.tar"),
        ("${p%%.*}", "/usr/local/lib/x"),
        ("${p%/*}", "/usr/local/lib"),
        ("${p#nope}", "/usr/local/lib/x.tar.gz"),
        ("${p/l/L}", "/usr/Local/lib/x.tar.gz"),
        ("${p//l/L}", "/usr/LocaL/Lib/x.tar.gz"),
        ("${p//\\//_}", "_usr_local_lib_x.tar.gz"),
        ("${p/?sr/}", "//local/lib/x.tar.gz"),
        ("${nope#x}", ""),
    ] {
        assert_eq!(text(env, word), is, "{word}");
    }
}

#[test]
fn arg_and_env_take_turns() {
    assert_eq!(text("ARG a=1\nENV a=2", "$a"), "2");
    assert_eq!(text("ENV a=1\nARG a", "$a"), "1");
    assert_eq!(text("ARG a=1 b=$a", "$b"), "1");
    assert_eq!(text("ENV a=1\nENV a=2 b=$a", "$b"), "1");
    assert_eq!(text("ENV a 1 2", "$a"), "1 2");
    assert_eq!(text("ENV a=\"1 2\" b='$a'", "$a$b"), "1 2$a");
}

fn evaluate<'i>(dockerfile: &Dockerfile, args: &'i [(String, Option<String>)], inputs: BuildInputs<'i>) -> Evaluation {
    Evaluation::new(dockerfile, &BuildInputs { args, ..inputs })
}

#[test]
fn build_arguments_reach_declared_args_only() {
    let (_, d) = read("ARG A=1\nARG B\nFROM x:$A$B\nARG A\nENV E=$A$B$C\nARG C=$A\nUSER $C\n");
    let args = [("A".to_owned(), Some("2".to_owned())), ("B".to_owned(), None)];
    let e = evaluate(&d, &args, BuildInputs::default());
    assert_eq!(e.stages()[0].base, StageBase::Unknown);
    let a = e.end_scope(0).get("A").unwrap();
    assert_eq!((&a.value, a.origin), (&VariableValue::Known("2".into()), VariableOrigin::Caller));
    assert_eq!(e.end_scope(0).get("C").unwrap().value, VariableValue::Known("2".into()));
    assert!(e.end_scope(0).get("B").is_none());
    let e = evaluate(&d, &args[..1], BuildInputs::default());
    assert_eq!(e.stages()[0].base, StageBase::Image("x:2".into()));
    let e = evaluate(&d, &[], BuildInputs::default());
    assert!(matches!(e.end_scope(0).get("A").unwrap().origin, VariableOrigin::Global(_)));
}

#[test]
fn platform_arguments_are_global() {
    let (_, d) = read(
        "FROM --platform=$BUILDPLATFORM x AS $TARGETARCH\nFROM x-$TARGETARCH\nUSER $TARGETARCH\nARG TARGETARCH\nUSER $TARGETARCH\n",
    );
    let e = Evaluation::new(&d, &BuildInputs { platform: Some("linux/arm64"), ..BuildInputs::default() });
    assert_eq!(e.stages()[1].base, StageBase::Image("x-arm64".into()));
    let at = |index: usize| {
        let Body::User(word) = &d.instructions[index].body else { panic!() };
        e.scope(index).expand(word)
    };
    assert_eq!(at(2).variables[0].status, Status::PerhapsInImage);
    assert_eq!(at(4).text.unwrap(), "arm64");
    assert_eq!(e.stages()[0].platform, None);
}

#[test]
fn stages_inherit_and_depend() {
    let text = "FROM scratch AS Base\nARG A=1\nENV E=2\nONBUILD COPY --from=tools a b\nFROM scratch AS tools\nFROM base AS app\nENV F=$A$E\nRUN --mount=from=tools,target=/t x\nCOPY --from=3 a b\nFROM img AS unused\nFROM app\nCOPY --from=other.io/x a b\nCOPY --from=ctx a b\nCOPY --from=APP a b\n";
    let (sources, d) = read(text);
    let contexts = ["ctx".to_owned()];
    let e =
        Evaluation::new(&d, &BuildInputs { named_contexts: &contexts, target: Some("App"), ..BuildInputs::default() });
    assert_eq!(e.stages()[2].base, StageBase::Stage(0));
    assert_eq!(e.end_scope(2).get("F").unwrap().value, VariableValue::Known("12".into()));
    let sources_of = |i: usize| e.stages()[i].dependencies.iter().map(|d| d.source.clone()).collect::<Vec<_>>();
    assert_eq!(sources_of(2), [StageBase::Stage(1), StageBase::Stage(3), StageBase::Stage(1)]);
    assert_eq!(
        sources_of(4),
        [StageBase::Image("other.io/x".into()), StageBase::Context("ctx".into()), StageBase::Stage(2)]
    );
    assert_eq!(e.stages().iter().map(|s| s.reachable).collect::<Vec<_>>(), [true, true, true, true, false]);
    assert_eq!(sources.slice(e.stages()[2].dependencies[0].span), "tools");
    assert!(e.stages()[0].environment_known && e.stages()[2].environment_known && !e.stages()[3].environment_known);
    // The name in FROM keeps its case, and stages have none.
    let (_, d) = read("FROM scratch AS base\nFROM Base\n");
    assert_eq!(Evaluation::new(&d, &BuildInputs::default()).stages()[1].base, StageBase::Image("Base".into()));
}

#[test]
fn named_contexts_replace_images_and_stages() {
    let (_, d) = read("FROM docker.io/library/alpine AS a\nFROM golang:1 AS b\nFROM a\n");
    let contexts = ["alpine:latest".to_owned(), "b".to_owned()];
    let e = Evaluation::new(&d, &BuildInputs { named_contexts: &contexts, ..BuildInputs::default() });
    assert_eq!(e.stages()[0].base, StageBase::Context("alpine:latest".into()));
    assert_eq!(e.stages()[1].replaced_by.as_deref(), Some("b"));
}

#[test]
fn what_the_image_may_set_is_unknown() {
    let (_, d) = read("FROM python:3\nUSER $FOO-${BAR:-x}\nFROM alpine\nUSER $FOO-${BAR:-x}\n");
    let e = Evaluation::new(&d, &BuildInputs::default());
    let at = |index: usize| {
        let Body::User(word) = &d.instructions[index].body else { panic!() };
        e.scope(index).expand(word)
    };
    assert_eq!((at(1).text, at(1).variables[0].status), (None, Status::PerhapsInImage));
    assert_eq!((at(3).text.unwrap(), at(3).variables[0].status), ("-x".to_owned(), Status::Undefined));
}

#[test]
fn uses_have_places() {
    let (sources, d) = read("FROM scratch\nENV A=\"x ${B:-$C} \\\n $D\"\nWORKDIR /a/$B\n");
    let e = Evaluation::new(&d, &BuildInputs::default());
    let Body::Workdir(word) = &d.instructions[2].body else { panic!() };
    let uses = e.scope(2).expand(word).variables;
    assert_eq!(sources.slice(uses[0].span), "$B");
    let Body::Env(pairs) = &d.instructions[1].body else { panic!() };
    let uses = e.scope(1).expand(pairs[0].value.as_ref().unwrap()).variables;
    let names: Vec<_> = uses.iter().map(|u| (u.name.as_str(), u.operator, u.exact)).collect();
    assert_eq!(names, [("C", None, false), ("B", Some('-'), false), ("D", None, false)]);
}

#[test]
fn bombs_stay_small() {
    let doubling: String = (0..100).map(|_| "ENV A=$A$A\n").collect();
    let wide = format!("ENV B={}\n", "$A".repeat(30_000));
    let deep = format!("USER {}\n", "${x:-".repeat(5_000));
    let chain: String = (0..500).map(|i| format!("FROM s{i} AS s{}\nARG v{i}=$nope\n", i + 1)).collect();
    let text = format!("FROM scratch AS s0\nENV A=aaaaaaaa\n{doubling}{wide}{deep}{chain}");
    let (_, d) = read(&text);
    let started = std::time::Instant::now();
    let e = Evaluation::new(&d, &BuildInputs::default());
    assert!(started.elapsed().as_secs() < 20);
    assert_eq!(e.end_scope(0).get("A").unwrap().value, VariableValue::Unknown);
    for (index, instruction) in d.instructions.iter().enumerate() {
        for word in expanded_words(instruction) {
            e.scope(index).expand(word);
        }
    }
}
