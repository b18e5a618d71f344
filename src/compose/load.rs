//! The pipeline from files to the merged model, in Compose's order: decode, interpolate, extend, reset, include, merge,
//! make unique, validate, bring into long form; and after the last file defaults, checks and paths.
//!
//! Compose stops at its first error. This goes on with what is left, so that all faults of a project come out at once.

use std::collections::{HashMap, HashSet};
use std::path::{Path as FsPath, PathBuf};
use std::rc::Rc;

use super::canonical::{FormFault, Forms};
use super::interpolate::{Substituted, TemplateError, substitute};
use super::log::{Log, rule};
use super::merge::{self, MergeFault};
use super::model::{Entry, Kind, Value, Written};
use super::path::{Path, ROOT};
use super::paths::{self, Base};
use super::schema;
use super::tree::{self, Decoded, TreeFault};
use super::{FileRole, LoadRequest, cast, dotenv, faults};
use crate::files::{Files, ReadError};
use crate::source::{FileId, Sources, Span};
use crate::yaml;

/// Compose files that one project may pull in. Hundreds of includes are real, thousands are an attack.
const MAX_FILES: usize = 1000;
/// Includes inside includes, and services extending services.
const MAX_CHAIN: usize = 64;
/// Services of one file; the largest of public repositories have some hundreds.
const MAX_SERVICES: usize = 5_000;
/// Bytes that interpolation may make in one project.
const MAX_INTERPOLATED: usize = 32 << 20;
/// Values that `extends` may copy from one service into others, in one project. Real projects copy some thousands.
const MAX_COPIED: usize = 500_000;

pub(super) type Environment = HashMap<String, String>;

/// A place where a variable is used that nothing sets.
#[derive(Clone, Debug)]
pub(super) struct UnsetUse {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) path: String,
    /// The text before interpolation.
    pub(super) raw: String,
}

/// One run of the loader.
pub(super) struct Loader<'a> {
    pub(super) files: &'a Files,
    pub(super) sources: &'a mut Sources,
    pub(super) log: Log,
    pub(super) read: Vec<(FileId, FileRole)>,
    /// Something was not followed: names may be defined that we do not know.
    pub(super) open_world: bool,
    /// Services whose base could not be read.
    pub(super) partial: Vec<String>,
    /// Files that stop being YAML somewhere: what stands after that place is not known.
    pub(super) broken: Vec<FileId>,
    pub(super) unset: Vec<UnsetUse>,
    documents: HashMap<PathBuf, Rc<Vec<Rc<Decoded>>>>,
    extended: HashMap<PathBuf, Option<usize>>,
    sets: Vec<ServiceSet>,
    loads: usize,
    /// Values that `extends` has copied.
    copied: usize,
    /// Bytes that interpolation has made.
    interpolated: usize,
}

/// The services of one file, as far as `extends` is resolved.
struct ServiceSet {
    services: Value,
    path: PathBuf,
    base: Base,
    resets: Vec<Vec<String>>,
}

/// What stays the same for all files of one load: an include is a load of its own.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) base: Base,
    pub(super) environment: Rc<Environment>,
    /// Files that led here, the outermost first.
    included: Vec<PathBuf>,
    role: FileRole,
}

/// What to do with a document beyond merging it.
#[derive(Clone, Copy)]
struct Steps {
    whole: bool,
}

impl<'a> Loader<'a> {
    pub(super) fn new(files: &'a Files, sources: &'a mut Sources) -> Self {
        Loader {
            files,
            sources,
            log: Log::default(),
            read: Vec::new(),
            open_world: false,
            partial: Vec::new(),
            broken: Vec::new(),
            unset: Vec::new(),
            documents: HashMap::new(),
            extended: HashMap::new(),
            sets: Vec::new(),
            loads: 0,
            copied: 0,
            interpolated: 0,
        }
    }

    /// Loads the files of a request into one model.
    pub(super) fn model(&mut self, request: &LoadRequest, base: Base, environment: Rc<Environment>) -> Value {
        let scope = Scope { base, environment, included: Vec::new(), role: FileRole::Base };
        self.load_model(&request.files, &scope)
    }

