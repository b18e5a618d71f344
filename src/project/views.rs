//! A service, a Dockerfile or a stage together with the project that it belongs to: what rules are asked about.

use crate::compose::{ComposeProject, Service};
use crate::diagnostic::Finding;
use crate::dockerfile::expand::Evaluation;
use crate::dockerfile::{Dockerfile, Instruction, Stage};
use crate::text::{SourceFile, Span};

use super::build::Build;
use super::entry::{DockerfileEntry, ServiceId};
use super::model::Project;

impl Project {
    pub fn service(&self, id: ServiceId) -> Option<ServiceView<'_>> {
        let compose = self.compose.get(id.compose)?;
        let service = compose.services.get(id.service)?;
        Some(ServiceView { project: self, compose, service, id })
    }

    /// Every service of every compose project.
    pub fn services(&self) -> impl Iterator<Item = ServiceView<'_>> {
        self.compose.iter().enumerate().flat_map(move |(c, compose)| {
            compose.services.iter().enumerate().map(move |(s, service)| ServiceView {
                project: self,
                compose,
                service,
                id: ServiceId { compose: c, service: s },
            })
        })
    }

    /// Every Dockerfile.
    pub fn dockerfile_views(&self) -> impl Iterator<Item = DockerfileView<'_>> {
        self.dockerfiles.iter().enumerate().map(move |(index, entry)| DockerfileView { project: self, entry, index })
    }

    /// Every stage of every build.
    pub fn stages(&self) -> impl Iterator<Item = StageView<'_>> {
        self.builds.iter().enumerate().flat_map(move |(build_index, build)| {
            let entry = self.dockerfiles.get(build.dockerfile);
            entry.into_iter().flat_map(move |entry| {
                entry.parsed.stages.iter().map(move |stage| StageView {
                    project: self,
                    build,
                    build_index,
                    entry,
                    stage,
                })
            })
        })
    }
}

/// Folders of code that is kept and no longer used.
pub(crate) const ARCHIVE_FOLDERS: [&str; 7] = ["archive", "archived", "attic", "backup", "deprecated", "legacy", "old"];

/// Folders of examples, tests and tools.
const EXAMPLE_FOLDERS: [&str; 9] =
    ["ci", "cicd", "docs", "example", "examples", "fixtures", "test", "testdata", "tests"];

/// A service in its project.
#[derive(Clone, Copy, Debug)]
pub struct ServiceView<'a> {
    pub project: &'a Project,
    pub compose: &'a ComposeProject,
    pub service: &'a Service,
    pub id: ServiceId,
}

impl<'a> ServiceView<'a> {
    /// The build that this service asks for, if its Dockerfile could be read.
    pub fn build(&self) -> Option<&'a Build> {
        self.project.build_of(self.id)
    }

    /// What `docker ps` calls its first container.
    pub fn container_name(&self) -> String {
        match self.service.container_name.as_ref().and_then(|n| n.known()) {
            Some(name) => name.to_owned(),
            None => format!("{}-{}-1", self.compose.name, self.service.name),
        }
    }

    /// The other services of its compose project.
    pub fn siblings(&self) -> impl Iterator<Item = &'a Service> {
        let name = self.service.name.clone();
        self.compose.services.iter().filter(move |s| s.name != name)
    }
}

/// A Dockerfile in the project.
#[derive(Clone, Copy, Debug)]
pub struct DockerfileView<'a> {
    pub project: &'a Project,
    pub entry: &'a DockerfileEntry,
    pub index: usize,
}

impl<'a> DockerfileView<'a> {
    pub fn parsed(&self) -> &'a Dockerfile {
        &self.entry.parsed
    }

    pub fn source(&self) -> &'a SourceFile {
        self.project.file(self.entry.parsed.file)
    }

    /// Every build of it.
    pub fn builds(&self) -> impl Iterator<Item = &'a Build> {
        self.project.builds_of(self.index).iter()
    }

    /// What variables mean in it, as the first of its builds has it. Which names are declared is the same in all of them.
    pub fn evaluation(&self) -> Option<&'a Evaluation> {
        self.builds().next().map(|build| &build.evaluation)
    }

    /// Its instructions with their places in the list.
    pub fn instructions(&self) -> impl Iterator<Item = (usize, &'a Instruction)> {
        self.entry.parsed.instructions.iter().enumerate()
    }

    /// The stage of an instruction, by name or else by number; `None` before the first FROM.
    pub fn stage_name(&self, instruction: usize) -> Option<String> {
        let stages = &self.entry.parsed.stages;
        let stage = stages.iter().rev().find(|stage| stage.from <= instruction)?;
        Some(stage.name.as_ref().map_or_else(|| stage.index.to_string(), |name| name.text.clone()))
    }

    /// True if the Dockerfile is in a folder for examples, tests or archived code, which no service is expected to build.
    pub fn is_in_side_folder(&self) -> bool {
        let path = self.project.files.display(&self.entry.path).to_lowercase();
        path.split('/').any(|part| {
            part.starts_with('.') && part != ".." || ARCHIVE_FOLDERS.contains(&part) || EXAMPLE_FOLDERS.contains(&part)
        })
    }

    /// True if a service builds it.
    pub fn is_built(&self) -> bool {
        self.builds().any(|b| !b.users.is_empty())
    }
}

/// A stage of one build.
#[derive(Clone, Copy, Debug)]
pub struct StageView<'a> {
    pub project: &'a Project,
    pub build: &'a Build,
    pub build_index: usize,
    pub entry: &'a DockerfileEntry,
    pub stage: &'a Stage,
}

impl<'a> StageView<'a> {
    /// True if an instruction is given a device: `RUN --device=nvidia.com/gpu=all`.
    pub fn has_device(&self, instruction: usize) -> bool {
        let parsed = &self.entry.parsed;
        parsed.instructions.get(instruction).is_some_and(|i| i.flag("device").is_some())
    }

    /// Its name, or its index.
    pub fn name(&self) -> String {
        self.stage.name.as_ref().map_or_else(|| self.stage.index.to_string(), |name| name.text.clone())
    }

    /// The names of the services that build it.
    pub fn services(&self) -> Vec<String> {
        let users = self.build.users.iter().filter_map(|id| self.project.service(*id));
        users.map(|view| view.service.name.clone()).collect()
    }

    /// The image under the stage's chain, where FROM names it.
    pub fn base_span(&self) -> Option<Span> {
        let root = self.build.root_stage(&self.entry.parsed, self.stage.index)?;
        Some(self.entry.parsed.base(self.entry.parsed.stages.get(root)?)?.span)
    }

    /// A finding about this stage, with the stage and its services named.
    pub fn named(&self, mut finding: Finding) -> Finding {
        finding.stage = Some(self.name());
        finding.services.extend(self.services());
        finding
    }
}
