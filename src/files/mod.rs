//! The only reader of the file system: regular files inside the root, of bounded size, and nothing else.
//!
//! A repository that we check is not trusted: its symbolic links, its `include:`, `env_file:` and `dockerfile:` may point
//! anywhere. What lies outside the root is not opened, not even to see whether it is there; FIFOs and devices are not read.

pub mod discover;
pub(crate) mod gitignore;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Files over this size are not read: 4 MiB is a hundred times the largest build file seen in 290 repositories.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("does not exist")]
    Missing,
    #[error("lies outside the root of the project")]
    OutsideRoot,
    /// Of a project that was handed over as text, see [`Files::in_memory`].
    #[error("was not handed over")]
    NotGiven,
    #[error("is not a regular file")]
    NotAFile,
    /// With the limit in bytes.
    #[error("is larger than {} MiB", .0 / 1024 / 1024)]
    TooLarge(u64),
    #[error("could not be read: {0}")]
    Io(String),
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    File,
    Folder,
    /// A link that leads nowhere, a FIFO, a socket, a device.
    Other,
}

/// What was opened: how much, for a progress line; and what, for watching. A file is in it also where it was missing.
#[derive(Debug, Default)]
pub struct ReadLog {
    count: AtomicUsize,
    paths: Mutex<HashSet<PathBuf>>,
}

impl ReadLog {
    /// Notes a file that was read or a folder that was listed; absolute.
    pub fn note(&self, path: &Path) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        if !paths.contains(path) {
            paths.insert(path.to_owned());
        }
    }

    /// How often something was opened so far.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Everything that was opened so far, sorted.
    pub fn paths(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> =
            self.paths.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
        paths.sort();
        paths
    }
}

/// Reads files below one root.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
    working_dir: PathBuf,
    allow_outside: bool,
    overlay: HashMap<PathBuf, Vec<u8>>,
    memory: Option<Arc<Memory>>,
    /// What was opened through this value and its clones: the reads of one project.
    reads: Arc<ReadLog>,
    /// What a whole run opens, if somebody wants to know.
    log: Option<Arc<ReadLog>>,
    /// Where folders really lie, each looked up once.
    folders: Arc<Mutex<HashMap<PathBuf, Option<PathBuf>>>>,
}

/// A project that is not on disk.
#[derive(Debug)]
struct Memory {
    /// `None`: it exists, and its text was not handed over.
    files: BTreeMap<PathBuf, Option<Vec<u8>>>,
    /// Whether there is nothing beside these files.
    complete: bool,
}

impl Memory {
    fn entry(&self, path: &Path) -> Option<Entry> {
        if self.files.contains_key(path) {
            return Some(Entry::File);
        }
        self.below(path).next().map(|_| Entry::Folder)
    }

    /// What lies under a folder, in the order of paths.
    fn below<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
        let from = (std::ops::Bound::Excluded(folder.to_owned()), std::ops::Bound::Unbounded);
        self.files.range::<PathBuf, _>(from).map(|(path, _)| path).take_while(move |path| path.starts_with(folder))
    }
}

/// Where a project in memory lies, as far as paths go.
const MEMORY_ROOT: &str = "/project";

impl Files {
    /// `root` and `working_dir` must be absolute; the root is made canonical so that links can be compared with it.
    pub fn new(root: &Path, working_dir: &Path) -> Self {
        Files {
            root: fs::canonicalize(root).unwrap_or_else(|_| normalize(root)),
            working_dir: working_dir.to_owned(),
            allow_outside: false,
            overlay: HashMap::new(),
            memory: None,
            reads: Arc::default(),
            log: None,
            folders: Arc::default(),
        }
    }

