//! The CUDA chain of a build: its bases after expansion, its commands with their variables, in the order of the
//! Dockerfile.

use std::path::PathBuf;

use crate::dockerfile::expand;
use crate::dockerfile::image_ref::ImageRef;
use crate::dockerfile::{Body, Dockerfile, Keyword, Stage, Word};
use crate::files::Files;
use crate::image::cuda::chain::{Chain, ChainBase, ChainStep, Link, StepInput, VARIABLES};
use crate::image::cuda::hints::is_hinted;
use crate::image::cuda::wheels;
use crate::image::cuda::{ImageCuda, image_tag};
use crate::shell::{self, Command, Part, Value, Variables};
use crate::text::Span;

use crate::project::build::Build;
use crate::project::{Project, ServiceId, ServiceView, StageView};

/// The services that ask for a GPU.
struct ServicesWithGpu(Vec<ServiceId>);

impl Project {
    /// Returns what a build says about CUDA; nothing for a build that does not exist.
    pub fn cuda_chain(&self, build_index: usize) -> &Chain {
        static NONE: Chain = Chain::none();
        let Some(build) = self.builds.get(build_index) else { return &NONE };
        build.memo.get(|| {
            let Some(entry) = self.dockerfiles.get(build.dockerfile) else { return Chain::none() };
            chain(build, &entry.parsed, self.file(entry.parsed.file).text(), &self.files)
        })
    }

    /// Every service that asks for a GPU.
    pub fn services_with_gpu(&self) -> impl Iterator<Item = ServiceView<'_>> {
        let all = || self.services().filter(|s| s.gpu_access() != GpuAccess::None).map(|s| s.id).collect();
        self.memo.get(|| ServicesWithGpu(all())).0.iter().filter_map(|id| self.service(*id))
    }
}

impl<'a> StageView<'a> {
    /// Returns the CUDA versions that the bases and steps of this build state.
    pub fn cuda_chain(&self) -> &'a Chain {
        self.project.cuda_chain(self.build_index)
    }
}

/// Reads a build. Empty if nothing mentions CUDA.
fn chain(build: &Build, parsed: &Dockerfile, text: &str, files: &Files) -> Chain {
    let bases: Vec<expand::StageBase> = parsed.stages.iter().map(|s| build.base(s.index)).collect();
    let by_base = bases.iter().any(|base| matches!(base, expand::StageBase::Image(name) if is_hinted(name)));
    if !by_base && !is_hinted(text) {
        return Chain::none();
    }
    let links = parsed.stages.iter().zip(bases).map(|(stage, base)| {
        let info = build.evaluation.stages().get(stage.index);
        Link {
            base: match base {
                expand::StageBase::Stage(index) => ChainBase::Stage(index),
                expand::StageBase::Image(name) => Chain::base(&name),
                expand::StageBase::Scratch => Chain::base("scratch"),
                expand::StageBase::Context(_) | expand::StageBase::Unknown => ChainBase::Unknown,
            },
            base_span: parsed.base(stage).map_or(Span::at(parsed.file, 0), |word| word.span),
            platform: info.and_then(|i| i.platform.clone()).or_else(|| build.inputs.platform.clone()),
            steps: steps(build, parsed, stage, files),
        }
    });
    Chain::new(links.collect())
}

fn steps(build: &Build, parsed: &Dockerfile, stage: &Stage, files: &Files) -> Vec<ChainStep> {
    let mut steps = Vec::new();
    for index in stage.instructions.clone() {
        let Some(instruction) = parsed.instructions.get(index) else { continue };
        match &instruction.body {
            Body::Command(_) if instruction.keyword == Keyword::Run => {
                let Some(script) = build.script(index) else { continue };
                let outer = |name: &str| build.variable(index, name);
                let declared = |name: &str| build.evaluation.scope(index).get(name).is_some();
                let mut variables = Variables::new(script, &outer);
                for command in &script.commands {
                    let mut step = step(index, command, &variables, &declared);
                    if let Some(step) = &mut step {
                        read_lists(step, |name| list_file(build, parsed, index, name, files));
                    }
                    steps.extend(step);
                    variables.apply(command);
                }
                if script.opaque || !script.faults.is_empty() {
                    steps.push(ChainStep::opaque(index, instruction.span));
                }
            }
            Body::Env(pairs) | Body::Arg(pairs) => {
                for pair in pairs {
                    let value = pair.value.as_ref().and_then(|_| match build.variable(index + 1, &pair.name.text) {
                        Value::Known(value) => Some(value),
                        Value::Unset | Value::Unknown => None,
                    });
                    if let Some(value) = value {
                        let lasting = instruction.keyword == Keyword::Env;
                        steps.extend(ChainStep::variable(index, pair.span, &pair.name.text, &value, lasting));
                    }
                }
            }
            Body::Copy { sources, .. } => {
                if instruction.flag("from").is_none() {
                    let takes = |source: &Word| source.text.contains("cuda") || source.text.ends_with(".sh");
                    if instruction.keyword == Keyword::Add && sources.iter().any(takes) {
                        steps.push(ChainStep::opaque(index, instruction.span));
                    }
                    continue;
                }
                let info = build.evaluation.stages().get(stage.index);
                let source = info.and_then(|i| i.dependencies.iter().find(|d| d.instruction == index));
                let (from, image) = match source.map(|d| &d.source) {
                    Some(expand::StageBase::Stage(stage)) => (Some(*stage), None),
                    Some(expand::StageBase::Image(name)) => (None, Some(name.as_str())),
                    _ => (None, None),
                };
                let takes_cuda = sources.iter().any(|source| {
                    let path = source.text.trim_end_matches('/');
                    path.contains("cuda") || path.contains('$') || WHOLE_TREES.contains(&path)
                });
                steps.push(ChainStep::copy(index, instruction.span, from, image, takes_cuda));
            }
            _ => {}
        }
    }
    steps
}

