//! rules/shadowed-public-image.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::image_ref::ImageRef;
use crate::image::official;
use crate::project::ServiceView;
use crate::analysis::yaml_edit;

use super::{Findings, Rule};

pub(super) struct ShadowedPublicImage;

impl Rule for ShadowedPublicImage {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let service = view.service;
        let (Some(build), Some(text)) = (&service.build, &service.image) else { return };
        let Some(image) = text.known().and_then(ImageRef::parse) else { return };
        if service.pull_policy.is_some() || view.project.repository.makes(&image).is_some() {
            return;
        }
        let base = view.dockerfile().and_then(|(build, entry)| build.base_image(&entry.parsed));
        let extended =
            base.as_ref().filter(|(name, _)| ImageRef::parse(name).is_some_and(|b| b.familiar() == image.familiar()));
        let whose = match extended {
            Some(_) => "is the very image that its Dockerfile extends",
            None if official::is_official(&image) && is_a_tag(image.tag) => "is an official image of Docker Hub",
            None => return,
        };
        let message = format!(
            "this service builds its image under the name `{}`, which {whose}: `docker compose up` pulls that one where it \
             is not on the machine yet, and does not build",
            text.raw
        );
        let mut finding = out
            .warning(text.span, message)
            .here("pulled, not built")
            .label(build.key_span, "not built by `up` as long as the pull succeeds")
            .service(&service.name)
            .help(format!(
                "set `pull_policy: build`, or give the image a name of your own; `docker compose up --build -d {}` builds it",
                service.name
            ));
        if let Some((_, span)) = extended {
            finding = finding.label(*span, "extends it");
        }
        let entry = service.image_entry.filter(|e| service.span.contains(*e));
        if let Some(edit) = entry.and_then(|e| yaml_edit::add_after(view.project.file(e.file), e, "pull_policy: build"))
        {
            let fix = Fix::new("build it always: add `pull_policy: build`", Applicability::Unsafe);
            finding = finding.fix(fix.edit(edit.span, edit.text));
        }
        out.report(finding);
    }
}

/// Whether an official image may have a tag: one with a version in it, or of the words of such tags. A made-up one
/// (`nginx:mine`) is on no registry: the pull fails, and the image is built.
fn is_a_tag(tag: Option<&str>) -> bool {
    const WORDS: [&str; 36] = [
        "alpine", "apache", "bookworm", "bullseye", "buster", "cli", "community", "debian", "dind", "edge", "fpm", "full",
        "focal", "jammy", "jdk", "jre", "jupyter", "latest", "lite", "lts", "mainline", "management", "minimal", "noble",
        "onbuild", "otel", "perl", "plugins", "rc", "rolling", "sid", "slim", "stable", "trixie", "ubuntu", "unstable",
    ];
    tag.is_none_or(|tag| {
        let lower = tag.to_ascii_lowercase();
        lower.contains(|c: char| c.is_ascii_digit()) || lower.split(['-', '_']).all(|w| WORDS.contains(&w))
    })
}
