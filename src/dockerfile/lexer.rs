//! The builder's shell lexer: quotes, escapes, `$x` and `${x…}`, words.
//!
//! It follows BuildKit's `frontend/dockerfile/shell` to the letter, its oddities included, because heredoc names, EXPOSE
//! and every expanded word are what it says they are.

use std::ops::Range;

/// Nesting of `${x:-${y:-…}}` that is followed.
pub(super) const MAX_DEPTH: usize = 64;

/// Values are put in until the text is this long; beyond, it counts as unknown.
const MAX_TEXT: usize = 256 * 1024;

/// Patterns take time by the product of the lengths of value and pattern: longer ones count as unknown.
const MAX_REPLACED: usize = 4 * 1024;

#[derive(Clone, Copy, Debug)]
pub(super) struct LexerOptions {
    pub(super) escape: char,
    /// Keep quotes in the result.
    pub(super) raw_quotes: bool,
    /// Keep escape characters in the result.
    pub(super) raw_escapes: bool,
    /// Quotes are ordinary characters.
    pub(super) skip_quotes: bool,
    /// A variable that is not set stays as written.
    pub(super) keep_unset: bool,
    /// Collect words as well as the whole text.
    pub(super) words: bool,
}

impl LexerOptions {
    pub(super) fn expand(escape: char) -> Self {
        LexerOptions {
            escape,
            raw_quotes: false,
            raw_escapes: false,
            skip_quotes: false,
            keep_unset: false,
            words: false,
        }
    }
}

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum VariableLookup<'v> {
    Unset,
    Unknown,
    Value(&'v str),
}

/// A use of a variable.
#[derive(Clone, Debug)]
pub(super) struct VariableSite {
    pub(super) name: String,
    /// From the `$` to the end of the name or the closing brace.
    pub(super) range: Range<usize>,
    /// `-`, `+`, `?`, `#`, `%`, `/`; `None` for `$x` and `${x}`.
    pub(super) operator: Option<char>,
    /// With a colon: an empty value counts as unset.
    pub(super) colon: bool,
}

/// Where values come from; told of every use.
pub(super) trait LexerVariables {
    fn get(&mut self, site: VariableSite) -> VariableLookup<'_>;
}

/// No variable is set.
pub(super) struct Empty;

impl LexerVariables for Empty {
    fn get(&mut self, _: VariableSite) -> VariableLookup<'_> {
        VariableLookup::Unset
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LexError {
    /// The builder's sentence.
    pub(super) message: String,
    /// Where it was noticed.
    pub(super) at: usize,
    /// Our limit, not the builder's.
    pub(super) too_deep: bool,
}

/// LexedText, and whether an unknown value went into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LexedText {
    pub(super) text: String,
    pub(super) unknown: bool,
}

