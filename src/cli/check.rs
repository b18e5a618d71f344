//! `dockcheck check`: find, mend, report.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{CheckArgs, GlobalArgs};
use super::host::{Exit, Host, Stop};
use super::settings::{request, settings};
use super::{changed, progress};
use crate::config::Settings;
use crate::diagnostic::Finding;
use crate::diagnostic::Report;
use crate::files::discover::root_of;
use crate::files::{Files, MAX_FILE_BYTES, ReadError, ReadLog};
use crate::graph::Graph;
use crate::lint::baseline::Baseline;
use crate::lint::check::{Request, check, load, root};
use crate::lint::fix::{self, FileChange, unified, write};
use crate::lint::suppress::write as write_ignores;
use crate::redact;
use crate::report::path_from_root;
use crate::report::{OutputFormat, Style, View, summary};
use crate::rules::meta_of;
use crate::text::words::plural;

/// A hundred thousand findings and more.
const MAX_BASELINE_BYTES: u64 = 64 << 20;

/// One call of the command.
struct Job<'a> {
    args: &'a CheckArgs,
    global: &'a GlobalArgs,
    settings: Settings,
    baseline: Option<Baseline>,
}

/// Runs the command.
///
/// What is opened goes into the log, if there is one.
pub(crate) fn run(
    args: &CheckArgs,
    global: &GlobalArgs,
    world: &mut Host<'_>,
    reads: Option<Arc<ReadLog>>,
) -> Result<Exit, Stop> {
    let (paths, overlay) = inputs(args, world)?;
    let mut request = request(&paths, &args.project, world);
    request.overlay.extend(overlay.clone());
    let shows_progress = progress::is_wanted(args, global, world);
    request.reads = reads.or_else(|| shows_progress.then(Arc::default));
    let (mut settings, _) = settings(&paths, &args.project, &args.select, &world.working_dir)?;
    let files = Files::new(&world.working_dir, &world.working_dir);
    if let Some(path) = &args.baseline {
        settings.baseline = Some(files.absolute(path));
    }
    // What the caller names may lie anywhere; what the repository names lies in it.
    let trusted = args.baseline.is_some() || args.project.config.is_some() || args.project.allow_outside_root;
    let readable = Files::new(&root(&request), &world.working_dir).allow_outside_root(trusted);
    let baseline = read_baseline(settings.baseline.as_deref(), args.write_baseline.is_some(), &readable)?;
    let job = Job { args, global, settings, baseline };
    let progress = request.reads.clone().filter(|_| shows_progress).map(progress::ProgressLine::start);
    let examined = job.examine(&request);
    drop(progress);
    let (report, stale) = examined?;
    if let Some(path) = &args.write_baseline {
        return job.write_baseline(path, report, world);
    }
    if args.add_ignores {
        return job.add_ignores(report, &request, world);
    }
    if stale > 0 {
        let entries = if stale == 1 { "1 entry" } else { &format!("{stale} entries") };
        job.tell(
            world,
            &[format!("note: {entries} of the baseline no longer found; `--write-baseline` takes them out")],
        );
    }
    if args.diff {
        return job.diff(report, &request, world);
    }
    if !args.fix {
        job.show(&report, &request, world)?;
        return Ok(job.exit(&report, &[]));
    }
    let outcome = job.mend(report, &request, false)?;
    let mut refused = outcome.refused;
    if let Some((path, bytes)) = &overlay {
        // The text came on standard input, so the fixed one goes to standard output.
        let fixed = outcome.changes.iter().find(|c| c.path == *path).map_or(bytes, |c| &c.after);
        world.stdout.write_all(fixed)?;
        job.tell(world, &refused);
        return Ok(job.exit(&outcome.report, &refused));
    }
    let report = match write::write(&outcome.report.root, request.allow_outside_root, &outcome.changes) {
        Ok(()) => {
            if !outcome.applied.is_empty() {
                job.tell(world, &[changed_summary("Fixed", &outcome.applied, &outcome.changes)]);
            }
            outcome.report
        }
        Err(error) => {
            refused.push(error.to_string());
            job.examine(&request)?.0
        }
    };
    job.show(&report, &request, world)?;
    job.tell(world, &refused);
    Ok(job.exit(&report, &refused))
}

/// The known findings. Where a baseline is about to be written there may be none yet.
fn read_baseline(path: Option<&Path>, writing: bool, files: &Files) -> Result<Option<Baseline>, Stop> {
    let Some(path) = path else { return Ok(None) };
    let failed = |what: String| Stop::Failed(format!("{}: {what}", files.display(path)));
    match files.read_up_to(path, MAX_BASELINE_BYTES) {
        Ok(bytes) => Baseline::parse(&String::from_utf8_lossy(&bytes)).map(Some).map_err(failed),
        Err(ReadError::Missing) if writing => Ok(None),
        Err(error) => Err(failed(error.to_string())),
    }
}

type Overlay = Option<(PathBuf, Vec<u8>)>;

