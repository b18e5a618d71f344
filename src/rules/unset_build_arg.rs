//! rules/unset-build-arg.md

use crate::project::ServiceView;
use crate::analysis::build_args::{ArgNeed, unset_arguments};

use super::{Findings, Rule};

pub(super) struct UnsetBuildArg;

impl Rule for UnsetBuildArg {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        for unset in unset_arguments(view) {
            let name = &unset.name;
            let outcome = match &unset.need {
                ArgNeed::From { becomes, .. } => {
                    format!(
                        "FROM becomes `{becomes}`: \"failed to parse stage name \"{becomes}\": invalid reference format\""
                    )
                }
                ArgNeed::Run(_) => "this RUN works with an empty text".to_owned(),
            };
            let needed = unset.need.span();
            let finding = match (&unset.entry, &unset.need) {
                (Some(entry), need) => {
                    let message = format!(
                        "`{name}` has no value here, in `.env` or in the environment, so Compose drops it and the Dockerfile \
                         has no default: {outcome}"
                    );
                    let finding = match need {
                        ArgNeed::From { .. } => out.warning(*entry, message),
                        ArgNeed::Run(_) => out.info(*entry, message),
                    };
                    finding.here("must come from the environment").label(needed, "needs a value")
                }
                (None, _) => {
                    let message = format!("`{name}` has no default and no compose file gives it a value: {outcome}");
                    let finding =
                        if view.may_be_completed() { out.warning(needed, message) } else { out.error(needed, message) };
                    let build = view.service.build.as_ref().map(|b| b.key_span);
                    let finding = finding.here("needs a value");
                    match build {
                        Some(span) => finding.label(span, "built here, without the argument"),
                        None => finding,
                    }
                }
            };
            let finding = finding
                .label(unset.declaration, "declared without a default")
                .service(&view.service.name)
                .help(format!("give the ARG a default, or the argument a value: `{name}=${{{name}:-…}}`"));
            out.report(finding);
        }
    }
}
