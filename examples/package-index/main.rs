//! Writes the package index (`rules/data/index/*.bin`, `inputs.lock`) from the metadata of Debian's and Ubuntu's archives.
//!
//!     rules/data/index/fetch DIR                                  # once: apt downloads and verifies
//!     cargo run --release --example package-index -- DIR          # reads DIR/SUITE/lists only, no network
//!
//! Deterministic: the same input files give the same bytes; `inputs.lock` holds their hashes and the dates of the Release
//! files. What goes in, per suite:
//!
//! - names of all packages of all components and pockets (one file for all suites, `names.bin`);
//! - in full (dependencies, commands, headers, pkg-config modules): the packages of `popular.txt`, those that Ubuntu keeps
//!   in its component `main` (kernels, translations and debug symbols left out), the base system, and all that they depend
//!   on or recommend, with every alternative;
//! - commands are files in a directory of the default PATH, and the names that `update-alternatives` links: those are in no
//!   list of files, but in Ubuntu's command-not-found data, which are applied to Debian's package of the same name (also
//!   where only the version in the name differs: `php8.3-cli`, `php8.2-cli`).
//!
//! With `--alpine` in place of the folder it compiles `alpine-packages.tsv.gz` (see `rules/data/alpine.toml`) into `alpine.bin`.
//!
//! With `--repack` it only compresses anew what lies in the files, after a change of the parameters below.
//!
//! Lists are read through `apt-helper cat-file`, because apt decides in which compression it keeps them.

#![allow(clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

mod alpine;
mod contents;
mod versions;

use alpine::write_alpine;
use contents::{alternatives, contents, masked};
use dockcheck::internals::image::index::format::{self, tag};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use versions::{compare_versions, relation, satisfies};

/// Suites in the order of their bits in `names.bin`; never reorder, only append.
const SUITES: &[(&str, &str, &str)] = &[
    ("debian", "bullseye", "Debian 11 (bullseye)"),
    ("debian", "bookworm", "Debian 12 (bookworm)"),
    ("debian", "trixie", "Debian 13 (trixie)"),
    ("ubuntu", "focal", "Ubuntu 20.04 (focal)"),
    ("ubuntu", "jammy", "Ubuntu 22.04 (jammy)"),
    ("ubuntu", "noble", "Ubuntu 24.04 (noble)"),
    ("ubuntu", "xenial", "Ubuntu 16.04 (xenial)"),
    ("ubuntu", "bionic", "Ubuntu 18.04 (bionic)"),
    ("ubuntu", "resolute", "Ubuntu 26.04 (resolute)"),
];

/// What the official images have besides Essential, required, apt and what these need: Ubuntu's keyring and a few of
/// "important"; in bookworm the empty package that says that /usr is merged, where apt would take `usrmerge`. Compared with
/// the published lists: bullseye and bookworm (debuerreotype/docker-debian-artifacts, slim/rootfs.manifest) and trixie have
/// the same names; noble (docker-library/repo-info) as far as read.
const BASE_EXTRA: &[(&str, &[&str])] = &[
    ("bookworm", &["usr-is-merged"]),
    ("xenial", &["ubuntu-keyring", "procps", "e2fsprogs", "adduser"]),
    ("bionic", &["ubuntu-keyring", "procps", "e2fsprogs", "adduser"]),
    ("resolute", &["ubuntu-keyring", "procps"]),
    ("focal", &["ubuntu-keyring", "procps", "e2fsprogs", "adduser"]),
    ("jammy", &["ubuntu-keyring", "procps", "e2fsprogs", "adduser"]),
    ("noble", &["ubuntu-keyring", "procps", "e2fsprogs"]),
];

/// Headers deeper than one directory that build tools name.
const DEEP_HEADERS: &[&str] = &["libxml2/libxml/parser.h", "libxml2/libxml/xmlversion.h", "google/protobuf/message.h"];

/// More of them make the files hardly smaller.
const ITERATIONS: NonZeroU64 = NonZeroU64::new(15).unwrap();

