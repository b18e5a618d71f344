//! Converts and prints values as Compose does.

use serde_json::{Map, Number, Value as Json};

use super::attributes::SchemaField;
use super::attributes::Type::{self, *};
use crate::compose::cast::{self, Caster};
use crate::compose::model::{ModelEntry, ModelValue, ValueKind};
use crate::compose::units;
use crate::compose::words;
use crate::text::Span;

/// A value that does not convert; the words are Compose's.
#[derive(Clone, Debug)]
pub(in crate::compose) struct TypeFault {
    pub(in crate::compose) path: String,
    pub(in crate::compose) message: String,
    pub(in crate::compose) span: Span,
    pub(in crate::compose) unknown: bool,
    /// True if the message may quote the value of a variable.
    pub(in crate::compose) interpolated: bool,
}

/// Converts values and collects what does not convert.
#[derive(Default)]
pub(in crate::compose) struct Printer {
    pub(in crate::compose) faults: Vec<TypeFault>,
    /// Compose's own printing fails on this: it is refused though nothing is wrong with it.
    pub(in crate::compose) unprintable: Vec<String>,
}

impl Printer {
    fn fault(&mut self, value: &ModelValue, path: &str, message: String) -> Option<Json> {
        self.faults.push(TypeFault {
            path: path.to_owned(),
            message,
            span: value.span,
            unknown: value.is_unknown(),
            interpolated: value.written.as_ref().is_some_and(|w| !w.variables.is_empty()),
        });
        None
    }

    fn wrong(&mut self, value: &ModelValue, path: &str, wanted: &str) -> Option<Json> {
        let got = match value.kind {
            ValueKind::Null => "nil",
            ValueKind::Bool(_) => "bool",
            ValueKind::Int(_) => "int",
            ValueKind::Float(_) => "float64",
            ValueKind::String(_) => "string",
            ValueKind::Timestamp(_) => "time.Time",
            ValueKind::Sequence(_) => "[]interface {}",
            ValueKind::Mapping(_) => "map[string]interface {}",
        };
        self.fault(value, path, format!("'{path}' expected type '{wanted}', got unconvertible type '{got}'"))
    }

    /// A struct's mapping with its attributes; blank ones are left out.
    pub(in crate::compose) fn fields(
        &mut self,
        value: &ModelValue,
        fields: &[SchemaField],
        path: &str,
    ) -> Map<String, Json> {
        let mut out = Map::new();
        for (name, ty) in fields {
            let at = value.get(name);
            if let Some(json) = self.value(at, *ty, || format!("{path}.{name}")) {
                out.insert((*name).to_owned(), json);
            }
        }
        out
    }

    /// Returns the printed value, or `None` where it is left out.
    fn value(&mut self, value: Option<&ModelValue>, ty: Type, path: impl Fn() -> String) -> Option<Json> {
        let Some(value) = value.filter(|v| !v.is_null()) else { return self.missing(ty, path) };
        let path = path();
        match ty {
            Text | Flag | OptionalFlag | Whole | OptionalWhole | Unsigned | OptionalUnsigned | Float | Cpus => {
                self.scalar(value, ty, &path)
            }
            Bytes | Duration | OptionalDuration | DeviceCount | FileMode => self.quantity(value, ty, &path),
            Command | HealthTest | Texts | Printed | List => self.list(value, ty, &path),
            Variables => self.variables(value, &path),
            Mapping => self.mapping(value, &path),
            Labels => self.labels(value, &path),
            Options | MultiOptions | TextMapping => self.options(value, ty, &path),
            Hosts => self.hosts(value, &path),
            Ssh => self.ssh(value),
            Ulimits => self.ulimits(value, &path),
            Throttles => self.throttles(value, &path),
            Struct(fields) | OptionalStruct(fields) => {
                if !value.is_mapping() {
                    return self.fault(value, &path, format!("'{path}' expected a map"));
                }
                Some(Json::Object(self.fields(value, fields, &path)))
            }
            Structs(fields) => self.structs(value, fields, &path),
            Named(fields) => self.named(value, fields, true, &path),
            NamedStructs(fields) => self.named(value, fields, false, &path),
        }
    }

