//! What the server is started with.

use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::lint::check::Request;

/// Finds the settings for a folder, or says in a sentence why they cannot be used.
pub type FindSettings = Box<dyn Fn(&Path) -> Result<Settings, String> + Send>;

/// What the server is started with.
pub struct Setup {
    /// Nothing outside of this folder is read, whatever folders the client names.
    pub within: Option<PathBuf>,
    /// Environment, profiles and files of the project; paths, root and overlay are the server's own.
    pub request: Request,
    pub settings: FindSettings,
}

impl Default for Setup {
    fn default() -> Self {
        Setup { within: None, request: Request::default(), settings: Box::new(|_| Ok(Settings::default())) }
    }
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup").field("within", &self.within).finish_non_exhaustive()
    }
}
