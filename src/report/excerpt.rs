//! Lines of source with marks under them: which lines to show, how wide a character is, where a long line is cut.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthChar;

/// A marked range of bytes.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) primary: bool,
    pub(super) message: String,
}

/// One row of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ExcerptRow {
    Line {
        number: u32,
        text: String,
    },
    /// Under a line: blank columns, the mark, and what it says.
    Mark {
        pad: String,
        line: String,
        label: String,
        primary: bool,
    },
    /// Lines left out.
    Gap,
}

/// A line of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    /// From 1.
    pub(super) number: u32,
    /// The offset of its first byte.
    pub(super) start: usize,
    /// Without the line end. Bytes: a line can be megabytes long with thousands of findings on it, so only what is shown of
    /// it may be looked at.
    pub(super) text: &'a [u8],
}

impl Source<'_> {
    fn indent(&self) -> usize {
        self.text.len() - self.text.trim_ascii_start().len()
    }
}

/// The lines that marks of one file touch.
pub(super) struct Excerpt<'a> {
    /// The line that a byte lies on.
    pub(super) read: &'a dyn Fn(usize) -> Option<Source<'a>>,
    pub(super) marks: &'a [Mark],
    /// Show the service (or whatever lies directly under a top-level key) that the first line belongs to.
    pub(super) owner: bool,
    /// Columns for text; `None` for no limit but [`LONGEST`].
    pub(super) room: Option<usize>,
    pub(super) unicode: bool,
}

/// Columns of a line shown where the terminal sets no limit: source lines can be megabytes long.
const LONGEST: usize = 180;
/// A marked range of more lines is shown by its first and last ones.
const TALLEST: usize = 6;
/// Bytes of a line that are looked at around a mark: as many as [`LONGEST`] columns can take, and a quarter before them.
const CLIPPED: usize = 1024;
/// Lines above a marked one among which its owner is looked for.
const HIGHEST: usize = 100;
/// Columns of a tab stop.
const TAB: usize = 4;

/// A line with the marks on it: columns from and to in bytes of the text, the mark's index, whether it ends here.
struct Marked {
    text: String,
    /// The offset behind the last byte of the whole line.
    end: usize,
    /// Bytes of the line before the text, of a line that is too long to be looked at as a whole.
    skipped: usize,
    /// Whether more follows that was left out.
    clipped: bool,
    marks: Vec<(usize, usize, usize, bool)>,
}

