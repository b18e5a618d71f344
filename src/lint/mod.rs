//! The pipeline of a check: load, run the rules, suppress, compare with a baseline, sort, fix.

pub mod baseline;
pub mod check;
pub mod fix;
pub mod repositories;
pub mod suppress;
pub mod threads;

pub use check::{Request, check};
