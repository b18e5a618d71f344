//! A Dockerfile under one set of inputs: what each ARG and ENV declares, and what is known about each stage.

use std::collections::HashMap;

use crate::dockerfile::{Body, Dockerfile, Instruction, Pair};
use crate::text::Span;

use super::inputs::BuildInputs;
use super::variables::{Variable, VariableKind, VariableNames, VariableOrigin, VariableValue, never_expands, to_u32};

/// A Dockerfile under one set of inputs.
#[derive(Debug)]
pub struct Evaluation {
    pub(in crate::dockerfile) escape: char,
    pub(in crate::dockerfile) variables: Vec<Variable>,
    pub(in crate::dockerfile) globals: VariableNames,
    pub(in crate::dockerfile) stages: Vec<StageInfo>,
    /// First instruction of each stage.
    pub(in crate::dockerfile) starts: Vec<usize>,
    pub(in crate::dockerfile) target: Option<usize>,
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
    /// It is certainly built for another processor than amd64: FROM's `--platform` says so, or without one that of the build.
    pub other_architecture: bool,
    /// An additional context of this stage's own name, which takes its place: its instructions are not run.
    pub replaced_by: Option<String>,
    /// What its COPY and RUN take from other stages, images and contexts.
    pub dependencies: Vec<StageDependency>,
    /// Whether the target needs it. Of an unknown target, all are.
    pub reachable: bool,
    /// Whether all variables of its base image are known (`scratch`, or an image that is known to set no more).
    pub environment_known: bool,
    /// Declarations of this stage by name.
    pub(in crate::dockerfile) names: VariableNames,
    /// The nearest stage below that declares anything.
    pub(in crate::dockerfile) ancestor: Option<usize>,
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

impl Evaluation {
    pub fn new(dockerfile: &Dockerfile, inputs: &BuildInputs<'_>) -> Self {
        let mut evaluation = Evaluation {
            escape: dockerfile.escape,
            variables: Vec::new(),
            globals: VariableNames::new(),
            stages: Vec::new(),
            starts: dockerfile.stages.iter().map(|stage| stage.instructions.start).collect(),
            target: None,
        };
        evaluation.automatic(dockerfile, inputs);
        let head = evaluation.starts.first().copied().unwrap_or(dockerfile.instructions.len());
        for (index, instruction) in dockerfile.instructions.iter().enumerate().take(head) {
            if let Body::Arg(pairs) = &instruction.body {
                for (nth, pair) in pairs.iter().enumerate() {
                    evaluation.global_arg(pair, index, nth, inputs);
                }
            }
        }
        let mut by_name = HashMap::new();
        for (index, stage) in dockerfile.stages.iter().enumerate() {
            let info = evaluation.stage_info(dockerfile, stage, &by_name, inputs);
            evaluation.stages.push(info);
            if let Some(name) = &stage.name {
                by_name.insert(name.text.to_lowercase(), index);
            }
            evaluation.image_environment(dockerfile, index);
            let instructions = dockerfile.stage_instructions(stage);
            for (offset, instruction) in instructions.iter().enumerate() {
                evaluation.declarations(instruction, stage.instructions.start + offset, index, inputs);
            }
        }
        evaluation.connect(dockerfile, &by_name, inputs);
        evaluation
    }

    /// The stage that an instruction belongs to; `None` before the first FROM.
    pub fn stage_of(&self, instruction: usize) -> Option<usize> {
        self.starts.partition_point(|start| *start <= instruction).checked_sub(1)
    }

    /// One entry for each of [`Dockerfile::stages`].
    pub fn stages(&self) -> &[StageInfo] {
        &self.stages
    }

    /// The stage that is built: the last one unless the inputs name another. `None` if there is none of that name.
    pub fn target(&self) -> Option<usize> {
        self.target
    }

