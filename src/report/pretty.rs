//! For people: one finding, however many files its evidence lies in, drawn along one spine.
//!
//! The only file that names miette. Findings speak its `Diagnostic` protocol, so that any handler of it could show them;
//! ours is needed because miette draws a second file as a second report, and here the second file is half of the sentence.

use std::fmt::{self, Write as _};

use miette::{
    Diagnostic, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, ReportHandler, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};

use super::patch::{self, LineKind, Patch};
use super::{Style, View};
use crate::diagnostic::{Applicability, Confidence, Finding, Label, Severity, SuppressedBy};
use crate::redact;
use crate::text::SourceFile;

use super::excerpt::{self, Excerpt, Mark};

/// All findings, an empty line between two.
pub fn render(view: &View<'_>) -> String {
    let mut out = String::new();
    for finding in view.findings() {
        if !out.is_empty() {
            out.push('\n');
        }
        one(view, finding, &mut out);
    }
    out
}

/// One finding.
pub fn one(view: &View<'_>, finding: &Finding, out: &mut String) {
    let shown = Shown::new(view, finding);
    let spine = Spine::new(view, finding);
    let _ = write!(out, "{}", Drawn(&spine, &shown));
}

struct Drawn<'a>(&'a Spine, &'a dyn Diagnostic);

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(self.1, f)
    }
}

/// A finding, or a further part of its evidence, as miette sees it.
struct Shown<'a> {
    finding: &'a Finding,
    message: String,
    url: Option<String>,
    source: Option<Text<'a>>,
    labels: Vec<LabeledSpan>,
    /// The evidence that follows: a part for each change of file.
    more: Vec<Shown<'a>>,
}

impl<'a> Shown<'a> {
    fn new(view: &'a View<'a>, finding: &'a Finding) -> Self {
        let mut parts: Vec<Shown<'a>> = Vec::new();
        let labels = std::iter::once((&finding.primary, true)).chain(finding.related.iter().map(|l| (l, false)));
        for (label, primary) in labels {
            let place = view.place(label.span);
            let labeled = labeled(label, place.span.range(), primary);
            match parts.last_mut() {
                Some(part) if part.source.as_ref().is_some_and(|s| s.file.id() == place.file.id()) => {
                    part.labels.push(labeled);
                }
                _ => parts.push(Shown {
                    finding,
                    message: String::new(),
                    url: None,
                    source: Some(Text { view, file: place.file, name: place.path() }),
                    labels: vec![labeled],
                    more: Vec::new(),
                }),
            }
        }
        let mut parts = parts.into_iter();
        let (source, labels) = parts.next().map(|p| (p.source, p.labels)).unwrap_or_default();
        Shown {
            finding,
            message: redact::sentence(&finding.title),
            url: view.url(finding.rule),
            source,
            labels,
            more: parts.collect(),
        }
    }
}

fn labeled(label: &Label, range: std::ops::Range<usize>, primary: bool) -> LabeledSpan {
    let message = (!label.message.is_empty()).then(|| redact::sentence(&label.message));
    let span = SourceSpan::from(range);
    if primary { LabeledSpan::new_primary_with_span(message, span) } else { LabeledSpan::new_with_span(message, span) }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.finding.rule)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(self.finding.rule))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.finding.help.as_ref().map(|help| Box::new(redact::sentence(help)) as Box<dyn fmt::Display>)
    }

    fn url<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.url.as_ref().map(|url| Box::new(url) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn Diagnostic> + 'b>> {
        Some(Box::new(self.more.iter().map(|part| part as &dyn Diagnostic)))
    }
}

/// A file's text as it may be shown.
struct Text<'a> {
    view: &'a View<'a>,
    file: &'a SourceFile,
    name: String,
}

impl SourceCode for Text<'_> {
    /// Always the whole lines that the span touches, whatever context is asked for.
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let (first, at, data) = self.view.lines(self.file.id(), start..end).ok_or(MietteError::OutOfBounds)?;
        let column = self.file.position(start as u32).column as usize - 1;
        let range = at..at + data.len();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data.as_bytes(),
            SourceSpan::from(range),
            first as usize - 1,
            column,
            self.file.line_count() as usize,
        )))
    }
}

