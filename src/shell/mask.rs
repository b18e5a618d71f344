//! The text that the shell parser reads: as long as the file's text, so that a place in one is a place in the other.
//!
//! The builder joins the lines of an instruction before any shell sees them: the escape character, white space behind it,
//! the line end, and every comment line and blank line that follows disappear. Here nothing is joined. A plain `\` and line
//! feed stays, because it means the same to a shell; any other joint is overwritten with spaces, or with [`GLUE`] where the
//! joint lies within a word.

use std::borrow::Cow;
use std::ops::Range;

/// Stands for a byte of a joint inside a word. The reader of words drops it again.
pub(super) const GLUE: char = '\u{1}';

/// What [`instruction`] made of the text.
#[derive(Debug)]
pub struct Masked<'a> {
    pub text: Cow<'a, str>,
    /// A shell comment in a continued line: to the shell, which gets one line, the rest of the instruction is comment.
    pub swallowed: Option<Range<usize>>,
}

/// Masks the shell part of an instruction: first word to last, without heredoc bodies.
pub fn instruction(text: &str) -> Masked<'_> {
    if !text.contains('\n') {
        return Masked { text: Cow::Borrowed(text), swallowed: None };
    }
    let bytes = text.as_bytes();
    let mut scan = Scan::default();
    let mut out: Option<String> = None;
    let mut copied = 0;
    let mut line_start = 0;
    while line_start < bytes.len() {
        let line_end = memchr(bytes, line_start);
        let continued = continuation(bytes, line_start..line_end);
        let code_end = continued.unwrap_or(line_end);
        if let Some(comment) = scan.comment(bytes, line_start..code_end)
            && continued.is_some()
        {
            let mut done = out.unwrap_or_default();
            done.push_str(text.get(copied..comment).unwrap_or(""));
            fill(&mut done, ' ', bytes.len() - comment);
            return Masked { text: Cow::Owned(done), swallowed: Some(comment..bytes.len()) };
        }
        let Some(joint_start) = continued else {
            line_start = line_end + 1;
            scan.line_end();
            continue;
        };
        // Comment lines and blank lines belong to the joint.
        let mut joint_end = (line_end + 1).min(bytes.len());
        while joint_end < bytes.len() {
            let end = memchr(bytes, joint_end);
            if !is_comment_or_blank(&bytes[joint_end..end]) {
                break;
            }
            joint_end = (end + 1).min(bytes.len());
        }
        if joint_end - joint_start != 2 {
            let glued = joint_start.checked_sub(1).is_some_and(|i| is_word_byte(bytes[i]))
                && bytes.get(joint_end).is_some_and(|b| is_word_byte(*b));
            let done = out.get_or_insert_with(|| String::with_capacity(text.len()));
            done.push_str(text.get(copied..joint_start).unwrap_or(""));
            fill(done, if glued { GLUE } else { ' ' }, joint_end - joint_start);
            copied = joint_end;
            scan.space = !glued;
        }
        line_start = joint_end;
    }
    let text = match out {
        None => Cow::Borrowed(text),
        Some(mut done) => {
            done.push_str(text.get(copied..).unwrap_or(""));
            Cow::Owned(done)
        }
    };
    Masked { text, swallowed: None }
}

/// Masks an instruction together with the heredocs behind it. `part` is the shell part, `bodies` the heredoc bodies in
/// order; all are ranges of `text`, and the result begins at the shell part's start and ends behind the last terminator.
pub fn with_heredocs<'a>(text: &'a str, part: Range<usize>, bodies: &[Range<usize>]) -> Masked<'a> {
    let head = instruction(text.get(part.clone()).unwrap_or(""));
    let Some(last) = bodies.last() else { return head };
    let end = memchr(text.as_bytes(), last.end);
    let mut out = String::with_capacity(end.saturating_sub(part.start));
    out.push_str(&head.text);
    let mut at = part.end;
    for body in bodies {
        carriage_returns(&mut out, text.get(at..body.end).unwrap_or(""), " \n");
        // A terminator must stand alone on its line: the carriage return behind it becomes an empty line.
        let next = (memchr(text.as_bytes(), body.end) + 1).min(text.len());
        carriage_returns(&mut out, text.get(body.end..next).unwrap_or(""), "\n\n");
        at = next;
    }
    if out.len() > end.saturating_sub(part.start) && out.ends_with('\n') {
        out.pop();
    }
    Masked { text: Cow::Owned(out), swallowed: head.swallowed }
}

/// Copies `text` with every CR LF replaced by `by`, which is as long.
fn carriage_returns(out: &mut String, text: &str, by: &str) {
    let mut pieces = text.split("\r\n");
    out.push_str(pieces.next().unwrap_or(""));
    for piece in pieces {
        out.push_str(by);
        out.push_str(piece);
    }
}

