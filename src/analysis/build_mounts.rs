//! The `--mount`s of a build that need something from the caller: secrets and SSH agents.

use crate::dockerfile::Keyword;
use crate::text::Span;

use crate::project::build::Build;
use crate::project::image_names::is_plain;
use crate::project::{DockerfileEntry, Project};

/// A `RUN --mount` of one kind in a stage that is built.
#[derive(Debug)]
pub struct RunMount {
    pub instruction: usize,
    pub span: Span,
    /// The id, or what the builder takes for it; `None` if it depends on something unknown, or for an agent without one.
    pub id: Option<String>,
    pub required: bool,
}

/// All mounts of a kind that a build makes.
pub fn mounts(build: &Build, entry: &DockerfileEntry, kind: &str) -> Vec<RunMount> {
    let mut found: Vec<RunMount> = Vec::new();
    if !is_plain(&entry.parsed) || build.target_stage().is_none() {
        return found;
    }
    for stage in entry.parsed.stages.iter().filter(|s| build.reaches(s.index)) {
        for index in stage.instructions.clone() {
            let Some(instruction) = entry.parsed.instructions.get(index).filter(|i| i.keyword == Keyword::Run) else {
                continue;
            };
            for flag in instruction.flags.iter().filter(|f| f.name == "mount") {
                if flag.field(&["type"]).map(|w| w.text.as_str()) != Some(kind) {
                    continue;
                }
                let named = flag.field(&["id"]).or_else(|| flag.field(&["source", "src"]));
                let target = flag.field(&["target", "dst", "destination"]).filter(|_| kind == "secret");
                let id = match (named, target) {
                    (Some(word), _) => build.word(index, word),
                    (None, Some(word)) => build.word(index, word).and_then(|t| t.rsplit('/').next().map(str::to_owned)),
                    (None, None) => None,
                };
                // An unknown id is not the default one.
                if kind == "ssh" && named.is_some() && id.is_none() {
                    continue;
                }
                let required = flag.fields().iter().any(|f| {
                    f.key == "required"
                        && f.value.as_ref().is_none_or(|v| matches!(v.text.as_str(), "true" | "1" | "TRUE"))
                });
                found.push(RunMount { instruction: index, span: flag.span, id, required });
            }
        }
    }
    found
}

/// Whether a step asks whether the secret is there, or goes on without it.
pub fn copes_with_absence(project: &Project, entry: &DockerfileEntry, index: usize) -> bool {
    let Some(instruction) = entry.parsed.instructions.get(index) else { return true };
    let text = project.file(entry.parsed.file).slice(instruction.span);
    ["if ", "[ ", "test -", "|| ", ":-", ":+", "-f /run", "-s /run"].iter().any(|w| text.contains(w))
}
