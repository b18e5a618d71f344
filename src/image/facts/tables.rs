//! The tables of facts that are compiled in: how old each is, where it was read, how certain it is and how it is refreshed.
//!
//! `build.rs` reads the heads, and refuses a table without one.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The head of one table under `rules/data/`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct FactTable {
    /// Its file, or the folder of the package index.
    pub table: String,
    /// The day on which its facts were last true, `YYYY-MM-DD`.
    pub date: String,
    /// Where they were read.
    pub source: String,
    /// What may be concluded from them.
    pub certainty: String,
    /// The command that refreshes it, or "by hand".
    pub refresh: String,
    /// How many rows it has, as a number or in words.
    pub rows: Rows,
}

/// The size of a table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Rows {
    Count(u64),
    Words(String),
}

impl std::fmt::Display for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rows::Count(count) => count.fmt(f),
            Rows::Words(words) => words.fmt(f),
        }
    }
}

/// Every table, sorted by name.
pub fn tables() -> &'static [FactTable] {
    static TABLES: LazyLock<Vec<FactTable>> = LazyLock::new(|| {
        serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/facts.json"))).unwrap_or_default()
    });
    &TABLES
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_data_has_a_head() {
        let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/data"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let listed: Vec<&str> = tables().iter().map(|table| table.table.as_str()).collect();
        assert_eq!(listed, files);
        for table in tables() {
            let date: Vec<&str> = table.date.split('-').collect();
            assert!(
                date.len() == 3 && date.iter().all(|part| part.parse::<u32>().is_ok()),
                "{}: {}",
                table.table,
                table.date
            );
            assert_ne!(table.rows, Rows::Count(0), "{}", table.table);
        }
    }
}
