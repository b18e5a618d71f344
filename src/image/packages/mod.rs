//! What each package manager has installed.

pub(crate) mod apk;
pub(crate) mod apt;
pub(crate) mod uncertain;
