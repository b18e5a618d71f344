//! Commands whose effect depends on their arguments.

use super::Run;
use super::invocation::Invocation;
use super::text::loose_text;
use crate::image::evidence::{Presence, SharedReason, reason};
use crate::image::paths;
use crate::image::state::{Fact, PackageLists, State, UnknownScope};
use crate::image::tools::{self, Handler};
use crate::shell::Command;

impl Run<'_> {
    /// Applies a command. Returns false if it is no special case with these arguments.
    pub(super) fn handle(&mut self, state: &mut State, handler: Handler, call: &Invocation<'_>) -> bool {
        let &Invocation { command, name, args, text, variables, inside, certain } = call;
        match handler {
            Handler::ReadWithCommand => {}
            Handler::ChangeFolder => self.change_folder(args, certain && !command.context.subshell),
            Handler::Remove => self.remove(state, args, command, certain),
            Handler::Find => find(state, call),
            Handler::Copy => self.copy(state, name, args, command, certain),
            Handler::Tee => {
                for path in args.iter().filter(|a| !a.starts_with('-')) {
                    self.written(state, path, text, command, certain);
                }
            }
            Handler::Fetch => self.fetch(state, name, args, command, certain),
            Handler::Untar => self.unpack(state, args, "-C", command),
            Handler::Unzip => self.unpack(state, args, "-d", command),
            Handler::DpkgDeb if args.contains(&"-x") => {
                state.mark_commands_unknown(UnknownScope::All, call.event("unpacked here"));
            }
            Handler::Make => self.make(state, args, command),
            Handler::Cmake => {
                if args.iter().any(|a| *a == "--install" || *a == "install" || a.starts_with("-P")) {
                    state.mark_commands_unknown(UnknownScope::All, call.event("`cmake` installs what was built"));
                }
            }
            Handler::Shell => self.shell(state, command, name, args, inside, certain),
            Handler::Source => {
                let path = args.first().copied().unwrap_or("");
                if !path.starts_with("/etc/") {
                    self.sourced(state, path, command, inside, certain);
                }
            }
            Handler::Eval => state.mark_unknown(UnknownScope::Applications, call.event("evaluated here")),
            Handler::Alternatives => alternatives(state, call),
            Handler::EditFile => {
                // Another suite or component: the list is no longer that of the base image.
                if args.iter().any(|a| a.starts_with("/etc/apt/sources") || a.starts_with("/etc/apk/repositories"))
                    && !tools::sed_keeps_releases(name, args)
                {
                    self.repository(state, command);
                }
            }
            Handler::AddRepository => self.add_repository(state, args, &loose_text(command, variables), command),
            Handler::Extrepo => self.repository(state, command),
            // `/bin/sh` may be another shell afterwards.
            Handler::Reconfigure if args.iter().any(|a| a.contains("dash")) => {
                state.set("dash", Fact::Unknown, call.event("which shell is `sh` is set here"));
            }
            Handler::SetVariable => {
                if args.iter().any(|a| a.starts_with("PATH=")) {
                    state.mark_unknown(UnknownScope::Applications, call.event("PATH is extended here"));
                }
            }
            Handler::Conda => self.conda_other(state, args, command),
            Handler::Rustup => possible(
                state,
                &["rustup", "cargo", "rustc"],
                &call.event("`rustup` installs it here"),
                call.event("`rustup` installs toolchains here"),
            ),
            Handler::NodeVersions => possible(
                state,
                &["node", "npm", "npx"],
                &call.event("installed by a version manager here"),
                call.event("a version manager installs here"),
            ),
            Handler::Corepack => {
                for tool in ["yarn", "pnpm", "pnpx", "yarnpkg"] {
                    state.set(tool, Fact::when(certain), call.event("`corepack` makes it available"));
                }
            }
            Handler::PackageRunner => {
                let system = args.iter().any(|a| a.contains("deps"));
                let scope = if system { UnknownScope::All } else { UnknownScope::Applications };
                state.mark_unknown(scope, call.event("installs what it needs"));
            }
            Handler::Interpreter => self.interpreter(state, command, args),
            Handler::DpkgDeb | Handler::Reconfigure => return false,
        }
        true
    }

    fn change_folder(&mut self, args: &[&str], certain: bool) {
        self.cwd = match args.first() {
            Some(dir) if certain && !dir.contains('\u{0}') && !dir.starts_with(['~', '-']) => self.absolute(dir),
            _ => None,
        };
    }

    /// A build program: unknown if a target of its own is asked for, `make install` above all.
    fn make(&self, state: &mut State, args: &[&str], command: &Command) {
        const PLAIN: [&str; 14] = [
            "all",
            "build",
            "clean",
            "distclean",
            "test",
            "check",
            "compile",
            "release",
            "lib",
            "libs",
            "docs",
            "setup-build",
            "html",
            "default",
        ];
        let mut values = false;
        for arg in args {
            if std::mem::take(&mut values) {
                continue;
            }
            if matches!(*arg, "-C" | "-f" | "-o" | "-W" | "-I" | "--directory" | "--file" | "-t") {
                values = true;
            } else if !arg.starts_with('-')
                && !arg.contains('=')
                && !PLAIN.contains(arg)
                && !arg.bytes().all(|b| b.is_ascii_digit() || b == 0)
            {
                state.mark_unknown(
                    UnknownScope::All,
                    reason(command.span, format!("we do not know what `make {arg}` installs")),
                );
                return;
            }
        }
    }
}

/// `find /var/lib/apt/lists -delete`.
fn find(state: &mut State, call: &Invocation<'_>) {
    if call.args.iter().any(|a| a.starts_with("/var/lib/apt"))
        && call.args.iter().any(|a| *a == "-delete" || *a == "rm")
    {
        state.lists =
            if call.certain { PackageLists::Deleted(call.event("deleted here")) } else { PackageLists::Unknown };
        state.touch();
    }
}

/// `update-alternatives --install LINK NAME PATH PRIORITY`.
fn alternatives(state: &mut State, call: &Invocation<'_>) {
    for (at, pair) in call.args.windows(2).enumerate() {
        let ["--install" | "--slave", link] = pair else { continue };
        // A link whose target is missing is not made (update-alternatives(1)).
        let target = call.args.get(at + 3).map(|t| state.command(t));
        if matches!(target, Some(Presence::Absent(_))) {
            continue;
        }
        state.set(paths::base_name(link), Fact::when(call.certain), call.event("an alternative is set up here"));
    }
}

/// Tools that a version manager may have installed, besides other applications.
fn possible(state: &mut State, tools: &[&str], each: &SharedReason, all: SharedReason) {
    for tool in tools {
        state.set_possible(tool, each.clone());
    }
    state.mark_unknown(UnknownScope::Applications, all);
}
