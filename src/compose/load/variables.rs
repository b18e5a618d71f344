//! Variables: reads files of them, and puts them into the values of a document.

use std::path::{Path as FsPath, PathBuf};

use super::environment::{Environment, UnsetUse};
use super::limits::MAX_INTERPOLATED;
use super::loader::Loader;
use crate::compose::fault::{EnvFileFault, Fault, FaultKind};
use crate::compose::interpolate::{Substituted, TemplateError, substitute};
use crate::compose::model::{ModelEntry, ModelValue, ValueKind, Written};
use crate::compose::path::Path;
use crate::compose::{cast, dotenv, faults};
use crate::files::ReadError;
use crate::text::Span;

impl Loader<'_> {
    pub(super) fn interpolate(&mut self, value: &mut ModelValue, path: &Path<'_>, environment: &Environment) {
        match &mut value.kind {
            ValueKind::Mapping(entries) => {
                for ModelEntry { key, value, .. } in entries {
                    self.interpolate(value, &path.next(key), environment);
                }
            }
            ValueKind::Sequence(items) => {
                let next = path.next("[]");
                items.iter_mut().for_each(|item| self.interpolate(item, &next, environment));
            }
            // Beyond the limit a text stays as written and counts as unknown.
            ValueKind::String(text) if self.interpolated > MAX_INTERPOLATED && text.contains('$') => {
                let raw = text.clone();
                value.written = Some(Box::new(Written { raw, unset: vec![String::new()], ..Written::default() }));
                if !std::mem::replace(&mut self.said_interpolated, true) {
                    let what = "the variables of this project come to more text than is followed; from here on their values are unknown";
                    self.log.note(self.sources, value.span, what);
                }
            }
            ValueKind::String(text) => {
                let raw = std::mem::take(text);
                match substitute(&raw, &|name| environment.get(name).map(String::as_str)) {
                    Ok(done) => {
                        self.interpolated += if done.variables.is_empty() { 0 } else { done.text.len() };
                        let values = done.variables.iter().filter_map(|name| environment.get(name));
                        self.values.extend(values.cloned());
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
                    let ValueKind::String(text) = &value.kind else { return };
                    match cast::apply(caster, text) {
                        Ok(kind) => {
                            let raw = text.clone();
                            value.written.get_or_insert_with(|| Box::new(Written { raw, ..Written::default() }));
                            value.kind = kind;
                        }
                        Err(reason) => {
                            let fault = faults::bad_cast(value, path, caster);
                            let message = format!(
                                "error while interpolating {}: failed to cast to expected type: {reason}",
                                path.text()
                            );
                            self.log.refuse(message, fault);
                            // A value that counts as not given causes no second fault.
                            value.kind = cast::blank(caster);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn note_variables(&mut self, value: &mut ModelValue, raw: &str, done: Substituted, path: &Path<'_>) {
        for name in &done.unset {
            self.unset.push(UnsetUse { name: name.clone(), span: value.span, path: path.text(), raw: raw.to_owned() });
        }
        let Substituted { variables, unset, .. } = done;
        value.written = Some(Box::new(Written { raw: raw.to_owned(), variables, unset, parts: None }));
    }

    pub(super) fn template_error(&mut self, value: &mut ModelValue, path: &Path<'_>, error: &TemplateError) {
        match error {
            TemplateError::TooMuch => {
                let what = "the variables of this value nest or grow further than is followed; it counts as unknown";
                self.log.note(self.sources, value.span, what);
            }
            TemplateError::Invalid(template) => {
                let message = format!(
                    "invalid interpolation format for {}.\nYou may need to escape any $ with another $.\n{template}",
                    path.text()
                );
                let fault = faults::invalid_interpolation(self.sources, value.span, path);
                self.log.refuse(message, fault);
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

    /// Reads files of the `.env` grammar, later ones over earlier ones; `outer` is asked first when they refer to names.
    pub(in crate::compose) fn env_from_files(&mut self, paths: &[(PathBuf, Span)], outer: &Environment) -> Environment {
        let mut all = Environment::new();
        for (path, span) in paths {
            match self.files.read(path) {
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    self.parse_env(path, &text, outer, &mut all, Some(*span));
                }
                Err(ReadError::Missing) => {
                    let shown = self.files.display(path);
                    let kind = FaultKind::EnvFile(EnvFileFault::Missing { file: shown, example: None });
                    self.log.refuse(format!("couldn't find env file: {}", path.display()), Fault::error(kind, *span));
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
    pub(in crate::compose) fn parse_env(
        &mut self,
        path: &FsPath,
        text: &str,
        outer: &Environment,
        all: &mut Environment,
        span: Option<Span>,
    ) {
        let before = all.clone();
        let lookup = |name: &str| outer.get(name).or_else(|| before.get(name)).cloned();
        let parsed = dotenv::parse(text, all, &lookup);
        if let Ok(Some(line)) = parsed {
            self.log.note_file(self.files, path, dotenv::not_followed(line));
        }
        if let Err(error) = parsed {
            let shown = self.files.display(path);
            let message = format!("failed to read {}: line {}: {}", path.display(), error.line, error.message);
            self.log.refusals.push(message);
            let dotenv::DotenvError { line, message: error } = error;
            match span {
                Some(span) => {
                    let kind = EnvFileFault::IncludedSyntax { file: shown, line, error };
                    self.log.report(Fault::error(FaultKind::EnvFile(kind), span));
                }
                None => {
                    self.log.note_file(self.files, path, format!("`{shown}` does not parse at line {line}: {error}"));
                }
            }
        }
    }
}

/// Removes blank DNS servers.
pub(super) fn omit_empty(dict: &mut ModelValue) {
    let Some(services) = dict.get_mut("services") else { return };
    for service in services.entries_mut() {
        if let Some(ModelValue { kind: ValueKind::Sequence(items), .. }) = service.value.get_mut("dns") {
            items.retain(|i| !i.is_null() && i.as_str() != Some(""));
        }
    }
}

/// Gives bare names in `environment:` lists the value of the project, and configs from the environment their content.
pub(super) fn resolve_environment(dict: &mut ModelValue, environment: &Environment) {
    if let Some(services) = dict.get_mut("services") {
        for service in services.entries_mut() {
            let Some(ModelValue { kind: ValueKind::Sequence(items), .. }) = service.value.get_mut("environment") else {
                continue;
            };
            items.retain(|item| item.as_str().is_some());
            for item in items {
                if let ValueKind::String(text) = &mut item.kind
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
                let content = ModelValue::string(value.clone(), span);
                config.value.set("content", content);
            }
        }
    }
}
