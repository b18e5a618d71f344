//! What variables mean: ARG and ENV scopes, the expansion of words in them, and the graph of stages that follows from it.
//!
//! An [`Evaluation`] answers for one set of inputs (build arguments, target, named contexts, platform). Values are known,
//! unset or unknown; what is unknown stays unknown, and a word that holds an unknown value has no text.

use std::collections::HashMap;
use std::ops::Range;

use super::lexer::{LexError, LexerOptions, LexerVariables, VariableLookup, VariableSite, lex};
use super::{Body, Dockerfile, Instruction, Keyword, Pair, Word};
use crate::text::Span;

pub use super::stages::{BaseEnvironment, BuildInputs, StageBase, StageDependency, StageInfo};

/// A longer value counts as unknown: chains such as `ENV A=$A$A` double with every line.
const MAX_VALUE: usize = 64 * 1024;
/// As many FROM steps are followed to find a variable: no file that is checked has more.
const MAX_ANCESTORS: usize = 2_000;

/// The arguments that every build has, to be declared with a bare `ARG NAME` where a stage wants them.
pub const AUTOMATIC_ARGUMENTS: [&str; 11] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// Arguments that steer the builder or reach every RUN; a caller may give them though no ARG declares them.
/// Source: "Predefined ARGs" and "BuildKit built-in build args" of the Dockerfile reference, read 2026-11.
pub fn is_predefined(name: &str) -> bool {
    const PROXIES: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];
    PROXIES.iter().any(|proxy| proxy.eq_ignore_ascii_case(name))
        || name.starts_with("BUILDKIT_")
        || name == "SOURCE_DATE_EPOCH"
        || AUTOMATIC_ARGUMENTS.contains(&name)
}