    fn load_model(&mut self, paths: &[PathBuf], scope: &Scope) -> Value {
        let mut dict: Option<Value> = None;
        for (i, path) in paths.iter().enumerate() {
            let role = if i > 0 && scope.role == FileRole::Base { FileRole::Override } else { scope.role };
            dict = self.load_file(path, dict, scope, role, Steps { whole: true });
        }
        let mut dict = match dict {
            Some(dict) => dict,
            None => match self.read.first() {
                Some((id, _)) => Value::mapping(Span::at(*id, 0)),
                None => return self.nowhere(),
            },
        };
        let mut forms = Forms::default();
        forms.defaults(&mut dict, &ROOT);
        forms.validate(&dict, &ROOT);
        self.form_faults(forms.faults);
        scope.base.resolve(&mut dict, &ROOT);
        resolve_environment(&mut dict, &scope.environment);
        dict
    }

    /// An empty model without a file to point into.
    fn nowhere(&mut self) -> Value {
        let id = self.sources.add(PathBuf::new(), String::new(), Vec::new());
        Value::mapping(Span::at(id, 0))
    }

    /// Merges all documents of a file onto `dict`.
    fn load_file(
        &mut self,
        path: &FsPath,
        mut dict: Option<Value>,
        scope: &Scope,
        role: FileRole,
        steps: Steps,
    ) -> Option<Value> {
        let documents = self.documents(path, role, None)?;
        let mut included = scope.included.clone();
        included.push(path.to_owned());
        let scope = Scope { included, ..scope.clone() };
        for decoded in documents.iter() {
            dict = self.process(decoded, path, dict, &scope, steps);
        }
        dict
    }

    /// The last `name:` of a file.
    pub(super) fn written_name(&mut self, path: &FsPath, role: FileRole) -> Option<String> {
        if !self.files.is_file(path) {
            return None;
        }
        let documents = self.documents(path, role, None)?;
        let names = documents.iter().filter_map(|d| d.value.get("name"));
        names.filter(|n| !n.is_mapping() && !n.is_sequence() && !n.is_null()).map(Value::print).rfind(|n| !n.is_empty())
    }

    /// Reads and decodes a file once. `from` is the place that names it.
    fn documents(&mut self, path: &FsPath, role: FileRole, from: Option<Span>) -> Option<Rc<Vec<Rc<Decoded>>>> {
        let path = self.files.absolute(path);
        if let Some(documents) = self.documents.get(&path) {
            return Some(documents.clone());
        }
        self.loads += 1;
        if self.loads > MAX_FILES {
            if let Some(span) = from {
                let message =
                    format!("This project pulls in more than {MAX_FILES} compose files; the rest is not read.");
                self.log.report(Log::error(rule::SCHEMA, span, message));
            }
            self.open_world = true;
            return None;
        }
        let id = match self.sources.by_path(&path).map(|f| f.id()) {
            Some(id) => id,
            None => {
                let bytes = match self.files.read(&path) {
                    Ok(bytes) => bytes,
                    Err(error) => {
                        self.unreadable(&path, &error, from);
                        return None;
                    }
                };
                let name = self.files.display(&path);
                self.sources.add(path.clone(), name, bytes)
            }
        };
        if !self.read.iter().any(|(f, _)| *f == id) {
            self.read.push((id, role));
        }
        let file = self.sources.file(id);
        let stream = yaml::parse(file);
        faults::yaml(file, &stream, &mut self.log);
        let mut documents = Vec::new();
        if stream.documents.iter().any(|d| d.broken) {
            self.open_world = true;
            self.broken.push(id);
        }
        for document in &stream.documents {
            match document.root {
                Some(root) => documents.push(Rc::new(tree::decode(&stream, root))),
                None if document.broken => {}
                None => documents.push(Rc::new(Decoded {
                    value: Value::new(Kind::Null, Span::at(id, 0)),
                    resets: Vec::new(),
                    faults: Vec::new(),
                })),
            }
        }
        let documents = Rc::new(documents);
        self.documents.insert(path, documents.clone());
        Some(documents)
    }

