//! Build arguments: which of those that services give are read, and which of those that Dockerfiles need are missing.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::dockerfile::expand::{Evaluation, StageBase, Status, is_predefined};
use crate::dockerfile::image_ref::ImageRef;
use crate::dockerfile::{Body, Dockerfile, Instruction, Pair, Stage};
use crate::shell::Part;
use crate::text::{FileId, Span};

use crate::project::build::Build;
use crate::project::image_names::{is_plain, reach_is_known};
use crate::project::{DockerfileEntry, Project, ServiceView};

/// What becomes of an argument's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    Read,
    /// Declared in a stage that the build does not reach.
    OtherStage(Span, String),
    /// Declared before the first FROM, used by no FROM, repeated by no stage.
    OnlyGlobal(Span),
    /// A FROM uses it, and no ARG before it declares it.
    UsedUndeclared(Span),
    Nowhere,
    Unknown,
}

/// An entry of `build.args`, with all services that share it, or that give the same Dockerfile the same name in vain.
#[derive(Debug)]
pub struct Argument<'a> {
    pub name: String,
    pub span: Span,
    /// Further entries of that name for the same Dockerfile, which fare the same.
    pub also: Vec<Span>,
    pub services: Vec<String>,
    pub reading: Reading,
    pub entry: Option<&'a DockerfileEntry>,
    /// The names that the Dockerfile declares.
    pub declared: Arc<[String]>,
}

/// What the ARGs of a Dockerfile say, by name: services may give it thousands of arguments.
#[derive(Default)]
struct Declared<'a> {
    names: Arc<[String]>,
    /// The declarations in stages, in order.
    in_stages: HashMap<&'a str, Vec<(&'a Stage, Span)>>,
    /// The first declaration of each name before the first FROM.
    globals: HashMap<&'a str, Span>,
    /// The values of those that have one.
    global_values: Vec<&'a str>,
    flag_values: Vec<&'a str>,
    /// What the FROMs say: their images, then their platforms.
    bases: Vec<(&'a str, Span)>,
}

impl<'a> Declared<'a> {
    fn of(parsed: &'a Dockerfile) -> Self {
        let mut it = Declared { names: declared(parsed).into(), ..Declared::default() };
        for stage in &parsed.stages {
            for pair in parsed.stage_instructions(stage).iter().flat_map(arg_pairs) {
                let places = it.in_stages.entry(pair.name.text.as_str()).or_default();
                // One of each stage says as much as all of them.
                if places.last().is_none_or(|(last, _)| last.index != stage.index) {
                    places.push((stage, pair.span));
                }
            }
        }
        let head = parsed.stages.first().map_or(0, |s| s.instructions.start);
        for pair in parsed.instructions.iter().take(head).flat_map(arg_pairs) {
            it.globals.entry(pair.name.text.as_str()).or_insert(pair.span);
            it.global_values.extend(pair.value.as_ref().map(|v| v.text.as_str()));
        }
        let flags = parsed.instructions.iter().flat_map(|i| &i.flags);
        it.flag_values = flags.filter_map(|f| Some(f.value.as_ref()?.text.as_str())).collect();
        it.flag_values.retain(|text| text.contains('$'));
        for from in parsed.stages.iter().filter_map(|s| parsed.instructions.get(s.from)) {
            let Body::From { image, .. } = &from.body else { continue };
            let platform = from.flag("platform").and_then(|f| f.value.as_ref());
            it.bases.extend(std::iter::once(image).chain(platform).map(|w| (w.text.as_str(), w.span)));
        }
        it.bases.retain(|(text, _)| text.contains('$'));
        it
    }
}

