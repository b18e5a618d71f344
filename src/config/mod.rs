//! What the user wants: which rules, how loud, with which facts of their own; resolved from `dockcheck.toml` and the command
//! line.

pub mod file;
pub mod init;
pub mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::diagnostic::rule::{Level, RuleMeta};
use crate::diagnostic::{Confidence, Finding, Severity};

pub use names::RuleNames;

/// The resolved settings of one run. The default is that of a run without configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `--select` or `select =`: nothing but these rules.
    pub only: Option<BTreeSet<&'static str>>,
    /// `--extend-select`: these as well.
    pub also: BTreeSet<&'static str>,
    /// `--ignore` or `ignore =`: never these.
    pub ignored: BTreeSet<&'static str>,
    /// `[rules] name = "level"`.
    pub levels: BTreeMap<&'static str, Level>,
    /// `[rules] name = { option = value }`: what a rule can be told, level excluded.
    pub options: BTreeMap<&'static str, toml::Table>,
    /// `[[overrides]]`, in the order of the file; the last one that fits and speaks of a rule wins.
    pub overrides: Vec<Override>,
    /// The folder that `paths` of an override are relative to: that of the configuration file.
    pub base: PathBuf,
    /// `[cuda] require = "12.8"`: the CUDA version that every GPU image of the project must state.
    pub cuda_require: Option<String>,
    /// Comments silence findings; `--no-inline-ignores` turns that off.
    pub inline_ignores: bool,
    /// A comment silences a finding only if it says why.
    pub require_reason: bool,
    /// Findings below this are not shown.
    pub min_severity: Severity,
    /// Findings that we are less sure of are not shown.
    pub min_confidence: Confidence,
    /// Findings at or over this make the exit code 1; `None`: no finding does.
    pub fail_level: Option<Severity>,
    /// The file of known findings.
    pub baseline: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            only: None,
            also: BTreeSet::new(),
            ignored: BTreeSet::new(),
            levels: BTreeMap::new(),
            options: BTreeMap::new(),
            overrides: Vec::new(),
            base: PathBuf::new(),
            cuda_require: None,
            inline_ignores: true,
            require_reason: false,
            min_severity: Severity::Info,
            min_confidence: Confidence::Possible,
            fail_level: Some(Severity::Warning),
            baseline: None,
        }
    }
}

/// Other levels in a part of the repository. What is not named fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Override {
    /// Patterns as in a `.gitignore`, for the file of the primary place.
    pub paths: Vec<String>,
    /// RuleNames, with `*` for any text.
    pub services: Vec<String>,
    pub stages: Vec<String>,
    pub levels: BTreeMap<&'static str, Level>,
}

impl Settings {
    /// The level of a rule after selection and configuration; `None` where it does not run.
    pub fn level(&self, rule: &RuleMeta) -> Option<Level> {
        if self.ignored.contains(rule.name) {
            return None;
        }
        let named = self.also.contains(rule.name) || self.only.as_ref().is_some_and(|only| only.contains(rule.name));
        if self.only.is_some() && !named {
            return None;
        }
        let default = rule.level();
        match self.levels.get(rule.name) {
            // Named on the command line: that is nearer than the file.
            Some(Level::Off) if !named => self.raised(rule),
            Some(Level::Off) | None if default == Level::Off => {
                if named {
                    Some(Level::Error)
                } else {
                    self.raised(rule)
                }
            }
            Some(Level::Off) | None => Some(default),
            Some(level) => Some(*level),
        }
    }

    /// A rule that is off runs all the same if it is on in a part of the repository.
    fn raised(&self, rule: &RuleMeta) -> Option<Level> {
        self.overrides.iter().filter_map(|o| o.levels.get(rule.name)).find(|l| **l != Level::Off).copied()
    }

    /// The severity that a finding is shown with. A configured level replaces the rule's own highest one and caps what lies
    /// below it: a finding that the rule itself holds for less certain is not raised.
    pub fn grade(&self, rule: &RuleMeta, found: Severity) -> Option<Severity> {
        let level = self.level(rule)?;
        grade_as(rule, self.levels.contains_key(rule.name).then_some(level), level, found)
    }

    /// As [`Settings::grade`], with the overrides that fit the finding; `path` is the file of its primary place.
    pub fn judge(&self, rule: &RuleMeta, finding: &Finding, path: &Path) -> Option<Severity> {
        let fitting = self.overrides.iter().rev().filter(|o| o.levels.contains_key(rule.name));
        match fitting.into_iter().find(|o| o.fits(finding, path, &self.base)).and_then(|o| o.levels.get(rule.name)) {
            Some(level) => {
                self.level(rule)?;
                grade_as(rule, Some(*level), *level, finding.severity)
            }
            None if self.levels.get(rule.name) == Some(&Level::Off)
                || rule.level() == Level::Off && !self.levels.contains_key(rule.name) =>
            {
                // On only in the parts that an override names, or by name on the command line.
                let named =
                    self.also.contains(rule.name) || self.only.as_ref().is_some_and(|only| only.contains(rule.name));
                if named { self.grade(rule, finding.severity) } else { None }
            }
            None => self.grade(rule, finding.severity),
        }
    }

    /// A rule's options, as the configuration has them.
    pub fn option(&self, rule: &str, key: &str) -> Option<&toml::Value> {
        self.options.get(rule)?.get(key)
    }
}

fn grade_as(rule: &RuleMeta, configured: Option<Level>, level: Level, found: Severity) -> Option<Severity> {
    let level = level.severity()?;
    let top = rule.level().severity().unwrap_or(found);
    Some(if configured.is_some() && found >= top { level } else { found.min(level) })
}

impl Override {
    fn fits(&self, finding: &Finding, path: &Path, base: &Path) -> bool {
        let named = |patterns: &[String], names: &[String]| {
            patterns.is_empty() || names.iter().any(|name| patterns.iter().any(|p| wildcard(p, name)))
        };
        named(&self.services, &finding.services)
            && named(&self.stages, finding.stage.as_slice())
            && (self.paths.is_empty() || path_fits(&self.paths, path, base))
    }
}

fn path_fits(patterns: &[String], path: &Path, base: &Path) -> bool {
    let mut builder = ignore::gitignore::GitignoreBuilder::new(base);
    for pattern in patterns {
        // Each was looked at when the file was read.
        let _ = builder.add_line(None, pattern);
    }
    let Ok(relative) = path.strip_prefix(base) else { return false };
    builder.build().is_ok_and(|set| set.matched_path_or_any_parents(relative, false).is_ignore())
}

/// Whether a name fits a pattern in which `*` stands for any text. Linear but for the product of both lengths.
fn wildcard(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
