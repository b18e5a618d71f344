//! YAML with a byte span on every key and value, comments, tags, anchors and aliases kept as written.
//!
//! The parser's events become an arena tree ([`Stream`]). Aliases are links to their anchor's node and are never expanded
//! here, so a document is never larger in memory than in bytes. What a plain scalar *means* is [`scalar::resolve`].

pub mod node;
mod parse;
pub mod scalar;

pub use node::{FaultKind, MappingPair, Node, NodeId, NodeKind, ScalarStyle, Stream};
pub use parse::{MAX_DEPTH, parse};