/// Every entry of `build.args` of the project, each place once. Where one place serves several builds (an anchor), the
/// build that reads the value counts; where several places name one argument that a Dockerfile does not read, they are one.
pub fn arguments(project: &Project) -> Vec<Argument<'_>> {
    let mut found: Vec<Argument<'_>> = Vec::new();
    let mut places: HashMap<(Span, &str), usize> = HashMap::new();
    let mut known: HashMap<FileId, Declared<'_>> = HashMap::new();
    let anywhere = OnceCell::new();
    for view in project.services() {
        let Some(service_build) = &view.service.build else { continue };
        let dockerfile = view.dockerfile();
        let declared = dockerfile
            .map(|(_, entry)| &*known.entry(entry.parsed.file).or_insert_with(|| Declared::of(&entry.parsed)));
        for arg in service_build.args.iter().chain(&service_build.unset_args) {
            if is_predefined(&arg.name) || arg.span.is_empty() {
                continue;
            }
            let (reading, entry) = match (dockerfile, declared) {
                (Some((build, entry)), Some(declared)) => {
                    let question = Question { view: &view, build, entry, declared, anywhere: &anywhere };
                    (question.reading(&arg.name, arg.span), Some(entry))
                }
                _ => (Reading::Unknown, None),
            };
            match places.get(&(arg.span, arg.name.as_str())).and_then(|at| found.get_mut(*at)) {
                Some(known) => {
                    if !known.services.contains(&view.service.name) {
                        known.services.push(view.service.name.clone());
                    }
                    if matches!(reading, Reading::Read | Reading::Unknown) {
                        known.reading = reading;
                    }
                }
                None => {
                    places.insert((arg.span, arg.name.as_str()), found.len());
                    found.push(Argument {
                        name: arg.name.clone(),
                        span: arg.span,
                        also: Vec::new(),
                        services: vec![view.service.name.clone()],
                        reading,
                        entry,
                        declared: declared.map(|d| d.names.clone()).unwrap_or_default(),
                    });
                }
            }
        }
    }
    let mut merged: Vec<Argument<'_>> = Vec::with_capacity(found.len());
    let mut shared: HashMap<(String, FileId, FileId), Vec<usize>> = HashMap::new();
    for argument in found {
        // Entries that stand in one file and go to one Dockerfile. Compose files are read apart, so each has its finding.
        let Some(entry) = argument.entry else {
            merged.push(argument);
            continue;
        };
        let alike = shared.entry((argument.name.clone(), argument.span.file, entry.parsed.file)).or_default();
        let same = alike.iter().find(|at| merged.get(**at).is_some_and(|a| a.reading == argument.reading));
        match same.and_then(|at| merged.get_mut(*at)) {
            Some(first) => {
                first.also.push(argument.span);
                for service in argument.services {
                    if !first.services.contains(&service) {
                        first.services.push(service);
                    }
                }
            }
            None => {
                alike.push(merged.len());
                merged.push(argument);
            }
        }
    }
    merged
}

/// What becomes of an argument that a service gives to a build.
struct Question<'q, 'a> {
    view: &'q ServiceView<'a>,
    build: &'q Build,
    entry: &'q DockerfileEntry,
    declared: &'q Declared<'a>,
    /// The names that any Dockerfile declares.
    anywhere: &'q OnceCell<HashSet<String>>,
}

