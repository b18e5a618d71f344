//! rules/swallowed-instruction.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::{Instruction, Keyword};
use crate::project::DockerfileView;
use crate::text::{SourceFile, Span};

use super::{Findings, Rule};

pub(super) struct SwallowedInstruction;

impl Rule for SwallowedInstruction {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let escape = view.parsed().escape;
        for (index, instruction) in view.instructions() {
            if instruction.first_line == instruction.text_last_line || instruction.keyword == Keyword::Unknown {
                continue;
            }
            let Some(found) = swallowed(view.source(), instruction, escape) else { continue };
            let word = view.source().slice(found.word);
            let outer = instruction.keyword.as_str();
            let message = format!(
                "the `{escape}` before it makes `{word}` a part of the {outer} above: it is no instruction here"
            );
            let fix = Fix::new(format!("end the {outer} before {word}"), Applicability::Unsafe).edit(found.backslash, "");
            let mut finding = out
                .error(found.word, message)
                .here("swallowed")
                .label(found.backslash, "this goes on with the next line, over empty lines and comments")
                .fix(fix);
            finding.stage = view.stage_name(index);
            out.report(finding);
        }
    }
}

struct Found {
    word: Span,
    /// The continuation character, with the blanks before it.
    backslash: Span,
}

/// A line that reads as an instruction of its own inside another one: its first word stands at the line's start, in
/// capitals, and what stands before it is complete.
fn swallowed(source: &SourceFile, instruction: &Instruction, escape: char) -> Option<Found> {
    let mut quotes = Quotes::default();
    let mut backslash: Option<Span> = None;
    let mut open_end = false;
    for line in instruction.first_line..=instruction.text_last_line {
        let range = source.line_range(line);
        let text = source.text().get(range.clone())?;
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if let Some(backslash) = backslash.filter(|_| !quotes.is_open() && !open_end) {
            let word = text.split([' ', '\t']).next().unwrap_or("");
            let keyword = Keyword::ALL.into_iter().find(|keyword| keyword.as_str() == word);
            let rest = text.get(word.len()..).unwrap_or("").trim();
            if keyword.is_some_and(|keyword| reads_as(keyword, rest)) {
                let word = source.span(range.start..range.start + word.len());
                return Some(Found { word, backslash });
            }
        }
        let body = trimmed.strip_suffix(escape).unwrap_or(trimmed).trim_end();
        quotes.read(body, escape);
        open_end = ["&&", "||", "|", ";", "(", "{", "then", "do", "else", "="].iter().any(|end| body.ends_with(end))
            || body == source.slice(instruction.keyword_span);
        let start = range.start + (text.len() - text.trim_start().len()) + body.len();
        let end = range.start + text.trim_end().len();
        backslash = (trimmed.ends_with(escape)).then(|| source.span(start..end));
    }
    None
}

/// Whether an instruction would go on like this, so that prose and SQL are not taken for one.
fn reads_as(keyword: Keyword, rest: &str) -> bool {
    let rest = rest.trim_end_matches(['\\', '`']).trim_end();
    let words: Vec<&str> = rest.split_whitespace().collect();
    match keyword {
        Keyword::From => match words.as_slice() {
            [_] => true,
            [_, word, _] => word.eq_ignore_ascii_case("as"),
            [flag, _] | [flag, _, _, _] => flag.starts_with("--platform="),
            _ => false,
        },
        Keyword::Run => !words.is_empty(),
        Keyword::Copy | Keyword::Add => words.len() >= 2,
        Keyword::Cmd | Keyword::Entrypoint => rest.starts_with('['),
        Keyword::Workdir => words.len() == 1 && rest.starts_with(['/', '$']),
        Keyword::Env | Keyword::Arg | Keyword::Label => words.first().is_some_and(|word| word.contains('=')),
        Keyword::Expose => words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit())),
        Keyword::Healthcheck => words.contains(&"CMD") || rest == "NONE",
        Keyword::User => words.len() == 1,
        _ => false,
    }
}

/// Which quote is open.
#[derive(Default)]
struct Quotes {
    open: Option<char>,
}

impl Quotes {
    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn read(&mut self, text: &str, escape: char) {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match self.open {
                _ if c == escape && self.open != Some('\'') => {
                    chars.next();
                }
                Some(quote) if c == quote => self.open = None,
                None if c == '\'' || c == '"' => self.open = Some(c),
                _ => {}
            }
        }
    }
}
