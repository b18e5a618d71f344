//! The span-carrying tree: an arena of nodes, a list of documents, comments and faults.

use std::borrow::Cow;

use crate::text::Span;

/// A node of one [`Stream`]; meaningless in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarStyle {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// `!reset`, `!!str`: the tag as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// With its exclamation marks; a `!!x` is spelt out as `tag:yaml.org,2002:x`.
    pub name: String,
    pub span: Span,
}

/// `&name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    pub name: String,
    pub span: Span,
}

/// A key of a mapping with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MappingPair {
    pub key: NodeId,
    pub value: NodeId,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind<'s> {
    /// The text after unescaping and folding. An empty value is an empty plain scalar with an empty span.
    Scalar(Cow<'s, str>, ScalarStyle),
    Sequence(Vec<NodeId>),
    Mapping(Vec<MappingPair>),
    /// The anchor's node; `None` if there is no such anchor before.
    Alias(Option<NodeId>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node<'s> {
    pub kind: NodeKind<'s>,
    /// A scalar with its quotes; a block scalar's text without its header; a collection from its first to its last byte.
    pub span: Span,
    pub tag: Option<Box<Tag>>,
    pub anchor: Option<Box<Anchor>>,
}

/// A comment, `#` included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    pub span: Span,
    /// Nothing but space before it on its line.
    pub alone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    /// `None` for a document whose first byte is a fault already.
    pub root: Option<NodeId>,
    /// A fault broke it off: the tree holds what stands before the fault.
    pub broken: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Not YAML; the parser's words.
    Syntax(String),
    /// A tab where only spaces may indent.
    Tab,
    /// Deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    TooDeep,
    UnknownAnchor(String),
    /// A mapping key that stands twice; the first place.
    DuplicateKey {
        key: String,
        first: Span,
    },
    /// UTF-16 or UTF-32, or NUL bytes: not a text that YAML is read from.
    Encoding(&'static str),
    /// Bytes that are not UTF-8.
    InvalidBytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlFault {
    pub kind: FaultKind,
    pub span: Span,
}

/// All of one file.
#[derive(Debug, Default)]
pub struct Stream<'s> {
    pub(super) nodes: Vec<Node<'s>>,
    pub documents: Vec<Document>,
    pub comments: Vec<Comment>,
    /// In the order of the file.
    pub faults: Vec<YamlFault>,
}

impl<'s> Stream<'s> {
    pub fn node(&self, id: NodeId) -> &Node<'s> {
        &self.nodes[id.index()]
    }

    /// The node itself, or what its alias leads to.
    pub fn target(&self, id: NodeId) -> &Node<'s> {
        match self.node(id).kind {
            NodeKind::Alias(Some(target)) => self.node(target),
            _ => self.node(id),
        }
    }

    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// Every node of every document.
    pub fn nodes(&self) -> impl Iterator<Item = &Node<'s>> {
        self.nodes.iter()
    }

    /// The text of a scalar, aliases followed.
    pub fn text(&self, id: NodeId) -> Option<&str> {
        match &self.target(id).kind {
            NodeKind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// A mapping's pairs, aliases followed; empty for anything else.
    pub fn pairs(&self, id: NodeId) -> &[MappingPair] {
        match &self.target(id).kind {
            NodeKind::Mapping(pairs) => pairs,
            _ => &[],
        }
    }

    /// A sequence's items, aliases followed; empty for anything else.
    pub fn items(&self, id: NodeId) -> &[NodeId] {
        match &self.target(id).kind {
            NodeKind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The value of a key written in this mapping; merge keys are not looked into.
    pub fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.pairs(id).iter().find(|p| self.text(p.key) == Some(key)).map(|p| p.value)
    }

    /// The first document's root.
    pub fn root(&self) -> Option<NodeId> {
        self.documents.first().and_then(|d| d.root)
    }
}
