//! What the loader has to say: findings, what Compose would refuse with, and what could not be followed.

use std::collections::HashSet;
use std::mem::Discriminant;
use std::path::Path;

use super::fault::{Fault, FaultKind};
use crate::diagnostic::{CoverageNote, Finding, Severity};
use crate::files::Files;
use crate::text::{Sources, Span};

/// Names of the loader's own rules; each has a page.
pub mod rule {
    pub const YAML_SYNTAX: &str = "yaml-syntax";
    pub const DUPLICATE_KEY: &str = "duplicate-key";
    pub const SCHEMA: &str = "invalid-compose-schema";
    pub const UNDEFINED_REFERENCE: &str = "undefined-reference";
    pub const NO_IMAGE_OR_BUILD: &str = "service-without-image-or-build";
    pub const CYCLE: &str = "dependency-cycle";
    pub const INACTIVE_PROFILE: &str = "inactive-profile-dependency";
    pub const UNSET_VARIABLE: &str = "unset-variable";
    pub const BLANK_IMAGE_TAG: &str = "blank-image-tag";
    pub const INTERPOLATION: &str = "invalid-interpolation";
    pub const NUMBER: &str = "number-changes-value";
    pub const DOLLAR: &str = "unescaped-dollar";
    pub const CONFLICT: &str = "conflicting-options";
    pub const MISSING_ENV_FILE: &str = "missing-env-file";
    pub const MISSING_INCLUDE: &str = "missing-include";
    pub const VERSION_KEY: &str = "obsolete-version-key";
}

#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) findings: Vec<Finding>,
    pub(super) faults: Vec<Fault>,
    seen_faults: HashSet<(Discriminant<FaultKind>, Span)>,
    /// Compose's own words, the first one first.
    pub(super) refusals: Vec<String>,
    pub(super) coverage: Vec<CoverageNote>,
    seen: HashSet<(&'static str, Span)>,
    noted: HashSet<CoverageNote>,
    /// Fixes that declare what is not declared, each found by going through the file.
    pub(super) declared: usize,
}

pub(super) enum Entry {
    Finding(Box<Finding>),
    Fault(Fault),
}

impl From<Finding> for Entry {
    fn from(finding: Finding) -> Self {
        Entry::Finding(Box::new(finding))
    }
}

impl From<Fault> for Entry {
    fn from(fault: Fault) -> Self {
        Entry::Fault(fault)
    }
}

impl Log {
    /// Something that Compose refuses the project for.
    pub(super) fn refuse(&mut self, compose: impl Into<String>, entry: impl Into<Entry>) {
        self.refusals.push(compose.into());
        self.report(entry);
    }

    /// A fault; at one place one of each kind.
    pub(super) fn report(&mut self, entry: impl Into<Entry>) {
        match entry.into() {
            Entry::Finding(finding) => {
                if self.seen.insert((finding.rule, finding.primary.span)) {
                    self.findings.push(*finding);
                }
            }
            Entry::Fault(fault) => {
                if self.seen_faults.insert(fault.key()) {
                    self.faults.push(fault);
                }
            }
        }
    }

    pub(super) fn error(rule: &'static str, span: Span, message: impl Into<String>) -> Finding {
        Finding::new(rule, Severity::Error, span, message)
    }

    pub(super) fn warning(rule: &'static str, span: Span, message: impl Into<String>) -> Finding {
        Finding::new(rule, Severity::Warning, span, message)
    }

    /// Something that was not followed, at a place.
    pub(super) fn note(&mut self, sources: &Sources, span: Span, what: impl Into<String>) {
        let file = sources.file(span.file);
        let note = CoverageNote {
            path: file.name().to_owned(),
            line: file.line_of(span.start),
            what: what.into(),
            unjudged: false,
        };
        if self.noted.insert(note.clone()) {
            self.coverage.push(note);
        }
    }

    /// A whole file that is not judged, because of a limit or a fault in reading it.
    pub(super) fn note_unjudged(&mut self, files: &Files, path: &Path, what: impl Into<String>) {
        let note = CoverageNote { path: files.display(path), line: 0, what: what.into(), unjudged: true };
        if self.noted.insert(note.clone()) {
            self.coverage.push(note);
        }
    }

    /// Something about a whole file.
    pub(super) fn note_file(&mut self, files: &Files, path: &Path, what: impl Into<String>) {
        let note = CoverageNote { path: files.display(path), line: 0, what: what.into(), unjudged: false };
        if self.noted.insert(note.clone()) {
            self.coverage.push(note);
        }
    }
}
