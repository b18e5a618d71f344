//! The files of packages.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::{DEEP_HEADERS, Suite, lines};

/// Files of a suite's packages, as far as the model asks for them.
#[derive(Default)]
pub(super) struct Files {
    pub commands: HashMap<String, BTreeSet<String>>,
    pub headers: HashMap<String, BTreeSet<String>>,
    pub pkg_config: HashMap<String, BTreeSet<String>>,
}

const PATH_DIRS: &[&str] =
    &["usr/bin/", "usr/sbin/", "bin/", "sbin/", "usr/games/", "usr/local/bin/", "usr/local/sbin/"];
const PC_DIRS: &[&str] = &["usr/lib/x86_64-linux-gnu/pkgconfig/", "usr/share/pkgconfig/", "usr/lib/pkgconfig/"];

pub(super) fn contents(lists: &Path, wanted: &dyn Fn(&str) -> bool) -> Files {
    let mut files = Files::default();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(lists).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|p| p.to_string_lossy().contains("Contents-")) {
        lines(path, |line| {
            if !(line.starts_with("usr/") || line.starts_with("bin/") || line.starts_with("sbin/")) {
                return;
            }
            let Some((file, packages)) = line.rsplit_once([' ', '\t']) else { return };
            let file = file.trim_end();
            let found = |map: &mut HashMap<String, BTreeSet<String>>, value: &str| {
                for package in packages.split(',') {
                    let package = package.rsplit('/').next().unwrap_or(package);
                    if wanted(package) {
                        map.entry(package.to_owned()).or_default().insert(value.to_owned());
                    }
                }
            };
            if let Some(header) = file.strip_prefix("usr/include/") {
                let header = header.strip_prefix("x86_64-linux-gnu/").unwrap_or(header);
                let depth = header.matches('/').count();
                if (depth <= 1 || DEEP_HEADERS.contains(&header)) && header.ends_with(".h") {
                    found(&mut files.headers, header);
                }
            } else if let Some(module) =
                PC_DIRS.iter().find_map(|dir| file.strip_prefix(dir)).and_then(|f| f.strip_suffix(".pc"))
            {
                found(&mut files.pkg_config, module);
            } else if let Some(command) =
                PATH_DIRS.iter().find_map(|dir| file.strip_prefix(dir)).filter(|c| !c.contains('/'))
            {
                found(&mut files.commands, command);
            }
        });
    }
    files
}

/// The names that alternatives link, by package name with its digits masked, from the Ubuntu suites: what the
/// command-not-found data have and Contents have not.
pub(super) fn alternatives(suites: &[Suite], root: &Path) -> HashMap<String, BTreeSet<String>> {
    let mut links: HashMap<String, BTreeSet<String>> = HashMap::new();
    for suite in suites.iter().filter(|s| s.distro == "ubuntu") {
        eprintln!("{}: alternatives", suite.name);
        let files = contents(&root.join(suite.name).join("lists"), &|package| suite.cnf.contains_key(package));
        for (package, commands) in &suite.cnf {
            let own = files.commands.get(package);
            for command in commands.iter().filter(|c| !own.is_some_and(|own| own.contains(*c))) {
                if !command.contains(|c: char| c.is_ascii_digit()) {
                    links.entry(masked(package)).or_default().insert(command.clone());
                }
            }
        }
    }
    links
}

pub(super) fn masked(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        let c = if c.is_ascii_digit() { '0' } else { c };
        if c != '0' || !out.ends_with('0') {
            out.push(c);
        }
    }
    out
}