impl Excerpt<'_> {
    pub(super) fn rows(&self) -> Vec<ExcerptRow> {
        let mut lines: BTreeMap<u32, Marked> = BTreeMap::new();
        // The first mark decides which part of a very long line is looked at.
        let (primary, related): (Vec<_>, Vec<_>) = self.marks.iter().enumerate().partition(|(_, mark)| mark.primary);
        for (index, mark) in primary.into_iter().chain(related) {
            self.collect(index, mark, &mut lines);
        }
        if self.owner
            && let Some(number) = lines.keys().next().copied()
            && let Some((at, line)) = self.owner(number)
        {
            lines.insert(at, line);
        }
        let mut rows = Vec::new();
        let mut previous: Option<(u32, usize)> = None;
        for (number, line) in &lines {
            match previous {
                Some((p, end)) if *number == p + 2 => rows.extend(self.single(p, end)),
                Some((p, _)) if *number > p + 1 => rows.push(ExcerptRow::Gap),
                _ => {}
            }
            self.line(*number, line, &mut rows);
            previous = Some((*number, line.end));
        }
        rows
    }

    fn collect(&self, index: usize, mark: &Mark, lines: &mut BTreeMap<u32, Marked>) {
        let last_byte = if mark.end > mark.start { mark.end - 1 } else { mark.end };
        let (Some(first), Some(last)) = ((self.read)(mark.start), (self.read)(last_byte)) else { return };
        let count = (last.number.saturating_sub(first.number) + 1) as usize;
        let mut line = first;
        loop {
            let (is_first, is_last) = (line.number == first.number, line.number >= last.number);
            self.mark(index, mark, line, (is_first, is_last), lines);
            if is_last {
                return;
            }
            let shown = (line.number - first.number + 1) as usize;
            line = match self.below(line.number, line.start + line.text.len()) {
                Some(next) if count <= TALLEST || shown < TALLEST / 2 => next,
                _ => last,
            };
        }
    }

    /// Puts a mark on a line, of those that it covers the first, the last, both or one between.
    fn mark(
        &self,
        index: usize,
        mark: &Mark,
        line: Source<'_>,
        (is_first, is_last): (bool, bool),
        lines: &mut BTreeMap<u32, Marked>,
    ) {
        let from = if is_first { mark.start.saturating_sub(line.start) } else { line.indent() };
        let whole = line.text.len();
        let to = if is_last { mark.end.saturating_sub(line.start).min(whole) } else { whole };
        let entry = lines.entry(line.number).or_insert_with(|| clip(line, from));
        let within = |at: usize| at.saturating_sub(entry.skipped).min(entry.text.len());
        let (from, to) = (within(from), within(to.max(from)));
        entry.marks.push((from, to, index, is_last));
    }

    /// The line below one whose last byte lies before `end`: behind one byte of a line end, or two.
    fn below(&self, number: u32, end: usize) -> Option<Source<'_>> {
        [end + 1, end + 2].into_iter().filter_map(|at| (self.read)(at)).find(|line| line.number == number + 1)
    }

    /// A line without marks between two marked ones: shown instead of a gap of one line.
    fn single(&self, above: u32, end: usize) -> Option<ExcerptRow> {
        let line = self.below(above, end)?;
        let text = plain(&clip(line, 0).text, self.room);
        Some(ExcerptRow::Line { number: line.number, text })
    }

    /// The line of the service (or whatever lies directly under a top-level key) that a YAML line belongs to.
    fn owner(&self, number: u32) -> Option<(u32, Marked)> {
        let start = self.marks.iter().map(|m| m.start).min()?;
        let indent = |line: &Source<'_>| line.text.iter().take_while(|b| **b == b' ').count();
        let mut line = (self.read)(start).filter(|line| line.number == number)?;
        let mut depth = indent(&line);
        let mut owner = None;
        for _ in 0..HIGHEST {
            line = (self.read)(line.start.checked_sub(1)?)?;
            let body = line.text.trim_ascii_start();
            if body.is_empty() || body.starts_with(b"#") || indent(&line) >= depth {
                continue;
            }
            depth = indent(&line);
            if depth == 0 {
                return owner;
            }
            let mut own = clip(line, 0);
            own.text.truncate(own.text.trim_end().len());
            owner = Some((line.number, own));
        }
        None
    }

    fn line(&self, number: u32, line: &Marked, rows: &mut Vec<ExcerptRow>) {
        let columns = Columns::new(&line.text);
        let room = self.room.unwrap_or(LONGEST).min(LONGEST);
        let columns = Columns { more: (line.skipped > 0, line.clipped), ..columns };
        let lead = line.marks.iter().find(|m| self.marks[m.2].primary).or(line.marks.first());
        let window = columns.window(lead.map(|m| (m.0, m.1)), room);
        rows.push(ExcerptRow::Line { number, text: columns.cut(&window, self.unicode) });
        let mut marks: Vec<_> = line.marks.iter().collect();
        marks.sort_by_key(|m| (m.0, m.1));
        for (from, to, index, ends) in marks {
            let mark = &self.marks[*index];
            let (from, to) = (columns.of(*from), columns.of(*to));
            let from = from.clamp(window.0, window.1) - window.0 + window.2;
            let to = to.clamp(window.0, window.1) - window.0 + window.2;
            let sign = match (self.unicode, mark.primary) {
                (true, true) => '━',
                (true, false) => '─',
                (false, true) => '^',
                (false, false) => '-',
            };
            let length = to.saturating_sub(from).max(1);
            let pad = " ".repeat(from);
            let underline: String = std::iter::repeat_n(sign, length).collect();
            if !ends || mark.message.is_empty() {
                rows.push(ExcerptRow::Mark { pad, line: underline, label: String::new(), primary: mark.primary });
                continue;
            }
            let limit = self.room.unwrap_or(110);
            let widest = mark.message.split('\n').map(str_width).max().unwrap_or(0);
            if from + length + 1 + widest <= limit && !mark.message.contains('\n') {
                let label = format!(" {}", mark.message);
                rows.push(ExcerptRow::Mark { pad, line: underline, label, primary: mark.primary });
                continue;
            }
            rows.push(ExcerptRow::Mark { pad, line: underline, label: String::new(), primary: mark.primary });
            // Below the mark, from its start, or on a terminal further left where there would be no room.
            let start = match self.room {
                Some(room) => from.min(room.saturating_sub(widest.min(room.saturating_sub(4)))),
                None => from,
            };
            for paragraph in mark.message.split('\n') {
                for text in wrap(paragraph, self.room, start) {
                    let pad = " ".repeat(start);
                    rows.push(ExcerptRow::Mark { pad, line: String::new(), label: text, primary: mark.primary });
                }
            }
        }
    }
}

