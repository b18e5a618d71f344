//! A call of a package manager: its packages, and how another one would be written into the list.

use crate::shell::CommandPosition;
use crate::text::{SourceFile, Span};

/// A program that installs packages, with its relatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Installer {
    /// apt-get, apt, aptitude, apt-fast, nala, and scripts like `install_packages`.
    Apt,
    /// dpkg: local files only.
    Dpkg,
    Apk,
    /// dnf, yum, microdnf, tdnf.
    Dnf,
    Rpm,
    Zypper,
    Pacman,
    /// pip, `python -m pip`, `uv pip`.
    Pip,
    /// pipx, `uv tool`.
    Pipx,
    Conda,
    /// npm, yarn, pnpm, bun.
    Npm,
    Gem,
    Cargo,
    Go,
    /// `pecl`, `docker-php-ext-install`.
    Php,
    Brew,
}

impl Installer {
    /// Installs the operating system's packages.
    pub fn is_system(self) -> bool {
        matches!(self, Installer::Apt | Installer::Apk | Installer::Dnf | Installer::Zypper | Installer::Pacman)
    }

    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Installer::Apt => "apt-get",
            Installer::Dpkg => "dpkg",
            Installer::Apk => "apk",
            Installer::Dnf => "dnf",
            Installer::Rpm => "rpm",
            Installer::Zypper => "zypper",
            Installer::Pacman => "pacman",
            Installer::Pip => "pip",
            Installer::Pipx => "pipx",
            Installer::Conda => "conda",
            Installer::Npm => "npm",
            Installer::Gem => "gem",
            Installer::Cargo => "cargo",
            Installer::Go => "go",
            Installer::Php => "pecl",
            Installer::Brew => "brew",
        }
    }
}

/// What a package manager is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    Install,
    /// Upgrades installed packages.
    Upgrade,
    /// Fetches the package lists.
    Update,
    /// `purge` counts as removal too.
    Remove,
    Autoremove,
    Clean,
    /// Installs what building a source package needs; only the archive knows what that is.
    BuildDep,
    MarkAuto,
    MarkManual,
    /// Asks, downloads or simulates, without a change.
    Query,
}

/// One package as a command names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPackage {
    /// The name alone.
    pub name: String,
    /// After `=`, `==`, `~=`, `@` …; without the operator.
    pub version: Option<String>,
    /// The word that it is in. Several packages share a word if a variable has a list.
    pub span: Span,
    /// The word is the package itself, without variable or loop. Only such a word can be replaced.
    pub verbatim: bool,
}

/// One call of a package manager.
#[derive(Clone, Debug)]
pub struct PackageCall {
    pub installer: Installer,
    pub verb: Verb,
    /// The whole command.
    pub span: Span,
    /// The word that says what to do: `install`, `add`.
    pub verb_span: Span,
    pub packages: Vec<NamedPackage>,
    /// Words with unknown values, which may be packages.
    pub unresolved: Vec<Span>,
    /// Package files and addresses (`./x.deb`, `https://…/x.rpm`, `git+https://…`, `.`).
    pub files: Vec<(String, Span)>,
    /// Lists in files (`-r requirements.txt`, `--file env.yml`).
    pub lists: Vec<(String, Span)>,
    /// `--no-install-recommends` or an option with the same effect: `Some(false)` asks for recommends.
    pub no_recommends: Option<bool>,
    /// The call asks no questions (`-y`).
    pub assume_yes: bool,
    /// `--auto-remove` with a removal, `-s` with pacman's.
    pub autoremove: bool,
    /// apk's `--virtual NAME`.
    pub group: Option<String>,
    /// Another repository for this call: `-t backports`, `--repository URL`, `--enablerepo`.
    pub foreign: bool,
    /// apt's `-t RELEASE`.
    pub release: Option<String>,
    /// Installs into another root or prefix, or for one user: nothing appears on the image's own paths.
    pub elsewhere: bool,
    /// npm's and others' `-g`.
    pub global: bool,
    /// apk's `--no-cache`/`-U`, dnf's `--refresh`, pacman's `-y`: the call fetches the lists itself.
    pub updates_lists: bool,
    pub context: CommandPosition,
    /// The last word of the call, after which a new package goes if none is verbatim.
    pub last_word: Span,
}

/// Where and how to write another package into a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// An empty span: the place.
    pub at: Span,
    /// The text between two packages: a space, or a continuation with its indentation.
    pub separator: String,
}

impl PackageCall {
    /// The call names packages that can be installed, and all words are known.
    pub fn is_complete(&self) -> bool {
        self.unresolved.is_empty()
    }

    /// True if the call names a package.
    pub fn has(&self, name: &str) -> bool {
        self.packages.iter().any(|p| p.name == name)
    }

    /// Returns where and how to add a package: after the last one that is written out, in the layout of the list.
    /// `None` if the file does not have the call as a shell reads it (a decoded string).
    pub fn insertion(&self, file: &SourceFile) -> Option<Insertion> {
        let verbatim: Vec<Span> = self.packages.iter().filter(|p| p.verbatim).map(|p| p.span).collect();
        let after = verbatim.last().copied().unwrap_or(self.last_word);
        if self.packages.iter().any(|p| p.verbatim && !file.slice(p.span).contains(p.name.as_str())) {
            return None;
        }
        let before = match verbatim.len().checked_sub(2).and_then(|i| verbatim.get(i)) {
            Some(span) => span.end,
            None => self.verb_span.end.min(after.start),
        };
        let gap = file.slice(Span { start: before.min(after.start), end: after.start, ..after });
        // One package a line: repeat the line end and the indentation. Comments between are not repeated.
        let separator = match gap.rfind('\n') {
            Some(line) if gap.get(line + 1..).is_some_and(|indent| indent.chars().all(char::is_whitespace)) => {
                let newline = if gap.get(..line).is_some_and(|g| g.ends_with('\r')) { "\r\n" } else { "\n" };
                format!(" \\{newline}{}", gap.get(line + 1..).unwrap_or(""))
            }
            _ => " ".to_owned(),
        };
        Some(Insertion { at: after.end_point(), separator })
    }
}
