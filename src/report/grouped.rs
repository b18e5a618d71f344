//! By file, in columns: for reading down a long list.

use std::fmt::Write as _;

use super::{View, concise};
use crate::text::FileId;

pub fn render(view: &View<'_>) -> String {
    let mut groups: Vec<(FileId, Vec<[String; 4]>)> = Vec::new();
    for finding in view.findings() {
        let place = view.place(finding.primary.span);
        let row = [
            format!("{}:{}", place.start.line, place.start.column),
            finding.severity.as_str().to_owned(),
            finding.rule.to_owned(),
            concise::flat(&finding.title) + if finding.suppressed.is_some() { " (silenced)" } else { "" },
        ];
        match groups.iter_mut().find(|(file, _)| *file == place.file.id()) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((place.file.id(), vec![row])),
        }
    }
    let mut out = String::new();
    for (file, rows) in groups {
        if !out.is_empty() {
            out.push('\n');
        }
        let width = |column: usize| rows.iter().map(|r| r.get(column).map_or(0, String::len)).max().unwrap_or(0);
        let (place, level, rule) = (width(0), width(1), width(2));
        let _ = writeln!(out, "{}", crate::redact::one_line(view.report.sources.file(file).name()));
        for [at, severity, name, message] in &rows {
            let _ = writeln!(out, "  {at:>place$}  {severity:level$}  {name:rule$}  {message}");
        }
    }
    out
}
