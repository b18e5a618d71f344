//! A folder of repositories, as people keep their clones: each is judged by itself, as if it had been named alone.
//!
//! What one repository says of itself (who owns it, what its scripts build) means nothing for its neighbour, and what it
//! costs to look for all of that must not grow with the number of neighbours.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use crate::files::Files;
use crate::files::discover::{BuildText, Discovered};

/// One repository of the folder, or several that reach into one another.
#[derive(Debug)]
pub struct RepositoryPart {
    /// What bounds the reading.
    pub root: PathBuf,
    /// What the walk found in it.
    pub found: Discovered,
}

/// Fewer folders without `.git` than these are one project that keeps its parts in folders, whatever lies in them.
const FEWEST_UNMARKED: usize = 8;

/// The repositories under the root, if it is no repository itself but a folder of them: `.git` marks them, or else, where
/// the root holds nothing but folders, the files that stand at the top of a repository (a README, a licence, `.gitignore`)
/// in two of three folders. `None` where all is one project.
pub fn split(files: &Files, found: &Discovered) -> Option<Vec<RepositoryPart>> {
    let root = files.root();
    if files.handed_over().is_some() || root.join(".git").exists() {
        return None;
    }
    let homes = Homes { root, marked: &found.repositories };
    let build_files = || found.compose.iter().chain(&found.maybe_compose).chain(&found.dockerfiles);
    let mut with_builds: HashSet<PathBuf> = HashSet::new();
    for path in build_files() {
        // A build file in the root itself may speak of everything below.
        with_builds.insert(homes.of(path)?);
    }
    let unmarked = with_builds.iter().filter(|home| !homes.is_marked(home)).count();
    if with_builds.len() < 2 || unmarked > 0 && !is_shelf(files, found, &homes, &with_builds) {
        return None;
    }
    let groups = joined(files, found, &homes, &with_builds);
    let mut parts: BTreeMap<PathBuf, RepositoryPart> = BTreeMap::new();
    let mut share = |path: &Path, put: &dyn Fn(&mut Discovered)| {
        let Some(group) = homes.of(path).and_then(|home| groups.get(&home)) else { return };
        let part = parts.entry(group.name.clone());
        put(&mut part
            .or_insert_with(|| RepositoryPart { root: group.root.clone(), found: Discovered::default() })
            .found);
    };
    for path in &found.compose {
        share(path, &|found| found.compose.push(path.clone()));
    }
    for path in &found.maybe_compose {
        share(path, &|found| found.maybe_compose.push(path.clone()));
    }
    for path in &found.dockerfiles {
        share(path, &|found| found.dockerfiles.push(path.clone()));
    }
    for text in &found.build_texts {
        share(&text.path, &|found| found.build_texts.push(text.clone()));
    }
    Some(parts.into_values().collect())
}

/// Where files belong.
struct Homes<'a> {
    root: &'a Path,
    /// Folders with `.git`, sorted.
    marked: &'a [PathBuf],
}

impl Homes<'_> {
    fn is_marked(&self, home: &Path) -> bool {
        self.marked.binary_search_by(|m| m.as_path().cmp(home)).is_ok()
    }

    /// The outermost repository around a file, or else its folder under the root; `None` for what lies in the root itself.
    fn of(&self, path: &Path) -> Option<PathBuf> {
        let below = path.strip_prefix(self.root).ok()?.parent()?;
        let mut folder = self.root.to_owned();
        let mut first = None;
        for part in below.components() {
            folder.push(part);
            if self.is_marked(&folder) {
                return Some(folder);
            }
            first.get_or_insert_with(|| folder.clone());
        }
        first
    }
}

/// Whether a root without any file at its top holds enough folders that look like repositories.
fn is_shelf(files: &Files, found: &Discovered, homes: &Homes<'_>, all: &HashSet<PathBuf>) -> bool {
    let root = files.root();
    let is_own = |text: &BuildText| text.path.parent() == Some(root);
    if all.len() < FEWEST_UNMARKED || found.build_texts.iter().any(is_own) || has_top_file(files, root) {
        return false;
    }
    let like = all.iter().filter(|home| homes.is_marked(home) || has_top_file(files, home)).count();
    like * 3 >= all.len() * 2
}

/// Whether a folder holds what stands at the top of a repository.
fn has_top_file(files: &Files, folder: &Path) -> bool {
    files.list(folder).iter().any(|name| {
        let lower = name.to_ascii_lowercase();
        lower == ".gitignore" || ["readme", "license", "licence", "copying"].iter().any(|w| lower.starts_with(w))
    })
}

/// Homes that are judged together.
struct Group {
    /// The first of its homes: what the group is known by.
    name: PathBuf,
    root: PathBuf,
}

