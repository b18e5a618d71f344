//! Which `.dockerignore` each build reads, and what it says.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::CoverageNote;
use crate::dockerfile::ignore_file::IgnoreFile;
use crate::files::Files;
use crate::text::Sources;

use super::entry::DockerfileEntry;

/// Reads the ignore file of each build, given by its Dockerfile and its context: that of the Dockerfile's own name first
/// (`app.Dockerfile.dockerignore`), or else the one at the top of the context. Returns each file once, and for each build
/// which of them is its own.
pub(crate) fn load<'b>(
    builds: impl Iterator<Item = (&'b DockerfileEntry, Option<&'b Path>)>,
    files: &Files,
    sources: &mut Sources,
    coverage: &mut Vec<CoverageNote>,
) -> (Vec<IgnoreFile>, Vec<Option<usize>>) {
    let mut all: Vec<IgnoreFile> = Vec::new();
    let mut known: HashMap<PathBuf, Option<usize>> = HashMap::new();
    let of_build = builds.map(|(entry, context)| {
        let own = entry.on_disk.then(|| {
            let mut name = entry.path.as_os_str().to_owned();
            name.push(".dockerignore");
            PathBuf::from(name)
        });
        let candidates = own.into_iter().chain([context?.join(".dockerignore")]);
        candidates.into_iter().find_map(|path| {
            *known.entry(path.clone()).or_insert_with(|| {
                let bytes = files.read(&path).ok()?;
                let name = files.display(&path);
                let id = sources.add(path, name.clone(), bytes);
                let file = IgnoreFile::parse(sources.file(id));
                if file.is_too_long() {
                    let what = "not followed: it holds more patterns than anybody writes".to_owned();
                    coverage.push(CoverageNote { path: name, line: 0, what, unjudged: false });
                }
                all.push(file);
                Some(all.len() - 1)
            })
        })
    });
    let of_build = of_build.collect();
    (all, of_build)
}
