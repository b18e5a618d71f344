//! From service to Dockerfile to stage: who builds what, with which inputs, and what follows from them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::compose::{self, BuildContextRef, ComposeProject};
use crate::diagnostic::CoverageNote;
use crate::dockerfile::expand::Evaluation;
use crate::dockerfile::expand::{BuildInputs, StageBase};
use crate::dockerfile::ignore_file::IgnoreFile;
use crate::dockerfile::{Body, CommandForm, Dockerfile, Keyword, Stage, Word};
use crate::files::Files;
use crate::image::{ContextFiles, ImageModel};
use crate::shell::{Script, Value};
use crate::text::{FileId, SourceFile, Sources, Span};

use super::build_context::BuildContext;
use super::catch_panic::guarded;
use super::entry::{DockerfileEntry, ServiceId};
use super::ignore_files;
use super::memo::Memo;
use crate::text::posix_path::join;

/// One way of building one Dockerfile.
#[derive(Debug)]
pub struct Build {
    /// Index in [`super::Project::dockerfiles`].
    pub dockerfile: usize,
    /// The services that build it so; empty if no service builds it and its own defaults are judged.
    pub users: Vec<ServiceId>,
    pub inputs: BuildRequest,
    pub evaluation: Evaluation,
    /// What is in the image before and after every instruction and command.
    pub image: ImageModel,
    /// Its `.dockerignore`: a place in [`super::Project::ignores`].
    pub ignore: Option<usize>,
    /// What analyses have answered about this build.
    pub memo: Memo,
    /// The working directory before each instruction.
    working_dirs: Vec<Option<String>>,
}

/// What a service gives to a build, as far as it decides the outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct BuildRequest {
    /// The folder that COPY reads from; `None` if it cannot be read.
    pub context: Option<PathBuf>,
    /// `None` for a value that we do not know.
    pub args: Vec<(String, Option<String>)>,
    pub target: Option<String>,
    /// The target is named by something that we do not know.
    pub target_unknown: bool,
    /// Additional contexts by name.
    pub contexts: Vec<(String, Option<String>)>,
    pub platform: Option<String>,
}

/// A Dockerfile by its index, what it is built with, and by whom.
type Wanted = (usize, BuildRequest, Vec<ServiceId>);

/// What a limit kept from being followed, each at its place.
type Skipped = Vec<(Span, String)>;

/// What [`link_builds`] comes to.
#[derive(Debug, Default)]
pub(crate) struct Linked {
    pub(crate) builds: Vec<Build>,
    /// The ignore files that these builds read.
    pub(crate) ignores: Vec<IgnoreFile>,
    pub(crate) coverage: Vec<CoverageNote>,
    /// Builds that were lost by an internal error.
    pub(crate) bugs: Vec<String>,
}

/// Every way in which the Dockerfiles are built.
pub(crate) fn link_builds(
    compose: &[ComposeProject],
    dockerfiles: &[DockerfileEntry],
    files: &Files,
    sources: &mut Sources,
) -> Linked {
    let mut wanted: Vec<Wanted> = Vec::new();
    let by_path: HashMap<&Path, usize> =
        dockerfiles.iter().enumerate().filter(|(_, d)| d.on_disk).map(|(i, d)| (d.path.as_path(), i)).collect();
    let by_file: HashMap<FileId, usize> = dockerfiles.iter().enumerate().map(|(i, d)| (d.parsed.file, i)).collect();
    // By Dockerfile and inputs, a place in `wanted`.
    let mut known: HashMap<usize, HashMap<BuildRequest, usize>> = HashMap::new();
    for (c, project) in compose.iter().enumerate() {
        for (s, service) in project.services.iter().enumerate() {
            let Some(build) = &service.build else { continue };
            let found = match build.inline {
                Some(file) => by_file.get(&file),
                None => build.dockerfile_path.as_ref().and_then(|path| by_path.get(path.as_path())),
            };
            let Some(dockerfile) = found.copied() else { continue };
            let inputs = BuildRequest::of(service, build, files);
            let id = ServiceId { compose: c, service: s };
            let same = known.entry(dockerfile).or_default();
            match same.get(&inputs).and_then(|place| wanted.get_mut(*place)) {
                Some((_, _, users)) => users.push(id),
                None => {
                    same.insert(inputs.clone(), wanted.len());
                    wanted.push((dockerfile, inputs, vec![id]));
                }
            }
        }
    }
    for (index, entry) in dockerfiles.iter().enumerate() {
        if !known.contains_key(&index) {
            let context = entry.path.parent().map(|p| p.to_owned());
            wanted.push((index, BuildRequest { context, ..BuildRequest::default() }, Vec::new()));
        }
    }
    wanted.sort_by_key(|(d, _, users)| (*d, users.first().copied()));
    let mut coverage = bound(&mut wanted, dockerfiles, sources);
    let pairs = wanted.iter().filter_map(|(d, inputs, _)| Some((dockerfiles.get(*d)?, inputs.context.as_deref())));
    let (ignores, of_build) = ignore_files::load(pairs, files, sources, &mut coverage);
    let sources = &*sources;
    let builds = wanted.into_par_iter().zip(of_build).filter_map(|((index, inputs, users), ignore)| {
        let entry = dockerfiles.get(index)?;
        let name = sources.file(entry.parsed.file).name();
        let context = inputs.context.clone();
        let ignored = ignore.and_then(|i| ignores.get(i));
        let context = context.as_deref().map(|root| BuildContext::new(files, root, ignored));
        let source = sources.file(entry.parsed.file);
        let build = || {
            let build = Build::new(index, inputs, users, &entry.parsed, source, context.as_ref());
            (build, context.map(BuildContext::into_skipped).unwrap_or_default())
        };
        let built = guarded("following the build of", name, build);
        Some(built.map(|(build, skipped)| (Build { ignore, ..build }, skipped)))
    });
    let built: Vec<Result<(Build, Skipped), String>> = builds.collect();
    let mut linked = Linked { ignores, coverage, ..Linked::default() };
    for build in built {
        match build {
            Ok((build, skipped)) => {
                linked.coverage.extend(unread_scripts(&build, dockerfiles, skipped, sources));
                linked.builds.push(build);
            }
            Err(bug) => linked.bugs.push(bug),
        }
    }
    linked
}

