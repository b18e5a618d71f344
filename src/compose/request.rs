//! What to load: files, environment and options as `docker compose` takes them on its command line.

use std::collections::HashMap;
use std::path::PathBuf;

/// The options that `docker compose` and we have in common, apart from what belongs to one project.
#[derive(Clone, Debug, Default)]
pub struct ComposeOptions {
    /// `-f`, in order; with it no override file is added.
    pub files: Vec<PathBuf>,
    /// `-p`
    pub project_name: Option<String>,
    /// `--project-directory`
    pub project_directory: Option<PathBuf>,
    /// `--env-file`, in order; they take the place of `.env`.
    pub env_files: Vec<PathBuf>,
    /// `--profile`
    pub profiles: Vec<String>,
    /// The process environment, as the caller gives it.
    pub environment: HashMap<String, String>,
}

impl ComposeOptions {
    /// A request for these files with the options.
    pub fn request(&self, files: Vec<PathBuf>, complete: bool) -> LoadRequest {
        LoadRequest {
            files,
            project_name: self.project_name.clone(),
            project_directory: self.project_directory.clone(),
            env_files: self.env_files.clone(),
            profiles: self.profiles.clone(),
            environment: self.environment.clone(),
            complete,
        }
    }
}

/// One project to load.
#[derive(Clone, Debug, Default)]
pub struct LoadRequest {
    /// The base and what is laid over it, in order. Empty: chosen in the project directory, as Compose chooses.
    pub files: Vec<PathBuf>,
    pub project_name: Option<String>,
    /// Without it the folder of the first file.
    pub project_directory: Option<PathBuf>,
    pub env_files: Vec<PathBuf>,
    pub profiles: Vec<String>,
    pub environment: HashMap<String, String>,
    /// See [`ComposeProject::complete`].
    pub complete: bool,
}
