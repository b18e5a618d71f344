//! rules/missing-bind-source.md

use std::path::Path;

use crate::compose::MountKind;
use crate::project::ServiceView;
use crate::project::path_status::{Cause, PathStatus, Start};

use super::{Findings, Rule};

/// Extensions of files that are written by hand and mounted one by one.
const FILES: [&str; 34] = [
    "conf",
    "cfg",
    "cnf",
    "ini",
    "json",
    "yaml",
    "yml",
    "toml",
    "xml",
    "properties",
    "env",
    "sh",
    "sql",
    "py",
    "js",
    "ts",
    "lua",
    "rb",
    "php",
    "html",
    "pem",
    "crt",
    "key",
    "cer",
    "txt",
    "csv",
    "hcl",
    "tf",
    "template",
    "tmpl",
    "rules",
    "vcl",
    "acl",
    "htpasswd",
];

pub(super) struct MissingBindSource;

impl Rule for MissingBindSource {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        for mount in view.service.volumes.iter().filter(|m| m.kind == MountKind::Bind && m.creates_host_path) {
            let (Some(source), Some(target)) = (&mount.source, &mount.target) else { continue };
            let path = Path::new(source);
            let Ok(relative) = path.strip_prefix(&view.compose.dir) else { continue };
            // `~` is somebody's home, whatever folder it is taken for where HOME is not set.
            if relative.starts_with("~") || !is_file(path, target) || view.service.partial {
                continue;
            }
            let private = match view.project.path_status(path) {
                PathStatus::Missing => false,
                PathStatus::ExpectedMissing(Cause::Ignored | Cause::Private) => true,
                PathStatus::Exists(_) | PathStatus::ExpectedMissing(_) => continue,
            };
            // Paths of a file that is merged with others start where the first of them lies.
            if view.start_of(relative) != Start::Certain {
                continue;
            }
            let shown = view.project.files.display(path);
            let message = format!(
                "`{shown}` does not exist: Docker creates an empty folder of that name, and mounts it where `{target}` should \
                 be a file (\"Are you trying to mount a directory onto a file (or vice-versa)?\")"
            );
            let finding = if private { out.info(mount.span, message) } else { out.warning(mount.span, message) };
            out.report(finding.here("no such file").service(&view.service.name).help(
                "create the file first; the long syntax with `bind: {create_host_path: false}` fails instead of making a folder",
            ));
        }
    }
}

/// Whether both ends are meant to be a file.
fn is_file(source: &Path, target: &str) -> bool {
    let extension = |p: &Path| p.extension().map(|e| e.to_string_lossy().to_lowercase());
    let Some(own) = extension(source).filter(|e| FILES.contains(&e.as_str())) else { return false };
    let target = Path::new(target);
    source.file_name() == target.file_name()
        || extension(target).is_some_and(|e| e == own || FILES.contains(&e.as_str()))
}
