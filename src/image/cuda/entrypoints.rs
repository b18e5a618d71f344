//! Images whose entrypoint takes a certain first word: a `command:` for another program fails there.

use super::pattern::matches_name;
use super::signals::SIGNALS;
use crate::dockerfile::image_ref::ImageRef;

/// What starts in a known image.
#[derive(Clone, Copy, Debug)]
pub struct KnownEntrypoint {
    /// The program of ENTRYPOINT: `/app/tools.sh`.
    pub program: &'static str,
    /// The words one of which must come first.
    pub first_words: &'static [String],
    /// The one that a service usually wants: `--server`.
    pub usual: &'static str,
    message: &'static str,
    refuses: &'static [String],
}

impl KnownEntrypoint {
    /// The error that this first word ends with; `None` if it is accepted, or not certainly refused.
    pub fn refuses(&self, first: &str) -> Option<String> {
        let refused = if self.refuses.is_empty() {
            !self.first_words.iter().any(|w| w == first)
        } else {
            self.refuses.iter().any(|w| w == first)
        };
        (refused && !first.contains('$')).then(|| self.message.replace("{word}", first))
    }
}

/// The entrypoint of an image that we know; `None` for all others.
pub fn known_entrypoint(reference: &ImageRef<'_>) -> Option<KnownEntrypoint> {
    let name = reference.familiar();
    let tag = reference.tag.unwrap_or("latest");
    let row = SIGNALS.entrypoint.iter().find(|r| {
        r.repos.iter().any(|repo| matches_name(repo, &name)) && r.tags.iter().any(|t| matches_name(t, tag))
    })?;
    Some(KnownEntrypoint {
        program: &row.program,
        first_words: &row.first,
        usual: &row.usual,
        message: &row.message,
        refuses: &row.refuses,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refuses(image: &str, first: &str) -> Option<String> {
        known_entrypoint(&ImageRef::parse(image).unwrap())?.refuses(first)
    }

    #[test]
    fn first_words() {
        let full = "ghcr.io/ggml-org/llama.cpp:full-cuda";
        assert_eq!(refuses(full, "--host").as_deref(), Some("Unknown command: --host"));
        for fine in ["--server", "-s", "--run", "--convert"] {
            assert_eq!(refuses(full, fine), None, "{fine}");
        }
        assert_eq!(refuses("ghcr.io/ggml-org/llama.cpp:server-cuda", "--host"), None);
        assert_eq!(refuses("ghcr.io/ggerganov/llama.cpp:full", "-m").as_deref(), Some("Unknown command: -m"));
        assert!(refuses("ollama/ollama", "ollama").is_some());
        assert_eq!(refuses("ollama/ollama", "newverb"), None);
        assert_eq!(refuses("nginx", "--host"), None);
    }
}
