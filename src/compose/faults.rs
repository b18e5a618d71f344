//! The loader's findings in words: what is wrong, what Compose would say, what to do.

use super::canonical::FormFault;
use super::cast::Caster;
use super::fault::{Fault, FaultKind, SchemaFault, YamlFault};
use super::log::{Log, rule};
use super::merge::MergeFault;
use super::model::ModelValue;
use super::path::Path;
use super::tree::TreeFault;
use crate::diagnostic::{Applicability, Finding, Fix};
use crate::text::{SourceFile, Sources, Span};
use crate::yaml::{self, Stream};

/// Faults of the YAML itself.
pub(super) fn yaml(file: &SourceFile, stream: &Stream<'_>, log: &mut Log) {
    for fault in &stream.faults {
        let line = file.line_of(fault.span.start);
        let (words, kind) = match &fault.kind {
            yaml::FaultKind::Syntax(words) => {
                (format!("yaml: line {line}: {words}"), FaultKind::Yaml(YamlFault::Syntax(words.clone())))
            }
            yaml::FaultKind::Tab => (
                format!("yaml: line {line}: found character that cannot start any token"),
                FaultKind::Yaml(YamlFault::Tab),
            ),
            yaml::FaultKind::TooDeep => ("yaml: exceeded max depth".into(), FaultKind::Yaml(YamlFault::TooDeep)),
            yaml::FaultKind::UnknownAnchor(name) => (
                format!("yaml: unknown anchor '{name}' referenced"),
                FaultKind::Yaml(YamlFault::UnknownAnchor(name.clone())),
            ),
            yaml::FaultKind::DuplicateKey { key, first } => (
                format!("line {line}: mapping key {key:?} already defined at line {}", file.line_of(first.start)),
                FaultKind::DuplicateKey { key: key.clone(), first: *first },
            ),
            yaml::FaultKind::Encoding(encoding) => {
                ("yaml: control characters are not allowed".into(), FaultKind::Yaml(YamlFault::Encoding(encoding)))
            }
            yaml::FaultKind::InvalidBytes => ("yaml: invalid UTF-8".into(), FaultKind::Yaml(YamlFault::InvalidBytes)),
        };
        log.refuse(format!("failed to parse {}: {words}", file.name()), Fault::error(kind, fault.span));
    }
}

/// Faults of a document's tree, with Compose's words.
pub(super) fn tree(fault: &TreeFault) -> (String, Fault) {
    let (words, kind, span) = match fault {
        TreeFault::NonStringKey { path, key, span } => {
            let place = if path.is_empty() { "at top level".to_owned() } else { format!("in {path}") };
            let kind = FaultKind::Schema(SchemaFault::NonStringKey { path: path.clone(), key: key.clone() });
            let mut fault = Fault::error(kind, *span);
            // An item of a list is meant as one text: quotes around a part of it do not help.
            let is_item = path.rsplit('.').next().is_some_and(|last| last.parse::<usize>().is_ok());
            if !span.is_empty() && !key.is_empty() && !is_item {
                fault = fault.insert(*span, "\"").edit(span.end_point(), "\"");
            }
            return (format!("non-string key {place}: {key}"), fault);
        }
        TreeFault::Cycle { span } => {
            ("cycle detected: an alias lies inside the node that it names", YamlFault::AliasCycle, span)
        }
        TreeFault::BadMerge { span } => {
            ("map merge requires map or sequence of maps as the value", YamlFault::BadMerge, span)
        }
        TreeFault::TooManyAliases { span } => {
            ("compose file exceeds maximum node visit limit (100000)", YamlFault::TooManyAliases, span)
        }
        TreeFault::TooDeep { span } => ("yaml: exceeded max depth", YamlFault::TooDeepAliases, span),
    };
    (words.into(), Fault::error(FaultKind::Yaml(kind), *span))
}

/// A path without the marks of list items.
fn shown(path: &str) -> String {
    path.replace(".[]", "")
}

/// A value that only fails because a variable is not set here: it may be set elsewhere.
fn by_unset_variable(span: Span, path: &str, compose: &str) -> Finding {
    Log::warning(
        rule::UNSET_VARIABLE,
        span,
        format!("With its variables unset, `{}` is not valid; Compose stops with \"{compose}\".", shown(path)),
    )
    .help("Set the variable in `.env`, or give it a default: `${NAME:-value}`.")
}

pub(super) fn form(fault: &FormFault) -> Finding {
    if fault.unknown {
        return by_unset_variable(fault.span, &fault.path, &fault.message);
    }
    let rule = if fault.conflict { rule::CONFLICT } else { rule::SCHEMA };
    if fault.interpolated {
        let path = shown(&fault.path);
        let message = format!("Compose refuses `{path}`: what its variables come to is not valid there.");
        return Log::error(rule, fault.span, message)
            .help("`docker compose config` says what is wrong; it shows the values too.");
    }
    Log::error(rule, fault.span, format!("Compose refuses `{}`: \"{}\".", shown(&fault.path), fault.message))
}