/// Draws a diagnostic and all that is related to it along one line from its first place to its page.
struct Spine {
    theme: GraphicalTheme,
    style: Style,
    /// How the fix is introduced, and its lines. miette has no word for them.
    fix: Option<(String, Vec<(String, Patch)>)>,
    certain: bool,
    notes: Vec<String>,
}

impl Spine {
    fn new(view: &View<'_>, finding: &Finding) -> Self {
        let characters = if view.style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
        let styles = if view.style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
        let fix = finding.best_fix().and_then(|fix| {
            let patches = patch::of(view, fix);
            let how = match fix.applicability {
                Applicability::Safe => "fix (`--fix`)",
                Applicability::Unsafe => "fix (`--fix --unsafe-fixes`)",
                Applicability::Display => "suggestion",
            };
            let patches = patches
                .into_iter()
                .map(|p| (redact::one_line(view.report.sources.file(p.file).name()), p))
                .collect::<Vec<_>>();
            (!patches.is_empty()).then(|| (format!("{how}: {}", redact::one_line(&fix.title)), patches))
        });
        Spine {
            theme: GraphicalTheme { characters, styles },
            style: view.style.clone(),
            fix,
            certain: finding.confidence == Confidence::Certain,
            notes: finding.notes.iter().map(|note| redact::sentence(note)).chain(silenced(finding)).collect(),
        }
    }

    fn dim(&self, text: impl fmt::Display) -> String {
        self.theme.styles.linum.style(text).to_string()
    }

