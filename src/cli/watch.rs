//! `dockcheck check --watch`: checks, waits until something changes that was read, and checks again, until the user ends it.
//!
//! What was read is looked at by time of change and size a few times a second. That needs no service of the operating system,
//! works on network and container mounts, and costs one call per file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use super::args::{CheckArgs, GlobalArgs};
use super::host::{Exit, Host, Stop};
use super::{check, settings};
use crate::files::{Files, ReadLog};
use crate::redact;
use crate::text::words::plural;

/// Between two looks.
const PACE: Duration = Duration::from_millis(300);
/// After a change: editors write a file in several steps.
const SETTLE: Duration = Duration::from_millis(50);

/// Runs the command; it ends only where the output cannot be written.
pub(crate) fn run(args: &CheckArgs, global: &GlobalArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
    loop {
        let reads = Arc::new(ReadLog::default());
        note_settings(args, world, &reads);
        let started = SystemTime::now();
        if world.stdout_is_terminal {
            // Clear the screen and go to its top: one report at a time.
            world.stdout.write_all(b"\x1b[2J\x1b[H")?;
        }
        match check::run(args, global, world, Some(reads.clone())) {
            // A configuration in the middle of being written, a path that is not there yet.
            Err(Stop::Failed(what)) => writeln!(world.stderr, "dockcheck: {}", redact::sentence(&what))?,
            Err(stop) => return Err(stop),
            Ok(_) => {}
        }
        world.stdout.flush()?;
        let before = Snapshot::of(&reads.paths());
        if before.0.is_empty() {
            return Err(Stop::Failed("there is nothing to watch".into()));
        }
        if global.quiet == 0 {
            let paths = plural(before.0.len(), "path");
            writeln!(world.stderr, "Watching {paths} for changes; Ctrl-C ends")?;
        }
        // What changed while we read may have been read before or after.
        let changed = before.changed_since(started).unwrap_or_else(|| wait(&before));
        thread::sleep(SETTLE);
        if global.quiet == 0 && !world.stdout_is_terminal {
            let base = Files::new(&world.working_dir, &world.working_dir);
            writeln!(world.stderr, "\n-- changed: {}", redact::one_line(&base.display(&changed)))?;
        }
    }
}

/// What decides over a run but is not a part of the project.
fn note_settings(args: &CheckArgs, world: &Host<'_>, reads: &ReadLog) {
    let base = Files::new(&world.working_dir, &world.working_dir);
    let config = settings::config_file(&args.paths, &args.project, &world.working_dir).map(|(path, _)| path);
    let baseline = args.baseline.as_ref().map(|path| base.absolute(path));
    config.iter().chain(&baseline).for_each(|path| reads.note(path));
}

fn wait(before: &Snapshot) -> PathBuf {
    loop {
        thread::sleep(PACE);
        if let Some(changed) = before.first_change() {
            return changed;
        }
    }
}

/// Files and folders with what tells a change; `None` for what is not there.
struct Snapshot(BTreeMap<PathBuf, Option<(SystemTime, u64)>>);

impl Snapshot {
    fn of(paths: &[PathBuf]) -> Self {
        Snapshot(paths.iter().map(|path| (path.clone(), stamp(path))).collect())
    }

    /// A time to come, as a wrong clock leaves it, is no change.
    fn changed_since(&self, started: SystemTime) -> Option<PathBuf> {
        let now = SystemTime::now();
        let during = |(_, stamp): &(&PathBuf, &Option<(SystemTime, u64)>)| {
            stamp.is_some_and(|(changed, _)| changed >= started && changed <= now)
        };
        self.0.iter().find(during).map(|(path, _)| path.clone())
    }

    fn first_change(&self) -> Option<PathBuf> {
        self.0.iter().find(|(path, before)| stamp(path) != **before).map(|(path, _)| path.clone())
    }
}

/// The time of a folder's last change tells what was added to it and taken out; its size tells nothing.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, if meta.is_dir() { 0 } else { meta.len() }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_change_a_new_file_and_a_lost_one_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "1").unwrap();
        let all = [path("a"), path("b")];
        let before = Snapshot::of(&all);
        assert_eq!(before.first_change(), None);
        assert_eq!(before.changed_since(SystemTime::UNIX_EPOCH), Some(path("a")));
        assert_eq!(before.changed_since(SystemTime::now() + Duration::from_secs(60)), None);
        fs::write(path("a"), "12").unwrap();
        assert_eq!(before.first_change(), Some(path("a")));
        let before = Snapshot::of(&all);
        fs::write(path("b"), "").unwrap();
        assert_eq!(before.first_change(), Some(path("b")));
        let before = Snapshot::of(&all);
        fs::remove_file(path("a")).unwrap();
        assert_eq!(before.first_change(), Some(path("a")));
    }
}
