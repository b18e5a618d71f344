//! Which `.dockerignore` each build reads, and what it says.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::dockerfile::ignore_file::IgnoreFile;
use crate::files::Files;
use crate::source::Sources;

use super::DockerfileEntry;
use super::links::Build;

/// Reads the ignore file of every build and notes it there: that of the Dockerfile's own name first
/// (`app.Dockerfile.dockerignore`), or else the one at the top of the context.
pub(super) fn load(
    builds: &mut [Build],
    dockerfiles: &[DockerfileEntry],
    files: &Files,
    sources: &mut Sources,
) -> Vec<IgnoreFile> {
    let mut all: Vec<IgnoreFile> = Vec::new();
    let mut known: HashMap<PathBuf, Option<usize>> = HashMap::new();
    for build in builds {
        let Some(entry) = dockerfiles.get(build.dockerfile) else { continue };
        let Some(context) = build.context() else { continue };
        let own = entry.on_disk.then(|| {
            let mut name = entry.path.as_os_str().to_owned();
            name.push(".dockerignore");
            PathBuf::from(name)
        });
        let candidates = own.into_iter().chain([context.join(".dockerignore")]);
        build.ignore = candidates.into_iter().find_map(|path| {
            *known.entry(path.clone()).or_insert_with(|| {
                let bytes = files.read(&path).ok()?;
                let name = files.display(&path);
                let id = sources.add(path, name, bytes);
                all.push(IgnoreFile::parse(sources.file(id)));
                Some(all.len() - 1)
            })
        });
    }
    all
}
