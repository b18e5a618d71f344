//! Folders of dependencies and build output that an image's build fills, and the mounts over them.

use crate::compose::{Mount, MountKind};
use crate::dockerfile::{Body, Keyword};
use crate::shell;
use crate::text::Span;

use super::runtime::{StartScripts, backwards, start_scripts};
use crate::project::build::Build;
use crate::project::{DockerfileEntry, ServiceView};
use crate::text::posix_path::join;

/// A folder that the build fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Absolute, in the image.
    pub path: String,
    /// `npm ci`, `COPY --from`.
    pub by: String,
    pub span: Span,
    /// A tool's folder of dependencies, which a start script may well fill again.
    pub dependencies: bool,
}

/// What the target's image holds of such folders.
pub fn outputs(build: &Build, entry: &DockerfileEntry) -> Vec<Output> {
    let mut found: Vec<Output> = Vec::new();
    for (index, instruction) in backwards(build, entry) {
        match (&instruction.body, instruction.keyword) {
            (Body::Command(_), Keyword::Run) => {
                let Some(walk) = build.walk(index) else { continue };
                for (nth, (command, expanded)) in build.commands(index).enumerate() {
                    let effective = command.effective();
                    let behind = expanded.len().saturating_sub(effective.words.len());
                    let words: Vec<String> =
                        expanded.iter().skip(behind).map(|w| w.clone().unwrap_or_default()).collect();
                    let Some(name) = effective.name.as_deref() else { continue };
                    let moved = name == "uv" && build.evaluation.scope(index).get("UV_PROJECT_ENVIRONMENT").is_some()
                        || name == "composer" && build.evaluation.scope(index).get("COMPOSER_VENDOR_DIR").is_some();
                    if !moved
                        && command.context.is_reached()
                        && let Some(folder) = walk.state(nth).assumed_working_dir()
                        && let Some((sub, by)) = filled(name, &words, command)
                    {
                        found.push(Output { path: join(folder, sub), by, span: command.span, dependencies: true });
                    }
                }
            }
            (Body::Copy { destination: Some(to), .. }, Keyword::Copy) if instruction.flag("from").is_some() => {
                let (Some(folder), Some(to)) = (build.working_dir(index), build.word(index, to)) else { continue };
                let path = join(folder, to.trim_end_matches('/'));
                if ["node_modules", ".venv", "vendor"].iter().any(|n| path.rsplit('/').next() == Some(n)) {
                    let by = "COPY --from".to_owned();
                    found.push(Output { path, by, span: instruction.span, dependencies: true });
                }
            }
            _ => {}
        }
    }
    found.dedup_by(|a, b| a.path == b.path);
    // What is moved, linked or deleted is no longer where the tool put it.
    let mut taken_away: Vec<String> = Vec::new();
    for (index, instruction) in backwards(build, entry) {
        if instruction.keyword != Keyword::Run {
            continue;
        }
        for (command, expanded) in build.commands(index) {
            if matches!(command.effective().name.as_deref(), Some("mv" | "ln" | "rm" | "cp")) {
                let last = |w: &String| w.trim_end_matches(['/', '*', '.']).rsplit('/').next().map(str::to_owned);
                taken_away.extend(expanded.iter().flatten().filter_map(last));
            }
        }
    }
    found.retain(|o| o.path.rsplit('/').next().is_none_or(|name| !taken_away.iter().any(|t| t == name)));
    found
}

