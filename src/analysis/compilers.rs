//! Steps of a build that look for a C or C++ compiler which their stage does not have, or has only through its base
//! image.

use std::cell::Cell;

use crate::diagnostic::{Edit, Severity};
use crate::dockerfile::Keyword;
use crate::dockerfile::expand::StageBase;
use crate::dockerfile::image_ref::ImageRef;
use crate::image::install::Installer;
use crate::image::install_list;
use crate::image::needs::{self, CompilerNeed, Language};
use crate::image::{Installed, Presence, Reason, State, cuda};
use crate::shell::{Command, Word};
use crate::text::Span;

use super::command_context::{self, CommandContext};
use super::missing::install_fix::lists_before;
use crate::project::StageView;

/// A step without a compiler of its own.
#[derive(Debug)]
pub struct CompilerGap {
    pub need: CompilerNeed,
    /// The word of the command that shows the need.
    pub span: Span,
    pub cause: Cause,
    /// Set if a C compiler is present and only C++ is missing: what installed the C compiler.
    pub c_without_cxx: Option<Reason>,
    /// Packages that have it, and where to write them.
    pub repair: Option<Repair>,
    /// The install list that names the build tool and no compiler.
    pub list: Option<List>,
}

/// Why no compiler is certain to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Surely absent.
    Absent(Reason),
    /// The base image has one, but only as another package's dependency; the image as FROM names it.
    OnlyThroughBase { image: String },
}

/// An installation of the stage in which the compiler could have been named.
#[derive(Clone, Debug)]
pub struct List {
    /// The word that names the build tool.
    pub tool: Span,
    /// `--no-install-recommends` or the like.
    pub no_recommends: bool,
}

#[derive(Clone, Debug)]
pub struct Repair {
    pub packages: Vec<String>,
    pub edit: Edit,
    /// Into a list that is there, not by a RUN of its own.
    pub into_list: bool,
}

/// The gaps of a stage: for each language the first step that meets it, for there the build ends.
pub fn gaps(view: &StageView<'_>) -> Vec<CompilerGap> {
    let mut gaps: Vec<CompilerGap> = Vec::new();
    let budget = Cell::new(command_context::MAX_FILES);
    for index in view.stage.instructions.clone() {
        if view.entry.parsed.instructions.get(index).is_none_or(|i| i.keyword != Keyword::Run) {
            continue;
        }
        let image = &view.build.image;
        let (Some(script), Some(walk)) = (image.script(index), view.build.walk(index)) else { continue };
        for (nth, (command, words)) in view.build.commands(index).enumerate() {
            if !command.context.is_certain() {
                continue;
            }
            let Some(state) = image.at(index, nth) else { continue };
            let skipped = command.words.len() - command.effective().words.len();
            let words = words.get(skipped..).unwrap_or(&[]);
            let (project, build, script_state, budget) = (view.project, view.build, walk.state(nth), &budget);
            let env = CommandContext {
                project,
                build,
                instruction: index,
                state,
                script,
                command: nth,
                script_state,
                budget,
            };
            // One step fails once: with C++ named, C goes without saying.
            let found = needs::compilers(words, &env).into_iter().find_map(|need| {
                let named = gaps.iter().any(|g| g.need.language == need.language || g.span == command.span);
                if named { None } else { gap(view, index, command, skipped, state, need) }
            });
            gaps.extend(found);
        }
    }
    gaps
}

/// Returns whether there is a compiler of a language. Tables of language images do not mention `clang`; where nothing
/// of that name was installed and nothing may have installed it, `cc` and `gcc` decide.
fn compiler(state: &State, language: Language) -> Presence {
    let all = state.any_command(language.commands());
    if !matches!(all, Presence::Unknown(_)) || state.unknown_since().is_some() {
        return all;
    }
    if state.may_bring_clang {
        return all;
    }
    let usual = language.commands().get(..2).unwrap_or_default();
    match state.any_command(usual) {
        absent @ Presence::Absent(_) => absent,
        Presence::Present(_) | Presence::Unknown(_) => all,
    }
}

