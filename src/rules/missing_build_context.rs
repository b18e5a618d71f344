//! rules/missing-build-context.md

use std::path::Path;

use crate::compose::BuildContextRef;
use crate::diagnostic::{Applicability, Fix};
use crate::project::path_status::{Entry, PathStatus, Start};
use crate::project::ServiceView;
use crate::analysis::{yaml_edit, did_you_mean};

use super::{Findings, Rule};

pub(super) struct MissingBuildContext;

impl Rule for MissingBuildContext {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let project = view.project;
        let Some(build) = &view.service.build else { return };
        let (BuildContextRef::Local(path), Some(text)) = (&build.context, &build.context_text) else { return };
        let path_status = project.folder_status(path);
        let what = match path_status {
            PathStatus::Exists(Entry::File) => "is a file",
            PathStatus::Missing => "does not exist",
            PathStatus::Exists(_) | PathStatus::ExpectedMissing(_) => return,
        };
        if what == "does not exist" && is_explained(view, path, &text.raw) {
            return;
        }
        let shown = project.files.display(path);
        let message = format!(
            "the build context `{shown}` {what}: the build stops with \"unable to prepare context: path \"{}\" not found\"",
            text.raw
        );
        let start = view.start_of(Path::new(&text.raw));
        if start == Start::Elsewhere && what != "is a file" {
            return;
        }
        let mut finding = if view.compose.complete && start == Start::Certain {
            out.error(text.span, message)
        } else {
            out.warning(text.span, message)
        };
        finding = finding.here("no such folder").service(&view.service.name);
        let meant = if what == "is a file" {
            path.parent().map(|_| parent_of(&text.raw))
        } else {
            did_you_mean::folder(view, path, &text.raw)
        };
        match meant {
            Some(meant) => {
                finding = finding.help(format!("did you mean `{meant}`?"));
                if what != "is a file"
                    && let Some(edit) =
                        yaml_edit::replace_scalar(project.file(text.span.file), text.span, &text.raw, &meant)
                {
                    let fix = Fix::new(format!("build from `{meant}`"), Applicability::Unsafe);
                    finding = finding.fix(fix.edit(edit.span, edit.text));
                }
            }
            None => finding = finding.help("relative paths start at the folder of the compose file"),
        }
        out.report(finding);
    }
}

/// Whether something says why the folder is not there.
fn is_explained(view: &ServiceView<'_>, path: &Path, raw: &str) -> bool {
    let project = view.project;
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let placeholder = raw.contains(['<', '{', '$']) || raw.contains("path/to") || raw.contains("your");
    let first_missing = project.files.first_missing(path);
    let root_name = first_missing.and_then(|p| p.file_name().map(|n| n.to_string_lossy().to_lowercase()));
    let cloned = |n: &str| project.repository.clones_into(n);
    placeholder || view.service.partial || cloned(&name) || root_name.is_some_and(|n| cloned(&n))
}

fn parent_of(raw: &str) -> String {
    match raw.rsplit_once('/') {
        Some((parent, _)) if !parent.is_empty() => parent.to_owned(),
        _ => ".".to_owned(),
    }
}
