//! Calls of package managers that cannot work: without lists, without a right to install, with names that the release does
//! not have, with no names at all. One stage fails once: each cause is said at its first step.

use std::collections::{BTreeSet, HashMap};

use crate::diagnostic::{Label, Severity};
use crate::dockerfile::expand::StageBase;
use crate::dockerfile::{Body, Keyword};
use crate::image::facts::closed::ClosedArchive;
use crate::image::install::{Installer, PackageCall, Verb, package_call};
use crate::image::{PackageLists, Presence, State, User};
use crate::shell::{Command, Script, Value, Variables};
use crate::text::Span;

use super::command_context;
use crate::project::StageView;

mod unknown_package;

pub use unknown_package::unknown_packages;

/// A call of a package manager in a step that surely runs.
#[derive(Debug)]
pub struct Call<'a> {
    pub instruction: usize,
    pub index: usize,
    pub script: &'a Script,
    pub command: &'a Command,
    pub call: PackageCall,
    pub state: &'a State,
    /// The script adds an architecture: there are other packages then.
    pub adds_architecture: bool,
}

/// The calls of a stage's RUNs that run whenever the build comes so far, and whose failure fails the build.
pub fn calls<'a>(view: &StageView<'a>) -> Vec<Call<'a>> {
    let mut calls = Vec::new();
    let parsed = &view.entry.parsed;
    if parsed.template.is_some() || parsed.escape != '\\' {
        return calls;
    }
    for instruction in view.stage.instructions.clone() {
        if parsed.instructions.get(instruction).is_none_or(|i| i.keyword != Keyword::Run) {
            continue;
        }
        let image = &view.build.image;
        let (Some(script), Some(before)) = (image.script(instruction), image.before(instruction)) else { continue };
        let outer = |name: &str| -> Value { command_context::variable(view.build, instruction, before, name) };
        let mut variables = Variables::new(script, &outer);
        let first = calls.len();
        for (index, command) in script.commands.iter().enumerate() {
            let context = &command.context;
            if context.is_reached()
                && !(context.guarded || context.background)
                && let Some(call) = package_call(command, &variables)
                && let Some(state) = image.at(instruction, index)
            {
                calls.push(Call { instruction, index, script, command, call, state, adds_architecture: false });
            }
            variables.apply(command);
        }
        let own = calls.get_mut(first..).unwrap_or_default();
        if !own.is_empty() && adds_architecture(script) {
            own.iter_mut().for_each(|call| call.adds_architecture = true);
        }
    }
    calls
}

fn adds_architecture(script: &Script) -> bool {
    let names_it = |c: &Command| c.words.iter().any(|w| w.text().is_some_and(|t| t == "--add-architecture"));
    script.commands.iter().any(names_it)
}

impl Call<'_> {
    /// The max_severity severity that the base image's row and the shell's attention allow.
    pub fn severity(&self, view: &StageView<'_>) -> Severity {
        match () {
            () if !view.build.reaches(view.stage.index) => Severity::Info,
            () if self.state.base.verified && !self.command.context.unchecked => Severity::Error,
            () => Severity::Warning,
        }
    }

    /// Whether the call runs as somebody else than the RUN's user.
    fn changes_user(&self) -> bool {
        let wrappers = self.command.effective().wrappers;
        wrappers
            .iter()
            .any(|w| matches!(w.0.as_str(), "sudo" | "doas" | "gosu" | "su-exec" | "fakeroot" | "unshare" | "su"))
            || self.command.context.nested > 0
    }
}

/// A call of apt that asks an archive which is closed.
#[derive(Clone, Debug)]
pub struct AtClosedArchive {
    pub span: Span,
    pub severity: Severity,
    pub archive: &'static ClosedArchive,
    /// What apt prints.
    pub error: String,
}

/// Unless the stage below has failed already.
pub fn at_closed_archive(view: &StageView<'_>) -> Option<AtClosedArchive> {
    Failing::of(view).at_closed_archive.get(view.stage.index)?.clone()
}

