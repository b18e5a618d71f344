//! `--changed-since REF`: only what a change touches.
//!
//! The old texts come from git's object store through `git cat-file`, and the comparison is ours. `git diff` would be
//! shorter and would run what a repository's configuration names (filters, external diffs, file monitors); reading objects
//! runs nothing. Fetching a missing object is forbidden, so nothing is asked of the network either.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::host::Stop;
use crate::diagnostic::Report;
use crate::files::os_error;
use crate::report::path_from_root;
use crate::text::{FileId, Span};

/// How long git may take for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lines of a file that are not as they were.
enum Changed {
    /// New, or not to be compared.
    All,
    /// Ranges of lines from 1, the end exclusive.
    Lines(Vec<(u32, u32)>),
}

/// Keeps the findings that touch a changed line, or have evidence in another file that changed.
pub(crate) fn filter(report: &mut Report, reference: &str) -> Result<(), Stop> {
    let root = report.root.clone();
    is_readable(&root)?;
    let base = base(&root, reference)?;
    let mut files: Vec<FileId> = report
        .findings
        .iter()
        .flat_map(|f| std::iter::once(&f.primary).chain(&f.related))
        .map(|l| l.span.file)
        .collect();
    files.sort();
    files.dedup();
    let names: Vec<Option<String>> = files
        .iter()
        .map(|id| path_from_root(report.sources.file(*id).path(), &root).filter(|n| !n.contains('\n')))
        .collect();
    let olds = blobs(&root, &base, &names)?;
    let changed: HashMap<FileId, Changed> = files
        .iter()
        .zip(olds)
        .map(|(id, old)| {
            let new = report.sources.file(*id).bytes();
            (*id, old.map_or(Changed::All, |old| lines(&old, new)))
        })
        .collect();
    let sources = &report.sources;
    let touches = |span: Span| match changed.get(&span.file) {
        None | Some(Changed::All) => true,
        Some(Changed::Lines(ranges)) => {
            let file = sources.file(span.file);
            let (from, to) = (file.line_of(span.start), file.line_of(span.end));
            ranges.iter().any(|(start, end)| *start <= to && from < *end)
        }
    };
    let differs = |file: FileId| !matches!(changed.get(&file), Some(Changed::Lines(ranges)) if ranges.is_empty());
    report.findings.retain(|f| {
        let own = f.primary.span.file;
        touches(f.primary.span)
            || f.related.iter().any(|l| touches(l.span) || l.span.file != own && differs(l.span.file))
    });
    Ok(())
}

fn git(root: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(root)
        .args(["--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never"])
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stderr(Stdio::null());
    command
}

/// What git answers, and whether it succeeded. One that gives no answer is ended: a repository may hold a pipe where git
/// expects a file.
fn ask(command: &mut Command, input: String) -> Result<(Vec<u8>, bool), Stop> {
    let failed = |e: &std::io::Error| {
        Stop::Failed(match e.kind() {
            std::io::ErrorKind::NotFound => "--changed-since needs the program git, which is not installed".to_owned(),
            _ => format!("--changed-since needs git: {}", os_error(e)),
        })
    };
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|e| failed(&e))?;
    let stdin = child.stdin.take();
    std::thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(input.as_bytes())));
    let stdout = child.stdout.take();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        let read = stdout.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut answer));
        sender.send(read.map(|_| answer))
    });
    let Ok(answer) = receiver.recv_timeout(PATIENCE) else {
        let _ = child.kill();
        let _ = child.wait();
        let seconds = PATIENCE.as_secs();
        return Err(Stop::Failed(format!("--changed-since: git gave no answer in {seconds} seconds")));
    };
    let answer = answer.map_err(|e| failed(&e))?;
    let status = child.wait().map_err(|e| failed(&e))?;
    Ok((answer, status.success()))
}

/// Refuses a repository in which git would wait for a pipe or a device.
fn is_readable(root: &Path) -> Result<(), Stop> {
    const READ: [&str; 8] =
        ["HEAD", "config", "commondir", "packed-refs", "shallow", "index", "info/grafts", "objects/info/alternates"];
    let folder = root.join(".git");
    let odd = |name: &&str| {
        let meta = std::fs::metadata(folder.join(name));
        meta.is_ok_and(|m| !m.is_file() && !m.is_dir())
    };
    match READ.iter().find(|name| odd(name)) {
        Some(name) => Err(Stop::Failed(format!("--changed-since: `.git/{name}` is not a regular file"))),
        None => Ok(()),
    }
}

/// The commit at which this work parted from the reference; the reference itself where the history is cut short.
fn base(root: &Path, reference: &str) -> Result<String, Stop> {
    let failed = || Stop::Failed(format!("--changed-since: git knows no revision `{reference}` in {}", root.display()));
    if reference.starts_with('-') || reference.is_empty() {
        return Err(failed());
    }
    let run = |args: &[&str]| -> Result<Option<String>, Stop> {
        let (output, success) = ask(git(root).args(args), String::new())?;
        let text = String::from_utf8_lossy(&output).trim().to_owned();
        Ok((success && !text.is_empty()).then_some(text))
    };
    let commit = run(&["rev-parse", "--verify", "--quiet", &format!("{reference}^{{commit}}")])?.ok_or_else(failed)?;
    Ok(run(&["merge-base", &commit, "HEAD"])?.unwrap_or(commit))
}

/// The texts of files at a commit; `None` for one that it does not hold.
fn blobs(root: &Path, commit: &str, names: &[Option<String>]) -> Result<Vec<Option<Vec<u8>>>, Stop> {
    let asked: String = names.iter().flatten().map(|name| format!("{commit}:./{name}\n")).collect();
    let (answer, _) = ask(git(root).args(["cat-file", "--batch"]), asked)?;
    let mut rest = answer.as_slice();
    let mut out = Vec::new();
    for name in names {
        let text = name.as_ref().and_then(|_| {
            let end = rest.iter().position(|b| *b == b'\n')?;
            let head = String::from_utf8_lossy(rest.get(..end)?).into_owned();
            rest = rest.get(end + 1..)?;
            // "<id> blob <size>", or "<name> missing".
            let size: usize = head.rsplit_once(" blob ")?.1.parse().ok()?;
            let text = rest.get(..size)?.to_vec();
            rest = rest.get(size + 1..)?;
            Some(text)
        });
        out.push(text);
    }
    Ok(out)
}

/// Lines of the new text that are not in the old one. Where lines only went, their neighbours count.
fn lines(old: &[u8], new: &[u8]) -> Changed {
    // What stands at checkout may have other line ends than the object store.
    let split = |text: &[u8]| -> Vec<Vec<u8>> {
        text.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec()).collect()
    };
    let (old, new) = (split(old), split(new));
    let number = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
    let ranges = capture_diff_slices(Algorithm::Myers, &old, &new)
        .into_iter()
        .filter(|op| !matches!(op, DiffOp::Equal { .. }))
        .map(|op| {
            let range = op.new_range();
            if range.is_empty() {
                (number(range.start.saturating_sub(1)), number(range.start + 1))
            } else {
                (number(range.start), number(range.end))
            }
        })
        .collect();
    Changed::Lines(ranges)
}
