//! rules/missing-env-file.md

use crate::compose::FaultKind;
use crate::compose::fault::EnvFileFault;

use super::{ComposeView, Findings, Rule};

pub(super) struct MissingEnvFile;

const GRAMMAR: &str = "Write one `NAME=value` a line; quote values that hold spaces or `#`.";

impl Rule for MissingEnvFile {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::EnvFile(kind) = &fault.kind else { continue };
            let (message, help) = words(kind);
            let mut finding = out.fault(fault, message);
            finding.help = help;
            out.report_fault(fault, finding);
        }
    }
}

/// Returns the message and the help.
fn words(kind: &EnvFileFault) -> (String, Option<String>) {
    match kind {
        EnvFileFault::Missing { file, example } => {
            let help = match example {
                Some(example) => format!("Copy `{example}` to `{file}` and fill it in."),
                None => {
                    "Create the file, or mark it optional: `- path: …` with `required: false` below it.".to_owned()
                }
            };
            (format!("`{file}` does not exist; Compose stops with \"env file {file} not found\"."), Some(help))
        }
        EnvFileFault::MissingLabels { file } => {
            (format!("The label file `{file}` does not exist; Compose refuses the project."), None)
        }
        EnvFileFault::Syntax { file, line, error } => {
            let message = format!("`{file}` does not parse: line {line}: {error}. Compose refuses the project.");
            (message, Some(GRAMMAR.to_owned()))
        }
        EnvFileFault::IncludedSyntax { file, line, error } => {
            let message = format!("`{file}` does not parse at line {line}: {error}; Compose refuses it.");
            (message, Some(GRAMMAR.to_owned()))
        }
    }
}
