//! rules/reserved-stage-name.md

use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct ReservedStageName;

impl Rule for ReservedStageName {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        for stage in &view.parsed().stages {
            let Some(name) = &stage.name else { continue };
            let meaning = match name.text.to_lowercase().as_str() {
                "scratch" => "the empty image",
                "context" => "the build context",
                _ => continue,
            };
            let message = format!("`{}` stands for {meaning} and should not name a stage", name.text);
            let finding = out.warning(name.span, message).help("choose another name for the stage");
            out.report_check(view, stage.from, finding);
        }
    }
}
