#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn bookworm() -> &'static Suite {
    suite("debian", "bookworm").unwrap()
}

fn ids(suite: &Suite, names: &[&str]) -> PackageSet {
    names.iter().map(|name| suite.find(name).unwrap()).collect()
}

/// All data decode, and every number in them is that of something.
#[test]
fn all_suites_decode() {
    for suite in suites() {
        let name = suite.release();
        assert!(suite.len() > 8000, "{name}");
        assert!((70..110).contains(&suite.base().len()), "{name}: {}", suite.base().len());
        assert!(!suite.date().is_empty(), "{name}");
        let graph = suite.graph();
        let packages = suite.names().count() as u32;
        for lists in [&graph.depends, &graph.recommends] {
            assert_eq!(lists.count(), suite.names().count());
            assert!(
                (0..lists.count()).flat_map(|i| lists.row(i)).all(|&group| (group as usize) < graph.groups.count())
            );
        }
        for &target in (0..graph.groups.count()).flat_map(|i| graph.groups.row(i)) {
            let limit = if target & 1 == 0 { packages as usize } else { graph.virtuals.count() };
            assert!((target as usize / 2) < limit);
        }
        for table in [suite.commands(), suite.headers(), suite.pkg_config()] {
            assert!(table.names.count() > 1000);
            assert_eq!(table.names.count(), table.packages.count());
            assert!((0..table.packages.count()).flat_map(|i| table.packages.row(i)).all(|&p| p < packages));
        }
        let sorted: Vec<&str> = suite.names().iter().collect();
        assert!(sorted.is_sorted());
    }
    let blocks = blocks();
    assert_eq!(blocks.first.count(), blocks.blocks.len());
    for i in 0..blocks.blocks.len() {
        assert_eq!(block(i).unwrap().names.get(0), blocks.first.get(i));
    }
}

/// Commands that every base system has.
const BASE_COMMANDS: &str = "\
    sh bash dash ls cp mv rm mkdir cat chmod chown ln grep sed awk find xargs tar gzip gunzip sort uniq head tail \
    cut tr wc date echo env id whoami uname hostname which mktemp tee touch test [ true false sleep seq basename \
    dirname readlink realpath sha256sum md5sum base64 useradd groupadd usermod passwd su mount apt-get apt dpkg \
    perl install printf nproc stat du df diff cmp ldconfig ldd getent update-alternatives dpkg-divert apt-mark \
    apt-cache apt-config nice timeout dd od paste split chroot expr pwd stty tty getopt more zcat egrep fgrep \
    mawk runuser chsh login tzselect";

