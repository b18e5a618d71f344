//! The program: arguments in, exit code out. Everything else is in the library.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use dockcheck::STACK_BYTES;
use dockcheck::cli::{Exit, Host, args, run};

fn main() -> ExitCode {
    // Rust's own words would show source paths and whatever the panic quotes from a repository.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
        let _ =
            writeln!(io::stderr(), "dockcheck: internal error{place}; please report it with the files that lead to it");
    }));
    // Where no pool can be built, rayon makes one of its own.
    let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build_global();
    match std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // The hook has said it.
        Ok(Err(_)) => ExitCode::from(Exit::Bug as u8),
        Err(_) => work(),
    }
}

fn work() -> ExitCode {
    let cli = match args::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help is an "error" with exit code 0; a pipe closed early is no error at all.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Failed as u8));
        }
    };
    let Ok(working_dir) = std::env::current_dir() else {
        let _ = writeln!(io::stderr(), "dockcheck: the working directory cannot be read");
        return ExitCode::from(Exit::Failed as u8);
    };
    let (stdout, mut stderr) = (io::stdout(), io::stderr());
    let (stdout_is_terminal, stderr_is_terminal) = (stdout.is_terminal(), stderr.is_terminal());
    let mut world = Host {
        working_dir,
        // Names and values that are not UTF-8 cannot stand in a compose file either.
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        stdin: &mut io::stdin(),
        stdout: &mut io::BufWriter::new(stdout),
        // Not locked: the progress line, and a panic in another thread, must be able to write.
        stderr: &mut stderr,
        stdout_is_terminal,
        stderr_is_terminal,
        width: terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
    };
    ExitCode::from(run(cli, &mut world) as u8)
}
