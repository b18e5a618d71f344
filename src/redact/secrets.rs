//! Finds what looks like a secret in any text: values of variables, keys and flags with such names, the user part of a URL,
//! what follows `Bearer`. Too much found costs a few asterisks in an excerpt; too little costs a password.

use std::collections::BTreeMap;
use std::ops::Range;

use super::is_secret_name;

/// Bytes of a name that is looked at.
const LONGEST_NAME: usize = 128;

/// The ranges of such values, in order of their ends; they may overlap. Linear in the text.
///
/// Of values within values that end together (`A_TOKEN=B_TOKEN=C_TOKEN=x`) the outermost and the innermost count: whatever
/// quotes one between them holds the innermost, and all of them together would be longer than the text by far.
pub fn secrets_in(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut ends = Ends::new(text);
    let mut nested: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (at, b) in bytes.iter().enumerate() {
        let found = match b {
            b'=' => assigned(text, at, at + 1, &mut ends),
            b':' if bytes.get(at + 1..at + 3) == Some(b"//") => user_part(text, at + 3),
            b':' => keyed(text, at, &mut ends).or_else(|| piped(text, at, &mut ends)),
            b' ' | b'\t' => after_word(text, at, &mut ends)
                .or_else(|| given(text, at, &mut ends))
                .or_else(|| sent(text, at, &mut ends)),
            b'"' | b'\'' => listed(text, at, &mut ends),
            _ => None,
        };
        let Some(range) = found.filter(|r| !r.is_empty()) else { continue };
        nested
            .entry(range.end)
            .and_modify(|(first, last)| (*first, *last) = ((*first).min(range.start), (*last).max(range.start)))
            .or_insert((range.start, range.start));
    }
    let mut out = Vec::with_capacity(nested.len());
    for (end, (first, last)) in nested {
        out.push(first..end);
        if last > first {
            out.push(last..end);
        }
    }
    out
}

/// Where values end. A search that begins within the last one of its kind ends where that one did, so that a text of nothing
/// but beginnings is gone through once.
struct Ends<'t> {
    bytes: &'t [u8],
    word: Option<Range<usize>>,
    single: Option<Range<usize>>,
    double: Option<Range<usize>>,
    line: Option<Range<usize>>,
}

impl<'t> Ends<'t> {
    fn new(text: &'t str) -> Self {
        Ends { bytes: text.as_bytes(), word: None, single: None, double: None, line: None }
    }

    fn search(bytes: &[u8], last: &mut Option<Range<usize>>, start: usize, ends: impl Fn(usize, u8) -> bool) -> usize {
        match last {
            Some(range) if range.start <= start && start <= range.end => range.end,
            _ => {
                let rest = bytes.get(start..).unwrap_or(&[]);
                let end = rest.iter().zip(start..).find(|(b, at)| ends(*at, **b)).map_or(bytes.len(), |(_, at)| at);
                *last = Some(start..end);
                end
            }
        }
    }

    fn word(&mut self, start: usize) -> usize {
        let bytes = self.bytes;
        // `a\ b` is one word to a shell.
        let escaped = |at: usize| at > start && bytes.get(at - 1) == Some(&b'\\');
        let ends = |at: usize, b: u8| match b {
            b' ' => !escaped(at),
            _ => matches!(b, b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')' | b'"' | b'\'' | b',' | b'}' | b']'),
        };
        Self::search(bytes, &mut self.word, start, ends)
    }

    fn quote(&mut self, quote: u8, start: usize) -> usize {
        let last = if quote == b'"' { &mut self.double } else { &mut self.single };
        Self::search(self.bytes, last, start, |_, b| b == quote || b == b'\n')
    }

    fn line(&mut self, start: usize) -> usize {
        Self::search(self.bytes, &mut self.line, start, |_, b| b == b'\n')
    }
}

/// The name that ends before `end`.
fn name_before(text: &str, end: usize) -> &str {
    let bytes = text.as_bytes();
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let length = bytes[..end].iter().rev().take(LONGEST_NAME).take_while(|b| is_part(b)).count();
    text.get(end - length..end).unwrap_or("")
}