    /// A project that was handed over as text: paths from its root, and the text of each file, or `None` for a file that
    /// exists but whose text is not known. Nothing on disk is looked at. Unless it is `complete`, a file that was not handed
    /// over may exist all the same, so it is neither there nor missing.
    pub fn in_memory(given: impl IntoIterator<Item = (PathBuf, Option<Vec<u8>>)>, complete: bool) -> Self {
        let root = PathBuf::from(MEMORY_ROOT);
        let files = given.into_iter().map(|(path, text)| (normalize(&root.join(path)), text));
        let files = files.filter(|(path, _)| path.starts_with(&root) && *path != root).collect();
        Files {
            working_dir: root.clone(),
            root,
            allow_outside: false,
            overlay: HashMap::new(),
            memory: Some(Arc::new(Memory { files, complete })),
            reads: Arc::default(),
            log: None,
            folders: Arc::default(),
        }
    }

    /// The paths of a project in memory, sorted; `None` if it is on disk.
    pub fn handed_over(&self) -> Option<Vec<PathBuf>> {
        Some(self.memory.as_ref()?.files.keys().cloned().collect())
    }

    /// Lifts the confinement to the root.
    #[must_use]
    pub fn allow_outside_root(mut self, allow: bool) -> Self {
        self.allow_outside = allow;
        self
    }

    /// Text that stands for a file on disk: an editor's unsaved buffer.
    #[must_use]
    pub fn with_overlay(mut self, path: &Path, bytes: Vec<u8>) -> Self {
        self.overlay.insert(self.absolute(path), bytes);
        self
    }

    /// Keeps a log of what is opened from here on.
    #[must_use]
    pub fn logged(mut self, log: Option<Arc<ReadLog>>) -> Self {
        self.log = log;
        self
    }

    /// What was opened through this value and its clones, for the project that they were made for. Texts of an editor and of
    /// a project in memory count as opened.
    pub fn reads(&self) -> &ReadLog {
        &self.reads
    }

