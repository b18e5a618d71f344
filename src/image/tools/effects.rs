//! What the commands of a script do to the commands of an image, by their names.

use super::harmless::is_harmless;

/// The effect of a command, whatever its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::image) enum Effect {
    /// Does not change the image's commands.
    Harmless,
    /// May install applications, but no tools of the system.
    Applications,
    /// A package manager of the system, which changes something only in calls that [`crate::image::install`] reads.
    PackageManager,
    /// Unknown: may install anything.
    Anything,
}

/// A group of commands whose effect depends on their arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::image) enum Handler {
    ChangeFolder,
    Remove,
    Find,
    Copy,
    Tee,
    Fetch,
    Untar,
    Unzip,
    DpkgDeb,
    Make,
    Cmake,
    Shell,
    Source,
    /// The script after `-c` is read with the command.
    ReadWithCommand,
    Eval,
    Alternatives,
    EditFile,
    AddRepository,
    Extrepo,
    Reconfigure,
    SetVariable,
    Conda,
    Rustup,
    /// Version managers of Node.js.
    NodeVersions,
    Corepack,
    /// Downloads a package to run it.
    PackageRunner,
    Interpreter,
}

/// Commands by their handler.
const HANDLERS: &[(Handler, &[&str])] = &[
    (Handler::ChangeFolder, &["cd"]),
    (Handler::Remove, &["rm", "unlink"]),
    (Handler::Find, &["find"]),
    (Handler::Copy, &["cp", "mv", "install", "ln"]),
    (Handler::Tee, &["tee"]),
    (Handler::Fetch, &["curl", "wget", "aria2c", "fetch"]),
    (Handler::Untar, &["tar", "bsdtar"]),
    (Handler::Unzip, &["unzip", "7z"]),
    (Handler::DpkgDeb, &["dpkg-deb"]),
    (Handler::Make, &["make", "gmake", "ninja", "meson", "scons", "waf"]),
    (Handler::Cmake, &["cmake"]),
    (Handler::Shell, &["sh", "bash", "ash", "dash", "zsh", "ksh"]),
    (Handler::Source, &[".", "source"]),
    (Handler::ReadWithCommand, &["su", "runuser"]),
    (Handler::Eval, &["eval"]),
    (Handler::Alternatives, &["update-alternatives"]),
    (Handler::EditFile, &["sed", "truncate"]),
    (Handler::AddRepository, &["add-apt-repository", "apt-add-repository"]),
    (Handler::Extrepo, &["extrepo"]),
    (Handler::Reconfigure, &["dpkg-reconfigure", "debconf-set-selections"]),
    (Handler::SetVariable, &["mktemp", "export", "alias"]),
    (Handler::Conda, &["conda", "mamba", "micromamba"]),
    (Handler::Rustup, &["rustup", "rustup-init"]),
    (Handler::NodeVersions, &["nvm", "fnm", "n", "volta"]),
    (Handler::Corepack, &["corepack"]),
    (Handler::PackageRunner, &["playwright", "npx", "pnpx", "bunx", "uvx"]),
    (Handler::Interpreter, &["python", "python2", "python3", "pypy3", "perl", "ruby"]),
];

/// Package managers of languages, and tools that call them.
const APPLICATIONS: &[&str] = &[
    "npm",
    "yarn",
    "pnpm",
    "bun",
    "node",
    "poetry",
    "pipenv",
    "pdm",
    "hatch",
    "uv",
    "pip-sync",
    "tox",
    "bundle",
    "rake",
    "gem",
    "composer",
    "php",
    "go",
    "cargo",
    "dotnet",
    "sdkmanager",
    "mix",
    "rebar3",
    "stack",
    "cabal",
    "opam",
    "luarocks",
    "cpan",
    "cpanm",
    "R",
    "Rscript",
    "julia",
    "swift",
    "gradle",
    "mvn",
    "sbt",
    "lein",
    "wasm-pack",
    "trunk",
    "deno",
    "helm",
    "virtualenv",
    "pyenv",
    "rbenv",
    "ansible-galaxy",
    "npm-cli",
    "jupyter",
    "spacy",
    "nltk",
    "huggingface-cli",
    "pre-commit",
    "gulp",
    "grunt",
    "ng",
    "webpack",
    "vite",
    "next",
    "turbo",
    "lerna",
    "nx",
    "bazel",
    "buf",
];

const PACKAGE_MANAGERS: &[&str] =
    &["dpkg", "apk", "apt", "apt-get", "apt-mark", "rpm", "dnf", "yum", "microdnf", "tdnf", "zypper", "pacman"];

/// Returns the handler of a command, if its effect depends on its arguments.
pub(in crate::image) fn handler_of(name: &str) -> Option<Handler> {
    if name.starts_with("python3.") {
        return Some(Handler::Interpreter);
    }
    HANDLERS.iter().find(|(_, names)| names.contains(&name)).map(|(handler, _)| *handler)
}

/// Returns the effect of a command that has no handler, or whose handler does not apply.
pub(in crate::image) fn effect_of(name: &str) -> Effect {
    if APPLICATIONS.contains(&name) {
        Effect::Applications
    } else if is_harmless(name) {
        Effect::Harmless
    } else if PACKAGE_MANAGERS.contains(&name) {
        Effect::PackageManager
    } else {
        Effect::Anything
    }
}

/// True if a command only asks for something: `--version`, `pip list`.
pub(in crate::image) fn is_question(name: &str, args: &[&str]) -> bool {
    let pip = ["config", "cache", "list", "show", "freeze", "check", "--version"];
    matches!(name, "pip" | "pip3") && args.first().is_some_and(|first| pip.contains(first))
        || matches!(args, ["--version" | "-version" | "-V" | "--help" | "-h" | "version"])
}
