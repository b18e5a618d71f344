//! The grammar of `.env`, `env_file` and `label_file`, as Compose reads it.
//!
//! `KEY=value`, `KEY: value`, bare `KEY` (inherited), an optional `export`; ` #` ends an unquoted value; single quotes are
//! literal, double quotes know escapes; all but single-quoted values are interpolated, the caller's environment first.

use std::cell::Cell;
use std::collections::HashMap;

use super::interpolate::{TemplateError, substitute};

/// Why a file does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DotenvError {
    /// From 1.
    pub line: usize,
    /// In Compose's words, without values.
    pub message: String,
}

/// Reads `text` into `out`. `lookup` is asked before earlier keys of `out`. Returns the line of the first value that goes
/// over a limit of ours and stays as it is written.
pub fn parse(
    text: &str,
    out: &mut HashMap<String, String>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<usize>, DotenvError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser { rest: text, line: 1, over: Cell::new(None) };
    while parser.statement_start() {
        let (key, inherited) = parser.key()?;
        if key.contains(' ') {
            return Err(parser.error("key cannot contain a space"));
        }
        if inherited {
            if let Some(value) = lookup(&key) {
                out.insert(key, value);
            }
            continue;
        }
        let (line, followed) = (parser.line, parser.over.get().is_none());
        let value = parser.value(out, lookup)?;
        out.insert(key, value);
        if followed && parser.over.get().is_some() {
            parser.over.set(Some(line));
        }
    }
    Ok(parser.over.get())
}

/// What is to be said of the line that [`parse`] returns.
pub fn not_followed(line: usize) -> String {
    format!("the value at line {line} nests or grows further than is followed")
}

struct Parser<'a> {
    rest: &'a str,
    line: usize,
    over: Cell<Option<usize>>,
}

/// White space that does not end a line.
fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

impl<'a> Parser<'a> {
    fn error(&self, message: impl Into<String>) -> DotenvError {
        DotenvError { line: self.line, message: message.into() }
    }

    /// Goes to the next statement over blank lines and comments; false at the end.
    fn statement_start(&mut self) -> bool {
        loop {
            let at = self.rest.find(|c: char| !c.is_whitespace()).unwrap_or(self.rest.len());
            self.line += self.rest[..at].matches('\n').count();
            self.rest = &self.rest[at..];
            if !self.rest.starts_with('#') {
                return !self.rest.is_empty();
            }
            match self.rest.find('\n') {
                Some(end) => self.rest = &self.rest[end..],
                None => return false,
            }
        }
    }

    fn key(&mut self) -> Result<(String, bool), DotenvError> {
        if let Some(after) = self.rest.strip_prefix("export")
            && after.starts_with(|c: char| c.is_ascii_whitespace() && c != '\u{b}')
        {
            self.rest = after.trim_start_matches(is_space);
        }
        let mut key = "";
        let mut offset = 0;
        let mut inherited = false;
        for (i, c) in self.rest.char_indices() {
            if is_space(c) {
                continue;
            }
            match c {
                '=' | ':' | '\n' => {
                    key = &self.rest[..i];
                    offset = i + 1;
                    inherited = c == '\n';
                    break;
                }
                '_' | '.' | '-' | '[' | ']' => {}
                c if c.is_alphanumeric() => {}
                c => return Err(self.error(format!("unexpected character {c:?} in variable name"))),
            }
        }
        if self.rest.is_empty() {
            return Err(DotenvError { line: self.line, message: "zero length string".into() });
        }
        // A last line that is a bare name without a line end has no key: all of it is the value of the empty name.
        if inherited && !key.contains(' ') {
            self.line += 1;
        }
        let key = key.trim_end().to_owned();
        self.rest = self.rest[offset..].trim_start_matches(is_space);
        Ok((key, inherited))
    }

