//! What Compose checks on the finished project: that everything referred to is defined, and that nothing contradicts
//! itself. All faults are reported; those of disabled services are warnings.

mod env_files;
mod references;

use std::collections::HashMap;

pub(super) use env_files::EnvironmentOf;

use super::fault::{Conflict, Fault, FaultKind, SchemaFault, UndefinedName};
use super::faults;
use super::log::Log;
use super::model::{ModelEntry, ModelValue, ValueKind};
use super::units;
use super::views::enabled;
use crate::diagnostic::Severity;
use crate::files::Files;
use crate::text::{Sources, Span};

/// What the checks need to know besides the model.
pub(super) struct Checks<'a> {
    pub(super) model: &'a ModelValue,
    pub(super) files: &'a Files,
    pub(super) sources: &'a Sources,
    pub(super) log: &'a mut Log,
    pub(super) profiles: &'a [String],
    /// What is lacking is a fault.
    pub(super) complete: bool,
    pub(super) open_world: bool,
    pub(super) partial: &'a [String],
}

/// How a service's fault counts.
#[derive(Clone, Copy)]
struct Case<'a> {
    name: &'a str,
    enabled: bool,
}

impl Checks<'_> {
    pub(super) fn run(&mut self) {
        let model = self.model;
        let Some(services) = model.get("services") else { return };
        let mut containers: HashMap<&str, (&str, Span)> = HashMap::new();
        for entry in services.entries().iter().filter(|e| e.value.is_mapping()) {
            let case = Case { name: &entry.key, enabled: self.enabled(&entry.value) };
            self.service(case, entry);
            if let Some(name) = entry.value.get("container_name")
                && let Some(text) = name.as_str().filter(|t| !t.is_empty())
                && case.enabled
            {
                if let Some((other, place)) = containers.get(text) {
                    let compose =
                        format!("services.{}: container name {text:?} is already in use by service {other}", entry.key);
                    let kind = Conflict::ContainerName {
                        name: text.to_owned(),
                        service: entry.key.clone(),
                        other: (*other).to_owned(),
                        place: *place,
                    };
                    let fault = Fault::error(FaultKind::Conflict(kind), name.span).service(&entry.key).service(*other);
                    if self.complete {
                        self.known(case, compose, fault, name.is_unknown());
                    } else {
                        // A collection of bases to extend may hold alternatives.
                        self.log.refusals.push(compose);
                    }
                } else {
                    containers.insert(text, (&entry.key, name.span));
                }
            }
        }
        if let Some(secrets) = model.get("secrets") {
            for entry in secrets.entries() {
                let value = &entry.value;
                let external = value.get("external").and_then(ModelValue::as_bool) == Some(true);
                let blank = |key: &str| value.get(key).is_none_or(|v| v.is_null() || v.as_str() == Some(""));
                if !external && blank("file") && blank("environment") {
                    let unknown = value.get("file").is_some_and(ModelValue::is_unknown);
                    let compose = format!("secret {:?} must declare either `file` or `environment`", entry.key);
                    let kind = SchemaFault::SecretWithoutSource { name: entry.key.clone() };
                    let fault = Fault::error(FaultKind::Schema(kind), entry.key_span);
                    let case = Case { name: "", enabled: true };
                    self.known(case, compose, fault, unknown);
                }
            }
        }
        self.cycles(services);
    }

    fn enabled(&self, service: &ModelValue) -> bool {
        let own: Vec<String> = service.printed_items("profiles");
        enabled(&own, self.profiles)
    }

    /// A fault of a service. A fault of a disabled service does not stop Compose now.
    fn fault(&mut self, case: Case<'_>, compose: String, mut fault: Fault) {
        if case.enabled {
            self.log.refuse(compose, fault);
        } else {
            fault.severity = Severity::Warning;
            fault.is_off = true;
            self.log.report(fault);
        }
    }

    fn service(&mut self, case: Case<'_>, entry: &ModelEntry) {
        let value = &entry.value;
        let name = case.name;
        let build = value.get("build").filter(|b| b.is_mapping());
        let image = value.get("image");
        let has_image = image.is_some_and(|i| !i.is_null() && i.as_str() != Some(""));
        if build.is_none() && !has_image && value.get("provider").is_none_or(ModelValue::is_null) {
            let compose = format!("service {name:?} has neither an image nor a build context specified");
            let unknown = image.is_some_and(ModelValue::is_unknown) || self.partial.iter().any(|p| p == name);
            let fault = Fault::error(FaultKind::NoImageOrBuild, entry.key_span).service(name);
            if self.complete || unknown {
                self.known(case, compose, fault, unknown);
            } else if case.enabled {
                self.log.refusals.push(compose);
            }
        }
        if let Some(build) = build {
            self.build(case, value, build);
        }
        self.references(case, value);
        self.limits(case, value);
        self.mounts(case, value);
        if let Some(test) = value.at(&["healthcheck", "test"])
            && let Some(first) = test.items().first()
            && !matches!(first.as_str(), Some("CMD" | "CMD-SHELL" | "NONE"))
        {
            let fault = Fault::error(FaultKind::Schema(SchemaFault::HealthTest), first.span)
                .service(name)
                .insert(first.span, cmd_item(self.sources, first.span));
            let compose = "healthcheck.test must start either by \"CMD\", \"CMD-SHELL\" or \"NONE\"".to_owned();
            self.known(case, compose, fault, first.is_unknown());
        }
        for (i, watch) in value.at(&["develop", "watch"]).map(ModelValue::items).unwrap_or_default().iter().enumerate()
        {
            let action = watch.get("action").and_then(ModelValue::as_str).unwrap_or_default();
            let target = watch.get("target").and_then(ModelValue::as_str).unwrap_or_default();
            if target.is_empty() && !matches!(action, "rebuild" | "restart") && !action.is_empty() {
                let span = watch.get("action").map_or(watch.span, |a| a.span);
                let kind = SchemaFault::WatchTarget { entry: i + 1, action: action.to_owned() };
                let fault = Fault::error(FaultKind::Schema(kind), span).service(name);
                let compose = format!("services.{name}.develop.watch: target is required for non-rebuild actions");
                self.known(case, compose, fault, watch.get("target").is_some_and(ModelValue::is_unknown));
            }
        }
    }

    fn build(&mut self, case: Case<'_>, value: &ModelValue, build: &ModelValue) {
        let name = case.name;
        let text = |key: &str| build.entry(key).filter(|e| e.value.as_str().is_some_and(|t| !t.is_empty()));
        if let (Some(file), Some(inline)) = (text("dockerfile"), text("dockerfile_inline")) {
            let kind = FaultKind::Conflict(Conflict::Dockerfile { file: file.key_span });
            let fault = Fault::error(kind, inline.key_span).service(name);
            let compose = format!("service {name:?} declares mutualy exclusive dockerfile and dockerfile_inline");
            self.fault(case, compose, fault);
        }
        for entry in build.get("additional_contexts").map(ModelValue::entries).unwrap_or_default() {
            let Some(target) = entry.value.as_str().and_then(|t| t.strip_prefix("service:")) else { continue };
            let key = &entry.key;
            let unknown = entry.value.is_unknown();
            match self.model.get("services").and_then(|s| s.get(target)) {
                None => {
                    let compose =
                        format!("service {name:?} declares unknown service {target:?} as additional contexts {key}");
                    let span = entry.value.span;
                    let (hint, edit) = faults::suggest(self.sources, span, target, &self.names("services"));
                    let kind = UndefinedName::Context { key: key.clone(), target: target.to_owned(), hint };
                    let mut fault = Fault::error(FaultKind::Undefined(kind), span).service(name);
                    fault.edits.extend(edit);
                    self.undefined(case, compose, fault, unknown);
                }
                Some(service) if !self.enabled(service) => {
                    let compose =
                        format!("service {name:?} declares unknown service {target:?} as additional contexts {key}");
                    let fault = self.inactive(case, target, service, entry.value.span);
                    self.undefined(case, compose, fault, unknown);
                }
                Some(service) if service.get("build").is_none() => {
                    let compose = format!(
                        "service {name:?} declares non-buildable service {target:?} as additional contexts {key}"
                    );
                    let kind = UndefinedName::ContextWithoutBuild { key: key.clone(), target: target.to_owned() };
                    let fault = Fault::error(FaultKind::Undefined(kind), entry.value.span).service(name);
                    self.undefined(case, compose, fault, unknown);
                }
                Some(_) => {}
            }
        }
        if let (Some(platforms), Some(platform)) = (build.get("platforms"), value.get("platform")) {
            let wanted = platform.as_str().unwrap_or_default();
            let items = platforms.items();
            if !wanted.is_empty() && !items.is_empty() && !items.iter().any(|p| p.as_str() == Some(wanted)) {
                let kind = Conflict::Platform { wanted: wanted.to_owned(), platforms: platforms.span };
                let fault = Fault::error(FaultKind::Conflict(kind), platform.span).service(name);
                let unknown = platform.is_unknown() || items.iter().any(ModelValue::is_unknown);
                let compose = format!("service.build.platforms MUST include service.platform {wanted:?}");
                self.known(case, compose, fault, unknown);
            }
        }
        let items = build.get("secrets").map(ModelValue::items).unwrap_or_default();
        self.sources_of(case, items, "secrets", "build secret");
    }

    fn limits(&mut self, case: Case<'_>, value: &ModelValue) {
        let name = case.name;
        let whole = |v: Option<&ModelValue>| v.and_then(|v| v.print().parse::<i64>().ok());
        let scale = value.entry("scale").filter(|e| !e.value.is_null());
        let replicas = value.get("deploy").and_then(|d| d.entry("replicas")).filter(|e| !e.value.is_null());
        let (scale_n, replicas_n) = (whole(scale.map(|e| &e.value)), whole(replicas.map(|e| &e.value)));
        if let (Some(scale), Some(replicas)) = (scale, replicas)
            && scale_n != replicas_n
        {
            let kind = FaultKind::Conflict(Conflict::Replicas { other: replicas.value.span });
            let fault = Fault::error(kind, scale.value.span).service(name);
            let compose = format!("services.{name}: can't set distinct values on 'scale' and 'deploy.replicas'");
            let unknown = scale.value.is_unknown() || replicas.value.is_unknown();
            self.known(case, compose, fault, unknown);
        }
        for (entry, n, path) in [(scale, scale_n, "scale"), (replicas, replicas_n, "deploy.replicas")] {
            if let (Some(entry), Some(n)) = (entry, n)
                && n < 0
            {
                let compose = format!("services.{name}.{path}: must be greater than or equal to 0");
                let kind = FaultKind::Schema(SchemaFault::Negative { path });
                let fault = Fault::error(kind, entry.value.span).service(name);
                self.known(case, compose, fault, entry.value.is_unknown());
            }
        }
        if let Some(container) = value.entry("container_name")
            && container.value.as_str().is_some_and(|n| !n.is_empty())
            && let Some(n) = scale_n.or(replicas_n)
            && n > 1
            && let Some(number) = scale.or(replicas)
        {
            let attribute = if scale.is_some() { "scale" } else { "deploy.replicas" };
            let kind = Conflict::Containers { attribute, count: n, number: number.value.span };
            let fault = Fault::error(FaultKind::Conflict(kind), container.value.span).service(name);
            let compose =
                format!("services.{attribute}: can't set container_name and {name} as container name must be unique");
            self.known(case, compose, fault, container.value.is_unknown() || number.value.is_unknown());
        }
        let size = |v: &ModelValue| match &v.kind {
            ValueKind::Int(n) => *n as f64,
            ValueKind::String(text) => units::bytes(text).map_or(0.0, |n| n as f64),
            _ => 0.0,
        };
        let share = |v: &ModelValue| f64::from(v.print().parse::<f32>().unwrap_or(0.0));
        type Read<'r> = &'r dyn Fn(&ModelValue) -> f64;
        let pairs: [(&str, &str, &str, Read<'_>); 4] = [
            ("cpus", "limits", "cpus", &share),
            ("mem_limit", "limits", "memory", &size),
            ("mem_reservation", "reservations", "memory", &size),
            ("pids_limit", "limits", "pids", &share),
        ];
        for (own, group, key, read) in pairs {
            let Some(direct) = value.get(own) else { continue };
            let Some(resources) = value.at(&["deploy", "resources", group]) else { continue };
            let theirs = resources.get(key);
            if read(direct) != 0.0 && theirs.map_or(0.0, read) != read(direct) {
                let place = format!("deploy.resources.{group}.{key}");
                let compose = format!("services.{name}: can't set distinct values on '{own}' and '{place}'");
                let unknown = direct.is_unknown() || theirs.is_some_and(ModelValue::is_unknown);
                let other = theirs.map_or(resources.span, |t| t.span);
                let kind = FaultKind::Conflict(Conflict::Limit { own, place, other });
                let fault = Fault::error(kind, direct.span).service(name);
                self.known(case, compose, fault, unknown);
            }
        }
    }

    /// No two mounts have one target.
    fn mounts(&mut self, case: Case<'_>, value: &ModelValue) {
        let mut seen: HashMap<String, (String, Span)> = HashMap::new();
        let tmpfs = value.get("tmpfs");
        let tmpfs: &[ModelValue] = match tmpfs {
            Some(list) if list.is_sequence() => list.items(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let targets = tmpfs
            .iter()
            .enumerate()
            .map(|(i, t)| (format!("tmpfs[{i}]"), t.print().split(':').next().unwrap_or_default().to_owned(), t))
            .chain(value.get("volumes").map(ModelValue::items).unwrap_or_default().iter().enumerate().map(|(i, v)| {
                (format!("volumes[{i}]"), v.get("target").map(ModelValue::print).unwrap_or_default(), v)
            }));
        for (place, target, at) in targets.collect::<Vec<_>>() {
            let place = format!("services.{}.{place}", case.name);
            if let Some((other, span)) = seen.get(&target) {
                let compose = format!("{place}: target {target} already mounted as {other}");
                let kind = Conflict::Target { target, first: *span };
                let fault = Fault::error(FaultKind::Conflict(kind), at.span).service(case.name);
                let unknown = at.is_unknown() || at.entries().iter().any(|e| e.value.is_unknown());
                self.known(case, compose, fault, unknown);
            } else {
                seen.insert(target, (place, at.span));
            }
        }
    }
}

/// `CMD` as an item before the one at `span`, in the style of its list.
fn cmd_item(sources: &Sources, span: Span) -> String {
    let file = sources.file(span.file);
    let line = file.line_range(file.line_of(span.start));
    let before = file.text().get(line.start..span.start as usize).unwrap_or("");
    match before.trim_start() {
        "- " => format!("CMD\n{before}"),
        _ => "\"CMD\", ".into(),
    }
}
