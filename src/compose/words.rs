//! How Compose splits a command written as one string: quotes and backslashes, nothing expanded.

/// The words of a command line; `Err` where Compose refuses it as "invalid command line string".
///
/// An unquoted `;`, `&`, `|`, `<` or `>` ends the command: what follows is dropped.
pub fn split(line: &str) -> Result<Vec<String>, &'static str> {
    const INVALID: &str = "invalid command line string";
    let mut words = Vec::new();
    let mut word = String::new();
    let mut got = false;
    let (mut escaped, mut single, mut double, mut back, mut dollar) = (false, false, false, false, false);
    for c in line.chars() {
        if escaped {
            word.push(match c {
                't' => '\t',
                'n' => '\n',
                other => other,
            });
            escaped = false;
            got = true;
            continue;
        }
        if c == '\\' {
            if single {
                word.push(c);
            } else {
                escaped = true;
            }
            continue;
        }
        if matches!(c, ' ' | '\t' | '\r' | '\n') {
            if single || double || back || dollar {
                word.push(c);
            } else if got {
                words.push(std::mem::take(&mut word));
                got = false;
            }
            continue;
        }
        match c {
            '`' if !single && !double && !dollar => back = !back,
            ')' if !single && !double && !back => dollar = !dollar,
            '(' if !single && !double && !back => {
                if !dollar && word.ends_with('$') {
                    dollar = true;
                    word.push('(');
                    continue;
                }
                return Err(INVALID);
            }
            '"' if !single && !dollar => {
                if double {
                    got = true;
                }
                double = !double;
                continue;
            }
            '\'' if !double && !dollar => {
                if single {
                    got = true;
                }
                single = !single;
                continue;
            }
            ';' | '&' | '|' | '<' | '>' if !(single || double || back || dollar) => {
                if c == '>' && word.starts_with(|c: char| c.is_ascii_digit()) {
                    got = false;
                }
                break;
            }
            _ => {}
        }
        got = true;
        word.push(c);
    }
    if got {
        words.push(word);
    }
    if escaped || single || double || back || dollar { Err(INVALID) } else { Ok(words) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (line, want) in [
            ("echo 'a b' \"c d\" e\\ f", vec!["echo", "a b", "c d", "e f"]),
            ("sh -c 'a && b'", vec!["sh", "-c", "a && b"]),
            ("a '' b", vec!["a", "", "b"]),
            ("a && b", vec!["a"]),
            ("", vec![]),
        ] {
            assert_eq!(split(line).unwrap(), want, "{line}");
        }
        assert!(split("a 'b").is_err());
        assert!(split("f(x)").is_err());
    }
}
