//! The state of one run of the loader.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::rc::Rc;

use super::environment::{Environment, UnsetUse};
use crate::compose::FileRole;
use crate::compose::log::Log;
use crate::compose::model::ModelValue;
use crate::compose::paths::ProjectDir;
use crate::compose::tree::Decoded;
use crate::files::Files;
use crate::text::{FileId, Sources};

/// One run of the loader.
pub(in crate::compose) struct Loader<'a> {
    pub(in crate::compose) files: &'a Files,
    pub(in crate::compose) sources: &'a mut Sources,
    pub(in crate::compose) log: Log,
    pub(in crate::compose) read: Vec<(FileId, FileRole)>,
    /// Something was not followed: unknown names may be defined.
    pub(in crate::compose) open_world: bool,
    /// Services whose base could not be read.
    pub(in crate::compose) partial: Vec<String>,
    /// Files that stop being valid YAML somewhere: the rest of such a file is unknown.
    pub(in crate::compose) broken: Vec<FileId>,
    pub(in crate::compose) unset: Vec<UnsetUse>,
    pub(super) documents: HashMap<PathBuf, Rc<Vec<Rc<Decoded>>>>,
    pub(super) extended: HashMap<PathBuf, Option<usize>>,
    pub(super) sets: Vec<ServiceSet>,
    pub(super) loads: usize,
    /// Values that `extends` has copied.
    pub(super) copied: usize,
    /// Bytes that interpolation has made.
    pub(super) interpolated: usize,
    /// Values of the variables that were interpolated.
    pub(in crate::compose) values: BTreeSet<String>,
    /// True once the note about too much interpolated text is made.
    pub(super) said_interpolated: bool,
}

/// Inputs that are the same for all files of one load. An include is a load of its own.
#[derive(Clone)]
pub(in crate::compose) struct LoadScope {
    pub(in crate::compose) base: ProjectDir,
    pub(in crate::compose) environment: Rc<Environment>,
    /// Files that led here, the outermost first.
    pub(super) included: Vec<PathBuf>,
    pub(super) role: FileRole,
}

/// The steps that a document goes through besides merging.
#[derive(Clone, Copy)]
pub(super) struct Steps {
    /// False for a file that is only extended: no `extends`, no `include`, no schema.
    pub(super) whole: bool,
}

/// The services of one file, with `extends` resolved in place one by one.
pub(super) struct ServiceSet {
    pub(super) services: ModelValue,
    pub(super) path: PathBuf,
    pub(super) base: ProjectDir,
    pub(super) resets: Vec<Vec<String>>,
}

impl<'a> Loader<'a> {
    pub(in crate::compose) fn new(files: &'a Files, sources: &'a mut Sources) -> Self {
        Loader {
            files,
            sources,
            log: Log::default(),
            read: Vec::new(),
            open_world: false,
            partial: Vec::new(),
            broken: Vec::new(),
            unset: Vec::new(),
            documents: HashMap::new(),
            extended: HashMap::new(),
            sets: Vec::new(),
            loads: 0,
            copied: 0,
            interpolated: 0,
            values: BTreeSet::new(),
            said_interpolated: false,
        }
    }
}
