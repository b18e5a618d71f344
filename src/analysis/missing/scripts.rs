//! Readings of a script around one command: what the shell prints, where PATH changes, who reads a pipe.

use crate::dockerfile::Instruction;
use crate::image::State;
use crate::shell::Dialect;
use crate::text::{SourceFile, Span};

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
