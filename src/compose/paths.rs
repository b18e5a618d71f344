//! Relative paths to absolute ones, attribute by attribute.

use std::path::{Path as FsPath, PathBuf};

use super::model::{ModelEntry, ModelValue, ValueKind};
use super::path::Path;
use crate::text::go::path_clean;

/// A context that starts so is fetched, not read from disk.
const REMOTE: [&str; 6] = ["https://", "http://", "git://", "ssh://", "github.com/", "git@"];

/// True if a build context or a file reference is a network address.
pub(super) fn is_remote(text: &str) -> bool {
    text.contains("://") || REMOTE.iter().any(|prefix| text.starts_with(prefix))
}

/// True if `include` or `extends.file` names something that Compose fetches: a git repository or an OCI artifact.
pub(super) fn is_remote_resource(text: &str) -> bool {
    text.starts_with("oci://")
        || text.starts_with("git@")
        || text.starts_with("git://")
        || text.starts_with("ssh://")
        || text.starts_with("github.com/")
        || ((text.starts_with("https://") || text.starts_with("http://"))
            && (text.ends_with(".git") || text.contains(".git#") || text.starts_with("https://github.com/")))
}

/// Where relative paths start and what `~` means.
#[derive(Clone, Debug)]
pub(super) struct ProjectDir {
    pub(super) dir: PathBuf,
    /// `$HOME`; without it `~` stays as it is.
    pub(super) home: Option<String>,
}

impl ProjectDir {
    /// Go's `filepath.Join` onto the base folder.
    pub(super) fn join(&self, text: &str) -> String {
        path_clean(&format!("{}/{text}", self.dir.to_string_lossy())).into_owned()
    }

    pub(super) fn expand_home(&self, text: &str) -> String {
        match (text.strip_prefix('~'), &self.home) {
            (Some(rest), Some(home)) => path_clean(&format!("{home}/{rest}")).into_owned(),
            _ => text.to_owned(),
        }
    }

    /// Absolute unless blank.
    pub(super) fn absolute(&self, text: &str) -> String {
        let text = self.expand_home(text);
        if text.is_empty() || text.starts_with('/') { text } else { self.join(&text) }
    }

    /// Absolute; a Windows path is absolute too, a blank is the base itself.
    fn absolute_any(&self, text: &str) -> String {
        let text = self.expand_home(text);
        if text.starts_with('/') || is_windows_absolute(&text) { text } else { self.join(&text) }
    }

    pub(super) fn context(&self, text: &str) -> String {
        if is_remote(text) || text.starts_with("service:") { text.to_owned() } else { self.absolute(text) }
    }

    /// Makes every path attribute of a model absolute.
    pub(super) fn resolve(&self, value: &mut ModelValue, path: &Path<'_>) {
        let parts = path.parts();
        match parts.get() {
            ["services", _, "build", "context"] | ["services", _, "build", "additional_contexts", _] => {
                set(value, |text| self.context(text));
            }
            ["services", _, "build", "ssh", _] | ["configs" | "secrets", _, "file"] => {
                set(value, |text| self.absolute_any(text));
            }
            ["services", _, "env_file", _, "path"] | ["services", _, "label_file", _] => {
                set(value, |text| self.absolute(text));
            }
            ["services", _, "develop", "watch", _, "path"] => set(value, |text| self.absolute(text)),
            ["services", _, "extends", "file"] => {
                set(value, |text| if is_remote_resource(text) { text.to_owned() } else { self.absolute(text) });
            }
            ["services", _, "volumes", _] => {
                if value.get("type").and_then(ModelValue::as_str) == Some("bind")
                    && let Some(source) = value.get_mut("source")
                {
                    set(source, |text| self.absolute_any(text));
                }
            }
            ["volumes", _] => {
                let local = value.get("driver").and_then(ModelValue::as_str) == Some("local");
                if local
                    && let Some(options) = value.get_mut("driver_opts")
                    && options.get("o").and_then(ModelValue::as_str) == Some("bind")
                    && let Some(device) = options.get_mut("device")
                {
                    set(device, |text| self.absolute_any(text));
                }
            }
            _ => match &mut value.kind {
                ValueKind::Mapping(entries) => {
                    for ModelEntry { key, value, .. } in entries {
                        self.resolve(value, &path.next(key));
                    }
                }
                ValueKind::Sequence(items) => {
                    let next = path.next("[]");
                    items.iter_mut().for_each(|item| self.resolve(item, &next));
                }
                _ => {}
            },
        }
    }
}

fn set(value: &mut ModelValue, f: impl Fn(&str) -> String) {
    if let ValueKind::String(text) = &mut value.kind {
        let new = f(text);
        if new != *text {
            // Keeps the value as written besides its new form.
            let raw = std::mem::replace(text, new);
            value.written.get_or_insert_with(Default::default);
            if let Some(written) = &mut value.written
                && written.raw.is_empty()
            {
                written.raw = raw;
            }
        }
    }
}

/// `C:\x`, `C:/x` or a UNC path.
fn is_windows_absolute(text: &str) -> bool {
    let bytes = text.as_bytes();
    match bytes {
        [drive, b':', b'\\' | b'/', ..] => drive.is_ascii_alphabetic(),
        [b'\\' | b'/', b'\\' | b'/', rest @ ..] => rest.contains(&b'\\') || rest.contains(&b'/'),
        _ => false,
    }
}

/// A path's folder.
pub(super) fn folder(path: &FsPath) -> PathBuf {
    path.parent().map_or_else(|| PathBuf::from("."), FsPath::to_owned)
}
