//! What the steps of a build need and certainly do not have, and which rule reports it. Rules only word what they find here;
//! whether something is missing is decided here and in the image model.
//!
//! One thing is missing once: after the first step that lacks it, it counts as present in the stage and in those based on it.
//!
//! | file | what it has |
//! | --- | --- |
//! | `model` | the type of an answer |
//! | `finder` | the walk over the steps of a build |
//! | `command`, `interpreter`, `needs`, `certificates`, `wheels_and_headers` | what one command needs |
//! | `called_scripts` | scripts that a RUN calls, and ONBUILD |
//! | `healthcheck` | health checks, which the walk does not visit |
//! | `builder`, `install_fix` | the evidence and the fix |

mod builder;
mod called_scripts;
mod certificates;
mod command;
mod commands;
mod finder;
mod healthcheck;
pub mod install_fix;
mod interpreter;
pub(super) mod model;
mod needs;
mod reported;
mod scripts;
mod state;
mod wheels_and_headers;

use crate::project::StageView;

pub use healthcheck::{of_image, of_service};
pub use model::{Missing, MissingKind};

/// All missing of a build, in the order of its steps.
struct OfBuild(Vec<Missing>);

impl<'a> StageView<'a> {
    /// What the steps of this stage need and do not have, of one kind.
    pub fn missing(&self, kind: MissingKind) -> impl Iterator<Item = &'a Missing> {
        let stage = self.stage.index;
        let find = || state::Finder::new(self.project, self.build).map(state::Finder::run).unwrap_or_default();
        let all = &self.build.memo.get(|| OfBuild(find())).0;
        all.iter().filter(move |a| a.kind == kind && a.stage == stage)
    }
}