/// The paths, and the text on standard input if one of them is `-`.
fn inputs(args: &CheckArgs, world: &mut Host<'_>) -> Result<(Vec<PathBuf>, Overlay), Stop> {
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

impl Job<'_> {
    /// Checks, leaves out what is not to be seen, marks what is known; and how many entries of the baseline match nothing.
    fn examine(&self, request: &Request) -> Result<(Report, usize), Stop> {
        let mut report = check(request, &self.settings);
        let settings = &self.settings;
        report.findings.retain(|f| f.severity >= settings.min_severity && f.confidence >= settings.min_confidence);
        let stale = self.baseline.as_ref().map_or(0, |baseline| baseline.apply(&mut report));
        // A baseline speaks of the whole project; a part of it or of the rules says nothing of the rest.
        let whole = request.paths.is_empty() && self.settings.only.is_none() && report.errors.is_empty();
        if let Some(reference) = &self.args.changed_since {
            changed::filter(&mut report, reference)?;
        }
        Ok((report, if whole { stale } else { 0 }))
    }

    /// Fixes in memory; with `ignores` the fixes are comments that silence.
    fn mend(&self, first: Report, request: &Request, ignores: bool) -> Result<fix::FixOutcome, Stop> {
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
            let (mut report, _) = self.examine(&next).unwrap_or_else(|stop| {
                failed = Some(stop);
                (Report::default(), 0)
            });
            if ignores {
                write_ignores::offer(&mut report.findings, &report.sources);
            }
            report
        };
        let outcome = fix::run(first, self.args.unsafe_fixes, &guard, &mut recheck);
        match failed {
            Some(stop) => Err(stop),
            None => Ok(outcome),
        }
    }

    fn diff(&self, report: Report, request: &Request, world: &mut Host<'_>) -> Result<Exit, Stop> {
        // Nothing will be mended, so what counts is what was found.
        let found = self.exit(&report, &[]);
        let outcome = self.mend(report, request, false)?;
        let diff = unified::diff(&outcome.changes);
        // Byte for byte, but for what a terminal or a CI system would act upon: a pipe may lead into a log.
        let shown = redact::diff(&diff);
        if world.stdout_is_terminal {
            world.stdout.write_all(redact::excerpt(&String::from_utf8_lossy(&shown)).as_bytes())?;
        } else {
            world.stdout.write_all(&shown)?;
        }
        world.stdout.flush()?;
        if shown != diff {
            let what = "control characters or commands to a CI system are masked in this diff: it does not apply; \
                        `--fix` writes the files";
            self.tell(world, &[format!("note: {what}")]);
        }
        self.tell(world, &outcome.refused);
        self.tell(world, &[changed_summary("Would fix", &outcome.applied, &outcome.changes)]);
        Ok(match found {
            Exit::Bug => found,
            _ if !outcome.refused.is_empty() => Exit::Failed,
            _ => found,
        })
    }

    fn write_baseline(&self, path: &Path, report: Report, world: &mut Host<'_>) -> Result<Exit, Stop> {
        if !report.errors.is_empty() || !report.bugs.is_empty() {
            self.tell(world, &failures(&report));
            return Ok(self.exit(&report, &[]));
        }
        let name = |f: &Finding| {
            let file = report.sources.file(f.primary.span.file);
            path_from_root(file.path(), &report.root).unwrap_or_else(|| file.name().to_owned())
        };
        let baseline = Baseline::of(&report, &name, self.baseline.as_ref());
        to_file(path, baseline.to_text().as_bytes(), world)
            .map_err(|what| Stop::Failed(format!("{}: {what}", path.display())))?;
        self.tell(world, &[format!("Wrote {} to {}", plural(baseline.count(), "finding"), path.display())]);
        Ok(Exit::Clean)
    }

    fn add_ignores(&self, mut report: Report, request: &Request, world: &mut Host<'_>) -> Result<Exit, Stop> {
        write_ignores::offer(&mut report.findings, &report.sources);
        let outcome = self.mend(report, request, true)?;
        write::write(&outcome.report.root, request.allow_outside_root, &outcome.changes)
            .map_err(|e| Stop::Failed(e.to_string()))?;
        let comments = plural(outcome.applied.len(), "comment");
        self.tell(world, &[format!("Wrote {comments} into {}", plural(outcome.changes.len(), "file"))]);
        self.tell(world, &outcome.refused);
        let left = write_ignores::left(&outcome.report.findings).len();
        if left > 0 {
            self.tell(world, &[format!("{} could not be silenced by a comment", plural(left, "finding"))]);
        }
        Ok(self.exit(&outcome.report, &outcome.refused))
    }

    /// Notes on standard error.
    fn tell(&self, world: &mut Host<'_>, lines: &[String]) {
        if self.global.quiet == 0 {
            tell(world, lines);
        }
    }

    fn show(&self, report: &Report, request: &Request, world: &mut Host<'_>) -> Result<(), Stop> {
        let format = self.args.format.unwrap_or(OutputFormat::Full);
        let mut style = Style { show_suppressed: self.args.show_suppressed, ..world.style(self.global) };
        let shows_graph = |f: &OutputFormat| *f == OutputFormat::Html;
        if shows_graph(&format) || self.args.output.iter().any(|(f, _)| shows_graph(f)) {
            style.graph = load(request).ok().map(|project| {
                let asked: Vec<PathBuf> = match request.paths.as_slice() {
                    [] => vec![project.files.absolute(Path::new("."))],
                    paths => paths.iter().map(|p| project.files.absolute(p)).collect(),
                };
                project.redact(&Graph::of(&project).below(&project, &asked).to_text(false), false)
            });
        }
        for (format, path) in &self.args.output {
            let plain = Style { color: false, width: None, unicode: true, ..style.clone() };
            let view = View::new(report, plain, &meta_of);
            let mut text = format.render(&view);
            if format.is_text() {
                summary::lines(&view, true).iter().for_each(|line| text.extend([line, "\n"]));
            }
            to_file(path, text.as_bytes(), world)
                .map_err(|what| Stop::Failed(format!("{}: {what}", path.display())))?;
        }
        let view = View::new(report, style, &meta_of);
        let text = if self.global.quiet > 1 && format.is_text() { String::new() } else { format.render(&view) };
        world.stdout.write_all(text.as_bytes())?;
        world.stdout.flush()?;
        if format == OutputFormat::Github
            && let Some(path) = world.environment.get("GITHUB_STEP_SUMMARY").filter(|p| !p.is_empty())
        {
            append(Path::new(path), OutputFormat::Markdown.render(&view).as_bytes())
                .map_err(|e| Stop::Failed(format!("the job summary could not be written: {}", e.kind())))?;
        }
        let failures = failures(report);
        // Errors are said even to those who want to hear little.
        tell(world, &failures);
        if nothing_checked(report) && format.is_text() {
            // Why there was nothing is in the notes.
            self.tell(world, &summary::notes(&view, self.global.verbose > 0));
        } else if failures.is_empty() && format.is_text() {
            if !text.is_empty() && world.stdout_is_terminal {
                self.tell(world, &[String::new()]);
            }
            self.tell(world, &summary::lines(&view, self.global.verbose > 0));
            if self.args.statistics {
                self.tell(world, &summary::statistics(&view));
            }
        }
        Ok(())
    }

    fn exit(&self, report: &Report, refused: &[String]) -> Exit {
        let level = self.settings.fail_level;
        let fails = |f: &Finding| f.suppressed.is_none() && level.is_some_and(|level| f.severity >= level);
        if !report.bugs.is_empty() {
            Exit::Bug
        } else if !report.errors.is_empty() || !refused.is_empty() {
            Exit::Failed
        } else if nothing_checked(report) {
            Exit::Nothing
        } else if report.findings.iter().any(fails) && !self.args.exit_zero {
            Exit::Findings
        } else {
            Exit::Clean
        }
    }
}

