//! rules/entrypoint-overridden.md

use crate::diagnostic::{Applicability, Fix};
use crate::project::ServiceView;
use crate::analysis::entrypoint::{Swallowed, swallowed_command};

use super::{Findings, Rule};

pub(super) struct EntrypointOverridden;

impl Rule for EntrypointOverridden {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let Some(command) = &view.service.command else { return };
        let Some(found) = swallowed_command(view) else { return };
        let (finding, label, span) = match &found {
            Swallowed::ByShell { span } => (
                out.error(
                    command.span,
                    "this command has no effect: the image's ENTRYPOINT is in shell form, which ignores what stands behind it",
                ),
                "runs whatever `command:` says",
                *span,
            ),
            Swallowed::AsArguments { span, program, first } => (
                out.warning(
                    command.span,
                    format!(
                        "`command:` does not replace the image's ENTRYPOINT but becomes its arguments: `{program}` gets `{first}` \
                         as an argument"
                    ),
                ),
                "the program that gets them",
                *span,
            ),
        };
        let mut finding = finding
            .here("arguments, not a program")
            .label(span, label)
            .service(&view.service.name)
            .help("write `entrypoint:` instead of `command:`, or only the arguments");
        if view.service.span.contains(command.key_span) {
            let fix = Fix::new("replace the entrypoint: `entrypoint:`", Applicability::Unsafe);
            finding = finding.fix(fix.edit(command.key_span, "entrypoint"));
        }
        out.report(finding);
    }
}
