//! Makes faults of what the steps of the loader report.

use super::canonical::FormFault;
use super::cast::Caster;
use super::fault::{Conflict, Fault, FaultKind, NameHint, Refused, SchemaFault, UnsetFault, YamlFault};
use super::log::Log;
use super::merge::MergeFault;
use super::model::ModelValue;
use super::path::Path;
use super::tree::TreeFault;
use crate::diagnostic::Edit;
use crate::text::suggest::slips;
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
            if !span.is_empty() && !key.is_empty() {
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

/// Returns a path without the marks of list items.
fn shown(path: &str) -> String {
    path.replace(".[]", "")
}

/// A value that is only invalid because a variable is not set here: it may be set elsewhere.
fn by_unset_variable(span: Span, path: &str, compose: &str) -> Fault {
    let kind = UnsetFault::Invalid { path: shown(path), error: compose.to_owned() };
    Fault::warning(FaultKind::Unset(kind), span)
}

pub(super) fn form(fault: &FormFault) -> Fault {
    if fault.unknown {
        return by_unset_variable(fault.span, &fault.path, &fault.message);
    }
    let error = (!fault.interpolated).then(|| fault.message.clone());
    let refused = Refused { path: shown(&fault.path), error };
    let kind = if fault.conflict {
        FaultKind::Conflict(Conflict::Refused(refused))
    } else {
        FaultKind::Schema(SchemaFault::Refused(refused))
    };
    Fault::error(kind, fault.span)
}

pub(super) fn merge(fault: &MergeFault) -> Fault {
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
    let kind = SchemaFault::CannotJoin { error: fault.message.clone(), other: fault.other };
    Fault::error(FaultKind::Schema(kind), fault.span)
}

pub(super) fn bad_cast(value: &ModelValue, path: &Path<'_>, wanted: Caster) -> Fault {
    let path = shown(&path.text());
    if value.is_unknown() {
        return by_unset_variable(value.span, &path, "failed to cast to expected type");
    }
    Fault::error(FaultKind::Schema(SchemaFault::BadCast { path, wanted }), value.span)
}

pub(super) fn invalid_interpolation(sources: &Sources, span: Span, path: &Path<'_>) -> Fault {
    let kind = FaultKind::Interpolation { path: shown(&path.text()) };
    match unescaped_dollar(sources, span) {
        Some(at) => Fault::error(kind, at).insert(at, "$"),
        None => Fault::error(kind, span),
    }
}

/// The first `${` that opens no variable.
fn unescaped_dollar(sources: &Sources, span: Span) -> Option<Span> {
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
                return Some(Span::new(span.file, span.start as usize + start..span.start as usize + end));
            }
        }
        at = start + 1;
    }
    None
}

pub(super) fn required_variable(span: Span, name: &str, path: &Path<'_>) -> Fault {
    let kind = UnsetFault::Required { path: shown(&path.text()), name: name.to_owned() };
    Fault::error(FaultKind::Unset(kind), span)
}

pub(super) fn obsolete_version(sources: &Sources, key: Span, value: Span) -> Fault {
    let file = sources.file(key.file);
    let line = file.line_of(key.start);
    let whole_line = file.line_range(line);
    let fault = Fault::info(FaultKind::Version, key).certain();
    // Only where the key is alone on its line, and nothing depends on the line before or after.
    let text = file.text().get(whole_line.clone()).unwrap_or("");
    let alone = key.start as usize == whole_line.start && value.end as usize <= whole_line.end && !text.contains('#');
    if !alone || value.is_empty() {
        return fault;
    }
    let next = file.line_range(line + 1).start.max(whole_line.end);
    let end = if line < file.line_count() { next } else { file.text().len() };
    fault.edit(file.span(whole_line.start..end.max(whole_line.end)), "")
}

/// The edit that declares a network or volume at the top level of the file that uses it.
pub(super) fn declare(model: &ModelValue, sources: &Sources, at: Span, section: &str, name: &str) -> Option<Edit> {
    if !matches!(section, "networks" | "volumes") {
        return None;
    }
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if !plain || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let file = sources.file(at.file);
    let newline = file.newline();
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
        return Some(Edit { span: file.span(line.start..line.start), text: format!("{before}{name}:{newline}") });
    }
    let written = file.text().lines().any(|l| l.starts_with(section) && l[section.len()..].starts_with(':'));
    let flow = file.text().trim_start().starts_with('{');
    let several = file.text().lines().any(|l| l.starts_with("---") || l.starts_with("..."));
    if written || flow || several {
        return None;
    }
    let end = file.text().len();
    let lead = if file.text().ends_with('\n') { "" } else { newline };
    Some(Edit { span: file.span(end..end), text: format!("{lead}{newline}{section}:{newline}  {name}:{newline}") })
}

/// Looks for the name that is meant by one that is not defined. The edit writes it where the name is written as such.
pub(super) fn suggest(sources: &Sources, span: Span, name: &str, known: &[String]) -> (NameHint, Option<Edit>) {
    if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
        let edit = (sources.slice(span) == name).then(|| Edit { span, text: near.to_owned() });
        return (NameHint::Near(near.to_owned()), edit);
    }
    if known.is_empty() || known.len() > 8 {
        return (NameHint::None, None);
    }
    (NameHint::Known(known.to_vec()), None)
}

/// Names that are compared with a misspelt one: more are not written by hand. With more names the finding is reported
/// without a suggestion, so no coverage note is needed.
pub(super) const MOST_NAMES: usize = 200;

/// Returns the known name that a misspelt one may mean.
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
        .map(|k| (slips(&name.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, k)| (*d, *k))
        .map(|(_, k)| k)
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
