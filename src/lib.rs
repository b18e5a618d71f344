//! dockcheck reads a Compose project, its Dockerfiles and its build contexts as one program.

pub mod baseline;
pub mod check;
pub mod cli;
pub mod collection;
pub mod compose;
pub mod config;
pub mod diagnostic;
pub mod discover;
pub mod dockerfile;
pub mod edit;
pub mod explain;
pub mod files;
pub mod fix;
pub mod graph;
pub mod image;
pub mod lsp;
pub mod project;
pub mod report;
pub mod rules;
pub mod run;
pub mod sanitize;
pub mod shell;
pub mod source;
pub mod suppress;
pub mod yaml;

pub use check::{Request, check};

use std::path::PathBuf;

use diagnostic::{CoverageNote, Finding};
use source::{Sources, Span};

/// Stack of every thread that works, the first one included: what a system gives is 1 MiB in places, and the depth limits of
/// the parsers are made for twice that. Only what is used of it is ever taken.
pub const STACK_BYTES: usize = 16 << 20;

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
