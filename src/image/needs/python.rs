//! What Python's installers need: git for an address of a repository, the development files of a library for a package
//! that is always compiled. Reads requirements files, `uv.lock` and `Pipfile.lock` where they come from the build context.

use std::collections::HashSet;

use super::need::{CommandEnv, Need, NeedKind, Thing};

pub use super::pypi::PypiPackage;

/// A package or address that an installer is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// As PyPI writes names: lower case, with `-`. Empty for a bare address.
    pub name: String,
    /// As written, without options and marker.
    pub text: String,
    /// A version is fixed or bounded.
    pub bounded: bool,
    /// It names a git repository.
    pub git: bool,
    /// Index of the word that names it, or the file that does.
    pub word: usize,
    /// The file that names it, as the command writes its path.
    pub file: Option<String>,
    /// Holds only under a condition that was not evaluated.
    pub conditional: bool,
}

/// What a call of an installer asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PipRequest {
    /// "pip", "uv pip".
    pub tool: String,
    pub requirements: Vec<Requirement>,
    /// Another index, a folder of wheels or a word that we do not know: a wheel may come from elsewhere.
    pub elsewhere: bool,
}

/// Requirements files may include each other; deeper than this is a ring.
const DEPTH: u8 = 8;
/// Files and lines of one `-r`; a project's own lock of everything it needs comes to some hundreds of lines.
const MOST_FILES: usize = 200;
const MOST_LINES: usize = 5_000;

/// The words after `install`, with the tool's name; `None` if the command installs nothing.
fn install_words<'a>(words: &'a [Option<String>]) -> Option<(String, usize, &'a [Option<String>])> {
    let word = |i: usize| words.get(i).and_then(|w| w.as_deref());
    let base = |w: &'a str| w.rsplit('/').next().unwrap_or(w);
    let (tool, mut at) = match (base(word(0)?), word(1), word(2)) {
        (pip, _, _) if is_pip(pip) => (pip.to_owned(), 1),
        (python, Some("-m"), Some("pip")) if python.starts_with("python") => ("pip".to_owned(), 3),
        ("uv", Some("pip"), _) => ("uv pip".to_owned(), 2),
        ("uv", Some("tool"), _) => ("uv tool".to_owned(), 2),
        ("pipx", ..) => ("pipx".to_owned(), 1),
        _ => return None,
    };
    // Options before the verb take no value that matters here.
    while word(at).is_some_and(|w| w.starts_with('-')) {
        at += 1;
    }
    matches!(word(at), Some("install" | "wheel" | "download")).then_some(())?;
    Some((tool, at + 1, words.get(at + 1..)?))
}

fn is_pip(name: &str) -> bool {
    name.strip_prefix("pip").is_some_and(|v| v.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// What a call of pip, uv or pipx asks for; `None` if it is none, or installs nothing.
pub fn request(words: &[Option<String>], around: &dyn CommandEnv) -> Option<PipRequest> {
    let (tool, start, rest) = install_words(words)?;
    let mut request = PipRequest { tool, ..PipRequest::default() };
    const ELSEWHERE: [&str; 12] = [
        "--index-url",
        "-i",
        "--extra-index-url",
        "--find-links",
        "-f",
        "--only-binary",
        "--no-deps",
        "--no-index",
        "--index",
        "--default-index",
        "--platform",
        "--dry-run",
    ];
    const VALUED: [&str; 14] = [
        "-t",
        "--target",
        "--prefix",
        "--root",
        "-c",
        "--constraint",
        "--python",
        "-p",
        "--cache-dir",
        "--trusted-host",
        "--timeout",
        "--retries",
        "--python-version",
        "--no-binary",
    ];
    let files = |word| Files { around, word, seen: HashSet::new(), lines: HashSet::new() };
    let mut index = 0;
    while let Some(word) = rest.get(index) {
        let at = start + index;
        index += 1;
        let Some(word) = word.as_deref() else {
            request.elsewhere = true;
            continue;
        };
        let (option, value) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value)),
            _ => (word, None),
        };
        let mut next = || {
            let value = value.map(str::to_owned).or_else(|| rest.get(index).cloned().flatten());
            index += usize::from(!word.contains('=') || !word.starts_with("--"));
            value
        };
        match option {
            "-r" | "--requirement" | "--requirements" => {
                if let Some(path) = next() {
                    files(at).read(&path, &mut request, DEPTH);
                }
            }
            "-e" | "--editable" => {
                if let Some(text) = next() {
                    request.requirements.extend(requirement(&text, at, None));
                }
            }
            o if ELSEWHERE.contains(&o) => {
                request.elsewhere = true;
                if !matches!(o, "--no-deps" | "--no-index" | "--dry-run") {
                    next();
                }
            }
            o if VALUED.contains(&o) => _ = next(),
            o if o.starts_with("-r") && o.len() > 2 => {
                files(at).read(o.get(2..).unwrap_or(""), &mut request, DEPTH);
            }
            o if o.starts_with('-') => {}
            text => request.requirements.extend(requirement(text, at, None)),
        }
    }
    const VARIABLES: [&str; 9] = [
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_NO_INDEX",
        "PIP_ONLY_BINARY",
        "PIP_CONFIG_FILE",
        "UV_INDEX_URL",
        "UV_EXTRA_INDEX_URL",
        "UV_INDEX",
    ];
    request.elsewhere |= VARIABLES.iter().any(|v| around.variable(v).is_some() || around.variable_is_unknown(v));
    Some(request)
}

