//! `dockcheck check --stdin-jsonl`: one small project a line in, one report a line out, in the same order. So that an engine
//! that spreads work over machines can drive dockcheck as one process per core, not one per project. Memory is bounded by
//! [`MAX_LINE_BYTES`] and [`BATCH_BYTES`], not by the number of lines.

use std::io::{BufRead, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::args::CheckArgs;
use super::host::{Exit, Host, Stop};
use super::settings::settings;
use crate::compose::ComposeOptions;
use crate::config::Settings;
use crate::diagnostic::Finding;
use crate::files::{Files, os_error};
use crate::lint::check::{Request, judge};
use crate::project::Project;
use crate::redact;
use crate::report::{Style, View, json as report};
use crate::rules::meta_of;

/// A longer line is answered with an error and not kept: four times the largest single file that is read.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;
/// How much input is worked on at a time, side by side.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
const BATCH_LINES: usize = 512;

/// A line of input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// Whatever it is, the report's line repeats it.
    #[serde(default)]
    id: Value,
    /// Texts by path from the project's root; `null` for a file that exists and whose text is of no interest.
    #[serde(default)]
    files: Map<String, Value>,
    /// Short for `files` with this one `Dockerfile`.
    dockerfile: Option<String>,
    /// Whether there is no file beside those given, so that another one is missing, not unknown.
    #[serde(default)]
    complete: bool,
}

