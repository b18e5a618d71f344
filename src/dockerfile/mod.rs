//! A Dockerfile as BuildKit reads it, with a byte span on every word.
//!
//! [`parse`] never stops at a fault: a faulty instruction is a node like any other, its [`Fault`] says what the builder
//! would report, and the next instruction is read as if nothing had happened.
//!
//! Text is kept as written: a [`Word`] still has its quotes and variables. What it *means* in its place (which ARG or
//! ENV is visible, with which value) is the business of [`expand`].

pub mod checks;
pub mod expand;
pub mod ignore_file;
pub mod image_ref;
pub mod parse;
pub mod platform;
pub mod ports;
pub mod refusals;
pub mod suggest;

mod flags;
mod heredoc;
mod instruction;
mod json;
mod lexer;
mod line;
mod stages;
mod template;
mod words;

use std::ops::Range;

use crate::text::{FileId, SourceFile, Span};

pub use line::join;
pub use parse::parse;

/// One parsed file.
#[derive(Debug)]
pub struct Dockerfile {
    pub file: FileId,
    pub directives: Vec<Directive>,
    /// The continuation character: `\` unless `# escape=` says a backtick.
    pub escape: char,
    /// All instructions in order, those before the first FROM included.
    pub instructions: Vec<Instruction>,
    /// Stages in order; each names its instructions by index.
    pub stages: Vec<Stage>,
    /// Whole-line comments, `#` included, line end excluded; also those inside continued instructions.
    pub comments: Vec<Span>,
    pub faults: Vec<Fault>,
    /// Set where the text is input of another program (Jinja, m4, cpp) and only that program's output is a Dockerfile.
    pub template: Option<Template>,
}

/// `# syntax=`, `# escape=`, `# check=` at the top of the file.
#[derive(Clone, Debug)]
pub struct Directive {
    pub name: String,
    pub value: String,
    pub span: Span,
    pub value_span: Span,
}

/// Why a file was recognised as a template, and where.
#[derive(Clone, Debug)]
pub struct Template {
    /// "Jinja or Go template", "m4", "C preprocessor".
    pub language: &'static str,
    pub span: Span,
}

/// What no builder accepts (`fatal`), or accepts with a meaning that was certainly not intended.
#[derive(Clone, Debug)]
pub struct Fault {
    pub span: Span,
    /// What is wrong in our words.
    pub message: String,
    /// BuildKit's own sentence where it is known.
    pub builder_says: Option<String>,
    /// What to write instead, where that is clear: replace `span` by this.
    pub suggestion: Option<String>,
    /// The builder refuses the file.
    pub fatal: bool,
    /// When it does.
    pub phase: Phase,
}

/// The builder's steps, in each of which it can refuse a Dockerfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Reading lines: heredocs, directives, JSON forms, `name=value`.
    Parse,
    /// Reading instructions, each on its own: words, numbers of arguments, flags and their values.
    Instructions,
    /// Putting stages together: what depends on variables or on other instructions.
    Build,
    /// Not in this build: an ONBUILD that fails in the builds that are based on this image.
    Trigger,
}

/// From one FROM to the next.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its index from 0, as in `COPY --from=0`.
    pub index: usize,
    /// The name after AS, as written.
    pub name: Option<Word>,
    /// Index of its FROM in [`Dockerfile::instructions`].
    pub from: usize,
    /// Indices of its instructions, FROM included.
    pub instructions: std::ops::Range<usize>,
}

/// The instruction words, and what is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keyword {
    From,
    Run,
    Cmd,
    Label,
    Maintainer,
    Expose,
    Env,
    Add,
    Copy,
    Entrypoint,
    Volume,
    User,
    Workdir,
    Arg,
    Onbuild,
    Stopsignal,
    Healthcheck,
    Shell,
    Unknown,
}

impl Keyword {
    /// All instructions of the language.
    pub const ALL: [Keyword; 18] = [
        Keyword::From,
        Keyword::Run,
        Keyword::Cmd,
        Keyword::Label,
        Keyword::Maintainer,
        Keyword::Expose,
        Keyword::Env,
        Keyword::Add,
        Keyword::Copy,
        Keyword::Entrypoint,
        Keyword::Volume,
        Keyword::User,
        Keyword::Workdir,
        Keyword::Arg,
        Keyword::Onbuild,
        Keyword::Stopsignal,
        Keyword::Healthcheck,
        Keyword::Shell,
    ];