/// The folder, relative to the working directory, that a command fills, and the command in short.
fn filled(name: &str, words: &[String], command: &shell::Command) -> Option<(&'static str, String)> {
    let has = |flags: &[&str]| words.iter().any(|w| flags.contains(&w.as_str()));
    let verb = words.iter().skip(1).find(|w| !w.starts_with('-')).map(String::as_str);
    if words.iter().any(String::is_empty) {
        return None;
    }
    let by = |verb: Option<&str>| verb.map_or_else(|| name.to_owned(), |v| format!("{name} {v}"));
    // `--prefix`, `--cwd`, `-C`: another folder.
    let elsewhere = words.iter().any(|w| {
        ["--prefix", "--cwd", "-C", "--dir", "--working-dir", "-d", "--directory", "--project", "--modules-folder"]
            .iter()
            .any(|f| w == f || w.starts_with(&format!("{f}=")))
    });
    if elsewhere {
        return None;
    }
    match name {
        "npm" if matches!(verb, Some("ci" | "install" | "i")) => {
            (!has(&["-g", "--global", "--location=global"])).then(|| ("node_modules", by(verb)))
        }
        "yarn" if matches!(verb, None | Some("install")) && !has(&["--version", "-v"]) => {
            Some(("node_modules", by(Some("install"))))
        }
        "pnpm" | "bun" if matches!(verb, Some("install" | "i")) => {
            (!has(&["-g", "--global"])).then(|| ("node_modules", by(verb)))
        }
        "composer" if matches!(verb, Some("install" | "update")) => Some(("vendor", by(verb))),
        "uv" if verb == Some("sync") => {
            let own = command.assignments.iter().any(|a| a.name == "UV_PROJECT_ENVIRONMENT");
            (!own).then(|| (".venv", by(verb)))
        }
        "python" | "python3" if has(&["venv"]) && has(&[".venv", "./.venv"]) => Some((".venv", by(Some("-m venv")))),
        "bundle" if verb == Some("install") && (has(&["vendor/bundle"]) || has(&["--deployment"])) => {
            Some(("vendor/bundle", by(verb)))
        }
        _ => None,
    }
}

/// A mount that hides an output.
#[derive(Debug)]
pub struct Hidden<'a> {
    pub mount: &'a Mount,
    pub output: Output,
}

impl ServiceView<'_> {
    /// Bind mounts over what the build filled, where nothing fills it again.
    pub fn hidden_outputs(&self) -> Vec<Hidden<'_>> {
        let Some((build, entry)) = self.dockerfile() else { return Vec::new() };
        let outputs = outputs(build, entry);
        let mounts = &self.service.volumes;
        // A mount whose place is not known may be the one that keeps the folder.
        if outputs.is_empty() || mounts.iter().any(|m| m.target.is_none()) || self.has_a_base() {
            return Vec::new();
        }
        let start = start_scripts(self);
        if fills_again(&start) {
            return Vec::new();
        }
        let mut hidden: Vec<Hidden<'_>> = Vec::new();
        for output in outputs {
            let over = mounts.iter().filter(|m| {
                let target = m.target.as_deref().map(trim).unwrap_or_default();
                output.path == target || is_under(&output.path, target)
            });
            // The nearest mount is what the container sees.
            let Some(mount) = over.max_by_key(|m| m.target.as_ref().map_or(0, String::len)) else { continue };
            if mount.kind != MountKind::Bind || mount.target.as_deref().map(trim) == Some(output.path.as_str()) {
                continue;
            }
            let below = output.path.get(mount.target.as_deref().map(trim).unwrap_or_default().len()..).unwrap_or("");
            let on_host = mount.source.as_deref().map(|s| std::path::Path::new(s).join(below.trim_start_matches('/')));
            let there =
                on_host.is_none_or(|p| self.project.files.entry(&p).is_some() || !self.project.files.is_inside(&p));
            if !there && !hidden.iter().any(|h| std::ptr::eq(h.mount, mount)) {
                hidden.push(Hidden { mount, output });
            }
        }
        hidden
    }

    /// Named volumes that are mounted on what the build filled.
    pub fn frozen_outputs(&self) -> Vec<Hidden<'_>> {
        let Some((build, entry)) = self.dockerfile() else { return Vec::new() };
        let outputs = outputs(build, entry);
        if outputs.is_empty() || fills_again(&start_scripts(self)) {
            return Vec::new();
        }
        let named = self.service.volumes.iter().filter(|m| m.kind == MountKind::Volume);
        named
            .filter_map(|mount| {
                let target = trim(mount.target.as_deref()?);
                let output = outputs.iter().find(|o| o.path == target)?.clone();
                Some(Hidden { mount, output })
            })
            .collect()
    }
}

/// True if what runs at the start may fill the folder itself.
fn fills_again(start: &StartScripts) -> bool {
    const WORDS: [&str; 10] =
        ["install", "npm ci", "npm i ", "uv sync", "uv run", "poetry run", "yarn\n", "bundle", "composer", "cp -"];
    let fills =
        |text: &str| WORDS.iter().any(|w| text.contains(w)) || text.contains("\nci\n") || text.contains("\nuv\n");
    start.unread || fills(&start.shell) || start.texts.iter().any(|t| fills(t))
}

fn trim(path: &str) -> &str {
    if path == "/" { path } else { path.trim_end_matches('/') }
}

fn is_under(path: &str, folder: &str) -> bool {
    folder == "/" || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