    /// Notes a path that was opened.
    pub fn note(&self, path: &Path) {
        self.reads.note(path);
        if let Some(log) = &self.log {
            log.note(path);
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn working_dir(&self) -> &Path {
        &self.working_dir
    }

    /// Absolute and without `.` and `..`, as text: links are not followed.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        bounded(if path.is_absolute() { normalize(path) } else { normalize(&self.working_dir.join(path)) })
    }

    /// How reports name a path: relative to the working directory, with `/`.
    pub fn display(&self, path: &Path) -> String {
        let path = self.absolute(path);
        let shown = match path.strip_prefix(&self.working_dir) {
            Ok(relative) if relative.as_os_str().is_empty() => PathBuf::from("."),
            Ok(relative) => relative.to_owned(),
            Err(_) => relative_to(&path, &self.working_dir).unwrap_or(path),
        };
        let shown = shown.to_string_lossy();
        // Elsewhere a backslash is a character of the name.
        if cfg!(windows) { shown.replace('\\', "/") } else { shown.into_owned() }
    }

    /// Whether a path may be opened: its real place, links followed, lies under the root.
    pub fn is_inside(&self, path: &Path) -> bool {
        if self.allow_outside {
            return true;
        }
        let path = self.absolute(path);
        if let Some(memory) = &self.memory {
            return path.starts_with(&self.root) && (memory.complete || memory.entry(&path).is_some());
        }
        match self.real(&path) {
            Ok(real) => real.path.starts_with(&self.root),
            // What does not exist cannot be opened either; judge its nearest existing ancestor.
            Err(_) => self.nearest_folder(&path).is_some_and(|real| {
                real.starts_with(&self.root) || self.root.starts_with(&real) && path_is_under(&path, &self.root)
            }),
        }
    }

    /// Where the nearest folder above a path that is there really lies. Under the root it is looked for from above: behind the
    /// first one that is missing nothing can be there, and a path may have thousands of parts.
    fn nearest_folder(&self, path: &Path) -> Option<PathBuf> {
        let above = path.parent()?;
        if let Some(real) = self.real_folder(above) {
            return Some(real);
        }
        let Ok(parts) = above.strip_prefix(&self.root) else {
            return above.ancestors().find_map(|folder| self.real_folder(folder));
        };
        let mut folder = self.root.clone();
        let mut nearest = self.real_folder(&folder)?;
        for part in parts {
            folder.push(part);
            let Some(real) = self.real_folder(&folder) else { break };
            nearest = real;
        }
        Some(nearest)
    }

    /// Where a folder really lies, links followed; `None` if there is none. Each folder under the root is looked up once a
    /// run, in its parent: looking up a whole path costs the square of its parts.
    fn real_folder(&self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = self.known_folder(folder) {
            return known;
        }
        let Ok(parts) = folder.strip_prefix(&self.root) else {
            return self.remember(folder, fs::canonicalize(folder).ok());
        };
        if let (Some(parent), Some(name)) = (folder.parent(), parts.file_name())
            && let Some(real) = self.known_folder(parent)
        {
            return self.remember(folder, child(&real?, name));
        }
        let mut at = self.root.clone();
        let known = self.known_folder(&at);
        let mut real = known.unwrap_or_else(|| self.remember(&at, fs::canonicalize(&at).ok()))?;
        for part in parts {
            at.push(part);
            real = self.known_folder(&at).unwrap_or_else(|| self.remember(&at, child(&real, part)))?;
        }
        Some(real)
    }

    fn known_folder(&self, folder: &Path) -> Option<Option<PathBuf>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).get(folder).cloned()
    }

    fn remember(&self, folder: &Path, real: Option<PathBuf>) -> Option<PathBuf> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned(), real.clone());
        real
    }

    /// Where a path really leads, and what is there. The folder is looked up once a run, the last name at each call.
    fn real(&self, path: &Path) -> io::Result<Real> {
        let whole = || {
            let path = fs::canonicalize(path)?;
            let meta = fs::metadata(&path)?;
            Ok(Real { path, meta })
        };
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return whole() };
        let Some(folder) = self.real_folder(folder) else { return whole() };
        let path = folder.join(name);
        let meta = fs::symlink_metadata(&path)?;
        if meta.is_symlink() { whole() } else { Ok(Real { path, meta }) }
    }

    /// What stands at a path, links followed. `None`: nothing there, or outside the root.
    pub fn entry(&self, path: &Path) -> Option<Entry> {
        let path = self.absolute(path);
        if self.overlay.contains_key(&path) {
            return Some(Entry::File);
        }
        if let Some(memory) = &self.memory {
            return memory.entry(&path);
        }
        match self.real(&path) {
            Ok(real) if !self.allow_outside && !real.path.starts_with(&self.root) => None,
            Ok(real) if real.meta.is_file() => Some(Entry::File),
            Ok(real) if real.meta.is_dir() => Some(Entry::Folder),
            Ok(_) => Some(Entry::Other),
            Err(_) if !self.is_inside(&path) => None,
            Err(_) => fs::symlink_metadata(&path).ok().map(|_| Entry::Other),
        }
    }

    pub fn is_file(&self, path: &Path) -> bool {
        self.entry(path) == Some(Entry::File)
    }

    pub fn is_folder(&self, path: &Path) -> bool {
        self.entry(path) == Some(Entry::Folder)
    }

    /// The folders from the root down to `folder` that are there; none if it does not lie under the root. Behind the first one
    /// that is missing none can be, so a path of thousands of parts costs what its beginning costs.
    pub fn folders_down_to(&self, folder: &Path) -> Vec<PathBuf> {
        let Ok(parts) = folder.strip_prefix(&self.root) else { return Vec::new() };
        let mut folders = vec![self.root.clone()];
        for part in parts {
            let Some(next) = folders.last().map(|last| last.join(part)).filter(|next| self.is_folder(next)) else {
                break;
            };
            folders.push(next);
        }
        folders
    }

    /// The first part of a path under the root that is missing, from the root down; the last one if only that is. `None` where
    /// the path does not lie under the root or is there.
    pub fn first_missing(&self, path: &Path) -> Option<PathBuf> {
        let there = self.folders_down_to(path).pop()?;
        let next = path.strip_prefix(&there).ok()?.iter().next()?;
        Some(there.join(next)).filter(|missing| self.entry(missing).is_none())
    }

    /// The names in a folder, sorted; empty if it cannot be listed.
    pub fn list(&self, folder: &Path) -> Vec<String> {
        let folder = self.absolute(folder);
        if !self.is_inside(&folder) {
            return Vec::new();
        }
        if let Some(memory) = &self.memory {
            let child =
                |path: &PathBuf| Some(path.strip_prefix(&folder).ok()?.iter().next()?.to_string_lossy().into_owned());
            let mut names: Vec<String> = memory.below(&folder).filter_map(child).collect();
            names.dedup();
            return names;
        }
        self.note(&folder);
        let Ok(entries) = fs::read_dir(&folder) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.filter_map(Result::ok).map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Reads a regular file inside the root.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        self.read_up_to(path, MAX_FILE_BYTES)
    }

    /// As [`Files::read`], with a limit in bytes of its own.
    pub fn read_up_to(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        let path = self.absolute(path);
        if let Some(bytes) = self.overlay.get(&path) {
            self.reads.note(&path);
            return Ok(bytes.clone());
        }
        if let Some(memory) = &self.memory {
            self.reads.note(&path);
            return match memory.files.get(&path) {
                Some(Some(bytes)) if bytes.len() as u64 > limit => Err(ReadError::TooLarge(limit)),
                Some(Some(bytes)) => Ok(bytes.clone()),
                Some(None) => Err(ReadError::NotGiven),
                None if !path.starts_with(&self.root) => Err(ReadError::OutsideRoot),
                None if memory.entry(&path).is_some() => Err(ReadError::NotAFile),
                None if memory.complete => Err(ReadError::Missing),
                None => Err(ReadError::NotGiven),
            };
        }
        self.note(&path);
        let Real { path: real, meta } = match self.real(&path) {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(if self.is_inside(&path) { ReadError::Missing } else { ReadError::OutsideRoot });
            }
            Err(error) => return Err(ReadError::Io(error.kind().to_string())),
        };
        if !self.allow_outside && !real.starts_with(&self.root) {
            return Err(ReadError::OutsideRoot);
        }
        if !meta.is_file() {
            return Err(ReadError::NotAFile);
        }
        if meta.len() > limit {
            return Err(ReadError::TooLarge(limit));
        }
        let file = open_regular(&real)?;
        let mut bytes = Vec::with_capacity(meta.len() as usize);
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| ReadError::Io(e.kind().to_string()))?;
        if bytes.len() as u64 > limit {
            return Err(ReadError::TooLarge(limit));
        }
        Ok(bytes)
    }
}

