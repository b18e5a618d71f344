//! A build context as the builder sends it: the folder without what `.dockerignore` keeps out.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use crate::dockerfile::ignore_file::IgnoreFile;
use crate::files::{Entry, Files};
use crate::image::ContextFiles;
use crate::text::Span;

/// A local build context.
#[derive(Debug)]
pub(crate) struct BuildContext<'a> {
    files: &'a Files,
    root: PathBuf,
    ignore: Option<&'a IgnoreFile>,
    note_skipped: RefCell<Vec<(Span, String)>>,
}

impl<'a> BuildContext<'a> {
    pub(crate) fn new(files: &'a Files, root: &Path, ignore: Option<&'a IgnoreFile>) -> Self {
        BuildContext { files, root: root.to_owned(), ignore, note_skipped: RefCell::default() }
    }

    /// What was told to [`ContextFiles::note_skipped`].
    pub(crate) fn into_skipped(self) -> Vec<(Span, String)> {
        self.note_skipped.into_inner()
    }

    fn is_ignored(&self, path: &str) -> bool {
        self.ignore.and_then(|i| i.matches(path)).is_some_and(|v| v.excluded)
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

    fn note_skipped(&self, at: Span, what: String) {
        self.note_skipped.borrow_mut().push((at, what));
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