    /// Returns what is printed for an attribute that is not there.
    fn missing(&mut self, ty: Type, path: impl Fn() -> String) -> Option<Json> {
        match ty {
            Command => Some(Json::Null),
            Struct(fields) => {
                let mut out = Map::new();
                for (name, ty) in fields {
                    if let Some(json) = self.value(None, *ty, &path as &dyn Fn() -> String) {
                        out.insert((*name).to_owned(), json);
                    }
                }
                Some(Json::Object(out))
            }
            _ => None,
        }
    }

    // ---- scalars ----

    fn scalar(&mut self, value: &ModelValue, ty: Type, path: &str) -> Option<Json> {
        match ty {
            Text => self.text(value, path).filter(|t| !t.is_empty()).map(Json::String),
            Flag => self.flag(value, path).filter(|b| *b).map(Json::Bool),
            OptionalFlag => self.flag(value, path).map(Json::Bool),
            Whole => self.whole(value, path).filter(|n| *n != 0).map(Json::from),
            OptionalWhole => self.whole(value, path).map(Json::from),
            Unsigned => self.unsigned(value, path).filter(|n| *n != 0).map(Json::from),
            OptionalUnsigned => self.unsigned(value, path).map(Json::from),
            _ => self.float(value, path).filter(|f| *f != 0.0).map(|f| number(f64::from(f))),
        }
    }

    /// Sizes, durations and the numbers that have a notation of their own.
    fn quantity(&mut self, value: &ModelValue, ty: Type, path: &str) -> Option<Json> {
        match (ty, &value.kind) {
            (Bytes, ValueKind::Int(n)) => (*n != 0).then(|| Json::String(n.to_string())),
            (Bytes, ValueKind::String(text)) => match units::bytes(text) {
                Ok(0) => None,
                Ok(n) => Some(Json::String(n.to_string())),
                Err(message) => self.fault(value, path, message),
            },
            // Anything else is silently nothing.
            (Bytes, _) => None,
            (DeviceCount, ValueKind::Int(n)) => (*n != 0).then(|| Json::from(*n)),
            (DeviceCount, ValueKind::String(text)) if text.eq_ignore_ascii_case("all") => Some(Json::from(-1)),
            (DeviceCount, ValueKind::String(text)) => match text.parse::<i64>() {
                Ok(0) => None,
                Ok(n) => Some(Json::from(n)),
                Err(_) => {
                    let message = format!("invalid value {text:?}, the only value allowed is 'all' or a number");
                    self.fault(value, path, message)
                }
            },
            (DeviceCount, _) => self.fault(value, path, "invalid type for device count".into()),
            (FileMode, ValueKind::Int(n)) => Some(Json::String(format!("0{n:o}"))),
            (FileMode, ValueKind::String(text)) => match i64::from_str_radix(text, 8) {
                Ok(n) => Some(Json::String(format!("0{n:o}"))),
                Err(_) => self.fault(value, path, format!("strconv.ParseInt: parsing {text:?}: invalid syntax")),
            },
            (FileMode, _) => self.fault(value, path, "unexpected value type for mode".into()),
            _ => match units::duration(&value.print()) {
                Ok(0) if matches!(ty, Duration) => None,
                Ok(nanos) => Some(Json::String(units::print_duration(nanos))),
                Err(message) => self.fault(value, path, message),
            },
        }
    }

    fn unsigned(&mut self, value: &ModelValue, path: &str) -> Option<i64> {
        if matches!(value.kind, ValueKind::String(_)) {
            self.wrong(value, path, "uint64");
            return None;
        }
        let n = self.whole(value, path)?;
        if n < 0 {
            self.fault(value, path, format!("cannot parse '{path}', {n} overflows uint"));
            return None;
        }
        Some(n)
    }

