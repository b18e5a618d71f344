//! That everything referred to is defined, and that no service waits for itself.

use std::collections::{HashMap, HashSet};

use super::{Case, Checks};
use crate::compose::fault::{Conflict, Cycle, Fault, FaultKind, UndefinedName};
use crate::compose::faults;
use crate::compose::model::ModelValue;
use crate::text::Span;

/// Networks and volumes for which a fix that declares them is offered. Further findings are reported without one, and a
/// second `--fix` adds it: nothing is lost, so no coverage note is needed.
const MOST_DECLARED: usize = 50;

impl Checks<'_> {
    /// As [`Checks::fault`]; but a value that depends on an unset variable may be right elsewhere.
    pub(super) fn known(&mut self, case: Case<'_>, compose: String, fault: Fault, unknown: bool) {
        if unknown {
            if case.enabled {
                self.log.refusals.push(compose);
            }
            return;
        }
        self.fault(case, compose, fault);
    }

    /// Something named that is not defined: a fault where the whole project is known.
    pub(super) fn undefined(&mut self, case: Case<'_>, compose: String, fault: Fault, unknown: bool) {
        if self.open_world {
            return;
        }
        if !self.complete || unknown {
            if case.enabled {
                self.log.refusals.push(compose);
            }
            return;
        }
        self.fault(case, compose, fault);
    }

    pub(super) fn names(&self, section: &str) -> Vec<String> {
        let entries = self.model.get(section).map(ModelValue::entries).unwrap_or_default();
        entries.iter().take(faults::MOST_NAMES).map(|e| e.key.clone()).collect()
    }

    pub(super) fn defined(&self, section: &str, name: &str) -> bool {
        self.model.get(section).is_some_and(|s| s.entry(name).is_some())
    }

    /// Items whose `source` names a top-level resource.
    pub(super) fn sources_of(
        &mut self,
        case: Case<'_>,
        items: &[ModelValue],
        section: &'static str,
        what: &'static str,
    ) {
        for item in items {
            let Some(source) = item.get("source") else { continue };
            let text = source.print();
            if !self.defined(section, &text) {
                let compose = format!("service {:?} refers to undefined {what} {text}", case.name);
                let fault = self.missing(case, section, what, &text, source.span);
                self.undefined(case, compose, fault, source.is_unknown());
            }
        }
    }

    pub(super) fn missing(
        &mut self,
        case: Case<'_>,
        section: &'static str,
        what: &'static str,
        text: &str,
        span: Span,
    ) -> Fault {
        let (hint, mut edit) = faults::suggest(self.sources, span, text, &self.names(section));
        let mut declares = false;
        if edit.is_none() && self.log.declared < MOST_DECLARED {
            self.log.declared += 1;
            edit = faults::declare(self.model, self.sources, span, section, text);
            declares = edit.is_some();
        }
        let kind = UndefinedName::Resource { section, what, name: text.to_owned(), hint, declares };
        let mut fault = Fault::error(FaultKind::Undefined(kind), span).service(case.name);
        fault.edits.extend(edit);
        fault
    }

    /// A dependency on a service that no active profile starts.
    pub(super) fn inactive(&self, case: Case<'_>, target: &str, service: &ModelValue, span: Span) -> Fault {
        let profiles = service.get("profiles").map(ModelValue::items).unwrap_or_default();
        let kind = FaultKind::InactiveProfile {
            target: target.to_owned(),
            profiles: profiles.iter().map(ModelValue::print).collect(),
            limited: service.entry("profiles").map(|p| p.key_span),
        };
        Fault::error(kind, span).service(case.name).service(target)
    }

    pub(super) fn references(&mut self, case: Case<'_>, value: &ModelValue) {
        let name = case.name;
        let networks = value.entry("networks");
        if let (Some(mode), Some(networks)) = (value.entry("network_mode"), networks)
            && mode.value.as_str().is_some_and(|m| !m.is_empty())
            && !networks.value.entries().is_empty()
        {
            let kind = Conflict::NetworkMode { networks: networks.key_span };
            let fault = Fault::error(FaultKind::Conflict(kind), mode.key_span).service(name);
            let compose = format!("service {name} declares mutually exclusive `network_mode` and `networks`");
            self.known(case, compose, fault, mode.value.is_unknown());
        }
        for network in networks.map(|n| n.value.entries()).unwrap_or_default() {
            if network.key.starts_with("x-") {
                let compose = format!("service {name:?} refers to undefined network #extensions");
                let kind = FaultKind::Undefined(UndefinedName::ExtensionNetwork);
                let fault = Fault::error(kind, network.key_span).service(name);
                self.fault(case, compose, fault);
                continue;
            }
            if !self.defined("networks", &network.key) {
                let compose = format!("service {name:?} refers to undefined network {}", network.key);
                let fault = self.missing(case, "networks", "network", &network.key, network.key_span);
                let unknown = network.value.is_unknown();
                self.undefined(case, compose, fault, unknown);
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
                let fault = self.missing(case, "volumes", "volume", &text, source.span);
                self.undefined(case, compose, fault, source.is_unknown() || volume.is_unknown());
            }
        }
        let items = |key: &str| value.get(key).map(ModelValue::items).unwrap_or_default();
        self.sources_of(case, items("configs"), "configs", "config");
        self.sources_of(case, items("secrets"), "secrets", "secret");
        for model in value.get("models").map(ModelValue::entries).unwrap_or_default() {
            if !self.defined("models", &model.key) {
                let compose = format!("service {name:?} refers to undefined model {}", model.key);
                let fault = self.missing(case, "models", "model", &model.key, model.key_span);
                self.undefined(case, compose, fault, model.value.is_unknown());
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
                        let fault = self.inactive(case, target, service, dependency.key_span);
                        self.undefined(case, compose, fault, unknown);
                    }
                }
                _ => {
                    let span = dependency.key_span;
                    let known: Vec<String> = self.names("services").into_iter().filter(|n| n != name).collect();
                    let (hint, edit) = faults::suggest(self.sources, span, target, &known);
                    let kind = UndefinedName::Dependency { target: target.to_owned(), hint };
                    let mut fault = Fault::error(FaultKind::Undefined(kind), span).service(name);
                    fault.edits.extend(edit);
                    self.undefined(case, compose, fault, unknown);
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
            let compose = format!("dependency cycle detected: {chain}");
            let circle: Vec<_> = circle.iter().map(|(name, span)| ((*name).to_owned(), *span)).collect();
            let services = circle.iter().map(|(name, _)| name.clone()).collect();
            let fault = Fault::error(FaultKind::Cycle(Cycle::Depends(circle)), span);
            self.log.refuse(compose, Fault { services, ..fault });
        }
    }
}
