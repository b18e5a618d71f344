//! `dockcheck.toml`: where it is looked for, what may stand in it, what is said of what may not.
//!
//! The file comes from the repository that is checked, so it can make the run quieter and nothing else: no key starts a
//! process, opens a connection or names code.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::names::{RuleNames, closest, did_you_mean};
use super::{Override, Settings};
use crate::diagnostic::rule::{Group, Level};
use crate::diagnostic::{Confidence, Severity};
use crate::files::{is_file_below, read_named};
use crate::image::cuda::VersionRequirement;

/// The names it may have in a folder, the first one found counts.
pub const FILE_NAMES: [&str; 3] = ["dockcheck.toml", ".dockcheck.toml", ".config/dockcheck.toml"];

/// Larger files are not configuration.
const MAX_BYTES: u64 = 1024 * 1024;

/// Why the configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{name}: {what}")]
    Unreadable { name: String, what: String },
    /// `line` and `column` count from 1.
    #[error("{name}:{line}:{column}: {what}")]
    Invalid { name: String, line: usize, column: usize, what: String },
}

/// A value and where it was set, for `dockcheck config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingOrigin {
    /// `rules.missing-compiler`.
    pub key: String,
    pub value: String,
    /// `dockcheck.toml:3`, `--ignore`.
    pub from: String,
}

/// The nearest configuration file from `start` up to `root`; never above the root, and only a regular file.
pub fn find(start: &Path, root: &Path) -> Option<PathBuf> {
    for folder in start.ancestors() {
        let found = FILE_NAMES.iter().map(|name| folder.join(name)).find(|p| is_file_below(p, root));
        if found.is_some() {
            return found;
        }
        if folder == root {
            break;
        }
    }
    None
}

/// Reads a configuration file into `settings`. `name` is what messages call it.
pub fn read(
    path: &Path,
    name: &str,
    names: &RuleNames,
    settings: &mut Settings,
) -> Result<Vec<SettingOrigin>, ConfigError> {
    let unreadable = |what: String| ConfigError::Unreadable { name: name.to_owned(), what };
    let text = read_named(path, MAX_BYTES).map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(text).map_err(|_| unreadable("is not UTF-8".into()))?;
    settings.base = match path.parent() {
        Some(folder) if folder.file_name().is_some_and(|n| n == ".config") => {
            folder.parent().unwrap_or(folder).to_owned()
        }
        Some(folder) => folder.to_owned(),
        None => PathBuf::new(),
    };
    parse(&text, name, names, settings)
}

/// Reads a configuration's text into `settings`.
pub fn parse(
    text: &str,
    name: &str,
    names: &RuleNames,
    settings: &mut Settings,
) -> Result<Vec<SettingOrigin>, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = DeTable::parse(text).map_err(|error| {
        let (line, column) = position(text, error.span().map_or(0, |s| s.start));
        ConfigError::Invalid { name: name.to_owned(), line, column, what: error.message().to_owned() }
    })?;
    let mut reader = Reader { text, name, names, settings, origins: Vec::new() };
    reader.top(document.get_ref()).map_err(|fault| {
        let (line, column) = position(text, fault.at);
        ConfigError::Invalid { name: name.to_owned(), line, column, what: fault.what }
    })?;
    Ok(reader.origins)
}

fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

struct Fault {
    at: usize,
    what: String,
}

type Value<'a> = Spanned<DeValue<'a>>;
type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;

struct Reader<'a> {
    text: &'a str,
    name: &'a str,
    names: &'a RuleNames,
    settings: &'a mut Settings,
    origins: Vec<SettingOrigin>,
}

fn fault<T>(value: &Spanned<T>, what: impl Into<String>) -> Fault {
    Fault { at: value.span().start, what: what.into() }
}

fn unknown_key(key: &Key<'_>, known: &[&str], place: &str) -> Fault {
    let name = key.get_ref();
    fault(key, format!("unknown key `{name}`{place}{}", did_you_mean(closest(name, known))))
}

fn string<'a>(value: &'a Value<'_>, what: &str) -> Result<&'a str, Fault> {
    value.get_ref().as_str().ok_or_else(|| fault(value, format!("{what} must be a string")))
}

fn boolean(value: &Value<'_>, what: &str) -> Result<bool, Fault> {
    value.get_ref().as_bool().ok_or_else(|| fault(value, format!("{what} must be true or false")))
}

/// A list of strings; one string counts as a list of one.
fn strings<'a>(value: &'a Value<'_>, what: &str) -> Result<Vec<(&'a str, usize)>, Fault> {
    if let Some(one) = value.get_ref().as_str() {
        return Ok(vec![(one, value.span().start)]);
    }
    let Some(items) = value.get_ref().as_array() else {
        return Err(fault(value, format!("{what} must be a list of strings")));
    };
    items.iter().map(|item| Ok((string(item, what)?, item.span().start))).collect()
}

const TOP: [&str; 14] = [
    "required-version",
    "select",
    "extend-select",
    "ignore",
    "min-severity",
    "min-confidence",
    "fail-level",
    "baseline",
    "inline-ignores",
    "require-reason",
    "rules",
    "groups",
    "cuda",
    "overrides",
];