/// Set for the builder's own use and never seen by a word.
fn never_expands(name: &str) -> bool {
    matches!(name, "BUILDKIT_SBOM_SCAN_CONTEXT" | "BUILDKIT_SBOM_SCAN_STAGE")
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableValue {
    Known(String),
    /// Surely without a value, which is not the same as empty for `${x-y}`.
    Unset,
    /// Has a value or not: it cannot be told from here.
    Unknown,
}

impl VariableValue {
    pub(super) fn new(text: Option<String>) -> Self {
        match text {
            Some(text) if text.len() <= MAX_VALUE => VariableValue::Known(text),
            _ => VariableValue::Unknown,
        }
    }

    pub fn known(&self) -> Option<&str> {
        match self {
            VariableValue::Known(text) => Some(text),
            VariableValue::Unset | VariableValue::Unknown => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableKind {
    Arg,
    Env,
}

/// Where a variable's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableOrigin {
    /// The value at its declaration (the span is the value's).
    Here(Span),
    /// The default of the ARG before the first FROM (the span is that of its pair).
    Global(Span),
    /// A build argument of the caller's.
    Caller,
    /// `TARGETARCH` and the like.
    Automatic,
    /// The base image.
    Image,
    /// Declared without a value, and none is given.
    Nowhere,
}

/// A variable from its declaration on.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub value: VariableValue,
    pub kind: VariableKind,
    pub origin: VariableOrigin,
    /// The `NAME=value` that declares it; FROM's image for what the base image brings.
    pub declaration: Span,
    /// Index of the declaring instruction.
    pub instruction: usize,
    /// Seen from this place on: an instruction, and a pair within it.
    pub(super) visible: (u32, u32),
}

/// Declarations by name, in order.
pub(super) type VariableNames = HashMap<String, Vec<u32>>;

/// A Dockerfile under one set of inputs.
#[derive(Debug)]
pub struct Evaluation {
    pub(super) escape: char,
    pub(super) variables: Vec<Variable>,
    pub(super) globals: VariableNames,
    pub(super) stages: Vec<StageInfo>,
    /// First instruction of each stage.
    pub(super) starts: Vec<usize>,
    pub(super) target: Option<usize>,
}

/// What is visible at one place.
#[derive(Clone, Copy, Debug)]
pub struct VariableScope<'e> {
    evaluation: &'e Evaluation,
    /// `None` before the first FROM.
    stage: Option<usize>,
    at: (u32, u32),
}

/// A word with its variables replaced.
#[derive(Clone, Debug, Default)]
pub struct Expansion {
    /// `None` if an unknown value went into it, or if the word is faulty.
    pub text: Option<String>,
    pub variables: Vec<VarUse>,
    /// What the builder would refuse: quotes or braces that do not match, `${x?…}` of an unset variable.
    pub error: Option<ExpandError>,
}

#[derive(Clone, Debug)]
pub struct ExpandError {
    /// The builder's sentence.
    pub message: String,
    pub span: Span,
}

/// A variable that a word uses.
#[derive(Clone, Debug)]
pub struct VarUse {
    pub name: String,
    /// In the word's text, from `$` to the end of the name or the closing brace.
    pub range: Range<usize>,
    /// The same place in the file, if `exact`; else the whole word's.
    pub span: Span,
    pub exact: bool,
    /// `-`, `+`, `?`, `#`, `%` or `/`; `None` for `$x` and `${x}`.
    pub operator: Option<char>,
    /// As in `:-`: an empty value counts as unset.
    pub colon: bool,
    pub status: Status,
    /// Where it is declared, if it is.
    pub declaration: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has a value, known or not.
    Set,
    /// Declared, and without a value.
    Unset,
    /// No instruction declares it, but the base image, which we do not know, may set it.
    PerhapsInImage,
    /// Nothing sets it.
    Undefined,
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
            evaluation.image_environment(dockerfile, index, inputs);
            let instructions = dockerfile.stage_instructions(stage);
            for (offset, instruction) in instructions.iter().enumerate() {
                evaluation.declarations(instruction, stage.instructions.start + offset, index, inputs);
            }
        }
        evaluation.connect(dockerfile, &by_name, inputs);
        evaluation
    }

    /// What an instruction sees. An ENV sees what stood before it; an ARG sees the pairs before its own too, see
    /// [`Evaluation::pair_scope`].
    pub fn scope(&self, instruction: usize) -> VariableScope<'_> {
        VariableScope { evaluation: self, stage: self.stage_of(instruction), at: (to_u32(instruction), 0) }
    }

    /// What the value of an instruction's `nth` pair sees.
    pub fn pair_scope(&self, instruction: usize, nth: usize) -> VariableScope<'_> {
        VariableScope { evaluation: self, stage: self.stage_of(instruction), at: (to_u32(instruction), to_u32(nth)) }
    }

    /// What FROM sees: all that is declared before the first of them.
    pub fn global_scope(&self) -> VariableScope<'_> {
        VariableScope { evaluation: self, stage: None, at: (u32::MAX, u32::MAX) }
    }

    /// What is visible at the end of a stage: what a stage that stands on it begins with, and what its containers run with.
    pub fn end_scope(&self, stage: usize) -> VariableScope<'_> {
        VariableScope { evaluation: self, stage: Some(stage), at: (u32::MAX, u32::MAX) }
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

    pub(super) fn declare(&mut self, stage: Option<usize>, variable: Variable) {
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
        let scope = VariableScope { evaluation: self, stage: None, at: (to_u32(instruction), to_u32(nth)) };
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
                    let at = (to_u32(index), to_u32(nth));
                    let variable = self.stage_arg(pair, index, at, stage, inputs);
                    self.declare(Some(stage), variable);
                }
            }
            Body::Env(pairs) => {
                // All of an ENV's values see what stood before the instruction.
                let scope = VariableScope { evaluation: self, stage: Some(stage), at: (to_u32(index), 0) };
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

    fn stage_arg(
        &self,
        pair: &Pair,
        instruction: usize,
        at: (u32, u32),
        stage: usize,
        inputs: &BuildInputs<'_>,
    ) -> Variable {
        let name = pair.name.text.clone();
        let scope = VariableScope { evaluation: self, stage: Some(stage), at };
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
        Variable { name, value, kind, origin, declaration: pair.span, instruction, visible: (at.0, at.1 + 1) }
    }
}

