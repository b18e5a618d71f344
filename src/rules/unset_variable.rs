//! rules/unset-variable.md

use crate::compose::FaultKind;
use crate::compose::fault::{Fault, UnsetFault};
use crate::diagnostic::Finding;
use crate::project::Project;

use super::schema_words::schema;
use super::unset_words::where_to_set;
use super::{ComposeView, Findings, Rule};

pub(super) struct UnsetVariable;

impl Rule for UnsetVariable {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        project.compose.iter().for_each(|compose| out.report_all(&compose.findings));
    }

    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::Unset(kind) = &fault.kind else { continue };
            let finding = judge(out, fault, kind);
            out.report_fault(fault, finding);
        }
    }
}

fn judge(out: &Findings<'_>, fault: &Fault, kind: &UnsetFault) -> Finding {
    match kind {
        UnsetFault::Schema(kind) => schema(out, fault, kind),
        UnsetFault::Invalid { path, error } => {
            let message = format!("With its variables unset, `{path}` is not valid; Compose stops with \"{error}\".");
            out.fault(fault, message).help("Set the variable in `.env`, or give it a default: `${NAME:-value}`.")
        }
        UnsetFault::Required { path, name } => {
            let message = format!(
                "`{path}` requires the variable {name}, which is set nowhere; Compose stops with \"required variable {name} is \
                 missing a value\"."
            );
            let help = format!("Set {name} in `.env` beside the compose file, or in the environment of the run.");
            out.fault(fault, message).help(help)
        }
        UnsetFault::Used { name, more, example, in_command } => {
            let message = format!(
                "{name} is set neither in `.env` nor in the environment: Compose warns \"The \"{name}\" variable is not set. \
                 Defaulting to a blank string.\" and goes on with a blank."
            );
            let mut finding = out.fault(fault, message);
            for place in more {
                finding = finding.label(*place, "used here too");
            }
            let mut help = where_to_set(name, example.as_deref());
            if name == "UID" || name == "GID" {
                help = format!(
                    "Shells know {name} but do not export it. Put it into `.env`, or run `{name}=$(id -{}) docker compose up`.",
                    if name == "UID" { "u" } else { "g" }
                );
            } else if *in_command {
                help.push_str(&format!(" If the shell in the container should read it, write `$${name}`."));
            }
            finding.help(help)
        }
    }
}
