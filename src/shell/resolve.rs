//! What a word says when the variables are known: `Word::resolve`, `Word::fields`, and the variables that a script sets
//! for itself.

use std::borrow::Cow;
use std::collections::HashMap;

use super::parts::{Mode, parts};
use super::{Command, Part, Script, Word};

/// A variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Known(String),
    Unset,
    Unknown,
}

/// Operands within operands are followed so deep (`${a:-${b:-c}}`).
const DEPTH: u8 = 8;
/// A resolved word longer than this is not a word that anyone wrote; it becomes unknown.
const MAX_LEN: usize = 1 << 16;

/// Resolved text, and which of it came out of unquoted variables.
type Piece = (String, bool);

impl Word {
    /// The text as written after quote removal, globs as they stand; `None` if it depends on anything.
    pub fn text(&self) -> Option<String> {
        if let [Part::Literal { text, .. }] = self.parts.as_slice() {
            return Some(text.clone());
        }
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal { text, .. } | Part::Glob(text) => out.push_str(text),
                _ => return None,
            }
        }
        Some(out)
    }

    /// The text that the command gets, with variables looked up and globs as written (which files match is not known
    /// here). `None` if any part is unknown. A `~` is not expanded.
    pub fn resolve(&self, lookup: &dyn Fn(&str) -> Value) -> Option<String> {
        let pieces = pieces(&self.parts, lookup, DEPTH)?;
        Some(pieces.into_iter().map(|p| p.0).collect())
    }

    /// The words that the command gets: unquoted variables are split at white space (no other IFS is considered) and may
    /// vanish, `{a,b}` is expanded. `None` if any part is unknown.
    pub fn fields(&self, lookup: &dyn Fn(&str) -> Value) -> Option<Vec<String>> {
        if let [Part::Literal { text, .. }] = self.parts.as_slice() {
            return Some(vec![text.clone()]);
        }
        let mut out = Vec::new();
        for alternative in braces(&self.parts)? {
            let mut field: Option<String> = None;
            for (text, splits) in pieces(&alternative, lookup, DEPTH)? {
                if !splits {
                    field.get_or_insert_default().push_str(&text);
                    continue;
                }
                let mut rest = text.as_str();
                while let Some(start) = rest.find(|c: char| !is_space(c)) {
                    if start > 0 {
                        out.extend(field.take());
                    }
                    rest = &rest[start..];
                    let end = rest.find(is_space).unwrap_or(rest.len());
                    field.get_or_insert_default().push_str(&rest[..end]);
                    rest = &rest[end..];
                }
                if !rest.is_empty() {
                    out.extend(field.take());
                }
            }
            out.extend(field);
        }
        Some(out)
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n')
}

/// The alternatives of a word with `{a,b}` in it; one, itself, if there is none.
fn braces(parts: &[Part]) -> Option<Vec<Vec<Part>>> {
    let mut out: Vec<Vec<Part>> = vec![Vec::new()];
    for part in parts {
        match part {
            Part::Glob(text) if text.starts_with('{') => {
                let inner = text.strip_prefix('{')?.strip_suffix('}')?;
                let options: Vec<String> = match inner.split_once("..") {
                    Some((from, to)) => {
                        let (from, to): (i64, i64) = (from.parse().ok()?, to.parse().ok()?);
                        if to < from || to - from > 1000 {
                            return None;
                        }
                        (from..=to).map(|n| n.to_string()).collect()
                    }
                    None if inner.contains('{') => return None,
                    None => inner.split(',').map(str::to_owned).collect(),
                };
                if out.len() * options.len() > 1000 {
                    return None;
                }
                out = out
                    .iter()
                    .flat_map(|head| {
                        options.iter().map(move |option| {
                            let mut word = head.clone();
                            word.push(Part::Literal { text: option.clone(), quoted: false });
                            word
                        })
                    })
                    .collect();
            }
            _ => out.iter_mut().for_each(|word| word.push(part.clone())),
        }
    }
    Some(out)
}

fn pieces(parts: &[Part], lookup: &dyn Fn(&str) -> Value, depth: u8) -> Option<Vec<Piece>> {
    let mut out = Vec::new();
    let mut length = 0;
    for part in parts {
        let piece = match part {
            Part::Literal { text, .. } | Part::Glob(text) => (text.clone(), false),
            Part::Variable { name, operator, quoted } => {
                (variable(name, operator.as_ref(), *quoted, lookup, depth)?, !quoted)
            }
            Part::Substitution { .. } | Part::Opaque => return None,
        };
        length += piece.0.len();
        if length > MAX_LEN {
            return None;
        }
        out.push(piece);
    }
    Some(out)
}

