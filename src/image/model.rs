//! The model of one Dockerfile under one set of inputs: the state before and after every instruction, and within every RUN.

use std::cell::Cell;
use std::sync::Arc;

use super::ContextFiles;
use super::apply::InstructionContext;
use super::base::BaseFacts;
use super::evidence::reason;
use super::script_run::{self, CalledScript, OnbuildTrigger, RunOutcome, ScriptRun, Steps};
use super::state::{State, UnknownScope};
use super::variables::{ImageVariables, variable};
use crate::dockerfile::expand::{Evaluation, StageBase, VariableValue};
use crate::dockerfile::{Body, Dockerfile, Healthcheck, Keyword};
use crate::shell::{Command, Script, Value};
use crate::text::SourceFile;

/// Limit of the bytes of context scripts that are read for one Dockerfile, counted at each run.
const MAX_SCRIPTS_OF_FILE: usize = 4 << 20;
/// Limit of the instructions after ONBUILD that are followed.
const MAX_TRIGGERS: usize = 1_000;

/// What is in the image after each instruction of a Dockerfile.
#[derive(Debug)]
pub struct ImageModel {
    /// By instruction; `None` before the first FROM.
    before: Vec<Option<State>>,
    scripts: Vec<Option<Arc<Script>>>,
    /// By instruction: the states within its script.
    steps: Vec<Steps>,
    /// By instruction: scripts of the build context that it certainly runs.
    ran: Vec<Vec<CalledScript>>,
    /// By stage.
    finals: Vec<Option<State>>,
    /// By stage: the ONBUILD instructions of its base stage.
    triggers: Vec<Vec<OnbuildTrigger>>,
}

impl ImageModel {
    /// Builds the model of all stages in order. `context` has the files of the build context, if they can be read.
    pub fn build(
        dockerfile: &Dockerfile,
        evaluation: &Evaluation,
        file: &SourceFile,
        context: Option<&dyn ContextFiles>,
    ) -> ImageModel {
        let count = dockerfile.instructions.len();
        let mut model = ImageModel {
            before: vec![None; count],
            scripts: vec![None; count],
            steps: vec![Steps::new(); count],
            ran: Vec::new(),
            finals: Vec::with_capacity(dockerfile.stages.len()),
            triggers: Vec::with_capacity(dockerfile.stages.len()),
        };
        model.ran.resize_with(count, Vec::new);
        let budget = Cell::new(MAX_SCRIPTS_OF_FILE);
        let mut triggered = 0;
        for (number, stage) in dockerfile.stages.iter().enumerate() {
            let info = evaluation.stages().get(number);
            let base = info.map_or(&StageBase::Unknown, |info| &info.base);
            let title = || dockerfile.base(stage).map_or("", |word| word.text.as_str());
            let mut parent = None;
            let mut state = match base {
                StageBase::Stage(earlier) => {
                    parent = Some(*earlier);
                    model.finals.get(*earlier).cloned().flatten()
                }
                StageBase::Image(name) => Some(State::new(Arc::new(BaseFacts::image(name)))),
                StageBase::Scratch => Some(State::new(Arc::new(BaseFacts::scratch()))),
                StageBase::Context(name) => {
                    let text = format!("`{name}` is an additional context of the caller's");
                    Some(State::new(Arc::new(BaseFacts::unknown(name, text))))
                }
                StageBase::Unknown => None,
            }
            .unwrap_or_else(|| {
                let text = format!("we do not know which image `{}` is", title());
                State::new(Arc::new(BaseFacts::unknown(title(), text)))
            });
            if info.is_some_and(|info| info.replaced_by.is_some()) {
                let text = "an additional context takes the place of this stage".to_owned();
                state = State::new(Arc::new(BaseFacts::unknown(title(), text)));
            }
            if let Some(slot) = model.before.get_mut(stage.from) {
                *slot = Some(state.clone());
            }
            // The ONBUILD instructions of the base stage.
            let below = parent.and_then(|p| dockerfile.stages.get(p)).map(|p| p.instructions.clone());
            let mut triggers = Vec::new();
            for index in below.unwrap_or_default() {
                let Some(Body::Onbuild(inner)) = dockerfile.instructions.get(index).map(|i| &i.body) else { continue };
                triggered += 1;
                if triggered > MAX_TRIGGERS {
                    let what = "too many instructions behind ONBUILD to follow";
                    context.iter().for_each(|context| context.note_skipped(inner.span, what.to_owned()));
                    state.mark_unknown(UnknownScope::All, reason(inner.span, what));
                    break;
                }
                let site = InstructionContext { evaluation, file, context, index: stage.from, budget: &budget };
                let script = match &inner.body {
                    Body::Command(form) => Some(site.script(inner, form, &state)),
                    _ => None,
                };
                let before = (inner.keyword == Keyword::Run).then(|| state.clone());
                let RunOutcome { steps, .. } = site.apply(&mut state, inner, script.as_ref());
                if let (Some(before), Some(script)) = (before, script) {
                    triggers.push(OnbuildTrigger { instruction: index, walk: ScriptRun { script, before, steps } });
                }
            }
            model.triggers.push(triggers);
            for index in stage.instructions.clone() {
                let Some(instruction) = dockerfile.instructions.get(index) else { continue };
                if index != stage.from
                    && let Some(slot) = model.before.get_mut(index)
                {
                    *slot = Some(state.clone());
                }
                let site = InstructionContext { evaluation, file, context, index, budget: &budget };
                let form = match &instruction.body {
                    Body::Command(form) | Body::Healthcheck(Healthcheck::Command(form)) => Some(form),
                    _ => None,
                };
                let script = form.map(|form| Arc::new(site.script(instruction, form, &state)));
                if instruction.keyword == Keyword::Unknown {
                    state.mark_unknown(
                        UnknownScope::All,
                        reason(instruction.span, "an instruction that we do not know"),
                    );
                }
                let RunOutcome { steps, scripts } = site.apply(&mut state, instruction, script.as_deref());
                if let Some(slot) = model.ran.get_mut(index) {
                    *slot = scripts;
                }
                if let Some(slot) = model.steps.get_mut(index) {
                    *slot = steps;
                }
                if let Some(slot) = model.scripts.get_mut(index) {
                    *slot = script;
                }
            }
            model.finals.push(Some(state));
        }
        model
    }

