//! How a later file's values join an earlier one's, attribute by attribute, and which list items displace each other.

use std::collections::HashMap;

use super::model::{ModelEntry, ModelValue, ValueKind, Written};
use super::path::Path;
use super::volume;
use crate::text::Span;

/// What cannot be joined, in Compose's words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MergeFault {
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) other: Option<Span>,
    /// For a list item that has no valid form: its path, and whether it depended on an unset variable.
    pub(super) item: Option<(String, bool)>,
}

/// Joins `over` onto `base`.
pub(super) fn merge(base: ModelValue, over: ModelValue, path: &Path<'_>, faults: &mut Vec<MergeFault>) -> ModelValue {
    let parts = path.parts();
    match parts.get() {
        ["networks", _, "ipam", "config"] => return merge_ipam(base, over, path, faults),
        ["networks" | "volumes", _, "labels"]
        | ["services", _, "annotations" | "dns" | "dns_opt" | "dns_search" | "env_file" | "label_file"]
        | ["services", _, "environment" | "labels" | "sysctls" | "tmpfs"]
        | ["services", _, "build", "args" | "additional_contexts" | "labels"]
        | ["services", _, "deploy", "labels"] => return append(to_sequence(base), to_sequence(over)),
        ["services", _, "build"] => {
            let (base, over) = (lift(base, "context"), lift(over, "context"));
            return merge_mappings(base, over, path, faults);
        }
        ["services", _, "build", "extra_hosts"] | ["services", _, "extra_hosts"] => {
            return merge_hosts(base, over);
        }
        ["services", _, "command" | "entrypoint"] | ["services", _, "healthcheck", "test"] => {
            return displace(base, over);
        }
        ["services", _, "depends_on"] => {
            let (base, over) = (to_mapping(base, true), to_mapping(over, true));
            return merge_mappings(base, over, path, faults);
        }
        ["services", _, "models" | "networks"] => {
            let (base, over) = (to_mapping(base, false), to_mapping(over, false));
            return merge_mappings(base, over, path, faults);
        }
        ["services", _, "logging"] => {
            if over.is_null() {
                return base;
            }
            let same = match (base.get("driver"), over.get("driver")) {
                (Some(a), Some(b)) => a.kind == b.kind,
                _ => true,
            };
            return if same { merge_mappings(base, over, path, faults) } else { displace(base, over) };
        }
        ["services", _, "ulimits", _] => return displace(base, over),
        _ => {}
    }
    if over.is_null() {
        return base;
    }
    match (&base.kind, &over.kind) {
        (ValueKind::Mapping(_), ValueKind::Mapping(_)) => merge_mappings(base, over, path, faults),
        (ValueKind::Sequence(_), ValueKind::Sequence(_)) => append(base, over),
        (ValueKind::Mapping(_) | ValueKind::Sequence(_), _) => {
            faults.push(MergeFault {
                message: format!("cannot override {}", path.text()),
                span: over.span,
                other: Some(base.span),
                item: None,
            });
            base
        }
        _ => displace(base, over),
    }
}

/// `over` in the place of `base`, remembering it.
fn displace(mut base: ModelValue, mut over: ModelValue) -> ModelValue {
    if base.span != over.span {
        let mut displaced = std::mem::take(&mut base.displaced);
        note_place(&mut displaced, base.span);
        displaced.append(&mut over.displaced);
        over.displaced = displaced;
    }
    over
}

fn append(base: ModelValue, over: ModelValue) -> ModelValue {
    let (mut displaced, span, other) = (base.displaced, over.span, base.span);
    let ValueKind::Sequence(mut items) = base.kind else { return over };
    if let ValueKind::Sequence(more) = over.kind {
        items.extend(more);
    }
    if other != span {
        note_place(&mut displaced, other);
    }
    ModelValue { kind: ValueKind::Sequence(items), span, displaced, written: None }
}

/// More keys than this are looked up in a hash table.
const SMALL_MAPPING: usize = 12;

