//! The mistakes that people make most, with the edits that correct them where there are any.

use super::shapes::{self, Object, Shape, types};
use crate::compose::fault::{KeyHint, Slip};
use crate::compose::faults::nearest;
use crate::compose::model::{ModelEntry, ModelValue, ValueKind};
use crate::compose::path::Path;
use crate::diagnostic::Edit;
use crate::text::{Sources, Span};

/// What a frequent mistake changes about a fault.
#[derive(Debug, Default)]
pub(super) struct SlipPlace {
    /// A better place than the value: its key.
    pub(super) span: Option<Span>,
    /// The edits that correct it.
    pub(super) edits: Vec<Edit>,
}

/// Puts a text before and after a place.
fn around(span: Span, before: &str, after: &str) -> Vec<Edit> {
    vec![
        Edit { span: span.start_point(), text: before.to_owned() },
        Edit { span: span.end_point(), text: after.to_owned() },
    ]
}

/// Puts a plain scalar in double quotes.
fn quote(span: Span, sources: &Sources) -> Vec<Edit> {
    let text = sources.slice(span);
    let plain = !text.is_empty() && !text.contains(['"', '\\', '\n', '\'']) && !text.starts_with(['[', '{', '|', '>']);
    if plain { around(span, "\"", "\"") } else { Vec::new() }
}

/// Makes a plain or quoted scalar the only item of a list.
fn enlist(span: Span, sources: &Sources) -> Vec<Edit> {
    let text = sources.slice(span);
    let one_line = !text.is_empty() && !text.contains(['\n', ',', '[', ']', '{', '}', '#']);
    if one_line { around(span, "[", "]") } else { Vec::new() }
}

/// Recognises the mistake behind a value of the wrong type.
pub(super) fn wrong_type(
    value: &ModelValue,
    shape: &Shape,
    path: &Path<'_>,
    key: Span,
    sources: &Sources,
) -> (Option<Slip>, SlipPlace) {
    let slip = slip(value, shape, path);
    let written = || !sources.slice(value.span).is_empty();
    let edits = match slip {
        Some(Slip::PairInList) => equals_sign(value, sources).into_iter().collect(),
        Some(Slip::TextForList(_)) => enlist(value.span, sources),
        Some(Slip::NoUnit(_)) if written() => vec![Edit { span: value.span.end_point(), text: "s".to_owned() }],
        Some(Slip::RestartFlag) if value.kind == ValueKind::Bool(false) && written() => {
            vec![Edit { span: value.span, text: "\"no\"".to_owned() }]
        }
        Some(Slip::NoSizeUnit | Slip::NumberForText | Slip::FlagForText | Slip::Date) => quote(value.span, sources),
        _ => Vec::new(),
    };
    (slip, SlipPlace { span: value.is_null().then_some(key), edits })
}

fn slip(value: &ModelValue, shape: &Shape, path: &Path<'_>) -> Option<Slip> {
    let parts = path.parts();
    let place = parts.get();
    let wants = |bit: u8| shape.types & bit != 0;
    let slip = match (&value.kind, place) {
        (ValueKind::Null, ["services", _, "build"]) => Slip::EmptyBuild,
        (ValueKind::Null, ["services", name]) => Slip::EmptyService((*name).to_owned()),
        (ValueKind::Null, _) => Slip::EmptyValue,
        (ValueKind::Sequence(_), ["services"]) => Slip::ListOfServices,
        (ValueKind::String(_), ["services", name]) => Slip::TextService((*name).to_owned()),
        (ValueKind::Mapping(_), ["services", _, "environment" | "labels" | "annotations" | "sysctls", _])
        | (ValueKind::Mapping(_), ["services", _, "build", "args" | "labels" | "additional_contexts", _]) => {
            Slip::PairInList
        }
        (
            ValueKind::Mapping(_),
            ["services", _, "ports" | "volumes" | "command" | "entrypoint" | "depends_on" | "networks" | "cap_add", _],
        ) if wants(types::STRING) && !wants(types::MAPPING) => Slip::ColonInItem,
        (ValueKind::String(_), _) if wants(types::LIST) => {
            Slip::TextForList(place.last().copied().unwrap_or_default().to_owned())
        }
        (
            ValueKind::Int(_) | ValueKind::Float(_),
            [
                ..,
                "interval" | "timeout" | "start_period" | "start_interval" | "delay" | "monitor" | "window"
                | "stop_grace_period",
            ],
        ) => Slip::NoUnit(value.print()),
        (ValueKind::Int(_) | ValueKind::Float(_), [.., "memory"]) => Slip::NoSizeUnit,
        (ValueKind::Int(_) | ValueKind::Float(_), _) if wants(types::STRING) && !wants(types::NUMBER) => {
            Slip::NumberForText
        }
        (ValueKind::Bool(_), [.., "restart"]) => Slip::RestartFlag,
        (ValueKind::Bool(_), _) if wants(types::STRING) && !wants(types::BOOL) => Slip::FlagForText,
        (ValueKind::Timestamp(_), _) => Slip::Date,
        (ValueKind::Sequence(_), [.., "healthcheck"]) => Slip::ListAsHealthcheck,
        (ValueKind::Sequence(_), ["volumes" | "networks" | "secrets" | "configs"]) => Slip::ListOfResources,
        (ValueKind::Sequence(_), ["volumes" | "networks", _]) => Slip::ListInResource,
        (ValueKind::Mapping(_), [.., "image"]) => Slip::SpaceInImage,
        _ => return None,
    };
    Some(slip)
}

