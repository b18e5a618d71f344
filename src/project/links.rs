//! From service to Dockerfile to stage: who builds what, with which inputs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::compose::{ComposeProject, Context};
use crate::dockerfile::{Body, CommandForm, Dockerfile, Healthcheck, Keyword, Stage, Word};
use crate::files::Files;
use crate::shell::{self, Options, Script, Value};
use crate::source::{SourceFile, Sources, Span};

use super::cloned::join;
use super::{DockerfileEntry, ServiceId};

/// One way of building one Dockerfile.
#[derive(Debug)]
pub struct Build {
    /// Index in [`super::Project::dockerfiles`].
    pub dockerfile: usize,
    /// The services that build it so; empty where nobody builds it and its own defaults are judged.
    pub users: Vec<ServiceId>,
    /// The folder that COPY reads from; `None` if it cannot be read.
    pub context: Option<PathBuf>,
    inputs: Inputs,
    /// The script of each instruction; empty for those without one.
    scripts: Vec<Script>,
    bases: Vec<Base>,
    /// The environment before each instruction.
    environments: Vec<Vec<(String, Value)>>,
    working_dirs: Vec<String>,
    target: Option<usize>,
    reached: Vec<bool>,
}

/// What a service gives to a build, as far as it decides the outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    pub context: Option<PathBuf>,
    /// `None` for a value that we do not know.
    pub args: Vec<(String, Option<String>)>,
    pub target: Option<String>,
    pub contexts: Vec<(String, Option<String>)>,
}

/// What a stage stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    Stage(usize),
    Image(String),
    /// Holds a variable that nothing sets; as written.
    Unknown(String),
}

/// Every way in which the Dockerfiles are built.
pub fn link(
    compose: &[ComposeProject],
    dockerfiles: &[DockerfileEntry],
    files: &Files,
    sources: &Sources,
) -> Vec<Build> {
    let mut wanted: Vec<(usize, Inputs, Vec<ServiceId>)> = Vec::new();
    for (c, project) in compose.iter().enumerate() {
        for (s, service) in project.services.iter().enumerate() {
            let Some(build) = &service.build else { continue };
            let found = dockerfiles.iter().position(|d| match build.inline {
                Some(file) => d.parsed.file == file,
                None => d.on_disk && build.dockerfile_path.as_ref() == Some(&d.path),
            });
            let Some(dockerfile) = found else { continue };
            let inputs = inputs(build, files);
            let id = ServiceId { compose: c, service: s };
            match wanted.iter_mut().find(|(d, i, _)| *d == dockerfile && *i == inputs) {
                Some((_, _, users)) => users.push(id),
                None => wanted.push((dockerfile, inputs, vec![id])),
            }
        }
    }
    for (index, entry) in dockerfiles.iter().enumerate() {
        if !wanted.iter().any(|(d, ..)| *d == index) {
            let context = entry.path.parent().map(|p| p.to_owned());
            wanted.push((index, Inputs { context, ..Inputs::default() }, Vec::new()));
        }
    }
    wanted.sort_by_key(|(d, _, users)| (*d, users.first().copied()));
    let builds = wanted.into_iter().filter_map(|(index, inputs, users)| {
        let parsed = &dockerfiles.get(index)?.parsed;
        Some(Build::new(index, inputs, users, parsed, sources.file(parsed.file)))
    });
    builds.collect()
}

fn inputs(build: &crate::compose::Build, files: &Files) -> Inputs {
    let context = match &build.context {
        Context::Local(path) => Some(files.absolute(path)),
        _ => None,
    };
    Inputs {
        context,
        args: build
            .args
            .iter()
            .filter(|a| !(a.bare && a.value.is_none()))
            .map(|a| (a.name.clone(), a.value.as_ref().and_then(|v| v.value.clone())))
            .collect(),
        target: build.target.as_ref().and_then(|t| t.value.clone()),
        contexts: build.additional_contexts.iter().map(|(n, t)| (n.clone(), t.value.clone())).collect(),
    }
}

impl Build {
    fn new(dockerfile: usize, inputs: Inputs, users: Vec<ServiceId>, parsed: &Dockerfile, source: &SourceFile) -> Self {
        let mut build = Build {
            dockerfile,
            users,
            context: inputs.context.clone(),
            target: match &inputs.target {
                Some(name) => parsed.stage_named(name, usize::MAX).map(|s| s.index),
                None => parsed.stages.len().checked_sub(1),
            },
            inputs,
            scripts: Vec::new(),
            bases: Vec::new(),
            environments: Vec::new(),
            working_dirs: Vec::new(),
            reached: vec![false; parsed.stages.len()],
        };
        build.evaluate(parsed);
        build.scripts = parsed.instructions.iter().map(|i| script(i, source)).collect();
        let mut open: Vec<usize> = build.target.into_iter().collect();
        while let Some(stage) = open.pop() {
            let Some(reached) = build.reached.get_mut(stage).filter(|r| !**r) else { continue };
            *reached = true;
            open.extend(build.parent_stage(parsed, stage));
            for name in build.copies_from(parsed, stage) {
                open.extend(parsed.stage_named(&name, stage).map(|s| s.index));
            }
        }
        build
    }

