//! Scripts and the instructions that hold them: what a shell prints, which program runs a script, what a RUN mounts.

use crate::dockerfile::{Body, CommandForm, Instruction};
use crate::image::State;
use crate::image::paths::{folder, is_command_folder};
use crate::shell::Dialect;
use crate::text::{SourceFile, Span};

/// What the shell prints if it does not find a command.
pub(super) fn not_found(state: &State, name: &str) -> String {
    match state.shell.dialect {
        Dialect::Bash => format!("/bin/bash: line 1: {name}: command not found"),
        Dialect::Ash => format!("/bin/sh: {name}: not found"),
        _ => format!("/bin/sh: 1: {name}: not found"),
    }
}

/// The part of a span on its first line.
pub(super) fn first_line(file: &SourceFile, span: Span) -> Span {
    let text = file.slice(span);
    let end = text.find('\n').unwrap_or(text.len());
    let trimmed = text.get(..end).unwrap_or("").trim_end_matches(['\\', ' ', '\t', '\r']).len();
    Span { end: span.start + trimmed as u32, ..span }
}

/// What a `#!` line names.
pub(super) struct Interpreter<'t> {
    pub(super) name: &'t str,
    /// After `env`, which looks for it on PATH.
    pub(super) by_env: bool,
}

/// Returns the interpreter that the first line of a script names.
pub(super) fn interpreter(text: &str) -> Option<Interpreter<'_>> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    let mut words = line.split_whitespace();
    let first = words.next()?;
    let base = first.rsplit('/').next().unwrap_or(first);
    if base == "env" {
        let name = words.find(|w| !w.starts_with('-') && !w.contains('='))?;
        return Some(Interpreter { name, by_env: true });
    }
    // Nothing is known about other paths.
    is_command_folder(folder(first)).then_some(Interpreter { name: base, by_env: false })
}

/// A heredoc that is run as a program, not read by a shell.
pub(super) struct Program<'t> {
    pub(super) text: &'t str,
    /// Where BuildKit puts it.
    pub(super) path: String,
    pub(super) span: Span,
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

/// True if a RUN mounts something over a folder that may hold commands.
pub(super) fn mounts_tools(instruction: &Instruction) -> bool {
    instruction.flags.iter().filter(|f| f.name == "mount").any(|flag| {
        let fields = flag.fields();
        let field = |names: &[&str]| {
            fields.iter().find(|f| names.contains(&f.key.as_str())).and_then(|f| Some(f.value.as_ref()?.text.clone()))
        };
        let kind = field(&["type"]).unwrap_or_else(|| "bind".to_owned());
        let target = field(&["target", "dst", "destination"]).unwrap_or_default();
        let foreign = field(&["from"]).is_some();
        let tools = target == "/" || target.contains("bin") || target.starts_with("/usr") || target.starts_with("/opt");
        kind == "bind" && (tools || foreign && target.is_empty()) || kind == "cache" && tools
    })
}
