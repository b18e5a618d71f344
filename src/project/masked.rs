//! Which values no report may show.

use crate::source::Span;

use super::Project;

impl Project {
    /// Values of environment variables, of arguments and of secrets, wherever they stand in the files that were read.
    pub fn masked(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for compose in &self.compose {
            for service in &compose.services {
                spans.extend(service.environment.iter().filter_map(|v| v.value.as_ref()).map(|t| t.span));
            }
        }
        spans.retain(|s| !s.is_empty());
        spans.sort();
        spans.dedup();
        spans
    }
}
