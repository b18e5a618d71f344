//! What git ignores: the `.gitignore` files of the root and the folders below it, and `.git/info/exclude`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Files;

/// Ignore files in deeper folders are not read for a path that does not exist.
const MAX_DEPTH: usize = 64;

/// How a pattern is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As git reads it: this decides which files are walked.
    Exact,
    /// `./x` matches nothing in git, but its author meant `x`: this explains why a file is not in the repository.
    AsMeant,
}

/// The ignore files below a root, each read when a path in its folder or below is first asked for.
#[derive(Debug)]
pub(crate) struct GitIgnore {
    files: Files,
    reading: Reading,
    folders: Mutex<HashMap<PathBuf, Arc<Level>>>,
}

/// The ignore file of a folder, and those above it.
#[derive(Debug, Default)]
struct Level {
    own: Option<Gitignore>,
    above: Option<Arc<Level>>,
}

impl GitIgnore {
    pub(crate) fn new(files: &Files, reading: Reading) -> Self {
        let root = files.root();
        let outermost = Level { own: patterns(files, reading, root, ".git/info/exclude"), above: None };
        let top = Level { own: patterns(files, reading, root, ".gitignore"), above: Some(Arc::new(outermost)) };
        let folders = HashMap::from([(root.to_owned(), Arc::new(top))]);
        GitIgnore { files: files.clone(), reading, folders: Mutex::new(folders) }
    }

    /// True if git ignores a file or folder whose parent folder it does not ignore. The nearest file with a matching
    /// pattern decides.
    pub(crate) fn covers_entry(&self, path: &Path, is_folder: bool) -> bool {
        let Some(folder) = path.parent() else { return false };
        self.decide(folder, |patterns| match patterns.matched(path, is_folder) {
            Match::Ignore(_) => Some(true),
            Match::Whitelist(_) => Some(false),
            Match::None => None,
        })
    }

    /// True if git ignores a path or a folder above it. The path does not exist, so a pattern for a file and one for a
    /// folder both count.
    pub(crate) fn covers_missing(&self, path: &Path) -> bool {
        let root = self.files.root();
        let Some(parent) = path.strip_prefix(root).ok().and_then(Path::parent) else { return false };
        let folder: PathBuf = std::iter::once(root.as_os_str()).chain(parent.iter().take(MAX_DEPTH)).collect();
        self.decide(&folder, |patterns| {
            [false, true].into_iter().find_map(|is_folder| {
                match patterns.matched_path_or_any_parents(path, is_folder) {
                    Match::Ignore(_) => Some(true),
                    Match::Whitelist(_) => Some(false),
                    Match::None => None,
                }
            })
        })
    }

    /// Asks the ignore files from a folder up to the root, until one of them decides.
    fn decide(&self, folder: &Path, ask: impl Fn(&Gitignore) -> Option<bool>) -> bool {
        let mut next = Some(self.level(folder));
        while let Some(level) = next {
            if let Some(decision) = level.own.as_ref().and_then(&ask) {
                return decision;
            }
            next = level.above.clone();
        }
        false
    }

    fn level(&self, folder: &Path) -> Arc<Level> {
        let known = || self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(level) = known().get(folder) {
            return level.clone();
        }
        // The folders from here up to the first one that is known.
        let mut unread = vec![folder];
        let mut above = None;
        for parent in folder.ancestors().skip(1) {
            above = known().get(parent).cloned();
            if above.is_some() {
                break;
            }
            unread.push(parent);
        }
        let mut level = above.unwrap_or_default();
        for folder in unread.into_iter().rev() {
            if let Some(own) = patterns(&self.files, self.reading, folder, ".gitignore") {
                level = Arc::new(Level { own: Some(own), above: Some(level) });
            }
            known().insert(folder.to_owned(), level.clone());
        }
        level
    }
}

/// Reads an ignore file whose patterns are relative to `folder`. A line that is not a pattern is skipped, as git does.
fn patterns(files: &Files, reading: Reading, folder: &Path, name: &str) -> Option<Gitignore> {
    let bytes = files.read(&folder.join(name)).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.strip_prefix('\u{feff}').unwrap_or(&text).lines() {
        let line = match reading {
            Reading::Exact => line,
            Reading::AsMeant => line.strip_prefix("./").unwrap_or(line),
        };
        let _ = builder.add_line(None, line);
    }
    builder.build().ok().filter(|patterns| !patterns.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_gitignore_decides() {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in [(".gitignore", "*.pem\n/only-here\nout/\n"), ("a/.gitignore", "!keep.pem\n./b\n")] {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let files = Files::new(dir.path(), dir.path());
        let root = files.root().to_owned();
        let ignore = GitIgnore::new(&files, Reading::AsMeant);
        let ignored = |path: &str| ignore.covers_missing(&root.join(path));
        assert!(ignored("x.pem") && ignored("a/x.pem") && !ignored("a/keep.pem"));
        assert!(ignored("only-here") && !ignored("a/only-here"));
        assert!(ignored("out/deep/file") && ignored("a/b"));
        assert!(!ignored("main.py") && !ignore.covers_missing(Path::new("/elsewhere")));
        let exact = GitIgnore::new(&files, Reading::Exact);
        assert!(exact.covers_entry(&root.join("a/x.pem"), false) && !exact.covers_entry(&root.join("a/b"), false));
        assert!(exact.covers_entry(&root.join("out"), true) && !exact.covers_entry(&root.join("out"), false));
    }
}
