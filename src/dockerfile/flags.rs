//! Which flags each instruction knows, and what the builder accepts as their values before it knows any variable.

use super::suggest::nearest;
use super::{Flag, Keyword};
use crate::text::Span;

/// What the builder would refuse, without the words around it.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) span: Span,
    pub(super) message: String,
    /// The builder's sentence, without the "dockerfile parse error on line N" in front.
    pub(super) builder: String,
    pub(super) suggestion: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `--link`, `--link=true`.
    Switch,
    /// Takes a value, once.
    Value,
    /// Takes a value, any number of times.
    Values,
}

/// The flags of an instruction; `None` where the builder does not look at them at all.
fn known(keyword: Keyword) -> Option<&'static [(&'static str, Kind)]> {
    use Kind::{Switch, Value, Values};
    Some(match keyword {
        Keyword::Add => &[
            ("chown", Value),
            ("chmod", Value),
            ("link", Switch),
            ("keep-git-dir", Switch),
            ("checksum", Value),
            ("unpack", Switch),
            ("exclude", Values),
        ],
        Keyword::Copy => &[
            ("chown", Value),
            ("from", Value),
            ("chmod", Value),
            ("link", Switch),
            ("exclude", Values),
            ("parents", Switch),
        ],
        Keyword::From => &[("platform", Value)],
        Keyword::Run => &[("mount", Values), ("network", Value), ("security", Value), ("device", Values)],
        Keyword::Healthcheck => &[
            ("interval", Value),
            ("timeout", Value),
            ("start-period", Value),
            ("start-interval", Value),
            ("retries", Value),
        ],
        Keyword::Arg | Keyword::Stopsignal | Keyword::Unknown => return None,
        _ => &[],
    })
}

/// The first flag that the builder would refuse.
pub(super) fn check(keyword: Keyword, flags: &[Flag]) -> Result<(), Complaint> {
    let Some(known) = known(keyword) else { return Ok(()) };
    let mut used: Vec<&str> = Vec::new();
    for flag in flags {
        let complain = |message: String, builder: String, suggestion: Option<String>| {
            Err(Complaint { span: flag.span, message, builder, suggestion })
        };
        let name = &flag.name;
        let Some((name, kind)) = known.iter().find(|(known, _)| known == name) else {
            let near = nearest(name, known.iter().map(|(name, _)| *name));
            let mut builder = format!("unknown flag: --{name}");
            let mut message = format!("`--{name}` is not a flag of {}", keyword.as_str());
            if let Some(near) = near {
                builder.push_str(&format!(" (did you mean {near}?)"));
                message.push_str(&format!(", did you mean `--{near}`?"));
            }
            let suggestion = near.map(|near| match &flag.value {
                Some(value) => format!("--{near}={}", value.text),
                None => format!("--{near}"),
            });
            return complain(message, builder, suggestion);
        };
        if *kind != Kind::Values && used.contains(name) {
            return complain(
                format!("`--{name}` stands here twice, and {} takes it once", keyword.as_str()),
                format!("duplicate flag specified: --{name}"),
                None,
            );
        }
        used.push(name);
        match (kind, &flag.value) {
            (Kind::Switch, None) => {}
            (Kind::Switch, Some(value)) if value.text.is_empty() => {
                return missing_value(flag);
            }
            (Kind::Switch, Some(value)) if ["true", "false"].contains(&value.text.to_lowercase().as_str()) => {}
            (Kind::Switch, Some(value)) => {
                return complain(
                    format!("`--{name}` is true or false, not `{}`", value.text),
                    format!("expecting boolean value for flag --{name}, not: {}", value.text),
                    None,
                );
            }
            (_, None) => return missing_value(flag),
            (_, Some(_)) => {}
        }
    }
    Ok(())
}

fn missing_value(flag: &Flag) -> Result<(), Complaint> {
    let name = &flag.name;
    Err(Complaint {
        span: flag.span,
        message: format!("`--{name}` needs a value: `--{name}=…`"),
        builder: format!("missing a value on flag: --{name}"),
        suggestion: None,
    })
}

/// The values of RUN's flags.
pub(super) fn check_run(flags: &[Flag]) -> Result<(), Complaint> {
    for flag in flags.iter().filter(|f| f.name == "device") {
        check_device(flag)?;
    }
    for flag in flags.iter().filter(|f| f.name == "mount") {
        check_csv(flag, "mounts")?;
        for field in &flag.fields {
            let Some(value) = &field.value else { continue };
            if field.key == "from" && value.text.find('$').is_some_and(|at| at + 1 != value.text.len()) {
                return Err(Complaint {
                    span: value.span,
                    message: "`from=` of a mount takes no variable: name a stage (`FROM ${X} AS name`) and mount that"
                        .to_owned(),
                    builder: "'from' doesn't support variable expansion, define alias stage instead".to_owned(),
                    suggestion: None,
                });
            }
        }
    }
    for (name, allowed) in [("network", ["default", "none", "host"].as_slice()), ("security", &["insecure", "sandbox"])]
    {
        let Some(value) = flags.iter().find(|f| f.name == name).and_then(|f| f.value.as_ref()) else { continue };
        if allowed.contains(&value.text.as_str()) {
            continue;
        }
        let builder = match name {
            "network" => format!("invalid network mode {:?}", value.text),
            _ => format!("security {:?} is not valid", value.text),
        };
        return Err(Complaint {
            span: value.span,
            message: format!("`--{name}` is one of {}, not `{}`", allowed.join(", "), value.text),
            builder,
            suggestion: nearest(&value.text, allowed.iter().copied()).map(str::to_owned),
        });
    }
    Ok(())
}

