//! Names that the release of the base image does not have: judged by the package index where it has the release, by what
//! Debian gave up where it has not, and by the least of several releases where the tag moves.

use std::collections::BTreeSet;

use crate::diagnostic::Severity;
use crate::image::facts::{self, Manager, alpine};
use crate::image::index::{self, IndexName, Suite};
use crate::image::install::{Installer, Verb};
use crate::project::StageView;
use crate::text::Span;

use super::{Call, calls};

/// A package that the release does not have.
#[derive(Debug)]
pub struct UnknownPackage {
    pub span: Span,
    pub name: String,
    pub severity: Severity,
    /// "Debian 12 (bookworm)", "Alpine 3.20".
    pub release: String,
    /// What apt prints.
    pub error: String,
    pub why: String,
    /// What to install instead, surely meant.
    pub renamed: Vec<String>,
    /// Names that look alike.
    pub similar: Vec<String>,
    pub verbatim: bool,
}

/// Names for which a similar one is looked up, or what they would find as a pattern: that costs milliseconds each.
const MOST_GUESSES: usize = 40;

pub fn unknown_packages(view: &StageView<'_>) -> Vec<UnknownPackage> {
    let mut found: Vec<UnknownPackage> = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for it in calls(view) {
        if it.call.verb != Verb::Install || it.call.foreign && !asks_rolling_release(&it) {
            continue;
        }
        let open = it.state.repository.is_some() || it.state.sources_doubtful();
        for package in &it.call.packages {
            if seen.contains(&package.name) {
                continue;
            }
            if is_pattern(&package.name) && seen.len() >= MOST_GUESSES && it.call.installer == Installer::Apt {
                view.project
                    .note_skipped(package.span, "there are too many packages; from here on patterns are not judged");
            }
            let judged = match it.call.installer {
                Installer::Apt if facts::withdrawn(&package.name).is_some() => withdrawn(&it, &package.name),
                // Edge has not what was given up either.
                Installer::Apk
                    if it.state.edge_only
                        && !it.state.sources_doubtful()
                        && facts::is_given_up(Manager::Apk, &package.name)
                        && alpine::package("edge", &package.name) == alpine::AlpineName::Absent =>
                {
                    apk_package(&it, &package.name)
                }
                // What another processor's archive has is not known.
                _ if it.state.base.other_architecture => None,
                // An archive that was added may hold it.
                _ if open || it.state.archive_of(&package.name).is_some() => None,
                Installer::Apt => apt_package(&it, &package.name, seen.len() < MOST_GUESSES),
                Installer::Apk => apk_package(&it, &package.name),
                _ => None,
            };
            let Some(mut judged) = judged else { continue };
            // Of some archives we do not know all names.
            if it.state.archives().iter().any(|archive| !archive.verified()) {
                judged.severity = judged.severity.min(Severity::Warning);
            }
            // `:i386`, `/bookworm-backports` and patterns name something else.
            let written = view.project.file(package.span.file).slice(package.span);
            if package.verbatim && written.contains([':', '/', '*', '?', '@', '^']) {
                continue;
            }
            judged.span = package.span;
            judged.verbatim = package.verbatim && written == package.name;
            judged.severity = judged.severity.min(it.severity(view));
            seen.insert(package.name.clone());
            found.push(judged);
        }
    }
    found
}

/// `-t unstable` in an image that stands on it or on what becomes of it: no other archive than its own.
fn asks_rolling_release(it: &Call<'_>) -> bool {
    let rolls = it.state.base.image.is_some_and(|image| image.release() == Some("sid"));
    rolls && it.call.release.as_deref().is_some_and(|release| matches!(release, "unstable" | "sid" | "testing"))
}

fn apt_package(it: &Call<'_>, name: &str, guess: bool) -> Option<UnknownPackage> {
    if it.state.base.image.is_some_and(|image| image.withholds(name)) {
        return Some(withheld(it, name));
    }
    let Some(suite) = it.state.installs_from() else {
        return in_no_later_release(it, name, guess).or_else(|| given_up_by_debian(it, name));
    };
    // A file of the step itself, or an architecture that was added.
    if name.contains('/') || it.adds_architecture {
        return None;
    }
    let title = suite.title().to_owned();
    let (error, why) = match suite.package(name) {
        IndexName::Absent if is_pattern(name) && (!guess || selects_by_pattern(suite, name)) => return None,
        IndexName::Absent => (
            format!("E: Unable to locate package {name}"),
            match index::suites_with(name).as_slice() {
                [] => format!("{title} has no package of this name"),
                others => {
                    let list: Vec<&str> = others.iter().map(|s| s.title()).collect();
                    format!("{title} has no package of this name; {} had it", list.join(", "))
                }
            },
        ),
        IndexName::Virtual(providers) if providers.len() > 1 => {
            let list: Vec<&str> = providers.iter().map(|p| suite.name(*p)).take(4).collect();
            (
                format!("E: Package '{name}' has no installation candidate"),
                format!("in {title} it is only a name that {} provide, and apt does not choose", list.join(", ")),
            )
        }
        _ => return None,
    };
    let renamed = facts::renamed(Manager::Apt, suite.release(), name).map(|r| r.to).unwrap_or_default();
    Some(UnknownPackage {
        span: it.call.span,
        name: name.to_owned(),
        severity: Severity::Error,
        similar: if guess && renamed.is_empty() { suite.similar(name) } else { Vec::new() },
        renamed,
        release: title,
        error,
        why,
        verbatim: false,
    })
}

