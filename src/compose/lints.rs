//! What Compose accepts but people rarely mean: variables that are not set, blank image tags, numbers that are printed
//! otherwise than written, dollars that should have been doubled.

use std::collections::BTreeMap;
use std::path::Path as FsPath;

use super::fault::{Fault, FaultKind, NumberChange, UnsetFault};
use super::load::environment::UnsetUse;
use super::log::Log;
use super::model::{ModelEntry, ModelValue, ValueKind};
use super::path::{Path, ROOT};
use super::views::enabled;
use crate::diagnostic::Severity;
use crate::files::Files;
use crate::text::{Sources, Span};

/// Variables of a login shell and of a network behind a proxy: whether they are set depends on the machine, not on the
/// project.
const OF_THE_SHELL: [&str; 26] = [
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "HOSTNAME",
    "PATH",
    "TERM",
    "LANG",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "SSH_AUTH_SOCK",
    "TMPDIR",
    "PWD",
    "APPDATA",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "no_proxy",
    "all_proxy",
];

/// True if build servers set this variable themselves: a file that uses it is meant for them.
fn is_of_a_pipeline(name: &str) -> bool {
    const PREFIXES: [&str; 9] =
        ["CI_", "GITHUB_", "GITLAB_", "BITBUCKET_", "CIRCLE_", "TRAVIS_", "DRONE_", "BUILDKITE_", "CODEBUILD_"];
    const NAMES: [&str; 7] =
        ["GIT_COMMIT", "GIT_BRANCH", "BUILD_NUMBER", "BUILD_ID", "BUILD_TAG", "JOB_NAME", "BRANCH_NAME"];
    PREFIXES.iter().any(|p| name.starts_with(p)) || NAMES.contains(&name)
}

/// Further uses of a variable that a finding points at; more would only make it longer.
const MAX_USES: usize = 4;

pub(super) struct Lints<'a> {
    pub(super) files: &'a Files,
    pub(super) sources: &'a Sources,
    pub(super) log: &'a mut Log,
    pub(super) dir: &'a FsPath,
    pub(super) profiles: &'a [String],
    pub(super) complete: bool,
}

