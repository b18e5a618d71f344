//! Parser events to tree, in one pass; a fault ends its document, not the file.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle as ParsedStyle, ScanError};

use super::node::{
    Anchor, Comment, Document, FaultKind, MappingPair, Node, NodeId, NodeKind, ScalarStyle, Stream, Tag, YamlFault,
};
use crate::text::{FileId, SourceFile, Span};

/// Collections inside one another, at most. The deepest attribute of Compose has nine levels.
pub const MAX_DEPTH: usize = 128;

/// Mappings with more keys than this look for duplicates in a hash table.
const SMALL_MAPPING: usize = 16;

/// Reads a file. Never fails: what is wrong is in [`Stream::faults`].
pub fn parse(file: &SourceFile) -> Stream<'_> {
    let mut builder = Builder::new(file);
    if let Some(encoding) = foreign_encoding(file.bytes()) {
        let end = file.text().floor_char_boundary(4);
        builder.fault(FaultKind::Encoding(encoding), file.span(0..end));
        return builder.stream;
    }
    builder.run();
    if !file.is_utf8() {
        let at = file.text().find(crate::text::INVALID_BYTE).unwrap_or(0);
        let fault = YamlFault { kind: FaultKind::InvalidBytes, span: file.span(at..(at + 1).min(file.text().len())) };
        builder.stream.faults.insert(0, fault);
    }
    builder.stream
}

/// UTF-16 and UTF-32 by their byte order mark or by the zero bytes that ASCII leaves in them.
fn foreign_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [0, b, ..] | [b, 0, ..] if *b != 0 => Some("UTF-16"),
        _ => None,
    }
}

/// A collection that is not closed yet.
struct Open {
    node: NodeId,
    /// The key that waits for its value, in a mapping.
    key: Option<NodeId>,
    mapping: bool,
}

struct Builder<'s> {
    file: FileId,
    text: &'s str,
    stream: Stream<'s>,
    open: Vec<Open>,
    /// Root of the document being read.
    root: Option<NodeId>,
    in_document: bool,
    anchors: HashMap<usize, NodeId>,
    last_end: usize,
}

impl<'s> Builder<'s> {
    fn new(file: &'s SourceFile) -> Self {
        let text = file.text();
        let mut stream = Stream::default();
        stream.nodes.reserve(text.len() / 16);
        Builder {
            file: file.id(),
            text,
            stream,
            open: Vec::new(),
            root: None,
            in_document: false,
            anchors: HashMap::new(),
            last_end: 0,
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start..end)
    }

    fn fault(&mut self, kind: FaultKind, span: Span) {
        self.stream.faults.push(YamlFault { kind, span });
    }