pub(super) fn merge_mappings(
    base: ModelValue,
    over: ModelValue,
    path: &Path<'_>,
    faults: &mut Vec<MergeFault>,
) -> ModelValue {
    let (base_span, over_span) = (base.span, over.span);
    let mut displaced = base.displaced;
    let (ValueKind::Mapping(mut entries), over_kind) = (base.kind, over.kind) else {
        return ModelValue { kind: ValueKind::Null, span: over_span, displaced, written: None };
    };
    let ValueKind::Mapping(more) = over_kind else {
        return ModelValue { kind: ValueKind::Mapping(entries), span: base_span, displaced, written: None };
    };
    let index: Option<HashMap<String, usize>> = (entries.len().max(more.len()) > SMALL_MAPPING)
        .then(|| entries.iter().enumerate().map(|(i, e)| (e.key.clone(), i)).collect());
    for entry in more {
        let at = match &index {
            Some(index) => index.get(&entry.key).copied(),
            None => entries.iter().position(|e| e.key == entry.key),
        };
        match at.and_then(|at| entries.get_mut(at)) {
            None => entries.push(entry),
            Some(old) => {
                let base = std::mem::replace(&mut old.value, ModelValue::new(ValueKind::Null, entry.value.span));
                let was_null = entry.value.is_null();
                let next = path.next(&old.key);
                let merged = merge(base, entry.value, &next, faults);
                old.value = merged;
                if !was_null {
                    old.key_span = entry.key_span;
                }
            }
        }
    }
    if base_span != over_span {
        note_place(&mut displaced, base_span);
    }
    ModelValue { kind: ValueKind::Mapping(entries), span: over_span, displaced, written: None }
}

/// A string as the mapping of one key.
fn lift(value: ModelValue, key: &str) -> ModelValue {
    match value.kind {
        ValueKind::String(_) => {
            let span = value.span;
            let entry = ModelEntry { key: key.to_owned(), key_span: span, value };
            ModelValue::new(ValueKind::Mapping(vec![entry]), span)
        }
        ValueKind::Mapping(_) => value,
        _ => ModelValue::mapping(value.span),
    }
}

/// A list of names as a mapping.
pub(super) fn to_mapping(value: ModelValue, dependency: bool) -> ModelValue {
    match value.kind {
        ValueKind::Mapping(_) => value,
        ValueKind::Sequence(items) => {
            let mut entries: Vec<ModelEntry> = Vec::with_capacity(items.len());
            for item in items {
                let span = item.span;
                let ValueKind::String(key) = &item.kind else { continue };
                let key = key.clone();
                let mut value =
                    if dependency { dependency_defaults(span) } else { ModelValue::new(ValueKind::Null, span) };
                value.written = item.written;
                match entries.iter_mut().find(|e| e.key == key) {
                    Some(old) => *old = ModelEntry { key, key_span: span, value },
                    None => entries.push(ModelEntry { key, key_span: span, value }),
                }
            }
            ModelValue {
                kind: ValueKind::Mapping(entries),
                span: value.span,
                displaced: value.displaced,
                written: None,
            }
        }
        _ => ModelValue { kind: ValueKind::Mapping(Vec::new()), ..value },
    }
}

pub(super) fn dependency_defaults(span: Span) -> ModelValue {
    let mut value = ModelValue::mapping(span);
    value.set("condition", ModelValue::string("service_started", span));
    value.set("required", ModelValue::new(ValueKind::Bool(true), span));
    value
}

/// A mapping as sorted `KEY=value` items, a string as a list of itself; a null is an empty list.
fn to_sequence(value: ModelValue) -> ModelValue {
    let (span, displaced) = (value.span, value.displaced.clone());
    let items = match value.kind {
        ValueKind::Sequence(items) => items,
        ValueKind::String(_) => vec![ModelValue { displaced: Vec::new(), ..value }],
        ValueKind::Mapping(entries) => {
            let mut items = Vec::with_capacity(entries.len());
            for entry in entries {
                match entry.value.kind {
                    ValueKind::Sequence(values) => {
                        let (key, key_span) = (entry.key, entry.key_span);
                        items.extend(values.into_iter().map(|v| key_value(&key, key_span, v)));
                    }
                    _ => items.push(key_value(&entry.key, entry.key_span, entry.value)),
                }
            }
            items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            items
        }
        _ => Vec::new(),
    };
    ModelValue { kind: ValueKind::Sequence(items), span, displaced, written: None }
}

