//! Short forms to long forms, defaults, and the checks that Compose makes on the long form.

use super::model::{ModelEntry, ModelValue, ValueKind};
use super::path::Path;
use super::{merge, ports, volume};
use crate::text::Span;
use crate::text::go::path_clean;

/// A value that Compose refuses here, with its error.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FormFault {
    pub(super) message: String,
    pub(super) span: Span,
    /// The value depended on a variable that nothing sets.
    pub(super) unknown: bool,
    pub(super) path: String,
    /// Two attributes that exclude each other rather than a wrong form.
    pub(super) conflict: bool,
    /// True if the value contains variables: the error may quote them, so it must not be in a finding.
    pub(super) interpolated: bool,
}

/// Ports in all ranges of a file together: more than there are. Of a range beyond the limit only the first port is kept.
pub(super) const MAX_PORTS: usize = 70_000;

#[derive(Default)]
pub(super) struct Forms {
    pub(super) faults: Vec<FormFault>,
    ports: usize,
    /// The first range that goes over [`MAX_PORTS`].
    pub(super) cut: Option<Span>,
}

impl Forms {
    fn fault(&mut self, value: &ModelValue, path: &Path<'_>, message: String) {
        let (unknown, path) = (value.is_unknown(), path.text());
        let interpolated = value.written.as_ref().is_some_and(|w| !w.variables.is_empty());
        self.faults.push(FormFault { message, span: value.span, unknown, path, conflict: false, interpolated });
    }

    /// Brings everything below `path` into its long form.
    pub(super) fn canonical(&mut self, value: &mut ModelValue, path: &Path<'_>) {
        let parts = path.parts();
        match parts.get() {
            ["services", _, "build"] if value.as_str().is_some() => wrap(value, "context"),
            ["services", _, "extends"] if value.as_str().is_some() => wrap(value, "service"),
            ["include", _] if value.as_str().is_some() => wrap(value, "path"),
            ["services", _, "build" | "extends"] | ["include", _] => {
                if !value.is_mapping() {
                    self.fault(value, path, format!("{}: invalid type", path.text()));
                }
                self.below(value, path);
            }
            ["services", _, "build", "provenance" | "sbom"] => {
                if value.as_str().is_none() {
                    value.kind = ValueKind::String(value.print());
                }
            }
            ["services", _, "build", "secrets", _] | ["services", _, "secrets" | "configs", _] => match value.kind {
                ValueKind::Mapping(_) => {}
                ValueKind::String(_) => wrap(value, "source"),
                _ => self.fault(value, path, format!("{}: unsupported type", path.text())),
            },
            ["services", _, "build", "additional_contexts"] => self.key_values(value, path),
            ["services", _, "build", "ssh"] => self.ssh(value, path),
            ["services", _, "build", "ulimits", _] | ["services", _, "ulimits", _] => {
                if !matches!(value.kind, ValueKind::Mapping(_) | ValueKind::Int(_)) {
                    self.fault(value, path, format!("{}: invalid type for external", path.text()));
                }
            }
            ["services", _, "depends_on"] => self.depends_on(value, path),
            ["services", _, "env_file"] => self.env_file(value, path),
            ["services", _, "label_file" | "dns"] => to_list(value),
            ["services", _, "develop", "watch", _, "ignore" | "include"] => to_list(value),
            ["services", _, "gpus"] => {
                if value.as_str().is_some() {
                    let span = value.span;
                    let mut request = ModelValue::mapping(span);
                    request.set("count", ModelValue::string("all", span));
                    value.kind = ValueKind::Sequence(vec![request]);
                } else if value.is_sequence() {
                    self.below(value, path);
                } else {
                    self.fault(value, path, format!("{}: invalid type for gpus", path.text()));
                }
            }
            ["services", _, "networks" | "models"] => {
                if value.is_sequence() {
                    let old = std::mem::replace(value, ModelValue::mapping(value.span));
                    *value = merge::to_mapping(old, false);
                }
            }
            ["services", _, "volumes", _] => self.volume(value, path),
            ["services", _, "devices", _] => self.device(value, path),
            ["services", _, "ports"] => self.ports(value, path),
            ["volumes" | "networks" | "secrets" | "configs", _] => {
                self.below(value, path);
                self.external(value, path);
            }
            _ => self.below(value, path),
        }
    }