    fn text(&mut self, value: &ModelValue, path: &str) -> Option<String> {
        match &value.kind {
            ValueKind::String(text) => Some(text.clone()),
            ValueKind::Int(n) => Some(n.to_string()),
            _ => {
                self.wrong(value, path, "string");
                None
            }
        }
    }

    fn text_items(&mut self, value: &ModelValue, path: &str) -> Vec<Json> {
        value
            .items()
            .iter()
            .filter_map(|item| if item.is_null() { Some(String::new()) } else { self.text(item, path) })
            .map(Json::String)
            .collect()
    }

    fn flag(&mut self, value: &ModelValue, path: &str) -> Option<bool> {
        match &value.kind {
            ValueKind::Bool(b) => Some(*b),
            ValueKind::String(text) => match cast::apply(Caster::Bool, text) {
                Ok(ValueKind::Bool(b)) => Some(b),
                _ => {
                    self.fault(value, path, format!("invalid boolean: {text}"));
                    None
                }
            },
            _ => {
                self.wrong(value, path, "bool");
                None
            }
        }
    }

    fn whole(&mut self, value: &ModelValue, path: &str) -> Option<i64> {
        match &value.kind {
            ValueKind::Int(n) => Some(*n),
            ValueKind::Float(f) => Some(*f as i64),
            ValueKind::String(text) => match cast::apply(Caster::Int, text) {
                Ok(ValueKind::Int(n)) => Some(n),
                _ => {
                    self.fault(value, path, format!("strconv.ParseInt: parsing {text:?}: invalid syntax"));
                    None
                }
            },
            _ => {
                self.wrong(value, path, "int64");
                None
            }
        }
    }

