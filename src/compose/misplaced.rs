//! Attributes that people put one level too high or too low around `build:`.
//!
//! The schema check leaves them to a rule of their own, which says where they belong.

/// Keys that only `build:` has.
pub const OF_BUILD: [&str; 10] = [
    "context",
    "dockerfile",
    "dockerfile_inline",
    "args",
    "target",
    "additional_contexts",
    "cache_from",
    "cache_to",
    "ssh",
    "no_cache",
];

/// Keys that only the service has.
pub const OF_SERVICE: [&str; 26] = [
    "image",
    "command",
    "entrypoint",
    "environment",
    "env_file",
    "ports",
    "expose",
    "volumes",
    "depends_on",
    "restart",
    "container_name",
    "healthcheck",
    "networks",
    "network_mode",
    "working_dir",
    "user",
    "hostname",
    "deploy",
    "logging",
    "profiles",
    "stdin_open",
    "tty",
    "init",
    "gpus",
    "runtime",
    "pull_policy",
];

/// True if a key belongs one level further up or down, into or out of `build:`.
pub(super) fn is_misplaced(place: &[&str], key: &str) -> bool {
    match place {
        ["services", _] => OF_BUILD.contains(&key),
        ["services", _, "build"] => OF_SERVICE.contains(&key),
        _ => false,
    }
}