/// The group of each home: its own, but for those whose compose files reach into one another's folders.
fn joined(files: &Files, found: &Discovered, homes: &Homes<'_>, all: &HashSet<PathBuf>) -> HashMap<PathBuf, Group> {
    let mut sorted: Vec<&PathBuf> = all.iter().collect();
    sorted.sort();
    let number: HashMap<&PathBuf, usize> = sorted.iter().enumerate().map(|(i, home)| (*home, i)).collect();
    let mut leader: Vec<usize> = (0..sorted.len()).collect();
    for path in found.compose.iter().chain(&found.maybe_compose) {
        let Some(own) = homes.of(path).and_then(|home| number.get(&home).copied()) else { continue };
        for target in escapes(files, path, sorted.get(own).map_or(path, |home| home)) {
            // A file stands for its folder: what is asked is whose the place is.
            let Some(other) = homes.of(&target.join("x")).and_then(|home| number.get(&home).copied()) else { continue };
            let (a, b) = (lead(&leader, own), lead(&leader, other));
            if let Some(slot) = leader.get_mut(a.max(b)) {
                *slot = a.min(b);
            }
        }
    }
    let mut sizes = vec![0_usize; sorted.len()];
    for i in 0..sorted.len() {
        if let Some(size) = sizes.get_mut(lead(&leader, i)) {
            *size += 1;
        }
    }
    let group = |i: usize, home: &PathBuf| {
        let first = lead(&leader, i);
        let name = sorted.get(first).map_or_else(|| home.clone(), |first| (*first).clone());
        let alone = sizes.get(first) == Some(&1);
        Group { name, root: if alone { home.clone() } else { homes.root.to_owned() } }
    };
    sorted.iter().enumerate().map(|(i, home)| ((*home).clone(), group(i, home))).collect()
}

fn lead(leader: &[usize], mut of: usize) -> usize {
    while let Some(next) = leader.get(of).copied().filter(|next| *next != of) {
        of = next;
    }
    of
}

/// Folders beside `home` that a compose file names by a path that leads out of it (`../api`).
fn escapes(files: &Files, path: &Path, home: &Path) -> Vec<PathBuf> {
    let (Ok(bytes), Some(folder)) = (files.read(path), path.parent()) else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let mut found = Vec::new();
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ':' | ',' | '[' | ']' | '{' | '}' | '='));
    for word in words.filter(|word| word.starts_with("..") || word.starts_with("./..")) {
        let mut target = folder.to_owned();
        for part in Path::new(word).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    target.pop();
                }
                Component::Normal(name) => target.push(name),
                _ => break,
            }
        }
        if !target.starts_with(home) && target.starts_with(files.root()) {
            found.push(target);
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::files::discover;

    fn tree(paths: &[(&str, &str)]) -> (tempfile::TempDir, Files) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in paths {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let files = Files::new(dir.path(), dir.path());
        (dir, files)
    }

    fn roots(files: &Files) -> Option<Vec<String>> {
        let parts = split(files, &discover::find(files))?;
        Some(parts.iter().map(|part| files.display(&part.root)).collect())
    }

    #[test]
    fn clones_in_a_folder_are_told_apart() {
        let (_dir, files) = tree(&[
            ("a/.git/HEAD", ""),
            ("a/Dockerfile", "FROM scratch\n"),
            ("group/b/.git/HEAD", ""),
            ("group/b/deep/Dockerfile", "FROM scratch\n"),
        ]);
        assert_eq!(roots(&files), Some(vec!["a".to_owned(), "group/b".to_owned()]));
    }

    #[test]
    fn a_build_file_over_clones_keeps_them_together() {
        let (_dir, files) = tree(&[
            ("a/.git/HEAD", ""),
            ("a/Dockerfile", "FROM scratch\n"),
            ("b/.git/HEAD", ""),
            ("b/Dockerfile", "FROM scratch\n"),
            ("compose.yaml", "services: {a: {build: ./a}}\n"),
        ]);
        assert_eq!(roots(&files), None);
    }

    #[test]
    fn clones_that_reach_into_one_another_stay_together() {
        let (_dir, files) = tree(&[
            ("a/.git/HEAD", ""),
            ("a/compose.yaml", "services:\n  b:\n    build: \"../b\"\n"),
            ("b/.git/HEAD", ""),
            ("b/Dockerfile", "FROM scratch\n"),
            ("c/.git/HEAD", ""),
            ("c/Dockerfile", "FROM scratch\n"),
        ]);
        let parts = split(&files, &discover::find(&files)).unwrap();
        let counts: Vec<_> = parts.iter().map(|p| (p.found.compose.len(), p.found.dockerfiles.len())).collect();
        assert_eq!(counts, [(1, 1), (0, 1)]);
        assert_eq!(roots(&files), Some(vec![".".to_owned(), "c".to_owned()]));
    }

    #[test]
    fn folders_of_one_project_are_no_repositories() {
        let services: Vec<String> = (0..9).map(|i| format!("service-{i}/Dockerfile")).collect();
        let files: Vec<(&str, &str)> = services.iter().map(|path| (path.as_str(), "FROM scratch\n")).collect();
        let (_dir, files) = tree(&files);
        assert_eq!(roots(&files), None);
        let shelf: Vec<String> =
            (0..9).flat_map(|i| ["Dockerfile", "README.md"].map(|f| format!("r{i}/{f}"))).collect();
        let shelf: Vec<(&str, &str)> = shelf.iter().map(|path| (path.as_str(), "FROM scratch\n")).collect();
        let (_dir, files) = tree(&shelf);
        assert_eq!(roots(&files).map(|r| r.len()), Some(9));
        let with_readme: Vec<(&str, &str)> = shelf.iter().copied().chain([("README.md", "")]).collect();
        let (_dir, files) = tree(&with_readme);
        assert_eq!(roots(&files), None);
    }
}
