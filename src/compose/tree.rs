//! From the YAML tree to model values: aliases followed within a budget, merge keys applied, `!reset` and `!override`
//! noted, keys checked. After this nothing of YAML is left but spans.

use std::collections::{HashMap, HashSet};

use super::model::{ModelEntry, ModelValue, ValueKind, Written};
use crate::text::Span;
use crate::yaml::{MAX_DEPTH, MappingPair, NodeId, NodeKind, ScalarStyle, Stream, scalar};

/// Values that aliases may add beyond what the file holds itself. Compose visits an anchor once and counts 100 000 visits;
/// here each use counts, so the limit is higher.
const MAX_EXPANDED: usize = 300_000;

/// What is wrong with a document beyond its syntax.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TreeFault {
    /// A key that is not a string, with its path.
    NonStringKey {
        path: String,
        key: String,
        span: Span,
    },
    /// An alias inside the node that it names.
    Cycle {
        span: Span,
    },
    /// `<<` with something that is not a mapping.
    BadMerge {
        span: Span,
    },
    /// More values than [`MAX_EXPANDED`] through aliases.
    TooManyAliases {
        span: Span,
    },
    TooDeep {
        span: Span,
    },
}

/// One document as Compose decodes it.
pub(super) struct Decoded {
    pub(super) value: ModelValue,
    /// Paths under `!reset` and `!override`: they are deleted from what came before.
    pub(super) resets: Vec<Vec<String>>,
    pub(super) faults: Vec<TreeFault>,
}

/// Decodes the document with this root.
pub(super) fn decode(stream: &Stream<'_>, root: NodeId) -> Decoded {
    let mut decoder = Decoder {
        stream,
        path: Vec::new(),
        resets: Vec::new(),
        met: HashSet::new(),
        faults: Vec::new(),
        active: Vec::new(),
        depth: 0,
        budget: stream.count() + MAX_EXPANDED,
        exhausted: false,
    };
    let value = decoder.value(root).unwrap_or_else(|| ModelValue::new(ValueKind::Null, stream.node(root).span));
    Decoded { value, resets: decoder.resets, faults: decoder.faults }
}

struct Decoder<'a> {
    stream: &'a Stream<'a>,
    path: Vec<String>,
    resets: Vec<Vec<String>>,
    /// Anchored mappings that have been met.
    met: HashSet<NodeId>,
    faults: Vec<TreeFault>,
    /// Anchored nodes that are being expanded.
    active: Vec<NodeId>,
    depth: usize,
    budget: usize,
    exhausted: bool,
}

