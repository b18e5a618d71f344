//! Fixes over files made by hand.

use std::fs;
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::diagnostic::Severity;
use crate::text::Span;

/// A "rule" that wants each `bad` to be `good`, safely, and each `WORSE` to be `better`, unsafely, in whatever file.
fn check(files: &[(PathBuf, Vec<u8>)]) -> Report {
    let mut report = Report::default();
    for (path, bytes) in files {
        report.sources.add(path.clone(), path.to_string_lossy().into_owned(), bytes.clone());
    }
    let mut findings = Vec::new();
    for file in report.sources.iter() {
        for (needle, new, applicability) in
            [("bad", "good", Applicability::Safe), ("WORSE", "better\nbad", Applicability::Unsafe)]
        {
            for (at, _) in file.text().match_indices(needle) {
                let span = Span::new(file.id(), at..at + needle.len());
                let fix = Fix::new("mend", applicability).edit(span, new);
                findings.push(Finding::new("rule", Severity::Warning, span, "m").fix(fix));
            }
        }
    }
    report.findings = findings;
    report
}

fn over(base: &[(PathBuf, Vec<u8>)]) -> impl FnMut(&[(PathBuf, Vec<u8>)]) -> Report {
    let base = base.to_vec();
    move |overlay| {
        let mut files = base.clone();
        for (path, bytes) in overlay {
            if let Some(file) = files.iter_mut().find(|f| f.0 == *path) {
                file.1.clone_from(bytes);
            }
        }
        check(&files)
    }
}

fn fix_all(base: &[(PathBuf, Vec<u8>)], allow_unsafe: bool) -> FixOutcome {
    run(check(base), allow_unsafe, &|_, _| Ok(()), &mut over(base))
}

fn file(name: &str, bytes: &[u8]) -> (PathBuf, Vec<u8>) {
    (name.into(), bytes.to_vec())
}

#[test]
fn safe_fixes_only_unless_allowed() {
    let base = [file("a", b"x bad\r\nWORSE\r\n"), file("b", b"fine")];
    let safe = fix_all(&base, false);
    assert_eq!(safe.changes.len(), 1);
    assert_eq!(safe.changes[0].after, b"x good\r\nWORSE\r\n");
    assert_eq!(safe.report.findings.len(), 1);
    let all = fix_all(&base, true);
    assert_eq!(all.changes[0].after, b"x good\r\nbetter\r\ngood\r\n");
    assert_eq!(all.applied.len(), 3, "the second round mends what the first one brought");
    assert!(all.report.findings.is_empty() && all.refused.is_empty());
}

#[test]
fn suppressed_findings_are_left_alone() {
    let base = [file("a", b"bad")];
    let mut report = check(&base);
    report.findings[0].suppressed =
        Some(crate::diagnostic::Suppression { by: crate::diagnostic::SuppressedBy::Comment, reason: None });
    assert!(run(report, true, &|_, _| Ok(()), &mut over(&base)).changes.is_empty());
}

#[test]
fn a_fix_over_two_files_is_made_whole_or_not_at_all() {
    let files = [file("a", b"one"), file("b", b"two")];
    let make = || {
        let mut report = check(&files);
        let (a, b) = (
            report.sources.by_path(Path::new("a")).unwrap().id(),
            report.sources.by_path(Path::new("b")).unwrap().id(),
        );
        let fix = Fix::new("both", Applicability::Safe).edit(Span::new(a, 0..3), "1").edit(Span::new(b, 0..3), "2");
        report.findings.push(Finding::new("rule", Severity::Error, Span::at(a, 0), "m").fix(fix));
        report
    };
    let done = run(make(), false, &|_, _| Ok(()), &mut over(&files));
    assert_eq!(done.changes.iter().map(|c| c.after.as_slice()).collect::<Vec<_>>(), [b"1", b"2"]);
    let guard = |path: &Path, _: &[u8]| if path == Path::new("b") { Err(write::WriteRefusal::Symlink) } else { Ok(()) };
    let refused = run(make(), false, &guard, &mut over(&files));
    assert!(refused.changes.is_empty());
    assert_eq!(refused.refused, ["b: not fixed: it is reached through a symbolic link"]);
}