fn variable(
    name: &str,
    operator: Option<&(String, String)>,
    quoted: bool,
    lookup: &dyn Fn(&str) -> Value,
    depth: u8,
) -> Option<String> {
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    let depth = depth.checked_sub(1)?;
    let value = lookup(name);
    let Some((operator, operand)) = operator else {
        return match value {
            Value::Known(text) => Some(text),
            Value::Unset => Some(String::new()),
            Value::Unknown => None,
        };
    };
    let word = |quoted: bool| -> Option<String> {
        let parts = parts(operand, &[], Mode { joined: false, bash: true, quoted });
        Some(pieces(&parts, lookup, depth)?.into_iter().map(|p| p.0).collect())
    };
    let value = match value {
        Value::Known(text) => Some(text),
        Value::Unset => None,
        Value::Unknown => return None,
    };
    let colon = operator.starts_with(':');
    let present = value.as_ref().is_some_and(|v| !(colon && v.is_empty()));
    let text = || value.clone().unwrap_or_default();
    match operator.as_str() {
        ":-" | "-" | ":=" | "=" => {
            if present {
                value
            } else {
                word(quoted)
            }
        }
        ":+" | "+" => {
            if present {
                word(quoted)
            } else {
                Some(String::new())
            }
        }
        ":?" | "?" => value.filter(|_| present),
        "#length" => Some(text().chars().count().to_string()),
        "#" | "##" => trim_prefix(&text(), &word(false)?, operator == "##"),
        "%" | "%%" => trim_suffix(&text(), &word(false)?, operator == "%%"),
        "/" | "//" => {
            let (pattern, replacement) = operand.split_once('/').unwrap_or((operand, ""));
            // A pattern with quotes, globs or variables is left alone.
            if pattern.is_empty() || !pattern.chars().all(is_plain) || !replacement.chars().all(is_plain) {
                return None;
            }
            Some(if operator == "//" {
                text().replace(pattern, replacement)
            } else {
                text().replacen(pattern, replacement, 1)
            })
        }
        "^^" if operand.is_empty() => Some(text().to_uppercase()),
        ",," if operand.is_empty() => Some(text().to_lowercase()),
        ":" => {
            let (from, len) = operand.split_once(':').unwrap_or((operand, ""));
            let from: usize = from.trim().parse().ok()?;
            let len = if len.is_empty() { usize::MAX } else { len.trim().parse().ok()? };
            Some(text().chars().skip(from).take(len).collect())
        }
        _ => None,
    }
}

fn is_plain(c: char) -> bool {
    !matches!(c, '*' | '?' | '[' | ']' | '\\' | '\'' | '"' | '$' | '`' | '/' | '#' | '%')
}