/// An entry as `KEY=value`, or `KEY` alone for a null.
fn key_value(key: &str, key_span: Span, value: ModelValue) -> ModelValue {
    let span = key_span.cover(value.span);
    let (text, raw) = if value.is_null() {
        (key.to_owned(), key.to_owned())
    } else {
        let print = value.print();
        let raw = value.written.as_ref().map_or(print.as_str(), |w| w.raw.as_str());
        (format!("{key}={print}"), format!("{key}={raw}"))
    };
    let (variables, unset) = value.written.map_or_else(Default::default, |w| (w.variables, w.unset));
    let parts = Some((key_span, value.span));
    ModelValue {
        kind: ValueKind::String(text),
        span,
        displaced: value.displaced,
        written: Some(Box::new(Written { raw, variables, unset, parts })),
    }
}

/// Appends without exact duplicates.
fn merge_hosts(base: ModelValue, over: ModelValue) -> ModelValue {
    let (base, mut over) = (to_sequence(base), to_sequence(over));
    if let ValueKind::Sequence(items) = &mut over.kind {
        items.retain(|item| !base.items().iter().any(|b| b.kind == item.kind));
    }
    append(base, over)
}

/// Address pools are one per subnet.
fn merge_ipam(base: ModelValue, over: ModelValue, path: &Path<'_>, faults: &mut Vec<MergeFault>) -> ModelValue {
    let (span, mut displaced) = (over.span, base.displaced.clone());
    note_place(&mut displaced, base.span);
    let subnet = |v: &ModelValue| v.get("subnet").map(|s| s.kind.clone());
    let mut pools: Vec<ModelValue> = Vec::new();
    for original in base.items() {
        let mut right = to_mapping(original.clone(), false);
        for item in over.items() {
            let left = to_mapping(item.clone(), false);
            if subnet(&left) != subnet(&right) && !pools.iter().any(|p| subnet(p) == subnet(&left)) {
                pools.push(left);
                continue;
            }
            right = merge_mappings(right, left, path, faults);
            match pools.iter_mut().find(|p| subnet(p) == subnet(&right)) {
                Some(pool) => *pool = right.clone(),
                None => pools.push(right.clone()),
            }
        }
    }
    ModelValue { kind: ValueKind::Sequence(pools), span, displaced, written: None }
}

/// Drops the earlier of two list items that mean the same thing, keeping its place.
pub(super) fn enforce_unicity(value: &mut ModelValue, path: &Path<'_>, faults: &mut Vec<MergeFault>) {
    match &mut value.kind {
        ValueKind::Mapping(entries) => {
            for ModelEntry { key, value, .. } in entries {
                if matches!(value.kind, ValueKind::Mapping(_) | ValueKind::Sequence(_)) {
                    enforce_unicity(value, &path.next(key), faults);
                }
            }
        }
        ValueKind::Sequence(items) => {
            let parts = path.parts();
            let index: fn(&ModelValue) -> Result<String, String> = match parts.get() {
                ["networks", _, "labels"]
                | ["networks", _, "ipam", "options"]
                | ["services", _, "annotations" | "cap_add" | "cap_drop" | "dns" | "dns_opt" | "dns_search"]
                | ["services", _, "environment" | "labels" | "links" | "profiles" | "sysctls" | "tmpfs"]
                | ["services", _, "build", "args" | "additional_contexts" | "platform" | "tags" | "labels"]
                | ["services", _, "deploy", "labels"]
                | ["services", _, "networks", _, "aliases" | "link_local_ips"] => key_of,
                ["services", _, "devices"] => device_of,
                ["services", _, "configs"] => config_of,
                ["services", _, "secrets"] => secret_of,
                ["services", _, "env_file"] => env_file_of,
                ["services", _, "expose"] => expose_of,
                ["services", _, "ports"] => port_of,
                ["services", _, "volumes"] => volume_of,
                _ => return,
            };
            let mut places: HashMap<String, usize> = HashMap::with_capacity(items.len());
            let mut unique: Vec<ModelValue> = Vec::with_capacity(items.len());
            for item in std::mem::take(items) {
                let key = match index(&item) {
                    Ok(key) => key,
                    Err(message) => {
                        let message = message.replace("{path}", &path.text());
                        let of = Some((path.text(), item.is_unknown()));
                        faults.push(MergeFault { message, span: item.span, other: None, item: of });
                        unique.push(item);
                        continue;
                    }
                };
                match places.get(&key).and_then(|at| unique.get_mut(*at)) {
                    Some(old) => {
                        let earlier = std::mem::replace(old, ModelValue::new(ValueKind::Null, item.span));
                        *old = displace(earlier, item);
                    }
                    None => {
                        places.insert(key, unique.len());
                        unique.push(item);
                    }
                }
            }
            *items = unique;
        }
        _ => {}
    }
}

