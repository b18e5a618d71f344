//! A TOML file of many tables of one kind as a list of texts, each of which is TOML of its own.

/// The rows of a file in its order.
#[derive(Debug)]
pub(super) struct Rows {
    rows: Vec<&'static str>,
}

impl Rows {
    /// Cuts `text` at the lines that are `header` (`[[image]]`). The text before the first belongs to no row; a row ends
    /// at the next table of whatever name.
    pub(super) fn new(text: &'static str, header: &str) -> Rows {
        let mut rows = Vec::new();
        let mut start = None;
        let first = text.starts_with('[').then_some(0);
        let others = memchr::memmem::find_iter(text.as_bytes(), "\n[").map(|end| end + 1);
        for at in first.into_iter().chain(others) {
            if let Some(start) = start.take() {
                rows.extend(text.get(start..at));
            }
            let line = text.get(at..).and_then(|rest| rest.split_inclusive('\n').next()).unwrap_or_default();
            if line.trim_end() == header {
                start = Some(at + line.len());
            }
        }
        if let Some(start) = start {
            rows.extend(text.get(start..));
        }
        Rows { rows }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.rows.iter().copied()
    }
}

/// The text of one table of a file, without its header: TOML of its own.
pub(super) fn table(text: &'static str, header: &str) -> &'static str {
    Rows::new(text, header).rows.first().copied().unwrap_or_default()
}

/// The texts of a one-line array of plain strings, `key = ["a", "b"]`. The files keep to that form for the keys by which
/// rows are found (a test checks it against the TOML reader).
pub(super) fn strings(row: &'static str, key: &str) -> Vec<&'static str> {
    let head = format!("\n{key} = [");
    let list = match row.strip_prefix(head.trim_start()) {
        Some(list) => Some(list),
        None => memchr::memmem::find(row.as_bytes(), head.as_bytes()).and_then(|at| row.get(at + head.len()..)),
    };
    let line = list.and_then(|list| list.lines().next());
    line.map(|line| line.split('"').skip(1).step_by(2).collect()).unwrap_or_default()
}

/// True if `text` matches the pattern: `*` any text, `[0-9]` one digit, everything else itself. Linear but for the
/// stars, each of which is tried at most once per place.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&c) = text.get(t) {
        let rest = pattern.get(p..).unwrap_or_default();
        let step = match rest {
            [b'*', ..] => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            [b'[', b'0', b'-', b'9', b']', ..] if c.is_ascii_digit() => 5,
            [same, ..] if *same == c => 1,
            _ => 0,
        };
        if step > 0 {
            (p, t) = (p + step, t + 1);
        } else if let Some((after, from)) = star {
            star = Some((after, from + 1));
            (p, t) = (after, from + 1);
        } else {
            return false;
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|&c| c == b'*')
}
