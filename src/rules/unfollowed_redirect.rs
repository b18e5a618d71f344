//! rules/unfollowed-redirect.md

use crate::diagnostic::{Applicability, Confidence, Fix, Severity};
use crate::project::StageView;
use crate::analysis::redirects;

use super::{Findings, Rule};

pub(super) struct UnfollowedRedirect;

impl Rule for UnfollowedRedirect {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in redirects::unfollowed(stage) {
            let message = format!(
                "{} answers with the address of another place, and `curl` without `-L` does not go there: what it saves is not the file",
                it.place
            );
            let severity = if it.certain { Severity::Error } else { Severity::Warning };
            let severity = if stage.build.reaches(stage.stage.index) { severity } else { Severity::Info };
            let mut finding = out.finding(severity, it.span, message).here("a redirect").help("Write `curl -L`.");
            if !it.certain {
                finding = finding.confidence(Confidence::Likely);
            }
            if stage.project.file(it.program.file).slice(it.program) == "curl" {
                finding =
                    finding.fix(Fix::new("follow the redirect", Applicability::Unsafe).edit(it.program.end_point(), " -L"));
            }
            out.report(stage.named(finding));
        }
    }
}
