//! The command lines of pip, uv and their like: options, requirements, indexes.

use super::words::basename;

/// A `pip install` taken apart.
#[derive(Clone, Debug, Default)]
pub struct PipCommand {
    /// uv takes a package from the first index that has it; pip takes the highest version of all.
    pub first_index_wins: bool,
    pub requirements: Vec<PipRequirement>,
    /// `--index-url` or its like, with its word.
    pub index: Option<(String, usize)>,
    pub extra_indexes: Vec<(String, usize)>,
    pub find_links: Vec<(String, usize)>,
    /// `-r` files.
    pub files: Vec<(String, usize)>,
    /// `uv pip install --torch-backend=cu128`.
    pub torch_backend: Option<(String, usize)>,
    pub no_build_isolation: bool,
    pub upgrade: bool,
    pub force_reinstall: bool,
    /// `--no-deps`: nothing but what is named.
    pub no_deps: bool,
    /// `--target`, `--prefix`, `--root`: not into the image's own environment.
    pub elsewhere: bool,
    /// A word holds a variable: there may be more.
    pub open: bool,
}

/// One requirement: `name[extras]==version`, a file or an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PipRequirement {
    /// Normal form: lower case, `-` for `_` and `.`. Empty for an address or path without a name.
    pub name: String,
    pub extras: String,
    /// `==2.7.0`: the version without its local part.
    pub pinned: Option<String>,
    /// `cu124` of `==2.5.1+cu124`.
    pub local: Option<String>,
    /// Everything after the name: `>=2.0,<2.5`.
    pub specifier: String,
    /// Of `name @ url`, a wheel's address, or a git address.
    pub url: Option<String>,
    pub word: usize,
}

const VALUE_OPTIONS: &[&str] = &[
    "--abi",
    "--build",
    "--build-option",
    "--cache-dir",
    "--cert",
    "--client-cert",
    "--config-setting",
    "--config-settings",
    "--exclude-newer",
    "--exists-action",
    "--extra",
    "--global-option",
    "--group",
    "--implementation",
    "--index-strategy",
    "--install-option",
    "--keyring-provider",
    "--link-mode",
    "--log",
    "--no-binary",
    "--only-binary",
    "--override",
    "--platform",
    "--prerelease",
    "--progress-bar",
    "--proxy",
    "--python",
    "--python-platform",
    "--python-version",
    "--refresh-package",
    "--reinstall-package",
    "--report",
    "--resolution",
    "--retries",
    "--root-user-action",
    "--src",
    "--timeout",
    "--trusted-host",
    "--upgrade-package",
    "--upgrade-strategy",
    "--use-feature",
    "--use-deprecated",
    "-b",
    "-C",
    "-c",
    "--constraint",
    "-p",
    "-P",
    "--default-timeout",
    "--source",
    "--package",
];

