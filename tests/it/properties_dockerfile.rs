//! What holds for the Dockerfile parser whatever it is given: no panic, spans that fit, nothing lost, order kept.

use dockcheck::internals::dockerfile::{Body, CommandForm, Dockerfile, Healthcheck, Instruction, Phase, Word, parse};
use dockcheck::text::{SourceFile, Sources, Span};
use proptest::prelude::*;

fn read(bytes: &[u8]) -> (Sources, Dockerfile) {
    let mut sources = Sources::new();
    let id = sources.add("Dockerfile".into(), "Dockerfile".into(), bytes.to_vec());
    let dockerfile = parse(sources.file(id));
    (sources, dockerfile)
}

fn words(body: &Body) -> Vec<&Word> {
    let form = |form: &CommandForm| match form {
        CommandForm::Exec { .. } | CommandForm::Shell { .. } => Vec::new(),
    };
    match body {
        Body::From { image, alias } => std::iter::once(image).chain(alias).collect(),
        Body::Command(command) | Body::Healthcheck(Healthcheck::Command(command)) => match command {
            CommandForm::Exec { words, .. } => words.iter().collect(),
            CommandForm::Shell { .. } => form(command),
        },
        Body::Copy { sources, destination, .. } => sources.iter().chain(destination).collect(),
        Body::Arg(pairs) | Body::Env(pairs) | Body::Label(pairs) => {
            pairs.iter().flat_map(|pair| std::iter::once(&pair.name).chain(&pair.value)).collect()
        }
        Body::Expose(words) | Body::Shell(words) | Body::Broken(words) => words.iter().collect(),
        Body::Volume { paths, .. } => paths.iter().collect(),
        Body::User(word) | Body::Workdir(word) | Body::Stopsignal(word) | Body::Maintainer(word) => vec![word],
        Body::Healthcheck(Healthcheck::None) => Vec::new(),
        Body::Onbuild(trigger) => words(&trigger.body),
    }
}

fn fits(file: &SourceFile, span: Span) -> bool {
    span.file == file.id() && file.text().get(span.range()).is_some()
}

/// Whether what lies between two parts of an instruction says nothing: blanks, continuations, comments, `--`.
fn says_nothing(text: &str, escape: char) -> bool {
    text.lines().all(|line| {
        let line = line.trim();
        line.starts_with('#') || line.chars().all(|c| c == escape || c == '-' || c.is_whitespace())
    })
}

fn check_instruction(file: &SourceFile, dockerfile: &Dockerfile, instruction: &Instruction) {
    let escape = dockerfile.escape;
    for span in [instruction.span, instruction.keyword_span, instruction.arguments] {
        assert!(fits(file, span));
    }
    assert!(instruction.span.contains(instruction.keyword_span));
    assert!(instruction.span.contains(instruction.arguments), "{instruction:?}");
    let mut at = instruction.keyword_span.end as usize;
    for flag in &instruction.flags {
        assert!(fits(file, flag.span));
        let gap = file.text().get(at..flag.span.start as usize).expect("flags follow each other");
        assert!(says_nothing(gap, escape), "{gap:?}");
        at = flag.span.end as usize;
        for field in flag.fields() {
            assert!(flag.span.contains(field.span), "{flag:?}");
            assert!(field.value.is_none_or(|value| fits(file, value.span)));
        }
        assert!(flag.value.as_ref().is_none_or(|value| flag.span.contains(value.span)));
    }
    if !instruction.arguments.is_empty() {
        let gap = file.text().get(at..instruction.arguments.start as usize).expect("arguments follow flags");
        assert!(says_nothing(gap, escape), "{gap:?} in {instruction:?}");
    }
    for word in words(&instruction.body) {
        assert!(fits(file, word.span));
        assert!(instruction.arguments.contains(word.span) || word.span.is_empty(), "{word:?} of {instruction:?}");
    }
    let mut end = 0;
    for heredoc in &instruction.heredocs {
        assert!(fits(file, heredoc.span) && fits(file, heredoc.body));
        assert!(heredoc.body.start >= end);
        end = heredoc.body.end;
    }
    for line in &instruction.empty_lines {
        assert!(file.slice(*line).trim().is_empty());
    }
    assert!(instruction.first_line <= instruction.text_last_line);
    assert!(instruction.text_last_line <= instruction.last_line);
    assert_eq!(
        file.line_of(instruction.keyword_span.start).max(instruction.first_line),
        file.line_of(instruction.keyword_span.start)
    );
}

fn check(bytes: &[u8]) {
    let (sources, dockerfile) = read(bytes);
    let file = sources.iter().next().unwrap();
    let mut covered: Vec<Span> = Vec::new();
    let mut end = 0;
    let mut line = 0;
    for instruction in &dockerfile.instructions {
        check_instruction(file, &dockerfile, instruction);
        assert!(instruction.span.start >= end, "instructions overlap: {:?}", dockerfile.instructions);
        assert!(instruction.first_line > line);
        end = instruction.span.end;
        line = instruction.last_line;
        covered.push(instruction.span);
        assert!(dockerfile.comments.get(instruction.comments.clone()).is_some());
    }
    for stage in &dockerfile.stages {
        assert!(dockerfile.instructions.get(stage.instructions.clone()).is_some());
    }
    for fault in &dockerfile.faults {
        assert!(fits(file, fault.span), "{fault:?}");
    }
    covered.extend(dockerfile.directives.iter().map(|directive| directive.span));
    covered.extend(&dockerfile.comments);
    assert!(covered.iter().all(|span| fits(file, *span)));
    covered.sort();
    // Nothing is lost: what no node covers is white space, the byte order mark and the last escape characters of lines.
    let mut at = 0;
    for span in covered {
        let start = span.start as usize;
        if start > at {
            let gap = file.text().get(at..start).unwrap();
            assert!(gap.chars().all(|c| c.is_whitespace() || c == '\u{feff}' || c == dockerfile.escape), "{gap:?}");
        }
        at = at.max(span.end as usize);
    }
    let rest = file.text().get(at..).unwrap();
    assert!(rest.chars().all(|c| c.is_whitespace() || c == '\u{feff}' || c == dockerfile.escape), "{rest:?}");
}