    /// The word in capitals; "instruction" for an unknown one.
    pub fn as_str(self) -> &'static str {
        match self {
            Keyword::From => "FROM",
            Keyword::Run => "RUN",
            Keyword::Cmd => "CMD",
            Keyword::Label => "LABEL",
            Keyword::Maintainer => "MAINTAINER",
            Keyword::Expose => "EXPOSE",
            Keyword::Env => "ENV",
            Keyword::Add => "ADD",
            Keyword::Copy => "COPY",
            Keyword::Entrypoint => "ENTRYPOINT",
            Keyword::Volume => "VOLUME",
            Keyword::User => "USER",
            Keyword::Workdir => "WORKDIR",
            Keyword::Arg => "ARG",
            Keyword::Onbuild => "ONBUILD",
            Keyword::Stopsignal => "STOPSIGNAL",
            Keyword::Healthcheck => "HEALTHCHECK",
            Keyword::Shell => "SHELL",
            Keyword::Unknown => "instruction",
        }
    }

    /// In any case. The builder folds case as Unicode does, so two letters outside ASCII count as `K` and `I`.
    pub fn from_word(word: &str) -> Keyword {
        let folded;
        let word = if word.is_ascii() {
            word
        } else {
            folded = word.replace('\u{212a}', "k").replace('\u{130}', "i");
            &folded
        };
        let candidates: &[Keyword] = match word.len() {
            3 => &[Keyword::Run, Keyword::Env, Keyword::Arg, Keyword::Cmd, Keyword::Add],
            4 => &[Keyword::Copy, Keyword::From, Keyword::User],
            5 => &[Keyword::Label, Keyword::Shell],
            6 => &[Keyword::Expose, Keyword::Volume],
            7 => &[Keyword::Workdir, Keyword::Onbuild],
            _ => &[Keyword::Entrypoint, Keyword::Healthcheck, Keyword::Stopsignal, Keyword::Maintainer],
        };
        let same = |keyword: &&Keyword| keyword.as_str().eq_ignore_ascii_case(word);
        candidates.iter().find(same).copied().unwrap_or(Keyword::Unknown)
    }

    /// True if a `<<NAME` among its words opens a heredoc.
    pub fn takes_heredocs(self) -> bool {
        matches!(self, Keyword::Run | Keyword::Copy | Keyword::Add)
    }
}

/// One instruction, from its first word to the end of its last line or heredoc.
#[derive(Clone, Debug)]
pub struct Instruction {
    pub keyword: Keyword,
    pub keyword_span: Span,
    /// The whole of it: first word to last word, heredoc bodies included, final line end excluded.
    pub span: Span,
    /// First and last line (from 1), heredocs included, as BuildKit counts them.
    pub first_line: u32,
    pub last_line: u32,
    /// The last line of its own text, heredoc bodies excluded.
    pub text_last_line: u32,
    pub flags: Vec<Flag>,
    /// What follows the word and the flags; empty at its end if there is nothing.
    pub arguments: Span,
    pub body: Body,
    /// For an ONBUILD, those of the instruction that it holds.
    pub heredocs: Vec<Heredoc>,
    /// Empty lines between continued lines, their line ends included.
    pub empty_lines: Vec<Span>,
    /// Which of [`Dockerfile::comments`] are between the instruction before it and this one. A bare `#` line starts
    /// anew.
    pub comments: Range<usize>,
    /// `# check=` among these comments.
    pub checks: Option<Box<checks::CheckOptions>>,
}

/// `--name=value` before the arguments.
#[derive(Clone, Debug)]
pub struct Flag {
    /// Without the dashes: `from`, `mount`, `platform`.
    pub name: String,
    pub span: Span,
    /// What follows `=`; `None` for a bare flag. Unlike other words without its quotes and escapes, which the builder
    /// takes off a flag before it looks at it.
    pub value: Option<Word>,
    /// The parts of a `--mount` or `--device`.
    pub(crate) fields: Vec<Field>,
    /// Why they could not be told apart, in the builder's words.
    pub(crate) csv_error: Option<String>,
}

impl Flag {
    /// For `--mount` and `--device`: the comma-separated `key=value` fields, each with spans. Keys are in lower case.
    pub fn fields(&self) -> Vec<Field> {
        self.fields.clone()
    }

    /// The value of the last field of one of these names (`["target", "dst", "destination"]`), as the builder takes it.
    pub fn field(&self, names: &[&str]) -> Option<&Word> {
        self.fields.iter().rev().find(|field| names.contains(&field.key.as_str()))?.value.as_ref()
    }
}

/// One `key=value` of a `--mount`; a bare key has no value.
#[derive(Clone, Debug)]
pub struct Field {
    pub key: String,
    pub value: Option<Word>,
    pub span: Span,
}

/// A word as written: with quotes and variables, but with continuations (escape character and line end, and comment
/// lines between) taken out.
#[derive(Clone, Debug)]
pub struct Word {
    pub text: String,
    pub span: Span,
}

impl Word {
    /// True if its text is in the file letter by letter, so that parts of it have exact places.
    pub fn is_verbatim(&self) -> bool {
        self.text.len() == self.span.len()
    }
}

