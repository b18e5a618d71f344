//! Paths in an image.

/// The folders on PATH of every distribution.
pub(super) const COMMAND_FOLDERS: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// True if a folder is on PATH of every distribution.
pub(crate) fn is_command_folder(folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    COMMAND_FOLDERS.contains(&folder)
}

/// True if a folder is one of these or a parent of one: `/`, `/usr`, `/usr/local`.
pub(super) fn holds_command_folder(folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    COMMAND_FOLDERS.iter().any(|f| *f == folder || f.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}

/// Returns the last component.
pub(super) fn base_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns everything before the last component, `/` for what is in the root.
pub(crate) fn folder(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => "",
    }
}