#[derive(Default)]
struct Package {
    version: String,
    pre_depends: String,
    depends: String,
    recommends: String,
    provides: String,
    essential: bool,
    priority: u8,
    section: String,
    main: bool,
    /// In the pocket whose Contents are read.
    released: bool,
    backport: bool,
}

struct Suite {
    distro: &'static str,
    name: &'static str,
    title: &'static str,
    bit: usize,
    packages: BTreeMap<String, Package>,
    /// name -> (package, version with which it is provided), best provider first.
    provided: BTreeMap<String, Vec<(String, Option<String>)>>,
    cnf: HashMap<String, BTreeSet<String>>,
    lists: PathBuf,
    date: String,
    lock: Vec<String>,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let Some(root) = args.next().map(PathBuf::from) else {
        eprintln!("usage: package-index LISTS_DIR | --alpine [OUT_DIR]");
        std::process::exit(2);
    };
    let out = args.next().map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/data/index"), PathBuf::from);
    if root.as_os_str() == "--alpine" {
        std::fs::write(out.join("alpine.bin"), write_alpine(&out.join("alpine-packages.tsv.gz"))).unwrap();
        return;
    }
    if root.as_os_str() == "--repack" {
        for entry in std::fs::read_dir(&out).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "bin") {
                let file = std::fs::read(&path).unwrap();
                let sections = format::sections(&file).expect("a file of the index");
                let raw: Vec<_> = sections.iter().map(|s| (s.tag, s.unpack().expect("a whole section"))).collect();
                std::fs::write(&path, format::pack(&raw, compress)).unwrap();
            }
        }
        return;
    }
    let popular: BTreeSet<String> = std::fs::read_to_string(out.join("popular.txt"))
        .unwrap()
        .lines()
        .map(|line| line.split('#').next().unwrap_or("").trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();

    let suites: Vec<Suite> = SUITES
        .iter()
        .enumerate()
        .filter_map(|(bit, &(distro, name, title))| read_suite(&root, bit, distro, name, title))
        .collect();

    let mut seeds = popular;
    for suite in &suites {
        let main = suite
            .packages
            .iter()
            .filter(|(name, package)| suite.distro == "ubuntu" && package.main && wanted(name, package));
        seeds.extend(main.map(|(name, _)| name.clone()));
    }
    let links = alternatives(&suites, &root);

    let mut lock = String::from(
        "# Inputs of the package index: sha256 (uncompressed, as the Release files name it) and name of each file of the apt lists\n\
         # (without the mirror's name), and the date of each Release file. Written by examples/package-index.\n",
    );
    for suite in &suites {
        let bytes = write_suite(suite, &seeds, &links);
        std::fs::write(out.join(format!("{}.bin", suite.name)), bytes).unwrap();
        let _ = writeln!(lock, "\n[{}]\nrelease {}", suite.name, suite.date);
        suite.lock.iter().for_each(|line| {
            let _ = writeln!(lock, "{line}");
        });
    }
    std::fs::write(out.join("names.bin"), write_names(&suites)).unwrap();
    std::fs::write(out.join("inputs.lock"), lock).unwrap();
}

/// Packages that nobody installs in a Dockerfile by the thousand, and that would fill the index.
fn wanted(name: &str, package: &Package) -> bool {
    const LEFT_OUT: &[&str] = &[
        "linux-",
        "language-pack-",
        "nvidia-",
        "libnvidia-",
        "xserver-xorg-video-nvidia",
        "firefox-locale-",
        "thunderbird-locale-",
        "libreoffice-l10n-",
        "libreoffice-help-",
        "hunspell-",
        "hyphen-",
        "mythes-",
        "gcc-7",
        "gcc-8",
        "kernel-",
        "ubuntu-",
        "gnome-",
        "oem-",
        "python3-oslo",
        "python3-neutron",
        "libertas-",
        "fonts-",
        "kio-",
        "golang-github-",
    ];
    let left_out = LEFT_OUT.iter().any(|prefix| name.starts_with(prefix));
    let ends = ["-dbg", "-dbgsym", "-doc", "-docs", "-udeb"].iter().any(|end| name.ends_with(end));
    let cross = name.contains("-cross")
        || ["-arm-", "-i686-", "-aarch64-", "-riscv64-", "-s390x-", "-powerpc64"].iter().any(|a| name.contains(a));
    let section = package.section.rsplit('/').next().unwrap_or("");
    !left_out
        && !ends
        && !cross
        && !matches!(
            section,
            "kernel" | "debug" | "translations" | "doc" | "gnome" | "kde" | "x11" | "fonts" | "localization"
        )
}

