//! The one sieve between a repository and a terminal, a CI log or a report.
//!
//! A repository that we check is not trusted, and neither are its file names. A control character in a line that we quote
//! could drive the reader's terminal, a bidirectional control could show another text than the one we judge, and `##[` in
//! the middle of a line is a command to a CI runner. Everything here keeps the length in bytes, so that spans stay true.
//!
//! Formats with an encoder of their own (JSON) may take raw text; every other one goes through [`excerpt`], [`one_line`]
//! or [`sentence`]. Secrets are replaced by [`redact_ranges`] before any format sees the text.

mod secrets;

use std::borrow::Cow;
use std::ops::Range;

use regex::{Regex, RegexBuilder};

pub use secrets::{looks_random, secrets_in};

/// What stands for each byte of a blotted value.
pub const BLOT: u8 = b'*';

/// Text of a file as it may be shown: same length in bytes, line ends and tabs kept, everything else that a terminal would
/// act upon or not show replaced (`?` for each byte of a character of 1, 2 or 4 bytes, U+FFFD for one of 3), and the
/// openers of CI commands broken.
pub fn excerpt(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c == '\r' || is_unsafe(c)) && !text.contains("##") && !text.contains("::") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => out.push('\r'),
            '\r' => out.push('?'),
            c if is_unsafe(c) => push_mask(&mut out, c),
            c => out.push(c),
        }
    }
    Cow::Owned(break_openers(out))
}

/// A name, a path or a key as it may be shown on one line: as [`excerpt`], and line ends and tabs are replaced too.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\n' | '\r' | '\t') || is_unsafe(c) { push_mask(&mut out, c) } else { out.push(c) }
    }
    break_openers(out)
}

/// A message of ours that may quote a repository: as [`excerpt`], with plain line ends. Not of the same length.
pub fn sentence(text: &str) -> String {
    excerpt(&text.replace("\r\n", "\n")).into_owned()
}

/// A diff as it may be shown in a log: the bytes of its files, but for what a terminal or a CI system would act upon. Of a
/// file without such things it is a diff byte for byte; one of a file with them does not apply, rather than do something
/// else. Bytes that are no UTF-8 stay.
pub fn diff(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid();
        // A byte order mark begins a file, and does nothing.
        let mut rest = valid;
        while let Some(at) = rest.find('\u{feff}') {
            let begins = at > 0
                && matches!(rest.as_bytes().get(at - 1), Some(b' ' | b'+' | b'-'))
                && (at == 1 || rest.as_bytes().get(at - 2) == Some(&b'\n'));
            if !begins {
                break;
            }
            let (before, behind) = rest.split_at(at);
            out.extend_from_slice(excerpt(before).as_bytes());
            let (mark, behind) = behind.split_at('\u{feff}'.len_utf8());
            out.extend_from_slice(mark.as_bytes());
            rest = behind;
        }
        out.extend_from_slice(excerpt(rest).as_bytes());
        out.extend_from_slice(chunk.invalid());
    }
    out
}

