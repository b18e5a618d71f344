//! The package index.
pub mod format;
