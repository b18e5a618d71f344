//! Addresses that answer with the address of another place, fetched by a `curl` that was not told to follow.

use crate::dockerfile::Keyword;
use crate::shell::{Part, Value, Variables, Word};
use crate::text::Span;

use super::command_context;
use crate::project::StageView;

/// A fetch that saves the answer "it is elsewhere" instead of the file.
#[derive(Debug)]
pub struct Unfollowed {
    pub span: Span,
    /// The word `curl`.
    pub program: Span,
    /// What answers so, for people.
    pub place: &'static str,
    pub certain: bool,
}

pub fn unfollowed(view: &StageView<'_>) -> Vec<Unfollowed> {
    let mut found = Vec::new();
    let parsed = &view.entry.parsed;
    if parsed.template.is_some() || parsed.escape != '\\' {
        return found;
    }
    for instruction in view.stage.instructions.clone() {
        let Some(it) = parsed.instructions.get(instruction).filter(|i| i.keyword == Keyword::Run) else { continue };
        let image = &view.build.image;
        let (Some(script), Some(before)) = (image.script(instruction), image.before(instruction)) else { continue };
        // A configuration file may say what the command line does not.
        if view.project.file(it.span.file).slice(it.span).contains("curlrc") {
            return found;
        }
        let outer = |name: &str| -> Value { command_context::variable(view.build, instruction, before, name) };
        let mut variables = Variables::new(script, &outer);
        for written in &script.commands {
            let command = &*variables.split_name(written);
            let effective = command.effective();
            if effective.name.as_deref() == Some("curl")
                && !(command.context.guarded || command.context.substitution)
                && let Some(program) = effective.words.first()
            {
                let words = effective.words.get(1..).unwrap_or(&[]);
                let texts: Vec<Option<String>> = words.iter().map(|w| variables.resolve(command, w)).collect();
                if takes_answer_as_it_is(&texts)
                    && let Some((word, (place, certain))) =
                        words.iter().zip(&texts).find_map(|(w, t)| Some((w, redirects(&address(w, t.as_deref()))?)))
                {
                    found.push(Unfollowed { span: word.span, program: program.span, place, certain });
                }
            }
            variables.apply(written);
        }
    }
    found
}

/// The address as far as it is known: a variable within its path is no matter.
fn address(word: &Word, resolved: Option<&str>) -> String {
    if let Some(text) = resolved {
        return text.to_owned();
    }
    let piece = |part: &Part| match part {
        Part::Literal { text, .. } => text.clone(),
        _ => "*".to_owned(),
    };
    word.parts.iter().map(piece).collect()
}

/// No option follows redirects, asks for the headers alone or looks at the answer itself. An option that is not known may be
/// any of these.
fn takes_answer_as_it_is(words: &[Option<String>]) -> bool {
    let mut addresses = 0;
    let plain = words.iter().all(|word| {
        let Some(word) = word.as_deref() else { return true };
        addresses += usize::from(word.contains("://"));
        match word.strip_prefix("--") {
            Some(long) => ![
                "location",
                "head",
                "write-out",
                "config",
                "next",
                "include",
                "dump-header",
                "connect-only",
                "data",
                "request",
            ]
            .iter()
            .any(|option| long.starts_with(option)),
            None => !(word.starts_with('-') && word.contains(['L', 'I', 'w', 'K', ':', 'i', 'D', 'd', 'X'])),
        }
    });
    plain && addresses <= 1 && !words.iter().any(|w| w.as_deref() == Some("/dev/null"))
}

/// Who redirects an address, and whether that is documented rather than observed.
fn redirects(address: &str) -> Option<(&'static str, bool)> {
    let (scheme, rest) = address.split_once("://")?;
    let (host, path) = rest.split_once('/')?;
    let parts: Vec<&str> = path.split('/').collect();
    match host {
        "github.com" | "www.github.com" => {
            // The answer at `releases/latest` itself is often what is asked for: it names the version.
            let file = match (parts.get(2).copied(), parts.get(3).copied()) {
                (Some("releases"), Some("download")) => true,
                (Some("releases"), Some("latest")) => parts.get(4) == Some(&"download"),
                (Some("archive" | "raw" | "tarball" | "zipball"), Some(_)) => true,
                _ => false,
            };
            (file || scheme == "http").then_some(("github.com", true))
        }
        "raw.github.com" => Some(("raw.github.com", true)),
        "repo.continuum.io" => Some(("repo.continuum.io", false)),
        "bit.ly" | "git.io" | "goo.gl" | "tinyurl.com" => Some(("a link shortener", true)),
        "downloads.sourceforge.net" => Some(("sourceforge.net", true)),
        "sourceforge.net" if path.starts_with("projects/") && path.trim_end_matches('/').ends_with("/download") => {
            Some(("sourceforge.net", true))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_redirects() {
        for yes in [
            "https://github.com/o/r/releases/download/v1/x.tar.gz",
            "https://github.com/o/r/archive/v*.tar.gz",
            "http://github.com/o/r",
            "https://repo.continuum.io/miniconda/Miniconda3-latest-Linux-x86_64.sh",
            "https://sourceforge.net/projects/p/files/f.tgz/download",
        ] {
            assert!(redirects(yes).is_some(), "{yes}");
        }
        for no in [
            "https://github.com/o/r",
            "https://github.com/o/r/releases/latest",
            "https://raw.githubusercontent.com/o/r/main/x",
            "https://example.org/a/archive/x",
        ] {
            assert!(redirects(no).is_none(), "{no}");
        }
    }
}