/// Writes `- NAME: value` as `- NAME=value`, where both are on one line without anything to quote.
fn equals_sign(value: &ModelValue, sources: &Sources) -> Option<Edit> {
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
    (sources.slice(between).trim() == ":").then(|| Edit { span: between, text: "=".to_owned() })
}

/// Looks for the allowed value that is meant by one that is not.
pub(super) fn near_value(
    value: &ModelValue,
    text: &str,
    values: &'static [&'static str],
    sources: &Sources,
) -> (Option<&'static str>, SlipPlace) {
    let short = match text {
        "healthy" => Some("service_healthy"),
        "started" => Some("service_started"),
        "completed" | "completed_successfully" | "service_completed" => Some("service_completed_successfully"),
        _ => None,
    };
    let near = short.filter(|s| values.contains(s)).or_else(|| nearest(text, values.iter().copied()));
    let mut place = SlipPlace::default();
    if let Some(near) = near
        && sources.slice(value.span) == text
    {
        place.edits.push(Edit { span: value.span, text: near.to_owned() });
    }
    (near, place)
}

fn has_key(shape: &'static Shape, key: &str) -> bool {
    shape.object.is_some_and(|o| o.keys.iter().any(|(name, _)| *name == key))
}

/// Recognises what is meant by a key that does not exist here.
pub(super) fn unknown_key(
    entry: &ModelEntry,
    object: &'static Object,
    path: &Path<'_>,
    sources: &Sources,
) -> (KeyHint, Option<Edit>) {
    let key = entry.key.as_str();
    if let Some(hint) = elsewhere(entry, path) {
        return (hint, None);
    }
    let Some(near) = nearest(key, object.keys.iter().map(|(name, _)| *name)) else {
        return (if object.extensions { KeyHint::Extension } else { KeyHint::Unknown }, None);
    };
    let edit = (sources.slice(entry.key_span) == key).then(|| Edit { span: entry.key_span, text: near.to_owned() });
    (KeyHint::Near(near), edit)
}

/// The place where a key belongs that exists elsewhere.
fn elsewhere(entry: &ModelEntry, path: &Path<'_>) -> Option<KeyHint> {
    const OWN_BUILD: [&str; 8] = [
        "dockerfile",
        "context",
        "args",
        "target",
        "dockerfile_inline",
        "cache_from",
        "additional_contexts",
        "no_cache",
    ];
    const IN_DEPLOY: [&str; 6] =
        ["replicas", "resources", "placement", "update_config", "restart_policy", "rollback_config"];
    let key = entry.key.as_str();
    let parts = path.parts();
    let holds = |keys: &[&str]| keys.iter().any(|k| entry.value.get(k).is_some());
    let hint = match parts.get() {
        [] if holds(&["image", "build", "extends", "command", "ports"]) => KeyHint::ServiceAtTop,
        [] if has_key(&shapes::SERVICE, key) => KeyHint::AttributeAtTop,
        ["services", _] => match key {
            _ if OWN_BUILD.contains(&key) => KeyHint::OfBuild,
            _ if IN_DEPLOY.contains(&key) => KeyHint::OfDeploy,
            "limits" | "reservations" => KeyHint::OfResources,
            "test" | "interval" | "retries" | "timeout" | "start_period" => KeyHint::OfHealthcheck,
            _ if holds(&["image", "build"]) => KeyHint::ServiceInService,
            "driver" | "driver_opts" | "external" => KeyHint::OfResource,
            "gpu" => KeyHint::Gpu,
            _ => return None,
        },
        ["services"] => KeyHint::ServiceName,
        ["services", _, "build"] if has_key(&shapes::SERVICE, key) => KeyHint::TooFar,
        ["services", _, "deploy"] if matches!(key, "limits" | "reservations") => KeyHint::OfDeployResources,
        ["services", _, "deploy"] if key == "restart" => KeyHint::Restart,
        ["services", _, "healthcheck" | "deploy" | "logging"] if has_key(&shapes::SERVICE, key) => KeyHint::TooFar,
        ["services", _, "deploy", "resources", "limits"] if key == "devices" => KeyHint::DevicesUnderLimits,
        _ => return None,
    };
    Some(hint)
}
