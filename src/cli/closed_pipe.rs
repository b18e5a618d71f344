//! Standard output whose reader may go away: `dockcheck | head -1`.

use std::io::{self, Write};

/// Passes on what is written until the reader has gone, and drops the rest without an error.
pub(super) struct UntilClosed<'w> {
    inner: &'w mut dyn Write,
    closed: bool,
}

impl<'w> UntilClosed<'w> {
    pub(super) fn new(inner: &'w mut dyn Write) -> Self {
        UntilClosed { inner, closed: false }
    }

    fn unless_closed<T>(&mut self, done: T, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
        if self.closed {
            return Ok(done);
        }
        match write(self.inner) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(done)
            }
            written => written,
        }
    }
}

impl Write for UntilClosed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(bytes.len(), |inner| inner.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed((), |inner| inner.flush())
    }
}
