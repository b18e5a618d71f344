//! What every thread that judges needs.

/// Stack of all worker threads, the main one included, in bytes. Some systems give 1 MiB; the depth limits of the parsers need
/// 2 MiB in the worst case. Unused stack is never committed.
pub const STACK_BYTES: usize = 16 << 20;