/// What every Debian and Ubuntu image has in its PATH: were one of these missing, every rule would be wrong.
#[test]
fn base_commands() {
    let mut missing = Vec::new();
    for suite in suites() {
        for command in BASE_COMMANDS.split(' ') {
            if !suite.has_command(suite.base(), command) {
                missing.push(format!("{} {command}", suite.release()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn names() {
    let suite = bookworm();
    assert!(matches!(suite.package("g++"), IndexName::Known(_)));
    assert_eq!(suite.package("python-pip"), IndexName::Absent);
    assert_eq!(suite.package(""), IndexName::Absent);
    assert_eq!(suite.package("zzzzzz"), IndexName::Absent);
    assert_eq!(suite.package("linux-headers-6.1.0-13-amd64"), IndexName::Listed);
    assert!(matches!(suite.package("mail-transport-agent"), IndexName::Virtual(providers) if providers.len() > 1));
    assert!(matches!(suite.package("libgl-dev"), IndexName::Known(_)));
    let with: Vec<&str> = suites_with("software-properties-common").iter().map(|s| s.release()).collect();
    assert!(with.contains(&"bookworm") && with.contains(&"noble") && !with.contains(&"trixie"));
    assert_eq!(suite.similar("libsll-dev").first().map(String::as_str), Some("libssl-dev"));
    assert_eq!(suite.similar("build-essentials").first().map(String::as_str), Some("build-essential"));
    assert_eq!(super::suite("debian", "buster").map(Suite::title), None);
}

/// The facts that carry the model (read from Packages of Debian 11 to 13).
#[test]
fn compilers_and_recommendations() {
    for release in ["bullseye", "bookworm", "trixie"] {
        let suite = suite("debian", release).unwrap();
        let has = |names: &[&str], recommends: bool, command: &str| {
            let closure = suite.closure(names, recommends, suite.base());
            suite.has_command(&closure.packages, command)
        };
        let header = |names: &[&str], recommends: bool| {
            let closure = suite.closure(names, recommends, suite.base());
            suite.has_header(&closure.packages, "stdio.h")
        };
        // cmake recommends gcc and make, never g++.
        assert!(!has(&["cmake"], false, "make") && !has(&["cmake"], false, "cc"), "{release}");
        assert!(
            has(&["cmake"], true, "make") && has(&["cmake"], true, "cc") && !has(&["cmake"], true, "c++"),
            "{release}"
        );
        // gcc only recommends libc6-dev; g++ needs it.
        assert!(!header(&["gcc"], false) && header(&["gcc"], true) && header(&["g++"], false), "{release}");
        assert!(has(&["build-essential"], false, "c++") && has(&["build-essential"], false, "xz"), "{release}");
        assert!(has(&["python3-pip"], true, "g++") && !has(&["python3-pip"], false, "g++"), "{release}");
        assert!(
            !has(&["git"], false, "update-ca-certificates") && has(&["git"], true, "update-ca-certificates"),
            "{release}"
        );
        assert!(
            has(&["default-jdk-headless"], false, "javac") && has(&["default-jdk-headless"], false, "java"),
            "{release}"
        );
        assert!(has(&["netcat-openbsd"], false, "nc") && has(&["vim"], false, "vi"), "{release}");
    }
}

#[test]
fn unknown_names_and_choices() {
    let suite = bookworm();
    let closure = suite.closure(&["git", "python-pip", "mail-transport-agent"], false, suite.base());
    assert_eq!(closure.absent, ["python-pip"]);
    assert_eq!(closure.virtuals, ["mail-transport-agent"]);
    assert!(suite.has_command(&closure.packages, "git"));
    // If several packages fulfil a dependency, the commands of the others are unknown.
    let closure = suite.closure(&["devscripts"], true, suite.base());
    assert!(suite.has_command(&closure.maybe, "wget") || suite.has_command(&closure.packages, "wget"));
    assert!(suite.has_command(&closure.maybe, "curl") || suite.has_command(&closure.packages, "curl"));
}

#[test]
fn removal() {
    let suite = bookworm();
    let closure = suite.closure(&["gcc", "curl"], false, suite.base());
    let curl = ids(suite, &["curl"]);
    // gcc was purged; nothing that is left needs its dependencies.
    let mut installed = closure.packages.clone();
    installed.remove(suite.find("gcc").unwrap());
    let unneeded = suite.unneeded(&installed, &curl);
    assert!(unneeded.contains(suite.find("gcc-12").unwrap()) && unneeded.contains(suite.find("binutils").unwrap()));
    assert!(!unneeded.contains(suite.find("libcurl4").unwrap()) && !unneeded.contains(suite.find("bash").unwrap()));
    // Removing the library takes curl along.
    let gone = suite.dependents(&ids(suite, &["libcurl4"]), &closure.packages);
    assert!(gone.contains(suite.find("curl").unwrap()) && !gone.contains(suite.find("gcc").unwrap()));
}

#[test]
fn headers_and_modules() {
    let suite = bookworm();
    let python = suite.closure(&["python3-dev"], false, suite.base());
    assert!(suite.has_header(&python.packages, "Python.h"));
    assert!(!suite.has_header(&python.packages, "openssl/ssl.h"));
    let pq = suite.closure(&["libpq-dev"], false, suite.base());
    assert!(suite.has_header(&pq.packages, "libpq-fe.h"));
    assert!(suite.providers_of_pkg_config("openssl").iter().any(|p| suite.name(*p) == "libssl-dev"));
    assert!(suite.providers_of_header("zlib.h").iter().any(|p| suite.name(*p) == "zlib1g-dev"));
    assert!(suite.commands_of(suite.find("g++").unwrap()).any(|c| c == "c++"));
}

/// Damaged bytes are refused, never followed.
#[test]
fn damage_is_refused() {
    let file = bookworm().file;
    assert!(format::sections(b"").is_none());
    assert!(format::sections(&file[..file.len() - 1]).is_none());
    let section = find_section(file, tag::NAMES).unwrap();
    let cut = Section { packed: &section.packed[..section.packed.len() / 2], ..section };
    assert!(cut.unpack().is_none());
    assert!(Section { raw_len: usize::MAX, ..section }.unpack().is_none());
}

proptest! {
    #[test]
    fn names_survive(mut names in proptest::collection::vec("[a-zé0-9.+-]{0,12}", 0..60)) {
        names.sort();
        names.dedup();
        let mut raw = Vec::new();
        format::put_names(&mut raw, &names);
        let read = format::names(&mut Reader::new(&raw)).unwrap();
        prop_assert_eq!(read.iter().map(str::to_owned).collect::<Vec<_>>(), names.clone());
        for (i, name) in names.iter().enumerate() {
            prop_assert_eq!(read.find(name), Some(i));
        }
    }

    #[test]
    fn lists_survive(rows in proptest::collection::vec(proptest::collection::vec(0u32..50, 0..6), 0..40)) {
        let mut raw = Vec::new();
        format::put_lists(&mut raw, &rows);
        let read = format::lists(&mut Reader::new(&raw)).unwrap();
        prop_assert_eq!((0..read.count()).map(|i| read.row(i).to_vec()).collect::<Vec<_>>(), rows.clone());
        let turned = read.transposed(50);
        for (i, row) in rows.iter().enumerate() {
            for &item in row {
                prop_assert!(turned.row(item as usize).contains(&(i as u32)));
            }
        }
        prop_assert_eq!((0..50).map(|i| turned.row(i).len()).sum::<usize>(), rows.iter().map(Vec::len).sum::<usize>());
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = format::names(&mut Reader::new(&bytes));
        let _ = format::lists(&mut Reader::new(&bytes));
        let _ = format::name_block(&bytes);
        let mut file = format::MAGIC.to_vec();
        file.extend_from_slice(&bytes);
        let _ = format::sections(&file).map(|sections| sections.iter().map(Section::unpack).count());
    }

    #[test]
    fn sets_are_sets(a in proptest::collection::btree_set(0u32..300, 0..40), b in proptest::collection::btree_set(0u32..300, 0..40)) {
        let set = |s: &std::collections::BTreeSet<u32>| s.iter().map(|&n| PackageId(n)).collect::<PackageSet>();
        let mut union = set(&a);
        union.union(&set(&b));
        prop_assert_eq!(union, set(&a.union(&b).copied().collect()));
        let mut difference = set(&a);
        difference.subtract(&set(&b));
        prop_assert_eq!(difference.iter().map(|p| p.0).collect::<Vec<_>>(), a.difference(&b).copied().collect::<Vec<_>>());
        prop_assert_eq!(difference.len(), a.difference(&b).count());
    }
}

/// The data and the list of their inputs were written together.
#[test]
fn lock_names_the_releases() {
    let lock = include_str!("../../../rules/data/index/inputs.lock");
    for suite in suites() {
        let heading = format!("[{}]\nrelease {}\n", suite.release(), suite.date());
        assert!(lock.contains(&heading), "{heading}");
    }
}
