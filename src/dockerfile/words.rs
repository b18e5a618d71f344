//! Cutting an instruction's joined text into words, each instruction in the way that the builder cuts it.

use std::ops::Range;

use super::line::Line;
use super::{Field, Flag, Word};

/// White space between an instruction's word and its arguments and between plain words: ASCII only, and no line feed.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// The range of `range` without white space (in Unicode's sense) on both sides.
pub(super) fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let Some(slice) = text.get(range.clone()) else { return range.end..range.end };
    let start = range.start + (slice.len() - slice.trim_start().len());
    let end = range.start + slice.trim_end().len();
    start..end.max(start)
}

/// Words between runs of blanks.
pub(super) fn split_blank(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let slice = text.get(range.clone()).unwrap_or("").as_bytes();
    let is_blank = |byte: &u8| matches!(byte, b'\t' | 0xb | 0xc | b'\r' | b' ');
    let mut at = 0;
    std::iter::from_fn(move || {
        at += slice.get(at..)?.iter().position(|byte| !is_blank(byte))?;
        let start = at;
        at += slice.get(at..)?.iter().position(is_blank).unwrap_or(slice.len() - at);
        Some(range.start + start..range.start + at)
    })
}

/// Words of ARG, ENV and LABEL: quotes keep blanks together, the escape character keeps the next character; both stay in
/// the word. An escape character at the very end is dropped.
pub(super) fn split_quoted(text: &str, range: Range<usize>, escape: char) -> Vec<Range<usize>> {
    let Some(slice) = text.get(range.clone()) else { return Vec::new() };
    let base = range.start;
    let mut words = Vec::new();
    let mut start: Option<usize> = None;
    let mut quote: Option<char> = None;
    let mut chars = slice.char_indices();
    let mut end = slice.len();
    while let Some((at, c)) = chars.next() {
        match (start, quote) {
            (None, _) if c.is_whitespace() => continue,
            (Some(from), None) if c.is_whitespace() => {
                if at > from {
                    words.push(base + from..base + at);
                }
                start = None;
                continue;
            }
            (None, _) => start = Some(at),
            _ => {}
        }
        let escapes = c == escape && quote != Some('\'');
        match quote {
            None if c == '\'' || c == '"' => quote = Some(c),
            Some(q) if c == q => quote = None,
            _ => {}
        }
        if escapes && chars.next().is_none() {
            end = at;
        }
    }
    if let Some(from) = start
        && end > from
    {
        words.push(base + from..base + end);
    }
    words
}

/// The flags in front of the arguments, and where the arguments begin.
///
/// Quotes and escapes are removed from a flag's value here, as the builder does: what a flag says is its decoded text.
pub(super) fn split_flags(line: &Line<'_>, range: Range<usize>, escape: char) -> (Vec<Flag>, usize) {
    let mut flags = Vec::new();
    let mut at = range.start;
    loop {
        let rest = line.slice(at..range.end);
        let Some(skip) = rest.find(|c: char| !is_flag_space(c)) else { return (flags, range.end) };
        at += skip;
        if !line.slice(at..range.end).starts_with("--") {
            return (flags, at);
        }
        let token = flag_token(line, at..range.end, escape);
        at = token.end;
        if token.text == "--" {
            return (flags, at);
        }
        flags.push(token.into_flag(line));
    }
}

/// The builder looks for the end of a flag byte by byte and takes the bytes 85 and A0 for white space, also inside a
/// character of several bytes.
fn is_flag_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

fn ends_flag(c: char) -> bool {
    if c.is_ascii() {
        return is_flag_space(c);
    }
    let mut buffer = [0; 4];
    c.encode_utf8(&mut buffer).bytes().any(|byte| byte == 0x85 || byte == 0xa0)
}

struct FlagToken {
    text: String,
    /// For each byte of `text` the place of its character in the line; empty where they run in step from `start`.
    places: Vec<u32>,
    start: usize,
    end: usize,
}

