//! Which values no report may show: those of environment variables, of secrets, and of `.env` files.

use crate::dockerfile::Body;
use crate::sanitize::is_secret_name;
use crate::source::{SourceFile, Span};

use super::Project;

impl Project {
    /// The places of such values in the files that were read, led back to the files that the user wrote.
    pub fn masked(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for service in self.compose.iter().flat_map(|c| &c.services) {
            spans.extend(service.environment.iter().filter_map(|v| v.value.as_ref()).map(|t| t.span));
            let args = service.build.iter().flat_map(|b| &b.args).filter(|a| is_secret_name(&a.name));
            spans.extend(args.filter_map(|a| a.value.as_ref()).map(|t| t.span));
        }
        for instruction in self.dockerfiles.iter().flat_map(|d| &d.parsed.instructions) {
            if let Body::Env(pairs) | Body::Arg(pairs) = &instruction.body {
                let secret = pairs.iter().filter(|p| is_secret_name(&p.name.text));
                spans.extend(secret.filter_map(|p| p.value.as_ref()).map(|w| w.span));
            }
        }
        for file in self.sources.iter().filter(|f| is_env_file(f)) {
            spans.extend(assigned_values(file));
        }
        spans.retain(|s| !s.is_empty());
        spans.iter_mut().for_each(|s| *s = self.sources.resolve(*s));
        spans.sort();
        spans.dedup();
        spans
    }
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
