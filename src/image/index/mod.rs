//! The package index: what the archives of Debian and Ubuntu say of their packages, generated from their own metadata
//! (`rules/data/index/`). NameTable are complete for each suite, so that a name may be called absent; dependencies,
//! commands, headers and pkg-config modules are held for what Dockerfiles install, and a package outside that is
//! [`Name::Listed`]: it exists, what it has is not known. Nothing is decoded before it is asked for.

pub mod closure;
pub mod format;
pub mod set;

use format::{IndexLists, NameTable, Reader, Section, tag};
use std::sync::OnceLock;

pub use set::PackageSet;

/// A package's number in its suite: its place in the sorted list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub u32);

/// What a suite says of a name that is given to `apt-get install`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexName {
    /// A package known in full.
    Known(PackageId),
    /// A package that exists, without its dependencies and commands in the index. After its install, anything may be there.
    Listed,
    /// No package, but provided by these (best first, and only those known in full): apt installs a single provider and
    /// refuses where there are several ("has no installation candidate").
    Virtual(Vec<PackageId>),
    /// Certainly no package of this suite's components and pockets ("Unable to locate package").
    Absent,
}

/// One release of a distribution.
#[derive(Debug)]
pub struct Suite {
    distro: &'static str,
    release: &'static str,
    title: &'static str,
    /// Its bit in the set of names.
    bit: u32,
    file: &'static [u8],
    names: OnceLock<NameTable>,
    sets: OnceLock<Sets>,
    graph: OnceLock<Graph>,
    commands: OnceLock<Table>,
    headers: OnceLock<Table>,
    pkg_config: OnceLock<Table>,
    /// Set when others were told to unpack the suite.
    ahead: OnceLock<()>,
}

/// Packages of a kind. They are separate from the dependencies, because often nothing else is needed.
#[derive(Debug, Default)]
struct Sets {
    base: PackageSet,
    opaque: PackageSet,
}

/// Dependencies.
#[derive(Debug, Default)]
struct Graph {
    /// Alternatives of each group: `2n` is package `n`, `2n + 1` is any of the packages of `virtuals` row `n`.
    groups: IndexLists,
    virtuals: IndexLists,
    depends: IndexLists,
    recommends: IndexLists,
    provided_names: NameTable,
    providers: IndexLists,
}

/// What packages have, in both directions.
#[derive(Debug, Default)]
struct Table {
    names: NameTable,
    /// Packages that have each thing.
    packages: IndexLists,
    /// Things that each package has; computed when first needed.
    things: OnceLock<IndexLists>,
}

macro_rules! suites {
    ($($distro:literal $release:literal $title:literal $bit:literal),* $(,)?) => {
        [$(Suite {
            distro: $distro,
            release: $release,
            title: $title,
            bit: 1 << $bit,
            file: include_bytes!(concat!("../../../rules/data/index/", $release, ".bin")),
            names: OnceLock::new(),
            sets: OnceLock::new(),
            graph: OnceLock::new(),
            commands: OnceLock::new(),
            headers: OnceLock::new(),
            pkg_config: OnceLock::new(),
            ahead: OnceLock::new(),
        }),*]
    };
}

static SUITES: [Suite; 9] = suites![
    "debian" "bullseye" "Debian 11 (bullseye)" 0,
    "debian" "bookworm" "Debian 12 (bookworm)" 1,
    "debian" "trixie" "Debian 13 (trixie)" 2,
    "ubuntu" "xenial" "Ubuntu 16.04 (xenial)" 6,
    "ubuntu" "bionic" "Ubuntu 18.04 (bionic)" 7,
    "ubuntu" "focal" "Ubuntu 20.04 (focal)" 3,
    "ubuntu" "jammy" "Ubuntu 22.04 (jammy)" 4,
    "ubuntu" "noble" "Ubuntu 24.04 (noble)" 5,
    "ubuntu" "resolute" "Ubuntu 26.04 (resolute)" 8,
];

/// The names of all suites in blocks; the first section holds the first name of each block.
static NAMES: &[u8] = include_bytes!("../../../rules/data/index/names.bin");

/// The suite `release` (`bookworm`, `jammy`) of `distro` (`debian`, `ubuntu`), if the index has it.
pub fn suite(distro: &str, release: &str) -> Option<&'static Suite> {
    SUITES.iter().find(|suite| suite.distro == distro && suite.release == release)
}

