//! Finds what looks like a secret in any text: values of variables, keys and flags with such names, the user part of a URL,
//! what follows `Bearer`. Too much found costs a few asterisks in an excerpt; too little costs a password.

use std::ops::Range;

use super::is_secret_name;

/// Bytes of a name that is looked at.
const LONGEST_NAME: usize = 128;

/// The ranges of such values, in order of their ends; they may overlap. Linear in the text.
pub fn secrets_in(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    for (at, b) in bytes.iter().enumerate() {
        match b {
            b'=' => out.extend(assigned(text, at, at + 1)),
            b':' if bytes.get(at + 1..at + 3) == Some(b"//") => out.extend(user_part(text, at + 3)),
            b':' => out.extend(keyed(text, at)),
            b' ' | b'\t' => out.extend(after_word(text, at)),
            _ => {}
        }
    }
    out.retain(|r| !r.is_empty());
    out
}

/// The name that ends before `end`.
fn name_before(text: &str, end: usize) -> &str {
    let bytes = text.as_bytes();
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let length = bytes[..end].iter().rev().take(LONGEST_NAME).take_while(|b| is_part(b)).count();
    text.get(end - length..end).unwrap_or("")
}

/// From a value's first byte to its end: to the closing quote, or to what ends a word.
fn value(text: &str, start: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let first = *bytes.get(start)?;
    let (start, end) = match first {
        b'"' | b'\'' => {
            let inner = start + 1;
            let rest = bytes.get(inner..)?;
            (inner, inner + rest.iter().position(|b| *b == first || *b == b'\n').unwrap_or(rest.len()))
        }
        _ => {
            let ends = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')' | b'"' | b'\'' | b',' | b'}' | b']');
            let rest = bytes.get(start..)?;
            (start, start + rest.iter().position(ends).unwrap_or(rest.len()))
        }
    };
    // A reference is no secret, and its name helps.
    let held = text.get(start..end)?;
    (!held.starts_with(['$', '<', '{', '[']) && !held.is_empty()).then_some(start..end)
}

/// `NAME=value`, `--name=value`
fn assigned(text: &str, equals: usize, start: usize) -> Option<Range<usize>> {
    is_secret_name(name_before(text, equals)).then(|| value(text, start)).flatten()
}

/// `name: value`, also with the name in quotes. `secrets:` and the like hold names, not values.
fn keyed(text: &str, colon: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let end = if colon > 0 && matches!(bytes[colon - 1], b'"' | b'\'') { colon - 1 } else { colon };
    let name = name_before(text, end);
    let upper = name.to_ascii_uppercase();
    let speaks = ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "API_KEY", "APIKEY", "CREDENTIAL"];
    if !is_secret_name(name)
        || !speaks.iter().any(|word| upper.contains(word))
        || matches!(upper.as_str(), "SECRET" | "SECRETS" | "TOKENS" | "CREDENTIALS")
    {
        return None;
    }
    let blanks = bytes.get(colon + 1..)?.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    value(text, colon + 1 + blanks)
}

/// `scheme://user:password@host`; a user alone is one only where it is as long as a token.
fn user_part(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.as_bytes().get(start..)?;
    let ends = |b: &u8| matches!(b, b'/' | b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'@');
    let length = rest.iter().take(1024).position(ends)?;
    let user = text.get(start..start + length)?;
    let only_names = user.split(':').next_back().is_none_or(|p| p.starts_with('$'));
    (rest.get(length) == Some(&b'@') && !only_names && (user.contains(':') || user.len() >= 12)).then_some(start..start + length)
}

/// `--password value`, `Bearer value`
fn after_word(text: &str, blank: usize) -> Option<Range<usize>> {
    let word = name_before(text, blank);
    let is_flag = word.starts_with("--") && is_secret_name(word);
    let is_scheme = ["bearer", "basic"].iter().any(|s| word.eq_ignore_ascii_case(s));
    if !is_flag && !is_scheme {
        return None;
    }
    let range = value(text, blank + 1)?;
    let held = text.get(range.clone())?;
    (!held.starts_with('-') && (is_flag || held.len() >= 8)).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        secrets_in(text).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn values_of_secret_names() {
        assert_eq!(found("export API_TOKEN=abc123; X=y"), ["abc123"]);
        assert_eq!(found("RUN A_PASSWORD='a b' cmd --token=\"q\""), ["a b", "q"]);
        assert_eq!(found("  com.example.token: abc\n  \"api_key\": \"k\""), ["abc", "k"]);
        assert_eq!(found("curl --password hunter2 -H 'Authorization: Bearer abcdefgh12'"), ["hunter2", "abcdefgh12"]);
        for harmless in ["TOKEN=$TOKEN", "TOKEN=${X}", "secrets: [a]", "KEYBOARD=us", "token_file=/x", "POSTGRES_PASSWORD_FILE: /run"] {
            assert!(found(harmless).is_empty(), "{harmless}");
        }
    }

    #[test]
    fn the_user_part_of_a_url() {
        assert_eq!(found("git clone https://me:pw@example.org/x"), ["me:pw"]);
        assert_eq!(found("https://ghp_0123456789ab@example.org/x"), ["ghp_0123456789ab"]);
        for harmless in ["ssh://git@example.org/x", "https://example.org/a@b", "https://x:$PW@example.org", "http://a:80/x"] {
            assert!(found(harmless).is_empty(), "{harmless}");
        }
    }
}