impl Question<'_, '_> {
    fn reading(&self, name: &str, place: Span) -> Reading {
        let Question { view, build, entry, declared, .. } = *self;
        let parsed = &entry.parsed;
        if !is_plain(parsed) || parsed.stages.is_empty() || build.target_stage().is_none() || view.service.partial {
            return Reading::Unknown;
        }
        // A base image with ONBUILD may declare what it likes.
        if build.base_image(parsed).is_none_or(|(image, _)| image.contains("onbuild"))
            && has_unknown_base(build, parsed)
        {
            return Reading::Unknown;
        }
        // One file sets the argument and another the Dockerfile: the argument may be meant for the Dockerfile of the first.
        let compose_build = view.service.build.as_ref();
        let dockerfile_set = compose_build.and_then(|b| b.dockerfile.as_ref().or(b.context_text.as_ref()));
        let moved = dockerfile_set.is_some_and(|t| t.span.file != place.file || !t.displaced.is_empty());
        let names = || view.project.dockerfiles.iter().flat_map(|d| self::declared(&d.parsed)).collect();
        if (moved || view.has_a_base()) && self.anywhere.get_or_init(names).contains(name) {
            return Reading::Unknown;
        }
        let mut elsewhere = None;
        for (stage, span) in declared.in_stages.get(name).into_iter().flatten() {
            if build.reaches(stage.index) {
                return Reading::Read;
            }
            if !reach_is_known(build, parsed) {
                return Reading::Unknown;
            }
            elsewhere.get_or_insert_with(|| {
                let label = match &stage.name {
                    Some(word) => format!("the stage `{}`", word.text),
                    None => format!("stage {}", stage.index),
                };
                Reading::OtherStage(*span, label)
            });
        }
        let uses = |text: &&str| uses_variable(text, name);
        let used_from = declared.bases.iter().find(|(text, _)| uses(text)).map(|(_, span)| *span);
        if let Some(global) = declared.globals.get(name) {
            let used =
                used_from.is_some() || declared.global_values.iter().any(uses) || declared.flag_values.iter().any(uses);
            return match (used, elsewhere) {
                (true, _) => Reading::Read,
                (false, Some(other)) => other,
                (false, None) => Reading::OnlyGlobal(*global),
            };
        }
        match (elsewhere, used_from) {
            (Some(other), _) => other,
            (None, Some(span)) => Reading::UsedUndeclared(span),
            (None, None) => Reading::Nowhere,
        }
    }
}

fn has_unknown_base(build: &Build, parsed: &Dockerfile) -> bool {
    parsed.stages.iter().filter(|s| build.reaches(s.index)).any(|s| match build.base(s.index) {
        StageBase::Image(image) => image.contains("onbuild"),
        _ => false,
    })
}

/// The `NAME=value`s of an ARG, also under ONBUILD.
fn arg_pairs(instruction: &Instruction) -> &[Pair] {
    match &instruction.body {
        Body::Arg(pairs) => pairs,
        Body::Onbuild(inner) => match &inner.body {
            Body::Arg(pairs) => pairs,
            _ => &[],
        },
        _ => &[],
    }
}

/// The names that any ARG declares.
pub fn declared(parsed: &Dockerfile) -> Vec<String> {
    let mut names: Vec<String> = parsed.instructions.iter().flat_map(arg_pairs).map(|p| p.name.text.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// Whether a text holds `$name` or `${name…}`.
pub fn uses_variable(text: &str, name: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or("");
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.strip_prefix(name).is_some_and(|r| !r.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    })
}

impl<'a> ServiceView<'a> {
    /// The Dockerfile as this service's inputs make it.
    pub fn evaluation(&self) -> Option<&'a Evaluation> {
        Some(&self.build()?.evaluation)
    }
}

/// What cannot do without an argument's value.
#[derive(Clone, Debug)]
pub enum ArgNeed {
    /// Without it, FROM names this.
    From {
        span: Span,
        becomes: String,
    },
    Run(Span),
}

impl ArgNeed {
    pub fn span(&self) -> Span {
        match self {
            ArgNeed::From { span, .. } | ArgNeed::Run(span) => *span,
        }
    }
}

/// An argument that has no value and is needed.
#[derive(Debug)]
pub struct Unset {
    pub name: String,
    /// The entry of `build.args` that names it without a value.
    pub entry: Option<Span>,
    pub declaration: Span,
    pub need: ArgNeed,
}

