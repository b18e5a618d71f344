//! The graph as a value.

use serde::Serialize;

/// What is linked to what.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Graph {
    pub schema_version: u32,
    pub projects: Vec<ComposeNode>,
    /// Every Dockerfile once, in the order of their paths.
    pub dockerfiles: Vec<DockerfileNode>,
}

/// A compose project.
#[derive(Clone, Debug, Serialize)]
pub struct ComposeNode {
    pub name: String,
    /// Its files, the base first.
    pub files: Vec<String>,
    pub services: Vec<ServiceNode>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ServiceNode {
    pub name: String,
    /// Only an inactive profile would start it.
    pub disabled: bool,
    pub profiles: Vec<String>,
    pub image: Option<String>,
    pub build: Option<BuildNode>,
    /// Why the build that the service asks for could not be read.
    pub not_read: Option<String>,
    /// The Dockerfile that the service's prebuilt image leaves unbuilt.
    pub bypasses: Option<String>,
    pub depends_on: Vec<String>,
    /// What the image's name says of CUDA.
    pub cuda: Option<String>,
}

/// How a service is built.
#[derive(Clone, Debug, Serialize)]
pub struct BuildNode {
    pub dockerfile: String,
    pub context: Option<String>,
    pub target: Option<String>,
    pub stages: Vec<StageNode>,
}

/// A stage in one build.
#[derive(Clone, Debug, Serialize)]
pub struct StageNode {
    /// Its name, or its index.
    pub name: String,
    pub from: String,
    /// `from` names another stage of the file.
    pub from_stage: bool,
    /// Stages and images that it copies or mounts from.
    pub copies_from: Vec<String>,
    /// The stage that the build ends with.
    pub target: bool,
    /// Needed by the target.
    pub reached: bool,
    pub cuda: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct DockerfileNode {
    pub path: String,
    /// `project/service` of every service that builds it.
    pub built_by: Vec<String>,
    /// `project/service` of every service that runs a prebuilt image in its place.
    pub bypassed_by: Vec<String>,
    /// Its stages as nobody builds it, or as its first service does.
    pub stages: Vec<StageNode>,
}