    fn run(&mut self) {
        let options = granit_parser::options! {
            // Both as go-yaml reads.
            block_scalar_eof_without_line_feed: true,
            bom_inside_document_as_content: true,
            emit_anchor_events: true,
            emit_unresolved_aliases: true,
            max_buffered_comment_events: 100_000,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let mut parser = Parser::new_from_str_with_options(self.text, options);
        loop {
            match parser.next_event() {
                None => break,
                Some(Ok((event, span))) => {
                    let range = span.byte_range().unwrap_or(self.last_end..self.last_end);
                    let tag_span = span.tag_span().and_then(|t| t.byte_range());
                    if !self.event(event, range.start, range.end, tag_span) {
                        break;
                    }
                }
                Some(Err(error)) => {
                    self.scan_error(&error);
                    self.end_document(true);
                    match parser.proceed_next_document() {
                        Ok(true) => {}
                        Ok(false) | Err(_) => break,
                    }
                }
            }
        }
        if self.in_document {
            self.end_document(true);
        }
    }

    /// Takes one event; false at the end of the stream.
    fn event(&mut self, event: Event<'s>, start: usize, end: usize, tag_span: Option<std::ops::Range<usize>>) -> bool {
        match event {
            Event::StreamStart => {}
            Event::StreamEnd => return false,
            Event::DocumentStart(..) => {
                self.anchors.clear();
                self.root = None;
                self.open.clear();
                self.in_document = true;
            }
            Event::DocumentEnd => self.end_document(false),
            Event::Comment(..) => {
                let line_start = self.text.get(..start).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
                let alone = self.text.get(line_start..start).is_some_and(|t| t.trim().is_empty());
                let span = self.span(start, end);
                self.stream.comments.push(Comment { span, alone });
            }
            Event::Anchor(id, name) => {
                let anchor = Anchor { name: name.into_owned(), span: self.span(start, end) };
                if let Some(node) = self.anchors.get(&id).copied()
                    && let Some(node) = self.stream.nodes.get_mut(node.index())
                {
                    node.anchor = Some(Box::new(anchor));
                }
            }
            Event::UnresolvedAlias(name) => {
                let span = self.span(start, end);
                self.fault(FaultKind::UnknownAnchor(name.into_owned()), span);
                self.add(NodeKind::Alias(None), span, None, 0);
            }
            Event::Alias(id) => {
                let span = self.span(start, end);
                let target = self.anchors.get(&id).copied();
                self.add(NodeKind::Alias(target), span, None, 0);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    ParsedStyle::Plain => ScalarStyle::Plain,
                    ParsedStyle::SingleQuoted => ScalarStyle::SingleQuoted,
                    ParsedStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
                    ParsedStyle::Literal => ScalarStyle::Literal,
                    ParsedStyle::Folded => ScalarStyle::Folded,
                };
                // An empty value arrives as `~` over no text.
                let empty = style == ScalarStyle::Plain && start == end;
                let text = if empty { Cow::Borrowed("") } else { text };
                let tag = self.tag(tag.as_deref(), tag_span, start);
                self.add(NodeKind::Scalar(text, style), self.span(start, end), tag, anchor);
            }
            Event::SequenceStart(_, anchor, tag) => {
                let tag = self.tag(tag.as_deref(), tag_span, start);
                let node = self.add(NodeKind::Sequence(Vec::new()), self.span(start, end), tag, anchor);
                self.open.push(Open { node, key: None, mapping: false });
            }
            Event::MappingStart(_, anchor, tag) => {
                let tag = self.tag(tag.as_deref(), tag_span, start);
                let node = self.add(NodeKind::Mapping(Vec::new()), self.span(start, end), tag, anchor);
                self.open.push(Open { node, key: None, mapping: true });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(start, end),
            _ => {}
        }
        true
    }

    fn tag(
        &self,
        tag: Option<&granit_parser::Tag>,
        range: Option<std::ops::Range<usize>>,
        start: usize,
    ) -> Option<Box<Tag>> {
        let tag = tag?;
        let range = range.unwrap_or(start..start);
        Some(Box::new(Tag {
            name: format!("{}{}", tag.handle(), tag.suffix()),
            span: self.span(range.start, range.end),
        }))
    }

    fn add(&mut self, kind: NodeKind<'s>, span: Span, tag: Option<Box<Tag>>, anchor: usize) -> NodeId {
        let id = NodeId(u32::try_from(self.stream.nodes.len()).unwrap_or(u32::MAX));
        self.stream.nodes.push(Node { kind, span, tag, anchor: None });
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        self.last_end = self.last_end.max(span.end as usize);
        match self.open.last_mut() {
            None => {
                if self.root.is_none() {
                    self.root = Some(id);
                }
            }
            Some(open) if open.mapping => match open.key.take() {
                None => open.key = Some(id),
                Some(key) => {
                    if let NodeKind::Mapping(pairs) = &mut self.stream.nodes[open.node.index()].kind {
                        pairs.push(MappingPair { key, value: id });
                    }
                }
            },
            Some(open) => {
                if let NodeKind::Sequence(items) = &mut self.stream.nodes[open.node.index()].kind {
                    items.push(id);
                }
            }
        }
        id
    }

    /// Ends the innermost open collection: its span reaches from its first to its last byte.
    fn close(&mut self, start: usize, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let first = self.stream.nodes[open.node.index()].span;
        let mut span = first;
        if end > start {
            // A flow collection's closing bracket.
            span.end = span.end.max(self.span(start, end).end);
        }
        let last = match &self.stream.nodes[open.node.index()].kind {
            NodeKind::Mapping(pairs) => pairs.last().map(|p| {
                let (key, value) = (self.stream.node(p.key).span, self.stream.node(p.value).span);
                key.end.max(value.end)
            }),
            NodeKind::Sequence(items) => items.last().map(|i| self.stream.node(*i).span.end),
            _ => None,
        };
        span.end = span.end.max(last.unwrap_or(span.end));
        self.stream.nodes[open.node.index()].span = span;
        if open.mapping {
            self.duplicates(open.node);
        }
    }

    fn end_document(&mut self, broken: bool) {
        if !self.in_document {
            return;
        }
        while let Some(open) = self.open.last_mut() {
            // A key whose value the fault swallowed is kept with an empty value.
            if let Some(key) = open.key {
                let at = self.stream.node(key).span.end_point();
                self.add(NodeKind::Scalar(Cow::Borrowed(""), ScalarStyle::Plain), at, None, 0);
            }
            self.close(0, 0);
        }
        self.stream.documents.push(Document { root: self.root.take(), broken });
        self.in_document = false;
    }

    fn scan_error(&mut self, error: &ScanError) {
        let mut at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let kind = match error.kind() {
            ErrorKind::TabNotAllowed | ErrorKind::TabInIndentation => FaultKind::Tab,
            ErrorKind::RecursionLimitExceeded => FaultKind::TooDeep,
            other => FaultKind::Syntax(other.to_string()),
        };
        // Point at something: the character there, or the last one of the file.
        let end = self.text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
        let span = self.span(at, end);
        self.fault(kind, span);
    }

    /// Keys are compared by their text, as Compose does: `a` and `"a"` are the same key.
    fn duplicates(&mut self, mapping: NodeId) {
        let NodeKind::Mapping(pairs) = &self.stream.nodes[mapping.index()].kind else { return };
        let mut found: Vec<(NodeId, NodeId)> = Vec::new();
        let text = |id: NodeId| match &self.stream.nodes[id.index()].kind {
            NodeKind::Scalar(text, _) => Some(text.as_ref()),
            _ => None,
        };
        if pairs.len() <= SMALL_MAPPING {
            for (i, pair) in pairs.iter().enumerate() {
                let Some(key) = text(pair.key) else { continue };
                if let Some(first) = pairs[..i].iter().find(|p| text(p.key) == Some(key)) {
                    found.push((first.key, pair.key));
                }
            }
        } else {
            let mut seen: HashMap<&str, NodeId> = HashMap::with_capacity(pairs.len());
            for pair in pairs {
                let Some(key) = text(pair.key) else { continue };
                match seen.get(key) {
                    Some(first) => found.push((*first, pair.key)),
                    None => {
                        seen.insert(key, pair.key);
                    }
                }
            }
        }
        for (first, again) in found {
            let key = self.stream.text(again).unwrap_or_default().to_owned();
            let (first, span) = (self.stream.node(first).span, self.stream.node(again).span);
            self.fault(FaultKind::DuplicateKey { key, first }, span);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::text::Sources;
    use proptest::prelude::*;

    fn with<T>(text: &[u8], f: impl Fn(&SourceFile, &Stream<'_>) -> T) -> T {
        let mut sources = Sources::new();
        let id = sources.add("f".into(), "f".into(), text.to_vec());
        let file = sources.file(id);
        f(file, &parse(file))
    }

    #[test]
    fn spans_cover_what_is_written() {
        with(b"a:\n  b: \"x\"\n  c: [1, 2]\nd: |\n  text\n  more\ne:\n", |file, s| {
            let root = s.root().unwrap();
            let a = s.get(root, "a").unwrap();
            assert_eq!(file.slice(s.node(a).span), "b: \"x\"\n  c: [1, 2]");
            assert_eq!(file.slice(s.node(s.get(a, "b").unwrap()).span), "\"x\"");
            assert_eq!(file.slice(s.node(s.get(a, "c").unwrap()).span), "[1, 2]");
            assert_eq!(s.text(s.get(root, "d").unwrap()), Some("text\nmore\n"));
            assert!(file.slice(s.node(s.get(root, "d").unwrap()).span).starts_with("text"));
            let e = s.node(s.get(root, "e").unwrap());
            assert!(e.span.is_empty());
            assert_eq!(e.kind, NodeKind::Scalar("".into(), ScalarStyle::Plain));
        });
    }

    #[test]
    fn aliases_are_links() {
        with(b"a: &x {k: v}\nb: *x\nc: *y\n", |file, s| {
            let root = s.root().unwrap();
            let b = s.get(root, "b").unwrap();
            assert_eq!(s.node(b).kind, NodeKind::Alias(s.get(root, "a")));
            assert_eq!(s.text(s.get(b, "k").unwrap()), Some("v"));
            assert_eq!(s.faults[0].kind, FaultKind::UnknownAnchor("y".into()));
            assert_eq!(file.slice(s.faults[0].span), "*y");
        });
    }

    #[test]
    fn a_fault_keeps_what_stands_before_it() {
        with(b"a: 1\nb:\n  c: 2\n  d: [1, 2\ne: 3\n", |_, s| {
            assert_eq!(s.faults.len(), 1);
            let root = s.root().unwrap();
            assert_eq!(s.text(s.get(root, "a").unwrap()), Some("1"));
            assert!(s.documents[0].broken);
        });
        with(b"a: [\n---\nb: 1\n", |_, s| {
            assert_eq!(s.documents.len(), 2);
            assert!(!s.documents[1].broken);
        });
    }

    #[test]
    fn duplicate_keys_name_both_places() {
        with(b"a: 1\n\"a\": 2\n", |file, s| {
            let FaultKind::DuplicateKey { key, first } = &s.faults[0].kind else { panic!() };
            assert_eq!((key.as_str(), file.slice(*first)), ("a", "a"));
            assert_eq!(file.slice(s.faults[0].span), "\"a\"");
        });
    }

    #[test]
    fn other_encodings_are_named() {
        // The span ends where a character does.
        with(b"\0\xf5(\xdf\x8cf", |file, s| assert_eq!(file.slice(s.faults[0].span), "\0\u{1a}("));
        with(b"\xff\xfea\0:\0", |_, s| assert_eq!(s.faults[0].kind, FaultKind::Encoding("UTF-16")));
        with(b"a: \xff\n", |_, s| assert_eq!(s.faults[0].kind, FaultKind::InvalidBytes));
    }

    #[test]
    fn depth_is_limited() {
        for text in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(50_000)] {
            with(text.as_bytes(), |_, s| assert!(!s.faults.is_empty()));
        }
    }

    #[test]
    fn tags_and_comments_have_places() {
        with(b"a: !reset null # why\n# alone\nb: !override\n  - x\n", |file, s| {
            let root = s.root().unwrap();
            let a = s.node(s.get(root, "a").unwrap());
            assert_eq!(a.tag.as_ref().unwrap().name, "!reset");
            assert_eq!(file.slice(a.tag.as_ref().unwrap().span), "!reset");
            assert_eq!(s.node(s.get(root, "b").unwrap()).tag.as_ref().unwrap().name, "!override");
            let comments: Vec<_> = s.comments.iter().map(|c| (file.slice(c.span), c.alone)).collect();
            assert_eq!(comments, [("# why", false), ("# alone", true)]);
        });
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_fit(text in "[a-c:\\-\\[\\]{}&*!|>#'\" \\n\\t,?]{0,80}") {
            with(text.as_bytes(), |file, s| {
                for node in &s.nodes {
                    assert!(file.text().get(node.span.range()).is_some());
                }
                for fault in &s.faults {
                    assert!(file.text().get(fault.span.range()).is_some());
                }
            });
        }
    }
}
