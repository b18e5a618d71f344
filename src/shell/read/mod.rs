//! From text to commands: the only module that names the parser crate.
//!
//! The crate gives the grammar: lists, pipelines, compounds, where words begin and end. The words' insides are read by
//! [`super::parts`]; what follows from a command's place (whether its failure is noticed, whether it runs at all) is
//! decided here.

mod commands;
mod grammar;
mod statements;

use std::ops::Range;

use shuck_ast as ast;
use shuck_parser::parser::ParseStatus;

use grammar::{expansions_nest_too_deep, floor_boundary, heredocs_pile_up, longest_beginning, parse, prefixes_pile_up};

use super::{Command, CommandPosition, Dialect, HeredocBody, Part, Script, ShellFault, ShellOptions, Word, mask};
use crate::text::{FileId, SourceFile, Span};

/// `sh -c` within `sh -c`.
const MAX_NESTED: u8 = 4;
/// Commands of one script; with more of them it counts as one that cannot be read.
const MAX_COMMANDS: usize = 4_000;

/// Where the text given to [`read`] is.
#[derive(Clone, Copy, Debug)]
pub enum ScriptPlace {
    /// Byte for byte in a file, from this offset.
    At(FileId, u32),
    /// Somewhere in here, but in another notation (a YAML or JSON string with escapes): every span is this one.
    Within(Span),
}

impl ScriptPlace {
    fn span(self, range: Range<usize>) -> Span {
        match self {
            ScriptPlace::At(file, base) => Span::new(file, range.start + base as usize..range.end + base as usize),
            ScriptPlace::Within(span) => span,
        }
    }

    fn offset(self, by: usize) -> ScriptPlace {
        match self {
            ScriptPlace::At(file, base) => {
                ScriptPlace::At(file, base.saturating_add(u32::try_from(by).unwrap_or(u32::MAX)))
            }
            ScriptPlace::Within(span) => ScriptPlace::Within(span),
        }
    }
}

/// A heredoc of an instruction, as the Dockerfile parser found it.
#[derive(Clone, Debug)]
pub struct ShellHeredoc {
    /// The `<<NAME` word.
    pub operator: Span,
    /// The body's lines, the last line end included, the terminator excluded.
    pub body: Span,
    pub strip_tabs: bool,
}

/// Reads a script that is not in a Dockerfile instruction: a file, a healthcheck, an entrypoint script. The options
/// hold unless its `#!` line names another interpreter.
pub fn read(text: &str, place: ScriptPlace, options: ShellOptions) -> Script {
    let options = ShellOptions::from_shebang(text).unwrap_or(options);
    let masked;
    let text = if text.contains("\r\n") {
        masked = text.replace("\r\n", " \n");
        masked.as_str()
    } else {
        text
    };
    let mut reader = Reader::new(options);
    reader.text(text, place, false, &CommandPosition::default(), 0);
    reader.finish()
}

/// Reads the shell form of RUN, CMD, ENTRYPOINT, HEALTHCHECK: `span` covers the shell part, heredocs come after it.
///
/// `RUN <<EOF` alone hands the body to the shell, or to the interpreter of its `#!` line; with anything else beside it
/// the shell itself reads the heredocs, as BuildKit does it.
pub fn read_instruction(file: &SourceFile, span: Span, heredocs: &[ShellHeredoc], options: ShellOptions) -> Script {
    let text = file.text();
    let mut reader = Reader::new(options);
    let alone = match heredocs {
        [only] if text.get(span.range()).is_some_and(|t| t.trim() == file.slice(only.operator).trim()) => Some(only),
        _ => None,
    };
    if let Some(heredoc) = alone {
        let body = file.slice(heredoc.body);
        reader.body(
            body,
            ScriptPlace::At(file.id(), heredoc.body.start),
            heredoc.strip_tabs,
            &CommandPosition::default(),
            0,
        );
        return reader.finish();
    }
    let bodies: Vec<Range<usize>> = heredocs.iter().map(|h| h.body.range()).collect();
    let masked = mask::with_heredocs(text, span.range(), &bodies);
    reader.script.swallowed =
        masked.swallowed.map(|r| Span::new(file.id(), r.start + span.start as usize..r.end + span.start as usize));
    reader.text(&masked.text, ScriptPlace::At(file.id(), span.start), true, &CommandPosition::default(), 0);
    reader.finish()
}

