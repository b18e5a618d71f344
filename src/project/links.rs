//! From service to Dockerfile to stage: who builds what, with which inputs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::dockerfile::{CommandForm, Dockerfile, Keyword, Stage, Word};
use crate::shell;
use crate::source::Span;

use super::ServiceId;

/// One way of building one Dockerfile.
#[derive(Debug)]
pub struct Build {
    /// Index in [`super::Project::dockerfiles`].
    pub dockerfile: usize,
    /// The services that build it so; empty where nobody builds it and its own defaults are judged.
    pub users: Vec<ServiceId>,
    /// The folder that COPY reads from; `None` if it cannot be read.
    pub context: Option<PathBuf>,
}

/// What a stage stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    Stage(usize),
    Image(String),
    /// Holds a variable that nothing sets; as written.
    Unknown(String),
}
