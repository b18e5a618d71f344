//! What a shell would run: every simple command of a script, with its words, their places and the conditions around it.
//!
//! The parser crate is named in this module only. Spans are places in the file that the text was cut from,
//! because continuation lines and comments are masked in place, not joined (see [`mask`]).

mod effective;
pub mod mask;
mod options;
mod parts;
mod read;
mod resolve;
#[cfg(test)]
mod tests;

use crate::text::Span;

pub use options::{Dialect, ShellOptions};
pub use read::{ScriptPlace, ShellHeredoc, read, read_exec, read_instruction};
pub use resolve::{Value, Variables};

/// Everything that one script says.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// In the order of execution as written: a pipeline's from left to right, a function's body where it is defined,
    /// a command substitution's before the command that holds it.
    pub commands: Vec<Command>,
    /// Names of functions that the script defines.
    pub functions: Vec<String>,
    /// Where the shell would refuse the text. Commands before and after are still listed as far as they are certain.
    pub faults: Vec<ShellFault>,
    /// `set -e` is on at the start or switched on in the first command (`set -e`, `set -eux`, `sh -e` shebang).
    pub errexit: bool,
    /// `set -o pipefail`, likewise.
    pub pipefail: bool,
    /// Its for loops, with what their variables run through.
    pub loops: Vec<Loop>,
    /// A shell comment in a continued line, to the end of the instruction: the builder joins the lines, so the shell
    /// takes all of it for comment.
    pub swallowed: Option<Span>,
    /// The text is not for a shell that we read (PowerShell, cmd, another language): there are no commands, and nothing is
    /// known of what it does.
    pub opaque: bool,
}

/// `for VARIABLE in WORDS; do BODY`.
#[derive(Clone, Debug)]
pub struct Loop {
    pub variable: String,
    /// `None` without `in`: the script's arguments.
    pub words: Option<Vec<Word>>,
    /// The commands between `do` and `done`.
    pub body: Span,
}

#[derive(Clone, Debug)]
pub struct ShellFault {
    pub span: Span,
    pub message: String,
    /// The text went over a limit of ours; a shell may well accept it.
    pub limit: bool,
}

/// One simple command.
#[derive(Clone, Debug)]
pub struct Command {
    /// From its first to its last word, assignments and redirections included.
    pub span: Span,
    /// `A=b` before the command's name; the command itself may be absent.
    pub assignments: Vec<Assignment>,
    /// The name first. Empty for a bare assignment.
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
    pub context: CommandPosition,
    /// Bodies of heredocs that feed this command's input, in order.
    pub heredocs: Vec<HeredocBody>,
}

#[derive(Clone, Debug)]
pub struct Assignment {
    pub name: String,
    /// `None` for an array.
    pub value: Option<Word>,
    /// `A+=b`.
    pub append: bool,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Redirect {
    /// `>`, `>>`, `<`, `2>`, `&>` …
    pub operator: String,
    pub target: Option<Word>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct HeredocBody {
    pub span: Span,
    pub quoted: bool,
    pub strip_tabs: bool,
}

/// A word, as written and as far as it is known.
#[derive(Clone, Debug)]
pub struct Word {
    pub span: Span,
    pub parts: Vec<Part>,
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text after quote removal.
    Literal { text: String, quoted: bool },
    /// `$NAME` or `${NAME}` with an operator, if any: (`:-`, word text as written).
    Variable { name: String, operator: Option<(String, String)>, quoted: bool },
    /// `$(…)` or backticks: the output of commands, unknown.
    Substitution { quoted: bool },
    /// An unquoted `*`, `?`, `[…]` or `{a,b}`, as written.
    Glob(String),
    /// `$((…))`, process substitution, anything else that only a running shell knows.
    Opaque,
}

/// What must hold for a command to run, and who looks at its outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandPosition {
    /// In a branch of if, case, `&&` after a test, or behind `||`: it may not run at all.
    pub conditional: bool,
    /// Its failure is caught: before `||`, in an `if`/`while` condition, negated, or followed by `|| true`.
    pub guarded: bool,
    /// In the body of a for, while or until.
    pub looped: bool,
    /// In the body of this function.
    pub function: Option<String>,
    /// In `( … )`: its variables and directory are gone afterwards.
    pub subshell: bool,
    /// In `$( … )` or backticks.
    pub substitution: bool,
    /// Part of a pipeline of more than one command; `Some(true)` for its last one.
    pub pipeline: Option<bool>,
    /// Its failure goes unnoticed because the script goes on: another command follows behind `;` or a line end without
    /// `set -e`, it is not the last of a pipeline without `pipefail`, or it is the substitution in another command's words.
    pub unchecked: bool,
    /// Read out of the quoted body of so many `sh -c`, or a heredoc that feeds a shell.
    pub nested: u8,
    /// With `&`: nobody waits.
    pub background: bool,
    /// The chain of `&&` that it belongs to: commands of one number run one after the other until one fails.
    pub chain: u32,
}

impl CommandPosition {
    /// Runs whenever the script gets that far, and its failure is the script's failure.
    pub fn is_certain(&self) -> bool {
        self.is_reached() && !(self.guarded || self.unchecked || self.background)
    }

    /// Runs whenever the script gets that far, whoever looks at its outcome.
    pub fn is_reached(&self) -> bool {
        !(self.conditional || self.looped || self.function.is_some())
    }
}

impl Word {
    /// The text, if no part of it depends on anything.
    pub fn literal(&self) -> Option<String> {
        self.parts.iter().map(|p| if let Part::Literal { text, .. } = p { Some(text.as_str()) } else { None }).collect()
    }

    /// Whether any part was quoted.
    pub fn is_quoted(&self) -> bool {
        self.parts.iter().any(|p| match p {
            Part::Literal { quoted, .. } | Part::Variable { quoted, .. } | Part::Substitution { quoted } => *quoted,
            Part::Glob(_) | Part::Opaque => false,
        })
    }
}

impl Command {
    /// The command's name, if it is literal.
    pub fn name(&self) -> Option<String> {
        self.words.first()?.literal()
    }
}
