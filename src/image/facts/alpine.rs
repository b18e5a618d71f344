//! Alpine: the exact base contents of its images, and a table of its packages that is a lower bound. A name that is not in
//! the table may still exist, and a package may need more than is written; commands are general knowledge. So what this
//! module calls absent is good for a warning, except in an image on which nothing was installed.

use super::given_up::is_given_up;
use super::known::{Known, Manager};
use super::rows::glob;
use crate::image::index::format::{self, IndexLists, NameTable, Reader, tag};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
struct Releases {
    releases: Vec<String>,
    doubtful: Vec<String>,
    /// Pattern of `name:tag`, lowest release.
    floors: Vec<(String, String)>,
}

#[derive(Debug, Deserialize)]
struct Brings {
    commands: Table,
    headers: Table,
}

/// What packages have, in both directions.
#[derive(Debug, Deserialize)]
#[serde(from = "BTreeMap<String, Vec<String>>")]
struct Table {
    by_name: HashMap<String, Vec<String>>,
    /// Rows for many packages: a pattern, and what each of them has.
    by_pattern: Vec<(String, Vec<String>)>,
    /// Names and patterns of the packages that have each thing, sorted.
    bringers: HashMap<String, Vec<String>>,
}

impl From<BTreeMap<String, Vec<String>>> for Table {
    fn from(rows: BTreeMap<String, Vec<String>>) -> Self {
        let mut bringers: HashMap<String, Vec<String>> = HashMap::new();
        for (package, things) in &rows {
            for thing in things {
                bringers.entry(thing.clone()).or_default().push(package.clone());
            }
        }
        let (by_pattern, by_name): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(name, _)| name.contains('*'));
        Table { by_name: by_name.into_iter().collect(), by_pattern, bringers }
    }
}

impl Table {
    /// What a package has; `None` for one that the table does not have.
    fn of(&self, package: &str) -> Option<Vec<&str>> {
        let named = self.by_name.get(package);
        let fitting = self.by_pattern.iter().filter(|(pattern, _)| glob(pattern, package)).map(|(_, things)| things);
        let mut rows = named.into_iter().chain(fitting).peekable();
        rows.peek()?;
        Some(rows.flatten().map(String::as_str).collect())
    }

    /// True if a package has a thing.
    fn is_brought(&self, package: &str, thing: &str) -> bool {
        self.bringers
            .get(thing)
            .is_some_and(|rows| rows.iter().any(|row| row == package || row.contains('*') && glob(row, package)))
    }

    /// Do packages have a thing? Unknown if no package of the table has it.
    fn judge(&self, installed: &BTreeSet<String>, thing: &str) -> Known {
        let Some(rows) = self.bringers.get(thing) else { return Known::Unknown };
        let is_there = |row: &String| {
            installed.contains(row) || row.contains('*') && installed.iter().any(|package| glob(row, package))
        };
        if rows.iter().any(is_there) { Known::Present } else { Known::Absent }
    }
}

const TEXT: &str = include_str!("../../../rules/data/alpine.toml");

/// The part of the file before its first table, alone.
static RELEASES: LazyLock<Option<Releases>> =
    LazyLock::new(|| toml::from_str(TEXT.split_once("\n[").map_or(TEXT, |(head, _)| head)).ok());

static BRINGS: LazyLock<Option<Brings>> = LazyLock::new(|| toml::from_str(TEXT).ok());

static FILE: &[u8] = include_bytes!("../../../rules/data/index/alpine.bin");

fn section(wanted: [u8; 4]) -> Option<Vec<u8>> {
    format::sections(FILE)?.into_iter().find(|section| section.tag == wanted)?.unpack()
}

/// All names: packages, dependencies, provided names.
static NAMES: LazyLock<NameTable> =
    LazyLock::new(|| section(tag::NAMES).and_then(|raw| format::names(&mut Reader::new(&raw))).unwrap_or_default());

fn read_lists(wanted: [u8; 4]) -> IndexLists {
    section(wanted).and_then(|raw| format::lists(&mut Reader::new(&raw))).unwrap_or_default()
}

/// Name and mask of releases of each row, in the order of names; several rows of one name differ in their dependencies.
static ROWS: LazyLock<IndexLists> = LazyLock::new(|| read_lists(tag::GRAPH));

