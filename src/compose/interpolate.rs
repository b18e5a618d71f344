//! `$NAME`, `${NAME}` and the operators `:-` `-` `:?` `?` `:+` `+`, with nesting, as Compose substitutes them.

/// What a template became.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Substituted {
    pub text: String,
    /// All names looked up on the way to the value, in order, each once.
    pub variables: Vec<String>,
    /// Names without a value and without a default: replaced by a blank.
    pub unset: Vec<String>,
    /// As `unset`, but in a branch that was not taken. Compose warns of these too.
    pub unset_unused: Vec<String>,
}

/// Why Compose refuses a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// The template that does not parse; for a nested one the inner text.
    Invalid(String),
    /// `${NAME:?message}` without a value.
    Required { name: String, reason: String },
    /// Nothing is wrong with it, but it goes over a limit of ours: [`MAX_NESTING`] or [`MAX_TEXT`].
    TooMuch,
}

/// Defaults inside defaults, at most.
const MAX_NESTING: usize = 64;
/// Bytes that one template may grow to: variables that hold variables double with each step.
const MAX_TEXT: usize = 4 << 20;

/// Replaces the variables of a template by what `lookup` gives.
pub fn substitute<'v>(template: &str, lookup: &dyn Fn(&str) -> Option<&'v str>) -> Result<Substituted, TemplateError> {
    let mut out = Substituted::default();
    if !template.contains('$') {
        template.clone_into(&mut out.text);
        return Ok(out);
    }
    walk(template, lookup, &mut out, 0)?;
    Ok(out)
}

fn walk<'v>(
    template: &str,
    lookup: &dyn Fn(&str) -> Option<&'v str>,
    out: &mut Substituted,
    depth: usize,
) -> Result<(), TemplateError> {
    let invalid = || TemplateError::Invalid(template.to_owned());
    if depth > MAX_NESTING {
        return Err(TemplateError::TooMuch);
    }
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.text.push_str(&rest[..at]);
        if out.text.len() > MAX_TEXT {
            return Err(TemplateError::TooMuch);
        }
        let after = &rest[at + 1..];
        if let Some(tail) = after.strip_prefix('$') {
            out.text.push('$');
            rest = tail;
            continue;
        }
        if let Some(inner) = after.strip_prefix('{') {
            let name_len = name_len(inner);
            if name_len == 0 {
                return Err(invalid());
            }
            let (name, tail) = inner.split_at(name_len);
            if let Some(tail) = tail.strip_prefix('}') {
                plain(name, lookup, out);
                rest = tail;
                continue;
            }
            let Some((operator, word)) = operator(tail) else { return Err(invalid()) };
            let close = closing_brace(word).ok_or_else(invalid)?;
            apply(name, operator, &word[..close], lookup, out, depth)?;
            rest = &word[close + 1..];
            continue;
        }
        let name_len = name_len(after);
        if name_len == 0 {
            out.text.push('$');
            rest = after;
            continue;
        }
        let (name, tail) = after.split_at(name_len);
        plain(name, lookup, out);
        rest = tail;
    }
    out.text.push_str(rest);
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Operator {
    Default { or_empty: bool },
    Required { or_empty: bool },
    Replacement { or_empty: bool },
}

fn operator(text: &str) -> Option<(Operator, &str)> {
    let (or_empty, text) = match text.strip_prefix(':') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let mut chars = text.chars();
    let operator = match chars.next()? {
        '-' => Operator::Default { or_empty },
        '?' => Operator::Required { or_empty },
        '+' => Operator::Replacement { or_empty },
        _ => return None,
    };
    Some((operator, chars.as_str()))
}

