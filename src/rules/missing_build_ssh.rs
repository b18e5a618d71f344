//! rules/missing-build-ssh.md

use crate::diagnostic::{Applicability, Fix};
use crate::project::ServiceView;
use crate::analysis::build_mounts::{copes_with_absence, mounts};

use super::{Findings, Rule};

pub(super) struct MissingBuildSsh;

impl Rule for MissingBuildSsh {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let Some(build) = &view.service.build else { return };
        let Some((unit, entry)) = view.dockerfile() else { return };
        if view.service.partial || view.has_a_base() {
            return;
        }
        for mount in mounts(unit, entry, "ssh") {
            let id = mount.id.as_deref().unwrap_or("default");
            let given = build.ssh.iter().any(|s| s.resolved.split('=').next() == Some(id));
            if given || !mount.required && copes_with_absence(view.project, entry, mount.instruction) {
                continue;
            }
            let outcome = match mount.required {
                true => format!("it fails with \"unset ssh forward key {id}\""),
                false => {
                    "the builder leaves the mount out, and the step has no key (\"Permission denied (publickey)\")"
                        .to_owned()
                }
            };
            let message = format!(
                "this build gets no SSH agent `{id}` unless somebody runs `docker compose build --ssh {id}`: {outcome}"
            );
            let mut finding = out
                .warning(mount.span, message)
                .here("nothing to mount")
                .label(build.key_span, "built here without `ssh`")
                .service(&view.service.name)
                .help(format!("add `ssh: [{id}]` under `build:`"));
            if build.ssh.is_empty()
                && let Some(edit) = view.add_to_build(&["ssh:", &format!("  - {id}")], &format!("ssh: [{id}]"))
            {
                let fix = Fix::new(format!("forward the agent `{id}` to the build"), Applicability::Unsafe);
                finding = finding.fix(fix.edit(edit.span, edit.text));
            }
            out.report(finding);
        }
    }
}
