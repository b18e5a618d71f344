//! `.dockerignore`: which paths of a build context the builder never sees, and which line says so.
//!
//! The rules are those of moby's `patternmatcher`, not git's: a pattern without a slash matches at the top only, `!` takes
//! back what an earlier line excluded (also below an excluded folder), and the last line that changes the verdict decides.

use std::sync::OnceLock;

use regex::Regex;

use crate::text::go::path_clean;
use crate::text::{SourceFile, Span};

/// One ignore file as read.
#[derive(Debug)]
pub struct IgnoreFile {
    patterns: Vec<IgnorePattern>,
    faults: Vec<IgnoreFault>,
    too_long: bool,
}

/// Bytes of patterns with `*` and the like that one file may hold. Each of them becomes a program of a thousand times its
/// length; the longest of 290 repositories hold two thousand bytes.
const MAX_PATTERNS: usize = 64 * 1024;

/// A line that the builder refuses; it refuses the build with it.
#[derive(Clone, Debug)]
pub struct IgnoreFault {
    pub span: Span,
    pub message: String,
    pub builder_says: &'static str,
}

/// One line.
#[derive(Debug)]
pub struct IgnorePattern {
    /// Cleaned: no leading or trailing slash, no `.` or `..` that can be resolved, no `!`.
    pub text: String,
    /// The line without the blanks around it.
    pub span: Span,
    /// With `!`: takes back.
    pub negated: bool,
    matcher: Matcher,
}

/// What the ignore file says of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub excluded: bool,
    /// The line that decided.
    pub span: Span,
}

#[derive(Debug)]
enum Matcher {
    Exact,
    /// Ends with `**`: the text before it.
    Prefix(String),
    /// Begins with `**`: the text behind it.
    Suffix(String),
    Regex {
        source: String,
        compiled: OnceLock<Option<Regex>>,
    },
}

impl IgnoreFile {
    pub fn parse(file: &SourceFile) -> Self {
        let mut out = IgnoreFile { patterns: Vec::new(), faults: Vec::new(), too_long: false };
        let text = file.text();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let skip = if start == 0 && line.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            let line = line.get(skip..).unwrap_or("");
            if line.starts_with('#') {
                continue;
            }
            let trimmed = line.trim();
            if trimmed.is_empty() {
                continue;
            }
            let start = start + skip + (line.len() - line.trim_start().len());
            let span = file.span(start..start + trimmed.len());
            match IgnorePattern::new(trimmed, span) {
                Ok(pattern) => out.patterns.push(pattern),
                Err(fault) => out.faults.push(fault),
            }
        }
        let cost = |pattern: &IgnorePattern| match &pattern.matcher {
            Matcher::Regex { source, .. } => source.len(),
            Matcher::Exact | Matcher::Prefix(_) | Matcher::Suffix(_) => 0,
        };
        if out.patterns.iter().map(cost).sum::<usize>() > MAX_PATTERNS {
            out.patterns.clear();
            out.too_long = true;
        }
        out
    }

    /// It holds more patterns than are followed, so that it is not known what it leaves out: it says nothing.
    pub fn is_too_long(&self) -> bool {
        self.too_long
    }

    pub fn patterns(&self) -> &[IgnorePattern] {
        &self.patterns
    }

    pub fn faults(&self) -> &[IgnoreFault] {
        &self.faults
    }

    /// Whether any line takes something back.
    pub fn has_negations(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.negated)
    }

    /// What is said of a path (relative to the context, with `/`) by itself or through a folder above it. `None`: nothing.
    ///
    /// The context's own root (`.`) is not a path that can be excluded.
    pub fn matches(&self, path: &str) -> Option<Verdict> {
        let path = path_clean(path);
        let path = path.trim_start_matches('/');
        if path.is_empty() || path == "." {
            return None;
        }
        let mut verdict = None;
        for pattern in &self.patterns {
            let excluded = verdict.is_some_and(|verdict: Verdict| verdict.excluded);
            // A line that cannot change the verdict is not asked.
            if pattern.negated == excluded && pattern.matches_or_parent(path) {
                verdict = Some(Verdict { excluded: !pattern.negated, span: pattern.span });
            }
        }
        verdict
    }

    /// Whether a line may take back something below a folder. True where it cannot be told.
    pub fn may_reinclude_below(&self, folder: &str) -> bool {
        let folder = path_clean(folder);
        let folder: Vec<&str> = folder.trim_start_matches('/').split('/').filter(|part| *part != ".").collect();
        self.patterns.iter().filter(|pattern| pattern.negated).any(|pattern| {
            let mut parts = pattern.text.split('/');
            for have in folder.iter().filter(|part| !part.is_empty()) {
                match parts.next() {
                    // The pattern names the folder itself or one above it.
                    None => return true,
                    Some(part) if part.contains("**") => return true,
                    Some(part) => {
                        let single = Matcher::new(part);
                        if !single.matches(part, have) {
                            return false;
                        }
                    }
                }
            }
            true
        })
    }

    /// The line that excludes the whole context, if there is one: `*`, `**` or `**/*`, as the builder asks before it says
    /// that a copy of `.` copies nothing.
    pub fn excludes_everything(&self) -> Option<Span> {
        let all = |pattern: &&IgnorePattern| !pattern.negated && matches!(pattern.text.as_str(), "*" | "**" | "**/*");
        self.patterns.iter().find(all).map(|pattern| pattern.span)
    }
}

