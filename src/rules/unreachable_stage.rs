//! rules/unreachable-stage.md

use crate::project::DockerfileView;
use crate::project::image_names::{is_plain, reach_is_known};

use super::{Findings, Rule};

pub(super) struct UnreachableStage;

impl Rule for UnreachableStage {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let parsed = view.parsed();
        let builds: Vec<_> = view.builds().filter(|b| !b.users.is_empty()).collect();
        if builds.is_empty() || !is_plain(parsed) || builds.iter().any(|b| !reach_is_known(b, parsed)) {
            return;
        }
        let target_unknown = builds
            .iter()
            .flat_map(|b| view.project.users(b))
            .any(|u| u.service.build.as_ref().and_then(|b| b.target.as_ref()).is_some_and(|t| t.known().is_none()));
        if target_unknown {
            return;
        }
        for stage in parsed.stages.iter().rev().skip(1) {
            let Some(name) = &stage.name else { continue };
            let used = builds.iter().any(|b| b.reaches(stage.index)) || view.names_stage(stage);
            if used || view.project.names_target(stage) {
                continue;
            }
            let message = format!(
                "the stage `{}` is needed by no service, no other stage and not by the last one: no build makes it",
                name.text
            );
            let mut finding = out
                .info(name.span, message)
                .stage(&name.text)
                .help("take it out, or build it with `target:` where it is needed");
            for build in &builds {
                for user in view.project.user_names(build) {
                    if !finding.services.contains(&user) {
                        finding.services.push(user);
                    }
                }
            }
            out.report(finding);
        }
    }
}
