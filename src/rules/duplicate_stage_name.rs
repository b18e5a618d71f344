//! rules/duplicate-stage-name.md

use std::collections::HashMap;

use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct DuplicateStageName;

impl Rule for DuplicateStageName {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let mut seen = HashMap::new();
        for stage in &view.parsed().stages {
            let Some(name) = &stage.name else { continue };
            let Some(first) = seen.insert(name.text.to_lowercase(), name.span) else { continue };
            let message = format!(
                "there are two stages named `{}`: COPY and `target` mean this one, a FROM in between means the first",
                name.text
            );
            let finding = out.warning(name.span, message).here("named again").label(first, "named first");
            out.report_check(view, stage.from, finding);
        }
    }
}
