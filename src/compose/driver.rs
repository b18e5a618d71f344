//! Loads one project: finds its files, environment and name, runs the pipeline and the checks, and makes the typed views.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::consistency::{Checks, EnvironmentOf};
use super::fault::FaultKind;
use super::lints::Lints;
use super::load::environment::Environment;
use super::load::loader::Loader;
use super::log::{Log, rule};
use super::model::{ModelEntry, ModelValue, ValueKind};
use super::paths::ProjectDir;
use super::request::LoadRequest;
use super::typed::Printer;
use super::{ComposeProject, FileRole, find, interpolate, normalize, resolve, views};
use crate::files::Files;
use crate::text::{FileId, Sources, Span, template_marks};
use crate::yaml;

/// Loads a project. Never fails: what is wrong is in its findings.
pub fn load(request: &LoadRequest, files: &Files, sources: &mut Sources) -> ComposeProject {
    let mut request = request.clone();
    let dir = project_dir(&request, files);
    let home = request.environment.get("HOME").cloned();
    let mut loader = Loader::new(files, sources);
    let (name, environment) = prepare(&mut loader, &mut request, &dir);
    let base = ProjectDir { dir: dir.clone(), home };
    let mut model = loader.model(&request, base, environment.clone());
    if model.entries().is_empty() {
        refuse_empty(&mut loader, request.complete);
    }
    if name.is_empty() {
        loader.log.refusals.push("project name must not be empty".into());
    }
    let span = model.span.start_point();
    model.set("name", ModelValue::string(name.clone(), span));
    let mut unset_args = normalize::unset_arguments(&model, &environment);
    normalize::normalize(&mut model, &name, &environment);
    let mut printer = Printer::default();
    resolve::print(&model, &name, &request.profiles, &mut printer);
    loader.type_faults(printer);
    if request.complete
        && let Some(base) = overlay_of(&model, files, &dir, &loader.partial)
    {
        request.complete = false;
        note_overlay(&mut loader, &base);
    }
    let read = check(&mut loader, &model, &request, &dir, &environment);
    for file in &loader.broken {
        if let Some(cut) = drop_what_was_cut_off(&mut loader.log, &model, *file) {
            loader.partial.push(cut);
        }
    }
    let mut services = views::services(&model, &request.profiles, &loader.partial, loader.sources);
    for service in &mut services {
        let Some(build) = &mut service.build else { continue };
        if let Some(unset) = unset_args.remove(&service.name) {
            build.unset_args = unset;
        }
        if let Some(small) = build.dockerfile_path.as_deref().and_then(|p| in_small_letters(p, files)) {
            build.dockerfile_path = Some(small);
        }
    }
    for (name, added) in read {
        if let Some(service) = services.iter_mut().find(|s| s.name == name) {
            service.file_environment = added.variables.keys().cloned().collect();
            service.file_environment.sort();
        }
        add_environment(&mut model, &name, added);
    }
    drop_templates(&mut loader.log, files, loader.sources, &loader.read);
    let Loader { log, read, values, open_world, .. } = loader;
    ComposeProject {
        name,
        dir,
        files: read,
        complete: request.complete,
        profiles: request.profiles,
        services,
        model,
        findings: log.findings,
        faults: log.faults,
        coverage: log.coverage,
        refused: !log.refusals.is_empty(),
        refusals: log.refusals,
        values: values.into_iter().collect(),
        open_world,
    }
}

/// Completes a request: its files, its active profiles, its name and the variables that the files may use.
fn prepare(loader: &mut Loader<'_>, request: &mut LoadRequest, dir: &Path) -> (String, Rc<Environment>) {
    let files = loader.files;
    let mut environment: Environment = request.environment.clone();
    // Compose sets this itself where the shell does not.
    environment.entry("PWD".into()).or_insert_with(|| dir.to_string_lossy().into_owned());
    dot_env(loader, request, dir, &mut environment);
    choose_files(request, files, dir, &environment);
    request.files = request.files.iter().map(|f| files.absolute(f)).collect();
    if request.profiles.is_empty()
        && let Some(profiles) = environment.get("COMPOSE_PROFILES")
    {
        request.profiles = profiles.split(',').map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect();
    }
    let name = project_name(loader, request, dir, &environment);
    environment.insert("COMPOSE_PROJECT_NAME".into(), name.clone());
    (name, Rc::new(environment))
}

