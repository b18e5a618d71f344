//! One walk over each script of a build: the words of every command after expansion, the packages that it installs, and what
//! the script has done before it. Analyses iterate over what is recorded here.

use std::sync::OnceLock;

use crate::image::install::{PackageCall, package_call};
use crate::image::{self, ImageVariables, State};
use crate::project::Build;
use crate::shell::{Command, Script, Value, Variables};

use super::script_state::{Folder, ScriptState, ScriptStates};

/// What is known about each command of a script.
#[derive(Debug)]
pub struct ScriptWalk {
    words: Vec<Vec<Option<String>>>,
    calls: Vec<Option<Box<PackageCall>>>,
    states: ScriptStates,
}

impl ScriptWalk {
    /// Goes through a script that an instruction runs, in the state that the script finds.
    pub fn record(build: &Build, instruction: usize, script: &Script, before: &State) -> Self {
        let outer = |name: &str| -> Value {
            image::variable(&build.evaluation.scope(instruction), before, name, ImageVariables::ItsOwn)
        };
        let mut variables = Variables::new(script, &outer);
        let mut words = Vec::with_capacity(script.commands.len());
        let mut calls = Vec::with_capacity(script.commands.len());
        for command in &script.commands {
            words.push(command.words.iter().map(|word| variables.resolve(command, word)).collect());
            calls.push(package_call(command, &variables).map(Box::new));
            variables.apply(command);
        }
        let start = match before.workdir.clone() {
            Some(path) => Some(Folder { path, assumed: false }),
            None => build.working_dir(instruction).map(|path| Folder { path: path.into(), assumed: true }),
        };
        let states = ScriptStates::record(script, start, &words);
        ScriptWalk { words, calls, states }
    }

    /// The words of a command after expansion, `None` where unknown.
    pub fn words(&self, command: usize) -> &[Option<String>] {
        self.words.get(command).map_or(&[], Vec::as_slice)
    }

    /// The call of a package manager that a command is.
    pub fn package_call(&self, command: usize) -> Option<&PackageCall> {
        self.calls.get(command)?.as_deref()
    }

    /// What the script has done before a command.
    pub fn state(&self, command: usize) -> ScriptState<'_> {
        self.states.before(command)
    }
}

/// The walks of a build by instruction, each recorded when it is first asked for.
struct Walks(Vec<OnceLock<Option<ScriptWalk>>>);

impl Build {
    /// The walk over the script of an instruction, if it has one.
    pub fn walk(&self, instruction: usize) -> Option<&ScriptWalk> {
        let walks = self.memo.get(|| Walks((0..self.instruction_count()).map(|_| OnceLock::new()).collect()));
        let record = || {
            let (script, before) = (self.image.script(instruction)?, self.image.before(instruction)?);
            Some(ScriptWalk::record(self, instruction, script, before))
        };
        walks.0.get(instruction)?.get_or_init(record).as_ref()
    }

    /// The commands of an instruction's script, each with its words after expansion (`None` where unknown).
    pub fn commands(&self, instruction: usize) -> impl Iterator<Item = (&Command, &[Option<String>])> {
        let walk = self.walk(instruction);
        let commands = self.image.commands(instruction);
        walk.into_iter().flat_map(|walk| commands.iter().zip(walk.words.iter().map(Vec::as_slice)))
    }
}