/// Reads a file that the user names, wherever it is: at most `limit` bytes of a regular file.
pub fn read_named(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let meta = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ReadError::Missing,
        kind => ReadError::Io(kind.to_string()),
    })?;
    if !meta.is_file() {
        return Err(ReadError::NotAFile);
    }
    if meta.len() > limit {
        return Err(ReadError::TooLarge(limit));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or_default());
    let read = open_regular(path)?.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| ReadError::Io(error.kind().to_string()))?;
    if bytes.len() as u64 > limit { Err(ReadError::TooLarge(limit)) } else { Ok(bytes) }
}

/// True if a path leads to a regular file in a folder, links followed.
pub fn is_file_below(path: &Path, folder: &Path) -> bool {
    let Ok(real) = fs::canonicalize(path) else { return false };
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    real.starts_with(folder) && fs::metadata(&real).is_ok_and(|meta| meta.is_file())
}

/// True if a path leads to this very folder, links followed.
pub fn leads_to(path: &Path, folder: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|real| real == folder)
}

/// Returns a path with the links of its folders followed, as far as they exist; the last part may be a link itself.
pub fn real_path(path: &Path) -> PathBuf {
    let path = normalize(path);
    if path.is_dir() {
        return fs::canonicalize(&path).unwrap_or(path);
    }
    for folder in path.ancestors().skip(1) {
        if let Ok(real) = fs::canonicalize(folder) {
            return path.strip_prefix(folder).map(|rest| real.join(rest)).unwrap_or(path);
        }
    }
    path
}

