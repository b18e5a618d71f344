//! The parts of one word: quotes taken away, variables named, globs and substitutions marked.
//!
//! Works on the word's own text. What lies inside `$( … )` is not read here, only skipped; where the reader of scripts has
//! already found its end, that end is taken.

use std::ops::Range;

use super::Part;
use super::mask::GLUE;

/// How to read a word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mode {
    /// Backslash and line feed were taken out before the shell saw the text, also within single quotes.
    pub joined: bool,
    /// `{a,b}` and `$'…'` mean something.
    pub bash: bool,
    /// The text stands between double quotes.
    pub quoted: bool,
}

/// Reads a word. `known` are ranges of `raw` that hold a substitution, in order.
pub(super) fn parts(raw: &str, known: &[Range<usize>], mode: Mode) -> Vec<Part> {
    // Most words are plain.
    if !mode.quoted && raw.bytes().all(is_plain) {
        return if raw.is_empty() { Vec::new() } else { vec![Part::Literal { text: raw.to_owned(), quoted: false }] };
    }
    let mut lexer = Lexer { raw, bytes: raw.as_bytes(), at: 0, known, mode, out: Vec::new() };
    lexer.word(if mode.quoted { Quote::Whole } else { Quote::None });
    lexer.out
}

fn is_plain(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(b, b'-' | b'_' | b'.' | b'/' | b':' | b'=' | b'+' | b',' | b'@' | b'%' | b'>' | b'<')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Double,
    /// Like double quotes, but they are not written and do not end the text.
    Whole,
}

struct Lexer<'a> {
    raw: &'a str,
    bytes: &'a [u8],
    at: usize,
    known: &'a [Range<usize>],
    mode: Mode,
    out: Vec<Part>,
}

