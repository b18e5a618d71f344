//! The command line: arguments only. What the commands do is in [`crate::cli`].

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::diagnostic::{Confidence, Severity};
use crate::report::OutputFormat;
use crate::text::date::Day;

const EXAMPLES: &str = "\
Examples:
  dockcheck                          check the project in this folder
  dockcheck --fix --unsafe-fixes     mend what can be mended
  dockcheck --diff --unsafe-fixes    show what would be changed
  dockcheck rule missing-compiler    explain a rule
  dockcheck graph                    service, Dockerfile, stage, base image

`dockcheck [PATH]...` is short for `dockcheck check [PATH]...`.

Exit codes: 0 nothing at or over the fail level, 1 findings, 2 the job could not be done, 3 nothing to check.";

/// Checks a Compose project, its Dockerfiles and its build contexts as one program, before the build.
#[derive(Debug, Parser)]
#[command(name = "dockcheck", version, after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: CliCommand,
    #[command(flatten)]
    pub global: GlobalArgs,
}

#[derive(Clone, Debug, Default, Args)]
pub struct GlobalArgs {
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value_t, value_enum)]
    pub color: When,
    /// Say less: no summary, no notes; twice: nothing but the exit code
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub quiet: u8,
    /// Say more: all notes on what could not be read
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// The day from which the age of facts is counted, instead of the clock [default: SOURCE_DATE_EPOCH, else now]
    #[arg(long, global = true, value_name = "YYYY-MM-DD", value_parser = day)]
    pub today: Option<Day>,
}

fn day(text: &str) -> Result<Day, &'static str> {
    Day::parse(text).ok_or("expected a day, as in 2026-11-30")
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    #[default]
    Auto,
    Always,
    Never,
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            When::Auto => "auto",
            When::Always => "always",
            When::Never => "never",
        })
    }
}

#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Find faults, and mend them with --fix (the default command)
    #[command(after_help = EXAMPLES)]
    Check(Box<CheckArgs>),
    /// Explain a rule
    #[command(alias = "explain")]
    Rule(RuleArgs),
    /// Print the project as loaded, in the shape of `docker compose config` (values are shown)
    Resolve(ResolveArgs),
    /// Show what is in the image after each instruction, and why we think so
    Image(ImageArgs),
    /// Show service, Dockerfile, stage and base image, bypassed Dockerfiles marked
    Graph(GraphArgs),
    /// List the files that would be checked
    Files(FilesArgs),
    /// Show the settings and where each comes from
    Config(ConfigArgs),
    /// Write a first dockcheck.toml, with the settings of other linters in this folder
    Init(InitArgs),
    /// Print the JSON schema of a format
    Schema(SchemaArgs),
    /// List the tables of facts: how old each is, where it was read, how it is refreshed
    Facts(FactsArgs),
    /// Print a completion script for a shell
    Completions(CompletionArgs),
    /// Print the manual page in the notation of man(7)
    Man(ManArgs),
    /// What `docker` asks of a plugin
    #[command(name = "docker-cli-plugin-metadata", hide = true)]
    PluginMetadata,
    /// Start the language server on standard input and output
    Lsp(Box<LspArgs>),
}

/// Which project: as `docker compose` has them, and what bounds the reading.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Project")]
pub struct ProjectArgs {
    /// Compose file; several are merged in order
    #[arg(short, long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Project name
    #[arg(short, long, value_name = "NAME")]
    pub project_name: Option<String>,
    /// Folder that relative paths of the first compose file start from
    #[arg(long, value_name = "DIR")]
    pub project_directory: Option<PathBuf>,
    /// File of variables, in place of .env
    #[arg(long = "env-file", value_name = "FILE")]
    pub env_files: Vec<PathBuf>,
    /// Profile to enable
    #[arg(long = "profile", value_name = "NAME")]
    pub profiles: Vec<String>,
    /// Folder that nothing is read outside of; default: the nearest one above PATH that holds .git, else PATH
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Read files outside the root as well
    #[arg(long)]
    pub allow_outside_root: bool,
    /// Configuration file, in place of the nearest dockcheck.toml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, conflicts_with = "config")]
    pub isolated: bool,
}