/// Reads a file of the lists, whatever its compression, line by line.
fn lines(path: &Path, mut each: impl FnMut(&str)) {
    let mut child = Command::new("/usr/lib/apt/apt-helper")
        .arg("cat-file")
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("apt-helper");
    let mut reader = BufReader::with_capacity(1 << 18, child.stdout.take().unwrap());
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        if reader.read_until(b'\n', &mut buffer).unwrap() == 0 {
            break;
        }
        if let Ok(line) = std::str::from_utf8(&buffer) {
            each(line.trim_end_matches('\n'));
        }
    }
    assert!(child.wait().unwrap().success(), "{}", path.display());
}

fn read_suite(root: &Path, bit: usize, distro: &'static str, name: &'static str, title: &'static str) -> Option<Suite> {
    let lists = root.join(name).join("lists");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&lists).ok()?.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_file()).collect();
    files.sort();
    eprintln!("{name}: reading");
    let mut suite = Suite {
        distro,
        name,
        title,
        bit,
        lists: lists.clone(),
        packages: BTreeMap::new(),
        provided: BTreeMap::new(),
        cnf: HashMap::new(),
        date: String::new(),
        lock: Vec::new(),
    };
    for path in &files {
        let file = path.file_name()?.to_str()?.to_owned();
        if file == "lock" {
            continue;
        }
        // The mirror's own name and path end where `dists` begins.
        let label = file.find("_dists_").map_or(file.as_str(), |at| &file[at + 7..]);
        let plain = [".lz4", ".gz", ".xz", ".bz2", ".zst"].iter().find_map(|e| label.strip_suffix(e)).unwrap_or(label);
        suite.lock.push(format!("{} {plain}", sha256(path)));
        let pocket = label.split('_').next()?.to_owned();
        if file.ends_with("_InRelease") && pocket == name {
            lines(path, |line| {
                if let Some(date) = line.strip_prefix("Date: ") {
                    date.clone_into(&mut suite.date);
                }
            });
        } else if file.contains("_Packages") {
            read_packages(&mut suite, path, pocket == name, pocket.ends_with("-backports"), label.contains("_main_"));
        } else if file.contains("_cnf_Commands") {
            let mut package = String::new();
            lines(path, |line| {
                if let Some(name) = line.strip_prefix("name: ") {
                    name.clone_into(&mut package);
                } else if let Some(commands) = line.strip_prefix("commands: ") {
                    let entry = suite.cnf.entry(package.clone()).or_default();
                    entry.extend(commands.split(',').map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()));
                }
            });
        }
    }
    let mut provided: BTreeMap<String, Vec<(String, Option<String>)>> = BTreeMap::new();
    for (name, package) in &suite.packages {
        for item in package.provides.split(',').filter(|i| !i.trim().is_empty()) {
            let (virtual_name, version) = relation(item);
            provided
                .entry(virtual_name.to_owned())
                .or_default()
                .push((name.clone(), version.map(|(_, v)| v.to_owned())));
        }
    }
    for providers in provided.values_mut() {
        providers.sort_by_key(|(name, _)| {
            let package = &suite.packages[name];
            (!package.essential, package.priority, package.backport, name.clone())
        });
        providers.dedup();
    }
    suite.provided = provided;
    Some(suite)
}