impl Lints<'_> {
    pub(super) fn run(&mut self, model: &ModelValue, unset: &[UnsetUse]) {
        let mut done: Vec<Span> = Vec::new();
        self.dollars(unset, &mut done);
        if self.complete {
            self.images(model, &mut done);
        }
        self.unset(unset, &done);
        self.numbers(model, &ROOT);
    }

    /// `$2y$05$…` and similar, with parts read as variables.
    fn dollars(&mut self, unset: &[UnsetUse], done: &mut Vec<Span>) {
        for used in unset {
            if done.contains(&used.span) || !is_crypt(&used.raw) {
                continue;
            }
            done.push(used.span);
            let kind = FaultKind::Dollar { path: used.path.clone(), variable: used.name.clone() };
            let mut fault = Fault::warning(kind, used.span);
            let written = self.sources.slice(used.span);
            if !written.contains("${") && !written.contains("$$") {
                for (at, _) in written.match_indices('$') {
                    let place = used.span.start as usize + at;
                    fault = fault.insert(Span::at(used.span.file, place), "$");
                }
            }
            self.log.report(of_service(fault, &used.path));
        }
    }

    /// Images whose reference is broken by a blank.
    fn images(&mut self, model: &ModelValue, done: &mut Vec<Span>) {
        for entry in model.get("services").map(ModelValue::entries).unwrap_or_default() {
            let Some(image) = entry.value.get("image").filter(|i| i.is_unknown()) else { continue };
            let Some(text) = image.as_str() else { continue };
            let builds = entry.value.get("build").is_some_and(ModelValue::is_mapping);
            if valid_reference(text) || text.is_empty() && builds {
                continue;
            }
            done.push(image.span);
            let unset: Vec<String> = image.written.iter().flat_map(|w| w.unset.iter().cloned()).collect();
            let mut names = unset.iter().filter(|n| !n.is_empty()).peekable();
            if names.peek().is_none() {
                continue;
            }
            let of_a_pipeline = names.all(|n| is_of_a_pipeline(n));
            let profiles = entry.value.printed_items("profiles");
            let example = self.example_listing(&unset);
            let kind = FaultKind::BlankImage { text: text.to_owned(), unset, example };
            let mut fault = Fault::error(kind, image.span).service(&entry.key);
            if !enabled(&profiles, self.profiles) || of_a_pipeline {
                fault.severity = Severity::Warning;
            }
            self.log.report(fault);
        }
    }

    /// A template that lists the variables, if there is one.
    fn example_listing(&self, names: &[impl AsRef<str>]) -> Option<String> {
        [
            ".env.example",
            ".env.sample",
            ".env.template",
            ".env.dist",
            ".env-example",
            "env.example",
            "example.env",
            "sample.env",
        ]
        .iter()
        .map(|name| self.dir.join(name))
        .filter(|path| self.files.is_file(path))
        .find(|path| {
            let Ok(bytes) = self.files.read(path) else { return false };
            let text = String::from_utf8_lossy(&bytes);
            names.iter().all(|name| {
                text.lines().any(|line| {
                    let line = line.trim_start_matches(['#', ' ', '\t']);
                    let line = line.strip_prefix("export ").unwrap_or(line);
                    line.strip_prefix(name.as_ref()).is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
                })
            })
        })
        .map(|path| self.files.display(&path))
    }

    /// One finding for each variable, at its first use.
    fn unset(&mut self, unset: &[UnsetUse], done: &[Span]) {
        let mut by_name: BTreeMap<&str, Vec<&UnsetUse>> = BTreeMap::new();
        for used in unset {
            if done.contains(&used.span) {
                continue;
            }
            let uses = by_name.entry(&used.name).or_default();
            if !uses.iter().any(|u| u.span == used.span) {
                uses.push(used);
            }
        }
        for (name, uses) in by_name {
            let Some(first) = uses.first() else { continue };
            if !self.complete || OF_THE_SHELL.contains(&name) {
                self.log.note(
                    self.sources,
                    first.span,
                    format!("{name} is not known: it depends on the environment of the run"),
                );
                continue;
            }
            let kind = UnsetFault::Used {
                name: name.to_owned(),
                more: uses.iter().skip(1).take(MAX_USES).map(|u| u.span).collect(),
                example: self.example_listing(&[name]),
                in_command: [".command", ".entrypoint", ".test"].iter().any(|k| first.path.contains(k)),
            };
            let fault = Fault::warning(FaultKind::Unset(kind), first.span).certain();
            self.log.report(of_service(fault, &first.path));
        }
    }

    /// Numbers that become other text.
    fn numbers(&mut self, value: &ModelValue, path: &Path<'_>) {
        match &value.kind {
            ValueKind::Mapping(entries) => {
                let text = becomes_text(path);
                for ModelEntry { key, value, .. } in entries {
                    if text {
                        self.number(key, value, path);
                    } else {
                        self.numbers(value, &path.next(key));
                    }
                }
            }
            ValueKind::Sequence(items) => {
                let next = path.next("[]");
                let text = becomes_text(path);
                for item in items {
                    let merged = item.written.as_ref().filter(|w| w.parts.is_some() && w.variables.is_empty());
                    match (merged, item.as_str().and_then(|t| t.split_once('='))) {
                        (Some(written), Some((key, print))) if text => {
                            if let (Some((_, raw)), Some((_, span))) = (written.raw.split_once('='), written.parts) {
                                self.changed(key, raw, print, span, path);
                            }
                        }
                        _ => self.numbers(item, &next),
                    }
                }
            }
            _ => {}
        }
    }

    fn number(&mut self, key: &str, value: &ModelValue, path: &Path<'_>) {
        if !matches!(value.kind, ValueKind::Int(_) | ValueKind::Float(_) | ValueKind::Bool(_)) {
            return;
        }
        if let Some(written) = value.written.as_ref().filter(|w| w.variables.is_empty()) {
            self.changed(key, &written.raw, &value.print(), value.span, path);
        }
    }

    fn changed(&mut self, key: &str, raw: &str, print: &str, span: Span, path: &Path<'_>) {
        // Only what is written there: a value from elsewhere has another text at its place.
        if raw == print || raw.is_empty() || self.sources.slice(span) != raw {
            return;
        }
        let place = format!("{}.{key}", path.text());
        let boolean = matches!(print, "true" | "false");
        // Values of variables are not repeated: the place shows what is written.
        let change = match raw.parse::<f64>() {
            Ok(_) if raw.contains('.') => NumberChange::TrailingZeros,
            _ if boolean => NumberChange::Capitals,
            _ if raw.starts_with('0') && !raw.contains(['x', 'X']) => NumberChange::Octal,
            _ => NumberChange::Decimal,
        };
        let kind = FaultKind::Number { place, change };
        let fault = if boolean { Fault::info(kind, span) } else { Fault::warning(kind, span) };
        let fault = fault.certain().insert(span, "\"").edit(span.end_point(), "\"");
        self.log.report(of_service(fault, &path.text()));
    }
}

