//! What stages stand on and take from: the bases after expansion, the sources of COPY and of mounts, and what the target
//! needs of it all.

use std::collections::HashMap;

use super::expand::{Evaluation, Variable, VariableKind, VariableNames, VariableOrigin, VariableValue};
use super::image_ref::ImageRef;
use super::{Body, Dockerfile, Instruction, Keyword, Stage, Word};
use crate::text::Span;

/// What the caller of a build gives, a compose service for instance.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuildInputs<'a> {
    /// Build arguments; `None` stands for a value that is given but not known here.
    pub args: &'a [(String, Option<String>)],
    /// The stage to build; the last one if `None`.
    pub target: Option<&'a str>,
    /// VariableNames of additional contexts.
    pub named_contexts: &'a [String],
    /// `os/arch` or `os/arch/variant`, where it is fixed.
    pub platform: Option<&'a str>,
    /// What is known of an image's environment.
    pub base_environment: Option<fn(&str) -> Option<BaseEnvironment>>,
}

/// The variables that an image sets.
#[derive(Clone, Debug, Default)]
pub struct BaseEnvironment {
    pub variables: Vec<(String, VariableValue)>,
    /// These are all.
    pub complete: bool,
}

impl BuildInputs<'_> {
    /// The caller's value of an argument. Of two of a name the last one counts.
    pub fn argument(&self, name: &str) -> Option<VariableValue> {
        let (_, value) = self.args.iter().rev().find(|(given, _)| given == name)?;
        Some(VariableValue::new(value.clone()))
    }

    /// The additional context that stands for an image or stage of this name. Both are compared in their short form.
    pub fn named_context(&self, name: &str) -> Option<&str> {
        if self.named_contexts.is_empty()
            || name.eq_ignore_ascii_case("scratch")
            || name.eq_ignore_ascii_case("context")
        {
            return None;
        }
        let wanted = context_key(name);
        self.named_contexts
            .iter()
            .map(String::as_str)
            .find(|context| *context == name || context_key(context) == wanted)
    }
}

/// `docker.io/library/alpine:latest` and `alpine` are one name of a context.
fn context_key(name: &str) -> String {
    let Some(image) = ImageRef::parse(name) else { return name.to_owned() };
    let mut key = image.familiar();
    if let Some(tag) = image.tag.filter(|tag| *tag != "latest") {
        key.push(':');
        key.push_str(tag);
    }
    if let Some(digest) = image.digest {
        key.push('@');
        key.push_str(digest);
    }
    key
}

/// What a stage stands on, or what is copied or mounted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageBase {
    /// An index of [`Dockerfile::stages`].
    Stage(usize),
    /// An image by its expanded name.
    Image(String),
    /// An additional context of the caller's.
    Context(String),
    Scratch,
    /// Its name holds an unknown value or does not parse.
    Unknown,
}

/// A stage under the inputs.
#[derive(Clone, Debug)]
pub struct StageInfo {
    pub base: StageBase,
    /// FROM's `--platform`, expanded; `None` if there is none or it is unknown.
    pub platform: Option<String>,
    /// An additional context of this stage's own name, which takes its place: its instructions are not run.
    pub replaced_by: Option<String>,
    /// What its COPY and RUN take from other stages, images and contexts.
    pub dependencies: Vec<StageDependency>,
    /// Whether the target needs it. Of an unknown target, all are.
    pub reachable: bool,
    /// Whether all variables of its base image are known (`scratch`, or an image that is known to set no more).
    pub environment_known: bool,
    /// Declarations of this stage by name.
    pub(super) names: VariableNames,
    /// The nearest stage below that declares anything.
    pub(super) ancestor: Option<usize>,
}

/// A `COPY --from=` or a `from=` of a mount.
#[derive(Clone, Debug)]
pub struct StageDependency {
    /// Index of the instruction: one of the stage itself, or an ONBUILD of a stage that it stands on.
    pub instruction: usize,
    pub source: StageBase,
    /// The name as written.
    pub span: Span,
}

/// As many ONBUILD instructions are followed into the stages that stand on theirs: their number can grow as a square. A file
/// of 2000 instructions, and none of more is checked, holds no more; so nothing is ever lost.
const MAX_INHERITED: usize = 1_000_000;

fn onbuild_of(dockerfile: &Dockerfile, stage: &Stage) -> Vec<usize> {
    let is_onbuild = |index: &usize| dockerfile.instructions.get(*index).is_some_and(|i| i.keyword == Keyword::Onbuild);
    stage.instructions.clone().filter(is_onbuild).collect()
}