/// The hash of a list without its compression, in which apt keeps it as it likes: the one that the Release file names.
fn sha256(path: &Path) -> String {
    let script = "/usr/lib/apt/apt-helper cat-file \"$1\" | sha256sum";
    let output = Command::new("sh").args(["-c", script, "sh"]).arg(path).output().expect("sha256sum");
    String::from_utf8_lossy(&output.stdout).split(' ').next().unwrap_or("").to_owned()
}

fn read_packages(suite: &mut Suite, path: &Path, released: bool, backport: bool, main: bool) {
    let mut name = String::new();
    let mut package = Package::default();
    let flush = |name: &mut String, package: &mut Package, suite: &mut Suite| {
        if name.is_empty() {
            return;
        }
        let mut new = std::mem::take(package);
        (new.released, new.backport, new.main) = (released, backport, main);
        match suite.packages.get_mut(name.as_str()) {
            None => {
                suite.packages.insert(std::mem::take(name), new);
            }
            Some(old) => {
                let newer = compare_versions(&new.version, &old.version) == Ordering::Greater;
                let (was_released, was_main) = (old.released || released, old.main || main);
                // Backports are not chosen where another pocket has the package.
                if (old.backport && !backport) || (newer && (old.backport || !backport)) {
                    *old = new;
                }
                (old.released, old.main) = (was_released, was_main);
                name.clear();
            }
        }
    };
    lines(path, |line| {
        if line.is_empty() {
            flush(&mut name, &mut package, suite);
            return;
        }
        let Some((key, value)) = line.split_once(": ") else { return };
        match key {
            "Package" => value.clone_into(&mut name),
            "Version" => value.clone_into(&mut package.version),
            "Depends" => value.clone_into(&mut package.depends),
            "Pre-Depends" => value.clone_into(&mut package.pre_depends),
            "Recommends" => value.clone_into(&mut package.recommends),
            "Provides" => value.clone_into(&mut package.provides),
            "Essential" => package.essential = value == "yes",
            "Section" => value.clone_into(&mut package.section),
            "Priority" => {
                package.priority = match value {
                    "required" => 0,
                    "important" => 1,
                    "standard" => 2,
                    "optional" => 3,
                    _ => 4,
                }
            }
            _ => {}
        }
    });
    flush(&mut name, &mut package, suite);
}

impl Suite {
    /// Alternatives of one group that can be had in this suite: real packages, then virtual names, in the order written.
    fn group<'a>(&'a self, text: &'a str) -> Vec<Target<'a>> {
        let mut targets = Vec::new();
        for alternative in text.split('|') {
            let (name, constraint) = relation(alternative);
            if self.packages.get(name).is_some_and(|p| satisfies(&p.version, constraint)) {
                targets.push(Target::Real(name));
            }
            let providers = self.provided.get(name).into_iter().flatten();
            let fits =
                |v: &Option<String>| constraint.is_none() || v.as_deref().is_some_and(|v| satisfies(v, constraint));
            let providers: Vec<&str> =
                providers.filter(|(p, v)| p != name && fits(v)).map(|(p, _)| p.as_str()).collect();
            match providers.as_slice() {
                [] => {}
                [one] => targets.push(Target::Real(one)),
                _ => targets.push(Target::Virtual(providers)),
            }
        }
        targets.dedup();
        targets
    }

    fn groups<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Vec<Target<'a>>> {
        text.split(',').filter(|g| !g.trim().is_empty()).map(|g| self.group(g)).filter(|g| !g.is_empty())
    }
}

