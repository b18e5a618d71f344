//! The parser.

use super::{Dockerfile, Field, Flag};
use crate::source::SourceFile;

/// Reads a Dockerfile.
pub fn parse(file: &SourceFile) -> Dockerfile {
    Dockerfile {
        file: file.id(),
        directives: Vec::new(),
        escape: '\\',
        instructions: Vec::new(),
        stages: Vec::new(),
        comments: Vec::new(),
        faults: Vec::new(),
        template: None,
    }
}

pub(super) fn mount_fields(_flag: &Flag) -> Vec<Field> {
    Vec::new()
}
