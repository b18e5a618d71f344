//! Comments over files written here; the "findings" are where a word stands.

use super::*;
use crate::diagnostic::edit;
use crate::diagnostic::rule::RuleMeta;
use crate::dockerfile;

static BAD: RuleMeta = RuleMeta::new(
    "bad-word",
    "---\nsummary: s\ngroup: style\nlevel: warning\nfix: none\naliases: [DL3008, BadWord, no-bad-word]\nsince: 0.1.0\n---\n",
);
static WORSE: RuleMeta =
    RuleMeta::new("worse-word", "---\nsummary: s\ngroup: style\nlevel: warning\nfix: none\nsince: 0.1.0\n---\n");

struct Seen {
    /// "bad" or "worse" with the line, for what is left.
    loud: Vec<String>,
    reasons: Vec<String>,
    /// Findings on the comments.
    own: Vec<String>,
    /// The text after all their fixes.
    fixed: String,
}

fn check(text: &str, is_dockerfile: bool, require_reason: bool) -> Seen {
    let mut sources = Sources::new();
    let id = sources.add("f".into(), "f".into(), text.as_bytes().to_vec());
    let parsed = is_dockerfile.then(|| dockerfile::parse(sources.file(id)));
    let mut findings = Vec::new();
    for (word, rule) in [("bad", "bad-word"), ("WORSE", "worse-word")] {
        for (at, _) in text.match_indices(word).filter(|(at, _)| !text[at + word.len()..].starts_with("-word")) {
            let span = Span::new(id, at..at + word.len());
            findings.push(Finding::new(rule, Severity::Warning, span, "m"));
        }
    }
    let count = findings.len();
    let names = RuleNames::new([&BAD, &WORSE]);
    let notes = parsed.as_ref().map_or(Notes::Compose(id), Notes::Dockerfile);
    apply(&sources, &mut findings, &[notes], &SuppressOptions { names: &names, ran: &|_| true, require_reason });
    let line = |f: &Finding| sources.file(id).line_of(f.primary.span.start);
    let own = findings.split_off(count);
    // One round of fixes: those that collide wait for the next.
    let mut changes: Vec<edit::Change> = Vec::new();
    for change in own.iter().flat_map(|f| &f.fixes).flat_map(|f| edit::changes(&sources, f).unwrap()) {
        if changes.iter().all(|c| !c.conflicts(&change)) {
            changes.push(change);
        }
    }
    let fixed = edit::apply(text.as_bytes(), &changes.iter().collect::<Vec<_>>()).unwrap();
    Seen {
        loud: findings.iter().filter(|f| f.suppressed.is_none()).map(|f| format!("{} {}", f.rule, line(f))).collect(),
        reasons: findings.iter().filter_map(|f| f.suppressed.as_ref()?.reason.clone()).collect(),
        own: own.iter().map(|f| format!("{}:{}: {}", f.rule, line(f), f.title)).collect(),
        fixed: String::from_utf8(fixed).unwrap(),
    }
}

fn docker(text: &str) -> Seen {
    check(text, true, false)
}

fn compose(text: &str) -> Seen {
    check(text, false, false)
}

#[test]
fn above_an_instruction_it_covers_all_of_it() {
    let seen = docker("FROM a\n# dockcheck: ignore[bad-word] needed here\n\nRUN x \\\n  bad \\\n  WORSE\nRUN bad\n");
    assert_eq!(seen.loud, ["bad-word 7", "worse-word 6"]);
    assert_eq!(seen.reasons, ["needed here"]);
    assert!(seen.own.is_empty());
}

#[test]
fn inside_a_continuation_and_at_a_lines_end() {
    let seen = docker(
        "FROM a\nRUN x bad \\\n  # dockcheck: ignore[bad-word]\n  bad \\\n  bad\nRUN bad # dockcheck: ignore[DL3008]\n",
    );
    assert_eq!(seen.loud, ["bad-word 2", "bad-word 5"]);
    assert!(seen.own.is_empty(), "{:?}", seen.own);
}

#[test]
fn stages_and_files() {
    let text = "# dockcheck: ignore-file[worse-word]\nFROM a AS one\nRUN bad\n# dockcheck: ignore-stage[bad-word]\nFROM b\nRUN bad\nRUN WORSE bad\n";
    assert_eq!(docker(text).loud, ["bad-word 3"]);
    let inside = "FROM a\nRUN bad\nFROM b\n# dockcheck: ignore-stage[bad-word]\nRUN bad\nFROM c\nRUN bad\n";
    assert_eq!(docker(inside).loud, ["bad-word 2", "bad-word 7"]);
}

#[test]
fn in_compose_files() {
    let text = "services:\n  a:\n    image: bad # dockcheck: ignore[bad-word]\n    # dockcheck: ignore[worse-word]: why\n    x: WORSE\n    y: '# dockcheck: ignore[bad-word]'\n    z: bad\n";
    let seen = compose(text);
    assert_eq!(seen.loud, ["bad-word 7"]);
    assert_eq!(seen.reasons, ["why"]);
    let text = "services:\n  a:\n    x: bad\n  # dockcheck: ignore-service[bad-word]\n  b:\n    x: bad\n    y: bad\n  c:\n    # dockcheck: ignore-service[style]\n    x: bad\n";
    assert_eq!(compose(text).loud, ["bad-word 3"]);
}