impl Evaluation {
    /// The arguments that every build has.
    pub(super) fn automatic(&mut self, dockerfile: &Dockerfile, inputs: &BuildInputs<'_>) {
        let mut platform = inputs.platform.unwrap_or("").split('/');
        let (os, arch, variant) = (platform.next().filter(|os| !os.is_empty()), platform.next(), platform.next());
        let known = |text: Option<&str>| VariableValue::new(text.map(str::to_owned));
        for name in super::expand::AUTOMATIC_ARGUMENTS {
            let value = match name {
                _ if inputs.argument(name).is_some() => inputs.argument(name).unwrap_or(VariableValue::Unknown),
                "TARGETPLATFORM" => known(inputs.platform),
                "TARGETOS" => known(os),
                "TARGETARCH" => known(arch),
                "TARGETVARIANT" if variant.is_some() || arch == Some("amd64") => known(Some(variant.unwrap_or(""))),
                "TARGETSTAGE" => {
                    let last = dockerfile.stages.last().and_then(|stage| stage.name.as_ref());
                    let last = last.map_or_else(|| "default".to_owned(), |name| name.text.to_lowercase());
                    VariableValue::new(Some(inputs.target.map_or(last, str::to_owned)))
                }
                _ => VariableValue::Unknown,
            };
            let declaration = Span::at(dockerfile.file, 0);
            let origin = VariableOrigin::Automatic;
            let visible = (0, 0);
            let name = name.to_owned();
            self.declare(
                None,
                Variable { name, value, kind: VariableKind::Arg, origin, declaration, instruction: 0, visible },
            );
        }
    }

    /// What a stage stands on. `earlier` are the stages before it by their names.
    pub(super) fn stage_info(
        &self,
        dockerfile: &Dockerfile,
        stage: &Stage,
        earlier: &HashMap<String, usize>,
        inputs: &BuildInputs<'_>,
    ) -> StageInfo {
        let scope = self.global_scope();
        let name = dockerfile.base(stage).and_then(|word| scope.expand(word).text).filter(|name| !name.is_empty());
        // FROM's name is compared as it is with the names of stages, which the builder keeps in lower case.
        let base = match name {
            None => StageBase::Unknown,
            Some(name) => match earlier.get(&name) {
                Some(index) => StageBase::Stage(*index),
                None if name == "scratch" => StageBase::Scratch,
                None => match inputs.named_context(&name) {
                    Some(context) => StageBase::Context(context.to_owned()),
                    None => StageBase::Image(name),
                },
            },
        };
        let from = dockerfile.instructions.get(stage.from);
        let platform = from.and_then(|from| from.flag("platform")?.value.as_ref()).and_then(|w| scope.expand(w).text);
        let replaced_by =
            stage.name.as_ref().and_then(|word| inputs.named_context(&word.text.to_lowercase())).map(str::to_owned);
        let below = match base {
            StageBase::Stage(index) => self.stages.get(index).map(|info| (index, info)),
            _ => None,
        };
        StageInfo {
            environment_known: replaced_by.is_none()
                && (base == StageBase::Scratch || below.is_some_and(|(_, info)| info.environment_known)),
            ancestor: below.and_then(|(index, info)| if info.names.is_empty() { info.ancestor } else { Some(index) }),
            base,
            platform,
            replaced_by,
            dependencies: Vec::new(),
            reachable: false,
            names: VariableNames::new(),
        }
    }

    /// Declares what the base image brings.
    pub(super) fn image_environment(&mut self, dockerfile: &Dockerfile, index: usize, inputs: &BuildInputs<'_>) {
        let Some(info) = self.stages.get(index) else { return };
        let environment = match &info.base {
            StageBase::Stage(_) => return,
            StageBase::Image(name) => {
                inputs.base_environment.and_then(|known| known(name)).or_else(|| plain_image(name)).unwrap_or_default()
            }
            _ => BaseEnvironment::default(),
        };
        let Some(stage) = dockerfile.stages.get(index) else { return };
        let declaration = dockerfile.base(stage).map_or(Span::at(dockerfile.file, 0), |word| word.span);
        let complete = environment.complete && info.replaced_by.is_none();
        let path = environment.variables.iter().any(|(name, _)| name == "PATH");
        // A stage has a PATH in any case: the builder adds the usual one.
        let path = (!path).then(|| ("PATH".to_owned(), VariableValue::Unknown));
        for (name, value) in environment.variables.into_iter().chain(path) {
            let variable = Variable {
                name,
                value,
                kind: VariableKind::Env,
                origin: VariableOrigin::Image,
                declaration,
                instruction: stage.from,
                visible: (0, 0),
            };
            self.declare(Some(index), variable);
        }
        if let Some(info) = self.stages.get_mut(index) {
            info.environment_known |= complete;
        }
    }

