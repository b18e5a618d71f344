//! `dockcheck check`: find, mend, report.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::prepare::{request, settings};
use super::{Exit, Stop, World};
use crate::Report;
use crate::check::{Request, check};
use crate::cli::{CheckArgs, GlobalArgs};
use crate::config::Settings;
use crate::diagnostic::Finding;
use crate::files::{Files, MAX_FILE_BYTES};
use crate::fix::{self, FileChange, unified, write};
use crate::report::{OutputFormat, Style, View, plural, summary};
use crate::rules::by_name;
use crate::sanitize;

/// Runs the command.
pub(super) fn run(args: &CheckArgs, global: &GlobalArgs, world: &mut World<'_>) -> Result<Exit, Stop> {
    let (paths, overlay) = inputs(args, world)?;
    let mut request = request(&paths, &args.project, world);
    request.overlay.extend(overlay.clone());
    let (settings, _) = settings(&paths, &args.project, &args.select, world)?;
    let mut report = examine(&request, &settings, args)?;
    let mut refused = Vec::new();
    if args.fix || args.diff {
        let outcome = mend(report, &request, &settings, args)?;
        refused = outcome.refused;
        if args.diff {
            diff(&outcome.changes, world)?;
            tell(global, world, &refused)?;
            let shown = changed_summary("Would fix", &outcome.applied, &outcome.changes);
            tell(global, world, &[shown])?;
            // What is found is found before the diff is applied.
            let before = examine(&request, &settings, args)?;
            return Ok(exit(&before, &settings, args, &refused));
        }
        if let Some((path, bytes)) = &overlay {
            let fixed = outcome.changes.iter().find(|c| c.path == *path).map_or(bytes, |c| &c.after);
            world.stdout.write_all(fixed)?;
            tell(global, world, &refused)?;
            return Ok(exit(&outcome.report, &settings, args, &refused));
        }
        let root = outcome.report.root.clone();
        match write::write(&root, request.allow_outside_root, &outcome.changes) {
            Ok(()) => {
                if !outcome.applied.is_empty() {
                    tell(global, world, &[changed_summary("Fixed", &outcome.applied, &outcome.changes)])?;
                }
                report = outcome.report;
            }
            Err(error) => {
                refused.push(error.to_string());
                report = examine(&request, &settings, args)?;
            }
        }
    }
    show(&report, args, global, world)?;
    tell(global, world, &refused)?;
    Ok(exit(&report, &settings, args, &refused))
}

type Overlay = Option<(PathBuf, Vec<u8>)>;

/// The paths, and the text on standard input if one of them is `-`.
fn inputs(args: &CheckArgs, world: &mut World<'_>) -> Result<(Vec<PathBuf>, Overlay), Stop> {
    let dash = Path::new("-");
    match (&args.stdin_filename, args.paths.iter().any(|p| p == dash)) {
        (None, false) => Ok((args.paths.clone(), None)),
        (None, true) => Err(Stop::Failed("`-` needs --stdin-filename, which says what the text stands for".into())),
        (Some(_), false) => Err(Stop::Failed("--stdin-filename needs `-` in place of a path".into())),
        (Some(_), true) if args.paths.len() > 1 => Err(Stop::Failed("`-` cannot be checked beside other paths".into())),
        (Some(name), true) => {
            let mut bytes = Vec::new();
            let mut limited = (&mut *world.stdin).take(MAX_FILE_BYTES + 1);
            limited.read_to_end(&mut bytes).map_err(|e| Stop::Failed(format!("standard input: {}", e.kind())))?;
            if bytes.len() as u64 > MAX_FILE_BYTES {
                return Err(Stop::Failed(format!(
                    "standard input is larger than {} MiB",
                    MAX_FILE_BYTES / 1024 / 1024
                )));
            }
            let path = Files::new(&world.working_dir, &world.working_dir).absolute(name);
            Ok((vec![path.clone()], Some((path, bytes))))
        }
    }
}

/// Checks, and leaves out what the settings do not want to see.
fn examine(request: &Request, settings: &Settings, _args: &CheckArgs) -> Result<Report, Stop> {
    let mut report = check(request, settings);
    report.findings.retain(|f| f.severity >= settings.min_severity);
    Ok(report)
}

fn mend(first: Report, request: &Request, settings: &Settings, args: &CheckArgs) -> Result<fix::Outcome, Stop> {
    let root = first.root.clone();
    let overlaid: Vec<&PathBuf> = request.overlay.iter().map(|(path, _)| path).collect();
    // A buffer of an editor is not written, so nothing can be wrong with its file.
    let guard = |path: &Path, read: &[u8]| {
        if overlaid.contains(&&path.to_owned()) {
            return Ok(());
        }
        write::check(&root, request.allow_outside_root, path, read)
    };
    let mut failed = None;
    let mut recheck = |files: &[(PathBuf, Vec<u8>)]| {
        let mut next = request.clone();
        next.overlay.retain(|(path, _)| files.iter().all(|(p, _)| p != path));
        next.overlay.extend(files.iter().cloned());
        examine(&next, settings, args).unwrap_or_else(|stop| {
            failed = Some(stop);
            Report::default()
        })
    };
    let outcome = fix::run(first, args.unsafe_fixes, &guard, &mut recheck);
    match failed {
        Some(stop) => Err(stop),
        None => Ok(outcome),
    }
}

