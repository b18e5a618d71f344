//! `include`: other projects, each loaded by itself and then added to this one.

use std::path::PathBuf;
use std::rc::Rc;

use super::limits::{MAX_CHAIN, MAX_FILES};
use super::loader::{LoadScope, Loader};
use crate::compose::FileRole;
use crate::compose::fault::{Conflict, Cycle, Fault, FaultKind, SchemaFault};
use crate::compose::merge;
use crate::compose::model::{ModelEntry, ModelValue, ValueKind};
use crate::compose::path::ROOT;
use crate::compose::paths::{self, ProjectDir};
use crate::compose::tree;

impl Loader<'_> {
    pub(super) fn apply_include(&mut self, dict: &mut ModelValue, scope: &LoadScope, resets: &[Vec<String>]) {
        let Some(include) = dict.remove("include") else { return };
        if include.value.is_null() {
            return;
        }
        let ValueKind::Sequence(items) = include.value.kind else {
            let fault = Fault::error(FaultKind::Schema(SchemaFault::IncludeNotAList), include.value.span);
            self.log.refuse("`include` must be a list", fault);
            return;
        };
        for item in items {
            self.include_one(&item, dict, scope, resets);
        }
    }

    pub(super) fn include_one(
        &mut self,
        item: &ModelValue,
        dict: &mut ModelValue,
        scope: &LoadScope,
        resets: &[Vec<String>],
    ) {
        let list = |value: Option<&ModelValue>| -> Vec<ModelValue> {
            match value {
                Some(value) if value.is_sequence() => value.items().to_vec(),
                Some(value) if value.as_str().is_some() => vec![value.clone()],
                _ => Vec::new(),
            }
        };
        let (names, directory, env_files) = match &item.kind {
            ValueKind::String(_) => (vec![item.clone()], None, Vec::new()),
            ValueKind::Mapping(_) => {
                (list(item.get("path")), item.get("project_directory").cloned(), list(item.get("env_file")))
            }
            _ => {
                let fault = Fault::error(FaultKind::Schema(SchemaFault::IncludeItem), item.span);
                self.log.refuse("include: unexpected type", fault);
                return;
            }
        };
        let mut paths = Vec::new();
        for name in &names {
            let Some(text) = name.as_str() else { continue };
            if name.is_unknown() {
                self.open_world = true;
                let what = "includes a file whose name holds a variable that is not set";
                self.log.note(self.sources, name.span, what);
            }
            if paths::is_remote_resource(text) {
                self.open_world = true;
                self.log.note(self.sources, name.span, "includes a remote file, which was not read");
                return;
            }
            let path = if text.starts_with('/') { text.to_owned() } else { scope.base.join(text) };
            paths.push((PathBuf::from(path), name.span));
        }
        let Some((first, first_span)) = paths.first().cloned() else { return };
        self.loads += 1;
        if self.loads > MAX_FILES {
            self.too_many_files(Some(first_span));
            return;
        }
        if scope.included.len() > MAX_CHAIN && !scope.included.contains(&first) {
            let what = format!("is included over {MAX_CHAIN} files deep and was not read");
            self.log.note(self.sources, first_span, what);
            self.open_world = true;
            return;
        }
        if scope.included.contains(&first) {
            let chain: Vec<String> = scope.included.iter().chain([&first]).map(|p| self.files.display(p)).collect();
            let compose = format!("include cycle detected:\n{}", chain.join("\n include "));
            self.log.refuse(compose, Fault::error(FaultKind::Cycle(Cycle::Includes(chain)), first_span));
            return;
        }
        let dir = match directory.as_ref().and_then(ModelValue::as_str) {
            None | Some("") => paths::folder(&first),
            Some(text) if text.starts_with('/') => PathBuf::from(text),
            Some(text) => PathBuf::from(scope.base.join(text)),
        };
        let mut environment = (*scope.environment).clone();
        let mut env_paths = Vec::new();
        if env_files.is_empty() {
            let default = dir.join(".env");
            if self.files.is_file(&default) {
                env_paths.push((default, first_span));
            }
        }
        for file in &env_files {
            let Some(text) = file.as_str().filter(|t| *t != "/dev/null") else { continue };
            let path = if text.starts_with('/') { PathBuf::from(text) } else { scope.base.join(text).into() };
            env_paths.push((path, file.span));
        }
        let added = self.env_from_files(&env_paths, &scope.environment);
        for (name, value) in added {
            environment.entry(name).or_insert(value);
        }
        // A missing file is reported at the include, so look before the load does.
        for (path, span) in &paths {
            if self.documents(path, FileRole::Included, Some(*span)).is_none() {
                return;
            }
        }
        let inner = LoadScope {
            base: ProjectDir { dir, home: scope.base.home.clone() },
            environment: Rc::new(environment),
            included: scope.included.clone(),
            role: FileRole::Included,
        };
        let files: Vec<PathBuf> = paths.into_iter().map(|(p, _)| p).collect();
        let imported = self.load_model(&files, &inner);
        self.import(imported, dict, resets);
    }

    /// Adds the resources of an included model.
    pub(super) fn import(&mut self, mut imported: ModelValue, dict: &mut ModelValue, resets: &[Vec<String>]) {
        for section in ["services", "volumes", "networks", "secrets", "configs", "models"] {
            let Some(ModelEntry { value: from, key_span, .. }) = imported.remove(section) else { continue };
            let ValueKind::Mapping(entries) = from.kind else { continue };
            if dict.get(section).is_none_or(ModelValue::is_null) {
                dict.remove(section);
                if let ValueKind::Mapping(all) = &mut dict.kind {
                    all.push(ModelEntry { key: section.to_owned(), key_span, value: ModelValue::mapping(from.span) });
                }
            }
            for entry in entries {
                let Some(to) = dict.get_mut(section) else { continue };
                let Some(own) = to.entry(&entry.key) else {
                    if let ValueKind::Mapping(all) = &mut to.kind {
                        all.push(entry);
                    }
                    continue;
                };
                if same(&own.value, &entry.value) {
                    continue;
                }
                let (own_value, own_key) = (own.value.clone(), own.key_span);
                let kind = Conflict::Included { section, name: entry.key.clone(), theirs: entry.key_span };
                let fault = Fault::warning(FaultKind::Conflict(kind), own_key);
                self.log.refuse(format!("{section}.{} conflicts with imported resource", entry.key), fault);
                let mut wrapped = ModelValue::mapping(entry.value.span);
                let mut outer = ModelValue::mapping(entry.value.span);
                outer.set(&entry.key, entry.value);
                wrapped.set(section, outer);
                tree::apply_resets(&mut wrapped, resets);
                let theirs = wrapped.remove(section).and_then(|mut s| s.value.remove(&entry.key)).map(|e| e.value);
                let mut faults = Vec::new();
                let merged = match theirs {
                    Some(theirs) => {
                        let at = ROOT.next(section);
                        merge::merge(theirs, own_value, &at.next(&entry.key), &mut faults)
                    }
                    None => own_value,
                };
                self.merge_faults(faults);
                if let Some(to) = dict.get_mut(section) {
                    to.set(&entry.key, merged);
                }
            }
        }
    }
}

/// True if two values are equal, places aside.
fn same(a: &ModelValue, b: &ModelValue) -> bool {
    match (&a.kind, &b.kind) {
        (ValueKind::Mapping(a), ValueKind::Mapping(b)) => {
            a.len() == b.len()
                && a.iter().all(|e| b.iter().find(|o| o.key == e.key).is_some_and(|o| same(&e.value, &o.value)))
        }
        (ValueKind::Sequence(a), ValueKind::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (a, b) => a == b,
    }
}
