//! What a renderer sees of a report.

use std::path::Path;
use std::sync::OnceLock;

use crate::diagnostic::{Applicability, Finding, Report, RuleMeta, Severity};
use crate::redact;
use crate::text::{FileId, Position, SourceFile, Span};

/// What a format for people may use.
#[derive(Clone, Debug, Default)]
pub struct Style {
    pub color: bool,
    /// Box-drawing characters; else ASCII.
    pub unicode: bool,
    /// Columns of the terminal; `None` for a pipe or a file, where nothing is wrapped.
    pub width: Option<usize>,
    /// Findings that a comment or the baseline silences are shown too.
    pub show_suppressed: bool,
    /// What is built from what, as text, for the formats that show it.
    pub graph: Option<String>,
    /// For tests: what stands for the random word of formats that need one.
    pub token: Option<String>,
}

/// A report as a renderer may see it.
pub struct View<'a> {
    pub report: &'a Report,
    pub style: Style,
    rules: &'a (dyn Fn(&str) -> Option<&'static RuleMeta> + Sync),
    texts: Vec<OnceLock<String>>,
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("style", &self.style).finish_non_exhaustive()
    }
}

/// A span in the file that the user wrote, with its lines and columns.
#[derive(Clone, Debug)]
pub struct FindingPlace<'a> {
    pub file: &'a SourceFile,
    pub span: Span,
    pub start: Position,
    pub end: Position,
}

impl FindingPlace<'_> {
    /// The file's name as it stands, for formats with an encoder of their own.
    pub fn raw_path(&self) -> &str {
        self.file.name()
    }

    /// The file's name as it may be printed.
    pub fn path(&self) -> String {
        redact::one_line(self.file.name())
    }
}

impl<'a> View<'a> {
    /// `rules` finds a rule's metadata by name.
    pub fn new(
        report: &'a Report,
        style: Style,
        rules: &'a (dyn Fn(&str) -> Option<&'static RuleMeta> + Sync),
    ) -> Self {
        let texts = (0..report.sources.len()).map(|_| OnceLock::new()).collect();
        View { report, style, rules, texts }
    }

    pub fn rule(&self, name: &str) -> Option<&'static RuleMeta> {
        (self.rules)(name)
    }

    /// Where the rule's page can be read.
    pub fn url(&self, rule: &str) -> Option<String> {
        self.rule(rule).map(RuleMeta::url)
    }

    /// The findings to show, in the report's order.
    pub fn findings(&self) -> impl Iterator<Item = &'a Finding> {
        let all = self.style.show_suppressed;
        self.report.findings.iter().filter(move |f| all || f.suppressed.is_none())
    }

    pub fn place(&self, span: Span) -> FindingPlace<'a> {
        let span = self.report.sources.resolve(span);
        let file = self.report.sources.file(span.file);
        FindingPlace { file, span, start: file.position(span.start), end: file.position(span.end) }
    }

    /// A file's text as it may be shown: sanitised, secrets blotted out, each byte in its place.
    pub fn text(&self, file: FileId) -> &str {
        let Some(cell) = self.texts.get(file.index()) else { return "" };
        cell.get_or_init(|| {
            let sources = &self.report.sources;
            let secret: Vec<_> = self
                .report
                .masked
                .iter()
                .map(|span| if span.file == file { *span } else { sources.resolve(*span) })
                .filter(|span| span.file == file)
                .map(Span::range)
                .collect();
            redact::excerpt(&redact::redact_ranges(sources.file(file).text(), &secret)).into_owned()
        })
    }

    /// A line's text (from 1) as it may be shown, without line end and byte order mark.
    pub fn line(&self, file: FileId, line: u32) -> &str {
        self.text(file).get(self.report.sources.file(file).line_range(line)).unwrap_or("")
    }

    /// The whole lines that a range of bytes touches: the number of the first, the offset of its first byte, their text.
    pub fn lines(&self, file: FileId, range: std::ops::Range<usize>) -> Option<(u32, usize, &str)> {
        let source = self.report.sources.file(file);
        let first = source.line_of(u32::try_from(range.start).ok()?);
        // A range that ends with a line end does not touch the next line.
        let last_byte = if range.end > range.start { range.end - 1 } else { range.end };
        let last = source.line_of(u32::try_from(last_byte).ok()?);
        let whole = source.line_range(first).start..source.line_range(last).end;
        Some((first, whole.start, self.text(file).get(whole)?))
    }

    /// A file's path below the root, with `/`; its name where it lies elsewhere.
    pub fn path_from_root(&self, place: &FindingPlace<'_>) -> String {
        path_from_root(place.file.path(), &self.report.root).unwrap_or_else(|| place.raw_path().to_owned())
    }

    /// How many findings there are to show.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { files: self.report.checked.files, ..Counts::default() };
        for finding in self.findings().filter(|f| f.suppressed.is_none()) {
            match finding.severity {
                Severity::Error => counts.error += 1,
                Severity::Warning => counts.warning += 1,
                Severity::Info => counts.info += 1,
            }
            match finding.best_fix().map(|fix| fix.applicability) {
                Some(Applicability::Safe) => counts.safe += 1,
                Some(Applicability::Unsafe) => counts.risky += 1,
                _ => {}
            }
        }
        counts.silenced = self.report.findings.iter().filter(|f| f.suppressed.is_some()).count();
        counts
    }
}

/// Numbers of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub error: usize,
    pub warning: usize,
    pub info: usize,
    /// Findings that `--fix` mends.
    pub safe: usize,
    /// Findings that only `--fix --unsafe-fixes` mends.
    pub risky: usize,
    /// Findings that a comment or the baseline silences.
    pub silenced: usize,
    /// Files that were looked at.
    pub files: usize,
}

impl Counts {
    pub fn total(&self) -> usize {
        self.error + self.warning + self.info
    }
}

/// A path below the root, with `/`.
pub fn path_from_root(path: &Path, root: &Path) -> Option<String> {
    if root.as_os_str().is_empty() {
        return None;
    }
    let below = path.strip_prefix(root).ok()?.to_string_lossy();
    Some(if cfg!(windows) { below.replace('\\', "/") } else { below.into_owned() })
}