/// All suites of the index.
pub fn suites() -> &'static [Suite] {
    &SUITES
}

/// The suites that have a package of this name, oldest first, Debian before Ubuntu: "in Debian 12, not in Debian 13".
pub fn suites_with(name: &str) -> Vec<&'static Suite> {
    let (real, _) = name_bits(name).unwrap_or_default();
    SUITES.iter().filter(|suite| real & suite.bit != 0).collect()
}

fn find_section(file: &'static [u8], wanted: [u8; 4]) -> Option<Section<'static>> {
    format::sections(file)?.into_iter().find(|section| section.tag == wanted)
}

/// Blocks of names, each decoded when a name in it is asked for.
struct Blocks {
    first: NameTable,
    blocks: Vec<(Section<'static>, OnceLock<format::NameBlock>)>,
}

fn blocks() -> &'static Blocks {
    static BLOCKS: OnceLock<Blocks> = OnceLock::new();
    BLOCKS.get_or_init(|| {
        let mut sections = format::sections(NAMES).unwrap_or_default().into_iter();
        let first = sections.next().and_then(|s| format::names(&mut Reader::new(&s.unpack()?))).unwrap_or_default();
        Blocks { first, blocks: sections.map(|section| (section, OnceLock::new())).collect() }
    })
}

fn block(i: usize) -> Option<&'static format::NameBlock> {
    let (section, cell) = blocks().blocks.get(i)?;
    Some(cell.get_or_init(|| section.unpack().and_then(|raw| format::name_block(&raw)).unwrap_or_default()))
}

/// Returns the block that has `name`, or would have it.
fn block_of(name: &str) -> usize {
    blocks().first.search(name).unwrap_or_else(|after| after.saturating_sub(1))
}

/// In which suites the name is a package, and in which it is provided.
fn name_bits(name: &str) -> Option<(u32, u32)> {
    let block = block(block_of(name))?;
    let i = block.names.find(name)?;
    Some((*block.real.get(i)?, *block.provided.get(i)?))
}

impl Graph {
    fn read(file: &'static [u8]) -> Option<Graph> {
        let raw = find_section(file, tag::GRAPH)?.unpack()?;
        let mut reader = Reader::new(&raw);
        let groups = format::lists(&mut reader)?;
        let virtuals = format::lists(&mut reader)?;
        let depends = format::lists(&mut reader)?;
        let recommends = format::lists(&mut reader)?;
        let provided_names = format::names(&mut reader)?;
        let providers = format::lists(&mut reader)?;
        Some(Graph { groups, virtuals, depends, recommends, provided_names, providers })
    }
}

impl Sets {
    fn read(file: &'static [u8]) -> Option<Sets> {
        let raw = find_section(file, tag::SETS)?.unpack()?;
        let sets = format::lists(&mut Reader::new(&raw))?;
        let set = |i| sets.row(i).iter().map(|&n| PackageId(n)).collect();
        Some(Sets { base: set(0), opaque: set(1) })
    }
}

impl Table {
    fn read(file: &'static [u8], section: [u8; 4]) -> Option<Table> {
        let raw = find_section(file, section)?.unpack()?;
        let mut reader = Reader::new(&raw);
        let names = format::names(&mut reader)?;
        let packages = format::lists(&mut reader)?;
        Some(Table { names, packages, things: OnceLock::new() })
    }

    fn providers(&self, thing: &str) -> Vec<PackageId> {
        let row = self.names.find(thing).map(|i| self.packages.row(i)).unwrap_or_default();
        row.iter().map(|&n| PackageId(n)).collect()
    }

    fn any_in(&self, thing: &str, set: &PackageSet) -> bool {
        self.names.find(thing).is_some_and(|i| self.packages.row(i).iter().any(|&n| set.contains(PackageId(n))))
    }

    fn of(&self, package: PackageId) -> impl Iterator<Item = &str> {
        let things = self.things.get_or_init(|| self.packages.transposed(self.packages.columns()));
        things.row(package.0 as usize).iter().filter_map(|&n| self.names.get(n as usize))
    }
}

