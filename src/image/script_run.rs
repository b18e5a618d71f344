//! Scripts with the states before their commands.

use super::state::State;
use crate::shell::Script;

/// The state before each command that found a change, by the command's index.
pub(super) type Steps = Vec<(usize, State)>;

/// Returns the last state that was recorded at a command or before it.
pub(super) fn at(steps: &[(usize, State)], command: usize) -> Option<&State> {
    let after = steps.partition_point(|(index, _)| *index <= command);
    after.checked_sub(1).and_then(|i| steps.get(i)).map(|(_, state)| state)
}

/// The result of applying the script of an instruction.
#[derive(Debug, Default)]
pub(super) struct RunOutcome {
    pub steps: Steps,
    pub scripts: Vec<CalledScript>,
}

/// A script with its states.
#[derive(Debug)]
pub struct ScriptRun {
    pub script: Script,
    /// The state before the script.
    pub before: State,
    pub(super) steps: Steps,
}

impl ScriptRun {
    /// Returns the state before a command of the script.
    pub fn at(&self, command: usize) -> &State {
        at(&self.steps, command).unwrap_or(&self.before)
    }
}

/// A RUN after ONBUILD, as it runs in a stage that is based on the one that has it.
#[derive(Debug)]
pub struct OnbuildTrigger {
    /// Index of the ONBUILD in the Dockerfile.
    pub instruction: usize,
    pub walk: ScriptRun,
}

/// A script of the build context that a RUN certainly runs.
#[derive(Debug)]
pub struct CalledScript {
    /// Index of the command in the RUN's script that runs this one.
    pub command: usize,
    /// As the command names it.
    pub path: String,
    pub text: String,
    pub walk: ScriptRun,
}