impl LexedText {
    fn push(&mut self, part: &LexedText) {
        self.unknown |= part.unknown;
        if self.text.len() + part.text.len() <= MAX_TEXT || self.text.is_empty() {
            self.text.push_str(&part.text);
        } else {
            self.unknown = true;
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LexWord {
    pub(super) text: String,
    pub(super) range: Range<usize>,
}

/// What one run of the lexer gives.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexed {
    pub(super) whole: LexedText,
    pub(super) words: Vec<LexWord>,
}

/// Reads all of `source`.
pub(super) fn lex(source: &str, options: LexerOptions, variables: &mut dyn LexerVariables) -> Result<Lexed, LexError> {
    let mut lexer = Lexer {
        source,
        at: 0,
        raw_escapes: options.raw_escapes,
        options,
        variables,
        depth: 0,
        put_in: 0,
        buffer: String::new(),
        buffer_range: 0..0,
    };
    let raw = options.raw_escapes;
    let (whole, words) = lexer.until(None, raw)?;
    Ok(Lexed { whole, words })
}

struct Lexer<'s, 'v> {
    source: &'s str,
    at: usize,
    options: LexerOptions,
    raw_escapes: bool,
    variables: &'v mut dyn LexerVariables,
    depth: usize,
    /// Bytes of values so far: a long value may be used ten thousand times.
    put_in: usize,
    /// The word under construction. There is one for all depths, as in the builder: a nested text empties it.
    buffer: String,
    buffer_range: Range<usize>,
}

#[derive(Default)]
struct Words {
    done: Vec<LexWord>,
    in_word: bool,
}

impl<'s> Lexer<'s, '_> {
    fn peek(&self) -> Option<char> {
        self.source.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, LexError> {
        Err(LexError { message: message.into(), at: self.at, too_deep: false })
    }

    fn take_word(&mut self, words: &mut Words) {
        if !self.buffer.is_empty() {
            words.done.push(LexWord { text: std::mem::take(&mut self.buffer), range: self.buffer_range.clone() });
            words.in_word = false;
        }
    }

    fn add(&mut self, words: &mut Words, c: char, range: Range<usize>) {
        if !self.options.words {
            return;
        }
        if !c.is_whitespace() {
            self.add_raw(words, c, range);
        } else if words.in_word {
            self.take_word(words);
        }
    }

    fn add_raw(&mut self, words: &mut Words, c: char, range: Range<usize>) {
        if !self.options.words {
            return;
        }
        if self.buffer.is_empty() {
            self.buffer_range = range;
        } else {
            self.buffer_range.end = range.end;
        }
        self.buffer.push(c);
        words.in_word = true;
    }

    fn add_raw_str(&mut self, words: &mut Words, text: &str, range: Range<usize>) {
        if !self.options.words {
            return;
        }
        if !text.is_empty() {
            if self.buffer.is_empty() {
                self.buffer_range = range;
            } else {
                self.buffer_range.end = range.end;
            }
            self.buffer.push_str(text);
        }
        words.in_word = true;
    }

    /// Reads up to and over `stop`, or to the end.
    fn until(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<(LexedText, Vec<LexWord>), LexError> {
        if self.depth > MAX_DEPTH {
            return Err(LexError { message: "nested too deep".to_owned(), at: self.at, too_deep: true });
        }
        self.depth += 1;
        let saved = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        let result = self.until_inner(stop);
        self.raw_escapes = saved;
        self.depth -= 1;
        result
    }

    fn until_inner(&mut self, stop: Option<char>) -> Result<(LexedText, Vec<LexWord>), LexError> {
        let mut result = LexedText::default();
        self.buffer.clear();
        let mut words = Words::default();
        while let Some(c) = self.peek() {
            let from = self.at;
            if stop == Some(c) {
                self.next();
                self.take_word(&mut words);
                return Ok((result, words.done));
            }
            match c {
                '$' => {
                    let part = self.dollar()?;
                    result.push(&part);
                    for c in part.text.chars() {
                        let range = from..self.at;
                        self.add(&mut words, c, range);
                    }
                }
                '<' => {
                    let part = self.angle();
                    result.text.push_str(part);
                    let range = from..self.at;
                    self.add_raw_str(&mut words, part, range);
                }
                '\'' if !self.options.skip_quotes => {
                    let part = self.single_quote()?;
                    result.text.push_str(part);
                    let range = from..self.at;
                    self.add_raw_str(&mut words, part, range);
                }
                '"' if !self.options.skip_quotes => {
                    let part = self.double_quote()?;
                    result.push(&part);
                    let range = from..self.at;
                    self.add_raw_str(&mut words, &part.text, range);
                }
                _ => {
                    self.next();
                    if c == self.options.escape {
                        if self.raw_escapes {
                            self.add_raw(&mut words, c, from..from + c.len_utf8());
                            result.text.push(c);
                        }
                        let Some(c) = self.next() else { break };
                        let range = from..self.at;
                        self.add_raw(&mut words, c, range);
                        result.text.push(c);
                    } else {
                        let range = from..self.at;
                        self.add(&mut words, c, range);
                        result.text.push(c);
                    }
                }
            }
        }
        if let Some(stop) = stop {
            return self.error(format!("unexpected end of statement while looking for matching {stop}"));
        }
        self.take_word(&mut words);
        Ok((result, words.done))
    }

    fn single_quote(&mut self) -> Result<&'s str, LexError> {
        let from = self.at;
        self.next();
        let rest = self.source.get(self.at..).unwrap_or("");
        let Some(length) = rest.find('\'') else {
            self.at = self.source.len();
            return self.error("unexpected end of statement while looking for matching single-quote");
        };
        let inner = self.at..self.at + length;
        self.at += length + 1;
        let range = if self.options.raw_quotes { from..self.at } else { inner };
        Ok(self.source.get(range).unwrap_or(""))
    }

    fn double_quote(&mut self) -> Result<LexedText, LexError> {
        let mut result = LexedText::default();
        self.next();
        if self.options.raw_quotes {
            result.text.push('"');
        }
        loop {
            match self.peek() {
                None => return self.error("unexpected end of statement while looking for matching double-quote"),
                Some('"') => {
                    self.next();
                    if self.options.raw_quotes {
                        result.text.push('"');
                    }
                    return Ok(result);
                }
                Some('$') => {
                    let part = self.dollar()?;
                    result.push(&part);
                }
                Some(mut c) => {
                    self.next();
                    if c == self.options.escape {
                        if self.raw_escapes {
                            result.text.push(c);
                        }
                        match self.peek() {
                            None => continue,
                            Some(escaped) if escaped == '"' || escaped == '$' || escaped == self.options.escape => {
                                self.next();
                                c = escaped;
                            }
                            Some(_) => {}
                        }
                    }
                    result.text.push(c);
                }
            }
        }
    }

    /// `<`, or `<<` with the blanks behind it.
    fn angle(&mut self) -> &'s str {
        let from = self.at;
        self.next();
        if self.peek() == Some('<') {
            self.next();
            while matches!(self.peek(), Some('\t' | '\r' | ' ')) {
                self.next();
            }
        }
        self.source.get(from..self.at).unwrap_or("")
    }

    fn name(&mut self) -> &'s str {
        let from = self.at;
        match self.peek() {
            Some(c) if is_digit(c) => {
                while self.peek().is_some_and(is_digit) {
                    self.next();
                }
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                self.next();
            }
            _ => {
                while self.peek().is_some_and(|c| c == '_' || c.is_alphabetic() || is_digit(c)) {
                    self.next();
                }
            }
        }
        self.source.get(from..self.at).unwrap_or("")
    }