#[test]
fn other_linters_comments_count_through_aliases() {
    assert!(docker("FROM a\n# hadolint ignore=DL4000,DL3008\nRUN bad\n").loud.is_empty());
    assert!(docker("# hadolint global ignore=DL3008\nFROM a\nRUN x\nRUN bad\n").loud.is_empty());
    assert!(docker("# check=skip=Other,BadWord;error=true\nFROM a\nRUN bad\n").loud.is_empty());
    assert!(compose("services:\n  a: bad # dclint disable-line no-bad-word\n").loud.is_empty());
    assert!(compose("# dclint disable no-bad-word\nservices:\n  a: bad\n").loud.is_empty());
    let not = docker("FROM a\n# hadolint ignore=bad-word,DL9999\nRUN bad\n");
    assert_eq!(not.loud, ["bad-word 3"], "our own names are not theirs");
    assert!(not.own.is_empty(), "what other linters' comments are good for is not ours to judge");
}

#[test]
fn unused_and_unknown_names_are_said_and_removable() {
    let text = "FROM a\n# dockcheck: ignore[bad-word, worse-word, bad-wrd] x\nRUN bad\n# dockcheck: ignore[worse-word]\nRUN y\nRUN z # dockcheck: ignore[bad-word]\n";
    let seen = docker(text);
    assert_eq!(
        seen.own,
        [
            "unused-suppression:2: `worse-word` is silenced for nothing: the rule finds nothing there",
            "unknown-suppression:2: no rule is called `bad-wrd`; did you mean `bad-word`?",
            "unused-suppression:4: `worse-word` is silenced for nothing: the rule finds nothing there",
            "unused-suppression:6: `bad-word` is silenced for nothing: the rule finds nothing there",
        ]
    );
    let again = docker(&seen.fixed);
    assert_eq!(again.fixed, "FROM a\n# dockcheck: ignore[bad-word] x\nRUN bad\nRUN y\nRUN z\n");
    let last = docker(&again.fixed);
    assert!(last.own.is_empty() && last.loud.is_empty());
    assert_eq!(docker("FROM a\n# dockcheck: ignore\nRUN bad\n").own.len(), 1);
}

#[test]
fn a_reason_can_be_required() {
    let seen = check("FROM a\n# dockcheck: ignore[bad-word]\nRUN bad\n", true, true);
    assert_eq!((seen.loud.len(), seen.own.len()), (1, 1));
    assert!(check("FROM a\n# dockcheck: ignore[bad-word] ok\nRUN bad\n", true, true).loud.is_empty());
}

#[test]
fn the_last_line_and_crlf() {
    let seen = docker("FROM a\r\n# dockcheck: ignore[bad-word] x\r\nRUN bad\r\n# dockcheck: ignore[bad-word]");
    assert!(seen.loud.is_empty());
    assert_eq!(seen.own.len(), 1);
    assert_eq!(seen.fixed, "FROM a\r\n# dockcheck: ignore[bad-word] x\r\nRUN bad\r\n");
    assert_eq!(seen.reasons, ["x"]);
}

#[test]
fn words_that_are_no_verbs_are_said_with_the_right_one() {
    let text = |comment: &str| format!("FROM a\n# dockcheck: {comment}\nRUN bad\n");
    for (comment, title, fixed) in [
        (
            "disable[bad-word]",
            "`dockcheck: disable` means nothing, so this comment silences nothing; did you mean `ignore`?",
            "ignore[bad-word]",
        ),
        (
            "Ignore[bad-word] why",
            "`dockcheck: Ignore` means nothing, so this comment silences nothing; did you mean `ignore`?",
            "ignore[bad-word] why",
        ),
        (
            "skip-file[bad-word]",
            "`dockcheck: skip-file` means nothing, so this comment silences nothing; did you mean `ignore-file`?",
            "ignore-file[bad-word]",
        ),
        (
            "ignor-stage[bad-word]",
            "`dockcheck: ignor-stage` means nothing, so this comment silences nothing; did you mean `ignore-stage`?",
            "ignore-stage[bad-word]",
        ),
        ("enable[bad-word]", "`dockcheck: enable` means nothing, so this comment silences nothing", "enable[bad-word]"),
        ("noqa", "`dockcheck: noqa` means nothing, so this comment silences nothing; did you mean `ignore`?", "noqa"),
        (
            "disable=bad-word",
            "`dockcheck: disable` means nothing, so this comment silences nothing; did you mean `ignore`?",
            "disable=bad-word",
        ),
        (
            "ignores everything",
            "`dockcheck: ignores` means nothing, so this comment silences nothing; did you mean `ignore`?",
            "ignores everything",
        ),
    ] {
        let seen = docker(&text(comment));
        assert_eq!(seen.own, [format!("unknown-suppression:2: {title}")], "{comment}");
        assert_eq!(seen.loud, ["bad-word 3"], "{comment}");
        assert_eq!(seen.fixed, text(fixed));
    }
    for no_list in ["ignore", "ignore=bad-word", "ignore: bad-word", "ignore-file bad-word"] {
        let own = docker(&text(no_list)).own;
        assert_eq!(own, ["unknown-suppression:2: this comment names no rule and silences nothing"], "{no_list}");
    }
    for prose in ["see the documentation", "the base image is old", "https://dockcheck.dev", ""] {
        assert!(docker(&text(prose)).own.is_empty(), "{prose}");
    }
    assert_eq!(compose("services:\n  a: bad # dockcheck: disable[bad-word]\n").own.len(), 1);
    assert!(docker("FROM a\nRUN echo '# dockcheck: skip this'\n").own.is_empty());
}