impl Reader<'_> {
    fn note(&mut self, key: impl Into<String>, value: &Value<'_>) {
        let (line, _) = position(self.text, value.span().start);
        let shown = self.text.get(value.span()).unwrap_or_default().to_owned();
        self.origins.push(SettingOrigin { key: key.into(), value: shown, from: format!("{}:{line}", self.name) });
    }

    fn top(&mut self, table: &DeTable<'_>) -> Result<(), Fault> {
        // Groups first: a rule's own level is nearer than its group's, wherever it stands.
        if let Some((_, value)) = table.iter().find(|(key, _)| key.get_ref() == "groups") {
            self.groups(value)?;
        }
        for (key, value) in table.iter() {
            let name = key.get_ref().as_ref();
            match name {
                "required-version" => required_version(value)?,
                "select" => self.settings.only = Some(self.rule_set(value, name)?),
                "extend-select" => self.settings.also = self.rule_set(value, name)?,
                "ignore" => self.settings.ignored = self.rule_set(value, name)?,
                "min-severity" => self.settings.min_severity = severity(value, name)?,
                "min-confidence" => self.settings.min_confidence = confidence(value, name)?,
                "fail-level" => {
                    self.settings.fail_level =
                        if value.get_ref().as_str() == Some("never") { None } else { Some(severity(value, name)?) };
                }
                "baseline" => self.settings.baseline = Some(self.settings.base.join(string(value, name)?)),
                "inline-ignores" => self.settings.inline_ignores = boolean(value, name)?,
                "require-reason" => self.settings.require_reason = boolean(value, name)?,
                "rules" => {
                    self.rules(value)?;
                    continue;
                }
                "groups" => continue,
                "cuda" => {
                    self.cuda(value)?;
                    continue;
                }
                "overrides" => {
                    self.overrides(value)?;
                    continue;
                }
                _ => return Err(unknown_key(key, &TOP, "")),
            }
            self.note(name, value);
        }
        Ok(())
    }

    fn rule_set(&self, value: &Value<'_>, what: &str) -> Result<BTreeSet<&'static str>, Fault> {
        let mut out = BTreeSet::new();
        for (name, at) in strings(value, what)? {
            out.extend(self.names.demand(name).map_err(|what| Fault { at, what })?);
        }
        Ok(out)
    }

    fn groups(&mut self, value: &Value<'_>) -> Result<(), Fault> {
        let table = value.get_ref().as_table().ok_or_else(|| fault(value, "groups must be a table"))?;
        for (key, value) in table.iter() {
            let Some(group) = Group::ALL.into_iter().find(|g| g.as_str() == key.get_ref().as_ref()) else {
                let known: Vec<&str> = Group::ALL.iter().map(|g| g.as_str()).collect();
                let name = key.get_ref();
                return Err(fault(key, format!("unknown group `{name}`{}", did_you_mean(closest(name, &known)))));
            };
            let level = level(value, group.as_str())?;
            for rule in self.names.rules().iter().filter(|r| r.front().group == group) {
                self.settings.levels.insert(rule.name, level);
            }
            self.note(format!("groups.{}", group.as_str()), value);
        }
        Ok(())
    }

    fn rules(&mut self, value: &Value<'_>) -> Result<(), Fault> {
        let table = value.get_ref().as_table().ok_or_else(|| fault(value, "rules must be a table"))?;
        for (key, value) in table.iter() {
            let rules = self.names.demand(key.get_ref()).map_err(|what| fault(key, what))?;
            let (level, options) = match value.get_ref().as_table() {
                None => (Some(level(value, key.get_ref())?), None),
                Some(table) => {
                    let own = table.iter().find(|(k, _)| k.get_ref() == "level").map(|(_, v)| v);
                    let level = own.map(|v| level(v, "level")).transpose()?;
                    let mut options = toml::Table::new();
                    for (key, value) in table.iter().filter(|(k, _)| k.get_ref() != "level") {
                        options.insert(key.get_ref().clone().into_owned(), self.plain(value)?);
                    }
                    (level, Some(options))
                }
            };
            for rule in &rules {
                if let Some(level) = level {
                    self.settings.levels.insert(rule, level);
                }
                if let Some(options) = &options {
                    self.settings.options.insert(rule, options.clone());
                }
                self.note(format!("rules.{rule}"), value);
            }
        }
        Ok(())
    }

    /// The value without its places, as rules get it.
    fn plain(&self, value: &Value<'_>) -> Result<toml::Value, Fault> {
        let text = self.text.get(value.span()).unwrap_or_default();
        format!("v = {text}")
            .parse::<toml::Table>()
            .ok()
            .and_then(|mut table| table.remove("v"))
            .ok_or_else(|| fault(value, "an option must be a value"))
    }

    fn cuda(&mut self, value: &Value<'_>) -> Result<(), Fault> {
        let table = value.get_ref().as_table().ok_or_else(|| fault(value, "cuda must be a table"))?;
        for (key, value) in table.iter() {
            if key.get_ref() != "require" {
                return Err(unknown_key(key, &["require"], " in [cuda]"));
            }
            let version = string(value, "require")?;
            if let Err(why) = VersionRequirement::parse(version) {
                return Err(fault(value, format!("require must be a CUDA version; {why}")));
            }
            self.settings.cuda_require = Some(version.to_owned());
            self.note("cuda.require", value);
        }
        Ok(())
    }

    fn overrides(&mut self, value: &Value<'_>) -> Result<(), Fault> {
        let items =
            value.get_ref().as_array().ok_or_else(|| fault(value, "overrides must be written [[overrides]]"))?;
        for item in items {
            let table =
                item.get_ref().as_table().ok_or_else(|| fault(item, "overrides must be written [[overrides]]"))?;
            let mut out = Override::default();
            let own = |list: Vec<(&str, usize)>| list.into_iter().map(|(s, _)| s.to_owned()).collect::<Vec<_>>();
            for (key, value) in table.iter() {
                match key.get_ref().as_ref() {
                    "paths" => {
                        for (pattern, at) in strings(value, "paths")? {
                            let mut builder = ignore::gitignore::GitignoreBuilder::new("");
                            builder
                                .add_line(None, pattern)
                                .map_err(|_| Fault { at, what: format!("`{pattern}` is not a path pattern") })?;
                            out.paths.push(pattern.to_owned());
                        }
                    }
                    "services" => out.services = own(strings(value, "services")?),
                    "stages" => out.stages = own(strings(value, "stages")?),
                    "ignore" => {
                        let off = self.rule_set(value, "ignore")?;
                        out.levels.extend(off.into_iter().map(|rule| (rule, Level::Off)));
                    }
                    "rules" => {
                        let rules = value.get_ref().as_table().ok_or_else(|| fault(value, "rules must be a table"))?;
                        for (key, value) in rules.iter() {
                            let level = level(value, key.get_ref())?;
                            let found = self.names.demand(key.get_ref()).map_err(|what| fault(key, what))?;
                            out.levels.extend(found.into_iter().map(|rule| (rule, level)));
                        }
                    }
                    _ => {
                        let known = ["paths", "services", "stages", "ignore", "rules"];
                        return Err(unknown_key(key, &known, " in [[overrides]]"));
                    }
                }
                self.note(format!("overrides[{}].{}", self.settings.overrides.len(), key.get_ref()), value);
            }
            if out.paths.is_empty() && out.services.is_empty() && out.stages.is_empty() {
                return Err(fault(item, "an override must name paths, services or stages"));
            }
            self.settings.overrides.push(out);
        }
        Ok(())
    }
}

