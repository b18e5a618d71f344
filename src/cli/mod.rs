//! What the commands do, with the streams and the environment handed in; the caller only turns the result into an exit code.

pub mod args;
mod changed;
mod check;
mod closed_pipe;
mod completions;
mod facts;
mod host;
mod image;
mod lsp;
mod progress;
mod promise;
mod rule;
mod settings;
mod show;
mod stream;
mod watch;
mod why;

use std::io;

use args::{Cli, CliCommand, GlobalArgs};
use closed_pipe::UntilClosed;

use host::Stop;
pub use host::{Exit, Host, names};

/// Runs a command.
pub fn run(cli: Cli, world: &mut Host<'_>) -> Exit {
    let global = cli.global;
    let goes_on = match &cli.command {
        CliCommand::Check(args) => args.stdin_jsonl || args.watch,
        CliCommand::Lsp(_) => true,
        _ => false,
    };
    if goes_on {
        return command(cli.command, &global, world);
    }
    // What a command answers does not depend on whether anybody reads it to its end: `dockcheck | head -1`.
    let mut stdout = UntilClosed::new(&mut *world.stdout);
    let mut inner = Host {
        working_dir: std::mem::take(&mut world.working_dir),
        environment: std::mem::take(&mut world.environment),
        stdin: &mut *world.stdin,
        stdout: &mut stdout,
        stderr: &mut *world.stderr,
        ..*world
    };
    command(cli.command, &global, &mut inner)
}

fn command(command: CliCommand, global: &GlobalArgs, world: &mut Host<'_>) -> Exit {
    let result = match command {
        CliCommand::Check(args) if args.stdin_jsonl => stream::run(&args, world),
        CliCommand::Check(args) if args.watch => watch::run(&args, global, world),
        CliCommand::Check(args) => check::run(&args, global, world, None),
        CliCommand::Rule(args) => show::rule(&args, global, world),
        CliCommand::Rules(args) => show::rules(&args, world),
        CliCommand::Resolve(args) => show::resolve(&args, world),
        CliCommand::Image(args) => show::image(&args, world),
        CliCommand::Graph(args) => show::graph(&args, global, world),
        CliCommand::Files(args) => show::files(&args, world),
        CliCommand::Config(args) => show::config(&args, world),
        CliCommand::Init(args) => show::init(&args, world),
        CliCommand::Schema(args) => show::schema(&args, world),
        CliCommand::Facts(args) => facts::run(&args, global, world),
        CliCommand::Completions(args) => {
            let script = completions::script(args.shell);
            world.stdout.write_all(script.as_bytes()).map(|()| Exit::Clean).map_err(Stop::from)
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
