//! Alpine: the exact base contents of its images, and a table of its packages that is a lower bound. A name that is not in
//! the table may still exist, and a package may need more than is written; commands are general knowledge. So what this
//! module calls absent is good for a warning, except in an image on which nothing was installed.

use super::base::Known;
use super::rows::glob;
use crate::image::index::format::{self, Lists, Names, Reader, tag};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

#[derive(Debug, Deserialize)]
struct BaseFile {
    common: Vec<String>,
    release: Vec<BaseRelease>,
}

#[derive(Debug, Deserialize)]
struct BaseRelease {
    id: String,
    commands: Vec<String>,
    packages: Vec<String>,
}

static BASE: LazyLock<Option<BaseFile>> =
    LazyLock::new(|| toml::from_str(include_str!("../../../rules/data/alpine-base.toml")).ok());

#[derive(Debug, Deserialize)]
struct Curated {
    releases: Vec<String>,
    doubtful: Vec<String>,
    commands: BTreeMap<String, Vec<String>>,
    headers: BTreeMap<String, Vec<String>>,
}

static CURATED: LazyLock<Option<Curated>> =
    LazyLock::new(|| toml::from_str(include_str!("../../../rules/data/alpine.toml")).ok());

/// Rows of the table of packages, in the order of their names.
#[derive(Debug, Default)]
struct Table {
    names: Names,
    /// Name and mask of releases of each row; several rows of one name differ in their dependencies.
    rows: Lists,
    depends: Lists,
    /// Rows that provide a name.
    providers: Lists,
    /// First row of each name that is a package.
    first: BTreeMap<u32, usize>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read().unwrap_or_default());

impl Table {
    fn read() -> Option<Table> {
        let file: &'static [u8] = include_bytes!("../../../rules/data/index/alpine.bin");
        let sections = format::sections(file)?;
        let raw = |wanted: [u8; 4]| sections.iter().find(|s| s.tag == wanted)?.unpack();
        let names = format::names(&mut Reader::new(&raw(tag::NAMES)?))?;
        let graph = raw(tag::GRAPH)?;
        let mut reader = Reader::new(&graph);
        let rows = format::lists(&mut reader)?;
        let depends = format::lists(&mut reader)?;
        let providers = format::lists(&mut reader)?.transposed(names.len());
        let mut first = BTreeMap::new();
        for i in 0..rows.len() {
            first.entry(*rows.row(i).first()?).or_insert(i);
        }
        Some(Table { names, rows, depends, providers, first })
    }

    /// Rows of the package `name` that hold in a release.
    fn rows_of(&self, name: &str, mask: u32) -> impl Iterator<Item = usize> {
        let number = self.names.find(name).map(|n| n as u32);
        let start = number.and_then(|n| self.first.get(&n).copied()).unwrap_or(self.rows.len());
        (start..self.rows.len())
            .take_while(move |&i| self.rows.row(i).first().copied() == number)
            .filter(move |&i| self.mask(i) & mask != 0)
    }

    fn mask(&self, row: usize) -> u32 {
        self.rows.row(row).get(1).copied().unwrap_or_default()
    }

    fn name(&self, row: usize) -> Option<&str> {
        self.names.get(*self.rows.row(row).first()? as usize)
    }

    /// Packages that provide `name` in a release.
    fn providers(&self, name: &str, mask: u32) -> Vec<&str> {
        let rows = self.names.find(name).map(|n| self.providers.row(n)).unwrap_or_default();
        let here = rows.iter().map(|&row| row as usize).filter(|&row| self.mask(row) & mask != 0);
        here.filter_map(|row| self.name(row)).collect()
    }
}

/// Bit 31 of a mask: the APKBUILD could not be read in full.
const INCOMPLETE: u32 = 1 << 31;

fn mask_of(release: &str) -> Option<u32> {
    let at = CURATED.as_ref()?.releases.iter().position(|r| r == release)?;
    Some(1 << at)
}

/// The release in a tag: `3.20` of `3.12-alpine3.20`, and of Alpine's own `3.20.3`; `None` where the tag floats.
pub fn release_of_tag(tag: &str, own: bool) -> Option<&'static str> {
    release_in(tag, own)
}

