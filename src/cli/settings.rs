//! From arguments to a request and settings: which project, which root, which configuration, which rules.

use std::path::{Path, PathBuf};

use super::args::{ProjectArgs, SelectArgs};
use super::host::{Host, Stop, names};
use crate::compose::ComposeOptions;
use crate::config::file::{self, SettingOrigin};
use crate::config::{RuleNames, Settings};
use crate::files::Files;
use crate::files::discover::root_of;
use crate::lint::check::Request;

/// The request for these paths.
pub(crate) fn request(paths: &[PathBuf], project: &ProjectArgs, world: &Host<'_>) -> Request {
    let base = Files::new(&world.working_dir, &world.working_dir);
    Request {
        paths: paths.to_vec(),
        working_dir: world.working_dir.clone(),
        root: project.root.as_ref().map(|root| base.absolute(root)),
        allow_outside_root: project.allow_outside_root,
        compose: ComposeOptions {
            files: project.files.iter().map(|f| base.absolute(f)).collect(),
            project_name: project.project_name.clone(),
            project_directory: project.project_directory.as_ref().map(|d| base.absolute(d)),
            env_files: project.env_files.iter().map(|f| base.absolute(f)).collect(),
            profiles: project.profiles.clone(),
            environment: world.environment.clone(),
        },
        ..Request::default()
    }
}

/// The settings and where each value was set.
pub(crate) fn settings(
    paths: &[PathBuf],
    project: &ProjectArgs,
    select: &SelectArgs,
    working_dir: &Path,
) -> Result<(Settings, Vec<SettingOrigin>), Stop> {
    let names = names();
    let mut settings = Settings { base: working_dir.to_owned(), ..Settings::default() };
    let mut origins = Vec::new();
    if let Some((path, shown)) = config_file(paths, project, working_dir) {
        origins = file::read(&path, &shown, &names, &mut settings).map_err(|e| Stop::Failed(e.to_string()))?;
    }
    command_line(select, &names, &mut settings, &mut origins).map_err(Stop::Failed)?;
    Ok((settings, origins))
}

/// The configuration file and what messages call it.
pub(crate) fn config_file(paths: &[PathBuf], project: &ProjectArgs, working_dir: &Path) -> Option<(PathBuf, String)> {
    if project.isolated {
        return None;
    }
    let base = Files::new(working_dir, working_dir);
    let path = match &project.config {
        Some(path) => base.absolute(path),
        None => {
            let first = paths.first().map_or_else(|| working_dir.to_owned(), |p| base.absolute(p));
            let start: &Path = if first.is_dir() { &first } else { first.parent().unwrap_or(&first) };
            let root = project.root.as_ref().map_or_else(|| root_of(&first), |root| base.absolute(root));
            file::find(start, &root)?
        }
    };
    let shown = base.display(&path);
    Some((path, shown))
}

/// What the command line says is nearer than the file.
fn command_line(
    select: &SelectArgs,
    names: &RuleNames,
    settings: &mut Settings,
    origins: &mut Vec<SettingOrigin>,
) -> Result<(), String> {
    let resolve = |words: &[String], flag: &str| -> Result<Vec<&'static str>, String> {
        let mut out = Vec::new();
        for word in words.iter().map(|w| w.trim()).filter(|w| !w.is_empty()) {
            out.extend(names.demand(word).map_err(|what| format!("{flag}: {what}"))?);
        }
        Ok(out)
    };
    let (only, also, ignored) = (
        resolve(&select.select, "--select")?,
        resolve(&select.extend_select, "--extend-select")?,
        resolve(&select.ignore, "--ignore")?,
    );
    settings.ignored.retain(|rule| !only.contains(rule) && !also.contains(rule));
    if !select.select.is_empty() {
        settings.also.clear();
        settings.only = Some(only.into_iter().collect());
    }
    settings.also.extend(also.iter().copied());
    if let Some(only) = &mut settings.only {
        only.extend(also);
    }
    settings.ignored.extend(ignored);
    if let Some(level) = select.min_severity {
        settings.min_severity = level.into();
    }
    if let Some(level) = select.min_confidence {
        settings.min_confidence = level.into();
    }
    if let Some(level) = select.fail_level {
        settings.fail_level = level.severity();
    }
    if select.no_inline_ignores {
        settings.inline_ignores = false;
    }
    let mut note = |key: &str, value: String, flag: &str| {
        origins.retain(|o| o.key != key);
        origins.push(SettingOrigin { key: key.into(), value, from: flag.into() });
    };
    for (key, words, flag) in [
        ("select", &select.select, "--select"),
        ("extend-select", &select.extend_select, "--extend-select"),
        ("ignore", &select.ignore, "--ignore"),
    ] {
        if !words.is_empty() {
            note(key, format!("{words:?}"), flag);
        }
    }
    if select.min_severity.is_some() {
        note("min-severity", format!("{:?}", settings.min_severity.as_str()), "--min-severity");
    }
    if select.min_confidence.is_some() {
        note("min-confidence", format!("{:?}", settings.min_confidence.as_str()), "--min-confidence");
    }
    if select.fail_level.is_some() {
        note("fail-level", format!("{:?}", settings.fail_level.map_or("never", |l| l.as_str())), "--fail-level");
    }
    if select.no_inline_ignores {
        note("inline-ignores", "false".into(), "--no-inline-ignores");
    }
    Ok(())
}