#[test]
fn a_fix_that_breaks_the_file_is_taken_back() {
    let files = [file("a", b"bad bad")];
    let mut recheck = |overlay: &[(PathBuf, Vec<u8>)]| {
        let mut report = over(&files)(overlay);
        // "The file" parses as long as it holds at most one "good".
        if overlay.iter().any(|f| f.1.windows(4).filter(|w| w == b"good").count() > 1) {
            let id = report.sources.by_path(Path::new("a")).unwrap().id();
            report.findings.push(Finding::new("yaml-syntax", Severity::Error, Span::at(id, 0), "m"));
        }
        crate::report::fingerprint::assign(&mut report);
        report
    };
    let first = recheck(&[]);
    let outcome = run(first, false, &|_, _| Ok(()), &mut recheck);
    assert_eq!(outcome.changes[0].after, b"good bad");
    assert_eq!(outcome.applied.len(), 1);
    assert_eq!(outcome.refused.len(), 1, "{:?}", outcome.refused);
}

#[test]
fn fixes_that_break_a_file_cost_few_attempts_and_not_the_others() {
    let words = |n: usize, with: &str| -> String {
        (0..n).map(|i| if with.contains(&format!("<{i}>")) { "worst bad " } else { "bad " }).collect()
    };
    let run_over = |text: String| {
        let files = [file("a", text.as_bytes())];
        let mut checks = 0;
        let mut recheck = |overlay: &[(PathBuf, Vec<u8>)]| {
            checks += 1;
            let mut report = over(&files)(overlay);
            if overlay.iter().any(|f| f.1.windows(10).any(|w| w == b"worst good")) {
                let id = report.sources.by_path(Path::new("a")).unwrap().id();
                report.findings.push(Finding::new("yaml-syntax", Severity::Error, Span::at(id, 0), "m"));
            }
            crate::report::fingerprint::assign(&mut report);
            report
        };
        let first = recheck(&[]);
        let outcome = run(first, false, &|_, _| Ok(()), &mut recheck);
        (outcome, checks)
    };
    let (one, _) = run_over(words(200, "<77>"));
    assert_eq!(one.applied.len(), 199);
    assert_eq!(one.refused.len(), 1, "{:?}", one.refused);
    let (all, checks) = run_over("worst bad ".repeat(1000));
    assert!(all.changes.is_empty() && checks <= 2 * (MAX_ROUNDS + MAX_ATTEMPTS), "{checks}");
    assert!(all.refused.iter().any(|said| said.contains("fixes were not made")), "{:?}", all.refused);
}

#[test]
fn rounds_are_bounded() {
    let grow = |overlay: &[(PathBuf, Vec<u8>)]| {
        let bytes = overlay.first().map_or(b"x".to_vec(), |f| f.1.clone());
        let mut report = Report::default();
        let id = report.sources.add("a".into(), "a".into(), bytes);
        let fix = Fix::new("grow", Applicability::Safe).insert(Span::at(id, 0), "x");
        report.findings.push(Finding::new("r", Severity::Info, Span::at(id, 0), "m").fix(fix));
        report
    };
    let outcome = run(grow(&[]), false, &|_, _| Ok(()), &mut { grow });
    assert_eq!(outcome.changes[0].after.len(), 1 + MAX_ROUNDS);
    assert_eq!(outcome.refused.len(), 1);
}

#[test]
fn the_diff_is_what_git_applies() {
    let cases: [(&str, &[u8], &[u8]); 9] = [
        ("a", b"one\ntwo\n", b"one\n2\n"),
        ("no-end", b"one\ntwo", b"one\n2"),
        ("gains-end", b"one\ntwo", b"one\ntwo\n"),
        ("loses-end", b"one\n", b"one"),
        ("crlf", b"one\r\ntwo\r\nthree\r\n", b"one\r\n2\r\nx\r\nthree\r\n"),
        ("bom", b"\xef\xbb\xbfa: 1\n", b"\xef\xbb\xbfa: 2\n"),
        ("sub dir/with blank", b"x\n", b"y\nx\n"),
        ("raw\"\t\u{1}name", b"\xff\xfe\n\xfd\n", b"\xff\xfe\n\xfd\nz\n"),
        ("far", b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", b"0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n"),
    ];
    let dir = tempfile::tempdir().unwrap();
    let mut changes = Vec::new();
    for (name, before, after) in cases {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, before).unwrap();
        changes.push(FileChange { path, name: name.into(), before: before.to_vec(), after: after.to_vec() });
    }
    let patch = dir.path().join("patch");
    fs::write(&patch, unified::diff(&changes)).unwrap();
    let Ok(output) = Command::new("git").arg("apply").arg(&patch).current_dir(dir.path()).output() else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for change in changes {
        assert_eq!(fs::read(&change.path).unwrap(), change.after, "{}", change.name);
    }
}