fn gap(
    view: &StageView<'_>,
    index: usize,
    command: &Command,
    skipped: usize,
    state: &State,
    mut need: CompilerNeed,
) -> Option<CompilerGap> {
    // What was not read at a source carries no error.
    need.certain &= super::missing::model::max_severity(state) == Severity::Error;
    // A version chosen by hand is judged where its C half is there and its C++ half is not.
    let c = match &need.program {
        Some(program) => {
            let version = program.strip_prefix("g++-").filter(|_| need.language == Language::Cxx)?;
            Some(state.command(&format!("gcc-{version}")))
        }
        None => None,
    };
    let cxx = match &need.program {
        Some(program) => state.command(program),
        None => compiler(state, need.language),
    };
    if c.as_ref().is_some_and(|c| !matches!((c, &cxx), (Presence::Present(_), Presence::Absent(_)))) {
        return None;
    }
    let cause = match cxx {
        Presence::Absent(reason) => Cause::Absent(reason),
        // An instruction of the stage is its own evidence; without a place the base image is the evidence.
        Presence::Present(Reason { span: None, .. }) | Presence::Unknown(Reason { span: None, .. }) => {
            only_through_base(view)?
        }
        Presence::Present(_) | Presence::Unknown(_) => return None,
    };
    let removed = matches!(&cause, Cause::Absent(reason) if reason.span.is_some());
    // Called by its own name it is a command as any other.
    if removed && need.command == command_name(command, skipped) {
        return None;
    }
    let c_without_cxx = match (need.language, &cause) {
        (Language::Cxx, Cause::Absent(_)) => match c.unwrap_or_else(|| state.any_command(Language::C.commands())) {
            Presence::Present(reason) => Some(reason),
            _ => None,
        },
        _ => None,
    };
    let span = command.words.get(need.word + skipped).map_or(command.span, |w| w.span);
    Some(CompilerGap {
        span,
        repair: match c_without_cxx {
            // What was taken away would be again.
            _ if removed => None,
            Some(_) => beside_gcc(view, index, state, span, need.program.as_deref()),
            None => repair_of(view, index, state, span, &need),
        },
        c_without_cxx,
        list: list_with_tool(view, state, &need).filter(|_| !removed),
        cause,
        need,
    })
}

fn command_name(command: &Command, skipped: usize) -> String {
    command.words.get(skipped).and_then(Word::literal).unwrap_or_default()
}

/// The image under the stage, if it has its compiler only because `cuda-nvcc` depends on one.
fn only_through_base(view: &StageView<'_>) -> Option<Cause> {
    let root = view.build.root_stage(&view.entry.parsed, view.stage.index)?;
    let StageBase::Image(image) = view.build.base(root) else { return None };
    let reference = ImageRef::parse(&image)?;
    let implicit = cuda::image_tag(&reference).has_implicit_compiler(&reference);
    implicit.then_some(Cause::OnlyThroughBase { image })
}

/// The installs of this stage before or in an instruction, the latest first.
fn own_installs<'s>(view: &StageView<'_>, state: &'s State) -> impl Iterator<Item = &'s Installed> {
    let own = view.stage.instructions.clone();
    state
        .installs()
        .iter()
        .rev()
        .map(|i| &**i)
        .filter(move |i| own.contains(&i.instruction) && i.call.installer.is_system())
}

/// The list of this stage that names the tool which now looks for the compiler.
fn list_with_tool(view: &StageView<'_>, state: &State, need: &CompilerNeed) -> Option<List> {
    let name = need.command.split(' ').next()?.rsplit('/').next()?;
    let package = |p: &str| p == name || name == "configure" && matches!(p, "autoconf" | "make");
    own_installs(view, state).find_map(|installed| {
        let tool = installed.call.packages.iter().find(|p| package(&p.name))?;
        Some(List { tool: tool.span, no_recommends: installed.call.no_recommends == Some(true) })
    })
}

