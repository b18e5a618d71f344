//! `dockcheck image`: what is in the image after each instruction, and why we think so.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Stop;
use crate::cli::TextOrJson;
use crate::dockerfile::Dockerfile;
use crate::files::Files;
use crate::image::install::Verb;
use crate::image::{Presence, Reason, Scope, State, User};
use crate::project::Project;
use crate::project::links::Build;
use crate::sanitize;
use crate::source::Span;

/// Commands that are asked for by name at the end of each stage: what builds and scripts stumble over most.
const ASKED: [&str; 14] = [
    "bash",
    "curl",
    "wget",
    "git",
    "gcc",
    "g++",
    "make",
    "cmake",
    "pkg-config",
    "python3",
    "pip",
    "node",
    "npm",
    "nvcc",
];

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
    /// Name, presence, reason.
    commands: Vec<(&'static str, &'static str, String)>,
}

/// The text for a service, a Dockerfile, or `DOCKERFILE:STAGE`.
pub(super) fn show(project: &Project, what: &str, base: &Files, format: TextOrJson) -> Result<String, Stop> {
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

/// A Dockerfile's text with its secrets blotted out, byte for byte where it stood.
pub(super) fn masked(project: &Project, parsed: &Dockerfile) -> String {
    let file = project.sources.file(parsed.file);
    let secret: Vec<_> =
        project.masked(&[parsed.file].into()).spans.iter().filter(|span| span.file == parsed.file).map(|span| span.range()).collect();
    sanitize::excerpt(&sanitize::blot(file.text(), &secret)).into_owned()
}

/// The state behind an instruction of a stage.
pub(super) fn after<'b>(build: &'b Build, stage: &crate::dockerfile::Stage, instruction: usize) -> Option<&'b State> {
    match instruction + 1 {
        next if stage.instructions.contains(&next) => build.image.before(next),
        _ => build.image.after_stage(stage.index),
    }
}

/// Where a reason stands, as `Dockerfile:3`.
pub(super) fn place(project: &Project, span: Span) -> (String, u32) {
    let span = project.sources.resolve(span);
    let file = project.sources.file(span.file);
    (file.name().to_owned(), file.line_of(span.start))
}

/// The build that is meant, and the stage if one is named.
pub(super) fn find<'p>(project: &'p Project, what: &str, base: &Files) -> Result<(&'p Build, Option<usize>), Stop> {
    if let Some(service) = project.services().find(|s| s.service.name == what) {
        let none = || Stop::Failed(format!("service `{what}` builds nothing: it runs an image as it is"));
        return service.build().map(|build| (build, None)).ok_or_else(none);
    }
    let (path, stage) = match what.rsplit_once(':') {
        Some((path, stage)) if !base.absolute(what.as_ref()).exists() => (path, Some(stage)),
        _ => (what, None),
    };
    let path = base.absolute(path.as_ref());
    let path = if path.is_dir() { path.join("Dockerfile") } else { path };
    let index = project
        .dockerfiles
        .iter()
        .position(|d| d.on_disk && d.path == path)
        .ok_or_else(|| Stop::Failed(format!("no service and no Dockerfile is called `{what}`")))?;
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
    let commands = image.after_stage(stage.index).map(|state| commands(project, state)).unwrap_or_default();
    let name = stage.name.as_ref().map_or_else(|| stage.index.to_string(), |n| n.text.clone());
    let base = parsed.base(stage).map(|b| b.text.clone()).unwrap_or_default();
    Stage { name, base, steps, commands }
}

fn user(user: &User) -> String {
    match user {
        User::Root => "root".into(),
        User::Other(name, _) => name.clone(),
        User::Unknown => "unknown".into(),
    }
}

fn about_base(state: &State) -> Vec<String> {
    let manager = state.manager().map_or_else(|| "none known".to_owned(), |m| format!("{m:?}").to_lowercase());
    let mut out = vec![format!("package manager: {manager}; user: {}", user(&state.user))];
    out.extend(state.opened().map(|why| format!("not everything in it is known: {}", why.text)));
    out
}

/// `a, b, c` and how many more.
fn named(names: &[&str], more: usize) -> String {
    let listed = names.join(", ");
    match more {
        0 => listed,
        1 => format!("{listed} (+1 package)"),
        _ => format!("{listed} (+{more} packages)"),
    }
}