    fn evaluate(&mut self, parsed: &Dockerfile) {
        let mut global: Vec<(String, Value)> = Vec::new();
        let mut ends: Vec<Vec<(String, Value)>> = Vec::new();
        let mut now: Vec<(String, Value)> = Vec::new();
        let mut folder = "/".to_owned();
        for (index, instruction) in parsed.instructions.iter().enumerate() {
            self.environments.push(now.clone());
            self.working_dirs.push(folder.clone());
            if let Body::Workdir(word) = &instruction.body {
                folder = join(&folder, &word.text);
            }
            let before_stages = self.bases.is_empty();
            match &instruction.body {
                Body::From { image, .. } => {
                    if !before_stages {
                        ends.push(std::mem::take(&mut now));
                    }
                    let name = expand(&image.text, &|n| get(&global, n));
                    let base = match name {
                        Some(name) => match parsed.stage_named(&name, self.bases.len()) {
                            Some(stage) if !name.bytes().all(|b| b.is_ascii_digit()) => Base::Stage(stage.index),
                            _ => Base::Image(name),
                        },
                        None => Base::Unknown(image.text.clone()),
                    };
                    now = match &base {
                        Base::Stage(s) => ends.get(*s).cloned().unwrap_or_default(),
                        _ => Vec::new(),
                    };
                    self.bases.push(base);
                }
                Body::Arg(pairs) => {
                    for pair in pairs {
                        let name = pair.name.text.clone();
                        let given = self.inputs.args.iter().find(|(n, _)| *n == name);
                        let value = match (given, &pair.value) {
                            (Some((_, Some(value))), _) => Value::Known(value.clone()),
                            (Some((_, None)), _) => Value::Unknown,
                            (None, Some(word)) => self.value(index, word, if before_stages { &global } else { &now }),
                            (None, None) if before_stages => Value::Unset,
                            (None, None) => get(&global, &name),
                        };
                        let list = if before_stages { &mut global } else { &mut now };
                        list.push((name, value));
                    }
                }
                Body::Env(pairs) => {
                    for pair in pairs {
                        let value = match &pair.value {
                            Some(word) => self.value(index, word, &now),
                            None => Value::Unset,
                        };
                        now.push((pair.name.text.clone(), value));
                    }
                }
                _ => {}
            }
        }
    }

    fn value(&self, _: usize, word: &Word, scope: &[(String, Value)]) -> Value {
        match expand(&word.text, &|n| get(scope, n)) {
            Some(text) => Value::Known(text),
            None => Value::Unknown,
        }
    }

    /// The value of a variable before an instruction.
    pub fn variable(&self, index: usize, name: &str) -> Value {
        self.environments.get(index).map_or(Value::Unset, |e| get(e, name))
    }

    /// A word of an instruction, expanded; `None` if that is unknown.
    pub fn word(&self, index: usize, word: &Word) -> Option<String> {
        expand(&word.text, &|name| self.variable(index, name))
    }

    /// A word of an instruction's script, expanded as far as the Dockerfile's variables go.
    pub fn shell_word(&self, index: usize, word: &shell::Word) -> Option<String> {
        word.resolve(&|name| self.variable(index, name))
    }

    /// The commands of an instruction's script.
    pub fn commands(&self, index: usize) -> &[shell::Command] {
        self.scripts.get(index).map_or(&[], |s| &s.commands)
    }

    /// The working directory before an instruction; `None` if it is unknown. An image's own is taken for `/`.
    pub fn working_dir(&self, index: usize) -> Option<String> {
        Some(self.working_dirs.get(index).cloned().unwrap_or_else(|| "/".to_owned()))
    }

    pub fn base(&self, stage: usize) -> Base {
        self.bases.get(stage).cloned().unwrap_or(Base::Unknown(String::new()))
    }

    pub fn reaches(&self, stage: usize) -> bool {
        self.reached.get(stage).copied().unwrap_or(false)
    }

    /// The stage that the build ends with; `None` if the Dockerfile has none of that name.
    pub fn target_stage(&self, _: &Dockerfile) -> Option<usize> {
        self.target
    }

