//! What the commands do, with the streams and the environment handed in; the caller only turns the result into an exit code.

pub mod args;
mod changed;
mod check;
mod image;
mod lsp;
mod progress;
mod rule;
mod settings;
mod show;
mod stream;
mod watch;
mod why;

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use crate::config::RuleNames;
use crate::report::Style;
use crate::rules::RULES;
use args::{Cli, CliCommand, GlobalArgs, When};

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

/// Runs a command.
pub fn run(cli: Cli, world: &mut Host<'_>) -> Exit {
    let global = cli.global;
    let result = match cli.command {
        CliCommand::Check(args) if args.watch => watch::run(&args, &global, world),
        CliCommand::Check(args) => check::run(&args, &global, world, None),
        CliCommand::Rule(args) => show::rule(&args, &global, world),
        CliCommand::Resolve(args) => show::resolve(&args, world),
        CliCommand::Image(args) => show::image(&args, world),
        CliCommand::Graph(args) => show::graph(&args, &global, world),
        CliCommand::Files(args) => show::files(&args, world),
        CliCommand::Config(args) => show::config(&args, world),
        CliCommand::Init(args) => show::init(&args, world),
        CliCommand::Schema(args) => show::schema(&args, world),
        CliCommand::Completions(args) => {
            // Into memory first: the generator panics where it cannot write.
            let mut script = Vec::new();
            args::completions(args.shell, &mut script);
            world.stdout.write_all(&script).map(|()| Exit::Clean).map_err(Stop::from)
        }
        CliCommand::Lsp(args) => lsp::run(&args, world),
        CliCommand::Man(args) => show::manual(&args, world),
        CliCommand::PluginMetadata => {
            world.stdout.write_all(args::plugin_metadata().as_bytes()).map(|()| Exit::Clean).map_err(Stop::from)
        }
    };
    let result = result.and_then(|exit| world.stdout.flush().map(|()| exit).map_err(Stop::from));
    match result {
        Ok(exit) => exit,
        // The reader went away: it has seen what it wanted.
        Err(Stop::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Clean,
        Err(stop) => {
            let _ = writeln!(world.stderr, "dockcheck: {}", crate::redact::sentence(&stop.to_string()));
            Exit::Failed
        }
    }
}

/// Every rule by every name it goes by.
pub fn names() -> RuleNames {
    RuleNames::new(RULES.iter().map(|entry| &entry.meta))
}

impl Host<'_> {
    fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// The rules of no-color.org, bixense.com/clicolors and a dumb terminal; the flag wins over all.
    fn color(&self, when: When, terminal: bool) -> bool {
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
    fn unicode(&self, terminal: bool) -> bool {
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
            ..Style::default()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
