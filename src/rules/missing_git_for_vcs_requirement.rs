//! rules/missing-git-for-vcs-requirement.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct MissingGitForVcsRequirement;

impl Rule for MissingGitForVcsRequirement {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::Git) {
            let message = format!("`{}` fetches from a repository and there is no `git`: `{}`", it.command, it.error);
            let finding = out.finding(it.severity, it.span, message).here("fetches with git");
            out.report(it.finish(finding));
        }
    }
}
