//! What a service's command becomes behind its image's ENTRYPOINT.

use crate::dockerfile::{Body, CommandForm, Keyword};
use crate::text::Span;

use super::runtime::backwards;
use crate::project::ServiceView;
use crate::project::image_names::is_plain;

/// Why a command does not run as it is written.
#[derive(Debug)]
pub enum Swallowed {
    /// A shell-form entrypoint ignores it.
    ByShell { span: Span },
    /// A program gets it as arguments although it begins with a program.
    AsArguments { span: Span, program: String, first: String },
}

/// Programs that take a script or module and then that script's arguments.
const INTERPRETERS: [&str; 9] = ["python", "python3", "node", "java", "ruby", "php", "perl", "dotnet", "deno"];

/// Names that a command begins with when it is a command.
const PROGRAMS: [&str; 30] = [
    "python",
    "python3",
    "node",
    "npm",
    "npx",
    "yarn",
    "pnpm",
    "bun",
    "bash",
    "sh",
    "/bin/sh",
    "/bin/bash",
    "java",
    "ruby",
    "bundle",
    "rails",
    "php",
    "gunicorn",
    "uvicorn",
    "celery",
    "flask",
    "django-admin",
    "dotnet",
    "go",
    "cargo",
    "nodemon",
    "poetry",
    "uv",
    "tail",
    "sleep",
];

/// What swallows a service's command, if anything surely does.
pub fn swallowed_command(view: &ServiceView<'_>) -> Option<Swallowed> {
    let command = view.service.command.as_ref().filter(|c| !c.cleared)?;
    if view.service.entrypoint.is_some() || view.service.partial || view.has_a_base() {
        return None;
    }
    let first = command.words.first()?.known()?.to_owned();
    let (build, entry) = view.dockerfile()?;
    if !is_plain(&entry.parsed) {
        return None;
    }
    let (_, instruction) = backwards(build, entry).into_iter().find(|(_, i)| i.keyword == Keyword::Entrypoint)?;
    let Body::Command(form) = &instruction.body else { return None };
    match form {
        CommandForm::Shell { span, looks_like_json } => {
            let text = view.project.file(span.file).slice(*span);
            let uses_arguments = ["$@", "$*", "$0", "$1", "${@", "${0", "${1", "${*"].iter().any(|a| text.contains(a));
            (!looks_like_json && !uses_arguments && !text.trim().is_empty())
                .then_some(Swallowed::ByShell { span: instruction.span })
        }
        CommandForm::Exec { words, .. } => {
            let words: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
            let program = words.first()?.rsplit('/').next()?;
            // An interpreter with its script, and a command that begins with a program again.
            let script = words.get(1).is_some_and(|w| !w.starts_with('-') || *w == "-m" || *w == "-jar" || *w == "-u");
            let runs_script = INTERPRETERS.contains(&program) && script;
            // Scripts named so run what they are given.
            let passes_on = words.iter().any(|w| {
                ["entrypoint", "entry", "run", "start", "wrapper", "exec", "init", "launch", "debugpy"]
                    .iter()
                    .any(|n| w.contains(n))
            });
            let is_program = PROGRAMS.contains(&first.as_str());
            (runs_script && is_program && !passes_on).then(|| Swallowed::AsArguments {
                span: instruction.span,
                program: words.join(" "),
                first,
            })
        }
    }
}
