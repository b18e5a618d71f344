//! rules/unknown-suppression.md; what it reports comes from [`crate::lint::suppress`], which sees every comment and what it silenced.

use super::Rule;

pub(super) struct UnknownSuppression;

impl Rule for UnknownSuppression {}
