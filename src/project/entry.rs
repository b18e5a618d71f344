//! A Dockerfile of the project, and how a service is named by number.

use std::path::PathBuf;

use crate::dockerfile::Dockerfile;

/// A service by the place of its compose project and its own place therein.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId {
    pub compose: usize,
    pub service: usize,
}

/// A Dockerfile of the project.
#[derive(Debug)]
pub struct DockerfileEntry {
    /// Absolute; for an inline one, the compose file's.
    pub path: PathBuf,
    pub parsed: Dockerfile,
    /// Found by the walk or named by a service; `false` for `dockerfile_inline`.
    pub on_disk: bool,
}
