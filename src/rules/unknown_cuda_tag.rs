//! rules/unknown-cuda-tag.md

use std::collections::BTreeSet;

use crate::diagnostic::{Applicability, Confidence, Finding, Fix};
use crate::dockerfile::image_ref::ImageRef;
use crate::image::cuda::chain::ChainBase;
use crate::image::cuda::{TagState, tag_state};
use crate::project::Project;
use crate::text::Span;

use super::{Findings, Rule};

pub(super) struct UnknownCudaTag;

impl Rule for UnknownCudaTag {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        let mut seen = BTreeSet::new();
        for (index, build) in project.builds.iter().enumerate() {
            let chain = project.cuda_chain(index);
            for stage in 0..build.evaluation.stages().len() {
                let Some(link) = chain.link(stage) else { continue };
                if let ChainBase::Image { reference, .. } = &link.base
                    && seen.insert((link.base_span, reference.clone()))
                {
                    judge(project, reference, link.base_span, out, &[]);
                }
            }
        }
        for view in project.services().filter(|view| view.service.build.is_none()) {
            let Some(image) = &view.service.image else { continue };
            if let Some(reference) = image.known()
                && seen.insert((image.span, reference.to_owned()))
            {
                judge(project, reference, image.span, out, std::slice::from_ref(&view.service.name));
            }
        }
    }
}

fn judge(project: &Project, reference: &str, span: Span, out: &mut Findings<'_>, services: &[String]) {
    let Some(parsed) = ImageRef::parse(reference) else { return };
    let finding: Finding = match tag_state(&parsed) {
        TagState::Missing { confidence, why, suggestion } => {
            let message = format!(
                "there is no image `{reference}`: {why}. The pull ends with \"manifest for {} not found: manifest unknown\"",
                parsed.name_and_tag()
            );
            let finding =
                if confidence == Confidence::Certain { out.error(span, message) } else { out.warning(span, message) };
            let finding = finding.confidence(confidence).here("no such tag");
            match suggestion {
                Some(tag) => {
                    let help = format!("probably meant: `{}:{tag}`", parsed.familiar());
                    // Where the tag stands as one text it can be replaced.
                    let place = parsed.tag.and_then(|old| project.part_of(span, old));
                    let fix = place.map(|place| {
                        Fix::new(format!("use the tag {tag}"), Applicability::Unsafe).edit(place, tag.clone())
                    });
                    let finding = finding.help(help);
                    match fix {
                        Some(fix) => finding.fix(fix),
                        None => finding,
                    }
                }
                None => finding.help("name a tag that exists, as in `12.8.1-devel-ubuntu22.04`"),
            }
        }
        TagState::Gone { why } => out
            .warning(span, format!("`{reference}` can probably not be pulled any more: {why}"))
            .here("deleted, by all reports")
            .help("use a version that NVIDIA still serves"),
        TagState::Plausible | TagState::Unknown => return,
    };
    let finding = services.iter().fold(finding, |finding, name| finding.service(name));
    out.report(finding);
}
