//! The shell reader over recorded Dockerfiles: what is read in place must be what the joined text says.

use std::path::{Path, PathBuf};

use dockcheck::internals::dockerfile::{self, Body, CommandForm, Dockerfile, Healthcheck, Instruction};
use dockcheck::internals::shell::{self, Command, Dialect, Script, ScriptPlace, ShellHeredoc, ShellOptions};
use dockcheck::text::{SourceFile, Sources};

use crate::common::cases;

fn scripts(file: &SourceFile, parsed: &Dockerfile) -> Vec<(u32, Script)> {
    let mut out = Vec::new();
    for instruction in &parsed.instructions {
        let form = match &instruction.body {
            Body::Command(form) | Body::Healthcheck(Healthcheck::Command(form)) => form,
            _ => continue,
        };
        if let CommandForm::Shell { span, .. } = form {
            let script = shell::read_instruction(file, *span, &heredocs(instruction), ShellOptions::new(Dialect::Bash));
            out.push((instruction.first_line, script));
        }
    }
    out
}

fn heredocs(instruction: &Instruction) -> Vec<ShellHeredoc> {
    let heredoc = |h: &dockerfile::Heredoc| ShellHeredoc { operator: h.span, body: h.body, strip_tabs: h.strip_tabs };
    instruction.heredocs.iter().map(heredoc).collect()
}

fn words(command: &Command) -> Vec<String> {
    command.words.iter().map(|w| w.text().unwrap_or_else(|| format!("{:?}", w.parts))).collect()
}

#[test]
fn in_place_reading_equals_the_joined_text() {
    let Some(text) = cases("buildkit-parse.jsonl") else { return };
    let (mut compared, mut commands, mut differ) = (0, 0, 0);
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let mut sources = Sources::new();
        let bytes = case["dockerfile"].as_str().unwrap().as_bytes().to_vec();
        let id = sources.add("Dockerfile".into(), "Dockerfile".into(), bytes);
        let parsed = dockerfile::parse(sources.file(id));
        let ours = scripts(sources.file(id), &parsed);
        for run in case["runs"].as_array().into_iter().flatten() {
            if run["exec"].as_bool() != Some(false) || parsed.escape != '\\' {
                continue;
            }
            let line = run["line"].as_u64().unwrap_or(0);
            let text = run["text"].as_str().unwrap_or("");
            let Some((_, script)) = ours.iter().find(|s| u64::from(s.0) == line) else { continue };
            if script.swallowed.is_some() || text.contains("<<") {
                continue;
            }
            let joined = shell::read(text, ScriptPlace::At(id, 0), ShellOptions::new(Dialect::Bash));
            let a: Vec<_> = joined.commands.iter().map(words).collect();
            let b: Vec<_> = script.commands.iter().map(words).collect();
            compared += 1;
            commands += b.len();
            if a != b || joined.faults.len() != script.faults.len() {
                differ += 1;
                println!("{text:?}\n  joined {a:?}\n  placed {b:?}");
            }
        }
    }
    println!("{compared} bodies, {commands} commands, {differ} differ");
    assert_eq!(differ, 0);
}

fn dockerfiles(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            dockerfiles(&path, out);
        } else if path.file_name().is_some_and(|n| n.to_string_lossy().to_lowercase().contains("dockerfile")) {
            out.push(path);
        }
    }
}

/// Over any folder of Dockerfiles: no panic, every word within its command, every literal name as it stands in the file.
#[test]
fn a_folder_of_dockerfiles() {
    let Ok(dir) = std::env::var("DOCKCHECK_WILD") else { return };
    let mut paths = Vec::new();
    dockerfiles(Path::new(&dir), &mut paths);
    let (mut bodies, mut commands, mut named, mut faulty) = (0, 0, 0, 0);
    for path in paths {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let mut sources = Sources::new();
        let id = sources.add(path.clone(), "Dockerfile".into(), bytes);
        let file = sources.file(id);
        let parsed = dockerfile::parse(file);
        if parsed.escape != '\\' {
            continue;
        }
        for (line, script) in scripts(file, &parsed) {
            bodies += 1;
            if let Some(fault) = script.faults.first() {
                faulty += 1;
                println!("{}:{line}: {} ({} commands)", path.display(), fault.message, script.commands.len());
            }
            if script.swallowed.is_some() {
                println!("{}:{line}: swallowed", path.display());
            }
            for command in &script.commands {
                commands += 1;
                for word in &command.words {
                    assert!(command.span.contains(word.span), "{}:{line}", path.display());
                }
                let Some(name) = command.name() else { continue };
                named += 1;
                let raw = file.slice(command.words[0].span).replace("\\\n", "");
                if !raw.contains(['\'', '"', '\\']) {
                    assert_eq!(raw, name, "{}:{line}", path.display());
                }
            }
        }
    }
    println!("{bodies} bodies, {commands} commands, {named} with a literal name, {faulty} with a fault");
}
