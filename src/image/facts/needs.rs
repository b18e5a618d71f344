//! What builds need: `rules/data/build-needs.toml`. Which commands ask for a compiler, which package brings a command or a
//! header, which Python wheels, crates, gems and npm packages are compiled on installation.

use super::base::Manager;
use super::rows::{Rows, glob};
use crate::image::index::{IndexName, PackageId, Suite};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const TEXT: &str = include_str!("../../../rules/data/build-needs.toml");

/// One thing that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// One of these commands: `make|ninja` is two, most are one.
    Command(Vec<String>),
    /// A header below `/usr/include`.
    Header(String),
    /// A pkg-config module.
    PkgConfig(String),
    /// A compiler with its headers: `c`, `cxx`, `build`.
    Toolchain(&'static Toolchain),
}

/// Packages to install, by manager.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Fix(BTreeMap<String, Vec<String>>);

impl Fix {
    /// The packages for a manager; empty where none are known. microdnf and yum take dnf's names.
    pub fn packages(&self, manager: Manager) -> &[String] {
        let key = match manager {
            Manager::Microdnf | Manager::Yum => "dnf",
            manager => manager.as_str(),
        };
        self.0.get(key).map(Vec::as_slice).unwrap_or_default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct RawNeed(String);

impl RawNeed {
    fn need(&self) -> Option<Need> {
        let text = self.0.as_str();
        if let Some(header) = text.strip_prefix('<') {
            return Some(Need::Header(header.trim_end_matches('>').to_owned()));
        }
        if let Some(module) = text.strip_prefix("pc:") {
            return Some(Need::PkgConfig(module.to_owned()));
        }
        if let Some(name) = text.strip_prefix("toolchain:") {
            return toolchain(name).map(Need::Toolchain);
        }
        Some(Need::Command(text.split('|').map(str::to_owned).collect()))
    }
}

fn needs_of(raw: &[RawNeed]) -> Vec<Need> {
    raw.iter().filter_map(RawNeed::need).collect()
}

/// A compiler and what it cannot do without.
#[derive(Debug, Deserialize)]
pub struct Toolchain {
    pub name: String,
    /// One of these must be there.
    pub commands: Vec<String>,
    /// All of these must be there.
    pub headers: Vec<String>,
    /// Variables that name another compiler.
    pub env: Vec<String>,
    pub fix: Fix,
}

impl PartialEq for Toolchain {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Toolchain {}

fn rows<T: for<'de> Deserialize<'de>>(header: &str) -> Vec<T> {
    Rows::new(TEXT, header).iter().filter_map(|row| toml::from_str(row).ok()).collect()
}

static TOOLCHAINS: LazyLock<Vec<Toolchain>> = LazyLock::new(|| rows("[[toolchain]]"));

/// `c`, `cxx` or `build`.
pub fn toolchain(name: &str) -> Option<&'static Toolchain> {
    TOOLCHAINS.iter().find(|toolchain| toolchain.name == name)
}

/// A command of a build and what it needs.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// `cmake-configure`, `cargo`.
    pub id: String,
    when: Vec<String>,
    #[serde(default)]
    not: Vec<String>,
    needs: Vec<RawNeed>,
    #[serde(default)]
    soft: Vec<RawNeed>,
    /// Variables that change what is needed.
    #[serde(default)]
    pub env: Vec<String>,
    /// In words: under which condition the needs hold at all. `None`: always.
    pub condition: Option<String>,
    /// What the build prints where it is missing.
    pub errors: Vec<String>,
    #[serde(default)]
    pub fix: Fix,
    pub note: Option<String>,
    #[serde(default)]
    unverified: bool,
}

impl Step {
    /// All of these must be there.
    pub fn needs(&self) -> Vec<Need> {
        needs_of(&self.needs)
    }

    /// These only where something else shows that they are used.
    pub fn soft(&self) -> Vec<Need> {
        needs_of(&self.soft)
    }

    pub fn verified(&self) -> bool {
        !self.unverified
    }
}

static STEPS: LazyLock<Vec<Step>> = LazyLock::new(|| rows("[[step]]"));

pub fn steps() -> &'static [Step] {
    &STEPS
}

/// Whether a command (program and arguments) begins as `pattern` says: the same program, and each further word of the
/// pattern among the arguments, in this order.
fn begins(pattern: &str, words: &[&str]) -> bool {
    let mut parts = pattern.split(' ');
    let (Some(program), Some((first, rest))) = (parts.next(), words.split_first()) else { return false };
    if *first != program && first.rsplit('/').next() != Some(program) {
        return false;
    }
    let mut rest = rest.iter();
    parts.all(|part| rest.any(|word| if part.contains('*') { glob(part, word) } else { *word == part }))
}

/// The steps that a command is. More than one may apply: `cmake -G Ninja` is a configuration and needs ninja.
pub fn steps_of(words: &[&str]) -> Vec<&'static Step> {
    let is = |patterns: &[String]| patterns.iter().any(|pattern| begins(pattern, words));
    STEPS.iter().filter(|step| is(&step.when) && !is(&step.not)).collect()
}

