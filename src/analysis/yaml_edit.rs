//! Places in a compose file where a key can be added or taken out, in the file's own notation and indentation.

use crate::diagnostic::Edit;
use crate::text::{SourceFile, Span};

use super::bypass_fix::{indent_before, step};
use crate::project::ServiceView;

/// Takes an entry (its key to its value's end) out together with its lines. `None` where it shares a line with others.
pub fn remove_entry(source: &SourceFile, entry: Span) -> Option<Edit> {
    indent_before(source, entry)?;
    let first = source.line_range(source.line_of(entry.start));
    let end = trimmed_end(source, entry);
    let last = source.line_range(source.line_of(end.saturating_sub(1).max(entry.start)));
    // Nothing but a comment may follow on the last line.
    let rest = source.text().get(end as usize..last.end)?.trim();
    if !(rest.is_empty() || rest.starts_with('#')) {
        return None;
    }
    let after = source.text().get(last.end..)?;
    let newline = if after.starts_with("\r\n") { 2 } else { usize::from(after.starts_with('\n')) };
    Some(Edit { span: source.span(first.start..last.end + newline), text: String::new() })
}

/// Adds a line behind an entry of a block mapping, or an entry behind it in a flow mapping.
pub fn add_after(source: &SourceFile, entry: Span, text: &str) -> Option<Edit> {
    let end = trimmed_end(source, entry);
    match indent_before(source, entry) {
        Some(indent) => {
            let line = source.line_range(source.line_of(end.saturating_sub(1).max(entry.start)));
            Some(Edit { span: source.span(line.end..line.end), text: format!("\n{indent}{text}") })
        }
        None => in_flow(source, entry)
            .then(|| Edit { span: Span::new(source.id(), end as usize..end as usize), text: format!(", {text}") }),
    }
}

fn in_flow(source: &SourceFile, entry: Span) -> bool {
    let line = source.line_range(source.line_of(entry.start));
    source.text().get(line.start..entry.start as usize).is_some_and(|before| before.contains('{'))
}

/// Where an entry's text ends, trailing blanks and comment lines excluded.
fn trimmed_end(source: &SourceFile, entry: Span) -> u32 {
    let mut text = source.slice(entry).trim_end();
    while let Some((before, last)) = text.rsplit_once('\n') {
        if !last.trim_start().starts_with('#') && !last.trim().is_empty() {
            break;
        }
        text = before.trim_end();
    }
    entry.start + u32::try_from(text.len()).unwrap_or(0)
}

impl ServiceView<'_> {
    /// Adds a key to the service's `build:`, which becomes a mapping if it is a string. `block` is the key with what stands
    /// under it, one level as two spaces; `flow` is the same in flow notation.
    pub fn add_to_build(&self, block: &[&str], flow: &str) -> Option<Edit> {
        let build = self.service.build.as_ref()?;
        let source = self.project.file(build.key_span.file);
        // What an anchor holds belongs to other services too.
        if build.span.file != build.key_span.file || build.span.start < build.key_span.end {
            return None;
        }
        let between = source.text().get(build.key_span.end as usize..build.span.start as usize)?;
        if between.trim_start_matches(':').contains(|c: char| !c.is_whitespace())
            || !self.service.span.contains(build.span)
        {
            return None;
        }
        let text = source.slice(build.span);
        if text.starts_with(['*', '&']) {
            return None;
        }
        let key = Span { end: build.key_span.end, ..build.key_span };
        if text.starts_with('{') {
            let close = text.rfind('}')?;
            let empty = text.get(1..close)?.trim().is_empty();
            let inner_end = 1 + text.get(1..close)?.trim_end().len();
            let at = build.span.start as usize + inner_end;
            let text = if empty { format!(" {flow}") } else { format!(", {flow}") };
            return Some(Edit { span: Span::new(source.id(), at..at), text });
        }
        let Some(indent) = indent_before(source, key) else {
            // The service itself is in flow notation.
            return build.short.then(|| Edit { span: build.span, text: format!("{{ context: {text}, {flow} }}") });
        };
        let unit = step(source, self.service.name_span, indent.len());
        let deeper = format!("{indent}{}", " ".repeat(unit));
        let lines = |indent: &str| -> String {
            block
                .iter()
                .map(|line| {
                    let level = (line.len() - line.trim_start().len()) / 2;
                    format!("\n{indent}{}{}", " ".repeat(unit * level), line.trim_start())
                })
                .collect()
        };
        if build.short {
            let line = source.line_range(source.line_of(build.span.end));
            // A comment would end up behind the wrong line.
            if !source.text().get(build.span.end as usize..line.end)?.trim().is_empty() {
                return None;
            }
            let span = Span::new(source.id(), build.key_span.end as usize + 1..build.span.end as usize);
            return Some(Edit { span, text: format!("\n{deeper}context: {text}{}", lines(&deeper)) });
        }
        let inner = indent_before(source, build.span)?;
        let end = trimmed_end(source, build.span);
        let line = source.line_range(source.line_of(end.saturating_sub(1)));
        Some(Edit { span: source.span(line.end..line.end), text: lines(&inner) })
    }
}

/// Replaces what a scalar says and keeps its quotes. `None` where its text is not simply `old`.
pub fn replace_scalar(source: &SourceFile, span: Span, old: &str, new: &str) -> Option<Edit> {
    let text = source.slice(span);
    let inner = text.trim_matches(['"', '\'']);
    if inner != old || new.contains(['"', '\'', '\\', '\n']) {
        return None;
    }
    let at = span.start as usize + text.find(inner)?;
    Some(Edit { span: Span::new(span.file, at..at + inner.len()), text: new.to_owned() })
}
