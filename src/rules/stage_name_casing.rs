//! rules/stage-name-casing.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::Body;
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct StageNameCasing;

impl Rule for StageNameCasing {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        for (index, instruction) in view.instructions() {
            let Body::From { alias: Some(name), .. } = &instruction.body else { continue };
            let lower = name.text.to_lowercase();
            if name.text == lower {
                continue;
            }
            let message = format!(
                "the builder keeps this stage as `{lower}`: `FROM {}` would look for an image of that name",
                name.text
            );
            let mut finding = out.info(name.span, message).here("has capitals");
            if name.is_verbatim() {
                let fix = Fix::new(format!("name the stage {lower}"), Applicability::Safe).edit(name.span, lower);
                finding = finding.fix(fix);
            }
            out.report_check(view, index, finding);
        }
    }
}