/// Finds an install command of the pip family from word `start` on; `None` for any other command.
pub fn requirements(words: &[String], start: usize, env: &[(String, String)]) -> Option<PipCommand> {
    let (mut at, uv) = install_arguments(words, start)?;
    let mut command = PipCommand { first_index_wins: uv, ..PipCommand::default() };
    for (name, value) in env {
        let word = start.min(words.len().saturating_sub(1));
        let urls = || value.split_whitespace().map(|url| (url.to_owned(), word));
        match name.as_str() {
            "PIP_INDEX_URL" if !uv => command.index = urls().next(),
            "UV_INDEX_URL" | "UV_DEFAULT_INDEX" if uv => command.index = urls().next(),
            "PIP_EXTRA_INDEX_URL" if !uv => command.extra_indexes.extend(urls()),
            "UV_EXTRA_INDEX_URL" | "UV_INDEX" if uv => command.extra_indexes.extend(urls()),
            "PIP_FIND_LINKS" if !uv => command.find_links.extend(urls()),
            "UV_FIND_LINKS" if uv => command.find_links.extend(urls()),
            "UV_TORCH_BACKEND" if uv => command.torch_backend = Some((value.clone(), word)),
            _ => {}
        }
    }
    while let Some(word) = words.get(at) {
        let here = at;
        at += 1;
        if word.contains('$') {
            command.open = true;
            // A variable inside a requirement's version leaves its name readable.
            if !word.starts_with('-')
                && let Some(mut requirement) = requirement(word, here)
                && !requirement.name.is_empty()
            {
                (requirement.pinned, requirement.local) = (None, None);
                command.requirements.push(requirement);
            }
            continue;
        }
        if !word.starts_with('-') || word == "-" {
            command.requirements.extend(requirement(word, here));
            continue;
        }
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value.to_owned())),
            _ => match short_value(word) {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            },
        };
        let value = |at: &mut usize| -> Option<(String, usize)> {
            if let Some(value) = attached.clone() {
                return Some((value, here));
            }
            let next = words.get(*at)?;
            *at += 1;
            Some((next.clone(), *at - 1))
        };
        match name {
            "-i" | "--index-url" | "--default-index" | "--pypi-url" => command.index = value(&mut at),
            "--extra-index-url" | "--index" => {
                let given = value(&mut at);
                // Poetry and uv write several, and uv may name one: `pytorch=https://…`.
                command.extra_indexes.extend(given.into_iter().flat_map(|(text, word)| {
                    let urls: Vec<_> = text.split([' ', ',']).map(|u| (strip_index_name(u).to_owned(), word)).collect();
                    urls
                }));
            }
            "-f" | "--find-links" => command.find_links.extend(value(&mut at)),
            "-r" | "--requirement" | "--requirements" => command.files.extend(value(&mut at)),
            "--torch-backend" => command.torch_backend = value(&mut at),
            "-e" | "--editable" => {
                if let Some((text, word)) = value(&mut at) {
                    command.requirements.extend(requirement(&text, word));
                }
            }
            "-t" | "--target" | "--prefix" | "--root" => {
                command.elsewhere = true;
                value(&mut at);
            }
            "--no-build-isolation" => command.no_build_isolation = true,
            "-U" | "--upgrade" => command.upgrade = true,
            "--force-reinstall" | "--reinstall" | "-I" | "--ignore-installed" => command.force_reinstall = true,
            "--no-deps" => command.no_deps = true,
            name if VALUE_OPTIONS.contains(&name) => drop(value(&mut at)),
            _ => {}
        }
    }
    Some(command)
}

fn strip_index_name(url: &str) -> &str {
    match url.split_once('=') {
        Some((name, rest)) if !name.contains(['/', ':']) => rest,
        _ => url,
    }
}

/// `-rrequirements.txt`, `-fURL`.
fn short_value(word: &str) -> Option<(&str, &str)> {
    let name = word.get(..2)?;
    let value = word.get(2..).filter(|v| !v.is_empty())?;
    (["-r", "-f", "-i", "-c", "-e", "-t"].contains(&name)).then_some((name, value))
}

/// Where the arguments of an install command begin, and whether it is uv's.
fn install_arguments(words: &[String], start: usize) -> Option<(usize, bool)> {
    let word = |i: usize| words.get(start + i).map(String::as_str);
    let name = basename(word(0)?);
    // Options may be between the words: `uv --quiet pip install`, `pip --no-cache-dir install`.
    let next = |mut i: usize| {
        while word(i).is_some_and(|w| w.starts_with('-')) {
            i += if matches!(
                word(i),
                Some("--timeout" | "--cache-dir" | "--log" | "--python" | "-n" | "--name" | "-p" | "--proxy")
            ) {
                2
            } else {
                1
            };
        }
        i
    };
    let install = |i: usize, verbs: &[&str]| {
        let i = next(i);
        verbs.contains(&word(i)?).then_some(start + i + 1)
    };
    if name.starts_with("python") || name == "pypy3" {
        let module = (1..6).find(|i| word(*i) == Some("-m"))?;
        return match word(module + 1)? {
            "pip" => Some((install(module + 2, &["install", "wheel", "download"])?, false)),
            "uv" => {
                let at = next(module + 2);
                (word(at) == Some("pip")).then_some(())?;
                Some((install(at + 1, &["install", "sync"])?, true))
            }
            _ => None,
        };
    }
    match name {
        "uv" => {
            let at = next(1);
            match word(at)? {
                "pip" => Some((install(at + 1, &["install", "sync"])?, true)),
                "add" => Some((start + at + 1, true)),
                "tool" => Some((install(at + 1, &["install"])?, true)),
                _ => None,
            }
        }
        "pipx" | "pipenv" => Some((install(1, &["install"])?, false)),
        "poetry" | "pdm" | "rye" => Some((install(1, &["add"])?, false)),
        "conda" | "mamba" | "micromamba" => {
            let at = next(1);
            (word(at) == Some("run")).then_some(())?;
            let at = next(at + 1);
            install_arguments(words, start + at)
        }
        name if is_pip(name) => Some((install(1, &["install", "wheel", "download"])?, false)),
        _ => None,
    }
}

