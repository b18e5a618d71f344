//! Sizes, durations and dates as Compose reads and prints them.

/// A size in bytes: `10`, `1.5g`, `64 MiB`. Units are binary. The error is Compose's.
pub fn bytes(text: &str) -> Result<i64, String> {
    let invalid = || format!("invalid size: '{text}'");
    let split = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').ok_or_else(invalid)?;
    let suffix = text.get(split + 1..).ok_or_else(invalid)?.to_ascii_lowercase();
    let number = if text.as_bytes()[split] == b' ' { &text[..split] } else { &text[..=split] };
    let size: f64 = number.parse().map_err(|_| invalid())?;
    if !size.is_finite() || size < 0.0 {
        return Err(invalid());
    }
    let bad = || format!("invalid suffix: '{suffix}'");
    let power = match suffix.as_str() {
        "" | "b" => 0,
        _ if suffix.len() > 3 => return Err(bad()),
        _ => {
            let power = match suffix.as_bytes()[0] {
                b'k' => 1,
                b'm' => 2,
                b'g' => 3,
                b't' => 4,
                b'p' => 5,
                _ => return Err(bad()),
            };
            if !matches!(suffix.get(1..), Some("" | "b" | "ib")) {
                return Err(bad());
            }
            power
        }
    };
    Ok((size * 1024_f64.powi(power)) as i64)
}

/// A duration in nanoseconds: Go's form, and days and weeks. The error is Compose's.
pub fn duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("str2duration: invalid duration \"{text}\"");
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_f64;
    let mut exact = 0_i128;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, next) = tail.split_at(unit_end);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration \"{text}\""));
        }
        let scale: i64 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            "w" => 604_800_000_000_000,
            _ => return Err(format!("time: unknown unit \"{unit}\" in duration \"{text}\"")),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || number.len() > 30 {
            return Err(invalid());
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
        exact += whole * i128::from(scale);
        if !fraction.is_empty() {
            let part: f64 = format!("0.{fraction}").parse().map_err(|_| invalid())?;
            total += part * scale as f64;
        }
        rest = next;
    }
    let sum = exact + total as i128;
    let sum = if negative { -sum } else { sum };
    i64::try_from(sum).map_err(|_| invalid())
}

/// Go's way of writing a duration: `1h0m30s`, `1.5s`, `250ms`.
pub fn print_duration(nanos: i64) -> String {
    if nanos == 0 {
        return "0s".into();
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let n = nanos.unsigned_abs();
    let fraction = |n: u64, scale: u64| {
        let (whole, part) = (n / scale, n % scale);
        if part == 0 {
            return whole.to_string();
        }
        let width = scale.ilog10() as usize;
        format!("{whole}.{}", format!("{part:0width$}").trim_end_matches('0'))
    };
    let text = match n {
        0..1_000 => format!("{n}ns"),
        1_000..1_000_000 => format!("{}µs", fraction(n, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", fraction(n, 1_000_000)),
        _ => {
            let (minutes, rest) = (n / 60_000_000_000, n % 60_000_000_000);
            let seconds = fraction(rest, 1_000_000_000);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, m) => format!("{m}m{seconds}s"),
                (h, m) => format!("{h}h{m}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

/// A date as Go prints it in JSON.
pub(super) fn timestamp(text: &str) -> String {
    if text.len() == 10 && !text.contains(['T', 't', ' ']) {
        return format!("{text}T00:00:00Z");
    }
    text.to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, want) in
            [("10", 10), ("1k", 1024), ("1.5g", 1610612736), ("64 MiB", 67108864), ("2b", 2), ("1Kb", 1024)]
        {
            assert_eq!(bytes(text).unwrap(), want, "{text}");
        }
        for bad in ["", "k", "-1", "1x", "1kk", "1 2"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations() {
        for (text, want) in [
            ("90s", "1m30s"),
            ("1h", "1h0m0s"),
            ("1.5s", "1.5s"),
            ("250ms", "250ms"),
            ("0", "0s"),
            ("1d", "24h0m0s"),
            ("1m30s500ms", "1m30.5s"),
            ("10us", "10µs"),
        ] {
            assert_eq!(print_duration(duration(text).unwrap()), want, "{text}");
        }
        for bad in ["", "30", "1x", "s", "1..2s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