/// An alternative of a dependency: one package, or any of several that provide a name (best first).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Target<'a> {
    Real(&'a str),
    Virtual(Vec<&'a str>),
}

/// A group by numbers: for each alternative whether it is virtual, and the packages it may be.
type CodedGroup = Vec<(bool, Vec<u32>)>;

/// A package and all that it may bring: dependencies and recommendations of `seeds`, with every alternative; of the
/// alternatives that are not the first, the dependencies alone.
fn selection<'a>(suite: &'a Suite, seeds: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut full: HashSet<&str> = HashSet::new();
    let mut hard: HashSet<&str> = HashSet::new();
    let mut leaves: HashSet<&str> = HashSet::new();
    let mut queue: Vec<(&str, bool)> = seeds.map(|s| (s, true)).collect();
    while let Some((name, with_recommends)) = queue.pop() {
        let Some((name, package)) = suite.packages.get_key_value(name) else { continue };
        if full.contains(name.as_str()) || (!with_recommends && hard.contains(name.as_str())) {
            continue;
        }
        if with_recommends {
            full.insert(name)
        } else {
            hard.insert(name)
        };
        for (text, hard) in [(&package.pre_depends, true), (&package.depends, true), (&package.recommends, false)] {
            if !hard && !with_recommends {
                continue;
            }
            for group in suite.groups(text) {
                for (i, target) in group.iter().enumerate() {
                    match target {
                        Target::Real(target) => queue.push((target, i == 0 && with_recommends)),
                        // Of a name that dozens provide (x-terminal-emulator), the first with all that they need, the
                        // rest alone.
                        Target::Virtual(all) => {
                            all.iter().take(6).for_each(|target| queue.push((target, false)));
                            let own_kernel = |n: &&str| {
                                n.starts_with("linux-") || n.starts_with("nvidia-") || n.starts_with("libnvidia-")
                            };
                            leaves.extend(all.iter().skip(6).copied().filter(|n| !own_kernel(n)));
                        }
                    }
                }
            }
        }
    }
    full.into_iter().chain(hard).chain(leaves).collect()
}

fn base_names(suite: &Suite) -> Vec<&str> {
    let extra = BASE_EXTRA.iter().find(|(name, _)| *name == suite.name).map_or(&[][..], |(_, extra)| extra);
    suite
        .packages
        .iter()
        .filter(|(name, p)| {
            (p.essential || p.priority == 0 || *name == "apt" || extra.contains(&name.as_str())) && !p.backport
        })
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Dependencies of `seeds` without recommendations, the first alternative of each group unless another is there.
fn closure<'a>(suite: &'a Suite, seeds: &[&'a str]) -> BTreeSet<&'a str> {
    let mut set: BTreeSet<&str> = seeds.iter().copied().collect();
    let mut queue: Vec<&str> = seeds.to_vec();
    while let Some(name) = queue.pop() {
        let Some(package) = suite.packages.get(name) else { continue };
        for group in suite.groups(&package.pre_depends).chain(suite.groups(&package.depends)) {
            let have = |t: &Target<'_>| match t {
                Target::Real(n) => set.contains(n),
                Target::Virtual(all) => all.iter().any(|n| set.contains(n)),
            };
            if !group.iter().any(have)
                && let Some(first) = group.first()
            {
                let first = match first {
                    Target::Real(n) => n,
                    Target::Virtual(all) => all[0],
                };
                set.insert(first);
                queue.push(first);
            }
        }
    }
    set
}

/// DEFLATE: of names and numbers in such short sections Zopfli makes 4 % less than zstd at its highest level, and the decoder
/// takes a third of the time.
fn compress(raw: &[u8]) -> Vec<u8> {
    let options = zopfli::Options { iteration_count: ITERATIONS, ..zopfli::Options::default() };
    let mut packed = Vec::new();
    zopfli::compress(options, zopfli::Format::Deflate, raw, &mut packed).unwrap();
    packed
}

/// Adds the commands that no list of files names. Returns the packages whose commands are not known.
fn add_commands<'a>(
    suite: &Suite,
    chosen: &BTreeSet<&'a str>,
    links: &HashMap<String, BTreeSet<String>>,
    commands: &mut HashMap<String, BTreeSet<String>>,
) -> BTreeSet<&'a str> {
    let mut opaque = BTreeSet::new();
    for &name in chosen {
        let package = &suite.packages[name];
        let own = commands.entry(name.to_owned()).or_default();
        own.extend(suite.cnf.get(name).into_iter().flatten().cloned());
        // Debian has no such data, and Ubuntu's first releases have them in part.
        if suite.distro == "debian" || matches!(suite.name, "xenial" | "bionic") {
            own.extend(links.get(&masked(name)).into_iter().flatten().cloned());
        }
        // Only in another pocket than the one whose files are listed, so its commands are not known.
        let library = package.section.ends_with("libs")
            || package.section.ends_with("libdevel")
            || package.section.ends_with("doc");
        if !package.released && own.is_empty() && !library {
            opaque.insert(name);
        }
    }
    opaque
}

