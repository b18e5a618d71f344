//! Packages of conda that are known to have only the named tools: `rules/data/conda-packages.toml`, and the lists of
//! packages that environments are made from.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(Debug, Deserialize)]
struct File {
    judged: Vec<String>,
    packages: BTreeMap<String, String>,
}

static FILE: LazyLock<Option<File>> =
    LazyLock::new(|| toml::from_str(include_str!("../../../rules/data/conda-packages.toml")).ok());

/// True if the table records for every package whether it has this command.
pub fn is_judged(command: &str) -> bool {
    FILE.as_ref().is_some_and(|file| file.judged.iter().any(|judged| judged == command))
}

/// The commands of the table that a package has, dependencies included, and whether each is certain. `None` for a
/// package that the table does not have.
pub fn brings(package: &str) -> Option<impl Iterator<Item = (&'static str, bool)> + use<>> {
    let words = FILE.as_ref()?.packages.get(&package.to_ascii_lowercase())?.split_whitespace();
    Some(words.map(|word| word.strip_prefix('?').map_or((word, true), |word| (word, false))))
}

/// The names of a list that an environment is made from: an `environment.yml`, or a text file of one package a line.
/// `None` if it holds something that is not understood.
pub fn listed(path: &str, text: &str) -> Option<Vec<String>> {
    let lines = text.lines().map(|line| line.split(" #").next().unwrap_or(line)).filter(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    let mut names = Vec::new();
    if !path.ends_with(".yml") && !path.ends_with(".yaml") {
        for line in lines {
            names.push(name_of(line.trim())?);
        }
        return Some(names);
    }
    // `dependencies:` is a list of plain texts, and of one map: what pip installs.
    let mut inside = false;
    let mut depth = None;
    for line in lines {
        let indent = line.len() - line.trim_start().len();
        let Some(item) = line.trim_start().strip_prefix("- ").map(str::trim) else {
            // A key of the file's own, or the anchor of one: only the plain form is read.
            if indent > 0 && inside {
                return None;
            }
            inside = line.trim_end() == "dependencies:";
            continue;
        };
        if !inside {
            continue;
        }
        let depth = *depth.get_or_insert(indent);
        if indent > depth || item == "pip:" {
            continue;
        }
        names.push(name_of(item)?);
    }
    (!names.is_empty()).then_some(names)
}

/// The package of `conda-forge::name=1.2`, `"name>=1,<2"`, `name 1.2.*`.
fn name_of(spec: &str) -> Option<String> {
    let spec = spec.trim_matches(['"', '\'']);
    let spec = spec.rsplit_once("::").map_or(spec, |(_, name)| name);
    let name = spec.split(['=', '<', '>', '!', '~', '[', ' ']).next()?.trim();
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    plain.then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn rows_name_judged_commands_only() {
        for (package, text) in &FILE.as_ref().unwrap().packages {
            assert_eq!(*package, package.to_ascii_lowercase());
            for word in text.split_whitespace() {
                assert!(is_judged(word.trim_start_matches('?')), "{package}: {word}");
            }
        }
    }

    #[test]
    fn lists() {
        let text = "name: x\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - conda-forge::cmake>=3  # new\n  - pip\n  - pip:\n      - torch\n      - -r r.txt\nprefix: /x\n";
        assert_eq!(listed("environment.yml", text), Some(vec!["python".into(), "cmake".into(), "pip".into()]));
        assert_eq!(listed("e.yaml", "dependencies:\n- numpy\n- git\n"), Some(vec!["numpy".into(), "git".into()]));
        assert_eq!(listed("e.yaml", "dependencies: [numpy]\n"), None);
        assert_eq!(listed("e.yaml", "dependencies:\n- numpy\n- {{ x }}\n"), None);
        assert_eq!(listed("r.txt", "# a\nnumpy==1.2\n"), Some(vec!["numpy".into()]));
        assert_eq!(listed("r.txt", "@EXPLICIT\nhttps://x/y.conda\n"), None);
    }
}
