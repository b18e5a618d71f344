//! What surrounds a command, and how it may end.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use crate::config::RuleNames;
use crate::report::Style;
use crate::rules::RULES;
use crate::text::date::Day;

use super::args::{GlobalArgs, When};

/// How a run ended; the numbers are a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing at or over the fail level.
    Clean = 0,
    /// Findings at or over the fail level.
    Findings = 1,
    /// The job could not be done: bad call, bad configuration, input unreadable, fix refused.
    Failed = 2,
    /// Nothing to check.
    Nothing = 3,
    /// A fault of ours.
    Bug = 101,
}

/// What surrounds a run.
pub struct Host<'a> {
    /// Absolute.
    pub working_dir: PathBuf,
    pub environment: HashMap<String, String>,
    pub stdin: &'a mut (dyn Read + Send),
    pub stdout: &'a mut dyn Write,
    pub stderr: &'a mut dyn Write,
    pub stdout_is_terminal: bool,
    pub stderr_is_terminal: bool,
    /// Columns of the terminal, if there is one.
    pub width: Option<usize>,
}

impl std::fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("working_dir", &self.working_dir).finish_non_exhaustive()
    }
}

/// What stops a command before its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// A sentence for the user; exit code 2.
    #[error("{0}")]
    Failed(String),
    /// Standard output cannot be written to.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Every rule by every name it goes by.
pub fn names() -> RuleNames {
    RuleNames::new(RULES.iter().map(|entry| &entry.meta))
}

impl Host<'_> {
    /// Returns the day from which ages are counted: `--today`, else `SOURCE_DATE_EPOCH`, else the clock.
    pub(crate) fn today(&self, global: &GlobalArgs) -> Day {
        let epoch = || self.variable("SOURCE_DATE_EPOCH")?.parse().ok().map(Day::from_seconds);
        global.today.or_else(epoch).unwrap_or_else(|| Day::of(SystemTime::now()))
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// The rules of no-color.org, bixense.com/clicolors and a dumb terminal; the flag wins over all.
    pub(crate) fn color(&self, when: When, terminal: bool) -> bool {
        match when {
            When::Always => true,
            When::Never => false,
            When::Auto if self.variable("NO_COLOR").is_some() => false,
            When::Auto => {
                let forced = |name| self.variable(name).is_some_and(|v| v != "0");
                if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") {
                    return true;
                }
                terminal && self.variable("CLICOLOR") != Some("0") && self.variable("TERM") != Some("dumb")
            }
        }
    }

    /// Whether box-drawing characters may be used: a pipe or file always takes UTF-8, a terminal if its locale says so.
    pub(crate) fn unicode(&self, terminal: bool) -> bool {
        if !terminal {
            return true;
        }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| self.variable(name)).unwrap_or_default();
        let lower = locale.to_ascii_lowercase();
        lower.contains("utf-8") || lower.contains("utf8") || cfg!(windows) && self.variable("WT_SESSION").is_some()
    }

    /// For standard output.
    pub(crate) fn style(&self, global: &GlobalArgs) -> Style {
        Style {
            color: self.color(global.color, self.stdout_is_terminal),
            unicode: self.unicode(self.stdout_is_terminal),
            width: self.width.filter(|_| self.stdout_is_terminal),
            workspace: self
                .variable("GITHUB_WORKSPACE")
                .map(|folder| crate::files::real_path(&self.working_dir.join(folder))),
            ..Style::default()
        }
    }
}