/// From a value's first byte to its end: to the closing quote, or to what ends a word.
fn value(text: &str, start: usize, ends: &mut Ends<'_>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // `$'…'` is a quote of bash's.
    let start = if bytes.get(start..start + 2) == Some(b"$'") { start + 1 } else { start };
    let first = *bytes.get(start)?;
    let (start, mut end) = match first {
        b'"' | b'\'' => (start + 1, ends.quote(first, start + 1)),
        _ => (start, ends.word(start)),
    };
    // `"a"'b'c` is one word to a shell.
    let mut closed = bytes.get(end) == Some(&first);
    for _ in 0..8 {
        match bytes.get(end + 1) {
            Some(quote @ (b'"' | b'\'')) if closed => {
                end = ends.quote(*quote, end + 2);
                closed = bytes.get(end) == Some(quote);
            }
            Some(b) if closed && (b.is_ascii_alphanumeric() || *b == b'_') => {
                end = ends.word(end + 1);
                break;
            }
            _ => break,
        }
    }
    // A reference is no secret, and its name helps; what stands in for it may be one.
    let held = text.get(start..end)?;
    if let Some(inner) = held.strip_prefix("${") {
        let name = inner.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let operator = inner.get(name..)?.bytes().take(2).take_while(|b| matches!(b, b':' | b'-' | b'=')).count();
        let start = start + 2 + name + operator;
        return (operator > 0 && start < end).then_some(start..end);
    }
    (!held.starts_with(['$', '<', '{', '[']) && !held.is_empty()).then_some(start..end)
}

/// `NAME=value`, `--name=value`
fn assigned(text: &str, equals: usize, start: usize, ends: &mut Ends<'_>) -> Option<Range<usize>> {
    is_secret_name(name_before(text, equals)).then(|| value(text, start, ends)).flatten()
}

/// `name: value`, also with the name in quotes. `secrets:` and the like hold names, not values.
fn keyed(text: &str, colon: usize, ends: &mut Ends<'_>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let end = if colon > 0 && matches!(bytes[colon - 1], b'"' | b'\'') { colon - 1 } else { colon };
    let name = name_before(text, end);
    let upper = name.to_ascii_uppercase();
    let speaks = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "API_KEY",
        "APIKEY",
        "API-KEY",
        "PRIVATE_KEY",
        "ACCESS_KEY",
        "CREDENTIAL",
    ];
    if !is_secret_name(name)
        || !speaks.iter().any(|word| upper.contains(word))
        || matches!(upper.as_str(), "SECRET" | "SECRETS" | "TOKENS" | "CREDENTIALS")
    {
        return None;
    }
    let blanks = bytes.get(colon + 1..)?.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let range = value(text, colon + 1 + blanks, ends)?;
    // Where a value is not written as it should be, the rest of the line is a part of it.
    let line = ends.line(range.end);
    let rest = text.get(range.end..line)?;
    let rest = rest.strip_suffix('\r').unwrap_or(rest);
    let behind = rest.trim_start_matches(['"', '\'']).trim_start();
    let complete = behind.is_empty() || behind.starts_with([',', '}', ']', '#', ';', '\\', '"', '\'']);
    Some(if complete { range } else { range.start..range.end + rest.len() })
}

/// `echo 'root:password' | chpasswd`, `-passin pass:password`.
fn piped(text: &str, colon: usize, ends: &mut Ends<'_>) -> Option<Range<usize>> {
    let name = name_before(text, colon);
    let behind = text.as_bytes().get(colon + 1..)?;
    let line = behind.iter().take(2 * NEAR).position(|b| *b == b'\n').unwrap_or(behind.len().min(2 * NEAR));
    let chpasswd = || String::from_utf8_lossy(behind.get(..line).unwrap_or(behind)).contains("chpasswd");
    (!name.is_empty() && (name == "pass" || chpasswd())).then(|| value(text, colon + 1, ends)).flatten()
}

/// `"--password", "value"`: a flag and its value as a list has them.
fn listed(text: &str, quote: usize, ends: &mut Ends<'_>) -> Option<Range<usize>> {
    let word = name_before(text, quote);
    if !word.starts_with("--") || !is_secret_name(word) {
        return None;
    }
    let bytes = text.as_bytes();
    let comma = quote + 1 + bytes.get(quote + 1..)?.iter().take(8).take_while(|b| **b == b' ').count();
    let rest = bytes.get(comma..)?.strip_prefix(b",")?;
    let start = comma + 1 + rest.iter().take(8).take_while(|b| **b == b' ').count();
    matches!(bytes.get(start), Some(b'"' | b'\'')).then(|| value(text, start, ends)).flatten()
}

