//! What users lean on, tried over a folder of any repositories: a baseline shows exactly what is new, and a fix mends what it
//! says and nothing else.
//!
//! Runs only with `DOCKCHECK_WILD=<folder>`; says so and passes without it. Nothing is written: changed files stand in an
//! overlay, as an editor's unsaved buffers do. `DOCKCHECK_WILD_ONLY` names a part of a repository's name, to look at a failure;
//! `DOCKCHECK_WILD_FIXES` is how many fixes of a repository are tried one by one (default 12).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::{env, fs};

use dockcheck::Settings;
use dockcheck::diagnostic::Report;
use dockcheck::diagnostic::edit::{self, Change};
use dockcheck::diagnostic::{Applicability, Finding};
use dockcheck::internals::files::discover;
use dockcheck::internals::lint::baseline::Baseline;
use dockcheck::internals::lint::check::{Request, check};
use dockcheck::internals::lint::fix;

type Overlay = Vec<(PathBuf, Vec<u8>)>;

/// The repositories, or nothing with a word about it.
fn repositories() -> Vec<PathBuf> {
    let Ok(folder) = env::var("DOCKCHECK_WILD") else {
        println!("skipped: DOCKCHECK_WILD is not set");
        return Vec::new();
    };
    let only = env::var("DOCKCHECK_WILD_ONLY").unwrap_or_default();
    let entries = fs::read_dir(fs::canonicalize(folder).unwrap()).unwrap();
    let mut all: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    all.retain(|p| p.to_string_lossy().contains(&only));
    all.sort();
    all
}

fn run(repository: &Path, overlay: &[(PathBuf, Vec<u8>)]) -> Report {
    let request = Request {
        working_dir: repository.to_owned(),
        root: Some(repository.to_owned()),
        overlay: overlay.to_vec(),
        ..Request::default()
    };
    let settings = Settings { base: repository.to_owned(), ..Settings::default() };
    let report = check(&request, &settings);
    assert_eq!((report.errors.as_slice(), report.bugs.as_slice()), (&[][..], &[][..]), "{}", repository.display());
    report
}

fn shown(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|f| f.suppressed.is_none())
}

fn file_of<'a>(report: &'a Report, finding: &Finding) -> &'a dockcheck::text::SourceFile {
    report.sources.file(report.sources.resolve(finding.primary.span).file)
}

fn described(report: &Report, finding: &Finding) -> String {
    let file = file_of(report, finding);
    let line = file.position(report.sources.resolve(finding.primary.span).start).line;
    format!("{}:{line}: {}: {}", file.name(), finding.rule, finding.title.chars().take(160).collect::<String>())
}

/// Findings by rule and file.
fn counts(report: &Report) -> BTreeMap<(&'static str, String), usize> {
    let mut out = BTreeMap::new();
    for finding in shown(report) {
        *out.entry((finding.rule, file_of(report, finding).name().to_owned())).or_default() += 1;
    }
    out
}

fn more(before: &Report, after: &Report) -> Vec<String> {
    let (old, new) = (counts(before), counts(after));
    let grown = new.iter().filter(|(key, n)| old.get(*key).is_none_or(|o| o < n)).map(|(key, _)| key.clone());
    let grown: BTreeSet<_> = grown.collect();
    let is_grown = |f: &&Finding| grown.contains(&(f.rule, file_of(after, f).name().to_owned()));
    shown(after).filter(is_grown).map(|f| described(after, f)).collect()
}

// --- baseline

/// A file with a fault at its end that gives one finding, whatever else is in it.
fn faults(report: &Report) -> Vec<(PathBuf, Vec<u8>, &'static str)> {
    let mut out = Vec::new();
    for file in report.sources.iter().filter(|f| f.origin().is_none() && f.is_utf8()) {
        let name = file.path().file_name().unwrap().to_string_lossy().into_owned();
        let text = file.text();
        let mut faulty = text.trim_end().as_bytes().to_vec();
        if discover::is_dockerfile_name(&name) && (text.contains("\nFROM ") || text.starts_with("FROM ")) {
            faulty.extend(b"\nEXPOSE 99999999\n");
            out.push((file.path().to_owned(), faulty, "Dockerfile"));
        } else if discover::is_compose_name(&name) && text.contains("\nservices:\n") {
            faulty.extend(b"\nunheard-of-key: 1\n");
            out.push((file.path().to_owned(), faulty, "compose"));
        }
    }
    out.sort();
    out
}

/// Comments before the first line that says something: every line behind them shifts.
fn shifted(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches('\u{feff}').trim();
        if !bare.is_empty() && !bare.starts_with('#') {
            let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            let comments = format!("# one more line{end}# and another{end}{end}");
            // A byte order mark stands before everything.
            return (!line.starts_with('\u{feff}')).then(|| [&bytes[..at], comments.as_bytes(), &bytes[at..]].concat());
        }
        at += line.len();
    }
    None
}

