//! Heredoc words: which words of a RUN, COPY or ADD open a heredoc, and under what name.

use std::ops::Range;

use super::lexer::{Empty, LexError, LexWord, LexerOptions, lex};

/// A `<<NAME` word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeredocOpening {
    pub(super) name: String,
    pub(super) strip_tabs: bool,
    /// Some of the name was quoted: the builder expands no variables in the body.
    pub(super) quoted: bool,
    /// Some of the name was escaped, which the builder does not take for quoting, but a shell does.
    pub(super) escaped: bool,
    /// In the text that was searched.
    pub(super) range: Range<usize>,
}

fn options() -> LexerOptions {
    LexerOptions {
        // Heredocs know the backslash only, whatever the file's escape character is.
        escape: '\\',
        raw_quotes: true,
        raw_escapes: false,
        skip_quotes: false,
        keep_unset: true,
        words: true,
    }
}

/// All openings of a joined line. An unbalanced quote anywhere in it means that there are none.
pub(super) fn openings(line: &str) -> Result<Vec<HeredocOpening>, LexError> {
    // Most lines have no angle at all, which is seen faster than that they have no two.
    if !line.contains('<') || !line.contains("<<") {
        return Ok(Vec::new());
    }
    let Ok(lexed) = lex(line, LexerOptions { raw_escapes: true, ..options() }, &mut Empty) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for LexWord { text, range } in lexed.words {
        match opening(&text) {
            Ok(Some(mut opening)) => {
                opening.range = range;
                found.push(opening);
            }
            Ok(None) => {}
            Err(error) if error.too_deep => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// A word as a heredoc's opening: digits, `<<`, perhaps a `-`, a single word.
pub(super) fn opening(word: &str) -> Result<Option<HeredocOpening>, LexError> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let Some(rest) = rest.strip_prefix("<<") else { return Ok(None) };
    let (strip_tabs, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    if rest.is_empty() || rest.contains('<') {
        return Ok(None);
    }
    let unquoted = wrap(rest, lex(rest, LexerOptions { raw_quotes: false, ..options() }, &mut Empty))?;
    let [name] = unquoted.as_slice() else { return Ok(None) };
    let quoted = wrap(rest, lex(rest, options(), &mut Empty))?;
    let [raw] = quoted.as_slice() else {
        let message = format!("internal lexing of heredoc produced inconsistent results: {rest}");
        return Err(LexError { message, at: 0, too_deep: false });
    };
    let quotes = |text: &str| text.bytes().filter(|byte| matches!(byte, b'\'' | b'"')).count();
    Ok(Some(HeredocOpening {
        name: name.text.clone(),
        strip_tabs,
        quoted: quotes(&name.text) != quotes(&raw.text),
        escaped: rest.contains('\\'),
        range: 0..0,
    }))
}

fn wrap(source: &str, result: Result<super::lexer::Lexed, LexError>) -> Result<Vec<LexWord>, LexError> {
    match result {
        Ok(lexed) => Ok(lexed.words),
        Err(error) => {
            let message = format!("failed to process {source:?}: {}", error.message);
            Err(LexError { message, ..error })
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<(String, bool, bool)> {
        openings(line).unwrap().into_iter().map(|o| (o.name, o.quoted, o.strip_tabs)).collect()
    }

    fn one(name: &str, quoted: bool, strip_tabs: bool) -> Vec<(String, bool, bool)> {
        vec![(name.to_owned(), quoted, strip_tabs)]
    }

    #[test]
    fn plain_quoted_and_stripped() {
        assert_eq!(names("RUN <<EOF"), one("EOF", false, false));
        assert_eq!(names("RUN cat <<'EOF' > f"), one("EOF", true, false));
        assert_eq!(names("RUN <<-\"E O\""), one("E O", true, true));
        assert_eq!(names("COPY <<-\\EOT /f"), one("EOT", false, true));
        assert_eq!(names("RUN 3<<X"), one("X", false, false));
        assert_eq!(names("RUN <<  EOF"), one("EOF", false, false));
        assert_eq!(names("RUN <<A cat; <<B").len(), 2);
    }

    #[test]
    fn what_opens_none() {
        for line in [
            "RUN echo $((1<<EOF))",
            "RUN a<<EOF",
            "RUN cat <<< x",
            "RUN it's <<EOF",
            "RUN \"<<EOF\"",
            "RUN <<- EOF",
            "RUN <<",
        ] {
            assert_eq!(names(line), [], "{line}");
        }
    }

    #[test]
    fn the_place_of_the_word() {
        let line = "RUN cat <<EOF > f";
        assert_eq!(line.get(openings(line).unwrap()[0].range.clone()).unwrap(), "<<EOF");
    }
}
