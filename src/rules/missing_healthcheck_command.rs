//! rules/missing-healthcheck-command.md

use crate::analysis::missing::{self, Missing};
use crate::project::{ServiceView, StageView};

use super::{Findings, Rule};

pub(super) struct MissingHealthcheckCommand;

impl Rule for MissingHealthcheckCommand {
    fn check_service(&self, service: &ServiceView<'_>, out: &mut Findings<'_>) {
        if let Some(it) = missing::of_service(service) {
            report(&it, out);
        }
    }

    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        if stage.build.target_stage() == Some(stage.stage.index)
            && let Some(it) = missing::of_image(stage.project, stage.build)
        {
            report(&it, out);
        }
    }
}

fn report(it: &Missing, out: &mut Findings<'_>) {
    let message = format!(
        "the health check calls `{}`, which is not in the image: the container never becomes healthy (`{}`)",
        it.subject, it.error
    );
    let finding = out.finding(it.severity, it.span, message).here("is not in the image that runs");
    out.report(it.finish(finding));
}
