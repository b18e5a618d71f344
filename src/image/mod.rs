//! What an image has after each instruction, without a daemon: packages, commands, toolkits. Each is present, absent or
//! unknown, with the reason.

mod apply;
mod base;
pub mod cuda;
mod evidence;
pub mod facts;
pub mod index;
pub mod install;
mod model;
pub mod needs;
pub mod install_list;
pub mod official;
mod packages;
pub(crate) mod paths;
mod presence;
mod run;
mod script_run;
mod state;
#[cfg(test)]
mod tests;
mod tools;
mod variables;

pub use evidence::{Presence, Reason};
pub use model::ImageModel;
pub use packages::Packages;
pub use script_run::CalledScript;
pub use state::{Installed, PackageLists, State, UnknownScope, User};
pub(crate) use variables::{ImageVariables, variable};

use crate::text::Span;

/// The files of a build context, as far as a model may read them. Paths are relative to the context's root, with `/`.
pub trait ContextFiles {
    /// Returns the text of a file; `None` if there is none, if it cannot be read, or if `.dockerignore` excludes it.
    fn text(&self, path: &str) -> Option<String>;

    /// Returns the names in a folder, with a `/` after folders; `None` if it cannot be listed.
    fn entries(&self, folder: &str) -> Option<Vec<String>>;

    /// Called if a limit of ours keeps something from being followed, with the place of the command.
    fn note_skipped(&self, at: Span, what: String) {
        let _ = (at, what);
    }
}
