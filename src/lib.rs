//! dockcheck reads a Compose project, its Dockerfiles and its build contexts as one program.

pub mod compose;
pub mod diagnostic;
pub mod dockerfile;
pub mod image;
pub mod shell;
pub mod source;
pub mod yaml;
