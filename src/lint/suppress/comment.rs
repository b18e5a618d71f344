//! The comments themselves: where they stand and what they say.

use crate::config::names::closest;
use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::Dockerfile;
use crate::text::{SourceFile, Span};
use crate::yaml;

/// How far a comment reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Line,
    Stage,
    Service,
    File,
}

/// A name in a comment.
#[derive(Clone, Debug)]
pub(super) struct IgnoredName {
    pub(super) text: String,
    pub(super) span: Span,
}

/// From which line on a line was looked for, and the one that was found.
pub(super) type Target = (u32, Option<u32>);

/// A comment that silences.
#[derive(Clone, Debug)]
pub(super) struct SuppressComment {
    /// The comment, `#` included.
    pub(super) span: Span,
    /// Nothing but space before it on its line: it speaks of what follows.
    pub(super) alone: bool,
    pub(super) scope: Reach,
    pub(super) names: Vec<IgnoredName>,
    pub(super) reason: Option<String>,
    /// Ours, not another linter's.
    pub(super) own: bool,
    /// The word after `dockcheck:` if it is none of ours: the comment silences nothing.
    pub(super) unknown_verb: Option<UnknownVerb>,
}

/// A word after `dockcheck:` that means nothing here.
#[derive(Clone, Debug)]
pub(super) struct UnknownVerb {
    pub(super) word: IgnoredName,
    /// The word that was meant, if there is one.
    pub(super) meant: Option<&'static str>,
    /// The list that follows is one as ours takes it, so that the right word makes the comment right.
    pub(super) has_list: bool,
}

/// Whether it is worth looking at a file's comments.
pub(super) fn may_hold_any(text: &str) -> bool {
    ["dockcheck:", "hadolint", "dclint", "check="].iter().any(|word| text.contains(word))
}

/// In a Dockerfile: comment lines, those within continued instructions, and the end of a shell line.
pub(super) fn in_dockerfile(file: &SourceFile, dockerfile: &Dockerfile) -> Vec<SuppressComment> {
    if !may_hold_any(file.text()) {
        return Vec::new();
    }
    let mut out: Vec<SuppressComment> = dockerfile.comments.iter().filter_map(|span| read(file, *span, true)).collect();
    // `# check=skip=…` is a directive to the parser and no comment.
    for directive in dockerfile.directives.iter().filter(|d| d.name.eq_ignore_ascii_case("check")) {
        let names = skip_list(file.slice(directive.value_span), directive.value_span);
        if !names.is_empty() {
            let (span, scope) = (directive.span, Reach::File);
            let (reason, unknown_verb) = (None, None);
            out.push(SuppressComment { span, alone: true, scope, names, reason, own: false, unknown_verb });
        }
    }
    for (at, _) in file.text().match_indices("# dockcheck:") {
        let line = file.line_of(at as u32);
        let range = file.line_range(line);
        let before = file.text().get(range.start..at).unwrap_or_default();
        if !before.trim().is_empty() && before.ends_with([' ', '\t']) {
            out.extend(read(file, file.span(at..range.end), false));
        }
    }
    out.sort_by_key(|d| d.span.start);
    out
}

/// In a compose file: what the YAML parser takes for comments.
pub(super) fn in_yaml(file: &SourceFile, stream: &yaml::Stream<'_>) -> Vec<SuppressComment> {
    stream.comments.iter().filter_map(|comment| read(file, comment.span, comment.alone)).collect()
}

/// Reads one comment; `None` if it silences nothing.
fn read(file: &SourceFile, span: Span, alone: bool) -> Option<SuppressComment> {
    let text = file.slice(span);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let body = text.trim_start_matches(['#', ' ', '\t']);
    let from = span.start as usize + (text.len() - body.len());
    let at = |offset: usize, len: usize| Span::new(span.file, from + offset..from + offset + len);
    let directive = |scope, names, reason, own| {
        let span = Span::new(span.file, span.start as usize..span.start as usize + text.len());
        Some(SuppressComment { span, alone, scope, names, reason, own, unknown_verb: None })
    };
    if let Some(rest) = body.strip_prefix("dockcheck:") {
        let word = rest.trim_start();
        let scopes = [
            ("ignore-file", Reach::File),
            ("ignore-stage", Reach::Stage),
            ("ignore-service", Reach::Service),
            ("ignore", Reach::Line),
        ];
        let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(word.len());
        let (verb, tail) = word.split_at(end);
        let tail_at = body.len() - tail.len();
        let known = scopes.into_iter().find(|(keyword, _)| *keyword == verb);
        let Some((_, scope)) = known else {
            let span = at(tail_at - verb.len(), verb.len());
            let unknown_verb = Some(unknown_verb(verb, span, tail, alone)?);
            let comment = directive(Reach::Line, Vec::new(), None, true)?;
            return Some(SuppressComment { unknown_verb, ..comment });
        };
        let Some((inside, reason)) = tail.strip_prefix('[').and_then(|t| t.split_once(']')) else {
            return directive(scope, Vec::new(), None, true);
        };
        let names = split(inside, &[','], &|offset, len| at(tail_at + 1 + offset, len));
        let reason = reason.trim_start_matches([':', '-', ' ', '\t']).trim_end();
        return directive(scope, names, (!reason.is_empty()).then(|| reason.to_owned()), true);
    }
    if let Some(rest) = body.strip_prefix("hadolint ") {
        let word = rest.trim_start();
        let (scope, tail) = match word {
            w if w.starts_with("global ") => (Reach::File, w.get(7..)?),
            w if w.starts_with("stage ") => (Reach::Stage, w.get(6..)?),
            w => (Reach::Line, w),
        };
        let list = tail.trim_start().strip_prefix("ignore")?.trim_start().strip_prefix('=')?;
        let list_at = body.len() - list.len();
        let names = split(list, &[',', ' ', '\t'], &|offset, len| at(list_at + offset, len));
        return directive(scope, names, None, false);
    }
    if let Some(rest) = body.strip_prefix("dclint ") {
        let word = rest.trim_start();
        let scopes = [
            ("disable-next-line", Reach::Line),
            ("disable-line", Reach::Line),
            ("disable-file", Reach::File),
            ("disable", Reach::File),
        ];
        let (keyword, scope) = scopes.into_iter().find(|(keyword, _)| word.starts_with(keyword))?;
        let list = word.strip_prefix(keyword)?;
        let list_at = body.len() - list.len();
        let names = split(list, &[',', ' ', '\t'], &|offset, len| at(list_at + offset, len));
        return directive(scope, names, None, false);
    }
    None
}

