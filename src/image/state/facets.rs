//! The parts that a [`super::State`] is made of.

use std::sync::Arc;

use crate::image::evidence::SharedReason;
use crate::image::install::PackageCall;
use crate::text::Span;

/// The part of an image that is no longer known after an event: what may be there although nothing says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownScope {
    /// Everything: an unknown script ran, an unknown package was installed.
    All,
    /// Commands of applications, but not those that only the operating system's packages have (a compiler, `curl`, `make`):
    /// a language's package manager ran.
    Applications,
    /// The same, without commands of languages other than Python: pip ran.
    Python,
    /// Everything but the tools in the table of packages: dnf, zypper or pacman installed packages that are all in it.
    Curated,
    /// The same for packages of conda.
    Conda,
}

/// An event after which a part of the image is unknown.
#[derive(Clone, Debug)]
pub struct Unknown {
    pub scope: UnknownScope,
    pub reason: SharedReason,
    /// The state's clock when it happened last.
    pub(super) at: u32,
}

/// What is known of one command from an instruction that names it, rather than from a package.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub fact: Fact,
    /// The state's clock when it was set.
    pub at: u32,
    pub reason: SharedReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::image) enum Fact {
    Present,
    Absent,
    /// Absent according to a fact that is only good for a warning.
    Unlikely,
    Unknown,
}

impl Fact {
    /// Present after a command that certainly runs, else unknown.
    pub(in crate::image) fn when(certain: bool) -> Fact {
        if certain { Fact::Present } else { Fact::Unknown }
    }
}

/// The package lists of apt.
#[derive(Clone, Debug)]
pub enum PackageLists {
    /// There are none, as in the distributions' images.
    Empty,
    Present(SharedReason),
    Deleted(SharedReason),
    Unknown,
}

/// The user that runs the commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum User {
    Root,
    /// By name or number, with the place of the USER if it is in this file.
    Other(String, Option<Span>),
    Unknown,
}

/// An install of this stage or of a parent stage.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Index of the RUN in the Dockerfile.
    pub instruction: usize,
    /// Index of the command in its script.
    pub command: usize,
    pub call: PackageCall,
}

/// Something that was copied from the build context.
#[derive(Clone, Debug)]
pub struct Copied {
    /// Absolute path in the image; with a `/` at its end if what was copied goes into it.
    pub to: String,
    /// Path relative to the context's root.
    pub from: String,
    pub instruction: usize,
}

/// The commands that mounts put on PATH for one RUN.
#[derive(Debug, Default)]
pub(in crate::image) struct TemporaryMount {
    /// The unknown parts before the first mount of unknown commands.
    pub(super) before: Option<Arc<Vec<Unknown>>>,
    /// The state's clock after the last such mount.
    pub(super) unknown_since: u32,
    /// Each command with what was known of it before, and the clock after its mount.
    pub(super) commands: Vec<(String, Option<Named>, u32)>,
}
