//! A finding's fix as lines to show: what goes, what comes, a line around each.

use std::ops::{Range, RangeInclusive};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::diagnostic::Fix;
use crate::diagnostic::edit::{self, Change};
use crate::text::{FileId, SourceFile};

use super::View;

/// One file's part of a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    pub file: FileId,
    /// Hunks in the file's order, far apart from each other.
    pub hunks: Vec<Vec<PatchLine>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchLine {
    pub kind: LineKind,
    /// Its number: in the new file for a line that comes, in the old one otherwise.
    pub number: u32,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    Same,
    Gone,
    New,
}

/// The fix as hunks, file by file in the order of its edits; empty where it cannot be carried over to the user's file.
pub fn of(view: &View<'_>, fix: &Fix) -> Vec<Patch> {
    let Some(changes) = edit::changes(&view.report.sources, fix) else { return Vec::new() };
    let mut files: Vec<FileId> = Vec::new();
    for change in &changes {
        if !files.contains(&change.file) {
            files.push(change.file);
        }
    }
    files
        .into_iter()
        .map(|file| {
            let mut own: Vec<&Change> = changes.iter().filter(|c| c.file == file).collect();
            own.sort();
            Patch { file, hunks: hunks(view.report.sources.file(file), view.text(file), &own) }
        })
        .collect()
}

/// Lines of context around a change.
const AROUND: u32 = 1;
/// A longer line is cut, and how much of it is kept before the first change and behind the last one, in bytes.
const LONGEST: usize = 180;
const BEFORE: usize = 50;
const BEHIND: usize = 100;
/// Stands for what was cut out of a line.
const CUT: &str = "\u{2026}";

fn hunks(file: &SourceFile, text: &str, changes: &[&Change]) -> Vec<Vec<PatchLine>> {
    let mut out = Vec::new();
    let mut rest = changes;
    let mut shift: i64 = 0;
    while let Some(first) = rest.first() {
        let from = file.line_of(first.range.0 as u32).saturating_sub(AROUND).max(1);
        let mut to = file.line_of(first.range.1 as u32) + AROUND;
        let mut n = 1;
        while let Some(next) = rest.get(n).filter(|c| file.line_of(c.range.0 as u32) <= to + AROUND + 1) {
            to = to.max(file.line_of(next.range.1 as u32) + AROUND);
            n += 1;
        }
        let to = to.min(file.line_count().max(1));
        let (old, inside) = window(file, text, from..=to, &rest[..n]);
        let new = edit::apply(old.as_bytes(), &inside.iter().collect::<Vec<_>>())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default();
        let hunk = lines(&old, &new, from, shift);
        shift += count(&hunk, LineKind::New) - count(&hunk, LineKind::Gone);
        out.push(hunk);
        rest = &rest[n..];
    }
    out
}

/// The text of some lines, and the changes as they lie in it. Of a line that is too long to be shown only what lies around
/// the changes is there: a line can be megabytes long, with thousands of fixes on it.
fn window(file: &SourceFile, text: &str, numbers: RangeInclusive<u32>, changes: &[&Change]) -> (String, Vec<Change>) {
    let (from, to) = numbers.into_inner();
    let start = file.line_range(from).start;
    let end = if to == file.line_count() { text.len() } else { file.line_range(to + 1).start.min(text.len()) };
    let mut cuts: Vec<Range<usize>> = Vec::new();
    for line in (from..=to).map(|number| file.line_range(number)).filter(|line| line.len() > LONGEST) {
        let own = || changes.iter().filter(|c| c.range.0 <= line.end && line.start <= c.range.1);
        let first = own().map(|c| c.range.0).min().unwrap_or(line.start);
        let last = own().map(|c| c.range.1).max().unwrap_or(line.start);
        let before = text.floor_char_boundary(first.saturating_sub(BEFORE)).clamp(line.start, line.end);
        let behind = text.ceil_char_boundary(last.saturating_add(BEHIND)).clamp(before, line.end);
        cuts.extend([line.start..before, behind..line.end].into_iter().filter(|cut| cut.len() > CUT.len()));
    }
    let mut old = String::new();
    let mut at = start;
    for cut in &cuts {
        old.push_str(text.get(at..cut.start).unwrap_or_default());
        old.push_str(CUT);
        at = cut.end;
    }
    old.push_str(text.get(at..end).unwrap_or_default());
    let moved = |offset: usize| {
        let cut: usize = cuts.iter().take_while(|c| c.end <= offset).map(|c| c.len() - CUT.len()).sum();
        offset.saturating_sub(start + cut)
    };
    let inside = changes.iter().map(|c| Change {
        file: c.file,
        range: (moved(c.range.0), moved(c.range.1)),
        text: crate::redact::excerpt(&c.text).into_owned(),
    });
    (old, inside.collect())
}

fn count(lines: &[PatchLine], kind: LineKind) -> i64 {
    lines.iter().filter(|l| l.kind == kind).count() as i64
}

fn lines(old: &str, new: &str, from: u32, shift: i64) -> Vec<PatchLine> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let number = |index: usize| from + index as u32;
    let new_number = |index: usize| (i64::from(number(index)) + shift).max(1) as u32;
    let line = |kind, number, text: &str| PatchLine { kind, number, text: text.to_owned() };
    let mut out = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if let DiffOp::Equal { old_index, len, .. } = op {
            out.extend((old_index..old_index + len).map(|i| line(LineKind::Same, number(i), old[i])));
        } else {
            out.extend(op.old_range().map(|i| line(LineKind::Gone, number(i), old[i])));
            out.extend(op.new_range().map(|i| line(LineKind::New, new_number(i), new[i])));
        }
    }
    // The diff is made of whole lines around the change; what stayed is cut down to its nearest neighbours.
    let near = |i: usize| {
        let around = AROUND as usize;
        out[i.saturating_sub(around)..(i + around + 1).min(out.len())].iter().any(|l| l.kind != LineKind::Same)
    };
    let keep: Vec<bool> = (0..out.len()).map(near).collect();
    out.into_iter().zip(keep).filter_map(|(line, keep)| keep.then_some(line)).collect()
}
