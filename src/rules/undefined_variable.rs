//! rules/undefined-variable.md

use crate::diagnostic::{Applicability, Finding, Fix};
use crate::dockerfile::expand::{Evaluation, Expansion, Status, VarUse, expanded_words};
use crate::dockerfile::suggest::nearest;
use crate::dockerfile::{Body, Instruction, Keyword, Word};
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct UndefinedVariable;

impl Rule for UndefinedVariable {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let Some(evaluation) = view.evaluation() else { return };
        for (index, instruction) in view.instructions() {
            if instruction.keyword == Keyword::From || evaluation.stage_of(index).is_none() {
                continue;
            }
            let mut seen: Vec<String> = Vec::new();
            for (word, expansion) in expansions(view, evaluation, index, instruction) {
                for used in &expansion.variables {
                    // `${x?…}` of an unset variable stops the build, which is told elsewhere.
                    // `${x:+:$x}` says what to do without it.
                    let asks = |other: &VarUse| other.name == used.name && other.operator == Some('+');
                    let reported = used.status == Status::Undefined
                        && used.operator != Some('?')
                        && !expansion.variables.iter().any(asks);
                    if !reported || seen.contains(&used.name) {
                        continue;
                    }
                    seen.push(used.name.clone());
                    let finding = judge(view, evaluation, index, &word, used, out);
                    out.report_check(view, index, finding);
                }
            }
        }
    }
}

/// Every text of an instruction in which the builder replaces variables.
fn expansions(
    view: &DockerfileView<'_>,
    evaluation: &Evaluation,
    index: usize,
    instruction: &Instruction,
) -> Vec<(Word, Expansion)> {
    let scope = |nth: usize| match instruction.keyword {
        Keyword::Arg => evaluation.pair_scope(index, nth),
        _ => evaluation.scope(index),
    };
    let words = match &instruction.body {
        Body::Arg(pairs) => pairs.iter().map(|pair| pair.value.as_ref()).collect(),
        _ => expanded_words(instruction).into_iter().map(Some).collect::<Vec<_>>(),
    };
    let mut all: Vec<(Word, Expansion)> = words
        .into_iter()
        .enumerate()
        .filter_map(|(nth, word)| word.map(|word| (word.clone(), scope(nth).expand(word))))
        .collect();
    if matches!(instruction.keyword, Keyword::Copy | Keyword::Add) {
        for heredoc in instruction.heredocs.iter().filter(|heredoc| !heredoc.quoted) {
            let text = view.source().slice(heredoc.body).to_owned();
            let word = Word { text, span: heredoc.body };
            let expansion = scope(0).expand_text(&word);
            all.push((word, expansion));
        }
    }
    all
}

fn judge(
    view: &DockerfileView<'_>,
    evaluation: &Evaluation,
    index: usize,
    word: &Word,
    used: &VarUse,
    out: &Findings<'_>,
) -> Finding {
    let name = &used.name;
    if used.operator == Some('-') {
        let message = format!(
            "no ARG or ENV sets `{name}` up to here, so the alternative always counts and no build argument can change it"
        );
        return out.info(used.span, message).help(format!("declare it in this stage: `ARG {name}`"));
    }
    let near = nearest(name, evaluation.scope(index).names());
    let mut message = format!("no ARG or ENV sets `{name}` up to here, so it is empty");
    if let Some(near) = near {
        message.push_str(&format!("; did you mean `{near}`?"));
    }
    // `PATH_LIST=/app:$PATH_LIST`: an empty end of such a list means the current directory.
    let before = word.text.get(..used.range.start).unwrap_or("");
    let behind = word.text.get(used.range.end..).unwrap_or("");
    let listed = near.is_none() && (before.ends_with(':') || behind.starts_with(':')) && names_a_list(name);
    let mut finding = if listed { out.info(used.span, message) } else { out.warning(used.span, message) };
    let stage = evaluation.stage_of(index);
    let declared = evaluation.variables().iter().filter(|v| v.name == *name && v.declaration.end > 0);
    let mut same_instruction = false;
    for variable in declared.take(3) {
        let place = match evaluation.stage_of(variable.instruction) {
            _ if variable.instruction == index => {
                same_instruction = true;
                "set by this very instruction, whose values see only what stood before it"
            }
            None => "declared before the first FROM: a stage sees it only behind an `ARG` of its own",
            there if there == stage => "set further down",
            Some(_) => "set in another stage",
        };
        finding = finding.label(variable.declaration, place);
    }
    if let Some(near) = near.filter(|_| used.exact) {
        let braced = view.source().slice(used.span).starts_with("${");
        let start = used.span.start as usize + if braced { 2 } else { 1 };
        let span = view.source().span(start..start + name.len());
        return finding.fix(Fix::new(format!("use {near}"), Applicability::Unsafe).edit(span, near));
    }
    if listed && before.ends_with(':') && used.exact && used.operator.is_none() && !same_instruction_is_other(view, index, name)
    {
        let mut span = used.span;
        span.start -= 1;
        let fix = Fix::new("add it only where it is set", Applicability::Unsafe).edit(span, format!("${{{name}:+:${name}}}"));
        return finding.help("the list ends with an empty entry, which stands for the current directory").fix(fix);
    }
    match same_instruction {
        true => finding.help("set it in an instruction of its own, before this one"),
        false => finding.help(format!("declare it before this line: `ARG {name}` or `ENV {name}=…`")),
    }
}

/// Lists of folders, `PATH` and the like.
fn names_a_list(name: &str) -> bool {
    name.ends_with("PATH") || name.ends_with("_DIRS") || name == "CLASSPATH" || name == "PERL5LIB"
}

/// Whether the ENV sets this name beside the one whose value uses it.
fn same_instruction_is_other(view: &DockerfileView<'_>, index: usize, name: &str) -> bool {
    match view.parsed().instructions.get(index).map(|instruction| &instruction.body) {
        Some(Body::Env(pairs)) => pairs.iter().filter(|pair| pair.name.text == name).count() > 1,
        _ => false,
    }
}
