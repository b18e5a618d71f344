//! Typed views of services over the merged model.

use std::path::{Path, PathBuf};

use super::model::{ModelEntry, ModelValue, ValueKind};
use super::paths::is_remote;
use super::{
    BuildContextRef, CommandLine, ComposeBuild, ComposeHealthcheck, ComposeText, ComposeVariable, EnvFile, GpuRequest,
    Mount, MountKind, PublishedPort, SecretGrant, Service, ServiceDependency, words,
};
use crate::text::{Piece, Sources, Span, TextOrigin};

/// The views of all services of a model.
pub(super) fn services(
    model: &ModelValue,
    profiles: &[String],
    partial: &[String],
    sources: &mut Sources,
) -> Vec<Service> {
    let Some(services) = model.get("services") else { return Vec::new() };
    services
        .entries()
        .iter()
        .filter(|e| e.value.is_mapping())
        .map(|entry| {
            let mut service = service(entry, profiles, sources);
            service.partial = partial.contains(&service.name);
            service
        })
        .collect()
}

/// Whether a service of these profiles starts under the active ones.
pub(super) fn enabled(own: &[String], active: &[String]) -> bool {
    own.is_empty() || active.iter().any(|a| a == "*" || own.contains(a))
}

fn service(entry: &ModelEntry, active: &[String], sources: &mut Sources) -> Service {
    let value = &entry.value;
    let text = |key: &str| value.get(key).and_then(|v| text(v, sources));
    let profiles: Vec<String> = strings(value.get("profiles"));
    let image_entry = value.entry("image").map(|e| e.key_span.cover(e.value.span));
    let devices =
        value.get("devices").map(ModelValue::items).unwrap_or_default().iter().map(|d| device(d, sources)).collect();
    Service {
        name: entry.key.clone(),
        name_span: entry.key_span,
        span: value.span,
        enabled: enabled(&profiles, active),
        partial: false,
        profiles,
        image: text("image"),
        image_entry,
        command: value.entry("command").and_then(|e| command(e, sources)),
        entrypoint: value.entry("entrypoint").and_then(|e| command(e, sources)),
        environment: variables(value.get("environment"), sources),
        file_environment: Vec::new(),
        env_files: value
            .get("env_file")
            .map(ModelValue::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|f| env_file(f, sources))
            .collect(),
        depends_on: value
            .get("depends_on")
            .map(ModelValue::entries)
            .unwrap_or_default()
            .iter()
            .map(|e| dependency(e, sources))
            .collect(),
        healthcheck: value.get("healthcheck").filter(|h| h.is_mapping()).map(|h| healthcheck(h, sources)),
        ports: value.get("ports").map(ModelValue::items).unwrap_or_default().iter().map(port).collect(),
        volumes: value.get("volumes").map(ModelValue::items).unwrap_or_default().iter().map(mount).collect(),
        gpus: gpus(value, sources),
        devices,
        runtime: text("runtime"),
        network_mode: text("network_mode"),
        user: text("user"),
        container_name: text("container_name"),
        platform: text("platform"),
        pull_policy: text("pull_policy"),
        working_dir: text("working_dir"),
        secrets: grants(value.get("secrets"), sources),
        build: value.entry("build").and_then(|e| build(e, sources)),
        value: value.clone(),
    }
}

/// A scalar as text; `None` for null and for collections.
pub(super) fn text(value: &ModelValue, sources: &Sources) -> Option<ComposeText> {
    if matches!(value.kind, ValueKind::Null | ValueKind::Mapping(_) | ValueKind::Sequence(_)) {
        return None;
    }
    let resolved = value.print();
    let (raw, variables) = match &value.written {
        Some(written) => (written.raw.clone(), written.variables.clone()),
        None => match value.kind {
            ValueKind::String(_) => (resolved.clone(), Vec::new()),
            _ => (sources.slice(value.span).to_owned(), Vec::new()),
        },
    };
    Some(ComposeText {
        value: (!value.is_unknown()).then(|| resolved.clone()),
        resolved,
        raw,
        span: value.span,
        displaced: value.displaced.clone(),
        variables,
    })
}

fn texts(value: Option<&ModelValue>, sources: &Sources) -> Vec<ComposeText> {
    match value {
        Some(value) if value.is_sequence() => value.items().iter().filter_map(|v| text(v, sources)).collect(),
        Some(value) => text(value, sources).into_iter().collect(),
        None => Vec::new(),
    }
}

