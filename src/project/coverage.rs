//! What a limit of ours costs while the project is judged: it is found late, by whoever asks first, and must be said like
//! whatever could not be read.

use std::sync::{Mutex, PoisonError};

use crate::diagnostic::CoverageNote;
use crate::text::Span;

use super::Project;

/// Notes in the order in which threads came to them.
#[derive(Debug, Default)]
pub(crate) struct SkippedNotes(Mutex<Vec<CoverageNote>>);

impl Project {
    /// Something that a limit of ours keeps from being judged, at a place.
    pub(crate) fn note_skipped(&self, span: Span, what: impl Into<String>) {
        let span = self.sources.resolve(span);
        let file = self.file(span.file);
        let note = CoverageNote { path: file.name().to_owned(), line: file.line_of(span.start), what: what.into() };
        let mut notes = self.left_out.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// What could not be read or followed: when it was read, and since. By place, each note once.
    pub(crate) fn coverage_by_now(&self) -> Vec<CoverageNote> {
        let mut notes = self.coverage.clone();
        notes.extend(self.left_out.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        super::load::sort_notes(&mut notes);
        notes
    }
}
