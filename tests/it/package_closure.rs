//! The package model against apt itself: for common packages, alone and in groups, what `apt-get -s install` would install on
//! the distribution's base system is compared with `Suite::closure`. What must never happen is that the model calls a
//! command absent that apt would have installed.
//!
//! Needs the lists that `rules/data/index/fetch DIR` makes, so it runs only where `DOCKCHECK_APT_LISTS=DIR` is set:
//!
//!     DOCKCHECK_APT_LISTS=DIR cargo test --release --test it package_closure -- --nocapture
//!
//! `DOCKCHECK_APT_PYTHON=1` asks apt's library through `python3-apt` in one process, which is ten times as fast as a call of
//! `apt-get` for each case.
//!
//! `DOCKCHECK_CLOSURE_SUITES` (default `bookworm,jammy`) and `DOCKCHECK_CLOSURE_COUNT` (default 100) say how much.
//! `DOCKCHECK_CLOSURE_ON="curl git …"` names packages that are there beside the base system, as in buildpack-deps.
//! `DOCKCHECK_CLOSURE_NAMES=FILE` gives the packages, one per line, those used most first; else they are taken from
//! `popular.txt` in even steps.

use dockcheck::internals::image::index::{self, IndexName, PackageSet, Suite};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::common::ROOT;

struct Apt {
    lists: PathBuf,
    state: tempfile::TempDir,
    /// Without recommendations and with them.
    library: Option<[RefCell<Library>; 2]>,
}