    /// The stage that a stage stands on.
    pub fn parent_stage(&self, _: &Dockerfile, stage: usize) -> Option<usize> {
        match self.base(stage) {
            Base::Stage(parent) => Some(parent),
            _ => None,
        }
    }

    /// The image at the root of the target's chain, at the FROM that names it.
    pub fn base_image(&self, parsed: &Dockerfile) -> Option<(String, Span)> {
        let mut stage = self.target?;
        // A chain is no longer than the file has stages.
        for _ in &parsed.stages {
            match self.base(stage) {
                Base::Stage(parent) => stage = parent,
                Base::Image(image) => return Some((image, parsed.base(parsed.stages.get(stage)?)?.span)),
                Base::Unknown(_) => return None,
            }
        }
        None
    }

    /// Stages and images that a stage copies or mounts from, each once.
    pub fn copies_from(&self, parsed: &Dockerfile, stage: usize) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let Some(stage) = parsed.stages.get(stage) else { return names };
        for index in stage.instructions.clone() {
            let Some(instruction) = parsed.instructions.get(index) else { continue };
            for flag in &instruction.flags {
                let word = match (flag.name.as_str(), instruction.keyword) {
                    ("from", Keyword::Copy | Keyword::Add) => flag.value.as_ref(),
                    ("mount", Keyword::Run) => flag.field(&["from"]),
                    _ => None,
                };
                names.extend(word.and_then(|w| self.word(index, w)));
            }
        }
        names
    }

    /// The ENTRYPOINT that the target ends with.
    pub fn entrypoint<'p>(&self, parsed: &'p Dockerfile, stage: &Stage) -> Option<(usize, &'p CommandForm)> {
        self.last(parsed, stage.index, Keyword::Entrypoint)
    }

    /// What the target starts: its ENTRYPOINT, or else its CMD.
    pub fn start_command<'p>(&self, parsed: &'p Dockerfile, stage: &Stage) -> Option<(usize, &'p CommandForm)> {
        self.entrypoint(parsed, stage).or_else(|| self.last(parsed, stage.index, Keyword::Cmd))
    }

    /// The last instruction of a kind in a stage or in those that it stands on.
    fn last<'p>(&self, parsed: &'p Dockerfile, mut stage: usize, keyword: Keyword) -> Option<(usize, &'p CommandForm)> {
        for _ in &parsed.stages {
            for index in parsed.stages.get(stage)?.instructions.clone().rev() {
                let instruction = parsed.instructions.get(index)?;
                if let (Body::Command(form), true) = (&instruction.body, instruction.keyword == keyword) {
                    return Some((index, form));
                }
            }
            stage = self.parent_stage(parsed, stage)?;
        }
        None
    }
}

/// The script of an instruction.
fn script(instruction: &crate::dockerfile::Instruction, source: &SourceFile) -> Script {
    let form = match &instruction.body {
        Body::Command(form) | Body::Healthcheck(Healthcheck::Command(form)) => form,
        _ => return Script::default(),
    };
    let options = Options::new(shell::Dialect::from_name("sh"));
    match form {
        CommandForm::Exec { words, .. } => {
            let words: Vec<(String, Span)> = words.iter().map(|w| (w.text.clone(), w.span)).collect();
            shell::read_exec(source, &words, options)
        }
        CommandForm::Shell { span, .. } => {
            let heredocs: Vec<shell::Heredoc> = instruction
                .heredocs
                .iter()
                .map(|h| shell::Heredoc { operator: h.span, body: h.body, quoted: h.quoted, strip_tabs: h.strip_tabs })
                .collect();
            shell::read_instruction(source, *span, &heredocs, options)
        }
    }
}

fn get(scope: &[(String, Value)], name: &str) -> Value {
    scope.iter().rev().find(|(n, _)| n == name).map_or(Value::Unset, |(_, v)| v.clone())
}

fn expand(text: &str, lookup: &dyn Fn(&str) -> Value) -> Option<String> {
    let mut out = String::new();
    let mut rest = text.trim_matches(['"', '\'']);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (name, default);
        if let Some(inner) = rest.strip_prefix('{') {
            let end = inner.find('}')?;
            (name, default) = inner[..end].split_once(":-").map_or((&inner[..end], None), |(n, d)| (n, Some(d)));
            rest = &inner[end + 1..];
        } else {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            (name, default) = (&rest[..end], None);
            rest = &rest[end..];
        }
        match (lookup(name), default) {
            (Value::Known(value), _) => out.push_str(&value),
            (Value::Unset, Some(default)) => out.push_str(default),
            _ => return None,
        }
    }
    out.push_str(rest);
    Some(out)
}