impl Lexer<'_> {
    fn push(&mut self, text: &str, quoted: bool) {
        if let Some(Part::Literal { text: last, quoted: q }) = self.out.last_mut()
            && *q == quoted
        {
            last.push_str(text);
        } else {
            self.out.push(Part::Literal { text: text.to_owned(), quoted });
        }
    }

    fn push_range(&mut self, range: Range<usize>, quoted: bool) {
        let raw = self.raw;
        if let Some(text) = raw.get(range)
            && !text.is_empty()
        {
            if text.contains(GLUE) {
                self.push(&text.replace(GLUE, ""), quoted);
            } else {
                self.push(text, quoted);
            }
        }
    }

    /// Reads to the end of the text, or behind the closing quote.
    fn word(&mut self, quote: Quote) {
        let quoted = quote != Quote::None;
        let mut start = self.at;
        if quoted && quote == Quote::Double && self.bytes.get(self.at) == Some(&b'"') {
            // An empty pair of quotes still makes a word.
            self.push("", true);
        }
        while let Some(&b) = self.bytes.get(self.at) {
            match b {
                b'"' if quote == Quote::Double => {
                    self.push_range(start..self.at, true);
                    self.at += 1;
                    return;
                }
                b'"' if quote == Quote::None => {
                    self.push_range(start..self.at, false);
                    self.at += 1;
                    self.word(Quote::Double);
                    start = self.at;
                }
                b'\'' if !quoted => {
                    self.push_range(start..self.at, false);
                    self.single();
                    start = self.at;
                }
                b'\\' => {
                    self.push_range(start..self.at, quoted);
                    self.escape(quoted);
                    start = self.at;
                }
                b'$' => {
                    let before = start..self.at;
                    if self.dollar_means_something() {
                        self.push_range(before, quoted);
                        self.dollar(quoted);
                        start = self.at;
                    } else {
                        self.at += 1;
                    }
                }
                b'`' => {
                    self.push_range(start..self.at, quoted);
                    self.at = self.known_end().unwrap_or_else(|| self.backtick_end());
                    self.out.push(Part::Substitution { quoted });
                    start = self.at;
                }
                b'<' | b'>' if !quoted && self.bytes.get(self.at + 1) == Some(&b'(') => {
                    self.push_range(start..self.at, false);
                    self.at = self.known_end().unwrap_or_else(|| closing(self.bytes, self.at + 1));
                    self.out.push(Part::Opaque);
                    start = self.at;
                }
                b'*' | b'?' if !quoted => {
                    self.push_range(start..self.at, false);
                    let end = self.bytes[self.at..].iter().position(|b| !matches!(b, b'*' | b'?'));
                    let end = end.map_or(self.bytes.len(), |n| self.at + n);
                    self.glob(end);
                    start = self.at;
                }
                b'[' if !quoted => match self.bracket_end() {
                    Some(end) => {
                        self.push_range(start..self.at, false);
                        self.glob(end);
                        start = self.at;
                    }
                    None => self.at += 1,
                },
                b'{' if !quoted && self.mode.bash => match self.brace_end() {
                    Some(end) => {
                        self.push_range(start..self.at, false);
                        self.glob(end);
                        start = self.at;
                    }
                    None => self.at += 1,
                },
                _ => self.at += 1,
            }
        }
        self.push_range(start..self.at, quoted);
    }

    fn glob(&mut self, end: usize) {
        let raw = self.raw;
        self.out.push(Part::Glob(raw.get(self.at..end).unwrap_or("").to_owned()));
        self.at = end;
    }

    /// At a single quote: everything up to the next one.
    fn single(&mut self) {
        let start = self.at + 1;
        let end = find(self.bytes, start, b'\'').unwrap_or(self.bytes.len());
        let raw = self.raw;
        let text = raw.get(start..end).unwrap_or("");
        if self.mode.joined && text.contains("\\\n") {
            self.push(&text.replace("\\\n", "").replace(GLUE, ""), true);
        } else if text.contains(GLUE) {
            self.push(&text.replace(GLUE, ""), true);
        } else {
            self.push(text, true);
        }
        self.at = (end + 1).min(self.bytes.len());
    }

    /// At a backslash.
    fn escape(&mut self, quoted: bool) {
        let raw = self.raw;
        let Some(next) = raw.get(self.at + 1..).and_then(|rest| rest.chars().next()) else {
            self.push("\\", quoted);
            self.at += 1;
            return;
        };
        self.at += 1 + next.len_utf8();
        let mut buffer = [0; 4];
        let next_text = next.encode_utf8(&mut buffer);
        match next {
            '\n' => {}
            '$' | '`' | '"' | '\\' if quoted => self.push(next_text, true),
            _ if quoted => {
                self.push("\\", true);
                self.push(next_text, true);
            }
            _ => self.push(next_text, true),
        }
    }

    fn dollar_means_something(&self) -> bool {
        match self.bytes.get(self.at + 1) {
            Some(b'{' | b'(' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' | b'_') => true,
            Some(b'\'') => self.mode.bash && !self.mode.quoted,
            Some(b'[') => false,
            Some(b) => b.is_ascii_alphanumeric(),
            None => false,
        }
    }

    /// At a `$` that begins an expansion.
    fn dollar(&mut self, quoted: bool) {
        let raw = self.raw;
        let start = self.at;
        match self.bytes.get(start + 1) {
            Some(b'(') => {
                let arithmetic = self.bytes.get(start + 2) == Some(&b'(') && self.known_end().is_none();
                self.at = self.known_end().unwrap_or_else(|| closing(self.bytes, start + 1));
                self.out.push(if arithmetic { Part::Opaque } else { Part::Substitution { quoted } });
            }
            Some(b'{') => {
                let end = self.brace_close(start + 2);
                let body = raw.get(start + 2..end).unwrap_or("");
                self.at = (end + 1).min(self.bytes.len());
                self.out.push(parameter(body, quoted));
            }
            Some(b'\'') if !quoted => {
                let mut end = start + 2;
                while end < self.bytes.len() && self.bytes[end] != b'\'' {
                    end += if self.bytes[end] == b'\\' { 2 } else { 1 };
                }
                let end = end.min(self.bytes.len());
                let text = raw.get(start + 2..end).unwrap_or("");
                if text.contains('\\') {
                    match ansi(text) {
                        Some(text) => self.push(&text, true),
                        None => self.out.push(Part::Opaque),
                    }
                } else {
                    self.push(text, true);
                }
                self.at = (end + 1).min(self.bytes.len());
            }
            Some(b) if b.is_ascii_alphabetic() || *b == b'_' => {
                let rest = &self.bytes[start + 1..];
                let len = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).unwrap_or(rest.len());
                let name = raw.get(start + 1..start + 1 + len).unwrap_or("").to_owned();
                self.at = start + 1 + len;
                self.out.push(Part::Variable { name, operator: None, quoted });
            }
            _ => {
                let name = raw.get(start + 1..start + 2).unwrap_or("").to_owned();
                self.at = (start + 2).min(self.bytes.len());
                self.out.push(Part::Variable { name, operator: None, quoted });
            }
        }
    }

    /// The end of the substitution that begins here, where it is known.
    fn known_end(&self) -> Option<usize> {
        let index = self.known.binary_search_by(|r| r.start.cmp(&self.at)).ok()?;
        self.known.get(index).map(|r| r.end.min(self.bytes.len()))
    }

    fn backtick_end(&self) -> usize {
        let mut at = self.at + 1;
        while at < self.bytes.len() {
            match self.bytes[at] {
                b'`' => return at + 1,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        self.bytes.len()
    }

    /// The `}` that closes a `${` whose body begins at `at`.
    fn brace_close(&self, mut at: usize) -> usize {
        let mut depth = 1_u32;
        let mut double = false;
        while at < self.bytes.len() {
            if let Ok(index) = self.known.binary_search_by(|r| r.start.cmp(&at))
                && let Some(range) = self.known.get(index)
            {
                at = range.end.max(at + 1);
                continue;
            }
            match self.bytes[at] {
                b'\\' => at += 1,
                b'\'' if !double && !self.mode.quoted => {
                    at = find(self.bytes, at + 1, b'\'').unwrap_or(self.bytes.len());
                }
                b'"' => double = !double,
                b'$' if self.bytes.get(at + 1) == Some(&b'{') => {
                    depth += 1;
                    at += 1;
                }
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return at;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.bytes.len()
    }

    /// Behind the `]` of a bracket expression that begins here: no blank and no quote within.
    fn bracket_end(&self) -> Option<usize> {
        let mut at = self.at + 1;
        if matches!(self.bytes.get(at), Some(b'!' | b'^')) {
            at += 1;
        }
        let first = at;
        // The bound keeps hostile input linear; no real file name pattern is longer.
        let end = self.bytes.len().min(first + 256);
        while let Some(b) = self.bytes.get(at).filter(|_| at < end) {
            match b {
                b']' if at > first => return Some(at + 1),
                b' ' | b'\t' | b'\n' | b'\'' | b'"' | b'\\' | b'$' | b'`' | b'/' | b'[' => return None,
                _ => at += 1,
            }
        }
        None
    }

    /// Behind the `}` of `{a,b}` or `{1..9}`: no blank, quote or variable within.
    fn brace_end(&self) -> Option<usize> {
        let mut depth = 0_u32;
        let mut expands = false;
        for (i, b) in self.bytes[self.at..].iter().take(1024).enumerate() {
            match b {
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return expands.then_some(self.at + i + 1);
                    }
                }
                b',' => expands = true,
                b'.' if self.bytes.get(self.at + i + 1) == Some(&b'.') => expands = true,
                b' ' | b'\t' | b'\n' | b'\'' | b'"' | b'\\' | b'$' | b'`' => return None,
                _ => {}
            }
        }
        None
    }
}

/// The inside of `${ … }`.
fn parameter(body: &str, quoted: bool) -> Part {
    let name_len = body.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'_')).unwrap_or(body.len());
    let (name, rest) = body.split_at(name_len);
    if name.is_empty() {
        return match body.strip_prefix('#') {
            // `${#x}`: a length.
            Some(name) if !name.is_empty() => {
                Part::Variable { name: name.to_owned(), operator: Some(("#length".to_owned(), String::new())), quoted }
            }
            _ if matches!(body, "@" | "*" | "#" | "?" | "-" | "$" | "!") => {
                Part::Variable { name: body.to_owned(), operator: None, quoted }
            }
            _ => Part::Opaque,
        };
    }
    if rest.is_empty() {
        return Part::Variable { name: name.to_owned(), operator: None, quoted };
    }
    const OPERATORS: [&str; 20] =
        [":-", ":=", ":?", ":+", "##", "%%", "//", "/#", "/%", "^^", ",,", "-", "=", "?", "+", "#", "%", "/", "^", ","];
    if let Some(op) = OPERATORS.iter().find(|op| rest.starts_with(**op)) {
        let operand = rest[op.len()..].to_owned();
        return Part::Variable { name: name.to_owned(), operator: Some(((*op).to_owned(), operand)), quoted };
    }
    let operator = match rest.strip_prefix(':') {
        Some(slice) => (":".to_owned(), slice.to_owned()),
        // An array element, a transformation.
        None => (rest.get(..1).unwrap_or("?").to_owned(), rest.get(1..).unwrap_or("").to_owned()),
    };
    Part::Variable { name: name.to_owned(), operator: Some(operator), quoted }
}

