//! What a place means in the whole: over a Compose file the value as resolved and what the service builds, over a
//! Dockerfile who builds it, with what, and what is in the image behind the line.
//!
//! Values are shown only where they decide what is built: image, tags, paths, target, build arguments. Those of
//! environment variables and secrets never are, nor what a variable of a secret's name was put into.

use std::path::Path;

use lsp_types::{Position, Range};

use crate::analysis::build_args::uses_variable;
use crate::analysis::bypass;
use crate::analysis::describe::{ASKED, about_base, after, answer, difference};
use crate::compose::model::ValueKind;
use crate::compose::{self, ComposeText, ModelValue, Service};
use crate::dockerfile::expand::StageBase;
use crate::dockerfile::{Body, Dockerfile, Stage};
use crate::image::State;
use crate::project::build::Build;
use crate::project::{DockerfileEntry, Project, ServiceView};
use crate::redact::is_secret_name;
use crate::text::{FileId, SourceFile, Span};

use super::markup::{Markup, code};
use super::position::{Encoding, Lines};

/// Services, builds and arguments beyond this many are only counted.
const MOST: usize = 6;

/// The text for a place in a file and the range that it is about.
pub(super) fn at(
    project: &Project,
    path: &Path,
    position: Position,
    open: bool,
    encoding: Encoding,
    markdown: bool,
) -> Option<(String, Range)> {
    let file = project.sources.by_path(path)?;
    let lines = Lines::new(file.text(), open);
    let offset = u32::try_from(lines.offset(file.text(), position, encoding)).ok()?;
    let mut out = Markup::new(markdown);
    let cursor = Cursor { project, path, offset };
    let span = cursor.dockerfile(&mut out).or_else(|| cursor.compose(&mut out))?;
    if out.is_empty() {
        return None;
    }
    Some((out.finish(), lines.range(file.text(), span.range(), encoding)))
}

/// A place in a file of the project.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    project: &'a Project,
    path: &'a Path,
    offset: u32,
}

impl<'a> Cursor<'a> {
    /// The span in the file that the user wrote, if the cursor is in it.
    fn meets(&self, span: Span) -> Option<Span> {
        let span = self.project.sources.resolve(span);
        let here = span.start <= self.offset && self.offset <= span.end && span.start < span.end;
        (here && self.file(span.file).path() == self.path).then_some(span)
    }

