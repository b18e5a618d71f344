//! rules/env-not-available-at-build.md

use crate::project::ServiceView;
use crate::analysis::build_time::{bundled_variables, runtime_only_reads};

use super::{Findings, Rule};

pub(super) struct EnvNotAvailableAtBuild;

impl Rule for EnvNotAvailableAtBuild {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        for read in runtime_only_reads(view) {
            let name = &read.name;
            let message = format!(
                "this step reads `${name}`, which is set for the container only (`environment:`, `env_file:`): while the image is \
                 built it is empty"
            );
            let finding = out
                .warning(read.span, message)
                .here("empty here")
                .label(read.set, "set for the container only")
                .service(&view.service.name)
                .help(format!("add `ARG {name}` before this step, and `{name}` under `build.args`"));
            out.report(finding);
        }
        for bundled in bundled_variables(view) {
            let name = &bundled.name;
            let message = format!(
                "the bundler writes `{name}` into its output while the image is built; set here, it has no effect: the \
                 container only serves the finished files"
            );
            let finding = out
                .warning(bundled.set, message)
                .here("too late")
                .label(bundled.span, "the value would be needed here")
                .service(&view.service.name)
                .help(format!("move `{name}` to `build.args`, and add `ARG {name}` before the build step"));
            out.report(finding);
        }
    }
}