fn level(value: &Value<'_>, what: &str) -> Result<Level, Fault> {
    match value.get_ref().as_str() {
        Some("off") => Ok(Level::Off),
        Some("info") => Ok(Level::Info),
        Some("warning") => Ok(Level::Warning),
        Some("error") => Ok(Level::Error),
        Some(other) => {
            let hint = did_you_mean(closest(other, &["off", "info", "warning", "error"]));
            Err(fault(value, format!("{what} must be \"off\", \"info\", \"warning\" or \"error\"{hint}")))
        }
        None => Err(fault(value, format!("{what} must be \"off\", \"info\", \"warning\" or \"error\""))),
    }
}

fn severity(value: &Value<'_>, what: &str) -> Result<Severity, Fault> {
    let known = "\"error\", \"warning\" or \"info\"";
    let also = if what == "fail-level" { " (or \"never\")" } else { "" };
    let text = value.get_ref().as_str();
    Severity::ALL
        .into_iter()
        .find(|s| Some(s.as_str()) == text)
        .ok_or_else(|| fault(value, format!("{what} must be {known}{also}")))
}

fn confidence(value: &Value<'_>, what: &str) -> Result<Confidence, Fault> {
    let text = value.get_ref().as_str();
    [Confidence::Certain, Confidence::Likely, Confidence::Possible]
        .into_iter()
        .find(|c| Some(c.as_str()) == text)
        .ok_or_else(|| fault(value, format!("{what} must be \"certain\", \"likely\" or \"possible\"")))
}

/// `"0.3"`, `">=0.3"`, `"==0.3.1"`: a release that the file was written for.
fn required_version(value: &Value<'_>) -> Result<(), Fault> {
    let text = string(value, "required-version")?.trim();
    let (exact, wanted) = match text.strip_prefix("==") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix(">=").unwrap_or(text)),
    };
    let parse = |s: &str| s.trim().split('.').map(|n| n.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
    let wanted = parse(wanted)
        .ok_or_else(|| fault(value, "required-version must be a version such as \"0.3\", \">=0.3\" or \"==0.3.1\""))?;
    let own = parse(env!("CARGO_PKG_VERSION")).unwrap_or_default();
    let fits = if exact { own == wanted } else { own >= wanted };
    if fits {
        return Ok(());
    }
    Err(fault(value, format!("this is dockcheck {}, the configuration requires {text}", env!("CARGO_PKG_VERSION"))))
}
