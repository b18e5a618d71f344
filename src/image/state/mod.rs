//! What is in an image at one point of its build: a [`State`] that is cheap to copy and can be asked for commands, packages
//! and headers.
//!
//! Answers are computed when asked for. A later fact overrides an earlier one: a command that `rm` deleted is absent until
//! something whose effects are unknown may have restored it.
//!
//! [`facets`] has the parts of a state, `change` what instructions do to it, `query` what rules ask.

mod change;
pub(super) mod facets;
mod query;

pub use facets::{Copied, Installed, PackageLists, Unknown, UnknownScope, User};
pub(super) use facets::{Fact, TemporaryMount};

use std::collections::HashMap;
use std::sync::Arc;

use super::base::BaseFacts;
use super::evidence::SharedReason;
use super::facts::archives::Archive;
use super::packages::Packages;
use super::packages::uncertain::UncertainInstall;
use crate::shell::ShellOptions;
use crate::text::Span;
use facets::Named;

/// What is in the image.
#[derive(Clone, Debug)]
pub struct State {
    pub base: Arc<BaseFacts>,
    pub packages: Packages,
    pub lists: PackageLists,
    pub user: User,
    /// The shell that RUN uses.
    pub shell: ShellOptions,
    /// The words of SHELL, if it is in this file.
    pub shell_words: Option<Arc<Vec<String>>>,
    pub shell_span: Option<Span>,
    /// A repository with unknown packages was added.
    pub repository: Option<SharedReason>,
    /// Archives that were added and whose package names are known.
    archives: Arc<Vec<&'static Archive>>,
    /// `APT::Install-Recommends` in a configuration file: `Some(None)` if the file cannot be read.
    pub recommends: Option<Option<bool>>,
    /// `None` if it is not known.
    pub workdir: Option<Arc<str>>,
    named: Arc<HashMap<String, Named>>,
    unknowns: Arc<Vec<Unknown>>,
    installs: Arc<Vec<Arc<Installed>>>,
    /// An install may include clang: it names it, or not all of its names are known.
    pub may_bring_clang: bool,
    copied: Arc<Vec<Arc<Copied>>>,
    /// Folders on PATH that the base does not have, in the order of PATH.
    pub path_added: Arc<Vec<String>>,
    /// Grows with every change.
    clock: u32,
    /// The only repositories that were added are those of Alpine's edge.
    pub edge_only: bool,
    /// Something whose effects are unknown may have added a repository.
    doubtful_sources: bool,
    /// The distribution's own archive may differ from the one that the base image names.
    sources_replaced: bool,
    /// The Node.js release whose archive NodeSource's script added, if it is the only one that was added.
    pub(super) nodesource: Option<u32>,
    /// Installs whose packages are not known exactly.
    doubts: Arc<Vec<UncertainInstall>>,
}

impl State {
    pub(super) fn new(base: Arc<BaseFacts>) -> Self {
        let packages = base.packages();
        let lists = if base.without_lists() { PackageLists::Empty } else { PackageLists::Unknown };
        State {
            packages,
            lists,
            user: base.user.clone(),
            shell: base.shell,
            shell_words: None,
            shell_span: None,
            repository: base.repositories(),
            archives: Arc::new(base.archives()),
            recommends: None,
            workdir: base.workdir.map(Arc::from),
            named: Arc::default(),
            unknowns: Arc::default(),
            installs: Arc::default(),
            may_bring_clang: false,
            copied: Arc::default(),
            path_added: Arc::default(),
            clock: 0,
            edge_only: false,
            doubtful_sources: false,
            sources_replaced: false,
            nodesource: None,
            doubts: Arc::default(),
            base,
        }
    }

    /// Returns the state of an image by its name.
    pub fn of_image(name: &str) -> Self {
        State::new(Arc::new(BaseFacts::image(name)))
    }
}