/// Notes for scripts that go over a limit, and for what else a limit kept from being followed.
fn unread_scripts(
    build: &Build,
    dockerfiles: &[DockerfileEntry],
    mut skipped: Skipped,
    sources: &Sources,
) -> Vec<CoverageNote> {
    let count = dockerfiles.get(build.dockerfile).map_or(0, |entry| entry.parsed.instructions.len());
    let faults = (0..count).filter_map(|index| build.script(index)).flat_map(|script| &script.faults);
    let over = faults.filter(|fault| fault.limit);
    skipped.extend(over.map(|fault| (fault.span, format!("{}: not all of this script was read", fault.message))));
    let note = |(span, what): (Span, String)| {
        let span = sources.resolve(span);
        let file = sources.file(span.file);
        CoverageNote { path: file.name().to_owned(), line: file.line_of(span.start), what }
    };
    skipped.into_iter().map(note).collect()
}

/// What all builds of one Dockerfile together may cost; one costs the square of its instructions, because what is known
/// after one may hold all that came before it. Five thousand services may build a Dockerfile of eighty instructions,
/// each with other arguments.
const MAX_COST: usize = 32_000_000;

/// Removes what goes over the limits, Dockerfile by Dockerfile, and returns a note for each.
fn bound(wanted: &mut Vec<Wanted>, dockerfiles: &[DockerfileEntry], sources: &Sources) -> Vec<CoverageNote> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    let text = |d: usize| dockerfiles.get(d).map(|entry| sources.file(entry.parsed.file));
    let length = |d: usize| dockerfiles.get(d).map_or(1, |entry| entry.parsed.instructions.len().max(1));
    let limit = |d: usize| (MAX_COST / length(d).pow(2)).max(1);
    wanted.retain(|(d, ..)| {
        let count = counts.entry(*d).or_default();
        *count += 1;
        *count <= limit(*d)
    });
    let over = counts.into_iter().filter(|(d, count)| *count > limit(*d));
    let note = |(d, count): (usize, usize)| {
        let what = format!("is built in {count} ways, of which {} were looked at", limit(d));
        Some(CoverageNote { path: text(d)?.name().to_owned(), line: 0, what })
    };
    over.filter_map(note).collect()
}

impl BuildRequest {
    fn of(service: &compose::Service, build: &compose::ComposeBuild, files: &Files) -> Self {
        let context = match &build.context {
            BuildContextRef::Local(path) => Some(files.absolute(path)),
            _ => None,
        };
        // A bare argument that the environment does not set is dropped, as if it were not there.
        let given = build.args.iter().filter(|a| !(a.bare && a.value.is_none()));
        BuildRequest {
            context,
            args: given.map(|a| (a.name.clone(), a.value.as_ref().and_then(|v| v.value.clone()))).collect(),
            target: build.target.as_ref().and_then(|t| t.value.clone()).filter(|t| !t.is_empty()),
            target_unknown: build.target.as_ref().is_some_and(|t| t.value.is_none()),
            contexts: build.additional_contexts.iter().map(|(n, t)| (n.clone(), t.value.clone())).collect(),
            platform: service.platform.as_ref().and_then(|p| p.value.clone()),
        }
    }
}

impl Build {
    fn new(
        dockerfile: usize,
        inputs: BuildRequest,
        users: Vec<ServiceId>,
        parsed: &Dockerfile,
        source: &SourceFile,
        context: Option<&BuildContext<'_>>,
    ) -> Self {
        let named_contexts: Vec<String> = inputs.contexts.iter().map(|(n, _)| n.clone()).collect();
        let evaluation = Evaluation::new(
            parsed,
            &BuildInputs {
                args: &inputs.args,
                target: inputs.target.as_deref(),
                named_contexts: &named_contexts,
                platform: inputs.platform.as_deref(),
            },
        );
        let image = ImageModel::build(parsed, &evaluation, source, context.map(|c| c as &dyn ContextFiles));
        let mut build = Build {
            dockerfile,
            users,
            inputs,
            evaluation,
            image,
            ignore: None,
            memo: Memo::default(),
            working_dirs: Vec::new(),
        };
        build.working_dirs = build.working_dirs(parsed);
        build
    }