    /// All declarations in their order.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    pub(in crate::dockerfile) fn declare(&mut self, stage: Option<usize>, variable: Variable) {
        let id = to_u32(self.variables.len());
        let names = match stage.and_then(|stage| self.stages.get_mut(stage)) {
            Some(info) => &mut info.names,
            None => &mut self.globals,
        };
        names.entry(variable.name.clone()).or_default().push(id);
        self.variables.push(variable);
    }

    fn global_arg(&mut self, pair: &Pair, instruction: usize, nth: usize, inputs: &BuildInputs<'_>) {
        let name = &pair.name.text;
        let visible = (to_u32(instruction), to_u32(nth) + 1);
        let scope = self.pair_scope(instruction, nth);
        let (value, origin) = match (inputs.argument(name), &pair.value) {
            (Some(given), _) => (given, VariableOrigin::Caller),
            (None, Some(word)) => (VariableValue::new(scope.expand(word).text), VariableOrigin::Here(word.span)),
            (None, None) => match scope.get(name) {
                Some(earlier) => (earlier.value.clone(), earlier.origin),
                None => (VariableValue::Unset, VariableOrigin::Nowhere),
            },
        };
        let declaration = pair.span;
        let variable =
            Variable { name: name.clone(), value, kind: VariableKind::Arg, origin, declaration, instruction, visible };
        self.declare(None, variable);
    }

    fn declarations(&mut self, instruction: &Instruction, index: usize, stage: usize, inputs: &BuildInputs<'_>) {
        match &instruction.body {
            Body::Arg(pairs) => {
                for (nth, pair) in pairs.iter().enumerate() {
                    let variable = self.stage_arg(pair, index, nth, inputs);
                    self.declare(Some(stage), variable);
                }
            }
            Body::Env(pairs) => {
                // All of an ENV's values see what stood before the instruction.
                let scope = self.scope(index);
                let variables: Vec<Variable> = pairs
                    .iter()
                    .filter_map(|pair| {
                        let word = pair.value.as_ref()?;
                        Some(Variable {
                            name: scope.expand(&pair.name).text?,
                            value: VariableValue::new(scope.expand(word).text),
                            kind: VariableKind::Env,
                            origin: VariableOrigin::Here(word.span),
                            declaration: pair.span,
                            instruction: index,
                            visible: (to_u32(index) + 1, 0),
                        })
                    })
                    .collect();
                for variable in variables {
                    self.declare(Some(stage), variable);
                }
            }
            _ => {}
        }
    }

    fn stage_arg(&self, pair: &Pair, instruction: usize, nth: usize, inputs: &BuildInputs<'_>) -> Variable {
        let name = pair.name.text.clone();
        let scope = self.pair_scope(instruction, nth);
        let mut kind = VariableKind::Arg;
        let (value, origin) = if let Some(given) = inputs.argument(&name) {
            (given, VariableOrigin::Caller)
        } else if let Some(word) = &pair.value {
            (VariableValue::new(scope.expand(word).text), VariableOrigin::Here(word.span))
        } else if let Some(global) =
            self.global_scope().get(&name).filter(|global| global.value != VariableValue::Unset)
        {
            let origin = match global.origin {
                VariableOrigin::Here(_) => VariableOrigin::Global(global.declaration),
                other => other,
            };
            (global.value.clone(), origin)
        } else if let Some(earlier) = scope.get(&name) {
            // A bare ARG takes no value away.
            kind = earlier.kind;
            (earlier.value.clone(), earlier.origin)
        } else if scope.image_may_set() {
            (VariableValue::Unknown, VariableOrigin::Nowhere)
        } else {
            (VariableValue::Unset, VariableOrigin::Nowhere)
        };
        let value = if never_expands(&name) { VariableValue::Unset } else { value };
        Variable {
            name,
            value,
            kind,
            origin,
            declaration: pair.span,
            instruction,
            visible: (to_u32(instruction), to_u32(nth) + 1),
        }
    }
}
