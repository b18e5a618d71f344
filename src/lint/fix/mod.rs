//! Fixes: which ones go together, what they come to, and whether the result still stands.
//!
//! Nothing is written here ([`write`] does that, and nothing else in the program writes into a repository): the fixes of a
//! round are applied to the files' bytes in memory, the project is checked again over them, and so on until nothing is
//! left to fix.

mod change;
pub mod unified;
pub mod write;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::diagnostic::Report;
use crate::diagnostic::edit::{self, Change};
use crate::diagnostic::{Applicability, Finding, Fix};
use crate::text::{FileId, Sources};

pub use change::FileChange;

/// Rounds of fixing and checking again. One is enough unless fixes overlap or one makes room for another.
pub const MAX_ROUNDS: usize = 10;

/// Attempts to tell fixes that break a file from those made together with them, in one run: each checks the project anew.
pub const MAX_ATTEMPTS: usize = 20;

/// A fix that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub rule: &'static str,
    pub title: String,
    /// Name of the file that the finding lies in.
    pub path: String,
    pub applicability: Applicability,
}

/// What fixing came to.
#[derive(Debug)]
pub struct FixOutcome {
    /// Files that differ, by name.
    pub changes: Vec<FileChange>,
    pub applied: Vec<Applied>,
    /// The report over the fixed files.
    pub report: Report,
    /// Fixes that were not made and why, in whole sentences.
    pub refused: Vec<String>,
}

/// Checks the project again with these bytes in place of the files'.
pub type Recheck<'a> = dyn FnMut(&[(PathBuf, Vec<u8>)]) -> Report + 'a;

/// Says why a file must not be written, if so.
pub type Guard<'a> = dyn Fn(&Path, &[u8]) -> Result<(), write::WriteRefusal> + 'a;

/// Fixes what can be fixed: safe fixes, and unsafe ones if they are allowed.
pub fn run(first: Report, allow_unsafe: bool, guard: &Guard<'_>, recheck: &mut Recheck<'_>) -> FixOutcome {
    let mut files = Files::default();
    let mut report = first;
    let mut applied = Vec::new();
    let mut refusals = Refusals { attempts: MAX_ATTEMPTS, ..Refusals::default() };
    let mut seen = HashSet::from([files.state()]);
    for round in 0..=MAX_ROUNDS {
        let picks = choose(&report, allow_unsafe, &files, guard, &mut refusals);
        if picks.is_empty() {
            break;
        }
        if round == MAX_ROUNDS {
            refusals.said.push(format!("the fixes did not settle in {MAX_ROUNDS} rounds; run `--fix` again"));
            break;
        }
        let all: Vec<&Pick<'_>> = picks.iter().collect();
        let Some((next, after, made)) =
            attempt(&files, &report, &all, recheck).or_else(|| part(&files, &report, &all, recheck, &mut refusals))
        else {
            continue;
        };
        if !seen.insert(next.state()) {
            break;
        }
        files = next;
        applied.extend(made);
        report = after;
    }
    let changes = files.0.into_values().filter(|f| f.before != f.after).collect();
    refusals.said.dedup();
    FixOutcome { changes, applied, report, refused: refusals.said }
}

/// Fixes that are not made.
#[derive(Default)]
struct Refusals {
    /// By rule and fingerprint of the finding.
    banned: HashSet<(&'static str, String)>,
    /// Why, in whole sentences.
    said: Vec<String>,
    /// What is left of [`MAX_ATTEMPTS`].
    attempts: usize,
}

impl Refusals {
    fn ban(&mut self, finding: &Finding) {
        self.banned.insert((finding.rule, finding.fingerprint.clone()));
    }

    fn has_banned(&self, finding: &Finding) -> bool {
        !self.banned.is_empty() && self.banned.contains(&(finding.rule, finding.fingerprint.clone()))
    }
}

/// Files touched so far, by path.
#[derive(Clone, Debug, Default)]
struct Files(BTreeMap<PathBuf, FileChange>);

impl Files {
    /// Tells one state of the files from another.
    fn state(&self) -> Vec<(PathBuf, Vec<u8>)> {
        self.0.values().filter(|f| f.before != f.after).map(|f| (f.path.clone(), f.after.clone())).collect()
    }
}

/// A fix that will be made.
struct Pick<'a> {
    finding: &'a Finding,
    fix: &'a Fix,
    changes: Vec<Change>,
}

/// The fixes of one round: of each finding the best allowed one, unless it collides with one chosen before it.
fn choose<'a>(
    report: &'a Report,
    allow_unsafe: bool,
    files: &Files,
    guard: &Guard<'_>,
    refusals: &mut Refusals,
) -> Vec<Pick<'a>> {
    let sources = &report.sources;
    let mut picks: Vec<Pick<'a>> = Vec::new();
    let mut chosen = Chosen::default();
    for finding in report.findings.iter().filter(|f| f.suppressed.is_none()) {
        let Some(fix) = allowed(finding, allow_unsafe) else { continue };
        if refusals.has_banned(finding) {
            continue;
        }
        let Some(mut changes) = edit::changes(sources, fix) else { continue };
        for change in &mut changes {
            change.file = one_id(sources, change.file);
        }
        if let Some(reason) = changes.iter().find_map(|c| {
            let file = sources.file(c.file);
            let before = files.0.get(file.path()).map_or(file.bytes(), |f| &f.before);
            guard(file.path(), before).err().map(|e| format!("{}: not fixed: {e}", file.name()))
        }) {
            if !refusals.said.contains(&reason) {
                refusals.said.push(reason);
            }
            continue;
        }
        if !changes.iter().any(|c| chosen.conflicts(c)) {
            changes.iter().for_each(|c| chosen.add(c));
            picks.push(Pick { finding, fix, changes });
        }
    }
    picks
}