    fn value(
        &mut self,
        out: &HashMap<String, String>,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String, DotenvError> {
        let quote = match self.rest.bytes().next() {
            Some(q @ (b'"' | b'\'')) => q,
            _ => {
                let (value, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
                self.rest = rest;
                self.line += 1;
                let value = value.split(" #").next().unwrap_or(value).trim_end();
                return self.expand(value, out, lookup);
            }
        };
        let mut text = Vec::new();
        let mut escaped = false;
        let bytes = self.rest.as_bytes();
        for (i, &byte) in bytes.iter().enumerate().skip(1) {
            if byte == b'\n' {
                self.line += 1;
            }
            if byte != quote {
                if !escaped && byte == b'\\' {
                    escaped = true;
                    continue;
                }
                if escaped {
                    escaped = false;
                    text.push(b'\\');
                }
                text.push(byte);
                continue;
            }
            if escaped {
                escaped = false;
                text.push(byte);
                continue;
            }
            let value = String::from_utf8_lossy(&text).into_owned();
            self.rest = &self.rest[i + 1..];
            return if quote == b'"' { self.expand(&unescape(&value), out, lookup) } else { Ok(value) };
        }
        Err(self.error("unterminated quoted value"))
    }

    fn expand(
        &self,
        value: &str,
        out: &HashMap<String, String>,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String, DotenvError> {
        if !value.contains('$') {
            return Ok(value.to_owned());
        }
        let mut names = Vec::new();
        collect_names(value, &mut names);
        let known: HashMap<&str, String> =
            names.iter().filter_map(|n| lookup(n).or_else(|| out.get(*n).cloned()).map(|v| (*n, v))).collect();
        match substitute(value, &|name| known.get(name).map(String::as_str)) {
            Ok(done) => Ok(done.text),
            Err(TemplateError::Invalid(_)) => Err(self.error("Invalid template")),
            Err(TemplateError::TooMuch) => {
                self.over.set(self.over.get().or(Some(self.line)));
                Ok(value.to_owned())
            }
            Err(TemplateError::Required { name, .. }) => {
                Err(self.error(format!("required variable {name} is missing a value")))
            }
        }
    }
}

/// All names that could be variables of a template.
fn collect_names<'t>(text: &'t str, names: &mut Vec<&'t str>) {
    for (at, _) in text.match_indices('$') {
        let after = &text[at + 1..];
        let after = after.strip_prefix('{').unwrap_or(after);
        let end = after.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(after.len());
        if end > 0 {
            names.push(&after[..end]);
        }
    }
}

/// The escapes of double quotes: those of C without `\x` and `\u`; `\$` becomes `$$`, which the interpolation undoes.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let mut taken = 1;
        match after.chars().next() {
            Some('$') => out.push_str("$$"),
            Some('a') => out.push('\u{7}'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('v') => out.push('\u{b}'),
            Some('"') => out.push('"'),
            Some('\\') => out.push('\\'),
            Some('c') => out.push_str("\\c"),
            Some('0') => {
                let digits: String = after[1..].chars().take(3).take_while(char::is_ascii_digit).collect();
                taken += digits.len();
                // Only three octal digits make a character; anything else stays as it stands.
                match u8::from_str_radix(&digits, 8) {
                    Ok(byte) if digits.len() == 3 => out.push(char::from(byte)),
                    _ => out.push_str(&rest[at..at + 1 + taken]),
                }
            }
            _ => {
                out.push('\\');
                taken = 0;
            }
        }
        rest = &after[taken..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, DotenvError> {
        let mut out = HashMap::new();
        parse(text, &mut out, &|name| (name == "OS").then(|| "os".to_owned()))?;
        let mut out: Vec<_> = out.into_iter().collect();
        out.sort();
        Ok(out)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn values() {
        for (text, want) in [
            ("A=b", ("A", "b")),
            ("A: b", ("A", "b")),
            ("export A=b # c", ("A", "b")),
            ("A=b#c", ("A", "b#c")),
            ("A='$OS \\n'", ("A", "$OS \\n")),
            ("A=\"$OS\\n\"", ("A", "os\n")),
            ("A=$OS", ("A", "os")),
            ("A=$$OS", ("A", "$OS")),
            ("A=\"\\$OS\"", ("A", "$OS")),
            ("A=", ("A", "")),
            ("A=x\r\n", ("A", "x")),
            ("\u{feff}A=1", ("A", "1")),
            ("A=\"l1\nl2\"", ("A", "l1\nl2")),
            ("OS\n", ("OS", "os")),
        ] {
            assert_eq!(read(text).unwrap(), pairs(&[want]), "{text:?}");
        }
        assert_eq!(read("A=1\nB=${A}2\n").unwrap(), pairs(&[("A", "1"), ("B", "12")]));
    }

    #[test]
    fn faults() {
        assert_eq!(read("A=1\n!B=2").unwrap_err().line, 2);
        assert!(read("A='x").is_err());
        assert!(read("A B=1").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "[A-C=:'\"\\\\$#0-9{}\\n é]{0,60}") {
            let _ = read(&text);
        }
    }
}
