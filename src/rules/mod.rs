//! The rules. Each is a file here and a page of the same name in `rules/`.

pub mod meta;