fn allowed(finding: &Finding, allow_unsafe: bool) -> Option<&Fix> {
    let by = |wanted| finding.fixes.iter().find(|f| f.applicability == wanted);
    by(Applicability::Safe).or_else(|| by(Applicability::Unsafe).filter(|_| allow_unsafe))
}

/// A file that was read twice is still one file.
fn one_id(sources: &Sources, id: FileId) -> FileId {
    sources.by_path(sources.file(id).path()).map_or(id, crate::text::SourceFile::id)
}

/// The changes of the fixes chosen so far, none of which conflicts with another.
#[derive(Default)]
struct Chosen(BTreeMap<FileId, BTreeMap<(usize, usize), Change>>);

impl Chosen {
    fn add(&mut self, change: &Change) {
        self.0.entry(change.file).or_default().insert(change.range, change.clone());
    }

    fn conflicts(&self, change: &Change) -> bool {
        let Some(here) = self.0.get(&change.file) else { return false };
        let until = here.range(..=(change.range.1, usize::MAX)).rev();
        // As they do not overlap, those that end before this one begins have only such before them.
        until.take_while(|(range, _)| range.1 >= change.range.0).any(|(_, other)| change.conflicts(other))
    }
}

type Attempt = (Files, Report, Vec<Applied>);

/// Makes the fixes and checks again; `None` if a file no longer parses, or the job can no longer be done.
fn attempt(files: &Files, report: &Report, picks: &[&Pick<'_>], recheck: &mut Recheck<'_>) -> Option<Attempt> {
    let sources = &report.sources;
    let mut next = files.clone();
    let mut by_file: BTreeMap<FileId, Vec<&Change>> = BTreeMap::new();
    for change in picks.iter().flat_map(|p| &p.changes) {
        by_file.entry(change.file).or_default().push(change);
    }
    for (id, changes) in by_file {
        let file = sources.file(id);
        let after = edit::apply(file.bytes(), &changes)?;
        let entry = next.0.entry(file.path().to_owned()).or_insert_with(|| FileChange {
            path: file.path().to_owned(),
            name: file.name().to_owned(),
            before: file.bytes().to_vec(),
            after: Vec::new(),
        });
        entry.after = after;
    }
    let after = recheck(&next.state());
    if broken(&after) > broken(report) {
        return None;
    }
    let made = picks
        .iter()
        .map(|pick| Applied {
            rule: pick.finding.rule,
            title: pick.fix.title.clone(),
            path: sources.file(sources.resolve(pick.finding.primary.span).file).name().to_owned(),
            applicability: pick.fix.applicability,
        })
        .collect();
    Some((next, after, made))
}

/// Where the fixes of a round break a file together, halves them until those that do are found, and makes the others.
fn part(
    files: &Files,
    report: &Report,
    picks: &[&Pick<'_>],
    recheck: &mut Recheck<'_>,
    refusals: &mut Refusals,
) -> Option<Attempt> {
    let mut good: Vec<&Pick<'_>> = Vec::new();
    let mut done = None;
    // The part on top comes next; whether it is known to break a file.
    let mut parts = vec![(picks, true)];
    while let Some((picks, breaks)) = parts.pop() {
        if !breaks && refusals.attempts == 0 {
            let left: Vec<&&Pick<'_>> = parts.iter().flat_map(|(picks, _)| *picks).chain(picks).collect();
            left.iter().for_each(|pick| refusals.ban(pick.finding));
            refusals.said.push(format!(
                "{} fixes were not made: the files would no longer parse after some of them; `--select RULE` makes \
                 those of one rule at a time",
                left.len()
            ));
            break;
        }
        if !breaks {
            refusals.attempts -= 1;
            let with: Vec<&Pick<'_>> = good.iter().chain(picks).copied().collect();
            if let Some(made) = attempt(files, report, &with, recheck) {
                (good, done) = (with, Some(made));
                continue;
            }
        }
        if let [pick] = picks {
            refusals.ban(pick.finding);
            let (rule, title) = (pick.finding.rule, &pick.fix.title);
            refusals.said.push(format!("{rule}: not fixed: the file would no longer parse after \"{title}\""));
            continue;
        }
        let (first, second) = picks.split_at(picks.len() / 2);
        parts.extend([(second, false), (first, false)]);
    }
    done
}

/// Findings that say that a file does not parse, and errors of the run.
fn broken(report: &Report) -> usize {
    report.errors.len() + report.findings.iter().filter(|f| f.rule.ends_with("-syntax")).count()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
