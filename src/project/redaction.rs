//! Which values no report may show: those of environment variables, of secrets, and of `.env` files; and files that are not
//! what they were named as.

use std::collections::BTreeSet;

use crate::dockerfile::Body;
use crate::redact::{self, Secrets, is_secret_name, looks_random, secrets_in};
use crate::text::{FileId, SourceFile, Span};
use crate::yaml::{self, NodeKind};

use super::Project;

/// Shorter texts are words that a message may hold by chance.
const SHORTEST: usize = 6;

/// What must not be seen.
#[derive(Debug, Default)]
pub struct Masked {
    /// Places in the files that the user wrote.
    pub spans: Vec<Span>,
    /// Texts that no message may hold, the longest first.
    pub texts: Vec<String>,
}

impl Project {
    /// The places of such values in the files that were read, led back to the files that the user wrote; in these files also
    /// what looks like a secret anywhere in the text.
    pub fn masked(&self, shown: &BTreeSet<FileId>) -> Masked {
        let mut plain = Vec::new();
        let mut secret = Vec::new();
        for service in self.compose.iter().flat_map(|c| &c.services) {
            for variable in &service.environment {
                let list = if is_secret_name(&variable.name) { &mut secret } else { &mut plain };
                list.extend(variable.value.as_ref().map(|t| t.span));
            }
            let args = service.build.iter().flat_map(|b| &b.args).filter(|a| is_secret_name(&a.name));
            secret.extend(args.filter_map(|a| a.value.as_ref()).map(|t| t.span));
        }
        for instruction in self.dockerfiles.iter().flat_map(|d| &d.parsed.instructions) {
            if let Body::Env(pairs) | Body::Arg(pairs) | Body::Label(pairs) = &instruction.body {
                let named = pairs.iter().filter(|p| is_secret_name(&p.name.text));
                secret.extend(named.filter_map(|p| p.value.as_ref()).map(|w| w.span));
            }
        }
        for file in self.sources.iter() {
            if is_env_file(file) {
                for value in assigned_values(file) {
                    // Words as harmless as `postgres` stand in every other message; so do versions and paths.
                    let random = looks_random(file.slice(value).trim().trim_matches(['"', '\'']));
                    let list = if random { &mut secret } else { &mut plain };
                    list.push(value);
                }
            }
            if shown.contains(&file.id()) {
                secret.extend(secrets_in(file.text()).into_iter().map(|range| file.span(range)));
            }
        }
        for (id, _) in self.compose.iter().flat_map(|c| &c.files).filter(|(id, _)| shown.contains(id)) {
            let file = self.sources.file(*id);
            if is_compose(file) {
                values_in(file, &mut plain);
            } else {
                // A key or a password that someone names as a compose file is not to be quoted.
                plain.push(file.span(0..file.text().len()));
            }
        }
        let keys = self.compose.iter().flat_map(|c| &c.values).map(String::as_str).filter(|value| looks_random(value));
        let texts: BTreeSet<&str> = secret
            .iter()
            .map(|span| self.sources.slice(*span).trim().trim_matches(['"', '\'']))
            .chain(keys)
            .filter(|text| text.len() >= SHORTEST && !text.starts_with('$') && !is_plain_word(text))
            .collect();
        let mut texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let mut spans = [plain, secret].concat();
        spans.retain(|span| !span.is_empty() && !self.is_reference(*span));
        // Of text within another file both places count: either may be shown.
        let outer: Vec<Span> = spans.iter().map(|s| self.sources.resolve(*s)).collect();
        spans.extend(outer);
        spans.sort();
        spans.dedup();
        Masked { spans, texts }
    }
}

impl Project {
    /// True if the value at a place only refers to variables, so that it shows their names and nothing else.
    fn is_reference(&self, span: Span) -> bool {
        let file = self.sources.file(span.file);
        let text = file.slice(span).trim();
        // In YAML a reference in single quotes is one too; elsewhere such quotes make it the value itself.
        let quotes: &[char] = if is_compose(file) { &['"', '\''] } else { &['"'] };
        redact::is_only_references(text.strip_prefix(quotes).unwrap_or(text).trim_end_matches(quotes))
    }

    /// What no text that is put together from all files may hold.
    pub fn secrets(&self) -> Secrets {
        let all = self.sources.iter().map(SourceFile::id).collect();
        Secrets::new(&self.masked(&all).texts)
    }

    /// A text put together from all files, as it may be shown: a graph, what is known of an image.
    pub fn redact(&self, text: &str, json: bool) -> String {
        let secrets = self.secrets();
        let text = (if json { secrets.without_in_json(text) } else { secrets.without(text) })
            .unwrap_or_else(|| text.to_owned());
        redact::redact(&text).into_owned()
    }
}

