//! Two needs of pip and of compilers: a wheel for musl, and the development files of the C library.

use crate::analysis::command_context::CommandContext;
use crate::diagnostic::Severity;
use crate::image::Presence;
use crate::image::install::Installer;
use crate::image::needs::{self, CommandEnv, python};
use crate::text::Span;

use super::builder::MissingBuilder;
use super::commands;
use super::model::{MissingKind, absent};
use super::state::{CommandStep, Finder};

impl Finder<'_> {
    /// Wheels that exist for glibc and not for musl.
    pub(super) fn musl_wheels(
        &mut self,
        step: &CommandStep<'_>,
        words: &[Option<String>],
        env: &CommandContext<'_>,
        span_of: &dyn Fn(usize) -> Span,
    ) {
        if step.state.manager() != Some(Installer::Apk) {
            return;
        }
        let Some(request) = python::request(words, env) else { return };
        if request.elsewhere {
            return;
        }
        for it in request.requirements.iter().filter(|r| !(r.git || r.conditional)) {
            let Some(row) = env.pypi(&it.name).filter(|r| !r.wheel && r.glibc_wheel) else { continue };
            let compiler = step.state.any_command(&["cc", "gcc"]);
            let severity = match (row.sdist, &compiler) {
                (false, _) | (true, Presence::Absent(_)) if row.proved => Severity::Error,
                (false, _) | (true, Presence::Absent(_)) => Severity::Warning,
                (true, Presence::Present(_)) => Severity::Info,
                (true, Presence::Unknown(_)) => continue,
            };
            if !self.is_new(step.stage, &it.name) {
                continue;
            }
            let error = match row.sdist {
                false => format!("ERROR: Could not find a version that satisfies the requirement {}", it.name),
                true => "error: command 'gcc' failed: No such file or directory".to_owned(),
            };
            let command = match &it.file {
                Some(file) => format!("{} ({} in {file})", request.tool, it.name),
                None => request.tool.clone(),
            };
            let mut found = MissingBuilder {
                kind: MissingKind::MuslWheel,
                stage: step.stage,
                span: span_of(it.word),
                subject: &it.name,
                command: &command,
                error,
                state: step.state,
                reason: None,
            }
            .build(self);
            found.severity = found.severity.min(severity);
            self.lower_severity_if_unchecked(&mut found, step);
            self.found.push(found);
        }
    }

    /// A compiler without the C library's development files.
    pub(super) fn compiler_headers(
        &mut self,
        step: &CommandStep<'_>,
        words: &[Option<String>],
        env: &CommandContext<'_>,
        span: Span,
    ) {
        let state = step.state;
        let by_name = words.first().and_then(|w| w.as_deref()).is_some_and(commands::is_compiler);
        let without = |w: &Option<String>| {
            w.as_deref().is_none_or(|w| {
                [
                    "-ffreestanding",
                    "-nostd",
                    "--target",
                    "--sysroot",
                    "-E",
                    "-S",
                    "-print",
                    "--print",
                    "-dump",
                    "-m32",
                    "-target",
                ]
                .iter()
                .any(|o| w.starts_with(o))
                    || by_name && (w == "-c" || w == "-")
            })
        };
        if words.iter().skip(1).any(without) {
            return;
        }
        let mut needed = needs::compilers(words, env);
        let linker = needs::needs(words, env).into_iter().any(|n| n.kind == needs::NeedKind::Linker);
        needed.retain(|n| n.certain && n.program.is_none());
        if needed.is_empty() && !linker {
            return;
        }
        let present = |presence: Presence| matches!(presence, Presence::Present(_));
        if !needed.iter().all(|n| present(state.any_command(n.language.commands())))
            || linker && !present(state.command("cc"))
        {
            return;
        }
        let Some(reason) = absent(state.header("stdio.h")) else { return };
        if !self.is_new(step.stage, "stdio.h") {
            return;
        }
        let (command, error) = match needed.first() {
            Some(need) if need.command.contains("configure") => {
                (need.command.clone(), "configure: error: C compiler cannot create executables".to_owned())
            }
            Some(need) => (need.command.clone(), "fatal error: stdio.h: No such file or directory".to_owned()),
            None => ("cargo".to_owned(), "/usr/bin/ld: cannot find crt1.o: No such file or directory".to_owned()),
        };
        let mut it = MissingBuilder {
            kind: MissingKind::CompilerHeaders,
            stage: step.stage,
            span,
            subject: "stdio.h",
            command: &command,
            error,
            state,
            reason: Some(&reason),
        }
        .build(self);
        self.lower_severity_if_unchecked(&mut it, step);
        let packages = match state.manager() {
            Some(Installer::Apt) => vec!["libc6-dev".to_owned()],
            Some(Installer::Apk) => vec!["musl-dev".to_owned()],
            _ => Vec::new(),
        };
        self.add_install_fix(&mut it, state, step.instruction, step.command.span, Some(packages));
        self.found.push(it);
    }
}
