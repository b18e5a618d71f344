//! A Compose project as `docker compose` sees it: merged, interpolated, normalised; and for every value the place that
//! decided it.
//!
//! [`load`] is the entry point. [`model::ModelValue`] is the merged tree, [`Fault`]s are what is wrong with it. The types below are typed views of it for the rules: the few
//! dozen attributes that rules ask for, each as a [`ComposeText`] or a struct of them. What no view covers is reached through
//! [`Service::value`]. [`resolve`] prints the model in the shape of `docker compose config --format json`.

mod canonical;
mod cast;
mod consistency;
pub mod dotenv;
mod driver;
pub mod fault;
mod faults;
pub mod find;
pub mod interpolate;
mod lints;
mod load;
mod log;
mod merge;
pub mod misplaced;
pub mod model;
mod normalize;
mod path;
mod paths;
mod ports;
mod request;
pub mod resolve;
mod schema;
#[cfg(test)]
mod tests;
mod tree;
mod typed;
pub mod units;
mod views;
mod volume;
pub mod words;

use std::path::PathBuf;

use crate::diagnostic::CoverageNote;
use crate::text::{FileId, Span};

pub use cast::Caster;
pub use driver::load;
pub use fault::{Fault, FaultKind};
pub use model::ModelValue;
pub use request::{ComposeOptions, LoadRequest};

/// A string of the model with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeText {
    /// The value after interpolation; `None` if it holds a variable that nothing we read sets, or something else unknown.
    pub value: Option<String>,
    /// What Compose makes of it: as `value`, with a blank for every variable that is not set.
    pub resolved: String,
    /// As written, before interpolation.
    pub raw: String,
    /// The scalar in the file that decided it.
    pub span: Span,
    /// The values that this one displaced in earlier files, oldest first.
    pub displaced: Vec<Span>,
    /// Names of the variables that were interpolated into it.
    pub variables: Vec<String>,
}

impl ComposeText {
    pub fn known(&self) -> Option<&str> {
        self.value.as_deref()
    }
}

/// What a file contributes to a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileRole {
    /// The first file: a default name, `-f`, or a file found in the tree.
    Base,
    /// `compose.override.yml` and similar next to the base, or a further `-f`.
    Override,
    Included,
    Extended,
}

/// One compose project, loaded.
#[derive(Debug)]
pub struct ComposeProject {
    /// Its name as Compose derives it: it prefixes containers (`name-service-1`).
    pub name: String,
    /// The project directory: relative paths resolve against it.
    pub dir: PathBuf,
    /// All files read for it, the base first.
    pub files: Vec<(FileId, FileRole)>,
    /// A default name or its override, or named by the caller: what it lacks is a fault. Any other file is judged alone for
    /// what it states, and so is a layer over a compose file of a folder above (its services only change what that defines).
    pub complete: bool,
    /// The active profiles.
    pub profiles: Vec<String>,
    pub services: Vec<Service>,
    /// The merged model that the views were made from.
    pub model: ModelValue,
    /// What `docker compose config` would refuse or warn of, and what else is wrong, in the order in which it was met.
    pub faults: Vec<Fault>,
    pub coverage: Vec<CoverageNote>,
    /// True if `docker compose` would refuse the project.
    pub refused: bool,
    /// Its words, the first refusal first. They may quote values: not for reports, only for `resolve`.
    pub refusals: Vec<String>,
    /// Values of the variables that it uses. Not for reports: some may be secrets.
    pub values: Vec<String>,
    /// Something it refers to was not followed (remote, outside the root): more may be defined than the model holds.
    pub open_world: bool,
}

impl ComposeProject {
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.name == name)
    }
}

/// One service of the merged model.
#[derive(Debug)]
pub struct Service {
    pub name: String,
    /// Its key in the file that defined it last.
    pub name_span: Span,
    /// Its whole mapping there, key excluded.
    pub span: Span,
    /// False where only an inactive profile would start it. Such a service is checked too.
    pub enabled: bool,
    /// It extends something that could not be read: what it lacks may be there.
    pub partial: bool,
    pub profiles: Vec<String>,
    pub image: Option<ComposeText>,
    /// Key and value of `image:` as written, for fixes: from the key's first byte to the value's last.
    pub image_entry: Option<Span>,
    pub build: Option<ComposeBuild>,
    pub command: Option<CommandLine>,
    pub entrypoint: Option<CommandLine>,
    pub environment: Vec<ComposeVariable>,
    pub env_files: Vec<EnvFile>,
    /// Names that `env_files` set and `environment` does not.
    pub file_environment: Vec<String>,
    pub depends_on: Vec<ServiceDependency>,
    pub healthcheck: Option<ComposeHealthcheck>,
    pub ports: Vec<PublishedPort>,
    pub volumes: Vec<Mount>,
    /// `gpus:` and `deploy.resources.reservations.devices` with the `gpu` capability.
    pub gpus: Vec<GpuRequest>,
    /// `devices:` as written.
    pub devices: Vec<ComposeText>,
    pub runtime: Option<ComposeText>,
    pub network_mode: Option<ComposeText>,
    pub user: Option<ComposeText>,
    pub container_name: Option<ComposeText>,
    pub platform: Option<ComposeText>,
    pub pull_policy: Option<ComposeText>,
    pub working_dir: Option<ComposeText>,
    pub secrets: Vec<SecretGrant>,
    /// The service's mapping in the merged model.
    pub value: ModelValue,
}