/// Reads the files of `pip install -r`: what they list is installed by the same command, with the same indexes.
fn read_lists(step: &mut ChainStep, read: impl Fn(&str) -> Option<String>) {
    let start = wheels::skip_prefix(&step.words);
    let Some(command) = wheels::requirements(&step.words, start, &step.env) else { return };
    for (name, word) in command.files.iter().take(8) {
        let Some(text) = read(name) else { continue };
        let mut words: Vec<String> = step.words.iter().filter(|w| *w != name && *w != "-r").cloned().collect();
        let own = words.len();
        for line in text.lines() {
            let line = line.split(" #").next().unwrap_or("").trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            // A requirement may hold blanks (`torch == 2.7.0 ; python_version…`), an option is two words.
            if line.starts_with('-') {
                words.extend(line.split_whitespace().map(str::to_owned));
            } else {
                words.push(line.split(';').next().unwrap_or(line).split_whitespace().collect());
            }
        }
        for mut statement in wheels::read(&words, &step.env) {
            if statement.word < own && step.statements.iter().any(|s| s.package == statement.package) {
                continue;
            }
            // The package is in the file and the index may be in the command, so both are shown at the word that
            // names the file.
            statement.word = *word;
            statement.note = format!("{} (in {name})", statement.note);
            step.statements.retain(|s| s.package != statement.package);
            step.statements.push(statement);
        }
    }
}

/// The text of a file that an earlier COPY or a mount puts into the image, by its name there.
fn list_file(build: &Build, parsed: &Dockerfile, run: usize, name: &str, files: &Files) -> Option<String> {
    let context = build.context()?;
    let last = name.rsplit('/').next().filter(|n| !n.is_empty() && !n.contains('$'))?;
    let relative = name.trim_start_matches("./").trim_start_matches('/');
    let mut candidates: Vec<PathBuf> = Vec::new();
    let mut take = |source: &str| {
        let source = source.trim_start_matches("./").trim_end_matches('/');
        if source.rsplit('/').next() == Some(last) {
            candidates.push(context.join(source));
        } else if !source.contains('*') {
            let folder = context.join(source.trim_start_matches('/'));
            candidates.push(folder.join(relative));
            candidates.push(folder.join(last));
        }
    };
    for (index, instruction) in parsed.instructions.iter().enumerate().take(run + 1) {
        match &instruction.body {
            Body::Copy { sources, .. } if instruction.flag("from").is_none() => {
                sources.iter().filter_map(|s| build.word(index, s)).for_each(|source| take(&source));
            }
            Body::Command(_) if index == run => {
                for flag in instruction.flags.iter().filter(|f| f.name == "mount") {
                    if flag.field(&["from"]).is_none() {
                        flag.field(&["source", "src"]).and_then(|w| build.word(index, w)).iter().for_each(|s| take(s));
                    }
                }
            }
            _ => {}
        }
    }
    let path = candidates.into_iter().find(|path| files.is_file(path))?;
    let bytes = files.read(&path).ok().filter(|b| b.len() <= MAX_LIST)?;
    String::from_utf8(bytes).ok()
}

/// Requirement files are short; a longer one is something else.
const MAX_LIST: usize = 256 * 1024;

/// Folders that hold the toolkit among other things.
const WHOLE_TREES: &[&str] =
    &["", "/usr", "/usr/local", "/opt", "/usr/bin", "/usr/local/bin", "/usr/lib", "/usr/local/lib"];

fn step(
    index: usize,
    command: &Command,
    variables: &Variables<'_>,
    declared: &dyn Fn(&str) -> bool,
) -> Option<ChainStep> {
    if command.words.is_empty() {
        return None;
    }
    let (mut words, mut places) = (Vec::new(), Vec::new());
    for word in &command.words {
        for text in texts(command, word, variables) {
            words.push(text);
            places.push(word.span);
        }
    }
    let mut env: Vec<(String, String)> = Vec::new();
    for name in VARIABLES {
        match variables.get(name) {
            Value::Known(value) => env.push(((*name).to_owned(), value)),
            // Declared, with a value that we do not know.
            Value::Unknown if declared(name) => env.push(((*name).to_owned(), "$".to_owned())),
            Value::Unknown | Value::Unset => {}
        }
    }
    for assignment in &command.assignments {
        env.retain(|(name, _)| *name != assignment.name);
        let value = assignment.value.as_ref().map_or(Some(String::new()), |word| variables.resolve(command, word));
        if let Some(value) = value {
            env.push((assignment.name.clone(), value));
        }
    }
    let context = command.context.clone();
    Some(ChainStep::command(StepInput { instruction: index, span: command.span, words, places, env, context }))
}