/// The diff, byte for byte unless a terminal would show it.
fn diff(changes: &[FileChange], world: &mut World<'_>) -> Result<(), Stop> {
    let diff = unified::diff(changes);
    if world.stdout_is_terminal {
        world.stdout.write_all(sanitize::excerpt(&String::from_utf8_lossy(&diff)).as_bytes())?;
    } else {
        world.stdout.write_all(&diff)?;
    }
    Ok(())
}

fn changed_summary(verb: &str, applied: &[fix::Applied], changes: &[FileChange]) -> String {
    if applied.is_empty() {
        return "Nothing to fix".into();
    }
    format!("{verb} {} in {}", plural(applied.len(), "finding"), plural(changes.len(), "file"))
}

/// Notes on standard error.
fn tell(global: &GlobalArgs, world: &mut World<'_>, lines: &[String]) -> Result<(), Stop> {
    if global.quiet == 0 {
        for line in lines {
            // Nobody is helped by a run that fails because its notes cannot be shown.
            let _ = writeln!(world.stderr, "{}", sanitize::sentence(line));
        }
    }
    Ok(())
}

fn lookup(name: &str) -> Option<&'static crate::rules::meta::RuleMeta> {
    by_name(name).map(|entry| &entry.meta)
}

fn show(report: &Report, args: &CheckArgs, global: &GlobalArgs, world: &mut World<'_>) -> Result<(), Stop> {
    let format = args.format.unwrap_or(OutputFormat::Full);
    let style = Style { show_suppressed: args.show_suppressed, ..world.style(global) };
    for (format, path) in &args.output {
        let plain = Style { color: false, width: None, unicode: true, ..style.clone() };
        let view = View::new(report, plain, &lookup);
        let mut text = format.render(&view);
        if format.is_text() {
            for line in summary::lines(&view, true) {
                text.push_str(&line);
                text.push('\n');
            }
        }
        to_file(path, text.as_bytes(), world).map_err(|what| Stop::Failed(format!("{}: {what}", path.display())))?;
    }
    if global.quiet > 1 && format.is_text() {
        return Ok(());
    }
    let view = View::new(report, style, &lookup);
    let text = format.render(&view);
    world.stdout.write_all(text.as_bytes())?;
    world.stdout.flush()?;
    let mut notes: Vec<String> = report.errors.iter().chain(&report.bugs).map(|e| format!("dockcheck: {e}")).collect();
    if nothing_checked(report) {
        notes.push("dockcheck: nothing to check: no compose file and no Dockerfile found".into());
    } else if format.is_text() && report.errors.is_empty() {
        if !text.is_empty() && world.stdout_is_terminal {
            notes.push(String::new());
        }
        notes.extend(summary::lines(&view, global.verbose > 0));
        if args.statistics {
            notes.extend(summary::statistics(&view));
        }
    }
    if global.quiet == 0 {
        tell(global, world, &notes)
    } else {
        // Errors are said even to those who want to hear little.
        let errors: Vec<String> = notes.into_iter().filter(|n| n.starts_with("dockcheck: ")).collect();
        tell(&GlobalArgs::default(), world, &errors)
    }
}

/// Writes a report where the user wants it, but not through a link that a repository may have laid there.
fn to_file(path: &Path, bytes: &[u8], world: &World<'_>) -> Result<(), String> {
    let path = Files::new(&world.working_dir, &world.working_dir).absolute(path);
    let link = std::fs::symlink_metadata(&path).is_ok_and(|m| m.file_type().is_symlink());
    if link && !path.starts_with("/dev") && !path.starts_with("/proc") {
        return Err("not written: it is a symbolic link".into());
    }
    std::fs::write(&path, bytes).map_err(|e| format!("not written: {}", e.kind()))
}

fn nothing_checked(report: &Report) -> bool {
    report.checked.files == 0 && report.errors.is_empty() && report.bugs.is_empty() && report.findings.is_empty()
}

fn exit(report: &Report, settings: &Settings, args: &CheckArgs, refused: &[String]) -> Exit {
    let fails = |f: &Finding| f.suppressed.is_none() && settings.fail_level.is_some_and(|level| f.severity >= level);
    if !report.bugs.is_empty() {
        Exit::Bug
    } else if !report.errors.is_empty() || !refused.is_empty() {
        Exit::Failed
    } else if nothing_checked(report) {
        Exit::Nothing
    } else if report.findings.iter().any(fails) && !args.exit_zero {
        Exit::Findings
    } else {
        Exit::Clean
    }
}