/// `POSTGRES_PASSWORD: airflow`: such a word stands in paths and image names all over the project, where blotting it out hides
/// what a message is about and no secret. Where it is the value, its place is masked all the same.
fn is_plain_word(text: &str) -> bool {
    const LONGEST: usize = 10;
    text.len() <= LONGEST && text.bytes().all(|b| b.is_ascii_lowercase())
}

/// By its name, or by a key at its left margin.
fn is_compose(file: &SourceFile) -> bool {
    let name = file.name().to_ascii_lowercase();
    let keys = ["services:", "include:", "volumes:", "networks:", "name:", "version:", "x-"];
    name.ends_with(".yml")
        || name.ends_with(".yaml")
        || file.text().trim_start().starts_with('{') && file.text().contains("\"services\"")
        || file.text().lines().any(|l| keys.iter().any(|k| l.starts_with(k)))
}

/// What stands under `environment:` and `content:` in whatever shape, also one that Compose refuses.
fn values_in(file: &SourceFile, out: &mut Vec<Span>) {
    let stream = yaml::parse(file);
    if !stream.faults.is_empty() {
        out.extend(values_below_environment(file));
    }
    for node in stream.nodes() {
        let NodeKind::Mapping(pairs) = &node.kind else { continue };
        for pair in pairs {
            match stream.text(pair.key) {
                Some("environment") => {
                    let values = stream.pairs(pair.value).iter().map(|p| p.value);
                    // The value of `<<` is another mapping, which is met for itself.
                    out.extend(
                        values
                            .map(|v| stream.node(v))
                            .filter(|v| !matches!(v.kind, NodeKind::Alias(_)))
                            .map(|v| v.span),
                    );
                    let alone = (stream.pairs(pair.value).is_empty() && stream.items(pair.value).is_empty())
                        .then_some(pair.value);
                    // A name alone is handed through; anything but `NAME=value` is a value in the wrong place.
                    let items = stream.items(pair.value).iter().map(|v| (stream.target(*v), false));
                    for (node, whole) in items.chain(alone.map(|v| (stream.target(v), true))) {
                        match node.kind {
                            NodeKind::Scalar(..) if !whole => out.extend(behind_equals(file, node.span)),
                            _ => out.push(behind_equals(file, node.span).filter(|_| whole).unwrap_or(node.span)),
                        }
                    }
                }
                Some("content") => out.push(stream.target(pair.value).span),
                _ => {}
            }
        }
    }
}

/// The same by indentation alone, for a file whose tree breaks off.
fn values_below_environment(file: &SourceFile) -> Vec<Span> {
    let mut out = Vec::new();
    let mut inside: Option<usize> = None;
    for line in 1..=file.line_count() {
        let range = file.line_range(line);
        let text = file.text().get(range.clone()).unwrap_or("");
        let trimmed = text.trim_start();
        let indent = text.len() - trimmed.len();
        if trimmed.is_empty() {
            continue;
        }
        if trimmed.starts_with("environment:") {
            inside = Some(indent);
        } else if inside.is_some_and(|outer| indent <= outer && !trimmed.starts_with('-')) {
            inside = None;
            continue;
        }
        if inside.is_some() {
            out.extend(text.find([':', '=']).map(|at| file.span(range.start + at + 1..range.end)));
        }
    }
    out
}

/// Of `NAME=value` the value. A name alone is none; anything that is no scalar counts whole.
fn behind_equals(file: &SourceFile, span: Span) -> Option<Span> {
    let text = file.slice(span);
    if text.starts_with(['{', '[']) || text.contains('\n') {
        return Some(span);
    }
    text.find('=').map(|at| Span { start: span.start + at as u32 + 1, ..span })
}

fn is_env_file(file: &SourceFile) -> bool {
    let name = file.name().rsplit('/').next().unwrap_or("");
    name.starts_with(".env") || name.ends_with(".env")
}

/// What stands behind the first `=` or `:` of each line; the whole of a line without one, which goes on with a value or is
/// none at all.
fn assigned_values(file: &SourceFile) -> impl Iterator<Item = Span> {
    (1..=file.line_count()).filter_map(|line| {
        let range = file.line_range(line);
        let text = file.text().get(range.clone())?;
        if text.trim_start().starts_with('#') {
            return None;
        }
        let at = text.find(['=', ':']).map_or(0, |at| at + 1);
        Some(file.span(range.start + at..range.end))
    })
}
