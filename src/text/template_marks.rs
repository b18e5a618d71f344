//! Marks of template engines in text that is YAML or a Dockerfile otherwise.

/// True if a comment that begins with `#@` is a line of ytt; `rest` is what follows these two characters.
pub fn is_ytt_comment(rest: &str) -> bool {
    let word = rest.trim_start().split([' ', '\t', '(', ':']).next().unwrap_or("").trim_end();
    let annotation = ["data/", "overlay/", "schema/", "yaml/", "library/"].iter().any(|name| rest.starts_with(name));
    let spaced = rest.starts_with([' ', '\t']);
    annotation
        || spaced && matches!(word, "load" | "if" | "if/end" | "elif" | "else" | "for" | "for/end" | "end" | "def")
        || rest.starts_with("library ")
}

/// True if a line of YAML is one of ytt, or has a value of ytt: `image: #@ data.values.image`, `a: (@= b @)`.
pub fn is_ytt_line(line: &str) -> bool {
    let line = line.trim();
    let value = line.split_once(" #@ ").is_some_and(|(before, _)| before.ends_with([':', '-']));
    value
        || line.starts_with("- #@ ")
        || line.split_once("(@").is_some_and(|(_, rest)| rest.starts_with(['=', '-', ' ']) && rest.contains("@)"))
        || line.strip_prefix("#@").is_some_and(is_ytt_comment)
}

/// True if a line is a block tag alone (`{% if x %}`, `{{- end }}`, `<% end %>`) or calls a macro of m4: nothing that YAML has.
pub fn is_tag_line(line: &str) -> bool {
    let start = line.trim_start();
    let word = |text: &str| {
        let text = text.trim_start_matches('-').trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
        text.get(..end).unwrap_or("").to_owned()
    };
    let go = start.strip_prefix("{{").is_some_and(|rest| {
        let known = ["if", "else", "end", "range", "with", "define", "template", "include", "block", "toYaml", "tpl"];
        known.contains(&word(rest).as_str())
    });
    let m4 = ["define(", "undefine(", "changequote(", "include(", "ifdef(", "ifelse(", "divert(", "dnl ", "dnl\t"];
    go || start.starts_with("{%")
        || start.starts_with("<%")
        || m4.iter().any(|call| line.starts_with(call))
        || line.trim_end() == "dnl"
}

/// The lines of a text that a mark of an engine is on, a block over several lines with all of its lines.
pub fn marked_lines(text: &str) -> Vec<bool> {
    const PAIRS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("<%", "%>")];
    let mut open: Option<&str> = None;
    let mut marked = Vec::new();
    for line in text.split('\n') {
        let mut is_marked = open.is_some();
        let mut rest = line;
        loop {
            match open {
                Some(close) => match rest.find(close) {
                    Some(at) => {
                        rest = rest.get(at + close.len()..).unwrap_or("");
                        open = None;
                    }
                    None => break,
                },
                None => {
                    let first = PAIRS.iter().filter_map(|(begin, end)| Some((rest.find(begin)?, *end))).min();
                    let Some((at, end)) = first else { break };
                    is_marked = true;
                    rest = rest.get(at + 2..).unwrap_or("");
                    open = Some(end);
                }
            }
        }
        marked.push(is_marked);
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_ytt() {
        for line in [
            "#@ load(\"@ytt:data\", \"data\")",
            "  #@ end",
            "#@data/values",
            "image: #@ data.values.x",
            "- #@ x",
            "a: (@= b @)",
        ] {
            assert!(is_ytt_line(line), "{line}");
        }
        for line in ["image: x # @me", "#@ todo", "#@author me", "a: b@(c)", "command: echo \"#@ x\"", "- (@ x"] {
            assert!(!is_ytt_line(line), "{line}");
        }
    }

    #[test]
    fn tags() {
        for line in ["{%- if a %}", "  {{- end }}", "{{ range .X }}", "<% end %>", "define(`a', `b')dnl", "dnl a"] {
            assert!(is_tag_line(line), "{line}");
        }
        for line in ["a: {{ b }}", "include:", "  - x", "{{ name }}: x", "{a: b}"] {
            assert!(!is_tag_line(line), "{line}");
        }
    }

    #[test]
    fn blocks_over_several_lines() {
        assert_eq!(marked_lines("a\nb: {{\n c\n}} d\ne"), [false, true, true, true, false]);
        assert_eq!(marked_lines("{% a %} {{ b }}\nc"), [true, false]);
        assert_eq!(marked_lines("<% a\n}} %>\n\n"), [true, true, false, false]);
    }
}