fn left<'a>(baseline: &Baseline, report: &'a mut Report) -> Vec<&'a Finding> {
    baseline.apply(report);
    shown(report).collect()
}

#[test]
fn a_baseline_shows_exactly_what_is_new() {
    let (mut tried, mut known) = (0, 0);
    let mut wrong = Vec::new();
    for repository in repositories() {
        let name = repository.file_name().unwrap().to_string_lossy().into_owned();
        let first = run(&repository, &[]);
        if shown(&first).count() == 0 {
            continue;
        }
        let baseline = Baseline::of(&first, &|f| file_of(&first, f).name().to_owned(), None);
        // As a user has it: from the file's text.
        let baseline = Baseline::parse(&baseline.to_text()).unwrap();
        known += baseline.count();
        let mut again = run(&repository, &[]);
        let remaining: Vec<String> = left(&baseline, &mut again).iter().map(|f| f.rule.to_owned()).collect();
        if !remaining.is_empty() {
            wrong.push(format!("{name}: not empty: {remaining:?}"));
            continue;
        }
        // The first file in which the fault is one finding more without a baseline too: it may be a template, or end in a
        // heredoc, and then nothing can be said.
        let before = shown(&first).count();
        let Some((fault, report)) = faults(&first).into_iter().take(12).find_map(|(path, bytes, kind)| {
            let overlay = vec![(path, bytes)];
            let report = run(&repository, &overlay);
            (shown(&report).count() == before + 1).then_some(((overlay, kind), report))
        }) else {
            println!("no place for a fault: {name}");
            continue;
        };
        tried += 1;
        let mut report = report;
        let new: Vec<String> = left(&baseline, &mut report).iter().map(|f| f.rule.to_owned()).collect();
        if new.len() != 1 {
            wrong.push(format!("{name}: after a fault in a {}: {new:?}", fault.1));
        }
        // Every file that was read shifts.
        let mut overlay: Overlay = Vec::new();
        for file in first.sources.iter().filter(|f| f.origin().is_none()) {
            let own = file.path().file_name().unwrap().to_string_lossy().into_owned();
            let bytes = fault.0.iter().find(|(p, _)| p == file.path()).map_or(file.bytes(), |(_, b)| b);
            if (discover::is_dockerfile_name(&own) || discover::is_compose_name(&own))
                && let Some(bytes) = shifted(bytes)
            {
                overlay.retain(|(p, _)| p != file.path());
                overlay.push((file.path().to_owned(), bytes));
            }
        }
        let mut report = run(&repository, &overlay);
        baseline.apply(&mut report);
        let new: Vec<String> = shown(&report).map(|f| described(&report, f)).collect();
        if new.len() != 1 {
            wrong.push(format!("{name}: after lines shifted:\n    {}", new.join("\n    ")));
        }
    }
    println!("{tried} repositories with {known} known findings: {} wrong", wrong.len());
    wrong.iter().for_each(|w| println!("  {w}"));
    assert!(wrong.is_empty());
}

// --- fixes

/// As a program would apply the edits of the JSON report.
fn applied(report: &Report, changes: &[Change]) -> Option<Overlay> {
    let mut by_file: BTreeMap<PathBuf, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        by_file.entry(report.sources.file(change.file).path().to_owned()).or_default().push(change);
    }
    let apply = |(path, changes): (PathBuf, Vec<&Change>)| {
        let file = report.sources.by_path(&path)?;
        Some((path, edit::apply(file.bytes(), &changes)?))
    };
    by_file.into_iter().map(apply).collect()
}

/// The lines that any fix of a report may touch, as text.
fn touched(report: &Report, lines: &mut BTreeSet<Vec<u8>>) {
    for fix in report.findings.iter().flat_map(|f| &f.fixes) {
        for change in edit::changes(&report.sources, fix).unwrap_or_default() {
            let bytes = report.sources.file(change.file).bytes();
            let range = change.range();
            let start = bytes[..range.start].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            let end = bytes[range.end..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |at| range.end + at + 1);
            lines.extend(bytes[start..end].split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec));
        }
    }
}

/// Lines of `before` that are not in `after` in their order.
fn lost(before: &[u8], after: &[u8]) -> Vec<Vec<u8>> {
    let (old, new): (Vec<&[u8]>, Vec<&[u8]>) =
        (before.split_inclusive(|b| *b == b'\n').collect(), after.split_inclusive(|b| *b == b'\n').collect());
    let diff = similar::capture_diff_slices(similar::Algorithm::Myers, &old, &new);
    let gone = diff.iter().filter(|op| op.tag() != similar::DiffTag::Equal).flat_map(|op| op.old_range());
    gone.map(|i| old[i].to_vec()).collect()
}

fn broken(report: &Report) -> usize {
    shown(report).filter(|f| f.rule.ends_with("-syntax")).count()
}

fn best(finding: &Finding) -> Option<&dockcheck::diagnostic::Fix> {
    let by = |wanted| finding.fixes.iter().find(|f| f.applicability == wanted);
    by(Applicability::Safe).or_else(|| by(Applicability::Unsafe))
}

