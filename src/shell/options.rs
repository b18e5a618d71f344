//! Which shell reads a script, and with which options on.

use super::Word;

/// A shell, as far as its syntax differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `/bin/sh`, whatever it is.
    #[default]
    Sh,
    /// Debian's and Ubuntu's `/bin/sh`.
    Dash,
    /// BusyBox: Alpine's `/bin/sh`.
    Ash,
    /// Also the other shells that extend the Bourne shell in the same way (ksh, zsh).
    Bash,
    PowerShell,
    Cmd,
    /// Not a shell: `SHELL ["python", "-c"]`.
    Other,
}

impl Dialect {
    /// The dialect of an interpreter's name or path.
    pub fn from_name(path: &str) -> Dialect {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
        match name.strip_suffix(".exe").unwrap_or(&name) {
            "sh" => Dialect::Sh,
            "dash" => Dialect::Dash,
            "ash" | "busybox" => Dialect::Ash,
            "bash" | "ksh" | "mksh" | "zsh" | "rbash" => Dialect::Bash,
            "powershell" | "pwsh" => Dialect::PowerShell,
            "cmd" => Dialect::Cmd,
            _ => Dialect::Other,
        }
    }

    /// Whether scripts of this dialect are read.
    pub fn is_read(self) -> bool {
        !matches!(self, Dialect::PowerShell | Dialect::Cmd | Dialect::Other)
    }

    /// Whether `[[ … ]]`, arrays and the like mean something; for a plain `sh` we cannot know.
    pub fn may_be_bash(self) -> bool {
        matches!(self, Dialect::Bash | Dialect::Sh)
    }
}

/// How a script is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShellOptions {
    pub dialect: Dialect,
    /// `set -e` from the start.
    pub errexit: bool,
    /// `set -o pipefail` from the start.
    pub pipefail: bool,
}

impl ShellOptions {
    pub fn new(dialect: Dialect) -> Self {
        ShellOptions { dialect, ..ShellOptions::default() }
    }

    /// Of a SHELL instruction's words, or of a shebang's: the last word that names a shell, and its flags.
    pub fn from_words<S: AsRef<str>>(words: &[S]) -> Self {
        let shell = words.iter().rposition(|w| {
            let w = w.as_ref();
            !w.starts_with('-') && Dialect::from_name(w) != Dialect::Other
        });
        let Some(shell) = shell else { return ShellOptions::new(Dialect::Other) };
        let dialect = words.get(shell).map_or(Dialect::Other, |w| Dialect::from_name(w.as_ref()));
        let mut options = ShellOptions::new(dialect);
        if dialect.is_read() {
            options.set(words.get(shell + 1..).unwrap_or(&[]).iter().map(AsRef::as_ref));
        }
        options
    }

    /// Of a `#!` line, if the text begins with one.
    pub fn from_shebang(text: &str) -> Option<Self> {
        let line = text.strip_prefix("#!")?.lines().next().unwrap_or("");
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        Some(ShellOptions::from_words(&words))
    }

    /// Applies the arguments of `set`, or the flags of a shell: `-eux`, `-o pipefail`, `+e`.
    pub(super) fn set<'a>(&mut self, words: impl Iterator<Item = &'a str>) {
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            let on = word.starts_with('-');
            let Some(flags) = word.strip_prefix(['-', '+']) else { return };
            if flags.starts_with('-') || flags.is_empty() {
                continue;
            }
            for flag in flags.chars() {
                match flag {
                    'e' => self.errexit = on,
                    'o' => match words.next_if(|w| !w.starts_with(['-', '+'])) {
                        Some("pipefail") => self.pipefail = on,
                        Some("errexit") => self.errexit = on,
                        _ => {}
                    },
                    _ => {}
                }
            }
        }
    }

    pub(super) fn set_words(&mut self, words: &[Word]) {
        let literal: Vec<String> = words.iter().map(|w| w.literal().unwrap_or_default()).collect();
        self.set(literal.iter().map(String::as_str));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_and_their_flags() {
        let o = ShellOptions::from_words(&["/bin/bash", "-euxo", "pipefail", "-c"]);
        assert_eq!(o, ShellOptions { dialect: Dialect::Bash, errexit: true, pipefail: true });
        let o = ShellOptions::from_words(&["conda", "run", "-n", "x", "/bin/bash", "-c"]);
        assert_eq!(o, ShellOptions::new(Dialect::Bash));
        assert_eq!(ShellOptions::from_words(&["powershell", "-Command"]).dialect, Dialect::PowerShell);
        assert_eq!(ShellOptions::from_words(&["python3", "-c"]).dialect, Dialect::Other);
        assert_eq!(ShellOptions::from_shebang("#!/usr/bin/env bash\nx"), Some(ShellOptions::new(Dialect::Bash)));
        assert!(ShellOptions::from_shebang("#!/bin/sh -e\n").unwrap_or_default().errexit);
    }
}