/// Lines that a Dockerfile may be made of, sound and unsound.
const LINES: &[&str] = &[
    "FROM alpine:3.20 AS base",
    "FROM --platform=$BUILDPLATFORM \"x\"",
    "from base",
    "RUN apk add --no-cache \\",
    "    gcc \\",
    "    # a comment",
    "",
    "  && make",
    "RUN --mount=type=cache,target=/root/.cache --network=none pip install x",
    "RUN <<EOF",
    "RUN cat <<-'A' > f && cat <<B",
    "EOF",
    "\tA",
    "B",
    "COPY --from=base --chown=a:b \"a b\" [\"x\", \"y\"] /d/",
    "COPY [\"a\", \"b\\u00e9\"]",
    "COPY <<X <<\"Y Z\" /d",
    "X",
    "Y Z",
    "ENV a=b c=\"d e\" f=g\\ h",
    "ENV a b c",
    "ENV a",
    "ARG X=1 Y",
    "LABEL \"a b\"=c \\",
    " d='e'",
    "HEALTHCHECK --interval=5s --retries=3 CMD curl -f x || exit 1",
    "HEALTHCHECK NONE",
    "ONBUILD RUN x",
    "ONBUILD ONBUILD RUN x",
    "ONBUILD COPY <<EOF /x",
    "SHELL [\"/bin/bash\", \"-c\"]",
    "CMD [\"a\", 1]",
    "EXPOSE 80/tcp $PORT",
    "USER a b",
    "FOO bar",
    "# check=skip=all",
    "#",
    "# escape=`",
    "RUN a `",
    "\u{feff}FROM x",
    "RUN é\u{a0}ü --x=à",
    "COPY --chown=é\u{85}à a b",
    "{{ if .X }}",
    "\\",
    "RUN it's \"open",
];

fn dockerfile_text() -> impl Strategy<Value = String> {
    let line = proptest::sample::select(LINES);
    let newline = proptest::sample::select(&["\n", "\n", "\n", "\r\n", "\n\n"][..]);
    proptest::collection::vec((line, newline), 0..24)
        .prop_map(|lines| lines.into_iter().flat_map(|(a, b)| [a, b]).collect())
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        Just(b'\\'),
        Just(b'\n'),
        Just(b'"'),
        Just(b'\''),
        Just(b'<'),
        Just(b'$'),
        Just(b'{'),
        Just(b'['),
        Just(b'#'),
        Just(b' '),
        Just(b'`'),
        Just(b'='),
        Just(b'-'),
        Just(0xa0),
        Just(0x85),
        Just(0xff),
        any::<u8>()
    ];
    let change = (any::<proptest::sample::Index>(), 0..3u8, byte);
    (dockerfile_text(), proptest::collection::vec(change, 0..8)).prop_map(|(text, changes)| {
        let mut bytes = text.into_bytes();
        for (at, kind, byte) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes.insert(at, byte),
                1 => bytes[at] = byte,
                _ => drop(bytes.remove(at)),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        check(text.as_bytes());
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        check(&bytes);
    }

    #[test]
    fn mutated_dockerfiles(bytes in mutated()) {
        check(&bytes);
    }

    /// Joining lines by hand changes no verdict and no instruction.
    #[test]
    fn line_ends_do_not_matter(text in dockerfile_text()) {
        let unix = text.replace("\r\n", "\n");
        let (_, a) = read(unix.as_bytes());
        let (_, b) = read(unix.replace('\n', "\r\n").as_bytes());
        prop_assert_eq!(a.instructions.len(), b.instructions.len());
        let fatal = |d: &Dockerfile| d.faults.iter().filter(|f| f.fatal && f.phase != Phase::Build).count();
        prop_assert_eq!(fatal(&a), fatal(&b));
    }
}

#[test]
fn breaking_an_instruction_breaks_the_file() {
    let sound = [
        "FROM a AS b\n",
        "RUN --mount=type=cache,target=/x y\n",
        "COPY --from=b c d\n",
        "ENV a=b\n",
        "HEALTHCHECK --interval=1s CMD x\n",
    ];
    let verdict = |lines: &[String]| read(lines.concat().as_bytes()).1.faults.iter().any(|f| f.fatal);
    let lines: Vec<String> = sound.iter().map(|line| (*line).to_owned()).collect();
    assert!(!verdict(&lines));
    for index in 0..lines.len() {
        let with = |line: String| {
            let mut lines = lines.clone();
            lines[index] = line;
            verdict(&lines)
        };
        let (word, rest) = sound[index].split_once(' ').unwrap();
        assert!(with(format!("{word}X {rest}")), "a misspelt word");
        assert!(with(format!("{word}{rest}")), "a lost blank");
        assert!(with(format!("{word} --nosuch=1 {rest}")), "an unknown flag");
        assert!(index == 1 || with(format!("{word}\n")), "no arguments");
        assert!(!with(format!("{} \\\n # c\n {rest}", word.to_lowercase())), "lower case and a continuation are fine");
    }
}
