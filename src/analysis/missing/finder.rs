//! Goes through the steps of a build and asks each what it needs.

use std::cell::Cell;

use crate::analysis::command_context;
use crate::analysis::script_state::ScriptState;
use crate::diagnostic::Label;
use crate::dockerfile::{Body, CommandForm, Instruction, Keyword};
use crate::image::State;
use crate::shell::{Value, Variables};
use crate::text::Span;

use super::builder::MissingBuilder;
use super::model::{Missing, MissingKind, absent};
use super::scripts::{first_line, heredoc_program, mounts_tools};
use super::state::{Asked, CommandStep, Finder};

impl<'a> Finder<'a> {
    pub(super) fn run(mut self) -> Vec<Missing> {
        let budget = Cell::new(command_context::MAX_FILES);
        for stage in &self.parsed.stages {
            self.triggers(stage.index, stage.from, &budget);
            for index in stage.instructions.clone() {
                let Some(instruction) = self.parsed.instructions.get(index) else { continue };
                if instruction.keyword == Keyword::Run {
                    self.run_instruction(stage.index, index, instruction, &budget);
                } else if matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint) {
                    self.start_command(stage.index, index, instruction);
                }
            }
        }
        self.found
    }

    /// Whether `subject` is named for the first time in this stage.
    pub(super) fn is_new(&mut self, stage: usize, subject: &str) -> bool {
        self.reported.is_new(stage, subject)
    }

    fn run_instruction(&mut self, stage: usize, index: usize, instruction: &'a Instruction, budget: &Cell<usize>) {
        let image = &self.build.image;
        let Some(before) = image.before(index) else { return };
        if let Some(program) = heredoc_program(self.file, instruction) {
            // The shell has no part in it.
            if self.heredoc_interpreter_is_missing(stage, index, before, &program) {
                return;
            }
        } else if let Body::Command(CommandForm::Shell { span, .. }) = &instruction.body
            && self.shell_is_missing(stage, index, before, instruction.keyword_span.cover(first_line(self.file, *span)))
        {
            return;
        }
        let Some(script) = image.script(index) else { return };
        // Tools may lie in a folder that is mounted for this step only.
        if script.opaque || mounts_tools(instruction) {
            return;
        }
        let build = self.build;
        let asked = Asked { stage, instruction: index, script, before, budget };
        self.commands(&asked, &|nth| build.image.at(index, nth));
        self.inner_scripts(stage, index, script, budget);
    }

    /// Asks the commands of a script, each in the state that it finds. Gives those of which something was found, with the
    /// number of what was found before them.
    pub(super) fn commands<'s>(
        &mut self,
        asked: &Asked<'s>,
        at: &dyn Fn(usize) -> Option<&'s State>,
    ) -> Vec<(usize, usize)> {
        let Asked { stage, instruction, script, before, budget } = *asked;
        let build = self.build;
        let outer = |name: &str| -> Value { command_context::variable(build, instruction, before, name) };
        let mut variables = Variables::new(script, &outer);
        let mut script_state = ScriptState::new(script, before.workdir.as_deref());
        let mut found = Vec::new();
        for (index, command) in script.commands.iter().enumerate() {
            if let Some(state) = at(index) {
                let known = self.found.len();
                let (variables, script_state) = (&variables, &script_state);
                self.command(&CommandStep {
                    stage,
                    instruction,
                    script,
                    index,
                    command: &variables.split_name(command),
                    state,
                    variables,
                    script_state,
                    budget,
                });
                if self.found.len() > known {
                    found.push((index, known));
                }
            }
            variables.apply(command);
            script_state.take(command);
        }
        found
    }

    /// The shell that runs a RUN, CMD or ENTRYPOINT in shell form.
    fn shell_is_missing(&mut self, stage: usize, index: usize, state: &State, span: Span) -> bool {
        let shell = match &state.shell_words {
            Some(words) => words.first().cloned().unwrap_or_else(|| "/bin/sh".to_owned()),
            None => "/bin/sh".to_owned(),
        };
        let name = shell.rsplit('/').next().unwrap_or("sh").to_owned();
        let Some(reason) = absent(state.command(&shell)) else { return false };
        if self.is_new(stage, &name) {
            let error = format!("exec: \"{shell}\": stat {shell}: no such file or directory");
            let mut it = MissingBuilder {
                kind: MissingKind::Shell,
                stage,
                span,
                subject: &name,
                command: &name,
                error,
                state,
                reason: Some(&reason),
            }
            .build(self);
            if let Some(set) = state.shell_span {
                it.labels
                    .insert(0, Label { span: set, message: format!("every RUN from here on is run by `{shell}`") });
            }
            self.add_install_fix(&mut it, state, index, span, None);
            self.found.push(it);
        }
        true
    }

    /// A start command in shell form, in the stage that runs.
    fn start_command(&mut self, stage: usize, index: usize, instruction: &'a Instruction) {
        if self.build.target_stage() != Some(stage) {
            return;
        }
        let Body::Command(CommandForm::Shell { span, .. }) = &instruction.body else { return };
        // A later one of its kind takes its place.
        let range = self.parsed.stages.get(stage).map(|s| s.instructions.clone()).unwrap_or_default();
        let later = |i: usize| self.parsed.instructions.get(i).is_some_and(|o| o.keyword == instruction.keyword);
        if range.clone().any(|i| i > index && later(i)) {
            return;
        }
        let Some(state) = self.build.image.after_stage(stage) else { return };
        self.shell_is_missing(stage, index, state, instruction.keyword_span.cover(first_line(self.file, *span)));
    }
}
