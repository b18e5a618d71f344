//! rules/platform-constant-in-from.md

use crate::dockerfile::platform::Platform;
use crate::dockerfile::{Body, Keyword};
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct PlatformConstantInFrom;

impl Rule for PlatformConstantInFrom {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        for (index, instruction) in view.instructions().filter(|(_, i)| i.keyword == Keyword::From) {
            let Some(value) = instruction.flag("platform").and_then(|flag| flag.value.as_ref()) else { continue };
            if value.text.contains('$') {
                continue;
            }
            let Some(platform) = Platform::parse(&value.text) else { continue };
            let name = match &instruction.body {
                Body::From { alias: Some(alias), .. } => alias.text.to_lowercase(),
                _ => String::new(),
            };
            // A stage that is named after its platform is meant for that one.
            let named = [&platform.os, &platform.arch].into_iter().flatten().any(|part| name.contains(part.as_str()));
            if named {
                continue;
            }
            let message = format!(
                "this stage is always built for `{}`, whatever platform the build is asked for",
                value.text
            );
            let help = "leave the flag out, use $BUILDPLATFORM or $TARGETPLATFORM, or name the stage after its platform";
            out.report_check(view, index, out.info(value.span, message).help(help));
        }
    }
}
