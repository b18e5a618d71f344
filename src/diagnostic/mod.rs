//! What a check says: findings with their edits, the rules that they belong to, and the report that holds them.

pub mod edit;
pub mod finding;
pub mod report;
pub mod rule;

pub use edit::*;
pub use finding::*;
pub use report::{Checked, Report};
pub use rule::*;
