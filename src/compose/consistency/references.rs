//! That everything referred to is defined, and that no service waits for itself.

use std::collections::{HashMap, HashSet};

use super::{Case, Checks};
use crate::compose::faults;
use crate::compose::log::{Log, rule};
use crate::compose::model::ModelValue;
use crate::diagnostic::Finding;
use crate::text::Span;

/// Names of networks and volumes for which a fix is offered that declares them. Further findings are reported without one,
/// which a second `--fix` then brings: nothing is lost that a coverage note would have to speak of.
const MOST_DECLARED: usize = 50;

impl Checks<'_> {
    /// As [`Checks::fault`]; but a value that depends on an unset variable may be right elsewhere.
    pub(super) fn known(&mut self, case: Case<'_>, compose: String, finding: Finding, unknown: bool) {
        if unknown {
            if case.enabled {
                self.log.refusals.push(compose);
            }
            return;
        }
        self.fault(case, compose, finding);
    }

    /// Something named that is not defined: a fault where the whole project is known.
    pub(super) fn undefined(&mut self, case: Case<'_>, compose: String, finding: Finding, unknown: bool) {
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

    pub(super) fn names(&self, section: &str) -> Vec<String> {
        let entries = self.model.get(section).map(ModelValue::entries).unwrap_or_default();
        entries.iter().take(faults::MOST_NAMES).map(|e| e.key.clone()).collect()
    }

    pub(super) fn defined(&self, section: &str, name: &str) -> bool {
        self.model.get(section).is_some_and(|s| s.entry(name).is_some())
    }

    /// Items whose `source` names a top-level resource.
    pub(super) fn sources_of(&mut self, case: Case<'_>, items: &[ModelValue], section: &str, what: &str) {
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

    pub(super) fn missing(&mut self, case: Case<'_>, section: &str, what: &str, text: &str, span: Span) -> Finding {
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
    pub(super) fn inactive(&self, case: Case<'_>, target: &str, service: &ModelValue, span: Span) -> Finding {
        let profiles: Vec<String> = service
            .get("profiles")
            .map(ModelValue::items)
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

    pub(super) fn references(&mut self, case: Case<'_>, value: &ModelValue) {
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
        for volume in value.get("volumes").map(ModelValue::items).unwrap_or_default() {
            let source = volume.get("source").filter(|s| s.as_str().is_some_and(|t| !t.is_empty()));
            if volume.get("type").and_then(ModelValue::as_str) == Some("volume")
                && let Some(source) = source
                && let text = source.print()
                && !self.defined("volumes", &text)
            {
                let compose = format!("service {name:?} refers to undefined volume {text}");
                let finding = self.missing(case, "volumes", "volume", &text, source.span);
                self.undefined(case, compose, finding, source.is_unknown() || volume.is_unknown());
            }
        }
        let items = |key: &str| value.get(key).map(ModelValue::items).unwrap_or_default();
        self.sources_of(case, items("configs"), "configs", "config");
        self.sources_of(case, items("secrets"), "secrets", "secret");
        for model in value.get("models").map(ModelValue::entries).unwrap_or_default() {
            if !self.defined("models", &model.key) {
                let compose = format!("service {name:?} refers to undefined model {}", model.key);
                let finding = self.missing(case, "models", "model", &model.key, model.key_span);
                self.undefined(case, compose, finding, model.value.is_unknown());
            }
        }
    }

    pub(super) fn is_enabled_service(&self, name: &str) -> bool {
        self.model.get("services").and_then(|s| s.get(name)).is_some_and(|s| self.enabled(s))
    }

    pub(super) fn dependencies(&mut self, case: Case<'_>, value: &ModelValue) {
        let name = case.name;
        for dependency in value.get("depends_on").map(ModelValue::entries).unwrap_or_default() {
            let target = dependency.key.as_str();
            let required = dependency.value.get("required").and_then(ModelValue::as_bool).unwrap_or(true);
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

    /// Dependencies in a circle, each circle once.
    pub(super) fn cycles(&mut self, services: &ModelValue) {
        let index: HashMap<&str, &ModelValue> = services.entries().iter().map(|e| (e.key.as_str(), &e.value)).collect();
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
                let edges =
                    index.get(at).and_then(|s| s.get("depends_on")).map(ModelValue::entries).unwrap_or_default();
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
}
