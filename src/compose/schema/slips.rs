//! The slips that people make most, in plain words, with the edit that mends them where there is one.

use super::shapes::{self, Object, Shape, types};
use crate::compose::faults::nearest;
use crate::compose::model::{ModelEntry, ModelValue, ValueKind};
use crate::compose::path::Path;
use crate::diagnostic::{Applicability, Fix};
use crate::text::{Sources, Span};

/// What is known about a fault beyond the plain message.
#[derive(Debug, Default)]
pub(super) struct Slip {
    pub(super) message: Option<String>,
    pub(super) help: Option<String>,
    pub(super) fix: Option<Fix>,
    /// A better place than the value: its key.
    pub(super) span: Option<Span>,
}

fn help(text: impl Into<String>) -> Slip {
    Slip { help: Some(text.into()), ..Slip::default() }
}

/// Puts a plain scalar in double quotes.
fn quote(span: Span, sources: &Sources) -> Option<Fix> {
    let text = sources.slice(span);
    let plain = !text.is_empty() && !text.contains(['"', '\\', '\n', '\'']) && !text.starts_with(['[', '{', '|', '>']);
    plain.then(|| {
        Fix::new("put the value in quotes", Applicability::Safe).insert(span, "\"").edit(span.end_point(), "\"")
    })
}

/// Makes a plain or quoted scalar the only item of a list.
fn enlist(span: Span, sources: &Sources) -> Option<Fix> {
    let text = sources.slice(span);
    // `-api` is a list item without its blank.
    let one_line = !text.is_empty() && !text.starts_with('-') && !text.contains(['\n', ',', '[', ']', '{', '}', '#']);
    one_line.then(|| Fix::new("make it a list", Applicability::Safe).insert(span, "[").edit(span.end_point(), "]"))
}

