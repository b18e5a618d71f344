//! One page for people who do not run the tool: what was checked, what was found, with both files side by side.
//!
//! Self-contained: no script, no font, no image, nothing fetched; the page itself forbids all of it.

use std::fmt::Write as _;

use crate::diagnostic::{Applicability, Finding, Label};
use crate::redact;
use crate::text::FileId;

use super::excerpt::{self, Excerpt, ExcerptRow, Mark, plain};
use super::{View, concise, patch, summary};
use crate::text::words::plural;

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--error:#c62828;--warning:#b26a00;--info:#1565c0;--gone:#c6282822;--new:#2e7d3222}
@media(prefers-color-scheme:dark){:root{--error:#ef9a9a;--warning:#ffcc80;--info:#90caf9}}
body{font:16px/1.5 system-ui,sans-serif;max-width:110em;margin:0 auto;padding:1.5em}
h1{font-size:1.5em;margin:0}h2{font-size:1.1em;margin:2em 0 .5em}
pre,code{font:13px/1.45 ui-monospace,monospace}
pre{margin:0;padding:.6em;overflow-x:auto}
article{border:1px solid var(--line);border-radius:8px;margin:1.2em 0;padding:1em}
article>header{font-weight:600}
.error>header b{color:var(--error)}.warning>header b{color:var(--warning)}.info>header b{color:var(--info)}
.side{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(28em,100%),1fr));gap:1em;margin:.8em 0}
figure{margin:0;border:1px solid var(--line);border-radius:6px;min-width:0}
figcaption{font-weight:600;padding:.4em .6em;border-bottom:1px solid var(--line)}
.n{opacity:.55;user-select:none}.m{color:var(--info)}
.error .p{color:var(--error)}.warning .p{color:var(--warning)}.info .p{color:var(--info)}
.gone{background:var(--gone);display:block}.new{background:var(--new);display:block}.same{display:block}
table{border-collapse:collapse}td,th{padding:.25em 1em .25em 0;text-align:left;vertical-align:top}
td{border-top:1px solid var(--line)}td.error{color:var(--error)}td.warning{color:var(--warning)}td.info{color:var(--info)}
td.error,td.warning,td.info{font-weight:600}.place{white-space:nowrap}
.tiles{display:flex;flex-wrap:wrap;gap:1em;margin:1em 0}
.tile{border:1px solid var(--line);border-radius:8px;padding:.5em 1em;max-width:22em}
.tile strong{font-size:1.6em;display:block}.tile.error strong{color:var(--error)}.tile.warning strong{color:var(--warning)}
.tile.info strong{color:var(--info)}.tile.none strong{color:inherit;opacity:.5}
.rule{opacity:.7;font-weight:400;margin-left:.5em}.do{font-weight:600;margin-bottom:.3em}
@media print{article{break-inside:avoid}pre{white-space:pre-wrap}}
footer{opacity:.7;margin-top:2em}
";

/// Columns of source that fit beside another file on a common screen.
const SIDE_BY_SIDE: usize = 72;
/// Columns of source that fit where a file has the width for itself.
const ALONE: usize = 140;

pub fn render(view: &View<'_>) -> String {
    let counts = view.counts();
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>dockcheck report</title>\n<style>\n",
    );
    out.push_str(STYLE);
    out.push_str("</style>\n</head>\n<body>\n<h1>dockcheck report</h1>\n");
    head(view, &mut out);
    // The worst first: whoever reads this does not read to the end.
    let mut findings: Vec<&Finding> = view.findings().collect();
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    contents(view, &findings, &mut out);
    if let Some(graph) = &view.style.graph {
        let _ = writeln!(
            out,
            "<h2>What is built from what</h2>\n<figure><pre>{}</pre></figure>",
            escape(&redact::sentence(graph))
        );
    }
    if counts.total() > 0 {
        out.push_str("<h2>Findings</h2>\n");
    }
    for (i, finding) in findings.into_iter().enumerate() {
        article(view, finding, i, &mut out);
    }
    let _ = writeln!(out, "<footer>dockcheck {}</footer>\n</body>\n</html>", env!("CARGO_PKG_VERSION"));
    out
}