/// Bytes before a value in which a program's name is looked for.
const NEAR: usize = 64;

/// What programs take in ways of their own: `curl -u user:password`, `mysql -ppassword`, `docker login -p password`,
/// `npm config set …:_authToken value`, `machine x password value`.
fn given(text: &str, blank: usize, ends: &mut Ends<'_>) -> Option<Range<usize>> {
    let near = || {
        let from = (0..=blank.saturating_sub(NEAR)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.get(from..blank).unwrap_or("").rsplit(['\n', ';', '|', '&']).next().unwrap_or("")
    };
    let rest = text.as_bytes().get(blank + 1..)?;
    if rest.starts_with(b"-p") && rest.get(2).is_some_and(|b| b.is_ascii_alphanumeric()) {
        let client = near().contains("mysql") || near().contains("mariadb");
        return client.then(|| value(text, blank + 3, ends)).flatten();
    }
    let word = name_before(text, blank);
    let mut found = |start| value(text, start, ends);
    match word {
        "-u" | "--user" | "--proxy-user" | "-U" => {
            let range = found(blank + 1)?;
            let (_, password) = text.get(range.clone())?.split_once(':')?;
            // `docker run -u 1000:1000`
            let number = password.bytes().all(|b| b.is_ascii_digit());
            (!number && !password.starts_with('$')).then(|| range.end - password.len()..range.end)
        }
        "-p" => {
            let program = ["login", "sshpass", "useradd", "usermod"].iter().any(|p| near().contains(p));
            if program { found(blank + 1) } else { None }
        }
        // In prose and in names of programs such a word means nothing; then what follows does not look like this either.
        _ if is_secret_name(word.trim_start_matches('-')) => {
            let range = found(blank + 1)?;
            looks_random(text.get(range.clone())?).then_some(range)
        }
        _ => None,
    }
}

/// `echo password | docker login --password-stdin`, `printf '%s' password | …`, `… --password-stdin <<< password`.
fn sent(text: &str, blank: usize, ends: &mut Ends<'_>) -> Option<Range<usize>> {
    let before = text.as_bytes().get(..blank)?;
    let here = before.ends_with(b"<<<");
    let printed = ["echo", "echo -n", "echo -e", "echo -ne", "echo -en", "printf"].iter();
    let formats = ["%s'", "%s\"", "%s\\n'", "%s\\n\""].iter();
    let words = || printed.chain(formats).any(|word| before.ends_with(word.as_bytes()));
    if !here && !words() {
        return None;
    }
    // An option of `echo` or a format of `printf` is none.
    let range =
        value(text, blank + 1, ends).filter(|r| !text.get(r.clone()).is_some_and(|v| v.starts_with(['-', '%'])))?;
    let asks = |part: &[u8]| {
        let line = part.iter().position(|b| *b == b'\n').unwrap_or(part.len());
        String::from_utf8_lossy(part.get(..line).unwrap_or(part)).contains("password-stdin")
    };
    let from = before.iter().rev().take(4 * NEAR).position(|b| *b == b'\n').unwrap_or(blank.min(4 * NEAR));
    let behind = text.as_bytes().get(range.end..text.len().min(range.end + 4 * NEAR))?;
    let found = if here { asks(before.get(blank - from..)?) } else { asks(behind) };
    found.then_some(range)
}

/// Long, of letters and digits, and no path, version or variable.
pub fn looks_random(text: &str) -> bool {
    text.len() >= 12
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'=' | b'~' | b'!'))
}

/// `scheme://user:password@host`; a user alone is one only where it is as long as a token.
fn user_part(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.as_bytes().get(start..)?;
    let ends = |b: &u8| matches!(b, b'/' | b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'@');
    let length = rest.iter().take(1024).position(ends)?;
    let user = text.get(start..start + length)?;
    let only_names = user.split(':').next_back().is_none_or(|p| p.starts_with('$'));
    (rest.get(length) == Some(&b'@') && !only_names && (user.contains(':') || user.len() >= 12))
        .then_some(start..start + length)
}

