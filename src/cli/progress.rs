//! The progress line of a long check: on a terminal's standard error, after half a second, and gone when the check is done.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::args::{CheckArgs, GlobalArgs};
use super::host::Host;
use crate::files::ReadLog;

/// A check that is done sooner shows nothing: a line that flashes up tells nobody anything.
const PATIENCE: Duration = Duration::from_millis(500);
/// Between two looks at the count.
const PACE: Duration = Duration::from_millis(100);

/// Whether there is a terminal to show progress on, and nobody asked for silence.
pub(crate) fn is_wanted(args: &CheckArgs, global: &GlobalArgs, world: &Host<'_>) -> bool {
    world.stderr_is_terminal && !args.no_progress && global.quiet == 0 && world.variable("TERM") != Some("dumb")
}

/// A line that shows how much was read so far, as long as this value lives.
pub(crate) struct ProgressLine {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ProgressLine {
    pub(crate) fn start(reads: Arc<ReadLog>) -> Self {
        ProgressLine::onto(reads, PATIENCE, io::stderr())
    }

    fn onto(reads: Arc<ReadLog>, patience: Duration, out: impl Write + Send + 'static) -> Self {
        let (stop, stopped) = channel();
        ProgressLine { stop: Some(stop), thread: Some(thread::spawn(move || show(&reads, patience, &stopped, out))) }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        // The other end wakes up where this one is gone.
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A progress line that failed is no reason to fail.
            let _ = thread.join();
        }
    }
}

fn show(reads: &ReadLog, patience: Duration, stopped: &Receiver<()>, mut out: impl Write) {
    let mut wait = patience;
    let mut shown = false;
    while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        // To the line's start, the text, and clear what is left of a longer one.
        let _ = write!(out, "\rChecking: {} files and folders read\x1b[K", reads.count());
        let _ = out.flush();
        (wait, shown) = (PACE, true);
    }
    if shown {
        let _ = write!(out, "\r\x1b[K");
        let _ = out.flush();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn shows_nothing_of_a_short_check_and_cleans_up_after_a_long_one() {
        const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
        let log = Arc::new(ReadLog::default());
        let screen = Screen::default();
        drop(ProgressLine::onto(log.clone(), A_DAY, screen.clone()));
        assert!(screen.0.lock().unwrap().is_empty());
        log.note(Path::new("/a"));
        let line = ProgressLine::onto(log, Duration::ZERO, screen.clone());
        while screen.0.lock().unwrap().is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
        drop(line);
        let text = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
        assert!(text.starts_with("\rChecking: 1 files and folders read\x1b[K"), "{text:?}");
        assert!(text.ends_with("\r\x1b[K"), "{text:?}");
    }
}
