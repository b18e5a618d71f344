//! The CUDA chain of a build: its bases after expansion, its commands with their variables, in the order of the Dockerfile.

use std::collections::HashMap;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::dockerfile::{Body, Dockerfile, Keyword, Stage};
use crate::image::cuda::chain::{Base, Chain, Link, Step, StepInput, VARIABLES};
use crate::shell::{Command, Part, Value, Word};
use crate::source::Span;

use super::Project;
use super::links::{self, Build};

/// Words without one of which neither a Dockerfile nor its arguments speak of CUDA.
const HINTS: &[&str] = &[
    "cuda",
    "CUDA",
    "nvidia",
    "NVIDIA",
    "nvcc",
    "torch",
    "/cu1",
    "+cu1",
    "-cu1",
    "vllm",
    "tensorflow",
    "tensorrt",
    "jax",
    "onnxruntime-gpu",
    "flash",
    "GGML",
    "LLAMA_",
    "llama",
    "rocm",
    "l4t",
    "cupy",
    "cudnn",
    "-gpu",
];

/// The chains of all builds of a project, read when the first of them is asked for.
#[derive(Debug, Default)]
pub(super) struct Chains {
    chains: OnceLock<Vec<Chain>>,
}

impl Chains {
    pub(super) fn of<'p>(&'p self, project: &'p Project, build_index: usize) -> &'p Chain {
        static NONE: Chain = Chain::none();
        let chains = self.chains.get_or_init(|| {
            let read = |build: &Build| {
                let entry = project.dockerfiles.get(build.dockerfile)?;
                Some(chain(build, &entry.parsed, project.file(entry.parsed.file).text()))
            };
            project.builds.par_iter().map(|build| read(build).unwrap_or_default()).collect()
        });
        chains.get(build_index).unwrap_or(&NONE)
    }
}

/// Reads a build. Empty where nothing speaks of CUDA.
fn chain(build: &Build, parsed: &Dockerfile, text: &str) -> Chain {
    let bases: Vec<links::Base> = parsed.stages.iter().map(|s| build.base(s.index)).collect();
    let hinted = |text: &str| HINTS.iter().any(|hint| text.contains(hint));
    let by_base = bases.iter().any(|base| matches!(base, links::Base::Image(name) if hinted(name)));
    if !by_base && !hinted(text) {
        return Chain::default();
    }
    let links = parsed.stages.iter().zip(bases).map(|(stage, base)| Link {
        base: match base {
            links::Base::Stage(index) => Base::Stage(index),
            links::Base::Image(name) => Chain::base(&name),
            links::Base::Unknown(_) => Base::Unknown,
        },
        base_span: parsed.base(stage).map_or(Span::at(parsed.file, 0), |word| word.span),
        platform: platform(build, parsed, stage),
        steps: steps(build, parsed, stage),
    });
    Chain::new(links.collect())
}

fn platform(build: &Build, parsed: &Dockerfile, stage: &Stage) -> Option<String> {
    let flag = parsed.instructions.get(stage.from)?.flag("platform")?;
    build.word(stage.from, flag.value.as_ref()?)
}

fn steps(build: &Build, parsed: &Dockerfile, stage: &Stage) -> Vec<Step> {
    let mut steps = Vec::new();
    for index in stage.instructions.clone() {
        let Some(instruction) = parsed.instructions.get(index) else { continue };
        match instruction.keyword {
            Keyword::Run => {
                let mut script = Local { build, index, values: HashMap::new() };
                for command in build.commands(index) {
                    steps.extend(script.step(command));
                    script.take_note(command);
                }
            }
            Keyword::Copy | Keyword::Add => {
                let Body::Copy { sources, .. } = &instruction.body else { continue };
                let Some(from) = instruction.flag("from").and_then(|f| f.value.as_ref()) else {
                    continue;
                };
                let takes_cuda = sources.iter().any(|source| {
                    let path = source.text.trim_end_matches('/');
                    path.contains("cuda")
                        || matches!(path, "" | "/usr" | "/usr/local" | "/opt" | "/usr/bin" | "/usr/local/bin")
                        || path.contains('$')
                });
                if takes_cuda {
                    let stage = build
                        .word(index, from)
                        .and_then(|name| parsed.stage_named(&name, stage.index))
                        .map(|s| s.index);
                    steps.push(Step::copy(index, instruction.span, stage));
                }
            }
            _ => {}
        }
    }
    steps
}

/// A script's own variables over those of the Dockerfile.
struct Local<'b> {
    build: &'b Build,
    index: usize,
    values: HashMap<String, Value>,
}

impl Local<'_> {
    fn get(&self, name: &str) -> Value {
        self.values.get(name).cloned().unwrap_or_else(|| self.build.variable(self.index, name))
    }

    /// The words that a word becomes; a part that is not known stands as `$`.
    fn words(&self, word: &Word) -> Vec<String> {
        if let Some(fields) = word.fields(&|name| self.get(name)) {
            return fields;
        }
        let mut text = String::new();
        for part in &word.parts {
            let single = Word { span: word.span, parts: vec![part.clone()] };
            match (part, single.resolve(&|name| self.get(name))) {
                (Part::Literal { text: literal, .. }, _) => text.push_str(literal),
                (_, Some(known)) => text.push_str(&known),
                (_, None) => text.push('$'),
            }
        }
        vec![text]
    }

    fn value(&self, word: Option<&Word>) -> Value {
        match word.map(|w| w.resolve(&|name| self.get(name))) {
            Some(Some(text)) => Value::Known(text),
            Some(None) => Value::Unknown,
            None => Value::Known(String::new()),
        }
    }

    fn step(&self, command: &Command) -> Option<Step> {
        if command.words.is_empty() {
            return None;
        }
        let (mut words, mut places) = (Vec::new(), Vec::new());
        for word in &command.words {
            for text in self.words(word) {
                words.push(text);
                places.push(word.span);
            }
        }
        let mut env: Vec<(String, String)> = Vec::new();
        for name in VARIABLES {
            if let Value::Known(value) = self.get(name) {
                env.push(((*name).to_owned(), value));
            }
        }
        for assignment in &command.assignments {
            env.retain(|(name, _)| *name != assignment.name);
            if let Value::Known(value) = self.value(assignment.value.as_ref()) {
                env.push((assignment.name.clone(), value));
            }
        }
        let context = command.context.clone();
        Some(Step::command(StepInput { instruction: self.index, span: command.span, words, places, env, context }))
    }

    /// Variables that the script sets for the commands behind.
    fn take_note(&mut self, command: &Command) {
        let certain = command.context.is_reached() && !command.context.subshell && command.context.pipeline.is_none();
        let keep = |value: Value| if certain { value } else { Value::Unknown };
        if command.words.is_empty() {
            for assignment in &command.assignments {
                let value = self.value(assignment.value.as_ref());
                self.values
                    .insert(assignment.name.clone(), keep(if assignment.append { Value::Unknown } else { value }));
            }
        } else if command.name().is_some_and(|name| name == "export") {
            for word in command.words.iter().skip(1) {
                let texts = self.words(word);
                let [text] = texts.as_slice() else { continue };
                if let Some((name, value)) = text.split_once('=') {
                    let value = if value.contains('$') { Value::Unknown } else { Value::Known(value.to_owned()) };
                    self.values.insert(name.to_owned(), keep(value));
                }
            }
        }
    }
}
