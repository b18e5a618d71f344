//! Notes about what a limit kept from being judged. Analyses find it after loading; it is reported with the files that could
//! not be read.

use std::sync::{Mutex, PoisonError};

use crate::diagnostic::CoverageNote;
use crate::text::Span;

use super::model::Project;

/// Notes in the order in which threads added them.
#[derive(Default)]
struct SkippedNotes(Mutex<Vec<CoverageNote>>);

impl Project {
    /// Notes that a limit kept something at a place from being judged.
    pub(crate) fn note_skipped(&self, span: Span, what: impl Into<String>) {
        let span = self.sources.resolve(span);
        let file = self.file(span.file);
        let note = CoverageNote {
            path: file.name().to_owned(),
            line: file.line_of(span.start),
            what: what.into(),
            unjudged: false,
        };
        let mut notes = self.skipped().lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// Returns what could not be read or followed, while loading and since then: by place, each note once.
    pub(crate) fn coverage_by_now(&self) -> Vec<CoverageNote> {
        let mut notes = self.coverage.clone();
        notes.extend(self.skipped().lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        sort_notes(&mut notes);
        notes
    }

    fn skipped(&self) -> &Mutex<Vec<CoverageNote>> {
        &self.memo.get(SkippedNotes::default).0
    }
}

/// Sorts notes by place and removes repeated ones.
pub(crate) fn sort_notes(coverage: &mut Vec<CoverageNote>) {
    coverage.sort_by(|a, b| (&a.path, a.line, &a.what).cmp(&(&b.path, b.line, &b.what)));
    coverage.dedup();
}
