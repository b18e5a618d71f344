//! A command that runs.

use crate::image::evidence::{SharedReason, reason};
use crate::shell::{Command, Value, Variables};

/// A command that runs, with its words after expansion.
pub(super) struct Invocation<'a> {
    pub command: &'a Command,
    pub name: &'a str,
    /// Without the name; `\0` for unknown words.
    pub args: &'a [&'a str],
    /// The text that it gets or prints, if it is known.
    pub text: Option<&'a str>,
    pub variables: &'a Variables<'a>,
    /// The variables of a script that it runs.
    pub inside: &'a dyn Fn(&str) -> Value,
    pub certain: bool,
}

impl Invocation<'_> {
    /// Returns a reason with the command's place.
    pub fn event(&self, text: &str) -> SharedReason {
        reason(self.command.span, text)
    }
}
