//! rules/stale-named-volume.md

use crate::project::ServiceView;

use super::{Findings, Rule};

pub(super) struct StaleNamedVolume;

impl Rule for StaleNamedVolume {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        for frozen in view.frozen_outputs() {
            let output = &frozen.output;
            let volume = frozen.mount.source.as_deref().unwrap_or("the volume");
            let message = format!(
                "`{volume}` keeps what the first build put into `{}`: later builds change the image, and the container still \
                 sees the old files",
                output.path
            );
            let finding = out
                .info(frozen.mount.span, message)
                .here("filled once, when the volume is new")
                .label(output.span, "every build fills the image's folder anew")
                .service(&view.service.name)
                .help(format!(
                    "use an anonymous volume (`- {}`) with `docker compose up -V`, or remove the volume after a change",
                    output.path
                ));
            out.report(finding);
        }
    }
}
