//! Paths with `/`, as a Linux container has them, whatever the system that we run on.

/// Returns the parts of a path without `.` and doubled `/`; `..` removes the part before it and is dropped at the start.
fn parts(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts
}

/// Returns an absolute path: no `.`, no `..`, no doubled `/`, none at the end.
pub fn clean_absolute(path: &str) -> String {
    format!("/{}", parts(path).join("/"))
}

/// Returns a path relative to its root: no `.`, no `..`, no `/` at either end; empty for the root itself.
pub fn clean_relative(path: &str) -> String {
    parts(path).join("/")
}

/// Returns `path` as seen from `folder`: absolute and clean.
pub fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') { clean_absolute(path) } else { clean_absolute(&format!("{folder}/{path}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_above_the_root_are_dropped() {
        assert_eq!(join("/app", "llama.cpp/./build/../x"), "/app/llama.cpp/x");
        assert_eq!(join("/app", "/srv/"), "/srv");
        assert_eq!(join("/", "../../etc//hosts"), "/etc/hosts");
        assert_eq!(clean_relative("./a/../b//c/"), "b/c");
        assert_eq!(clean_relative("/"), "");
    }
}
