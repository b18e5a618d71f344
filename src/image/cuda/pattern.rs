//! The patterns of the data files.

/// True if a name matches a pattern, in which one `*`, at its start or end, matches anything.
pub(super) fn matches_name(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (_, Some(prefix)) => name.starts_with(prefix),
        (Some(suffix), None) => name.ends_with(suffix),
        (None, None) => pattern == name,
    }
}

/// Compiles a pattern of the data files as ASCII, which keeps the compiled program small. Only a pattern that may match any
/// other character (`[^:]`) is compiled for Unicode.
pub(super) fn compile(pattern: &str) -> Option<regex::Regex> {
    let ascii = pattern.replace(r"\d", "[0-9]").replace(r"\b", r"(?-u:\b)").replace(r"\s", r"[ \t\n\r]");
    let bytes = regex::RegexBuilder::new(&ascii).unicode(false).build();
    bytes.or_else(|_| regex::Regex::new(&ascii)).ok()
}
