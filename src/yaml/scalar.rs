//! What a scalar means to go-yaml, the reader that Compose uses: its `resolve` function, not the YAML specification.
//!
//! `yes` stays a string, `012` is ten, `1_000` a thousand, `12:30` a string, `2024-01-01` a timestamp.

use super::node::{Node, NodeKind, ScalarStyle};

/// The value of a scalar.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// Also integers beyond 64 bits.
    Float(f64),
    String,
    /// A date: Compose refuses it wherever it expects anything else.
    Timestamp,
    /// The merge key `<<`.
    Merge,
}

const CORE: &str = "tag:yaml.org,2002:";

/// The value of a scalar node; collections and aliases are `String`.
pub fn of(node: &Node<'_>) -> Scalar {
    let NodeKind::Scalar(text, style) = &node.kind else { return Scalar::String };
    let tag = node.tag.as_ref().map(|t| t.name.as_str());
    match tag.and_then(|t| t.strip_prefix(CORE)) {
        Some("str" | "binary") => Scalar::String,
        Some("float") => match resolve(text) {
            Scalar::Int(n) => Scalar::Float(n as f64),
            other => other,
        },
        Some(_) => resolve(text),
        None if tag.is_some_and(|t| t != "!") => Scalar::String,
        None if *style == ScalarStyle::Plain && tag.is_none() => resolve(text),
        None => Scalar::String,
    }
}

/// The value of a plain scalar.
pub fn resolve(text: &str) -> Scalar {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    match first {
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'<' => match text {
            "~" | "null" | "Null" | "NULL" => Scalar::Null,
            "true" | "True" | "TRUE" => Scalar::Bool(true),
            "false" | "False" | "FALSE" => Scalar::Bool(false),
            "<<" => Scalar::Merge,
            _ => Scalar::String,
        },
        b'.' => match text {
            ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
            _ if is_float(text) => text.parse().map_or(Scalar::String, Scalar::Float),
            _ => Scalar::String,
        },
        b'+' | b'-' | b'0'..=b'9' => number(text),
        _ => Scalar::String,
    }
}

fn number(text: &str) -> Scalar {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if is_timestamp(text) {
        return Scalar::Timestamp;
    }
    let plain: std::borrow::Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    if let Some(n) = integer(&plain) {
        return n;
    }
    if is_float(&plain)
        && let Ok(f) = plain.parse::<f64>()
    {
        return Scalar::Float(f);
    }
    Scalar::String
}

/// Go's `strconv.ParseInt(s, 0, 64)`, then unsigned.
fn integer(text: &str) -> Option<Scalar> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (digits, radix) = match lower.as_deref() {
        Some("0x") => (&digits[2..], 16),
        Some("0b") => (&digits[2..], 2),
        Some("0o") => (&digits[2..], 8),
        _ if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        _ => (digits, 10),
    };
    if digits.is_empty() || !digits.bytes().all(|b| (b as char).is_digit(radix)) {
        return None;
    }
    match i128::from_str_radix(digits, radix) {
        Ok(n) => {
            let n = if negative { -n } else { n };
            match i64::try_from(n) {
                Ok(n) => Some(Scalar::Int(n)),
                Err(_) if u64::try_from(n).is_ok() => Some(Scalar::Float(n as f64)),
                // go-yaml then tries a float, which only knows decimal digits.
                Err(_) => None,
            }
        }
        Err(_) => None,
    }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes();
    let digits = |bytes: &[u8]| bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(rest);
    rest = &rest[whole..];
    if let [b'.', after @ ..] = rest {
        let fraction = digits(after);
        if whole == 0 && fraction == 0 {
            return false;
        }
        rest = &after[fraction..];
    } else if whole == 0 {
        return false;
    }
    if let [b'e' | b'E', after @ ..] = rest {
        let after = match after {
            [b'+' | b'-', more @ ..] => more,
            other => other,
        };
        let exponent = digits(after);
        return exponent > 0 && exponent == after.len();
    }
    rest.is_empty()
}

/// `2006-1-2`, with an optional time after `T`, `t` or a space.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(text[at + 1..].trim_start())),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let field = |part: Option<&str>, low: u32, high: u32| {
        part.is_some_and(|p| {
            (1..=2).contains(&p.len())
                && p.bytes().all(|b| b.is_ascii_digit())
                && p.parse().is_ok_and(|n: u32| (low..=high).contains(&n))
        })
    };
    let year = parts.next().is_some_and(|y| y.len() == 4);
    if !(year && field(parts.next(), 1, 12) && field(parts.next(), 1, 31) && parts.next().is_none()) {
        return false;
    }
    let Some(time) = time else { return true };
    let time_end = time.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(time.len());
    let (clock, zone) = (&time[..time_end], time[time_end..].trim());
    let mut clock = clock.splitn(3, ':');
    let hour = field(clock.next(), 0, 23);
    let minute = field(clock.next(), 0, 59);
    let second = clock.next().is_some_and(|s| field(Some(s.split('.').next().unwrap_or("")), 0, 59));
    hour && minute && second && (zone.is_empty() || zone == "Z" || zone.starts_with(['+', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_go_yaml_does() {
        let cases: &[(&str, Scalar)] = &[
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("yes", Scalar::String),
            ("true", Scalar::Bool(true)),
            ("012", Scalar::Int(10)),
            ("0o12", Scalar::Int(10)),
            ("0x10", Scalar::Int(16)),
            ("08", Scalar::Float(8.0)),
            ("1_000", Scalar::Int(1000)),
            ("1e3", Scalar::Float(1000.0)),
            ("3.10", Scalar::Float(3.1)),
            ("22:22", Scalar::String),
            ("12:30:45", Scalar::String),
            ("2024-01-01", Scalar::Timestamp),
            ("2024-13-01", Scalar::String),
            ("1.2.3", Scalar::String),
            ("-1", Scalar::Int(-1)),
            ("-", Scalar::String),
            ("+", Scalar::String),
            (".5", Scalar::Float(0.5)),
            (".", Scalar::String),
            ("<<", Scalar::Merge),
            ("10g", Scalar::String),
            ("0x", Scalar::String),
            ("18446744073709551615", Scalar::Float(18446744073709551615.0)),
        ];
        for (text, want) in cases {
            assert_eq!(&resolve(text), want, "{text}");
        }
    }
}
