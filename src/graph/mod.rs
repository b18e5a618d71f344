//! Service → Dockerfile → stage → base image, as a value and in four notations.
//!
//! [`Graph::of`] reads the project; the renderers read only the graph.

mod dot;
mod mermaid;
mod model;
mod text;

use std::path::{Path, PathBuf};

use crate::analysis::bypass;
use crate::dockerfile::expand::StageBase;
use crate::dockerfile::image_ref::ImageRef;
use crate::image::cuda;
use crate::project::build::Build;
use crate::project::{Project, ServiceView};

pub use model::{BuildNode, ComposeNode, DockerfileNode, Graph, ServiceNode, StageNode};

impl Graph {
    pub fn of(project: &Project) -> Self {
        let mut graph = Graph { schema_version: 1, ..Graph::default() };
        for (index, entry) in project.dockerfiles.iter().enumerate() {
            let builds = || project.builds_of(index).iter();
            let built_by = builds()
                .flat_map(|b| &b.users)
                .filter_map(|id| project.service(*id))
                .map(|s| format!("{}/{}", s.compose.name, s.service.name))
                .collect();
            graph.dockerfiles.push(DockerfileNode {
                path: project.files.display(&entry.path),
                built_by,
                bypassed_by: Vec::new(),
                stages: builds().next().map(|b| stages(project, b)).unwrap_or_default(),
            });
        }
        for (index, compose) in project.compose.iter().enumerate() {
            let services =
                project.services().filter(|s| s.id.compose == index).map(|s| service(project, &s, &mut graph));
            let services = services.collect::<Vec<_>>();
            graph.projects.push(ComposeNode {
                name: compose.name.clone(),
                files: compose.files.iter().map(|(file, _)| project.file(*file).name().to_owned()).collect(),
                services,
            });
        }
        graph
    }

    /// Keeps what lies under the paths (absolute): compose projects with a file there, and Dockerfiles that lie there or
    /// belong to such a project.
    #[must_use]
    pub fn below(mut self, project: &Project, paths: &[PathBuf]) -> Self {
        let asked = |shown: &str| {
            let path = project.files.absolute(Path::new(shown));
            paths.iter().any(|p| path.starts_with(p))
        };
        self.projects.retain(|p| p.files.iter().any(|f| asked(f)));
        let kept: Vec<&ServiceNode> = self.projects.iter().flat_map(|p| &p.services).collect();
        let belongs = |path: &String| {
            kept.iter()
                .any(|s| s.bypasses.as_ref() == Some(path) || s.build.as_ref().is_some_and(|b| &b.dockerfile == path))
        };
        self.dockerfiles.retain(|d| asked(&d.path) || belongs(&d.path));
        self
    }

    /// As a tree of lines. `bypassed` marks and branches are plain text; `ascii` keeps to ASCII.
    pub fn to_text(&self, ascii: bool) -> String {
        text::render(self, ascii)
    }

    pub fn to_mermaid(&self) -> String {
        mermaid::render(self)
    }