fn at_closed_archive_in(view: &StageView<'_>, calls: &[Call<'_>]) -> Option<AtClosedArchive> {
    let own = calls.iter().filter(|it| matches!(it.call.installer, Installer::Apt | Installer::Dnf));
    let own = own.filter(|it| !(it.call.foreign || it.call.elsewhere));
    let (it, missing) = own.into_iter().find_map(|it| match it.call.verb {
        // yum and dnf ask the archive even for what is there already.
        Verb::Update | Verb::Upgrade if it.call.installer == Installer::Dnf => Some((it, None)),
        Verb::Install if it.call.installer == Installer::Dnf => (!it.call.packages.is_empty()).then_some((it, None)),
        // Where nothing looks at it, the update's failure is met at the installation.
        Verb::Update if !it.command.context.unchecked => Some((it, None)),
        // What is there already needs no archive.
        Verb::Install => {
            let absent = it.call.packages.iter().find(|p| matches!(it.state.command(&p.name), Presence::Absent(_)))?;
            Some((it, Some(absent)))
        }
        _ => None,
    })?;
    let archive = it.state.closed_archive()?;
    let error = match missing {
        Some(package) => format!("E: Unable to locate package {}", package.name),
        None => archive.error.clone(),
    };
    // A mirror or a cache of one's own may have it yet: no file of the project tells.
    let severity = it.severity(view).min(Severity::Warning);
    Some(AtClosedArchive { span: it.call.span, severity, archive, error })
}

/// What fails first in each stage of a build, and not already in the one that it stands on.
#[derive(Debug, Default)]
pub struct Failing {
    at_closed_archive: Vec<Option<AtClosedArchive>>,
    without_lists: Vec<Option<NoLists>>,
    as_non_root: Vec<Option<NotRoot>>,
}

impl Failing {
    fn of<'b>(view: &StageView<'b>) -> &'b Failing {
        view.build.memo.get(|| {
            let mut failing = Failing::default();
            // Whether a stage or one below it fails.
            let (mut closed, mut no_lists, mut not_root) = (Vec::new(), Vec::new(), Vec::new());
            let mut roots = Roots::default();
            for stage in &view.entry.parsed.stages {
                let view = StageView { stage, ..*view };
                let parent = match view.build.base(stage.index) {
                    StageBase::Stage(parent) => Some(parent),
                    _ => None,
                };
                let below = |all: &[bool]| parent.and_then(|p| all.get(p)).copied().unwrap_or(false);
                let calls = calls(&view);
                let archive = if below(&closed) { None } else { at_closed_archive_in(&view, &calls) };
                closed.push(below(&closed) || archive.is_some());
                failing.at_closed_archive.push(archive);
                let lists = if below(&no_lists) { None } else { without_lists_in(&view, &calls) };
                no_lists.push(below(&no_lists) || lists.is_some());
                failing.without_lists.push(lists);
                let root = if below(&not_root) { None } else { as_non_root_in(&view, &calls, &mut roots) };
                not_root.push(below(&not_root) || root.is_some());
                failing.as_non_root.push(root);
            }
            failing
        })
    }
}

/// An `apt-get install` without lists.
#[derive(Clone, Debug)]
pub struct NoLists {
    pub span: Span,
    pub severity: Severity,
    pub package: String,
    /// Where they were deleted; `None` if they were never fetched.
    pub deleted: Option<Label>,
    /// Where `apt-get update && ` goes.
    pub insert: Option<Span>,
}

/// Unless the stage below has failed already.
pub fn without_lists(view: &StageView<'_>) -> Option<NoLists> {
    Failing::of(view).without_lists.get(view.stage.index)?.clone()
}

fn without_lists_in(view: &StageView<'_>, calls: &[Call<'_>]) -> Option<NoLists> {
    for it in calls {
        if it.call.installer != Installer::Apt || it.call.verb != Verb::Install || it.call.updates_lists {
            continue;
        }
        let deleted = match &it.state.lists {
            PackageLists::Empty => None,
            PackageLists::Deleted(why) => {
                Some(Label { span: why.span.unwrap_or(it.call.span), message: why.text.clone() })
            }
            PackageLists::Present(_) | PackageLists::Unknown => continue,
        };
        // Somebody may have fetched them in a way that we do not see.
        if it.state.unknown_since().is_some() || mounts_lists(view, it.instruction) {
            continue;
        }
        let missing = it.call.packages.iter().find(|p| matches!(it.state.package(&p.name), Presence::Absent(_)));
        let Some(package) = missing else { continue };
        let plain = it.command.context.nested == 0
            && it.command.effective().wrappers.is_empty()
            && it.command.span.file == view.entry.parsed.file;
        return Some(NoLists {
            span: it.call.span,
            severity: it.severity(view),
            package: package.name.clone(),
            deleted,
            insert: plain.then(|| it.command.span.start_point()),
        });
    }
    None
}