fn fill(out: &mut String, with: char, count: usize) {
    out.extend(std::iter::repeat_n(with, count));
}

/// The offset of the next line feed, or the end.
fn memchr(bytes: &[u8], from: usize) -> usize {
    bytes.get(from..).and_then(|rest| rest.iter().position(|b| *b == b'\n')).map_or(bytes.len(), |i| from + i)
}

/// Where the escape character of a continued line stands: a single backslash with nothing but blanks behind it.
fn continuation(bytes: &[u8], line: Range<usize>) -> Option<usize> {
    if line.end == bytes.len() && bytes.last() != Some(&b'\\') {
        return None;
    }
    let mut end = line.end;
    if end > line.start && bytes[end - 1] == b'\r' {
        end -= 1;
    }
    while end > line.start && matches!(bytes[end - 1], b' ' | b'\t') {
        end -= 1;
    }
    let escape = end.checked_sub(1).filter(|e| *e >= line.start && bytes[*e] == b'\\')?;
    (escape == line.start || bytes[escape - 1] != b'\\').then_some(escape)
}

fn is_comment_or_blank(line: &[u8]) -> bool {
    match line.iter().find(|b| !b.is_ascii_whitespace()) {
        None => true,
        Some(b) => *b == b'#',
    }
}

fn is_word_byte(b: u8) -> bool {
    !matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
}

/// Follows quotes through an instruction, as far as it takes to know a comment from a `#`.
#[derive(Debug)]
struct Scan {
    quote: Option<u8>,
    /// A word may begin here.
    space: bool,
}

impl Default for Scan {
    fn default() -> Self {
        Scan { quote: None, space: true }
    }
}

impl Scan {
    /// The start of a comment in `range`, if there is one.
    fn comment(&mut self, bytes: &[u8], range: Range<usize>) -> Option<usize> {
        let mut at = range.start;
        while at < range.end {
            let b = bytes[at];
            match self.quote {
                Some(b'\'') => {
                    if b == b'\'' {
                        self.quote = None;
                    }
                }
                Some(_) => match b {
                    b'"' => self.quote = None,
                    b'\\' => at += 1,
                    _ => {}
                },
                None => match b {
                    b'#' if self.space => return Some(at),
                    b'\'' | b'"' => self.quote = Some(b),
                    b'\\' => at += 1,
                    _ => {}
                },
            }
            self.space = self.quote.is_none() && matches!(b, b' ' | b'\t' | b';' | b'&' | b'|' | b'(' | b')');
            at += 1;
        }
        None
    }

    fn line_end(&mut self) {
        self.space = self.quote.is_none();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &str) -> String {
        let masked = instruction(text).text.into_owned();
        assert_eq!(masked.len(), text.len());
        masked
    }

    #[test]
    fn plain_continuations_stay() {
        assert_eq!(mask("a && \\\n  b"), "a && \\\n  b");
    }

    #[test]
    fn comments_and_blank_lines_become_blanks() {
        assert_eq!(mask("a \\\n# c\n\n b"), "a         b");
    }

    #[test]
    fn blanks_behind_the_escape_and_carriage_returns() {
        assert_eq!(mask("a \\ \n b"), "a     b");
        assert_eq!(mask("a \\\r\nb"), "a    b");
        assert_eq!(mask("a\\\r\nb c"), "a\u{1}\u{1}\u{1}b c");
        assert_eq!(mask("a;\\\r\nb"), "a;   b");
    }

    #[test]
    fn two_backslashes_do_not_continue() {
        assert_eq!(mask("a \\\\\nb"), "a \\\\\nb");
    }

    #[test]
    fn a_comment_in_a_continued_line_swallows_the_rest() {
        let masked = instruction("a # b \\\n && c");
        assert_eq!(masked.text, "a            ");
        assert_eq!(masked.swallowed, Some(2..13));
        assert!(instruction("echo '# a' \\\n && c").swallowed.is_none());
        assert!(instruction("echo a#b \\\n && c # d").swallowed.is_none());
        assert!(instruction("echo \\# b \\\n && c").swallowed.is_none());
    }

    #[test]
    fn heredocs_keep_their_lines() {
        let text = "cat <<E > f\r\nx\r\nE\r\nRUN b\r\n";
        let masked = with_heredocs(text, 0..11, std::slice::from_ref(&(13..16)));
        assert_eq!(masked.text, "cat <<E > f \nx \nE\n");
    }

    proptest::proptest! {
        #[test]
        fn the_length_never_changes(text in "[a #\\\\\\r\\n'\"é;]{0,60}") {
            proptest::prop_assert_eq!(instruction(&text).text.len(), text.len());
        }
    }
}
