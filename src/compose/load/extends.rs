//! `extends`: a service that stands on another one, of its own file or of another.

use std::path::{Path as FsPath, PathBuf};

use super::limits::{MAX_CHAIN, MAX_COPIED};
use super::loader::{LoadScope, Loader, ServiceSet, Steps};
use crate::compose::log::{Log, rule};
use crate::compose::merge;
use crate::compose::model::{ModelValue, ValueKind};
use crate::compose::path::ROOT;
use crate::compose::paths::{self, ProjectDir};
use crate::compose::tree;
use crate::compose::{FileRole, faults};

impl Loader<'_> {
    pub(super) fn apply_extends(
        &mut self,
        dict: &mut ModelValue,
        path: &FsPath,
        scope: &LoadScope,
        resets: &[Vec<String>],
    ) {
        let Some(services) = dict.get_mut("services") else { return };
        if !services.entries().iter().any(|e| e.value.get("extends").is_some()) {
            return;
        }
        let services_span = services.span;
        let taken = std::mem::replace(services, ModelValue::mapping(services_span));
        let names: Vec<String> = taken.entries().iter().map(|e| e.key.clone()).collect();
        let set = self.sets.len();
        self.sets.push(ServiceSet {
            services: taken,
            path: path.to_owned(),
            base: scope.base.clone(),
            resets: resets.to_vec(),
        });
        for name in &names {
            let mut chain = Vec::new();
            self.resolve_service(set, name, scope, &mut chain);
        }
        let done = match self.sets.get_mut(set) {
            Some(set) => std::mem::replace(&mut set.services, ModelValue::mapping(services_span)),
            None => return,
        };
        if let Some(services) = dict.get_mut("services") {
            *services = done;
        }
    }

    /// The service with everything it extends, resolved in place too.
    pub(super) fn resolve_service(
        &mut self,
        set: usize,
        name: &str,
        scope: &LoadScope,
        chain: &mut Vec<(PathBuf, String)>,
    ) -> Option<ModelValue> {
        let service = self.sets.get(set)?.services.get(name)?.clone();
        let Some(extends) = service.get("extends") else { return Some(service) };
        let here = self.sets.get(set)?.path.clone();
        let span = extends.span;
        let (reference, file) = match &extends.kind {
            ValueKind::String(reference) => (reference.clone(), None),
            ValueKind::Mapping(_) => match extends.get("service").and_then(ModelValue::as_str) {
                Some(reference) => (reference.to_owned(), extends.get("file").filter(|f| !f.is_null()).cloned()),
                None => {
                    let finding = Log::error(rule::SCHEMA, span, "`extends` needs `service:`, the name to extend.");
                    self.log.refuse(format!("extends.{name}.service is required"), finding);
                    return self.settle(set, name, service);
                }
            },
            _ => return self.settle(set, name, service),
        };
        let Some(target) = self.base_set(set, name, extends, &reference, file.as_ref(), scope) else {
            return self.settle(set, name, service);
        };
        let link_path = here.clone();
        let link = (here, name.to_owned());
        if chain.len() > MAX_CHAIN && !chain.contains(&link) {
            let what = format!("extends over {MAX_CHAIN} services in a row; what they extend was not followed");
            self.log.note(self.sources, span, what);
            self.open_world = true;
            self.partial.push(name.to_owned());
            return self.settle(set, name, service);
        }
        if chain.contains(&link) {
            let names: Vec<&str> = chain.iter().map(|(_, n)| n.as_str()).chain([name]).collect();
            let finding = Log::error(
                rule::CYCLE,
                span,
                format!("Services extend each other in a circle: {}.", names.join(" → ")),
            )
            .service(name)
            .help("Move what they share into a service that extends none of them.");
            self.log.refuse(format!("Circular reference:\n  {}", names.join("\n  extends ")), finding);
            return self.settle(set, name, service);
        }
        chain.push(link);
        let base = self.resolve_service(target, &reference, scope, chain);
        chain.pop();
        // What is not all there of one is not all there of those that extend it.
        if self.partial.contains(&reference) && !self.partial.iter().any(|p| p == name) {
            self.partial.push(name.to_owned());
        }
        let Some(base) = base.filter(ModelValue::is_mapping) else {
            // Compose leaves `extends` in place where the base is empty.
            if let Some(slot) = self.sets.get_mut(set)?.services.get_mut(name) {
                *slot = service.clone();
            }
            return Some(service);
        };
        let before = self.copied;
        self.copied += base.weight();
        if self.copied > MAX_COPIED {
            if before <= MAX_COPIED {
                let what = format!("`extends` copies over {MAX_COPIED} values here and is not followed any further");
                self.log.note_file(self.files, &link_path, what);
            }
            self.open_world = true;
            self.partial.push(name.to_owned());
            return self.settle(set, name, service);
        }
        self.merge_base(set, name, base, service)
    }

    /// The set of services that the base named `reference` is in; `None` where there is no such base.
    fn base_set(
        &mut self,
        set: usize,
        name: &str,
        extends: &ModelValue,
        reference: &str,
        file: Option<&ModelValue>,
        scope: &LoadScope,
    ) -> Option<usize> {
        let target = match file {
            None => set,
            Some(file) => match self.extended_set(set, file, scope) {
                Some(target) => target,
                None => {
                    self.partial.push(name.to_owned());
                    return None;
                }
            },
        };
        let ServiceSet { services, path, .. } = self.sets.get(target)?;
        if services.get(reference).is_some() {
            return Some(target);
        }
        let known: Vec<String> = services.entries().iter().map(|e| e.key.clone()).collect();
        let path = path.clone();
        self.missing_base(name, extends, &path, &known);
        None
    }

    /// Puts a service over its base, once the resets of the file have been applied to the base.
    fn merge_base(&mut self, set: usize, name: &str, base: ModelValue, service: ModelValue) -> Option<ModelValue> {
        let span = service.get("extends")?.span;
        let mut wrapped = ModelValue::mapping(base.span);
        let mut outer = ModelValue::mapping(base.span);
        outer.set(name, base);
        wrapped.set("services", outer);
        tree::apply_resets(&mut wrapped, &self.sets.get(set)?.resets);
        let base = wrapped
            .remove("services")
            .and_then(|mut s| s.value.remove(name))
            .map_or_else(|| ModelValue::mapping(span), |e| e.value);
        let mut faults = Vec::new();
        let services = ROOT.next("services");
        let merged = merge::merge(base, service, &services.next("x"), &mut faults);
        self.merge_faults(faults);
        self.settle(set, name, merged)
    }

    /// Stores a service without its `extends`.
    pub(super) fn settle(&mut self, set: usize, name: &str, mut service: ModelValue) -> Option<ModelValue> {
        service.remove("extends");
        if let Some(slot) = self.sets.get_mut(set)?.services.get_mut(name) {
            *slot = service.clone();
        }
        Some(service)
    }

    fn missing_base(&mut self, name: &str, extends: &ModelValue, file: &FsPath, known: &[String]) {
        let shown = self.files.display(file);
        let named = extends.get("service").unwrap_or(extends);
        let (reference, span) = (named.as_str().unwrap_or_default(), named.span);
        // What a variable holds is not told.
        let written = named.written.as_ref().filter(|w| !w.variables.is_empty());
        let told = written.map_or(reference, |w| w.raw.as_str());
        let compose = format!("cannot extend service {name:?} in {}: service {reference:?} not found", file.display());
        let mut finding = Log::error(
            rule::UNDEFINED_REFERENCE,
            span,
            format!(
                "`{name}` extends the service `{told}`, which `{shown}` does not define; Compose stops with \
                 \"service \"{told}\" not found\"."
            ),
        )
        .service(name);
        finding = faults::suggest(finding, self.sources, reference, known, "service");
        self.log.refuse(compose, finding);
        self.partial.push(name.to_owned());
    }

    /// The services of another file, read once.
    pub(super) fn extended_set(&mut self, set: usize, file: &ModelValue, scope: &LoadScope) -> Option<usize> {
        let text = file.as_str()?.to_owned();
        if file.is_unknown() {
            self.log.note(self.sources, file.span, "extends a file whose name holds a variable that is not set");
            self.open_world = true;
        }
        if paths::is_remote_resource(&text) {
            self.log.note(self.sources, file.span, "extends a remote file, which was not read");
            self.open_world = true;
            return None;
        }
        let base = self.sets.get(set)?.base.clone();
        let path = self.files.absolute(FsPath::new(&base.absolute(&text)));
        if let Some(known) = self.extended.get(&path) {
            return *known;
        }
        self.extended.insert(path.clone(), None);
        self.documents(&path, FileRole::Extended, Some(file.span))?;
        let folder = ProjectDir { dir: paths::folder(&path), home: base.home.clone() };
        let inner = LoadScope { base: folder.clone(), role: FileRole::Extended, ..scope.clone() };
        let loaded = self.load_file(&path, None, &inner, FileRole::Extended, Steps { whole: false });
        let mut loaded = loaded?;
        folder.resolve(&mut loaded, &ROOT);
        let services = match loaded.remove("services") {
            Some(entry) if entry.value.is_mapping() => entry.value,
            _ => {
                let shown = self.files.display(&path);
                let message = format!("`{shown}` has no `services:`, so nothing in it can be extended.");
                let finding = Log::error(rule::UNDEFINED_REFERENCE, file.span, message);
                self.log.refuse(format!("cannot extend service in {}: no services section", path.display()), finding);
                return None;
            }
        };
        let resets = self
            .documents
            .get(&path)
            .map(|d| d.iter().flat_map(|d| d.resets.iter().cloned()).collect())
            .unwrap_or_default();
        let index = self.sets.len();
        self.sets.push(ServiceSet { services, path: path.clone(), base: folder, resets });
        self.extended.insert(path, Some(index));
        Some(index)
    }
}
