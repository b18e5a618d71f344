//! Commands that put files somewhere or take them away: what of it comes onto PATH.

use super::Run;
use super::text;
use crate::image::evidence::reason;
use crate::image::install::{is_true, written_file};
use crate::image::paths;
use crate::image::state::{Fact, PackageLists, State, UnknownScope};
use crate::shell::{Command, Part, Variables, Word};

impl Run<'_> {
    pub(super) fn redirects(
        &self,
        state: &mut State,
        command: &Command,
        variables: &Variables<'_>,
        text: Option<&str>,
        certain: bool,
    ) {
        if command.redirects.is_empty() {
            return;
        }
        let Some(path) = written_file(&command.redirects).and_then(|w| variables.resolve(command, w)) else { return };
        self.written(state, &path, text, command, certain);
    }

    /// A file is written. `text` is what comes into it, if that is known, with gaps for what is not known of it.
    pub(super) fn written(&self, state: &mut State, path: &str, text: Option<&str>, command: &Command, certain: bool) {
        let Some(path) = self.absolute(path) else { return };
        let whole = text.filter(|text| !text.contains(text::GAP));
        if path.starts_with("/etc/apt/sources.list")
            || path.starts_with("/etc/apk/repositories")
            || path.starts_with("/etc/yum.repos.d")
            || path.starts_with("/etc/pacman")
            || path.starts_with("/etc/apt/preferences")
        {
            let edge = path.starts_with("/etc/apk/")
                && whole.is_some_and(|t| t.contains("/alpine/edge/") && !t.contains("/v"))
                && (state.repository.is_none() || state.edge_only);
            self.sources(state, text.filter(|_| path.starts_with("/etc/apt/sources.list")), command);
            state.edge_only = edge;
        } else if path.starts_with("/etc/apt/apt.conf") || path.starts_with("/etc/apt/apt.cfg") {
            let said = whole.and_then(|t| {
                let at = t.to_ascii_lowercase().find("install-recommends")?;
                Some(is_true(
                    t.get(at + "install-recommends".len()..)?
                        .trim_start_matches(['=', ' ', '"'])
                        .split([';', '"'])
                        .next()?,
                ))
            });
            let unrelated = whole.is_some_and(|t| !t.to_ascii_lowercase().contains("recommends"));
            if !unrelated {
                state.recommends = Some(said.filter(|_| certain));
                state.touch();
            }
        } else if paths::is_command_folder(paths::folder(&path)) {
            state.set(paths::base_name(&path), Fact::when(certain), reason(command.span, "written here"));
        }
    }

    pub(in super::super) fn repository(&self, state: &mut State, command: &Command) {
        state.edge_only = false;
        state.nodesource = None;
        if state.repository.is_none() {
            state.repository = Some(reason(command.span, "a repository is added here"));
            state.touch();
        }
    }

    pub(super) fn remove(&self, state: &mut State, args: &[&str], command: &Command, certain: bool) {
        for path in args.iter().filter(|a| !a.starts_with('-')) {
            let Some(path) = self.absolute(path) else { continue };
            // What is pinned may be had again.
            if path.starts_with("/etc/apt/preferences") {
                self.repository(state, command);
            }
            let stem = path.split(['*', '?', '[', '{', '\u{0}']).next().unwrap_or("").trim_end_matches('/');
            const LISTS: &str = "/var/lib/apt/lists";
            let below = path.starts_with(LISTS) && (stem == LISTS || path == LISTS || stem.starts_with(LISTS));
            let above = LISTS.starts_with(stem)
                && stem.starts_with("/var/lib")
                && (path.contains('*') || LISTS.starts_with(&path));
            if below || above {
                let here = reason(command.span, "the package lists are deleted here");
                state.lists = if certain { PackageLists::Deleted(here) } else { PackageLists::Unknown };
                state.touch();
            } else if paths::is_command_folder(paths::folder(&path)) && !path.contains(['*', '?', '[', '{', '\u{0}']) {
                let name = paths::base_name(&path).to_owned();
                // `/usr/local/bin/x` may hide `/usr/bin/x`.
                let fact =
                    if certain && paths::folder(&path) != "/usr/local/bin" { Fact::Absent } else { Fact::Unknown };
                state.set(&name, fact, reason(command.span, "removed here"));
            }
        }
    }

    /// `cp`, `mv`, `install`, `ln`: what it puts into a folder on PATH.
    pub(super) fn copy(&self, state: &mut State, name: &str, args: &[&str], command: &Command, certain: bool) {
        let mut operands: Vec<&str> = Vec::new();
        let mut target = None;
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match *arg {
                "-t" | "--target-directory" => target = args.next().copied(),
                "-m" | "-o" | "-g" | "-S" | "--mode" | "--owner" | "--group" if name == "install" => {
                    args.next();
                }
                a if a.starts_with("--target-directory=") => target = a.split_once('=').map(|p| p.1),
                "-d" if name == "install" => return,
                a if a.starts_with('-') && a.len() > 1 => {}
                a => operands.push(a),
            }
        }
        let here = reason(command.span, format!("put there by `{name}`"));
        let (sources, to) = match target {
            Some(target) => (operands.as_slice(), target),
            None => match operands.split_last() {
                Some((to, sources)) if !sources.is_empty() => (sources, *to),
                // `ln -s /opt/x/bin/y`: into the working directory.
                _ => return,
            },
        };
        if to.contains('\u{0}') {
            return;
        }
        let Some(path) = self.absolute(to) else {
            return;
        };
        if paths::is_command_folder(paths::folder(&path)) && !paths::is_command_folder(&path) && !to.ends_with('/') {
            state.set(paths::base_name(&path), Fact::when(certain), here);
            return;
        }
        if paths::is_command_folder(&path) {
            for source in sources {
                if source.contains(['*', '?', '[', '{', '\u{0}']) || source.ends_with("/.") || source.ends_with('/') {
                    state.mark_commands_unknown(UnknownScope::All, here.clone());
                } else {
                    state.set(paths::base_name(source), Fact::when(certain), here.clone());
                }
            }
        } else if paths::holds_command_folder(&path) || self.on_path(state, &path) {
            state.mark_commands_unknown(UnknownScope::All, here);
        }
    }

    pub(super) fn on_path(&self, state: &State, folder: &str) -> bool {
        state.path_added.iter().any(|p| p == folder || p.strip_prefix(folder).is_some_and(|r| r.starts_with('/')))
    }

    /// `curl` and `wget`: what is fetched, and where it is put.
    pub(super) fn fetch(&mut self, state: &mut State, name: &str, args: &[&str], command: &Command, certain: bool) {
        let mut address = None;
        let mut output = None;
        // curl(1) takes as many as addresses.
        let mut outputs = Vec::new();
        let mut folder = None;
        let mut own_name = name == "wget" || name == "aria2c";
        let mut rest = args.iter().peekable();
        while let Some(arg) = rest.next() {
            let bundle = |letter: char| arg.starts_with('-') && !arg.starts_with("--") && arg.ends_with(letter);
            if arg.contains("://")
                || (!arg.starts_with('-') && arg.contains('.') && arg.contains('/') && !arg.starts_with('/'))
            {
                address = address.or(Some((*arg).to_owned()));
            } else if *arg == "--output"
                || *arg == "--output-document"
                || (name == "curl" && bundle('o'))
                || (name == "wget" && bundle('O'))
            {
                outputs.extend(output);
                output = rest.next().copied();
            } else if let Some(path) = arg.strip_prefix("--output=").or_else(|| arg.strip_prefix("--output-document="))
            {
                output = Some(path);
            } else if (name == "curl" && (bundle('O') || *arg == "--remote-name")) || bundle('J') {
                own_name = true;
            } else if *arg == "--directory-prefix" || *arg == "--output-dir" || (name == "wget" && bundle('P')) {
                folder = rest.next().copied();
            }
        }
        // An address that holds an unknown variable still tells its host.
        let address = address.or_else(|| {
            let literal = |w: &Word| {
                w.parts.iter().find_map(|p| match p {
                    Part::Literal { text, .. } if text.contains("://") => Some(text.clone()),
                    _ => None,
                })
            };
            command.words.iter().find_map(literal)
        });
        let from_output = written_file(&command.redirects).and_then(Word::text);
        let path = match (output, from_output, &address) {
            (Some("-"), ..) => None,
            (Some(path), ..) => Some(path.to_owned()),
            (None, Some(path), _) => Some(path),
            (None, None, Some(address)) if own_name => {
                let name = paths::base_name(address.split(['?', '#']).next().unwrap_or(address));
                Some(folder.map_or(name.to_owned(), |f| format!("{f}/{name}")))
            }
            _ => None,
        };
        self.last_address.clone_from(&address);
        for path in outputs.into_iter().filter(|path| *path != "-") {
            self.written(state, path, None, command, certain);
        }
        if let Some(path) = path {
            if output.is_some() || own_name {
                // What it holds is known for sources lists alone, by where they come from.
                let text = address.as_deref().filter(|_| path.contains("sources.list"));
                self.written(state, &path, text, command, certain);
            }
            if let Some(address) = address {
                self.fetched.push((paths::base_name(&path).to_owned(), address));
            }
        }
    }

    /// An archive is unpacked into a folder.
    pub(super) fn unpack(&self, state: &mut State, args: &[&str], option: &str, command: &Command) {
        let listing = args.first().is_some_and(|a| {
            let flags = a.trim_start_matches('-');
            !a.starts_with("--")
                && (flags.starts_with('t') || flags.starts_with('c'))
                && !flags.contains('x')
                && flags.len() < 6
        });
        if option == "-C" && listing {
            return;
        }
        let after = |name: &str| args.iter().position(|a| *a == name).and_then(|i| args.get(i + 1)).copied();
        let inline = args
            .iter()
            .find_map(|a| a.strip_prefix("--directory=").or_else(|| a.strip_prefix(option).filter(|r| !r.is_empty())));
        let bundled = args.iter().position(|a| {
            a.starts_with('-') && !a.starts_with("--") && a.len() > 2 && a.ends_with('C') && option == "-C"
        });
        let to = after(option)
            .or_else(|| after("--directory"))
            .or(inline)
            .or_else(|| bundled.and_then(|i| args.get(i + 1)).copied());
        let folder = match to {
            Some(folder) => self.absolute(folder),
            None => self.cwd.clone(),
        };
        let here = reason(command.span, "an archive is unpacked here");
        match folder {
            Some(folder) if paths::holds_command_folder(&folder) || self.on_path(state, &folder) => {
                state.mark_unknown(UnknownScope::All, here)
            }
            Some(folder) if paths::is_command_folder(&folder) => state.mark_unknown(UnknownScope::All, here),
            Some(_) => {}
            None => state.mark_unknown(UnknownScope::Applications, here),
        }
    }
}