/// What a path leads to.
struct Real {
    path: PathBuf,
    meta: fs::Metadata,
}

/// Opens without waiting for a writer (a FIFO that took the file's place must not block us) and looks again at what was
/// opened.
pub(crate) fn open_regular(path: &Path) -> Result<fs::File, ReadError> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(O_NONBLOCK);
    }
    let file = options.open(path).map_err(|e| ReadError::Io(e.kind().to_string()))?;
    let meta = file.metadata().map_err(|e| ReadError::Io(e.kind().to_string()))?;
    if meta.is_file() { Ok(file) } else { Err(ReadError::NotAFile) }
}

/// The value of `O_NONBLOCK` in the C library's headers.
#[cfg(all(unix, any(target_os = "linux", target_os = "android")))]
const O_NONBLOCK: i32 = 0o4000;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
const O_NONBLOCK: i32 = 0x4;

/// `.` and `..` taken out as text.
pub fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    out.push("..");
                }
            }
            other => out.push(other),
        }
    }
    out
}

/// Bytes of a path that a system takes (`PATH_MAX`), and of one name in it (`NAME_MAX`).
const LONGEST_PATH: usize = 4096;
const LONGEST_NAME: usize = 255;

/// A path that is longer than any system takes leads nowhere, and a shorter one that leads nowhere stands for it: whoever
/// goes up from a path folder by folder would take time and memory by the square of its length.
fn bounded(path: PathBuf) -> PathBuf {
    if path.as_os_str().len() <= LONGEST_PATH {
        return path;
    }
    let mut out = PathBuf::new();
    for part in path.components() {
        if out.as_os_str().len() + part.as_os_str().len() + LONGEST_NAME + 2 > LONGEST_PATH {
            break;
        }
        out.push(part);
    }
    out.push("x".repeat(LONGEST_NAME + 1));
    out
}

fn path_is_under(path: &Path, root: &Path) -> bool {
    normalize(path).starts_with(root)
}

/// `../x` from `base` to `path`, both absolute.
pub fn relative_to(path: &Path, base: &Path) -> Option<PathBuf> {
    let (path, base): (Vec<_>, Vec<_>) = (path.components().collect(), base.components().collect());
    let common = path.iter().zip(&base).take_while(|(a, b)| a == b).count();
    if common == 0 {
        return None;
    }
    let mut out = PathBuf::new();
    out.extend(std::iter::repeat_n("..", base.len() - common));
    out.extend(&path[common..]);
    Some(if out.as_os_str().is_empty() { PathBuf::from(".") } else { out })
}