impl IgnorePattern {
    fn new(line: &str, span: Span) -> Result<Self, IgnoreFault> {
        let (negated, text) = match line.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, line),
        };
        if text.is_empty() {
            return Err(IgnoreFault {
                span,
                message: "a lone `!` takes nothing back".to_owned(),
                builder_says: "illegal exclusion pattern: \"!\"",
            });
        }
        let text = path_clean(text);
        let text = match text.strip_prefix('/') {
            Some(rest) if !rest.is_empty() => rest.to_owned(),
            _ => text.into_owned(),
        };
        if !is_well_formed(&text) {
            return Err(IgnoreFault {
                span,
                message: "this pattern has a bracket that does not close, or a backslash at its end".to_owned(),
                builder_says: "syntax error in pattern",
            });
        }
        let matcher = Matcher::new(&text);
        Ok(IgnorePattern { text, span, negated, matcher })
    }

    fn matches_or_parent(&self, path: &str) -> bool {
        if self.matcher.matches(&self.text, path) {
            return true;
        }
        path.match_indices('/').any(|(at, _)| self.matcher.matches(&self.text, path.get(..at).unwrap_or("")))
    }
}

impl Matcher {
    fn new(pattern: &str) -> Self {
        #[derive(PartialEq)]
        enum Found {
            Exact,
            Prefix,
            Suffix,
            Regex,
        }
        let mut found = Found::Exact;
        let mut regex = String::from("^");
        let mut chars = pattern.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            match c {
                '*' if chars.peek() == Some(&'*') => {
                    chars.next();
                    // `**/` stands for `**`.
                    if chars.peek() == Some(&'/') {
                        chars.next();
                    }
                    if chars.peek().is_some() {
                        regex.push_str("(.*/)?");
                        found = Found::Regex;
                    } else if found == Found::Exact {
                        found = Found::Prefix;
                    } else {
                        regex.push_str(".*");
                        found = Found::Regex;
                    }
                    if first {
                        found = Found::Suffix;
                    }
                }
                '*' => {
                    regex.push_str("[^/]*");
                    found = Found::Regex;
                }
                '?' => {
                    regex.push_str("[^/]");
                    found = Found::Regex;
                }
                '.' | '+' | '(' | ')' | '|' | '{' | '}' | '$' => {
                    regex.push('\\');
                    regex.push(c);
                }
                '\\' => {
                    if let Some(escaped) = chars.next() {
                        regex.push_str(&regex::escape(escaped.encode_utf8(&mut [0; 4])));
                        found = Found::Regex;
                    } else {
                        regex.push_str("\\\\");
                    }
                }
                '[' | ']' => {
                    regex.push(c);
                    found = Found::Regex;
                }
                _ => regex.push(c),
            }
            first = false;
        }
        match found {
            Found::Exact => Matcher::Exact,
            Found::Prefix => Matcher::Prefix(pattern.strip_suffix("**").unwrap_or(pattern).to_owned()),
            Found::Suffix => Matcher::Suffix(pattern.strip_prefix("**").unwrap_or(pattern).to_owned()),
            Found::Regex => {
                regex.push('$');
                Matcher::Regex { source: regex, compiled: OnceLock::new() }
            }
        }
    }

    fn matches(&self, pattern: &str, path: &str) -> bool {
        match self {
            Matcher::Exact => path == pattern,
            Matcher::Prefix(prefix) => path.starts_with(prefix.as_str()),
            Matcher::Suffix(suffix) => path.ends_with(suffix.as_str()) || suffix.strip_prefix('/') == Some(path),
            Matcher::Regex { source, compiled } => {
                // A pattern that does not compile matches nothing we could vouch for.
                let compile = || regex::RegexBuilder::new(source).size_limit(1 << 20).build().ok();
                compiled.get_or_init(compile).as_ref().is_some_and(|regex| regex.is_match(path))
            }
        }
    }
}