    fn float(&mut self, value: &ModelValue, path: &str) -> Option<f32> {
        match &value.kind {
            ValueKind::Int(n) => Some(*n as f32),
            ValueKind::Float(f) => Some(*f as f32),
            ValueKind::String(text) => match text.parse::<f64>() {
                Ok(f) => Some(f as f32),
                Err(_) => {
                    self.fault(value, path, format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"));
                    None
                }
            },
            _ => {
                self.wrong(value, path, "float32");
                None
            }
        }
    }

    // ---- lists ----

    fn list(&mut self, value: &ModelValue, ty: Type, path: &str) -> Option<Json> {
        match (ty, &value.kind) {
            (Command, ValueKind::String(line)) => match words::split(line) {
                Ok(words) => Some(words.into()),
                Err(message) => self.fault(value, path, message.to_owned()),
            },
            (Command, ValueKind::Sequence(_)) => Some(Json::Array(self.text_items(value, path))),
            (Command, _) => Some(Json::Null),
            (HealthTest, ValueKind::String(line)) => Some(Json::from(vec!["CMD-SHELL".to_owned(), line.clone()])),
            (HealthTest, ValueKind::Sequence(items)) if items.is_empty() => None,
            (HealthTest, ValueKind::Sequence(_)) => Some(Json::Array(self.text_items(value, path))),
            (HealthTest, _) => self.wrong(value, path, "healthcheck.test"),
            (Texts | Printed, ValueKind::String(text)) => Some(Json::from(vec![text.clone()])),
            (Texts, ValueKind::Sequence(items)) => {
                if let Some(item) = items.iter().find(|i| i.as_str().is_none()) {
                    return self.fault(item, path, "invalid type for string list".into());
                }
                let items: Vec<_> = items.iter().filter_map(ModelValue::as_str).collect();
                (!items.is_empty()).then(|| Json::from(items))
            }
            (Printed, ValueKind::Sequence(items)) if items.is_empty() => None,
            (Printed, ValueKind::Sequence(items)) => {
                Some(Json::from(items.iter().map(ModelValue::print).collect::<Vec<_>>()))
            }
            (Texts | Printed, _) => self.fault(value, path, "invalid type for string list".into()),
            (_, ValueKind::Sequence(_)) => {
                let items = self.text_items(value, path);
                (!items.is_empty()).then_some(Json::Array(items))
            }
            _ => self.fault(value, path, format!("'{path}': source data must be an array or slice")),
        }
    }

    fn ssh(&mut self, value: &ModelValue) -> Option<Json> {
        let mut keys: Vec<Json> = Vec::new();
        for ModelEntry { key, value, .. } in value.entries() {
            let socket = if value.is_null() { String::new() } else { value.print() };
            if !socket.is_empty() {
                self.unprintable.push(
                    "json: error calling MarshalJSON for type types.SSHKey: invalid character ':' after top-level value"
                        .into(),
                );
            }
            keys.push(Json::String(key.clone()));
        }
        (!keys.is_empty()).then_some(Json::Array(keys))
    }

    // ---- structs ----

    fn structs(&mut self, value: &ModelValue, fields: &[SchemaField], path: &str) -> Option<Json> {
        if !value.is_sequence() {
            return self.fault(value, path, format!("'{path}': source data must be an array or slice"));
        }
        let mut out = Vec::new();
        for (i, item) in value.items().iter().enumerate() {
            let path = format!("{path}[{i}]");
            if item.is_null() {
                out.push(Json::Object(Map::new()));
            } else if item.is_mapping() {
                out.push(Json::Object(self.fields(item, fields, &path)));
            } else {
                self.fault(item, &path, format!("'{path}' expected a map"));
            }
        }
        (!out.is_empty()).then_some(Json::Array(out))
    }

    /// A mapping from names to structs. With `keeps_null`, null stays null and names that begin with `x-` are extensions.
    fn named(&mut self, value: &ModelValue, fields: &[SchemaField], keeps_null: bool, path: &str) -> Option<Json> {
        if !value.is_mapping() {
            return self.fault(value, path, format!("'{path}' expected a map"));
        }
        let mut out = Map::new();
        for ModelEntry { key, value, .. } in value.entries() {
            if key.starts_with("x-") && keeps_null {
                out.insert("#extensions".into(), Json::Object(Map::new()));
                continue;
            }
            let path = format!("{path}[{key}]");
            let json = match &value.kind {
                ValueKind::Mapping(_) => Json::Object(self.fields(value, fields, &path)),
                ValueKind::Null if keeps_null => Json::Null,
                ValueKind::Null => Json::Object(Map::new()),
                _ => {
                    self.fault(value, &path, format!("'{path}' expected a map"));
                    Json::Null
                }
            };
            out.insert(key.clone(), json);
        }
        nonempty(out)
    }

    fn throttles(&mut self, value: &ModelValue, path: &str) -> Option<Json> {
        if !value.is_sequence() {
            return self.fault(value, path, format!("'{path}': source data must be an array or slice"));
        }
        let mut out = Vec::new();
        for item in value.items() {
            let mut entry = Map::new();
            entry.insert("Path".into(), Json::String(item.get("path").map(ModelValue::print).unwrap_or_default()));
            if let Some(weight) = item.get("weight") {
                entry.insert("Weight".into(), Json::from(weight.print().parse::<i64>().unwrap_or(0)));
            } else {
                let rate = item.get("rate").map(ModelValue::print).unwrap_or_else(|| "0".into());
                entry.insert("Rate".into(), Json::String(units::bytes(&rate).unwrap_or(0).to_string()));
            }
            out.push(Json::Object(entry));
        }
        (!out.is_empty()).then_some(Json::Array(out))
    }

    // ---- mappings ----

    fn options(&mut self, value: &ModelValue, ty: Type, path: &str) -> Option<Json> {
        if !value.is_mapping() {
            return match ty {
                TextMapping => self.wrong(value, path, "map[string]string"),
                _ => self.fault(value, path, "invalid type for options".into()),
            };
        }
        let mut out = Map::new();
        match ty {
            TextMapping => {
                for ModelEntry { key, value, .. } in value.entries() {
                    let text = if value.is_null() { String::new() } else { self.text(value, path).unwrap_or_default() };
                    out.insert(key.clone(), Json::String(text));
                }
            }
            MultiOptions => {
                for ModelEntry { key, value, .. } in own(value) {
                    let list: Vec<String> = match &value.kind {
                        ValueKind::Sequence(items) => items.iter().map(ModelValue::print).collect(),
                        _ => vec![value.print()],
                    };
                    if !list.is_empty() {
                        out.insert(key.clone(), list.into());
                    }
                }
            }
            _ => {
                out.extend(own(value).map(|e| (e.key.clone(), Json::String(blank_null(&e.value)))));
                extensions(value, &mut out);
            }
        }
        nonempty(out)
    }

    fn variables(&mut self, value: &ModelValue, path: &str) -> Option<Json> {
        let mut out = Map::new();
        match &value.kind {
            ValueKind::Mapping(_) => {
                for ModelEntry { key, value, .. } in own(value) {
                    out.insert(key.clone(), if value.is_null() { Json::Null } else { Json::String(value.print()) });
                }
                extensions(value, &mut out);
            }
            ValueKind::Sequence(items) => {
                for item in items {
                    let text = item.print();
                    let (key, value) = match text.split_once('=') {
                        Some((key, value)) => (key, Json::String(value.to_owned())),
                        None => (text.as_str(), Json::Null),
                    };
                    if key.ends_with(char::is_whitespace) {
                        let message = format!("environment variable {key} is declared with a trailing space");
                        self.fault(item, path, message);
                    }
                    out.insert(key.to_owned(), value);
                }
            }
            _ => return self.fault(value, path, "unexpected value type for mapping".into()),
        }
        nonempty(out)
    }

    fn mapping(&mut self, value: &ModelValue, path: &str) -> Option<Json> {
        let mut out = Map::new();
        match &value.kind {
            ValueKind::Mapping(_) => {
                out.extend(own(value).map(|e| (e.key.clone(), Json::String(blank_null(&e.value)))));
                extensions(value, &mut out);
            }
            ValueKind::Sequence(items) => out.extend(items.iter().map(split_item)),
            _ => return self.fault(value, path, "unexpected value type for mapping".into()),
        }
        nonempty(out)
    }

    fn labels(&mut self, value: &ModelValue, path: &str) -> Option<Json> {
        if !value.is_mapping() && !value.is_sequence() {
            return self.fault(value, path, "unexpected value type for labels".into());
        }
        self.mapping(value, path)
    }

    fn hosts(&mut self, value: &ModelValue, path: &str) -> Option<Json> {
        let mut list: Vec<(String, String, Span)> = Vec::new();
        match &value.kind {
            ValueKind::Mapping(entries) => {
                for ModelEntry { key, value, .. } in entries {
                    match &value.kind {
                        ValueKind::Null => list.push((key.clone(), String::new(), value.span)),
                        ValueKind::String(ip) => list.push((key.clone(), ip.clone(), value.span)),
                        ValueKind::Sequence(ips) => {
                            list.extend(ips.iter().map(|ip| (key.clone(), ip.print(), ip.span)));
                        }
                        _ => return self.fault(value, path, "unexpected value type for extra_hosts entry".into()),
                    }
                }
            }
            ValueKind::Sequence(items) => {
                for item in items {
                    let text = item.print();
                    let Some((host, ips)) = text.split_once('=').or_else(|| text.split_once(':')) else {
                        return self.fault(item, path, format!("invalid additional host, missing IP: {text}"));
                    };
                    list.extend(ips.split(',').map(|ip| (host.to_owned(), ip.to_owned(), item.span)));
                }
            }
            _ => return self.fault(value, path, "unexpected value type for extra_hosts".into()),
        }
        let mut out = Vec::new();
        for (host, ip, span) in list {
            if host.is_empty() || host.contains([':', '=']) {
                let mut at = value.clone();
                at.span = span;
                return self.fault(&at, path, format!("bad host name '{host}'"));
            }
            let ip = match ip.strip_prefix('[').and_then(|i| i.strip_suffix(']')) {
                Some(inner) if !inner.is_empty() => inner.to_owned(),
                _ => ip,
            };
            out.push(format!("{host}={ip}"));
        }
        out.sort();
        (!out.is_empty()).then(|| Json::from(out))
    }

    fn ulimits(&mut self, value: &ModelValue, path: &str) -> Option<Json> {
        let mut out = Map::new();
        for ModelEntry { key, value, .. } in value.entries() {
            let path = format!("{path}[{key}]");
            let json = match &value.kind {
                ValueKind::Int(0) => Json::Object(Map::new()),
                ValueKind::Int(n) => Json::from(*n),
                ValueKind::Mapping(_) => {
                    let mut limit = Map::new();
                    for name in ["single", "soft", "hard"] {
                        match value.get(name).map(|v| &v.kind) {
                            Some(ValueKind::Int(n)) if *n != 0 && name != "single" => {
                                limit.insert(name.to_owned(), Json::from(*n));
                            }
                            _ => {}
                        }
                    }
                    Json::Object(limit)
                }
                ValueKind::Null => Json::Null,
                _ => {
                    self.fault(value, &path, "unexpected value type for ulimit".into());
                    continue;
                }
            };
            out.insert(key.clone(), json);
        }
        nonempty(out)
    }
}

/// The entries that are not extensions.
fn own(value: &ModelValue) -> impl Iterator<Item = &ModelEntry> {
    value.entries().iter().filter(|e| !e.key.starts_with("x-"))
}

/// Names that begin with `x-` are taken for extensions even where names are free: Compose gathers them under one key.
fn extensions(value: &ModelValue, out: &mut Map<String, Json>) {
    let mut list: Vec<String> = value
        .entries()
        .iter()
        .filter(|e| e.key.starts_with("x-"))
        .map(|e| format!("{}:{}", e.key, e.value.print()))
        .collect();
    if !list.is_empty() {
        list.sort();
        out.insert("#extensions".into(), Json::String(format!("map[{}]", list.join(" "))));
    }
}

fn nonempty(map: Map<String, Json>) -> Option<Json> {
    (!map.is_empty()).then_some(Json::Object(map))
}

fn blank_null(value: &ModelValue) -> String {
    if value.is_null() { String::new() } else { value.print() }
}

fn split_item(item: &ModelValue) -> (String, Json) {
    let text = item.print();
    match text.split_once('=') {
        Some((key, value)) => (key.to_owned(), Json::String(value.to_owned())),
        None => (text, Json::String(String::new())),
    }
}

/// A number as Go prints it: without a fraction where there is none.
fn number(f: f64) -> Json {
    let f = cast::widen(f as f32);
    whole_or_float(f)
}

fn whole_or_float(f: f64) -> Json {
    if f.fract() == 0.0 && f.abs() < 1e15 {
        return Json::from(f as i64);
    }
    Number::from_f64(f).map_or(Json::Null, Json::Number)
}

/// An extension's value as it is.
pub(in crate::compose) fn plain(value: &ModelValue) -> Json {
    match &value.kind {
        ValueKind::Null => Json::Null,
        ValueKind::Bool(b) => Json::Bool(*b),
        ValueKind::Int(n) => Json::from(*n),
        ValueKind::Float(f) => whole_or_float(*f),
        ValueKind::String(text) => Json::String(text.clone()),
        ValueKind::Timestamp(text) => Json::String(units::timestamp(text)),
        ValueKind::Sequence(items) => Json::Array(items.iter().map(plain).collect()),
        ValueKind::Mapping(entries) => entries.iter().map(|e| (e.key.clone(), plain(&e.value))).collect(),
    }
}
