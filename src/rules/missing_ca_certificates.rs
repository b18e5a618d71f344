//! rules/missing-ca-certificates.md

use crate::project::StageView;
use crate::analysis::missing::MissingKind;

use super::{Findings, Rule};

pub(super) struct MissingCaCertificates;

impl Rule for MissingCaCertificates {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        for it in stage.missing(MissingKind::Certificates) {
            let message = format!("`{}` cannot verify this address, for no root certificates are installed: `{}`", it.command, it.error);
            let finding = out.finding(it.severity, it.span, message).here("is fetched over https");
            out.report(it.finish(finding));
        }
    }
}