/// The text of `$'…'`, if its escapes are of the simple kind.
fn ansi(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match chars.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '\\' => '\\',
            '\'' => '\'',
            '"' => '"',
            _ => return None,
        });
    }
    Some(out)
}

fn find(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    bytes.get(from..)?.iter().position(|b| *b == wanted).map(|i| from + i)
}

/// Behind the parenthesis that closes the one at `open`, quotes respected.
pub(super) fn closing(bytes: &[u8], open: usize) -> usize {
    let mut depth = 0_u32;
    let mut at = open;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\'' => at = find(bytes, at + 1, b'\'').unwrap_or(bytes.len()),
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Vec<Part> {
        parts(raw, &[], Mode { bash: true, ..Mode::default() })
    }

    fn lit(text: &str, quoted: bool) -> Part {
        Part::Literal { text: text.into(), quoted }
    }

    fn var(name: &str, operator: Option<(&str, &str)>, quoted: bool) -> Part {
        let operator = operator.map(|(a, b)| (a.to_owned(), b.to_owned()));
        Part::Variable { name: name.into(), operator, quoted }
    }

    #[test]
    fn quotes_are_taken_away() {
        assert_eq!(read("a'b c'\"d\\\"e\\n\""), [lit("a", false), lit("b cd\"e\\n", true)]);
        assert_eq!(read("\"\""), [lit("", true)]);
        assert_eq!(read("''"), [lit("", true)]);
        assert_eq!(read("a\\ b"), [lit("a", false), lit(" ", true), lit("b", false)]);
        assert_eq!(read("$'a\\nb'"), [lit("a\nb", true)]);
    }

    #[test]
    fn variables_and_operators() {
        assert_eq!(read("$A-b"), [var("A", None, false), lit("-b", false)]);
        assert_eq!(read("\"${A:-x}\""), [var("A", Some((":-", "x")), true)]);
        assert_eq!(read("${A:-${B}}c"), [var("A", Some((":-", "${B}")), false), lit("c", false)]);
        assert_eq!(read("${A%%.*}"), [var("A", Some(("%%", ".*")), false)]);
        assert_eq!(read("${A//./-}"), [var("A", Some(("//", "./-")), false)]);
        assert_eq!(read("${#A}"), [var("A", Some(("#length", "")), false)]);
        assert_eq!(read("${A:0:3}"), [var("A", Some((":", "0:3")), false)]);
        assert_eq!(read("$1$?"), [var("1", None, false), var("?", None, false)]);
        assert_eq!(read("a$"), [lit("a$", false)]);
    }

    #[test]
    fn globs_and_braces() {
        assert_eq!(read("a*"), [lit("a", false), Part::Glob("*".into())]);
        assert_eq!(read("u[std]"), [lit("u", false), Part::Glob("[std]".into())]);
        assert_eq!(read("["), [lit("[", false)]);
        assert_eq!(read("x{a,b}"), [lit("x", false), Part::Glob("{a,b}".into())]);
        assert_eq!(read("{}"), [lit("{}", false)]);
    }

    #[test]
    fn substitutions() {
        assert_eq!(read("a$(b \")\" c)d"), [lit("a", false), Part::Substitution { quoted: false }, lit("d", false)]);
        assert_eq!(read("\"`x`\""), [Part::Substitution { quoted: true }]);
        assert_eq!(read("$((1+2))"), [Part::Opaque]);
        assert_eq!(read("<(a)"), [Part::Opaque]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(raw in "\\PC{0,40}") { let _ = read(&raw); }

        #[test]
        fn never_panics_on_syntax(raw in "[\\\\'\"$(){}`a\\[\\]*é#:/-]{0,40}") { let _ = read(&raw); }
    }
}