    /// Returns the state before an instruction; for FROM, that of the base. `None` before the first FROM.
    pub fn before(&self, instruction: usize) -> Option<&State> {
        self.before.get(instruction)?.as_ref()
    }

    /// Returns the state before a command of an instruction's script. Commands are counted as in [`ImageModel::commands`].
    pub fn at(&self, instruction: usize, command: usize) -> Option<&State> {
        script_run::at(self.steps.get(instruction)?, command).or_else(|| self.before(instruction))
    }

    /// Returns the state at the end of a stage.
    pub fn after_stage(&self, stage: usize) -> Option<&State> {
        self.finals.get(stage)?.as_ref()
    }

    /// Returns the RUNs that a stage begins with because its base stage has them after ONBUILD.
    pub fn triggers(&self, stage: usize) -> &[OnbuildTrigger] {
        self.triggers.get(stage).map_or(&[], Vec::as_slice)
    }

    /// Scripts of the build context that a RUN certainly runs.
    pub fn ran(&self, instruction: usize) -> &[CalledScript] {
        self.ran.get(instruction).map_or(&[], Vec::as_slice)
    }

    /// Returns the script of a RUN, CMD, ENTRYPOINT or HEALTHCHECK, read for the shell in use there.
    pub fn script(&self, instruction: usize) -> Option<&Script> {
        self.scripts.get(instruction)?.as_deref()
    }

    /// Its commands; none for other instructions.
    pub fn commands(&self, instruction: usize) -> &[Command] {
        self.script(instruction).map_or(&[], |script| &script.commands)
    }

    /// Returns the value that a variable has when the script of an instruction begins. `evaluation` is the one that the
    /// model was built with.
    pub fn variable(&self, evaluation: &Evaluation, instruction: usize, name: &str) -> Value {
        let scope = evaluation.scope(instruction);
        match (self.before(instruction), scope.get(name).map(|variable| &variable.value)) {
            (Some(state), _) => variable(&scope, state, name, ImageVariables::Any),
            // After the last instruction there is no state, but what the Dockerfile sets is still known.
            (None, Some(VariableValue::Known(text))) => Value::Known(text.clone()),
            (None, _) => Value::Unknown,
        }
    }

    /// Returns the states of an instruction's script with the indexes of the commands that they precede.
    pub fn steps(&self, instruction: usize) -> &[(usize, State)] {
        self.steps.get(instruction).map_or(&[], Vec::as_slice)
    }

    #[cfg(test)]
    pub(super) fn finals_for_tests(&self) -> &[Option<State>] {
        &self.finals
    }
}