fn is_pip(name: &str) -> bool {
    name.strip_prefix("pip").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// Reads a requirement as pip's command line and requirement files have them.
pub(super) fn requirement(text: &str, word: usize) -> Option<PipRequirement> {
    let text = text.split(';').next().unwrap_or(text).trim();
    if text.is_empty() || text == "." || text == "-" {
        return None;
    }
    if let Some((name, url)) = text.split_once('@')
        && is_name(name.trim().split('[').next().unwrap_or(""))
        && url.contains("://")
    {
        let mut requirement = requirement_of_url(url.trim(), word);
        (requirement.name, requirement.extras) = name_and_extras(name.trim());
        return Some(requirement);
    }
    if text.contains("://") || text.ends_with(".whl") || text.ends_with(".tar.gz") || text.starts_with(['.', '/']) {
        return Some(requirement_of_url(text, word));
    }
    let end = text.find(['=', '<', '>', '~', '!', ' ', '(']).unwrap_or(text.len());
    let (head, specifier) = text.split_at(end);
    if !is_name(head.split('[').next().unwrap_or("")) {
        return None;
    }
    let (name, extras) = name_and_extras(head);
    let specifier: String = specifier.chars().filter(|c| !c.is_whitespace() && *c != '(' && *c != ')').collect();
    let exact = specifier
        .strip_prefix("===")
        .or_else(|| specifier.strip_prefix("=="))
        .filter(|v| !v.contains(',') && !v.contains('*'));
    let (pinned, local) = match exact.map(|v| v.split_once('+').map_or((v, None), |(v, l)| (v, Some(l)))) {
        Some((version, local)) => (Some(version.to_owned()), local.map(str::to_owned)),
        None => (None, None),
    };
    Some(PipRequirement { name, extras, pinned, local, specifier, url: None, word })
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn name_and_extras(head: &str) -> (String, String) {
    let (name, extras) = head.split_once('[').unwrap_or((head, ""));
    let extras = extras.trim_end_matches(']').to_ascii_lowercase();
    (normal(name.trim()), extras.chars().filter(|c| !c.is_whitespace()).collect())
}

/// PyPI's normal form of a name.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// A wheel's file name tells name, version and local version.
fn requirement_of_url(url: &str, word: usize) -> PipRequirement {
    let mut requirement = PipRequirement { url: Some(url.to_owned()), word, ..PipRequirement::default() };
    let file = basename(url.split(['#', '?']).next().unwrap_or(url)).replace("%2B", "+").replace("%2b", "+");
    if let Some(stem) = file.strip_suffix(".whl") {
        let mut parts = stem.split('-');
        requirement.name = normal(parts.next().unwrap_or(""));
        if let Some(version) = parts.next() {
            let (version, local) = version.split_once('+').map_or((version, None), |(v, l)| (v, Some(l)));
            requirement.pinned = Some(version.to_owned());
            requirement.local = local.map(str::to_owned);
        }
    }
    requirement
}