/// Compose refuses a project without a single attribute.
fn refuse_empty(loader: &mut Loader<'_>, complete: bool) {
    loader.log.refusals.push("empty compose file".into());
    if let Some((file, _)) =
        loader.read.first().filter(|_| complete && loader.log.findings.is_empty() && loader.log.faults.is_empty())
    {
        let message = "The file holds nothing; Compose stops with \"empty compose file\".";
        loader.log.report(Log::error(rule::SCHEMA, Span::at(*file, 0), message));
    }
}

/// Notes that the project is a layer over another one.
fn note_overlay(loader: &mut Loader<'_>, base: &Path) {
    let Some((file, _)) = loader.read.first() else { return };
    let path = loader.sources.file(*file).path().to_owned();
    let what =
        format!("is read as a layer over `{}`, which defines the services that it changes", loader.files.display(base));
    loader.log.note_file(loader.files, &path, what);
}

/// Checks the finished model. Returns what files add to the services.
fn check(
    loader: &mut Loader<'_>,
    model: &ModelValue,
    request: &LoadRequest,
    dir: &Path,
    environment: &Environment,
) -> Vec<(String, EnvironmentOf)> {
    let mut checks = Checks {
        model,
        files: loader.files,
        sources: loader.sources,
        log: &mut loader.log,
        profiles: &request.profiles,
        complete: request.complete,
        open_world: loader.open_world,
        partial: &loader.partial,
    };
    checks.run();
    let read = checks.env_files(environment);
    let mut lints = Lints {
        files: loader.files,
        sources: loader.sources,
        log: &mut loader.log,
        dir,
        profiles: &request.profiles,
        complete: request.complete,
    };
    lints.run(model, &loader.unset);
    read
}

/// The `dockerfile` that the builder takes where a folder holds no `Dockerfile`, whether or not the name was written.
/// Source: buildx, `handleLowercaseDockerfile`; the Dockerfile frontend tries the same.
fn in_small_letters(path: &Path, files: &Files) -> Option<PathBuf> {
    if path.file_name()? != "Dockerfile" || files.is_file(path) {
        return None;
    }
    let small = path.with_file_name("dockerfile");
    files.is_file(&small).then_some(small)
}

/// Lays what `env_file` and `label_file` set under what the service sets itself.
fn add_environment(model: &mut ModelValue, name: &str, added: EnvironmentOf) {
    let Some(service) = model.get_mut("services").and_then(|s| s.get_mut(name)) else { return };
    for (section, files, fallback) in
        [("environment", added.variables, "env_file"), ("labels", added.labels, "label_file")]
    {
        if files.is_empty() {
            continue;
        }
        let span = service.get(fallback).map_or(service.span, |f| f.span);
        if service.get(section).is_none_or(|v| !v.is_mapping() && !v.is_sequence()) {
            service.set(section, ModelValue::mapping(span));
        }
        let Some(own) = service.get_mut(section) else { continue };
        let mut files: Vec<_> = files.into_iter().collect();
        files.sort();
        match &mut own.kind {
            ValueKind::Sequence(items) => {
                let set: std::collections::HashSet<String> = items
                    .iter()
                    .filter_map(ModelValue::as_str)
                    .filter(|t| t.contains('=') || section == "environment")
                    .map(|t| t.split('=').next().unwrap_or(t).to_owned())
                    .collect();
                let new = files.into_iter().filter(|(k, _)| !set.contains(k));
                items.extend(new.map(|(k, v)| ModelValue::string(format!("{k}={v}"), span)));
            }
            ValueKind::Mapping(entries) => {
                for (key, value) in files {
                    if !entries.iter().any(|e| e.key == key) {
                        entries.push(ModelEntry { key, key_span: span, value: ModelValue::string(value, span) });
                    }
                }
            }
            _ => {}
        }
    }
}

