//! Time to decode a suite of the package index and to look things up in it. `cargo bench --bench index`.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use dockcheck::internals::dockerfile::image_ref::ImageRef;
use dockcheck::internals::image::{facts, index};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The first call alone, because a suite is decoded once.
fn once<T>(what: &str, f: impl FnOnce() -> T) {
    let start = Instant::now();
    black_box(f());
    println!("{what:<52} {:>9.3} ms", start.elapsed().as_secs_f64() * 1e3);
}

/// The best of many runs.
fn many<T>(what: &str, mut f: impl FnMut() -> T) {
    let mut best = Duration::MAX;
    for _ in 0..200 {
        let start = Instant::now();
        black_box(f());
        best = best.min(start.elapsed());
    }
    println!("{what:<52} {:>9.3} us", best.as_secs_f64() * 1e6);
}

fn main() {
    let typical = ["build-essential", "git", "curl", "python3-pip", "libssl-dev", "cmake"];
    for suite in index::suites() {
        let name = suite.release();
        once(&format!("{name}: names and dependencies"), || suite.find("gcc"));
        once(&format!("{name}: commands"), || suite.providers_of_command("g++"));
        once(&format!("{name}: headers"), || suite.providers_of_header("zlib.h"));
        once(&format!("{name}: pkg-config"), || suite.providers_of_pkg_config("zlib"));
    }
    once("names: first lookup outside a suite's full packages", || index::suites_with("python-pip"));
    once("names: another block", || index::suites_with("zzuf"));
    once("base image: first", || facts::base_image(&ImageRef::parse("python:3.12-slim-bookworm").unwrap()));
    once("base image: installed packages, first", || {
        facts::base_image(&ImageRef::parse("python:3.12-bookworm").unwrap())
            .map(|b| b.installed().map(index::PackageSet::len))
    });
    once("alpine: base", || facts::alpine::base_command(Some("3.20"), "bash"));
    once("alpine: package table", || facts::alpine::package("3.20", "build-base"));
    let suite = index::suite("debian", "bookworm").unwrap();
    many("base image: again", || facts::base_image(&ImageRef::parse("python:3.12-slim-bookworm").unwrap()));
    many("base image: unknown", || facts::base_image(&ImageRef::parse("ghcr.io/acme/app:1").unwrap()));
    many("closure of six packages", || suite.closure(&typical, false, suite.base()));
    many("closure of six packages with recommends", || suite.closure(&typical, true, suite.base()));
    let closure = suite.closure(&typical, true, suite.base());
    many("has_command", || suite.has_command(&closure.packages, "g++"));
    many("unneeded", || suite.unneeded(&closure.packages, suite.base()));
    many("similar", || suite.similar("libsll-dev"));
    many("alpine closure", || facts::alpine::closure(Some("3.20"), &["build-base", "python3-dev"]));
}