/// A JSON document as it may be shown: what a terminal would act upon is written as an escape, so that the document says
/// the same. Within a document such characters stand nowhere but in strings.
pub fn json(document: &str) -> Cow<'_, str> {
    if !document.chars().any(is_unsafe) && !document.contains("##") {
        return Cow::Borrowed(document);
    }
    let mut out = String::with_capacity(document.len() + 16);
    for (at, c) in document.char_indices() {
        // A log that shows the document is read for commands too.
        let opens = c == '#' && out.ends_with('#') && opens_command(document.as_bytes().get(at + 1..).unwrap_or(&[]));
        if is_unsafe(c) || opens {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Blots out the given ranges of bytes. Line ends stay, so that lines keep their numbers; a range that cuts a character in
/// two takes the whole character.
pub fn redact_ranges(text: &str, ranges: &[Range<usize>]) -> String {
    if ranges.is_empty() {
        return text.to_owned();
    }
    let mut sorted: Vec<_> = ranges.iter().filter(|r| r.start < r.end).cloned().collect();
    sorted.sort_by_key(|r| (r.start, r.end));
    let mut out = String::with_capacity(text.len());
    let mut rest = sorted.as_slice();
    let mut reach = 0;
    for (at, c) in text.char_indices() {
        while let Some(first) = rest.first().filter(|r| r.start < at + c.len_utf8()) {
            reach = reach.max(first.end);
            rest = &rest[1..];
        }
        if at < reach && c != '\n' && c != '\r' {
            out.extend(std::iter::repeat_n(char::from(BLOT), c.len_utf8()));
        } else {
            out.push(c);
        }
    }
    out
}

/// A text with everything blotted out that looks like a secret: for names and addresses that stand in no report.
pub fn redact(text: &str) -> Cow<'_, str> {
    let ranges = secrets_in(text);
    if ranges.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(redact_ranges(text, &ranges)) }
}

/// More bytes of secrets than this are not looked for one by one.
const MOST_SECRETS: usize = 1 << 20;

/// Finds texts that no sentence may hold.
#[derive(Debug, Default)]
pub struct Secrets(Option<Regex>);

impl Secrets {
    /// Of the texts, the longest first.
    pub fn new(texts: &[String]) -> Self {
        if texts.is_empty() {
            return Secrets::default();
        }
        // Where there are more than can be looked for, everything in backticks might be one.
        let all = || Regex::new("`[^`]*`").ok();
        if texts.iter().map(String::len).sum::<usize>() > MOST_SECRETS {
            return Secrets(all());
        }
        let any = texts.iter().map(|text| regex::escape(text)).collect::<Vec<_>>().join("|");
        Secrets(RegexBuilder::new(&any).size_limit(64 << 20).build().ok().or_else(all))
    }

    /// The sentence with them blotted out; `None` where it holds none.
    pub fn without(&self, sentence: &str) -> Option<String> {
        self.replaced(sentence, |_| false)
    }

    /// The same in a JSON document, whose keys are not the repository's.
    pub fn without_in_json(&self, document: &str) -> Option<String> {
        self.replaced(document, |behind| behind.starts_with("\":"))
    }

    fn replaced(&self, text: &str, keep: impl Fn(&str) -> bool) -> Option<String> {
        let redact = char::from(BLOT).to_string().repeat(8);
        let kept = self.0.as_ref()?.replace_all(text, |found: &regex::Captures<'_>| {
            let whole = found.get(0);
            let behind = whole.and_then(|m| text.get(m.end()..)).unwrap_or("");
            if keep(behind) { whole.map_or("", |m| m.as_str()).to_owned() } else { redact.clone() }
        });
        match kept {
            Cow::Borrowed(_) => None,
            Cow::Owned(kept) => Some(kept),
        }
    }
}

/// Whether a variable's name says that its value is not for everybody's eyes. `_FILE`, `PUBLIC` and the like say that it is
/// a path or meant to be seen.
pub fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let parts: Vec<&str> = upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty()).collect();
    let harmless = ["PUBLIC", "FILE", "PATH", "DIR", "NAME", "VERSION", "URL", "ID", "EXPIRY", "TTL", "LENGTH"];
    if parts.contains(&"PUBLIC") || parts.last().is_some_and(|p| harmless.contains(p)) {
        return false;
    }
    const WORDS: [&str; 17] = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "PASS",
        "PWD",
        "SECRET",
        "SECRETS",
        "TOKEN",
        "APIKEY",
        "KEY",
        "CREDENTIAL",
        "CREDENTIALS",
        "AUTH",
        "PRIVATE",
        "SALT",
        "DSN",
        "SIGNATURE",
    ];
    parts.iter().any(|part| {
        WORDS.contains(part) || ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY"].iter().any(|w| part.ends_with(w))
    })
}