fn check_csv(flag: &Flag, what: &str) -> Result<(), Complaint> {
    let Some(error) = &flag.csv_error else { return Ok(()) };
    let message = match flag.value.as_ref().is_some_and(|value| value.text.is_empty()) {
        true => format!("`--{}=` says nothing", flag.name),
        false => {
            format!("the value of `--{}` is no list of fields with commas between: quotes do not match", flag.name)
        }
    };
    Err(Complaint {
        span: flag.span,
        message,
        builder: format!("failed to parse csv {what}: {error}"),
        suggestion: None,
    })
}

fn check_device(flag: &Flag) -> Result<(), Complaint> {
    check_csv(flag, "devices")?;
    let mut name: Option<String> = None;
    for field in &flag.fields {
        let complain = |message: String, builder: String, suggestion| {
            Err(Complaint { span: field.span, message, builder, suggestion })
        };
        let whole = match &field.value {
            Some(value) => format!("{}={}", field.key, value.text),
            None => field.key.clone(),
        };
        match (field.key.as_str(), &field.value) {
            ("required", None) => {}
            ("required", Some(value)) if is_go_bool(&value.text) => {}
            ("required", Some(value)) => {
                return complain(
                    format!("`required` is true or false, not `{}`", value.text),
                    format!("invalid value for required: {}", value.text),
                    None,
                );
            }
            ("name", Some(value)) => {
                if let Some(name) = name {
                    return complain(
                        format!("the device is already named `{name}`"),
                        format!("device name already set to {name}"),
                        None,
                    );
                }
                name = Some(value.text.clone()).filter(|name| !name.is_empty());
            }
            _ if name.is_none() => name = Some(whole).filter(|name| !name.is_empty()),
            (_, None) => {
                return complain(
                    format!("`{whole}` needs a value"),
                    format!("invalid field '{whole}' must be a key=value pair"),
                    None,
                );
            }
            (key, Some(_)) => {
                return complain(
                    format!("a device has a `name` and `required`, no `{key}`"),
                    format!("unexpected key '{key}' in '{whole}'"),
                    None,
                );
            }
        }
    }
    Ok(())
}

/// What Go's `strconv.ParseBool` takes.
pub(super) fn is_go_bool(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False")
}

/// The values of HEALTHCHECK's flags.
pub(super) fn check_healthcheck(flags: &[Flag]) -> Result<(), Complaint> {
    for name in ["interval", "timeout", "start-period", "start-interval"] {
        let Some(value) = flags.iter().find(|f| f.name == name).and_then(|f| f.value.as_ref()) else { continue };
        if value.text.is_empty() {
            continue;
        }
        let complain =
            |message: String, builder: String| Err(Complaint { span: value.span, message, builder, suggestion: None });
        match duration(&value.text) {
            Err(builder) => {
                let text = &value.text;
                return complain(
                    format!("`--{name}` is a duration as `30s`, `1m30s` or `500ms`, not `{text}`"),
                    builder,
                );
            }
            Ok(0) => {}
            Ok(nanoseconds) if nanoseconds < 1_000_000 => {
                return complain(
                    format!("`--{name}` must be 1ms at least"),
                    format!("Interval {name:?} cannot be less than 1ms"),
                );
            }
            Ok(_) => {}
        }
    }
    let Some(value) = flags.iter().find(|f| f.name == "retries").and_then(|f| f.value.as_ref()) else { return Ok(()) };
    let text = &value.text;
    let builder = match text.parse::<i32>() {
        _ if text.is_empty() => return Ok(()),
        Ok(0..) => return Ok(()),
        Ok(number) => format!("--retries cannot be negative ({number})"),
        Err(_) => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            let numeric = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let why = if numeric { "value out of range" } else { "invalid syntax" };
            format!("strconv.ParseInt: parsing {text:?}: {why}")
        }
    };
    let message = format!("`--retries` is a number from 0, not `{text}`");
    Err(Complaint { span: value.span, message, builder, suggestion: None })
}

/// A duration as Go reads it (`1h2m3.5s`, `-1s`, `0`), in nanoseconds; the error is Go's.
pub fn duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {text:?}");
    let (negative, mut rest) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let limit = i128::from(i64::MAX) + 1;
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let whole_length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, behind) = rest.split_at(whole_length);
        let fraction_text = behind.strip_prefix('.').unwrap_or("");
        let fraction_length = fraction_text.bytes().take_while(u8::is_ascii_digit).count();
        let fraction = fraction_text.get(..fraction_length).unwrap_or("");
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let behind = if behind.starts_with('.') { fraction_text.get(fraction_length..).unwrap_or("") } else { behind };
        let unit_length = behind.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, after) = behind.split_at(unit_length);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {text:?}"));
        }
        let scale: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(format!("time: unknown unit {unit:?} in duration {text:?}")),
        };
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
        // More digits than a nanosecond has change nothing.
        let digits = fraction.get(..fraction.len().min(15)).unwrap_or("");
        let part: i128 = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| invalid())? };
        let power = 10_i128.pow(u32::try_from(digits.len()).unwrap_or(0));
        total = whole
            .checked_mul(scale)
            .and_then(|n| n.checked_add(part * scale / power))
            .and_then(|n| n.checked_add(total))
            .filter(|n| *n <= limit)
            .ok_or_else(invalid)?;
        rest = after;
    }
    let signed = if negative { -total } else { total };
    i64::try_from(signed).map_err(|_| invalid())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("1m30s").unwrap(), 90_000_000_000);
        assert_eq!(duration("1.5s").unwrap(), 1_500_000_000);
        assert_eq!(duration(".5ms").unwrap(), 500_000);
        assert_eq!(duration("-1h").unwrap(), -3_600_000_000_000);
        assert_eq!(duration("0").unwrap(), 0);
        for wrong in ["", "30", "s", "1x", "1 s", ".s", "99999999999h", "1,5s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
