//! The only writer of files in a repository: whole files, atomically, and only the very file that was read.
//!
//! A repository is not trusted and an editor may be open beside us: nothing is written through a symbolic link, outside the
//! root, over a file that has other names (hard links), or over bytes that are not those that were read.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::change::FileChange;
use crate::files::open_regular;
use crate::files::os_error;

/// Why a file is not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteRefusal {
    #[error("it is reached through a symbolic link")]
    Symlink,
    #[error("it lies outside the root of the project")]
    OutsideRoot,
    #[error("it is not a regular file")]
    NotAFile,
    #[error("it has other names (hard links), which would keep the old text")]
    HardLinks,
    #[error("it is read-only")]
    ReadOnly,
    #[error("it changed since it was read")]
    Changed,
    #[error("{0}")]
    Io(String),
}

/// A file that could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: not written: {refusal}")]
pub struct WriteError {
    /// The file as reports show it.
    pub name: String,
    pub refusal: WriteRefusal,
}

/// Whether this file may be written: it is where it seems to be, and what was read.
pub fn check(root: &Path, allow_outside: bool, path: &Path, read: &[u8]) -> Result<(), WriteRefusal> {
    let meta = fs::symlink_metadata(path).map_err(|e| io(&e))?;
    if meta.file_type().is_symlink() {
        return Err(WriteRefusal::Symlink);
    }
    if !meta.is_file() {
        return Err(WriteRefusal::NotAFile);
    }
    if meta.permissions().readonly() {
        return Err(WriteRefusal::ReadOnly);
    }
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::nlink(&meta) > 1 {
        return Err(WriteRefusal::HardLinks);
    }
    if !allow_outside {
        inside(root, path)?;
    }
    if meta.len() != read.len() as u64 || same_file(path, &meta, read.len())? != read {
        return Err(WriteRefusal::Changed);
    }
    Ok(())
}

/// The bytes of the very file that was looked at, should another one, a link or a pipe have taken its place since.
fn same_file(path: &Path, looked_at: &fs::Metadata, length: usize) -> Result<Vec<u8>, WriteRefusal> {
    let file = open_regular(path).map_err(|_| WriteRefusal::Changed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let opened = file.metadata().map_err(|e| io(&e))?;
        if (opened.dev(), opened.ino()) != (looked_at.dev(), looked_at.ino()) {
            return Err(WriteRefusal::Changed);
        }
    }
    #[cfg(not(unix))]
    let _ = looked_at;
    let mut bytes = Vec::with_capacity(length);
    file.take(length as u64 + 1).read_to_end(&mut bytes).map_err(|e| io(&e))?;
    Ok(bytes)
}

/// Climbs from the file to the root; a link on the way, or no root, is a refusal.
fn inside(root: &Path, path: &Path) -> Result<(), WriteRefusal> {
    let root = identity(root)?;
    for folder in path.ancestors().skip(1) {
        if identity(folder)? == root {
            return Ok(());
        }
        if fs::symlink_metadata(folder).map_err(|e| io(&e))?.file_type().is_symlink() {
            return Err(WriteRefusal::Symlink);
        }
    }
    Err(WriteRefusal::OutsideRoot)
}

/// Tells a folder from every other one. Its whole path is looked up, but not that of each folder above it as well.
#[cfg(unix)]
fn identity(folder: &Path) -> Result<(u64, u64), WriteRefusal> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(folder).map_err(|e| io(&e))?;
    Ok((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn identity(folder: &Path) -> Result<PathBuf, WriteRefusal> {
    fs::canonicalize(folder).map_err(|e| io(&e))
}

fn io(error: &std::io::Error) -> WriteRefusal {
    WriteRefusal::Io(os_error(error))
}

/// Writes all of the changes or none: every new text lies complete beside its file before the first one takes its place,
/// and should one of the last steps fail, what was replaced is put back.
pub fn write(root: &Path, allow_outside: bool, changes: &[FileChange]) -> Result<(), WriteError> {
    let named = |change: &FileChange, refusal| WriteError { name: change.name.clone(), refusal };
    let mut ready: Vec<(Temp, &FileChange)> = Vec::new();
    for change in changes {
        check(root, allow_outside, &change.path, &change.before).map_err(|e| named(change, e))?;
        let temp = Temp::create(&change.path, &change.after).map_err(|e| named(change, e))?;
        ready.push((temp, change));
    }
    let mut done: Vec<&FileChange> = Vec::new();
    for (temp, change) in ready {
        let step = check(root, allow_outside, &change.path, &change.before).and_then(|()| temp.replace(&change.path));
        if let Err(refusal) = step {
            for earlier in done {
                if check(root, allow_outside, &earlier.path, &earlier.after).is_ok() {
                    let _ = Temp::create(&earlier.path, &earlier.before).and_then(|t| t.replace(&earlier.path));
                }
            }
            return Err(named(change, refusal));
        }
        done.push(change);
    }
    Ok(())
}

/// A complete new text beside the file that it will replace; removed again if it does not come to that.
struct Temp {
    path: PathBuf,
}

impl Temp {
    fn create(target: &Path, bytes: &[u8]) -> Result<Temp, WriteRefusal> {
        let meta = fs::symlink_metadata(target).map_err(|e| io(&e))?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let word = RandomState::new().hash_one("temporary");
        // A long name must not become too long: 255 bytes is what common file systems take.
        let stem: String = name.chars().take(40).collect();
        let path = target.with_file_name(format!(".{stem}.dockcheck-{word:016x}"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|e| io(&e))?;
        let temp = Temp { path };
        temp.fill(file, bytes, &meta).map_err(|e| io(&e))?;
        Ok(temp)
    }

    fn fill(&self, mut file: File, bytes: &[u8], like: &fs::Metadata) -> std::io::Result<()> {
        file.write_all(bytes)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let own = file.metadata()?;
            if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
                std::os::unix::fs::fchown(&file, Some(like.uid()), Some(like.gid()))?;
            }
        }
        // After the owner: changing that clears some bits of the mode.
        file.set_permissions(like.permissions())?;
        file.sync_all()
    }

    fn replace(&self, target: &Path) -> Result<(), WriteRefusal> {
        fs::rename(&self.path, target).map_err(|e| io(&e))?;
        // The file stands; that its folder's entry reaches the disk at once is more than some systems offer.
        if let Some(folder) = target.parent().and_then(|folder| File::open(folder).ok()) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
