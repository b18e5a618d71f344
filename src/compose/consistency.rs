//! What Compose checks on the finished project: that everything referred to is defined, and that nothing contradicts
//! itself. All faults come out, with disabled services' ones toned down.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::faults;
use super::load::Environment;
use super::log::{Log, rule};
use super::model::{Entry, Kind, Value};
use super::views::enabled;
use super::{dotenv, units};
use crate::diagnostic::{Applicability, Finding, Fix, Severity};
use crate::files::{Files, ReadError};
use crate::source::{Sources, Span};

/// What the checks need to know besides the model.
pub(super) struct Checks<'a> {
    pub(super) model: &'a Value,
    pub(super) files: &'a Files,
    pub(super) sources: &'a Sources,
    pub(super) log: &'a mut Log,
    pub(super) profiles: &'a [String],
    /// What is lacking is a fault.
    pub(super) complete: bool,
    pub(super) open_world: bool,
    pub(super) partial: &'a [String],
}

/// Names of networks and volumes for which a fix is offered that declares them.
const MOST_DECLARED: usize = 50;

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
                    let finding = Log::error(
                        rule::CONFLICT,
                        name.span,
                        format!(
                            "`{}` and `{other}` both want the container name `{text}`; Compose stops with \"container \
                             name is already in use\".",
                            entry.key
                        ),
                    )
                    .here("again here")
                    .label(*place, format!("`{other}` has it here"))
                    .service(&entry.key)
                    .service(*other)
                    .help("Drop `container_name`, or give each service its own.");
                    if self.complete {
                        self.known(case, compose, finding, name.is_unknown());
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
                let external = value.get("external").and_then(Value::as_bool) == Some(true);
                let blank = |key: &str| value.get(key).is_none_or(|v| v.is_null() || v.as_str() == Some(""));
                if !external && blank("file") && blank("environment") {
                    let unknown = value.get("file").is_some_and(Value::is_unknown);
                    let compose = format!("secret {:?} must declare either `file` or `environment`", entry.key);
                    let finding = Log::error(
                        rule::SCHEMA,
                        entry.key_span,
                        format!(
                            "The secret `{}` has neither `file:` nor `environment:`; Compose refuses it.",
                            entry.key
                        ),
                    )
                    .help("Say where it comes from, or mark it `external: true`.");
                    let case = Case { name: "", enabled: true };
                    self.known(case, compose, finding, unknown);
                }
            }
        }
        self.cycles(services);
    }

    fn enabled(&self, service: &Value) -> bool {
        let own: Vec<String> =
            service.get("profiles").map(Value::items).unwrap_or_default().iter().map(Value::print).collect();
        enabled(&own, self.profiles)
    }

    /// A fault of a service. What a disabled service does wrong does not stop Compose now.
    fn fault(&mut self, case: Case<'_>, compose: String, finding: Finding) {
        if case.enabled {
            self.log.refuse(compose, finding);
        } else {
            let mut finding = finding;
            finding.severity = Severity::Warning;
            let note = format!("`{}` is off unless one of its profiles is active.", case.name);
            finding.help = Some(finding.help.map_or(note.clone(), |h| format!("{h} {note}")));
            self.log.report(finding);
        }
    }

    /// As [`Checks::fault`]; but a value that depends on an unset variable may be right elsewhere.
    fn known(&mut self, case: Case<'_>, compose: String, finding: Finding, unknown: bool) {
        if unknown {
            if case.enabled {
                self.log.refusals.push(compose);
            }
            return;
        }
        self.fault(case, compose, finding);
    }

    /// Something named that is not defined: a fault where the whole project is known.
    fn undefined(&mut self, case: Case<'_>, compose: String, finding: Finding, unknown: bool) {
        if self.open_world {
            return;
        }
        if !self.complete || unknown {
            if case.enabled {
                self.log.refusals.push(compose);
            }
            return;
        }
        self.fault(case, compose, finding);
    }

    fn names(&self, section: &str) -> Vec<String> {
        let entries = self.model.get(section).map(Value::entries).unwrap_or_default();
        entries.iter().take(faults::MOST_NAMES).map(|e| e.key.clone()).collect()
    }

    fn defined(&self, section: &str, name: &str) -> bool {
        self.model.get(section).is_some_and(|s| s.entry(name).is_some())
    }

    fn service(&mut self, case: Case<'_>, entry: &Entry) {
        let value = &entry.value;
        let name = case.name;
        let build = value.get("build").filter(|b| b.is_mapping());
        let image = value.get("image");
        let has_image = image.is_some_and(|i| !i.is_null() && i.as_str() != Some(""));
        if build.is_none() && !has_image && value.get("provider").is_none_or(Value::is_null) {
            let compose = format!("service {name:?} has neither an image nor a build context specified");
            let unknown = image.is_some_and(Value::is_unknown) || self.partial.iter().any(|p| p == name);
            let finding = Log::error(
                rule::NO_IMAGE_OR_BUILD,
                entry.key_span,
                format!(
                    "Compose stops with \"service \"{name}\" has neither an image nor a build context specified\"."
                ),
            )
            .service(name)
            .help("Give it `image:` or `build:`.");
            if self.complete || unknown {
                self.known(case, compose, finding, unknown);
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
            let finding = Log::error(
                rule::SCHEMA,
                first.span,
                "A healthcheck's list starts with \"CMD\", \"CMD-SHELL\" or \"NONE\"; Compose refuses this one.",
            )
            .service(name)
            .help("Put `CMD` in front, or write the test as one string for the shell.")
            .fix(
                Fix::new("put `CMD` in front", Applicability::Unsafe)
                    .insert(first.span, cmd_item(self.sources, first.span)),
            );
            let compose = "healthcheck.test must start either by \"CMD\", \"CMD-SHELL\" or \"NONE\"".to_owned();
            self.known(case, compose, finding, first.is_unknown());
        }
        for (i, watch) in value.at(&["develop", "watch"]).map(Value::items).unwrap_or_default().iter().enumerate() {
            let action = watch.get("action").and_then(Value::as_str).unwrap_or_default();
            let target = watch.get("target").and_then(Value::as_str).unwrap_or_default();
            if target.is_empty() && !matches!(action, "rebuild" | "restart") && !action.is_empty() {
                let span = watch.get("action").map_or(watch.span, |a| a.span);
                let finding = Log::error(
                    rule::SCHEMA,
                    span,
                    format!("Watch entry {} of `{name}` has the action `{action}`, which needs `target:`.", i + 1),
                )
                .service(name);
                let compose = format!("services.{name}.develop.watch: target is required for non-rebuild actions");
                self.known(case, compose, finding, watch.get("target").is_some_and(Value::is_unknown));
            }
        }
    }

    fn build(&mut self, case: Case<'_>, value: &Value, build: &Value) {
        let name = case.name;
        let text = |key: &str| build.entry(key).filter(|e| e.value.as_str().is_some_and(|t| !t.is_empty()));
        if let (Some(file), Some(inline)) = (text("dockerfile"), text("dockerfile_inline")) {
            let finding = Log::error(
                rule::CONFLICT,
                inline.key_span,
                "`dockerfile` and `dockerfile_inline` exclude each other; Compose refuses the two together.",
            )
            .here("the inline one")
            .label(file.key_span, "and the file")
            .service(name)
            .help("Keep the one that should be built.");
            let compose = format!("service {name:?} declares mutualy exclusive dockerfile and dockerfile_inline");
            self.fault(case, compose, finding);
        }
        for entry in build.get("additional_contexts").map(Value::entries).unwrap_or_default() {
            let Some(target) = entry.value.as_str().and_then(|t| t.strip_prefix("service:")) else { continue };
            let key = &entry.key;
            let unknown = entry.value.is_unknown();
            match self.model.get("services").and_then(|s| s.get(target)) {
                None => {
                    let compose =
                        format!("service {name:?} declares unknown service {target:?} as additional contexts {key}");
                    let finding = Log::error(
                        rule::UNDEFINED_REFERENCE,
                        entry.value.span,
                        format!("The additional context `{key}` names the service `{target}`, which is not defined."),
                    )
                    .service(name);
                    let finding = faults::suggest(finding, self.sources, target, &self.names("services"), "service");
                    self.undefined(case, compose, finding, unknown);
                }
                Some(service) if !self.enabled(service) => {
                    let compose =
                        format!("service {name:?} declares unknown service {target:?} as additional contexts {key}");
                    let finding = self.inactive(case, target, service, entry.value.span);
                    self.undefined(case, compose, finding, unknown);
                }
                Some(service) if service.get("build").is_none() => {
                    let compose = format!(
                        "service {name:?} declares non-buildable service {target:?} as additional contexts {key}"
                    );
                    let finding = Log::error(
                        rule::UNDEFINED_REFERENCE,
                        entry.value.span,
                        format!("The additional context `{key}` is the service `{target}`, which has no `build:`; Compose refuses that."),
                    )
                    .service(name)
                    .help("Name its image instead: `docker-image://…`.");
                    self.undefined(case, compose, finding, unknown);
                }
                Some(_) => {}
            }
        }
        if let (Some(platforms), Some(platform)) = (build.get("platforms"), value.get("platform")) {
            let wanted = platform.as_str().unwrap_or_default();
            let items = platforms.items();
            if !wanted.is_empty() && !items.is_empty() && !items.iter().any(|p| p.as_str() == Some(wanted)) {
                let finding = Log::error(
                    rule::CONFLICT,
                    platform.span,
                    format!("`platform: {wanted}` is not among `build.platforms`; Compose refuses that."),
                )
                .label(platforms.span, "the platforms that are built")
                .service(name)
                .help("Add it to `build.platforms`, or drop `platform`.");
                let unknown = platform.is_unknown() || items.iter().any(Value::is_unknown);
                let compose = format!("service.build.platforms MUST include service.platform {wanted:?}");
                self.known(case, compose, finding, unknown);
            }
        }
        let items = build.get("secrets").map(Value::items).unwrap_or_default();
        self.sources_of(case, items, "secrets", "build secret");
    }

    /// Items whose `source` names a top-level resource.
    fn sources_of(&mut self, case: Case<'_>, items: &[Value], section: &str, what: &str) {
        for item in items {
            let Some(source) = item.get("source") else { continue };
            let text = source.print();
            if !self.defined(section, &text) {
                let compose = format!("service {:?} refers to undefined {what} {text}", case.name);
                let finding = self.missing(case, section, what, &text, source.span);
                self.undefined(case, compose, finding, source.is_unknown());
            }
        }
    }

    fn missing(&mut self, case: Case<'_>, section: &str, what: &str, text: &str, span: Span) -> Finding {
        let name = case.name;
        let finding = Log::error(
            rule::UNDEFINED_REFERENCE,
            span,
            format!(
                "`{name}` refers to the {what} `{text}`, which is not defined; Compose stops with \"service \"{name}\" \
                 refers to undefined {what} {text}\"."
            ),
        )
        .service(name)
        .help(format!("Define it under the top-level `{section}:`."));
        let finding = faults::suggest(finding, self.sources, text, &self.names(section), what);
        if !finding.fixes.is_empty() || self.log.declared >= MOST_DECLARED {
            return finding;
        }
        self.log.declared += 1;
        match faults::declare(self.model, self.sources, span, section, text) {
            Some(fix) => finding.fix(fix),
            None => finding,
        }
    }

    /// A dependency on a service that no active profile starts.
    fn inactive(&self, case: Case<'_>, target: &str, service: &Value, span: Span) -> Finding {
        let profiles: Vec<String> = service
            .get("profiles")
            .map(Value::items)
            .unwrap_or_default()
            .iter()
            .map(|p| format!("`{}`", p.print()))
            .collect();
        let name = case.name;
        let mut finding = Log::error(
            rule::INACTIVE_PROFILE,
            span,
            format!(
                "`{name}` needs `{target}`, which only starts under {}; without it Compose stops with \"service \
                 \"{name}\" depends on undefined service \"{target}\"\".",
                profiles.join(" or ")
            ),
        )
        .service(name)
        .service(target)
        .help(format!(
            "Give `{name}` the same profile, take the profile away, or make the dependency optional: `required: false`."
        ));
        if let Some(profiles) = service.entry("profiles") {
            finding = finding.label(profiles.key_span, format!("`{target}` is limited here"));
        }
        finding
    }

    fn references(&mut self, case: Case<'_>, value: &Value) {
        let name = case.name;
        let networks = value.entry("networks");
        if let (Some(mode), Some(networks)) = (value.entry("network_mode"), networks)
            && mode.value.as_str().is_some_and(|m| !m.is_empty())
            && !networks.value.entries().is_empty()
        {
            let finding = Log::error(
                rule::CONFLICT,
                mode.key_span,
                format!(
                    "`network_mode` and `networks` exclude each other; Compose stops with \"service {name} declares \
                     mutually exclusive `network_mode` and `networks`\"."
                ),
            )
            .here("the mode")
            .label(networks.key_span, "and the networks")
            .service(name)
            .help("Keep one of the two.");
            let compose = format!("service {name} declares mutually exclusive `network_mode` and `networks`");
            self.known(case, compose, finding, mode.value.is_unknown());
        }
        for network in networks.map(|n| n.value.entries()).unwrap_or_default() {
            if network.key.starts_with("x-") {
                let compose = format!("service {name:?} refers to undefined network #extensions");
                let finding = Log::error(
                    rule::UNDEFINED_REFERENCE,
                    network.key_span,
                    format!(
                        "Below a service, Compose takes a network whose name begins with `x-` for an extension, and stops \
                         with \"service \"{name}\" refers to undefined network #extensions\"."
                    ),
                )
                .service(name)
                .help("Give the network another name.");
                self.fault(case, compose, finding);
                continue;
            }
            if !self.defined("networks", &network.key) {
                let compose = format!("service {name:?} refers to undefined network {}", network.key);
                let finding = self.missing(case, "networks", "network", &network.key, network.key_span);
                let unknown = network.value.is_unknown();
                self.undefined(case, compose, finding, unknown);
            }
        }
        self.dependencies(case, value);
        for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
            let Some(mode) = value.get(key) else { continue };
            let Some(target) = mode.as_str().and_then(|m| m.strip_prefix("service:")) else { continue };
            if key == "network_mode" && !self.is_enabled_service(target) {
                // The implied dependency has been reported there already.
                if case.enabled && !self.open_world {
                    let compose = format!("service {target:?} not found for network_mode 'service:{target}'");
                    self.log.refusals.push(compose);
                }
            }
        }
        for volume in value.get("volumes").map(Value::items).unwrap_or_default() {
            let source = volume.get("source").filter(|s| s.as_str().is_some_and(|t| !t.is_empty()));
            if volume.get("type").and_then(Value::as_str) == Some("volume")
                && let Some(source) = source
                && let text = source.print()
                && !self.defined("volumes", &text)
            {
                let compose = format!("service {name:?} refers to undefined volume {text}");
                let finding = self.missing(case, "volumes", "volume", &text, source.span);
                self.undefined(case, compose, finding, source.is_unknown() || volume.is_unknown());
            }
        }
        let items = |key: &str| value.get(key).map(Value::items).unwrap_or_default();
        self.sources_of(case, items("configs"), "configs", "config");
        self.sources_of(case, items("secrets"), "secrets", "secret");
        for model in value.get("models").map(Value::entries).unwrap_or_default() {
            if !self.defined("models", &model.key) {
                let compose = format!("service {name:?} refers to undefined model {}", model.key);
                let finding = self.missing(case, "models", "model", &model.key, model.key_span);
                self.undefined(case, compose, finding, model.value.is_unknown());
            }
        }
    }

    fn is_enabled_service(&self, name: &str) -> bool {
        self.model.get("services").and_then(|s| s.get(name)).is_some_and(|s| self.enabled(s))
    }

    fn dependencies(&mut self, case: Case<'_>, value: &Value) {
        let name = case.name;
        for dependency in value.get("depends_on").map(Value::entries).unwrap_or_default() {
            let target = dependency.key.as_str();
            let required = dependency.value.get("required").and_then(Value::as_bool).unwrap_or(true);
            let compose = format!("service {name:?} depends on undefined service {target:?}");
            let unknown = dependency.value.is_unknown();
            match self.model.get("services").and_then(|s| s.get(target)) {
                Some(service) if self.enabled(service) => {}
                Some(service) if service.is_mapping() => {
                    if required && case.enabled {
                        let finding = self.inactive(case, target, service, dependency.key_span);
                        self.undefined(case, compose, finding, unknown);
                    }
                }
                _ => {
                    let finding = Log::error(
                        rule::UNDEFINED_REFERENCE,
                        dependency.key_span,
                        format!(
                            "`{name}` depends on the service `{target}`, which is not defined; Compose stops with \
                             \"service \"{name}\" depends on undefined service \"{target}\"\"."
                        ),
                    )
                    .service(name);
                    let known: Vec<String> = self.names("services").into_iter().filter(|n| n != name).collect();
                    let finding = faults::suggest(finding, self.sources, target, &known, "service");
                    self.undefined(case, compose, finding, unknown);
                }
            }
        }
    }

    fn limits(&mut self, case: Case<'_>, value: &Value) {
        let name = case.name;
        let whole = |v: Option<&Value>| v.and_then(|v| v.print().parse::<i64>().ok());
        let scale = value.entry("scale").filter(|e| !e.value.is_null());
        let replicas = value.get("deploy").and_then(|d| d.entry("replicas")).filter(|e| !e.value.is_null());
        let (scale_n, replicas_n) = (whole(scale.map(|e| &e.value)), whole(replicas.map(|e| &e.value)));
        if let (Some(scale), Some(replicas)) = (scale, replicas)
            && scale_n != replicas_n
        {
            let finding = Log::error(
                rule::CONFLICT,
                scale.value.span,
                "`scale` and `deploy.replicas` say different numbers; Compose refuses that.",
            )
            .label(replicas.value.span, "the other number")
            .service(name)
            .help("Keep one of the two.");
            let compose = format!("services.{name}: can't set distinct values on 'scale' and 'deploy.replicas'");
            let unknown = scale.value.is_unknown() || replicas.value.is_unknown();
            self.known(case, compose, finding, unknown);
        }
        for (entry, n, path) in [(scale, scale_n, "scale"), (replicas, replicas_n, "deploy.replicas")] {
            if let (Some(entry), Some(n)) = (entry, n)
                && n < 0
            {
                let compose = format!("services.{name}.{path}: must be greater than or equal to 0");
                let finding =
                    Log::error(rule::SCHEMA, entry.value.span, format!("`{path}` cannot be negative.")).service(name);
                self.known(case, compose, finding, entry.value.is_unknown());
            }
        }
        if let Some(container) = value.entry("container_name")
            && container.value.as_str().is_some_and(|n| !n.is_empty())
            && let Some(n) = scale_n.or(replicas_n)
            && n > 1
            && let Some(number) = scale.or(replicas)
        {
            let attribute = if scale.is_some() { "scale" } else { "deploy.replicas" };
            let finding = Log::error(
                rule::CONFLICT,
                container.value.span,
                format!("A container name is unique, but `{attribute}` asks for {n} containers; Compose refuses the two together."),
            )
            .here("one name")
            .label(number.value.span, "several containers")
            .service(name)
            .help("Drop `container_name`.");
            let compose =
                format!("services.{attribute}: can't set container_name and {name} as container name must be unique");
            self.known(case, compose, finding, container.value.is_unknown() || number.value.is_unknown());
        }
        let size = |v: &Value| match &v.kind {
            Kind::Int(n) => *n as f64,
            Kind::String(text) => units::bytes(text).map_or(0.0, |n| n as f64),
            _ => 0.0,
        };
        let share = |v: &Value| f64::from(v.print().parse::<f32>().unwrap_or(0.0));
        type Read<'r> = &'r dyn Fn(&Value) -> f64;
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
                let finding = Log::error(
                    rule::CONFLICT,
                    direct.span,
                    format!("`{own}` and `{place}` say different things; Compose stops with \"can't set distinct values on '{own}' and '{place}'\"."),
                )
                .label(theirs.map_or(resources.span, |t| t.span), "the other value")
                .service(name)
                .help("Keep one of the two, or write the same value in both.");
                let compose = format!("services.{name}: can't set distinct values on '{own}' and '{place}'");
                let unknown = direct.is_unknown() || theirs.is_some_and(Value::is_unknown);
                self.known(case, compose, finding, unknown);
            }
        }
    }

    /// No two mounts have one target.
    fn mounts(&mut self, case: Case<'_>, value: &Value) {
        let mut seen: HashMap<String, (String, Span)> = HashMap::new();
        let tmpfs = value.get("tmpfs");
        let tmpfs: &[Value] = match tmpfs {
            Some(list) if list.is_sequence() => list.items(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let targets =
            tmpfs
                .iter()
                .enumerate()
                .map(|(i, t)| (format!("tmpfs[{i}]"), t.print().split(':').next().unwrap_or_default().to_owned(), t))
                .chain(
                    value.get("volumes").map(Value::items).unwrap_or_default().iter().enumerate().map(|(i, v)| {
                        (format!("volumes[{i}]"), v.get("target").map(Value::print).unwrap_or_default(), v)
                    }),
                );
        for (place, target, at) in targets.collect::<Vec<_>>() {
            let place = format!("services.{}.{place}", case.name);
            if let Some((other, span)) = seen.get(&target) {
                let compose = format!("{place}: target {target} already mounted as {other}");
                let finding = Log::error(
                    rule::CONFLICT,
                    at.span,
                    format!("Two mounts of `{}` have the target `{target}`; Compose refuses that.", case.name),
                )
                .here("again here")
                .label(*span, "first here")
                .service(case.name);
                let unknown = at.is_unknown() || at.entries().iter().any(|e| e.value.is_unknown());
                self.known(case, compose, finding, unknown);
            } else {
                seen.insert(target, (place, at.span));
            }
        }
    }

    /// Dependencies in a circle, each circle once.
    fn cycles(&mut self, services: &Value) {
        let index: HashMap<&str, &Value> = services.entries().iter().map(|e| (e.key.as_str(), &e.value)).collect();
        let mut names: Vec<&str> = services
            .entries()
            .iter()
            .filter(|e| e.value.is_mapping() && self.enabled(&e.value))
            .map(|e| e.key.as_str())
            .collect();
        names.sort_unstable();
        let mut done: HashSet<&str> = HashSet::new();
        let mut found: Vec<Vec<(&str, Span)>> = Vec::new();
        for name in names {
            // Depth first, with the way so far as a list: no recursion.
            let mut way: Vec<(&str, usize)> = vec![(name, 0)];
            while let Some((at, next)) = way.last_mut() {
                let at = *at;
                let edges = index.get(at).and_then(|s| s.get("depends_on")).map(Value::entries).unwrap_or_default();
                let Some(edge) = edges.get(*next) else {
                    done.insert(at);
                    way.pop();
                    continue;
                };
                *next += 1;
                let target = edge.key.as_str();
                if let Some(start) = way.iter().position(|(n, _)| *n == target) {
                    let circle = way[start..]
                        .iter()
                        .filter_map(|(n, next)| {
                            let edges = index.get(n)?.get("depends_on")?.entries();
                            Some((*n, edges.get(next.checked_sub(1)?)?.key_span))
                        })
                        .collect();
                    found.push(circle);
                } else if !done.contains(target) && index.get(target).is_some_and(|s| s.is_mapping()) {
                    way.push((target, 0));
                }
            }
        }
        for circle in found {
            let Some((first, span)) = circle.first().copied() else { continue };
            let chain: Vec<&str> = circle.iter().map(|(n, _)| *n).chain([first]).collect();
            let chain = chain.join(" -> ");
            let mut finding = Log::error(
                rule::CYCLE,
                span,
                format!("Services depend on each other in a circle; Compose stops with \"dependency cycle detected: {chain}\"."),
            )
            .help("One of these dependencies must go: a service cannot wait for something that waits for it.");
            for (name, span) in circle.iter().skip(1) {
                finding = finding.label(*span, format!("`{name}` goes on here"));
            }
            for (name, _) in &circle {
                finding = finding.service(*name);
            }
            self.log.refuse(format!("dependency cycle detected: {chain}"), finding);
        }
    }

    /// Reads the `env_file`s of the services into `environment`, and `label_file`s into `labels`.
    pub(super) fn env_files(&mut self, project: &Environment) -> Vec<(String, EnvironmentOf)> {
        let mut all = Vec::new();
        let Some(services) = self.model.get("services") else { return all };
        for entry in services.entries().iter().filter(|e| e.value.is_mapping()) {
            let case = Case { name: &entry.key, enabled: self.enabled(&entry.value) };
            let own = own_environment(&entry.value);
            let mut read = Environment::new();
            for (name, value) in &own {
                read.insert(name.clone(), value.clone());
            }
            for file in entry.value.get("env_file").map(Value::items).unwrap_or_default() {
                self.env_file(case, file, &mut read, &|name: &str| {
                    project.get(name).or_else(|| own.get(name)).cloned()
                });
            }
            let mut labels = Environment::new();
            for file in entry.value.get("label_file").map(Value::items).unwrap_or_default() {
                let before = labels.clone();
                self.label_file(case, file, &mut labels, &|name: &str| before.get(name).cloned());
            }
            read.retain(|name, _| !own.contains_key(name));
            if !read.is_empty() || !labels.is_empty() {
                all.push((entry.key.clone(), EnvironmentOf { variables: read, labels }));
            }
        }
        all
    }

    fn env_file(
        &mut self,
        case: Case<'_>,
        file: &Value,
        read: &mut Environment,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) {
        let Some(path) = file.get("path") else { return };
        let Some(text) = path.as_str() else { return };
        let required = file.get("required").and_then(Value::as_bool).unwrap_or(true);
        let shown = self.files.display(Path::new(text));
        match self.files.read(Path::new(text)) {
            Ok(bytes) => self.parse(case, path.span, text, &bytes, read, lookup),
            Err(ReadError::Missing) if !required => {}
            Err(ReadError::Missing) => {
                let compose = format!("env file {text} not found: stat {text}: no such file or directory");
                let mut finding = faults::missing_env_file(path.span, &shown).service(case.name);
                // Something to copy from is a promise that the file is made by hand.
                if let Some(example) = example_beside(self.files, Path::new(text)) {
                    finding.severity = Severity::Warning;
                    finding.help = Some(format!("Copy `{example}` to `{shown}` and fill it in."));
                }
                if self.complete {
                    self.known(case, compose, finding, path.is_unknown());
                } else if case.enabled {
                    self.log.refusals.push(compose);
                }
            }
            Err(error) => {
                self.log.note(self.sources, path.span, format!("`{shown}` was not read: it {error}"));
            }
        }
    }

    fn label_file(
        &mut self,
        case: Case<'_>,
        file: &Value,
        read: &mut Environment,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) {
        let Some(text) = file.as_str() else { return };
        let shown = self.files.display(Path::new(text));
        match self.files.read(Path::new(text)) {
            Ok(bytes) => self.parse(case, file.span, text, &bytes, read, lookup),
            Err(ReadError::Missing) => {
                let compose = format!("open {text}: no such file or directory");
                let finding = Log::error(
                    rule::MISSING_ENV_FILE,
                    file.span,
                    format!("The label file `{shown}` does not exist; Compose refuses the project."),
                )
                .service(case.name);
                self.known(case, compose, finding, file.is_unknown());
            }
            Err(error) => {
                self.log.note(self.sources, file.span, format!("`{shown}` was not read: it {error}"));
            }
        }
    }

    fn parse(
        &mut self,
        case: Case<'_>,
        span: Span,
        path: &str,
        bytes: &[u8],
        read: &mut Environment,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) {
        let text = String::from_utf8_lossy(bytes);
        if let Err(error) = dotenv::parse(&text, read, lookup) {
            let shown = self.files.display(Path::new(path));
            let compose = format!("failed to read {path}: line {}: {}", error.line, error.message);
            let finding = Log::error(
                rule::MISSING_ENV_FILE,
                span,
                format!(
                    "`{shown}` does not parse: line {}: {}. Compose refuses the project.",
                    error.line, error.message
                ),
            )
            .service(case.name)
            .help("Write one `NAME=value` a line; quote values that hold spaces or `#`.");
            self.fault(case, compose, finding);
        }
    }
}

/// What files add to a service.
pub(super) struct EnvironmentOf {
    pub(super) variables: Environment,
    pub(super) labels: Environment,
}

/// What a service sets itself, bare names left out.
fn own_environment(service: &Value) -> Environment {
    let mut own = Environment::new();
    let Some(value) = service.get("environment") else { return own };
    for entry in value.entries() {
        if !entry.value.is_null() {
            own.insert(entry.key.clone(), entry.value.print());
        }
    }
    for item in value.items() {
        if let Some((name, value)) = item.as_str().and_then(|t| t.split_once('=')) {
            own.insert(name.to_owned(), value.to_owned());
        }
    }
    own
}

/// A template beside a missing file: `.env.example` and its like.
pub(super) fn example_beside(files: &Files, path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    ["example", "sample", "template", "dist", "default"].iter().find_map(|suffix| {
        let candidates = [
            format!("{name}.{suffix}"),
            format!("{name}-{suffix}"),
            format!("{suffix}{name}"),
            format!("{}.{suffix}.env", name.trim_end_matches(".env")),
        ];
        candidates.iter().map(|c| path.with_file_name(c)).find(|c| files.is_file(c)).map(|c| files.display(&c))
    })
}

/// `CMD` as an item in front of the one at `span`, in its list's own way of writing.
fn cmd_item(sources: &Sources, span: Span) -> String {
    let file = sources.file(span.file);
    let line = file.line_range(file.line_of(span.start));
    let before = file.text().get(line.start..span.start as usize).unwrap_or("");
    match before.trim_start() {
        "- " => format!("CMD\n{before}"),
        _ => "\"CMD\", ".into(),
    }
}
