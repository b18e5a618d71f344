//! The pipeline from files to the merged model, in Compose's order: decode, interpolate, extend, reset, include, merge,
//! make unique, validate, bring into long form; and after the last file defaults, checks and paths.
//!
//! Compose stops at its first error. This goes on with what is left, so that all faults of a project come out at once.

pub(super) mod environment;
mod extends;
mod include;
mod limits;
pub(super) mod loader;
mod unchanged;
mod variables;

use std::path::{Path as FsPath, PathBuf};
use std::rc::Rc;

use environment::Environment;
use limits::{MAX_DOCUMENTS, MAX_FILES, MAX_SERVICES};
use loader::{LoadScope, Loader, Steps};
use unchanged::{Touched, put_back};
use variables::{omit_empty, resolve_environment};

use super::canonical::{self, FormFault, Forms};
use super::log::{Log, rule};
use super::merge::{self, MergeFault};
use super::model::{ModelValue, ValueKind};
use super::path::ROOT;
use super::paths::ProjectDir;
use super::request::LoadRequest;
use super::schema;
use super::tree::{self, Decoded, TreeFault};
use super::{FileRole, faults};
use crate::files::ReadError;
use crate::text::Span;
use crate::yaml;

impl Loader<'_> {
    /// Loads the files of a request into one model.
    pub(super) fn model(
        &mut self,
        request: &LoadRequest,
        base: ProjectDir,
        environment: Rc<Environment>,
    ) -> ModelValue {
        let scope = LoadScope { base, environment, included: Vec::new(), role: FileRole::Base };
        self.load_model(&request.files, &scope)
    }

    fn load_model(&mut self, paths: &[PathBuf], scope: &LoadScope) -> ModelValue {
        let mut dict: Option<ModelValue> = None;
        for (i, path) in paths.iter().enumerate() {
            let role = if i > 0 && scope.role == FileRole::Base { FileRole::Override } else { scope.role };
            dict = self.load_file(path, dict, scope, role, Steps { whole: true });
        }
        let mut dict = match dict {
            Some(dict) => dict,
            None => match self.read.first() {
                Some((id, _)) => ModelValue::mapping(Span::at(*id, 0)),
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
    fn nowhere(&mut self) -> ModelValue {
        let id = self.sources.add(PathBuf::new(), String::new(), Vec::new());
        ModelValue::mapping(Span::at(id, 0))
    }

    /// Merges all documents of a file onto `dict`.
    fn load_file(
        &mut self,
        path: &FsPath,
        mut dict: Option<ModelValue>,
        scope: &LoadScope,
        role: FileRole,
        steps: Steps,
    ) -> Option<ModelValue> {
        let documents = self.documents(path, role, None)?;
        let mut included = scope.included.clone();
        included.push(path.to_owned());
        let scope = LoadScope { included, ..scope.clone() };
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
        names
            .filter(|n| !n.is_mapping() && !n.is_sequence() && !n.is_null())
            .map(ModelValue::print)
            .rfind(|n| !n.is_empty())
    }

    /// Reads and decodes a file once. `from` is the place that names it.
    fn documents(&mut self, path: &FsPath, role: FileRole, from: Option<Span>) -> Option<Rc<Vec<Rc<Decoded>>>> {
        let path = self.files.absolute(path);
        if let Some(documents) = self.documents.get(&path) {
            return Some(documents.clone());
        }
        self.loads += 1;
        if self.loads > MAX_FILES {
            self.too_many_files(from);
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
        if let Some(beyond) = stream.documents.get(MAX_DOCUMENTS) {
            self.open_world = true;
            let span = beyond.root.map_or(file.span(0..0), |root| stream.node(root).span);
            let what = format!("over {MAX_DOCUMENTS} documents; the further ones were not read");
            self.log.note(self.sources, span, &what);
        }
        for document in stream.documents.iter().take(MAX_DOCUMENTS) {
            match document.root {
                Some(root) => documents.push(Rc::new(tree::decode(&stream, root))),
                None if document.broken => {}
                None => documents.push(Rc::new(Decoded {
                    value: ModelValue::new(ValueKind::Null, Span::at(id, 0)),
                    resets: Vec::new(),
                    faults: Vec::new(),
                })),
            }
        }
        let documents = Rc::new(documents);
        self.documents.insert(path, documents.clone());
        Some(documents)
    }

    fn too_many_files(&mut self, from: Option<Span>) {
        self.open_world = true;
        if let Some(span) = from.or_else(|| Some(Span::at(self.read.first()?.0, 0))) {
            let what = format!("pulls in more than {MAX_FILES} compose files; this one and the rest were not read");
            self.log.note(self.sources, span, what);
        }
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
            (error, _) if error.leaves_unjudged() => {
                self.log.note_unjudged(self.files, path, format!("was not read: it {error}"));
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
        dict: Option<ModelValue>,
        scope: &LoadScope,
        steps: Steps,
    ) -> Option<ModelValue> {
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
            self.log.note_unjudged(self.files, path, format!("has over {MAX_SERVICES} services and was not checked"));
            self.open_world = true;
            return dict;
        }
        self.interpolate(&mut value, &ROOT, &scope.environment);
        let mut dict = dict.unwrap_or_else(|| ModelValue::mapping(value.span));
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
        if let Some(span) = forms.cut {
            let what = format!(
                "the ranges of this file come to over {} ports; of the further ones only the first of each was looked at",
                canonical::MAX_PORTS
            );
            self.log.note(self.sources, span, what);
        }
        self.form_faults(forms.faults);
        omit_empty(&mut dict);
        merge::enforce_unicity(&mut dict, &ROOT, &mut faults);
        self.merge_faults(faults);
        put_back(&mut dict, aside);
        Some(dict)
    }

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
                interpolated: fault.interpolated,
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
