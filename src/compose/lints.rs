//! What Compose accepts but people rarely mean: variables that nothing sets, blank image tags, numbers that print otherwise
//! than they are written, dollars that should have been doubled.

use std::collections::BTreeMap;
use std::path::Path as FsPath;

use super::load::environment::UnsetUse;
use super::log::{Log, rule};
use super::model::{ModelEntry, ModelValue, ValueKind};
use super::path::{Path, ROOT};
use super::views::enabled;
use crate::diagnostic::{Applicability, Confidence, Finding, Fix, Severity};
use crate::files::Files;
use crate::text::{Sources, Span};

/// Variables of a login shell and of a network behind a proxy: whether they are set is a matter of the machine, not of the
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

/// Whether build servers set a variable by themselves: a file that uses it is meant for them.
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

    /// `$2y$05$…` and its like, eaten as variables.
    fn dollars(&mut self, unset: &[UnsetUse], done: &mut Vec<Span>) {
        for used in unset {
            if done.contains(&used.span) || !is_crypt(&used.raw) {
                continue;
            }
            done.push(used.span);
            let mut finding = Log::warning(
                rule::DOLLAR,
                used.span,
                format!(
                    "`{}` looks like a password hash, but Compose reads `${}` in it as a variable and puts a blank there.",
                    used.path, used.name
                ),
            )
            .here("parts of this value are lost")
            .help("Double every dollar sign: `$$`.");
            let written = self.sources.slice(used.span);
            if !written.contains("${") && !written.contains("$$") {
                let mut fix = Fix::new("double the dollar signs", Applicability::Unsafe);
                for (at, _) in written.match_indices('$') {
                    let place = used.span.start as usize + at;
                    fix = fix.insert(Span::at(used.span.file, place), "$");
                }
                finding = finding.fix(fix);
            }
            self.log.report(of_service(finding, &used.path));
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
            let names: Vec<String> = image
                .written
                .iter()
                .flat_map(|w| &w.unset)
                .filter(|n| !n.is_empty())
                .map(|n| format!("`{n}`"))
                .collect();
            if names.is_empty() {
                continue;
            }
            let profiles: Vec<String> = entry
                .value
                .get("profiles")
                .map(ModelValue::items)
                .unwrap_or_default()
                .iter()
                .map(ModelValue::print)
                .collect();
            let what = if text.is_empty() {
                "leaves no image at all; Compose stops with \"neither an image nor a build context specified\""
                    .to_owned()
            } else {
                format!("makes it `{text}`; Compose stops with \"invalid reference format\"")
            };
            let verb = if names.len() == 1 { "is" } else { "are" };
            let mut finding = Log::error(
                rule::BLANK_IMAGE_TAG,
                image.span,
                format!("{} {verb} set nowhere, which {what}.", names.join(" and ")),
            )
            .service(&entry.key)
            .help(self.where_to_set(image.written.iter().flat_map(|w| w.unset.iter().map(String::as_str)).collect()));
            let unset = image.written.iter().flat_map(|w| &w.unset);
            if !enabled(&profiles, self.profiles) || unset.filter(|n| !n.is_empty()).all(|n| is_of_a_pipeline(n)) {
                finding.severity = Severity::Warning;
            }
            self.log.report(finding);
        }
    }

    /// Names a template that lists the variables, if there is one.
    fn where_to_set(&self, names: Vec<&str>) -> String {
        let first = names.first().copied().unwrap_or("NAME");
        match self.example_listing(&names) {
            Some(example) => {
                format!("Copy `{example}`, which lists it, to `.env`; or give it a default: `${{{first}:-…}}`.")
            }
            None => format!("Set it in `.env` beside the compose file, or give it a default: `${{{first}:-…}}`."),
        }
    }

    fn example_listing(&self, names: &[&str]) -> Option<String> {
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
                    line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
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
            let mut finding = Log::warning(
                rule::UNSET_VARIABLE,
                first.span,
                format!(
                    "{name} is set neither in `.env` nor in the environment: Compose warns \"The \"{name}\" variable is not \
                     set. Defaulting to a blank string.\" and goes on with a blank."
                ),
            )
            .confidence(Confidence::Certain);
            for more in uses.iter().skip(1).take(MAX_USES) {
                finding = finding.label(more.span, "used here too");
            }
            let for_the_shell = [".command", ".entrypoint", ".test"].iter().any(|k| first.path.contains(k));
            let mut help = self.where_to_set(vec![name]);
            if name == "UID" || name == "GID" {
                help = format!(
                    "Shells know {name} but do not export it. Put it into `.env`, or run `{name}=$(id -{}) docker compose up`.",
                    if name == "UID" { "u" } else { "g" }
                );
            } else if for_the_shell {
                help.push_str(&format!(" If the shell in the container should read it, write `$${name}`."));
            }
            self.log.report(of_service(finding.help(help), &first.path));
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
        // Only what stands there so: a value from elsewhere has another text at its place.
        if raw == print || raw.is_empty() || self.sources.slice(span) != raw {
            return;
        }
        let place = format!("{}.{key}", path.text());
        let boolean = matches!(print, "true" | "false");
        let what = if boolean { "a boolean" } else { "a number" };
        let severity = if boolean { Severity::Info } else { Severity::Warning };
        // Values of variables are not repeated: the place shows what is written.
        let result = match raw.parse::<f64>() {
            Ok(_) if raw.contains('.') => "trailing zeros are lost",
            _ if boolean => "its capitals are lost",
            _ if raw.starts_with('0') && !raw.contains(['x', 'X']) => "its leading zero makes it octal",
            _ => "it is written out in plain decimal",
        };
        let finding = Finding::new(
            rule::NUMBER,
            severity,
            span,
            format!("YAML reads the value of `{place}` as {what}, not as text, and {result}."),
        )
        .confidence(Confidence::Certain)
        .here("not passed on as written")
        .help("Put the value in quotes.")
        .fix(
            Fix::new("put the value in quotes", Applicability::Unsafe).insert(span, "\"").edit(span.end_point(), "\""),
        );
        self.log.report(of_service(finding, &path.text()));
    }
}

/// Mappings whose values are handed on as text.
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

/// The service that a dotted path leads into.
fn of_service(finding: Finding, path: &str) -> Finding {
    match path.strip_prefix("services.").and_then(|p| p.split('.').next()) {
        Some(name) if !name.is_empty() => finding.service(name),
        _ => finding,
    }
}

/// Whether a text holds a hash of the `crypt` family: `$id$…$…`.
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

/// Whether Docker's reference grammar takes a text, as far as blanks can break it.
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
