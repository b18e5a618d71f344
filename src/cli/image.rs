//! `dockcheck image`: what is in the image after each instruction, and why we think so.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::TextOrJson;
use super::host::Stop;
use super::promise;
use crate::analysis::describe::{ASKED, about_base, after, answer, difference, masked, place};
use crate::config::names::{closest, did_you_mean};
use crate::dockerfile::Dockerfile;
use crate::files::Files;
use crate::image::State;
use crate::project::Project;
use crate::project::build::Build;
use crate::redact;

/// One instruction and what it does.
struct Step {
    line: u32,
    /// Its first line as written, secrets blotted out.
    text: String,
    notes: Vec<String>,
}

struct Stage {
    name: String,
    base: String,
    steps: Vec<Step>,
    commands: Vec<Asked>,
}

/// A command at the end of a stage.
struct Asked {
    name: &'static str,
    presence: &'static str,
    why: String,
    /// What one should know before relying on it.
    note: Option<String>,
}

/// The text for a service, a Dockerfile, or `DOCKERFILE:STAGE`.
pub(crate) fn show(project: &Project, what: &str, base: &Files, format: TextOrJson) -> Result<String, Stop> {
    let (build, wanted) = find(project, what, base)?;
    let entry = project.dockerfiles.get(build.dockerfile).ok_or_else(|| Stop::Failed("no such Dockerfile".into()))?;
    let parsed = &entry.parsed;
    let file = project.sources.file(parsed.file);
    let shown = masked(project, parsed);
    let mut stages = Vec::new();
    for stage in &parsed.stages {
        let fits = match wanted {
            Some(index) => stage.index == index,
            None => build.reaches(stage.index),
        };
        if fits {
            stages.push(read(project, parsed, build, stage, &shown));
        }
    }
    Ok(match format {
        TextOrJson::Text => text(file.name(), &stages),
        TextOrJson::Json => data(file.name(), &stages),
    })
}

/// The build that is meant, and the stage if one is named.
pub(crate) fn find<'p>(project: &'p Project, what: &str, base: &Files) -> Result<(&'p Build, Option<usize>), Stop> {
    // Several projects may have a service of that name: one that can be shown is meant first.
    let named = || project.services().filter(|s| s.service.name == what);
    if let Some(service) = named().find(|s| s.build().is_some()).or_else(|| named().next()) {
        let none = || {
            Stop::Failed(match service.why_not_read() {
                Some(why) => project.redact(&format!("the image of service `{what}` cannot be shown: {why}"), false),
                None => format!("service `{what}` builds nothing: it runs an image as it is"),
            })
        };
        return service.build().map(|build| (build, None)).ok_or_else(none);
    }
    let (path, stage) = match what.rsplit_once(':') {
        Some((path, stage)) if !base.absolute(what.as_ref()).exists() => (path, Some(stage)),
        _ => (what, None),
    };
    let path = base.absolute(path.as_ref());
    let path = if path.is_dir() { path.join("Dockerfile") } else { path };
    let index = project.dockerfiles.iter().position(|d| d.on_disk && d.path == path).ok_or_else(|| {
        let services: Vec<&str> = project.services().map(|s| s.service.name.as_str()).collect();
        let hint = did_you_mean(closest(what, &services));
        Stop::Failed(format!("no service and no Dockerfile is called `{what}`{hint}"))
    })?;
    let build = project
        .builds
        .iter()
        .find(|b| b.dockerfile == index)
        .ok_or_else(|| Stop::Failed(format!("`{what}` has no stage")))?;
    let Some(name) = stage else { return Ok((build, None)) };
    let parsed = project.dockerfiles.get(index).map(|d| &d.parsed);
    let found = parsed.and_then(|p| p.stage_named(name, p.stages.len())).map(|s| s.index);
    found.map(|stage| (build, Some(stage))).ok_or_else(|| Stop::Failed(format!("no stage is called `{name}`")))
}

fn read(project: &Project, parsed: &Dockerfile, build: &Build, stage: &crate::dockerfile::Stage, shown: &str) -> Stage {
    let image = &build.image;
    let file = project.sources.file(parsed.file);
    let mut steps = Vec::new();
    for index in stage.instructions.clone() {
        let Some(instruction) = parsed.instructions.get(index) else { continue };
        let line = shown.get(file.line_range(instruction.first_line)).unwrap_or_default().trim();
        let notes = match (image.before(index), after(build, stage, index)) {
            (_, Some(after)) if index == stage.from => about_base(after),
            (Some(before), Some(after)) => difference(project, before, after, index),
            _ => Vec::new(),
        };
        steps.push(Step { line: instruction.first_line, text: line.to_owned(), notes });
    }
    let commands = image.after_stage(stage.index).map(|state| commands(project, parsed, build, stage, state));
    let name = stage.name.as_ref().map_or_else(|| stage.index.to_string(), |n| n.text.clone());
    let base = parsed.base(stage).map(|b| b.text.clone()).unwrap_or_default();
    Stage { name, base, steps, commands: commands.unwrap_or_default() }
}

fn commands(
    project: &Project,
    parsed: &Dockerfile,
    build: &Build,
    stage: &crate::dockerfile::Stage,
    state: &State,
) -> Vec<Asked> {
    ASKED
        .into_iter()
        .map(|name| {
            let found = state.command(name);
            let note = promise::note(build, parsed, stage.index, name, &found);
            let (presence, why) = answer(found);
            let text = match why.span.map(|span| place(project, span)) {
                Some((file, line)) => format!("{} ({file}:{line})", why.text),
                None => why.text,
            };
            Asked { name, presence, why: text, note }
        })
        .collect()
}

fn text(name: &str, stages: &[Stage]) -> String {
    let mut out = format!("{name}\n");
    for stage in stages {
        let _ = writeln!(out, "\nstage {} from {}", stage.name, stage.base);
        for step in &stage.steps {
            let _ = writeln!(out, "{:>5}  {}", step.line, step.text);
            for note in &step.notes {
                let _ = writeln!(out, "       · {note}");
            }
        }
        for (kind, title) in [("present", "has"), ("absent", "has not"), ("unknown", "may have")] {
            let all: Vec<_> = stage.commands.iter().filter(|c| c.presence == kind).collect();
            if all.is_empty() {
                continue;
            }
            let _ = writeln!(out, "  {title}");
            let width = all.iter().map(|c| c.name.len()).max().unwrap_or(0);
            for command in &all {
                // The note says where it is from, and more.
                let why = command.note.as_ref().unwrap_or(&command.why);
                let _ = writeln!(out, "    {:width$}  {why}", command.name);
            }
        }
    }
    redact::sentence(&out)
}

fn data(name: &str, stages: &[Stage]) -> String {
    let stage = |stage: &Stage| {
        json!({
            "stage": stage.name,
            "base": stage.base,
            "steps": stage.steps.iter()
                .map(|s| json!({ "line": s.line, "instruction": s.text, "notes": s.notes }))
                .collect::<Vec<Value>>(),
            "commands": stage.commands.iter()
                .map(|c| json!({ "command": c.name, "presence": c.presence, "why": c.why, "note": c.note }))
                .collect::<Vec<Value>>(),
        })
    };
    let document =
        json!({ "schema_version": 1, "dockerfile": name, "stages": stages.iter().map(stage).collect::<Vec<_>>() });
    let mut text = redact::json(&serde_json::to_string_pretty(&document).unwrap_or_default()).into_owned();
    text.push('\n');
    text
}