pub(super) fn merge(fault: &MergeFault) -> Finding {
    if let Some((path, unknown)) = &fault.item {
        return form(&FormFault {
            message: fault.message.clone(),
            span: fault.span,
            unknown: *unknown,
            path: path.clone(),
            conflict: false,
            interpolated: false,
        });
    }
    let finding =
        Log::error(rule::SCHEMA, fault.span, format!("Compose cannot join these values: \"{}\".", fault.message));
    match fault.other {
        Some(other) => finding
            .here("of another kind here")
            .label(other, "than here")
            .help("Write both as a list or both as a mapping."),
        None => finding,
    }
}

pub(super) fn bad_cast(value: &ModelValue, path: &Path<'_>, caster: Caster) -> Finding {
    let wanted = match caster {
        Caster::Int => "a whole number",
        Caster::Float | Caster::Float32 => "a number",
        Caster::Bool => "`true` or `false`",
    };
    let path = shown(&path.text());
    if value.is_unknown() {
        return by_unset_variable(value.span, &path, "failed to cast to expected type");
    }
    Log::error(
        rule::SCHEMA,
        value.span,
        format!("`{path}` must be {wanted}; Compose stops with \"failed to cast to expected type\"."),
    )
}

pub(super) fn invalid_interpolation(sources: &Sources, span: Span, path: &Path<'_>) -> Finding {
    let mut finding = Log::error(
        rule::INTERPOLATION,
        span,
        format!(
            "`{}` holds a `$` that Compose cannot read as a variable; it stops with \"invalid interpolation format\".",
            shown(&path.text())
        ),
    )
    .help("A literal `$` is written `$$`. A variable is `$NAME`, `${NAME}` or `${NAME:-default}`.");
    if let Some((at, fix)) = escape_fix(sources, span) {
        finding.primary.span = at;
        finding = finding.fix(fix);
    }
    finding
}

/// The first `${` that opens no variable, and the edit that makes its dollar literal.
fn escape_fix(sources: &Sources, span: Span) -> Option<(Span, Fix)> {
    let text = sources.slice(span);
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find('$') {
        let start = at + found;
        let after = text.get(start + 1..)?;
        if after.starts_with('$') {
            at = start + 2;
            continue;
        }
        if let Some(inner) = after.strip_prefix('{') {
            let name = inner.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric())).unwrap_or(inner.len());
            let valid = name > 0
                && !inner.starts_with(|c: char| c.is_ascii_digit())
                && inner.get(name..).is_some_and(|rest| rest.starts_with(['}', ':', '-', '?', '+']));
            if !valid {
                let end = start + 2 + inner.find('}').map_or(0, |i| i + 1);
                let place = Span::new(span.file, span.start as usize + start..span.start as usize + end);
                let fix = Fix::new("escape the dollar sign", Applicability::Unsafe).insert(place, "$");
                return Some((place, fix));
            }
        }
        at = start + 1;
    }
    None
}

pub(super) fn required_variable(span: Span, name: &str, path: &Path<'_>) -> Finding {
    Log::error(
        rule::UNSET_VARIABLE,
        span,
        format!("`{}` requires the variable {name}, which is set nowhere; Compose stops with \"required variable {name} is missing a value\".", shown(&path.text())),
    )
    .help(format!("Set {name} in `.env` beside the compose file, or in the environment of the run."))
}

pub(super) fn obsolete_version(sources: &Sources, key: Span, value: Span) -> Finding {
    let file = sources.file(key.file);
    let line = file.line_of(key.start);
    let whole_line = file.line_range(line);
    let finding = Finding::new(
        rule::VERSION_KEY,
        crate::diagnostic::Severity::Info,
        key,
        "`version:` is obsolete: Compose ignores it and warns on every call.",
    )
    .confidence(crate::diagnostic::Confidence::Certain)
    .help("Delete the line.");
    // Only where the key has its line for itself, and nothing hangs on the line before or after.
    let text = file.text().get(whole_line.clone()).unwrap_or("");
    let alone = key.start as usize == whole_line.start && value.end as usize <= whole_line.end && !text.contains('#');
    if !alone || value.is_empty() {
        return finding;
    }
    let next = file.line_range(line + 1).start.max(whole_line.end);
    let end = if line < file.line_count() { next } else { file.text().len() };
    let fix = Fix::new("delete `version:`", Applicability::Safe)
        .edit(file.span(whole_line.start..end.max(whole_line.end)), "");
    finding.fix(fix)
}

