//! rules/entrypoint-command-mismatch.md

use crate::dockerfile::image_ref::ImageRef;
use crate::image::cuda::known_entrypoint;
use crate::project::ServiceView;

use super::{Findings, Rule};

pub(super) struct EntrypointCommandMismatch;

impl Rule for EntrypointCommandMismatch {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let service = view.service;
        if service.build.is_some() || service.entrypoint.is_some() {
            return;
        }
        let (Some(image), Some(command)) = (&service.image, &service.command) else { return };
        let Some(reference) = image.known().and_then(ImageRef::parse) else { return };
        let Some(entrypoint) = known_entrypoint(&reference) else { return };
        let Some(first) = command.words.first() else { return };
        let Some(error) = first.known().and_then(|word| entrypoint.refuses(word)) else { return };
        let message = format!(
            "the image starts `{}`, which wants another first word than this: the container ends with \"{error}\"",
            entrypoint.program
        );
        let help = format!(
            "begin the command with `{}`, use an image that starts the program itself, or set `entrypoint:`",
            entrypoint.usual
        );
        let finding = out.error(first.span, message).here("the first word");
        let finding = finding.label(image.span, format!("starts `{}`", entrypoint.program));
        out.report(finding.help(help).service(&service.name));
    }
}