/// A value of the wrong type.
pub(super) fn wrong_type(value: &ModelValue, shape: &Shape, path: &Path<'_>, key: Span, sources: &Sources) -> Slip {
    let parts = path.parts();
    let place = parts.get();
    let last = place.last().copied().unwrap_or_default();
    let wants = |bit: u8| shape.types & bit != 0;
    match (&value.kind, place) {
        (ValueKind::Null, ["services", _, "build"]) => {
            Slip { span: Some(key), ..help("Write the folder behind it, `build: .`, or a `context:` below it.") }
        }
        (ValueKind::Null, ["services", name]) => Slip {
            message: Some(format!(
                "The service `{name}` is empty; Compose stops with \"services.{name} must be a mapping\"."
            )),
            span: Some(key),
            ..help("Give it `image:` or `build:`, indented below its name; or delete it.")
        },
        (ValueKind::Null, _) => Slip {
            span: Some(key),
            ..help("Give it a value, or delete the line. What should belong to it must be indented further than it.")
        },
        (ValueKind::Sequence(_), ["services"]) => {
            help("Services have names: write `name:` instead of `- ` and indent what belongs to it.")
        }
        (ValueKind::String(_), ["services", name]) => {
            help(format!("Write the attributes of `{name}` below it, such as `image: …`, indented by two spaces."))
        }
        (ValueKind::Mapping(_), ["services", _, "environment" | "labels" | "annotations" | "sysctls", _])
        | (ValueKind::Mapping(_), ["services", _, "build", "args" | "labels" | "additional_contexts", _]) => {
            let fix = equals_sign(value, sources);
            Slip {
                fix,
                ..help("In a list each item is one text, `- NAME=value`. With `NAME: value` leave the dashes away.")
            }
        }
        (
            ValueKind::Mapping(_),
            ["services", _, "ports" | "volumes" | "command" | "entrypoint" | "depends_on" | "networks" | "cap_add", _],
        ) if wants(types::STRING) && !wants(types::MAPPING) => {
            help("A colon followed by a space makes this a mapping. Put the whole item in quotes.")
        }
        (ValueKind::String(text), _) if wants(types::LIST) && text.starts_with('-') => {
            help("A list item has a blank after its dash: write `- ` and the item.")
        }
        (ValueKind::String(_), _) if wants(types::LIST) => Slip {
            fix: enlist(value.span, sources),
            ..help(format!("Write a list, `{last}: [ … ]`, or each item on a line of its own after `- `."))
        },
        (
            ValueKind::Int(_) | ValueKind::Float(_),
            [
                ..,
                "interval" | "timeout" | "start_period" | "start_interval" | "delay" | "monitor" | "window"
                | "stop_grace_period",
            ],
        ) => {
            let fix = (!sources.slice(value.span).is_empty())
                .then(|| Fix::new("write seconds", Applicability::Unsafe).edit(value.span.end_point(), "s"));
            Slip { fix, ..help(format!("A duration has a unit: `{}s`, `1m30s`.", value.print())) }
        }
        (ValueKind::Int(_) | ValueKind::Float(_), [.., "memory"]) => Slip {
            fix: quote(value.span, sources),
            ..help("A size is text with a unit: `512M`, `2g`. A bare number of bytes needs quotes.")
        },
        (ValueKind::Int(_) | ValueKind::Float(_), _) if wants(types::STRING) && !wants(types::NUMBER) => {
            Slip { fix: quote(value.span, sources), ..help("YAML reads this as a number. Put it in quotes.") }
        }
        (ValueKind::Bool(_), [.., "restart"]) => {
            let fix = (value.kind == ValueKind::Bool(false) && !sources.slice(value.span).is_empty())
                .then(|| Fix::new("write \"no\"", Applicability::Unsafe).edit(value.span, "\"no\""));
            Slip { fix, ..help("`restart` is one of \"no\", always, on-failure, unless-stopped.") }
        }
        (ValueKind::Bool(_), _) if wants(types::STRING) && !wants(types::BOOL) => {
            Slip { fix: quote(value.span, sources), ..help("YAML reads this as true or false. Put it in quotes.") }
        }
        (ValueKind::Timestamp(_), _) => {
            Slip { fix: quote(value.span, sources), ..help("YAML reads this as a date. Put it in quotes.") }
        }
        (ValueKind::Sequence(_), [.., "healthcheck"]) => {
            help("Write `test:` below `healthcheck:`, and the list behind it.")
        }
        (ValueKind::Sequence(_), ["volumes" | "networks" | "secrets" | "configs"]) => {
            help("At the top level each one is a key of its own: `name:` instead of `- name`.")
        }
        (ValueKind::Sequence(_), ["volumes" | "networks", _]) => help(
            "A service's mounts or networks belong to the service; here only the name and its driver are declared.",
        ),
        (ValueKind::Mapping(_), [.., "image"]) => {
            help("An image is one text, `name:tag`, without a space behind the colon.")
        }
        _ => Slip::default(),
    }
}

/// `- NAME: value` as `- NAME=value`, where both stand on one line without anything to quote.
fn equals_sign(value: &ModelValue, sources: &Sources) -> Option<Fix> {
    let [entry] = value.entries() else { return None };
    let (key, text) = (entry.key_span, entry.value.span);
    let written = sources.slice(text);
    let simple = |s: &str| {
        !s.is_empty() && !s.contains(['\n', '"', '\'', '#', '&', '*', '!', '|', '>', '{', '[']) && !s.contains(": ")
    };
    if key.file != text.file || key.end > text.start || !simple(sources.slice(key)) || !simple(written) {
        return None;
    }
    let between = Span { start: key.end, end: text.start, ..key };
    (sources.slice(between).trim() == ":")
        .then(|| Fix::new("write `NAME=value`", Applicability::Safe).edit(between, "="))
}

/// A value that none of the allowed ones equals.
pub(super) fn near_value(value: &ModelValue, text: &str, values: &[&str], sources: &Sources) -> Slip {
    let short = match text {
        "healthy" => Some("service_healthy"),
        "started" => Some("service_started"),
        "completed" | "completed_successfully" | "service_completed" => Some("service_completed_successfully"),
        _ => None,
    };
    let near = short.filter(|s| values.contains(s)).or_else(|| nearest(text, values.iter().copied()));
    let Some(near) = near else { return Slip::default() };
    let written = sources.slice(value.span);
    let fix =
        (written == text).then(|| Fix::new(format!("write `{near}`"), Applicability::Unsafe).edit(value.span, near));
    Slip { fix, ..help(format!("Did you mean `{near}`?")) }
}