/// Which rules, how loud.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub struct SelectArgs {
    /// Only these rules, also if off by default: names, other tools' names, groups
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Never these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// These rules as well
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub extend_select: Vec<String>,
    /// Show no findings below this
    #[arg(long, value_name = "LEVEL")]
    pub min_severity: Option<LevelArg>,
    /// Show no findings that are less sure than this
    #[arg(long, value_name = "CONFIDENCE")]
    pub min_confidence: Option<Sureness>,
    /// Exit with 1 if there are findings at or over this [default: warning]
    #[arg(long, value_name = "LEVEL")]
    pub fail_level: Option<FailLevel>,
    /// Take no notice of comments that silence findings
    #[arg(long)]
    pub no_inline_ignores: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LevelArg {
    Error,
    Warning,
    Info,
}

impl From<LevelArg> for Severity {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Error => Severity::Error,
            LevelArg::Warning => Severity::Warning,
            LevelArg::Info => Severity::Info,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sureness {
    Certain,
    Likely,
    Possible,
}

impl From<Sureness> for Confidence {
    fn from(level: Sureness) -> Self {
        match level {
            Sureness::Certain => Confidence::Certain,
            Sureness::Likely => Confidence::Likely,
            Sureness::Possible => Confidence::Possible,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailLevel {
    Error,
    Warning,
    Info,
    Never,
}

impl FailLevel {
    pub fn severity(self) -> Option<Severity> {
        match self {
            FailLevel::Error => Some(Severity::Error),
            FailLevel::Warning => Some(Severity::Warning),
            FailLevel::Info => Some(Severity::Info),
            FailLevel::Never => None,
        }
    }
}

#[derive(Clone, Debug, Default, Args)]
pub struct CheckArgs {
    /// Folders, compose files, Dockerfiles (a .env, .dockerignore or dockcheck.toml stands for its folder); `-` for one file on standard input (with --stdin-filename) [default: .]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Form of the report on standard output [default: full]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<OutputFormat>,
    /// A further report into a file: `sarif=out.sarif`; repeatable
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    pub output: Vec<(OutputFormat, PathBuf)>,
    /// Name of the file on standard input: its text stands for the one on disk
    #[arg(long, value_name = "PATH")]
    pub stdin_filename: Option<PathBuf>,
    /// Check many small projects: on standard input one JSON object a line, `{"id": …, "files": {PATH: TEXT}}` or
    /// `{"id": …, "dockerfile": TEXT}`; on standard output one report a line, in the same order
    #[arg(long, conflicts_with_all = ["paths", "format", "output", "stdin_filename", "fix", "diff", "baseline", "write_baseline", "changed_since", "add_ignores", "statistics"])]
    pub stdin_jsonl: bool,
    /// Count findings per rule
    #[arg(long)]
    pub statistics: bool,
    /// Show silenced findings too
    #[arg(long)]
    pub show_suppressed: bool,
    /// Check again whenever a file changes that was read, until Ctrl-C
    #[arg(long, conflicts_with_all = ["stdin_filename", "fix", "diff", "add_ignores", "write_baseline"])]
    pub watch: bool,
    /// No progress line on a terminal
    #[arg(long)]
    pub no_progress: bool,
    /// Exit with 0 in place of 1
    #[arg(long)]
    pub exit_zero: bool,

    /// Make the safe fixes: those that cannot change which program runs
    #[arg(long, help_heading = "Fixes")]
    pub fix: bool,
    /// Make or show the unsafe fixes too
    #[arg(long, help_heading = "Fixes")]
    pub unsafe_fixes: bool,
    /// Show the fixes as a diff and write nothing
    #[arg(long, help_heading = "Fixes")]
    pub diff: bool,
    /// Write a comment that silences each finding
    #[arg(long, help_heading = "Fixes", conflicts_with_all = ["fix", "diff"])]
    pub add_ignores: bool,

    #[command(flatten)]
    pub select: SelectArgs,

    /// Known findings, not shown
    #[arg(long, value_name = "FILE", help_heading = "Old findings")]
    pub baseline: Option<PathBuf>,
    /// Write all findings into a baseline
    #[arg(long, value_name = "FILE", help_heading = "Old findings")]
    pub write_baseline: Option<PathBuf>,
    /// Only findings in lines changed since a git revision, or with evidence in a changed file
    #[arg(long, value_name = "REF", help_heading = "Old findings")]
    pub changed_since: Option<String>,

    #[command(flatten)]
    pub project: ProjectArgs,
}

#[derive(Debug, Args)]
pub struct RuleArgs {
    /// Name of a rule, or another tool's name of the same check
    #[arg(value_name = "RULE", required_unless_present = "all")]
    pub name: Option<String>,
    /// List all rules
    #[arg(long, conflicts_with = "name")]
    pub all: bool,
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub format: TextOrJson,
}

#[derive(Debug, Args)]
pub struct FactsArgs {
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub format: TextOrJson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextOrJson {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    Text,
    Mermaid,
    Dot,
    Json,
}

#[derive(Debug, Args)]
pub struct ResolveArgs {
    /// Folder of the project
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub format: TextOrJson,
    #[command(flatten)]
    pub project: ProjectArgs,
}

#[derive(Debug, Args)]
pub struct ImageArgs {
    /// A service, a Dockerfile, or a Dockerfile and its stage
    #[arg(value_name = "SERVICE|DOCKERFILE[:STAGE]")]
    pub what: String,
    /// Say of a command, header or package whether it is there at the end, and why
    #[arg(long, value_name = "NAME")]
    pub why: Option<String>,
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub format: TextOrJson,
    #[command(flatten)]
    pub project: ProjectArgs,
}

#[derive(Debug, Args)]
pub struct GraphArgs {
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub format: GraphFormat,
    #[command(flatten)]
    pub project: ProjectArgs,
}

#[derive(Debug, Args)]
pub struct FilesArgs {
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub project: ProjectArgs,
}

#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub command: Option<ConfigCommand>,
    #[arg(value_name = "PATH", global = true)]
    pub path: Option<PathBuf>,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub project: ProjectArgs,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show the settings and where each comes from
    Show,
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder to write dockcheck.toml into
    #[arg(value_name = "DIR")]
    pub path: Option<PathBuf>,
    /// Print it and write nothing
    #[arg(long)]
    pub stdout: bool,
}

#[derive(Debug, Args)]
pub struct SchemaArgs {
    #[arg(value_enum)]
    pub what: Schema,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Schema {
    /// The report of --format json
    Json,
    /// dockcheck.toml
    Config,
}

#[derive(Debug, Args)]
pub struct CompletionArgs {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// The page of this command; default: that of dockcheck itself
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

#[derive(Debug, Args)]
pub struct LspArgs {
    /// Taken and ignored: standard input and output are all there is
    #[arg(long)]
    pub stdio: bool,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub project: ProjectArgs,
}

impl ValueEnum for OutputFormat {
    fn value_variants<'a>() -> &'a [Self] {
        OutputFormat::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()).help(self.help()))
    }
}

/// `FORMAT=FILE`
fn output(text: &str) -> Result<(OutputFormat, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE, as in sarif=out.sarif")?;
    let known = OutputFormat::ALL.iter().find(|f| f.as_str() == format);
    let Some(format) = known else {
        let names: Vec<&str> = OutputFormat::ALL.iter().map(|f| f.as_str()).collect();
        return Err(format!("unknown format `{format}`; there are {}", names.join(", ")));
    };
    if file.is_empty() {
        return Err("the file is missing".into());
    }
    Ok((*format, file.into()))
}

/// Reads the arguments. The error knows its exit code and where it is to be printed.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(with_command(without_plugin_name(args.into_iter().collect())))
}

/// As a plugin of the `docker` program we are called `docker-dockcheck [DOCKER'S OWN OPTIONS] dockcheck ARGUMENTS`. What
/// stands up to our name is docker's, and help shows what the user typed.
fn without_plugin_name(mut args: Vec<OsString>) -> Vec<OsString> {
    let is_plugin =
        args.first().is_some_and(|a| std::path::Path::new(a).file_stem().is_some_and(|s| s == "docker-dockcheck"));
    let named = args.iter().skip(1).position(|a| a == "dockcheck");
    if let (true, Some(at)) = (is_plugin, named) {
        args.splice(..=at + 1, [OsString::from("docker dockcheck")]);
    }
    args
}

/// What `docker` wants to know of a plugin, in the version 0.1.0 of its contract (docker/cli, `cli-plugins/metadata`).
pub fn plugin_metadata() -> String {
    format!(
        "{{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"dockcheck\",\"Version\":\"{}\",\"ShortDescription\":\"Check a Compose \
         project and its Dockerfiles before the build\",\"URL\":\"https://dockcheck.dev\"}}\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// The manual page of a command, or of the whole; `None` for a name that no command has.
pub fn manual(command: Option<&str>, out: &mut Vec<u8>) -> std::io::Result<Option<()>> {
    let mut whole = Cli::command();
    whole.build();
    let page = match command {
        None => whole,
        Some(name) => match whole.get_subcommands().find(|c| c.get_name() == name && !c.is_hide_set()) {
            Some(found) => found.clone().version(env!("CARGO_PKG_VERSION")),
            None => return Ok(None),
        },
    };
    clap_mangen::Man::new(page).source(concat!("dockcheck ", env!("CARGO_PKG_VERSION"))).render(out)?;
    Ok(Some(()))
}

/// Writes a shell's completion script.
pub fn completions(shell: clap_complete::Shell, out: &mut dyn std::io::Write) {
    clap_complete::generate(shell, &mut Cli::command(), "dockcheck", &mut { out });
}

/// Puts `check` in front of arguments that name no command.
fn with_command(mut args: Vec<OsString>) -> Vec<OsString> {
    let command = Cli::command();
    let known = |word: &str| {
        word == "help"
            || command.get_subcommands().any(|c| c.get_name() == word || c.get_all_aliases().any(|a| a == word))
    };
    let mut at = 1;
    while let Some(arg) = args.get(at).map(|a| a.to_string_lossy().into_owned()) {
        match arg.as_str() {
            "--color" => at += 2,
            "--quiet" | "--verbose" => at += 1,
            short if short.starts_with("--color=") => at += 1,
            short
                if short.len() > 1 && short.starts_with('-') && short[1..].chars().all(|c| matches!(c, 'q' | 'v')) =>
            {
                at += 1
            }
            "-h" | "--help" | "-V" | "--version" => return args,
            word if known(word) => return args,
            _ => break,
        }
    }
    args.insert(at.min(args.len()), "check".into());
    args
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Cli {
        parse(std::iter::once("dockcheck").chain(line.split_whitespace()).map(OsString::from)).unwrap()
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn check_is_the_default() {
        for line in ["", ".", "--fix .", "-q .", "--color never .", "--color=never --fix", "check .", "-vv --diff"] {
            assert!(matches!(parsed(line).command, CliCommand::Check(_)), "{line}");
        }
        assert!(matches!(parsed("-q rule x").command, CliCommand::Rule(_)));
        assert!(matches!(parsed("explain x").command, CliCommand::Rule(_)));
        assert!(matches!(parsed("config show").command, CliCommand::Config(_)));
    }

    #[test]
    fn values() {
        let CliCommand::Check(args) = parsed(
            "--select a,b --select c --output json=x=y -f a.yml -f b.yml --profile p --fail-level never --format json -",
        )
        .command
        else {
            unreachable!()
        };
        assert_eq!(args.select.select, ["a", "b", "c"]);
        assert_eq!(args.output, [(OutputFormat::Json, PathBuf::from("x=y"))]);
        assert_eq!(args.project.files.len(), 2);
        assert_eq!(args.select.fail_level.unwrap().severity(), None);
        assert_eq!(args.paths, [PathBuf::from("-")]);
    }

    #[test]
    fn a_bad_call_is_exit_2_on_stderr() {
        let error = parse(["dockcheck", "--fomat", "json"].map(OsString::from)).unwrap_err();
        assert_eq!((error.exit_code(), error.use_stderr()), (2, true));
        assert!(error.to_string().contains("--format"), "{error}");
    }
}
