//! The way from the root of the model to a value, kept on the stack while walking; rules of Compose are tables over it.

/// A step of a walk. List items are the key `[]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    key: &'a str,
    len: usize,
}

/// No attribute that Compose treats specially lies deeper.
const DEEPEST: usize = 8;

/// The steps of a path that is not too deep to matter.
pub(super) struct Parts<'a> {
    parts: [&'a str; DEEPEST],
    len: usize,
}

impl<'a> Parts<'a> {
    pub(super) fn get(&self) -> &[&'a str] {
        &self.parts[..self.len]
    }
}

pub(super) const ROOT: Path<'static> = Path { parent: None, key: "", len: 0 };

impl<'a> Path<'a> {
    pub(super) fn next<'b>(&'b self, key: &'b str) -> Path<'b>
    where
        'a: 'b,
    {
        Path { parent: Some(self), key, len: self.len + 1 }
    }

    /// The steps for matching with slice patterns; no steps at all if it lies deeper than any rule.
    pub(super) fn parts(&self) -> Parts<'a> {
        let mut parts = [""; DEEPEST];
        if self.len > DEEPEST {
            return Parts { parts, len: 0 };
        }
        let mut at = self;
        for i in (0..self.len).rev() {
            parts[i] = at.key;
            if let Some(parent) = at.parent {
                at = parent;
            }
        }
        Parts { parts, len: self.len }
    }

    /// With dots, as messages name it.
    pub(super) fn text(&self) -> String {
        match self.parent {
            Some(parent) if parent.len > 0 => format!("{}.{}", parent.text(), self.key),
            _ => self.key.to_owned(),
        }
    }
}
