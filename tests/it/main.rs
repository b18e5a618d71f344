//! The tests of dockcheck from outside, in one program: it links once. `cargo test --test it lsp` runs those of one module.
//!
//! The examples of the rule pages are in `tests/rules.rs`, the order of the modules in `tests/architecture.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

#[path = "../common/mod.rs"]
mod common;

mod collection;
mod commands;
mod conformance_compose;
mod conformance_dockerfile;
mod cuda;
mod differential_compose;
mod formats;
#[cfg(unix)]
mod hostile;
mod lsp;
mod package_closure;
#[cfg(unix)]
mod packaging;
mod pains;
mod projects;
mod properties_dockerfile;
mod readme;
mod shell;
mod wild;
