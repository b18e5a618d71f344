//! dockcheck reads a Compose project, its Dockerfiles and its build contexts as one program.
//!
//! The modules are declared from the ground up: a module imports only those above it in this file, and no two files need
//! each other (`tests/architecture.rs` holds both). This is the map:
//!
//! | module | what it knows |
//! | --- | --- |
//! | [`text`] | source files, places in them, lines and columns; paths and words |
//! | `files` | the only reader of the file system; what the walk finds; `.gitignore` |
//! | `redact` | what must never be shown: secrets, control characters, commands to a CI runner |
//! | [`diagnostic`] | findings with their edits, rules' metadata, the report of a run |
//! | `yaml`, `dockerfile`, `shell` | the three parsers; each knows nothing of the other two |
//! | `image` | what an image contains after each instruction, and the facts behind that |
//! | `config` | `dockcheck.toml` and the settings that follow from it |
//! | `compose` | the merged Compose model, equal to what `docker compose config` makes |
//! | `project` | what was read: the loaded files and the links between services, Dockerfiles and stages |
//! | `analysis` | what follows from the project: one file for each question that a rule asks |
//! | [`rules`] | one file for each rule, and the registry |
//! | `graph` | service → Dockerfile → stage → base image, in four notations |
//! | [`report`] | one renderer for each output format; it sees only the report |
//! | `lint` | the pipeline of a check: run the rules, suppress, compare with a baseline, fix |
//! | [`lsp`] | the language server |
//! | [`cli`] | arguments, and one file for each command |
//!
//! A check is one pass through them: `files::discover` → `compose::load` and `dockerfile::parse` → `project::Project` →
//! `image::ImageModel` for each build → `analysis` → `rules` → `lint` (suppress, sort, redact) → `report`.
//!
//! The public interface is small: [`check`] with its [`Request`] and [`Settings`] gives a [`diagnostic::Report`], which
//! [`report::OutputFormat`] renders. Everything else is private, so that the compiler sees what nothing uses.

pub mod text;
mod files;
mod redact;
pub mod diagnostic;
mod yaml;
mod dockerfile;
mod shell;
mod image;
mod config;
mod compose;
mod project;
mod analysis;
pub mod rules;
mod graph;
pub mod report;
mod lint;
pub mod lsp;
pub mod cli;

#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;

pub use config::Settings;
pub use lint::threads::STACK_BYTES;
pub use lint::{Request, check};
