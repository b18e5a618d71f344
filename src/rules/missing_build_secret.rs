//! rules/missing-build-secret.md

use crate::diagnostic::{Applicability, Fix};
use crate::project::ServiceView;
use crate::analysis::build_mounts::{copes_with_absence, mounts};

use super::{Findings, Rule};

pub(super) struct MissingBuildSecret;

impl Rule for MissingBuildSecret {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let Some(build) = &view.service.build else { return };
        let Some((unit, entry)) = view.dockerfile() else { return };
        if view.service.partial || view.has_a_base() {
            return;
        }
        for mount in mounts(unit, entry, "secret") {
            let Some(id) = &mount.id else { continue };
            let given = build.secrets.iter().any(|s| match &s.target {
                Some(target) => target.known().is_none_or(|t| t.rsplit('/').next() == Some(id.as_str())),
                None => &s.source == id,
            });
            if given || !mount.required && copes_with_absence(view.project, entry, mount.instruction) {
                continue;
            }
            let runtime = view.service.secrets.iter().find(|s| &s.source == id);
            let why = match runtime {
                Some(_) => "the service's own `secrets:` are there when it runs, not while it is built",
                None => "`build.secrets` of the service does not give it",
            };
            let finding = if mount.required && view.compose.complete {
                let message = format!(
                    "this build gets no secret `{id}`: {why}; it fails with \"failed to solve: secret {id}: not found\""
                );
                out.error(mount.span, message)
            } else {
                let message = format!(
                    "this build gets no secret `{id}`: {why}; the builder leaves the mount out and says nothing"
                );
                out.warning(mount.span, message)
            };
            let mut finding = finding
                .here("nothing to mount")
                .label(build.key_span, format!("built here without the secret `{id}`"))
                .service(&view.service.name);
            if let Some(grant) = runtime {
                finding = finding.label(grant.span, "given at run time only");
            }
            let defined = view.compose.model.at(&["secrets", id]).is_some();
            finding = finding.help(match defined {
                true => format!("add `secrets: [{id}]` under `build:`"),
                false => format!("define the secret `{id}` under `secrets:` and add it under `build:`"),
            });
            if defined
                && build.secrets.is_empty()
                && let Some(edit) = view.add_to_build(&["secrets:", &format!("  - {id}")], &format!("secrets: [{id}]"))
            {
                let fix = Fix::new(format!("give the build the secret `{id}`"), Applicability::Unsafe);
                finding = finding.fix(fix.edit(edit.span, edit.text));
            }
            out.report(finding);
        }
    }
}
