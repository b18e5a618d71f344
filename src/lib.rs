//! dockcheck reads a Compose project, its Dockerfiles and its build contexts as one program.

pub mod text;
pub mod files;
pub mod redact;
pub mod diagnostic;
pub mod yaml;
pub mod dockerfile;
pub mod shell;
pub mod image;
pub mod config;
pub mod compose;
pub mod project;
pub mod analysis;
pub mod rules;
pub mod graph;
pub mod report;
pub mod lint;
pub mod lsp;
pub mod cli;

pub use lint::{Request, check};