fn mounts_lists(view: &StageView<'_>, instruction: usize) -> bool {
    view.entry.parsed.instructions.get(instruction).is_some_and(|i| {
        i.flags.iter().filter(|f| f.name == "mount").any(|f| {
            f.fields().iter().any(|f| {
                matches!(f.key.as_str(), "target" | "dst" | "destination")
                    && f.value.as_ref().is_some_and(|v| v.text.contains("/var/lib") || v.text.contains('$'))
            })
        })
    })
}

/// A package manager that runs for a user who may not.
#[derive(Clone, Debug)]
pub struct NotRoot {
    pub span: Span,
    pub severity: Severity,
    pub user: String,
    /// The USER that set it.
    pub set: Option<Span>,
    pub error: &'static str,
    /// The RUN: where the user is changed and changed back.
    pub instruction: Span,
    /// The user's word, as written.
    pub written: Option<String>,
}

/// Unless the stage below has failed already.
pub fn as_non_root(view: &StageView<'_>) -> Option<NotRoot> {
    Failing::of(view).as_non_root.get(view.stage.index)?.clone()
}

fn as_non_root_in(view: &StageView<'_>, calls: &[Call<'_>], roots: &mut Roots) -> Option<NotRoot> {
    for it in calls {
        let changes =
            matches!(it.call.verb, Verb::Install | Verb::Update | Verb::Upgrade | Verb::Remove | Verb::Autoremove);
        if !changes || it.changes_user() || it.call.elsewhere || !it.call.installer.is_system() {
            continue;
        }
        let User::Other(user, set) = &it.state.user else { continue };
        let name = user.split(':').next().unwrap_or(user);
        if name.is_empty() || name == "root" || name.parse::<u32>() == Ok(0) || roots.has(view, name) {
            continue;
        }
        // The manager itself must be there, or another rule speaks.
        let program = it.command.effective().name.unwrap_or_default();
        if matches!(it.state.command(&program), Presence::Absent(_)) {
            continue;
        }
        let error = match it.call.installer {
            Installer::Apt if it.call.verb == Verb::Update => {
                "E: List directory /var/lib/apt/lists/partial is missing. - Acquire (13: Permission denied)"
            }
            Installer::Apt => "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)",
            Installer::Apk => "ERROR: Unable to lock database: Permission denied",
            _ => "Error: This command has to be run with superuser privileges",
        };
        let instruction = view.entry.parsed.instructions.get(it.instruction)?;
        let written = view.entry.parsed.instructions.iter().find_map(|i| match &i.body {
            Body::User(word) if set.is_some_and(|s| i.span.contains(s)) => Some(word.text.clone()),
            _ => None,
        });
        return Some(NotRoot {
            span: it.call.span,
            severity: it.severity(view),
            user: user.clone(),
            set: *set,
            error,
            instruction: instruction.span,
            written,
        });
    }
    None
}

/// Who may install besides root, by `useradd --uid 0` or a file that gives the right. Looked for once in a Dockerfile.
#[derive(Debug, Default)]
struct Roots(Option<Given>);

#[derive(Debug)]
enum Given {
    /// By a file that we cannot see into.
    Anybody,
    /// The steps that give a user the number 0.
    Steps(Vec<String>, HashMap<String, bool>),
}

impl Roots {
    fn has(&mut self, view: &StageView<'_>, name: &str) -> bool {
        match self.0.get_or_insert_with(|| Given::of(view)) {
            Given::Anybody => true,
            Given::Steps(steps, known) => match known.get(name) {
                Some(known) => *known,
                None => {
                    let given = steps.iter().any(|text| text.contains(name));
                    known.insert(name.to_owned(), given);
                    given
                }
            },
        }
    }
}

impl Given {
    fn of(view: &StageView<'_>) -> Given {
        let file = view.project.file(view.entry.parsed.file);
        let steps = view.entry.parsed.instructions.iter();
        let steps = steps.filter(|i| matches!(i.keyword, Keyword::Run | Keyword::Copy | Keyword::Add));
        let mut giving = Vec::new();
        for text in steps.map(|i| file.slice(i.span)) {
            if ["/etc/passwd", "chmod u+s", "/var/lib/dpkg", "/lib/apk"].iter().any(|sign| text.contains(sign)) {
                return Given::Anybody;
            }
            if ["--uid 0", "--uid=0", "-u 0", "-o "].iter().any(|sign| text.contains(sign)) {
                giving.push(text.to_owned());
            }
        }
        Given::Steps(giving, HashMap::new())
    }
}

