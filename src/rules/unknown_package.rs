//! rules/unknown-package.md

use crate::diagnostic::{Applicability, Fix};
use crate::project::StageView;
use crate::analysis::installs;

use super::{Findings, Rule};

pub(super) struct UnknownPackage;

impl Rule for UnknownPackage {
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        if let Some(it) = installs::at_closed_archive(stage) {
            let (title, server) = (&it.archive.title, &it.archive.server);
            let message = format!("the archive of {title} is closed: `{}`", it.error);
            let mut finding = out.finding(it.severity, it.span, message).here("finds no package any more");
            if let Some(span) = stage.base_span() {
                finding = finding.label(span, format!("has come to its end; its packages went to {server}"));
            }
            finding = finding.help("Build on a release that is kept up.");
            out.report(stage.named(finding));
        }
        for it in installs::unknown_packages(stage) {
            let message = format!("`{}` is not in {}: `{}`", it.name, it.release, it.error);
            let mut finding = out.finding(it.severity, it.span, message).here("is not a package of this release");
            if let Some(span) = stage.base_span() {
                finding = finding.label(span, it.why.clone());
            }
            if !it.renamed.is_empty() {
                let list = it.renamed.join(" ");
                finding = finding.help(format!("Install `{list}` instead."));
                if it.verbatim {
                    let title = format!("replace {} by {list}", it.name);
                    finding = finding.fix(Fix::new(title, Applicability::Unsafe).edit(it.span, list));
                }
            } else if let Some(like) = it.similar.first() {
                finding = finding.help(format!("Did you mean `{like}`?"));
                if it.verbatim {
                    let title = format!("replace {} by {like}", it.name);
                    finding = finding.fix(Fix::new(title, Applicability::Display).edit(it.span, like.clone()));
                }
            }
            out.report(stage.named(finding));
        }
    }
}