    fn unreadable(&mut self, path: &FsPath, error: &ReadError, from: Option<Span>) {
        self.open_world = true;
        let shown = self.files.display(path);
        match (error, from) {
            (ReadError::Missing, Some(span)) => {
                let finding = Log::error(
                    rule::MISSING_INCLUDE,
                    span,
                    format!(
                        "`{shown}` does not exist; Compose stops with \"open {shown}: no such file or directory\"."
                    ),
                )
                .help("Correct the path, or take the reference out. It is relative to the project directory.");
                self.log.refuse(format!("open {}: no such file or directory", path.display()), finding);
            }
            (ReadError::Missing, None) => {
                self.log.refusals.push(format!("open {}: no such file or directory", path.display()));
                self.log.note_file(self.files, path, "does not exist");
            }
            (error, Some(span)) => self.log.note(self.sources, span, format!("`{shown}` was not read: it {error}")),
            (error, None) => self.log.note_file(self.files, path, format!("was not read: it {error}")),
        }
    }

    /// One document through Compose's steps.
    fn process(
        &mut self,
        decoded: &Decoded,
        path: &FsPath,
        dict: Option<Value>,
        scope: &Scope,
        steps: Steps,
    ) -> Option<Value> {
        self.tree_faults(&decoded.faults);
        let mut value = decoded.value.clone();
        if !value.is_mapping() {
            let finding = Log::error(
                rule::SCHEMA,
                value.span,
                "A compose file is a mapping at its top level; Compose stops with \"top-level object must be a mapping\".",
            );
            self.log.refuse("top-level object must be a mapping", finding);
            return dict;
        }
        if value.get("services").is_some_and(|services| services.entries().len() > MAX_SERVICES) {
            self.log.note_file(self.files, path, format!("has over {MAX_SERVICES} services and was not checked"));
            self.open_world = true;
            return dict;
        }
        self.interpolate(&mut value, &ROOT, &scope.environment);
        let mut dict = dict.unwrap_or_else(|| Value::mapping(value.span));
        if steps.whole {
            self.apply_extends(&mut value, path, scope, &decoded.resets);
        }
        tree::apply_resets(&mut dict, &decoded.resets);
        if steps.whole {
            self.apply_include(&mut value, scope, &decoded.resets);
        }
        let touched = Touched::of(&value);
        let mut faults = Vec::new();
        let mut dict = merge::merge(dict, value, &ROOT, &mut faults);
        // What this document does not touch has been through these steps.
        let aside = touched.set_aside(&mut dict);
        merge::enforce_unicity(&mut dict, &ROOT, &mut faults);
        self.merge_faults(std::mem::take(&mut faults));
        if steps.whole {
            schema::validate(&dict, path, self.sources, &mut self.log);
            if let Some(entry) = dict.remove("version") {
                let span = entry.key_span;
                self.log.report(faults::obsolete_version(self.sources, span, entry.value.span));
            }
        }
        let mut forms = Forms::default();
        forms.canonical(&mut dict, &ROOT);
        self.form_faults(forms.faults);
        omit_empty(&mut dict);
        merge::enforce_unicity(&mut dict, &ROOT, &mut faults);
        self.merge_faults(faults);
        put_back(&mut dict, aside);
        Some(dict)
    }

    // ---- interpolation ----