/// Arguments that a service's build needs and does not get.
pub fn unset_arguments(view: &ServiceView<'_>) -> Vec<Unset> {
    let mut unset: Vec<Unset> = Vec::new();
    let (Some(build), Some((unit, entry))) = (&view.service.build, view.dockerfile()) else { return unset };
    let parsed = &entry.parsed;
    if !is_plain(parsed) || view.has_a_base() || view.service.partial {
        return unset;
    }
    let Some(evaluation) = view.evaluation() else { return unset };
    if evaluation.target().is_none() {
        return unset;
    }
    let bare = |name: &str| build.unset_args.iter().find(|a| a.name == name);
    let given_by_hand = |name: &str| view.project.repository.has_line_with(&["build-arg", &name.to_lowercase()]);
    for (stage, info) in parsed.stages.iter().zip(evaluation.stages()).filter(|(_, i)| i.reachable) {
        let Some(word) = parsed.base(stage) else { continue };
        let expansion = evaluation.global_scope().expand(word);
        let Some(becomes) = expansion.text.filter(|t| !is_reference(t)) else { continue };
        for used in expansion.variables.iter().filter(|v| v.status == Status::Unset && v.operator.is_none()) {
            let known = unset.iter().any(|u| u.name == used.name);
            let entry_span = bare(&used.name).map(|a| a.span);
            if known || info.replaced_by.is_some() || given_by_hand(&used.name) && entry_span.is_none() {
                continue;
            }
            unset.push(Unset {
                name: used.name.clone(),
                entry: entry_span,
                declaration: used.declaration.unwrap_or(used.span),
                need: ArgNeed::From { span: word.span, becomes: becomes.clone() },
            });
        }
    }
    // In RUN only what the compose file names without giving it a value.
    for stage in parsed.stages.iter().filter(|s| unit.reaches(s.index)) {
        for index in stage.instructions.clone() {
            for (name, span) in bare_uses(unit, index) {
                let Some(arg) = bare(&name).filter(|_| !unset.iter().any(|u| u.name == name)) else { continue };
                let scope = evaluation.scope(index);
                let Some(variable) = scope.get(&name) else { continue };
                if variable.value == crate::dockerfile::expand::VariableValue::Unset {
                    let need = ArgNeed::Run(span);
                    unset.push(Unset { name, entry: Some(arg.span), declaration: variable.declaration, need });
                }
            }
        }
    }
    unset
}

/// Whether an image name can be read at all.
fn is_reference(text: &str) -> bool {
    let Some(image) = ImageRef::parse(text) else { return false };
    let fits = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))
    };
    let tag = |tag: &str| {
        tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && tag.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    image.path.split('/').all(fits) && image.tag.is_none_or(tag)
}

/// Variables that an instruction's script reads without a stand-in and without asking whether they are set, each once.
pub fn bare_uses(build: &Build, index: usize) -> Vec<(String, Span)> {
    let commands = build.commands(index);
    let mut tested: Vec<&str> = Vec::new();
    let mut uses: Vec<(String, Span)> = Vec::new();
    let mut set: Vec<&str> = Vec::new();
    // The variable of a `for` has the loop's values, whatever the environment says.
    set.extend(build.script(index).iter().flat_map(|s| &s.loops).map(|l| l.variable.as_str()));
    for (command, _) in commands {
        let name = command.name().unwrap_or_default();
        let asks = matches!(name.as_str(), "[" | "test" | "[[" | "case");
        let sets =
            matches!(name.as_str(), "export" | "read" | "declare" | "local" | "readonly" | "eval" | "." | "source");
        let values = command.assignments.iter().filter_map(|a| a.value.as_ref());
        let targets = command.redirects.iter().filter_map(|r| r.target.as_ref());
        for word in command.words.iter().chain(values).chain(targets) {
            for part in &word.parts {
                let Part::Variable { name, operator, .. } = part else { continue };
                let stands_in = operator.as_ref().is_some_and(|(o, _)| o.contains(['-', '+', '?', '=']));
                if asks || stands_in || command.context.conditional {
                    tested.push(name);
                } else if !set.contains(&name.as_str()) && !uses.iter().any(|(n, _)| n == name) {
                    uses.push((name.clone(), word.span));
                }
            }
            if sets
                && let Some(text) = word.parts.first()
                && let crate::shell::Part::Literal { text, .. } = text
            {
                set.push(text.split('=').next().unwrap_or(text));
            }
        }
        set.extend(command.assignments.iter().map(|a| a.name.as_str()));
    }
    uses.retain(|(n, _)| !tested.contains(&n.as_str()) && !set.contains(&n.as_str()));
    uses
}