/// What the system's package manager did: what was asked for by name, and how much came or went with it.
fn packages(before: &State, after: &State, index: usize, out: &mut Vec<String>) {
    /// Packages that are named where none was asked for.
    const SHOWN: usize = 8;
    let (old, new) = (before.installed_packages(), after.installed_packages());
    let calls = |verb: Verb, system: bool| {
        let calls = after.installs().iter().filter(move |i| i.instruction == index);
        let calls = calls.filter(move |i| i.call.verb == verb && i.call.installer.is_system() == system);
        let mut names: Vec<&str> = Vec::new();
        for package in calls.flat_map(|i| &i.call.packages) {
            if !names.contains(&package.name.as_str()) {
                names.push(&package.name);
            }
        }
        names
    };
    let asked = calls(Verb::Install, true);
    let more = new.difference(&old).filter(|name| !asked.contains(name)).count();
    if !asked.is_empty() {
        out.push(format!("installs {}", named(&asked, more)));
    }
    for (verb, word) in [(Verb::Install, "installs"), (Verb::Remove, "removes")] {
        let names = calls(verb, false);
        if !names.is_empty() {
            out.push(format!("{word} {}", names.join(", ")));
        }
    }
    let is_gone = |name: &str| matches!(after.package(name), Presence::Absent(_));
    let (mut gone, doubtful): (Vec<&str>, Vec<&str>) = old.difference(&new).partition(|name| is_gone(name));
    // What only this instruction had.
    gone.extend(asked.iter().filter(|name| !old.contains(*name) && !new.contains(*name) && is_gone(name)));
    let by_name = calls(Verb::Remove, true);
    gone.sort_by_key(|name| !by_name.contains(name));
    for (verb, names) in [("removes", gone), ("may remove", doubtful)] {
        if let Some(first) = names.get(..names.len().min(SHOWN)).filter(|first| !first.is_empty()) {
            out.push(format!("{verb} {}", named(first, names.len() - first.len())));
        }
    }
}

fn difference(project: &Project, before: &State, after: &State, index: usize) -> Vec<String> {
    let mut out = Vec::new();
    packages(before, after, index, &mut out);
    for copied in after.copied().iter().filter(|c| c.instruction == index) {
        out.push(format!("{} from the build context becomes {}", copied.from, copied.to));
    }
    if before.user != after.user {
        out.push(format!("runs on as {}", user(&after.user)));
    }
    if before.workdir != after.workdir {
        out.push(format!("works on in {}", after.workdir.as_deref().unwrap_or("an unknown folder")));
    }
    for opening in after.openings().iter().skip(before.openings().len()) {
        let what = match opening.scope {
            Scope::All => "anything may have come",
            Scope::Applications => "further programs may have come",
        };
        let since = opening.why.span.map(|span| place(project, span).1);
        out.push(match since {
            Some(line) => format!("unknown since line {line}: {what}, because {}", opening.why.text),
            None => format!("{what}: {}", opening.why.text),
        });
    }
    out
}

fn commands(project: &Project, state: &State) -> Vec<(&'static str, &'static str, String)> {
    ASKED
        .into_iter()
        .map(|name| {
            let (presence, why) = answer(state.command(name));
            let text = match why.span.map(|span| place(project, span)) {
                Some((file, line)) => format!("{} ({file}:{line})", why.text),
                None => why.text,
            };
            (name, presence, text)
        })
        .collect()
}

/// One of the three values as a word, and its reason.
pub(super) fn answer(presence: Presence) -> (&'static str, Reason) {
    match presence {
        Presence::Present(why) => ("present", why),
        Presence::Absent(why) => ("absent", why),
        Presence::Unknown(why) => ("unknown", why),
    }
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
            let all: Vec<_> = stage.commands.iter().filter(|c| c.1 == kind).collect();
            if all.is_empty() {
                continue;
            }
            let _ = writeln!(out, "  {title}");
            let width = all.iter().map(|c| c.0.len()).max().unwrap_or(0);
            for (command, _, why) in all {
                let _ = writeln!(out, "    {command:width$}  {why}");
            }
        }
    }
    sanitize::sentence(&out)
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
                .map(|(name, presence, why)| json!({ "command": name, "presence": presence, "why": why }))
                .collect::<Vec<Value>>(),
        })
    };
    let document =
        json!({ "schema_version": 1, "dockerfile": name, "stages": stages.iter().map(stage).collect::<Vec<_>>() });
    let mut text = sanitize::json(&serde_json::to_string_pretty(&document).unwrap_or_default()).into_owned();
    text.push('\n');
    text
}
