//! A build context as the builder sends it: the folder without what `.dockerignore` keeps out.

use std::path::{Path, PathBuf};

use crate::dockerfile::ignore_file::IgnoreFile;
use crate::files::{Entry, Files};
use crate::image::ContextFiles;
use crate::source::Sources;

/// A local build context.
#[derive(Debug)]
pub(super) struct BuildContext<'a> {
    files: &'a Files,
    root: PathBuf,
    ignore: Option<IgnoreFile>,
}

impl<'a> BuildContext<'a> {
    /// The context of a Dockerfile: `NAME.dockerignore` beside it goes before `.dockerignore` at the context's root.
    pub(super) fn new(files: &'a Files, root: &Path, dockerfile: &Path) -> Self {
        let own =
            dockerfile.file_name().map(|n| dockerfile.with_file_name(format!("{}.dockerignore", n.to_string_lossy())));
        let candidates = own.into_iter().chain([root.join(".dockerignore")]);
        let ignore = candidates.into_iter().find_map(|path| {
            let bytes = files.read(&path).ok()?;
            let mut sources = Sources::new();
            let id = sources.add(path, String::new(), bytes);
            Some(IgnoreFile::parse(sources.file(id)))
        });
        BuildContext { files, root: root.to_owned(), ignore }
    }

    fn is_ignored(&self, path: &str) -> bool {
        self.ignore.as_ref().and_then(|i| i.matches(path)).is_some_and(|v| v.excluded)
    }
}

impl ContextFiles for BuildContext<'_> {
    fn text(&self, path: &str) -> Option<String> {
        let path = path.trim_matches('/');
        if self.is_ignored(path) {
            return None;
        }
        String::from_utf8(self.files.read(&self.root.join(path)).ok()?).ok()
    }

    fn entries(&self, folder: &str) -> Option<Vec<String>> {
        let folder = folder.trim_matches('/');
        let path = self.root.join(folder);
        if !self.files.is_folder(&path) {
            return None;
        }
        let inside = |name: &String| if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let names = self.files.list(&path).into_iter().filter(|name| !self.is_ignored(&inside(name)));
        Some(
            names
                .map(|name| match self.files.entry(&path.join(&name)) {
                    Some(Entry::Folder) => format!("{name}/"),
                    _ => name,
                })
                .collect(),
        )
    }
}