    fn interpolate(&mut self, value: &mut Value, path: &Path<'_>, environment: &Environment) {
        match &mut value.kind {
            Kind::Mapping(entries) => {
                for Entry { key, value, .. } in entries {
                    self.interpolate(value, &path.next(key), environment);
                }
            }
            Kind::Sequence(items) => {
                let next = path.next("[]");
                items.iter_mut().for_each(|item| self.interpolate(item, &next, environment));
            }
            // What would be too much stays as it is written: a text that we do not know.
            Kind::String(text) if self.interpolated > MAX_INTERPOLATED && text.contains('$') => {
                let raw = text.clone();
                value.written = Some(Box::new(Written { raw, unset: vec![String::new()], ..Written::default() }));
            }
            Kind::String(text) => {
                let raw = std::mem::take(text);
                match substitute(&raw, &|name| environment.get(name).map(String::as_str)) {
                    Ok(done) => {
                        self.interpolated += if done.variables.is_empty() { 0 } else { done.text.len() };
                        *text = done.text.clone();
                        if done.text != raw || !done.variables.is_empty() {
                            self.note_variables(value, &raw, done, path);
                        }
                    }
                    Err(error) => {
                        *text = raw;
                        self.template_error(value, path, &error);
                        return;
                    }
                }
                if let Some(caster) = cast::caster(path) {
                    let Kind::String(text) = &value.kind else { return };
                    match cast::apply(caster, text) {
                        Ok(kind) => {
                            let raw = text.clone();
                            value.written.get_or_insert_with(|| Box::new(Written { raw, ..Written::default() }));
                            value.kind = kind;
                        }
                        Err(reason) => {
                            let finding = faults::bad_cast(value, path, caster);
                            let message = format!(
                                "error while interpolating {}: failed to cast to expected type: {reason}",
                                path.text()
                            );
                            self.log.refuse(message, finding);
                            // What counts as not written keeps one fault from becoming two.
                            value.kind = cast::blank(caster);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn note_variables(&mut self, value: &mut Value, raw: &str, done: Substituted, path: &Path<'_>) {
        for name in &done.unset {
            self.unset.push(UnsetUse { name: name.clone(), span: value.span, path: path.text(), raw: raw.to_owned() });
        }
        let Substituted { variables, unset, .. } = done;
        value.written = Some(Box::new(Written { raw: raw.to_owned(), variables, unset, parts: None }));
    }

    fn template_error(&mut self, value: &mut Value, path: &Path<'_>, error: &TemplateError) {
        match error {
            TemplateError::Invalid(template) => {
                let message = format!(
                    "invalid interpolation format for {}.\nYou may need to escape any $ with another $.\n{template}",
                    path.text()
                );
                let finding = faults::invalid_interpolation(self.sources, value.span, path);
                self.log.refuse(message, finding);
            }
            TemplateError::Required { name, reason } => {
                let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
                let message = format!(
                    "error while interpolating {}: required variable {name} is missing a value{because}",
                    path.text()
                );
                self.log.refuse(message, faults::required_variable(value.span, name, path));
            }
        }
        let raw = value.as_str().unwrap_or_default().to_owned();
        let unset = vec![String::new()];
        value.written = Some(Box::new(Written { raw, variables: Vec::new(), unset, parts: None }));
    }

    // ---- extends ----

    fn apply_extends(&mut self, dict: &mut Value, path: &FsPath, scope: &Scope, resets: &[Vec<String>]) {
        let Some(services) = dict.get_mut("services") else { return };
        if !services.entries().iter().any(|e| e.value.get("extends").is_some()) {
            return;
        }
        let services_span = services.span;
        let taken = std::mem::replace(services, Value::mapping(services_span));
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
            Some(set) => std::mem::replace(&mut set.services, Value::mapping(services_span)),
            None => return,
        };
        if let Some(services) = dict.get_mut("services") {
            *services = done;
        }
    }

    /// The service with everything it extends, resolved in place too.
    fn resolve_service(
        &mut self,
        set: usize,
        name: &str,
        scope: &Scope,
        chain: &mut Vec<(PathBuf, String)>,
    ) -> Option<Value> {
        let service = self.sets.get(set)?.services.get(name)?.clone();
        let Some(extends) = service.get("extends") else { return Some(service) };
        let here = self.sets.get(set)?.path.clone();
        let span = extends.span;
        let (reference, file) = match &extends.kind {
            Kind::String(reference) => (reference.clone(), None),
            Kind::Mapping(_) => match extends.get("service").and_then(Value::as_str) {
                Some(reference) => (reference.to_owned(), extends.get("file").filter(|f| !f.is_null()).cloned()),
                None => {
                    let finding = Log::error(rule::SCHEMA, span, "`extends` needs `service:`, the name to extend.");
                    self.log.refuse(format!("extends.{name}.service is required"), finding);
                    return self.settle(set, name, service);
                }
            },
            _ => return self.settle(set, name, service),
        };
        let target = match &file {
            None => {
                if self.sets.get(set)?.services.get(&reference).is_none() {
                    let known: Vec<String> =
                        self.sets.get(set)?.services.entries().iter().map(|e| e.key.clone()).collect();
                    let place = extends.get("service").map_or(span, |s| s.span);
                    self.missing_base(name, &reference, &here, place, &known);
                    return self.settle(set, name, service);
                }
                set
            }
            Some(file) => match self.extended_set(set, file, scope) {
                Some(target) => {
                    if self.sets.get(target)?.services.get(&reference).is_none() {
                        let other = self.sets.get(target)?;
                        let known: Vec<String> = other.services.entries().iter().map(|e| e.key.clone()).collect();
                        let other = other.path.clone();
                        let place = extends.get("service").map_or(span, |s| s.span);
                        self.missing_base(name, &reference, &other, place, &known);
                        return self.settle(set, name, service);
                    }
                    target
                }
                None => {
                    self.partial.push(name.to_owned());
                    return self.settle(set, name, service);
                }
            },
        };
        let link_path = here.clone();
        let link = (here, name.to_owned());
        if chain.contains(&link) || chain.len() > MAX_CHAIN {
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
        let Some(base) = base.filter(Value::is_mapping) else {
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
        let mut wrapped = Value::mapping(base.span);
        let mut outer = Value::mapping(base.span);
        outer.set(name, base);
        wrapped.set("services", outer);
        let resets = self.sets.get(set)?.resets.clone();
        tree::apply_resets(&mut wrapped, &resets);
        let base = wrapped
            .remove("services")
            .and_then(|mut s| s.value.remove(name))
            .map_or_else(|| Value::mapping(span), |e| e.value);
        let mut faults = Vec::new();
        let services = ROOT.next("services");
        let merged = merge::merge(base, service, &services.next("x"), &mut faults);
        self.merge_faults(faults);
        self.settle(set, name, merged)
    }

    /// Stores a service without its `extends`.
    fn settle(&mut self, set: usize, name: &str, mut service: Value) -> Option<Value> {
        service.remove("extends");
        if let Some(slot) = self.sets.get_mut(set)?.services.get_mut(name) {
            *slot = service.clone();
        }
        Some(service)
    }

    fn missing_base(&mut self, name: &str, reference: &str, file: &FsPath, span: Span, known: &[String]) {
        let shown = self.files.display(file);
        let compose = format!("cannot extend service {name:?} in {}: service {reference:?} not found", file.display());
        let mut finding = Log::error(
            rule::UNDEFINED_REFERENCE,
            span,
            format!(
                "`{name}` extends the service `{reference}`, which `{shown}` does not define; Compose stops with \
                 \"service \"{reference}\" not found\"."
            ),
        )
        .service(name);
        finding = faults::suggest(finding, self.sources, reference, known, "service");
        self.log.refuse(compose, finding);
        self.partial.push(name.to_owned());
    }

    /// The services of another file, read once.
    fn extended_set(&mut self, set: usize, file: &Value, scope: &Scope) -> Option<usize> {
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
        let folder = Base { dir: paths::folder(&path), home: base.home.clone() };
        let inner = Scope { base: folder.clone(), role: FileRole::Extended, ..scope.clone() };
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

    // ---- include ----

    fn apply_include(&mut self, dict: &mut Value, scope: &Scope, resets: &[Vec<String>]) {
        let Some(include) = dict.remove("include") else { return };
        if include.value.is_null() {
            return;
        }
        let Kind::Sequence(items) = include.value.kind else {
            let finding = Log::error(
                rule::SCHEMA,
                include.value.span,
                "`include` is a list of files: write each on a line of its own, after `- `.",
            );
            self.log.refuse("`include` must be a list", finding);
            return;
        };
        for item in items {
            self.include_one(&item, dict, scope, resets);
        }
    }

    fn include_one(&mut self, item: &Value, dict: &mut Value, scope: &Scope, resets: &[Vec<String>]) {
        let list = |value: Option<&Value>| -> Vec<Value> {
            match value {
                Some(value) if value.is_sequence() => value.items().to_vec(),
                Some(value) if value.as_str().is_some() => vec![value.clone()],
                _ => Vec::new(),
            }
        };
        let (names, directory, env_files) = match &item.kind {
            Kind::String(_) => (vec![item.clone()], None, Vec::new()),
            Kind::Mapping(_) => {
                (list(item.get("path")), item.get("project_directory").cloned(), list(item.get("env_file")))
            }
            _ => {
                let message = "An item of `include` is a path, or a mapping with `path:`.";
                self.log.refuse("include: unexpected type", Log::error(rule::SCHEMA, item.span, message));
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
            let message = format!("This project pulls in more than {MAX_FILES} files; the rest is not read.");
            self.log.report(Log::error(rule::SCHEMA, first_span, message));
            self.open_world = true;
            return;
        }
        if scope.included.contains(&first) || scope.included.len() > MAX_CHAIN {
            let chain: Vec<String> = scope.included.iter().chain([&first]).map(|p| self.files.display(p)).collect();
            let finding = Log::error(
                rule::CYCLE,
                first_span,
                format!("Files include each other in a circle: {}.", chain.join(" → ")),
            )
            .help("Take one of the includes out.");
            self.log.refuse(format!("include cycle detected:\n{}", chain.join("\n include ")), finding);
            return;
        }
        let dir = match directory.as_ref().and_then(Value::as_str) {
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
        let inner = Scope {
            base: Base { dir, home: scope.base.home.clone() },
            environment: Rc::new(environment),
            included: scope.included.clone(),
            role: FileRole::Included,
        };
        let files: Vec<PathBuf> = paths.into_iter().map(|(p, _)| p).collect();
        let imported = self.load_model(&files, &inner);
        self.import(imported, dict, resets);
    }

    /// Takes the resources of an included model over.
    fn import(&mut self, mut imported: Value, dict: &mut Value, resets: &[Vec<String>]) {
        for section in ["services", "volumes", "networks", "secrets", "configs", "models"] {
            let Some(Entry { value: from, key_span, .. }) = imported.remove(section) else { continue };
            let Kind::Mapping(entries) = from.kind else { continue };
            if dict.get(section).is_none_or(Value::is_null) {
                dict.remove(section);
                if let Kind::Mapping(all) = &mut dict.kind {
                    all.push(Entry { key: section.to_owned(), key_span, value: Value::mapping(from.span) });
                }
            }
            for entry in entries {
                let Some(to) = dict.get_mut(section) else { continue };
                let Some(own) = to.entry(&entry.key) else {
                    if let Kind::Mapping(all) = &mut to.kind {
                        all.push(entry);
                    }
                    continue;
                };
                if same(&own.value, &entry.value) {
                    continue;
                }
                let (own_value, own_key) = (own.value.clone(), own.key_span);
                let finding = faults::include_clash(section, &entry.key, own_key, entry.key_span);
                self.log.refuse(format!("{section}.{} conflicts with imported resource", entry.key), finding);
                let mut wrapped = Value::mapping(entry.value.span);
                let mut outer = Value::mapping(entry.value.span);
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

    /// Reads files of the `.env` grammar, later ones over earlier ones; `outer` is asked first when they refer to names.
    pub(super) fn env_from_files(&mut self, paths: &[(PathBuf, Span)], outer: &Environment) -> Environment {
        let mut all = Environment::new();
        for (path, span) in paths {
            match self.files.read(path) {
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    self.parse_env(path, &text, outer, &mut all, Some(*span));
                }
                Err(ReadError::Missing) => {
                    let shown = self.files.display(path);
                    let finding = faults::missing_env_file(*span, &shown);
                    self.log.refuse(format!("couldn't find env file: {}", path.display()), finding);
                }
                Err(error) => {
                    let shown = self.files.display(path);
                    self.log.note(self.sources, *span, format!("`{shown}` was not read: it {error}"));
                }
            }
        }
        all
    }

    /// One file of the `.env` grammar into `all`.
    pub(super) fn parse_env(
        &mut self,
        path: &FsPath,
        text: &str,
        outer: &Environment,
        all: &mut Environment,
        span: Option<Span>,
    ) {
        let before = all.clone();
        let lookup = |name: &str| outer.get(name).or_else(|| before.get(name)).cloned();
        if let Err(error) = dotenv::parse(text, all, &lookup) {
            let shown = self.files.display(path);
            let message = format!("failed to read {}: line {}: {}", path.display(), error.line, error.message);
            self.log.refusals.push(message);
            let what = format!("`{shown}` does not parse at line {}: {}", error.line, error.message);
            match span {
                Some(span) => {
                    let finding = Log::error(rule::MISSING_ENV_FILE, span, format!("{what}; Compose refuses it."))
                        .help("Write one `NAME=value` a line; quote values that hold spaces or `#`.");
                    self.log.report(finding);
                }
                None => self.log.note_file(self.files, path, what),
            }
        }
    }

    // ---- faults ----

    fn merge_faults(&mut self, faults: Vec<MergeFault>) {
        for fault in faults {
            let finding = faults::merge(&fault);
            self.log.refuse(fault.message, finding);
        }
    }

    pub(super) fn form_faults(&mut self, faults: Vec<FormFault>) {
        for fault in faults {
            let finding = faults::form(&fault);
            self.log.refuse(fault.message, finding);
        }
    }

    pub(super) fn type_faults(&mut self, printer: super::typed::Printer) {
        for fault in printer.faults {
            let finding = faults::form(&FormFault {
                message: fault.message.clone(),
                span: fault.span,
                unknown: fault.unknown,
                path: fault.path,
                conflict: false,
                interpolated: false,
            });
            self.log.refuse(fault.message, finding);
        }
        self.log.refusals.extend(printer.unprintable);
    }

    fn tree_faults(&mut self, list: &[TreeFault]) {
        for fault in list {
            let (message, finding) = faults::tree(fault);
            self.log.refuse(message, finding);
        }
    }
}

/// Names that a document defines, by section.
struct Touched(Vec<(String, HashSet<String>)>);

/// Entries of a section with their places, taken out for a while.
type Aside = Vec<(String, Vec<(usize, Entry)>)>;

impl Touched {
    fn of(value: &Value) -> Self {
        let names = |e: &Entry| e.value.entries().iter().map(|e| e.key.clone()).collect();
        Touched(value.entries().iter().map(|e| (e.key.clone(), names(e))).collect())
    }

    fn set_aside(&self, dict: &mut Value) -> Aside {
        let mut aside = Vec::new();
        for section in ["services", "networks", "volumes", "secrets", "configs", "models"] {
            let touched = self.0.iter().find(|(s, _)| s == section).map(|(_, names)| names);
            let Some(Value { kind: Kind::Mapping(entries), .. }) = dict.get_mut(section) else { continue };
            let keep = |entry: &Entry| touched.is_some_and(|names| names.contains(&entry.key));
            if entries.iter().all(keep) {
                continue;
            }
            let mut out = Vec::new();
            let mut kept = Vec::new();
            for (i, entry) in std::mem::take(entries).into_iter().enumerate() {
                if keep(&entry) {
                    kept.push(entry);
                } else {
                    out.push((i, entry));
                }
            }
            *entries = kept;
            aside.push((section.to_owned(), out));
        }
        aside
    }
}

fn put_back(dict: &mut Value, aside: Aside) {
    for (section, out) in aside {
        let Some(Value { kind: Kind::Mapping(entries), .. }) = dict.get_mut(&section) else { continue };
        let mut rest = std::mem::take(entries).into_iter();
        for (at, entry) in out {
            while entries.len() < at {
                let Some(next) = rest.next() else { break };
                entries.push(next);
            }
            entries.push(entry);
        }
        entries.extend(rest);
    }
}

/// Equal but for places.
fn same(a: &Value, b: &Value) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Mapping(a), Kind::Mapping(b)) => {
            a.len() == b.len()
                && a.iter().all(|e| b.iter().find(|o| o.key == e.key).is_some_and(|o| same(&e.value, &o.value)))
        }
        (Kind::Sequence(a), Kind::Sequence(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (a, b) => a == b,
    }
}

/// Blank DNS servers go away.
fn omit_empty(dict: &mut Value) {
    let Some(services) = dict.get_mut("services") else { return };
    for service in services.entries_mut() {
        if let Some(Value { kind: Kind::Sequence(items), .. }) = service.value.get_mut("dns") {
            items.retain(|i| !i.is_null() && i.as_str() != Some(""));
        }
    }
}

/// Bare names in `environment:` lists take the project's value; configs from the environment take their content.
fn resolve_environment(dict: &mut Value, environment: &Environment) {
    if let Some(services) = dict.get_mut("services") {
        for service in services.entries_mut() {
            let Some(Value { kind: Kind::Sequence(items), .. }) = service.value.get_mut("environment") else {
                continue;
            };
            items.retain(|item| item.as_str().is_some());
            for item in items {
                if let Kind::String(text) = &mut item.kind
                    && let Some(value) = environment.get(text.as_str())
                {
                    let raw = text.clone();
                    *text = format!("{text}={value}");
                    item.written = Some(Box::new(Written { raw, ..Written::default() }));
                }
            }
        }
    }
    if let Some(configs) = dict.get_mut("configs") {
        for config in configs.entries_mut() {
            let Some(variable) = config.value.get("environment") else { continue };
            let span = variable.span;
            if let Some(value) = variable.as_str().and_then(|name| environment.get(name)) {
                let content = Value::string(value.clone(), span);
                config.value.set("content", content);
            }
        }
    }
}