    fn severity(&self, severity: Option<miette::Severity>, text: &str) -> String {
        let styles = &self.theme.styles;
        let style = match severity {
            None | Some(miette::Severity::Error) => styles.error,
            Some(miette::Severity::Warning) => styles.warning,
            Some(miette::Severity::Advice) => styles.advice,
        };
        if self.style.color { style.bold().style(text).to_string() } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        if self.style.color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// The line number, right-aligned, and the spine.
    fn gutter(&self, width: usize, number: Option<u32>) -> String {
        let number = number.map(|n| n.to_string()).unwrap_or_default();
        self.dim(format!("{number:>width$} {}", self.bar()))
    }

    fn bar(&self) -> char {
        if self.style.unicode { self.theme.characters.vbar } else { '|' }
    }

    /// What leads to a place: the first, or a further one.
    fn pointer(&self, width: usize, first: bool) -> String {
        let chars = &self.theme.characters;
        let pad = " ".repeat(width);
        self.dim(match (self.style.unicode, first) {
            (true, true) => format!("{pad} {}{}▸", chars.ltop, chars.hbar),
            (true, false) => format!("{pad} {}{}▸", chars.lcross, chars.hbar),
            (false, true) => format!("{pad}-->"),
            // Not the `:::` of other tools: a CI runner may take it for the start of a command.
            (false, false) => format!("{pad}+->"),
        })
    }

    /// What leads to words: a further one, or the last.
    fn branch(&self, width: usize, last: bool) -> String {
        let chars = &self.theme.characters;
        let pad = " ".repeat(width);
        self.dim(match (self.style.unicode, last) {
            (true, true) => format!("{pad} {}{}", chars.lbot, chars.hbar),
            (true, false) => format!("{pad} {}{}", chars.lcross, chars.hbar),
            (false, _) => format!("{pad} ="),
        })
    }

    fn section(&self, out: &mut String, diagnostic: &dyn Diagnostic, width: usize, first: bool, owner: bool) {
        let Some(source) = diagnostic.source_code() else { return };
        let labels: Vec<LabeledSpan> = diagnostic.labels().into_iter().flatten().collect();
        let Some(lead) = labels.iter().find(|l| l.primary()).or(labels.first()) else { return };
        let Ok(contents) = source.read_span(lead.inner(), 0, 0) else { return };
        let name = contents.name().unwrap_or_default();
        let at = format!("{name}:{}:{}", contents.line() + 1, contents.column() + 1);
        let _ = writeln!(out, "{} {}", self.pointer(width, first), self.bold(&at));
        let _ = writeln!(out, "{}", self.gutter(width, None));
        let marks: Vec<Mark> = labels
            .iter()
            .map(|label| Mark {
                start: label.offset(),
                end: label.offset() + label.len(),
                primary: label.primary(),
                message: label.label().unwrap_or_default().to_owned(),
            })
            .collect();
        let room = self.style.width.map(|w| w.saturating_sub(width + 3).max(40));
        let read = |at: usize| {
            let contents = source.read_span(&SourceSpan::from(at..at), 0, 0).ok()?;
            let number = contents.line() as u32 + 1;
            Some(excerpt::Source { number, start: contents.span().offset(), text: contents.data() })
        };
        let excerpt =
            Excerpt { read: &read, marks: &marks, owner: owner && is_yaml(name), room, unicode: self.style.unicode };
        for row in excerpt.rows() {
            match row {
                excerpt::ExcerptRow::Line { number, text } => {
                    let _ = writeln!(out, "{}", join(&self.gutter(width, Some(number)), &text));
                }
                excerpt::ExcerptRow::Mark { pad, line, label, primary } => {
                    let paint = |text: &str| match primary {
                        true => self.severity(diagnostic.severity(), text),
                        false => self.theme.styles.help.style(text).to_string(),
                    };
                    let mark = format!("{pad}{}", paint(&line));
                    let mark = if label.is_empty() { mark } else { format!("{mark}{}", paint(&label)) };
                    let _ = writeln!(out, "{}", join(&self.gutter(width, None), &mark));
                }
                excerpt::ExcerptRow::Gap => {
                    let gap = if self.style.unicode { "┆" } else { "..." };
                    let pad = if self.style.unicode { width + 1 } else { 0 };
                    let _ = writeln!(out, "{}", self.dim(format!("{}{gap}", " ".repeat(pad))));
                }
            }
        }
        let _ = writeln!(out, "{}", self.gutter(width, None));
    }

    fn patch(&self, out: &mut String, width: usize, title: &str, patches: &[(String, Patch)], only_here: bool) {
        let (how, what) = title.split_once(": ").unwrap_or((title, ""));
        let _ = writeln!(out, "{} {}: {what}", self.branch(width, false), self.theme.styles.help.style(how));
        for (name, patch) in patches {
            if !only_here {
                let _ = writeln!(out, "{} {}", self.gutter(width, None), self.bold(name));
            }
            for (i, hunk) in patch.hunks.iter().enumerate() {
                if i > 0 {
                    let gap = if self.style.unicode { "┆" } else { "..." };
                    let pad = if self.style.unicode { width + 1 } else { 0 };
                    let _ = writeln!(out, "{}", self.dim(format!("{}{gap}", " ".repeat(pad))));
                }
                for line in hunk {
                    let text = excerpt::plain(&line.text, self.style.width.map(|w| w.saturating_sub(width + 5)));
                    let (sign, color) = match line.kind {
                        LineKind::Same => (' ', ""),
                        LineKind::Gone => ('-', "\u{1b}[31m"),
                        LineKind::New => ('+', "\u{1b}[32m"),
                    };
                    let body = format!("{sign} {text}");
                    let body = body.trim_end();
                    let body = if self.style.color && !color.is_empty() {
                        format!("{color}{body}\u{1b}[0m")
                    } else {
                        body.to_owned()
                    };
                    let _ = writeln!(out, "{}", join(&self.gutter(width, Some(line.number)), &body));
                }
            }
        }
        let _ = writeln!(out, "{}", self.gutter(width, None));
    }
}

/// What silences a finding that is shown all the same. Its level is the one that it has without that.
fn silenced(finding: &Finding) -> Option<String> {
    let suppression = finding.suppressed.as_ref()?;
    let by = match suppression.by {
        SuppressedBy::Comment => "silenced by a comment",
        SuppressedBy::Baseline => "known to the baseline",
    };
    let reason = suppression.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(redact::sentence(&format!("{by}{reason}")))
}

fn join(gutter: &str, text: &str) -> String {
    if text.is_empty() { gutter.to_owned() } else { format!("{gutter} {text}") }
}

fn is_yaml(name: &str) -> bool {
    [".yml", ".yaml"].iter().any(|ext| name.to_ascii_lowercase().ends_with(ext))
}

impl ReportHandler for Spine {
    fn debug(&self, diagnostic: &dyn Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        let level = match diagnostic.severity() {
            None | Some(miette::Severity::Error) => "error",
            Some(miette::Severity::Warning) => "warning",
            Some(miette::Severity::Advice) => "info",
        };
        let code = diagnostic.code().map(|c| format!("[{c}]")).unwrap_or_default();
        let message = diagnostic.to_string();
        let mut paragraphs = message.split('\n').filter(|p| !p.trim().is_empty());
        let head = self.severity(diagnostic.severity(), &format!("{level}{code}"));
        let head_width = level.len() + code.len() + 2;
        let mut wrapped =
            excerpt::wrap(paragraphs.next().unwrap_or_default(), self.style.width, head_width).into_iter();
        let _ = writeln!(out, "{head}: {}", self.bold(&wrapped.next().unwrap_or_default()));
        for line in wrapped {
            let _ = writeln!(out, "{}{}", " ".repeat(head_width), self.bold(&line));
        }
        let rest: Vec<&str> = paragraphs.collect();
        let parts: Vec<&dyn Diagnostic> =
            std::iter::once(diagnostic).chain(diagnostic.related().into_iter().flatten()).collect();
        let width = self.number_width(&parts);
        let mut named: Vec<Option<String>> = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            let name = source_name(*part);
            self.section(&mut out, *part, width, i == 0, !named.contains(&name));
            named.push(name);
        }
        let mut words: Vec<(&str, String)> = rest.iter().map(|text| ("note", (*text).to_owned())).collect();
        words.extend(diagnostic.help().map(|help| ("help", help.to_string())));
        if !self.certain && diagnostic.severity() == Some(miette::Severity::Error) {
            words.push(("note", "likely, but not certain".to_owned()));
        }
        words.extend(diagnostic.url().map(|url| ("", url.to_string())));
        for (i, note) in self.notes.iter().enumerate() {
            let last = words.is_empty() && self.fix.is_none() && i + 1 == self.notes.len();
            self.words(&mut out, width, "note", note, last);
        }
        if let Some((title, patches)) = &self.fix {
            let only_here = match patches.as_slice() {
                [(name, _)] => parts.len() == 1 && source_name(diagnostic).is_some_and(|here| here == *name),
                _ => false,
            };
            self.patch(&mut out, width, title, patches, only_here);
        }
        for (i, (kind, text)) in words.iter().enumerate() {
            let last = i + 1 == words.len();
            self.words(&mut out, width, kind, text, last);
        }
        f.write_str(&out)
    }
}