/// `tests/common/apt_answers.py`, kept running.
struct Library {
    process: Child,
    queries: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Library {
    fn start(lists: &Path, state: &Path, recommends: bool) -> Library {
        let script = Path::new(ROOT).join("tests/common/apt_answers.py");
        let mut process = Command::new("/usr/bin/python3")
            .env("APT_CONFIG", lists.join("apt.conf"))
            .arg(script)
            .args([state.join("status"), state.join("cache")])
            .arg(recommends.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let (queries, answers) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Library { process, queries, answers }
    }

    fn ask(&mut self, names: &[&str]) -> BTreeSet<String> {
        writeln!(self.queries, "{}", names.join(" ")).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "apt's library gave up");
        line.split_whitespace().map(str::to_owned).collect()
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Apt {
    /// A world in which `installed` is installed.
    fn new(root: &Path, suite: &Suite, installed: &PackageSet) -> Apt {
        let state = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(state.path().join("cache/archives/partial")).unwrap();
        let mut apt = Apt { lists: root.join(suite.release()), state, library: None };
        std::fs::write(apt.state.path().join("status"), "").unwrap();
        let names: Vec<&str> = installed.iter().map(|p| suite.name(p)).collect();
        let shown = apt.run("apt-cache", &["show", "--no-all-versions"], &names);
        let mut status = String::new();
        // All that makes apt take a version for the same one; what only an archive says is left out.
        let drop =
            ["Filename", "Size", "MD5sum", "SHA1", "SHA256", "SHA512", "Description-md5", "Description", "Tag", "Task"];
        for line in shown.lines() {
            if line.is_empty() {
                status.push_str("Status: install ok installed\n\n");
            } else if line.split_once(':').is_some_and(|(key, _)| !key.starts_with(' ') && !drop.contains(&key)) {
                let _ = writeln!(status, "{line}");
            }
        }
        if !status.ends_with("\n\n") {
            status.push_str("Status: install ok installed\n\n");
        }
        std::fs::write(apt.state.path().join("status"), status).unwrap();
        if std::env::var_os("DOCKCHECK_APT_PYTHON").is_some() {
            let start = |mode| RefCell::new(Library::start(&apt.lists, apt.state.path(), mode));
            apt.library = Some([start(false), start(true)]);
        }
        apt
    }

    fn run(&self, program: &str, options: &[&str], names: &[&str]) -> String {
        let output = Command::new(program)
            .env("APT_CONFIG", self.lists.join("apt.conf"))
            .env("LC_ALL", "C")
            .arg("-o")
            .arg(format!("Dir::State::status={}", self.state.path().join("status").display()))
            .arg("-o")
            .arg(format!("Dir::Cache={}", self.state.path().join("cache").display()))
            .args(options)
            .args(names)
            .output()
            .expect(program);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Names of the packages that apt would install; `None` if it refuses.
    fn install(&self, names: &[&str], recommends: bool) -> Option<BTreeSet<String>> {
        if let Some(library) = &self.library {
            let installed = library[usize::from(recommends)].borrow_mut().ask(names);
            return (!installed.is_empty()).then_some(installed);
        }
        let option = if recommends { "--install-recommends" } else { "--no-install-recommends" };
        let output = self.run("apt-get", &["-s", "-q", "-y", option, "install"], names);
        let installed: BTreeSet<String> = output
            .lines()
            .filter_map(|l| l.strip_prefix("Inst "))
            .filter_map(|l| l.split([' ', ':']).next())
            .map(str::to_owned)
            .collect();
        (!installed.is_empty()).then_some(installed)
    }
}

#[derive(Default, Debug)]
struct Tally {
    cases: usize,
    same_packages: usize,
    same_commands: usize,
    /// The model says present where apt would not install: a finding missed.
    too_many: usize,
    /// Covered by `maybe` or an unknown package: silent.
    unknown: usize,
    /// The model says absent where apt would install: a wrong finding.
    wrong: usize,
    refused: usize,
}

fn commands(suite: &Suite, set: &PackageSet) -> BTreeSet<String> {
    set.iter().flat_map(|p| suite.commands_of(p)).map(str::to_owned).collect()
}

#[test]
fn closure_agrees_with_apt() {
    let Some(root) = std::env::var_os("DOCKCHECK_APT_LISTS").map(PathBuf::from) else { return };
    let suites = std::env::var("DOCKCHECK_CLOSURE_SUITES").unwrap_or_else(|_| "bookworm,jammy".into());
    let count: usize = std::env::var("DOCKCHECK_CLOSURE_COUNT").map_or(100, |n| n.parse().unwrap());
    let names = std::env::var_os("DOCKCHECK_CLOSURE_NAMES").map(|path| std::fs::read_to_string(path).unwrap());
    let popular = names.as_deref().unwrap_or(include_str!("../../rules/data/index/popular.txt"));
    let on = std::env::var("DOCKCHECK_CLOSURE_ON").unwrap_or_default();
    let mut wrong = Vec::new();
    for release in suites.split(',') {
        let suite = index::suites().iter().find(|s| s.release() == release).unwrap();
        let on: Vec<&str> = on.split_whitespace().collect();
        let base = suite.closure(&on, false, suite.base()).packages;
        let apt = Apt::new(&root, suite, &base);
        // Of what is there already apt installs nothing, which is no answer.
        let is_case = |name: &&str| {
            !name.starts_with('#') && matches!(suite.package(name), IndexName::Known(id) if !base.contains(id))
        };
        let mut known: Vec<&str> = popular.lines().filter(is_case).collect();
        if names.is_some() {
            known.truncate(count);
        }
        let step = (known.len() / count).max(1);
        let mut cases: Vec<Vec<&str>> = known.iter().step_by(step).take(count).map(|name| vec![*name]).collect();
        // Groups of four from different parts of the alphabet.
        let quarter = known.len() / 4;
        cases.extend((0..quarter).step_by(step * 4).map(|i| (0..4).map(|k| known[i + k * quarter]).collect()));
        for recommends in [false, true] {
            let mut tally = Tally::default();
            for case in &cases {
                let Some(real) = apt.install(case, recommends) else {
                    tally.refused += 1;
                    continue;
                };
                tally.cases += 1;
                let closure = suite.closure(case, recommends, &base);
                let model: BTreeSet<String> = closure.added.iter().map(|p| suite.name(*p).to_owned()).collect();
                let apt_set: PackageSet = real.iter().filter_map(|name| suite.find(name)).chain(base.iter()).collect();
                let unknown_packages: Vec<&String> = real.iter().filter(|name| suite.find(name).is_none()).collect();
                let (apt_commands, model_commands) = (commands(suite, &apt_set), commands(suite, &closure.packages));
                let maybe = commands(suite, &closure.maybe);
                tally.same_packages += usize::from(model == real);
                tally.same_commands += usize::from(apt_commands == model_commands);
                tally.too_many += usize::from(model_commands.difference(&apt_commands).next().is_some());
                let missed: Vec<&String> = apt_commands.difference(&model_commands).collect();
                let absent: Vec<&&String> = missed.iter().filter(|c| !maybe.contains(**c)).collect();
                if !absent.is_empty() && closure.listed.is_empty() {
                    tally.wrong += 1;
                    let more: Vec<&String> = real.difference(&model).collect();
                    let less: Vec<&String> = model.difference(&real).collect();
                    let line = format!(
                        "{release} {recommends} {case:?}: {absent:?}; only apt: {more:?}; only model: {less:?}"
                    );
                    println!("{line}");
                    wrong.push(line);
                } else if !missed.is_empty() {
                    tally.unknown += 1;
                }
                if !unknown_packages.is_empty() && closure.listed.is_empty() {
                    wrong.push(format!("{release} {recommends} {case:?}: not in the index: {unknown_packages:?}"));
                }
            }
            println!("{release} recommends={recommends}: {tally:?}");
            // Where apt refuses nearly everything, something is wrong with the base system that it was given.
            if tally.cases * 10 < cases.len() * 9 {
                wrong.push(format!("{release} {recommends}: only {} of {} cases compared", tally.cases, cases.len()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