    fn file(&self, id: FileId) -> &'a SourceFile {
        self.project.file(id)
    }

    /// `compose.yaml:14`
    fn place(&self, span: Span) -> String {
        let span = self.project.sources.resolve(span);
        let file = self.file(span.file);
        code(&format!("{}:{}", file.name(), file.line_of(span.start)))
    }

    /// Over an instruction, also one of a Dockerfile that stands inside a compose file.
    fn dockerfile(&self, out: &mut Markup) -> Option<Span> {
        for (index, entry) in self.project.dockerfiles.iter().enumerate().filter(|(_, d)| d.path == self.path) {
            let parsed = &entry.parsed;
            let found = parsed.instructions.iter().enumerate().find_map(|(at, i)| Some((at, self.meets(i.span)?)));
            let Some((at, span)) = found else { continue };
            self.builders(index, parsed, out);
            let builds = || self.project.builds_of(index).iter();
            let stage = parsed.stages.iter().find(|s| s.instructions.contains(&at));
            if let Some(stage) = stage {
                let build = builds().find(|b| b.reaches(stage.index)).or_else(|| builds().next());
                if let Some(build) = build {
                    self.state(build, parsed, stage, at, out);
                }
            }
            return Some(span);
        }
        None
    }

    /// Who builds a Dockerfile, and with what.
    fn builders(&self, dockerfile: usize, parsed: &Dockerfile, out: &mut Markup) {
        let users: Vec<ServiceView<'_>> = self
            .project
            .builds
            .iter()
            .filter(|b| b.dockerfile == dockerfile)
            .flat_map(|b| b.users.iter().filter_map(|id| self.project.service(*id)))
            .collect();
        if users.is_empty() {
            let bypassed = self.project.services().find_map(|view| {
                let found = bypass::find(&view).filter(|c| c.dockerfile.index == dockerfile)?;
                Some((found, view))
            });
            match bypassed {
                Some((_, view)) => {
                    let image = view.service.image.as_ref().and_then(shown).map(|i| format!(" {}", code(&i)));
                    out.line(&format!(
                        "No service builds this file: {} ({}) runs the prebuilt image{} in its place.",
                        code(&view.service.name),
                        self.place(view.service.name_span),
                        image.unwrap_or_default(),
                    ));
                }
                None => out.line("No service builds this file."),
            }
            return;
        }
        out.line("Built by:");
        for view in users.iter().take(MOST) {
            let with = view.service.build.as_ref().map(|b| inputs(b, parsed)).unwrap_or_default();
            out.item(&format!("{} ({}){with}", code(&view.service.name), self.place(view.service.name_span)));
        }
        more(users.len(), out);
    }

    /// What is known of the image behind an instruction.
    fn state(&self, build: &Build, parsed: &Dockerfile, stage: &Stage, at: usize, out: &mut Markup) {
        let name = stage.name.as_ref().map_or_else(|| stage.index.to_string(), |n| n.text.clone());
        let base = match build.base(stage.index) {
            StageBase::Image(image) if may_show_base(parsed, stage) => format!(", from {}", code(&image)),
            StageBase::Stage(index) => {
                let name = parsed.stages.get(index).and_then(|s| s.name.as_ref()).map(|n| n.text.clone());
                format!(", from the stage {}", code(&name.unwrap_or_else(|| index.to_string())))
            }
            _ => String::new(),
        };
        let unreached = if build.reaches(stage.index) { "" } else { "; the build does not need it" };
        out.line(&format!("Stage {}{base}{unreached}.", code(&name)));
        let Some(state) = after(build, stage, at) else { return };
        let notes = match build.image.before(at) {
            _ if at == stage.from => about_base(state),
            Some(before) => difference(self.project, before, state, at),
            None => Vec::new(),
        };
        for note in notes.iter().take(MOST) {
            out.item(note);
        }
        more(notes.len(), out);
        commands(state, out);
    }

    /// Over a service of a compose file.
    fn compose(&self, out: &mut Markup) -> Option<Span> {
        let mut span = None;
        let mut count = 0;
        for view in self.project.services() {
            let service = view.service;
            let in_value = self.find(&service.value);
            let Some(found) = in_value.or_else(|| Some(Found::of(self.meets(service.name_span)?))) else { continue };
            count += 1;
            if count > MOST {
                continue;
            }
            span.get_or_insert(found.span);
            if let Some(words) = self.value(service, &found) {
                out.line(&words);
            }
            self.service(&view, out);
        }
        more(count, out);
        span
    }

    /// The deepest key of a mapping that the cursor is on.
    fn find(&self, value: &'a ModelValue) -> Option<Found<'a>> {
        let mut found: Option<Found<'a>> = None;
        let mut now = value;
        // Bounded by the loader's own limit of depth; each step goes one level down.
        loop {
            let entry = now.entries().iter().find_map(|e| {
                let key = self.meets(e.key_span);
                let value = self.meets(e.value.span);
                key.or(value).map(|_| (Some(e.key.as_str()), e.key_span, &e.value))
            });
            let item = || now.items().iter().find_map(|v| self.meets(v.span).map(|span| (None, span, v)));
            let Some((key, key_span, next)) = entry.or_else(item) else { return found };
            let mut keys = found.map(|f| f.keys).unwrap_or_default();
            keys.extend(key);
            let span = self.meets(next.span).or_else(|| self.meets(key_span)).unwrap_or(key_span);
            found = Some(Found { keys, value: Some(next), span });
            now = next;
        }
    }

    /// What a value comes to, where that may be said.
    fn value(&self, service: &Service, found: &Found<'_>) -> Option<String> {
        let value = found.value?;
        let ValueKind::String(_) = &value.kind else { return None };
        let name = code(&found.keys.join("."));
        let written = value.written.as_ref();
        let unset: Vec<String> = written.into_iter().flat_map(|w| &w.unset).map(|n| code(n)).collect();
        if !unset.is_empty() {
            return Some(format!("{name} depends on {}, which nothing that was read sets.", unset.join(", ")));
        }
        let variables = written.map(|w| w.variables.as_slice()).unwrap_or_default();
        let from: Vec<String> = variables.iter().map(|n| code(n)).collect();
        const BUILD: [&str; 6] = ["context", "dockerfile", "target", "tags", "platforms", "additional_contexts"];
        let decides = match found.keys.as_slice() {
            ["build", key, ..] => BUILD.contains(key),
            keys => matches!(
                keys,
                ["image" | "platform" | "build" | "volumes" | "env_file"]
                    | ["volumes", "source"]
                    | ["env_file", "path"]
            ),
        };
        let replaced = value.displaced.last().map(|span| format!(", in place of the value at {}", self.place(*span)));
        let replaced = replaced.unwrap_or_default();
        let text = value.as_str().filter(|text| decides && is_harmless(text, variables));
        match text {
            Some(text) if from.is_empty() => Some(format!("{name} is {}{replaced}.", code(text))),
            Some(text) => Some(format!("{name} is {}, from {}{replaced}.", code(text), from.join(", "))),
            None if found.keys.first() == Some(&"build") && found.keys.get(1) == Some(&"args") => {
                let build = service.build.as_ref()?;
                let arg = build.args.iter().find(|a| self.meets(a.span).is_some())?;
                Some(format!("Build argument {}{replaced}.", argument(arg, None)))
            }
            None if from.is_empty() => None,
            None => Some(format!("{name} takes its value from {} (not shown){replaced}.", from.join(", "))),
        }
    }

    /// What a service builds or runs.
    fn service(&self, view: &ServiceView<'_>, out: &mut Markup) {
        let service = view.service;
        let name = code(&service.name);
        match (view.dockerfile(), &service.build) {
            (Some((build, entry)), Some(own)) => {
                let what = self.dockerfile_name(entry);
                let stage = build.target_stage().and_then(|s| entry.parsed.stages.get(s));
                let named = stage.and_then(|s| s.name.as_ref()).map(|n| format!(", stage {}", code(&n.text)));
                let root = stage.and_then(|s| build.root_stage(&entry.parsed, s.index));
                let root = root.and_then(|index| entry.parsed.stages.get(index));
                let base =
                    build.base_image(&entry.parsed).filter(|_| root.is_some_and(|s| may_show_base(&entry.parsed, s)));
                let base = base.map(|(image, _)| format!(", from {}", code(&image))).unwrap_or_default();
                out.line(&format!("Service {name} builds {what}{}{base}.", named.unwrap_or_default()));
                let args: Vec<&compose::ComposeVariable> = own.args.iter().collect();
                for arg in args.iter().take(MOST) {
                    out.item(&format!("{} ({})", argument(arg, Some(&entry.parsed)), self.place(arg.span)));
                }
                more(args.len(), out);
            }
            (None, Some(_)) => out.line(&format!("Service {name} builds a Dockerfile that could not be read.")),
            (_, None) => {
                let Some(image) = &service.image else { return };
                let image = shown(image).map(|i| format!(" {}", code(&i)));
                out.line(&format!("Service {name} runs the prebuilt image{}.", image.unwrap_or_default()));
                if let Some(found) = bypass::find(view) {
                    out.line(&format!("It bypasses {}, which no service builds.", code(&found.path())));
                }
            }
        }
    }

    fn dockerfile_name(&self, entry: &DockerfileEntry) -> String {
        match entry.on_disk {
            true => code(&self.project.files.display(&entry.path)),
            false => "the Dockerfile written here".to_owned(),
        }
    }
}

