//! Tells a Dockerfile from the input of a template engine that would produce one.
//!
//! Only what no Dockerfile says by itself counts: an engine's marks where an instruction's word or FROM's image should be.

use super::{Body, Dockerfile, Keyword, Template};
use crate::text::{SourceFile, Span, template_marks};

/// Looks at instructions and comments that are already read.
pub(super) fn recognise(dockerfile: &Dockerfile, file: &SourceFile) -> Option<Template> {
    let from_instructions = dockerfile.instructions.iter().find_map(|instruction| {
        let language = match instruction.keyword {
            Keyword::Unknown => of_word(file.slice(instruction.span)),
            Keyword::From => match &instruction.body {
                Body::From { image, .. } => of_image(&image.text),
                _ => of_image(file.slice(instruction.arguments)),
            },
            _ => None,
        };
        let language = language.or_else(|| unquoted_mark(file.slice(instruction.arguments)))?;
        Some(Template { language, span: first_line(file, instruction.span) })
    });
    let from_comments = dockerfile.comments.iter().find_map(|comment| {
        let language = of_comment(file.slice(*comment))?;
        Some(Template { language, span: *comment })
    });
    match (from_instructions, from_comments) {
        (Some(a), Some(b)) => Some(if a.span.start <= b.span.start { a } else { b }),
        (a, b) => a.or(b),
    }
}

fn first_line(file: &SourceFile, span: Span) -> Span {
    let length = file.slice(span).lines().next().map_or(0, str::len);
    Span::new(span.file, span.start as usize..span.start as usize + length)
}

/// An engine's mark outside quotes: `{{ name }}`, `{%- if x %}`, `<%= x %>`, `(@= x @)`. Formats for programs, such as that of
/// `docker inspect -f`, have blanks and so are quoted.
fn unquoted_mark(text: &str) -> Option<&'static str> {
    if !["{{", "{%", "<%", "(@"].iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => drop(chars.next()),
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('{' | '<' | '(', None) => {
                let rest = text.get(at..).unwrap_or("");
                let blank = |mark: &str| {
                    let after = rest.strip_prefix(mark);
                    after.is_some_and(|after| after.is_empty() || after.starts_with(['-', ' ', '\t', '\n', '\r']))
                };
                if blank("{{") || blank("{%") {
                    return Some(BRACES);
                }
                if blank("<%") || rest.starts_with("<%=") {
                    return Some(ERB);
                }
                if rest.starts_with("(@=") {
                    return Some(YTT);
                }
            }
            _ => {}
        }
    }
    None
}

const BRACES: &str = "Jinja or Go template";
const ERB: &str = "ERB template";
const YTT: &str = "ytt template";

fn of_word(text: &str) -> Option<&'static str> {
    if ["{{", "{%", "{#"].iter().any(|mark| text.starts_with(mark)) {
        return Some(BRACES);
    }
    if text.starts_with("<%") {
        return Some(ERB);
    }
    if text.starts_with("<#") {
        return Some("FreeMarker template");
    }
    if text.starts_with("@@") {
        return Some("text with @@placeholders@@");
    }
    let word: String = text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let behind = text.get(word.len()..).unwrap_or("");
    let m4 = match word.as_str() {
        "dnl" => behind.is_empty() || behind.starts_with(char::is_whitespace),
        "changequote" | "changecom" | "define" | "undefine" | "include" | "sinclude" | "ifdef" | "ifelse"
        | "divert" | "syscmd" | "esyscmd" | "pushdef" | "popdef" => behind.starts_with('('),
        _ => word.starts_with("m4_") && behind.starts_with('('),
    };
    // A macro of the project's own, called where an instruction stands.
    let macro_call = word.len() > 2
        && behind.starts_with('(')
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    (m4 || macro_call).then_some("m4")
}

fn of_image(image: &str) -> Option<&'static str> {
    if image.contains("{{") || image.contains("{%") {
        return Some(BRACES);
    }
    if image.contains("<%") {
        return Some(ERB);
    }
    if image.contains("(@") {
        return Some(YTT);
    }
    let placeholder = |mark: &str| {
        let mut parts = image.splitn(3, mark);
        let inner = parts.nth(1)?;
        parts.next()?;
        let named = !inner.is_empty() && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        named.then_some(())
    };
    ["@@", "%%", "@", "%", "__"].into_iter().find_map(placeholder).map(|()| "text with placeholders")
}

/// Lines for the C preprocessor and for ytt are comments to the builder.
fn of_comment(comment: &str) -> Option<&'static str> {
    if comment.strip_prefix("#@").is_some_and(template_marks::is_ytt_comment) {
        return Some(YTT);
    }
    let is_name =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let (word, rest) = comment.strip_prefix('#')?.split_once([' ', '\t']).unwrap_or((comment.get(1..)?, ""));
    let rest = rest.trim();
    let found = match word {
        "include" => {
            (rest.starts_with('"') && rest.len() > 2 && rest.ends_with('"'))
                || (rest.starts_with('<') && rest.ends_with('>'))
        }
        "define" => rest.split([' ', '\t', '(']).next().is_some_and(is_name),
        "ifdef" | "ifndef" => is_name(rest),
        _ => false,
    };
    found.then_some("C preprocessor")
}
