//! Text and places in text: the only module that turns bytes into lines and columns.
//!
//! Every position in the program, from the first parser to the last renderer, is a [`Span`]: a file and a range of bytes.
//! A file is kept as UTF-8 text of *the same length* as its bytes (an invalid byte becomes U+001A, which the sanitiser
//! shows as `?`), so a span of the text is a span of the bytes and a fix can be cut out of the original.
//!
//! Text that lies inside another file in another notation (`dockerfile_inline:` in a compose file) is a file of its own with
//! an [`TextOrigin`]; [`Sources::resolve`] leads its spans back to the file that the user wrote.

pub mod date;
pub mod go;
pub mod posix_path;
pub mod suggest;
mod units;
pub mod words;

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub(crate) use units::Units;

/// Stands for one byte that is not UTF-8 in a [`SourceFile`]'s text.
pub const INVALID_BYTE: char = '\u{1a}';

/// Names a file of one [`Sources`]; meaningless in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

impl FileId {
    /// The place of the file in [`Sources::iter`].
    pub fn index(self) -> usize {
        self.0 as usize
    }

    fn moved(self, by: u32) -> FileId {
        FileId(self.0 + by)
    }
}

/// A range of bytes in a file: `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// A span over `range` of `file`. Files are far below 4 GiB (see [`crate::files::discover`]'s size limit).
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let (start, end) = (to_u32(range.start), to_u32(range.end));
        Span { file, start, end: end.max(start) }
    }

    /// An empty span: the place between two bytes, as an insertion needs it.
    pub fn at(file: FileId, offset: usize) -> Self {
        Span::new(file, offset..offset)
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest span over both. Both must lie in one file; otherwise `self` is returned.
    #[must_use]
    pub fn cover(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies within this span.
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// The same place after its file moved behind `by` others: [`Sources::append`].
    #[must_use]
    pub fn moved(self, by: u32) -> Span {
        Span { file: self.file.moved(by), ..self }
    }

    /// The empty span at the start.
    #[must_use]
    pub fn start_point(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// The empty span at the end.
    #[must_use]
    pub fn end_point(self) -> Span {
        Span { start: self.end, ..self }
    }
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A position as people and other tools name it. All counts start at 1 but `byte`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: u32,
    /// In Unicode scalar values.
    pub column: u32,
    /// In UTF-16 code units.
    pub utf16_column: u32,
    /// Offset from the start of the file, from 0.
    pub byte: u32,
}

/// Where a file's text really stands: inside `parent`, piece by piece.
#[derive(Clone, Debug)]
pub struct TextOrigin {
    pub parent: FileId,
    /// Pieces in ascending order; text between two pieces (escapes, folded line ends) belongs to the piece before it.
    pub pieces: Vec<Piece>,
    /// What a new line needs in front of it in the parent file (the block scalar's indentation).
    pub indent: String,
}

/// `len` bytes from `start` of the inner text stand at `parent_start` of the outer file.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    pub start: u32,
    pub parent_start: u32,
    pub len: u32,
}

impl TextOrigin {
    /// The offset in the parent file of an offset in the inner text.
    fn offset(&self, inner: u32) -> u32 {
        let after = self.pieces.partition_point(|p| p.start <= inner);
        match after.checked_sub(1).and_then(|i| self.pieces.get(i)) {
            Some(piece) => piece.parent_start + (inner - piece.start).min(piece.len),
            None => self.pieces.first().map_or(0, |p| p.parent_start),
        }
    }
}

/// One file as read, with its line table (built on first use).
#[derive(Debug)]
pub struct SourceFile {
    id: FileId,
    path: PathBuf,
    name: String,
    text: Arc<str>,
    /// The bytes, kept only where the text differs from them.
    raw: Option<Arc<[u8]>>,
    origin: Option<TextOrigin>,
    lines: OnceLock<Vec<u32>>,
    units: Units,
}

impl SourceFile {
    pub fn id(&self) -> FileId {
        self.id
    }

    /// The path that it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name that reports show: relative to the working directory, with `/`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes of the name where it is not UTF-8, which [`SourceFile::name`] cannot show; as relative as the name is.
    pub fn name_bytes(&self) -> Option<Vec<u8>> {
        if self.path.to_str().is_some() || self.origin.is_some() {
            return None;
        }
        let shown: Vec<_> = Path::new(&self.name).components().collect();
        let up = shown.iter().take_while(|c| **c == Component::ParentDir).count();
        let real: Vec<_> = self.path.components().collect();
        let own = real.get(real.len().saturating_sub(shown.len() - up)..)?;
        let whole: PathBuf = shown.iter().take(up).chain(own).collect();
        Some(whole.into_os_string().into_encoded_bytes())
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.text.as_bytes())
    }

    pub fn is_utf8(&self) -> bool {
        self.raw.is_none()
    }

    pub fn origin(&self) -> Option<&TextOrigin> {
        self.origin.as_ref()
    }

    /// The text under a span; empty if the span does not fit this file.
    pub fn slice(&self, span: Span) -> &str {
        if span.file == self.id { self.text.get(span.range()).unwrap_or("") } else { "" }
    }

    pub fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.id, range)
    }

    /// The line end that the file uses: that of its first line.
    pub fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let mut starts = vec![0];
            starts.extend(bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| to_u32(i + 1)));
            starts
        })
    }

    /// Number of lines; a final newline does not open another one.
    pub fn line_count(&self) -> u32 {
        let starts = self.line_starts();
        let open_last = starts.last().is_some_and(|s| *s as usize == self.text.len()) && starts.len() > 1;
        to_u32(starts.len()) - u32::from(open_last)
    }

    /// The line (from 1) that an offset lies on.
    pub fn line_of(&self, offset: u32) -> u32 {
        to_u32(self.line_starts().partition_point(|s| *s <= offset)).max(1)
    }

    /// The bytes of a line (from 1) without its line end.
    pub fn line_range(&self, line: u32) -> Range<usize> {
        let starts = self.line_starts();
        let index = (line.max(1) - 1) as usize;
        let Some(start) = starts.get(index).map(|s| *s as usize) else { return self.text.len()..self.text.len() };
        let end = starts.get(index + 1).map_or(self.text.len(), |s| *s as usize - 1);
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        start..end
    }

    /// Line and columns of an offset; an offset inside a character counts as its start.
    pub fn position(&self, offset: u32) -> Position {
        let mut byte = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let line = self.line_of(to_u32(byte));
        let start = self.line_starts().get(line as usize - 1).map_or(0, |s| *s as usize);
        let before = self.units.between(&self.text, start..byte);
        // A byte order mark takes no column.
        let mark = u32::from(line == 1 && byte > 0 && self.text.starts_with('\u{feff}'));
        Position { line, column: before.chars - mark + 1, utf16_column: before.units - mark + 1, byte: to_u32(byte) }
    }
}