/// A place in a service's mapping: the keys that lead there and the value.
struct Found<'a> {
    keys: Vec<&'a str>,
    value: Option<&'a ModelValue>,
    span: Span,
}

impl Found<'_> {
    fn of(span: Span) -> Self {
        Found { keys: Vec::new(), value: None, span }
    }
}

fn more(count: usize, out: &mut Markup) {
    if count > MOST {
        out.item(&format!("… and {} more", count - MOST));
    }
}

/// `, with A=1, B=2; target x`
fn inputs(build: &compose::ComposeBuild, parsed: &Dockerfile) -> String {
    let args: Vec<String> = build.args.iter().take(MOST).map(|arg| argument(arg, Some(parsed))).collect();
    let mut out = String::new();
    if !args.is_empty() {
        let left = build.args.len().saturating_sub(MOST);
        let left = if left > 0 { format!(" and {left} more") } else { String::new() };
        out.push_str(&format!(" with {}{left}", args.join(", ")));
    }
    if let Some(target) = build.target.as_ref().and_then(shown) {
        out.push_str(&format!(", target {}", code(&target)));
    }
    out
}

/// `NAME=value`. The value is shown where it is written out, or where it decides an image's name; else what is written.
fn argument(arg: &compose::ComposeVariable, parsed: Option<&Dockerfile>) -> String {
    let value = arg.value.as_ref().filter(|_| !is_secret_name(&arg.name));
    let Some(text) = value else { return code(&arg.name) };
    let decides = parsed.is_some_and(|parsed| is_used_in_from(parsed, &arg.name));
    let value = match &text.value {
        Some(value) if (text.variables.is_empty() && !arg.bare) || decides => {
            is_harmless(value, &text.variables).then(|| value.clone())
        }
        _ if arg.bare || text.raw.is_empty() => None,
        _ => Some(text.raw.clone()),
    };
    match value {
        Some(value) => code(&format!("{}={value}", arg.name)),
        None => code(&arg.name),
    }
}

