//! Text for a hover, as Markdown or plain. What comes from a repository stands in code spans or with every character that
//! has a meaning made harmless: no link, picture or markup can come out of it.

use std::fmt::Write as _;

use crate::redact;

/// A text that is being written.
#[derive(Debug)]
pub(super) struct Markup {
    text: String,
    markdown: bool,
}

impl Markup {
    pub(super) fn new(markdown: bool) -> Self {
        Markup { text: String::new(), markdown }
    }

    /// A paragraph of ours; its `names` are code.
    pub(super) fn line(&mut self, words: &str) {
        if !self.text.is_empty() {
            self.text.push_str(if self.markdown { "\n\n" } else { "\n" });
        }
        let words = self.words(words);
        self.text.push_str(&words);
    }

    /// An entry of a list.
    pub(super) fn item(&mut self, words: &str) {
        let gap = match (self.text.is_empty(), self.markdown && !self.last_is_item()) {
            (true, _) => "",
            (false, true) => "\n\n",
            (false, false) => "\n",
        };
        self.text.push_str(gap);
        let words = self.words(words);
        let _ = write!(self.text, "- {words}");
    }

    fn last_is_item(&self) -> bool {
        self.text.rsplit('\n').next().is_some_and(|line| line.starts_with("- "))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn words(&self, text: &str) -> String {
        let text = redact::one_line(text);
        if !self.markdown {
            return text;
        }
        let parts: Vec<&str> = text.split('`').collect();
        if parts.len().is_multiple_of(2) {
            return escape(&text);
        }
        let part = |(i, part): (usize, &&str)| match i % 2 {
            0 => escape(part),
            _ if part.is_empty() => String::new(),
            _ => format!("`{part}`"),
        };
        parts.iter().enumerate().map(part).collect()
    }
}

/// A name or a value as code; a backtick in it would end the code and becomes an apostrophe.
pub(super) fn code(text: &str) -> String {
    /// Longer ones are cut: a hover is not the place to read them.
    const LONGEST: usize = 200;
    let mut shown: String = text.chars().take(LONGEST).map(|c| if c == '`' { '\'' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            // An address would become a link.
            ':' if chars.peek() == Some(&'/') => out.push_str("&#58;"),
            '@' => out.push_str("&#64;"),
            _ => out.push(c),
        }
    }
    // `www.` begins a link too.
    out.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_repository_becomes_markup() {
        let mut text = Markup::new(true);
        text.line(&format!("builds {}", code("a`](http://x)![y](z)\n# h")));
        text.item("![x](https://evil/x.png) <img src=x> `unpaired");
        text.item("second");
        let shown = text.finish();
        assert_eq!(
            shown,
            "builds `a'](http://x)![y](z)?# h`\n\n- \\!\\[x\\](https&#58;//evil/x.png) &lt;img src=x&gt; \\`unpaired\n- second"
        );
    }

    #[test]
    fn plain_text_is_plain() {
        let mut text = Markup::new(false);
        text.line("a `b`");
        text.item("c*");
        assert_eq!(text.finish(), "a `b`\n- c*");
    }
}