/// What Go's `filepath.Match` takes for a pattern: brackets close and hold ranges, and a backslash has something behind it.
fn is_well_formed(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next().is_none() => return false,
            '[' => {
                if chars.peek() == Some(&'^') {
                    chars.next();
                }
                let mut ranges = 0;
                loop {
                    let mut bound = || match chars.next() {
                        None | Some('-' | ']') => None,
                        Some('\\') => chars.next(),
                        other => other,
                    };
                    if bound().is_none() {
                        return false;
                    }
                    ranges += 1;
                    if chars.peek() == Some(&'-') {
                        chars.next();
                        let mut bound = || match chars.next() {
                            None | Some('-' | ']') => None,
                            Some('\\') => chars.next(),
                            other => other,
                        };
                        if bound().is_none() {
                            return false;
                        }
                    }
                    match chars.peek() {
                        None => return false,
                        Some(']') if ranges > 0 => {
                            chars.next();
                            break;
                        }
                        Some(_) => {}
                    }
                }
            }
            _ => {}
        }
    }
    true
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::text::Sources;
    use proptest::prelude::*;

    fn read(text: &str) -> (Sources, IgnoreFile) {
        let mut sources = Sources::new();
        let id = sources.add(".dockerignore".into(), ".dockerignore".into(), text.into());
        let ignore = IgnoreFile::parse(sources.file(id));
        (sources, ignore)
    }

    fn excluded(text: &str, path: &str) -> bool {
        read(text).1.matches(path).is_some_and(|verdict| verdict.excluded)
    }

    #[test]
    fn patterns_stand_at_the_top() {
        assert!(excluded("node_modules\n", "node_modules"));
        assert!(excluded("node_modules\n", "node_modules/a/b"));
        assert!(!excluded("node_modules\n", "sub/node_modules"));
        assert!(excluded("**/node_modules\n", "sub/deep/node_modules/x"));
        assert!(excluded("**/node_modules\n", "node_modules"));
        assert!(excluded("/dist/\n", "./dist/x"));
        assert!(excluded("a//b/../c\n", "a/c"));
    }

    #[test]
    fn wildcards() {
        assert!(excluded("*.md\n", "README.md"));
        assert!(!excluded("*.md\n", "docs/README.md"));
        assert!(excluded("docs/*.md\n", "docs/a.md"));
        assert!(excluded("**/*.md\n", "docs/x/a.md"));
        assert!(excluded("a?c\n", "abc"));
        assert!(!excluded("a?c\n", "a/c"));
        assert!(excluded("[a-c]x\n", "bx"));
        assert!(excluded("[^a]x\n", "bx"));
        assert!(excluded("a/**/z\n", "a/z"));
        assert!(excluded("a/**/z\n", "a/b/c/z"));
        assert!(excluded("a/**\n", "a/b"));
        assert!(!excluded("a/**\n", "a"));
        assert!(excluded("**\n", "a"));
        assert!(excluded("a\\*b\n", "a*b"));
        assert!(!excluded("a.b\n", "axb"));
    }

    #[test]
    fn negations_in_order() {
        let text = "*\n!src\nsrc/*.log\n!src/keep.log\n";
        assert!(excluded(text, "README"));
        assert!(!excluded(text, "src/a.c"));
        assert!(excluded(text, "src/a.log"));
        assert!(!excluded(text, "src/keep.log"));
        assert!(excluded("!a\na\n", "a"));
    }

    #[test]
    fn the_deciding_line_is_told() {
        let (sources, ignore) = read("\u{feff}# c\n*.md\n  !README.md  \n");
        assert_eq!(sources.slice(ignore.matches("a.md").unwrap().span), "*.md");
        let verdict = ignore.matches("README.md").unwrap();
        assert_eq!((verdict.excluded, sources.slice(verdict.span)), (false, "!README.md"));
        assert_eq!(ignore.matches("x"), None);
        assert_eq!(ignore.matches("."), None);
    }

    #[test]
    fn children_that_come_back() {
        let (_, ignore) = read("*\n!a.txt\n!subdir/file\n!x/*/y\n");
        assert!(ignore.has_negations());
        assert!(ignore.may_reinclude_below("subdir"));
        assert!(ignore.may_reinclude_below("."));
        assert!(!ignore.may_reinclude_below("other"));
        assert!(ignore.may_reinclude_below("x/q"));
        assert!(ignore.excludes_everything().is_some());
        let (_, ignore) = read("node_modules\n!unrelated/\n");
        assert!(!ignore.may_reinclude_below("node_modules"));
        assert!(ignore.may_reinclude_below("unrelated/deep"));
        assert!(read("*\n!**/keep\n").1.may_reinclude_below("any/where"));
    }

    #[test]
    fn what_the_builder_refuses() {
        let (_, ignore) = read("!\n[a\nb\\\n[]\n[a-]\nok\n");
        assert_eq!((ignore.faults().len(), ignore.patterns().len()), (5, 1));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[a/.*?!\\[\\]^\\\\# \n-]{0,60}", path in "[a/.*é]{0,20}") {
            let (_, ignore) = read(&text);
            ignore.matches(&path);
            ignore.may_reinclude_below(&path);
        }
    }
}
