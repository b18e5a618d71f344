//! rules/undefined-reference.md

use crate::compose::FaultKind;
use crate::compose::fault::{Fault, NameHint, UndefinedName};
use crate::diagnostic::{Applicability, Finding};

use super::rule::with_fix;
use super::{ComposeView, Findings, Rule};

pub(super) struct UndefinedReference;

impl Rule for UndefinedReference {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::Undefined(kind) = &fault.kind else { continue };
            let finding = judge(out, fault, kind);
            out.report_fault(fault, finding);
        }
    }
}

fn judge(out: &Findings<'_>, fault: &Fault, kind: &UndefinedName) -> Finding {
    let service = fault.service_name();
    match kind {
        UndefinedName::Resource { section, what, name, hint, declares } => {
            let message = format!(
                "`{service}` refers to the {what} `{name}`, which is not defined; Compose stops with \"service \"{service}\" \
                 refers to undefined {what} {name}\"."
            );
            let finding = out.fault(fault, message).help(format!("Define it under the top-level `{section}:`."));
            if *declares {
                let title = format!("declare `{name}` under `{section}:`");
                return with_fix(hinted(finding, hint, what), fault, &title, Applicability::Unsafe);
            }
            suggested(finding, fault, hint, what)
        }
        UndefinedName::ExtensionNetwork => {
            let message = format!(
                "Below a service, Compose takes a network whose name begins with `x-` for an extension, and stops with \
                 \"service \"{service}\" refers to undefined network #extensions\"."
            );
            out.fault(fault, message).help("Give the network another name.")
        }
        UndefinedName::Dependency { target, hint } => {
            let message = format!(
                "`{service}` depends on the service `{target}`, which is not defined; Compose stops with \"service \
                 \"{service}\" depends on undefined service \"{target}\"\"."
            );
            suggested(out.fault(fault, message), fault, hint, "service")
        }
        UndefinedName::Base { name, file, hint } => {
            let message = format!(
                "`{service}` extends the service `{name}`, which `{file}` does not define; Compose stops with \"service \
                 \"{name}\" not found\"."
            );
            suggested(out.fault(fault, message), fault, hint, "service")
        }
        UndefinedName::NoServices { file } => {
            out.fault(fault, format!("`{file}` has no `services:`, so nothing in it can be extended."))
        }
        UndefinedName::Context { key, target, hint } => {
            let message = format!("The additional context `{key}` names the service `{target}`, which is not defined.");
            suggested(out.fault(fault, message), fault, hint, "service")
        }
        UndefinedName::ContextWithoutBuild { key, target } => {
            let message = format!(
                "The additional context `{key}` is the service `{target}`, which has no `build:`; Compose refuses that."
            );
            out.fault(fault, message).help("Name its image instead: `docker-image://…`.")
        }
    }
}

/// Adds the name that is meant, with its fix, or the names there are.
fn suggested(finding: Finding, fault: &Fault, hint: &NameHint, what: &str) -> Finding {
    let finding = hinted(finding, hint, what);
    match hint {
        NameHint::Near(near) => with_fix(finding, fault, &format!("write `{near}`"), Applicability::Unsafe),
        _ => finding,
    }
}

fn hinted(finding: Finding, hint: &NameHint, what: &str) -> Finding {
    match hint {
        NameHint::Near(near) => finding.help(format!("Did you mean `{near}`?")),
        NameHint::Known(known) => {
            let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
            let plural = if known.len() == 1 { "" } else { "s" };
            finding.help(format!("Known {what}{plural}: {}.", list.join(", ")))
        }
        NameHint::None => finding,
    }
}
