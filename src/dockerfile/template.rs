//! Tells a Dockerfile from the input of a template engine that would produce one.
//!
//! Only what no Dockerfile says by itself counts: an engine's marks where an instruction's word or FROM's image should be.

use super::{Body, Dockerfile, Keyword, Template};
use crate::text::{SourceFile, Span};

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
        }?;
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

const BRACES: &str = "Jinja or Go template";

fn of_word(text: &str) -> Option<&'static str> {
    if ["{{", "{%", "{#"].iter().any(|mark| text.starts_with(mark)) {
        return Some(BRACES);
    }
    if text.starts_with("<%") {
        return Some("ERB template");
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
        return Some("ERB template");
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

/// Lines for the C preprocessor are comments to the builder.
fn of_comment(comment: &str) -> Option<&'static str> {
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