    fn below(&mut self, value: &mut ModelValue, path: &Path<'_>) {
        match &mut value.kind {
            ValueKind::Mapping(entries) => {
                for ModelEntry { key, value, .. } in entries {
                    self.canonical(value, &path.next(key));
                }
            }
            ValueKind::Sequence(items) => {
                let next = path.next("[]");
                items.iter_mut().for_each(|item| self.canonical(item, &next));
            }
            _ => {}
        }
    }

    fn key_values(&mut self, value: &mut ModelValue, path: &Path<'_>) {
        let ValueKind::Sequence(items) = &mut value.kind else { return };
        let mut mapping = ModelValue::mapping(value.span);
        for mut item in std::mem::take(items) {
            let split = item.as_str().and_then(|s| s.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned()));
            match split {
                Some((key, text)) => {
                    if let Some(written) = &mut item.written {
                        let raw = written.raw.split_once('=').map(|(_, raw)| raw.to_owned());
                        written.raw = raw.unwrap_or_default();
                        if let Some((_, span)) = written.parts {
                            item.span = span;
                        }
                    }
                    item.kind = ValueKind::String(text);
                    mapping.set(&key, item);
                }
                None => {
                    let message = format!("{}: invalid value {}, expected key=value", path.text(), item.print());
                    self.fault(&item, path, message);
                }
            }
        }
        value.kind = mapping.kind;
    }

    fn ssh(&mut self, value: &mut ModelValue, path: &Path<'_>) {
        let ValueKind::Sequence(items) = &mut value.kind else { return };
        let mut mapping = ModelValue::mapping(value.span);
        for mut item in std::mem::take(items) {
            let Some(text) = item.as_str().map(str::to_owned) else { continue };
            match text.split_once('=') {
                Some((id, socket)) => {
                    item.kind = ValueKind::String(socket.to_owned());
                    mapping.set(id, item);
                }
                None if text == "default" => mapping.set(&text, ModelValue::new(ValueKind::Null, item.span)),
                None => self.fault(&item, path, format!("invalid ssh key {text:?}")),
            }
        }
        value.kind = mapping.kind;
    }

    fn depends_on(&mut self, value: &mut ModelValue, path: &Path<'_>) {
        match &mut value.kind {
            ValueKind::Mapping(entries) => {
                for entry in entries {
                    let span = entry.key_span;
                    if !entry.value.is_mapping() {
                        let message = format!("{}.{}: unsupported value", path.text(), entry.key);
                        self.fault(&entry.value, path, message);
                        entry.value = ModelValue::mapping(entry.value.span);
                    }
                    if entry.value.get("condition").is_none() {
                        entry.value.set("condition", ModelValue::string("service_started", span));
                    }
                    if entry.value.get("required").is_none() {
                        entry.value.set("required", ModelValue::new(ValueKind::Bool(true), span));
                    }
                }
            }
            ValueKind::Sequence(_) => {
                let old = std::mem::replace(value, ModelValue::mapping(value.span));
                *value = merge::to_mapping(old, true);
            }
            _ => self.fault(value, path, format!("{}: invalid type for depend_on", path.text())),
        }
    }

    fn env_file(&mut self, value: &mut ModelValue, path: &Path<'_>) {
        let long = |item: ModelValue| match item.kind {
            ValueKind::String(_) => {
                let span = item.span;
                let mut file = ModelValue::mapping(span);
                file.set("path", item);
                file.set("required", ModelValue::new(ValueKind::Bool(true), span));
                file
            }
            ValueKind::Mapping(_) => {
                let mut item = item;
                if item.get("required").is_none() {
                    item.set("required", ModelValue::new(ValueKind::Bool(true), item.span));
                }
                item
            }
            _ => ModelValue::new(ValueKind::Null, item.span),
        };
        match &mut value.kind {
            ValueKind::String(_) => {
                let item = ModelValue { displaced: Vec::new(), ..value.clone() };
                value.written = None;
                value.kind = ValueKind::Sequence(vec![long(item)]);
            }
            ValueKind::Sequence(items) => *items = std::mem::take(items).into_iter().map(long).collect(),
            _ => self.fault(value, path, format!("{}: invalid type for env_file", path.text())),
        }
    }

    fn volume(&mut self, value: &mut ModelValue, path: &Path<'_>) {
        let text = match &value.kind {
            ValueKind::Mapping(_) => return,
            ValueKind::String(text) => text.clone(),
            _ => {
                let message = format!("{}: invalid type for service volume mount", path.text());
                return self.fault(value, path, message);
            }
        };
        let short = match volume::parse(&text) {
            Ok(short) => short,
            Err(message) => {
                self.fault(value, path, message);
                value.kind = ValueKind::Mapping(Vec::new());
                return;
            }
        };
        let span = value.span;
        let mut long = ModelValue::mapping(span);
        let part = |text: &str| ModelValue {
            displaced: Vec::new(),
            kind: ValueKind::String(text.to_owned()),
            ..value.clone()
        };
        let flag = || ModelValue::new(ValueKind::Bool(true), span);
        long.set("type", ModelValue::string(if short.bind { "bind" } else { "volume" }, span));
        if !short.source.is_empty() {
            long.set("source", part(&short.source));
        }
        // Compose leaves an empty target empty here.
        let target = if short.target.is_empty() { "".into() } else { path_clean(&short.target) };
        long.set("target", part(&target));
        if short.read_only {
            long.set("read_only", flag());
        }
        if short.bind || short.propagation.is_some() || short.selinux.is_some() {
            let mut bind = ModelValue::mapping(span);
            if let Some(selinux) = short.selinux {
                bind.set("selinux", ModelValue::string(selinux, span));
            }
            if let Some(propagation) = short.propagation {
                bind.set("propagation", ModelValue::string(propagation, span));
            }
            if short.bind {
                bind.set("create_host_path", flag());
            }
            long.set("bind", bind);
        }
        if !short.bare && (!short.bind || short.no_copy) {
            let mut options = ModelValue::mapping(span);
            if short.no_copy {
                options.set("nocopy", flag());
            }
            long.set("volume", options);
        }
        value.kind = long.kind;
    }

    fn device(&mut self, value: &mut ModelValue, path: &Path<'_>) {
        let ValueKind::String(text) = &value.kind else {
            if !value.is_mapping() {
                self.fault(value, path, format!("{}: invalid type for service volume mount", path.text()));
            }
            return;
        };
        let fields: Vec<String> = text.split(':').map(str::to_owned).collect();
        let (source, target, permissions) = match fields.as_slice() {
            [source] => (source, source, "rwm"),
            [source, target] => (source, if target.is_empty() { source } else { target }, "rwm"),
            [source, target, permissions] => {
                (source, if target.is_empty() { source } else { target }, permissions.as_str())
            }
            _ => {
                let message = format!("confusing device mapping, please use long syntax: {text}");
                return self.fault(value, path, message);
            }
        };
        let part = |text: &str| ModelValue {
            displaced: Vec::new(),
            kind: ValueKind::String(text.to_owned()),
            ..value.clone()
        };
        let mut long = ModelValue::mapping(value.span);
        long.set("source", part(source));
        long.set("target", part(target));
        long.set("permissions", part(permissions));
        value.kind = long.kind;
    }

    fn ports(&mut self, value: &mut ModelValue, path: &Path<'_>) {
        let span = value.span;
        let ValueKind::Sequence(items) = &mut value.kind else {
            return self.fault(value, path, format!("{}: invalid type for port", path.text()));
        };
        let mut long = Vec::with_capacity(items.len());
        for item in std::mem::take(items) {
            let text = match &item.kind {
                ValueKind::Mapping(_) => {
                    long.push(item);
                    continue;
                }
                ValueKind::Int(n) => n.to_string(),
                ValueKind::String(text) => text.clone(),
                _ => {
                    self.fault(&item, path, format!("{}: invalid type for port", path.text()));
                    continue;
                }
            };
            match ports::parse(&text, MAX_PORTS.saturating_sub(self.ports)) {
                Err(message) => self.fault(&item, path, message),
                Ok(list) => {
                    if list.cut {
                        self.cut.get_or_insert(item.span);
                    }
                    self.ports += list.ports.len();
                    for port in list.ports {
                        let at = item.span;
                        let mut entry = ModelValue::mapping(at);
                        entry.displaced.clone_from(&item.displaced);
                        entry.written.clone_from(&item.written);
                        entry.set("mode", ModelValue::string("ingress", at));
                        if !port.host_ip.is_empty() {
                            entry.set("host_ip", ModelValue::string(port.host_ip, at));
                        }
                        entry.set("target", ModelValue::new(ValueKind::Int(i64::from(port.target)), at));
                        if !port.published.is_empty() {
                            entry.set("published", ModelValue::string(port.published, at));
                        }
                        entry.set("protocol", ModelValue::string(port.protocol, at));
                        long.push(entry);
                    }
                }
            }
        }
        *value = ModelValue {
            kind: ValueKind::Sequence(long),
            span,
            displaced: std::mem::take(&mut value.displaced),
            written: None,
        };
    }

    /// `external: {name: x}` as `external: true` and `name: x`.
    fn external(&mut self, value: &mut ModelValue, path: &Path<'_>) {
        let Some(external) = value.get("external") else { return };
        if !external.is_mapping() {
            return;
        }
        let (span, name) = (external.span, external.get("name").cloned());
        value.set("external", ModelValue::new(ValueKind::Bool(true), span));
        let Some(name) = name else { return };
        match value.get("name") {
            Some(own) if own.kind != name.kind => {
                let message = format!("{}: name and external.name conflict; only use name", path.text());
                self.faults.push(FormFault {
                    message,
                    span: name.span,
                    unknown: false,
                    path: path.text(),
                    conflict: true,
                    interpolated: false,
                });
            }
            Some(_) => {}
            None => value.set("name", name),
        }
    }

    /// Fills what Compose supplies where nothing is written.
    pub(super) fn defaults(&mut self, value: &mut ModelValue, path: &Path<'_>) {
        let parts = path.parts();
        match parts.get() {
            ["services", _, "build"] => {
                if value.is_mapping() && value.get("context").is_none() {
                    value.set("context", ModelValue::string(".", value.span.start_point()));
                }
            }
            ["services", _, "secrets", _] => {
                if value.is_mapping() && value.get("target").is_none() {
                    let source = value.get("source").map(ModelValue::print).unwrap_or_else(|| "%!s(<nil>)".into());
                    value.set("target", ModelValue::string(format!("/run/secrets/{source}"), value.span));
                }
            }
            ["services", _, "ports", _] => {
                if value.is_mapping() && value.get("protocol").is_none() {
                    value.set("protocol", ModelValue::string("tcp", value.span));
                }
                if value.is_mapping() && value.get("mode").is_none() {
                    value.set("mode", ModelValue::string("ingress", value.span));
                }
            }
            ["services", _, "deploy", "resources", "reservations", "devices", _] | ["services", _, "gpus", _] => {
                if value.is_mapping() && value.get("count").is_none() && value.get("device_ids").is_none() {
                    value.set("count", ModelValue::string("all", value.span));
                }
            }
            _ => match &mut value.kind {
                ValueKind::Mapping(entries) => {
                    for ModelEntry { key, value, .. } in entries {
                        self.defaults(value, &path.next(key));
                    }
                }
                ValueKind::Sequence(items) => {
                    let next = path.next("[]");
                    items.iter_mut().for_each(|item| self.defaults(item, &next));
                }
                _ => {}
            },
        }
    }

    /// What Compose checks between long form and path resolution.
    pub(super) fn validate(&mut self, value: &ModelValue, path: &Path<'_>) {
        let parts = path.parts();
        match parts.get() {
            ["volumes", _] => self.check_external(value, path),
            ["configs", _] => self.check_file_object(value, path, &["file", "environment", "content"]),
            ["secrets", _] => self.check_file_object(value, path, &["file", "environment"]),
            ["services", _, "ports", _] => {
                if let Some(ip) = value.get("host_ip")
                    && let Some(text) = ip.as_str()
                    && !ports::is_ip(text)
                {
                    self.fault(ip, path, format!("{}: invalid ip address: {text}", path.text()));
                }
            }
            ["services", _, "develop", "watch", _, "path"] => {
                if value.as_str() == Some("") {
                    self.fault(value, path, format!("{}: value can't be blank", path.text()));
                }
            }
            ["services", _, "deploy", "resources", "reservations", "devices", _] | ["services", _, "gpus", _] => {
                if let (Some(count), Some(ids)) = (value.entry("count"), value.entry("device_ids")) {
                    let span = if ids.key_span.start > count.key_span.start { ids.key_span } else { count.key_span };
                    self.faults.push(FormFault {
                        message: format!("{}: \"count\" and \"device_ids\" attributes are exclusive", path.text()),
                        span,
                        unknown: false,
                        path: path.text(),
                        conflict: true,
                        interpolated: false,
                    });
                }
            }
            _ => match &value.kind {
                ValueKind::Mapping(entries) => {
                    for entry in entries {
                        self.validate(&entry.value, &path.next(&entry.key));
                    }
                }
                ValueKind::Sequence(items) => {
                    let next = path.next("[]");
                    items.iter().for_each(|item| self.validate(item, &next));
                }
                _ => {}
            },
        }
    }

    fn check_external(&mut self, value: &ModelValue, path: &Path<'_>) {
        if value.get("external").and_then(ModelValue::as_bool) != Some(true) {
            return;
        }
        for entry in value.entries() {
            let key = entry.key.as_str();
            if matches!(key, "name" | "external") || key.starts_with("x-") {
                continue;
            }
            let message = format!("{}: conflicting parameters \"external\" and {key:?} specified", path.text());
            self.faults.push(FormFault {
                message,
                span: entry.key_span,
                unknown: false,
                path: path.text(),
                conflict: true,
                interpolated: false,
            });
        }
    }

    fn check_file_object(&mut self, value: &ModelValue, path: &Path<'_>, keys: &[&str]) {
        if !value.is_mapping() {
            return self.fault(value, path, format!("{}: one of {} must be set", path.text(), keys.join("|")));
        }
        let given: Vec<&ModelEntry> = keys.iter().filter_map(|k| value.entry(k)).collect();
        if given.len() > 1 {
            let message = format!("{}: {} attributes are mutually exclusive", path.text(), keys.join("|"));
            let span = given.last().map_or(value.span, |e| e.key_span);
            self.faults.push(FormFault {
                message,
                span,
                unknown: false,
                path: path.text(),
                conflict: true,
                interpolated: false,
            });
        } else if given.is_empty() && value.get("driver").is_none() && value.get("external").is_none() {
            self.fault(value, path, format!("{}: one of {} must be set", path.text(), keys.join("|")));
        }
    }
}

/// A string as the mapping of one key.
fn wrap(value: &mut ModelValue, key: &str) {
    let inner = ModelValue { displaced: Vec::new(), ..value.clone() };
    let entry = ModelEntry { key: key.to_owned(), key_span: value.span, value: inner };
    value.kind = ValueKind::Mapping(vec![entry]);
    value.written = None;
}

fn to_list(value: &mut ModelValue) {
    if matches!(value.kind, ValueKind::String(_)) {
        let item = ModelValue { displaced: Vec::new(), ..value.clone() };
        value.kind = ValueKind::Sequence(vec![item]);
        value.written = None;
    }
}
