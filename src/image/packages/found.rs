//! What a package manager's view of an image answers.

use crate::image::evidence::SharedReason;

/// What is known of something that packages install: a command, a header, a package itself.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// `None`: the base image has it.
    Installed(Option<SharedReason>),
    Maybe(SharedReason),
    Removed(SharedReason),
    No,
}
