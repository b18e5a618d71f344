//! What the loader reports: faults, the errors with which Compose would refuse, and what could not be followed.

use std::collections::HashSet;
use std::mem::Discriminant;
use std::path::Path;

use super::fault::{Fault, FaultKind};
use crate::diagnostic::CoverageNote;
use crate::files::Files;
use crate::text::{Sources, Span};

#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) faults: Vec<Fault>,
    /// The errors of Compose, the first one first.
    pub(super) refusals: Vec<String>,
    pub(super) coverage: Vec<CoverageNote>,
    seen: HashSet<(Discriminant<FaultKind>, Span)>,
    noted: HashSet<CoverageNote>,
    /// Number of fixes that declare a name; finding one reads the whole file.
    pub(super) declared: usize,
}

impl Log {
    /// Adds a fault for which Compose refuses the project, with its error.
    pub(super) fn refuse(&mut self, compose: impl Into<String>, fault: Fault) {
        self.refusals.push(compose.into());
        self.report(fault);
    }

    /// Adds a fault, if there is none of its kind at its place.
    pub(super) fn report(&mut self, fault: Fault) {
        if self.seen.insert(fault.key()) {
            self.faults.push(fault);
        }
    }

    /// Something that was not followed, at a place.
    pub(super) fn note(&mut self, sources: &Sources, span: Span, what: impl Into<String>) {
        let file = sources.file(span.file);
        let note = CoverageNote { path: file.name().to_owned(), line: file.line_of(span.start), what: what.into() };
        if self.noted.insert(note.clone()) {
            self.coverage.push(note);
        }
    }

    /// Something about a whole file.
    pub(super) fn note_file(&mut self, files: &Files, path: &Path, what: impl Into<String>) {
        let note = CoverageNote { path: files.display(path), line: 0, what: what.into() };
        if self.noted.insert(note.clone()) {
            self.coverage.push(note);
        }
    }
}