    /// The folder that COPY reads from; `None` if it cannot be read.
    pub fn context(&self) -> Option<&Path> {
        self.inputs.context.as_deref()
    }

    /// How many instructions the Dockerfile has.
    pub fn instruction_count(&self) -> usize {
        self.working_dirs.len()
    }

    fn working_dirs(&self, parsed: &Dockerfile) -> Vec<Option<String>> {
        let mut dirs: Vec<Option<String>> = Vec::with_capacity(parsed.instructions.len());
        let mut now: Option<String> = None;
        let mut ends: Vec<Option<String>> = Vec::new();
        for (index, instruction) in parsed.instructions.iter().enumerate() {
            dirs.push(now.clone());
            match &instruction.body {
                Body::From { .. } => {
                    let stage = self.evaluation.stage_of(index).unwrap_or_default();
                    if stage > 0 {
                        ends.push(now.take());
                    }
                    now = match self.base(stage) {
                        StageBase::Stage(parent) => ends.get(parent).cloned().flatten(),
                        // An image's own folder is not known; `/` is the default, and what most have.
                        _ => Some("/".to_owned()),
                    };
                }
                Body::Workdir(word) => now = self.word(index, word).and_then(|to| Some(join(now.as_deref()?, &to))),
                _ => {}
            }
        }
        dirs
    }

    /// Returns the value of a variable when the script of an instruction begins; see [`ImageModel::variable`].
    pub fn variable(&self, index: usize, name: &str) -> Value {
        self.image.variable(&self.evaluation, index, name)
    }

    /// A word of an instruction, expanded; `None` if that is unknown.
    pub fn word(&self, index: usize, word: &Word) -> Option<String> {
        self.evaluation.scope(index).expand(word).text
    }

    /// The script of an instruction, if it has one.
    pub fn script(&self, index: usize) -> Option<&Script> {
        self.image.script(index)
    }

    /// The working directory before an instruction; `None` if it is unknown. An image's own is taken for `/`.
    pub fn working_dir(&self, index: usize) -> Option<&str> {
        self.working_dirs.get(index)?.as_deref()
    }

    /// What a stage is based on.
    pub fn base(&self, stage: usize) -> StageBase {
        self.evaluation.stages().get(stage).map_or(StageBase::Unknown, |s| s.base.clone())
    }

    /// True if the target needs a stage.
    pub fn reaches(&self, stage: usize) -> bool {
        self.inputs.target_unknown || self.evaluation.stages().get(stage).is_some_and(|s| s.reachable)
    }

    /// The stage that the build ends with; `None` if the Dockerfile has none of that name, or the name is unknown.
    pub fn target_stage(&self) -> Option<usize> {
        if self.inputs.target_unknown { None } else { self.evaluation.target() }
    }

    /// The image at the root of the target's chain, at the FROM that names it.
    pub fn base_image(&self, parsed: &Dockerfile) -> Option<(String, Span)> {
        let stage = self.root_stage(parsed, self.target_stage()?)?;
        match self.base(stage) {
            StageBase::Image(image) => Some((image, parsed.base(parsed.stages.get(stage)?)?.span)),
            _ => None,
        }
    }

    /// The stage at the bottom of a stage's chain: the one that is based on no other stage.
    pub fn root_stage(&self, parsed: &Dockerfile, mut stage: usize) -> Option<usize> {
        // A chain is no longer than the file has stages.
        for _ in &parsed.stages {
            match self.base(stage) {
                StageBase::Stage(parent) => stage = parent,
                _ => return Some(stage),
            }
        }
        None
    }

    /// The ENTRYPOINT that a stage ends with, with the index of its instruction.
    pub fn entrypoint<'p>(&self, parsed: &'p Dockerfile, stage: &Stage) -> Option<(usize, &'p CommandForm)> {
        self.last(parsed, stage.index, Keyword::Entrypoint)
    }

    /// What a stage starts: its ENTRYPOINT, or else its CMD.
    pub fn start_command<'p>(&self, parsed: &'p Dockerfile, stage: &Stage) -> Option<(usize, &'p CommandForm)> {
        self.entrypoint(parsed, stage).or_else(|| self.last(parsed, stage.index, Keyword::Cmd))
    }

    /// The last instruction of a kind in a stage or in those that it is based on.
    fn last<'p>(&self, parsed: &'p Dockerfile, mut stage: usize, keyword: Keyword) -> Option<(usize, &'p CommandForm)> {
        for _ in &parsed.stages {
            for index in parsed.stages.get(stage)?.instructions.clone().rev() {
                let instruction = parsed.instructions.get(index)?;
                if let (Body::Command(form), true) = (&instruction.body, instruction.keyword == keyword) {
                    return Some((index, form));
                }
            }
            let StageBase::Stage(parent) = self.base(stage) else { return None };
            stage = parent;
        }
        None
    }
}
