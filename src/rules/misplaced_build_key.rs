//! rules/misplaced-build-key.md

use crate::compose::misplaced::{OF_BUILD, OF_SERVICE};
use crate::project::ServiceView;

use super::{Findings, Rule};

pub(super) struct MisplacedBuildKey;

impl Rule for MisplacedBuildKey {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let name = &view.service.name;
        for entry in view.service.value.entries().iter().filter(|e| OF_BUILD.contains(&e.key.as_str())) {
            let key = &entry.key;
            let message = format!(
                "`{key}` belongs under `build:`; Compose refuses the project: \"services.{name} additional properties '{key}' \
                 not allowed\""
            );
            let mut finding = out
                .error(entry.key_span, message)
                .here("stands beside `build:`")
                .service(name)
                .help(format!("move it: `build:` with `context:` and `{key}:` under it"));
            if let Some(build) = &view.service.build {
                finding = finding.label(build.key_span, "it belongs under this");
            }
            out.report(finding);
        }
        let Some(build) = view.service.value.get("build") else { return };
        for entry in build.entries().iter().filter(|e| OF_SERVICE.contains(&e.key.as_str())) {
            let key = &entry.key;
            let message = format!(
                "`{key}` belongs to the service, not under `build:`; Compose refuses the project: \"services.{name}.build \
                 additional properties '{key}' not allowed\""
            );
            let advice = match key.as_str() {
                "environment" => "move it one level up; what the build itself needs goes into `args:`".to_owned(),
                _ => "move it one level up".to_owned(),
            };
            out.report(out.error(entry.key_span, message).here("stands inside `build:`").service(name).help(advice));
        }
    }
}
