//! rules/unchecked-heredoc.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::{Body, CommandForm, Keyword};
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct UncheckedHeredoc;

/// Commands that do not fail, or whose failure does not matter.
const HARMLESS: [&str; 22] = [
    ":", "[", "alias", "date", "echo", "env", "exit", "export", "id", "ls", "printf", "pwd", "read", "set", "shopt", "test",
    "true", "type", "umask", "uname", "unset", "whoami",
];

impl Rule for UncheckedHeredoc {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let source = view.project.file(view.entry.parsed.file);
        for index in view.stage.instructions.clone() {
            let Some(instruction) = view.entry.parsed.instructions.get(index) else { continue };
            let Body::Command(CommandForm::Shell { span, .. }) = instruction.body else { continue };
            // The heredoc is the whole of the RUN, or the input of a shell.
            let [heredoc] = instruction.heredocs.as_slice() else { continue };
            let text = source.slice(span);
            let alone = text == source.slice(heredoc.span) || is_shell(text, source.slice(heredoc.span));
            let Some(script) = view.build.script(index) else { continue };
            if instruction.keyword != Keyword::Run || !alone || script.errexit || !script.faults.is_empty() {
                continue;
            }
            let body = source.slice(heredoc.body);
            let shebang = body.lines().next().filter(|line| line.starts_with("#!"));
            if shebang.is_some_and(|line| !line.contains("sh") || line.contains(" -e")) {
                continue;
            }
            let hidden = script.commands.iter().find(|command| {
                let name = command.name();
                heredoc.body.contains(command.span)
                    && command.context.unchecked
                    && command.context.pipeline != Some(false)
                    && command.context.is_reached()
                    && !command.context.substitution
                    && name.is_some_and(|name| !HARMLESS.contains(&name.as_str()))
            });
            let Some(hidden) = hidden else { continue };
            let message = "the script goes on when this fails, and only its last command decides whether the RUN fails";
            let mut at = heredoc.body.start_point();
            if let Some(line) = shebang {
                at.start += u32::try_from(body.get(line.len()..).map_or(line.len(), |rest| {
                    line.len() + rest.find('\n').map_or(0, |end| end + 1)
                }))
                .unwrap_or(0);
                at.end = at.start;
            }
            let tabs: String = if heredoc.strip_tabs { body.chars().take_while(|c| *c == '\t').collect() } else { String::new() };
            let fix = Fix::new("stop at the first failure", Applicability::Unsafe).insert(at, format!("{tabs}set -e\n"));
            let mut finding = out
                .warning(hidden.span, message)
                .label(heredoc.span, "the script has no `set -e`")
                .help("begin the script with `set -e`")
                .fix(fix);
            finding.stage = Some(view.name());
            for service in view.services() {
                finding = finding.service(service);
            }
            out.report(finding);
        }
    }
}

/// `<<EOF bash` and `bash <<EOF`.
fn is_shell(text: &str, opening: &str) -> bool {
    let Some((before, behind)) = text.split_once(opening) else { return false };
    let rest = format!("{before} {behind}");
    let words: Vec<&str> = rest.split_whitespace().collect();
    matches!(words.as_slice(), ["sh" | "bash" | "ash" | "dash" | "/bin/sh" | "/bin/bash"])
}
