//! The program of a `#!` line: in a script of the build context, and in a heredoc that is run as a program.

use crate::analysis::command_context::CommandContext;
use crate::image::State;
use crate::image::needs::CommandEnv;
use crate::text::Span;

use super::builder::MissingBuilder;
use super::model::{MissingKind, absent};
use super::scripts::{Interpreter, Program, interpreter};
use super::state::{CommandStep, Finder};

impl Finder<'_> {
    /// A heredoc that is run as a program. True if its interpreter is missing.
    pub(super) fn heredoc_interpreter_is_missing(
        &mut self,
        stage: usize,
        index: usize,
        state: &State,
        Program { text, path, span }: &Program<'_>,
    ) -> bool {
        let Some(Interpreter { name, by_env }) = interpreter(text) else { return false };
        let span = *span;
        let program = if by_env && absent(state.command("env")).is_some() { "env" } else { name };
        let Some(reason) = absent(state.command(program)) else { return false };
        if !self.is_new(stage, program) {
            return true;
        }
        let error = match by_env && program != "env" {
            true => env_error(state, name),
            false => format!("exec {path}: no such file or directory"),
        };
        let mut it = MissingBuilder {
            kind: MissingKind::Command,
            stage,
            span,
            subject: program,
            command: program,
            error,
            state,
            reason: Some(&reason),
        }
        .build_program(self);
        self.add_install_fix(&mut it, state, index, span, None);
        self.found.push(it);
        true
    }

    /// A script of the build context that is run by its path: its first line names a program.
    pub(super) fn script_file(&mut self, step: &CommandStep<'_>, env: &CommandContext<'_>, path: &str, span: Span) {
        let Some(text) = env.file(path) else { return };
        let Some(Interpreter { name, by_env }) = interpreter(&text) else { return };
        let Some(reason) = absent(step.state.command(name)) else { return };
        if !self.is_new(step.stage, name) {
            return;
        }
        let error = match by_env {
            true => env_error(step.state, name),
            false => format!("/bin/sh: {path}: not found"),
        };
        let mut it = MissingBuilder {
            kind: MissingKind::Command,
            stage: step.stage,
            span,
            subject: name,
            command: path,
            error,
            state: step.state,
            reason: Some(&reason),
        }
        .build_program(self);
        self.lower_severity_if_unchecked(&mut it, step);
        self.add_install_fix(&mut it, step.state, step.instruction, step.command.span, None);
        self.found.push(it);
    }
}

fn env_error(state: &State, name: &str) -> String {
    match state.shell.dialect {
        crate::shell::Dialect::Ash => format!("env: can't execute '{name}': No such file or directory"),
        _ => format!("/usr/bin/env: '{name}': No such file or directory"),
    }
}
