//! The project: everything that was read, and the builds that follow from it.

use crate::compose::ComposeProject;
use crate::diagnostic::CoverageNote;
use crate::dockerfile::ignore_file::IgnoreFile;
use crate::files::Files;
use crate::text::{FileId, SourceFile, Sources};

use super::build::Build;
use super::entry::DockerfileEntry;
use super::memo::Memo;
use super::repository::Repository;

/// Everything that is known about the files under the root.
#[derive(Debug)]
pub struct Project {
    pub files: Files,
    pub sources: Sources,
    pub compose: Vec<ComposeProject>,
    /// Those on disk first, sorted by path, then those inside compose files.
    pub dockerfiles: Vec<DockerfileEntry>,
    /// Every way in which a Dockerfile is built, sorted by Dockerfile: once for each set of inputs that services give,
    /// and once with its own defaults where no service builds it.
    pub builds: Vec<Build>,
    /// Every `.dockerignore` that a build reads; see [`Build::ignore`].
    pub ignores: Vec<IgnoreFile>,
    pub repository: Repository,
    pub coverage: Vec<CoverageNote>,
    /// Internal errors that lost a file; see [`crate::diagnostic::Report::bugs`].
    pub bugs: Vec<String>,
    /// What analyses have answered about the project as a whole.
    pub memo: Memo,
}

impl Project {
    pub fn file(&self, id: FileId) -> &SourceFile {
        self.sources.file(id)
    }
}
