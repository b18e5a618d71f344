//! Health checks whose program is not in the image that runs: of the Dockerfile, and of the compose file, against the
//! stage that the service runs, or against the well-known image that it runs as it is.

use crate::analysis::command_context;
use crate::diagnostic::{Label, Severity};
use crate::dockerfile::expand::StageBase;
use crate::dockerfile::{Body, Healthcheck, Keyword};
use crate::image::{Presence, Reason, State};
use crate::project::{Build, Project, ServiceView};
use crate::shell::{self, Command, Script, ScriptPlace};
use crate::text::Span;

use super::model::{Missing, MissingKind, absent, max_severity};
use super::{commands, install_fix};

/// A command of a health check that is not there.
struct AbsentProgram {
    name: String,
    span: Span,
    reason: Reason,
}

/// The HEALTHCHECK with which the target of a build ends, if its command is missing.
pub fn of_image(project: &Project, build: &Build) -> Option<Missing> {
    let parsed = &project.dockerfiles.get(build.dockerfile)?.parsed;
    if parsed.template.is_some() || parsed.escape != '\\' {
        return None;
    }
    // A service may check otherwise, or not at all.
    let users: Vec<ServiceView<'_>> = build.users.iter().filter_map(|id| project.service(*id)).collect();
    if !users.is_empty()
        && users.iter().all(|u| u.service.healthcheck.as_ref().is_some_and(|h| h.disabled || h.test_span.is_some()))
    {
        return None;
    }
    let target = build.target_stage()?;
    let mut stage = target;
    let index = loop {
        let range = parsed.stages.get(stage)?.instructions.clone();
        let is_check = |i: &usize| parsed.instructions.get(*i).is_some_and(|it| it.keyword == Keyword::Healthcheck);
        if let Some(index) = range.rev().find(is_check) {
            break index;
        }
        match build.base(stage) {
            StageBase::Stage(parent) if parent < stage => stage = parent,
            _ => return None,
        }
    };
    let instruction = parsed.instructions.get(index)?;
    let Body::Healthcheck(Healthcheck::Command(_)) = &instruction.body else { return None };
    let state = build.image.after_stage(target)?;
    let script = build.image.script(index)?;
    let form = match &instruction.body {
        Body::Healthcheck(Healthcheck::Command(crate::dockerfile::CommandForm::Shell { span, .. })) => Some(*span),
        _ => None,
    };
    let missing = match form.and_then(|span| shell_missing(state, span)) {
        Some(missing) => missing,
        None => missing_in(script, state, None)?,
    };
    Some(missing_thing(project, Some(build), target, state, &missing, missing.span))
}

/// The `healthcheck:` of a service, if its command is missing in the image that runs.
pub fn of_service(view: &ServiceView<'_>) -> Option<Missing> {
    let check = view.service.healthcheck.as_ref().filter(|h| !h.disabled)?;
    let span = check.test_span?;
    if view.service.partial || puts_tools(view) {
        return None;
    }
    let (build, target, state) = match (view.build(), &view.service.image) {
        (Some(build), _) => {
            let parsed = &view.project.dockerfiles.get(build.dockerfile)?.parsed;
            if parsed.template.is_some() || parsed.escape != '\\' {
                return None;
            }
            let target = build.target_stage()?;
            (Some(build), target, build.image.after_stage(target)?.clone())
        }
        (None, Some(image)) if view.service.build.is_none() => (None, 0, State::of_image(image.known()?)),
        _ => return None,
    };
    let words: Option<Vec<&str>> = check.test.iter().map(|t| t.known()).collect();
    let words = words?;
    let (script, in_shell) = match words.as_slice() {
        ["CMD-SHELL", text, ..] => {
            let text = text.replace("$$", "$");
            (shell::read(&text, ScriptPlace::Within(span), state.shell), true)
        }
        ["CMD", rest @ ..] if !rest.is_empty() => {
            let texts: Vec<(String, Span)> =
                rest.iter().zip(check.test.iter().skip(1)).map(|(w, t)| (w.replace("$$", "$"), t.span)).collect();
            (shell::read_exec(view.project.file(span.file), &texts, shell::ShellOptions::default()), false)
        }
        _ => return None,
    };
    let missing = match in_shell.then(|| shell_missing(&state, span)).flatten() {
        Some(missing) => missing,
        None => missing_in(&script, &state, Some(span))?,
    };
    let mut it = missing_thing(view.project, build, target, &state, &missing, span);
    it.services = vec![view.service.name.clone()];
    // What a service checks is true of it whoever else builds the stage.
    it.severity = max_severity(&state);
    if build.is_none()
        && let Some(image) = &view.service.image
    {
        it.labels = vec![Label {
            span: image.span,
            message: it.labels.first().map_or_else(|| missing.reason.text.clone(), |l| l.message.clone()),
        }];
    }
    Some(it)
}

/// True if the service mounts something over a folder of commands, or sets PATH.
fn puts_tools(view: &ServiceView<'_>) -> bool {
    let service = view.service;
    service.environment.iter().any(|v| v.name == "PATH")
        || service
            .volumes
            .iter()
            .any(|v| v.target.as_deref().is_none_or(|t| t.contains("bin") || matches!(t, "/" | "/usr" | "/usr/local")))
}

