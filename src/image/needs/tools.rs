//! What build tools and downloaders need beside a compiler: a build program, a linker, git, root certificates.

use super::compilers::{chooses_compiler, compilers};
use super::need::{CommandEnv, Need, NeedKind, Thing};

/// The program that builds what cmake configures, by generator (cmake-generators(7)).
pub(super) fn cmake(name: &str, rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<Need> {
    // The same command lines configure as those that look for compilers; what chooses those by hand may build otherwise.
    let words: Vec<Option<String>> =
        std::iter::once(Some(name)).chain(rest.iter().copied()).map(|w| w.map(str::to_owned)).collect();
    if compilers(&words, around).iter().all(|need| need.program.is_some()) {
        return Vec::new();
    }
    let mut generator = None;
    let mut at = 0;
    let mut iter = rest.iter().enumerate();
    while let Some((index, word)) = iter.next() {
        match word {
            None => return Vec::new(),
            Some("-G") => match iter.next() {
                Some((_, Some(value))) => (generator, at) = (Some((*value).to_owned()), index + 1),
                _ => return Vec::new(),
            },
            Some(word) if word.starts_with("-G") => (generator, at) = (word.get(2..).map(str::to_owned), index + 1),
            Some(word) if word.starts_with("--preset") || word.contains("CMAKE_MAKE_PROGRAM") => return Vec::new(),
            Some(_) => {}
        }
    }
    if generator.is_none() {
        if around.variable_is_unknown("CMAKE_GENERATOR") {
            return Vec::new();
        }
        generator = around.variable("CMAKE_GENERATOR");
    }
    let (programs, title): (&[&str], &str) = match generator.as_deref().unwrap_or("Unix Makefiles") {
        "Unix Makefiles" => (&["make"], "Unix Makefiles"),
        "Ninja" => (&["ninja"], "Ninja"),
        "Ninja Multi-Config" => (&["ninja"], "Ninja Multi-Config"),
        _ => return Vec::new(),
    };
    let error = format!("CMake was unable to find a build program corresponding to \"{title}\".");
    let mut need = Need::new(NeedKind::BuildProgram, programs, name, error, at);
    (need.apt, need.apk) =
        if title == "Unix Makefiles" { (vec!["make"], vec!["make"]) } else { (vec!["ninja-build"], vec!["samurai"]) };
    vec![need]
}

pub(super) fn meson(rest: &[Option<&str>]) -> Vec<Need> {
    let sets_up = rest.first() == Some(&Some("setup"));
    if !sets_up || rest.iter().any(|w| w.is_none_or(|w| w.starts_with("--backend"))) {
        return Vec::new();
    }
    let error = "ERROR: Could not detect Ninja v1.8.2 or newer";
    let mut need = Need::new(NeedKind::BuildProgram, &["ninja"], "meson", error, 0);
    (need.apt, need.apk) = (vec!["ninja-build"], vec!["samurai"]);
    vec![need]
}

/// `cc`, with which rustc links (rustc book, "Codegen options", `linker`).
pub(super) fn cargo(rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<Need> {
    let mut words = rest.iter().enumerate().filter(|(_, w)| w.is_none_or(|w| !w.starts_with(['+', '-'])));
    let Some((at, Some(verb))) = words.next() else { return Vec::new() };
    let links = match *verb {
        "build" | "b" | "install" | "test" | "t" | "run" | "r" | "bench" | "rustc" => true,
        "chef" => words.next().is_some_and(|(_, w)| *w == Some("cook")),
        _ => false,
    };
    // Another target has another linker; an unknown word may be one.
    let target =
        |w: &str| w == "--target" || w.starts_with("--target=") || w == "--config" || w.starts_with("--config=");
    let only_lists = |w: &str| w == "--list" || w == "--help" || w == "-h" || w == "--version" || w == "-V";
    if !links || rest.iter().any(|w| w.is_none_or(|w| target(w) || only_lists(w))) {
        return Vec::new();
    }
    const LINKERS: [&str; 9] = [
        "RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER",
        "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER",
        "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER",
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
    ];
    if chooses_compiler(around, &LINKERS) {
        return Vec::new();
    }
    let configured = [".cargo/config.toml", ".cargo/config", "../.cargo/config.toml", "/root/.cargo/config.toml"]
        .iter()
        .filter_map(|path| around.file(path))
        .any(|text| text.contains("linker") || text.contains("target"));
    if configured {
        return Vec::new();
    }
    let mut need =
        Need::new(NeedKind::Linker, &["cc"], format!("cargo {verb}"), "error: linker `cc` not found", at + 1);
    (need.apt, need.apk) = (vec!["gcc", "libc6-dev"], vec!["gcc", "musl-dev"]);
    vec![need]
}

/// git, where Go's proxy is switched off.
pub(super) fn go(rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<Need> {
    let fetches = match rest {
        [Some("mod"), Some("download" | "tidy" | "vendor"), ..] => {
            around.file("go.mod").is_some_and(|m| m.contains("require"))
        }
        [Some("install"), words @ ..] => words.iter().flatten().any(|w| w.contains('@') && w.contains('/')),
        _ => false,
    };
    if !fetches || around.variable("GOPROXY").as_deref() != Some("direct") {
        return Vec::new();
    }
    vec![Need::new(NeedKind::Git, &["git"], "go", "exec: \"git\": executable file not found in $PATH", 0)]
}

/// Root certificates for an `https` address, as curl(1) and wget(1) look for them.
pub(super) fn fetch(name: &str, rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<Need> {
    // An unknown word may switch the check off.
    if rest.iter().any(|w| w.is_some_and(|w| trusts_otherwise(name, w))) {
        return Vec::new();
    }
    let Some(at) = rest.iter().position(|w| w.is_some_and(is_https)) else { return Vec::new() };
    if chooses_compiler(around, &["CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"]) {
        return Vec::new();
    }
    let error = match name {
        "curl" => "curl: (60) SSL certificate problem: unable to get local issuer certificate",
        _ => "ERROR: cannot verify the server's certificate: Unable to locally verify the issuer's authority.",
    };
    vec![certificates(name, error, at + 1)]
}

fn trusts_otherwise(name: &str, word: &str) -> bool {
    let short = name == "curl" && word.starts_with('-') && !word.starts_with("--") && curl_short(word);
    short
        || [
            "--insecure",
            "--cacert",
            "--capath",
            "--no-check-certificate",
            "--ca-certificate",
            "--ca-directory",
            "--config",
        ]
        .iter()
        .any(|o| word == *o || word.strip_prefix(o).is_some_and(|r| r.starts_with('=')))
}

/// `-k` or `-K` among curl's bundled options; a letter after one that takes a value is that value.
fn curl_short(word: &str) -> bool {
    for letter in word.chars().skip(1) {
        if matches!(letter, 'k' | 'K') {
            return true;
        }
        if "oHdAuxXeFTCYyzcbmrwDEPQUt".contains(letter) {
            return false;
        }
    }
    false
}

pub(super) fn git(rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<Need> {
    if rest.iter().flatten().any(|w| w.to_ascii_lowercase().starts_with("http.ssl") || w.starts_with("--config=http")) {
        return Vec::new();
    }
    let mut words = rest.iter().enumerate();
    let mut verb = None;
    while let Some((_, word)) = words.next() {
        match word {
            None => return Vec::new(),
            Some("-C" | "-c" | "--git-dir" | "--work-tree") => _ = words.next(),
            Some(word) if word.starts_with('-') => {}
            Some(word) => {
                verb = Some(*word);
                break;
            }
        }
    }
    if !matches!(verb, Some("clone" | "ls-remote")) {
        return Vec::new();
    }
    let Some((at, _)) = words.find(|(_, w)| w.is_some_and(is_https)) else { return Vec::new() };
    if chooses_compiler(
        around,
        &["GIT_SSL_NO_VERIFY", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR"],
    ) {
        return Vec::new();
    }
    let error = "fatal: unable to access: server certificate verification failed. CAfile: none CRLfile: none";
    vec![certificates("git", error, at + 1)]
}

fn is_https(word: &str) -> bool {
    word.starts_with("https://") || word.contains("=https://")
}

fn certificates(command: &str, error: &str, word: usize) -> Need {
    let mut need = Need::new(NeedKind::Certificates, &[], command, error, word);
    need.any_of = vec![Thing::Certificates];
    (need.apt, need.apk) = (vec!["ca-certificates"], vec!["ca-certificates"]);
    need
}

#[cfg(test)]
mod tests {
    use crate::image::needs::tests::Around;
    use crate::image::needs::{NeedKind, needs};

    fn kinds(line: &str, around: &Around) -> Vec<NeedKind> {
        let words: Vec<_> = line.split(' ').map(|w| Some(w.to_owned())).collect();
        needs(&words, around).iter().map(|n| n.kind).collect()
    }

    #[test]
    fn build_programs() {
        let none = Around::default();
        assert_eq!(kinds("cmake -S . -B build", &none), [NeedKind::BuildProgram]);
        assert_eq!(kinds("cmake -G Ninja .", &none), [NeedKind::BuildProgram]);
        assert_eq!(kinds("cmake --build build", &none), []);
        assert_eq!(kinds("cmake --preset release", &none), []);
        assert_eq!(kinds("cmake -G Xcode .", &none), []);
        assert_eq!(kinds("meson setup build", &none), [NeedKind::BuildProgram]);
        assert_eq!(kinds("meson setup --backend=none build", &none), []);
    }

    #[test]
    fn linkers() {
        let none = Around::default();
        for line in ["cargo build --release", "cargo +nightly install ripgrep", "cargo chef cook --release"] {
            assert_eq!(kinds(line, &none), [NeedKind::Linker], "{line}");
        }
        for line in ["cargo fetch", "cargo chef prepare", "cargo build --target wasm32-unknown-unknown", "cargo fmt"] {
            assert_eq!(kinds(line, &none), [], "{line}");
        }
        let chosen = Around { variables: vec![("RUSTFLAGS", "-Clinker=clang")], ..Around::default() };
        assert_eq!(kinds("cargo build", &chosen), []);
        let file = Around { files: vec![(".cargo/config.toml", "[target.x]\nlinker = \"lld\"")], ..Around::default() };
        assert_eq!(kinds("cargo build", &file), []);
    }

    #[test]
    fn certificates_for_https() {
        let none = Around::default();
        for line in [
            "curl -fsSL https://example.org/a -o /a",
            "wget -q https://example.org",
            "git clone --depth 1 https://a.b/c",
        ] {
            assert_eq!(kinds(line, &none), [NeedKind::Certificates], "{line}");
        }
        for line in [
            "curl -fsSLk https://example.org",
            "curl http://example.org",
            "wget --no-check-certificate https://example.org",
            "git -c http.sslVerify=false clone https://a.b/c",
            "git remote add origin https://a.b/c",
        ] {
            assert_eq!(kinds(line, &none), [], "{line}");
        }
        assert_eq!(kinds("curl -o /k https://example.org", &none), [NeedKind::Certificates]);
    }

    #[test]
    fn git_for_go_without_a_proxy() {
        let direct = Around { variables: vec![("GOPROXY", "direct")], ..Around::default() };
        assert_eq!(kinds("go install example.org/a@v1", &direct), [NeedKind::Git]);
        assert_eq!(kinds("go install example.org/a@v1", &Around::default()), []);
    }
}
