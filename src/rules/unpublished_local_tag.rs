//! rules/unpublished-local-tag.md

use crate::dockerfile::image_ref::ImageRef;
use crate::image::official;
use crate::project::ServiceView;

use super::{Findings, Rule};

pub(super) struct UnpublishedLocalTag;

impl Rule for UnpublishedLocalTag {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let (service, project) = (view.service, view.project);
        let Some(text) = &service.image else { return };
        let Some(image) = text.known().and_then(ImageRef::parse) else { return };
        let local = image.registry.is_none() && !image.path.contains('/') && image.digest.is_none();
        // A variable says that everybody names an image of his own.
        if !text.variables.is_empty()
            || service.build.is_some()
            || service.partial
            || !local
            || official::is_official(&image)
        {
            return;
        }
        if service.pull_policy.as_ref().is_some_and(|p| matches!(p.resolved.as_str(), "never" | "build")) {
            return;
        }
        // Without a Dockerfile the project has nothing to build it from, and says so.
        let dockerfiles = project.dockerfiles.iter().any(|d| d.on_disk);
        if !dockerfiles || view.has_a_base() || project.is_built_by_a_service(&image) {
            return;
        }
        let name = image.path.to_lowercase();
        let made = project.repository.makes(&image).is_some()
            || project.repository.has_line_with(&["build", &name])
            || project.repository.has_line_with(&["docker", &name])
            || project.repository.has_line_with(&["tag", &name])
            || project.dockerfile_texts_mention(&name);
        if made {
            return;
        }
        let message = format!(
            "nothing in this project builds `{0}`, and no registry can have it: a name without an owner is one of Docker's \
             official images, and this is none (\"pull access denied for {1}, repository does not exist\")",
            text.raw, image.path
        );
        let finding = out
            .warning(text.span, message)
            .here("only on machines where somebody built it by hand")
            .service(&service.name)
            .help("give the service a `build:`, or name the image with its registry and owner");
        out.report(finding);
    }
}
