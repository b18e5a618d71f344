//! What an image holds after each instruction, without a daemon: packages, commands, toolkits; present, absent or unknown,
//! each with the reason.

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

use crate::text::Span;

/// The files of a build context, as far as a model may read them. Paths are relative to the context's root, with `/`.
pub trait ContextFiles {
    /// The text of a file; `None` if there is none, if it may not be read, or if `.dockerignore` keeps it out.
    fn text(&self, path: &str) -> Option<String>;

    /// The names in a folder, folders with a `/` at their end; `None` if it cannot be listed.
    fn entries(&self, folder: &str) -> Option<Vec<String>>;

    /// Told of what a limit of ours keeps from being followed, at the command that it concerns.
    fn note_skipped(&self, at: Span, what: String) {
        let _ = (at, what);
    }
}
