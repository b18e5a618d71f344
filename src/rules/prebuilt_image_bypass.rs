//! rules/prebuilt-image-bypass.md

use crate::diagnostic::{Applicability, Finding, Fix, Severity};
use crate::project::ServiceView;
use crate::analysis::bypass::{self, Bypass, SignOfIntent, Evidence};

use super::{Findings, Rule};

pub(super) struct PrebuiltImageBypass;

impl Rule for PrebuiltImageBypass {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let Some(found) = bypass::find(view) else { return };
        let Some(image) = &view.service.image else { return };
        let cuda = found.cuda(view);
        let severity = severity(&found, view);
        let name = &view.service.name;
        let path = found.path();

        let mut message = format!(
            "service `{name}` runs the prebuilt image `{}`; `{path}`, which {}, is built by no service",
            image.raw,
            purpose(&found.evidence, name),
        );
        if let Some((local, prebuilt)) = &cuda {
            message.push_str(&format!(". `{path}` is for CUDA {local}; the image's CUDA is {prebuilt}"));
        }
        let mut finding = out.finding(severity, image.span, message).here("this image runs").service(name);
        finding = evidence_labels(finding, &found, cuda.as_ref().map(|(local, _)| local.as_str()));
        if let Some(fit) = found.command_fit(view) {
            finding = finding.label(fit.span, fit.text);
        }
        for doubt in &found.signs_of_intent {
            if let SignOfIntent::Comment(span) = doubt {
                finding = finding.label(*span, "this comment speaks for intent");
            }
        }
        finding = finding.help(format!(
            "build it instead; to verify: `docker compose up --build -d {name}`, then `docker ps` shows `{}`",
            view.container_name(),
        ));
        if let Some((span, text)) = found.replacement(view) {
            let fix = Fix::new(format!("build `{path}` for `{name}`"), Applicability::Unsafe).edit(span, text);
            finding = finding.fix(fix);
        }
        out.report(finding);
    }
}

/// Certain where the chain is complete; lower for each sign of intent.
fn severity(found: &Bypass<'_>, view: &ServiceView<'_>) -> Severity {
    let settled = [SignOfIntent::MountsSources, SignOfIntent::MountsWhatIsCopied, SignOfIntent::OtherProject];
    if found.built_elsewhere || settled.iter().any(|d| found.signs_of_intent.contains(d)) {
        return Severity::Info;
    }
    let highest = if found.is_complete(view) { Severity::Error } else { Severity::Warning };
    match (highest, found.signs_of_intent.len()) {
        (severity, 0) => severity,
        (Severity::Error, 1) => Severity::Warning,
        _ => Severity::Info,
    }
}

fn purpose(evidence: &[Evidence], service: &str) -> String {
    match evidence.first() {
        Some(Evidence::Extends { .. }) => "extends that image".to_owned(),
        Some(Evidence::Builds { tree, .. } | Evidence::Clones { tree }) => {
            format!("builds {}/{} itself", tree.owner, tree.name)
        }
        Some(Evidence::ImageName(name)) => format!("is named like it (`{name}`)"),
        Some(Evidence::ServiceName(_)) | None => format!("is named like `{service}`"),
    }
}

fn evidence_labels(mut finding: Finding, found: &Bypass<'_>, cuda: Option<&str>) -> Finding {
    if let Some(span) = found.base_span() {
        let text = match cuda {
            Some(version) => format!("would be used: CUDA {version}"),
            None => "would be used".to_owned(),
        };
        finding = finding.label(span, text);
    }
    for evidence in &found.evidence {
        finding = match evidence {
            Evidence::Builds { tree, program } => finding
                .label(tree.span, "the source of what the image packages")
                .label(*program, "starts a program out of that tree"),
            Evidence::Clones { tree } => finding.label(tree.span, "the source of what the image packages"),
            Evidence::Extends { .. } | Evidence::ServiceName(_) | Evidence::ImageName(_) => finding,
        };
    }
    finding
}
