//! The types behind the attributes, as Compose decodes and prints them: what is left out when blank, what is printed as
//! text, what does not convert.

use serde_json::{Map, Number, Value as Json};

use super::cast::{self, Caster};
use super::model::{ModelEntry, ModelValue, ValueKind};
use super::units;
use super::words;
use crate::text::Span;

/// A value that does not convert; the words are Compose's.
#[derive(Clone, Debug)]
pub(super) struct TypeFault {
    pub(super) path: String,
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) unknown: bool,
    /// Whether the message may quote the value of a variable.
    pub(super) interpolated: bool,
}

/// A type with the way it prints.
#[derive(Clone, Copy)]
pub(super) enum Type {
    Text,
    Flag,
    /// Printed even when false.
    OptionalFlag,
    Whole,
    OptionalWhole,
    Unsigned,
    OptionalUnsigned,
    /// 32 bits.
    Float,
    /// The processor share of `deploy`.
    Cpus,
    /// A size; printed as text.
    Bytes,
    Duration,
    OptionalDuration,
    Command,
    HealthTest,
    /// A string or a list of strings.
    Texts,
    /// A list of strings or numbers.
    Printed,
    /// A list of strings that is not given as one string.
    List,
    Variables,
    Mapping,
    Labels,
    Options,
    MultiOptions,
    /// A mapping of plain strings.
    TextMapping,
    Hosts,
    Ssh,
    DeviceCount,
    FileMode,
    Ulimits,
    /// A struct that is always there.
    Struct(&'static [SchemaField]),
    OptionalStruct(&'static [SchemaField]),
    Structs(&'static [SchemaField]),
    /// A mapping from names to structs, where null stays null.
    Named(&'static [SchemaField]),
    /// A mapping from names to structs, where null is an empty struct.
    NamedStructs(&'static [SchemaField]),
}

/// An attribute and its type.
pub(super) type SchemaField = (&'static str, Type);

use Type::*;

const THROTTLE: &[SchemaField] = &[];

const BLKIO: &[SchemaField] = &[
    ("weight", Unsigned),
    ("weight_device", Structs(THROTTLE)),
    ("device_read_bps", Structs(THROTTLE)),
    ("device_read_iops", Structs(THROTTLE)),
    ("device_write_bps", Structs(THROTTLE)),
    ("device_write_iops", Structs(THROTTLE)),
];

const FILE_REFERENCE: &[SchemaField] =
    &[("source", Text), ("target", Text), ("uid", Text), ("gid", Text), ("mode", FileMode)];

const BUILD: &[SchemaField] = &[
    ("context", Text),
    ("dockerfile", Text),
    ("dockerfile_inline", Text),
    ("entitlements", List),
    ("args", Variables),
    ("provenance", Text),
    ("sbom", Text),
    ("ssh", Ssh),
    ("labels", Labels),
    ("cache_from", Texts),
    ("cache_to", Texts),
    ("no_cache", Flag),
    ("no_cache_filter", Texts),
    ("additional_contexts", Mapping),
    ("pull", Flag),
    ("extra_hosts", Hosts),
    ("isolation", Text),
    ("network", Text),
    ("target", Text),
    ("secrets", Structs(FILE_REFERENCE)),
    ("shm_size", Bytes),
    ("tags", Texts),
    ("ulimits", Ulimits),
    ("platforms", Texts),
    ("privileged", Flag),
];

const HOOK: &[SchemaField] =
    &[("command", Command), ("user", Text), ("privileged", Flag), ("working_dir", Text), ("environment", Variables)];

const PRE_START: &[SchemaField] = &[
    ("command", Command),
    ("image", Text),
    ("user", Text),
    ("privileged", Flag),
    ("working_dir", Text),
    ("environment", Variables),
    ("per_replica", Flag),
];

const WATCH: &[SchemaField] = &[
    ("path", Text),
    ("action", Text),
    ("target", Text),
    ("exec", Struct(HOOK)),
    ("include", Texts),
    ("ignore", Texts),
    ("initial_sync", Flag),
];

const UPDATE: &[SchemaField] = &[
    ("parallelism", OptionalUnsigned),
    ("delay", Duration),
    ("failure_action", Text),
    ("monitor", Duration),
    ("max_failure_ratio", Float),
    ("order", Text),
];

const DEVICE_REQUEST: &[SchemaField] =
    &[("capabilities", List), ("driver", Text), ("count", DeviceCount), ("device_ids", List), ("options", Mapping)];

const RESOURCE: &[SchemaField] = &[
    ("cpus", Cpus),
    ("memory", Bytes),
    ("pids", Whole),
    ("devices", Structs(DEVICE_REQUEST)),
    ("generic_resources", Structs(GENERIC)),
];

const GENERIC: &[SchemaField] = &[("discrete_resource_spec", OptionalStruct(DISCRETE))];
const DISCRETE: &[SchemaField] = &[("kind", Text), ("value", Whole)];

const DEPLOY: &[SchemaField] = &[
    ("mode", Text),
    ("replicas", OptionalWhole),
    ("labels", Labels),
    ("update_config", OptionalStruct(UPDATE)),
    ("rollback_config", OptionalStruct(UPDATE)),
    ("resources", Struct(&[("limits", OptionalStruct(RESOURCE)), ("reservations", OptionalStruct(RESOURCE))])),
    (
        "restart_policy",
        OptionalStruct(&[
            ("condition", Text),
            ("delay", OptionalDuration),
            ("max_attempts", OptionalUnsigned),
            ("window", OptionalDuration),
        ]),
    ),
    (
        "placement",
        Struct(&[
            ("constraints", List),
            ("preferences", Structs(&[("spread", Text)])),
            ("max_replicas_per_node", Unsigned),
        ]),
    ),
    ("endpoint_mode", Text),
];

const VOLUME: &[SchemaField] = &[
    ("type", Text),
    ("source", Text),
    ("target", Text),
    ("read_only", Flag),
    ("consistency", Text),
    (
        "bind",
        OptionalStruct(&[("selinux", Text), ("propagation", Text), ("create_host_path", Flag), ("recursive", Text)]),
    ),
    ("volume", OptionalStruct(&[("labels", Mapping), ("nocopy", Flag), ("subpath", Text)])),
    ("tmpfs", OptionalStruct(&[("size", Bytes), ("mode", Unsigned)])),
    ("image", OptionalStruct(&[("subpath", Text)])),
];

const PORT: &[SchemaField] = &[
    ("name", Text),
    ("mode", Text),
    ("host_ip", Text),
    ("target", Unsigned),
    ("published", Text),
    ("protocol", Text),
    ("app_protocol", Text),
];

const SERVICE_NETWORK: &[SchemaField] = &[
    ("aliases", List),
    ("driver_opts", Options),
    ("gw_priority", Whole),
    ("interface_name", Text),
    ("ipv4_address", Text),
    ("ipv6_address", Text),
    ("link_local_ips", List),
    ("mac_address", Text),
    ("priority", Whole),
];

const HEALTHCHECK: &[SchemaField] = &[
    ("test", HealthTest),
    ("timeout", OptionalDuration),
    ("interval", OptionalDuration),
    ("retries", OptionalUnsigned),
    ("start_period", OptionalDuration),
    ("start_interval", OptionalDuration),
    ("disable", Flag),
];

pub(super) const SERVICE: &[SchemaField] = &[
    ("profiles", List),
    ("annotations", Mapping),
    ("attach", OptionalFlag),
    ("build", OptionalStruct(BUILD)),
    ("develop", OptionalStruct(&[("watch", Structs(WATCH))])),
    ("blkio_config", OptionalStruct(BLKIO)),
    ("cap_add", List),
    ("cap_drop", List),
    ("cgroup_parent", Text),
    ("cgroup", Text),
    ("cpu_count", Whole),
    ("cpu_percent", Float),
    ("cpu_period", Whole),
    ("cpu_quota", Whole),
    ("cpu_rt_period", Whole),
    ("cpu_rt_runtime", Whole),
    ("cpus", Float),
    ("cpuset", Text),
    ("cpu_shares", Whole),
    ("command", Command),
    ("configs", Structs(FILE_REFERENCE)),
    ("container_name", Text),
    ("credential_spec", OptionalStruct(&[("config", Text), ("file", Text), ("registry", Text)])),
    ("depends_on", NamedStructs(&[("condition", Text), ("restart", Flag), ("required", REQUIRED)])),
    ("deploy", OptionalStruct(DEPLOY)),
    ("device_cgroup_rules", List),
    ("devices", Structs(&[("source", Text), ("target", Text), ("permissions", Text)])),
    ("dns", Texts),
    ("dns_opt", List),
    ("dns_search", Texts),
    ("dockerfile", Text),
    ("domainname", Text),
    ("entrypoint", Command),
    ("provider", OptionalStruct(&[("type", Text), ("options", MultiOptions)])),
    ("environment", Variables),
    ("expose", Printed),
    ("extends", OptionalStruct(&[("file", Text), ("service", Text)])),
    ("external_links", List),
    ("extra_hosts", Hosts),
    ("group_add", List),
    ("gpus", Structs(DEVICE_REQUEST)),
    ("hostname", Text),
    ("healthcheck", OptionalStruct(HEALTHCHECK)),
    ("image", Text),
    ("init", OptionalFlag),
    ("ipc", Text),
    ("isolation", Text),
    ("labels", Labels),
    ("links", List),
    ("logging", OptionalStruct(&[("driver", Text), ("options", Options)])),
    ("log_driver", Text),
    ("log_opt", TextMapping),
    ("mem_limit", Bytes),
    ("mem_reservation", Bytes),
    ("memswap_limit", Bytes),
    ("mem_swappiness", Bytes),
    ("mac_address", Text),
    ("models", Named(&[("endpoint_var", Text), ("model_var", Text)])),
    ("net", Text),
    ("network_mode", Text),
    ("networks", Named(SERVICE_NETWORK)),
    ("oom_kill_disable", Flag),
    ("oom_score_adj", Whole),
    ("pid", Text),
    ("pids_limit", Whole),
    ("platform", Text),
    ("ports", Structs(PORT)),
    ("privileged", Flag),
    ("pull_policy", Text),
    ("read_only", Flag),
    ("restart", Text),
    ("runtime", Text),
    ("scale", OptionalWhole),
    ("secrets", Structs(FILE_REFERENCE)),
    ("security_opt", List),
    ("shm_size", Bytes),
    ("stdin_open", Flag),
    ("stop_grace_period", OptionalDuration),
    ("stop_signal", Text),
    ("storage_opt", TextMapping),
    ("sysctls", Mapping),
    ("tmpfs", Texts),
    ("tty", Flag),
    ("ulimits", Ulimits),
    ("use_api_socket", Flag),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volume_driver", Text),
    ("volumes", Structs(VOLUME)),
    ("volumes_from", List),
    ("working_dir", Text),
    ("pre_start", Structs(PRE_START)),
    ("post_start", Structs(HOOK)),
    ("pre_stop", Structs(HOOK)),
];

/// Printed always: a dependency without it is not required.
const REQUIRED: Type = Type::OptionalFlag;

pub(super) const NETWORK: &[SchemaField] = &[
    ("name", Text),
    ("driver", Text),
    ("driver_opts", Options),
    (
        "ipam",
        Struct(&[
            ("driver", Text),
            ("config", Structs(&[("subnet", Text), ("gateway", Text), ("ip_range", Text), ("aux_addresses", Mapping)])),
        ]),
    ),
    ("external", Flag),
    ("internal", Flag),
    ("attachable", Flag),
    ("labels", Labels),
    ("enable_ipv4", OptionalFlag),
    ("enable_ipv6", OptionalFlag),
];

pub(super) const VOLUME_RESOURCE: &[SchemaField] =
    &[("name", Text), ("driver", Text), ("driver_opts", Options), ("external", Flag), ("labels", Labels)];

pub(super) const FILE_OBJECT: &[SchemaField] = &[
    ("name", Text),
    ("file", Text),
    ("environment", Text),
    ("content", Text),
    ("external", Flag),
    ("labels", Labels),
    ("driver", Text),
    ("driver_opts", TextMapping),
    ("template_driver", Text),
];

/// Converts values and collects what does not convert.
#[derive(Default)]
pub(super) struct Printer {
    pub(super) faults: Vec<TypeFault>,
    /// Compose's own printing fails on this: it is refused though nothing is wrong with it.
    pub(super) unprintable: Vec<String>,
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
    pub(super) fn fields(&mut self, value: &ModelValue, fields: &[SchemaField], path: &str) -> Map<String, Json> {
        let mut out = Map::new();
        for (name, ty) in fields {
            let at = value.get(name);
            if let Some(json) = self.value(at, *ty, || format!("{path}.{name}")) {
                out.insert((*name).to_owned(), json);
            }
        }
        out
    }

    /// The printed value, or `None` where it is left out.
    fn value(&mut self, value: Option<&ModelValue>, ty: Type, path: impl Fn() -> String) -> Option<Json> {
        let value = value.filter(|v| !v.is_null());
        let Some(value) = value else {
            return match ty {
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
            };
        };
        let path = path();
        match ty {
            Text => self.text(value, &path).filter(|t| !t.is_empty()).map(Json::String),
            Flag => self.flag(value, &path).filter(|b| *b).map(Json::Bool),
            OptionalFlag => self.flag(value, &path).map(Json::Bool),
            Whole => self.whole(value, &path).filter(|n| *n != 0).map(Json::from),
            OptionalWhole => self.whole(value, &path).map(Json::from),
            Unsigned | OptionalUnsigned => {
                let n = if matches!(value.kind, ValueKind::String(_)) {
                    self.wrong(value, &path, "uint64");
                    return None;
                } else {
                    self.whole(value, &path)?
                };
                if n < 0 {
                    return self.fault(value, &path, format!("cannot parse '{path}', {n} overflows uint"));
                }
                (n != 0 || matches!(ty, OptionalUnsigned)).then(|| Json::from(n))
            }
            Float | Cpus => self.float(value, &path).filter(|f| *f != 0.0).map(|f| number(f64::from(f))),
            Bytes => match &value.kind {
                ValueKind::Int(n) => (*n != 0).then(|| Json::String(n.to_string())),
                ValueKind::String(text) => match units::bytes(text) {
                    Ok(0) => None,
                    Ok(n) => Some(Json::String(n.to_string())),
                    Err(message) => self.fault(value, &path, message),
                },
                // Anything else is silently nothing.
                _ => None,
            },
            Duration | OptionalDuration => match units::duration(&value.print()) {
                Ok(0) if matches!(ty, Duration) => None,
                Ok(nanos) => Some(Json::String(units::print_duration(nanos))),
                Err(message) => self.fault(value, &path, message),
            },
            Command => match &value.kind {
                ValueKind::String(line) => match words::split(line) {
                    Ok(words) => Some(words.into()),
                    Err(message) => self.fault(value, &path, message.to_owned()),
                },
                ValueKind::Sequence(_) => Some(Json::Array(self.text_items(value, &path))),
                _ => Some(Json::Null),
            },
            HealthTest => match &value.kind {
                ValueKind::String(line) => Some(Json::from(vec!["CMD-SHELL".to_owned(), line.clone()])),
                ValueKind::Sequence(items) if items.is_empty() => None,
                ValueKind::Sequence(_) => Some(Json::Array(self.text_items(value, &path))),
                _ => self.wrong(value, &path, "healthcheck.test"),
            },
            Texts => match &value.kind {
                ValueKind::String(text) => Some(Json::from(vec![text.clone()])),
                ValueKind::Sequence(items) => {
                    if let Some(item) = items.iter().find(|i| i.as_str().is_none()) {
                        return self.fault(item, &path, "invalid type for string list".into());
                    }
                    let items: Vec<_> = items.iter().filter_map(ModelValue::as_str).collect();
                    (!items.is_empty()).then(|| Json::from(items))
                }
                _ => self.fault(value, &path, "invalid type for string list".into()),
            },
            Printed => match &value.kind {
                ValueKind::String(text) => Some(Json::from(vec![text.clone()])),
                ValueKind::Sequence(items) if items.is_empty() => None,
                ValueKind::Sequence(items) => Some(Json::from(items.iter().map(ModelValue::print).collect::<Vec<_>>())),
                _ => self.fault(value, &path, "invalid type for string list".into()),
            },
            List => {
                if !value.is_sequence() {
                    return self.fault(value, &path, format!("'{path}': source data must be an array or slice"));
                }
                let items = self.text_items(value, &path);
                (!items.is_empty()).then_some(Json::Array(items))
            }
            Variables => self.variables(value, &path),
            Mapping => self.mapping(value, &path),
            Labels => self.labels(value, &path),
            Options => {
                if !value.is_mapping() {
                    return self.fault(value, &path, "invalid type for options".into());
                }
                let mut options: Map<String, Json> =
                    own(value).map(|e| (e.key.clone(), Json::String(blank_null(&e.value)))).collect();
                extensions(value, &mut options);
                nonempty(options)
            }
            MultiOptions => {
                if !value.is_mapping() {
                    return self.fault(value, &path, "invalid type for options".into());
                }
                let mut out = Map::new();
                for ModelEntry { key, value, .. } in own(value) {
                    let list: Vec<String> = match &value.kind {
                        ValueKind::Sequence(items) => items.iter().map(ModelValue::print).collect(),
                        _ => vec![value.print()],
                    };
                    if !list.is_empty() {
                        out.insert(key.clone(), list.into());
                    }
                }
                nonempty(out)
            }
            TextMapping => {
                if !value.is_mapping() {
                    return self.wrong(value, &path, "map[string]string");
                }
                let mut out = Map::new();
                for ModelEntry { key, value, .. } in value.entries() {
                    let text =
                        if value.is_null() { String::new() } else { self.text(value, &path).unwrap_or_default() };
                    out.insert(key.clone(), Json::String(text));
                }
                nonempty(out)
            }
            Hosts => self.hosts(value, &path),
            Ssh => {
                let mut keys: Vec<Json> = Vec::new();
                for ModelEntry { key, value, .. } in value.entries() {
                    let socket = if value.is_null() { String::new() } else { value.print() };
                    if !socket.is_empty() {
                        self.unprintable.push(
                            "json: error calling MarshalJSON for type types.SSHKey: invalid character ':' after \
                             top-level value"
                                .into(),
                        );
                    }
                    keys.push(Json::String(key.clone()));
                }
                (!keys.is_empty()).then_some(Json::Array(keys))
            }
            DeviceCount => match &value.kind {
                ValueKind::Int(n) => (*n != 0).then(|| Json::from(*n)),
                ValueKind::String(text) if text.eq_ignore_ascii_case("all") => Some(Json::from(-1)),
                ValueKind::String(text) => match text.parse::<i64>() {
                    Ok(0) => None,
                    Ok(n) => Some(Json::from(n)),
                    Err(_) => {
                        let message = format!("invalid value {text:?}, the only value allowed is 'all' or a number");
                        self.fault(value, &path, message)
                    }
                },
                _ => self.fault(value, &path, "invalid type for device count".into()),
            },
            FileMode => match &value.kind {
                ValueKind::Int(n) => Some(Json::String(format!("0{n:o}"))),
                ValueKind::String(text) => match i64::from_str_radix(text, 8) {
                    Ok(n) => Some(Json::String(format!("0{n:o}"))),
                    Err(_) => self.fault(value, &path, format!("strconv.ParseInt: parsing {text:?}: invalid syntax")),
                },
                _ => self.fault(value, &path, "unexpected value type for mode".into()),
            },
            Ulimits => self.ulimits(value, &path),
            Struct(fields) | OptionalStruct(fields) => {
                if !value.is_mapping() {
                    return self.fault(value, &path, format!("'{path}' expected a map"));
                }
                Some(Json::Object(self.fields(value, fields, &path)))
            }
            Structs(fields) => {
                if !value.is_sequence() {
                    return self.fault(value, &path, format!("'{path}': source data must be an array or slice"));
                }
                if std::ptr::eq(fields, THROTTLE) {
                    return self.throttles(value);
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
            Named(fields) | NamedStructs(fields) => {
                if !value.is_mapping() {
                    return self.fault(value, &path, format!("'{path}' expected a map"));
                }
                let mut out = Map::new();
                for ModelEntry { key, value, .. } in value.entries() {
                    if key.starts_with("x-") && matches!(ty, Named(_)) {
                        out.insert("#extensions".into(), Json::Object(Map::new()));
                        continue;
                    }
                    let path = format!("{path}[{key}]");
                    let json = match (&value.kind, ty) {
                        (ValueKind::Mapping(_), _) => Json::Object(self.fields(value, fields, &path)),
                        (ValueKind::Null, Named(_)) => Json::Null,
                        (ValueKind::Null, _) => Json::Object(Map::new()),
                        _ => {
                            self.fault(value, &path, format!("'{path}' expected a map"));
                            Json::Null
                        }
                    };
                    out.insert(key.clone(), json);
                }
                nonempty(out)
            }
        }
    }

    fn throttles(&mut self, value: &ModelValue) -> Option<Json> {
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
pub(super) fn plain(value: &ModelValue) -> Json {
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
