//! Comments that silence, written above the findings: for `--add-ignores`, by which a rule can be taken up before its old
//! findings are mended, and for an editor's "ignore on this line".

use std::collections::BTreeMap;

use crate::diagnostic::{Applicability, Finding, Fix};
use crate::dockerfile;
use crate::text::{FileId, SourceFile, Sources, Span};
use crate::yaml::{self, Node, NodeKind, ScalarStyle};

/// Gives each finding that is not silenced, in place of its own fixes, one that writes the comment. All rules of one place
/// share a comment, and the first finding of the place carries it. Findings on comments themselves are left out.
pub fn offer(findings: &mut [Finding], sources: &Sources) {
    let mut comments = Comments::new(sources);
    let mut places: BTreeMap<(FileId, u32), Vec<usize>> = BTreeMap::new();
    for (index, finding) in findings.iter_mut().enumerate() {
        finding.fixes.clear();
        if let Some(place) = comments.place(finding) {
            places.entry(place).or_default().push(index);
        }
    }
    for (place, here) in places {
        let rules = here.iter().filter_map(|i| findings.get(*i)).map(|f| f.rule).collect();
        let fix = comments.fix(place, rules);
        if let Some(first) = here.first().and_then(|i| findings.get_mut(*i)) {
            first.fixes.extend(fix);
        }
    }
}

/// Where comments that silence go in the files of a report; each file is read once.
#[derive(Debug)]
pub struct Comments<'a> {
    sources: &'a Sources,
    joined: BTreeMap<FileId, Vec<(u32, u32)>>,
}

impl<'a> Comments<'a> {
    pub fn new(sources: &'a Sources) -> Self {
        Comments { sources, joined: BTreeMap::new() }
    }

    /// A fix that silences this finding alone.
    pub fn of(&mut self, finding: &Finding) -> Option<Fix> {
        let place = self.place(finding)?;
        self.fix(place, vec![finding.rule])
    }

    /// The line above which the comment for a finding stands; `None` where none may.
    fn place(&mut self, finding: &Finding) -> Option<(FileId, u32)> {
        if finding.suppressed.is_some() || finding.rule.ends_with("-suppression") || finding.rule.ends_with("-syntax") {
            return None;
        }
        let file = self.sources.file(finding.primary.span.file);
        let joined = self.joined.entry(file.id()).or_insert_with(|| joined_lines(file));
        let line = file.line_of(finding.primary.span.start);
        let before = joined.partition_point(|(from, _)| *from <= line);
        let around = before.checked_sub(1).and_then(|i| joined.get(i)).filter(|(_, to)| line <= *to);
        Some((file.id(), around.map_or(line, |(from, _)| *from)))
    }

    fn fix(&self, (id, line): (FileId, u32), mut rules: Vec<&str>) -> Option<Fix> {
        rules.sort_unstable();
        rules.dedup();
        let file = self.sources.file(id);
        // A comment that stands there already was of no use; another one would not be either.
        let before = file.text().get(file.line_range(line.saturating_sub(1))).unwrap_or_default();
        if line > 1 && before.contains("dockcheck: ignore[") && rules.iter().all(|rule| before.contains(rule)) {
            return None;
        }
        let range = file.line_range(line);
        let text = file.text().get(range.clone()).unwrap_or_default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let start = range.end - text.len();
        let indent = text.get(..text.len() - text.trim_start().len()).unwrap_or_default();
        let comment = format!("{indent}# dockcheck: ignore[{}]\n", rules.join(", "));
        Some(Fix::new("silence the finding", Applicability::Safe).insert(Span::at(id, start), comment))
    }
}

/// Ranges of lines before which, and not within which, a comment may stand: instructions of a Dockerfile, scalars over
/// several lines of a YAML file. In order and apart from one another.
fn joined_lines(file: &SourceFile) -> Vec<(u32, u32)> {
    let yaml = [".yml", ".yaml"].iter().any(|end| file.name().to_ascii_lowercase().ends_with(end));
    if !yaml {
        return dockerfile::parse(file).instructions.iter().map(|i| (i.first_line, i.last_line)).collect();
    }
    let stream = yaml::parse(file);
    let mut out: Vec<(u32, u32)> = Vec::new();
    for node in stream.nodes().filter(|node| !matches!(node.kind, NodeKind::Mapping(_) | NodeKind::Sequence(_))) {
        // The header's line of a block scalar belongs to it, and a comment within one would be text.
        let span = filled(file, node);
        let (from, to) = (file.line_of(span.start), file.line_of(span.end));
        if to <= from {
            continue;
        }
        match out.last_mut() {
            // One begins on the line that the other ends on: there is no place between them.
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

/// From the first to the last byte of a scalar that is no white space, the header of a block scalar included: its own span
/// begins behind that and the indentation of the first line, and may end behind the indentation of the line below.
pub(super) fn filled(file: &SourceFile, node: &Node<'_>) -> Span {
    let last = |offset: u32| {
        let before = file.text().as_bytes().get(..offset as usize).unwrap_or_default();
        u32::try_from(before.trim_ascii_end().len()).unwrap_or(offset).saturating_sub(1)
    };
    let start = match &node.kind {
        NodeKind::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded) => last(node.span.start),
        _ => node.span.start,
    };
    Span { start, end: last(node.span.end).max(start), ..node.span }
}

/// What is left to say when the comments are written: findings that no comment could reach.
pub fn left(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|f| f.suppressed.is_none() && !f.rule.ends_with("-suppression")).collect()
}
