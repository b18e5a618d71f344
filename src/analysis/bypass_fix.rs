//! Text that mends a service: written in the file's own indentation and notation.

use std::path::Path;

use crate::dockerfile::{Body, Keyword};
use crate::files::relative_to;
use crate::text::{SourceFile, Span};

use super::bypass::Bypass;
use crate::project::{DockerfileView, ServiceView};

impl Bypass<'_> {
    /// What to write in place of the service's `image:` entry so that its Dockerfile is built. `None` where the entry does not
    /// stand in the service's own block (an anchor's, say), for then a change there would change other services too.
    pub fn replacement(&self, view: &ServiceView<'_>) -> Option<(Span, String)> {
        let entry = view.service.image_entry?;
        let source = view.project.file(entry.file);
        let (context, dockerfile) = build_paths(&view.compose.dir, &self.dockerfile)?;
        let (context, dockerfile) = (plain_or_quoted(&context), plain_or_quoted(&dockerfile));
        if is_in_flow(source, entry) {
            return Some((entry, format!("build: {{ context: {context}, dockerfile: {dockerfile} }}")));
        }
        let indent = indent_before(source, entry)?;
        let step = step(source, view.service.name_span, indent.len());
        let deeper = format!("{indent}{}", " ".repeat(step));
        Some((entry, format!("build:\n{deeper}context: {context}\n{deeper}dockerfile: {dockerfile}")))
    }
}

/// Context and Dockerfile as `build:` names them. The context is the Dockerfile's own folder, unless its COPY sources only
/// exist as seen from the project's folder.
fn build_paths(project: &Path, dockerfile: &DockerfileView<'_>) -> Option<(String, String)> {
    let path = &dockerfile.entry.path;
    let folder = path.parent()?;
    let context = if copies_from(dockerfile, folder) < copies_from(dockerfile, project) { project } else { folder };
    let text = |p: &Path| p.to_string_lossy().replace('\\', "/");
    let from_project = text(&relative_to(context, project)?);
    let from_context = text(&relative_to(path, context)?);
    let context = if from_project.starts_with('.') { from_project } else { format!("./{from_project}") };
    Some((context, from_context))
}

/// How many of the Dockerfile's COPY sources exist in a folder.
fn copies_from(dockerfile: &DockerfileView<'_>, folder: &Path) -> usize {
    let mut found = 0;
    for instruction in &dockerfile.parsed().instructions {
        let Body::Copy { sources, .. } = &instruction.body else { continue };
        if instruction.keyword == Keyword::Copy && instruction.flag("from").is_none() {
            let there = |s: &&crate::dockerfile::Word| {
                let name = s.text.trim_start_matches('/');
                dockerfile.project.files.entry(&folder.join(name)).is_some()
            };
            found += sources.iter().filter(there).count();
        }
    }
    found
}

/// Whether the entry stands in `{ … }`: then something other than blanks and comments shares its line in front of it.
fn is_in_flow(source: &SourceFile, entry: Span) -> bool {
    indent_before(source, entry).is_none()
}

/// The blanks in front of an entry that begins its line.
pub(crate) fn indent_before(source: &SourceFile, entry: Span) -> Option<String> {
    let line = source.line_range(source.line_of(entry.start));
    let before = source.text().get(line.start..entry.start as usize)?;
    before.chars().all(|c| c == ' ').then(|| before.to_owned())
}

/// How far the file indents one level: from the service's name to its attributes.
pub(crate) fn step(source: &SourceFile, name: Span, attributes: usize) -> usize {
    let name_column = source.position(name.start).column as usize - 1;
    match attributes.checked_sub(name_column) {
        Some(step) if step > 0 => step,
        _ => 2,
    }
}

/// A path as a YAML scalar.
fn plain_or_quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-'));
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}