    pub fn to_dot(&self) -> String {
        dot::render(self)
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

fn service(project: &Project, view: &ServiceView<'_>, graph: &mut Graph) -> ServiceNode {
    let service = view.service;
    let bypasses = bypass::find(view).map(|c| c.path());
    if let Some(path) = &bypasses
        && let Some(node) = graph.dockerfiles.iter_mut().find(|d| &d.path == path)
    {
        node.bypassed_by.push(format!("{}/{}", view.compose.name, service.name));
    }
    let build = view.build().map(|build| BuildNode {
        dockerfile: project
            .dockerfiles
            .get(build.dockerfile)
            .map(|d| project.files.display(&d.path))
            .unwrap_or_default(),
        context: build.context().map(|c| project.files.display(c)),
        target: service.build.as_ref().and_then(|b| b.target.as_ref()).map(|t| t.raw.clone()),
        stages: stages(project, build),
    });
    // Of a built service the stage that it ends with speaks.
    let cuda = match (&service.image, view.build()) {
        (_, Some(build)) => build.target_stage().and_then(|stage| statement_of_stage(project, build, stage, None)),
        (Some(image), None) if service.build.is_none() => statement_of_image(&image.raw),
        _ => None,
    };
    ServiceNode {
        name: service.name.clone(),
        disabled: !service.enabled,
        profiles: service.profiles.clone(),
        image: service.image.as_ref().map(|i| i.value.clone().unwrap_or_else(|| i.raw.clone())),
        build,
        not_read: view.why_not_read(),
        bypasses,
        depends_on: service.depends_on.iter().map(|d| d.service.clone()).collect(),
        cuda,
    }
}

fn stages(project: &Project, build: &Build) -> Vec<StageNode> {
    let Some(entry) = project.dockerfiles.get(build.dockerfile) else { return Vec::new() };
    let parsed = &entry.parsed;
    let target = build.target_stage();
    let name = |index: usize| match parsed.stages.get(index).and_then(|s| s.name.as_ref()) {
        Some(name) => name.text.clone(),
        None => index.to_string(),
    };
    let node = |stage: &crate::dockerfile::Stage| {
        let (from, from_stage): (String, bool) = match build.base(stage.index) {
            StageBase::Stage(parent) => (name(parent), true),
            StageBase::Image(image) => (image, false),
            StageBase::Context(name) => (format!("context {name}"), false),
            StageBase::Scratch => ("scratch".to_owned(), false),
            StageBase::Unknown => (parsed.base(stage).map(|w| w.text.clone()).unwrap_or_default(), false),
        };
        StageNode {
            name: name(stage.index),
            cuda: statement_of_stage(project, build, stage.index, (!from_stage).then_some(&from)),
            from,
            from_stage,
            copies_from: copies_from(build, stage.index, &name),
            target: Some(stage.index) == target,
            reached: build.reaches(stage.index),
        }
    };
    parsed.stages.iter().map(node).collect()
}

/// Stages, images and contexts that a stage copies or mounts from, each once, in order.
fn copies_from(build: &Build, stage: usize, name: &dyn Fn(usize) -> String) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for dependency in build.evaluation.stages().get(stage).map_or(&[][..], |s| &s.dependencies) {
        let source = match &dependency.source {
            StageBase::Stage(index) => name(*index),
            StageBase::Image(image) => image.clone(),
            StageBase::Context(context) => format!("context {context}"),
            StageBase::Scratch | StageBase::Unknown => continue,
        };
        if !names.contains(&source) {
            names.push(source);
        }
    }
    names
}

/// What a stage has of CUDA: by its base image's name, a toolkit installed into it, a PyTorch installed into it. `image` is
/// the base, if it is one.
fn statement_of_stage(project: &Project, build: &Build, stage: usize, image: Option<&String>) -> Option<String> {
    let index = project.builds.iter().position(|b| std::ptr::eq(b, build))?;
    let chain = project.cuda_chain(index);
    let ground = match chain.ground(stage) {
        Some(ground) if ground.from_base => Some(format!("CUDA {}", ground.version.release())),
        Some(ground) => Some(format!("CUDA {} installed", ground.version.release())),
        None => image.and_then(|image| statement_of_image(image)),
    };
    let torch = chain.torch(stage).filter(|t| !t.from_base).and_then(|t| t.cuda);
    let torch = torch.map(|version| format!("PyTorch for CUDA {}", version.release()));
    let parts: Vec<String> = ground.into_iter().chain(torch).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What an image's name says of CUDA; nothing for an image that has none.
fn statement_of_image(image: &str) -> Option<String> {
    let cuda = cuda::image_tag(&ImageRef::parse(image)?);
    cuda.is_cuda().filter(|is| *is).map(|_| format!("CUDA {}", cuda.describe()))
}