    fn get(&mut self, name: &str, from: usize, operator: Option<char>, colon: bool) -> VariableLookup<'_> {
        let site = VariableSite { name: name.to_owned(), range: from..self.at, operator, colon };
        // The use counts, whatever becomes of the value.
        match self.variables.get(site) {
            VariableLookup::Value(value) => {
                self.put_in = self.put_in.saturating_add(value.len());
                if self.put_in > MAX_TEXT { VariableLookup::Unknown } else { VariableLookup::Value(value) }
            }
            other => other,
        }
    }

    fn dollar(&mut self) -> Result<LexedText, LexError> {
        let from = self.at;
        self.next();
        let plain = |text: String| Ok(LexedText { text, unknown: false });
        let keep_unset = self.options.keep_unset;
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return plain("$".to_owned());
            }
            return match self.get(name, from, None, false) {
                VariableLookup::Value(value) => plain(value.to_owned()),
                VariableLookup::Unknown => Ok(LexedText { text: String::new(), unknown: true }),
                VariableLookup::Unset if keep_unset => plain(format!("${name}")),
                VariableLookup::Unset => plain(String::new()),
            };
        }
        self.next();
        match self.peek() {
            None => return self.error("syntax error: missing '}'"),
            Some('{' | '}' | ':') => return self.error("syntax error: bad substitution"),
            Some(_) => {}
        }
        let name = self.name();
        let mut operator = self.next();
        let mut signs: String = operator.unwrap_or(char::REPLACEMENT_CHARACTER).into();
        let mut colon = false;
        match operator {
            Some('}') => {
                return match self.get(name, from, None, false) {
                    VariableLookup::Value(value) => plain(value.to_owned()),
                    VariableLookup::Unknown => Ok(LexedText { text: String::new(), unknown: true }),
                    VariableLookup::Unset if keep_unset => plain(format!("${{{name}}}")),
                    VariableLookup::Unset => plain(String::new()),
                };
            }
            Some('/') => return self.replace(name, from),
            Some(':') => {
                colon = true;
                operator = self.next();
                signs.push(operator.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some('+' | '-' | '?' | '#' | '%') => {}
            _ => return self.error(format!("unsupported modifier ({signs}) in substitution")),
        }
        let raw_escapes = matches!(operator, Some('#' | '%'));
        if colon && raw_escapes {
            return self.error(format!("unsupported modifier ({signs}) in substitution"));
        }
        let word = self.nested('}', raw_escapes, "syntax error: missing '}'")?;
        let found = self.get(name, from, operator, colon);
        if keep_unset && found == VariableLookup::Unset {
            return plain(format!("${{{name}{signs}{}}}", word.text));
        }
        let unknown = LexedText { text: String::new(), unknown: true };
        let empty = colon && found == VariableLookup::Value("");
        match (operator, found) {
            (Some('-'), VariableLookup::Value(value)) if !empty => plain(value.to_owned()),
            (Some('-'), VariableLookup::Unset | VariableLookup::Value(_)) => Ok(word),
            (Some('+'), VariableLookup::Value(_)) if !empty => Ok(word),
            (Some('+'), VariableLookup::Unset | VariableLookup::Value(_)) => plain(String::new()),
            (Some('?'), VariableLookup::Value(value)) if !empty => plain(value.to_owned()),
            (Some('?'), found @ (VariableLookup::Unset | VariableLookup::Value(_))) => {
                let usual = if found == VariableLookup::Unset { "unset" } else { "empty" };
                let message = if word.text.is_empty() && !word.unknown {
                    format!("{name}: is not allowed to be {usual}")
                } else {
                    format!("{name}: {}", word.text)
                };
                self.error(message)
            }
            (Some('-' | '+' | '?'), VariableLookup::Unknown) => Ok(unknown),
            (Some(sign @ ('#' | '%')), found) => {
                let (pattern, longest) = match word.text.strip_prefix(sign) {
                    Some(rest) => (rest, true),
                    None => (word.text.as_str(), false),
                };
                let value = match found {
                    _ if word.unknown => return Ok(unknown),
                    VariableLookup::Unknown => return Ok(unknown),
                    VariableLookup::Unset => "",
                    VariableLookup::Value(value) => value,
                };
                if value.len().saturating_mul(pattern.len()) > MAX_REPLACED * MAX_REPLACED {
                    return Ok(unknown);
                }
                match Pattern::new(pattern, longest) {
                    Ok(pattern) if sign == '#' => plain(pattern.trim_start(value).to_owned()),
                    Ok(pattern) => plain(pattern.trim_end(value).to_owned()),
                    Err(escape) => {
                        let word = &pattern;
                        self.error(format!("invalid pattern ({word}) in substitution: {escape}"))
                    }
                }
            }
            _ => self.error(format!("unsupported modifier ({signs}) in substitution")),
        }
    }

    fn nested(&mut self, stop: char, raw_escapes: bool, at_end: &str) -> Result<LexedText, LexError> {
        match self.until(Some(stop), raw_escapes) {
            Ok((text, _)) => Ok(text),
            Err(error) if !error.too_deep && self.peek().is_none() => self.error(at_end),
            Err(error) => Err(error),
        }
    }

    /// `${name/pattern/replacement}` and `${name//pattern/replacement}`, behind the first slash.
    fn replace(&mut self, name: &str, from: usize) -> Result<LexedText, LexError> {
        let all = self.peek() == Some('/');
        if all {
            self.next();
        }
        let pattern = self.nested('/', true, "syntax error: missing '/' in ${}")?;
        let replacement = self.nested('}', true, "syntax error: missing '}'")?;
        let keep_unset = self.options.keep_unset;
        let text = match self.get(name, from, Some('/'), false) {
            VariableLookup::Unset if keep_unset => format!("${{{name}/{}/{}}}", pattern.text, replacement.text),
            VariableLookup::Unknown => return Ok(LexedText { text: String::new(), unknown: true }),
            _ if pattern.unknown || replacement.unknown => return Ok(LexedText { text: String::new(), unknown: true }),
            found => {
                let value = if let VariableLookup::Value(value) = found { value } else { "" };
                if value.len() > MAX_REPLACED || pattern.text.len() > MAX_REPLACED {
                    return Ok(LexedText { text: String::new(), unknown: true });
                }
                match Pattern::new(&pattern.text, true) {
                    // The builder lets its pattern engine read the replacement for `//`: `$1` and the like stand for groups.
                    Ok(_) if all && replacement.text.contains('$') => {
                        return Ok(LexedText { text: String::new(), unknown: true });
                    }
                    Ok(compiled) => compiled.replace(value, &replacement.text, all),
                    Err(escape) => {
                        let pattern = &pattern.text;
                        return self.error(format!("invalid pattern ({pattern}) in substitution: {escape}"));
                    }
                }
            }
        };
        Ok(LexedText { text, unknown: false })
    }
}

