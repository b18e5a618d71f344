//! Which values no report may show: those of environment variables, of secrets, and of `.env` files; and files that are not
//! what they were named as.

use std::collections::BTreeSet;

use crate::dockerfile::Body;
use crate::sanitize::{is_secret_name, secrets_in};
use crate::source::{FileId, SourceFile, Span};
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
            if let Body::Env(pairs) | Body::Arg(pairs) = &instruction.body {
                let named = pairs.iter().filter(|p| is_secret_name(&p.name.text));
                secret.extend(named.filter_map(|p| p.value.as_ref()).map(|w| w.span));
            }
        }
        for file in self.sources.iter() {
            if is_env_file(file) {
                plain.extend(assigned_values(file));
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
        let texts: BTreeSet<&str> = secret
            .iter()
            .map(|span| self.sources.slice(*span).trim_matches(['"', '\'']))
            .filter(|text| text.len() >= SHORTEST && !text.starts_with('$'))
            .collect();
        let mut texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let mut spans = [plain, secret].concat();
        spans.retain(|s| !s.is_empty());
        spans.iter_mut().for_each(|s| *s = self.sources.resolve(*s));
        spans.sort();
        spans.dedup();
        Masked { spans, texts }
    }
}

/// By its name, or by a key at its left margin.
fn is_compose(file: &SourceFile) -> bool {
    let name = file.name().to_ascii_lowercase();
    let keys = ["services:", "include:", "volumes:", "networks:", "name:", "version:", "x-", "{"];
    name.ends_with(".yml") || name.ends_with(".yaml") || file.text().lines().any(|l| keys.iter().any(|k| l.starts_with(k)))
}

/// What stands under `environment:` and `content:` in whatever shape, also one that Compose refuses.
fn values_in(file: &SourceFile, out: &mut Vec<Span>) {
    let stream = yaml::parse(file);
    for node in stream.nodes() {
        let NodeKind::Mapping(pairs) = &node.kind else { continue };
        for pair in pairs {
            match stream.text(pair.key) {
                Some("environment") => {
                    let values = stream.pairs(pair.value).iter().map(|p| p.value);
                    // The value of `<<` is another mapping, which is met for itself.
                    out.extend(values.map(|v| stream.node(v)).filter(|v| !matches!(v.kind, NodeKind::Alias(_))).map(|v| v.span));
                    let alone = (stream.pairs(pair.value).is_empty() && stream.items(pair.value).is_empty()).then_some(pair.value);
                    let items = stream.items(pair.value).iter().copied().chain(alone).map(|v| stream.target(v).span);
                    out.extend(items.filter_map(|span| behind_equals(file, span)));
                }
                Some("content") => out.push(stream.target(pair.value).span),
                _ => {}
            }
        }
    }
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

/// What stands behind the first `=` or `:` of each line.
fn assigned_values(file: &SourceFile) -> impl Iterator<Item = Span> {
    (1..=file.line_count()).filter_map(|line| {
        let range = file.line_range(line);
        let at = file.text().get(range.clone())?.find(['=', ':'])?;
        Some(file.span(range.start + at + 1..range.end))
    })
}
