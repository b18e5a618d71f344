//! Functions of Go's standard library that Compose and the builder apply to what users write.

use std::borrow::Cow;

/// Returns the shortest form of a path, as `path.Clean`: no doubled slashes, no `.`, no `..` after a name.
pub fn path_clean(path: &str) -> Cow<'_, str> {
    let simple = !path.is_empty()
        && !path.contains("//")
        && !path.split('/').any(|part| part == "." || part == "..")
        && (path == "/" || !path.ends_with('/'));
    if simple {
        return Cow::Borrowed(path);
    }
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    Cow::Owned(match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaning() {
        for (path, is) in [
            ("", "."),
            ("a/", "a"),
            ("./a", "a"),
            ("a/./b//c", "a/b/c"),
            ("../a", "../a"),
            ("/..", "/"),
            ("/../a/", "/a"),
            ("a/..", "."),
            ("a/../../b", "../b"),
            ("/", "/"),
        ] {
            assert_eq!(path_clean(path), is);
        }
    }
}
