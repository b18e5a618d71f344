//! Readings of a script around one command: what the shell prints, where PATH changes, who reads a pipe.

use crate::dockerfile::Instruction;
use crate::image::State;
use crate::project::around::sets_up_language;
use crate::shell::{Dialect, Script, Word};
use crate::source::{SourceFile, Span};

use super::names;

/// What the shell prints of a command that it does not find.
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

/// A path whose folder holds the system's commands.
pub(super) fn is_command_folder(path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(f, _)| f);
    matches!(folder, "/bin" | "/sbin" | "/usr/bin" | "/usr/sbin" | "/usr/local/bin" | "/usr/local/sbin")
}

/// Whether an earlier command of the script changes PATH or runs a file that may.
pub(super) fn changes_path(script: &Script, index: usize) -> bool {
    script.commands.iter().take(index).any(|command| {
        let sets = |text: &str| text.starts_with("PATH=") || text.starts_with("PATH+=");
        let name = command.name();
        command.words.is_empty() && command.assignments.iter().any(|a| a.name == "PATH")
            || matches!(name.as_deref(), Some("export" | "declare"))
                && command.words.iter().skip(1).any(|w| match w.parts.first() {
                    Some(crate::shell::Part::Literal { text, .. }) => sets(text),
                    _ => false,
                })
            || matches!(name.as_deref(), Some("." | "source" | "eval" | "hash" | "alias"))
                && !command.words.get(1).is_some_and(keeps_system_tools)
    })
}

/// A file that puts nothing on PATH but a language's own tools, or nothing at all: the model knows what they bring.
fn keeps_system_tools(word: &Word) -> bool {
    word.literal().as_deref() == Some("/etc/os-release") || sets_up_language(word)
}

/// Whether a command is piped into a shell, at once or through filters.
pub(super) fn feeds_shell(script: &Script, index: usize) -> bool {
    let Some(command) = script.commands.get(index) else { return false };
    if command.context.pipeline != Some(false) {
        return false;
    }
    let last = script.commands.iter().skip(index + 1).find(|c| c.context.pipeline == Some(true));
    last.and_then(|c| c.effective().name).is_some_and(|n| names::is_shell(&n) || n.starts_with("python") || n == "tar")
}

/// Whether a RUN mounts something over a folder that may hold commands.
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