/// Names that each row depends on.
static DEPENDS: LazyLock<IndexLists> = LazyLock::new(|| read_lists(tag::DEPENDS));

/// Rows that provide each name.
static PROVIDERS: LazyLock<IndexLists> = LazyLock::new(|| read_lists(tag::PROVIDES).transposed(NAMES.count()));

fn row_name(row: usize) -> u32 {
    ROWS.row(row).first().copied().unwrap_or(u32::MAX)
}

fn row_mask(row: usize) -> u32 {
    ROWS.row(row).get(1).copied().unwrap_or_default()
}

/// Rows of the package `name` that hold in a release.
fn rows_of(name: &str, mask: u32) -> impl Iterator<Item = usize> {
    let number = NAMES.find(name).map(|n| n as u32);
    let (mut low, mut high) = (0, number.map_or(0, |_| ROWS.count()));
    while low < high {
        let mid = low + (high - low) / 2;
        if Some(row_name(mid)) < number {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    (low..number.map_or(low, |_| ROWS.count()))
        .take_while(move |&row| Some(row_name(row)) == number)
        .filter(move |&row| row_mask(row) & mask != 0)
}

/// Packages that provide `name` in a release.
fn providers(name: &str, mask: u32) -> Vec<&'static str> {
    let rows = NAMES.find(name).map(|n| PROVIDERS.row(n)).unwrap_or_default();
    let here = rows.iter().map(|&row| row as usize).filter(|&row| row_mask(row) & mask != 0);
    here.filter_map(|row| NAMES.get(row_name(row) as usize)).collect()
}

/// Lowest bit of a mask: the APKBUILD could not be read in full. The releases follow it.
const INCOMPLETE: u32 = 1;

/// All releases of the table.
const EVERY: u32 = !INCOMPLETE;

fn mask_of(release: &str) -> Option<u32> {
    let at = RELEASES.as_ref()?.releases.iter().position(|r| r == release)?;
    Some(2 << at)
}

/// The release in a tag: `3.20` of `3.12-alpine3.20`, and of Alpine's own `3.20.3`; `None` if the tag floats.
pub fn release_of_tag(tag: &str, own: bool) -> Option<&'static str> {
    release_in(tag, own)
}

/// The lowest release that an image without a release in its tag is based on: `name:tag`, `:latest` left out. `None` if
/// the tag may be years old.
pub fn floor(reference: &str) -> Option<&'static str> {
    let floors = &RELEASES.as_ref()?.floors;
    floors.iter().find(|(pattern, _)| glob(pattern, reference)).map(|(_, release)| release.as_str())
}