/// Requirements files as they are taken in.
struct Files<'a> {
    around: &'a dyn CommandEnv,
    /// The word of the command that names the first of them.
    word: usize,
    /// By path. Naming one twice adds nothing.
    seen: HashSet<String>,
    lines: HashSet<String>,
}

impl Files<'_> {
    /// Takes in a file and those that it names, if they can be read (pip's documentation, "Requirements File Format").
    fn read(&mut self, path: &str, request: &mut PipRequest, depth: u8) {
        if self.seen.len() == MOST_FILES || self.lines.len() == MOST_LINES || !self.seen.insert(path.to_owned()) {
            return;
        }
        let Some(depth) = depth.checked_sub(1) else {
            let what = format!("requirements files include each other over {DEPTH} deep; the rest was not read");
            return self.around.note_skipped(&what);
        };
        if self.seen.len() == MOST_FILES {
            let what = format!("the requirements stand in over {MOST_FILES} files; the rest was not read");
            return self.around.note_skipped(&what);
        }
        let Some(text) = self.around.file(path) else { return };
        let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
        for line in joined.lines() {
            let line = match line.find(" #") {
                Some(at) => line.get(..at).unwrap_or(line),
                None => line,
            };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (option, value) = line.split_once([' ', '=']).unwrap_or((line, ""));
            let value = value.trim();
            let wanted = match option {
                "-r" | "--requirement" => {
                    self.read(&format!("{folder}{value}"), request, depth);
                    continue;
                }
                "-i" | "--index-url" | "--extra-index-url" | "--find-links" | "-f" | "--only-binary" | "--no-index" => {
                    request.elsewhere = true;
                    continue;
                }
                "-e" | "--editable" => value,
                o if o.starts_with('-') => continue,
                _ => line,
            };
            if self.lines.contains(wanted) {
                continue;
            }
            self.lines.insert(wanted.to_owned());
            if self.lines.len() == MOST_LINES {
                let what = format!("the files name over {MOST_LINES} requirements; the rest was not read");
                return self.around.note_skipped(&what);
            }
            request.requirements.extend(requirement(wanted, self.word, Some(path)));
        }
    }
}

/// Reads one requirement (PEP 508). `None` for a path, an archive, or what is meant for another platform.
pub fn requirement(text: &str, word: usize, file: Option<&str>) -> Option<Requirement> {
    let (text, marker) = match text.split_once(';') {
        Some((text, marker)) => (text.trim(), Some(marker.trim())),
        None => (text.trim(), None),
    };
    let marker = match marker.map(applies) {
        Some(Some(false)) => return None,
        Some(None) => true,
        _ => false,
    };
    // `--hash` and other options after a requirement.
    let text = text.split(" --").next().unwrap_or(text).trim();
    let address = text.split_once('@').map(|(_, a)| a.trim_start()).filter(|a| a.contains("://")).unwrap_or(text);
    let git = address.starts_with("git+") || address.starts_with("git://");
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    let (name, behind) = text.split_at(end);
    if !git
        && (name.is_empty()
            || behind.contains("://")
            || behind.starts_with(['/', ':', '+', '*'])
            || name.starts_with('.'))
    {
        return None;
    }
    if !git && [".whl", ".zip", ".gz", ".txt", ".toml"].iter().any(|s| name.ends_with(s)) {
        return None;
    }
    let behind = match behind.trim_start().strip_prefix('[') {
        Some(extras) => extras.split_once(']').map_or("", |(_, b)| b),
        None => behind,
    };
    Some(Requirement {
        name: if git && !text.contains('@') || name.contains('+') || text.starts_with("git") && git {
            String::new()
        } else {
            name.to_ascii_lowercase().replace(['_', '.'], "-")
        },
        text: text.to_owned(),
        bounded: behind.trim_start().starts_with(['=', '<', '>', '~', '!', '@']),
        git,
        word,
        file: file.map(str::to_owned),
        conditional: marker,
    })
}

