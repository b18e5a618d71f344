//! T15, T21: fixes over every encoding, line end and rule that has one: nothing outside the edits changes, a second run has
//! nothing to do, and what was right before is right after.

use std::collections::BTreeMap;

use dockcheck::Request;
use dockcheck::Settings;
use dockcheck::check;
use dockcheck::diagnostic::Applicability;
use dockcheck::diagnostic::{Report, edit};
use dockcheck::internals::lint::fix;
use dockcheck::rules::RULES;

use crate::common::heavy;

use super::repo::Repo;

type Files = BTreeMap<String, Vec<u8>>;

/// The fenced files of a page, project by project, with the marks taken out.
fn examples(page: &str) -> Vec<Files> {
    let mut projects = vec![Files::new()];
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("##") {
            projects.push(Files::new());
        } else if let Some(path) =
            line.strip_prefix("```").and_then(|i| i.split_whitespace().find_map(|w| w.strip_prefix("path=")))
        {
            let mut text = String::new();
            for line in lines.by_ref().take_while(|l| *l != "```") {
                let cut = ["# error: [", "# warning: [", "# info: ["].iter().find_map(|mark| line.find(mark));
                match cut {
                    Some(0) => {}
                    Some(at) if line[..at].trim().is_empty() => {}
                    Some(at) => text.extend([line[..at].trim_end(), "\n"]),
                    None => text.extend([line, "\n"]),
                }
            }
            projects.last_mut().unwrap().insert(path.to_owned(), text.into_bytes());
        }
    }
    projects.retain(|p| !p.is_empty());
    projects
}

fn request(repo: &Repo, files: &Files) -> Request {
    let root = repo.path();
    Request {
        paths: vec![root.clone()],
        working_dir: root.clone(),
        root: Some(root.clone()),
        overlay: files.iter().map(|(name, bytes)| (root.join(name), bytes.clone())).collect(),
        ..Request::default()
    }
}

fn settings(only: Option<&'static str>) -> Settings {
    match only {
        Some(rule) => Settings { only: Some([rule].into()), ..Settings::default() },
        None => Settings::default(),
    }
}

/// The forms that a file can have beside the one that its author saw.
fn forms(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let joined = |end: &[u8]| text.split(|b| *b == b'\n').collect::<Vec<_>>().join(end);
    let trimmed = text.strip_suffix(b"\n").unwrap_or(text).to_vec();
    vec![
        ("plain", text.to_vec()),
        ("CRLF", joined(b"\r\n")),
        ("BOM", [b"\xef\xbb\xbf".as_slice(), text].concat()),
        ("no final newline", trimmed.clone()),
        (
            "CRLF, BOM, no final newline",
            [b"\xef\xbb\xbf".as_slice(), joined(b"\r\n").strip_suffix(b"\r\n").unwrap_or(&trimmed)].concat(),
        ),
        ("bytes that are not UTF-8", [text, b"# \xff\xfe\x80 x\n"].concat()),
        ("a NUL", [text, b"# \0 x\n"].concat()),
    ]
}

/// Checks every fix that is offered, by itself: outside of its edits the bytes are what they were, and the new lines end as
/// the file's do.
fn edits_are_exact(report: &Report, what: &str) -> usize {
    let mut count = 0;
    for finding in &report.findings {
        for fix in &finding.fixes {
            let Some(changes) = edit::changes(&report.sources, fix) else { continue };
            count += 1;
            let mut files: Vec<_> = changes.iter().map(|c| c.file).collect();
            files.sort();
            files.dedup();
            for id in files {
                let file = report.sources.file(id);
                let mut own: Vec<_> = changes.iter().filter(|c| c.file == id).collect();
                own.sort();
                let after = edit::apply(file.bytes(), &own)
                    .unwrap_or_else(|| panic!("{what}: {}: edits overlap", finding.rule));
                let (mut at, mut pos) = (0, 0);
                for change in &own {
                    let (start, end) = change.range;
                    assert_eq!(file.bytes()[at..start], after[pos..pos + start - at], "{what}: {}", finding.rule);
                    pos += start - at;
                    assert_eq!(
                        &after[pos..pos + change.text.len()],
                        change.text.as_bytes(),
                        "{what}: {}",
                        finding.rule
                    );
                    pos += change.text.len();
                    at = end;
                    if file.newline() == "\r\n" {
                        let bare = change.text.replace("\r\n", "");
                        assert!(
                            !bare.contains('\n'),
                            "{what}: {}: a bare line feed in {:?}",
                            finding.rule,
                            change.text
                        );
                    } else {
                        assert!(!change.text.contains('\r'), "{what}: {}", finding.rule);
                    }
                }
                assert_eq!(file.bytes()[at..], after[pos..], "{what}: {}", finding.rule);
            }
        }
    }
    count
}

fn mend(repo: &Repo, files: &Files, first: Report, settings: &Settings) -> (Files, fix::FixOutcome) {
    let root = repo.path();
    let over = |changed: &[(std::path::PathBuf, Vec<u8>)]| {
        let mut next = files.clone();
        for (path, bytes) in changed {
            next.insert(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), bytes.clone());
        }
        next
    };
    let outcome = fix::run(first, true, &|_, _| Ok(()), &mut |changed| check(&request(repo, &over(changed)), settings));
    let changed: Vec<_> = outcome.changes.iter().map(|c| (c.path.clone(), c.after.clone())).collect();
    (over(&changed), outcome)
}

