//! Whether a merged model has the shapes that Compose's schema allows; in plain words, all faults at once.

mod shapes;
mod slips;

use std::collections::HashMap;
use std::path::Path as FsPath;

use super::log::{Log, rule};
use super::misplaced::is_misplaced;
use super::model::{ModelEntry, ModelValue, ValueKind};
use super::path::{Path, ROOT};
use crate::diagnostic::Severity;
use crate::text::{Sources, Span};
use shapes::{FILE, Object, Shape, types};

/// Validates a model after a document has been merged into it.
pub(super) fn validate(dict: &ModelValue, path: &FsPath, sources: &Sources, log: &mut Log) {
    let mut check = Check { file: path, sources, log };
    check.value(dict, &FILE, &ROOT, dict.span);
}

struct Check<'a> {
    file: &'a FsPath,
    sources: &'a Sources,
    log: &'a mut Log,
}

/// What a value is, as a bit of the table.
fn type_of(value: &ModelValue) -> u8 {
    match &value.kind {
        ValueKind::Null => types::NULL,
        ValueKind::Bool(_) => types::BOOL,
        ValueKind::Int(_) => types::INT | types::NUMBER,
        ValueKind::Float(f) if f.fract() == 0.0 => types::INT | types::NUMBER,
        ValueKind::Float(_) => types::NUMBER,
        ValueKind::String(_) => types::STRING,
        ValueKind::Timestamp(_) => 0,
        ValueKind::Sequence(_) => types::LIST,
        ValueKind::Mapping(_) => types::MAPPING,
    }
}

