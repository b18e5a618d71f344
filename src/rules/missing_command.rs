//! rules/missing-command.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct MissingCommand;

impl Rule for MissingCommand {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::Command) {
            let message = match it.silent {
                true => format!(
                    "`{0}` is not in the image at this point; the shell passes over it and goes on: `{1}`",
                    it.subject, it.error
                ),
                false => {
                    format!("`{}` is not in the image at this point: the build ends with `{}`", it.subject, it.error)
                }
            };
            let finding = out.finding(it.severity, it.span, message).here("is not installed");
            let finding = match it.subject.as_str() {
                "sudo" => finding.help("Drop `sudo`: a RUN is root already, unless USER says otherwise."),
                _ => finding,
            };
            out.report(it.finish(finding));
        }
        for it in stage.missing(MissingKind::Builtin) {
            let silent = if it.silent { "the shell passes over it and goes on" } else { "the build ends" };
            let message = format!(
                "`{}` is built into bash, and this RUN is run by dash: {silent} with `{}`",
                it.subject, it.error
            );
            let help = match it.subject.as_str() {
                "source" => "Write `.` instead of `source`, or let bash run it: `SHELL [\"/bin/bash\", \"-c\"]`.",
                _ => "Let bash run it: `SHELL [\"/bin/bash\", \"-c\"]`.",
            };
            out.report(it.finish(out.finding(it.severity, it.span, message).here("no command of dash").help(help)));
        }
    }
}
