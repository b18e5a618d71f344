//! Scripts outside the RUN instructions of a stage: those of the build context that a step runs, and the ONBUILD
//! instructions of the base stage. The model has run them already; here their commands are judged like those of a RUN.

use std::cell::Cell;

use crate::analysis::script_walk::ScriptWalk;
use crate::diagnostic::Label;
use crate::dockerfile::Body;
use crate::image::CalledScript;
use crate::project::Build;
use crate::shell::{self, Dialect, Script, ScriptPlace, ShellOptions};

use super::model::MissingKind;
use super::scripts::mounts_tools;
use super::state::{Asked, Finder};

impl Finder<'_> {
    /// The ONBUILD instructions of the base stage. Every stage based on it runs the same steps: one finding is enough.
    pub(super) fn triggers(&mut self, stage: usize, from: usize, budget: &Cell<usize>) {
        let build: &Build = self.build;
        let known = self.found.len();
        for trigger in build.image.triggers(stage) {
            let Some(Body::Onbuild(inner)) = self.parsed.instructions.get(trigger.instruction).map(|i| &i.body) else {
                continue;
            };
            let walk = &trigger.walk;
            if walk.script.opaque || mounts_tools(inner) {
                continue;
            }
            let script = &walk.script;
            let recorded = ScriptWalk::record(build, from, script, &walk.before);
            let asked = Asked { stage, instruction: from, script, walk: &recorded, budget };
            self.commands(&asked, &|nth| Some(walk.at(nth)));
        }
        for it in self.found.split_off(known) {
            if !self.found.iter().any(|known| known.span == it.span && known.subject == it.subject) {
                self.found.push(it);
            }
        }
    }

    /// The scripts of the build context that a RUN runs. The finding is placed on the command that runs the script.
    pub(super) fn inner_scripts(&mut self, stage: usize, index: usize, outer: &Script, budget: &Cell<usize>) {
        let build: &Build = self.build;
        let ran = build.image.ran(index);
        if ran.is_empty() {
            return;
        }
        let Some(walk) = build.walk(index) else { return };
        let mut rest = ran.iter().peekable();
        for (nth, caller) in outer.commands.iter().enumerate() {
            while let Some(ran) = rest.next_if(|ran| ran.command == nth) {
                // What should run the script is missing: nothing of it runs.
                let stopped =
                    self.found.iter().any(|it| it.kind == MissingKind::Shell && caller.span.contains(it.span));
                if !(caller.context.unchecked || walk.state(nth).changes_path() || stopped) {
                    self.inner_script(stage, index, ran, budget);
                }
            }
        }
    }

    fn inner_script(&mut self, stage: usize, index: usize, ran: &CalledScript, budget: &Cell<usize>) {
        let script = &ran.walk.script;
        let walk = ScriptWalk::record(self.build, index, script, &ran.walk.before);
        let asked = Asked { stage, instruction: index, script, walk: &walk, budget };
        let found = self.commands(&asked, &|nth| Some(ran.walk.at(nth)));
        if found.is_empty() {
            return;
        }
        // The same commands with their places in the script.
        let placed = shell::read(&ran.text, ScriptPlace::At(self.file.id(), 0), ShellOptions::new(Dialect::Bash));
        for (at, (nth, from)) in found.iter().enumerate() {
            let to = found.get(at + 1).map_or(self.found.len(), |next| next.1);
            let start = placed.commands.get(*nth).map_or(0, |c| c.span.start as usize);
            let line = ran.text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
            for it in self.found.get_mut(*from..to).unwrap_or_default() {
                let message = format!("line {line} of `{}` calls `{}`", ran.path, it.subject);
                it.labels.insert(0, Label { span: it.span, message });
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
