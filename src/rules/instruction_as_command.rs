//! rules/instruction-as-command.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::Keyword;
use crate::project::StageView;

use super::{Findings, Rule};

pub(super) struct InstructionAsCommand;

impl Rule for InstructionAsCommand {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        for index in view.stage.instructions.clone() {
            let Some(instruction) = view.entry.parsed.instructions.get(index) else { continue };
            if instruction.keyword != Keyword::Run {
                continue;
            }
            let functions = view.build.script(index).map_or(&[][..], |script| &script.functions);
            for (command, _) in view.build.commands(index) {
                let Some(first) = command.words.first() else { continue };
                let Some(name) = first.literal() else { continue };
                let keyword = Keyword::ALL.into_iter().find(|keyword| keyword.as_str() == name);
                let Some(keyword) = keyword.filter(|_| command.words.len() > 1 && !functions.contains(&name)) else {
                    continue;
                };
                let message = format!("`{name}` is an instruction and no program: the shell says \"{name}: not found\"");
                let mut finding = if command.context.is_certain() {
                    out.error(first.span, message)
                } else {
                    out.warning(first.span, message)
                };
                if keyword == Keyword::Run
                    && let Some(next) = command.words.get(1)
                {
                    let mut span = first.span;
                    span.end = next.span.start;
                    finding = finding.fix(Fix::new("leave the word out", Applicability::Unsafe).edit(span, ""));
                } else {
                    finding = finding.help(format!("end the RUN before it and put {name} on a line of its own"));
                }
                finding.stage = Some(view.name());
                for service in view.services() {
                    finding = finding.service(service);
                }
                out.report(finding);
            }
        }
    }
}