/// Whether a pattern of `*`, `?` and plain characters matches all of a text. Linear but for backtracking to the last `*`.
fn matches(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some('?') => (p, t) = (p + 1, t + 1),
            Some(c) if *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((sp, st)) => {
                    star = Some((sp, st + 1));
                    (p, t) = (sp + 1, st + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// What is left of a longer value is unknown: matching is cubic in the value at worst.
const MAX_TRIM: usize = 256;

fn trim_prefix(text: &str, pattern: &str, longest: bool) -> Option<String> {
    let (chars, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    if chars.len() > MAX_TRIM {
        return None;
    }
    let mut cuts = 0..=chars.len();
    let hit = |n: &usize| matches(&pattern, &chars[..*n]);
    let cut = if longest { cuts.rfind(hit) } else { cuts.find(hit) };
    Some(chars[cut.unwrap_or(0)..].iter().collect())
}

fn trim_suffix(text: &str, pattern: &str, longest: bool) -> Option<String> {
    let (chars, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    if chars.len() > MAX_TRIM {
        return None;
    }
    let mut cuts = 0..=chars.len();
    let hit = |n: &usize| matches(&pattern, &chars[*n..]);
    let cut = if longest { cuts.find(hit) } else { cuts.rfind(hit) };
    Some(chars[..cut.unwrap_or(chars.len())].iter().collect())
}

/// The variables of a script while it runs: what it has set itself, and behind that what the image and the build give.
///
/// Feed it the commands in order; ask it between them.
pub struct Variables<'a> {
    outer: &'a dyn Fn(&str) -> Value,
    script: &'a Script,
    local: HashMap<String, Value>,
    /// Something was sourced or evaluated: a name that we have not seen set may be set.
    sourced: bool,
}

impl std::fmt::Debug for Variables<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Variables").field("local", &self.local).field("sourced", &self.sourced).finish_non_exhaustive()
    }
}

impl<'a> Variables<'a> {
    pub fn new(script: &'a Script, outer: &'a dyn Fn(&str) -> Value) -> Self {
        Variables { outer, script, local: HashMap::new(), sourced: false }
    }

    pub fn get(&self, name: &str) -> Value {
        match self.local.get(name) {
            Some(value) => value.clone(),
            None => match (self.outer)(name) {
                Value::Unset if self.sourced => Value::Unknown,
                value => value,
            },
        }
    }

    /// [`Word::fields`] at this point of the script, in `command`: the variable of a loop around it is unknown.
    pub fn fields(&self, command: &Command, word: &Word) -> Option<Vec<String>> {
        word.fields(&|name| self.at(command, name))
    }

    /// [`Word::resolve`] at this point of the script, in `command`.
    pub fn resolve(&self, command: &Command, word: &Word) -> Option<String> {
        word.resolve(&|name| self.at(command, name))
    }

    /// Returns a command as the shell runs it, with the word that names the program split into the words that it stands
    /// for: `$FETCH x` with `FETCH="curl -f"` runs `curl`, and `$SUDO x` with an empty variable runs `x`. A name with an
    /// unknown value stays as it is. The new words have the place of the word that they come from.
    pub fn split_name<'c>(&self, command: &'c Command) -> Cow<'c, Command> {
        let mut split = Cow::Borrowed(command);
        // A wrapper may be in a variable too. The limit is for variables that are all empty.
        for _ in 0..8 {
            let words = split.effective().words;
            let Some(word) = words.first().filter(|word| word.text().is_none()) else { break };
            let Some(fields) = self.fields(command, word) else { break };
            let (at, span) = (split.words.len() - words.len(), word.span);
            let literal = |text| Word { span, parts: vec![Part::Literal { text, quoted: true }] };
            split.to_mut().words.splice(at..=at, fields.into_iter().map(literal));
        }
        split
    }

    fn at(&self, command: &Command, name: &str) -> Value {
        if command.context.looped && self.enclosing_loop(command, name).is_some() {
            return Value::Unknown;
        }
        self.get(name)
    }

    fn enclosing_loop(&self, command: &Command, name: &str) -> Option<&super::Loop> {
        self.script.loops.iter().rev().find(|l| l.variable == name && l.body.contains(command.span))
    }

    /// All the words that a word stands for, where it is the bare variable of a loop over a known list: what
    /// `for p in a b; do install $p` installs in the end.
    pub fn all_fields(&self, command: &Command, word: &Word) -> Option<Vec<String>> {
        if let Some(fields) = self.fields(command, word) {
            return Some(fields);
        }
        let [Part::Variable { name, operator: None, .. }] = word.parts.as_slice() else { return None };
        let words = self.enclosing_loop(command, name)?.words.as_ref()?;
        let mut out = Vec::new();
        for word in words {
            out.extend(word.fields(&|name| self.get(name))?);
        }
        Some(out)
    }

    /// Takes note of what a command sets.
    pub fn apply(&mut self, command: &Command) {
        let context = &command.context;
        // What a subshell sets is gone behind it. Within it, it holds; keeping it unknown is the safe middle.
        let lasting = !(context.subshell || context.substitution || context.background || context.nested > 0)
            && context.pipeline.is_none();
        if command.words.is_empty() {
            for assignment in &command.assignments {
                let value = assignment.value.as_ref().and_then(|word| self.resolve(command, word));
                self.assign(&assignment.name, value, assignment.append, context, lasting);
            }
            return;
        }
        let Some(name) = command.name() else { return };
        match name.as_str() {
            "export" | "declare" | "local" | "readonly" | "typeset" => {
                for word in command.words.iter().skip(1) {
                    let Some(Part::Literal { text, quoted: false }) = word.parts.first() else { continue };
                    let Some((name, _)) = text.split_once('=') else { continue };
                    let name = name.to_owned();
                    let mut value = word.clone();
                    if let Some(Part::Literal { text, .. }) = value.parts.first_mut() {
                        *text = text.get(name.len() + 1..).unwrap_or("").to_owned();
                    }
                    let resolved = self.resolve(command, &value);
                    match name.strip_suffix('+') {
                        Some(name) => self.assign(name, resolved, true, context, lasting),
                        None => self.assign(&name, resolved, false, context, lasting),
                    }
                }
            }
            "unset" => {
                for name in command.words.iter().skip(1).filter_map(Word::literal) {
                    let value = if context.is_reached() && lasting { Value::Unset } else { Value::Unknown };
                    self.local.insert(name, value);
                }
            }
            "read" | "getopts" | "mapfile" | "readarray" | "printf" => {
                let from = command.words.len().min(if name == "printf" { 2 } else { 1 });
                let names = command.words[from..].iter().filter_map(Word::literal);
                for name in names.filter(|_| name != "printf" || command.words.len() > 2).collect::<Vec<_>>() {
                    self.local.insert(name, Value::Unknown);
                }
            }
            "." | "source" | "eval" => {
                self.sourced = true;
                // It may also set anew what the script has set before.
                self.local.values_mut().for_each(|v| *v = Value::Unknown);
            }
            _ => {}
        }
    }

    fn assign(
        &mut self,
        name: &str,
        value: Option<String>,
        append: bool,
        context: &super::CommandPosition,
        lasting: bool,
    ) {
        let value = match value {
            Some(text) if append => match self.get(name) {
                Value::Known(before) => Value::Known(before + &text),
                Value::Unset => Value::Known(text),
                Value::Unknown => Value::Unknown,
            },
            Some(text) => Value::Known(text),
            None => Value::Unknown,
        };
        let certain = context.is_reached() && lasting;
        let value = if certain || self.get(name) == value { value } else { Value::Unknown };
        self.local.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_too_long_to_be_trimmed_is_unknown() {
        assert_eq!(trim_prefix("a/b/c", "*/", true).as_deref(), Some("c"));
        assert_eq!(trim_suffix("a/b/c", "/*", false).as_deref(), Some("a/b"));
        let long = "a/".repeat(MAX_TRIM);
        assert_eq!((trim_prefix(&long, "*/", true), trim_suffix(&long, "/*", true)), (None, None));
    }
}