fn key_of(value: &ModelValue) -> Result<String, String> {
    match value.as_str() {
        Some(text) => Ok(text.split('=').next().unwrap_or(text).to_owned()),
        None => Err("{path}: unexpected type".into()),
    }
}

fn device_of(value: &ModelValue) -> Result<String, String> {
    match &value.kind {
        ValueKind::Mapping(_) => match value.get("target").and_then(ModelValue::as_str) {
            Some(target) => Ok(target.to_owned()),
            None => Err("service device {path} is missing a mount target".into()),
        },
        ValueKind::String(text) => Ok(text.split(':').nth(1).unwrap_or(text).to_owned()),
        _ => Ok(String::new()),
    }
}

fn volume_of(value: &ModelValue) -> Result<String, String> {
    match &value.kind {
        ValueKind::Mapping(_) => match value.get("target").and_then(ModelValue::as_str) {
            Some(target) => Ok(target.to_owned()),
            None => Err("service volume {path} is missing a mount target".into()),
        },
        ValueKind::String(text) => volume::parse(text).map(|v| v.target),
        _ => Ok(String::new()),
    }
}

fn mount_of(value: &ModelValue, folder: &str) -> Result<String, String> {
    match &value.kind {
        ValueKind::String(text) => Ok(format!("{folder}/{text}")),
        ValueKind::Mapping(_) => Ok(match value.get("target") {
            Some(target) => target.print(),
            None => format!("{folder}/{}", value.get("source").map(ModelValue::print).unwrap_or_default()),
        }),
        _ => Err("{path}: unsupported expose value".into()),
    }
}

fn config_of(value: &ModelValue) -> Result<String, String> {
    mount_of(value, "")
}

fn secret_of(value: &ModelValue) -> Result<String, String> {
    mount_of(value, "/run/secrets")
}

fn env_file_of(value: &ModelValue) -> Result<String, String> {
    match &value.kind {
        ValueKind::String(text) => Ok(text.clone()),
        ValueKind::Mapping(_) => match value.get("path") {
            Some(path) => Ok(path.print()),
            None => Err("environment path attribute {path} is missing".into()),
        },
        _ => Ok(String::new()),
    }
}

fn expose_of(value: &ModelValue) -> Result<String, String> {
    match &value.kind {
        ValueKind::String(text) => Ok(text.clone()),
        ValueKind::Int(n) => Ok(n.to_string()),
        _ => Err("{path}: unsupported expose value".into()),
    }
}

fn port_of(value: &ModelValue) -> Result<String, String> {
    match &value.kind {
        ValueKind::Int(n) => Ok(n.to_string()),
        ValueKind::String(text) => Ok(text.clone()),
        ValueKind::Mapping(_) => {
            let Some(target) = value.get("target") else {
                return Err("service ports {path} is missing a target port".into());
            };
            // A number and a text do not compare equal here, as they do not in Compose.
            let print = |key: &str, default: &str| match value.get(key) {
                None => default.to_owned(),
                Some(ModelValue { kind: ValueKind::Int(n), .. }) => format!("int={n}"),
                Some(v) => v.print(),
            };
            let (host, published) = (print("host_ip", "0.0.0.0"), print("published", "<nil>"));
            Ok(format!("{host}:{published}:{}/{}", target.print(), print("protocol", "tcp")))
        }
        _ => Ok(String::new()),
    }
}
/// Notes a place whose value another one took. Of a chain of thousands of services the nearest are enough: the list would be
/// as long as the chain in each of them.
fn note_place(displaced: &mut Vec<Span>, span: Span) {
    const MOST: usize = 100;
    displaced.push(span);
    let beyond = displaced.len().saturating_sub(MOST);
    displaced.drain(..beyond);
}
