//! YAML with a byte span on every key and value.