/// The verb as a fault, if it looks like one: prose after `dockcheck:` is left alone.
fn unknown_verb(verb: &str, span: Span, tail: &str, alone: bool) -> Option<UnknownVerb> {
    let meant = meant_verb(verb);
    let has_list = tail.starts_with('[') && tail.contains(']');
    let looks_like_one = has_list || alone && (meant.is_some() || tail.trim().is_empty() || tail.starts_with('='));
    if verb.is_empty() || !looks_like_one {
        return None;
    }
    Some(UnknownVerb { word: IgnoredName { text: verb.to_owned(), span }, meant, has_list })
}

/// The verb of ours that a word stands for: what other linters call it, or what is nearly ours.
fn meant_verb(word: &str) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase().replace('_', "-");
    let (first, rest) = lower.split_once('-').unwrap_or((&lower, ""));
    let silences = [
        "allow", "disable", "hide", "ignore", "ignores", "mute", "nolint", "noqa", "off", "silence", "skip", "suppress",
    ];
    if silences.contains(&first) {
        return match rest {
            "" | "line" | "next" | "next-line" | "this" | "this-line" => Some("ignore"),
            "all" | "file" | "global" => Some("ignore-file"),
            "stage" => Some("ignore-stage"),
            "service" => Some("ignore-service"),
            _ => None,
        };
    }
    closest(&lower, &["ignore", "ignore-file", "ignore-stage", "ignore-service"])
}

/// `skip=A,B;error=true`
fn skip_list(value: &str, span: Span) -> Vec<IgnoredName> {
    let mut offset = 0;
    for part in value.split(';') {
        if let Some(list) = part.trim_start().strip_prefix("skip=") {
            let start = span.start as usize + offset + (part.len() - list.len());
            return split(list, &[','], &|o, len| Span::new(span.file, start + o..start + o + len));
        }
        offset += part.len() + 1;
    }
    Vec::new()
}

/// The words of a list with their places.
fn split(list: &str, separators: &[char], at: &dyn Fn(usize, usize) -> Span) -> Vec<IgnoredName> {
    let mut out = Vec::new();
    let mut offset = 0;
    for part in list.split(separators) {
        let word = part.trim();
        if !word.is_empty() {
            let start = offset + (part.len() - part.trim_start().len());
            out.push(IgnoredName { text: word.to_owned(), span: at(start, word.len()) });
        }
        offset += part.len() + 1;
    }
    out
}

impl SuppressComment {
    /// The line that it speaks of: its own, or the next one that is neither empty nor a comment. What the comment before it
    /// found is kept in `last`, for thousands may stand above one line.
    pub(super) fn target_line(&self, file: &SourceFile, last: &mut Option<Target>) -> Option<u32> {
        let own = file.line_of(self.span.start);
        if !self.alone {
            return Some(own);
        }
        if let Some((from, found)) = last
            && *from <= own
            && found.is_none_or(|found| own < found)
        {
            return *found;
        }
        let found = (own + 1..=file.line_count()).find(|line| {
            let text = file.text().get(file.line_range(*line)).unwrap_or_default().trim();
            !text.is_empty() && !text.starts_with('#')
        });
        *last = Some((own, found));
        found
    }

    /// A fix that removes the comment: with its line if it stands alone, else with the space before it.
    pub(super) fn removal(&self, file: &SourceFile) -> Fix {
        let line = file.line_of(self.span.start);
        let range = file.line_range(line);
        let span = if self.alone {
            let next = file.line_range(line + 1).start;
            let end = if line < file.line_count() { next } else { file.text().len() };
            file.span(range.start..end)
        } else {
            let before = file.text().get(range.start..self.span.start as usize).unwrap_or_default();
            file.span(range.start + before.trim_end().len()..self.span.end as usize)
        };
        removal("remove the comment", span)
    }

    /// A fix that takes one of several names out.
    pub(super) fn without(&self, index: usize) -> Fix {
        let own = self.names.get(index).map_or(self.span.start_point(), |n| n.span);
        let span = match (index.checked_sub(1).and_then(|i| self.names.get(i)), self.names.get(index + 1)) {
            (_, Some(next)) => Span { end: next.span.start, ..own },
            (Some(previous), None) => Span { start: previous.span.end, ..own },
            (None, None) => own,
        };
        removal("take the name out of the comment", span)
    }
}

/// A fix that takes a comment or one of its names away.
pub(super) fn removal(title: &str, span: Span) -> Fix {
    Fix::new(title, Applicability::Safe).edit(span, "")
}
