//! rules/invalid-default-arg-in-from.md

use crate::dockerfile::Body;
use crate::dockerfile::expand::{BuildInputs, Evaluation, Status};
use crate::dockerfile::image_ref::is_valid;
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct InvalidDefaultArgInFrom;

impl Rule for InvalidDefaultArgInFrom {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let defaults = Evaluation::new(view.parsed(), &BuildInputs::default());
        let scope = defaults.global_scope();
        for (index, instruction) in view.instructions() {
            let Body::From { image, .. } = &instruction.body else { continue };
            let expansion = scope.expand(image);
            let Some(name) = expansion.text.filter(|name| !expansion.variables.is_empty() && !is_valid(name)) else {
                continue;
            };
            let missing: Vec<String> =
                expansion.variables.iter().map(|used| format!("`{}`", used.name)).collect();
            let what = match name.as_str() {
                "" => "no image name at all".to_owned(),
                name => format!("`{name}`, which is no image name"),
            };
            let variables = missing.join(", ");
            let services = services_that_supply(view, index);
            // A service that builds it and gives no value is told of that on its own side.
            if services.is_empty() && view.is_built() {
                continue;
            }
            let message = match services.is_empty() {
                true => format!(
                    "without build arguments this is {what}: give {variables} a default, or the build fails with \"failed to \
                     parse stage name\""
                ),
                false => format!(
                    "a build that does not give {variables} ends here: this is {what} then (compose gives the value)"
                ),
            };
            // Without any default, the argument is meant to be given by whoever builds it.
            let meant = expansion.variables.iter().all(|used| used.status == Status::Unset);
            let mut finding = match services.is_empty() && !meant {
                true => out.warning(image.span, message),
                false => out.info(image.span, message),
            };
            for used in &expansion.variables {
                if let Some(declaration) = used.declaration.filter(|span| span.end > 0) {
                    finding = finding.label(declaration, "its default");
                }
            }
            for service in services {
                finding = finding.service(service);
            }
            out.report_check(view, index, finding);
        }
    }
}

/// The services in whose builds this FROM names an image; none if one of the builds does not.
fn services_that_supply(view: &DockerfileView<'_>, from: usize) -> Vec<String> {
    let mut services = Vec::new();
    for build in view.builds().filter(|build| !build.users.is_empty()) {
        let Some(Body::From { image, .. }) = view.parsed().instructions.get(from).map(|i| &i.body) else { continue };
        let name = build.evaluation.global_scope().expand(image).text;
        if name.is_some_and(|name| !is_valid(&name)) {
            return Vec::new();
        }
        services.extend(build.users.iter().filter_map(|id| Some(view.project.service(*id)?.service.name.clone())));
    }
    services
}
