//! What a fix makes of a file.

use std::path::PathBuf;

/// A file's bytes before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    pub path: PathBuf,
    /// As reports show it.
    pub name: String,
    pub before: Vec<u8>,
    pub after: Vec<u8>,
}