/// Runs until standard input ends.
pub(crate) fn run(args: &CheckArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
    let (settings, _) = settings(&[], &args.project, &args.select, &world.working_dir)?;
    // Paths in overrides start at each project's root.
    let settings = Settings { base: Files::in_memory([], true).root().to_owned(), baseline: None, ..settings };
    let mut input = BufReader::with_capacity(1 << 20, &mut *world.stdin);
    let mut worst = Exit::Nothing;
    loop {
        let batch = read_batch(&mut input).map_err(|e| Stop::Failed(format!("standard input: {}", os_error(&e))))?;
        if batch.is_empty() {
            break;
        }
        let answers: Vec<(Exit, String)> =
            batch.par_iter().map(|line| answer(line, &settings, args.fail_on_unjudged)).collect();
        let mut text = String::new();
        for (exit, answer) in answers {
            worst = worse(worst, exit);
            text.push_str(&answer);
            text.push('\n');
        }
        // Whoever feeds us line by line waits for the answers.
        match world.stdout.write_all(text.as_bytes()).and_then(|()| world.stdout.flush()) {
            // The reader went away: what was found until then counts.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    Ok(if worst == Exit::Findings && args.exit_zero { Exit::Clean } else { worst })
}

/// A fault of ours is worse than a line that could not be read, that worse than findings, those worse than none.
fn worse(a: Exit, b: Exit) -> Exit {
    let rank = |exit: Exit| match exit {
        Exit::Nothing => 0,
        Exit::Clean => 1,
        Exit::Findings => 2,
        Exit::Failed => 3,
        Exit::Bug => 4,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// The next lines without their ends; a line that is too long is `None`. A batch ends where the next line is not there yet:
/// its writer may wait for our answers first.
fn read_batch(input: &mut BufReader<impl Read>) -> std::io::Result<Vec<Option<Vec<u8>>>> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while bytes < BATCH_BYTES && batch.len() < BATCH_LINES && (batch.is_empty() || !input.buffer().is_empty()) {
        let mut line = Vec::new();
        let read = input.by_ref().take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        bytes += read;
        if line.last() == Some(&b'\n') {
            line.pop();
            batch.push(Some(line));
        } else if line.len() > MAX_LINE_BYTES {
            drop(line);
            skip_line(input)?;
            batch.push(None);
        } else {
            // The last line needs no end.
            batch.push(Some(line));
        }
    }
    Ok(batch)
}

fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let waiting = input.fill_buf()?;
        let end = waiting.iter().position(|b| *b == b'\n');
        let (used, done) = match end {
            Some(at) => (at + 1, true),
            None => (waiting.len(), waiting.is_empty()),
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

fn answer(line: &Option<Vec<u8>>, settings: &Settings, fail_on_unjudged: bool) -> (Exit, String) {
    let Some(bytes) = line else {
        return failed(Value::Null, format!("the line is longer than {} MiB", MAX_LINE_BYTES / 1024 / 1024));
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return failed(Value::Null, "the line is empty".to_owned());
    }
    let line: Line = match serde_json::from_slice(bytes) {
        Ok(line) => line,
        // Of the parser's sentence only the place: it may quote what the line holds.
        Err(error) => return failed(Value::Null, format!("the line is no project: column {}", error.column())),
    };
    let id = line.id.clone();
    match catch_unwind(AssertUnwindSafe(|| judged(line, settings, fail_on_unjudged))) {
        Ok(answer) => answer,
        Err(_) => (Exit::Bug, failed(id, "the check failed; please report this as a bug of dockcheck".to_owned()).1),
    }
}

fn failed(id: Value, message: String) -> (Exit, String) {
    let answer = json!({ "id": id, "exit": Exit::Failed as i32, "errors": [{ "message": message }] });
    (Exit::Failed, document(&answer))
}

/// A line of output. It may end in a log or on a terminal as every other report may.
fn document(answer: &Value) -> String {
    redact::json(&answer.to_string()).into_owned()
}

fn judged(line: Line, settings: &Settings, fail_on_unjudged: bool) -> (Exit, String) {
    let mut given: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
    given.extend(line.dockerfile.map(|text| (PathBuf::from("Dockerfile"), Some(text.into_bytes()))));
    for (path, text) in line.files {
        match text {
            Value::String(text) => given.push((path.into(), Some(text.into_bytes()))),
            Value::Null => given.push((path.into(), None)),
            _ => return failed(line.id, "a file is neither a text nor null".to_owned()),
        }
    }
    let files = Files::in_memory(given, line.complete);
    let request = Request { working_dir: files.root().to_owned(), ..Request::default() };
    let project = Project::load(files, &ComposeOptions::default(), &[]);
    let mut checked = judge(project, &request, settings);
    checked.findings.retain(|f| f.severity >= settings.min_severity);
    let unjudged = fail_on_unjudged && checked.coverage.iter().any(|note| note.unjudged);
    let fails = |f: &Finding| f.suppressed.is_none() && settings.fail_level.is_some_and(|level| f.severity >= level);
    let exit = if !checked.bugs.is_empty() {
        Exit::Bug
    } else if checked.checked.files == 0 && checked.findings.is_empty() && !unjudged {
        Exit::Nothing
    } else if checked.findings.iter().any(fails) || unjudged {
        Exit::Findings
    } else {
        Exit::Clean
    };
    let view = View::new(&checked, Style::default(), &meta_of);
    let mut answer = Map::new();
    answer.insert("id".to_owned(), line.id);
    answer.insert("exit".to_owned(), Value::from(exit as i32));
    if let Value::Object(document) = report::document(&view) {
        answer.extend(document);
    }
    (exit, document(&Value::Object(answer)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_passed_over() {
        let mut text = vec![b'x'; MAX_LINE_BYTES + 10];
        text.extend(b"\n{}\nlast");
        let batch = read_batch(&mut BufReader::new(text.as_slice())).unwrap();
        assert_eq!(batch.len(), 1, "a long line fills a batch");
        assert_eq!(batch[0], None);
        let mut rest = BufReader::new(&text[MAX_LINE_BYTES + 11..]);
        let batch = read_batch(&mut rest).unwrap();
        assert_eq!(batch, [Some(b"{}".to_vec()), Some(b"last".to_vec())]);
    }

    #[test]
    fn the_worst_line_decides() {
        assert_eq!(worse(Exit::Nothing, Exit::Clean), Exit::Clean);
        assert_eq!(worse(Exit::Failed, Exit::Findings), Exit::Failed);
    }
}
