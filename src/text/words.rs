//! Lists and numbers in sentences.

/// Returns "a", "a and b" or "a, b and c".
pub fn join_and<S: AsRef<str>>(words: &[S]) -> String {
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.as_ref().to_owned(),
        Some((last, rest)) => {
            let rest: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", rest.join(", "), last.as_ref())
        }
    }
}

/// Returns "`a`", "`a` and `b`" or "`a`, `b` and `c`".
pub fn join_and_quoted<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    join_and(&quoted)
}

/// Returns the number with its noun: "1 file", "2 files".
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        assert_eq!(join_and::<&str>(&[]), "");
        assert_eq!(join_and(&["a"]), "a");
        assert_eq!(join_and(&["a", "b"]), "a and b");
        assert_eq!(join_and_quoted(&["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    fn numbers() {
        assert_eq!((plural(1, "file"), plural(0, "file")), ("1 file".to_owned(), "0 files".to_owned()));
    }
}