pub(super) fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl<'e> VariableScope<'e> {
    /// The declaration of a name that counts here.
    pub fn get(&self, name: &str) -> Option<&'e Variable> {
        let evaluation = self.evaluation;
        let Some(mut stage) = self.stage else {
            return evaluation.latest(&evaluation.globals, name, self.at);
        };
        let mut at = self.at;
        for _ in 0..MAX_ANCESTORS {
            let info = evaluation.stages.get(stage)?;
            if let Some(variable) = evaluation.latest(&info.names, name, at) {
                return Some(variable);
            }
            stage = info.ancestor?;
            at = (u32::MAX, u32::MAX);
        }
        None
    }

    /// Whether a name that no instruction declares may still have a value.
    pub fn image_may_set(&self) -> bool {
        match self.stage {
            Some(stage) => self.evaluation.stages.get(stage).is_none_or(|info| !info.environment_known),
            None => false,
        }
    }

    /// All names that have a declaration here, in no order.
    pub fn names(&self) -> Vec<&'e str> {
        let evaluation = self.evaluation;
        let mut names: Vec<&str> = Vec::new();
        let mut stage = self.stage;
        if stage.is_none() {
            names.extend(evaluation.globals.keys().map(String::as_str));
        }
        for _ in 0..MAX_ANCESTORS {
            let Some(info) = stage.and_then(|stage| evaluation.stages.get(stage)) else { break };
            names.extend(info.names.keys().map(String::as_str));
            stage = info.ancestor;
        }
        names.retain(|name| self.get(name).is_some());
        names.sort_unstable();
        names.dedup();
        names
    }

    /// A word of FROM, COPY, WORKDIR, ENV … as the builder sees it.
    pub fn expand(&self, word: &Word) -> Expansion {
        self.run(word, LexerOptions::expand(self.evaluation.escape)).0
    }

    /// As [`Scope::expand`], with the words that blanks in the result make of it: what EXPOSE does.
    pub fn expand_words(&self, word: &Word) -> (Expansion, Option<Vec<String>>) {
        let options = LexerOptions { words: true, ..LexerOptions::expand(self.evaluation.escape) };
        let (expansion, words) = self.run(word, options);
        let words = expansion.text.is_some().then_some(words);
        (expansion, words)
    }

    /// The body of a heredoc that COPY or ADD writes: quotes mean nothing in it, and a backslash escapes.
    pub fn expand_text(&self, word: &Word) -> Expansion {
        self.run(word, LexerOptions { skip_quotes: true, ..LexerOptions::expand('\\') }).0
    }

    fn run(&self, word: &Word, options: LexerOptions) -> (Expansion, Vec<String>) {
        let plain = |c: char| c == '$' || c == options.escape || c == '\'' || c == '"';
        if !options.words && !word.text.contains(plain) {
            return (Expansion { text: Some(word.text.clone()), ..Expansion::default() }, Vec::new());
        }
        let exact = word.text.len() == word.span.len();
        let mut uses = Uses { scope: *self, word, exact, found: Vec::new() };
        match lex(&word.text, options, &mut uses) {
            Ok(lexed) => {
                let text = (!lexed.whole.unknown).then_some(lexed.whole.text);
                let words = lexed.words.into_iter().map(|word| word.text).collect();
                (Expansion { text, variables: uses.found, error: None }, words)
            }
            Err(LexError { too_deep: true, .. }) => {
                (Expansion { variables: uses.found, ..Expansion::default() }, Vec::new())
            }
            Err(error) => {
                let message = format!("failed to process {:?}: {}", word.text, error.message);
                let error = Some(ExpandError { message, span: word.span });
                (Expansion { text: None, variables: uses.found, error }, Vec::new())
            }
        }
    }
}

