//! What an [`Edit`] comes to in the file that the user wrote: byte range and text, line ends and indentation included.
//!
//! Rules write edits against the text they judged, with `\n` for a line end. The file may use CRLF, and the text may stand
//! inside another file (`dockerfile_inline:`); only this module knows how to carry an edit over.

use std::ops::Range;

use super::{Edit, Fix};
use crate::text::{FileId, Sources, Span};

/// Replaces `range` of a file's bytes by `text`, as they stand on disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    pub file: FileId,
    pub range: (usize, usize),
    pub text: String,
}

impl Change {
    pub fn range(&self) -> Range<usize> {
        self.range.0..self.range.1
    }

    /// Whether both cannot be made at once: they share bytes, or one inserts where the other begins or ends, so that their
    /// order would decide the outcome.
    pub fn conflicts(&self, other: &Change) -> bool {
        if self.file != other.file {
            return false;
        }
        let (a, b) = (self.range, other.range);
        if a.0 == a.1 || b.0 == b.1 { a.0 <= b.1 && b.0 <= a.1 } else { a.0 < b.1 && b.0 < a.1 }
    }
}

/// All changes of a fix, in the order of its edits; `None` where one of them has no exact place in the user's file (text
/// that is folded or escaped there), or where two of them collide.
pub fn changes(sources: &Sources, fix: &Fix) -> Option<Vec<Change>> {
    let changes: Vec<Change> = fix.edits.iter().map(|edit| place(sources, edit)).collect::<Option<_>>()?;
    let mut sorted: Vec<&Change> = changes.iter().collect();
    sorted.sort_by_key(|c| (c.file, c.range));
    let apart = sorted.windows(2).all(|pair| matches!(pair, [a, b] if !a.conflicts(b)));
    (apart && !changes.is_empty()).then_some(changes)
}

/// Carries one edit over to the file that the user wrote.
pub fn place(sources: &Sources, edit: &Edit) -> Option<Change> {
    let mut span = edit.span;
    let mut text = edit.text.replace("\r\n", "\n");
    while let Some(origin) = sources.file(span.file).origin() {
        let inner = sources.file(span.file);
        let outer = sources.resolve_once(span)?;
        let parent = sources.file(origin.parent);
        // Only text that stands there letter by letter can be edited there.
        if inner.slice(span) != parent.slice(outer) {
            return None;
        }
        if text.contains('\n') {
            let line_start = inner.text().get(..span.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
            let verbatim = line_start == 0 || {
                let end = sources.resolve_once(Span::new(span.file, line_start - 1..line_start))?;
                parent.text().get(end.start as usize..)?.trim_start_matches('\r').starts_with('\n')
            };
            if !verbatim || origin.indent.is_empty() {
                return None;
            }
            text = indent(&text, &origin.indent, starts_line(parent.text(), outer.start as usize));
        }
        span = outer;
    }
    let file = sources.file(span.file);
    if span.end as usize > file.bytes().len() {
        return None;
    }
    if file.newline() == "\r\n" {
        text = text.replace('\n', "\r\n");
    }
    Some(Change { file: span.file, range: (span.start as usize, span.end as usize), text })
}

fn starts_line(text: &str, at: usize) -> bool {
    at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n')
}

/// Puts the block's indentation in front of each new line of `text`. At a line's start the first line needs it too and
/// what follows the last line end already has its own.
fn indent(text: &str, with: &str, at_line_start: bool) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut out = String::with_capacity(text.len() + lines.len() * with.len());
    for (i, line) in lines.iter().enumerate() {
        let (first, last) = (i == 0, i + 1 == lines.len());
        if !first {
            out.push('\n');
        }
        let wanted = match (first, last) {
            (true, _) => at_line_start && !line.is_empty(),
            (false, true) => !line.is_empty() || !at_line_start,
            (false, false) => !line.is_empty(),
        };
        if wanted {
            out.push_str(with);
        }
        out.push_str(line);
    }
    out
}