/// Type names, the one that people mean first.
fn type_names(mask: u8, json: bool) -> String {
    let all: [(u8, &str, &str); 7] = [
        (types::MAPPING, "mapping", "a mapping"),
        (types::LIST, "array", "a list"),
        (types::STRING, "string", "text"),
        (types::NUMBER, "number", "a number"),
        (types::INT, "integer", "a whole number"),
        (types::BOOL, "boolean", "true or false"),
        (types::NULL, "null", "empty"),
    ];
    let names: Vec<&str> = all
        .iter()
        .filter(|(bit, ..)| mask & bit != 0)
        .filter(|(bit, ..)| json || *bit != types::INT || mask & types::NUMBER == 0)
        .map(|(_, name, words)| if json { *name } else { *words })
        .collect();
    match names.as_slice() {
        [] => "nothing".into(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

impl Check<'_> {
    fn refuse(&mut self, compose: &str, finding: crate::diagnostic::Finding) {
        self.log.refuse(format!("validating {}: {compose}", self.file.display()), finding);
    }

    /// A fault at a value. One that only an unset variable causes is no more than a warning.
    fn fault(&mut self, value: &ModelValue, path: &Path<'_>, compose: &str, message: String, slip: slips::Slip) {
        let span = if value.span.is_empty() { slip.span.unwrap_or(value.span) } else { value.span };
        let mut finding = Log::error(rule::SCHEMA, slip.span.unwrap_or(span), slip.message.unwrap_or(message));
        finding.help = slip.help;
        finding.fixes.extend(slip.fix);
        if let Some(displaced) = value.displaced.last() {
            finding = finding.label(*displaced, "the earlier value that it displaces");
        }
        if let Some(service) = service_of(path) {
            finding = finding.service(service);
        }
        if value.is_unknown() {
            finding.rule = rule::UNSET_VARIABLE;
            finding.severity = Severity::Warning;
            finding.fixes.clear();
        }
        self.refuse(compose, finding);
    }

    /// `key` is where the value's key stands, for values that are empty.
    fn value(&mut self, value: &ModelValue, shape: &'static Shape, path: &Path<'_>, key: Span) {
        if shape.types == types::ANY {
            return;
        }
        let is = type_of(value);
        if is & shape.types == 0 {
            let at = path.text();
            let json = type_names(shape.types, true);
            let compose = format!("{at} must be a {json}");
            let got = match &value.kind {
                ValueKind::Null => "nothing".to_owned(),
                ValueKind::Bool(b) => format!("the boolean {b}"),
                ValueKind::Int(_) | ValueKind::Float(_) => "a number".to_owned(),
                ValueKind::String(_) => "text".to_owned(),
                ValueKind::Timestamp(_) => "a date".to_owned(),
                ValueKind::Sequence(_) => "a list".to_owned(),
                ValueKind::Mapping(_) => "a mapping".to_owned(),
            };
            let mut message = format!("`{at}` must be {}, but is {got}.", type_names(shape.types, false));
            if shape.types.count_ones() == 1 {
                message.pop();
                message.push_str(&format!("; Compose stops with \"{compose}\"."));
            }
            let slip = slips::wrong_type(value, shape, path, key, self.sources);
            self.fault(value, path, &compose, message, slip);
            return;
        }
        match &value.kind {
            ValueKind::String(text) => self.text(value, text, shape, path),
            ValueKind::Int(n) => self.number(value, *n as f64, shape, path),
            ValueKind::Float(f) => self.number(value, *f, shape, path),
            ValueKind::Sequence(items) => {
                if let Some(shape_of_items) = shape.items {
                    for (i, item) in items.iter().enumerate() {
                        self.value(item, shape_of_items, &path.next(&i.to_string()), item.span);
                    }
                }
                if shape.unique {
                    self.unique(items, path);
                }
            }
            ValueKind::Mapping(entries) => {
                if let Some(object) = shape.object {
                    self.mapping(value, entries, object, path, key);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, value: &ModelValue, text: &str, shape: &Shape, path: &Path<'_>) {
        let at = path.text();
        if !shape.values.is_empty() && !shape.values.contains(&text) {
            let list: Vec<String> = shape.values.iter().map(|v| format!("'{v}'")).collect();
            let compose = format!("{at} value must be one of {}", list.join(", "));
            let list: Vec<String> = shape.values.iter().map(|v| format!("`{v}`")).collect();
            let message = format!("`{at}` must be one of {}; Compose refuses anything else.", list.join(", "));
            let slip = slips::near_value(value, text, shape.values, self.sources);
            self.fault(value, path, &compose, message, slip);
        }
        if let Some(pattern) = shape.pattern
            && !pattern.matches(text)
        {
            let compose = format!("{at} does not match pattern '{}'", pattern.text());
            let message = format!("`{at}` must match `{}`; Compose refuses this value.", pattern.text());
            self.fault(value, path, &compose, message, slips::Slip::default());
        }
    }

    fn number(&mut self, value: &ModelValue, n: f64, shape: &Shape, path: &Path<'_>) {
        let Some((low, high)) = shape.range else { return };
        let at = path.text();
        let words = if n < low as f64 {
            format!("must be greater than or equal to {low}")
        } else if n > high as f64 {
            format!("must be less than or equal to {high}")
        } else {
            return;
        };
        let message = format!("`{at}` {words}.");
        self.fault(value, path, &format!("{at} {words}"), message, slips::Slip::default());
    }

    fn unique(&mut self, items: &[ModelValue], path: &Path<'_>) {
        let mut seen: HashMap<String, usize> = HashMap::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            // The kind is part of the key: `80` and `"80"` differ.
            let kind = type_of(item);
            match seen.get(&format!("{kind} {}", item.print())) {
                None => {
                    seen.insert(format!("{kind} {}", item.print()), i);
                }
                Some(first) => {
                    let compose = format!("{} items at {first} and {i} are equal", path.text());
                    let mut finding = Log::error(
                        rule::SCHEMA,
                        item.span,
                        format!(
                            "`{}` holds this item twice; Compose stops with \"items at {first} and {i} are equal\".",
                            path.text()
                        ),
                    )
                    .here("again here")
                    .label(items[*first].span, "first here")
                    .help("Delete one of the two.");
                    if let Some(service) = service_of(path) {
                        finding = finding.service(service);
                    }
                    if item.is_unknown() {
                        finding.rule = rule::UNSET_VARIABLE;
                        finding.severity = Severity::Warning;
                    }
                    self.refuse(&compose, finding);
                }
            }
        }
    }

    fn mapping(
        &mut self,
        value: &ModelValue,
        entries: &[ModelEntry],
        object: &'static Object,
        path: &Path<'_>,
        key: Span,
    ) {
        for entry in entries {
            let shape = match object.keys.iter().find(|(name, _)| *name == entry.key) {
                Some((_, shape)) => shape,
                None if object.extensions && entry.key.starts_with("x-") => shapes::EXTENSION,
                None => match object.named {
                    Some((pattern, shape)) if pattern.matches(&entry.key) => shape,
                    _ if object.open => continue,
                    _ => {
                        self.unknown_key(entry, object, path);
                        continue;
                    }
                },
            };
            self.value(&entry.value, shape, &path.next(&entry.key), entry.key_span);
        }
        for required in object.required {
            if entries.iter().any(|e| e.key == *required) {
                continue;
            }
            let at = path.text();
            let compose = format!("{at} missing property '{required}'");
            let span = if value.span.is_empty() { key } else { value.span };
            let mut finding =
                Log::error(rule::SCHEMA, span, format!("`{at}` needs `{required}`; Compose stops with \"{compose}\"."))
                    .help(slips::missing(required, path));
            if let Some(service) = service_of(path) {
                finding = finding.service(service);
            }
            self.refuse(&compose, finding);
        }
    }

    fn unknown_key(&mut self, entry: &ModelEntry, object: &'static Object, path: &Path<'_>) {
        let at = path.text();
        let compose = format!("{at} additional properties '{}' not allowed", entry.key);
        if is_misplaced(path.parts().get(), &entry.key) {
            return self.log.refusals.push(format!("validating {}: {compose}", self.file.display()));
        }
        let place = if at.is_empty() { "at the top level".to_owned() } else { format!("in `{at}`") };
        let message = format!(
            "`{}` is no attribute {place}; Compose stops with \"additional properties '{}' not allowed\".",
            entry.key, entry.key
        );
        let slip = slips::unknown_key(entry, object, path, self.sources);
        let mut finding = Log::error(rule::SCHEMA, entry.key_span, slip.message.unwrap_or(message));
        finding.help = slip.help;
        finding.fixes.extend(slip.fix);
        if let Some(service) = service_of(path) {
            finding = finding.service(service);
        }
        self.refuse(&compose, finding);
    }
}

/// The service that a path leads into.
fn service_of(path: &Path<'_>) -> Option<String> {
    let parts = path.parts();
    match parts.get() {
        ["services", name, ..] => Some((*name).to_owned()),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::shapes::{EXTENSION, FILE, Object, Shape, types};
    use serde_json::{Map, Value as Json};

    /// The published schema: `$DOCKCHECK_SCHEMA`, or the copy beside the tests.
    fn published() -> Option<Json> {
        let path = std::env::var_os("DOCKCHECK_SCHEMA").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/schema/compose-spec.json"),
            std::path::PathBuf::from,
        );
        serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
    }

    fn mask(name: &str) -> u8 {
        match name {
            "null" => types::NULL,
            "boolean" => types::BOOL,
            "integer" => types::INT,
            "number" => types::NUMBER,
            "string" => types::STRING,
            "array" => types::LIST,
            "object" => types::MAPPING,
            _ => 0,
        }
    }

    /// The alternatives of a schema, references followed.
    fn alternatives<'j>(root: &'j Json, schema: &'j Json) -> Vec<&'j Map<String, Json>> {
        if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
            let name = reference.rsplit('/').next().unwrap();
            let defs = root.get("$defs").or_else(|| root.get("definitions")).unwrap();
            return alternatives(root, &defs[name]);
        }
        match schema.get("oneOf").and_then(Json::as_array) {
            Some(list) => list.iter().flat_map(|s| alternatives(root, s)).collect(),
            None => vec![schema.as_object().unwrap()],
        }
    }

    fn same(root: &Json, schema: &Json, shape: &'static Shape, path: &str, faults: &mut Vec<String>) {
        let all = alternatives(root, schema);
        let mut want = 0;
        for one in &all {
            want |= match one.get("type") {
                Some(Json::String(name)) => mask(name),
                Some(Json::Array(names)) => names.iter().map(|n| mask(n.as_str().unwrap())).fold(0, |a, b| a | b),
                _ => types::ANY,
            };
        }
        if want != shape.types {
            faults.push(format!("{path}: types {want:#b}, the table has {:#b}", shape.types));
        }
        let get = |key: &str| all.iter().find_map(|one| one.get(key));
        let values: Vec<&str> = get("enum")
            .and_then(Json::as_array)
            .map(|v| v.iter().filter_map(Json::as_str).collect())
            .unwrap_or_default();
        if values != shape.values {
            faults.push(format!("{path}: values {values:?}, the table has {:?}", shape.values));
        }
        if get("pattern").and_then(Json::as_str) != shape.pattern.map(|p| p.text()) {
            faults.push(format!("{path}: pattern"));
        }
        let range = get("minimum")
            .and_then(Json::as_i64)
            .map(|low| (low, get("maximum").and_then(Json::as_i64).unwrap_or(i64::MAX)));
        if range != shape.range {
            faults.push(format!("{path}: range {range:?}, the table has {:?}", shape.range));
        }
        let unique = all.iter().any(|one| one.get("uniqueItems").and_then(Json::as_bool) == Some(true));
        if unique != shape.unique {
            faults.push(format!("{path}: unique {unique}"));
        }
        match (get("items"), shape.items) {
            (Some(items), Some(shape)) => same(root, items, shape, &format!("{path}[]"), faults),
            (None, None) => {}
            _ => faults.push(format!("{path}: items")),
        }
        let object = all.iter().find(|one| {
            one.get("properties").is_some()
                || one
                    .get("type")
                    .is_some_and(|t| t == "object" || t.as_array().is_some_and(|a| a.contains(&"object".into())))
        });
        match (object, shape.object) {
            (Some(one), Some(object)) => same_object(root, one, object, path, faults),
            (None, None) => {}
            (Some(_), None) if std::ptr::eq(shape, EXTENSION) => {}
            _ => faults.push(format!("{path}: object")),
        }
    }

    fn same_object(
        root: &Json,
        one: &Map<String, Json>,
        object: &'static Object,
        path: &str,
        faults: &mut Vec<String>,
    ) {
        let empty = Map::new();
        let properties = one.get("properties").and_then(Json::as_object).unwrap_or(&empty);
        for (key, schema) in properties {
            match object.keys.iter().find(|(name, _)| name == key) {
                Some((_, shape)) => same(root, schema, shape, &format!("{path}.{key}"), faults),
                None => faults.push(format!("{path}.{key}: not in the table")),
            }
        }
        for (key, _) in object.keys {
            if !properties.contains_key(*key) {
                faults.push(format!("{path}.{key}: only in the table"));
            }
        }
        let patterns = one.get("patternProperties").and_then(Json::as_object).unwrap_or(&empty);
        assert!(patterns.len() <= 1 || object.named.is_some(), "{path}");
        if patterns.contains_key("^x-") != object.extensions {
            faults.push(format!("{path}: extensions"));
        }
        let named = patterns.iter().find(|(p, _)| *p != "^x-");
        match (named, object.named) {
            (Some((pattern, schema)), Some((own, shape))) => {
                if pattern.trim_start_matches('^').trim_end_matches('$')
                    != own.text().trim_start_matches('^').trim_end_matches('$')
                {
                    faults.push(format!("{path}: pattern {pattern}"));
                }
                same(root, schema, shape, &format!("{path}.*"), faults);
            }
            (None, None) => {}
            _ => faults.push(format!("{path}: named keys")),
        }
        let open = one.get("additionalProperties").and_then(Json::as_bool).unwrap_or(true);
        if open != object.open {
            faults.push(format!("{path}: open {open}"));
        }
        let required: Vec<&str> = one
            .get("required")
            .and_then(Json::as_array)
            .map(|r| r.iter().filter_map(Json::as_str).collect())
            .unwrap_or_default();
        if required != object.required {
            faults.push(format!("{path}: required {required:?}"));
        }
    }

    #[test]
    fn the_table_is_the_published_schema() {
        let Some(schema) = published() else { return };
        let mut faults = Vec::new();
        same(&schema, &schema, &FILE, "", &mut faults);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
