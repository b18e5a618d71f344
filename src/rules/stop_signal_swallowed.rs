//! rules/stop-signal-swallowed.md

use crate::dockerfile::{Body, CommandForm, Keyword};
use crate::project::ServiceView;
use crate::analysis::runtime::backwards;

use super::{Findings, Rule};

pub(super) struct StopSignalSwallowed;

impl Rule for StopSignalSwallowed {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let service = view.service;
        let wanted = ["stop_grace_period", "stop_signal"].iter().find_map(|k| service.value.entry(k));
        let init = service.value.get("init").is_some();
        let Some(entry) = wanted.filter(|_| service.command.is_none() && service.entrypoint.is_none() && !init) else {
            return;
        };
        let Some((build, dockerfile)) = view.dockerfile() else { return };
        let steps = backwards(build, dockerfile);
        let of = |keyword: Keyword| steps.iter().find(|(_, i)| i.keyword == keyword);
        let Some((index, start)) = of(Keyword::Entrypoint).or_else(|| of(Keyword::Cmd)) else { return };
        let Body::Command(CommandForm::Shell { looks_like_json: false, .. }) = &start.body else { return };
        let commands: Vec<_> = build.commands(*index).map(|(c, _)| c).collect();
        let replaced = commands.iter().any(|c| matches!(c.name().as_deref(), Some("exec" | "trap")));
        let plain = commands.iter().filter(|c| !c.words.is_empty() && !c.context.substitution).count();
        if plain < 2 || replaced {
            return;
        }
        let key = &entry.key;
        let message = format!(
            "`{key}` does not reach the program: the image starts it through a shell of several commands, which is process 1 and \
             passes no signal on; the container is killed at the end (\"exited with code 137\")"
        );
        let finding = out
            .info(entry.key_span.cover(entry.value.span), message)
            .label(start.span, "the shell stays in front of the program")
            .service(&service.name)
            .help("write `exec` in front of the last command, or set `init: true`");
        out.report(finding);
    }
}
