//! rules/install-without-update.md

use crate::diagnostic::{Applicability, Fix};
use crate::project::StageView;
use crate::analysis::installs;

use super::{Findings, Rule};

pub(super) struct InstallWithoutUpdate;

impl Rule for InstallWithoutUpdate {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        if let Some(it) = installs::without_lists(stage).filter(|it| it.deleted.is_none()) {
            let message = format!("`apt-get install` runs without package lists: `E: Unable to locate package {}`", it.package);
            let mut finding = out.finding(it.severity, it.span, message).here("finds no package by name");
            if let Some(span) = stage.base_span() {
                finding = finding.label(span, "comes without package lists");
            }
            finding = finding.help("Run `apt-get update` in front of it, in the same RUN.");
            if let Some(at) = it.insert {
                let fix = Fix::new("run apt-get update first", Applicability::Safe).insert(at, "apt-get update && ");
                finding = finding.fix(fix);
            }
            out.report(stage.named(finding));
        }
    }
}