/// The words that a word becomes; a part that is not known becomes `$`.
fn texts(command: &Command, word: &shell::Word, variables: &Variables<'_>) -> Vec<String> {
    if let Some(fields) = variables.all_fields(command, word) {
        return fields;
    }
    let mut text = String::new();
    for part in &word.parts {
        let single = shell::Word { span: word.span, parts: vec![part.clone()] };
        match (part, variables.resolve(command, &single)) {
            (Part::Literal { text: literal, .. }, _) => text.push_str(literal),
            (_, Some(known)) => text.push_str(&known),
            (_, None) => text.push('$'),
        }
    }
    vec![text]
}

/// What a service runs, as far as CUDA goes.
#[derive(Clone, Debug)]
pub struct ServiceCuda {
    /// The image at the bottom: that of `image:`, or of the FROM at the bottom of its build.
    pub reference: String,
    pub cuda: ImageCuda,
    /// `image:` in the compose file, or the image of FROM.
    pub span: Span,
    /// Built from a Dockerfile of the project.
    pub built: bool,
}

/// Which GPUs a service asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GpuAccess {
    Nvidia(Span),
    /// `/dev/kfd`.
    Amd(Span),
    /// `/dev/dri` alone: Intel's, or AMD's for graphics.
    Render(Span),
    None,
    /// Something that may give access.
    Unknown,
}

impl ServiceView<'_> {
    /// The CUDA of what the service runs; `None` where that is not known to be any image.
    pub fn cuda(&self) -> Option<ServiceCuda> {
        if self.service.build.is_some() {
            let build = self.build()?;
            let index = self.project.builds.iter().position(|b| std::ptr::eq(b, build))?;
            let chain = self.project.cuda_chain(index);
            let (reference, cuda, span) = chain.root(build.target_stage()?)?;
            return Some(ServiceCuda { reference: reference.to_owned(), cuda: cuda.clone(), span, built: true });
        }
        let image = self.service.image.as_ref()?;
        let reference = image.known()?;
        let cuda = image_tag(&ImageRef::parse(reference)?);
        Some(ServiceCuda { reference: reference.to_owned(), cuda, span: image.span, built: false })
    }

    /// Which GPUs it asks for, by any of the ways that Compose has.
    pub fn gpu_access(&self) -> GpuAccess {
        let service = self.service;
        if let Some(request) = service.gpus.first() {
            return match request.driver.as_ref().map(|d| d.known()) {
                None | Some(Some("nvidia" | "cdi")) => GpuAccess::Nvidia(request.span),
                Some(Some("amd" | "amdgpu")) => GpuAccess::Amd(request.span),
                Some(_) => GpuAccess::Unknown,
            };
        }
        if let Some(runtime) = &service.runtime {
            return match runtime.known() {
                Some(name) if name.contains("nvidia") => GpuAccess::Nvidia(runtime.span),
                _ => GpuAccess::Unknown,
            };
        }
        let known: Vec<(&str, Span)> = service.devices.iter().filter_map(|d| Some((d.known()?, d.span))).collect();
        let find = |part: &str| known.iter().find(|(text, _)| text.contains(part)).map(|(_, span)| *span);
        if let Some(span) = find("nvidia") {
            return GpuAccess::Nvidia(span);
        }
        if let Some(span) = find("/dev/kfd").or_else(|| find("amd.com/gpu")) {
            return GpuAccess::Amd(span);
        }
        if let Some(span) = find("/dev/dri") {
            return GpuAccess::Render(span);
        }
        let reserved = service.value.at(&["deploy", "resources", "reservations", "devices"]);
        let unknown = known.len() < service.devices.len()
            || reserved.is_some()
            || service.value.get("privileged").is_some()
            || service.value.get("device_cgroup_rules").is_some();
        if unknown { GpuAccess::Unknown } else { GpuAccess::None }
    }

    /// The value of an environment variable in the compose file, with its place.
    pub fn environment(&self, name: &str) -> Option<(&str, Span)> {
        let variable = self.service.environment.iter().find(|v| v.name == name)?;
        let text = variable.value.as_ref()?;
        Some((text.known()?, text.span))
    }
}

impl Project {
    /// The place of a text inside a span, if it is there exactly once: what a fix may replace.
    pub fn part_of(&self, span: Span, text: &str) -> Option<Span> {
        let slice = self.sources.slice(span);
        let mut places = slice.match_indices(text);
        let (at, _) = places.next()?;
        if text.is_empty() || places.next().is_some() {
            return None;
        }
        let start = span.start as usize + at;
        Some(Span::new(span.file, start..start + text.len()))
    }
}