/// The text with all changes made; they must not collide and must lie within it.
pub fn apply(bytes: &[u8], changes: &[&Change]) -> Option<Vec<u8>> {
    let mut sorted = changes.to_vec();
    sorted.sort_by_key(|c| c.range);
    let mut out = Vec::with_capacity(bytes.len() + changes.iter().map(|c| c.text.len()).sum::<usize>());
    let mut at = 0;
    for change in sorted {
        out.extend_from_slice(bytes.get(at..change.range.0)?);
        out.extend_from_slice(change.text.as_bytes());
        at = change.range.1;
    }
    out.extend_from_slice(bytes.get(at..)?);
    Some(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::text::{Piece, TextOrigin};

    fn edit(file: FileId, range: Range<usize>, text: &str) -> Edit {
        Edit { span: Span::new(file, range), text: text.into() }
    }

    #[test]
    fn line_ends_follow_the_file() {
        let mut sources = Sources::new();
        let id = sources.add("f".into(), "f".into(), b"a\r\nb\r\n".to_vec());
        assert_eq!(place(&sources, &edit(id, 3..3, "x\ny\n")).unwrap().text, "x\r\ny\r\n");
    }

    #[test]
    fn edits_of_inner_text_take_its_indentation() {
        let mut sources = Sources::new();
        let outer = "x: |\n  FROM a\n  RUN b\ny: 1\n";
        let parent = sources.add("f".into(), "f".into(), outer.as_bytes().to_vec());
        let origin = TextOrigin {
            parent,
            pieces: vec![Piece { start: 0, parent_start: 7, len: 7 }, Piece { start: 7, parent_start: 16, len: 6 }],
            indent: "  ".into(),
        };
        let inner = sources.add_inner("FROM a\nRUN b\n".into(), origin);
        for (range, text, expected) in [
            (7..7, "USER c\n", "x: |\n  FROM a\n  USER c\n  RUN b\ny: 1\n"),
            (6..6, "\nUSER c", "x: |\n  FROM a\n  USER c\n  RUN b\ny: 1\n"),
            (13..13, "USER c\n", "x: |\n  FROM a\n  RUN b\n  USER c\ny: 1\n"),
            (11..12, "z", "x: |\n  FROM a\n  RUN z\ny: 1\n"),
        ] {
            let change = place(&sources, &edit(inner, range, text)).unwrap();
            let new = apply(outer.as_bytes(), &[&change]).unwrap();
            assert_eq!(String::from_utf8(new).unwrap(), expected);
        }
    }

    #[test]
    fn folded_text_is_not_edited() {
        let mut sources = Sources::new();
        let parent = sources.add("f".into(), "f".into(), b"x: \"FROM a\\nRUN b\"\n".to_vec());
        let origin = TextOrigin {
            parent,
            pieces: vec![Piece { start: 0, parent_start: 4, len: 6 }, Piece { start: 7, parent_start: 12, len: 5 }],
            indent: String::new(),
        };
        let inner = sources.add_inner("FROM a\nRUN b".into(), origin);
        assert!(place(&sources, &edit(inner, 7..7, "USER c\n")).is_none());
        assert_eq!(place(&sources, &edit(inner, 11..12, "z")).unwrap().range, (16, 17));
    }

    #[test]
    fn conflicts() {
        let mut sources = Sources::new();
        let file = sources.add("f".into(), "f".into(), b"abcdef".to_vec());
        let change = |a, b| Change { file, range: (a, b), text: String::new() };
        assert!(change(0, 2).conflicts(&change(1, 3)));
        assert!(!change(0, 2).conflicts(&change(2, 3)));
        assert!(change(2, 2).conflicts(&change(2, 2)));
        assert!(change(2, 2).conflicts(&change(2, 4)));
        assert!(!change(1, 1).conflicts(&change(2, 4)));
    }
}
