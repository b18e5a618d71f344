//! `extends`: a service that is based on another one, of the same file or of another.

use std::path::{Path as FsPath, PathBuf};

use super::limits::{MAX_CHAIN, MAX_COPIED};
use super::loader::{LoadScope, Loader, ServiceSet, Steps};
use crate::compose::fault::{Cycle, Fault, FaultKind, SchemaFault, UndefinedName};
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
                    let fault = Fault::error(FaultKind::Schema(SchemaFault::NoBaseNamed), span);
                    self.log.refuse(format!("extends.{name}.service is required"), fault);
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
            let compose = format!("Circular reference:\n  {}", names.join("\n  extends "));
            let kind = Cycle::Extends(names.iter().map(|n| (*n).to_owned()).collect());
            self.log.refuse(compose, Fault::error(FaultKind::Cycle(kind), span).service(name));
            return self.settle(set, name, service);
        }
        chain.push(link);
        let base = self.resolve_service(target, &reference, scope, chain);
        chain.pop();
        // A service that extends an incomplete one is incomplete.
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
        // The value of a variable is not reported.
        let written = named.written.as_ref().filter(|w| !w.variables.is_empty());
        let told = written.map_or(reference, |w| w.raw.as_str());
        let compose = format!("cannot extend service {name:?} in {}: service {reference:?} not found", file.display());
        let (hint, edit) = faults::suggest(self.sources, span, reference, known);
        let kind = UndefinedName::Base { name: told.to_owned(), file: shown, hint };
        let mut fault = Fault::error(FaultKind::Undefined(kind), span).service(name);
        fault.edits.extend(edit);
        self.log.refuse(compose, fault);
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
                let kind = UndefinedName::NoServices { file: shown };
                let fault = Fault::error(FaultKind::Undefined(kind), file.span);
                self.log.refuse(format!("cannot extend service in {}: no services section", path.display()), fault);
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
