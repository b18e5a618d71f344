//! rules/install-with-no-packages.md

use crate::project::StageView;
use crate::analysis::installs;

use super::{Findings, Rule};

pub(super) struct InstallWithNoPackages;

impl Rule for InstallWithNoPackages {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in installs::with_no_packages(stage) {
            let message = match (&it.swallowed, it.refuses) {
                (Some((command, _, words)), _) => format!(
                    "`{}` names no package; `{}` became arguments of `{command}`",
                    it.tool,
                    words.join(" ")
                ),
                (None, true) => format!(
                    "`{}` names no package: `ERROR: You must give at least one requirement to install`",
                    it.tool
                ),
                (None, false) => format!("`{}` names no package: it does nothing and succeeds", it.tool),
            };
            let mut finding = out.finding(it.severity, it.span, message).here("names no package");
            if let Some((command, span, _)) = it.swallowed {
                finding = finding
                    .label(span, format!("these go to `{command}`"))
                    .help(format!("Put the packages in front of the `&&` before `{command}`."));
            }
            out.report(stage.named(finding));
        }
    }
}
