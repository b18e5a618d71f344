//! Mentions of a Dockerfile or stage in the project's own texts.

use crate::dockerfile::Stage;

use super::entry::DockerfileEntry;
use super::model::Project;

impl Project {
    /// True if a comment in a Dockerfile mentions this name, given in lower case.
    pub fn dockerfile_texts_mention(&self, name: &str) -> bool {
        self.lower_comments().iter().any(|comment| comment.contains(name))
    }

    /// True if a text names a Dockerfile, which may then be built without Compose.
    pub fn names_dockerfile(&self, entry: &DockerfileEntry) -> bool {
        let Some(file) = entry.path.file_name().map(|n| n.to_string_lossy().to_lowercase()) else { return true };
        let folder = entry.path.parent().and_then(|p| p.file_name()).map(|n| n.to_string_lossy().to_lowercase());
        if file != "dockerfile" && file != "containerfile" {
            // A compose file may hold it as an alternative, in a comment.
            return self.lower_compose().iter().any(|text| text.contains(&file))
                || self.repository.names(&file)
                || self.repository.has_line_with(&[&file])
                || self.dockerfile_texts_mention(&file);
        }
        let at_root = entry.path.parent() == Some(self.files.root());
        match folder {
            Some(folder) if !at_root => {
                self.repository.has_line_with(&["docker", &folder])
                    || self.repository.has_line_with(&["context", &folder])
                    || self.repository.has_line_with(&["build", &folder])
            }
            _ => {
                self.repository.has_line_with(&["docker build"])
                    || self.repository.has_line_with(&["build-push-action"])
                    || self.repository.has_line_with(&["dockerfile"])
            }
        }
    }

    /// True if a text names a stage as a target.
    pub fn names_target(&self, stage: &Stage) -> bool {
        let Some(name) = stage.name.as_ref().map(|w| w.text.to_lowercase()) else { return false };
        self.repository.has_line_with(&["target", &name])
            || self.repository.has_line_with(&["--target"]) && self.repository.names(&name)
    }
}

impl super::views::DockerfileView<'_> {
    /// True if another stage is based on a stage or copies from it.
    pub fn names_stage(&self, stage: &Stage) -> bool {
        let evaluation = crate::dockerfile::expand::Evaluation::new(
            self.parsed(),
            &crate::dockerfile::expand::BuildInputs::default(),
        );
        let is_it = |base: &crate::dockerfile::expand::StageBase| {
            *base == crate::dockerfile::expand::StageBase::Stage(stage.index)
        };
        evaluation.stages().iter().any(|s| is_it(&s.base) || s.dependencies.iter().any(|d| is_it(&d.source)))
    }
}
