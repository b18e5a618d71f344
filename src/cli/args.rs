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
  dockcheck --fix --unsafe-fixes     fix what can be fixed
  dockcheck --diff --unsafe-fixes    show what would be changed
  dockcheck rule missing-compiler    explain a rule
  dockcheck graph                    show service, Dockerfile, stage, base image

Exit codes: 0 nothing at or over the fail level, 1 findings, 2 dockcheck could not run, 3 nothing to check.";

const SHORT_EXAMPLES: &str = "\
Examples:
  dockcheck                          check the project in this folder
  dockcheck --diff --unsafe-fixes    show what would be changed
  dockcheck rule missing-compiler    explain a rule

`dockcheck --help` shows all options.";

const PATH_HELP: &str = "\
Folders, compose files, Dockerfiles [default: .]; a .env, .dockerignore or dockcheck.toml stands for its folder, and `-` for one \
file on standard input (with --stdin-filename)";

/// Headings of the help page.
const INPUT: &str = "Input";
const OUTPUT: &str = "Output";
const RULES: &str = "Rules";
const FIXES: &str = "Fixes";
const OLD: &str = "Old findings";

/// Checks a Compose project, its Dockerfiles and its build contexts as one program, before the build.
#[derive(Debug, Parser)]
#[command(name = "dockcheck", version, after_help = SHORT_EXAMPLES, after_long_help = EXAMPLES, subcommand_required = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: CliCommand,
    #[command(flatten)]
    pub global: GlobalArgs,
}

#[derive(Clone, Debug, Default, Args)]
pub struct GlobalArgs {
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value_t, value_enum, help_heading = OUTPUT, hide_short_help = true)]
    pub color: When,
    /// Say less: no summary, no notes; twice: nothing but the exit code
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = OUTPUT)]
    pub quiet: u8,
    /// Say more: all notes on what could not be read
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = OUTPUT, hide_short_help = true)]
    pub verbose: u8,
    /// The day from which the age of facts is counted, instead of the clock [default: SOURCE_DATE_EPOCH, else now]
    #[arg(long, global = true, value_name = "YYYY-MM-DD", value_parser = day, help_heading = OUTPUT, hide_short_help = true)]
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
    /// Find faults, and fix them with --fix (the default command)
    #[command(after_help = SHORT_EXAMPLES, after_long_help = EXAMPLES)]
    Check(Box<CheckArgs>),
    /// Explain a rule
    #[command(alias = "explain")]
    Rule(RuleArgs),
    /// List all rules with level, group, fix and other names
    Rules(RulesArgs),
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
    /// Print the manual page, for `man`
    Man(ManArgs),
    /// What `docker` asks of a plugin: no command for people
    #[command(skip)]
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
    #[arg(short, long, hide_short_help = true, value_name = "NAME")]
    pub project_name: Option<String>,
    /// Folder that relative paths of the first compose file start from
    #[arg(hide_short_help = true, long, value_name = "DIR")]
    pub project_directory: Option<PathBuf>,
    /// File of variables, in place of .env
    #[arg(hide_short_help = true, long = "env-file", value_name = "FILE")]
    pub env_files: Vec<PathBuf>,
    /// Profile to enable
    #[arg(hide_short_help = true, long = "profile", value_name = "NAME")]
    pub profiles: Vec<String>,
    /// Folder that nothing is read outside of; default: the nearest one above PATH that holds .git, else PATH
    #[arg(hide_short_help = true, long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Read files outside the root as well
    #[arg(hide_short_help = true, long)]
    pub allow_outside_root: bool,
    /// Configuration file, in place of the nearest dockcheck.toml
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(hide_short_help = true, long, conflicts_with = "config")]
    pub isolated: bool,
}

