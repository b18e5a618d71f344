//! What conda, mamba and micromamba install. An environment of its own is on PATH only if something activates it, so its
//! commands are possible; other commands stay absent.

use super::Run;
use crate::image::evidence::{SharedReason, reason};
use crate::image::facts::conda;
use crate::image::install::{PackageCall, Verb};
use crate::image::state::{Fact, State, UnknownScope};
use crate::shell::Command;

impl Run<'_> {
    pub(crate) fn conda(&self, state: &mut State, call: &PackageCall, certain: bool, here: &SharedReason) {
        // `conda env create`: the verb is the second word, and the packages are in the list.
        let environment = call.verb == Verb::BuildDep;
        if !(environment || matches!(call.verb, Verb::Install | Verb::Upgrade)) {
            return;
        }
        // A file of an environment names it.
        let named = call.lists.iter().any(|(list, _)| list.ends_with(".yml") || list.ends_with(".yaml"));
        let own = environment || named || call.elsewhere;
        let mut names: Option<Vec<String>> = call.is_complete().then(Vec::new);
        for (list, _) in &call.lists {
            let text = state.context_path(list).and_then(|path| self.context?.text(&path));
            let listed = text.and_then(|text| conda::listed(list, &text));
            match (&mut names, listed) {
                (Some(names), Some(listed)) => names.extend(listed),
                _ => names = None,
            }
        }
        if environment && call.lists.is_empty() || !call.files.is_empty() {
            names = None;
        }
        if !environment {
            for package in &call.packages {
                let fact = if own { Fact::Unknown } else { Fact::when(certain) };
                state.set(&package.name, fact, here.clone());
                if let Some(names) = &mut names {
                    names.push(package.name.clone());
                }
            }
        }
        let rows: Option<Vec<_>> = names.and_then(|names| names.iter().map(|name| conda::brings(name)).collect());
        let Some(rows) = rows else {
            state.mark_commands_unknown(UnknownScope::All, here.clone());
            return;
        };
        for (command, sure) in rows.into_iter().flatten() {
            if sure && certain && !own {
                state.set(command, Fact::Present, here.clone());
            } else {
                state.set_possible(command, here.clone());
            }
        }
        state.mark_commands_unknown(UnknownScope::Conda, here.clone());
    }

    /// What is no installation: settings, questions, and programs that run in an environment.
    pub(crate) fn conda_other(&self, state: &mut State, args: &[&str], command: &Command) {
        const SETTINGS: [&str; 14] = [
            "config",
            "init",
            "info",
            "list",
            "clean",
            "activate",
            "deactivate",
            "search",
            "shell",
            "tos",
            "--version",
            "index",
            "notices",
            "verify",
        ];
        if args.first().is_some_and(|verb| SETTINGS.contains(verb)) {
            return;
        }
        let run = matches!(args.first(), Some(&("run" | "develop")));
        state.mark_unknown(
            if run { UnknownScope::Applications } else { UnknownScope::All },
            reason(command.span, "runs in an environment"),
        );
    }
}
