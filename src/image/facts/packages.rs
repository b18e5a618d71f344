//! Packages of dnf, zypper and pacman that are known to have only the named tools: `rules/data/system-packages.toml`. For
//! these managers there is no index, so an install is known only if every package of it is in the table.

use crate::image::install::Installer;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(Debug, Deserialize)]
struct File {
    judged: Vec<String>,
    dnf: BTreeMap<String, String>,
    zypper: BTreeMap<String, String>,
    pacman: BTreeMap<String, String>,
}

static FILE: LazyLock<Option<File>> =
    LazyLock::new(|| toml::from_str(include_str!("../../../rules/data/system-packages.toml")).ok());

/// True if the table records for every package whether it has this command.
pub fn is_judged(command: &str) -> bool {
    FILE.as_ref().is_some_and(|file| file.judged.iter().any(|judged| judged == command))
}

/// The commands of the table that a package has, dependencies included, and whether each is certain. `None` for a
/// package, or a manager, that the table does not have.
pub fn brings(installer: Installer, package: &str) -> Option<impl Iterator<Item = (&'static str, bool)>> {
    let file = FILE.as_ref()?;
    let table = match installer {
        Installer::Dnf => &file.dnf,
        Installer::Zypper => &file.zypper,
        Installer::Pacman => &file.pacman,
        _ => return None,
    };
    let words = table.get(package)?.split_whitespace();
    Some(words.map(|word| word.strip_prefix('?').map_or((word, true), |word| (word, false))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn rows_name_judged_commands_only() {
        let file = FILE.as_ref().unwrap();
        for (package, text) in file.dnf.iter().chain(&file.zypper).chain(&file.pacman) {
            for word in text.split_whitespace() {
                assert!(is_judged(word.trim_start_matches('?')), "{package}: {word}");
            }
        }
    }
}
