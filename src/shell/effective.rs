//! What a command really runs: behind `sudo`, `env A=b`, `exec`, `xargs` and the like.

use super::{Command, Word};

/// The command behind its wrappers.
#[derive(Clone, Debug)]
pub struct Effective<'a> {
    /// Its name without the directory, if it is literal.
    pub name: Option<String>,
    /// The name's word first, then its arguments. Empty where a wrapper runs nothing (`sudo -v`).
    pub words: &'a [Word],
    /// The wrappers in front, outermost first, each by the word that names it. They too must exist.
    pub wrappers: Vec<(String, &'a Word)>,
}

impl Command {
    /// Skips `sudo`, `env A=b`, `exec`, `time`, `nice`, `nohup`, `command`, `timeout`, `xargs` … with their options.
    ///
    /// `command -v x` and `command -V x` run nothing and stay as they are.
    pub fn effective(&self) -> Effective<'_> {
        let mut words = self.words.as_slice();
        let mut wrappers = Vec::new();
        // Nobody nests more; the bound keeps `sudo sudo sudo …` cheap.
        for _ in 0..16 {
            let Some(name) = words.first().and_then(Word::text) else { break };
            let base = base_name(&name).to_owned();
            let Some(skip) = wrapped(&base, words) else { break };
            let (Some(first), Some(rest)) = (words.first(), words.get(skip..)) else { break };
            wrappers.push((base, first));
            words = rest;
        }
        let name = words.first().and_then(Word::text).map(|n| base_name(&n).to_owned());
        Effective { name, words, wrappers }
    }
}

/// A path's last component.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Options with a value of their own, and what else stands in front of the command.
struct Wrapper {
    /// Single-letter options whose value may be the next word.
    short: &'static str,
    /// Long options whose value is the next word.
    long: &'static [&'static str],
    /// Words that are not options and stand before the command (`timeout 5 cmd`).
    operands: usize,
    /// `A=b` words before the command.
    assignments: bool,
}

const PLAIN: Wrapper = Wrapper { short: "", long: &[], operands: 0, assignments: false };

fn wrapper(name: &str) -> Option<Wrapper> {
    Some(match name {
        "sudo" => Wrapper {
            short: "ugpCcrtTUDRh",
            long: &["--user", "--group", "--prompt", "--chdir", "--host", "--role", "--type"],
            assignments: true,
            ..PLAIN
        },
        "doas" => Wrapper { short: "uC", ..PLAIN },
        "env" => Wrapper { short: "uCS", long: &["--unset", "--chdir"], assignments: true, ..PLAIN },
        "exec" => Wrapper { short: "a", ..PLAIN },
        "time" => Wrapper { short: "of", long: &["--output", "--format"], ..PLAIN },
        "nice" => Wrapper { short: "n", long: &["--adjustment"], ..PLAIN },
        "ionice" => Wrapper { short: "cnpPu", ..PLAIN },
        "nohup" | "setsid" | "builtin" | "command" | "eatmydata" | "fakeroot" | "unbuffer" | "noglob" | "ccache"
        | "sccache" | "distcc" | "linux32" | "linux64" => PLAIN,
        "stdbuf" => Wrapper { short: "ioe", long: &["--input", "--output", "--error"], ..PLAIN },
        "timeout" => Wrapper { short: "ks", long: &["--kill-after", "--signal"], operands: 1, ..PLAIN },
        "gosu" | "su-exec" | "setarch" => Wrapper { operands: 1, ..PLAIN },
        "tini" | "dumb-init" => Wrapper { short: "perv", ..PLAIN },
        "busybox" => PLAIN,
        "xargs" => Wrapper {
            short: "nPILdaEs",
            long: &["--max-args", "--max-procs", "--delimiter", "--arg-file", "--max-lines", "--max-chars"],
            ..PLAIN
        },
        _ => return None,
    })
}

/// How many words to skip, if `name` is a wrapper that runs a command.
fn wrapped(name: &str, words: &[Word]) -> Option<usize> {
    let wrapper = wrapper(name)?;
    let mut operands = wrapper.operands;
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let Some(text) = word.text() else {
            // A value that we do not know is a value; a command that we do not know is one too.
            if operands > 0 {
                operands -= 1;
                at += 1;
                continue;
            }
            return Some(at);
        };
        if text == "--" {
            at += 1;
            break;
        }
        if let Some(long) = text.strip_prefix("--") {
            let takes_next = !long.contains('=') && wrapper.long.contains(&text.as_str());
            at += if takes_next { 2 } else { 1 };
        } else if text.len() > 1 && text.starts_with('-') {
            if name == "command" && text.contains(['v', 'V']) {
                return None;
            }
            let option = text[1..].char_indices().find(|(_, c)| wrapper.short.contains(*c));
            let takes_next = option.is_some_and(|(i, c)| 1 + i + c.len_utf8() == text.len());
            at += if takes_next { 2 } else { 1 };
        } else if wrapper.assignments && is_assignment(&text) {
            at += 1;
        } else if operands > 0 {
            operands -= 1;
            at += 1;
        } else {
            break;
        }
    }
    if name == "busybox" && at >= words.len() {
        return None;
    }
    Some(at.min(words.len()))
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}