/// True if an environment marker holds on Linux; `None` if that is not known.
fn applies(marker: &str) -> Option<bool> {
    let plain = marker.replace(['"', '\''], "").replace(' ', "");
    if plain.contains("and") || plain.contains("or") && !plain.contains("platform") {
        return None;
    }
    match plain.as_str() {
        "sys_platform==linux"
        | "platform_system==Linux"
        | "os_name==posix"
        | "sys_platform!=win32"
        | "sys_platform!=darwin"
        | "platform_system!=Windows"
        | "platform_system!=Darwin"
        | "os_name!=nt" => Some(true),
        "sys_platform==win32"
        | "sys_platform==darwin"
        | "platform_system==Windows"
        | "platform_system==Darwin"
        | "os_name==nt"
        | "sys_platform!=linux"
        | "platform_system!=Linux" => Some(false),
        _ => None,
    }
}

pub(super) fn needs(words: &[Option<String>], around: &dyn CommandEnv) -> Vec<Need> {
    if let Some(need) = locked(words, around) {
        return vec![need];
    }
    let Some(request) = request(words, around) else { return Vec::new() };
    let mut needs = Vec::new();
    if let Some(it) = request.requirements.iter().find(|r| r.git && !r.conditional) {
        needs.push(git(&request.tool, it.file.as_deref(), it.word));
    }
    if !request.elsewhere {
        for it in request.requirements.iter().filter(|r| !r.git && !r.conditional && !r.name.is_empty()) {
            needs.extend(builds(&request.tool, it, around));
        }
    }
    needs
}

fn git(tool: &str, file: Option<&str>, word: usize) -> Need {
    let command = match file {
        Some(file) => format!("{tool} (a git address in {file})"),
        None => tool.to_owned(),
    };
    let error = match tool {
        "uv" | "uv pip" | "uv tool" => "Git executable not found. Ensure that Git is installed and available.",
        _ => "ERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?",
    };
    let mut need = Need::new(NeedKind::Git, &["git"], command, error, word);
    (need.apt, need.apk) = (vec!["git"], vec!["git"]);
    need
}

/// Lock files that name a git repository.
fn locked(words: &[Option<String>], around: &dyn CommandEnv) -> Option<Need> {
    let word = |i: usize| words.get(i).and_then(|w| w.as_deref());
    match (word(0)?.rsplit('/').next()?, word(1)?) {
        ("uv", "sync") => {
            let text = around.file("uv.lock")?;
            // A group or an extra may be the only one that needs it.
            let whole = words.iter().skip(2).all(|w| {
                w.as_deref().is_some_and(|w| {
                    matches!(w, "--frozen" | "--locked" | "--no-cache" | "--no-dev" | "--no-install-project")
                })
            });
            let all = text.matches("source = { git = ").count();
            (whole
                && all > 0
                && !text.contains("[package.optional-dependencies]")
                && !text.contains("[package.dev-dependencies]"))
            .then(|| git("uv", Some("uv.lock"), 1))
        }
        ("pipenv", "install" | "sync") => {
            let lock: serde_json::Value = serde_json::from_str(&around.file("Pipfile.lock")?).ok()?;
            let found = lock
                .get("default")?
                .as_object()?
                .values()
                .any(|p| p.get("git").is_some() && p.get("markers").is_none());
            found.then(|| git("pipenv", Some("Pipfile.lock"), 1))
        }
        _ => None,
    }
}

