//! Logical lines: physical lines glued at their continuation characters, with the way back to the file's bytes.
//!
//! The builder joins lines before it looks at any word, so every other file here works on the joined text and asks its
//! [`Line`] where a piece of it stands in the file.

use std::ops::Range;

use super::Word;
use crate::text::{FileId, SourceFile, Span};

/// A stretch of joined text that is contiguous in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) joined: usize,
    pub(super) file: usize,
}

/// The joined text of one instruction (heredoc bodies excluded).
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) segments: &'a [Segment],
    pub(super) file: FileId,
}

impl<'a> Line<'a> {
    /// Where the byte at `at` stands in the file; for the end of the text, the place behind its last byte.
    pub(super) fn start(&self, at: usize) -> usize {
        let after = self.segments.partition_point(|s| s.joined <= at);
        match after.checked_sub(1).and_then(|i| self.segments.get(i)) {
            Some(segment) => segment.file + (at - segment.joined),
            None => self.segments.first().map_or(0, |s| s.file),
        }
    }

    /// The place behind the byte before `at`: continuations after it are not part of what ends here.
    pub(super) fn end(&self, at: usize) -> usize {
        match at.checked_sub(1) {
            Some(last) => self.start(last) + 1,
            None => self.start(0),
        }
    }

    pub(super) fn span(&self, range: Range<usize>) -> Span {
        if range.is_empty() {
            return Span::at(self.file, self.end(range.start));
        }
        Span::new(self.file, self.start(range.start)..self.end(range.end))
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or("")
    }

    pub(super) fn word(&self, range: Range<usize>) -> Word {
        Word { text: self.slice(range.clone()).to_owned(), span: self.span(range) }
    }
}

/// One physical line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Physical {
    pub(super) start: usize,
    /// Behind the last byte that is no part of the line end.
    pub(super) end: usize,
    /// Start of the next line.
    pub(super) next: usize,
}

/// Reads physical lines one by one.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// Number of lines read so far: the number, from 1, of the line read last.
    pub(super) line: u32,
}

impl Cursor<'_> {
    pub(super) fn next_line(&mut self) -> Option<Physical> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let next = rest.find('\n').map_or(self.text.len(), |at| start + at + 1);
        self.at = next;
        self.line += 1;
        let end = start + self.text.get(start..next).unwrap_or("").trim_end_matches(['\n', '\r']).len();
        Some(Physical { start, end, next })
    }
}

/// Length of `line` without its continuation character, if it ends with one: an escape character that is the last thing
/// but blanks on the line and does not follow another one.
pub(super) fn before_continuation(line: &str, escape: char) -> Option<usize> {
    let before = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!before.ends_with(escape)).then_some(before.len())
}

/// Comments begin with `#` behind any white space.
pub(super) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// The text under a span as the builder joins it: continuations, and comments and empty lines between them, taken out.
#[derive(Clone, Debug)]
pub struct Joined {
    pub text: String,
    segments: Vec<Segment>,
}

/// Joins the lines under a span that begins inside an instruction. `escape` is [`super::Dockerfile::escape`].
pub fn join(file: &SourceFile, span: Span, escape: char) -> Joined {
    let text = file.slice(span);
    let mut cursor = Cursor { text, at: 0, line: 0 };
    let mut joined = Joined { text: String::with_capacity(text.len()), segments: Vec::new() };
    let mut first = true;
    while let Some(line) = cursor.next_line() {
        let raw = text.get(line.start..line.end).unwrap_or("");
        if !first && (is_comment(raw) || raw.trim_start().is_empty()) {
            continue;
        }
        first = false;
        let length = if line.next > line.end { before_continuation(raw, escape) } else { None };
        joined.segments.push(Segment { joined: joined.text.len(), file: span.start as usize + line.start });
        joined.text.push_str(raw.get(..length.unwrap_or(raw.len())).unwrap_or(raw));
    }
    joined
}