fn repair_of(view: &StageView<'_>, index: usize, state: &State, step: Span, need: &CompilerNeed) -> Option<Repair> {
    let packages = packages(state.manager()?, need)?;
    install(view, index, state, step, packages.into_iter().map(str::to_owned).collect())
}

/// The C++ half of the gcc that the stage installs, in the same list; of the same version where that names one.
fn beside_gcc(view: &StageView<'_>, index: usize, state: &State, step: Span, program: Option<&str>) -> Option<Repair> {
    let cxx = match state.manager()? {
        Installer::Apt | Installer::Apk => "g++",
        Installer::Dnf | Installer::Zypper => "gcc-c++",
        // pacman's gcc has both languages.
        _ => return None,
    };
    let file = view.project.file(view.entry.parsed.file);
    let half = program.and_then(|p| p.strip_prefix("g++"));
    for installed in lists_before(state, view.stage, index, step) {
        let names = installed.call.packages.iter().map(|p| p.name.as_str());
        let Some(gcc) = names.filter(|n| is_gcc(n) && half.is_none_or(|h| n.ends_with(h))).min_by_key(|n| n.len())
        else {
            continue;
        };
        let package = format!("{cxx}{}", gcc.strip_prefix("gcc").unwrap_or_default());
        if let Some(edit) = install_list::add_to_list(&installed.call, file, &[&package]) {
            return Some(Repair { packages: vec![package], edit, into_list: true });
        }
    }
    install(view, index, state, step, vec![format!("{cxx}{}", half.unwrap_or_default())])
}

/// `gcc` or `gcc-12`, and none of the packages whose names go on.
fn is_gcc(package: &str) -> bool {
    let version = package.strip_prefix("gcc").map(|rest| rest.strip_prefix('-').unwrap_or(rest));
    version.is_some_and(|v| v.is_empty() && package == "gcc" || !v.is_empty() && v.chars().all(|c| c.is_ascii_digit()))
}

/// Into the last list that can take them, or else by a RUN of its own before the step.
fn install(view: &StageView<'_>, index: usize, state: &State, step: Span, packages: Vec<String>) -> Option<Repair> {
    let manager = state.manager()?;
    let names: Vec<&str> = packages.iter().map(String::as_str).collect();
    let file = view.project.file(view.entry.parsed.file);
    let into =
        lists_before(state, view.stage, index, step).find_map(|i| install_list::add_to_list(&i.call, file, &names));
    if let Some(edit) = into {
        return Some(Repair { packages, edit, into_list: true });
    }
    let instruction = view.entry.parsed.instructions.get(index)?;
    let text = install_list::new_run(manager, &names, file.newline())?;
    let at = file.span(file.line_range(file.line_of(instruction.span.start)).start..instruction.span.start as usize);
    let edit = Edit { span: at.start_point(), text };
    Some(Repair { packages, edit, into_list: false })
}

/// The packages that have the compiler, by package manager. Names read in the package indexes of Debian and Ubuntu and
/// in Alpine's package recipes; those of dnf and zypper are the distributions' long-path_status ones.
fn packages(manager: Installer, need: &CompilerNeed) -> Option<Vec<&'static str>> {
    let all = need.build_tool || need.language == Language::Cxx;
    Some(match (manager, all) {
        (Installer::Apt, true) => vec!["build-essential"],
        (Installer::Apt, false) => vec!["gcc", "libc6-dev"],
        (Installer::Apk, true) => vec!["build-base"],
        (Installer::Apk, false) => vec!["gcc", "musl-dev"],
        (Installer::Dnf | Installer::Zypper, true) => vec!["gcc", "gcc-c++", "make"],
        (Installer::Dnf | Installer::Zypper, false) => vec!["gcc"],
        (Installer::Pacman, _) => vec!["base-devel"],
        _ => return None,
    })
}
