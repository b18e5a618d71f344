//! Scripts that were gone through: each with the states that its commands find.

use super::state::State;
use crate::shell::Script;

/// The state before each command that found something new, by the command's index.
pub(super) type Steps = Vec<(usize, State)>;

/// The last state that was noted at a command or before it.
pub(super) fn at(steps: &[(usize, State)], command: usize) -> Option<&State> {
    let after = steps.partition_point(|(index, _)| *index <= command);
    after.checked_sub(1).and_then(|i| steps.get(i)).map(|(_, state)| state)
}

/// What going through the script of an instruction gave.
#[derive(Debug, Default)]
pub(super) struct RunOutcome {
    pub steps: Steps,
    pub scripts: Vec<CalledScript>,
}

/// A script that was gone through.
#[derive(Debug)]
pub struct ScriptRun {
    pub script: Script,
    /// The state that the script finds.
    pub before: State,
    pub(super) steps: Steps,
}

impl ScriptRun {
    /// The state that a command of the script finds.
    pub fn at(&self, command: usize) -> &State {
        at(&self.steps, command).unwrap_or(&self.before)
    }
}

/// A RUN behind ONBUILD, as it runs in a stage that stands on the one that holds it.
#[derive(Debug)]
pub struct OnbuildTrigger {
    /// Index of the ONBUILD in the Dockerfile.
    pub instruction: usize,
    pub walk: ScriptRun,
}

/// A script of the build context that a RUN surely runs.
#[derive(Debug)]
pub struct CalledScript {
    /// Index of the command in the RUN's script that runs this one.
    pub command: usize,
    /// As the command names it.
    pub path: String,
    pub text: String,
    pub walk: ScriptRun,
}