impl Evaluation {
    /// The last declaration of `names` that is visible at `at`.
    fn latest(&self, names: &VariableNames, name: &str, at: (u32, u32)) -> Option<&Variable> {
        let ids = names.get(name)?;
        let variable = |id: &u32| self.variables.get(*id as usize);
        let count = ids.partition_point(|id| variable(id).is_some_and(|variable| variable.visible <= at));
        variable(ids.get(count.checked_sub(1)?)?)
    }
}

/// Collects the variables of one word.
struct Uses<'e, 'w> {
    scope: VariableScope<'e>,
    word: &'w Word,
    exact: bool,
    found: Vec<VarUse>,
}

impl LexerVariables for Uses<'_, '_> {
    fn get(&mut self, site: VariableSite) -> VariableLookup<'_> {
        let variable = self.scope.get(&site.name);
        let (status, found) = match variable.map(|variable| &variable.value) {
            Some(VariableValue::Known(text)) => (Status::Set, VariableLookup::Value(text)),
            Some(VariableValue::Unknown) => (Status::Set, VariableLookup::Unknown),
            Some(VariableValue::Unset) => (Status::Unset, VariableLookup::Unset),
            None if self.scope.image_may_set() => (Status::PerhapsInImage, VariableLookup::Unknown),
            None => (Status::Undefined, VariableLookup::Unset),
        };
        let span = if self.exact {
            let start = self.word.span.start as usize;
            Span::new(self.word.span.file, start + site.range.start..start + site.range.end)
        } else {
            self.word.span
        };
        self.found.push(VarUse {
            name: site.name,
            range: site.range,
            span,
            exact: self.exact,
            operator: site.operator,
            colon: site.colon,
            status,
            declaration: variable.map(|variable| variable.declaration),
        });
        found
    }
}

/// Words of an instruction in which the builder replaces variables, flags' values included. RUN's text is the shell's.
pub fn expanded_words(instruction: &Instruction) -> Vec<&Word> {
    let mut words: Vec<&Word> = Vec::new();
    for flag in &instruction.flags {
        match (instruction.keyword, flag.name.as_str()) {
            (Keyword::Copy | Keyword::Add, "chown" | "chmod" | "checksum") => words.extend(&flag.value),
            (Keyword::Run, "mount") => words.extend(flag.fields.iter().filter_map(|field| field.value.as_ref())),
            (Keyword::From, "platform") => words.extend(&flag.value),
            _ => {}
        }
    }
    match &instruction.body {
        Body::From { image, .. } => words.push(image),
        Body::Copy { sources, destination, .. } => {
            words.extend(sources.iter().filter(|source| !is_heredoc(instruction, source)));
            words.extend(destination);
        }
        Body::Arg(pairs) => words.extend(pairs.iter().filter_map(|pair| pair.value.as_ref())),
        Body::Env(pairs) | Body::Label(pairs) => {
            words.extend(pairs.iter().flat_map(|pair| std::iter::once(&pair.name).chain(&pair.value)));
        }
        Body::Expose(ports) => words.extend(ports),
        Body::Volume { paths, .. } => words.extend(paths),
        Body::User(word) | Body::Workdir(word) | Body::Stopsignal(word) => words.push(word),
        _ => {}
    }
    words
}