fn strings(value: Option<&ModelValue>) -> Vec<String> {
    value.map(ModelValue::items).unwrap_or_default().iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// A device as `source:target:permissions`.
fn device(value: &ModelValue, sources: &Sources) -> ComposeText {
    let part = |key: &str| value.get(key).map(ModelValue::print).unwrap_or_default();
    let resolved = match (part("source"), part("target"), part("permissions")) {
        (source, target, _) if target.is_empty() || source == target => source,
        (source, target, permissions) if permissions.is_empty() || permissions == "rwm" => format!("{source}:{target}"),
        (source, target, permissions) => format!("{source}:{target}:{permissions}"),
    };
    let unknown = value.entries().iter().any(|e| e.value.is_unknown());
    ComposeText {
        value: (!unknown).then(|| resolved.clone()),
        resolved,
        raw: sources.slice(value.span).to_owned(),
        span: value.span,
        displaced: value.displaced.clone(),
        variables: value
            .entries()
            .iter()
            .filter_map(|e| e.value.written.as_ref())
            .flat_map(|w| w.variables.clone())
            .collect(),
    }
}

fn command(entry: &ModelEntry, sources: &Sources) -> Option<CommandLine> {
    let value = &entry.value;
    let (list, words) = match &value.kind {
        ValueKind::Null => (false, Vec::new()),
        ValueKind::Sequence(items) => (true, items.iter().filter_map(|i| text(i, sources)).collect()),
        ValueKind::String(line) => {
            let whole = text(value, sources)?;
            let words = words::split(line).unwrap_or_else(|_| vec![line.clone()]);
            let words = words
                .into_iter()
                .map(|word| ComposeText {
                    value: whole.value.is_some().then(|| word.clone()),
                    raw: word.clone(),
                    resolved: word,
                    span: whole.span,
                    displaced: Vec::new(),
                    variables: whole.variables.clone(),
                })
                .collect();
            (false, words)
        }
        _ => return None,
    };
    let cleared = match &value.kind {
        ValueKind::Null => true,
        ValueKind::Sequence(items) => items.is_empty(),
        ValueKind::String(line) => line.is_empty() && !value.is_unknown(),
        _ => false,
    };
    Some(CommandLine { span: value.span, key_span: entry.key_span, cleared, list, words })
}

/// `environment:` or `args:` in either form.
fn variables(value: Option<&ModelValue>, sources: &Sources) -> Vec<ComposeVariable> {
    let Some(value) = value else { return Vec::new() };
    match &value.kind {
        ValueKind::Mapping(entries) => entries
            .iter()
            .map(|e| ComposeVariable {
                name: e.key.clone(),
                span: if e.key_span.file == e.value.span.file { e.key_span.cover(e.value.span) } else { e.key_span },
                bare: sources.slice(e.value.span).is_empty() || e.value.is_null(),
                value: text(&e.value, sources),
            })
            .collect(),
        ValueKind::Sequence(items) => items.iter().filter_map(|item| list_variable(item, sources)).collect(),
        _ => Vec::new(),
    }
}

fn list_variable(item: &ModelValue, sources: &Sources) -> Option<ComposeVariable> {
    let whole = item.as_str()?;
    let Some((name, resolved)) = whole.split_once('=') else {
        return Some(ComposeVariable { name: whole.to_owned(), span: item.span, value: None, bare: true });
    };
    let written = item.written.as_deref();
    let raw_whole = written.map_or(whole, |w| w.raw.as_str());
    let bare = !raw_whole.contains('=');
    let raw = raw_whole.split_once('=').map_or("", |(_, raw)| raw);
    let span = match written.and_then(|w| w.parts) {
        Some((_, value)) => value,
        None => match sources.slice(item.span).find('=') {
            // Behind the equals sign, without a closing quote.
            Some(at) => {
                let text = sources.slice(item.span);
                let quoted = text.starts_with(['"', '\'']) && text.len() > at + 1;
                let end = item.span.end as usize - usize::from(quoted);
                Span::new(item.span.file, item.span.start as usize + at + 1..end)
            }
            None => item.span,
        },
    };
    let text = ComposeText {
        value: (!item.is_unknown()).then(|| resolved.to_owned()),
        resolved: resolved.to_owned(),
        raw: raw.to_owned(),
        span,
        displaced: item.displaced.clone(),
        variables: written.map(|w| w.variables.clone()).unwrap_or_default(),
    };
    Some(ComposeVariable { name: name.to_owned(), span: item.span, value: Some(text), bare })
}

fn env_file(value: &ModelValue, sources: &Sources) -> Option<EnvFile> {
    let path = value.get("path")?;
    let text = text(path, sources)?;
    Some(EnvFile {
        path: text.value.as_deref().map(PathBuf::from),
        required: value.get("required").and_then(ModelValue::as_bool).unwrap_or(true),
        text,
    })
}

fn dependency(entry: &ModelEntry, sources: &Sources) -> ServiceDependency {
    ServiceDependency {
        service: entry.key.clone(),
        span: entry.key_span,
        condition: entry.value.get("condition").and_then(|c| text(c, sources)),
        required: entry.value.get("required").and_then(ModelValue::as_bool).unwrap_or(true),
    }
}

fn healthcheck(value: &ModelValue, sources: &Sources) -> ComposeHealthcheck {
    let test_value = value.get("test").filter(|t| !t.is_null());
    let test = match test_value {
        Some(line) if line.as_str().is_some() => {
            let word = |word: &str| ComposeText {
                value: Some(word.into()),
                resolved: word.into(),
                raw: word.into(),
                span: line.span,
                displaced: Vec::new(),
                variables: Vec::new(),
            };
            [word("CMD-SHELL")].into_iter().chain(text(line, sources)).collect()
        }
        Some(list) => texts(Some(list), sources),
        None => Vec::new(),
    };
    let disabled = value.get("disable").and_then(ModelValue::as_bool) == Some(true)
        || test.first().is_some_and(|w| w.known() == Some("NONE"));
    ComposeHealthcheck { span: value.span, disabled, test, test_span: test_value.map(|t| t.span) }
}

fn port(value: &ModelValue) -> PublishedPort {
    let known = |key: &str| value.get(key).filter(|v| !v.is_unknown() && !v.is_null()).map(ModelValue::print);
    let unknown = value.is_unknown();
    PublishedPort {
        span: value.span,
        target: if unknown { None } else { known("target").and_then(|t| t.parse().ok()) },
        published: if unknown { None } else { known("published").filter(|p| !p.is_empty()) },
        protocol: known("protocol").unwrap_or_else(|| "tcp".into()),
        host_ip: known("host_ip"),
    }
}

fn mount(value: &ModelValue) -> Mount {
    let known = |key: &str| value.get(key).filter(|v| !v.is_unknown() && !v.is_null()).map(ModelValue::print);
    let source = known("source");
    let kind = match value.get("type").and_then(ModelValue::as_str) {
        Some("bind") => MountKind::Bind,
        Some("volume") if value.get("source").is_none_or(|s| s.as_str() == Some("")) => MountKind::Anonymous,
        Some("volume") => MountKind::Volume,
        Some("tmpfs") => MountKind::Tmpfs,
        _ => MountKind::Other,
    };
    let creates = value.at(&["bind", "create_host_path"]).and_then(ModelValue::as_bool);
    Mount {
        span: value.span,
        kind,
        source,
        target: known("target"),
        read_only: value.get("read_only").and_then(ModelValue::as_bool).unwrap_or(false),
        creates_host_path: kind == MountKind::Bind && creates == Some(true),
    }
}

fn gpus(service: &ModelValue, sources: &Sources) -> Vec<GpuRequest> {
    let request = |value: &ModelValue| GpuRequest {
        span: value.span,
        driver: value.get("driver").and_then(|d| text(d, sources)),
        capabilities: texts(value.get("capabilities"), sources),
        count: value.get("count").and_then(|c| text(c, sources)),
        device_ids: texts(value.get("device_ids"), sources),
    };
    let direct = service.get("gpus").map(ModelValue::items).unwrap_or_default().iter().map(request);
    let reserved = service
        .at(&["deploy", "resources", "reservations", "devices"])
        .map(ModelValue::items)
        .unwrap_or_default()
        .iter()
        .map(request)
        .filter(|r| r.capabilities.iter().any(|c| c.resolved == "gpu"));
    direct.chain(reserved).collect()
}

fn grants(value: Option<&ModelValue>, sources: &Sources) -> Vec<SecretGrant> {
    value
        .map(ModelValue::items)
        .unwrap_or_default()
        .iter()
        .map(|v| SecretGrant {
            source: v.get("source").map(ModelValue::print).unwrap_or_default(),
            span: v.span,
            target: v.get("target").and_then(|t| text(t, sources)),
        })
        .collect()
}

fn build(entry: &ModelEntry, sources: &mut Sources) -> Option<ComposeBuild> {
    let value = &entry.value;
    if !value.is_mapping() {
        return None;
    }
    let context_value = value.get("context");
    // What Compose supplies by itself has an empty span.
    let context_text = context_value.filter(|c| !c.span.is_empty()).and_then(|c| text(c, sources));
    let context = match context_value {
        Some(v) if v.is_unknown() => BuildContextRef::Unknown,
        Some(v) => context(v.as_str().unwrap_or_default()),
        None => BuildContextRef::Unknown,
    };
    let short = context_value.is_some_and(|c| c.span == value.span && !c.span.is_empty());
    let dockerfile = value.get("dockerfile").filter(|d| !d.span.is_empty()).and_then(|d| text(d, sources));
    let inline_value = value.get("dockerfile_inline").filter(|v| v.as_str().is_some()).cloned();
    let dockerfile_path = match (&context, &inline_value, value.get("dockerfile")) {
        (_, Some(_), _) => None,
        (BuildContextRef::Local(dir), None, Some(name)) if !name.is_unknown() => {
            name.as_str().map(|name| if name.starts_with('/') { PathBuf::from(name) } else { join(dir, name) })
        }
        (BuildContextRef::Local(dir), None, None) => Some(dir.join("Dockerfile")),
        _ => None,
    };
    let args = variables(value.get("args"), sources);
    let additional_contexts = value
        .get("additional_contexts")
        .map(ModelValue::entries)
        .unwrap_or_default()
        .iter()
        .filter_map(|e| Some((e.key.clone(), text(&e.value, sources)?)))
        .collect();
    Some(ComposeBuild {
        span: value.span,
        key_span: entry.key_span,
        short,
        context,
        context_text,
        dockerfile,
        dockerfile_path,
        args,
        unset_args: Vec::new(),
        target: value.get("target").and_then(|t| text(t, sources)),
        additional_contexts,
        secrets: grants(value.get("secrets"), sources),
        ssh: value
            .get("ssh")
            .map(ModelValue::entries)
            .unwrap_or_default()
            .iter()
            .map(|e| ComposeText {
                value: Some(e.key.clone()),
                resolved: e.key.clone(),
                raw: e.key.clone(),
                span: e.key_span,
                displaced: Vec::new(),
                variables: Vec::new(),
            })
            .collect(),
        tags: texts(value.get("tags"), sources),
        platforms: texts(value.get("platforms"), sources),
        inline: inline_value.map(|v| inline(&v, sources)),
    })
}

fn join(dir: &Path, name: &str) -> PathBuf {
    crate::files::normalize(&dir.join(name))
}

/// Where a context text leads.
fn context(text: &str) -> BuildContextRef {
    if text.starts_with("service:")
        || text.starts_with("target:")
        || text.starts_with("docker-image://")
        || text.starts_with("oci-layout://")
    {
        BuildContextRef::Reference(text.to_owned())
    } else if is_remote(text) {
        BuildContextRef::Remote(text.to_owned())
    } else {
        BuildContextRef::Local(PathBuf::from(text))
    }
}

/// An inline Dockerfile as a file of its own whose lines lead back to the compose file.
fn inline(value: &ModelValue, sources: &mut Sources) -> crate::text::FileId {
    let text = value.as_str().unwrap_or_default().to_owned();
    let written = sources.slice(value.span);
    let start = value.span.start as usize;
    let mut pieces = Vec::new();
    let mut indent = String::new();
    // Lines are found in order: a line of the value stands on a line of the source, behind its indentation. What
    // interpolation or escapes changed inside a line is bridged by what both have in common at its start and end.
    let mut source_lines = Vec::new();
    let mut at = 0;
    for line in written.split_inclusive('\n') {
        source_lines.push((at, line.trim_end_matches(['\n', '\r'])));
        at += line.len();
    }
    let quoted = written.starts_with(['"', '\'']);
    let mut next = 0;
    let mut inner = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        if quoted {
            // One source line may hold several: look for the text itself.
            if let Some(found) = written.get(next..).and_then(|w| w.find(content)).filter(|_| !content.is_empty()) {
                let place = next + found;
                push(&mut pieces, inner, start + place, content.len());
                next = place + content.len();
            }
        } else if let Some((offset, source)) = source_lines.get(next) {
            let common_indent = if next == 0 { 0 } else { source.len() - source.trim_start_matches(' ').len() };
            let lead = content.len() - content.trim_start_matches(' ').len();
            let skip = common_indent.saturating_sub(lead);
            if next > 0 && indent.is_empty() && !content.is_empty() {
                indent = " ".repeat(skip);
            }
            let body = source.get(skip..).unwrap_or("");
            let prefix = common_prefix(body, content);
            push(&mut pieces, inner, start + offset + skip, prefix);
            if prefix < content.len() {
                let suffix = common_suffix(&body[prefix..], &content[prefix..]);
                push(&mut pieces, inner + content.len() - suffix, start + offset + skip + body.len() - suffix, suffix);
            }
            next += 1;
        }
        inner += line.len();
    }
    if pieces.is_empty() {
        push(&mut pieces, 0, start, text.len().min(written.len()).max(1));
    }
    sources.add_inner(text, TextOrigin { parent: value.span.file, pieces, indent })
}

fn push(pieces: &mut Vec<Piece>, start: usize, parent_start: usize, len: usize) {
    let to = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    if len > 0 {
        pieces.push(Piece { start: to(start), parent_start: to(parent_start), len: to(len) });
    }
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y).map_or(a.len().min(b.len()), |((i, _), _)| i)
}

fn common_suffix(a: &str, b: &str) -> usize {
    a.chars().rev().zip(b.chars().rev()).take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum()
}