/// True if a value is made of references to variables alone: `${DB_PASSWORD}`, `$USER_NAME$HOST`, `${TOKEN:?message}`. A
/// reference with a default is none, because the default may be the secret; nor is `$word`, which may be a password.
pub fn is_only_references(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let Some(behind) = rest.strip_prefix('$') else { return false };
        let next = match behind.strip_prefix('{') {
            Some(inner) => {
                let Some((inner, next)) = inner.split_once('}') else { return false };
                let name = inner.split_once('?').map_or(inner, |(name, _)| name.strip_suffix(':').unwrap_or(name));
                if !is_variable_name(name) || inner.contains('$') {
                    return false;
                }
                next
            }
            None => {
                let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
                let (name, next) = behind.split_at(end);
                if !is_variable_name(name) || name.len() < 2 || name.bytes().any(|b| b.is_ascii_lowercase()) {
                    return false;
                }
                next
            }
        };
        rest = next;
    }
    !text.is_empty()
}

fn is_variable_name(name: &str) -> bool {
    let starts = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    starts && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether a character does something else on a screen than show itself: C0 but line feed and tab, DEL, C1, bidirectional
/// controls, zero-width and invisible characters, the two separators that some programs take for line ends.
pub fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn push_mask(out: &mut String, c: char) {
    match c.len_utf8() {
        3 => out.push('\u{fffd}'),
        n => out.extend(std::iter::repeat_n('?', n)),
    }
}

/// Breaks what a CI runner would take for a command: `::` where a line begins (after white space) and the openers that are
/// found anywhere in a line. One byte is replaced by one byte.
fn break_openers(text: String) -> String {
    if !text.contains("##") && !text.contains("::") {
        return text;
    }
    let mut bytes = text.into_bytes();
    let mut line_start = true;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => line_start = true,
            b':' if line_start && bytes.get(at + 1) == Some(&b':') => {
                bytes[at] = b'?';
                line_start = false;
            }
            b'#' if bytes.get(at + 1) == Some(&b'#') && opens_command(&bytes[at + 2..]) => bytes[at + 1] = b'?',
            b' ' | b'\t' | b'\r' => {}
            // White space of more than one byte, as a runner's trimming knows it: judged by its first byte and looked at
            // again below.
            0xc2 | 0xe1 | 0xe2 | 0xe3 if line_start => {
                let rest = String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 3)]).into_owned();
                match rest.chars().next() {
                    Some(c) if c.is_whitespace() => at += c.len_utf8() - 1,
                    _ => line_start = false,
                }
            }
            _ => line_start = false,
        }
        at += 1;
    }
    // Only ASCII was replaced by ASCII.
    String::from_utf8(bytes).unwrap_or_default()
}