impl Suite {
    /// `debian` or `ubuntu`.
    pub fn distro(&self) -> &'static str {
        self.distro
    }

    /// `bookworm`.
    pub fn release(&self) -> &'static str {
        self.release
    }

    /// `Debian 12 (bookworm)`.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// The date of the Release file from which the index was made, as it is written there.
    pub fn date(&self) -> String {
        let meta = find_section(self.file, tag::META).and_then(|s| s.unpack()).unwrap_or_default();
        String::from_utf8_lossy(&meta).lines().nth(3).unwrap_or_default().to_owned()
    }

    fn names(&self) -> &NameTable {
        self.names.get_or_init(|| {
            let raw = find_section(self.file, tag::NAMES).and_then(|section| section.unpack());
            raw.and_then(|raw| format::names(&mut Reader::new(&raw))).unwrap_or_default()
        })
    }

    /// Has other threads unpack what an installation asks for, and what is asked about it afterwards. No thread that waits
    /// for one of these does other work, so none can wait for itself.
    pub fn unpack_ahead(&'static self) {
        self.ahead.get_or_init(|| {
            // What is wanted last is spawned between the other two: a thread takes its own youngest job, and another one
            // its oldest.
            rayon::spawn(|| {
                self.graph();
            });
            rayon::spawn(|| {
                self.commands();
            });
            rayon::spawn(|| {
                self.names();
            });
        });
    }

    fn sets(&self) -> &Sets {
        self.sets.get_or_init(|| Sets::read(self.file).unwrap_or_default())
    }

    fn graph(&self) -> &Graph {
        self.graph.get_or_init(|| Graph::read(self.file).unwrap_or_default())
    }

    fn table<'a>(&self, cell: &'a OnceLock<Table>, section: [u8; 4]) -> &'a Table {
        cell.get_or_init(|| Table::read(self.file, section).unwrap_or_default())
    }

    fn commands(&self) -> &Table {
        self.table(&self.commands, tag::COMMANDS)
    }

    fn headers(&self) -> &Table {
        self.table(&self.headers, tag::HEADERS)
    }

    fn pkg_config(&self) -> &Table {
        self.table(&self.pkg_config, tag::PKG_CONFIG)
    }

    /// How many packages are known in full.
    pub fn len(&self) -> usize {
        self.names().count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the suite says of `name`. Architecture and version (`gcc:amd64`, `gcc=4:12`, `gcc/bookworm`) must be removed
    /// before.
    pub fn package(&self, name: &str) -> IndexName {
        if let Some(id) = self.find(name) {
            return if self.sets().opaque.contains(id) { IndexName::Listed } else { IndexName::Known(id) };
        }
        if format::kernel(name) {
            return IndexName::Listed;
        }
        let Some((real, provided)) = name_bits(name) else { return IndexName::Absent };
        if real & self.bit != 0 {
            return IndexName::Listed;
        }
        if provided & self.bit == 0 {
            return IndexName::Absent;
        }
        let graph = self.graph();
        let providers = graph.provided_names.find(name).map(|i| graph.providers.row(i)).unwrap_or_default();
        IndexName::Virtual(providers.iter().map(|&n| PackageId(n)).collect())
    }

    /// The number of a package that is known in full.
    pub fn find(&self, name: &str) -> Option<PackageId> {
        self.names().find(name).map(|i| PackageId(i as u32))
    }

    pub fn name(&self, package: PackageId) -> &str {
        self.names().get(package.0 as usize).unwrap_or_default()
    }

    /// What the distribution's official image holds: `debian:bookworm`, `ubuntu:22.04`.
    pub fn base(&self) -> &PackageSet {
        &self.sets().base
    }

    /// Commands that a package has, alternatives (`cc`, `awk`) among them.
    pub fn commands_of(&self, package: PackageId) -> impl Iterator<Item = &str> {
        self.commands().of(package)
    }

    /// True if a package of `set` has the command.
    pub fn has_command(&self, set: &PackageSet, command: &str) -> bool {
        self.commands().any_in(command, set)
    }

    /// Returns the packages that have the command, in the order of their names.
    pub fn providers_of_command(&self, command: &str) -> Vec<PackageId> {
        self.commands().providers(command)
    }

    /// True if a package of `set` has a header that a compiler with the usual flags finds under this name.
    pub fn has_header(&self, set: &PackageSet, header: &str) -> bool {
        self.header_paths(header).iter().any(|path| self.headers().any_in(path, set))
    }

    pub fn providers_of_header(&self, header: &str) -> Vec<PackageId> {
        let mut providers: Vec<PackageId> = Vec::new();
        for path in self.header_paths(header) {
            providers.extend(self.headers().providers(&path));
        }
        providers.sort();
        providers.dedup();
        providers
    }

    /// The header itself, and its path in the folder that its `-config` program or pkg-config module names.
    fn header_paths(&self, header: &str) -> Vec<String> {
        const FOLDERS: &[(&str, &[&str])] = &[
            ("libpq-fe.h", &["postgresql/"]),
            ("mysql.h", &["mariadb/", "mysql/"]),
            ("ft2build.h", &["freetype2/"]),
            ("libxml/", &["libxml2/"]),
            ("node.h", &["node/"]),
            ("lua.h", &["lua5.1/", "lua5.2/", "lua5.3/", "lua5.4/"]),
            ("gdal.h", &["gdal/"]),
        ];
        let mut paths = vec![header.to_owned()];
        // `python3.11/Python.h`: the version is the interpreter's.
        if header == "Python.h" || header == "python3/Python.h" {
            let names = &self.headers().names;
            let from = names.search("python").unwrap_or_else(|at| at);
            let near = (from..names.count()).map_while(|i| names.get(i)).take_while(|name| name.starts_with("python"));
            paths.extend(near.filter(|name| name.ends_with("/Python.h")).map(str::to_owned));
        }
        for (name, folders) in FOLDERS {
            if header == *name || (name.ends_with('/') && header.starts_with(name)) {
                paths.extend(folders.iter().map(|folder| format!("{folder}{header}")));
            }
        }
        paths
    }

    pub fn providers_of_pkg_config(&self, module: &str) -> Vec<PackageId> {
        self.pkg_config().providers(module)
    }

    /// True if a name among all packages of the suite matches. Reads the whole list: milliseconds.
    pub fn any_name(&self, fits: impl Fn(&str) -> bool) -> bool {
        (0..blocks().blocks.len())
            .filter_map(block)
            .any(|block| block.names.iter().zip(&block.real).any(|(name, real)| real & self.bit != 0 && fits(name)))
    }

    /// The names of packages of the suite that begin so.
    pub fn names_from(&self, stem: &str) -> Vec<String> {
        let mut found = Vec::new();
        for block in (block_of(stem)..blocks().blocks.len()).filter_map(block) {
            for (name, real) in block.names.iter().zip(&block.real) {
                if name.starts_with(stem) {
                    found.extend((real & self.bit != 0).then(|| name.to_string()));
                } else if name.as_bytes() > stem.as_bytes() {
                    return found;
                }
            }
        }
        found
    }

    /// Names of packages of this suite that are one or two typing errors away, or the same but for a version
    /// number, nearest first, at most three. Looks only near the name in the alphabet and at the packages known in full.
    pub fn similar(&self, name: &str) -> Vec<String> {
        // A package that is known in full is one that Dockerfiles install; letters exchanged are the commonest slip.
        let letters = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            bytes.sort_unstable();
            bytes
        };
        let own_letters = letters(name);
        let rank = |candidate: &str, distance: usize| {
            (distance, letters(candidate) != own_letters, self.find(candidate).is_none(), candidate.to_owned())
        };
        let mut found: Vec<(usize, bool, bool, String)> = Vec::new();
        let near = block(block_of(name)).into_iter().flat_map(|block| {
            let here = block.names.iter().zip(&block.real);
            here.filter(|(_, real)| *real & self.bit != 0).map(|(candidate, _)| candidate)
        });
        let limit = match name.len() {
            0..=3 => return Vec::new(),
            4..=6 => 1,
            _ => 2,
        };
        for candidate in near.chain(self.names().iter()) {
            if candidate.len().abs_diff(name.len()) <= limit
                && let Some(distance) = distance(name, candidate, limit)
                && !found.iter().any(|(.., known)| known == candidate)
            {
                found.push(rank(candidate, distance));
            }
        }
        found.sort();
        found.into_iter().take(3).map(|(.., candidate)| candidate).collect()
    }
}

/// Edit distance with neighbours exchanged as one step, if it is `limit` at most.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&previous, j) + usize::from(x != y)).min(at(&previous, j + 1) + 1).min(at(&row, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(&y) && b.get(j - 1) == Some(&x) {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        if row.iter().all(|&d| d > limit) {
            return None;
        }
        before = std::mem::replace(&mut previous, row);
    }
    previous.last().copied().filter(|&d| d <= limit)
}

#[cfg(test)]
mod tests;