fn is_used_in_from(parsed: &Dockerfile, name: &str) -> bool {
    parsed.stages.iter().filter_map(|stage| parsed.base(stage)).any(|word| uses_variable(&word.text, name))
}

/// What a text comes to, if it is known and may be said.
fn shown(text: &ComposeText) -> Option<String> {
    text.known().filter(|value| is_harmless(value, &text.variables)).map(str::to_owned)
}

/// Neither holds a variable of a secret's name nor an address with a password.
fn is_harmless(value: &str, variables: &[String]) -> bool {
    let address = value.find("://").and_then(|at| value.get(at..)).is_some_and(|rest| rest.contains('@'));
    !address && !variables.iter().any(|name| is_secret_name(name))
}

/// A base image's name may hold a variable; one of a secret's name is not written out.
fn may_show_base(parsed: &Dockerfile, stage: &Stage) -> bool {
    let secret = |word: &str| {
        let names = parsed.instructions.iter().filter_map(|i| match &i.body {
            Body::Arg(pairs) | Body::Env(pairs) => Some(pairs),
            _ => None,
        });
        names.flatten().any(|pair| is_secret_name(&pair.name.text) && uses_variable(word, &pair.name.text))
    };
    parsed.base(stage).is_some_and(|word| !secret(&word.text))
}

/// What is there to be called, by name.
fn commands(state: &State, out: &mut Markup) {
    for (kind, title) in [("present", "has"), ("absent", "has not"), ("unknown", "may have")] {
        let names: Vec<String> =
            ASKED.into_iter().filter(|name| answer(state.command(name)).0 == kind).map(code).collect();
        if !names.is_empty() {
            out.item(&format!("{title} {}", names.join(", ")));
        }
    }
}