fn flag_token(line: &Line<'_>, range: Range<usize>, escape: char) -> FlagToken {
    let slice = line.slice(range.clone());
    let plain = slice.find(|c: char| c == '\'' || c == '"' || c == escape || ends_flag(c)).unwrap_or(slice.len());
    let mut token = FlagToken {
        text: slice.get(..plain).unwrap_or("").to_owned(),
        places: Vec::new(),
        start: range.start,
        end: range.start + plain,
    };
    if slice.get(plain..).and_then(|rest| rest.chars().next()).is_none_or(ends_flag) {
        return token;
    }
    token.places = (range.start..token.end).map(to_u32).collect();
    let mut quote: Option<char> = None;
    let mut chars = slice.get(plain..).unwrap_or("").char_indices();
    while let Some((at, c)) = chars.next() {
        let here = range.start + plain + at;
        token.end = here;
        if quote.is_none() && ends_flag(c) {
            return token;
        }
        token.end += c.len_utf8();
        let mut push = |c: char, from: usize| {
            token.text.push(c);
            token.places.extend((from..from + c.len_utf8()).map(to_u32));
        };
        match quote {
            None if c == '\'' || c == '"' => quote = Some(c),
            Some(q) if c == q => quote = None,
            _ if c == escape => {
                if let Some((at, c)) = chars.next() {
                    let here = range.start + plain + at;
                    push(c, here);
                    token.end = here + c.len_utf8();
                }
            }
            _ => push(c, here),
        }
    }
    token
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl FlagToken {
    /// The place of a byte of the decoded text in the line.
    fn place(&self, at: usize) -> usize {
        if self.places.is_empty() {
            return self.start + at;
        }
        self.places.get(at).map_or(self.end, |place| *place as usize)
    }

    fn word(&self, line: &Line<'_>, range: Range<usize>) -> Word {
        let start = self.place(range.start);
        let end = match range.end.checked_sub(1) {
            _ if range.is_empty() => start,
            Some(last) => self.place(last) + 1,
            None => start,
        };
        Word { text: self.text.get(range).unwrap_or("").to_owned(), span: line.span(start..end.max(start)) }
    }

    fn into_flag(self, line: &Line<'_>) -> Flag {
        let span = line.span(self.start..self.end);
        let equals = self.text.find('=');
        let name = self.text.get(2..equals.unwrap_or(self.text.len())).unwrap_or("").to_owned();
        let value = equals.map(|at| {
            let mut word = self.word(line, at + 1..self.text.len());
            // Closing quotes belong to the value's place.
            word.span.end = span.end.max(word.span.start);
            word
        });
        let mut fields = Vec::new();
        let mut csv_error = None;
        if let Some(at) = equals
            && matches!(name.as_str(), "mount" | "device")
        {
            match csv_fields(&self.text, at + 1..self.text.len()) {
                Ok(ranges) => fields = ranges.iter().map(|field| self.field(line, field)).collect(),
                Err(error) => csv_error = Some(error),
            }
        }
        Flag { name, span, value, fields, csv_error }
    }

    fn field(&self, line: &Line<'_>, field: &CsvField) -> Field {
        let whole = self.word(line, field.place.clone());
        let (key, value) = match field.text.split_once('=') {
            Some((key, value)) => {
                // Where the field is not quoted, the value's place is exact.
                let exact = field.place.len() == field.text.len();
                let word = if exact {
                    self.word(line, field.place.start + key.len() + 1..field.place.end)
                } else {
                    whole.clone()
                };
                (key, Some(Word { text: value.to_owned(), span: word.span }))
            }
            None => (field.text.as_str(), None),
        };
        Field { key: key.to_lowercase(), value, span: whole.span }
    }
}

struct CsvField {
    text: String,
    /// In the flag's decoded text, quotes included.
    place: Range<usize>,
}

/// The fields of one line of comma-separated values; the error is the builder's.
fn csv_fields(text: &str, range: Range<usize>) -> Result<Vec<CsvField>, String> {
    let mut at = range.start;
    if range.is_empty() {
        return Err("EOF".to_owned());
    }
    let column = |at: usize| at - range.start + 1;
    let mut fields = Vec::new();
    loop {
        let rest = text.get(at..range.end).unwrap_or("");
        if !rest.starts_with('"') {
            let length = rest.find(',').unwrap_or(rest.len());
            let field = rest.get(..length).unwrap_or("");
            if let Some(quote) = field.find('"') {
                return Err(format!(
                    "parse error on line 1, column {}: bare \" in non-quoted-field",
                    column(at + quote)
                ));
            }
            fields.push(CsvField { text: field.to_owned(), place: at..at + length });
            if length == rest.len() {
                return Ok(fields);
            }
            at += length + 1;
            continue;
        }
        let start = at;
        at += 1;
        let mut value = String::new();
        loop {
            let rest = text.get(at..range.end).unwrap_or("");
            let unquoted =
                |at| format!("parse error on line 1, column {}: extraneous or missing \" in quoted-field", column(at));
            let Some(quote) = rest.find('"') else { return Err(unquoted(at)) };
            value.push_str(rest.get(..quote).unwrap_or(""));
            at += quote + 1;
            match text.get(at..range.end).and_then(|rest| rest.chars().next()) {
                Some('"') => {
                    value.push('"');
                    at += 1;
                }
                Some(',') => {
                    fields.push(CsvField { text: value, place: start..at });
                    at += 1;
                    break;
                }
                None => {
                    fields.push(CsvField { text: value, place: start..at });
                    return Ok(fields);
                }
                Some(_) => return Err(unquoted(at - 1)),
            }
        }
    }
}