/// What was looked at, how bad it is, and what the words mean.
fn head(view: &View<'_>, out: &mut String) {
    let checked = view.report.checked;
    let looked_at: Vec<String> = [
        (checked.projects, "Compose project"),
        (checked.services, "service"),
        (checked.dockerfiles, "Dockerfile"),
        (checked.stages, "build stage"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, noun)| plural(n, noun))
    .collect();
    if !looked_at.is_empty() {
        let _ =
            writeln!(out, "<p>Checked before the build: {}.</p>", escape(&crate::text::words::join_and(&looked_at)));
    }
    let counts = view.counts();
    out.push_str("<div class=\"tiles\">\n");
    for (n, class, noun, meaning) in [
        (counts.error, "error", "error", "the build or the start fails, or something other than written runs"),
        (counts.warning, "warning", "warning", "very probably so, or so if a fact holds that is named"),
        (counts.info, "info", "info", "worth knowing; stops nothing"),
    ] {
        let class = if n == 0 { "none" } else { class };
        let noun = if n == 1 || noun == "info" { noun.to_owned() } else { format!("{noun}s") };
        let _ = writeln!(out, "<div class=\"tile {class}\"><strong>{n} {noun}</strong>{meaning}</div>");
    }
    out.push_str("</div>\n");
    let lines = summary::lines(view, true);
    let (notes, sums): (Vec<&String>, Vec<&String>) = lines.iter().partition(|line| line.starts_with("note: "));
    // The first line says again what the tiles say, unless there is nothing to say.
    let sums = sums.into_iter().skip(usize::from(counts.total() > 0));
    for line in sums {
        let _ = writeln!(out, "<p>{}</p>", words(line));
    }
    if !notes.is_empty() {
        out.push_str("<details>\n");
        let _ =
            writeln!(out, "<summary>{} could not be read or followed</summary>\n<ul>", plural(notes.len(), "thing"));
        for note in notes {
            let _ = writeln!(out, "<li>{}</li>", words(note.trim_start_matches("note: ")));
        }
        out.push_str("</ul>\n</details>\n");
    }
}

/// All findings on a few lines, each leading to its details.
fn contents(view: &View<'_>, findings: &[&Finding], out: &mut String) {
    if findings.len() < 2 {
        return;
    }
    out.push_str("<h2>At a glance</h2>\n<table>\n");
    for (i, finding) in findings.iter().enumerate() {
        let place = view.place(finding.primary.span);
        let level = finding.severity.as_str();
        let _ = writeln!(
            out,
            "<tr><td class=\"{level}\">{level}</td><td><a href=\"#f{}\">{}</a></td><td class=\"place\">{}:{}</td></tr>",
            i + 1,
            words(&gist(&finding.title)),
            escape(&place.path()),
            place.start.line,
        );
    }
    out.push_str("</table>\n");
}

