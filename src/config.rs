//! What the user wants: which rules, how loud, with which facts of their own; resolved from `dockcheck.toml` and the command line.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Severity;
use crate::rules::meta::{Level, RuleMeta};

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
    /// `[cuda] require = "12.8"`: the CUDA version that every GPU image of the project must state.
    pub cuda_require: Option<String>,
    /// Comments silence findings; `--no-inline-ignores` turns that off.
    pub inline_ignores: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            only: None,
            also: BTreeSet::new(),
            ignored: BTreeSet::new(),
            levels: BTreeMap::new(),
            cuda_require: None,
            inline_ignores: true,
        }
    }
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
        let default = rule.front().level;
        match self.levels.get(rule.name) {
            Some(Level::Off) if !named => None,
            Some(Level::Off) | None if default == Level::Off => named.then_some(Level::Error),
            Some(Level::Off) | None => Some(default),
            Some(level) => Some(*level),
        }
    }

    /// The severity that a finding is shown with. A configured level replaces the rule's own highest one and caps what lies
    /// below it: a finding that the rule itself holds for less certain is not raised.
    pub fn grade(&self, rule: &RuleMeta, found: Severity) -> Option<Severity> {
        let level = self.level(rule)?.severity()?;
        let top = rule.front().level.severity().unwrap_or(found);
        Some(if self.levels.contains_key(rule.name) && found >= top { level } else { found.min(level) })
    }
}
