//! Lists in JSON that are made while they are written.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// The elements that the function gives, one after the other: of a report with a hundred thousand findings no more than one
/// is held as a tree.
pub(super) struct Each<F>(pub(super) F);

impl<F, I> Serialize for Each<F>
where
    F: Fn() -> I,
    I: Iterator<Item = Value>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// As a document of its own, indented, with a line end.
pub(super) fn pretty(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}