fn shell_missing(state: &State, span: Span) -> Option<AbsentProgram> {
    // What runs the shell form is the image's own SHELL.
    let shell = state.shell_words.as_ref().and_then(|w| w.first().cloned()).unwrap_or_else(|| "/bin/sh".to_owned());
    let name = shell.rsplit('/').next().unwrap_or("sh").to_owned();
    if !commands::is_shell(&name) {
        return None;
    }
    Some(AbsentProgram { reason: absent(state.command(&name))?, name, span })
}

/// The first command that is missing and that nothing makes up for.
fn missing_in(script: &Script, state: &State, place: Option<Span>) -> Option<AbsentProgram> {
    if script.opaque {
        return None;
    }
    for (index, command) in script.commands.iter().enumerate() {
        let context = &command.context;
        if context.conditional
            || context.looped
            || context.function.is_some()
            || context.background
            || context.substitution
        {
            continue;
        }
        if command.assignments.iter().any(|a| a.name == "PATH") || command.words.is_empty() {
            return None;
        }
        // What is caught is made up for, unless all that follows gives up.
        if context.guarded && !gives_up(&script.commands, index) {
            return None;
        }
        let unnoticed = context.unchecked && context.pipeline.is_none();
        let effective = command.effective();
        let candidates = effective
            .wrappers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "exec" | "command" | "builtin" | "env" | "time"))
            .map(|(name, word)| (name.clone(), word.span))
            .chain(effective.words.first().and_then(|w| Some((w.literal()?, w.span))));
        for (name, span) in candidates {
            if commands::is_built_in(&name) || script.functions.contains(&name) || unnoticed {
                continue;
            }
            if let Presence::Absent(reason) = state.command(&name) {
                let name = name.rsplit('/').next().unwrap_or(&name).to_owned();
                return Some(AbsentProgram { name, span: place.unwrap_or(span), reason });
            }
        }
    }
    None
}

/// True if all commands after this one only end the check: `|| exit 1`, `|| kill 1`.
fn gives_up(commands: &[Command], index: usize) -> bool {
    let behind = commands.get(index + 1..).unwrap_or(&[]);
    let ends = |c: &Command| match c.name().as_deref() {
        Some("exit" | "return") => c.words.get(1).and_then(|w| w.literal()).is_none_or(|w| w != "0"),
        Some("false" | "kill" | "echo" | "printf") => true,
        _ => false,
    };
    let alternatives: Vec<&Command> = behind.iter().filter(|c| c.context.conditional).collect();
    // A filter after a pipe gets nothing to read.
    !alternatives.is_empty()
        && alternatives.iter().all(|c| ends(c))
        && !behind.iter().any(|c| !c.context.conditional && c.context.pipeline.is_none())
        && alternatives.iter().any(|c| !matches!(c.name().as_deref(), Some("echo" | "printf")))
}

fn missing_thing(
    project: &Project,
    build: Option<&Build>,
    stage: usize,
    state: &State,
    missing: &AbsentProgram,
    span: Span,
) -> Missing {
    let parsed = build.and_then(|b| project.dockerfiles.get(b.dockerfile)).map(|d| &d.parsed);
    let root = build.zip(parsed).and_then(|(b, p)| p.stages.get(b.root_stage(p, stage)?));
    let from = root.zip(parsed).and_then(|(s, p)| p.base(s));
    let at = missing.reason.span.or(from.map(|f| f.span));
    let mut labels: Vec<Label> =
        at.into_iter().map(|span| Label { span, message: missing.reason.text.clone() }).collect();
    if let (Some(build), Some(from), Some(parsed)) = (build, from, parsed) {
        let first = parsed.stages.first().map_or(0, |s| s.from);
        let pairs = parsed.instructions.iter().take(first).filter_map(|i| match &i.body {
            Body::Arg(pairs) => Some(pairs),
            _ => None,
        });
        let globals: Vec<(String, String)> =
            pairs.flatten().filter_map(|p| Some((p.name.text.clone(), p.value.as_ref()?.text.clone()))).collect();
        for argument in command_context::args_selecting_base(build, project, &from.text, &globals) {
            labels
                .push(Label { span: argument.span, message: format!("this argument selects `{}`", state.base.title) });
        }
    }
    let name = parsed.and_then(|p| p.stages.get(stage)).and_then(|s| s.name.as_ref());
    let packages: Vec<String> = match state.manager() {
        Some(_) => install_fix::package_of_command(state, &missing.name).into_iter().collect(),
        None => Vec::new(),
    };
    let fix = build.zip(parsed).filter(|_| !packages.is_empty()).and_then(|(build, parsed)| {
        let end = parsed.instructions.get(parsed.stages.get(stage)?.instructions.end.checked_sub(1)?)?;
        install_fix::add_packages(project, build, state, stage, usize::MAX, end.span.end_point(), &packages)
    });
    let services = build.map(|b| b.users.as_slice()).unwrap_or_default();
    Missing {
        kind: MissingKind::Healthcheck,
        stage,
        span,
        subject: missing.name.clone(),
        command: missing.name.clone(),
        error: format!("/bin/sh: 1: {}: not found", missing.name),
        severity: max_severity(state).max(Severity::Warning),
        silent: false,
        labels,
        fix,
        install_line: install_fix::install_line(state, &packages),
        packages,
        other_stage: None,
        base: state.base.title.clone(),
        services: services.iter().filter_map(|id| Some(project.service(*id)?.service.name.clone())).collect(),
        stage_name: name.map_or_else(|| stage.to_string(), |n| n.text.clone()),
    }
}