#[cfg(unix)]
#[test]
fn writes_only_what_it_may() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use write::{WriteRefusal, write};

    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::create_dir_all(outer.path().join("elsewhere")).unwrap();
    let change = |path: PathBuf| FileChange { name: "f".into(), path, before: b"old".to_vec(), after: b"new".to_vec() };
    let put = |path: &Path| fs::write(path, "old").unwrap();
    let refusal = |path: &Path| write(&root, false, &[change(path.to_owned())]).unwrap_err().refusal;

    let plain = root.join("plain");
    put(&plain);
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o751)).unwrap();
    write(&root, false, &[change(plain.clone())]).unwrap();
    assert_eq!(fs::read(&plain).unwrap(), b"new");
    assert_eq!(fs::metadata(&plain).unwrap().mode() & 0o777, 0o751);
    assert_eq!(refusal(&plain), WriteRefusal::Changed);

    put(&outer.path().join("elsewhere/f"));
    symlink(outer.path().join("elsewhere/f"), root.join("link")).unwrap();
    assert_eq!(refusal(&root.join("link")), WriteRefusal::Symlink);
    symlink(outer.path().join("elsewhere"), root.join("folder")).unwrap();
    assert_eq!(refusal(&root.join("folder/f")), WriteRefusal::Symlink);
    put(&root.join("sub/f"));
    symlink(root.join("sub"), root.join("inner")).unwrap();
    assert_eq!(refusal(&root.join("inner/f")), WriteRefusal::Symlink);
    assert_eq!(refusal(&outer.path().join("elsewhere/f")), WriteRefusal::OutsideRoot);

    put(&root.join("twin"));
    fs::hard_link(root.join("twin"), root.join("twin2")).unwrap();
    assert_eq!(refusal(&root.join("twin")), WriteRefusal::HardLinks);
    assert_eq!(refusal(&root.join("sub")), WriteRefusal::NotAFile);
    assert!(matches!(refusal(&root.join("none")), WriteRefusal::Io(_)));

    // One refusal: nothing is written, nothing is left behind.
    put(&root.join("first"));
    let both = [change(root.join("first")), change(root.join("twin"))];
    assert!(write(&root, false, &both).is_err());
    assert_eq!(fs::read(root.join("first")).unwrap(), b"old");
    assert!(!fs::read_dir(&root).unwrap().any(|e| e.unwrap().file_name().to_string_lossy().contains("dockcheck-")));
}

proptest! {
    #[test]
    fn bytes_outside_the_edits_stay_and_a_second_run_changes_nothing(
        parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..12), 1..8),
        allow_unsafe in any::<bool>(),
    ) {
        // Random bytes, BOM, CR, NUL and all, with a fault between two pieces.
        let words: [&[u8]; 2] = [b"bad", b"WORSE"];
        let mut text = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                text.extend_from_slice(words[i % 2]);
            }
            text.extend_from_slice(part);
        }
        let base = [file("f", &text)];
        let outcome = fix_all(&base, allow_unsafe);
        let after = outcome.changes.first().map_or(text.clone(), |c| c.after.clone());
        let newline = check(&base).sources.iter().next().unwrap().newline();
        let mut expected = replace(&text, b"bad", b"good");
        if allow_unsafe {
            expected = replace(&expected, b"WORSE", format!("better{newline}good").as_bytes());
        }
        prop_assert_eq!(&after, &expected);
        prop_assert!(fix_all(&[file("f", &after)], allow_unsafe).changes.is_empty());
    }
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with(from) {
            out.extend_from_slice(to);
            at += from.len();
        } else {
            out.push(text[at]);
            at += 1;
        }
    }
    out
}