fn release_in(tag: &str, own: bool) -> Option<&'static str> {
    let text = match tag.find("alpine") {
        Some(at) => tag.get(at + "alpine".len()..)?,
        None if own => tag,
        None => return None,
    };
    let text = text.trim_start_matches(['-', 'v']);
    KNOWN_RELEASES
        .iter()
        .copied()
        .find(|release| text.strip_prefix(release).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())))
}

/// Releases that a tag may name, whether the tables have them or not.
const KNOWN_RELEASES: &[&str] = &[
    "edge", "3.24", "3.23", "3.22", "3.21", "3.20", "3.19", "3.18", "3.17", "3.16", "3.15", "3.14", "3.13", "3.12",
    "3.11", "3.10", "3.9", "3.8", "3.7", "3.6", "3.5", "3.4", "3.3", "3.2", "3.1",
];

/// Whether Alpine's own image has the command, before anything is installed. Exact for 3.10 to 3.20; a later or floating
/// release holds what all of them hold, and an older one is unknown.
pub fn base_command(release: Option<&str>, command: &str) -> Known {
    let Some(base) = BASE.as_ref() else { return Known::Unknown };
    if base.common.iter().any(|c| c == command) {
        return Known::Present;
    }
    if let Some(exact) = base.release.iter().find(|r| Some(r.id.as_str()) == release) {
        return if exact.commands.iter().any(|c| c == command) { Known::Present } else { Known::Absent };
    }
    let old =
        release.is_some_and(|r| matches!(r, "3.1" | "3.2" | "3.3" | "3.4" | "3.5" | "3.6" | "3.7" | "3.8" | "3.9"));
    let somewhere = base.release.iter().any(|r| r.commands.iter().any(|c| c == command));
    if old || somewhere { Known::Unknown } else { Known::Absent }
}

/// The packages of Alpine's own image.
pub fn base_packages(release: Option<&str>) -> &'static [String] {
    let Some(base) = BASE.as_ref() else { return &[] };
    let exact = base.release.iter().find(|r| Some(r.id.as_str()) == release).or(base.release.last());
    exact.map(|r| r.packages.as_slice()).unwrap_or_default()
}

/// What the table says of a name given to `apk add`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// A package of the release.
    Known,
    /// Another package provides it.
    Provided(Vec<String>),
    /// Nothing can be said: the release is not in the table, or the name is one of those that must not be judged.
    Unknown,
    /// Not in the release as far as was read, but in these: worth a warning at most.
    Elsewhere(Vec<&'static str>),
    /// In no release as far as was read: worth a warning at most.
    Absent,
}

/// What the table says of `name` (without `=1.2`, `~1`, `@repository`) in a release.
pub fn package(release: &str, name: &str) -> Name {
    let (Some(mask), Some(curated)) = (mask_of(release), CURATED.as_ref()) else { return Name::Unknown };
    let table = &*TABLE;
    if table.rows_of(name, mask).next().is_some() {
        return Name::Known;
    }
    let providers = table.providers(name, mask);
    if !providers.is_empty() {
        return Name::Provided(providers.into_iter().map(str::to_owned).collect());
    }
    if curated.doubtful.iter().any(|pattern| glob(pattern, name)) {
        return Name::Unknown;
    }
    let elsewhere = table.rows_of(name, u32::MAX).fold(0, |bits, row| bits | table.mask(row));
    let releases: Vec<&'static str> = curated
        .releases
        .iter()
        .enumerate()
        .filter(|(i, _)| elsewhere & (1 << i) != 0)
        .map(|(_, r)| r.as_str())
        .collect();
    if releases.is_empty() { Name::Absent } else { Name::Elsewhere(releases) }
}

/// What an `apk add` brings, as far as is written.
#[derive(Clone, Debug, Default)]
pub struct Closure {
    /// The named packages and all that they name as dependencies.
    pub packages: BTreeSet<String>,
    /// Those of the named ones that the release has not, as far as was read, and that may be judged.
    pub unknown: Vec<String>,
    /// Whether a package among them is not in the table, or only in part: then any command may have come.
    pub open: bool,
}