fn changed_summary(verb: &str, applied: &[fix::Applied], changes: &[FileChange]) -> String {
    if applied.is_empty() {
        return "Nothing to fix".into();
    }
    format!("{verb} {} in {}", plural(applied.len(), "finding"), plural(changes.len(), "file"))
}

fn tell(world: &mut Host<'_>, lines: &[String]) {
    for line in lines {
        // Nobody is helped by a run that fails because its notes cannot be shown.
        let _ = writeln!(world.stderr, "{}", redact::sentence(line));
    }
}

/// What kept us from the job, or that there was none.
fn failures(report: &Report) -> Vec<String> {
    let mut out: Vec<String> = report.errors.iter().chain(&report.bugs).map(|e| format!("dockcheck: {e}")).collect();
    if nothing_checked(report) {
        out.push("dockcheck: nothing to check: no compose file and no Dockerfile found".into());
    }
    out
}

/// Adds to a file that the CI system named.
fn append(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    std::io::Write::write_all(&mut file, bytes)
}

/// Writes a report where the user wants it, but not through a link that a repository may have laid there.
fn to_file(path: &Path, bytes: &[u8], world: &Host<'_>) -> Result<(), String> {
    let path = Files::new(&world.working_dir, &world.working_dir).absolute(path);
    let is_link = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_symlink());
    if is_link(&path) && !path.starts_with("/dev") && !path.starts_with("/proc") {
        return Err("not written: it is a symbolic link".into());
    }
    let root = root_of(&world.working_dir);
    let folders = path.ancestors().skip(1).take_while(|folder| *folder != root);
    if path.starts_with(&root) && folders.into_iter().any(is_link) {
        return Err("not written: a folder on the way is a symbolic link; name the place that it leads to".into());
    }
    std::fs::write(&path, bytes).map_err(|e| format!("not written: {}", e.kind()))
}

fn nothing_checked(report: &Report) -> bool {
    report.checked.files == 0 && report.errors.is_empty() && report.bugs.is_empty() && report.findings.is_empty()
}
