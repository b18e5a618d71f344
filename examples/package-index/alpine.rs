//! The index of Alpine's packages.

use dockcheck::internals::image::index::format::{self, tag};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::{compress, lines};

/// Names (packages, dependencies, provided names) in one sorted list; per row of the table its name, mask of releases,
/// dependencies and provided names. Versions and conflicts are left out; the lowest bit of a mask says that the row is incomplete.
pub(super) fn write_alpine(table: &Path) -> Vec<u8> {
    fn plain(token: &str) -> Option<&str> {
        let name = token.split(['<', '>', '=', '~', '@']).next().unwrap_or("");
        (!name.is_empty() && !token.starts_with('!') && name != "?").then_some(name)
    }
    let mut rows: Vec<(String, u32, Vec<String>, Vec<String>)> = Vec::new();
    lines(table, |line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let (false, [name, _, _, mask, depends, provides]) = (line.starts_with('#'), fields.as_slice()) else { return };
        let incomplete = [depends, provides].iter().any(|f| f.split(' ').any(|t| t == "?" || t == "!"));
        // Nobody asks for these, and they are two fifths of the table (`doubtful` in alpine.toml keeps them from being judged).
        if ["-doc", "-openrc", "-lang", "-bash-completion", "-zsh-completion", "-fish-completion", "-pyc", "-dbg"]
            .iter()
            .any(|e| name.ends_with(e))
        {
            return;
        }
        let mask = u32::from_str_radix(mask, 16).unwrap() << 1 | u32::from(incomplete);
        let list = |field: &str| field.split(' ').filter_map(plain).map(str::to_owned).collect::<Vec<_>>();
        rows.push(((*name).to_owned(), mask, list(depends), list(provides)));
    });
    rows.sort();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (name, _, depends, provides) in &rows {
        names.insert(name);
        names.extend(depends.iter().chain(provides).map(String::as_str));
    }
    let number: HashMap<&str, u32> = names.iter().enumerate().map(|(i, &name)| (name, i as u32)).collect();
    let numbers = |list: &Vec<String>| list.iter().map(|name| number[name.as_str()]).collect::<Vec<u32>>();
    let mut raw_names = Vec::new();
    format::put_names(&mut raw_names, &names.iter().collect::<Vec<_>>());
    let lists = |rows: Vec<Vec<u32>>| {
        let mut raw = Vec::new();
        format::put_lists(&mut raw, &rows);
        raw
    };
    let sections = [
        (tag::NAMES, raw_names),
        (tag::GRAPH, lists(rows.iter().map(|(name, mask, ..)| vec![number[name.as_str()], *mask]).collect())),
        (tag::DEPENDS, lists(rows.iter().map(|(_, _, depends, _)| numbers(depends)).collect())),
        (tag::PROVIDES, lists(rows.iter().map(|(_, _, _, provides)| numbers(provides)).collect())),
    ];
    eprintln!("alpine: {} rows, {} names", rows.len(), names.len());
    let packed = format::pack(&sections, compress);
    eprintln!("alpine: {} bytes", packed.len());
    packed
}