/// `--password value`, `Bearer value`
fn after_word(text: &str, blank: usize, ends: &mut Ends<'_>) -> Option<Range<usize>> {
    let word = name_before(text, blank);
    let is_flag = word.starts_with("--") && !word.ends_with("-stdin") && is_secret_name(word);
    let is_scheme = ["bearer", "basic"].iter().any(|s| word.eq_ignore_ascii_case(s));
    if !is_flag && !is_scheme {
        return None;
    }
    let range = value(text, blank + 1, ends)?;
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
        assert_eq!(found("A_TOKEN: 'x' abc\nb: c"), ["x' abc"]);
        assert_eq!(found("curl --password hunter2 -H 'Authorization: Bearer abcdefgh12'"), ["hunter2", "abcdefgh12"]);
        for harmless in [
            "TOKEN=$TOKEN",
            "TOKEN=${X}",
            "secrets: [a]",
            "KEYBOARD=us",
            "token_file=/x",
            "POSTGRES_PASSWORD_FILE: /run",
        ] {
            assert!(found(harmless).is_empty(), "{harmless}");
        }
    }

    #[test]
    fn values_as_programs_take_them() {
        assert_eq!(found(r#"CMD ["run", "--password", "hunter2"]"#), ["hunter2"]);
        assert_eq!(found("curl -u admin:hunter2 x; docker run -u 1000:1000 y"), ["hunter2"]);
        assert_eq!(found("mysql -phunter2 x && mkdir -pv y"), ["hunter2"]);
        assert_eq!(found("docker login -u me -p hunter2; mkdir -p abcdef"), ["hunter2"]);
        assert_eq!(found("npm config set //x/:_authToken abcdefgh123456"), ["abcdefgh123456"]);
        assert_eq!(found("machine x login y password abcdefgh123456"), ["abcdefgh123456"]);
        assert_eq!(found("A_TOKEN=\"a\"'b'c d"), ["a\"'b'c"]);
        assert_eq!(found("A_TOKEN=a\\ b c"), ["a\\ b"]);
        assert_eq!(found("A_TOKEN=$'a b' c"), ["a b"]);
        assert_eq!(found("A_TOKEN=$B c"), [""; 0]);
        assert_eq!(found("run --password ${X:-hunter2}"), ["hunter2"]);
        assert_eq!(found("RUN echo 'root:hunter2' | chpasswd\nA b:c"), ["hunter2"]);
        assert_eq!(found("openssl req -passout pass:hunter2 x"), ["hunter2"]);
        assert_eq!(found("RUN echo hunter2 | docker login -u me --password-stdin x"), ["hunter2"]);
        assert_eq!(found("RUN echo -n 'hunter2' | helm registry login --password-stdin x"), ["hunter2"]);
        assert_eq!(found("RUN printf '%s' hunter2 | docker login --password-stdin"), ["hunter2"]);
        assert_eq!(found("RUN docker login --password-stdin <<< hunter2\nx"), ["hunter2"]);
        for harmless in [
            "the password is asked for",
            "apt-get install -y secret-tool build-essential",
            "USER -p 1",
            "echo done; docker login x",
        ] {
            assert!(found(harmless).is_empty(), "{harmless}");
        }
    }

    #[test]
    fn values_within_values() {
        assert_eq!(found("A_TOKEN=B_TOKEN=C_TOKEN=x D_TOKEN=y"), ["B_TOKEN=C_TOKEN=x", "x", "y"]);
        assert_eq!(found("A_TOKEN='B_TOKEN=x' y"), ["B_TOKEN=x", "x"]);
        assert_eq!(found("token: a token: b\nx"), ["a token: b", "b"]);
    }

    #[test]
    fn t13_what_is_found_is_no_longer_than_the_text() {
        for part in ["TOKEN=", "TOKEN=\"", "secret_token: ", "--password ", "https://u:p@", "token:'", "TOKEN= "] {
            let text = part.repeat(20_000);
            let length: usize = secrets_in(&text).iter().map(Range::len).sum();
            assert!(length <= 4 * text.len(), "{part}: {length} bytes of {}", text.len());
        }
    }

    #[test]
    fn the_user_part_of_a_url() {
        assert_eq!(found("git clone https://me:pw@example.org/x"), ["me:pw"]);
        assert_eq!(found("https://ghp_0123456789ab@example.org/x"), ["ghp_0123456789ab"]);
        for harmless in
            ["ssh://git@example.org/x", "https://example.org/a@b", "https://x:$PW@example.org", "http://a:80/x"]
        {
            assert!(found(harmless).is_empty(), "{harmless}");
        }
    }
}