/// The part of a line around a byte that is looked at; of all but absurd lines the whole.
fn clip(line: Source<'_>, around: usize) -> Marked {
    let whole = line.text;
    let boundary = |mut at: usize| {
        while at > 0 && whole.get(at).is_some_and(|b| b & 0xc0 == 0x80) {
            at -= 1;
        }
        at
    };
    let skipped =
        if whole.len() <= CLIPPED { 0 } else { boundary(around.min(whole.len()).saturating_sub(CLIPPED / 4)) };
    let end = boundary((skipped + CLIPPED).min(whole.len()));
    let text = String::from_utf8_lossy(whole.get(skipped..end).unwrap_or_default()).into_owned();
    Marked { text, end: line.start + whole.len(), skipped, clipped: end < whole.len(), marks: Vec::new() }
}

/// A line's characters with their columns on a screen.
struct Columns {
    /// Byte offset, column, what is shown.
    cells: Vec<(usize, usize, char)>,
    width: usize,
    /// Whether the line goes on before and behind them.
    more: (bool, bool),
}

impl Columns {
    fn new(text: &str) -> Self {
        let mut cells = Vec::new();
        let mut column = 0;
        for (at, c) in text.char_indices() {
            if c == '\t' {
                let stop = (column / TAB + 1) * TAB;
                cells.extend((column..stop).map(|col| (at, col, ' ')));
                column = stop;
            } else {
                cells.push((at, column, c));
                column += c.width().unwrap_or(0);
            }
        }
        Columns { cells, width: column, more: (false, false) }
    }

    /// The column of a byte.
    fn of(&self, byte: usize) -> usize {
        let index = self.cells.partition_point(|cell| cell.0 < byte);
        self.cells.get(index).map_or(self.width, |cell| cell.1)
    }

    /// First and last column to show, and the columns that the sign of a cut takes in front.
    fn window(&self, mark: Option<(usize, usize)>, room: usize) -> (usize, usize, usize) {
        if self.width <= room && self.more == (false, false) {
            return (0, self.width, 0);
        }
        let (from, to) = mark.map_or((0, 0), |(from, to)| (self.of(from), self.of(to)));
        if to.min(from + room / 2) + 1 < room && !self.more.0 {
            return (0, room - 1, 0);
        }
        let start = from.saturating_sub(room / 4).min(self.width.saturating_sub(room.saturating_sub(2)));
        (start, (start + room.saturating_sub(2)).min(self.width), 1)
    }

    fn cut(&self, window: &(usize, usize, usize), unicode: bool) -> String {
        let sign = if unicode { '…' } else { '~' };
        let mut out = String::new();
        if window.2 > 0 {
            out.push(sign);
        }
        out.extend(self.cells.iter().filter(|cell| window.0 <= cell.1 && cell.1 < window.1).map(|cell| cell.2));
        if window.1 < self.width || self.more.1 {
            out.push(sign);
        }
        out.truncate(out.trim_end().len());
        out
    }
}

/// A line without marks, tabs expanded, cut if it is too long.
pub(super) fn plain(text: &str, room: Option<usize>) -> String {
    let start = text.get(..text.floor_char_boundary(CLIPPED)).unwrap_or(text);
    let columns = Columns { more: (false, start.len() < text.len()), ..Columns::new(start) };
    let window = columns.window(None, room.unwrap_or(LONGEST).clamp(20, LONGEST));
    columns.cut(&window, true)
}

pub(super) fn str_width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Breaks words into lines where the terminal's width is known; `indent` columns are taken on each of them.
pub(super) fn wrap(text: &str, width: Option<usize>, indent: usize) -> Vec<String> {
    let Some(width) = width else { return vec![text.to_owned()] };
    let room = width.min(120).saturating_sub(indent).max(24);
    if str_width(text) <= room {
        return vec![text.to_owned()];
    }
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = str_width(word);
        // No line of ours begins with what a CI runner would take for a command.
        if used > 0 && used + 1 + length > room && !word.trim_start().starts_with("::") {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_endless_line_the_part_around_the_mark_is_shown() {
        let line = "word ".repeat(10_000);
        for at in [0, 20_000, line.len() - 5] {
            let marks = [Mark { start: at, end: at + 4, primary: true, message: "here".to_owned() }];
            let read = |_: usize| Some(Source { number: 1, start: 0, text: line.as_bytes() });
            let rows = Excerpt { read: &read, marks: &marks, owner: false, room: Some(80), unicode: true }.rows();
            // At the end of the line its words stand on a row of their own.
            let [ExcerptRow::Line { text, .. }, ExcerptRow::Mark { pad, line: mark, .. }, ..] = rows.as_slice() else {
                panic!("{rows:?}")
            };
            assert_eq!(text.starts_with('\u{2026}'), at > 0, "{text}");
            assert!(str_width(text) <= 80 && mark.chars().count() == 4, "{rows:?}");
            assert_eq!(text.chars().skip(pad.len()).take(4).collect::<String>(), "word", "{rows:?}");
        }
    }
}