/// A compose file in a folder above that defines what this project only changes: the two are meant to be run together.
fn overlay_of(model: &ModelValue, files: &Files, dir: &Path, partial: &[String]) -> Option<PathBuf> {
    let lacks = |service: &ModelValue| {
        service.is_mapping()
            && ["image", "build", "provider"].iter().all(|k| service.get(k).is_none_or(ModelValue::is_null))
    };
    let lacking: Vec<&str> = model
        .get("services")?
        .entries()
        .iter()
        .filter(|e| (lacks(&e.value) || e.value.is_null()) && !partial.contains(&e.key))
        .map(|e| e.key.as_str())
        .collect();
    if lacking.is_empty() {
        return None;
    }
    dir.ancestors().skip(1).take_while(|d| d.starts_with(files.root())).find_map(|folder| {
        let path = folder.join(find::base_and_override(&files.list(folder)).base?);
        let bytes = files.read(&path).ok()?;
        let mut own = Sources::new();
        let id = own.add(path.clone(), String::new(), bytes);
        let stream = yaml::parse(own.file(id));
        let services = stream.get(stream.root()?, "services")?;
        let defined = lacking.iter().all(|name| stream.get(services, name).is_some());
        defined.then_some(path)
    })
}

/// A file that another tool fills in before Compose sees it is not judged for what is not YAML yet.
fn drop_templates(log: &mut Log, files: &Files, sources: &Sources, read: &[(FileId, FileRole)]) {
    for (id, _) in read {
        let file = sources.file(*id);
        let marked_lines = template_marks::marked_lines(file.text());
        // A block of an engine may move what is broken to wherever the parser notices it.
        let whole = file.text().lines().any(template_marks::is_tag_line);
        let marked = |line: u32| {
            let at = |line: u32| marked_lines.get((line as usize).wrapping_sub(1)).copied().unwrap_or(false);
            whole || at(line) || line > 1 && at(line - 1)
        };
        let broken = log.findings.iter().any(|f| {
            let span = f.primary.span;
            let form = f.rule == rule::YAML_SYNTAX || f.rule == rule::SCHEMA;
            form && span.file == *id && marked(file.line_of(span.start))
        });
        let broken = broken
            || log.faults.iter().any(|f| {
                let form = matches!(f.kind, FaultKind::Yaml(_) | FaultKind::Schema(_));
                form && f.span.file == *id && marked(file.line_of(f.span.start))
            });
        // ytt writes its code in comments, so that the file is YAML as it is.
        let broken = broken || file.text().contains('@') && file.text().lines().any(template_marks::is_ytt_line);
        if broken {
            log.findings.retain(|f| f.primary.span.file != *id);
            log.faults.retain(|f| f.span.file != *id);
            log.note_file(files, file.path(), "looks like a template of another tool and was not judged");
        }
    }
}

/// In a file that stops being YAML somewhere, the last service that could be read may go on, and what follows it is not
/// known. Takes back what was said of that, and names the service.
fn drop_what_was_cut_off(log: &mut Log, model: &ModelValue, file: FileId) -> Option<String> {
    let services = model.get("services")?.entries();
    let last = services.iter().filter(|e| e.key_span.file == file).max_by_key(|e| e.key_span.start)?;
    let from = last.key_span.start;
    log.findings.retain(|f| {
        let form = matches!(f.rule, rule::YAML_SYNTAX | rule::DUPLICATE_KEY);
        form || f.primary.span.file != file || f.primary.span.start < from
    });
    log.faults.retain(|f| {
        let form = matches!(f.kind, FaultKind::Yaml(_) | FaultKind::DuplicateKey { .. });
        form || f.span.file != file || f.span.start < from
    });
    Some(last.key.clone())
}

