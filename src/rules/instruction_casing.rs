//! rules/instruction-casing.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::{Instruction, Keyword};
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct InstructionCasing;

impl Rule for InstructionCasing {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let source = view.source();
        let Some(first) = view.parsed().stages.first() else { return };
        let words: Vec<(usize, &Instruction, &str)> = view
            .instructions()
            .skip(first.from)
            .filter(|(_, instruction)| instruction.keyword != Keyword::Unknown)
            .map(|(index, instruction)| (index, instruction, source.slice(instruction.keyword_span)))
            .collect();
        let lower = words.iter().filter(|(_, _, word)| *word == word.to_lowercase()).count();
        let upper = words.iter().filter(|(_, _, word)| *word == word.to_uppercase()).count();
        for (index, instruction, word) in words {
            let (wanted, case) =
                if lower > upper { (word.to_lowercase(), "lower") } else { (word.to_uppercase(), "upper") };
            if word == wanted {
                continue;
            }
            let message = format!("most instructions of this file are in {case} case, `{word}` is not");
            let finding = out.info(instruction.keyword_span, message);
            let fix = Fix::new(format!("write {wanted}"), Applicability::Safe).edit(instruction.keyword_span, wanted);
            out.report_check(view, index, finding.fix(fix));
        }
    }
}
