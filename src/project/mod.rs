//! Everything that was read: every file, every service, every Dockerfile, and which service builds which Dockerfile.
//!
//! [`load`] fills a [`Project`]; analyses, rules and fixes only read it. It does not change after [`Project::load`], so rules
//! may run in parallel.
//!
//! | file | what it has |
//! | --- | --- |
//! | `model`, `entry`, `views` | the types: the project, and a service, a Dockerfile or a stage in it |
//! | `build` | the builds: which service builds which Dockerfile, and with which inputs |
//! | `load` | reads the files and fills the project |
//! | `lookup`, `image_names`, `mentions`, `path_status` | methods of the project and its views that look something up |
//! | `memo` | keeps the answers of analyses |

pub mod build;
pub mod build_context;
pub mod catch_panic;
pub mod coverage;
pub mod entry;
pub mod ignore_files;
pub mod image_names;
pub mod load;
mod lookup;
pub mod memo;
pub mod mentions;
pub mod model;
pub mod path_status;
pub mod prefetch;
pub mod redaction;
pub mod repository;
pub mod unbuilt;
pub mod views;

pub use build::Build;
pub use entry::{DockerfileEntry, ServiceId};
pub use model::Project;
pub use views::{DockerfileView, ServiceView, StageView};
