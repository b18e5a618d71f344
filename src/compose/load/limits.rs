//! How much of one project the loader follows. A coverage note names everything beyond a limit.

/// Compose files that one project may pull in. Hundreds of includes are real, thousands are an attack.
pub(super) const MAX_FILES: usize = 1000;
/// Includes inside includes, and services extending services.
pub(super) const MAX_CHAIN: usize = 64;
/// Documents of one file that are read: Compose joins them; real files have a few.
pub(super) const MAX_DOCUMENTS: usize = 1000;
/// Services of one file; the largest of public repositories have some hundreds.
pub(super) const MAX_SERVICES: usize = 5_000;
/// Bytes that interpolation may make in one project.
pub(super) const MAX_INTERPOLATED: usize = 32 << 20;
/// Values that `extends` may copy from one service into others, in one project. Real projects copy some thousands.
pub(super) const MAX_COPIED: usize = 500_000;