    /// Finds what stages take from each other, and what the target needs.
    pub(super) fn connect(
        &mut self,
        dockerfile: &Dockerfile,
        by_name: &HashMap<String, usize>,
        inputs: &BuildInputs<'_>,
    ) {
        let triggers: Vec<Vec<usize>> = dockerfile.stages.iter().map(|stage| onbuild_of(dockerfile, stage)).collect();
        let mut inherited = 0;
        for stage in &dockerfile.stages {
            let mut dependencies = Vec::new();
            for index in stage.instructions.clone() {
                let Some(instruction) = dockerfile.instructions.get(index) else { continue };
                self.sources(instruction, index, by_name, inputs, &mut dependencies);
            }
            // What a stage below leaves for those who stand on it runs here.
            if let Some(StageBase::Stage(below)) = self.stages.get(stage.index).map(|info| &info.base) {
                for index in triggers.get(*below).into_iter().flatten() {
                    inherited += 1;
                    if let Some(Body::Onbuild(trigger)) = dockerfile.instructions.get(*index).map(|i| &i.body)
                        && inherited < MAX_INHERITED
                    {
                        self.sources(trigger, *index, by_name, inputs, &mut dependencies);
                    }
                }
            }
            if let Some(info) = self.stages.get_mut(stage.index) {
                info.dependencies = dependencies;
            }
        }
        self.target = match inputs.target {
            None => dockerfile.stages.len().checked_sub(1),
            Some(name) => by_name.get(&name.to_lowercase()).copied(),
        };
        let mut open: Vec<usize> = match self.target {
            Some(target) => vec![target],
            None => (0..self.stages.len()).collect(),
        };
        while let Some(index) = open.pop() {
            let Some(info) = self.stages.get_mut(index) else { continue };
            if std::mem::replace(&mut info.reachable, true) || info.replaced_by.is_some() {
                continue;
            }
            let taken = info.dependencies.iter().map(|dependency| &dependency.source);
            open.extend(taken.chain([&info.base]).filter_map(|source| match source {
                StageBase::Stage(index) => Some(*index),
                _ => None,
            }));
        }
    }

    fn sources(
        &self,
        instruction: &Instruction,
        index: usize,
        by_name: &HashMap<String, usize>,
        inputs: &BuildInputs<'_>,
        out: &mut Vec<StageDependency>,
    ) {
        let mut push = |word: &Word, by_index: bool| {
            // Neither form replaces variables.
            let source = if word.text.contains(['$', '"', '\'', self.escape]) {
                StageBase::Unknown
            } else {
                self.source(&word.text, by_index, by_name, inputs)
            };
            out.push(StageDependency { instruction: index, source, span: word.span });
        };
        match instruction.keyword {
            Keyword::Copy => {
                if let Some(word) = instruction.flag("from").and_then(|flag| flag.value.as_ref())
                    && !word.text.is_empty()
                {
                    push(word, true);
                }
            }
            Keyword::Run => {
                for flag in instruction.flags.iter().filter(|flag| flag.name == "mount") {
                    if let Some(word) = flag.field(&["from"])
                        && !word.text.is_empty()
                    {
                        push(word, false);
                    }
                }
            }
            _ => {}
        }
    }

    fn source(
        &self,
        name: &str,
        by_index: bool,
        by_name: &HashMap<String, usize>,
        inputs: &BuildInputs<'_>,
    ) -> StageBase {
        // A number is a stage's index for COPY, and nothing else; a mount knows names only.
        if by_index && let Ok(index) = name.parse::<usize>() {
            return if index < self.stages.len() { StageBase::Stage(index) } else { StageBase::Unknown };
        }
        if let Some(index) = by_name.get(&name.to_lowercase()) {
            return StageBase::Stage(*index);
        }
        if name == "scratch" {
            return StageBase::Scratch;
        }
        match inputs.named_context(name) {
            Some(context) => StageBase::Context(context.to_owned()),
            None => StageBase::Image(name.to_owned()),
        }
    }
}

/// Images that set PATH and nothing else: docker-library's images whose Dockerfiles hold no ENV, so that PATH is the one
/// that the builder adds.
fn plain_image(name: &str) -> Option<BaseEnvironment> {
    let image = ImageRef::parse(name)?;
    let plain = matches!(image.familiar().as_str(), "alpine" | "busybox" | "debian" | "ubuntu" | "buildpack-deps");
    plain.then(|| {
        let path = VariableValue::Known("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned());
        BaseEnvironment { variables: vec![("PATH".to_owned(), path)], complete: true }
    })
}