/// Files that a walk finds must be on disk; their text comes from the overlay.
fn laid_out(files: &Files) -> Repo {
    let repo = Repo::empty();
    files.iter().for_each(|(name, bytes)| repo.write(name, bytes));
    repo
}

#[test]
fn t15_every_form_of_every_example_with_a_fix() {
    let (mut fixes, mut rules) = (0, 0);
    for entry in &RULES {
        let mut own = 0;
        for example in examples(entry.meta.page) {
            let repo = laid_out(&example);
            for form in 0..forms(b"").len() {
                let files: Files =
                    example.iter().map(|(name, text)| (name.clone(), forms(text)[form].1.clone())).collect();
                let what = format!("rules/{}.md, {}", entry.meta.name, forms(b"")[form].0);
                let report = check(&request(&repo, &files), &settings(Some(entry.meta.name)));
                assert!(report.bugs.is_empty(), "{what}: {:?}", report.bugs);
                let offered = edits_are_exact(&report, &what);
                own += offered;
                // The plain form is the first one.
                if offered == 0 && !heavy() {
                    break;
                }
            }
        }
        fixes += own;
        rules += usize::from(own > 0);
    }
    eprintln!("{fixes} fixes of {rules} rules are exact in every form");
    assert!(rules >= 20, "{rules}");
}

#[test]
fn t15_utf16_is_a_clear_finding_or_note_and_never_a_fault() {
    for text in ["services: {a: {image: x}}\n", "FROM debian:12\n"] {
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        for bytes in [little, big] {
            let repo = Repo::empty();
            repo.write("compose.yaml", &bytes);
            repo.write("Dockerfile", &bytes);
            let outcome = repo.call("--format concise");
            assert!(matches!(outcome.code, Some(1)), "{outcome:?}");
        }
    }
}

#[test]
fn t21_fixing_settles_and_breaks_nothing() {
    let mut fixed = 0;
    for entry in &RULES {
        for (number, files) in examples(entry.meta.page).into_iter().enumerate() {
            let what = format!("rules/{}.md, project {number}", entry.meta.name);
            let repo = laid_out(&files);
            let settings = settings(None);
            let before = check(&request(&repo, &files), &settings);
            // Nothing that was read before may be unreadable afterwards, and no error may be new.
            let errors = |report: &Report| {
                let of = |f: &&dockcheck::diagnostic::Finding| f.severity == dockcheck::diagnostic::Severity::Error;
                report.findings.iter().filter(of).map(|f| f.rule).collect::<Vec<_>>()
            };
            let (mut known, then) = (errors(&before), before.checked);
            let (after, outcome) = mend(&repo, &files, before, &settings);
            let overlapping = |r: &String| r.contains("did not settle");
            assert!(!outcome.refused.iter().any(overlapping), "{what}: {:?}", outcome.refused);
            if outcome.changes.is_empty() {
                continue;
            }
            fixed += 1;
            let (again, second) = mend(&repo, &after, check(&request(&repo, &after), &settings), &settings);
            assert!(
                again == after && second.changes.is_empty(),
                "{what}: a second run changes more: {:?}",
                second.applied
            );
            // An unsafe one may bring to light what a build that did not take place was missing.
            let all_safe = outcome.applied.iter().all(|a| a.applicability == Applicability::Safe);
            for rule in errors(&outcome.report).into_iter().filter(|_| all_safe) {
                let at = known.iter().position(|r| *r == rule);
                assert!(at.is_some(), "{what}: fixing brings {rule}: {:?}", outcome.applied);
                known.remove(at.unwrap());
            }
            // What a fix sets free from a line that swallowed it may be a stage.
            let now = outcome.report.checked;
            assert_eq!(
                (now.services, now.dockerfiles, now.files),
                (then.services, then.dockerfiles, then.files),
                "{what}"
            );
            assert!(now.stages >= then.stages, "{what}");
        }
    }
    assert!(fixed > 40, "{fixed}");
}

#[test]
fn t21_a_safe_fix_keeps_the_instructions() {
    for entry in &RULES {
        for files in examples(entry.meta.page) {
            let repo = laid_out(&files);
            let report = check(&request(&repo, &files), &settings(Some(entry.meta.name)));
            for finding in &report.findings {
                for fix in finding.fixes.iter().filter(|f| f.applicability == Applicability::Safe) {
                    let Some(changes) = edit::changes(&report.sources, fix) else { continue };
                    for id in changes.iter().map(|c| c.file) {
                        let file = report.sources.file(id);
                        let parse = |bytes: &[u8]| {
                            let mut sources = dockcheck::text::Sources::new();
                            let id = sources.add("f".into(), "f".into(), bytes.to_vec());
                            let parsed = dockcheck::internals::dockerfile::parse(sources.file(id));
                            (parsed.faults.len(), parsed.stages.len())
                        };
                        if !file.name().contains("ockerfile") || file.name().ends_with("ignore") {
                            continue;
                        }
                        let own: Vec<_> = changes.iter().filter(|c| c.file == id).collect();
                        let (before, after) = (parse(file.bytes()), parse(&edit::apply(file.bytes(), &own).unwrap()));
                        assert!(
                            after.0 <= before.0 && after.1 >= before.1,
                            "rules/{}.md: {before:?} {after:?}",
                            entry.meta.name
                        );
                    }
                }
            }
        }
    }
}