/// All files of one run. Only this type hands out [`FileId`]s.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// The first file of each path that the user wrote.
    by_path: HashMap<PathBuf, FileId>,
}

impl Sources {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a file's bytes. `name` is what reports show.
    pub fn add(&mut self, path: PathBuf, name: String, bytes: Vec<u8>) -> FileId {
        let (text, raw) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let raw = error.into_bytes();
                (same_length_text(&raw), Some(Arc::from(raw)))
            }
        };
        self.push(path, name, text, raw, None)
    }

    /// Takes text that stands inside another file.
    pub fn add_inner(&mut self, text: String, origin: TextOrigin) -> FileId {
        let (path, name) = {
            let parent = self.file(origin.parent);
            (parent.path.clone(), parent.name.clone())
        };
        self.push(path, name, text, None, Some(origin))
    }

    fn push(
        &mut self,
        path: PathBuf,
        name: String,
        text: String,
        raw: Option<Arc<[u8]>>,
        origin: Option<TextOrigin>,
    ) -> FileId {
        let id = FileId(to_u32(self.files.len()));
        if origin.is_none() {
            self.by_path.entry(path.clone()).or_insert(id);
        }
        self.files.push(SourceFile {
            id,
            path,
            name,
            text: text.into(),
            raw,
            origin,
            lines: OnceLock::new(),
            units: Units::default(),
        });
        id
    }

    /// Takes all files of another run. Whatever holds ids of those adds what is returned to each: see [`Span::moved`].
    pub fn append(&mut self, other: Sources) -> u32 {
        let by = to_u32(self.files.len());
        self.files.extend(other.files.into_iter().map(|mut file| {
            file.id = file.id.moved(by);
            if let Some(origin) = &mut file.origin {
                origin.parent = origin.parent.moved(by);
            }
            file
        }));
        for (path, id) in other.by_path {
            self.by_path.entry(path).or_insert(id.moved(by));
        }
        by
    }

    /// The file of an id that this value handed out.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.index()]
    }

    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The file opened by this very path (inner files excepted).
    pub fn by_path(&self, path: &Path) -> Option<&SourceFile> {
        self.by_path.get(path).map(|id| self.file(*id))
    }

    pub fn slice(&self, span: Span) -> &str {
        self.file(span.file).slice(span)
    }

    /// The same place in the file that the user wrote.
    pub fn resolve(&self, mut span: Span) -> Span {
        while let Some(outer) = self.resolve_once(span) {
            span = outer;
        }
        span
    }

    /// The same place in the file that holds this one; `None` where the user wrote this one.
    pub fn resolve_once(&self, span: Span) -> Option<Span> {
        let origin = self.file(span.file).origin()?;
        let start = origin.offset(span.start);
        // The end belongs to the piece of the last byte: behind it lies another line's indentation.
        let end = if span.is_empty() { start } else { origin.offset(span.end - 1) + 1 };
        Some(Span { file: origin.parent, start, end: end.max(start) })
    }
}