/// The files that the build of a package without a wheel looks for.
fn builds(tool: &str, it: &Requirement, around: &dyn CommandEnv) -> Vec<Need> {
    let Some(package) = around.pypi(&it.name) else { return Vec::new() };
    // With a wheel nothing is built; where only musl lacks one, another rule speaks.
    if package.wheel || package.glibc_wheel {
        return Vec::new();
    }
    let mut needs = Vec::new();
    for thing in &package.requires {
        let any_of: Vec<Thing> = match thing.as_str() {
            "pg_config" | "mysql_config" | "curl-config" | "gdal-config" | "swig" | "pkg-config" => {
                vec![Thing::Command(thing.clone())]
            }
            // Others fetch cmake as a build dependency of their own.
            "cmake" if it.name == "dlib" => vec![Thing::Command(thing.clone())],
            "libpq-fe.h" => vec![Thing::Header("postgresql/libpq-fe.h".to_owned())],
            "mysql.h" => vec![Thing::Header("mariadb/mysql.h".to_owned()), Thing::Header("mysql/mysql.h".to_owned())],
            header if header.ends_with(".h") => vec![Thing::Header(header.to_owned())],
            _ => continue,
        };
        let named = match &it.file {
            Some(file) => format!("{tool} (building {}, named in {file})", it.name),
            None => format!("{tool} (building {})", it.name),
        };
        let error = package.error.clone().unwrap_or_else(|| format!("fatal error: {thing}: No such file or directory"));
        needs.push(Need {
            kind: NeedKind::Header,
            any_of,
            command: named,
            error,
            apt: package.apt.clone(),
            apk: package.apk.clone(),
            certain: package.proved && !it.bounded,
            word: it.word,
        });
    }
    needs
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::image::needs::tests::Around;

    fn words(line: &str) -> Vec<Option<String>> {
        line.split(' ').map(|w| Some(w.to_owned())).collect()
    }

    fn needs_git(line: &str, around: &Around) -> bool {
        needs(&words(line), around).iter().any(|n| n.kind == NeedKind::Git)
    }

    #[test]
    fn requirements_as_pip_reads_them() {
        let one = |text: &str| requirement(text, 0, None);
        let names = |text: &str| one(text).map(|r| (r.name, r.bounded, r.git));
        assert_eq!(names("psycopg2"), Some(("psycopg2".to_owned(), false, false)));
        assert_eq!(names("Psycopg2[x]==2.9"), Some(("psycopg2".to_owned(), true, false)));
        assert_eq!(names("python_ldap>=3"), Some(("python-ldap".to_owned(), true, false)));
        assert!(names("git+https://a.b/c.git@v1#egg=c").unwrap().2);
        assert_eq!(names("httpx @ git+https://a.b/c.git"), Some(("httpx".to_owned(), true, true)));
        for text in [
            ".",
            "./x",
            "/wheels/*.whl",
            "https://a.b/c.zip",
            "x.whl",
            "pkg; sys_platform == \"win32\"",
            "a @ https://a.b/c.zip",
        ] {
            assert_eq!(one(text), None, "{text}");
        }
        assert!(one("x; python_version < '3.8'").unwrap().conditional);
    }

    #[test]
    fn git_addresses() {
        let none = Around::default();
        assert!(needs_git("pip install git+https://a.b/c", &none));
        assert!(needs_git("pip3 install --no-cache-dir -e git+https://a.b/c", &none));
        assert!(needs_git("python3 -m pip install x@git+https://a.b/c", &none));
        assert!(needs_git("uv pip install --system git+https://a.b/c", &none));
        assert!(!needs_git("pip install flask", &none));
        assert!(!needs_git("pip uninstall git+https://a.b/c", &none));
        let files =
            |text| Around { files: vec![("req/a.txt", text), ("req/b.txt", "git+ssh://a.b/c")], ..Around::default() };
        assert!(needs_git("pip install -r req/a.txt", &files("flask\n-e git+https://a.b/c#egg=c\n")));
        assert!(needs_git("pip install --requirement=req/a.txt", &files("-r b.txt")));
        assert!(!needs_git(
            "pip install -r req/a.txt",
            &files("# git+https://a.b/c\nx @ git+https://a.b/c ; sys_platform == 'win32'\n")
        ));
        assert!(!needs_git("pip install -r other.txt", &files("git+https://a.b/c")));
    }

    #[test]
    fn a_ring_of_files_ends() {
        let ring = Around { files: vec![("a.txt", "-r a.txt\n-r a.txt\n")], ..Around::default() };
        assert!(!needs_git("pip install -r a.txt", &ring));
    }

    #[test]
    fn another_index_is_seen() {
        let elsewhere = |line: &str| request(&words(line), &Around::default()).unwrap().elsewhere;
        assert!(elsewhere("pip install --extra-index-url https://a.b x"));
        assert!(elsewhere("pip install --find-links=/wheels x"));
        assert!(!elsewhere("pip install --no-cache-dir -U x"));
        assert_eq!(request(&words("pip install -t /opt psycopg2"), &Around::default()).unwrap().requirements.len(), 1);
    }
}