/// True if one release of the table is older than another.
pub fn is_older(release: &str, other: &str) -> bool {
    let place = |wanted: &str| RELEASES.as_ref().and_then(|t| t.releases.iter().position(|r| r == wanted));
    matches!((place(release), place(other)), (Some(a), Some(b)) if a < b)
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

/// Does Alpine's own image have the command, before anything is installed? Exact for 3.10 to 3.20; a later or floating
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
pub enum AlpineName {
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
pub fn package(release: &str, name: &str) -> AlpineName {
    mask_of(release).map_or(AlpineName::Unknown, |mask| judged(mask, name))
}

/// The same for an image of `release` or a later one: a package of any of them is known.
pub fn package_since(release: &str, name: &str) -> AlpineName {
    let Some(lowest) = mask_of(release) else { return AlpineName::Unknown };
    let count = RELEASES.as_ref().map_or(0, |table| table.releases.len());
    judged(((2_u32 << count) - 1) & !(lowest - 1), name)
}

fn judged(mask: u32, name: &str) -> AlpineName {
    let Some(table) = RELEASES.as_ref() else { return AlpineName::Unknown };
    if rows_of(name, mask).next().is_some() {
        return AlpineName::Known;
    }
    let others = providers(name, mask);
    if !others.is_empty() {
        return AlpineName::Provided(others.into_iter().map(str::to_owned).collect());
    }
    // What is known to have been given up is not doubtful.
    if !is_given_up(Manager::Apk, name) && table.doubtful.iter().any(|pattern| glob(pattern, name)) {
        return AlpineName::Unknown;
    }
    let elsewhere = rows_of(name, !INCOMPLETE).fold(0, |bits, row| bits | row_mask(row));
    let releases: Vec<&'static str> =
        table.releases.iter().enumerate().filter(|(i, _)| elsewhere & (2 << i) != 0).map(|(_, r)| r.as_str()).collect();
    if releases.is_empty() { AlpineName::Absent } else { AlpineName::Elsewhere(releases) }
}

/// What an `apk add` installs, as far as the table has it.
#[derive(Clone, Debug, Default)]
pub struct AlpineClosure {
    /// The named packages and all that they name as dependencies.
    pub packages: BTreeSet<String>,
    /// Those of the named ones that the release does not have, as far as was read, and that may be judged.
    pub unknown: Vec<String>,
    /// A package among them is not in the table, or only in part: any command may be there.
    pub open: bool,
}

/// Returns the packages that `names` install in a release. `None` is a floating release: the newest one in the table.
pub fn closure<S: AsRef<str>>(release: Option<&str>, names: &[S]) -> AlpineClosure {
    let newest = RELEASES.as_ref().and_then(|c| c.releases.iter().rev().nth(1)).map(String::as_str);
    // For a release that is not in the table, the packages of all releases count.
    let mask = release.or(newest).and_then(mask_of).unwrap_or(EVERY);
    let mut closure = AlpineClosure { open: RELEASES.is_none(), ..AlpineClosure::default() };
    if let Some(release) = release {
        let missing = |name: &&str| matches!(package(release, name), AlpineName::Absent | AlpineName::Elsewhere(_));
        closure.unknown = names.iter().map(AsRef::as_ref).filter(missing).map(str::to_owned).collect();
    }
    let mut queue: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
    while let Some(name) = queue.pop() {
        if closure.packages.contains(&name) {
            continue;
        }
        let mut found = false;
        // A name that other releases have: it installs nothing here, or the same as there.
        let mask =
            if rows_of(&name, mask).next().is_some() || !providers(&name, mask).is_empty() { mask } else { EVERY };
        for row in rows_of(&name, mask) {
            found = true;
            closure.open |= row_mask(row) & INCOMPLETE != 0;
            queue.extend(DEPENDS.row(row).iter().filter_map(|&n| NAMES.get(n as usize)).map(str::to_owned));
        }
        if !found {
            let others = providers(&name, mask);
            // A shared library has no command that a build calls by name.
            closure.open |= others.is_empty() && !name.contains(':');
            queue.extend(others.into_iter().map(str::to_owned));
        }
        closure.packages.insert(name);
    }
    closure
}

/// Commands that a package has, as far as is known; `None` for a package that the table does not have.
pub fn commands_of(package: &str) -> Option<Vec<&'static str>> {
    BRINGS.as_ref()?.commands.of(package)
}

/// True if a package is known to have a command.
pub fn is_brought(package: &str, command: &str) -> bool {
    BRINGS.as_ref().is_some_and(|file| file.commands.is_brought(package, command))
}

/// True if the table has a package that has the command: [`command`] calls only such a command absent.
pub fn knows_command(command: &str) -> bool {
    BRINGS.as_ref().is_some_and(|file| file.commands.bringers.contains_key(command))
}

/// Do `installed` (names of packages, closed over their dependencies) have the command on top of the base? Unknown for
/// a command that the table does not have.
pub fn command(installed: &BTreeSet<String>, command: &str) -> Known {
    BRINGS.as_ref().map_or(Known::Unknown, |file| file.commands.judge(installed, command))
}

/// The same for a header below `/usr/include`.
pub fn header(installed: &BTreeSet<String>, header: &str) -> Known {
    BRINGS.as_ref().map_or(Known::Unknown, |file| file.headers.judge(installed, header))
}

/// The package to advise for a command or header: the one that is written without a pattern.
pub fn package_for(thing: &str) -> Option<&'static str> {
    let file = BRINGS.as_ref()?;
    let plain = |table: &'static Table| {
        let names = table.bringers.get(thing)?.iter().map(String::as_str).filter(|name| !name.contains('*'));
        // The package of the same name, else the shortest name: `pkgconf` before `pkgconf-something`.
        names.min_by_key(|name| (*name != thing, name.len(), *name))
    };
    plain(&file.commands).or_else(|| plain(&file.headers))
}
