//! Scripts of the build context that a step runs: what they call and the image does not have. The model has walked them
//! already; here their commands are asked as those of a RUN are, and the finding stands on the step that runs the script.

use crate::diagnostic::Label;
use crate::dockerfile::Instruction;
use crate::image::RanScript;
use crate::project::steps;
use crate::shell::{self, Dialect, Options, Place};

use super::Kind;
use super::check::{Check, Step};
use super::scripts::{changes_path, mounts_tools};

impl<'a> Check<'a> {
    pub(super) fn inner_scripts(&mut self, stage: usize, index: usize, instruction: &'a Instruction) {
        let build = self.build;
        let Some(outer) = build.image.script(index) else { return };
        let Some(after) = self.parsed.stages.get(stage).and_then(|s| steps::after(build, s, index)) else { return };
        for ran in after.scripts().iter().filter(|ran| ran.instruction == index) {
            let Some(caller) = outer.commands.get(ran.command) else { continue };
            if caller.context.unchecked || changes_path(outer, ran.command) || mounts_tools(instruction) {
                continue;
            }
            // What should run the script is missing: nothing of it runs.
            if self.found.iter().any(|it| it.kind == Kind::Shell && caller.span.contains(it.span)) {
                continue;
            }
            self.inner_script(stage, index, ran);
        }
    }

    fn inner_script(&mut self, stage: usize, index: usize, ran: &'a RanScript) {
        let mut places = None;
        for (nth, command) in ran.script.commands.iter().enumerate() {
            let known = self.found.len();
            let state = ran.at(nth);
            self.command(&Step { stage, instruction: index, script: &ran.script, index: nth, command, state });
            if self.found.len() == known {
                continue;
            }
            // The same commands with their places in the script.
            let placed = places.get_or_insert_with(|| {
                shell::read(&ran.text, Place::At(self.file.id(), 0), Options::new(Dialect::Bash))
            });
            let at = placed.commands.get(nth).map_or(0, |c| c.span.start as usize);
            let line = ran.text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
            for it in self.found.iter_mut().skip(known) {
                it.labels.insert(
                    0,
                    Label { span: it.span, message: format!("line {line} of `{}` calls `{}`", ran.path, it.subject) },
                );
                for (prefix, numbered) in [
                    ("/bin/sh: 1: ", format!("{}: {line}: ", ran.path)),
                    ("/bin/bash: line 1: ", format!("{}: line {line}: ", ran.path)),
                    ("/bin/sh: ", format!("{}: line {line}: ", ran.path)),
                ] {
                    if let Some(rest) = it.error.strip_prefix(prefix) {
                        it.error = format!("{numbered}{rest}");
                        break;
                    }
                }
            }
        }
    }
}
