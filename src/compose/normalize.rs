//! Adds what Compose adds after all files are merged: implicit networks, names, build defaults and dependencies.

use std::collections::HashMap;

use super::ComposeVariable;
use super::model::{ModelEntry, ModelValue, ValueKind};
use crate::text::Span;
use crate::text::go::path_clean;

/// Completes the model in place.
pub(super) fn normalize(dict: &mut ModelValue, project: &str, environment: &HashMap<String, String>) {
    networks(dict);
    if let Some(services) = dict.get_mut("services") {
        for service in services.entries_mut() {
            normalize_service(&mut service.value, environment);
        }
    }
    for section in ["networks", "volumes", "configs", "secrets"] {
        let Some(resources) = dict.get_mut(section) else { continue };
        for ModelEntry { key, key_span, value } in resources.entries_mut() {
            if !value.is_mapping() {
                *value = ModelValue::mapping(*key_span);
            }
            if value.get("name").is_none_or(ModelValue::is_null) {
                let external = value.get("external").is_some_and(|e| e.print() == "true");
                let name = if external { key.clone() } else { format!("{project}_{key}") };
                value.set("name", ModelValue::string(name, *key_span));
            }
        }
    }
}

fn networks(dict: &mut ModelValue) {
    let mut default_at: Option<Span> = None;
    if let Some(services) = dict.get_mut("services") {
        for ModelEntry { key_span, value: service, .. } in services.entries_mut() {
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
                    let mut networks = ModelValue::mapping(*key_span);
                    networks.set("default", ModelValue::new(ValueKind::Null, *key_span));
                    service.set("networks", networks);
                    default_at = Some(*key_span);
                }
            }
        }
    }
    let Some(span) = default_at else { return };
    if dict.get("networks").is_none_or(|n| !n.is_mapping()) {
        dict.set("networks", ModelValue::mapping(span));
    }
    if let Some(networks) = dict.get_mut("networks")
        && networks.get("default").is_none()
    {
        networks.set("default", ModelValue::new(ValueKind::Null, span));
    }
}

/// The build arguments of each service that have no value here or in the environment: [`normalize`] drops them.
pub(super) fn unset_arguments(
    dict: &ModelValue,
    environment: &HashMap<String, String>,
) -> HashMap<String, Vec<ComposeVariable>> {
    let bare = |name: &str, span: Span| {
        let variable = ComposeVariable { name: name.to_owned(), span, value: None, bare: true };
        (!environment.contains_key(name)).then_some(variable)
    };
    let mut unset = HashMap::new();
    for service in dict.get("services").map(ModelValue::entries).unwrap_or_default() {
        let Some(args) = service.value.at(&["build", "args"]) else { continue };
        let found: Vec<ComposeVariable> = match &args.kind {
            ValueKind::Mapping(entries) => {
                entries.iter().filter(|e| e.value.is_null()).filter_map(|e| bare(&e.key, e.key_span)).collect()
            }
            ValueKind::Sequence(items) => {
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

fn normalize_service(service: &mut ModelValue, environment: &HashMap<String, String>) {
    if !service.is_mapping() {
        return;
    }
    if let Some(ModelValue { kind: ValueKind::String(policy), .. }) = service.get_mut("pull_policy")
        && policy == "if_not_present"
    {
        "missing".clone_into(policy);
    }
    if let Some(build) = service.get_mut("build")
        && build.is_mapping()
    {
        // An empty span: it is not written in any file.
        let span = build.span.start_point();
        if build.get("context").is_none_or(ModelValue::is_null) {
            build.set("context", ModelValue::string(".", span));
        }
        let absent = |key: &str| build.get(key).is_none_or(ModelValue::is_null);
        if absent("dockerfile") && absent("dockerfile_inline") {
            build.set("dockerfile", ModelValue::string("Dockerfile", span));
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
            if let Some(ModelValue { kind: ValueKind::String(target), .. }) = volume.get_mut("target") {
                *target = path_clean(target).into_owned();
            }
        }
    }
    implicit_dependencies(service);
}

fn implicit_dependencies(service: &mut ModelValue) {
    let mut implied: Vec<(String, bool, Span)> = Vec::new();
    for link in service.get("links").map(ModelValue::items).unwrap_or_default() {
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
    for from in service.get("volumes_from").map(ModelValue::items).unwrap_or_default() {
        if let Some(text) = from.as_str().filter(|t| !t.starts_with("container:")) {
            implied.push((text.split(':').next().unwrap_or(text).to_owned(), false, from.span));
        }
    }
    if implied.is_empty() {
        return;
    }
    if service.get("depends_on").is_none_or(|d| !d.is_mapping()) {
        let span = service.span;
        service.set("depends_on", ModelValue::mapping(span));
    }
    let Some(depends_on) = service.get_mut("depends_on") else { return };
    for (name, restart, span) in implied {
        if depends_on.get(&name).is_none() {
            let mut dependency = ModelValue::mapping(span);
            dependency.set("condition", ModelValue::string("service_started", span));
            dependency.set("restart", ModelValue::new(ValueKind::Bool(restart), span));
            dependency.set("required", ModelValue::new(ValueKind::Bool(true), span));
            depends_on.set(&name, dependency);
        }
    }
}

/// Bare names take the environment's value; without one they stay bare or go.
fn resolve(value: &mut ModelValue, environment: &HashMap<String, String>, keep_bare: bool) {
    match &mut value.kind {
        ValueKind::Mapping(entries) => {
            for entry in entries.iter_mut() {
                if entry.value.is_null()
                    && let Some(text) = environment.get(&entry.key)
                {
                    entry.value.kind = ValueKind::String(text.clone());
                }
            }
            if !keep_bare {
                entries.retain(|e| !e.value.is_null());
            }
        }
        ValueKind::Sequence(items) => {
            items.retain_mut(|item| match &mut item.kind {
                ValueKind::String(text) if !text.contains('=') => match environment.get(text.as_str()) {
                    Some(value) => {
                        *text = format!("{text}={value}");
                        true
                    }
                    None => keep_bare,
                },
                ValueKind::String(_) => true,
                _ => false,
            });
        }
        _ => {}
    }
}
