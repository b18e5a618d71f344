//! rules/json-args-recommended.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::expand::StageBase;
use crate::dockerfile::{Body, CommandForm, Keyword, Stage};
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct JsonArgsRecommended;

impl Rule for JsonArgsRecommended {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let Some(evaluation) = view.evaluation() else { return };
        // Whether a stage ends with a shell of its own choice, which is then meant.
        let mut chosen: Vec<bool> = Vec::new();
        for stage in &view.parsed().stages {
            let mut own = match evaluation.stages().get(stage.index).map(|info| &info.base) {
                Some(StageBase::Stage(below)) => chosen.get(*below) == Some(&true),
                Some(StageBase::Image(image)) => is_windows(image),
                _ => false,
            };
            self.check(view, stage, &mut own, out);
            chosen.push(own);
        }
    }
}

/// Windows images bring a shell of their own.
fn is_windows(image: &str) -> bool {
    ["windows", "nanoserver", "servercore"].iter().any(|word| image.to_ascii_lowercase().contains(word))
}

impl JsonArgsRecommended {
    fn check(&self, view: &DockerfileView<'_>, stage: &Stage, own: &mut bool, out: &mut Findings<'_>) {
        for index in stage.instructions.clone() {
            let Some(instruction) = view.parsed().instructions.get(index) else { continue };
            *own |= instruction.keyword == Keyword::Shell;
            let Body::Command(CommandForm::Shell { span, looks_like_json }) = instruction.body else { continue };
            if *own || !matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint) {
                continue;
            }
            let word = instruction.keyword.as_str();
            let message = match looks_like_json {
                true => format!(
                    "this {word} looks like a JSON list and is none, so a shell gets it as it stands; JSON needs double quotes"
                ),
                false => format!(
                    "a shell runs this {word} and does not pass signals on: `docker stop` waits ten seconds and kills"
                ),
            };
            let span = if span.is_empty() { instruction.keyword_span } else { span };
            let mut finding = out.info(span, message).help(format!("write it as a JSON list: `{word} [\"…\"]`"));
            let list = match looks_like_json {
                true => from_single_quotes(view.source().slice(span)),
                false => json(view, index),
            };
            if let Some(list) = list {
                finding = finding.fix(Fix::new("write it as a JSON list", Applicability::Unsafe).edit(span, list));
            }
            out.report_check(view, index, finding);
        }
    }
}

/// The JSON of `['a', 'b']`, a list in Python's notation. Any other text that only looks like JSON may be meant in many ways.
fn from_single_quotes(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let word = |item: &str| {
        let word = item.trim().strip_prefix('\'')?.strip_suffix('\'')?;
        (!word.contains(['\'', '"', '\\'])).then(|| format!("\"{word}\""))
    };
    let words: Option<Vec<String>> = inner.split(',').map(word).collect();
    Some(format!("[{}]", words?.join(", ")))
}

/// The command as a list, where it is one simple command of literal words and no business of a shell.
fn json(view: &DockerfileView<'_>, index: usize) -> Option<String> {
    const BUILTINS: [&str; 14] =
        [".", ":", "cd", "eval", "exec", "exit", "export", "read", "set", "source", "trap", "ulimit", "umask", "unset"];
    let script = view.builds().next()?.script(index)?;
    let [command] = script.commands.as_slice() else { return None };
    let plain = command.assignments.is_empty()
        && command.redirects.is_empty()
        && command.heredocs.is_empty()
        && script.faults.is_empty()
        && command.context == crate::shell::CommandPosition { chain: command.context.chain, ..Default::default() };
    let words: Vec<String> = command.words.iter().map(|word| word.literal()).collect::<Option<_>>()?;
    let name = words.first()?;
    if !plain || BUILTINS.contains(&name.as_str()) || words.iter().any(|word| word.starts_with('~')) {
        return None;
    }
    let quoted: Option<Vec<String>> = words.iter().map(|word| serde_json::to_string(word).ok()).collect();
    Some(format!("[{}]", quoted?.join(", ")))
}