/// The image's tag moves: a name that neither the release on which it stood when the tables were made nor any later one has.
fn in_no_later_release(it: &Call<'_>, name: &str, guess: bool) -> Option<UnknownPackage> {
    let image = it.state.base.image?;
    let (distro, since) = (image.distro()?, image.since()?);
    if name.contains('/') || it.adds_architecture {
        return None;
    }
    let of_distro = index::suites().iter().filter(|suite| suite.distro() == distro);
    let mut later = of_distro.skip_while(|suite| suite.release() != since).peekable();
    let first = *later.peek()?;
    if later.any(|suite| {
        suite.package(name) != IndexName::Absent || is_pattern(name) && (!guess || selects_by_pattern(suite, name))
    }) {
        return None;
    }
    let renamed = facts::renamed(Manager::Apt, first.release(), name).map(|r| r.to).unwrap_or_default();
    Some(UnknownPackage {
        span: it.call.span,
        name: name.to_owned(),
        severity: Severity::Warning,
        release: format!("{} and later", first.title()),
        error: format!("E: Unable to locate package {name}"),
        why: "stands on this release or a later one, and none has a package of this name".to_owned(),
        similar: Vec::new(),
        renamed,
        verbatim: false,
    })
}

/// The image stands on Debian 9 or later, on a release that the index has not: names that it has not any more.
fn given_up_by_debian(it: &Call<'_>, name: &str) -> Option<UnknownPackage> {
    const RELEASES: [&str; 4] = ["wheezy", "jessie", "stretch", "buster"];
    let image = it.state.base.image?;
    if image.distro() != Some("debian") {
        return None;
    }
    let last = facts::debian_until(name);
    let (title, why) = match image.release() {
        Some(release @ ("stretch" | "buster")) => {
            let place = |wanted: &str| RELEASES.iter().position(|r| *r == wanted);
            let last = last.filter(|last| place(last) < place(release))?;
            let title = if release == "buster" { "Debian 10 (buster)" } else { "Debian 9 (stretch)" };
            (title, format!("{title} has no package of this name: {last} was the last that had it"))
        }
        // What was given up on purpose does not come back; other names may be there again tomorrow.
        Some("sid") => {
            let newest = index::suite("debian", "trixie")?;
            if newest.package(name) != IndexName::Absent || facts::debian_keeps_in_sid(name) {
                return None;
            }
            let given_up = last.is_some() || name.starts_with("python-") || facts::is_given_up(Manager::Apt, name);
            let why = if given_up {
                "Debian has given up this name".to_owned()
            } else if it.adds_architecture {
                return None;
            } else {
                let newer = outlived(newest, name)?;
                format!("Debian has `{newer}` in its place, and older versions do not come back")
            };
            ("Debian 13 (trixie) and later", why)
        }
        None if image.family().ends_with("-any-suite") => {
            let last = last.filter(|last| matches!(*last, "wheezy" | "jessie"))?;
            let why = format!("its release of Debian has no package of this name: {last} was the last that had it");
            ("Debian 9 (stretch) and later", why)
        }
        _ => return None,
    };
    let renamed = facts::renamed(Manager::Apt, "bookworm", name).map(|r| r.to).unwrap_or_default();
    Some(UnknownPackage {
        span: it.call.span,
        name: name.to_owned(),
        severity: Severity::Warning,
        release: title.to_owned(),
        error: format!("E: Unable to locate package {name}"),
        why,
        similar: Vec::new(),
        renamed,
        verbatim: false,
    })
}

/// What took the place of a version that was old already in Debian 11, and that no release since then has. What left later may
/// be found in unstable still.
fn outlived(newest: &Suite, name: &str) -> Option<String> {
    let debian = || index::suites().iter().filter(|suite| suite.distro() == "debian");
    newer_version(debian().next()?, name)?;
    let gone = debian().all(|suite| suite.package(name) == IndexName::Absent);
    newer_version(newest, name).filter(|_| gone)
}