#[derive(Debug, Deserialize)]
struct Advice {
    commands: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    headers: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

static ADVICE: LazyLock<Option<Advice>> = LazyLock::new(|| toml::from_str(TEXT).ok());

/// The package to advise for a command; `None` where none is known. Of the curated ones the first that the suite has, else
/// the package of the same name, else the only one that brings it.
pub fn package_for_command(manager: Manager, suite: Option<&Suite>, command: &str) -> Option<String> {
    if manager == Manager::Apk {
        return super::alpine::package_for(command).map(str::to_owned);
    }
    let table = &ADVICE.as_ref()?.commands;
    advise(table, manager, suite, command, |suite| suite.providers_of_command(command))
}

/// The same for a header.
pub fn package_for_header(manager: Manager, suite: Option<&Suite>, header: &str) -> Option<String> {
    if manager == Manager::Apk {
        return super::alpine::package_for(header).map(str::to_owned);
    }
    let table = &ADVICE.as_ref()?.headers;
    advise(table, manager, suite, header, |suite| suite.providers_of_header(header))
}

fn advise(
    table: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
    manager: Manager,
    suite: Option<&Suite>,
    thing: &str,
    providers: impl FnOnce(&Suite) -> Vec<PackageId>,
) -> Option<String> {
    let key = match manager {
        Manager::Microdnf | Manager::Yum => "dnf",
        manager => manager.as_str(),
    };
    let there =
        |name: &str| suite.is_none_or(|suite| matches!(suite.package(name), IndexName::Known(_) | IndexName::Listed));
    let curated = table.get(key).and_then(|table| table.get(thing));
    if let Some(found) = curated.into_iter().flatten().find(|name| there(name)) {
        return Some(found.clone());
    }
    let suite = suite.filter(|_| manager == Manager::Apt)?;
    let providers = providers(suite);
    let same = providers.iter().find(|p| suite.name(**p) == thing);
    match (same, providers.as_slice()) {
        (Some(same), _) => Some(suite.name(*same).to_owned()),
        (None, [one]) => Some(suite.name(*one).to_owned()),
        _ => None,
    }
}

/// What is known of a Python package, asked of PyPI for CPython 3.12 on x86_64.
#[derive(Debug, Deserialize)]
pub struct Wheel {
    pub name: String,
    /// Whether some version has a manylinux (or pure) wheel.
    pub glibc: bool,
    /// Whether some version has a musllinux (or pure) wheel.
    pub musl: bool,
    #[serde(default)]
    needs: Vec<RawNeed>,
    #[serde(default)]
    pub fix: Fix,
    pub error: Option<String>,
    pub note: Option<String>,
    #[serde(default)]
    unverified: bool,
}

impl Wheel {
    /// What a build from source needs, as far as it is known.
    pub fn needs(&self) -> Vec<Need> {
        needs_of(&self.needs)
    }

    pub fn verified(&self) -> bool {
        !self.unverified
    }
}

static WHEELS: LazyLock<Vec<Wheel>> = LazyLock::new(|| rows("[[wheel]]"));

/// The row of a Python package; its name is compared as PyPI does (case, `-`, `_` and `.` do not matter).
pub fn wheel(name: &str) -> Option<&'static Wheel> {
    let normal = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "-");
    let wanted = normal(name);
    WHEELS.iter().find(|wheel| normal(&wheel.name) == wanted)
}

/// A package of another language that needs native things when it is installed.
#[derive(Debug, Deserialize)]
pub struct Native {
    pub name: String,
    #[serde(default)]
    needs: Vec<RawNeed>,
    #[serde(default)]
    pub fix: Fix,
    pub error: Option<String>,
    pub note: Option<String>,
    /// npm: there is no prebuilt binary. Others: as good as always.
    #[serde(default = "yes")]
    pub always: bool,
    /// npm: `always` holds below this major version.
    pub below: Option<u32>,
    /// gems: binary gems exist, which Bundler takes where the lock file lists the platform.
    #[serde(default)]
    pub precompiled: bool,
    /// crates: not where this feature is on.
    pub unless_feature: Option<String>,
    /// crates: only where this feature is on.
    pub only_feature: Option<String>,
    #[serde(default)]
    unverified: bool,
}

fn yes() -> bool {
    true
}

impl Native {
    pub fn needs(&self) -> Vec<Need> {
        needs_of(&self.needs)
    }

    pub fn verified(&self) -> bool {
        !self.unverified
    }
}

macro_rules! natives {
    ($($(#[$doc:meta])* $name:ident $table:literal;)*) => {
        $($(#[$doc])*
        pub fn $name(name: &str) -> Option<&'static Native> {
            static ROWS: LazyLock<Vec<Native>> = LazyLock::new(|| rows($table));
            ROWS.iter().find(|row| row.name == name)
        })*
    };
}

natives! {
    /// A Rust crate by its name.
    rust_crate "[[crate]]";
    /// An npm package by its name.
    npm "[[npm]]";
    /// A Ruby gem by its name.
    gem "[[gem]]";
    /// A Go module that needs cgo, by its path.
    cgo "[[cgo]]";
    /// An extension of `docker-php-ext-install`; `fix` has what it needs on Debian.
    php_extension "[[php]]";
}
