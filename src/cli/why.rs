//! `dockcheck image --why NAME`: whether a command, header or package is in the image at the end of a stage, since which
//! instruction, and for what reason.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::TextOrJson;
use super::host::Stop;
use super::image::find;
use super::promise;
use crate::analysis::describe::{after, answer, masked, place};
use crate::dockerfile::expand::StageBase;
use crate::files::Files;
use crate::image::{Presence, State};
use crate::project::Project;
use crate::project::build::Build;
use crate::redact;

/// What a name may stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Command,
    Header,
    Package,
    Module,
}

impl Kind {
    fn title(self) -> &'static str {
        match self {
            Kind::Command => "command",
            Kind::Header => "header",
            Kind::Package => "package",
            Kind::Module => "pkg-config module",
        }
    }

    fn ask(self, state: &State, name: &str) -> Presence {
        match self {
            Kind::Command => state.command(name),
            Kind::Header => state.header(name),
            Kind::Package => state.package(name),
            Kind::Module => state.pkg_config(name),
        }
    }
}

/// An instruction that changed the answer.
struct Change {
    line: u32,
    /// Its first line as written, secrets blotted out.
    text: String,
    presence: &'static str,
    reason: String,
    /// Where the reason stands, if it is not a fact about the base image.
    place: Option<(String, u32)>,
}

/// What there is to say of a name that may be several things.
struct Answered {
    kind: Kind,
    changes: Vec<Change>,
    /// What one should know before relying on it.
    note: Option<String>,
}

/// The text, or the JSON document, for a name at the end of a stage.
pub(crate) fn show(
    project: &Project,
    what: &str,
    name: &str,
    base: &Files,
    format: TextOrJson,
) -> Result<String, Stop> {
    let (build, wanted) = find(project, what, base)?;
    let entry = project.dockerfiles.get(build.dockerfile).ok_or_else(|| Stop::Failed("no such Dockerfile".into()))?;
    let stages = &entry.parsed.stages;
    let target = wanted.or_else(|| build.target_stage());
    let stage = target.and_then(|index| stages.get(index)).ok_or_else(|| {
        Stop::Failed(format!("which stage `{what}` ends with is not known: name one, as in DOCKERFILE:STAGE"))
    })?;
    let end =
        build.image.after_stage(stage.index).ok_or_else(|| Stop::Failed(format!("nothing is known of `{what}`")))?;
    let (name, kinds) = kinds(end, name);
    let chain = chain(build, stage.index, stages.len());
    let shown = masked(project, &entry.parsed);
    let answers: Vec<Answered> = kinds
        .into_iter()
        .map(|kind| Answered {
            kind,
            changes: changes(project, build, &chain, &shown, kind, name),
            note: promise::note(build, &entry.parsed, stage.index, name, &kind.ask(end, name)),
        })
        .collect();
    let title = stage.name.as_ref().map_or_else(|| stage.index.to_string(), |n| n.text.clone());
    let file = project.sources.file(entry.parsed.file).name();
    Ok(match format {
        TextOrJson::Text => text(file, &title, name, &answers),
        TextOrJson::Json => data(file, &title, name, &answers),
    })
}

/// The name without what only marks its kind, and what it may stand for.
fn kinds<'n>(state: &State, name: &'n str) -> (&'n str, Vec<Kind>) {
    if let Some(module) = name.strip_suffix(".pc") {
        return (module, vec![Kind::Module]);
    }
    let is_header = [".h", ".hh", ".hpp", ".hxx", ".cuh"].iter().any(|end| name.ends_with(end));
    if is_header {
        return (name.strip_prefix("/usr/include/").unwrap_or(name), vec![Kind::Header]);
    }
    let package = state.names_package(name);
    let mut kinds = Vec::new();
    if !package || state.names_command(name) {
        kinds.push(Kind::Command);
    }
    if package {
        kinds.push(Kind::Package);
    }
    (name, kinds)
}

/// The stages of a file that a stage stands on, the lowest first, and itself.
fn chain(build: &Build, stage: usize, most: usize) -> Vec<usize> {
    let mut chain = vec![stage];
    // A chain is no longer than the file has stages.
    while let Some(StageBase::Stage(parent)) = chain.last().map(|last| build.base(*last)).filter(|_| chain.len() < most)
    {
        chain.push(parent);
    }
    chain.reverse();
    chain
}

fn changes(project: &Project, build: &Build, chain: &[usize], shown: &str, kind: Kind, name: &str) -> Vec<Change> {
    let Some(entry) = project.dockerfiles.get(build.dockerfile) else { return Vec::new() };
    let file = project.sources.file(entry.parsed.file);
    let mut changes: Vec<Change> = Vec::new();
    for stage in chain.iter().filter_map(|index| entry.parsed.stages.get(*index)) {
        for index in stage.instructions.clone() {
            let Some(instruction) = entry.parsed.instructions.get(index) else { continue };
            let Some(state) = after(build, stage, index) else { continue };
            let (presence, why) = answer(kind.ask(state, name));
            if changes.last().is_some_and(|last| last.presence == presence) {
                continue;
            }
            let place = why.span.map(|span| place(project, span));
            let line = shown.get(file.line_range(instruction.first_line)).unwrap_or_default().trim();
            let text = line.to_owned();
            changes.push(Change { line: instruction.first_line, text, presence, reason: why.text, place });
        }
    }
    changes
}

fn at(change: &Change) -> String {
    change.place.as_ref().map_or_else(String::new, |(file, line)| format!(" ({file}:{line})"))
}

fn text(file: &str, stage: &str, name: &str, answers: &[Answered]) -> String {
    let mut out = format!("{file}, stage {stage}\n");
    for Answered { kind, changes, note } in answers {
        let Some(last) = changes.last() else { continue };
        let _ = writeln!(out, "\n{} `{name}` is {} at the end of the stage,", kind.title(), last.presence);
        let _ = writeln!(out, "since line {}: {}{}", last.line, last.reason, at(last));
        if let Some(note) = note {
            let _ = writeln!(out, "note: {note}");
        }
        for change in changes {
            let _ = writeln!(out, "{:>5}  {}", change.line, change.text);
            let _ = writeln!(out, "       · {}: {}{}", change.presence, change.reason, at(change));
        }
    }
    redact::sentence(&out)
}

fn data(file: &str, stage: &str, name: &str, answers: &[Answered]) -> String {
    let change = |c: &Change| {
        let place = c.place.as_ref().map(|(path, line)| json!({ "path": path, "line": line }));
        json!({ "line": c.line, "instruction": c.text, "presence": c.presence, "why": c.reason, "place": place })
    };
    let answer = |Answered { kind, changes, note }: &Answered| {
        json!({
            "kind": kind.title(),
            "presence": changes.last().map(|c| c.presence),
            "why": changes.last().map(|c| c.reason.as_str()),
            "note": note,
            "changes": changes.iter().map(change).collect::<Vec<Value>>(),
        })
    };
    let answers: Vec<Value> = answers.iter().map(answer).collect();
    let document = json!({ "schema_version": 1, "dockerfile": file, "stage": stage, "name": name, "answers": answers });
    let mut text = redact::json(&serde_json::to_string_pretty(&document).unwrap_or_default()).into_owned();
    text.push('\n');
    text
}