/// Writes what each package depends on and recommends: the groups of alternatives, and their numbers by package.
fn dependencies(suite: &Suite, chosen: &BTreeSet<&str>, number: &HashMap<&str, u32>) -> Vec<u8> {
    let mut virtuals: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
    let mut code_group = |group: Vec<Target<'_>>| -> Vec<(bool, Vec<u32>)> {
        let mut coded = Vec::new();
        for target in group {
            match target {
                Target::Real(name) => coded.extend(number.get(name).map(|&n| (false, vec![n]))),
                Target::Virtual(all) => {
                    let all: Vec<u32> = all.iter().filter_map(|name| number.get(name).copied()).collect();
                    if !all.is_empty() {
                        virtuals.insert(all.clone(), 0);
                        coded.push((true, all));
                    }
                }
            }
        }
        coded
    };
    let mut rows: Vec<[Vec<CodedGroup>; 2]> = Vec::new();
    for &name in chosen {
        let package = &suite.packages[name];
        let mut hard: Vec<_> =
            suite.groups(&package.pre_depends).chain(suite.groups(&package.depends)).map(&mut code_group).collect();
        let mut soft: Vec<_> = suite.groups(&package.recommends).map(&mut code_group).collect();
        for list in [&mut hard, &mut soft] {
            list.retain(|g| !g.is_empty());
            let mut seen = HashSet::new();
            list.retain(|g| seen.insert(g.clone()));
        }
        rows.push([hard, soft]);
    }
    virtuals.values_mut().enumerate().for_each(|(i, n)| *n = i as u32);
    let flat = |group: &Vec<(bool, Vec<u32>)>| -> Vec<u32> {
        group.iter().map(|(is_virtual, all)| if *is_virtual { virtuals[all] * 2 + 1 } else { all[0] * 2 }).collect()
    };
    let mut uses: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    rows.iter().flatten().flatten().for_each(|g| *uses.entry(flat(g)).or_default() += 1);
    // The most used groups get the short numbers.
    let mut groups: Vec<Vec<u32>> = uses.keys().cloned().collect();
    groups.sort_by_key(|g| (std::cmp::Reverse(uses[g]), g.clone()));
    let group_number: HashMap<&Vec<u32>, u32> = groups.iter().enumerate().map(|(i, g)| (g, i as u32)).collect();
    let side = |i: usize| -> Vec<Vec<u32>> {
        rows.iter().map(|row| row[i].iter().map(|g| group_number[&flat(g)]).collect()).collect()
    };

    let mut graph = Vec::new();
    format::put_lists(&mut graph, &groups);
    format::put_lists(&mut graph, &virtuals.keys().cloned().collect::<Vec<_>>());
    format::put_lists(&mut graph, &side(0));
    format::put_lists(&mut graph, &side(1));
    graph
}

/// Writes the virtual names that the chosen packages provide.
fn put_provided(graph: &mut Vec<u8>, suite: &Suite, number: &HashMap<&str, u32>) {
    let mut provided: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (name, providers) in suite.provided.iter().filter(|(name, _)| !suite.packages.contains_key(*name)) {
        let all: Vec<u32> = providers.iter().filter_map(|(p, _)| number.get(p.as_str()).copied()).collect();
        // Machine-made names (perl ABIs, language versions, debhelper levels) are never typed by a person.
        let typed = !name.contains("abi")
            && !name.starts_with("dh-sequence-")
            && !name.starts_with("librust-")
            && !name.contains('_');
        if !all.is_empty() && typed {
            provided.insert(name, all);
        }
    }
    format::put_names(graph, &provided.keys().collect::<Vec<_>>());
    format::put_lists(graph, &provided.values().cloned().collect::<Vec<_>>());
}