/// Go's `unicode.IsDigit`: decimal digits of any script. ASCII suffices but for names no one writes.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && c.is_numeric() && !c.is_alphabetic())
}

/// A shell pattern of `*` and `?`; no brackets, as in the builder.
#[derive(Debug)]
struct Pattern {
    items: Vec<Item>,
    longest: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Char(char),
    Any,
    Star,
}

impl Pattern {
    fn new(text: &str, longest: bool) -> Result<Self, String> {
        let mut items = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            items.push(match c {
                '*' => Item::Star,
                '?' => Item::Any,
                '\\' => match chars.peek() {
                    // `}` and `/` are escaped for the sake of the braces around, not for the pattern's.
                    Some('}' | '/') => continue,
                    Some(&escaped @ ('*' | '?' | '\\')) => {
                        chars.next();
                        Item::Char(escaped)
                    }
                    other => return Err(format!("invalid escape '\\{}'", other.copied().unwrap_or('\u{fffd}'))),
                },
                c => Item::Char(c),
            });
        }
        Ok(Pattern { items, longest })
    }

    /// The lengths of prefixes of `value` that match, shortest or longest one wanted: the states of a small automaton over
    /// the pattern, so that the time is the product of the two lengths at most.
    fn match_prefix(items: &[Item], value: impl Iterator<Item = char>, longest: bool) -> Option<usize> {
        let mut states = vec![false; items.len() + 1];
        let close = |states: &mut Vec<bool>| {
            for (i, item) in items.iter().enumerate() {
                if *item == Item::Star && states[i] {
                    states[i + 1] = true;
                }
            }
        };
        states[0] = true;
        close(&mut states);
        let mut found = None;
        let mut length = 0;
        let mut value = value;
        loop {
            if states[items.len()] {
                found = Some(length);
                if !longest {
                    return found;
                }
            }
            let Some(c) = value.next() else { return found };
            let mut next = vec![false; items.len() + 1];
            for (i, item) in items.iter().enumerate().filter(|(i, _)| states[*i]) {
                match item {
                    // `.` matches anything but a line end.
                    Item::Star if c != '\n' => next[i] = true,
                    Item::Any if c != '\n' => next[i + 1] = true,
                    Item::Char(wanted) if *wanted == c => next[i + 1] = true,
                    _ => {}
                }
            }
            close(&mut next);
            if !next.contains(&true) {
                return found;
            }
            states = next;
            length += c.len_utf8();
        }
    }

    fn trim_start<'t>(&self, value: &'t str) -> &'t str {
        let length = Self::match_prefix(&self.items, value.chars(), self.longest).unwrap_or(0);
        value.get(length..).unwrap_or(value)
    }

    fn trim_end<'t>(&self, value: &'t str) -> &'t str {
        let items: Vec<Item> = self.items.iter().rev().copied().collect();
        let length = Self::match_prefix(&items, value.chars().rev(), self.longest).unwrap_or(0);
        value.get(..value.len() - length).unwrap_or(value)
    }

    fn replace(&self, value: &str, by: &str, all: bool) -> String {
        let mut out = String::with_capacity(value.len());
        let mut at = 0;
        let mut last_end = None;
        loop {
            let rest = value.get(at..).unwrap_or("");
            let matched = Self::match_prefix(&self.items, rest.chars(), self.longest);
            match matched {
                // An empty match right behind a match does not count.
                Some(0) if last_end == Some(at) => {}
                Some(length) => {
                    out.push_str(by);
                    at += length;
                    last_end = Some(at);
                    if !all {
                        out.push_str(value.get(at..).unwrap_or(""));
                        return out;
                    }
                    if length > 0 {
                        continue;
                    }
                }
                None => {}
            }
            let Some(c) = value.get(at..).and_then(|rest| rest.chars().next()) else { return out };
            out.push(c);
            at += c.len_utf8();
        }
    }
}