/// What to write for an attribute that must be there.
pub(super) fn missing(required: &str, path: &Path<'_>) -> String {
    let parts = path.parts();
    match (required, parts.get()) {
        ("capabilities", _) => "For a GPU add `capabilities: [gpu]`.".into(),
        ("condition", [.., name]) => {
            format!("Add `condition: service_started` to `{name}`, or list the names only: `depends_on: [{name}]`.")
        }
        ("type", [.., "volumes", _]) => "Add `type: bind`, `type: volume` or `type: tmpfs`.".into(),
        _ => format!("Add `{required}:`."),
    }
}

fn has_key(shape: &'static Shape, key: &str) -> bool {
    shape.object.is_some_and(|o| o.keys.iter().any(|(name, _)| *name == key))
}

/// A key that does not exist here.
pub(super) fn unknown_key(entry: &ModelEntry, object: &'static Object, path: &Path<'_>, sources: &Sources) -> Slip {
    let key = entry.key.as_str();
    let parts = path.parts();
    let place = parts.get();
    let elsewhere: Option<String> = match place {
        [] => {
            let like_service =
                ["image", "build", "extends", "command", "ports"].iter().any(|k| entry.value.get(k).is_some());
            if like_service {
                Some(format!("`{key}` looks like a service: indent it below `services:`."))
            } else if has_key(&shapes::SERVICE, key) {
                Some(format!("`{key}` belongs to a service: indent it below the service's name."))
            } else {
                None
            }
        }
        ["services", _] => {
            let own_build = [
                "dockerfile",
                "context",
                "args",
                "target",
                "dockerfile_inline",
                "cache_from",
                "additional_contexts",
                "no_cache",
            ];
            let in_deploy =
                ["replicas", "resources", "placement", "update_config", "restart_policy", "rollback_config"];
            if own_build.contains(&key) {
                Some(format!("`{key}` belongs below `build:`, indented one step further."))
            } else if in_deploy.contains(&key) {
                Some(format!("`{key}` belongs below `deploy:`."))
            } else if matches!(key, "limits" | "reservations") {
                Some(format!("`{key}` belongs below `deploy:`, `resources:`."))
            } else if matches!(key, "test" | "interval" | "retries" | "timeout" | "start_period") {
                Some(format!("`{key}` belongs below `healthcheck:`."))
            } else if ["image", "build"].iter().any(|k| entry.value.get(k).is_some()) {
                Some(format!("`{key}` looks like a service of its own: it is indented too far."))
            } else if matches!(key, "driver" | "driver_opts" | "external") {
                Some(format!("`{key}` belongs to a volume or network at the top level."))
            } else if key == "gpu" {
                Some("Did you mean `gpus: all`?".into())
            } else {
                None
            }
        }
        ["services"] => Some("A service's name consists of letters, digits, `.`, `_` and `-`.".into()),
        ["services", _, "build"] if has_key(&shapes::SERVICE, key) => {
            Some(format!("`{key}` belongs to the service: it is indented one step too far."))
        }
        ["services", _, "deploy"] if matches!(key, "limits" | "reservations") => {
            Some(format!("`{key}` belongs below `resources:`."))
        }
        ["services", _, "deploy"] if key == "restart" => {
            Some("Here it is called `restart_policy`; `restart` belongs to the service.".into())
        }
        ["services", _, "healthcheck" | "deploy" | "logging"] if has_key(&shapes::SERVICE, key) => {
            Some(format!("`{key}` belongs to the service: it is indented one step too far."))
        }
        ["services", _, "deploy", "resources", "limits"] if key == "devices" => {
            Some("Devices are reserved: move `devices` below `reservations:`.".into())
        }
        _ => None,
    };
    if let Some(text) = elsewhere {
        return help(text);
    }
    let Some(near) = nearest(key, object.keys.iter().map(|(name, _)| *name)) else {
        let hint = if object.extensions {
            "Delete it, or begin its name with `x-` to keep it as a note of your own."
        } else {
            "Delete it."
        };
        return help(hint);
    };
    let fix = (sources.slice(entry.key_span) == key)
        .then(|| Fix::new(format!("write `{near}`"), Applicability::Unsafe).edit(entry.key_span, near));
    Slip { fix, ..help(format!("Did you mean `{near}`?")) }
}
