//! rules/install-as-non-root.md

use crate::diagnostic::{Applicability, Fix};
use crate::project::StageView;
use crate::analysis::installs;

use super::{Findings, Rule};

pub(super) struct InstallAsNonRoot;

impl Rule for InstallAsNonRoot {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        let Some(it) = installs::as_non_root(stage) else { return };
        let message = format!("this runs as `{}`, who may not install: `{}`", it.user, it.error);
        let mut finding = out.finding(it.severity, it.span, message).here("needs root");
        match (it.set, stage.base_span()) {
            (Some(span), _) => finding = finding.label(span, "the user from here on"),
            (None, Some(span)) => finding = finding.label(span, format!("the image's user is `{}`", it.user)),
            (None, None) => {}
        }
        finding = finding.help("Put `USER root` before this step, and the user back behind it.");
        if let Some(user) = it.written {
            let newline = stage.project.file(it.instruction.file).newline();
            let fix = Fix::new("install as root and change back", Applicability::Unsafe)
                .insert(it.instruction, format!("USER root{newline}"))
                .edit(it.instruction.end_point(), format!("{newline}USER {user}"));
            finding = finding.fix(fix);
        }
        out.report(stage.named(finding));
    }
}
