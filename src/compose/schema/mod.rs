//! Checks a merged model against the shapes that Compose's schema allows, and reports all faults at once.

mod shapes;
mod slips;

use std::collections::HashMap;
use std::path::Path as FsPath;

use super::fault::{Bound, Fault, FaultKind, Got, SchemaFault, UnsetFault, ValueType};
use super::log::Log;
use super::misplaced::is_misplaced;
use super::model::{ModelEntry, ModelValue, ValueKind};
use super::path::{Path, ROOT};
use crate::diagnostic::Severity;
use crate::text::{Sources, Span};
use shapes::{FILE, Object, Shape, types};
use slips::SlipPlace;

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

/// The types of a mask, the one that people mean first.
fn wanted(mask: u8) -> Vec<ValueType> {
    let all = [
        (types::MAPPING, ValueType::Mapping),
        (types::LIST, ValueType::List),
        (types::STRING, ValueType::Text),
        (types::NUMBER, ValueType::Number),
        (types::INT, ValueType::Whole),
        (types::BOOL, ValueType::Flag),
        (types::NULL, ValueType::Null),
    ];
    all.into_iter().filter(|(bit, _)| mask & bit != 0).map(|(_, ty)| ty).collect()
}

/// The names of types in the JSON schema, with "or" before the last one.
fn json_names(types: &[ValueType]) -> String {
    let names: Vec<&str> = types.iter().map(|ty| ty.json()).collect();
    match names.as_slice() {
        [] => "nothing".into(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn got(value: &ModelValue) -> Got {
    match &value.kind {
        ValueKind::Null => Got::Nothing,
        ValueKind::Bool(flag) => Got::Flag(*flag),
        ValueKind::Int(_) | ValueKind::Float(_) => Got::Number,
        ValueKind::String(_) => Got::Text,
        ValueKind::Timestamp(_) => Got::Date,
        ValueKind::Sequence(_) => Got::List,
        ValueKind::Mapping(_) => Got::Mapping,
    }
}

impl Check<'_> {
    /// A fault of the schema on the way into a service.
    fn refuse(&mut self, compose: &str, path: &Path<'_>, mut fault: Fault) {
        fault.services.extend(service_of(path));
        self.log.refuse(format!("validating {}: {compose}", self.file.display()), fault);
    }

    /// A fault at a value. One that only an unset variable causes is no more than a warning, without a fix.
    fn fault(&mut self, value: &ModelValue, path: &Path<'_>, compose: &str, kind: SchemaFault, place: SlipPlace) {
        let mut fault = Fault::error(FaultKind::Schema(kind), place.span.unwrap_or(value.span));
        fault.displaced = value.displaced.last().copied();
        fault.edits = place.edits;
        if value.is_unknown() {
            fault = unset(fault);
            fault.edits.clear();
        }
        self.refuse(compose, path, fault);
    }

    /// `key` is the place of the value's key, for values that are empty.
    fn value(&mut self, value: &ModelValue, shape: &'static Shape, path: &Path<'_>, key: Span) {
        if shape.types == types::ANY {
            return;
        }
        let is = type_of(value);
        if is & shape.types == 0 {
            let at = path.text();
            let wanted = wanted(shape.types);
            let compose = format!("{at} must be a {}", json_names(&wanted));
            let (slip, place) = slips::wrong_type(value, shape, path, key, self.sources);
            let kind = SchemaFault::Type { path: at, wanted, got: got(value), slip };
            self.fault(value, path, &compose, kind, place);
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
            let (near, place) = slips::near_value(value, text, shape.values, self.sources);
            let kind = SchemaFault::Value { path: at.clone(), allowed: shape.values, near };
            self.fault(value, path, &compose, kind, place);
        }
        if let Some(pattern) = shape.pattern
            && !pattern.matches(text)
        {
            let compose = format!("{at} does not match pattern '{}'", pattern.text());
            let kind = SchemaFault::Pattern { path: at, pattern: pattern.text() };
            self.fault(value, path, &compose, kind, SlipPlace::default());
        }
    }

    fn number(&mut self, value: &ModelValue, n: f64, shape: &Shape, path: &Path<'_>) {
        let Some((low, high)) = shape.range else { return };
        let at = path.text();
        let (bound, words) = if n < low as f64 {
            (Bound::Least(low), format!("must be greater than or equal to {low}"))
        } else if n > high as f64 {
            (Bound::Most(high), format!("must be less than or equal to {high}"))
        } else {
            return;
        };
        let compose = format!("{at} {words}");
        self.fault(value, path, &compose, SchemaFault::Range { path: at, bound }, SlipPlace::default());
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
                    let place = items[*first].span;
                    let kind = SchemaFault::Twice { path: path.text(), first: *first, second: i, place };
                    let mut fault = Fault::error(FaultKind::Schema(kind), item.span);
                    if item.is_unknown() {
                        fault = unset(fault);
                    }
                    self.refuse(&compose, path, fault);
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
            let steps = path.parts().get().iter().map(|step| (*step).to_owned()).collect();
            let kind = SchemaFault::Missing { path: at, steps, required };
            self.refuse(&compose, path, Fault::error(FaultKind::Schema(kind), span));
        }
    }

    fn unknown_key(&mut self, entry: &ModelEntry, object: &'static Object, path: &Path<'_>) {
        let at = path.text();
        let compose = format!("{at} additional properties '{}' not allowed", entry.key);
        if is_misplaced(path.parts().get(), &entry.key) {
            return self.log.refusals.push(format!("validating {}: {compose}", self.file.display()));
        }
        let (hint, edit) = slips::unknown_key(entry, object, path, self.sources);
        let kind = SchemaFault::UnknownKey { path: at, key: entry.key.clone(), hint };
        let mut fault = Fault::error(FaultKind::Schema(kind), entry.key_span);
        fault.edits.extend(edit);
        self.refuse(&compose, path, fault);
    }
}

/// Turns a fault of the schema into one of a variable that is not set.
fn unset(mut fault: Fault) -> Fault {
    fault.severity = Severity::Warning;
    fault.kind = match fault.kind {
        FaultKind::Schema(kind) => FaultKind::Unset(UnsetFault::Schema(Box::new(kind))),
        kind => kind,
    };
    fault
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
