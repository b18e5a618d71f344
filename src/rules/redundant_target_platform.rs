//! rules/redundant-target-platform.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::Keyword;
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct RedundantTargetPlatform;

impl Rule for RedundantTargetPlatform {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        for (index, instruction) in view.instructions().filter(|(_, i)| i.keyword == Keyword::From) {
            let Some(flag) = instruction.flag("platform") else { continue };
            let Some(value) = &flag.value else { continue };
            let name = value.text.strip_prefix('$').unwrap_or("");
            let name = name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(name);
            if name != "TARGETPLATFORM" {
                continue;
            }
            let message = "FROM takes the target platform by itself: this flag changes nothing";
            let mut span = flag.span;
            let behind = view.source().text().get(span.end as usize..).unwrap_or("");
            let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
            span.end += u32::try_from(blanks).unwrap_or(0);
            let fix = Fix::new("leave the flag out", Applicability::Safe).edit(span, "");
            out.report_check(view, index, out.info(flag.span, message).fix(fix));
        }
    }
}
