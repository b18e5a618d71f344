//! Variables with their values, and the places that use one that is not set.

use std::collections::HashMap;

use crate::text::Span;

/// Variables with their values.
pub(in crate::compose) type Environment = HashMap<String, String>;

/// A place where a variable is used that nothing sets.
#[derive(Clone, Debug)]
pub(in crate::compose) struct UnsetUse {
    pub(in crate::compose) name: String,
    pub(in crate::compose) span: Span,
    pub(in crate::compose) path: String,
    /// The text before interpolation.
    pub(in crate::compose) raw: String,
}