/// Reads the exec form: the decoded words, each with the span of its quoted form. One command; more if it is a shell
/// with `-c`.
pub fn read_exec(file: &SourceFile, words: &[(String, Span)], options: ShellOptions) -> Script {
    let mut reader = Reader::new(options);
    let word = |(text, span): &(String, Span)| Word {
        span: *span,
        parts: vec![Part::Literal { text: text.clone(), quoted: true }],
    };
    if let (Some(first), Some(last)) = (words.first(), words.last()) {
        let command = Command {
            span: first.1.cover(last.1),
            assignments: Vec::new(),
            words: words.iter().map(word).collect(),
            redirects: Vec::new(),
            context: CommandPosition { chain: 1, ..CommandPosition::default() },
            heredocs: Vec::new(),
        };
        reader.chain = 1;
        reader.script.commands.push(command.clone());
        if let Some((body, options)) = shell_body(&command)
            && let Some((text, span)) = words.get(body)
        {
            let inner = Span { start: (span.start + 1).min(span.end), ..*span };
            let verbatim = file.slice(inner).starts_with(text.as_str());
            let place = if verbatim { ScriptPlace::At(inner.file, inner.start) } else { ScriptPlace::Within(*span) };
            reader.options = options;
            let context = CommandPosition { nested: 1, ..command.context };
            reader.text(text, place, false, &context, 1);
        }
    }
    // The exec form has no shell of its own.
    reader.finish()
}

/// Which word of a command is the script of `sh -c`, and the options that the shell gets.
fn shell_body(command: &Command) -> Option<(usize, ShellOptions)> {
    let effective = command.effective();
    let skipped = command.words.len() - effective.words.len();
    let name = effective.name.as_deref()?;
    if matches!(name, "su" | "runuser") {
        // `su - user -c '…'`: the user's own shell.
        let at = effective.words.iter().position(|w| w.literal().is_some_and(|t| t == "-c" || t == "--command"))?;
        return Some((skipped + at + 1, ShellOptions::default()));
    }
    let dialect = Dialect::from_name(name);
    if !dialect.is_read() {
        return None;
    }
    let mut options = ShellOptions::new(dialect);
    let mut at = 1;
    while let Some(text) = effective.words.get(at).and_then(Word::literal) {
        if !text.starts_with(['-', '+']) {
            return None;
        }
        let flags = text.trim_start_matches('-');
        let long = text.starts_with("--");
        if !long && flags.contains('c') {
            options.set([text.as_str()].into_iter());
            // `bash -c -o pipefail 'x'` would be odd; `bash -o pipefail -c 'x'` was handled on the way.
            return Some((skipped + at + 1, options));
        }
        if !long && (flags.ends_with('o') || flags.ends_with('O')) {
            let value = effective.words.get(at + 1).and_then(Word::literal).unwrap_or_default();
            options.set([text.as_str(), value.as_str()].into_iter());
            at += 1;
        } else if !long {
            options.set([text.as_str()].into_iter());
        }
        at += 1;
    }
    None
}

struct Reader {
    script: Script,
    options: ShellOptions,
    chain: u32,
    /// The first command of the script has been seen.
    started: bool,
    /// The script may have ended successfully before this point (`test -f x || exit 0`).
    left: bool,
}

/// One text being read.
#[derive(Clone, Copy)]
struct Source<'a> {
    text: &'a str,
    place: ScriptPlace,
    joined: bool,
    depth: u8,
}

impl Reader {
    fn new(options: ShellOptions) -> Self {
        let script = Script {
            errexit: options.errexit,
            pipefail: options.pipefail,
            opaque: !options.dialect.is_read(),
            ..Script::default()
        };
        Reader { script, options, chain: 0, started: false, left: false }
    }

