//! rules/orphan-dockerfile.md

use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct OrphanDockerfile;

impl Rule for OrphanDockerfile {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let project = view.project;
        if !view.entry.on_disk || view.is_built() {
            return;
        }
        let path = project.files.display(&view.entry.path);
        let Some(folder) = view.entry.path.parent() else { return };
        // Only a project that builds others through Compose makes a statement about this one.
        let builds_others = project.compose.iter().any(|c| {
            c.complete
                && folder.starts_with(&c.dir)
                && c.services
                    .iter()
                    .any(|s| s.build.is_some() && s.build.as_ref().is_some_and(|b| b.dockerfile_path.is_some()))
        });
        let meant = view.is_in_side_folder() || view.parsed().template.is_some() || project.names_dockerfile(view.entry);
        // Where a service runs a prebuilt image in its place, prebuilt-image-bypass says so.
        if !builds_others || meant || project.is_bypassed(view.index) {
            return;
        }
        let first = view.parsed().stages.first().and_then(|s| view.parsed().instructions.get(s.from));
        let Some(from) = first else { return };
        let finding = out
            .info(from.span, format!("`{path}` is built by no service, and no script, workflow or document names it"))
            .help("delete it, or give the service that it was written for a `build:`");
        out.report(finding);
    }
}