fn project_dir(request: &LoadRequest, files: &Files) -> PathBuf {
    match (&request.project_directory, request.files.first()) {
        (Some(dir), _) => files.absolute(dir),
        (None, Some(file)) => files.absolute(file).parent().map_or_else(|| PathBuf::from("/"), Path::to_owned),
        (None, None) => files.working_dir().to_owned(),
    }
}

/// Adds what `.env` or the named files set; the environment of the process wins.
fn dot_env(loader: &mut Loader<'_>, request: &LoadRequest, dir: &Path, environment: &mut Environment) {
    let disabled = environment
        .get("COMPOSE_DISABLE_ENV_FILE")
        .is_some_and(|v| matches!(v.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"));
    let mut paths: Vec<PathBuf> = request.env_files.clone();
    if paths.is_empty()
        && let Some(list) = environment.get("COMPOSE_ENV_FILES").filter(|l| !l.is_empty())
    {
        paths = list.split(',').map(PathBuf::from).collect();
    }
    let named = !paths.is_empty();
    if !named {
        if disabled || !loader.files.is_file(&dir.join(".env")) {
            return;
        }
        paths.push(dir.join(".env"));
    }
    let mut all = Environment::new();
    for path in paths {
        match loader.files.read(&path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                loader.parse_env(&path, &text, environment, &mut all, None);
            }
            Err(error) => {
                if named {
                    loader.log.refusals.push(format!("couldn't find env file: {}", path.display()));
                }
                loader.log.note_file(loader.files, &path, format!("was not read: it {error}"));
            }
        }
    }
    for (name, value) in all {
        environment.entry(name).or_insert(value);
    }
}

/// `COMPOSE_FILE`, or the default names in the folder.
fn choose_files(request: &mut LoadRequest, files: &Files, dir: &Path, environment: &Environment) {
    if !request.files.is_empty() {
        return;
    }
    if let Some(list) = environment.get("COMPOSE_FILE") {
        let separator = environment.get("COMPOSE_PATH_SEPARATOR").filter(|s| !s.is_empty());
        let separator = separator.map_or(":", String::as_str);
        request.files = list.split(separator).map(|f| dir.join(f)).collect();
        return;
    }
    let choice = find::base_and_override(&files.list(dir));
    request.files = choice.base.iter().chain(&choice.overriding).map(|name| dir.join(name)).collect();
}

/// `-p`, `COMPOSE_PROJECT_NAME`, the last `name:`, the folder's name; in this order.
fn project_name(loader: &mut Loader<'_>, request: &LoadRequest, dir: &Path, environment: &Environment) -> String {
    let given = request
        .project_name
        .clone()
        .filter(|n| !n.is_empty())
        .or_else(|| environment.get("COMPOSE_PROJECT_NAME").cloned().filter(|n| !n.is_empty()));
    if let Some(name) = given {
        if normal_name(&name) != name {
            let message = format!(
                "invalid project name {name:?}: must consist only of lowercase alphanumeric characters, hyphens, and \
                 underscores as well as start with a letter or number"
            );
            loader.log.refusals.push(message);
        }
        return name;
    }
    let mut written = None;
    for (i, path) in request.files.iter().enumerate() {
        let role = if i == 0 { FileRole::Base } else { FileRole::Override };
        written = loader.written_name(path, role).or(written);
    }
    if let Some(name) = written {
        let lookup = |name: &str| environment.get(name).map(String::as_str);
        let name = interpolate::substitute(&name, &lookup).map(|s| normal_name(&s.text)).unwrap_or_default();
        if !name.is_empty() {
            return name;
        }
    }
    dir.file_name().map(|n| normal_name(&n.to_string_lossy())).unwrap_or_default()
}

/// Lower case, of letters, digits, `-` and `_`, no `-` or `_` first.
fn normal_name(name: &str) -> String {
    let kept: String = name
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
        .collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::compose::BuildContextRef;
    use std::fs;

    fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, Sources, ComposeProject) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = fs::canonicalize(dir.path()).unwrap();
        let mut sources = Sources::new();
        let request = LoadRequest { project_directory: Some(root.clone()), complete: true, ..LoadRequest::default() };
        let project = load(&request, &Files::new(&root, &root), &mut sources);
        (dir, sources, project)
    }

    #[test]
    fn merges_the_override_and_keeps_the_places() {
        let (_dir, sources, p) = project(&[
            ("compose.yaml", "services:\n  web:\n    build: ./app\n    image: web:1\n    environment: [A=1]\n"),
            (
                "compose.override.yaml",
                "services:\n  web:\n    build:\n      target: dev\n    image: web:${TAG}\n    environment:\n      A: 2\n",
            ),
        ]);
        assert_eq!(p.refusals, Vec::<String>::new());
        let web = p.service("web").unwrap();
        let build = web.build.as_ref().unwrap();
        assert_eq!(build.context, BuildContextRef::Local(p.dir.join("app")));
        assert_eq!(build.dockerfile_path, Some(p.dir.join("app/Dockerfile")));
        assert_eq!(build.target.as_ref().unwrap().known(), Some("dev"));
        assert!(!build.short && build.dockerfile.is_none());
        assert_eq!(sources.slice(build.context_text.as_ref().unwrap().span), "./app");
        let image = web.image.as_ref().unwrap();
        assert_eq!((image.known(), image.resolved.as_str(), image.raw.as_str()), (None, "web:", "web:${TAG}"));
        assert_eq!(sources.slice(image.displaced[0]), "web:1");
        assert_eq!(web.environment.len(), 1);
        assert_eq!(web.environment[0].value.as_ref().unwrap().known(), Some("2"));
        assert_eq!(sources.slice(web.environment[0].value.as_ref().unwrap().span), "2");
    }

    #[test]
    fn inline_dockerfiles_lead_back() {
        let (_dir, sources, p) = project(&[(
            "compose.yaml",
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM alpine\n        RUN echo $$HOME && \\\n          true\n",
        )]);
        let build = p.service("a").unwrap().build.as_ref().unwrap();
        let inline = sources.file(build.inline.unwrap());
        assert_eq!(inline.text(), "FROM alpine\nRUN echo $HOME && \\\n  true\n");
        for word in ["alpine", "RUN", "true", "&&"] {
            let at = inline.text().find(word).unwrap();
            let span = sources.resolve(inline.span(at..at + word.len()));
            assert_eq!(sources.slice(span), word);
        }
    }

    #[test]
    fn extends_and_includes() {
        let (_dir, _, p) = project(&[
            (
                "compose.yaml",
                "include: [sub/compose.yaml]\nservices:\n  a:\n    extends: {file: lib/base.yaml, service: b}\n    command: x\n",
            ),
            ("lib/base.yaml", "services:\n  b:\n    build: .\n    ports: ['80']\n"),
            ("sub/compose.yaml", "services:\n  c:\n    build: ctx\n    image: ${NAME}\n"),
            ("sub/.env", "NAME=from-env\n"),
        ]);
        assert_eq!(p.refusals, Vec::<String>::new());
        let context = |name: &str| p.service(name).unwrap().build.as_ref().unwrap().context.clone();
        assert_eq!(context("a"), BuildContextRef::Local(p.dir.join("lib")));
        assert_eq!(context("c"), BuildContextRef::Local(p.dir.join("sub/ctx")));
        assert_eq!(p.service("c").unwrap().image.as_ref().unwrap().known(), Some("from-env"));
        assert_eq!(p.service("a").unwrap().ports[0].target, Some(80));
        assert_eq!(p.files.len(), 3);
    }
}
