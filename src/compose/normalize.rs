//! What Compose adds after all files are merged: implicit networks, names, build defaults and dependencies.

use std::collections::HashMap;

use super::Variable;
use super::canonical::clean;
use super::model::{Entry, Kind, Value};
use crate::text::Span;

/// Completes the model in place.
pub(super) fn normalize(dict: &mut Value, project: &str, environment: &HashMap<String, String>) {
    networks(dict);
    if let Some(services) = dict.get_mut("services") {
        for service in services.entries_mut() {
            normalize_service(&mut service.value, environment);
        }
    }
    for section in ["networks", "volumes", "configs", "secrets"] {
        let Some(resources) = dict.get_mut(section) else { continue };
        for Entry { key, key_span, value } in resources.entries_mut() {
            if !value.is_mapping() {
                *value = Value::mapping(*key_span);
            }
            if value.get("name").is_none_or(Value::is_null) {
                let external = value.get("external").is_some_and(|e| e.print() == "true");
                let name = if external { key.clone() } else { format!("{project}_{key}") };
                value.set("name", Value::string(name, *key_span));
            }
        }
    }
}

fn networks(dict: &mut Value) {
    let mut default_at: Option<Span> = None;
    if let Some(services) = dict.get_mut("services") {
        for Entry { key_span, value: service, .. } in services.entries_mut() {
            if !service.is_mapping() || service.get("provider").is_some() || service.get("network_mode").is_some() {
                continue;
            }
            match service.get("networks") {
                Some(networks) if !networks.entries().is_empty() => {
                    if networks.get("default").is_some() {
                        default_at = Some(*key_span);
                    }
                }
                _ => {
                    let mut networks = Value::mapping(*key_span);
                    networks.set("default", Value::new(Kind::Null, *key_span));
                    service.set("networks", networks);
                    default_at = Some(*key_span);
                }
            }
        }
    }
    let Some(span) = default_at else { return };
    if dict.get("networks").is_none_or(|n| !n.is_mapping()) {
        dict.set("networks", Value::mapping(span));
    }
    if let Some(networks) = dict.get_mut("networks")
        && networks.get("default").is_none()
    {
        networks.set("default", Value::new(Kind::Null, span));
    }
}

/// The build arguments of each service that have no value here or in the environment: [`normalize`] drops them.
pub(super) fn unset_arguments(dict: &Value, environment: &HashMap<String, String>) -> HashMap<String, Vec<Variable>> {
    let bare = |name: &str, span: Span| {
        let variable = Variable { name: name.to_owned(), span, value: None, bare: true };
        (!environment.contains_key(name)).then_some(variable)
    };
    let mut unset = HashMap::new();
    for service in dict.get("services").map(Value::entries).unwrap_or_default() {
        let Some(args) = service.value.at(&["build", "args"]) else { continue };
        let found: Vec<Variable> = match &args.kind {
            Kind::Mapping(entries) => {
                entries.iter().filter(|e| e.value.is_null()).filter_map(|e| bare(&e.key, e.key_span)).collect()
            }
            Kind::Sequence(items) => {
                let texts = items.iter().filter_map(|i| Some((i.as_str().filter(|t| !t.contains('='))?, i.span)));
                texts.filter_map(|(name, span)| bare(name, span)).collect()
            }
            _ => Vec::new(),
        };
        if !found.is_empty() {
            unset.insert(service.key.clone(), found);
        }
    }
    unset
}

fn normalize_service(service: &mut Value, environment: &HashMap<String, String>) {
    if !service.is_mapping() {
        return;
    }
    if let Some(Value { kind: Kind::String(policy), .. }) = service.get_mut("pull_policy")
        && policy == "if_not_present"
    {
        "missing".clone_into(policy);
    }
    if let Some(build) = service.get_mut("build")
        && build.is_mapping()
    {
        // An empty span tells that nobody wrote it.
        let span = build.span.start_point();
        if build.get("context").is_none_or(Value::is_null) {
            build.set("context", Value::string(".", span));
        }
        let absent = |key: &str| build.get(key).is_none_or(Value::is_null);
        if absent("dockerfile") && absent("dockerfile_inline") {
            build.set("dockerfile", Value::string("Dockerfile", span));
        }
        if let Some(args) = build.get_mut("args") {
            resolve(args, environment, false);
        }
    }
    if let Some(variables) = service.get_mut("environment") {
        resolve(variables, environment, true);
    }
    if let Some(volumes) = service.get_mut("volumes") {
        for volume in volumes.items_mut() {
            if let Some(Value { kind: Kind::String(target), .. }) = volume.get_mut("target") {
                *target = clean(target);
                if target.is_empty() {
                    ".".clone_into(target);
                }
            }
        }
    }
    implicit_dependencies(service);
}

fn implicit_dependencies(service: &mut Value) {
    let mut implied: Vec<(String, bool, Span)> = Vec::new();
    for link in service.get("links").map(Value::items).unwrap_or_default() {
        if let Some(text) = link.as_str() {
            let parts: Vec<&str> = text.split(':').collect();
            let name = if parts.len() == 2 { parts[0] } else { text };
            implied.push((name.to_owned(), true, link.span));
        }
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(value) = service.get(key)
            && let Some(name) = value.as_str().and_then(|t| t.strip_prefix("service:"))
        {
            implied.push((name.to_owned(), true, value.span));
        }
    }
    for from in service.get("volumes_from").map(Value::items).unwrap_or_default() {
        if let Some(text) = from.as_str().filter(|t| !t.starts_with("container:")) {
            implied.push((text.split(':').next().unwrap_or(text).to_owned(), false, from.span));
        }
    }
    if implied.is_empty() {
        return;
    }
    if service.get("depends_on").is_none_or(|d| !d.is_mapping()) {
        let span = service.span;
        service.set("depends_on", Value::mapping(span));
    }
    let Some(depends_on) = service.get_mut("depends_on") else { return };
    for (name, restart, span) in implied {
        if depends_on.get(&name).is_none() {
            let mut dependency = Value::mapping(span);
            dependency.set("condition", Value::string("service_started", span));
            dependency.set("restart", Value::new(Kind::Bool(restart), span));
            dependency.set("required", Value::new(Kind::Bool(true), span));
            depends_on.set(&name, dependency);
        }
    }
}

/// Bare names take the environment's value; without one they stay bare or go.
fn resolve(value: &mut Value, environment: &HashMap<String, String>, keep_bare: bool) {
    match &mut value.kind {
        Kind::Mapping(entries) => {
            for entry in entries.iter_mut() {
                if entry.value.is_null()
                    && let Some(text) = environment.get(&entry.key)
                {
                    entry.value.kind = Kind::String(text.clone());
                }
            }
            if !keep_bare {
                entries.retain(|e| !e.value.is_null());
            }
        }
        Kind::Sequence(items) => {
            items.retain_mut(|item| match &mut item.kind {
                Kind::String(text) if !text.contains('=') => match environment.get(text.as_str()) {
                    Some(value) => {
                        *text = format!("{text}={value}");
                        true
                    }
                    None => keep_bare,
                },
                Kind::String(_) => true,
                _ => false,
            });
        }
        _ => {}
    }
}
