//! Calls of the parser crate: never with a text that it would take too long over, and for a text with a fault the
//! longest faultless beginning.

use shuck_parser::ShellDialect;
use shuck_parser::parser::{ParseResult, ParseStatus, Parser};

use crate::shell::mask;

/// How deep compounds, substitutions and the like may nest; no known script comes near.
const MAX_DEPTH: usize = 64;

/// Text with a fault is searched for its longest faultless beginning up to this size.
const MAX_RETRY: usize = 1 << 18;

/// The parser looks for the end of each heredoc in all that follows: ten thousand of them take the square of their
/// number.
pub(super) fn heredocs_pile_up(text: &str) -> bool {
    const MOST: usize = 50_000_000;
    text.matches("<<").count().saturating_mul(text.len()) > MOST
}

/// `${ … ${ … ${`, `{a,{a,{` or `a[a[a[` beyond any reason: the parser crate would take quadratic time over them.
pub(super) fn expansions_nest_too_deep(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut brackets = 0_usize;
    for (i, b) in bytes.iter().enumerate() {
        match b {
            b'[' => {
                brackets += 1;
                if brackets > MAX_DEPTH {
                    return true;
                }
            }
            b']' => brackets = brackets.saturating_sub(1),
            b'{' | b'(' if *b == b'{' || (i > 0 && bytes[i - 1] == b'$') => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// `time time time …` or `coproc coproc …` beyond any reason: the parser crate calls itself for each of them without
/// counting. Words count until something that ends a command, whatever is between two of them.
pub(super) fn prefixes_pile_up(text: &str) -> bool {
    if !text.contains("time") && !text.contains("coproc") && !text.contains("\\\n") && !text.contains(mask::GLUE) {
        return false;
    }
    let joined = text.replace("\\\n", "").replace(mask::GLUE, "");
    joined
        .split([';', '|', '&'])
        .any(|part| part.split_whitespace().filter(|word| matches!(*word, "time" | "coproc")).nth(MAX_DEPTH).is_some())
}

pub(super) fn parse(text: &str) -> ParseResult {
    let profile = shuck_parser::ShellProfile::native(ShellDialect::Bash);
    Parser::with_limits_and_profile(text, MAX_DEPTH, text.len().max(100_000), profile).parse()
}

/// The parse of the longest beginning of a faulty text, up to a place where a command may end before `limit`, that has
/// no fault.
pub(super) fn longest_beginning(text: &str, limit: usize) -> Option<ParseResult> {
    if text.len() > MAX_RETRY {
        return None;
    }
    let cuts = cuts(text, limit);
    // Faultless beginnings are not all shorter than faulty ones (half an `if` is faulty too), but near enough: take the
    // longest of the last few, then halve.
    for cut in cuts.iter().rev().take(4) {
        if let Some(result) = clean(text, *cut) {
            return Some(result);
        }
    }
    let (mut low, mut high) = (0, cuts.len());
    let mut best = None;
    while low < high {
        let middle = (low + high) / 2;
        match cuts.get(middle).and_then(|cut| clean(text, *cut)) {
            Some(result) => {
                best = Some(result);
                low = middle + 1;
            }
            None => high = middle,
        }
    }
    best
}

fn clean(text: &str, cut: usize) -> Option<ParseResult> {
    let result = parse(text.get(..cut)?);
    (result.status == ParseStatus::Clean && !result.file.body.is_empty()).then_some(result)
}

/// Where a command may end: before `&&`, `||`, `;` and line ends outside quotes.
fn cuts(text: &str, limit: usize) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut quote = None;
    let mut at = 0;
    while at < limit.min(bytes.len()) {
        let b = bytes[at];
        match quote {
            Some(q) => {
                if b == q {
                    quote = None;
                } else if b == b'\\' && q == b'"' {
                    at += 1;
                }
            }
            None => match b {
                b'\'' | b'"' => quote = Some(b),
                b'\\' => at += 1,
                b';' | b'\n' => out.push(at),
                b'&' | b'|' if bytes.get(at + 1) == Some(&b) => {
                    out.push(at);
                    at += 1;
                }
                _ => {}
            },
        }
        at += 1;
    }
    out
}

pub(super) fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