/// Where a name in a folder that was looked up leads, links followed; `None` if nothing is there.
fn child(folder: &Path, name: &OsStr) -> Option<PathBuf> {
    let path = folder.join(name);
    let meta = fs::symlink_metadata(&path).ok()?;
    if meta.is_symlink() { fs::canonicalize(&path).ok() } else { Some(path) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_recorded_for_the_project_that_asked() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "1").unwrap();
        let run = Arc::new(ReadLog::default());
        let first = Files::new(folder.path(), folder.path()).logged(Some(run.clone()));
        let second = Files::new(folder.path(), folder.path()).logged(Some(run.clone()));
        let path = first.root().join("a");
        first.read(&path).unwrap();
        first.clone().read(&path).unwrap();
        assert!(second.read(&second.root().join("b")).is_err());
        assert_eq!((first.reads().count(), first.reads().paths()), (2, vec![path.clone()]));
        assert_eq!((second.reads().count(), second.reads().paths()), (1, vec![second.root().join("b")]));
        assert_eq!((run.count(), run.paths().len()), (3, 2));
        let unsaved = Files::new(folder.path(), folder.path()).with_overlay(&path, b"2".to_vec());
        unsaved.read(&path).unwrap();
        assert_eq!(unsaved.reads().paths(), [path]);
    }

    #[test]
    fn the_first_missing_part_of_a_path() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join("a/file"), "").unwrap();
        let files = Files::new(&root, &root);
        for (path, missing) in [
            ("a/b/c/d", Some("a/b/c")),
            ("a/b/c", Some("a/b/c")),
            ("x/y/z", Some("x")),
            ("a/b", None),
            ("a/file", None),
            // Nothing lies behind a file, but the file itself is there.
            ("a/file/x", None),
        ] {
            assert_eq!(files.first_missing(&root.join(path)), missing.map(|m| root.join(m)), "{path}");
        }
        assert_eq!(files.first_missing(Path::new("/elsewhere/x")), None);
        let folders = |path: &str| files.folders_down_to(&root.join(path)).len();
        assert_eq!((folders("a/b"), folders("a/b/c/d"), folders("x")), (3, 3, 1));
        assert!(files.folders_down_to(Path::new("/elsewhere")).is_empty());
    }

    #[test]
    fn a_path_that_no_system_takes_leads_nowhere() {
        let files = Files::new(Path::new("/root"), Path::new("/root"));
        let long = files.absolute(&PathBuf::from("a/".repeat(30_000)));
        assert!(long.as_os_str().len() <= LONGEST_PATH && long.starts_with("/root/a/a"), "{}", long.display());
        assert_eq!(files.read(&long), Err(ReadError::Missing));
        let short = Path::new("/root").join("a/".repeat(1_900));
        assert_eq!(files.absolute(&short), normalize(&short));
    }

    #[test]
    fn reads_only_regular_files_inside_the_root() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::write(outer.path().join("secret"), "x").unwrap();
        fs::write(root.join("a"), "a").unwrap();
        let files = Files::new(&root, &root);
        assert_eq!(files.read(Path::new("a")), Ok(b"a".to_vec()));
        assert_eq!(files.read(Path::new("../secret")), Err(ReadError::OutsideRoot));
        assert_eq!(files.read(Path::new("../nothing")), Err(ReadError::OutsideRoot));
        assert_eq!(files.read(Path::new("nothing")), Err(ReadError::Missing));
        assert_eq!(files.read(Path::new("sub")), Err(ReadError::NotAFile));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outer.path().join("secret"), root.join("link")).unwrap();
            assert_eq!(files.read(Path::new("link")), Err(ReadError::OutsideRoot));
            assert_eq!(files.entry(Path::new("link")), None);
        }
    }

    #[test]
    fn a_project_in_memory() {
        let given = |complete| {
            let text = |t: &str| Some(t.as_bytes().to_vec());
            Files::in_memory(
                [
                    ("a/Dockerfile".into(), text("FROM scratch")),
                    ("a/main.py".into(), None),
                    ("../out".into(), text("x")),
                ],
                complete,
            )
        };
        let (open, closed) = (given(false), given(true));
        assert_eq!(open.read(Path::new("a/Dockerfile")), Ok(b"FROM scratch".to_vec()));
        assert_eq!(open.list(Path::new("a")), ["Dockerfile", "main.py"]);
        assert_eq!(
            (open.entry(Path::new("a")), open.entry(Path::new("a/main.py"))),
            (Some(Entry::Folder), Some(Entry::File))
        );
        assert_eq!(open.read(Path::new("a/main.py")), Err(ReadError::NotGiven));
        assert_eq!(open.read(Path::new("b")), Err(ReadError::NotGiven));
        assert_eq!(closed.read(Path::new("b")), Err(ReadError::Missing));
        assert_eq!(closed.read(Path::new("../out")), Err(ReadError::OutsideRoot));
        assert_eq!(closed.read(Path::new("/etc/hostname")), Err(ReadError::OutsideRoot));
        assert!(!open.is_inside(Path::new("b")) && closed.is_inside(Path::new("b")));
    }

    #[test]
    fn names_paths_from_the_working_directory() {
        let files = Files::new(Path::new("/"), Path::new("/srv/project"));
        assert_eq!(files.display(Path::new("/srv/project/a/b")), "a/b");
        assert_eq!(files.display(Path::new("/srv/other")), "../other");
    }
}
