//! Which PyPI packages are compiled where: `rules/data/pypi-builds.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What is known of a PyPI package for the C library of the image at hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PypiPackage {
    /// There is a wheel for this C library.
    pub wheel: bool,
    /// There is one for glibc.
    pub glibc_wheel: bool,
    /// There is a source distribution to compile.
    pub sdist: bool,
    /// What its build looks for: commands, headers, compilers, as the table writes them.
    pub requires: Vec<String>,
    pub apt: Vec<&'static str>,
    pub apk: Vec<&'static str>,
    /// What pip shows when it is missing.
    pub error: Option<String>,
    /// The row was read at its source.
    pub proved: bool,
}

#[derive(Debug, Deserialize)]
struct File {
    package: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    glibc: bool,
    musl: bool,
    #[serde(default)]
    requires: Vec<String>,
    #[serde(default)]
    apt: Vec<String>,
    #[serde(default)]
    apk: Vec<String>,
    error: Option<String>,
    #[serde(default = "yes")]
    sdist: bool,
    proved: bool,
}

fn yes() -> bool {
    true
}

static ROWS: LazyLock<BTreeMap<String, Row>> = LazyLock::new(|| {
    let file: Result<File, _> = toml::from_str(include_str!("../../../rules/data/pypi-builds.toml"));
    file.map(|f| f.package.into_iter().map(|r| (r.name.clone(), r)).collect()).unwrap_or_default()
});

/// What is known of a package, by its name as PyPI writes it, on an image with musl or with glibc.
pub fn package(name: &str, musl: bool) -> Option<PypiPackage> {
    let row = ROWS.get(name)?;
    Some(PypiPackage {
        wheel: if musl { row.musl } else { row.glibc },
        glibc_wheel: row.glibc,
        sdist: row.sdist,
        requires: row.requires.clone(),
        apt: row.apt.iter().map(String::as_str).collect(),
        apk: row.apk.iter().map(String::as_str).collect(),
        error: row.error.clone(),
        proved: row.proved,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let psycopg2 = package("psycopg2", false).unwrap();
        assert!(!psycopg2.wheel && psycopg2.requires.iter().any(|r| r == "pg_config"));
        let torch = package("torch", true).unwrap();
        assert!(!torch.wheel && torch.glibc_wheel && !torch.sdist);
        assert_eq!(package("numpy", false), None);
    }
}
