//! The last lines for people: how many findings, what was checked, what could not be read.

use crate::redact;

use super::{Counts, View};
use crate::text::words::{join_and, plural};

/// Coverage notes shown unless all are asked for.
const NOTES: usize = 5;

/// The summary's lines, without colour. `verbose` lists every coverage note.
pub fn lines(view: &View<'_>, verbose: bool) -> Vec<String> {
    let mut out = notes(view, verbose);
    let counts = view.counts();
    if counts.total() == 0 {
        out.push(clean(view, counts))
    } else {
        out.extend(found(counts))
    }
    out
}

/// What could not be read or followed.
pub fn notes(view: &View<'_>, verbose: bool) -> Vec<String> {
    let mut out = Vec::new();
    let notes = &view.report.coverage;
    let shown = if verbose || notes.len() <= NOTES + 1 { notes.len() } else { NOTES };
    for note in notes.iter().take(shown) {
        let line = if note.line > 0 { format!(":{}", note.line) } else { String::new() };
        out.push(redact::one_line(&format!("note: {}{line}: {}", note.path, note.what)));
    }
    if notes.len() > shown {
        out.push(format!("note: {} more could not be read or followed; `-v` lists them", notes.len() - shown));
    }
    out
}

fn found(counts: Counts) -> Vec<String> {
    let levels = [(counts.error, "error"), (counts.warning, "warning")];
    let mut parts: Vec<String> = levels.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| plural(*n, noun)).collect();
    if counts.info > 0 {
        parts.push(format!("{} info", counts.info));
    }
    let mut out = vec![format!("Found {} in {}{}", join_and(&parts), plural(counts.files, "file"), silenced(counts))];
    match (counts.safe, counts.risky) {
        (0, 0) => {}
        (safe, 0) => out.push(format!("{safe} can be fixed with `--fix`")),
        (0, risky) => out.push(format!("{risky} can be fixed with `--fix --unsafe-fixes`")),
        (safe, risky) => out.push(format!(
            "{} can be fixed: {safe} with `--fix`, {risky} more with `--fix --unsafe-fixes`",
            safe + risky
        )),
    }
    out
}

fn clean(view: &View<'_>, counts: Counts) -> String {
    let checked = view.report.checked;
    let mut parts = Vec::new();
    if checked.services > 0 {
        parts.push(plural(checked.services, "service"));
    }
    if checked.dockerfiles > 0 {
        parts.push(format!("{} ({})", plural(checked.dockerfiles, "Dockerfile"), plural(checked.stages, "stage")));
    }
    if parts.is_empty() {
        parts.push(plural(checked.files, "file"));
    }
    format!("No findings: {} checked{}", join_and(&parts), silenced(counts))
}

fn silenced(counts: Counts) -> String {
    if counts.silenced > 0 { format!(" ({} silenced)", counts.silenced) } else { String::new() }
}

/// Findings per rule, the most frequent first.
pub fn statistics(view: &View<'_>) -> Vec<String> {
    let mut counts: Vec<(&str, usize, usize)> = Vec::new();
    for finding in view.findings().filter(|f| f.suppressed.is_none()) {
        let fixable = usize::from(finding.best_fix().is_some());
        match counts.iter_mut().find(|c| c.0 == finding.rule) {
            Some(count) => {
                count.1 += 1;
                count.2 += fixable;
            }
            None => counts.push((finding.rule, 1, fixable)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    counts
        .iter()
        .map(|(rule, n, fixable)| {
            let fix = if *fixable > 0 { format!("  ({fixable} with a fix)") } else { String::new() };
            format!("{n:>6}  {rule}{fix}")
        })
        .collect()
}
