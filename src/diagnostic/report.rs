//! The outcome of a run: the only thing that the formats see.

use std::path::PathBuf;

use crate::text::{Sources, Span};

use super::finding::{CoverageNote, Finding};

/// Everything that one run found: the only thing that the formats see.
#[derive(Debug, Default)]
pub struct Report {
    /// The absolute path that bounds what was read; fingerprints and SARIF name files from here.
    pub root: PathBuf,
    pub sources: Sources,
    /// Sorted by file name, place and rule; spans are places in files that the user wrote.
    pub findings: Vec<Finding>,
    /// What could not be read or followed.
    pub coverage: Vec<CoverageNote>,
    /// What kept us from doing the job, in whole sentences. Not empty means exit code 2.
    pub errors: Vec<String>,
    /// Faults of ours that cost a part of the job. Not empty means exit code 101.
    pub bugs: Vec<String>,
    /// Values that no format may show: of environment variables, secret arguments, `secrets:`, .env files. Every format
    /// blots them out of whatever text it quotes.
    pub masked: Vec<Span>,
    pub checked: Checked,
}

impl Report {
    /// Takes what another run found in other files under the same root.
    pub(crate) fn append(&mut self, other: Report) {
        let by = self.sources.append(other.sources);
        self.findings.extend(other.findings.into_iter().map(|mut finding| {
            finding.spans_mut().for_each(|span| *span = span.moved(by));
            finding
        }));
        self.masked.extend(other.masked.into_iter().map(|span| span.moved(by)));
        self.coverage.extend(other.coverage);
        self.errors.extend(other.errors);
        self.bugs.extend(other.bugs);
        self.checked.add(other.checked);
    }
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub projects: usize,
    pub services: usize,
    pub dockerfiles: usize,
    pub stages: usize,
    /// Compose files and Dockerfiles together.
    pub files: usize,
}

impl Checked {
    fn add(&mut self, other: Checked) {
        self.projects += other.projects;
        self.services += other.services;
        self.dockerfiles += other.dockerfiles;
        self.stages += other.stages;
        self.files += other.files;
    }
}