/// An install that names nothing.
#[derive(Debug)]
pub struct NoPackages {
    pub span: Span,
    pub severity: Severity,
    pub tool: &'static str,
    /// What became arguments of another command: its name and the words.
    pub swallowed: Option<(String, Span, Vec<String>)>,
    /// The tool refuses to be called so.
    pub refuses: bool,
}

pub fn with_no_packages(view: &StageView<'_>) -> Vec<NoPackages> {
    let mut found = Vec::new();
    for it in calls(view) {
        let call = &it.call;
        let judged = matches!(call.installer, Installer::Apt | Installer::Apk | Installer::Pip);
        if !judged || call.verb != Verb::Install || call.updates_lists && call.installer == Installer::Apt {
            continue;
        }
        let named =
            !(call.packages.is_empty() && call.unresolved.is_empty() && call.files.is_empty() && call.lists.is_empty());
        let effective = it.command.effective();
        let words: Option<Vec<String>> = effective.words.iter().map(|w| w.literal()).collect();
        // A word that is not plain text may be the list; so may the input of xargs.
        let Some(words) = words else { continue };
        if named || effective.wrappers.iter().any(|w| w.0 == "xargs") || !it.command.heredocs.is_empty() {
            continue;
        }
        if words.iter().any(|w| does_without_names(w)) {
            continue;
        }
        let program = words.first().map(String::as_str).unwrap_or("");
        let (tool, refuses) = match call.installer {
            Installer::Apt => ("apt-get install", false),
            Installer::Apk => ("apk add", false),
            _ if program.contains("pip") || program.starts_with("python") => ("pip install", true),
            _ => continue,
        };
        let swallowed = swallowed(&it);
        let max_severity = if refuses || swallowed.is_some() { Severity::Error } else { Severity::Warning };
        let reached = if view.build.reaches(view.stage.index) { Severity::Error } else { Severity::Info };
        found.push(NoPackages { span: call.span, severity: max_severity.min(reached), tool, swallowed, refuses });
    }
    found
}

/// Options with which an install repairs, asks, or takes its list from elsewhere.
fn does_without_names(word: &str) -> bool {
    // `-yf`: short options in one word.
    let bundled = word.strip_prefix('-').filter(|w| w.len() < 5 && w.chars().all(|c| "yfqmd".contains(c)));
    bundled.is_some_and(|w| w.contains(['f', 'm', 'd']))
        || matches!(
            word,
            "-f" | "--fix-broken"
                | "--fix-missing"
                | "-m"
                | "--help"
                | "-h"
                | "--version"
                | "--initdb"
                | "-d"
                | "--download-only"
        )
        || [
            "--group",
            "--requirement",
            "--requirements-from-script",
            "--script",
            "-r",
            "-e",
            "--editable",
            "--dependency-group",
        ]
        .iter()
        .any(|o| word == *o || word.starts_with(&format!("{o}=")))
}

/// The words behind the `rm` or `clean` that stands right behind the call and that are packages by their look.
fn swallowed(it: &Call<'_>) -> Option<(String, Span, Vec<String>)> {
    let next = it.script.commands.get(it.index + 1)?;
    let name = next.effective().name?;
    let args: Vec<(String, Span)> = next
        .words
        .iter()
        .skip(1)
        .filter_map(|w| Some((w.text()?, w.span)))
        .filter(|(t, _)| !t.starts_with('-'))
        .collect();
    let path = |t: &str| t.contains(['/', '*', '$']) || t.contains('.');
    let after = match name.as_str() {
        "rm" => args.iter().position(|(t, _)| path(t)).map_or(0, |p| p + 1),
        "apt-get" | "apt" => 1,
        _ => return None,
    };
    let words: Vec<&(String, Span)> = args.iter().skip(after).filter(|(t, _)| !path(t)).collect();
    let known = |t: &str| match it.state.suite() {
        Some(suite) => suite.find(t).is_some(),
        None => true,
    };
    let (first, last) = (words.first()?, words.last()?);
    if !words.iter().any(|(t, _)| known(t)) {
        return None;
    }
    let unique: BTreeSet<&String> = words.iter().map(|(t, _)| t).collect();
    Some((name, first.1.cover(last.1), unique.into_iter().cloned().collect()))
}