    fn finish(mut self) -> Script {
        if self.script.commands.len() >= MAX_COMMANDS
            && let Some(last) = self.script.commands.last()
        {
            self.script.opaque = true;
            let message = format!("there are more than {MAX_COMMANDS} commands");
            self.script.faults.push(ShellFault { span: last.span, message, limit: true });
        }
        self.script
    }

    /// A heredoc's body, for the shell or for the interpreter that it names.
    fn body(&mut self, text: &str, place: ScriptPlace, strip_tabs: bool, context: &CommandPosition, depth: u8) {
        let first = if strip_tabs { text.trim_start_matches('\t') } else { text };
        if let Some(options) = ShellOptions::from_shebang(first) {
            self.options = options;
            self.script.errexit |= options.errexit;
            self.script.pipefail |= options.pipefail;
            if !options.dialect.is_read() {
                self.script.opaque = true;
                self.interpreter(text, first, place, context);
                return;
            }
        }
        if text.contains('\r') {
            self.text(&text.replace("\r\n", " \n"), place, false, context, depth);
        } else {
            self.text(text, place, false, context, depth);
        }
    }

    /// The words of a `#!` line as a command: that interpreter must exist.
    fn interpreter(&mut self, text: &str, first: &str, place: ScriptPlace, context: &CommandPosition) {
        let line = first.lines().next().unwrap_or("");
        let base = text.len() - first.len();
        let mut words = Vec::new();
        let mut at = 2;
        for piece in line.get(2..).unwrap_or("").split([' ', '\t', '\r']) {
            if !piece.is_empty() {
                let parts = vec![Part::Literal { text: piece.to_owned(), quoted: true }];
                words.push(Word { span: place.span(base + at..base + at + piece.len()), parts });
            }
            at += piece.len() + 1;
        }
        let (Some(head), Some(last)) = (words.first(), words.last()) else { return };
        self.chain += 1;
        self.script.commands.push(Command {
            span: head.span.cover(last.span),
            assignments: Vec::new(),
            words,
            redirects: Vec::new(),
            context: CommandPosition { chain: self.chain, ..context.clone() },
            heredocs: vec![HeredocBody { span: place.span(0..text.len()), quoted: true, strip_tabs: base > 0 }],
        });
    }

    fn text(&mut self, text: &str, place: ScriptPlace, joined: bool, context: &CommandPosition, depth: u8) {
        if !self.options.dialect.is_read() || text.trim().is_empty() {
            return;
        }
        let source = Source { text, place, joined, depth };
        if expansions_nest_too_deep(text) || prefixes_pile_up(text) || heredocs_pile_up(text) {
            let message = "expansions, prefixes or heredocs pile up too high to be read".to_owned();
            self.script.faults.push(ShellFault { span: place.span(0..text.len()), message, limit: true });
            return;
        }
        let result = parse(text);
        if result.status == ParseStatus::Clean {
            self.sequence(&source, &result.file.body, context);
            return;
        }
        let mut fault_at = text.len();
        if let Some(diagnostic) = result.diagnostics.first() {
            let span = diagnostic.span;
            let start = floor_boundary(text, span.start.offset());
            let end = floor_boundary(text, span.end.offset().max(start));
            let limit = ["nesting too deep", "too long", "fuel exhausted", "too large"];
            self.script.faults.push(ShellFault {
                span: place.span(start..end),
                message: diagnostic.message.clone(),
                limit: limit.iter().any(|l| diagnostic.message.contains(l)),
            });
            fault_at = start;
        }
        if let Some(result) = longest_beginning(text, fault_at) {
            self.sequence(&source, &result.file.body, context);
        }
    }

    fn next_chain(&mut self) -> u32 {
        self.chain += 1;
        self.chain
    }

    fn span(&self, source: &Source<'_>, span: ast::Span) -> Span {
        source.place.span(range(source, span))
    }
}

fn range(source: &Source<'_>, span: ast::Span) -> Range<usize> {
    let start = floor_boundary(source.text, span.start.offset());
    let end = floor_boundary(source.text, span.end.offset()).max(start);
    start..end
}

fn slice<'s>(source: &Source<'s>, span: ast::Span) -> &'s str {
    source.text.get(range(source, span)).unwrap_or("")
}
