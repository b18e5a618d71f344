//! What was probably meant by a path that leads nowhere.

use std::path::{Path, PathBuf};

use crate::dockerfile::suggest::nearest;
use crate::files::{normalize, relative_to};

use super::copy_sources::Absent;
use crate::project::{DockerfileEntry, Project, ServiceView};

/// The path from the context, and as we show it, of the file that is probably meant: where the text would be right from the
/// project's folder, or in other letters.
pub fn dockerfile(view: &ServiceView<'_>, context: &Path, name: &str) -> Option<(String, String)> {
    let files = &view.project.files;
    let from_project = normalize(&view.compose.dir.join(name));
    let mut place = files.is_file(&from_project).then_some(from_project);
    if place.is_none() {
        let wanted = normalize(&context.join(name));
        let folder = wanted.parent()?;
        let file = wanted.file_name()?.to_string_lossy().to_lowercase();
        let alike = files.list(folder).into_iter().find(|n| n.to_lowercase() == file)?;
        place = Some(folder.join(alike)).filter(|p| files.is_file(p));
    }
    let place = place?;
    let right = relative_to(&place, &files.absolute(context))?.to_string_lossy().replace('\\', "/");
    Some((right, files.display(&place)))
}

/// The source as it would be right: without the context's own path in front, or as seen from beside the Dockerfile.
pub fn source(project: &Project, entry: &DockerfileEntry, context: &Path, absent: &Absent<'_>) -> Option<String> {
    let in_context = |place: &PathBuf| place.starts_with(context) && project.files.entry(place).is_some();
    let mut places: Vec<PathBuf> = Vec::new();
    // `COPY api/x` where the context is `api`.
    let mut rest = absent.path.as_str();
    for part in context.components().rev().map(|c| c.as_os_str().to_string_lossy().into_owned()).take(3) {
        if let Some(inner) = rest.strip_prefix(part.as_str()).and_then(|r| r.strip_prefix('/')) {
            places.push(context.join(inner));
            rest = inner;
        }
    }
    if let Some(folder) = entry.path.parent().filter(|_| entry.on_disk) {
        places.push(folder.join(&absent.path));
    }
    let name = absent.place.file_name()?.to_string_lossy().into_owned();
    let folder = absent.place.parent()?;
    places.extend(
        project.files.list(folder).into_iter().filter(|n| n.eq_ignore_ascii_case(&name)).map(|n| folder.join(n)),
    );
    let place = places.into_iter().find(in_context)?;
    Some(relative_to(&place, context)?.to_string_lossy().replace('\\', "/"))
}

/// A folder beside it with nearly that name.
pub fn folder(view: &ServiceView<'_>, path: &Path, raw: &str) -> Option<String> {
    let parent = path.parent()?;
    let name = path.file_name()?.to_string_lossy().into_owned();
    let folders: Vec<String> =
        view.project.files.list(parent).into_iter().filter(|n| view.project.files.is_folder(&parent.join(n))).collect();
    let near = nearest(&name, folders.iter().map(String::as_str))
        .filter(|_| name.len() > 2)
        .or_else(|| folders.iter().map(String::as_str).find(|n| n.eq_ignore_ascii_case(&name)))?;
    let at = raw.rfind(&name)?;
    Some(format!("{}{near}{}", raw.get(..at)?, raw.get(at + name.len()..)?))
}