fn source_name(diagnostic: &dyn Diagnostic) -> Option<String> {
    let label = diagnostic.labels()?.next()?;
    let contents = diagnostic.source_code()?.read_span(label.inner(), 0, 0).ok()?;
    contents.name().map(str::to_owned)
}

impl Spine {
    fn words(&self, out: &mut String, width: usize, kind: &str, text: &str, last: bool) {
        let label = if kind.is_empty() { String::new() } else { format!("{kind}: ") };
        let continued = if last || !self.style.unicode {
            format!("{}{}", " ".repeat(width + 4), " ".repeat(label.len()))
        } else {
            format!("{}   {}", self.gutter(width, None), " ".repeat(label.len() - usize::from(!label.is_empty())))
        };
        let mut first = true;
        for paragraph in text.split('\n') {
            for line in excerpt::wrap(paragraph, self.style.width, width + 4 + label.len()) {
                let line = if kind.is_empty() { self.theme.styles.link.style(&line).to_string() } else { line };
                let lead = if first {
                    let label = if kind.is_empty() {
                        String::new()
                    } else {
                        format!("{}: ", self.theme.styles.help.style(kind))
                    };
                    format!("{} {label}", self.branch(width, last))
                } else {
                    continued.clone()
                };
                let _ = writeln!(out, "{}", format!("{lead}{line}").trim_end());
                first = false;
            }
        }
    }

    /// Digits of the greatest line number that will be shown.
    fn number_width(&self, parts: &[&dyn Diagnostic]) -> usize {
        let mut greatest = 1;
        for part in parts {
            let Some(source) = part.source_code() else { continue };
            for label in part.labels().into_iter().flatten() {
                let last = (label.offset() + label.len()).saturating_sub(1).max(label.offset());
                if let Ok(contents) = source.read_span(&SourceSpan::from(last..last), 0, 0) {
                    greatest = greatest.max(contents.line() + 1);
                }
            }
        }
        for (_, patch) in self.fix.iter().flat_map(|(_, patches)| patches) {
            greatest = patch.hunks.iter().flatten().map(|l| l.number as usize).fold(greatest, usize::max);
        }
        greatest.to_string().len().max(2)
    }
}