/// A message's first statement, short enough for a line.
fn gist(message: &str) -> String {
    let flat = concise::flat(message);
    let end = [": ", "; ", ". "].iter().filter_map(|stop| flat.find(stop)).min().unwrap_or(flat.len());
    let first = flat.get(..end).unwrap_or(&flat);
    let short = match first.char_indices().nth(140) {
        Some((at, _)) => format!("{}…", first.get(..at).unwrap_or_default()),
        None => first.to_owned(),
    };
    capital(&short)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn article(view: &View<'_>, finding: &Finding, index: usize, out: &mut String) {
    let level = finding.severity.as_str();
    let _ = writeln!(
        out,
        "<article class=\"{level}\" id=\"f{}\">\n<header><b>{level}</b><span class=\"rule\">{}</span></header>\n\
         <p>{}</p>\n<div class=\"side\">",
        index + 1,
        escape(finding.rule),
        words(&capital(&concise::flat(&finding.title)))
    );
    let mut sections: Vec<(FileId, Vec<(&Label, bool)>)> = Vec::new();
    let labels = std::iter::once((&finding.primary, true)).chain(finding.related.iter().map(|l| (l, false)));
    for (label, primary) in labels {
        let file = view.place(label.span).file.id();
        match sections.iter_mut().find(|(f, _)| *f == file) {
            Some((_, all)) => all.push((label, primary)),
            None => sections.push((file, vec![(label, primary)])),
        }
    }
    let room = if sections.len() > 1 { SIDE_BY_SIDE } else { ALONE };
    for (file, labels) in sections {
        figure(view, file, &labels, room, out);
    }
    out.push_str("</div>\n");
    if let Some(fix) = finding.best_fix() {
        let how = match fix.applicability {
            Applicability::Safe => "`dockcheck --fix` makes this change:",
            Applicability::Unsafe => "`dockcheck --fix --unsafe-fixes` makes this change, which can change what runs:",
            Applicability::Display => "Suggested change:",
        };
        let _ = writeln!(out, "<p class=\"do\">{} {}</p>", words(how), words(&concise::flat(&fix.title)));
        for part in patch::of(view, fix) {
            let name = redact::one_line(view.report.sources.file(part.file).name());
            let _ = write!(out, "<figure><figcaption>{}</figcaption><pre>", escape(&name));
            for line in part.hunks.iter().flatten() {
                let (class, sign) = match line.kind {
                    patch::LineKind::Same => ("same", ' '),
                    patch::LineKind::Gone => ("gone", '-'),
                    patch::LineKind::New => ("new", '+'),
                };
                let text = escape(&plain(&line.text, None));
                let _ = write!(
                    out,
                    "<span class=\"{class}\"><span class=\"n\">{:>4} </span>{sign} {text}</span>",
                    line.number
                );
            }
            out.push_str("</pre></figure>\n");
        }
    }
    for note in &finding.notes {
        let _ = writeln!(out, "<p><strong>Note:</strong> {}</p>", words(&concise::flat(note)));
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "<p><strong>What to do:</strong> {}</p>", words(&concise::flat(help)));
    }
    if let Some(url) = view.url(finding.rule) {
        let _ = writeln!(out, "<p><a href=\"{}\" rel=\"noreferrer\">About this rule</a></p>", escape(&url));
    }
    out.push_str("</article>\n");
}

fn figure(view: &View<'_>, file: FileId, labels: &[(&Label, bool)], room: usize, out: &mut String) {
    let marks: Vec<Mark> = labels
        .iter()
        .map(|(label, primary)| {
            let span = view.place(label.span).span;
            Mark {
                start: span.start as usize,
                end: span.end as usize,
                primary: *primary,
                message: redact::sentence(&label.message),
            }
        })
        .collect();
    let name = view.report.sources.file(file).name();
    let read = |at: usize| {
        let (number, start, text) = view.lines(file, at..at)?;
        Some(excerpt::Source { number, start, text: text.as_bytes() })
    };
    let owner = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    let excerpt = Excerpt { read: &read, marks: &marks, owner, room: Some(room), unicode: true };
    let _ = write!(out, "<figure><figcaption>{}</figcaption><pre>", escape(&redact::one_line(name)));
    for row in excerpt.rows() {
        match row {
            ExcerptRow::Line { number, text } => {
                let _ = writeln!(out, "<span class=\"n\">{number:>4} </span>{}", escape(&text));
            }
            ExcerptRow::Mark { pad, line, label, primary } => {
                let class = if primary { "p" } else { "m" };
                let _ = writeln!(out, "     {pad}<span class=\"{class}\">{}{}</span>", escape(&line), escape(&label));
            }
            ExcerptRow::Gap => out.push_str("<span class=\"n\">   ┆</span>\n"),
        }
    }
    out.push_str("</pre></figure>\n");
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A sentence whose `names` are set as code.
fn words(text: &str) -> String {
    let text = redact::sentence(text);
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1;
    parts
        .iter()
        .enumerate()
        .map(|(i, part)| if paired && i % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) })
        .collect()
}
