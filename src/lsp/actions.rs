//! Code actions: a finding's fixes, over all the files that they touch; all safe fixes of a file; a comment that silences.
//!
//! Edits are cut against the texts that were checked and carry those texts' versions, so a client refuses them once the user
//! has typed on. No edit repeats what stays: what a line keeps is not sent.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use lsp_types::{
    CodeAction, CodeActionKind, Diagnostic, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, Position,
    Range, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};
use serde_json::json;
use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::diagnostic::edit;
use crate::diagnostic::{Applicability, Fix};
use crate::lint::fix::{self, write};
use crate::lint::suppress::write::Comments;
use crate::text::Span;

use super::client::Client;
use super::documents::Documents;
use super::folder::{CheckedFolder, Folder};
use super::position::Lines;
use super::setup::Setup;

/// "Mend what is safe" goes by this kind, so that an editor can be told to do it on saving.
pub(super) const FIX_ALL: &str = "source.fixAll.dockcheck";

/// Findings whose actions are listed for one range: more is no menu.
const MOST: usize = 500;

/// What edits need to know of the client.
pub(super) struct Desk<'a> {
    pub(super) client: &'a Client,
    pub(super) documents: &'a Documents,
    pub(super) uri: &'a dyn Fn(&Path) -> Option<Uri>,
}

impl Desk<'_> {
    // The protocol crate's own type; the address's inner cells take no part in its hash.
    #[allow(clippy::mutable_key_type)]
    fn workspace_edit(&self, edits: BTreeMap<PathBuf, Vec<TextEdit>>) -> Option<WorkspaceEdit> {
        let mut documents = Vec::with_capacity(edits.len());
        for (path, edits) in edits {
            let version = self.documents.get(&path).map(|d| d.version);
            documents.push(((self.uri)(&path)?, version, edits));
        }
        if !self.client.versioned_edits {
            let changes: HashMap<Uri, Vec<TextEdit>> =
                documents.into_iter().map(|(uri, _, edits)| (uri, edits)).collect();
            return Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() });
        }
        let changes = documents.into_iter().map(|(uri, version, edits)| TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: edits.into_iter().map(OneOf::Left).collect(),
        });
        let changes = Some(DocumentChanges::Edits(changes.collect()));
        Some(WorkspaceEdit { document_changes: changes, ..WorkspaceEdit::default() })
    }
}

/// The edit of one fix; `None` where it has no exact place in the user's files.
fn edit_of(checked: &CheckedFolder, fix: &Fix, desk: &Desk<'_>) -> Option<WorkspaceEdit> {
    let sources = &checked.report.sources;
    let mut edits: BTreeMap<PathBuf, Vec<TextEdit>> = BTreeMap::new();
    for change in edit::changes(sources, fix)? {
        let file = sources.file(change.file);
        // An editor decodes such a file in its own way; places in it would not be ours.
        if !file.is_utf8() {
            return None;
        }
        let range = checked.places.range(sources, Span::new(change.file, change.range()));
        edits.entry(file.path().to_owned()).or_default().push(TextEdit { range, new_text: change.text });
    }
    desk.workspace_edit(edits)
}

/// The actions for a range of a file, or for the diagnostics that the client has there.
pub(super) fn at(
    checked: &CheckedFolder,
    path: &Path,
    range: Range,
    context: &[Diagnostic],
    wanted: &dyn Fn(&CodeActionKind) -> bool,
    desk: &Desk<'_>,
) -> Vec<CodeAction> {
    let mut out = Vec::new();
    let Some(file) = checked.files.get(path).filter(|_| wanted(&CodeActionKind::QUICKFIX)) else { return out };
    let mut comments = Comments::new(&checked.report.sources);
    let mut silencing = Vec::new();
    let named: HashSet<(Position, Position)> = context.iter().map(|d| (d.range.start, d.range.end)).collect();
    let named = |item: &Diagnostic| {
        named.contains(&(item.range.start, item.range.end))
            && context.iter().any(|d| d.code == item.code && d.range == item.range)
    };
    let asked = file.items.iter().zip(&file.findings).filter(|(item, _)| {
        let meets = item.range.start <= range.end && range.start <= item.range.end;
        meets || named(item)
    });
    for (item, index) in asked.take(MOST) {
        let Some(finding) = checked.report.findings.get(*index) else { continue };
        let mut preferred = Some(true);
        for fix in &finding.fixes {
            let title = match fix.applicability {
                Applicability::Safe => capitalised(&fix.title),
                Applicability::Unsafe => format!("{} (unsafe: can change what runs)", capitalised(&fix.title)),
                Applicability::Display => continue,
            };
            let Some(edit) = edit_of(checked, fix, desk) else { continue };
            let is_preferred = if fix.applicability == Applicability::Safe { preferred.take() } else { None };
            out.push(action(title, item, is_preferred, edit));
        }
        if let Some(edit) = comments.of(finding).and_then(|fix| edit_of(checked, &fix, desk)) {
            silencing.push(action(format!("Ignore {} on this line", finding.rule), item, None, edit));
        }
    }
    out.extend(silencing);
    out
}