impl Decoder<'_> {
    /// The value of a node; `None` under `!reset`.
    fn value(&mut self, id: NodeId) -> Option<ModelValue> {
        let node = self.stream.node(id);
        let null = ModelValue::new(ValueKind::Null, node.span);
        if let NodeKind::Alias(target) = node.kind {
            let Some(target) = target else { return Some(null) };
            if self.active.contains(&target) {
                self.faults.push(TreeFault::Cycle { span: node.span });
                return Some(null);
            }
            return self.value(target);
        }
        if self.budget == 0 {
            if !self.exhausted {
                self.exhausted = true;
                self.faults.push(TreeFault::TooManyAliases { span: node.span });
            }
            return Some(null);
        }
        self.budget -= 1;
        match node.tag.as_ref().map(|t| t.name.as_str()) {
            Some("!reset") => {
                self.resets.push(self.path.clone());
                return None;
            }
            Some("!override") => self.resets.push(self.path.clone()),
            _ => {}
        }
        let kind = match &node.kind {
            NodeKind::Scalar(text, style) => {
                return Some(self.scalar(id, text, *style));
            }
            _ if self.depth >= MAX_DEPTH => {
                if !self.faults.iter().any(|f| matches!(f, TreeFault::TooDeep { .. })) {
                    self.faults.push(TreeFault::TooDeep { span: node.span });
                }
                return Some(null);
            }
            NodeKind::Sequence(items) => {
                self.enter(id);
                let mut values = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    self.path.push(i.to_string());
                    values.extend(self.value(*item));
                    self.path.pop();
                }
                self.leave(id);
                ValueKind::Sequence(values)
            }
            NodeKind::Mapping(pairs) => {
                self.enter(id);
                // Compose takes `!reset` out of a mapping where it meets it first: further uses of its anchor are without it.
                let again = node.anchor.is_some() && !self.met.insert(id);
                let entries = self.mapping(pairs, again);
                self.leave(id);
                ValueKind::Mapping(entries)
            }
            NodeKind::Alias(_) => ValueKind::Null,
        };
        Some(ModelValue::new(kind, node.span))
    }

    fn enter(&mut self, id: NodeId) {
        self.depth += 1;
        if self.stream.node(id).anchor.is_some() {
            self.active.push(id);
        }
    }

    fn leave(&mut self, id: NodeId) {
        self.depth -= 1;
        if self.stream.node(id).anchor.is_some() {
            self.active.pop();
        }
    }

    fn scalar(&self, id: NodeId, text: &str, style: ScalarStyle) -> ModelValue {
        let node = self.stream.node(id);
        let kind = match scalar::of(node) {
            scalar::Scalar::Null => ValueKind::Null,
            scalar::Scalar::Bool(b) => ValueKind::Bool(b),
            scalar::Scalar::Int(n) => ValueKind::Int(n),
            scalar::Scalar::Float(f) => ValueKind::Float(f),
            scalar::Scalar::Timestamp => ValueKind::Timestamp(text.to_owned()),
            scalar::Scalar::String | scalar::Scalar::Merge => ValueKind::String(text.to_owned()),
        };
        let mut value = ModelValue::new(kind, node.span);
        // The text is kept where the value would print otherwise.
        if style == ScalarStyle::Plain
            && matches!(value.kind, ValueKind::Int(_) | ValueKind::Float(_) | ValueKind::Bool(_))
            && value.print() != text
        {
            value.written = Some(Box::new(Written { raw: text.to_owned(), ..Written::default() }));
        }
        value
    }

    fn mapping(&mut self, pairs: &[MappingPair], again: bool) -> Vec<ModelEntry> {
        let mut entries: Vec<ModelEntry> = Vec::with_capacity(pairs.len());
        let mut merges = Vec::new();
        // A duplicate is a fault of the file already; the last one wins here.
        let mut places: HashMap<String, usize> = HashMap::new();
        for pair in pairs {
            if again && self.stream.target(pair.value).tag.as_ref().is_some_and(|t| t.name == "!reset") {
                continue;
            }
            let key_node = self.stream.target(pair.key);
            if is_merge(self.stream, pair.key) {
                merges.push(pair.value);
                continue;
            }
            let key = match (&key_node.kind, scalar::of(key_node)) {
                (NodeKind::Scalar(text, _), scalar::Scalar::String | scalar::Scalar::Merge) => text.as_ref().to_owned(),
                (kind, _) => {
                    let key = match kind {
                        NodeKind::Scalar(text, _) if text.is_empty() => "null".to_owned(),
                        NodeKind::Scalar(text, _) => text.as_ref().to_owned(),
                        _ => String::new(),
                    };
                    let span = self.stream.node(pair.key).span;
                    self.faults.push(TreeFault::NonStringKey { path: self.path.join("."), key: key.clone(), span });
                    key
                }
            };
            self.path.push(key);
            let value = self.value(pair.value);
            let key = self.path.pop().unwrap_or_default();
            let Some(value) = value else { continue };
            let key_span = self.stream.node(pair.key).span;
            let entry = ModelEntry { key, key_span, value };
            if pairs.len() > 8 {
                if let Some(at) = places.get(&entry.key) {
                    entries[*at] = entry;
                    continue;
                }
                places.insert(entry.key.clone(), entries.len());
            } else if let Some(old) = entries.iter_mut().find(|e| e.key == entry.key) {
                *old = entry;
                continue;
            }
            entries.push(entry);
        }
        if !merges.is_empty() {
            let mut have: HashSet<String> = entries.iter().map(|e| e.key.clone()).collect();
            for merge in merges {
                self.merge(merge, &mut entries, &mut have, true);
            }
        }
        entries
    }

    /// Adds what `<<` brings and the mapping does not have. The first of several wins.
    fn merge(&mut self, id: NodeId, entries: &mut Vec<ModelEntry>, have: &mut HashSet<String>, list: bool) {
        let target = self.stream.target(id);
        match &target.kind {
            NodeKind::Mapping(_) => {
                let Some(ModelValue { kind: ValueKind::Mapping(merged), .. }) = self.value(id) else { return };
                // Chains of merge keys carry their entries along: each step counts.
                self.budget = self.budget.saturating_sub(merged.len());
                for entry in merged {
                    if have.insert(entry.key.clone()) {
                        entries.push(entry);
                    }
                }
            }
            NodeKind::Sequence(items) if list => {
                if let NodeKind::Alias(Some(alias)) = self.stream.node(id).kind
                    && self.active.contains(&alias)
                {
                    self.faults.push(TreeFault::Cycle { span: self.stream.node(id).span });
                    return;
                }
                for item in items {
                    self.merge(*item, entries, have, false);
                }
            }
            _ => self.faults.push(TreeFault::BadMerge { span: self.stream.node(id).span }),
        }
    }
}

/// Whether a key is the merge key: `<<` without quotes.
fn is_merge(stream: &Stream<'_>, key: NodeId) -> bool {
    let node = stream.node(key);
    matches!(&node.kind, NodeKind::Scalar(text, ScalarStyle::Plain) if text == "<<")
        && node.tag.as_ref().is_none_or(|t| t.name == "tag:yaml.org,2002:merge" || t.name == "!")
}

/// Deletes from `target` what the paths name. `*` in a path stands for any key.
pub(super) fn apply_resets(target: &mut ModelValue, resets: &[Vec<String>]) {
    for reset in resets {
        remove(target, reset);
    }
}

fn remove(target: &mut ModelValue, path: &[String]) {
    let ValueKind::Mapping(entries) = &mut target.kind else { return };
    match path {
        [] => {}
        [last] => entries.retain(|e| last != "*" && e.key != *last),
        [first, rest @ ..] => {
            for entry in entries.iter_mut().filter(|e| first == "*" || e.key == *first) {
                remove(&mut entry.value, rest);
            }
        }
    }
}
