//! What the search for missing things knows: the build, what it found so far, and each command with what is known before it
//! runs.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

use crate::analysis::script_state::ScriptState;
use crate::analysis::script_walk::ScriptWalk;
use crate::dockerfile::Dockerfile;
use crate::dockerfile::expand::StageBase;
use crate::image::State;
use crate::project::{Build, Project};
use crate::shell::{Command, Script};
use crate::text::{SourceFile, Span};

use super::model::Missing;
use super::reported::Reported;

/// The search through one build; `finder.rs` runs it, and the files next to it ask each kind of question.
pub(super) struct Finder<'a> {
    pub(super) project: &'a Project,
    pub(super) build: &'a Build,
    pub(super) parsed: &'a Dockerfile,
    pub(super) file: &'a SourceFile,
    /// What was reported as missing, by stage.
    pub(super) reported: Reported,
    /// By stage: the first instruction that may install certificates, in it or in the stages that it is based on.
    pub(super) certificates: OnceCell<Vec<Option<usize>>>,
    /// The ARGs before the first FROM, with their defaults.
    pub(super) globals: OnceCell<Vec<(String, String)>>,
    /// The arguments that select the base image of a stage, by that stage.
    pub(super) selecting_base: RefCell<HashMap<usize, Vec<Span>>>,
    pub(super) found: Vec<Missing>,
}

/// A script whose commands are asked.
pub(super) struct Asked<'s> {
    pub stage: usize,
    /// Index of the instruction that runs it.
    pub instruction: usize,
    pub script: &'s Script,
    pub walk: &'s ScriptWalk,
    /// Bytes of files that may still be read.
    pub budget: &'s Cell<usize>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(project: &'a Project, build: &'a Build) -> Option<Self> {
        let parsed = &project.dockerfiles.get(build.dockerfile)?.parsed;
        // Only the output of another program is a Dockerfile; Windows' images are not modelled.
        if parsed.template.is_some() || parsed.escape != '\\' {
            return None;
        }
        let file = project.file(parsed.file);
        let parents: Vec<Option<usize>> = (0..parsed.stages.len())
            .map(|stage| match build.base(stage) {
                StageBase::Stage(parent) => Some(parent),
                _ => None,
            })
            .collect();
        let reported = Reported::new(&parents);
        let (certificates, globals) = (OnceCell::new(), OnceCell::new());
        Some(Finder {
            project,
            build,
            parsed,
            file,
            reported,
            certificates,
            globals,
            selecting_base: RefCell::default(),
            found: Vec::new(),
        })
    }
}

/// One command of a step.
#[derive(Clone, Copy)]
pub(super) struct CommandStep<'a> {
    pub stage: usize,
    pub instruction: usize,
    pub script: &'a Script,
    pub index: usize,
    pub command: &'a Command,
    pub state: &'a State,
    /// Its words after expansion, `None` where unknown.
    pub words: &'a [Option<String>],
    pub script_state: ScriptState<'a>,
    /// Bytes of files that may still be read.
    pub budget: &'a Cell<usize>,
}
