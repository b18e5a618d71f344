//! The words of a Dockerfile: their text after expansion, and the variables that they use.

use std::ops::Range;

use crate::dockerfile::lexer::{LexError, LexerOptions, LexerVariables, VariableLookup, VariableSite, lex};
use crate::dockerfile::{Body, Instruction, Keyword, Word};
use crate::text::Span;

use super::scope::VariableScope;
use super::variables::VariableValue;

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

impl VariableScope<'_> {
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

/// True if a source of COPY or ADD is the word of one of its heredocs.
pub fn is_heredoc(instruction: &Instruction, source: &Word) -> bool {
    instruction.heredocs.iter().any(|heredoc| heredoc.span.start == source.span.start)
}