#[test]
fn each_fix_mends_its_finding_and_makes_no_other() {
    let limit = env::var("DOCKCHECK_WILD_FIXES").ok().and_then(|n| n.parse().ok()).unwrap_or(12_usize);
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for repository in repositories() {
        let name = repository.file_name().unwrap().to_string_lossy().into_owned();
        let first = run(&repository, &[]);
        let mut of_rule: HashMap<&str, usize> = HashMap::new();
        for finding in shown(&first) {
            let Some(fix) = best(finding) else { continue };
            let tries = of_rule.entry(finding.rule).or_default();
            *tries += 1;
            // A few of each rule, so that the rare ones are tried too.
            if *tries > limit.div_ceil(4) {
                continue;
            }
            let what = || format!("{name}: {} -- {}", described(&first, finding), fix.title);
            let Some(changes) = edit::changes(&first.sources, fix) else { continue };
            let Some(overlay) = applied(&first, &changes) else {
                wrong.push(format!("cannot be applied: {}", what()));
                continue;
            };
            *tried.entry(finding.rule).or_default() += 1;
            let after = run(&repository, &overlay);
            let key = (finding.rule, file_of(&first, finding).name().to_owned());
            if counts(&after).get(&key).copied().unwrap_or(0) >= counts(&first)[&key] {
                wrong.push(format!("not gone: {}", what()));
            }
            if broken(&after) > broken(&first) {
                wrong.push(format!("breaks the file: {}", what()));
            }
            let new = more(&first, &after);
            if !new.is_empty() {
                wrong.push(format!("new: {}\n      {}", what(), new.join("\n      ")));
            }
        }
    }
    let sum: usize = tried.values().sum();
    println!("{sum} fixes of {} rules: {} wrong", tried.len(), wrong.len());
    println!("{tried:?}");
    wrong.iter().for_each(|w| println!("  {w}"));
    assert!(wrong.is_empty());
}

#[test]
fn all_fixes_together_settle_and_touch_only_their_lines() {
    let (mut repositories_changed, mut fixed, mut files) = (0, 0, 0);
    let mut wrong = Vec::new();
    for repository in repositories() {
        let name = repository.file_name().unwrap().to_string_lossy().into_owned();
        for allow_unsafe in [false, true] {
            let first = run(&repository, &[]);
            let before = run(&repository, &[]);
            let mut lines = BTreeSet::new();
            touched(&first, &mut lines);
            let mut recheck = |files: &[(PathBuf, Vec<u8>)]| {
                let report = run(&repository, files);
                touched(&report, &mut lines);
                report
            };
            let outcome = fix::run(first, allow_unsafe, &|_, _| Ok(()), &mut recheck);
            for refused in &outcome.refused {
                wrong.push(format!("{name}: {refused}"));
            }
            if outcome.changes.is_empty() {
                continue;
            }
            if allow_unsafe {
                repositories_changed += 1;
                fixed += outcome.applied.len();
                files += outcome.changes.len();
            }
            for change in &outcome.changes {
                for line in lost(&change.before, &change.after) {
                    if !lines.contains(&line) {
                        wrong.push(format!("{name}: {}: lost {:?}", change.name, String::from_utf8_lossy(&line)));
                    }
                }
                let ends = |bytes: &[u8]| {
                    let all = bytes.iter().filter(|b| **b == b'\n').count();
                    let long = bytes.windows(2).filter(|w| w == b"\r\n").count();
                    (all > long, long > 0)
                };
                if ends(&change.before) != ends(&change.after) && change.before.contains(&b'\n') {
                    wrong.push(format!("{name}: {}: other line ends", change.name));
                }
            }
            if broken(&outcome.report) > broken(&before) {
                wrong.push(format!("{name}: no longer parses"));
            }
            let new = more(&before, &outcome.report);
            if !new.is_empty() {
                wrong.push(format!("{name}: new (unsafe {allow_unsafe}):\n      {}", new.join("\n      ")));
            }
            let overlay: Overlay = outcome.changes.iter().map(|c| (c.path.clone(), c.after.clone())).collect();
            let mut again = |files: &[(PathBuf, Vec<u8>)]| {
                let mut all = overlay.clone();
                all.retain(|(p, _)| files.iter().all(|(q, _)| p != q));
                all.extend(files.iter().cloned());
                run(&repository, &all)
            };
            let second = fix::run(again(&[]), allow_unsafe, &|_, _| Ok(()), &mut again);
            if !second.changes.is_empty() {
                let titles: Vec<_> = second.applied.iter().map(|a| (a.rule, a.path.as_str())).collect();
                wrong.push(format!("{name}: fixed again: {titles:?}"));
            }
        }
    }
    println!("{fixed} fixes in {files} files of {repositories_changed} repositories: {} wrong", wrong.len());
    wrong.iter().for_each(|w| println!("  {w}"));
    assert!(wrong.is_empty());
}
