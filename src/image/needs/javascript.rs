//! What npm, yarn and pnpm need for the packages of a lock file: git for one that is resolved from a repository, node-gyp's
//! tools for one that is compiled on every install.

use serde_json::Value;

use super::need::{CommandEnv, Need, NeedKind};

/// Packages that have a `binding.gyp` and no prebuilt binaries: `npm install` always runs `node-gyp rebuild`. Read in the
/// manifests of the npm registry on 2026-11-22: install script and dependencies of the newest release.
const ALWAYS_COMPILED: [&str; 9] = [
    "heapdump",
    "i2c-bus",
    "iconv",
    "libpq",
    "mmmagic",
    "node-expat",
    "node-rdkafka",
    "segfault-handler",
    "unix-dgram",
];

/// A package as a lock file has it.
#[derive(Debug, PartialEq, Eq)]
struct Locked {
    name: String,
    resolved: String,
    dev: bool,
    optional: bool,
}

pub(super) fn needs(tool: &str, rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<Need> {
    let known: Vec<&str> = rest.iter().flatten().copied().collect();
    let verb = known.iter().find(|w| !w.starts_with('-')).copied();
    let installs = match tool {
        "npm" => matches!(verb, Some("ci" | "install" | "i" | "clean-install")),
        _ => matches!(verb, None | Some("install" | "i")),
    };
    if !installs
        || rest.iter().any(Option::is_none)
        || known.iter().any(|w| {
            matches!(*w, "-g" | "--global" | "--version" | "-v" | "--help" | "--package-lock-only" | "--dry-run")
        })
    {
        return Vec::new();
    }
    let word = 1 + rest.iter().position(|w| *w == verb).unwrap_or(0);
    let mut needs = Vec::new();
    // An address among the words themselves. npm asks the repository for the commit, whoever hosts it.
    let mut operands = rest.iter().enumerate().skip(word).filter_map(|(i, w)| Some((i + 1, (*w)?)));
    if tool == "npm"
        && let Some((at, _)) =
            operands.clone().find(|(_, w)| w.starts_with("git+") || w.starts_with("git://") || w.starts_with("github:"))
    {
        needs.push(git(tool, None, at));
    }
    if operands.any(|(_, w)| !w.starts_with('-')) {
        // Named packages: the lock file is not what is installed.
        return needs;
    }
    let Some((file, packages)) = lock(tool, around) else { return needs };
    let production =
        known.iter().any(|w| matches!(*w, "--omit=dev" | "--production" | "--prod" | "--only=production" | "-P"))
            || around.variable("NODE_ENV").as_deref() == Some("production")
            || around.variable_is_unknown("NODE_ENV");
    let wanted = |p: &&Locked| !(p.optional || p.dev && production);
    if packages.iter().filter(wanted).any(|p| from_git(tool, &p.resolved)) {
        needs.push(git(tool, Some(file), word));
    }
    let scripts = known.iter().any(|w| w.starts_with("--ignore-scripts"))
        || around.variable("npm_config_ignore_scripts").is_some()
        || around.variable("NPM_CONFIG_IGNORE_SCRIPTS").is_some()
        || around.file(".npmrc").is_some_and(|t| t.contains("ignore-scripts"));
    // pnpm 10 and yarn 2 and later run build scripts only where they are allowed.
    if !scripts
        && tool == "npm"
        && let Some(it) = packages.iter().filter(wanted).find(|p| ALWAYS_COMPILED.contains(&p.name.as_str()))
    {
        needs.extend(node_gyp(tool, &it.name, file, word));
    }
    needs
}

fn git(tool: &str, file: Option<&str>, word: usize) -> Need {
    let command = match file {
        Some(file) => format!("{tool} (a git address in {file})"),
        None => tool.to_owned(),
    };
    let error = match tool {
        "npm" => "npm error enoent An unknown git error occurred: spawn git ENOENT",
        "yarn" | "yarnpkg" => "error Couldn't find the binary git",
        _ => "ERR_PNPM: spawn git ENOENT",
    };
    let mut need = Need::new(NeedKind::Git, &["git"], command, error, word);
    (need.apt, need.apk) = (vec!["git"], vec!["git"]);
    need
}

fn node_gyp(tool: &str, package: &str, file: &str, word: usize) -> Vec<Need> {
    let command = format!("{tool} (compiling {package} of {file})");
    let tools: [(&[&str], &str, &[&'static str]); 3] = [
        (&["python3", "python"], "gyp ERR! find Python", &["python3"]),
        (&["make"], "gyp ERR! stack Error: not found: make", &["make"]),
        (&["g++", "c++"], "make: g++: No such file or directory", &["g++"]),
    ];
    let need = |(any_of, error, packages): (&[&str], &str, &[&'static str])| {
        let mut need = Need::new(NeedKind::Toolchain, any_of, command.clone(), error, word);
        (need.apt, need.apk, need.certain) = (packages.to_vec(), packages.to_vec(), false);
        need
    };
    tools.into_iter().map(need).collect()
}

/// True if the tool fetches this with git. npm 7 and later, yarn and pnpm fetch a commit of GitHub, GitLab or Bitbucket
/// as an archive.
fn from_git(tool: &str, resolved: &str) -> bool {
    let git = resolved.starts_with("git+") || resolved.starts_with("git:") || resolved.starts_with("git@");
    let hosted = ["github.com", "gitlab.com", "bitbucket.org"].iter().any(|h| resolved.contains(h));
    git && !(hosted && tool == "npm")
}

/// The lock file that the tool reads, and its packages.
fn lock(tool: &str, around: &dyn CommandEnv) -> Option<(&'static str, Vec<Locked>)> {
    match tool {
        "npm" => ["npm-shrinkwrap.json", "package-lock.json"]
            .into_iter()
            .find_map(|f| Some((f, npm_lock(&around.file(f)?)?))),
        "pnpm" => None,
        _ => Some(("yarn.lock", yarn_lock(&around.file("yarn.lock")?))),
    }
}

fn npm_lock(text: &str) -> Option<Vec<Locked>> {
    let json: Value = serde_json::from_str(text).ok()?;
    let mut out = Vec::new();
    let flag = |v: &Value, name: &str| v.get(name).and_then(Value::as_bool).unwrap_or(false);
    let text = |v: &Value, name: &str| v.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    if let Some(packages) = json.get("packages").and_then(Value::as_object) {
        for (path, it) in packages {
            let Some((_, name)) = path.rsplit_once("node_modules/") else { continue };
            let (dev, optional) =
                (flag(it, "dev") || flag(it, "devOptional"), flag(it, "optional") || flag(it, "devOptional"));
            out.push(Locked { name: name.to_owned(), resolved: text(it, "resolved"), dev, optional });
        }
    } else if let Some(dependencies) = json.get("dependencies").and_then(Value::as_object) {
        for (name, it) in dependencies {
            let (resolved, version) = (text(it, "resolved"), text(it, "version"));
            let resolved = if resolved.is_empty() { version } else { resolved };
            out.push(Locked { name: name.clone(), resolved, dev: flag(it, "dev"), optional: flag(it, "optional") });
        }
    }
    Some(out)
}

/// yarn's first format: which packages are optional or for development is not in it.
fn yarn_lock(text: &str) -> Vec<Locked> {
    let mut out = Vec::new();
    let mut name = String::new();
    for line in text.lines() {
        if !line.starts_with([' ', '#']) && line.ends_with(':') {
            let first = line.trim_matches(['"', ':']).split(',').next().unwrap_or("").trim_matches('"');
            name =
                first.get(1..).and_then(|f| f.find('@')).and_then(|at| first.get(..at + 1)).unwrap_or(first).to_owned();
        } else if let Some(resolved) = line.trim().strip_prefix("resolved ") {
            out.push(Locked {
                name: name.clone(),
                resolved: resolved.trim_matches('"').to_owned(),
                dev: false,
                optional: false,
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::image::needs::tests::Around;
    use crate::image::needs::{NeedKind, needs};

    const LOCK: &str = r#"{ "lockfileVersion": 3, "packages": {
        "": { "name": "app" },
        "node_modules/iconv": { "version": "3.0.1", "resolved": "https://npm.example/iconv/-/iconv-3.0.1.tgz" },
        "node_modules/tool": { "resolved": "git+ssh://git@git.example.org/tool.git#0f", "dev": true } } }"#;

    fn kinds(line: &str, file: (&'static str, &'static str)) -> Vec<NeedKind> {
        let words: Vec<_> = line.split(' ').map(|w| Some(w.to_owned())).collect();
        let around = Around { files: vec![file], ..Around::default() };
        let mut kinds: Vec<NeedKind> = needs(&words, &around).iter().map(|n| n.kind).collect();
        kinds.dedup();
        kinds
    }

    #[test]
    fn lock_files() {
        let lock = ("package-lock.json", LOCK);
        assert_eq!(kinds("npm ci", lock), [NeedKind::Git, NeedKind::Toolchain]);
        assert_eq!(kinds("npm ci --omit=dev", lock), [NeedKind::Toolchain]);
        assert_eq!(kinds("npm ci --ignore-scripts", lock), [NeedKind::Git]);
        assert_eq!(kinds("npm run build", lock), []);
        assert_eq!(kinds("npm install -g iconv", lock), []);
        let hosted = r#"{"packages":{"node_modules/a":{"resolved":"git+ssh://git@github.com/a/a.git#0f"}}}"#;
        assert_eq!(kinds("npm ci", ("package-lock.json", hosted)), []);
        let yarn = "\"a@git+https://git.example.org/a.git\":\n  version \"1\"\n  resolved \"git+https://git.example.org/a.git#0f\"\n";
        assert_eq!(kinds("yarn install --frozen-lockfile", ("yarn.lock", yarn)), [NeedKind::Git]);
        assert_eq!(kinds("yarn", ("yarn.lock", yarn)), [NeedKind::Git]);
    }

    #[test]
    fn addresses_on_the_command_line() {
        assert_eq!(kinds("npm install git+https://a.b/c.git", ("x", "")), [NeedKind::Git]);
        assert_eq!(kinds("npm install lodash", ("x", "")), []);
    }
}
