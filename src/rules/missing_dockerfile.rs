//! rules/missing-dockerfile.md

use std::path::Path;

use crate::compose::BuildContextRef;
use crate::diagnostic::{Applicability, Fix};
use crate::project::path_status::{Entry, Cause, PathStatus, Start};
use crate::project::ServiceView;
use crate::analysis::{yaml_edit, did_you_mean};

use super::{Findings, Rule};

pub(super) struct MissingDockerfile;

impl Rule for MissingDockerfile {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let project = view.project;
        let Some(build) = &view.service.build else { return };
        let (BuildContextRef::Local(context), Some(path)) = (&build.context, &build.dockerfile_path) else { return };
        if !project.files.is_folder(context) || project.files.is_file(path) || view.service.partial {
            return;
        }
        if project.is_ignored(path) {
            return;
        }
        let path_status = match project.path_status(path) {
            PathStatus::ExpectedMissing(Cause::OutsideRoot | Cause::Submodule | Cause::Ignored) => return,
            PathStatus::ExpectedMissing(Cause::MadeByScript) if build.dockerfile.is_some() => return,
            PathStatus::Exists(Entry::Other) => return,
            path_status => path_status,
        };
        // Without a context of its own a file that is merged with others gets one from them.
        let incomplete =
            !view.compose.complete && (build.context_text.is_none() || build.dockerfile.is_none() && view.base_decides_dockerfile());
        let written = build.dockerfile.as_ref();
        let name = written.map_or("Dockerfile", |d| d.resolved.as_str());
        let raw_context = build.context_text.as_ref().map_or(".", |c| c.raw.as_str());
        let start = view.start_of(&Path::new(raw_context).join(name));
        let placeholder = name.contains(['<', '{', '$']);
        if incomplete || start == Start::Elsewhere || placeholder {
            return;
        }
        let folder = matches!(path_status, PathStatus::Exists(_));
        let shown = project.files.display(path);
        let what = if folder { "is a folder" } else { "does not exist" };
        let context_shown = project.files.display(context);
        let message = format!(
            "`{shown}` {what}: `dockerfile` is looked up in the build context (`{context_shown}`), and the build fails with \
             \"failed to read dockerfile: open {name}: no such file or directory\""
        );
        let span = written.map_or(build.span, |d| d.span);
        let span = if span.is_empty() { build.key_span } else { span };
        let finding = if start == Start::Certain { out.error(span, message) } else { out.warning(span, message) };
        let mut finding = finding.here("not in the build context").service(&view.service.name);
        if let Some(text) = build.context_text.as_ref().filter(|t| t.span != span) {
            finding = finding.label(text.span, "the build context");
        }
        let meant = did_you_mean::dockerfile(view, context, name);
        if let Some((right, place)) = meant {
            finding = finding.help(format!("`{place}` exists; from the build context it is `{right}`"));
            let exact = written.filter(|d| d.raw == name);
            if let Some(edit) =
                exact.and_then(|d| yaml_edit::replace_scalar(project.file(d.span.file), d.span, name, &right))
            {
                let fix = Fix::new(format!("name it from the context: `{right}`"), Applicability::Safe);
                finding = finding.fix(fix.edit(edit.span, edit.text));
            }
        } else {
            finding = finding.help("write the Dockerfile, or name the one that is meant");
        }
        out.report(finding);
    }
}