/// What an instruction says, by instruction.
#[derive(Clone, Debug)]
pub enum Body {
    From {
        image: Word,
        alias: Option<Word>,
    },
    /// RUN, CMD, ENTRYPOINT.
    Command(CommandForm),
    /// COPY and ADD. A heredoc source is a word of its `<<NAME`.
    Copy {
        sources: Vec<Word>,
        destination: Option<Word>,
        json: bool,
    },
    Arg(Vec<Pair>),
    Env(Vec<Pair>),
    Label(Vec<Pair>),
    Expose(Vec<Word>),
    Volume {
        paths: Vec<Word>,
        json: bool,
    },
    User(Word),
    Workdir(Word),
    Stopsignal(Word),
    Maintainer(Word),
    Healthcheck(Healthcheck),
    /// SHELL: the words of its JSON list, decoded.
    Shell(Vec<Word>),
    Onbuild(Box<Instruction>),
    /// An unknown word, or an instruction whose arguments do not parse: the words as written.
    Broken(Vec<Word>),
}

/// `NAME=value`; `ARG NAME` alone has no value.
#[derive(Clone, Debug)]
pub struct Pair {
    pub name: Word,
    pub value: Option<Word>,
    /// Written `ENV name value`, with a space for the equals sign.
    pub legacy: bool,
    pub span: Span,
}

/// How a command was written.
#[derive(Clone, Debug)]
pub enum CommandForm {
    /// `["a", "b"]`: the decoded strings, each with the span of its quoted form.
    Exec { words: Vec<Word>, span: Span },
    /// Text for the shell. `span` covers it in the file, continuations and comments included; heredoc bodies come after
    /// it.
    Shell { span: Span, looks_like_json: bool },
}

impl CommandForm {
    pub fn span(&self) -> Span {
        match self {
            CommandForm::Exec { span, .. } | CommandForm::Shell { span, .. } => *span,
        }
    }
}

#[derive(Clone, Debug)]
pub enum Healthcheck {
    /// `HEALTHCHECK NONE`.
    None,
    Command(CommandForm),
}

/// `<<NAME`, its body and its end.
#[derive(Clone, Debug)]
pub struct Heredoc {
    pub name: String,
    /// The `<<NAME` word.
    pub span: Span,
    /// The body's lines, the last line end included, the terminator excluded.
    pub body: Span,
    /// `<<"NAME"`: variables are not expanded.
    pub quoted: bool,
    /// `<<-NAME`: leading tabs are stripped.
    pub strip_tabs: bool,
}

impl Dockerfile {
    /// The instructions of a stage.
    pub fn stage_instructions(&self, stage: &Stage) -> &[Instruction] {
        self.instructions.get(stage.instructions.clone()).unwrap_or(&[])
    }

    /// The FROM of a stage: image and alias words.
    pub fn base(&self, stage: &Stage) -> Option<&Word> {
        match &self.instructions.get(stage.from)?.body {
            Body::From { image, .. } => Some(image),
            _ => None,
        }
    }

    /// The options of the `# check=` directive at the top.
    pub fn check_directive(&self) -> Option<(checks::CheckOptions, Span)> {
        let directive = self.directives.iter().find(|directive| directive.name == "check")?;
        Some((checks::CheckOptions::parse(&directive.value)?, directive.span))
    }

    /// The stage that `--target`, `COPY --from` or FROM mean by this name: names compare without case, the last one
    /// before `before` wins for FROM and COPY, and a number is an index.
    pub fn stage_named(&self, name: &str, before: usize) -> Option<&Stage> {
        let earlier = self.stages.get(..before.min(self.stages.len())).unwrap_or(&[]);
        let by_name = earlier.iter().rev().find(|s| s.name.as_ref().is_some_and(|n| n.text.eq_ignore_ascii_case(name)));
        by_name.or_else(|| name.parse::<usize>().ok().and_then(|i| earlier.get(i)))
    }
}

impl Instruction {
    /// What the shell gets to read of a shell-form RUN, CMD, ENTRYPOINT or HEALTHCHECK: the joined text, followed by
    /// the heredocs as written. `None` for any other form.
    pub fn shell_text(&self, file: &SourceFile, escape: char) -> Option<String> {
        let (Body::Command(CommandForm::Shell { span, .. })
        | Body::Healthcheck(Healthcheck::Command(CommandForm::Shell { span, .. }))) = &self.body
        else {
            return None;
        };
        let mut text = join(file, *span, escape).text;
        for heredoc in &self.heredocs {
            text.push('\n');
            text.push_str(file.slice(heredoc.body));
            text.push_str(&heredoc.name);
        }
        Some(text)
    }

    /// True if a comment before it turns a check off.
    pub fn skips_check(&self, check: &str) -> bool {
        self.checks.as_ref().is_some_and(|checks| checks.skips(check))
    }

    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|f| f.name == name)
    }
}