/// The packages that `names` bring in a release. For a floating release give `None`: the newest one in the table is read.
pub fn closure<S: AsRef<str>>(release: Option<&str>, names: &[S]) -> Closure {
    let newest = CURATED.as_ref().and_then(|c| c.releases.iter().rev().nth(1)).map(String::as_str);
    let mask = release.or(newest).and_then(mask_of).unwrap_or_default();
    let table = &*TABLE;
    let mut closure = Closure { open: mask == 0, ..Closure::default() };
    if let Some(release) = release {
        let missing = |name: &&str| matches!(package(release, name), Name::Absent | Name::Elsewhere(_));
        closure.unknown = names.iter().map(AsRef::as_ref).filter(missing).map(str::to_owned).collect();
    }
    let mut queue: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
    while let Some(name) = queue.pop() {
        if closure.packages.contains(&name) {
            continue;
        }
        let mut found = false;
        for row in table.rows_of(&name, mask) {
            found = true;
            closure.open |= table.mask(row) & INCOMPLETE != 0;
            queue.extend(table.depends.row(row).iter().filter_map(|&n| table.names.get(n as usize)).map(str::to_owned));
        }
        if !found {
            let providers = table.providers(&name, mask);
            // One that brings a shared library brings no command that a build calls by name.
            closure.open |= providers.is_empty() && !name.contains(':');
            queue.extend(providers.into_iter().map(str::to_owned));
        }
        closure.packages.insert(name);
    }
    closure
}

fn curated<'a>(table: &'a BTreeMap<String, Vec<String>>, package: &'a str) -> impl Iterator<Item = &'a str> {
    let hits = table
        .iter()
        .filter(move |(pattern, _)| if pattern.contains('*') { glob(pattern, package) } else { *pattern == package });
    hits.flat_map(|(_, things)| things.iter().map(String::as_str))
}

/// Commands that a package brings, as far as is known; `None` for a package that the table does not have.
pub fn commands_of(package: &str) -> Option<Vec<&'static str>> {
    let mut commands: Option<Vec<&'static str>> = None;
    for (pattern, things) in &CURATED.as_ref()?.commands {
        if if pattern.contains('*') { glob(pattern, package) } else { pattern == package } {
            commands.get_or_insert_default().extend(things.iter().map(String::as_str));
        }
    }
    commands
}

/// Whether the table has a package that brings the command: only of such a command can [`command`] say that it is absent.
pub fn knows_command(command: &str) -> bool {
    CURATED.as_ref().is_some_and(|file| file.commands.values().any(|things| things.iter().any(|t| t == command)))
}

/// Whether `installed` (names of packages, closed over their dependencies) bring the command on top of the base. Unknown for
/// a command that the table does not have.
pub fn command(installed: &BTreeSet<String>, command: &str) -> Known {
    CURATED.as_ref().map_or(Known::Unknown, |file| judge(&file.commands, installed, command))
}

/// The same for a header below `/usr/include`.
pub fn header(installed: &BTreeSet<String>, header: &str) -> Known {
    CURATED.as_ref().map_or(Known::Unknown, |file| judge(&file.headers, installed, header))
}

fn judge(table: &BTreeMap<String, Vec<String>>, installed: &BTreeSet<String>, thing: &str) -> Known {
    if installed.iter().any(|package| curated(table, package).any(|t| t == thing)) {
        return Known::Present;
    }
    if table.values().any(|things| things.iter().any(|t| t == thing)) { Known::Absent } else { Known::Unknown }
}

/// The package to advise for a command or header: the one that is written without a pattern.
pub fn package_for(thing: &str) -> Option<&'static str> {
    let file = CURATED.as_ref()?;
    let plain = |table: &'static BTreeMap<String, Vec<String>>| {
        let hits = table.iter().filter(|(name, things)| !name.contains('*') && things.iter().any(|t| t == thing));
        // The package of the same name, else the shortest name: `pkgconf` before `pkgconf-something`.
        hits.map(|(name, _)| name.as_str()).min_by_key(|name| (*name != thing, name.len(), *name))
    };
    plain(&file.commands).or_else(|| plain(&file.headers))
}
