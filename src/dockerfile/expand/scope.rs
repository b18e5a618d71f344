//! What is visible at one place of a Dockerfile.

use super::evaluation::Evaluation;
use super::variables::{Variable, VariableNames, to_u32};

/// As many FROM steps are followed to find a variable: no file that is checked has more.
const MAX_ANCESTORS: usize = 2_000;

/// What is visible at one place.
#[derive(Clone, Copy, Debug)]
pub struct VariableScope<'e> {
    pub(super) evaluation: &'e Evaluation,
    /// `None` before the first FROM.
    stage: Option<usize>,
    at: (u32, u32),
}

impl Evaluation {
    /// What an instruction sees. An ENV sees what was declared before it; an ARG sees the pairs before its own too, see
    /// [`Evaluation::pair_scope`].
    pub fn scope(&self, instruction: usize) -> VariableScope<'_> {
        VariableScope { evaluation: self, stage: self.stage_of(instruction), at: (to_u32(instruction), 0) }
    }

    /// What the value of an instruction's `nth` pair sees.
    pub fn pair_scope(&self, instruction: usize, nth: usize) -> VariableScope<'_> {
        VariableScope { evaluation: self, stage: self.stage_of(instruction), at: (to_u32(instruction), to_u32(nth)) }
    }

    /// What FROM sees: all that is declared before the first of them.
    pub fn global_scope(&self) -> VariableScope<'_> {
        VariableScope { evaluation: self, stage: None, at: (u32::MAX, u32::MAX) }
    }

    /// What is visible at the end of a stage: what a stage based on it begins with, and what its containers run with.
    pub fn end_scope(&self, stage: usize) -> VariableScope<'_> {
        VariableScope { evaluation: self, stage: Some(stage), at: (u32::MAX, u32::MAX) }
    }

    /// The last declaration of `names` that is visible at `at`.
    fn latest(&self, names: &VariableNames, name: &str, at: (u32, u32)) -> Option<&Variable> {
        let ids = names.get(name)?;
        let variable = |id: &u32| self.variables.get(*id as usize);
        let count = ids.partition_point(|id| variable(id).is_some_and(|variable| variable.visible <= at));
        variable(ids.get(count.checked_sub(1)?)?)
    }
}

impl<'e> VariableScope<'e> {
    /// The declaration of a name that counts here.
    pub fn get(&self, name: &str) -> Option<&'e Variable> {
        let evaluation = self.evaluation;
        let Some(mut stage) = self.stage else {
            return evaluation.latest(&evaluation.globals, name, self.at);
        };
        let mut at = self.at;
        for _ in 0..MAX_ANCESTORS {
            let info = evaluation.stages.get(stage)?;
            if let Some(variable) = evaluation.latest(&info.names, name, at) {
                return Some(variable);
            }
            stage = info.ancestor?;
            at = (u32::MAX, u32::MAX);
        }
        None
    }

    /// True if a name that no instruction declares may still have a value.
    pub fn image_may_set(&self) -> bool {
        match self.stage {
            Some(stage) => self.evaluation.stages.get(stage).is_none_or(|info| !info.environment_known),
            None => false,
        }
    }

    /// All names that have a declaration here, in no order.
    pub fn names(&self) -> Vec<&'e str> {
        let evaluation = self.evaluation;
        let mut names: Vec<&str> = Vec::new();
        let mut stage = self.stage;
        if stage.is_none() {
            names.extend(evaluation.globals.keys().map(String::as_str));
        }
        for _ in 0..MAX_ANCESTORS {
            let Some(info) = stage.and_then(|stage| evaluation.stages.get(stage)) else { break };
            names.extend(info.names.keys().map(String::as_str));
            stage = info.ancestor;
        }
        names.retain(|name| self.get(name).is_some());
        names.sort_unstable();
        names.dedup();
        names
    }
}
