//! Bytes to the protocol's lines and characters, and back, in whichever unit client and server agreed on.
//!
//! The protocol ends a line at LF, CRLF or a lone CR, and counts characters from 0 in UTF-16 units unless another encoding
//! was negotiated. A position from a client may lie anywhere: past a line's end means its end, past the last line means the
//! end of the text, inside a character means its start.

use std::ops::Range;

use lsp_types::{Position, PositionEncodingKind};

use crate::text::Units;

/// The unit of [`Position::character`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

impl Encoding {
    /// The first of the client's offers that we know; the protocol's default where it makes none.
    pub(super) fn negotiate<'a>(offered: impl IntoIterator<Item = &'a str>) -> Self {
        let known = |name: &str| match name {
            "utf-8" => Some(Encoding::Utf8),
            "utf-16" => Some(Encoding::Utf16),
            "utf-32" => Some(Encoding::Utf32),
            _ => None,
        };
        offered.into_iter().find_map(known).unwrap_or_default()
    }

    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn len(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    starts: Vec<usize>,
    units: Units,
}

impl Lines {
    /// `open` texts are counted as they stand. A file on disk loses its byte order mark when an editor opens it, so there it
    /// takes no column.
    pub(super) fn new(text: &str, open: bool) -> Self {
        let bom = if open || !text.starts_with('\u{feff}') { 0 } else { '\u{feff}'.len_utf8() };
        let bytes = text.as_bytes();
        let mut starts = vec![bom];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
                starts.push(at + 1);
            }
        }
        Lines { starts, units: Units::default() }
    }

    /// A line's bytes without its end.
    fn content(&self, text: &str, line: usize) -> Option<Range<usize>> {
        let start = *self.starts.get(line)?;
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let body = text.get(start..end)?;
        let body = body.strip_suffix('\n').unwrap_or(body);
        let body = body.strip_suffix('\r').unwrap_or(body);
        Some(start..start + body.len())
    }

    pub(super) fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let Some(content) = self.content(text, line) else { return Position::default() };
        let mut end = offset.clamp(content.start, content.end);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let count = || self.units.between(text, content.start..end);
        let character = match encoding {
            Encoding::Utf8 => to_u32(end - content.start),
            Encoding::Utf16 => count().units,
            Encoding::Utf32 => count().chars,
        };
        Position { line: to_u32(line), character }
    }

    pub(super) fn offset(&self, text: &str, position: Position, encoding: Encoding) -> usize {
        let Some(content) = self.content(text, position.line as usize) else { return text.len() };
        let mut left = position.character as usize;
        let mut at = content.start;
        for c in text.get(content.clone()).unwrap_or_default().chars() {
            let units = encoding.len(c);
            if left < units {
                return at;
            }
            left -= units;
            at += c.len_utf8();
        }
        content.end
    }

    pub(super) fn range(&self, text: &str, range: Range<usize>, encoding: Encoding) -> lsp_types::Range {
        let (start, end) =
            (self.position(text, range.start, encoding), self.position(text, range.end.max(range.start), encoding));
        lsp_types::Range { start, end }
    }
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn units() {
        let text = "a😀é\r\nb\rc";
        let lines = Lines::new(text, true);
        let é = text.find('é').unwrap();
        assert_eq!(lines.position(text, é, Encoding::Utf8), at(0, 5));
        assert_eq!(lines.position(text, é, Encoding::Utf16), at(0, 3));
        assert_eq!(lines.position(text, é, Encoding::Utf32), at(0, 2));
        assert_eq!(lines.position(text, text.len(), Encoding::Utf16), at(2, 1));
        // Between CR and LF is the line's end; inside a character its start.
        assert_eq!(lines.position(text, text.find('\n').unwrap(), Encoding::Utf32), at(0, 3));
        assert_eq!(lines.position(text, 3, Encoding::Utf16), at(0, 1));
        assert_eq!(lines.offset(text, at(0, 2), Encoding::Utf16), 1);
        assert_eq!(lines.offset(text, at(0, 99), Encoding::Utf16), text.find('\r').unwrap());
        assert_eq!(lines.offset(text, at(99, 0), Encoding::Utf16), text.len());
        assert_eq!(lines.offset(text, at(1, 1), Encoding::Utf16), text.find("\rc").unwrap());
    }

    #[test]
    fn byte_order_mark() {
        let text = "\u{feff}FROM a\n";
        let (disk, open) = (Lines::new(text, false), Lines::new(text, true));
        assert_eq!(disk.position(text, 3, Encoding::Utf16), at(0, 0));
        assert_eq!(disk.position(text, 0, Encoding::Utf16), at(0, 0));
        assert_eq!(disk.offset(text, at(0, 1), Encoding::Utf16), 4);
        assert_eq!(open.position(text, 3, Encoding::Utf16), at(0, 1));
    }

    #[test]
    fn negotiation() {
        assert_eq!(Encoding::negotiate([]), Encoding::Utf16);
        assert_eq!(Encoding::negotiate(["utf-16"]), Encoding::Utf16);
        assert_eq!(Encoding::negotiate(["utf-9", "utf-8", "utf-16"]), Encoding::Utf8);
        assert_eq!(Encoding::negotiate(["utf-32"]), Encoding::Utf32);
        assert_eq!(Encoding::negotiate(["nonsense"]), Encoding::Utf16);
    }

    proptest! {
        #[test]
        fn offsets_come_back(text in "[a😀é\\r\\n\u{feff}]{0,20}", which in 0..3usize) {
            let encoding = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32][which];
            let lines = Lines::new(&text, true);
            for (offset, _) in text.char_indices().filter(|(at, _)| !text[..*at].ends_with('\r') || !text[*at..].starts_with('\n')) {
                let there = lines.position(&text, offset, encoding);
                prop_assert_eq!(lines.offset(&text, there, encoding), offset);
            }
        }

        #[test]
        fn any_position_is_a_place(text in "(?s).{0,20}", line in any::<u32>(), character in any::<u32>()) {
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                let lines = Lines::new(&text, false);
                for position in [at(line, character), at(line % 4, character % 8)] {
                    prop_assert!(text.is_char_boundary(lines.offset(&text, position, encoding)));
                }
            }
        }
    }
}