/// Writes a table of values with the packages that have them.
fn by_value(chosen: &BTreeSet<&str>, map: &HashMap<String, BTreeSet<String>>) -> Vec<u8> {
    let mut by_value: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (i, &name) in chosen.iter().enumerate() {
        for value in map.get(name).into_iter().flatten() {
            by_value.entry(value).or_default().push(i as u32);
        }
    }
    let mut raw = Vec::new();
    format::put_names(&mut raw, &by_value.keys().collect::<Vec<_>>());
    format::put_lists(&mut raw, &by_value.values().cloned().collect::<Vec<_>>());
    raw
}

fn write_suite(suite: &Suite, seeds: &BTreeSet<String>, links: &HashMap<String, BTreeSet<String>>) -> Vec<u8> {
    let base = closure(suite, &base_names(suite));
    let chosen = selection(suite, seeds.iter().map(String::as_str).chain(base.iter().copied()));
    eprintln!("{}: {} packages, {} in full, base {}", suite.name, suite.packages.len(), chosen.len(), base.len());
    let mut files = contents(&suite.lists, &|package| chosen.contains(package));
    let opaque = add_commands(suite, &chosen, links, &mut files.commands);

    let number: HashMap<&str, u32> = chosen.iter().enumerate().map(|(i, &name)| (name, i as u32)).collect();
    let mut graph = dependencies(suite, &chosen, &number);
    let numbers = |set: &BTreeSet<&str>| set.iter().filter_map(|name| number.get(name).copied()).collect::<Vec<u32>>();
    let mut sets = Vec::new();
    format::put_lists(&mut sets, &[numbers(&base), numbers(&opaque)]);
    put_provided(&mut graph, suite, &number);

    let table = |map: &HashMap<String, BTreeSet<String>>| by_value(&chosen, map);
    let mut names = Vec::new();
    format::put_names(&mut names, &chosen.iter().collect::<Vec<_>>());
    let meta = format!("{}\n{}\n{}\n{}\n", suite.distro, suite.name, suite.title, suite.date);
    let sections = [
        (tag::META, meta.into_bytes()),
        (tag::NAMES, names),
        (tag::SETS, sets),
        (tag::GRAPH, graph),
        (tag::COMMANDS, table(&files.commands)),
        (tag::HEADERS, table(&files.headers)),
        (tag::PKG_CONFIG, table(&files.pkg_config)),
    ];
    for (tag, raw) in &sections {
        eprintln!("  {} {:>8} -> {:>7}", String::from_utf8_lossy(tag), raw.len(), compress(raw).len());
    }
    format::pack(&sections, compress)
}

/// All names of all suites, in blocks, after a list of the first name of each block.
fn write_names(suites: &[Suite]) -> Vec<u8> {
    let mut all: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for suite in suites {
        let named = suite.packages.keys().filter(|name| !format::kernel(name));
        named.for_each(|name| all.entry(name).or_default().0 |= 1 << suite.bit);
        suite
            .provided
            .keys()
            .filter(|name| !format::kernel(name))
            .for_each(|name| all.entry(name).or_default().1 |= 1 << suite.bit);
    }
    let rows: Vec<(String, u32, u32)> =
        all.iter().map(|(name, (real, provided))| ((*name).to_owned(), *real, *provided)).collect();
    let mut first = Vec::new();
    format::put_names(&mut first, &rows.chunks(format::BLOCK).map(|block| block[0].0.as_str()).collect::<Vec<_>>());
    let mut sections = vec![(tag::BLOCKS, first)];
    for (i, block) in rows.chunks(format::BLOCK).enumerate() {
        let mut raw = Vec::new();
        format::put_name_block(&mut raw, block);
        sections.push(((i as u32).to_be_bytes(), raw));
    }
    let packed = format::pack(&sections, compress);
    eprintln!("names: {} in {} blocks, {} bytes", rows.len(), sections.len() - 1, packed.len());
    packed
}
