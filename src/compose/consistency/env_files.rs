//! Files of variables and labels that services name.

use std::path::Path;

use super::{Case, Checks};
use crate::compose::dotenv;
use crate::compose::fault::{EnvFileFault, Fault, FaultKind};
use crate::compose::load::environment::Environment;
use crate::compose::model::ModelValue;
use crate::diagnostic::Severity;
use crate::files::{Files, ReadError};
use crate::text::Span;

impl Checks<'_> {
    /// Reads the `env_file`s of the services into `environment`, and `label_file`s into `labels`.
    pub(in crate::compose) fn env_files(&mut self, project: &Environment) -> Vec<(String, EnvironmentOf)> {
        let mut all = Vec::new();
        let Some(services) = self.model.get("services") else { return all };
        for entry in services.entries().iter().filter(|e| e.value.is_mapping()) {
            let case = Case { name: &entry.key, enabled: self.enabled(&entry.value) };
            let own = own_environment(&entry.value);
            let mut read = Environment::new();
            for (name, value) in &own {
                read.insert(name.clone(), value.clone());
            }
            for file in entry.value.get("env_file").map(ModelValue::items).unwrap_or_default() {
                self.env_file(case, file, &mut read, &|name: &str| {
                    project.get(name).or_else(|| own.get(name)).cloned()
                });
            }
            let mut labels = Environment::new();
            for file in entry.value.get("label_file").map(ModelValue::items).unwrap_or_default() {
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

    pub(super) fn env_file(
        &mut self,
        case: Case<'_>,
        file: &ModelValue,
        read: &mut Environment,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) {
        let Some(path) = file.get("path") else { return };
        let Some(text) = path.as_str() else { return };
        let required = file.get("required").and_then(ModelValue::as_bool).unwrap_or(true);
        let shown = self.files.display(Path::new(text));
        match self.files.read(Path::new(text)) {
            Ok(bytes) => self.parse(case, path.span, text, &bytes, read, lookup),
            Err(ReadError::Missing) if !required => {}
            Err(ReadError::Missing) => {
                let compose = format!("env file {text} not found: stat {text}: no such file or directory");
                // A template to copy from means that the file is made by hand.
                let example = example_beside(self.files, Path::new(text));
                let severity = if example.is_some() { Severity::Warning } else { Severity::Error };
                let kind = FaultKind::EnvFile(EnvFileFault::Missing { file: shown, example });
                let mut fault = Fault::error(kind, path.span).service(case.name);
                fault.severity = severity;
                if self.complete {
                    self.known(case, compose, fault, path.is_unknown());
                } else if case.enabled {
                    self.log.refusals.push(compose);
                }
            }
            Err(error) => {
                self.log.note(self.sources, path.span, format!("`{shown}` was not read: it {error}"));
            }
        }
    }

    pub(super) fn label_file(
        &mut self,
        case: Case<'_>,
        file: &ModelValue,
        read: &mut Environment,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) {
        let Some(text) = file.as_str() else { return };
        let shown = self.files.display(Path::new(text));
        match self.files.read(Path::new(text)) {
            Ok(bytes) => self.parse(case, file.span, text, &bytes, read, lookup),
            Err(ReadError::Missing) => {
                let compose = format!("open {text}: no such file or directory");
                let kind = FaultKind::EnvFile(EnvFileFault::MissingLabels { file: shown });
                let fault = Fault::error(kind, file.span).service(case.name);
                self.known(case, compose, fault, file.is_unknown());
            }
            Err(error) => {
                self.log.note(self.sources, file.span, format!("`{shown}` was not read: it {error}"));
            }
        }
    }

    pub(super) fn parse(
        &mut self,
        case: Case<'_>,
        span: Span,
        path: &str,
        bytes: &[u8],
        read: &mut Environment,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) {
        let text = String::from_utf8_lossy(bytes);
        let parsed = dotenv::parse(&text, read, lookup);
        if let Ok(Some(line)) = parsed {
            self.log.note_file(self.files, Path::new(path), dotenv::not_followed(line));
        }
        if let Err(error) = parsed {
            let shown = self.files.display(Path::new(path));
            let compose = format!("failed to read {path}: line {}: {}", error.line, error.message);
            let kind = EnvFileFault::Syntax { file: shown, line: error.line, error: error.message };
            let fault = Fault::error(FaultKind::EnvFile(kind), span).service(case.name);
            self.fault(case, compose, fault);
        }
    }
}

/// Variables and labels that files add to a service.
pub(in crate::compose) struct EnvironmentOf {
    pub(in crate::compose) variables: Environment,
    pub(in crate::compose) labels: Environment,
}

/// Variables that a service sets itself, without bare names.
fn own_environment(service: &ModelValue) -> Environment {
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

/// Returns a template next to a missing file: `.env.example` and similar.
pub(in crate::compose) fn example_beside(files: &Files, path: &Path) -> Option<String> {
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