fn action(title: String, item: &Diagnostic, is_preferred: Option<bool>, edit: WorkspaceEdit) -> CodeAction {
    CodeAction {
        title: crate::redact::one_line(&title),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![item.clone()]),
        edit: Some(edit),
        is_preferred,
        ..CodeAction::default()
    }
}

/// "Mend what is safe" without its edit, for clients that fetch that when it is chosen.
pub(super) fn fix_all_promise(uri: &Uri) -> CodeAction {
    CodeAction { data: Some(json!({ "fixAll": uri.as_str() })), ..fix_all(None) }
}

fn fix_all(edit: Option<WorkspaceEdit>) -> CodeAction {
    CodeAction {
        title: "Fix all that dockcheck can fix safely".to_owned(),
        kind: Some(CodeActionKind::new(FIX_ALL)),
        edit,
        ..CodeAction::default()
    }
}

/// All safe fixes of a file's findings, in as many rounds as they need; `None` if there are none.
pub(super) fn fix_file(folder: &Folder, setup: &Setup, path: &Path, desk: &Desk<'_>) -> Option<CodeAction> {
    let open: Vec<PathBuf> = desk.documents.iter().map(|(path, _)| path.clone()).collect();
    let root = folder.root.clone();
    // An open text is the editor's own; a file on disk must be what it seems to be.
    let guard = |path: &Path, read: &[u8]| match open.iter().any(|p| p == path) {
        true => Ok(()),
        false => write::check(&root, false, path, read),
    };
    let outcome = folder.with_recheck(setup, desk.documents, |recheck| {
        let mut of_file = |files: &[(PathBuf, Vec<u8>)]| {
            let mut report = recheck(files);
            for finding in &mut report.findings {
                if report.sources.file(finding.primary.span.file).path() != path {
                    finding.fixes.clear();
                }
            }
            report
        };
        let first = of_file(&[]);
        fix::run(first, false, &guard, &mut of_file)
    });
    let mut edits = BTreeMap::new();
    for change in outcome.changes {
        let open = desk.documents.get(&change.path).is_some();
        let (before, after) = (String::from_utf8(change.before).ok()?, String::from_utf8(change.after).ok()?);
        edits.insert(change.path, difference(&before, &after, open, desk.client));
    }
    if edits.is_empty() {
        return None;
    }
    Some(fix_all(Some(desk.workspace_edit(edits)?)))
}

/// The edits that make one text of another, character by character within the lines that differ.
fn difference(before: &str, after: &str, open: bool, client: &Client) -> Vec<TextEdit> {
    let lines = Lines::new(before, open);
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let (old_at, new_at) = (offsets(&old), offsets(&new));
    let mut edits = Vec::new();
    let at = |table: &[usize], index: usize| table.get(index).copied().unwrap_or_default();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        let (o, n) = (op.old_range(), op.new_range());
        let (from, to) = (at(&old_at, o.start), at(&old_at, o.end));
        let gone = before.get(from..to).unwrap_or_default();
        let come = after.get(at(&new_at, n.start)..at(&new_at, n.end)).unwrap_or_default();
        let (a, b): (Vec<char>, Vec<char>) = (gone.chars().collect(), come.chars().collect());
        let a_at: Vec<usize> =
            gone.char_indices().map(|(at, _)| from + at).chain(std::iter::once(from + gone.len())).collect();
        for op in capture_diff_slices(Algorithm::Myers, &a, &b) {
            if op.tag() == DiffTag::Equal {
                continue;
            }
            let range = at(&a_at, op.old_range().start)..at(&a_at, op.old_range().end);
            let new_text: String = b.get(op.new_range()).unwrap_or_default().iter().collect();
            edits.push(TextEdit { range: lines.range(before, range, client.encoding), new_text });
        }
    }
    edits
}

/// Where each line begins, and where the last one ends.
fn offsets(lines: &[&str]) -> Vec<usize> {
    let mut at = 0;
    let mut out = vec![0];
    for line in lines {
        at += line.len();
        out.push(at);
    }
    out
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_send_only_what_changes() {
        let client = Client::default();
        let edits = difference("a: 1\nSECRET: abc\nz\n", "a: 1\nSECRET: \"abc\"\nz\nq\n", true, &client);
        let texts: Vec<&str> = edits.iter().map(|e| e.new_text.as_str()).collect();
        assert_eq!(texts, ["\"", "\"", "q\n"]);
    }
}