pub(super) fn include_clash(section: &str, name: &str, own: Span, theirs: Span) -> Finding {
    Log::warning(
        rule::CONFLICT,
        own,
        format!(
            "`{section}.{name}` is also defined by an included file. Compose before 5.0 stops with \"{section}.{name} conflicts with imported resource\"; later ones lay this definition over the included one."
        ),
    )
    .here("defined here")
    .label(theirs, "and in the included file")
    .help("Rename one of the two, or override the included one with a second path in its `include` entry.")
}

pub(super) fn missing_env_file(span: Span, shown: &str) -> Finding {
    Log::error(
        rule::MISSING_ENV_FILE,
        span,
        format!("`{shown}` does not exist; Compose stops with \"env file {shown} not found\"."),
    )
    .help("Create the file, or mark it optional: `- path: …` with `required: false` below it.")
}

/// The edit that declares a network or volume at the top level of the file that uses it.
pub(super) fn declare(model: &ModelValue, sources: &Sources, at: Span, section: &str, name: &str) -> Option<Fix> {
    if !matches!(section, "networks" | "volumes") {
        return None;
    }
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if !plain || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let file = sources.file(at.file);
    let newline = file.newline();
    let fix = Fix::new(format!("declare `{name}` under `{section}:`"), Applicability::Unsafe);
    let first = model
        .get(section)
        .and_then(|s| s.entries().iter().find(|e| e.key_span.file == at.file && !e.key_span.is_empty()));
    if let Some(first) = first {
        // Beside the others, with their indentation.
        let line = file.line_range(file.line_of(first.key_span.start));
        let before = file.text().get(line.start..first.key_span.start as usize)?;
        let top = file
            .text()
            .get(..line.start)?
            .lines()
            .rev()
            .find(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#'));
        if before.is_empty() || !before.bytes().all(|b| b == b' ') || top != Some(&format!("{section}:")) {
            return None;
        }
        return Some(fix.insert(file.span(line.start..line.start), format!("{before}{name}:{newline}")));
    }
    let written = file.text().lines().any(|l| l.starts_with(section) && l[section.len()..].starts_with(':'));
    let flow = file.text().trim_start().starts_with('{');
    let several = file.text().lines().any(|l| l.starts_with("---") || l.starts_with("..."));
    if written || flow || several {
        return None;
    }
    let end = file.text().len();
    let lead = if file.text().ends_with('\n') { "" } else { newline };
    Some(fix.insert(file.span(end..end), format!("{lead}{newline}{section}:{newline}  {name}:{newline}")))
}

/// Adds "did you mean" with its edit, where one known name is near.
pub(super) fn suggest(finding: Finding, sources: &Sources, name: &str, known: &[String], what: &str) -> Finding {
    let span = finding.primary.span;
    if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
        let written = sources.slice(span);
        let finding = finding.help(format!("Did you mean `{near}`?"));
        if written == name {
            let fix = Fix::new(format!("write `{near}`"), Applicability::Unsafe).edit(span, near);
            return finding.fix(fix);
        }
        return finding;
    }
    if known.is_empty() || known.len() > 8 {
        return finding;
    }
    let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
    let word = if known.len() == 1 { what.to_owned() } else { format!("{what}s") };
    finding.help(format!("Known {word}: {}.", list.join(", ")))
}

/// Names among which a slip is looked for: more are not written by hand. A finding about one of more names is reported all
/// the same, without the suggestion, so no coverage note speaks of it.
pub(super) const MOST_NAMES: usize = 200;

/// The known name that a typing slip may have meant.
pub(super) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    if name.len() > 64 {
        return None;
    }
    let limit = match name.chars().count() {
        0..=2 => return None,
        3..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    known
        .take(MOST_NAMES)
        // Each edit changes the length by one character at most.
        .filter(|k| k.len() <= 64 && *k != name && k.len().abs_diff(name.len()) <= 4 * limit)
        .map(|k| (distance(&name.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, k)| (*d, *k))
        .map(|(_, k)| k)
}

/// Edits between two words, a swap of neighbours counting one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: [Vec<usize>; 3] = [vec![0; b.len() + 1], (0..=b.len()).collect(), vec![0; b.len() + 1]];
    for i in 1..=a.len() {
        let [before, last, row] = &mut rows;
        row[0] = i;
        for j in 1..=b.len() {
            let same = a[i - 1] == b[j - 1];
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + usize::from(!same));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        let known = ["environment", "env_file", "image", "volumes"];
        assert_eq!(nearest("enviroment", known.into_iter()), Some("environment"));
        assert_eq!(nearest("iamge", known.into_iter()), Some("image"));
        assert_eq!(nearest("volume", known.into_iter()), Some("volumes"));
        assert_eq!(nearest("zzz", known.into_iter()), None);
    }
}