/// Which rules, how loud.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = RULES)]
pub struct SelectArgs {
    /// Only these rules, also if off by default: names, other tools' names, groups
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Never these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// These rules as well
    #[arg(long, value_name = "RULE", value_delimiter = ',', hide_short_help = true)]
    pub extend_select: Vec<String>,
    /// Show no findings below this
    #[arg(long, value_name = "LEVEL", hide_short_help = true)]
    pub min_severity: Option<LevelArg>,
    /// Show no findings that are less sure than this
    #[arg(long, value_name = "CONFIDENCE", hide_short_help = true)]
    pub min_confidence: Option<Sureness>,
    /// Exit with 1 if there are findings at or over this [default: warning]
    #[arg(long, value_name = "LEVEL", alias = "failure-threshold", short_alias = 't')]
    pub fail_level: Option<FailLevel>,
    /// Take no notice of comments that silence findings
    #[arg(long, hide_short_help = true)]
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
    #[value(alias = "style")]
    Info,
    #[value(aliases = ["none", "ignore"])]
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
    /// Folders, compose files, Dockerfiles [default: .]
    #[arg(value_name = "PATH", long_help = PATH_HELP)]
    pub paths: Vec<PathBuf>,
    /// Form of the report on standard output [default: full]
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = OUTPUT, alias = "output-format")]
    pub format: Option<OutputFormat>,
    /// A further report into a file: `sarif=out.sarif`; repeatable
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output, help_heading = OUTPUT, hide_short_help = true)]
    pub output: Vec<(OutputFormat, PathBuf)>,
    /// Name of the file on standard input: its text stands for the one on disk
    #[arg(long, value_name = "PATH", help_heading = INPUT, hide_short_help = true)]
    pub stdin_filename: Option<PathBuf>,
    /// Check many small projects: on standard input one JSON object a line, `{"id": …, "files": {PATH: TEXT}}` or
    /// `{"id": …, "dockerfile": TEXT}`; on standard output one report a line, in the same order
    #[arg(long, help_heading = INPUT, hide_short_help = true, conflicts_with_all = ["paths", "format", "output", "stdin_filename", "fix", "diff", "baseline", "write_baseline", "changed_since", "add_ignores", "statistics"])]
    pub stdin_jsonl: bool,
    /// Count findings per rule
    #[arg(long, help_heading = OUTPUT, hide_short_help = true)]
    pub statistics: bool,
    /// Show silenced findings too
    #[arg(long, help_heading = OUTPUT, hide_short_help = true)]
    pub show_suppressed: bool,
    /// Check again whenever a file changes that was read, until Ctrl-C
    #[arg(long, help_heading = INPUT, hide_short_help = true, conflicts_with_all = ["stdin_filename", "fix", "diff", "add_ignores", "write_baseline"])]
    pub watch: bool,
    /// No progress line on a terminal
    #[arg(long, help_heading = OUTPUT, hide_short_help = true)]
    pub no_progress: bool,
    /// Exit with 0 in place of 1
    #[arg(long, help_heading = RULES, hide_short_help = true, alias = "no-fail")]
    pub exit_zero: bool,
    /// Exit with 1 if a limit kept a file from being judged
    #[arg(long, help_heading = RULES, hide_short_help = true)]
    pub fail_on_unjudged: bool,

    /// Make the safe fixes: those that cannot change which program runs
    #[arg(long, help_heading = FIXES)]
    pub fix: bool,
    /// Make or show the unsafe fixes too
    #[arg(long, help_heading = FIXES)]
    pub unsafe_fixes: bool,
    /// Show the fixes as a diff and write nothing
    #[arg(long, help_heading = FIXES)]
    pub diff: bool,
    /// Write a comment that silences each finding
    #[arg(long, help_heading = FIXES, hide_short_help = true, conflicts_with_all = ["fix", "diff"])]
    pub add_ignores: bool,

    #[command(flatten)]
    pub select: SelectArgs,

    /// Known findings, not shown
    #[arg(long, value_name = "FILE", help_heading = OLD, hide_short_help = true)]
    pub baseline: Option<PathBuf>,
    /// Write all findings into a baseline
    #[arg(long, value_name = "FILE", help_heading = OLD, hide_short_help = true)]
    pub write_baseline: Option<PathBuf>,
    /// Only findings in lines changed since a git revision, or with evidence in a changed file
    #[arg(long, value_name = "REF", help_heading = OLD, hide_short_help = true)]
    pub changed_since: Option<String>,

    #[command(flatten)]
    pub project: ProjectArgs,
}

#[derive(Debug, Args)]
pub struct RuleArgs {
    /// Name of a rule, or another tool's name of the same check
    #[arg(value_name = "RULE", required_unless_present = "all")]
    pub name: Option<String>,
    /// As `dockcheck rules`
    #[arg(long, conflicts_with = "name")]
    pub all: bool,
    /// Form of the answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text", alias = "output-format")]
    pub format: TextOrJson,
}

