//! The shapes of Compose's attributes.

use std::path::Path;

use super::log::Log;
use super::model::Value;
use crate::source::Sources;

pub(super) fn validate(_dict: &Value, _path: &Path, _sources: &Sources, _log: &mut Log) {}
