//! The program of a `#!` line: of a script that the context gives, and of a heredoc that is a script of its own.

use crate::analysis::command_context::CommandContext;
use crate::dockerfile::{Body, CommandForm, Instruction};
use crate::image::needs::CommandEnv;
use crate::image::{Reason, State};
use crate::text::{SourceFile, Span};

use super::finder::{CommandStep, Finder};
use super::scripts::is_command_folder;
use super::{MissingKind, absent, commands};

/// What a `#!` line names.
struct Interpreter<'t> {
    name: &'t str,
    /// Behind `env`, which looks for it on PATH.
    by_env: bool,
}

fn interpreter(text: &str) -> Option<Interpreter<'_>> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    let mut words = line.split_whitespace();
    let first = words.next()?;
    let base = first.rsplit('/').next().unwrap_or(first);
    if base == "env" {
        let name = words.find(|w| !w.starts_with('-') && !w.contains('='))?;
        return Some(Interpreter { name, by_env: true });
    }
    // A path of its own is known by nobody.
    is_command_folder(first).then_some(Interpreter { name: base, by_env: false })
}

/// A heredoc that is run, not read by a shell.
pub(super) struct Program<'t> {
    text: &'t str,
    /// Where BuildKit puts it.
    path: String,
    span: Span,
}

/// The body of a heredoc that BuildKit runs as a program: alone in its RUN, and with a `#!` line.
pub(super) fn heredoc_program<'t>(file: &'t SourceFile, instruction: &Instruction) -> Option<Program<'t>> {
    let Body::Command(CommandForm::Shell { span, .. }) = &instruction.body else { return None };
    let [only] = instruction.heredocs.as_slice() else { return None };
    if file.slice(*span).trim() != file.slice(only.span).trim() {
        return None;
    }
    let body = file.slice(only.body);
    let text = if only.strip_tabs { body.trim_start_matches('\t') } else { body };
    let span = instruction.keyword_span.cover(only.span);
    text.starts_with("#!").then(|| Program { text, path: format!("/dev/pipes/{}", only.name), span })
}

impl<'a> Finder<'a> {
    /// A heredoc that is a program: whether what runs it is missing.
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
        let kind = self.kind_of(stage, program, &reason);
        let mut it = self.missing_thing(kind, stage, span, program, program, error, state, Some(&reason));
        self.add_install_fix(&mut it, state, index, span, None);
        self.found.push(it);
        true
    }

    /// A script of the context, run by its path: its first line names a program.
    pub(super) fn script_file(&mut self, step: &CommandStep<'_>, around: &CommandContext<'_>, path: &str, span: Span) {
        let Some(text) = around.file(path) else { return };
        let Some(Interpreter { name, by_env }) = interpreter(&text) else { return };
        let Some(reason) = absent(step.state.command(name)) else { return };
        if !self.is_new(step.stage, name) {
            return;
        }
        let error = match by_env {
            true => env_error(step.state, name),
            false => format!("/bin/sh: {path}: not found"),
        };
        let kind = self.kind_of(step.stage, name, &reason);
        let mut it = self.missing_thing(kind, step.stage, span, name, path, error, step.state, Some(&reason));
        self.lower_severity_if_unchecked(&mut it, step);
        self.add_install_fix(&mut it, step.state, step.instruction, step.command.span, None);
        self.found.push(it);
    }

    /// Which rule speaks of a program that is named and not there.
    fn kind_of(&self, stage: usize, name: &str, reason: &Reason) -> MissingKind {
        match () {
            () if reason.span.is_some() => MissingKind::RemovedCommand,
            () if commands::is_shell(name) => MissingKind::Shell,
            () if self.other_stage(stage, name).is_some() => MissingKind::OtherStage,
            () => MissingKind::Command,
        }
    }
}

fn env_error(state: &State, name: &str) -> String {
    match state.shell.dialect {
        crate::shell::Dialect::Ash => format!("env: can't execute '{name}': No such file or directory"),
        _ => format!("/usr/bin/env: '{name}': No such file or directory"),
    }
}
