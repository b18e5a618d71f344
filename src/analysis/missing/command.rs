//! One command of a script: whether it exists, and what it is asked for if it does.

use crate::analysis::command_context::CommandContext;
use crate::diagnostic::{Applicability, Fix, Severity};
use crate::image::needs;
use crate::image::paths::{folder, is_command_folder};
use crate::image::{Presence, Reason};
use crate::text::Span;

use super::builder::MissingBuilder;
use super::commands;
use super::model::{Missing, MissingKind, absent};
use super::scripts::not_found;
use super::state::{CommandStep, Finder};

impl Finder<'_> {
    pub(super) fn command(&mut self, step: &CommandStep<'_>) {
        let CommandStep { command, state, .. } = *step;
        let context = &command.context;
        if !context.is_reached() || context.guarded || context.background || command.words.is_empty() {
            return;
        }
        if command.assignments.iter().any(|a| a.name == "PATH") || step.script_state.changes_path() {
            return;
        }
        let effective = command.effective();
        for (name, word) in &effective.wrappers {
            if matches!(
                name.as_str(),
                "sudo" | "doas" | "gosu" | "su-exec" | "eatmydata" | "fakeroot" | "ccache" | "tini"
            ) && let Some(reason) = absent(state.command(name))
            {
                self.missing_command(step, name, word.span, &reason);
            }
        }
        // `xargs` may get no input and run nothing.
        if effective.wrappers.iter().any(|w| w.0 == "xargs") {
            return;
        }
        let offset = command.words.len() - effective.words.len();
        let env = CommandContext {
            project: self.project,
            build: self.build,
            instruction: step.instruction,
            state,
            script: step.script,
            command: step.index,
            script_state: step.script_state,
            budget: step.budget,
        };
        let words = step.words.get(offset..).unwrap_or(&[]);
        let (Some(Some(name)), Some(word)) = (words.first(), effective.words.first()) else { return };
        if step.script.functions.contains(name) || name.is_empty() {
            return;
        }
        if commands::is_built_in(name) {
            self.built_in(step, name, word.span);
            return;
        }
        if name.contains('/') && !is_command_folder(folder(name)) {
            self.script_file(step, &env, name, word.span);
            self.compiler_headers(step, words, &env, word.span);
            return;
        }
        let base = name.rsplit('/').next().unwrap_or(name);
        match state.command(name) {
            Presence::Absent(reason) => {
                self.missing_command(step, base, word.span, &reason);
                return;
            }
            Presence::Present(_) | Presence::Unknown(_) => {}
        }
        let span_of = |at: usize| effective.words.get(at).map_or(command.span, |w| w.span);
        self.musl_wheels(step, words, &env, &span_of);
        self.needs(step, needs::needs(words, &env), &span_of);
        self.compiler_headers(step, words, &env, word.span);
    }

    /// A command that is called by its name and is missing.
    fn missing_command(&mut self, step: &CommandStep<'_>, name: &str, span: Span, reason: &Reason) {
        let removed = reason.span.is_some();
        // A compiler that was never installed is reported by `missing-compiler`.
        let is_judged = !commands::is_compiler(name) || removed && !name.contains("nvcc");
        if !is_judged || !self.is_new(step.stage, name) {
            return;
        }
        let error = not_found(step.state, name);
        let mut it = MissingBuilder {
            kind: MissingKind::Command,
            stage: step.stage,
            span,
            subject: name,
            command: name,
            error,
            state: step.state,
            reason: Some(reason),
        }
        .build_program(self);
        if step.state.is_unlikely(name) {
            it.severity = it.severity.min(Severity::Warning);
        }
        self.lower_severity_if_unchecked(&mut it, step);
        if name == "sudo" {
            self.drop_sudo(&mut it, step, span);
        } else if !removed {
            self.add_install_fix(&mut it, step.state, step.instruction, step.command.span, None);
        }
        self.found.push(it);
    }

    /// A command that is built into bash, where another shell runs the script.
    fn built_in(&mut self, step: &CommandStep<'_>, name: &str, span: Span) {
        // A quoted script is for another shell.
        if step.command.context.nested > 0 || span.file != self.file.id() {
            return;
        }
        let Some(reason) = step.state.lacks_builtin(name) else { return };
        if !self.is_new(step.stage, name) {
            return;
        }
        let error = not_found(step.state, name);
        let mut it = MissingBuilder {
            kind: MissingKind::Builtin,
            stage: step.stage,
            span,
            subject: name,
            command: name,
            error,
            state: step.state,
            reason: Some(&reason),
        }
        .build(self);
        self.lower_severity_if_unchecked(&mut it, step);
        if name == "source" {
            it.fix = Some(Fix::new("write `.`, which every shell has", Applicability::Safe).edit(span, "."));
        }
        self.found.push(it);
    }

    /// The fix for a missing `sudo`: a RUN is run by root unless USER changes that, so the word can be deleted.
    fn drop_sudo(&self, it: &mut Missing, step: &CommandStep<'_>, span: Span) {
        it.packages.clear();
        let plain = step.command.words.first().is_some_and(|w| w.span == span)
            && step
                .command
                .words
                .get(1)
                .and_then(|w| w.literal())
                .is_some_and(|w| !w.starts_with('-') && !w.contains('='));
        if !plain || !matches!(step.state.user, crate::image::User::Root) || step.command.context.nested > 0 {
            return;
        }
        let mut fix = Fix::new("drop sudo: a RUN is root already", Applicability::Safe);
        for command in &step.script.commands {
            let (Some(first), Some(next)) = (command.words.first(), command.words.get(1)) else { continue };
            let sudo = first.literal().as_deref() == Some("sudo");
            let takes_option = next.literal().is_none_or(|w| w.starts_with('-') || w.contains('='));
            let between = Span { start: first.span.end, end: next.span.start, ..first.span };
            if sudo && !takes_option && command.context.nested == 0 && first.span.file == self.file.id() {
                let blank = self.file.slice(between).chars().all(|c| c == ' ' || c == '\t');
                let end = if blank { next.span.start } else { first.span.end };
                fix = fix.edit(Span { end, ..first.span }, "");
            }
        }
        it.fix = (!fix.edits.is_empty()).then_some(fix);
    }
}