/// True for mappings whose values are passed on as text.
fn becomes_text(path: &Path<'_>) -> bool {
    let parts = path.parts();
    matches!(
        parts.get(),
        ["services", _, "environment" | "labels" | "annotations" | "sysctls"]
            | ["services", _, "build", "args" | "labels"]
            | ["services", _, "deploy", "labels"]
            | ["services", _, "logging", "options"]
            | ["networks" | "volumes" | "secrets" | "configs", _, "labels" | "driver_opts"]
    )
}

/// Adds the service that a dotted path leads into.
fn of_service(fault: Fault, path: &str) -> Fault {
    match path.strip_prefix("services.").and_then(|p| p.split('.').next()) {
        Some(name) if !name.is_empty() => fault.service(name),
        _ => fault,
    }
}

/// True if a text holds a hash of the `crypt` family: `$id$…$…`.
fn is_crypt(raw: &str) -> bool {
    [
        "$1$",
        "$2a$",
        "$2b$",
        "$2x$",
        "$2y$",
        "$5$",
        "$6$",
        "$y$",
        "$apr1$",
        "$argon2i$",
        "$argon2id$",
        "$argon2d$",
        "$pbkdf2",
    ]
    .iter()
    .any(|id| raw.match_indices(id).any(|(at, _)| at == 0 || !raw[..at].ends_with('$')))
}

/// True if Docker's reference grammar accepts a text, as far as blanks can break it.
fn valid_reference(text: &str) -> bool {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    if digest.is_some_and(|d| !d.split_once(':').is_some_and(|(a, h)| !a.is_empty() && h.len() >= 32)) {
        return false;
    }
    let slash = rest.rfind('/').map_or(0, |i| i + 1);
    let (name, tag) = match rest[slash..].split_once(':') {
        Some((last, tag)) => (&rest[..slash + last.len()], Some(tag)),
        None => (rest, None),
    };
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if tag.is_some_and(|t| t.is_empty() || t.starts_with(['.', '-']) || !t.chars().all(word)) {
        return false;
    }
    let mut parts = name.split('/').enumerate();
    parts.all(|(i, part)| {
        let part = if i == 0 && name.contains('/') { part.split(':').next().unwrap_or(part) } else { part };
        !part.is_empty()
            && part.chars().all(word)
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        for good in ["a", "a:1", "reg.io:5000/a/b:v1.2", "a/b_c", "localhost:5000/x"] {
            assert!(valid_reference(good), "{good}");
        }
        for bad in ["", "a:", ":1", "/a", "a//b", "a@", "a/:1", "a:-x", "reg/a-:1"] {
            assert!(!valid_reference(bad), "{bad}");
        }
    }

    #[test]
    fn hashes() {
        assert!(is_crypt("user:$apr1$abc$def"));
        assert!(is_crypt("$2y$05$abc"));
        assert!(!is_crypt("$$2y$$05$$abc"));
        assert!(!is_crypt("$HOME/x"));
    }
}