fn opens_command(rest: &[u8]) -> bool {
    let starts = |word: &[u8]| rest.get(..word.len()).is_some_and(|r| r.eq_ignore_ascii_case(word));
    starts(b"[") || starts(b"vso[") || starts(b"teamcity[")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the runner of GitHub Actions takes for a command, after its own parser: `::` at a line's start after trimming,
    /// or `##[` anywhere; Azure's and TeamCity's openers beside them.
    fn is_command(line: &str) -> bool {
        let lower = line.to_ascii_lowercase();
        line.trim_start().starts_with("::")
            || lower.contains("##[")
            || lower.contains("##vso[")
            || lower.contains("##teamcity[")
    }

    #[test]
    fn masks_keep_the_length() {
        for (raw, shown) in [
            ("a\x1b[31mb", "a?[31mb"),
            ("a\u{202e}b", "a\u{fffd}b"),
            ("a\u{9b}b", "a??b"),
            ("a\u{e0041}b", "a????b"),
            ("a\r\nb\rc\td", "a\r\nb?c\td"),
        ] {
            assert_eq!(excerpt(raw), shown);
            assert_eq!(excerpt(raw).len(), raw.len());
        }
        assert_eq!(one_line("a\nb\tc\u{2028}"), "a?b?c\u{fffd}");
    }

    #[test]
    fn openers_are_broken() {
        for raw in [
            "::error::x",
            "  ::stop-commands::x",
            "\u{a0}::x",
            "a ##[group]",
            "##VSO[task]",
            "x\n\t::y",
            "##teamcity[z",
        ] {
            assert!(is_command(raw.lines().next_back().unwrap()), "{raw}");
            assert!(!excerpt(raw).lines().any(is_command), "{raw}");
            assert!(!one_line(raw).lines().any(is_command), "{raw}");
        }
        assert_eq!(excerpt("RUN a::b # ## x"), "RUN a::b # ## x");
    }

    #[test]
    fn a_diff_keeps_all_bytes_but_those_that_act() {
        for same in
            [b" FROM x\r\n-MAINTAINER \xe9\n+LABEL a\n".as_slice(), "@@ -1 +1 @@\n \u{feff}FROM x\n+a::b\n".as_bytes()]
        {
            assert_eq!(diff(same), same);
        }
        assert_eq!(diff(b" ::error::x\n+##[group]\x1b[2J\xff\n"), b" ?:error::x\n+#?[group]?[2J\xff\n");
        assert_eq!(diff("-a\u{feff}\u{202e}\n".as_bytes()), "-a\u{fffd}\u{fffd}\n".as_bytes());
    }

    #[test]
    fn json_says_the_same_in_escapes() {
        let text = serde_json::to_string("a\u{7f}\u{9b}\u{202e}\u{e0041}\u{1f600}\n##[").unwrap();
        let shown = json(&text);
        assert_eq!(shown, r#""a\u007f\u009b\u202e\udb40\udc41😀\n#\u0023[""#);
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), serde_json::from_str::<String>(&text).unwrap());
    }

    #[test]
    fn blots_out_whole_characters_and_keeps_lines() {
        assert_eq!(redact_ranges("k: pässword\nx", &[3..12]), "k: *********\nx");
        assert_eq!(redact_ranges("a\nb\nc", &[0..5]), "*\n*\n*");
        assert_eq!(redact_ranges("aäb", &[2..3]), "a**b");
        assert_eq!(redact_ranges("abcdef", &[1..2, 1..4, 5..99]), "a***e*");
    }

    #[test]
    fn references_are_values_that_hold_no_secret() {
        for text in ["${DB_PASSWORD}", "$DB_PASSWORD", "${A}${b}", "$AB${B}", "${TOKEN:?is needed}", "${T?}"] {
            assert!(is_only_references(text), "{text}");
        }
        for text in [
            "",
            "$",
            "$$A",
            "$pa55word",
            "$A-b",
            "x${A}",
            "${A:-hunter2}",
            "${A",
            "${A:?${B:-x}}",
            "${}",
            "$1",
            "$(cat x)",
        ] {
            assert!(!is_only_references(text), "{text}");
        }
    }

    #[test]
    fn secret_names() {
        for name in ["POSTGRES_PASSWORD", "api_key", "GITHUB_TOKEN", "DB_PASS", "MYSECRET", "AWS_SECRET_ACCESS_KEY"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["POSTGRES_PASSWORD_FILE", "PUBLIC_KEY", "CUDA_VERSION", "KEYBOARD", "PATH", "TOKEN_URL", "MONKEY"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn nothing_unsafe_passes(text in "(?s).{0,40}|[:#\\[\\]vso \\n\\r\\t\u{a0}\u{2003}]{0,40}") {
            let shown = excerpt(&text);
            prop_assert_eq!(shown.len(), text.len());
            prop_assert!(!shown.chars().any(is_unsafe));
            prop_assert!(!shown.split('\n').any(is_command));
            let line = one_line(&text);
            prop_assert_eq!(line.len(), text.len());
            prop_assert!(!line.chars().any(|c| is_unsafe(c) || c == '\n' || c == '\r' || c == '\t'));
            prop_assert!(!is_command(&line));
        }
    }
}
