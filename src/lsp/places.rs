//! Places of a report in the protocol's terms, against the very texts that were checked.

use std::path::Path;
use std::sync::OnceLock;

use lsp_types::Range;

use super::position::{Encoding, Lines};
use crate::text::{SourceFile, Sources, Span};

/// The line tables of a report's files, built on first use.
#[derive(Debug, Default)]
pub(super) struct Places {
    lines: Vec<OnceLock<Lines>>,
    /// Files that the client has open, by index.
    open: Vec<bool>,
    encoding: Encoding,
}

impl Places {
    pub(super) fn new(sources: &Sources, encoding: Encoding, is_open: impl Fn(&Path) -> bool) -> Self {
        Places {
            lines: sources.iter().map(|_| OnceLock::new()).collect(),
            open: sources.iter().map(|file| is_open(file.path())).collect(),
            encoding,
        }
    }

    fn lines(&self, file: &SourceFile) -> Option<&Lines> {
        let index = file.id().index();
        let open = self.open.get(index).copied().unwrap_or_default();
        self.lines.get(index).map(|cell| cell.get_or_init(|| Lines::new(file.text(), open)))
    }

    /// The range of a span of a file that the user wrote.
    pub(super) fn range(&self, sources: &Sources, span: Span) -> Range {
        let file = sources.file(span.file);
        let lines = self.lines(file);
        lines.map(|lines| lines.range(file.text(), span.range(), self.encoding)).unwrap_or_default()
    }
}
