//! What each instruction does to the image, in words: for `dockcheck image` and for an editor's hover.

use std::borrow::Cow;

use crate::dockerfile::{Dockerfile, Stage};
use crate::image::install::Verb;
use crate::image::{Presence, Reason, State, UnknownScope, User};
use crate::redact;
use crate::text::Span;

use crate::project::{Build, Project};

/// Commands that are asked for by name at the end of each stage: what builds and scripts stumble over most.
pub const ASKED: [&str; 14] = [
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

/// A Dockerfile's text with its secrets blotted out, byte for byte where it stood.
pub fn masked(project: &Project, parsed: &Dockerfile) -> String {
    let file = project.sources.file(parsed.file);
    let secret: Vec<_> = project
        .masked(&[parsed.file].into())
        .spans
        .iter()
        .filter(|span| span.file == parsed.file)
        .map(|span| span.range())
        .collect();
    redact::excerpt(&redact::redact_ranges(file.text(), &secret)).into_owned()
}

/// The state behind an instruction of a stage.
pub fn after<'b>(build: &'b Build, stage: &Stage, instruction: usize) -> Option<&'b State> {
    match instruction + 1 {
        next if stage.instructions.contains(&next) => build.image.before(next),
        _ => build.image.after_stage(stage.index),
    }
}

/// Where a reason stands, as `Dockerfile:3`.
pub fn place(project: &Project, span: Span) -> (String, u32) {
    let span = project.sources.resolve(span);
    let file = project.sources.file(span.file);
    (file.name().to_owned(), file.line_of(span.start))
}

fn user(user: &User) -> String {
    match user {
        User::Root => "root".into(),
        User::Other(name, _) => name.clone(),
        User::Unknown => "unknown".into(),
    }
}

/// What is known of a base image.
pub fn about_base(state: &State) -> Vec<String> {
    let manager = state.manager().map_or_else(|| "none known".to_owned(), |m| format!("{m:?}").to_lowercase());
    let mut out = vec![format!("package manager: {manager}; user: {}", user(&state.user))];
    out.extend(state.unknown_since().map(|why| format!("not everything in it is known: {}", why.text)));
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
    let calls_of = |verb: Verb, system: bool, sure: bool| {
        let calls = after.installs().iter().filter(move |i| i.instruction == index);
        let calls = calls.filter(move |i| {
            let context = &i.call.context;
            sure != (context.conditional || context.guarded || context.background || context.function.is_some())
        });
        let calls = calls.filter(move |i| i.call.verb == verb && i.call.installer.is_system() == system);
        let mut names: Vec<&str> = Vec::new();
        for package in calls.flat_map(|i| &i.call.packages) {
            if !names.contains(&package.name.as_str()) {
                names.push(&package.name);
            }
        }
        names
    };
    let calls = |verb: Verb, system: bool| calls_of(verb, system, true);
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
    for (verb, word) in [(Verb::Install, "may install"), (Verb::Remove, "may remove")] {
        let mut names = calls_of(verb, true, false);
        names.extend(calls_of(verb, false, false));
        if !names.is_empty() {
            out.push(format!("{word} {} (under a condition)", names.join(", ")));
        }
    }
    let is_gone = |name: &str| matches!(after.package(name), Presence::Absent(_));
    let said = calls_of(Verb::Remove, true, false);
    let (mut gone, mut doubtful): (Vec<&str>, Vec<&str>) = old.difference(&new).partition(|name| is_gone(name));
    // What only this instruction had.
    gone.extend(asked.iter().filter(|name| !old.contains(*name) && !new.contains(*name) && is_gone(name)));
    doubtful.retain(|name| !said.contains(name));
    let by_name = calls(Verb::Remove, true);
    gone.sort_by_key(|name| !by_name.contains(name));
    for (verb, names) in [("removes", gone), ("may remove", doubtful)] {
        if let Some(first) = names.get(..names.len().min(SHOWN)).filter(|first| !first.is_empty()) {
            out.push(format!("{verb} {}", named(first, names.len() - first.len())));
        }
    }
}

/// The end of a path that is longer than anybody's: each relative WORKDIR makes the next one longer.
fn shortened(path: &str) -> Cow<'_, str> {
    const LONGEST: usize = 300;
    match path.len().checked_sub(LONGEST) {
        None | Some(0) => Cow::Borrowed(path),
        Some(from) => Cow::Owned(format!("…{}", path.get(path.ceil_char_boundary(from)..).unwrap_or_default())),
    }
}

/// What an instruction adds, removes and leaves in doubt.
pub fn difference(project: &Project, before: &State, after: &State, index: usize) -> Vec<String> {
    let mut out = Vec::new();
    packages(before, after, index, &mut out);
    for copied in after.copied().iter().filter(|c| c.instruction == index) {
        out.push(format!("{} from the build context becomes {}", shortened(&copied.from), shortened(&copied.to)));
    }
    if before.user != after.user {
        out.push(format!("runs on as {}", user(&after.user)));
    }
    if before.workdir != after.workdir {
        let folder = after.workdir.as_deref().map(shortened);
        out.push(format!("works on in {}", folder.as_deref().unwrap_or("an unknown folder")));
    }
    for opening in after.openings().iter().skip(before.openings().len()) {
        let what = match opening.scope {
            UnknownScope::All => "anything may have come",
            UnknownScope::Applications | UnknownScope::Python => "further programs may have come",
            UnknownScope::Curated | UnknownScope::Conda => "anything but compilers, git and the like may have come",
        };
        let since = opening.reason.span.map(|span| place(project, span).1);
        out.push(match since {
            Some(line) => format!("unknown since line {line}: {what}, because {}", opening.reason.text),
            None => format!("{what}: {}", opening.reason.text),
        });
    }
    out
}

/// One of the three values as a word, and its reason.
pub fn answer(presence: Presence) -> (&'static str, Reason) {
    match presence {
        Presence::Present(why) => ("present", why),
        Presence::Absent(why) => ("absent", why),
        Presence::Unknown(why) => ("unknown", why),
    }
}
