//! What stages stand on and take from: the bases after expansion, the sources of COPY and of mounts, and what the target
//! needs of it all.

use std::collections::HashMap;

use super::expand::{
    BuildInputs, Evaluation, StageBase, StageDependency, StageInfo, Variable, VariableKind, VariableNames,
    VariableOrigin, VariableValue,
};
use super::image_ref::ImageRef;
use super::platform::Platform;
use super::{Body, Dockerfile, Instruction, Keyword, Stage, Word};
use crate::text::Span;

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
        let flag = from.and_then(|from| from.flag("platform"));
        let platform = flag.and_then(|flag| flag.value.as_ref()).and_then(|w| scope.expand(w).text);
        let asked = if flag.is_some() { platform.as_deref() } else { inputs.platform };
        let processor = asked.and_then(Platform::parse).and_then(|platform| platform.arch);
        let other_architecture = processor.is_some_and(|name| name != "amd64");
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
            other_architecture,
            replaced_by,
            dependencies: Vec::new(),
            reachable: false,
            names: VariableNames::new(),
        }
    }

    /// Declares the variables of the base image. Every stage has a PATH: the builder adds the usual one if the image has none.
    pub(super) fn image_environment(&mut self, dockerfile: &Dockerfile, index: usize) {
        let Some(info) = self.stages.get_mut(index) else { return };
        let value = match &info.base {
            StageBase::Stage(_) => return,
            StageBase::Image(name) if is_plain_image(name) => {
                info.environment_known |= info.replaced_by.is_none();
                VariableValue::Known(USUAL_PATH.to_owned())
            }
            _ => VariableValue::Unknown,
        };
        let Some(stage) = dockerfile.stages.get(index) else { return };
        let path = Variable {
            name: "PATH".to_owned(),
            value,
            kind: VariableKind::Env,
            origin: VariableOrigin::Image,
            declaration: dockerfile.base(stage).map_or(Span::at(dockerfile.file, 0), |word| word.span),
            instruction: stage.from,
            visible: (0, 0),
        };
        self.declare(Some(index), path);
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

/// The PATH that the builder adds.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// True for images that set no variable but PATH, which is the builder's: the docker-library images whose Dockerfiles have no
/// ENV.
fn is_plain_image(name: &str) -> bool {
    ImageRef::parse(name).is_some_and(|image| {
        matches!(image.familiar().as_str(), "alpine" | "busybox" | "debian" | "ubuntu" | "buildpack-deps")
    })
}