/// Where the brace closes that was opened before `text`. It must close on this line; where braces do not balance, the last
/// one on the line closes.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 1_usize;
    let mut last = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((i, byte)) = bytes.next() {
        match byte {
            b'\n' => break,
            b'}' => {
                last = Some(i);
                open -= 1;
                if open == 0 {
                    return last;
                }
            }
            b'{' => {
                open += 1;
                // The byte after an opening brace is not looked at.
                match bytes.next() {
                    Some((i, b'}')) => last = Some(i),
                    Some((_, b'\n')) => break,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    last
}

fn plain<'v>(name: &str, lookup: &dyn Fn(&str) -> Option<&'v str>, out: &mut Substituted) {
    note(&mut out.variables, name);
    match lookup(name) {
        Some(value) => out.text.push_str(value),
        None => note(&mut out.unset, name),
    }
}

fn apply<'v>(
    name: &str,
    operator: Operator,
    word: &str,
    lookup: &dyn Fn(&str) -> Option<&'v str>,
    out: &mut Substituted,
    depth: usize,
) -> Result<(), TemplateError> {
    // The word is evaluated even where it is not used: a fault in it counts.
    let mut inner = Substituted::default();
    walk(word, lookup, &mut inner, depth + 1)?;
    note(&mut out.variables, name);
    let value = lookup(name);
    let use_word = match operator {
        Operator::Default { or_empty } => value.is_none_or(|v| or_empty && v.is_empty()),
        Operator::Replacement { or_empty } => value.is_some_and(|v| !(or_empty && v.is_empty())),
        Operator::Required { or_empty } => {
            return match value {
                Some(value) if !(or_empty && value.is_empty()) => {
                    out.text.push_str(value);
                    Ok(())
                }
                _ => Err(TemplateError::Required { name: name.to_owned(), reason: inner.text }),
            };
        }
    };
    if use_word {
        out.text.push_str(&inner.text);
        inner.variables.iter().for_each(|v| note(&mut out.variables, v));
        inner.unset.iter().for_each(|v| note(&mut out.unset, v));
        inner.unset_unused.iter().for_each(|v| note(&mut out.unset_unused, v));
    } else {
        out.text.push_str(value.unwrap_or(""));
        inner.unset.iter().chain(&inner.unset_unused).for_each(|v| note(&mut out.unset_unused, v));
    }
    Ok(())
}

fn note(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|n| n == name) {
        names.push(name.to_owned());
    }
}

/// Length of the name at the start of `text`: letters, digits and underscores, no digit first. The two letters that fold to
/// `s` and `k` belong to them, as the case-insensitive pattern has it.
fn name_len(text: &str) -> usize {
    let letter = |c: char| c == '_' || c.is_ascii_alphabetic() || c == '\u{17f}' || c == '\u{212a}';
    let mut end = 0;
    for (i, c) in text.char_indices() {
        if !(letter(c) || i > 0 && c.is_ascii_digit()) {
            break;
        }
        end = i + c.len_utf8();
    }
    end
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sub(template: &str) -> Result<String, TemplateError> {
        let lookup = |name: &str| match name {
            "SET" => Some("value"),
            "EMPTY" => Some(""),
            "N" => Some("7"),
            _ => None,
        };
        substitute(template, &lookup).map(|s| s.text)
    }

    #[test]
    fn operators() {
        for (template, want) in [
            ("$SET-x", "value-x"),
            ("${SET}", "value"),
            ("$$SET $", "$SET $"),
            ("${NO:-d}", "d"),
            ("${EMPTY:-d}", "d"),
            ("${EMPTY-d}", ""),
            ("${NO-d}", "d"),
            ("${SET:+r}", "r"),
            ("${EMPTY:+r}", ""),
            ("${EMPTY+r}", "r"),
            ("${NO+r}", ""),
            ("${SET:?m}", "value"),
            ("${NO:-${N}x${SET}}y${N}", "7xvaluey7"),
            ("${NO:-a:b?c}", "a:b?c"),
            ("${NO:-{}}", "{}"),
            ("$1 $. a$", "$1 $. a$"),
        ] {
            assert_eq!(sub(template).unwrap(), want, "{template}");
        }
    }

    #[test]
    fn refusals() {
        for template in ["${}", "${ x}", "${x!}", "${", "${x", "${NO:-a\nb}", "${NO:-${}"] {
            assert!(matches!(sub(template), Err(TemplateError::Invalid(_))), "{template}");
        }
        let required = TemplateError::Required { name: "NO".into(), reason: "need value".into() };
        assert_eq!(sub("${NO?need $SET}"), Err(required));
        assert!(sub("${EMPTY:?}").is_err());
    }

    #[test]
    fn unset_names_are_kept_apart_by_use() {
        let lookup = |name: &str| (name == "SET").then_some("v");
        let s = substitute("$A ${SET:-$B} ${C:-$D}", &lookup).unwrap();
        assert_eq!(s.unset, ["A", "D"]);
        assert_eq!(s.unset_unused, ["B"]);
        assert_eq!(s.variables, ["A", "SET", "C", "D"]);
    }

    #[test]
    fn deep_nesting_ends() {
        let text = format!("{}x{}", "${A:-".repeat(100_000), "}".repeat(100_000));
        assert!(sub(&text).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "[${}:?+\\-A-Cа \\n]{0,60}") {
            let _ = sub(&text);
        }
    }
}
