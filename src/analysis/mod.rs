//! What follows from a [`Project`](crate::project::Project): one file per question that rules ask.
//!
//! `project/` holds what was read; a file here reads nothing from disk that it was not asked for, and answers one question
//! about a service, a Dockerfile, a stage or a build.

pub mod build_args;
pub mod build_mounts;
pub mod build_outputs;
pub mod build_time;
pub mod bypass;
pub mod bypass_fix;
pub mod command_context;
pub mod compilers;
pub mod copy_sources;
pub mod cuda;
pub mod describe;
pub mod did_you_mean;
pub mod entrypoint;
pub mod file_owner;
pub mod git_clones;
pub mod installs;
pub mod missing;
pub mod redirects;
pub mod runtime;
pub mod script_state;
pub mod script_walk;
pub mod yaml_edit;
