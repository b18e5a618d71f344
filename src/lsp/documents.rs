//! The texts that the client has open: they stand for the files on disk.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::position::{Encoding, Lines};
use crate::files::discover::{is_compose_name, is_dockerfile_name};

/// A text that grows over this is let go until the client sends it whole again; the checker reads no file over 4 MiB.
const MAX_TEXT_BYTES: usize = 16 * 1024 * 1024;

/// An open document.
#[derive(Debug)]
pub(super) struct OpenDocument {
    /// As the client writes it: answers use the same words.
    pub(super) uri: Uri,
    pub(super) version: i32,
    /// `None` where we lost track of it.
    pub(super) text: Option<String>,
    /// The client takes it for a Dockerfile or a compose file, whatever its name.
    hinted: bool,
}

impl OpenDocument {
    /// Whether it is to be checked even where the walk over the folder passes it by: new files, ignored ones, odd names.
    pub(super) fn is_wanted(&self, path: &Path) -> bool {
        let name = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
        self.hinted || is_compose_name(&name) || is_dockerfile_name(&name)
    }
}

/// All open documents, by their real paths.
#[derive(Debug, Default)]
pub(super) struct Documents {
    by_path: BTreeMap<PathBuf, OpenDocument>,
    paths: HashMap<String, PathBuf>,
}

impl Documents {
    pub(super) fn open(&mut self, path: PathBuf, uri: Uri, language: &str, version: i32, text: String) {
        let hinted = matches!(
            language,
            "dockerfile" | "containerfile" | "dockercompose" | "docker-compose" | "yaml.docker-compose"
        );
        self.paths.insert(uri.as_str().to_owned(), path.clone());
        let text = (text.len() <= MAX_TEXT_BYTES).then_some(text);
        self.by_path.insert(path, OpenDocument { uri, version, text, hinted });
    }

    /// Where a document lies that is open under this very address.
    pub(super) fn path(&self, uri: &Uri) -> Option<&PathBuf> {
        self.paths.get(uri.as_str())
    }

    pub(super) fn get(&self, path: &Path) -> Option<&OpenDocument> {
        self.by_path.get(path)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&PathBuf, &OpenDocument)> {
        self.by_path.iter()
    }

    /// Takes a document out and says where it was.
    pub(super) fn close(&mut self, uri: &Uri) -> Option<PathBuf> {
        let path = self.paths.remove(uri.as_str())?;
        self.by_path.remove(&path);
        self.paths.retain(|_, p| *p != path);
        Some(path)
    }

    /// Takes the changes in their order. False where no such document is open.
    pub(super) fn change(
        &mut self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> bool {
        let Some(document) = self.paths.get(uri.as_str()).and_then(|path| self.by_path.get_mut(path)) else {
            return false;
        };
        document.version = version;
        for change in changes {
            match change.range {
                None => document.text = Some(change.text),
                Some(range) => {
                    let Some(text) = &mut document.text else { continue };
                    let lines = Lines::new(text, true);
                    let (a, b) = (lines.offset(text, range.start, encoding), lines.offset(text, range.end, encoding));
                    text.replace_range(a.min(b)..a.max(b), &change.text);
                }
            }
            if document.text.as_ref().is_some_and(|text| text.len() > MAX_TEXT_BYTES) {
                document.text = None;
            }
        }
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::str::FromStr;

    use lsp_types::{Position, Range};

    use super::*;

    #[test]
    fn changes_apply_in_order() {
        let uri = Uri::from_str("file:///a").unwrap();
        let mut documents = Documents::default();
        documents.open("/a".into(), uri.clone(), "", 1, "one\r\n😀two\n".into());
        let at = |line, character| Position { line, character };
        let change = |start, end, text: &str| TextDocumentContentChangeEvent {
            range: Some(Range { start, end }),
            range_length: None,
            text: text.into(),
        };
        let changes = vec![
            change(at(1, 2), at(1, 5), "2"),
            change(at(0, 0), at(0, 0), "0\n"),
            // Backwards and out of all bounds: taken for what can be meant.
            change(at(1, 99), at(1, 1), "!"),
            change(at(99, 99), at(99, 99), "end"),
        ];
        assert!(documents.change(&uri, 2, changes, Encoding::Utf16));
        let document = documents.get(Path::new("/a")).unwrap();
        assert_eq!(document.text.as_deref(), Some("0\no!\r\n😀2\nend"));
        assert_eq!(document.version, 2);
        assert!(!documents.change(&Uri::from_str("file:///b").unwrap(), 1, vec![], Encoding::Utf16));
        assert_eq!(documents.close(&uri), Some("/a".into()));
        assert!(documents.get(Path::new("/a")).is_none());
    }
}