#[derive(Debug, Args)]
pub struct RulesArgs {
    /// Form of the answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text", alias = "output-format")]
    pub format: TextOrJson,
}

#[derive(Debug, Args)]
pub struct FactsArgs {
    /// Form of the answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text", alias = "output-format")]
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
    /// Form of the answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text", alias = "output-format")]
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
    /// Form of the answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text", alias = "output-format")]
    pub format: TextOrJson,
    #[command(flatten)]
    pub project: ProjectArgs,
}

#[derive(Debug, Args)]
pub struct GraphArgs {
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Form of the answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text", alias = "output-format")]
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
    let args = without_plugin_name(args.into_iter().collect());
    if args.get(1).is_some_and(|word| word == "docker-cli-plugin-metadata") {
        return Ok(Cli { command: CliCommand::PluginMetadata, global: GlobalArgs::default() });
    }
    match with_command(args) {
        Words::Command(args) => Cli::try_parse_from(args),
        Words::AboutAll(args) => {
            let mut shown = shown_command();
            match shown.try_get_matches_from_mut(args) {
                // Not met: these words ask for help or the version.
                Ok(_) => Err(shown.error(clap::error::ErrorKind::MissingSubcommand, "a command is missing")),
                Err(error) => Err(error),
            }
        }
    }
}

/// The command as help, completions and the manual show it: without a command's name the options are those of `check`. What
/// is parsed has the name put in, so that every command has its own options and no others.
pub fn shown_command() -> clap::Command {
    let parsed = Cli::command();
    let about = parsed.get_about().cloned().unwrap_or_default();
    // The options' own description would take the place of the program's.
    CheckArgs::augment_args(parsed)
        .about(about)
        .subcommand_required(false)
        .args_conflicts_with_subcommands(true)
        .subcommand_help_heading("Commands")
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
        None => shown_command(),
        Some(name) => match whole.get_subcommands().find(|c| c.get_name() == name && !c.is_hide_set()) {
            Some(found) => found.clone().version(env!("CARGO_PKG_VERSION")),
            None => return Ok(None),
        },
    };
    clap_mangen::Man::new(page).source(concat!("dockcheck ", env!("CARGO_PKG_VERSION"))).render(out)?;
    Ok(Some(()))
}

/// The names of the commands.
pub fn command_names() -> Vec<String> {
    Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// Arguments, by what they are about.
enum Words {
    /// They name a command.
    Command(Vec<OsString>),
    /// They ask for help on the program, or for its version.
    AboutAll(Vec<OsString>),
}

/// Puts `check` before arguments that name no command.
fn with_command(mut args: Vec<OsString>) -> Words {
    let command = Cli::command();
    let known = |word: &str| {
        word == "help"
            || command.get_subcommands().any(|c| c.get_name() == word || c.get_all_aliases().any(|a| a == word))
    };
    let mut at = 1;
    while let Some(arg) = args.get(at).map(|a| a.to_string_lossy().into_owned()) {
        match arg.as_str() {
            "--color" | "--today" => at += 2,
            "--quiet" | "--verbose" => at += 1,
            short if short.starts_with("--color=") || short.starts_with("--today=") => at += 1,
            short
                if short.len() > 1 && short.starts_with('-') && short[1..].chars().all(|c| matches!(c, 'q' | 'v')) =>
            {
                at += 1
            }
            "-h" | "--help" | "-V" | "--version" => return Words::AboutAll(args),
            "help" if args.len() == at + 1 => return Words::AboutAll(args),
            word if known(word) => return Words::Command(args),
            _ => break,
        }
    }
    // Other linters have an option for what is a command here.
    let explain = args
        .iter()
        .take_while(|arg| *arg != "--")
        .position(|arg| arg == "--explain" || arg.to_string_lossy().starts_with("--explain="));
    let command = match explain {
        None => "check",
        Some(place) => {
            let word = args.remove(place);
            if let Some(rule) = word.to_string_lossy().strip_prefix("--explain=") {
                args.insert(place, rule.into());
            }
            "rule"
        }
    };
    args.insert(at.min(args.len()), command.into());
    Words::Command(args)
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
        shown_command().debug_assert();
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
