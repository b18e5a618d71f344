//! A repository on disk and the program run in it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dockcheck::report::OutputFormat;

use crate::common::{PATIENCE, PROGRAM};

/// Ends what has spent minutes on the processor, in all threads together: a bomb that went off. Time in which others have the
/// processor does not count, so this does not depend on how busy the machine is.
const RUNAWAY: &str = "ulimit -t 600;";

pub(crate) struct Repo(tempfile::TempDir);

#[derive(Debug)]
pub(crate) struct Outcome {
    /// `None`: killed by a signal, for instance because it used up its time on the processor.
    pub(crate) code: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: Vec<u8>,
}

impl Outcome {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.out.clone()).unwrap()
    }

    pub(crate) fn errors(&self) -> String {
        String::from_utf8(self.err.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(crate) fn holds(&self, needle: &str) -> bool {
        let within = |all: &[u8]| all.windows(needle.len()).any(|w| w == needle.as_bytes());
        within(&self.out) || within(&self.err)
    }

    /// It ended by itself, and not through a fault of ours.
    pub(crate) fn is_orderly(&self) -> bool {
        matches!(self.code, Some(0..=3))
    }
}

impl Repo {
    pub(crate) fn empty() -> Self {
        let repo = Repo(tempfile::tempdir().unwrap());
        fs::create_dir_all(repo.path().join(".git")).unwrap();
        repo
    }

    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let repo = Repo::empty();
        for (name, text) in files {
            repo.write(name, text);
        }
        repo
    }

    /// The root: a folder of its own in a temporary folder that nobody else uses.
    pub(crate) fn path(&self) -> PathBuf {
        fs::canonicalize(self.0.path()).unwrap().join("root")
    }

    /// A folder beside the root.
    pub(crate) fn outside(&self) -> PathBuf {
        let path = fs::canonicalize(self.0.path()).unwrap().join("outside");
        fs::create_dir_all(&path).unwrap();
        path
    }

    pub(crate) fn write(&self, name: impl AsRef<OsStr>, text: impl AsRef<[u8]>) {
        let path = self.path().join(Path::new(name.as_ref()));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    pub(crate) fn link(&self, to: &Path, name: &str) {
        std::os::unix::fs::symlink(to, self.path().join(name)).unwrap();
    }

    /// Makes a pipe that nobody writes into.
    pub(crate) fn pipe(&self, name: &str) {
        assert!(Command::new("mkfifo").arg(self.path().join(name)).status().unwrap().success());
    }

    /// Messages to the language server, framed, and what it says.
    pub(crate) fn converse(&self, messages: &[serde_json::Value]) -> Outcome {
        let mut input = Vec::new();
        for message in messages {
            let body = message.to_string();
            write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        }
        let mut command = Command::new(PROGRAM);
        command.arg("lsp").current_dir(self.path());
        run_with(command, &input)
    }

    pub(crate) fn call(&self, line: &str) -> Outcome {
        self.call_with(line.split_whitespace(), &[])
    }

    pub(crate) fn call_with<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        environment: &[(&str, &str)],
    ) -> Outcome {
        self.under("", args, environment)
    }

    /// Under limits that a shell sets first: `ulimit -s 1024;`.
    pub(crate) fn under<S: AsRef<OsStr>>(
        &self,
        limits: &str,
        args: impl IntoIterator<Item = S>,
        environment: &[(&str, &str)],
    ) -> Outcome {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(format!("{RUNAWAY} {limits} exec \"$0\" \"$@\"")).arg(PROGRAM);
        command
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(environment.iter().copied());
        run(command)
    }

    /// In every format, with `args` besides: the format's name and what came of it.
    pub(crate) fn in_all_formats(&self, args: &str) -> Vec<(&'static str, Outcome)> {
        let one = |format: &OutputFormat| (format.as_str(), self.call(&format!("--format {} {args}", format.as_str())));
        OutputFormat::ALL.iter().map(one).collect()
    }
}

/// Runs to the end.
pub(crate) fn run(command: Command) -> Outcome {
    run_with(command, b"")
}

/// The same with something on standard input.
pub(crate) fn run_with(mut command: Command, input: &[u8]) -> Outcome {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    std::thread::spawn(move || stdin.write_all(&input));
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = err.read_to_end(&mut bytes);
        bytes
    });
    let output = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = out.read_to_end(&mut bytes);
        bytes
    });
    let start = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Outcome { code, out: output.join().unwrap(), err: reader.join().unwrap() }
}

/// Whether a program is there; a line that says what is skipped, if not.
pub(crate) fn has(program: &str, skipped: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("skipped: {skipped}: no {program} here");
    }
    found
}

/// A name of any bytes.
pub(crate) fn name(bytes: &[u8]) -> OsString {
    OsStr::from_bytes(bytes).to_owned()
}
