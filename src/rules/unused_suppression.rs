//! rules/unused-suppression.md; what it reports comes from [`crate::lint::suppress`], which sees every comment and what it silenced.

use super::Rule;

pub(super) struct UnusedSuppression;

impl Rule for UnusedSuppression {}