/// `build:`, short or long.
#[derive(Clone, Debug)]
pub struct ComposeBuild {
    /// The value of `build:`.
    pub span: Span,
    /// The key `build`.
    pub key_span: Span,
    /// Written as one string.
    pub short: bool,
    pub context: BuildContextRef,
    /// The string that names the context, if one does.
    pub context_text: Option<ComposeText>,
    pub dockerfile: Option<ComposeText>,
    /// Where the Dockerfile is, joined to the context as the builder does; `None` for an inline one, a remote or unknown context.
    pub dockerfile_path: Option<PathBuf>,
    /// `dockerfile_inline`, as a file of its own whose spans resolve into the compose file.
    pub inline: Option<FileId>,
    pub args: Vec<ComposeVariable>,
    /// Arguments without a value here or in the environment: Compose drops them.
    pub unset_args: Vec<ComposeVariable>,
    pub target: Option<ComposeText>,
    pub additional_contexts: Vec<(String, ComposeText)>,
    pub secrets: Vec<SecretGrant>,
    pub ssh: Vec<ComposeText>,
    /// `build.tags`.
    pub tags: Vec<ComposeText>,
    pub platforms: Vec<ComposeText>,
}

/// Where a build context is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildContextRef {
    /// A folder, made absolute.
    Local(PathBuf),
    /// A URL or a git address: cannot be read.
    Remote(String),
    /// Another service's image or similar (`service:`, `target:`, `docker-image://`, `oci-layout://`).
    Reference(String),
    /// Holds a variable that nothing we read sets.
    Unknown,
}

/// A command or entrypoint.
#[derive(Clone, Debug)]
pub struct CommandLine {
    pub span: Span,
    pub key_span: Span,
    /// `null`, `[]` or `""`: clears what the image has.
    pub cleared: bool,
    /// Written as a list.
    pub list: bool,
    /// The words: a list's items, or a string split as Compose splits it.
    pub words: Vec<ComposeText>,
}

/// An entry of `environment:` or `build.args`. A bare name has no value; then `value` is what the project's environment has.
#[derive(Clone, Debug)]
pub struct ComposeVariable {
    pub name: String,
    /// The whole entry.
    pub span: Span,
    pub value: Option<ComposeText>,
    /// Written without a value.
    pub bare: bool,
}

#[derive(Clone, Debug)]
pub struct EnvFile {
    pub path: Option<PathBuf>,
    pub text: ComposeText,
    pub required: bool,
}

#[derive(Clone, Debug)]
pub struct ServiceDependency {
    pub service: String,
    pub span: Span,
    /// `service_started`, `service_healthy`, `service_completed_successfully`.
    pub condition: Option<ComposeText>,
    pub required: bool,
}

#[derive(Clone, Debug)]
pub struct ComposeHealthcheck {
    pub span: Span,
    /// `disable: true` or `["NONE"]`.
    pub disabled: bool,
    /// The test's words: `CMD`, `CMD-SHELL` or `NONE` first; a plain string is `CMD-SHELL` and itself.
    pub test: Vec<ComposeText>,
    pub test_span: Option<Span>,
}

#[derive(Clone, Debug)]
pub struct PublishedPort {
    pub span: Span,
    pub target: Option<u16>,
    /// A port or a range, as text.
    pub published: Option<String>,
    pub protocol: String,
    pub host_ip: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountKind {
    Bind,
    Volume,
    /// A volume without a name.
    Anonymous,
    Tmpfs,
    Other,
}

#[derive(Clone, Debug)]
pub struct Mount {
    pub span: Span,
    pub kind: MountKind,
    /// A bind's absolute path or a volume's name; `None` if unknown or there is none.
    pub source: Option<String>,
    /// The path in the container.
    pub target: Option<String>,
    pub read_only: bool,
    /// Short syntax, or `create_host_path` not switched off.
    pub creates_host_path: bool,
}

#[derive(Clone, Debug)]
pub struct GpuRequest {
    pub span: Span,
    /// `nvidia`, `amd`, `cdi` …
    pub driver: Option<ComposeText>,
    pub capabilities: Vec<ComposeText>,
    pub count: Option<ComposeText>,
    pub device_ids: Vec<ComposeText>,
}

#[derive(Clone, Debug)]
pub struct SecretGrant {
    pub source: String,
    pub span: Span,
    pub target: Option<ComposeText>,
}