/// A package of the suite that is called the same but for a higher version: `clang-19` for `clang-7`. Debian keeps several
/// versions of a thing for a while, and drops the oldest first.
fn newer_version(suite: &Suite, name: &str) -> Option<String> {
    let start = name.find(|c: char| c.is_ascii_digit())?;
    let (stem, rest) = (name.get(..start)?, name.get(start..)?);
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let (version, tail) = (rest.get(..end)?.trim_end_matches('.'), rest.get(end..)?);
    // `libssl1.0.0` may be followed by a library of another numbering; `x11-apps` has no version.
    if !stem.ends_with('-') && !matches!(stem, "python" | "ruby" | "php" | "lua") || stem.len() < 3 {
        return None;
    }
    let number = |text: &str| text.split('.').map(str::parse).collect::<Result<Vec<u32>, _>>().ok();
    let own = number(version)?;
    let mut newest: Option<(Vec<u32>, String)> = None;
    for candidate in suite.names_from(stem) {
        let between = candidate.strip_prefix(stem).and_then(|rest| rest.strip_suffix(tail));
        let Some(other) = between.and_then(number) else { continue };
        if other <= own {
            continue;
        }
        if newest.as_ref().is_none_or(|(best, _)| other > *best) {
            newest = Some((other, candidate));
        }
    }
    newest.map(|(_, name)| name)
}

fn is_pattern(name: &str) -> bool {
    name.contains(['.', '?', '+', '*', '|', '[', '^', '$'])
}

/// A name with a special character that is no package is a regular expression to apt-get(8): `vim.tiny` finds vim-tiny.
fn selects_by_pattern(suite: &Suite, name: &str) -> bool {
    regex::RegexBuilder::new(name)
        .size_limit(1 << 18)
        .build()
        .is_ok_and(|pattern| suite.any_name(|candidate| pattern.is_match(candidate)))
}

/// A package that the image's apt is told not to take: images of PHP pin Debian's PHP away.
fn withheld(it: &Call<'_>, name: &str) -> UnknownPackage {
    UnknownPackage {
        span: it.call.span,
        name: name.to_owned(),
        severity: Severity::Error,
        release: "what this image lets apt install".to_owned(),
        error: format!("E: Package '{name}' has no installation candidate"),
        why: format!(
            "`{}` pins the distribution's packages of this name away in /etc/apt/preferences.d",
            it.state.base.title
        ),
        renamed: Vec::new(),
        similar: Vec::new(),
        verbatim: false,
    }
}

/// A package that its makers withdrew: no archive has it, whichever was added.
fn withdrawn(it: &Call<'_>, name: &str) -> Option<UnknownPackage> {
    Some(UnknownPackage {
        span: it.call.span,
        name: name.to_owned(),
        severity: Severity::Warning,
        release: "any archive now".to_owned(),
        error: format!("E: Package '{name}' has no installation candidate"),
        why: facts::withdrawn(name)?.to_owned(),
        renamed: Vec::new(),
        similar: Vec::new(),
        verbatim: false,
    })
}

/// Alpine's names are known in part: only a name that another release had, or that is known to have been renamed, is judged.
fn apk_package(it: &Call<'_>, name: &str) -> Option<UnknownPackage> {
    let (release, floats) = match (it.state.alpine_release(), it.state.base.alpine_floor) {
        (Some(release), _) => (release, false),
        (None, Some(floor)) => (floor, true),
        (None, None) => return None,
    };
    let title = if floats { format!("Alpine {release} and later") } else { format!("Alpine {release}") };
    if name.starts_with('.') || name.starts_with('!') || it.call.group.as_deref() == Some(name) {
        return None;
    }
    let renamed = facts::renamed(Manager::Apk, release, name).map(|r| r.to).unwrap_or_default();
    let given_up = facts::is_given_up(Manager::Apk, name);
    let judged = if floats { alpine::package_since(release, name) } else { alpine::package(release, name) };
    let why = match judged {
        alpine::AlpineName::Elsewhere(releases) if releases.len() > 1 => {
            format!("{title} has no package of this name; {} had it", releases.join(", "))
        }
        alpine::AlpineName::Elsewhere(_) | alpine::AlpineName::Absent if given_up || !renamed.is_empty() => {
            format!("{title} has no package of this name")
        }
        _ => return None,
    };
    Some(UnknownPackage {
        span: it.call.span,
        name: name.to_owned(),
        severity: Severity::Warning,
        release: title,
        error: format!("ERROR: unable to select packages: {name} (no such package)"),
        why,
        similar: Vec::new(),
        renamed,
        verbatim: false,
    })
}