/// Whether a source of COPY or ADD is the word of one of its heredocs.
pub fn is_heredoc(instruction: &Instruction, source: &Word) -> bool {
    instruction.heredocs.iter().any(|heredoc| heredoc.span.start == source.span.start)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::dockerfile::parse;
    use crate::text::Sources;

    fn read(text: &str) -> (Sources, Dockerfile) {
        let mut sources = Sources::new();
        let id = sources.add("Dockerfile".into(), "Dockerfile".into(), text.into());
        let dockerfile = parse(sources.file(id));
        (sources, dockerfile)
    }

    /// What `words` become behind the given lines of a stage on scratch.
    fn expand(setup: &str, word: &str) -> Result<Option<String>, String> {
        let (_, dockerfile) = read(&format!("FROM scratch\n{setup}\nUSER {word}\n"));
        assert!(dockerfile.faults.is_empty(), "{:?}", dockerfile.faults);
        let evaluation = Evaluation::new(&dockerfile, &BuildInputs::default());
        let last = dockerfile.instructions.len() - 1;
        let Body::User(word) = &dockerfile.instructions[last].body else { panic!() };
        let expansion = evaluation.scope(last).expand(word);
        match expansion.error {
            Some(error) => Err(error.message),
            None => Ok(expansion.text),
        }
    }

    fn text(setup: &str, word: &str) -> String {
        expand(setup, word).unwrap().unwrap_or_else(|| "(unknown)".to_owned())
    }

    #[test]
    fn quotes_and_escapes() {
        let env = "ENV x=val e=";
        for (word, is) in [
            ("$x", "val"),
            ("a${x}b", "avalb"),
            ("'$x'", "$x"),
            ("\"$x\"", "val"),
            ("\\$x", "$x"),
            ("\"\\$x \\a\"", "$x \\a"),
            ("a\\ b", "a b"),
            ("$", "$"),
            ("$x.y", "val.y"),
            ("$1x", "x"),
            ("[$nope]", "[]"),
        ] {
            assert_eq!(text(env, word), is, "{word}");
        }
        for word in ["'open", "\"open", "${x", "${}", "${:}", "${x:foo}", "${x^}", "${x:#y}"] {
            assert!(expand(env, word).is_err(), "{word}");
        }
    }

    #[test]
    fn defaults_and_alternatives() {
        let env = "ENV x=val e=\nARG bare";
        for (word, is) in [
            ("${x:-d}", "val"),
            ("${e:-d}", "d"),
            ("${e-d}", ""),
            ("${nope-d}", "d"),
            ("${bare:-d}", "d"),
            ("${x:+d}", "d"),
            ("${e:+d}", ""),
            ("${e+d}", "d"),
            ("${nope+d}", ""),
            ("${nope:-${x}-'q q'}", "val-q q"),
            ("${x:?no}", "val"),
        ] {
            assert_eq!(text(env, word), is, "{word}");
        }
        assert!(expand(env, "${nope:?give it}").unwrap_err().ends_with("nope: give it"));
        assert!(expand(env, "${e:?}").unwrap_err().ends_with("e: is not allowed to be empty"));
        assert_eq!(text(env, "${e?}"), "");
    }

    #[test]
    fn patterns() {
        let env = "ENV p=/usr/local/lib/x.tar.gz";
        for (word, is) in [
            ("${p##*/}", "x.tar.gz"),
            ("${p#*/}", "usr/local/lib/x.tar.gz"),
            ("${p%.*}", "/usr/local/lib/x.tar"),
            ("${p%%.*}", "/usr/local/lib/x"),
            ("${p%/*}", "/usr/local/lib"),
            ("${p#nope}", "/usr/local/lib/x.tar.gz"),
            ("${p/l/L}", "/usr/Local/lib/x.tar.gz"),
            ("${p//l/L}", "/usr/LocaL/Lib/x.tar.gz"),
            ("${p//\\//_}", "_usr_local_lib_x.tar.gz"),
            ("${p/?sr/}", "//local/lib/x.tar.gz"),
            ("${nope#x}", ""),
        ] {
            assert_eq!(text(env, word), is, "{word}");
        }
    }

    #[test]
    fn arg_and_env_take_turns() {
        assert_eq!(text("ARG a=1\nENV a=2", "$a"), "2");
        assert_eq!(text("ENV a=1\nARG a", "$a"), "1");
        assert_eq!(text("ARG a=1 b=$a", "$b"), "1");
        assert_eq!(text("ENV a=1\nENV a=2 b=$a", "$b"), "1");
        assert_eq!(text("ENV a 1 2", "$a"), "1 2");
        assert_eq!(text("ENV a=\"1 2\" b='$a'", "$a$b"), "1 2$a");
    }

    fn evaluate<'i>(
        dockerfile: &Dockerfile,
        args: &'i [(String, Option<String>)],
        inputs: BuildInputs<'i>,
    ) -> Evaluation {
        Evaluation::new(dockerfile, &BuildInputs { args, ..inputs })
    }

    #[test]
    fn build_arguments_reach_declared_args_only() {
        let (_, d) = read("ARG A=1\nARG B\nFROM x:$A$B\nARG A\nENV E=$A$B$C\nARG C=$A\nUSER $C\n");
        let args = [("A".to_owned(), Some("2".to_owned())), ("B".to_owned(), None)];
        let e = evaluate(&d, &args, BuildInputs::default());
        assert_eq!(e.stages()[0].base, StageBase::Unknown);
        let a = e.end_scope(0).get("A").unwrap();
        assert_eq!((&a.value, a.origin), (&VariableValue::Known("2".into()), VariableOrigin::Caller));
        assert_eq!(e.end_scope(0).get("C").unwrap().value, VariableValue::Known("2".into()));
        assert!(e.end_scope(0).get("B").is_none());
        let e = evaluate(&d, &args[..1], BuildInputs::default());
        assert_eq!(e.stages()[0].base, StageBase::Image("x:2".into()));
        let e = evaluate(&d, &[], BuildInputs::default());
        assert!(matches!(e.end_scope(0).get("A").unwrap().origin, VariableOrigin::Global(_)));
    }

    #[test]
    fn platform_arguments_are_global() {
        let (_, d) = read(
            "FROM --platform=$BUILDPLATFORM x AS $TARGETARCH\nFROM x-$TARGETARCH\nUSER $TARGETARCH\nARG TARGETARCH\nUSER $TARGETARCH\n",
        );
        let e = Evaluation::new(&d, &BuildInputs { platform: Some("linux/arm64"), ..BuildInputs::default() });
        assert_eq!(e.stages()[1].base, StageBase::Image("x-arm64".into()));
        let at = |index: usize| {
            let Body::User(word) = &d.instructions[index].body else { panic!() };
            e.scope(index).expand(word)
        };
        assert_eq!(at(2).variables[0].status, Status::PerhapsInImage);
        assert_eq!(at(4).text.unwrap(), "arm64");
        assert_eq!(e.stages()[0].platform, None);
    }

    #[test]
    fn stages_inherit_and_depend() {
        let text = "FROM scratch AS Base\nARG A=1\nENV E=2\nONBUILD COPY --from=tools a b\nFROM scratch AS tools\nFROM base AS app\nENV F=$A$E\nRUN --mount=from=tools,target=/t x\nCOPY --from=3 a b\nFROM img AS unused\nFROM app\nCOPY --from=other.io/x a b\nCOPY --from=ctx a b\nCOPY --from=APP a b\n";
        let (sources, d) = read(text);
        let contexts = ["ctx".to_owned()];
        let e = Evaluation::new(
            &d,
            &BuildInputs { named_contexts: &contexts, target: Some("App"), ..BuildInputs::default() },
        );
        assert_eq!(e.stages()[2].base, StageBase::Stage(0));
        assert_eq!(e.end_scope(2).get("F").unwrap().value, VariableValue::Known("12".into()));
        let sources_of = |i: usize| e.stages()[i].dependencies.iter().map(|d| d.source.clone()).collect::<Vec<_>>();
        assert_eq!(sources_of(2), [StageBase::Stage(1), StageBase::Stage(3), StageBase::Stage(1)]);
        assert_eq!(
            sources_of(4),
            [StageBase::Image("other.io/x".into()), StageBase::Context("ctx".into()), StageBase::Stage(2)]
        );
        assert_eq!(e.stages().iter().map(|s| s.reachable).collect::<Vec<_>>(), [true, true, true, true, false]);
        assert_eq!(sources.slice(e.stages()[2].dependencies[0].span), "tools");
        assert!(e.stages()[0].environment_known && e.stages()[2].environment_known && !e.stages()[3].environment_known);
        // The name in FROM keeps its case, and stages have none.
        let (_, d) = read("FROM scratch AS base\nFROM Base\n");
        assert_eq!(Evaluation::new(&d, &BuildInputs::default()).stages()[1].base, StageBase::Image("Base".into()));
    }

    #[test]
    fn named_contexts_replace_images_and_stages() {
        let (_, d) = read("FROM docker.io/library/alpine AS a\nFROM golang:1 AS b\nFROM a\n");
        let contexts = ["alpine:latest".to_owned(), "b".to_owned()];
        let e = Evaluation::new(&d, &BuildInputs { named_contexts: &contexts, ..BuildInputs::default() });
        assert_eq!(e.stages()[0].base, StageBase::Context("alpine:latest".into()));
        assert_eq!(e.stages()[1].replaced_by.as_deref(), Some("b"));
    }

    #[test]
    fn what_the_image_may_set_is_unknown() {
        let (_, d) = read("FROM python:3\nUSER $FOO-${BAR:-x}\nFROM alpine\nUSER $FOO-${BAR:-x}\n");
        let e = Evaluation::new(&d, &BuildInputs::default());
        let at = |index: usize| {
            let Body::User(word) = &d.instructions[index].body else { panic!() };
            e.scope(index).expand(word)
        };
        assert_eq!((at(1).text, at(1).variables[0].status), (None, Status::PerhapsInImage));
        assert_eq!((at(3).text.unwrap(), at(3).variables[0].status), ("-x".to_owned(), Status::Undefined));
    }

    #[test]
    fn uses_have_places() {
        let (sources, d) = read("FROM scratch\nENV A=\"x ${B:-$C} \\\n $D\"\nWORKDIR /a/$B\n");
        let e = Evaluation::new(&d, &BuildInputs::default());
        let Body::Workdir(word) = &d.instructions[2].body else { panic!() };
        let uses = e.scope(2).expand(word).variables;
        assert_eq!(sources.slice(uses[0].span), "$B");
        let Body::Env(pairs) = &d.instructions[1].body else { panic!() };
        let uses = e.scope(1).expand(pairs[0].value.as_ref().unwrap()).variables;
        let names: Vec<_> = uses.iter().map(|u| (u.name.as_str(), u.operator, u.exact)).collect();
        assert_eq!(names, [("C", None, false), ("B", Some('-'), false), ("D", None, false)]);
    }

    #[test]
    fn bombs_stay_small() {
        let doubling: String = (0..100).map(|_| "ENV A=$A$A\n").collect();
        let wide = format!("ENV B={}\n", "$A".repeat(30_000));
        let deep = format!("USER {}\n", "${x:-".repeat(5_000));
        let chain: String = (0..500).map(|i| format!("FROM s{i} AS s{}\nARG v{i}=$nope\n", i + 1)).collect();
        let text = format!("FROM scratch AS s0\nENV A=aaaaaaaa\n{doubling}{wide}{deep}{chain}");
        let (_, d) = read(&text);
        let e = Evaluation::new(&d, &BuildInputs::default());
        assert_eq!(e.end_scope(0).get("A").unwrap().value, VariableValue::Unknown);
        for (index, instruction) in d.instructions.iter().enumerate() {
            for word in expanded_words(instruction) {
                e.scope(index).expand(word);
            }
        }
    }
}