/// UTF-8 text as long as `raw`, each invalid byte replaced by [`INVALID_BYTE`].
fn same_length_text(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| INVALID_BYTE));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &[u8]) -> (Sources, FileId) {
        let mut sources = Sources::new();
        let id = sources.add("f".into(), "f".into(), text.to_vec());
        (sources, id)
    }

    #[test]
    fn columns_of_a_long_line() {
        let line = "a\u{5b57}\u{1f600}\u{e9}".repeat(1_000);
        let text = format!("\u{feff}x\n{line}\nb");
        let (sources, id) = one(text.as_bytes());
        let start = text.find('\n').unwrap() + 1;
        let mut units = 1;
        for (nth, (at, c)) in line.char_indices().enumerate() {
            let p = sources.file(id).position((start + at) as u32);
            assert_eq!((p.line, p.column, p.utf16_column), (2, nth as u32 + 1, units));
            units += c.len_utf16() as u32;
        }
        let p = sources.file(id).position(3);
        assert_eq!((p.line, p.column), (1, 1));
    }

    #[test]
    fn columns_count_scalars_and_utf16_units() {
        let (sources, id) = one("a\n\u{1f600}b".as_bytes());
        let p = sources.file(id).position(6);
        assert_eq!((p.line, p.column, p.utf16_column), (2, 2, 3));
    }

    #[test]
    fn invalid_bytes_keep_their_places() {
        let (sources, id) = one(b"ab\xff\xfecd\n");
        let file = sources.file(id);
        assert_eq!(file.text().len(), 7);
        assert_eq!(file.slice(file.span(4..6)), "cd");
        assert_eq!(file.bytes()[2], 0xff);
    }

    #[test]
    fn line_ranges_exclude_line_ends() {
        let (sources, id) = one(b"one\r\ntwo\nthree");
        let file = sources.file(id);
        let lines: Vec<_> = (1..=4).map(|l| file.text()[file.line_range(l)].to_owned()).collect();
        assert_eq!(lines, ["one", "two", "three", ""]);
        assert_eq!(file.line_count(), 3);
        assert_eq!(file.newline(), "\r\n");
    }

    #[test]
    fn inner_text_resolves_to_its_parent() {
        let (mut sources, parent) = one(b"x: |\n  FROM a\n  RUN b\n");
        let origin = TextOrigin {
            parent,
            pieces: vec![Piece { start: 0, parent_start: 7, len: 7 }, Piece { start: 7, parent_start: 16, len: 6 }],
            indent: "  ".into(),
        };
        let inner = sources.add_inner("FROM a\nRUN b\n".into(), origin);
        let span = Span::new(inner, 7..10);
        assert_eq!(sources.slice(sources.resolve(span)), "RUN");
    }
}
