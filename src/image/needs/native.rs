//! What compiled gems, crates and PHP extensions look for, as far as a lock file or the command itself names them.

use super::need::{CommandEnv, Need, NeedKind, Thing};

/// Gems with an extension in C and without precompiled variants for Linux (rubygems.org, platforms of the newest release).
/// Those that come with Ruby itself are left out: a version that is there already is not compiled again.
const ALWAYS_COMPILED: [&str; 12] = [
    "bcrypt",
    "bootsnap",
    "eventmachine",
    "hiredis",
    "msgpack",
    "mysql2",
    "nio4r",
    "oj",
    "puma",
    "redcarpet",
    "unicorn",
    "websocket-driver",
];

pub(super) fn bundle(rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<Need> {
    let verb = rest.iter().flatten().find(|w| !w.starts_with('-'));
    if !matches!(verb, None | Some(&"install")) || rest.iter().any(Option::is_none) {
        return Vec::new();
    }
    if rest.iter().flatten().any(|w| matches!(*w, "--version" | "-v" | "--help" | "--local")) {
        return Vec::new();
    }
    let Some(text) = around.file("Gemfile.lock") else { return Vec::new() };
    let mut section = "";
    let mut needs = Vec::new();
    let mut gem: Option<&str> = None;
    let mut repository = false;
    for line in text.lines() {
        if !line.starts_with(' ') {
            section = line.trim();
        } else if section == "GIT" && line.trim_start().starts_with("remote:") {
            repository = true;
        } else if section == "GEM"
            && line.starts_with("    ")
            && !line.starts_with("     ")
            && let Some((name, version)) = line.trim().split_once(" (")
            && !version.contains('-')
            && ALWAYS_COMPILED.contains(&name)
        {
            gem = gem.or(Some(name));
        }
    }
    if repository {
        let error = "You need to install git to be able to use gems from git repositories.";
        let mut need = Need::new(NeedKind::Git, &["git"], "bundle (a git address in Gemfile.lock)", error, 0);
        (need.apt, need.apk) = (vec!["git"], vec!["git"]);
        needs.push(need);
    }
    if let Some(gem) = gem {
        let command = format!("bundle (compiling {gem} of Gemfile.lock)");
        let error = "You have to install development tools first.";
        for (any_of, package) in [(&["gcc", "cc"][..], "gcc"), (&["make"][..], "make")] {
            let mut need = Need::new(NeedKind::Toolchain, any_of, command.clone(), error, 0);
            (need.apt, need.apk) = (vec![package], vec![package]);
            if package == "gcc" {
                need.apt.push("libc6-dev");
                need.apk.push("musl-dev");
            }
            need.certain = false;
            needs.push(need);
        }
    }
    needs
}

/// OpenSSL for `openssl-sys`, where the project's own lock file says that it is compiled and not vendored.
pub(super) fn crates(rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<Need> {
    let builds = rest.iter().flatten().find(|w| !w.starts_with(['-', '+']));
    if !matches!(builds, Some(&("build" | "b" | "test" | "t" | "run"))) || rest.iter().any(Option::is_none) {
        return Vec::new();
    }
    // A part of a workspace may do without it; another target has its own libraries.
    if rest.iter().flatten().any(|w| {
        matches!(*w, "-p" | "--package" | "--bin" | "--no-default-features")
            || w.starts_with("--target")
            || w.starts_with("--manifest-path")
    }) {
        return Vec::new();
    }
    let Some(lock) = around.file("Cargo.lock") else { return Vec::new() };
    if !lock.contains("name = \"openssl-sys\"") || lock.contains("name = \"openssl-src\"") {
        return Vec::new();
    }
    if ["OPENSSL_DIR", "OPENSSL_LIB_DIR", "OPENSSL_STATIC", "PKG_CONFIG_PATH", "OPENSSL_NO_PKG_CONFIG"]
        .iter()
        .any(|v| around.variable(v).is_some() || around.variable_is_unknown(v))
    {
        return Vec::new();
    }
    let error = "Could not find directory of OpenSSL installation";
    let mut library = Need::new(NeedKind::Header, &[], "cargo (building openssl-sys of Cargo.lock)", error, 0);
    library.any_of = vec![Thing::Header("openssl/ssl.h".to_owned())];
    (library.apt, library.apk, library.certain) =
        (vec!["libssl-dev", "pkg-config"], vec!["openssl-dev", "pkgconf"], false);
    vec![library]
}

/// What PHP's extensions are compiled against: extension, header, Debian's package, Alpine's, the error.
const PHP: [(&str, &str, &str, &str, &str); 10] = [
    ("gd", "png.h", "libpng-dev", "libpng-dev", "Package 'libpng', required by 'virtual:world', not found"),
    ("zip", "zip.h", "libzip-dev", "libzip-dev", "Package 'libzip', required by 'virtual:world', not found"),
    ("intl", "unicode/utypes.h", "libicu-dev", "icu-dev", "Package 'icu-uc', required by 'virtual:world', not found"),
    ("pgsql", "postgresql/libpq-fe.h", "libpq-dev", "libpq-dev", "configure: error: Cannot find libpq-fe.h"),
    ("pdo_pgsql", "postgresql/libpq-fe.h", "libpq-dev", "libpq-dev", "configure: error: Cannot find libpq-fe.h"),
    ("gmp", "gmp.h", "libgmp-dev", "gmp-dev", "configure: error: GNU MP Library version 4.2 or greater required."),
    ("ldap", "ldap.h", "libldap-dev", "openldap-dev", "configure: error: Cannot find ldap.h"),
    ("bz2", "bzlib.h", "libbz2-dev", "bzip2-dev", "configure: error: Please reinstall the BZip2 distribution"),
    (
        "xsl",
        "libxslt/xslt.h",
        "libxslt1-dev",
        "libxslt-dev",
        "Package 'libxslt', required by 'virtual:world', not found",
    ),
    ("tidy", "tidy.h", "libtidy-dev", "tidyhtml-dev", "configure: error: Cannot find libtidy"),
];

pub(super) fn php(rest: &[Option<&str>]) -> Vec<Need> {
    let mut needs = Vec::new();
    for (at, word) in rest.iter().enumerate() {
        let Some(word) = word else { continue };
        let Some((extension, header, apt, apk, error)) = PHP.iter().find(|row| row.0 == *word) else { continue };
        let mut need = Need::new(NeedKind::Header, &[], format!("docker-php-ext-install {extension}"), *error, at + 1);
        need.any_of = vec![Thing::Header((*header).to_owned())];
        (need.apt, need.apk, need.certain) = (vec![*apt], vec![*apk], false);
        needs.push(need);
    }
    needs
}

/// `pecl install` runs phpize, which runs autoconf. The Alpine images of PHP take what compiles extensions away again and keep
/// its names in `$PHPIZE_DEPS` (their own Dockerfiles); those on Debian keep the packages.
pub(super) fn pecl(rest: &[Option<&str>]) -> Vec<Need> {
    if rest.first() != Some(&Some("install")) || rest.iter().any(Option::is_none) {
        return Vec::new();
    }
    let mut need = Need::new(
        NeedKind::Toolchain,
        &["autoconf"],
        "pecl install",
        "Cannot find autoconf. Please check your autoconf installation",
        0,
    );
    (need.apt, need.apk) = (vec!["autoconf", "build-essential"], vec!["autoconf", "build-base"]);
    vec![need]
}

#[cfg(test)]
mod tests {
    use crate::image::needs::tests::Around;
    use crate::image::needs::{NeedKind, needs};

    fn kinds(line: &str, files: Vec<(&'static str, &'static str)>) -> Vec<NeedKind> {
        let words: Vec<_> = line.split(' ').map(|w| Some(w.to_owned())).collect();
        let around = Around { files, ..Around::default() };
        let mut kinds: Vec<NeedKind> = needs(&words, &around).iter().map(|n| n.kind).collect();
        kinds.dedup();
        kinds
    }

    #[test]
    fn gems() {
        let lock = "GIT\n  remote: https://git.example.org/a.git\n  specs:\n    a (1)\n\nGEM\n  specs:\n    nio4r (2.7.3)\n    puma (6)\n      nio4r (~> 2.0)\n";
        assert_eq!(kinds("bundle install", vec![("Gemfile.lock", lock)]), [NeedKind::Git, NeedKind::Toolchain]);
        assert_eq!(kinds("bundle exec rails", vec![("Gemfile.lock", lock)]), []);
        let pre = "GEM\n  specs:\n    nokogiri (1.16.0-x86_64-linux)\n    rack (3.0)\n";
        assert_eq!(kinds("bundle install", vec![("Gemfile.lock", pre)]), []);
    }

    #[test]
    fn openssl() {
        let lock = vec![("Cargo.lock", "[[package]]\nname = \"openssl-sys\"\n")];
        assert_eq!(kinds("cargo build --release", lock.clone()), [NeedKind::Linker, NeedKind::Header]);
        assert_eq!(kinds("cargo fetch", lock), []);
        let vendored = vec![("Cargo.lock", "name = \"openssl-sys\"\nname = \"openssl-src\"\n")];
        assert_eq!(kinds("cargo build", vendored), [NeedKind::Linker]);
    }

    #[test]
    fn php_extensions() {
        assert_eq!(kinds("docker-php-ext-install -j4 pdo_mysql zip intl", vec![]), [NeedKind::Header]);
        assert_eq!(kinds("docker-php-ext-install pdo_mysql opcache", vec![]), []);
        assert_eq!(kinds("pecl install redis", vec![]), [NeedKind::Toolchain]);
        assert_eq!(kinds("pecl list", vec![]), []);
    }
}
