//! JSON arrays of strings, as the builder's JSON reader takes them.
//!
//! What is not JSON at all is plain text to the builder (`RUN [ -f x ] && y`); what is JSON but holds something else than
//! strings is an error. So the whole of the text must be judged, without recursion.

use std::ops::Range;

/// The verdict on an instruction's arguments.
#[derive(Debug)]
pub(super) enum Json {
    /// Not JSON: the text is taken as it stands.
    No,
    /// A JSON array with an element (its place is given) that is no string.
    NotStrings(Range<usize>),
    /// The decoded strings with the places of their quoted forms.
    Strings(Vec<(String, Range<usize>)>),
}

/// Nesting that Go's reader refuses; what it refuses is not JSON.
const MAX_DEPTH: usize = 10_000;

/// Judges `text`, which must be trimmed.
pub(super) fn string_array(text: &str, lenient_control: bool) -> Json {
    if !text.starts_with('[') {
        return Json::No;
    }
    let mut reader = Reader { bytes: text.as_bytes(), text, at: 0, lenient_control };
    reader.array().unwrap_or(Json::No)
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    /// Accept the stand-in for bytes that are not UTF-8.
    lenient_control: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    /// `None`: not JSON.
    fn array(&mut self) -> Option<Json> {
        let mut open: Vec<u8> = Vec::new();
        let mut strings = Vec::new();
        let mut other: Option<Range<usize>> = None;
        loop {
            // A value is due here.
            self.skip_space();
            let start = self.at;
            let top = open.len() == 1;
            let opened = match self.peek()? {
                bracket @ (b'[' | b'{') => {
                    self.at += 1;
                    open.push(bracket);
                    if open.len() > MAX_DEPTH {
                        return None;
                    }
                    if top {
                        other.get_or_insert(start..self.at);
                    }
                    self.skip_space();
                    if self.peek() == Some(closing(bracket)) {
                        false
                    } else {
                        if bracket == b'{' {
                            self.key()?;
                        }
                        true
                    }
                }
                b'"' => {
                    let text = self.string(top)?;
                    if top {
                        strings.push((text, start..self.at));
                    }
                    false
                }
                _ => {
                    self.literal()?;
                    if top {
                        other.get_or_insert(start..self.at);
                    }
                    false
                }
            };
            if opened {
                continue;
            }
            // A value lies behind: close what ends here, and go on at the next comma.
            loop {
                self.skip_space();
                match (open.last().copied(), self.peek()) {
                    (None, None) => {
                        return Some(match other {
                            Some(range) => Json::NotStrings(range),
                            None => Json::Strings(strings),
                        });
                    }
                    (Some(bracket), Some(b',')) => {
                        self.at += 1;
                        if bracket == b'{' {
                            self.skip_space();
                            self.key()?;
                        }
                        break;
                    }
                    (Some(bracket), Some(byte)) if byte == closing(bracket) => {
                        self.at += 1;
                        open.pop();
                    }
                    _ => return None,
                }
            }
        }
    }

    fn key(&mut self) -> Option<()> {
        self.string(false)?;
        self.skip_space();
        self.eat(b':')
    }

    /// A string; decoded only where `keep` asks for it.
    fn string(&mut self, keep: bool) -> Option<String> {
        self.eat(b'"')?;
        let mut out = String::new();
        let mut from = self.at;
        loop {
            match self.peek()? {
                b'"' => {
                    if keep {
                        out.push_str(self.text.get(from..self.at)?);
                    }
                    self.at += 1;
                    return Some(out);
                }
                b'\\' => {
                    if keep {
                        out.push_str(self.text.get(from..self.at)?);
                    }
                    self.at += 1;
                    let decoded = self.escape()?;
                    if keep {
                        out.push(decoded);
                    }
                    from = self.at;
                }
                0x1a if self.lenient_control => self.at += 1,
                0..=0x1f => return None,
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex4()?;
                if !(0xd800..0xe000).contains(&first) {
                    return Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                // A lone half of a pair is replaced; a following escape that does not complete it is read on its own.
                let behind = self.at;
                if first < 0xdc00 && self.bytes.get(self.at..self.at + 2) == Some(b"\\u") {
                    self.at += 2;
                    let second = self.hex4()?;
                    if (0xdc00..0xe000).contains(&second) {
                        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                        return Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    self.at = behind;
                }
                char::REPLACEMENT_CHARACTER
            }
            _ => return None,
        })
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        let mut value = 0;
        for digit in digits {
            value = value * 16 + char::from(*digit).to_digit(16)?;
        }
        self.at += 4;
        Some(value)
    }

    /// `true`, `false`, `null` or a number.
    fn literal(&mut self) -> Option<()> {
        for word in ["true", "false", "null"] {
            if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
                self.at += word.len();
                return Some(());
            }
        }
        let start = self.at;
        let _ = self.eat(b'-');
        if self.eat(b'0').is_none() {
            self.digits()?;
        }
        if self.eat(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        // A number too large for the builder's reader makes the whole text "not JSON".
        self.text.get(start..self.at)?.parse::<f64>().ok().filter(|n| n.is_finite()).map(drop)
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

fn closing(bracket: u8) -> u8 {
    if bracket == b'[' { b']' } else { b'}' }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(text: &str) -> Option<Vec<String>> {
        match string_array(text, false) {
            Json::Strings(s) => Some(s.into_iter().map(|(s, _)| s).collect()),
            _ => None,
        }
    }

    #[test]
    fn arrays_of_strings() {
        assert_eq!(strings(r#"["a", "b\n\u00e9\ud83d\ude00"]"#).unwrap(), ["a", "b\n\u{e9}\u{1f600}"]);
        assert_eq!(strings("[]").unwrap().len(), 0);
        assert_eq!(strings("[ ]").unwrap().len(), 0);
    }

    #[test]
    fn what_only_looks_like_json() {
        for text in
            ["[ -f x ] && y", "['a']", r#"["a",]"#, r#"["a" "b"]"#, r#"["a"] x"#, "[", r#"["a"#, "[1e999]", "[01]"]
        {
            assert!(matches!(string_array(text, false), Json::No), "{text}");
        }
    }

    #[test]
    fn json_of_other_things() {
        for text in ["[1]", r#"["a", null]"#, r#"[["a"]]"#, r#"[{"a": [1, {}]}]"#, "[-1.5e+3]", "[[], true]"] {
            assert!(matches!(string_array(text, false), Json::NotStrings(_)), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_no_json_and_no_overflow() {
        assert!(matches!(string_array(&"[".repeat(1_000_000), false), Json::No));
        let deep = format!("{}{}", "[".repeat(9_000), "]".repeat(9_000));
        assert!(matches!(string_array(&deep, false), Json::NotStrings(_)));
    }
}
