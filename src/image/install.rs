//! Calls of package managers: which packages a command names, where each name stands, and how a further one would be
//! written into the list.
//!
//! Only the command's own words count here; what an installation brings along is decided by [`super::apply`].

use crate::shell::{Command, Context, Redirect, Variables, Word};
use crate::source::{SourceFile, Span};

/// The program family that installs.
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

    /// The word for messages.
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
    /// Upgrades what is there; names no packages, or only such as are there.
    Upgrade,
    /// Fetches the package lists.
    Update,
    /// `purge` counts as removal too.
    Remove,
    Autoremove,
    Clean,
    /// Installs what building a source package needs: known only to the archive.
    BuildDep,
    MarkAuto,
    MarkManual,
    /// Asks, downloads, simulates: nothing changes.
    Query,
}

/// One package as a command names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The name alone.
    pub name: String,
    /// Behind `=`, `==`, `~=`, `@` …; without the operator.
    pub version: Option<String>,
    /// The word that it stands in. Several packages share a word where a variable holds a list.
    pub span: Span,
    /// The word is the package as it stands: no variable, no loop. Only such a word can be replaced.
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
    pub packages: Vec<Package>,
    /// Words that may be packages, but of which we do not know.
    pub unresolved: Vec<Span>,
    /// Package files and addresses (`./x.deb`, `https://…/x.rpm`, `git+https://…`, `.`).
    pub files: Vec<(String, Span)>,
    /// Lists in files (`-r requirements.txt`, `--file env.yml`).
    pub lists: Vec<(String, Span)>,
    /// `--no-install-recommends` or an option to the same effect: `Some(false)` asks for recommends.
    pub no_recommends: Option<bool>,
    /// The call takes no question for an answer (`-y`).
    pub assume_yes: bool,
    /// `--auto-remove` with a removal, `-s` with pacman's.
    pub autoremove: bool,
    /// apk's `--virtual NAME`.
    pub group: Option<String>,
    /// Another repository for this call: `-t backports`, `--repository URL`, `--enablerepo`.
    pub foreign: bool,
    /// Installs into another root or prefix, or for one user: nothing appears on the image's own paths.
    pub elsewhere: bool,
    /// npm's and others' `-g`.
    pub global: bool,
    /// apk's `--no-cache`/`-U`, dnf's `--refresh`, pacman's `-y`: the call fetches the lists itself.
    pub updates_lists: bool,
    pub context: Context,
    /// The last word of the call, where a further package goes if none is verbatim.
    pub last_word: Span,
}

/// How a further package is written into a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// An empty span: the place.
    pub at: Span,
    /// What stands between two packages: a space, or a continuation with its indentation.
    pub separator: String,
}

impl PackageCall {
    /// The call names packages that can be installed, and all words are known.
    pub fn is_complete(&self) -> bool {
        self.unresolved.is_empty()
    }

    /// Whether the call names a package.
    pub fn has(&self, name: &str) -> bool {
        self.packages.iter().any(|p| p.name == name)
    }

    /// Where and how to add a package: behind the last one that is written out, in the layout of the list.
    /// `None` where the call does not stand in the file as a shell reads it (a decoded string).
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

/// The call that a command makes, if it is one of a package manager. `variables` must have seen the commands before it.
pub fn package_call(command: &Command, variables: &Variables<'_>) -> Option<PackageCall> {
    let effective = command.effective();
    let name = effective.name.as_deref()?;
    let words = effective.words;
    let first = words.first()?;
    // Behind `xargs` the packages come from somewhere else.
    let piped = effective.wrappers.iter().any(|w| w.0 == "xargs");
    let mut call = match name {
        "apt-get" | "apt" | "aptitude" | "apt-fast" | "nala" => parse(Grammar::APT, command, words, variables)?,
        "install_packages" => {
            let mut call = parse(Grammar { fixed: Some(Verb::Install), ..Grammar::APT }, command, words, variables)?;
            (call.no_recommends, call.assume_yes, call.updates_lists) = (Some(true), true, true);
            call
        }
        "apt-mark" => parse(Grammar::APT_MARK, command, words, variables)?,
        "dpkg" => parse(Grammar::DPKG, command, words, variables)?,
        "apk" => parse(Grammar::APK, command, words, variables)?,
        "dnf" | "dnf5" | "yum" | "microdnf" | "tdnf" => parse(Grammar::DNF, command, words, variables)?,
        "rpm" => parse(Grammar::RPM, command, words, variables)?,
        "zypper" => parse(Grammar::ZYPPER, command, words, variables)?,
        "pacman" => pacman(command, words, variables)?,
        "conda" | "mamba" | "micromamba" => parse(Grammar::CONDA, command, words, variables)?,
        "npm" | "pnpm" | "bun" => parse(Grammar::NPM, command, words, variables)?,
        "yarn" => {
            // `yarn global add x` is npm's `-g`.
            let global = words.get(1).and_then(Word::text).as_deref() == Some("global");
            let rest = if global { words.get(1..)? } else { words };
            let mut call = parse(Grammar::NPM, command, rest, variables)?;
            call.global |= global;
            call
        }
        "gem" => parse(Grammar::GEM, command, words, variables)?,
        "cargo" => parse(Grammar::CARGO, command, words, variables)?,
        "go" => parse(Grammar::GO, command, words, variables)?,
        "pipx" => parse(Grammar { installer: Installer::Pipx, ..Grammar::PIP }, command, words, variables)?,
        "brew" => parse(Grammar { installer: Installer::Brew, ..Grammar::GEM }, command, words, variables)?,
        "pecl" => parse(Grammar { installer: Installer::Php, ..Grammar::GEM }, command, words, variables)?,
        "docker-php-ext-install" => {
            let grammar =
                Grammar { installer: Installer::Php, fixed: Some(Verb::Install), values: &["-j"], ..Grammar::GEM };
            parse(grammar, command, words, variables)?
        }
        "uv" => match words.get(1).and_then(Word::text).as_deref() {
            Some("pip") => parse(Grammar::PIP, command, words.get(1..)?, variables)?,
            Some("tool") => {
                parse(Grammar { installer: Installer::Pipx, ..Grammar::PIP }, command, words.get(1..)?, variables)?
            }
            _ => return None,
        },
        _ if is_versioned(name, "pip") => parse(Grammar::PIP, command, words, variables)?,
        _ if is_versioned(name, "python") || is_versioned(name, "pypy") => {
            let module = words.iter().position(|w| w.text().as_deref() == Some("-m"))?;
            if words.get(module + 1)?.text()? != "pip" {
                return None;
            }
            parse(Grammar::PIP, command, words.get(module + 1..)?, variables)?
        }
        _ => return None,
    };
    if piped && matches!(call.verb, Verb::Install | Verb::Remove | Verb::MarkAuto | Verb::MarkManual) {
        call.unresolved.push(first.span);
    }
    Some(call)
}

/// `pip`, `pip3`, `pip3.11`.
fn is_versioned(name: &str, base: &str) -> bool {
    name.strip_prefix(base).is_some_and(|v| v.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// How a package manager's command line is read.
#[derive(Clone, Copy)]
struct Grammar {
    installer: Installer,
    /// Verbs, in the order of [`Grammar::verb`].
    verbs: &'static [(&'static str, Verb)],
    /// There is no verb to read: the program does one thing.
    fixed: Option<Verb>,
    /// Options whose value is the next word.
    values: &'static [&'static str],
    /// How the name ends and the version begins.
    version: &'static [&'static str],
}

impl Grammar {
    const APT: Grammar = Grammar {
        installer: Installer::Apt,
        verbs: &[
            ("install", Verb::Install),
            ("reinstall", Verb::Install),
            ("satisfy", Verb::BuildDep),
            ("build-dep", Verb::BuildDep),
            ("update", Verb::Update),
            ("upgrade", Verb::Upgrade),
            ("dist-upgrade", Verb::Upgrade),
            ("full-upgrade", Verb::Upgrade),
            ("dselect-upgrade", Verb::Upgrade),
            ("safe-upgrade", Verb::Upgrade),
            ("remove", Verb::Remove),
            ("purge", Verb::Remove),
            ("autoremove", Verb::Autoremove),
            ("auto-remove", Verb::Autoremove),
            ("autopurge", Verb::Autoremove),
            ("clean", Verb::Clean),
            ("autoclean", Verb::Clean),
            ("auto-clean", Verb::Clean),
            ("distclean", Verb::Clean),
        ],
        fixed: None,
        values: &[
            "-o",
            "--option",
            "-t",
            "--target-release",
            "--default-release",
            "-c",
            "--config-file",
            "-a",
            "--host-architecture",
            "--solver",
        ],
        version: &["=", "/"],
    };
    const APT_MARK: Grammar = Grammar {
        installer: Installer::Apt,
        verbs: &[("auto", Verb::MarkAuto), ("manual", Verb::MarkManual)],
        ..Grammar::APT
    };
    const DPKG: Grammar = Grammar {
        installer: Installer::Dpkg,
        verbs: &[
            ("-i", Verb::Install),
            ("--install", Verb::Install),
            ("-r", Verb::Remove),
            ("--remove", Verb::Remove),
            ("-P", Verb::Remove),
            ("--purge", Verb::Remove),
        ],
        fixed: None,
        values: &[],
        version: &[],
    };
    const APK: Grammar = Grammar {
        installer: Installer::Apk,
        verbs: &[
            ("add", Verb::Install),
            ("del", Verb::Remove),
            ("update", Verb::Update),
            ("upgrade", Verb::Upgrade),
            ("fix", Verb::Upgrade),
        ],
        fixed: None,
        values: &[
            "-t",
            "--virtual",
            "-X",
            "--repository",
            "-p",
            "--root",
            "--keys-dir",
            "--repositories-file",
            "--wait",
            "--arch",
            "--cache-dir",
            "--cache-max-age",
            "--timeout",
            "--progress-fd",
        ],
        version: &["=", "~", "<", ">", "@"],
    };
    const DNF: Grammar = Grammar {
        installer: Installer::Dnf,
        verbs: &[
            ("install", Verb::Install),
            ("localinstall", Verb::Install),
            ("reinstall", Verb::Install),
            ("groupinstall", Verb::BuildDep),
            ("group", Verb::BuildDep),
            ("module", Verb::BuildDep),
            ("builddep", Verb::BuildDep),
            ("swap", Verb::BuildDep),
            ("update", Verb::Upgrade),
            ("upgrade", Verb::Upgrade),
            ("distro-sync", Verb::Upgrade),
            ("remove", Verb::Remove),
            ("erase", Verb::Remove),
            ("autoremove", Verb::Autoremove),
            ("makecache", Verb::Update),
            ("clean", Verb::Clean),
        ],
        fixed: None,
        values: &[
            "-c",
            "--config",
            "--enablerepo",
            "--disablerepo",
            "--repo",
            "--repoid",
            "--installroot",
            "--releasever",
            "-x",
            "--exclude",
            "--setopt",
            "--forcearch",
            "-d",
            "-e",
            "-R",
            "--advisory",
        ],
        version: &[],
    };
    const RPM: Grammar = Grammar {
        installer: Installer::Rpm,
        verbs: &[("-i", Verb::Install), ("-U", Verb::Install), ("-F", Verb::Upgrade), ("-e", Verb::Remove)],
        fixed: None,
        values: &["--root", "--prefix", "--dbpath"],
        version: &[],
    };
    const ZYPPER: Grammar = Grammar {
        installer: Installer::Zypper,
        verbs: &[
            ("install", Verb::Install),
            ("in", Verb::Install),
            ("remove", Verb::Remove),
            ("rm", Verb::Remove),
            ("refresh", Verb::Update),
            ("ref", Verb::Update),
            ("update", Verb::Upgrade),
            ("up", Verb::Upgrade),
            ("dup", Verb::Upgrade),
            ("dist-upgrade", Verb::Upgrade),
            ("patch", Verb::Upgrade),
            ("clean", Verb::Clean),
            ("cc", Verb::Clean),
            ("source-install", Verb::BuildDep),
            ("si", Verb::BuildDep),
        ],
        fixed: None,
        values: &["-t", "--type", "-r", "--repo", "--from", "-R", "--root", "-c", "--config"],
        version: &["=", "<", ">"],
    };
    const PIP: Grammar = Grammar {
        installer: Installer::Pip,
        verbs: &[("install", Verb::Install), ("uninstall", Verb::Remove), ("sync", Verb::Install)],
        fixed: None,
        values: &[
            "-r",
            "--requirement",
            "-c",
            "--constraint",
            "-e",
            "--editable",
            "-i",
            "--index-url",
            "--extra-index-url",
            "-f",
            "--find-links",
            "-t",
            "--target",
            "--prefix",
            "--root",
            "--no-binary",
            "--only-binary",
            "--platform",
            "--python-version",
            "--python",
            "-p",
            "--implementation",
            "--abi",
            "--cache-dir",
            "--trusted-host",
            "--proxy",
            "--timeout",
            "--retries",
            "--log",
            "--src",
            "-b",
            "--build",
            "--progress-bar",
            "--config-settings",
            "-C",
            "--upgrade-strategy",
            "--global-option",
            "--install-option",
            "--exists-action",
            "--cert",
            "--client-cert",
            "--group",
            "--with",
            "--index",
            "--default-index",
            "--index-strategy",
            "--torch-backend",
            "--no-build-package",
            "--no-binary-package",
            "--upgrade-package",
            "-P",
            "--reinstall-package",
            "--suffix",
            "--pip-args",
            "--link-mode",
            "--resolution",
            "--prerelease",
            "--keyring-provider",
            "--report",
        ],
        version: &["===", "==", ">=", "<=", "~=", "!=", ">", "<", "@", ";"],
    };
    const CONDA: Grammar = Grammar {
        installer: Installer::Conda,
        verbs: &[
            ("install", Verb::Install),
            ("create", Verb::Install),
            ("update", Verb::Upgrade),
            ("remove", Verb::Remove),
            ("uninstall", Verb::Remove),
            ("clean", Verb::Clean),
            ("env", Verb::BuildDep),
        ],
        fixed: None,
        values: &[
            "-n",
            "--name",
            "-p",
            "--prefix",
            "-c",
            "--channel",
            "--file",
            "-f",
            "--solver",
            "--platform",
            "--subdir",
            "--repodata-fn",
            "-r",
            "--root-prefix",
        ],
        version: &["=", ">", "<", "!", "~", "["],
    };
    const NPM: Grammar = Grammar {
        installer: Installer::Npm,
        verbs: &[
            ("install", Verb::Install),
            ("i", Verb::Install),
            ("add", Verb::Install),
            ("ci", Verb::Install),
            ("install-clean", Verb::Install),
            ("uninstall", Verb::Remove),
            ("remove", Verb::Remove),
            ("rm", Verb::Remove),
            ("update", Verb::Upgrade),
            ("upgrade", Verb::Upgrade),
        ],
        fixed: None,
        values: &[
            "--prefix",
            "--registry",
            "--cache",
            "--omit",
            "--include",
            "-C",
            "--dir",
            "--filter",
            "-w",
            "--workspace",
            "--loglevel",
            "--tag",
            "--cwd",
            "--network-timeout",
            "--cache-folder",
            "--modules-folder",
        ],
        version: &["@"],
    };
    const GEM: Grammar = Grammar {
        installer: Installer::Gem,
        verbs: &[
            ("install", Verb::Install),
            ("i", Verb::Install),
            ("uninstall", Verb::Remove),
            ("update", Verb::Upgrade),
        ],
        fixed: None,
        values: &[
            "-v",
            "--version",
            "-i",
            "--install-dir",
            "-n",
            "--bindir",
            "-s",
            "--source",
            "--platform",
            "-P",
            "-g",
        ],
        version: &[":"],
    };
    const CARGO: Grammar = Grammar {
        installer: Installer::Cargo,
        verbs: &[("install", Verb::Install), ("binstall", Verb::Install), ("uninstall", Verb::Remove)],
        fixed: None,
        values: &[
            "--version",
            "--vers",
            "--git",
            "--branch",
            "--tag",
            "--rev",
            "--path",
            "--root",
            "--registry",
            "--index",
            "--features",
            "-F",
            "--target",
            "--target-dir",
            "--profile",
            "-j",
            "--jobs",
            "--bin",
            "--example",
            "--config",
            "-Z",
        ],
        version: &["@"],
    };
    const GO: Grammar = Grammar {
        installer: Installer::Go,
        verbs: &[("install", Verb::Install), ("get", Verb::Install)],
        fixed: None,
        values: &[
            "-ldflags",
            "-tags",
            "-gcflags",
            "-asmflags",
            "-o",
            "-p",
            "-mod",
            "-modfile",
            "-C",
            "-buildmode",
            "-toolexec",
        ],
        version: &["@"],
    };

    fn verb(&self, text: &str) -> Option<Verb> {
        if let Some((_, verb)) = self.verbs.iter().find(|(name, _)| *name == text) {
            return Some(*verb);
        }
        // `dpkg -i`, `rpm -Uvh`.
        let bundle = text.strip_prefix('-').filter(|t| !t.starts_with('-'))?;
        self.verbs
            .iter()
            .find(|(name, _)| name.strip_prefix('-').is_some_and(|n| n.len() == 1 && bundle.starts_with(n)))
            .map(|v| v.1)
    }

    /// The verb may stand behind a dash: dpkg, rpm.
    fn verb_is_option(&self) -> bool {
        self.verbs.first().is_some_and(|v| v.0.starts_with('-'))
    }
}

fn blank_call(installer: Installer, verb: Verb, verb_span: Span, command: &Command) -> PackageCall {
    PackageCall {
        installer,
        verb,
        span: command.span,
        verb_span,
        packages: Vec::new(),
        unresolved: Vec::new(),
        files: Vec::new(),
        lists: Vec::new(),
        no_recommends: None,
        assume_yes: false,
        autoremove: false,
        group: None,
        foreign: false,
        elsewhere: false,
        global: false,
        updates_lists: false,
        context: command.context.clone(),
        last_word: command.words.last().map_or(command.span, |w| w.span),
    }
}

/// Reads the words of a call; the first is the program's name. `None` if there is no verb that we know: `apt-get check`.
fn parse(grammar: Grammar, command: &Command, words: &[Word], variables: &Variables<'_>) -> Option<PackageCall> {
    let first = words.first()?;
    let mut call = blank_call(grammar.installer, grammar.fixed.unwrap_or(Verb::Query), first.span, command);
    let mut verb = grammar.fixed;
    let mut words = words.iter().skip(1);
    let mut only_operands = false;
    while let Some(word) = words.next() {
        let literal = word.text();
        let fields = match &literal {
            Some(text) => vec![text.clone()],
            None => match variables.all_fields(command, word) {
                Some(fields) => fields,
                None => {
                    // `${FLAGS}`, `$PACKAGES`, `gcc-${VERSION}`: before the verb it can only be an option.
                    if verb.is_some() {
                        call.unresolved.push(word.span);
                    }
                    continue;
                }
            },
        };
        let verbatim = literal.is_some();
        // An empty list in a variable is a hook: whoever builds may fill it.
        if fields.is_empty() && verb == Some(Verb::Install) {
            call.unresolved.push(word.span);
        }
        for field in fields {
            if only_operands || !field.starts_with('-') || field.len() == 1 {
                match verb {
                    None => {
                        call.verb = grammar.verb(&field)?;
                        verb = Some(call.verb);
                        call.verb_span = word.span;
                    }
                    Some(_) => operand(&mut call, &grammar, &field, word.span, verbatim),
                }
                continue;
            }
            if field == "--" {
                only_operands = true;
                continue;
            }
            if verb.is_none()
                && grammar.verb_is_option()
                && let Some(found) = grammar.verb(&field)
            {
                (verb, call.verb) = (Some(found), found);
                call.verb_span = word.span;
                continue;
            }
            let (name, mut value) = match field.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some((value.to_owned(), word.span))),
                None => (field.clone(), None),
            };
            if value.is_none() && grammar.values.contains(&field.as_str()) {
                value = words.next().map(|w| (variables.resolve(command, w).unwrap_or_default(), w.span));
            } else if value.is_none()
                && !field.starts_with("--")
                && let Some(short) = field.get(..2)
                && field.len() > 2
                && grammar.values.contains(&short)
            {
                // `-oAPT::Install-Recommends=0`, `-rrequirements.txt`.
                option(&mut call, short, Some((field.get(2..).unwrap_or("").to_owned(), word.span)));
                continue;
            } else if let Some((_, found)) = &value
                && !field.starts_with("--")
                && let Some(short) = field.get(..2)
                && grammar.values.contains(&short)
            {
                let text = field.get(2..).unwrap_or("").trim_start_matches('=').to_owned();
                option(&mut call, short, Some((text, *found)));
                continue;
            }
            option(&mut call, &name, value);
        }
    }
    call.verb = verb?;
    Some(call)
}

/// Takes note of an option, if it matters.
fn option(call: &mut PackageCall, name: &str, value: Option<(String, Span)>) {
    use Installer as I;
    let short = |letter: char| name.starts_with('-') && !name.starts_with("--") && name.contains(letter);
    let text = value.as_ref().map_or("", |v| v.0.as_str());
    match (call.installer, name) {
        (I::Apt, "--no-install-recommends") | (I::Zypper, "--no-recommends") => call.no_recommends = Some(true),
        (I::Apt, "--install-recommends") | (I::Zypper, "--recommends") => call.no_recommends = Some(false),
        (I::Apt, "-R" | "--without-recommends") => call.no_recommends = Some(true),
        (I::Apt, "-o" | "--option") => {
            if let Some(on) = recommends_option(text) {
                call.no_recommends = Some(!on);
            }
        }
        (I::Dnf, "--setopt") if text.starts_with("install_weak_deps=") => {
            call.no_recommends = Some(!is_true(text.trim_start_matches("install_weak_deps=")));
        }
        (I::Apt, "-t" | "--target-release" | "--default-release")
        | (I::Apk, "-X" | "--repository" | "--repositories-file")
        | (I::Dnf, "--enablerepo" | "--repo" | "--repoid" | "--repofrompath")
        | (I::Zypper, "-r" | "--repo" | "--from" | "-p" | "--plus-repo") => call.foreign = true,
        (I::Apt, "--simulate" | "--just-print" | "--dry-run" | "--download-only" | "--print-uris" | "-s" | "-d")
        | (I::Apk, "-s" | "--simulate")
        | (I::Dnf, "--downloadonly")
        | (I::Pip, "--dry-run") => call.elsewhere = true,
        (I::Apk, "-p" | "--root")
        | (I::Dnf, "--installroot")
        | (I::Zypper, "-R" | "--root")
        | (I::Pip, "-t" | "--target" | "--prefix" | "--root")
        | (I::Cargo, "--root")
        | (I::Gem, "-i" | "--install-dir" | "-n" | "--bindir")
        | (I::Npm, "--prefix" | "-C" | "--dir" | "--cwd")
        | (I::Conda, "-n" | "--name" | "-p" | "--prefix") => {
            call.elsewhere |= !matches!(text, "/usr/local" | "/usr" | "base" | "/opt/conda")
        }
        (I::Apk, "-t" | "--virtual") => call.group = value.map(|v| v.0),
        (I::Apk, "--no-cache" | "-U" | "--update-cache" | "--update") => call.updates_lists = true,
        (I::Dnf, "--refresh") => call.updates_lists = true,
        (I::Apt, "--auto-remove" | "--autoremove") | (I::Zypper, "-u" | "--clean-deps") => call.autoremove = true,
        (
            I::Apt | I::Dnf | I::Zypper,
            "--yes" | "--assume-yes" | "--assumeyes" | "--non-interactive" | "--no-confirm",
        ) => {
            call.assume_yes = true;
        }
        (I::Apt | I::Dnf | I::Zypper, _) if short('y') || (call.installer == I::Zypper && name == "-n") => {
            call.assume_yes = true;
        }
        (I::Pip | I::Pipx, "-r" | "--requirement") | (I::Conda, "--file" | "-f") => call.lists.extend(value),
        (I::Pip | I::Pipx, "-e" | "--editable") | (I::Cargo, "--git" | "--path") => call.files.extend(value),
        (I::Npm, "-g" | "--global" | "--location=global") => call.global = true,
        (I::Npm, "--location") => call.global |= text == "global",
        (I::Npm, _) if short('g') => call.global = true,
        _ => {}
    }
    // apt accepts `-qqy`, and a `-s` among such letters simulates.
    if call.installer == I::Apt && short('s') && name.len() > 2 && name.chars().skip(1).all(|c| "qyfms".contains(c)) {
        call.elsewhere = true;
    }
}

/// `APT::Install-Recommends=false`: what it says, if the option is this one.
pub(super) fn recommends_option(text: &str) -> Option<bool> {
    let (key, value) = text.split_once('=').or_else(|| text.split_once(' '))?;
    key.trim().eq_ignore_ascii_case("APT::Install-Recommends").then(|| is_true(value))
}

/// As apt reads a boolean.
pub(super) fn is_true(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'', ';']).to_ascii_lowercase();
    matches!(value.as_str(), "1" | "true" | "yes" | "on" | "with" | "enable")
}

/// Takes a word that is no option.
fn operand(call: &mut PackageCall, grammar: &Grammar, text: &str, span: Span, verbatim: bool) {
    use Installer as I;
    if text.is_empty() {
        return;
    }
    let is_file = match grammar.installer {
        I::Apt => text.starts_with("./") || text.starts_with("../") || text.starts_with('/') || text.ends_with(".deb"),
        I::Dpkg | I::Rpm => {
            call.verb == Verb::Query || text.contains(['/', '*']) || text.ends_with(".deb") || text.ends_with(".rpm")
        }
        I::Apk => text.ends_with(".apk") || text.starts_with(['/', '.']) && text.contains('/'),
        I::Dnf | I::Zypper => text.contains("://") || text.ends_with(".rpm") || text.starts_with("./"),
        I::Pip | I::Pipx => {
            text.starts_with(['.', '/'])
                || text.contains("://")
                || text.contains('/')
                || text.ends_with(".whl")
                || text.ends_with(".tar.gz")
        }
        I::Npm => text.starts_with(['.', '/']) || text.contains("://") || text.ends_with(".tgz") || text.contains('#'),
        I::Cargo | I::Go => text == "." || text.starts_with("./") || text.starts_with('/'),
        _ => text.starts_with(['/', '.']) && text.contains('/') || text.contains("://"),
    };
    if is_file {
        call.files.push((text.to_owned(), span));
        return;
    }
    if grammar.installer == I::Apk && text.starts_with('!') {
        return;
    }
    let scoped = usize::from(grammar.installer == I::Npm && text.starts_with('@'));
    let cut = grammar
        .version
        .iter()
        .filter_map(|v| text.get(scoped..)?.find(v).map(|at| (at + scoped, v.len())))
        .min_by_key(|(at, len)| (*at, usize::MAX - len));
    let (mut name, version) = match cut {
        Some((at, len)) => (
            text.get(..at).unwrap_or(text),
            text.get(at + len..).map(|v| v.trim_start_matches(['=', '~', '>', '<']).to_owned()),
        ),
        None => (text, None),
    };
    match grammar.installer {
        I::Apt | I::Dpkg => {
            name = name.split_once(':').map_or(name, |n| n.0);
            // `apt-get install a b-` removes b; `remove a b+` installs it. Both are rare enough to be left unknown.
            if let Some(stem) = name.strip_suffix(['-', '+'])
                && !stem.ends_with('+')
                && name != "g++"
            {
                call.unresolved.push(span);
                return;
            }
        }
        I::Pip | I::Pipx => name = name.split_once('[').map_or(name, |n| n.0).trim(),
        I::Conda => name = name.rsplit_once("::").map_or(name, |n| n.1),
        _ => {}
    }
    if name.is_empty() {
        return;
    }
    if name.contains(['*', '?', '[', '^', '|', '(']) && grammar.installer != I::Pip {
        // A pattern: apt and dnf take it for many packages.
        call.unresolved.push(span);
        return;
    }
    let version = version.filter(|v| !v.is_empty());
    call.packages.push(Package { name: name.to_owned(), version, span, verbatim });
}

/// pacman's operations are letters: `-Syu --noconfirm gcc`.
fn pacman(command: &Command, words: &[Word], variables: &Variables<'_>) -> Option<PackageCall> {
    let operation = words.iter().skip(1).find(|w| {
        w.text().is_some_and(|t| {
            t.starts_with("-S") || t.starts_with("-R") || t.starts_with("-U") || t.starts_with("--sync")
        })
    })?;
    let letters = operation.text()?;
    let verb = match letters.get(1..2)? {
        "R" => Verb::Remove,
        "S" if letters.contains(['s', 'i', 'l', 'p']) && !letters.starts_with("--") => Verb::Query,
        "S" if letters.contains('c') && !letters.starts_with("--") => Verb::Clean,
        _ => Verb::Install,
    };
    let grammar = Grammar {
        installer: Installer::Pacman,
        fixed: Some(verb),
        values: &["--config", "--root", "-r", "--dbpath"],
        ..Grammar::ZYPPER
    };
    let mut call = parse(grammar, command, words, variables)?;
    call.verb_span = operation.span;
    call.updates_lists = letters.contains('y');
    call.autoremove = verb == Verb::Remove && letters.contains('s');
    call.assume_yes = words.iter().any(|w| w.text().as_deref() == Some("--noconfirm"));
    if verb == Verb::Install && call.packages.is_empty() && call.unresolved.is_empty() && call.files.is_empty() {
        call.verb = if letters.contains('u') { Verb::Upgrade } else { Verb::Update };
    }
    Some(call)
}

/// Whether a redirection writes to a file, and to which.
pub(super) fn written_file(redirects: &[Redirect]) -> Option<&Word> {
    redirects.iter().find(|r| r.operator.contains('>') && !r.operator.contains('&')).and_then(|r| r.target.as_ref())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::shell::{Options, Value, read_instruction};
    use crate::source::Sources;

    /// The calls of a script in short: manager, verb, packages, `?` for unknown words, then what else is set.
    fn calls(text: &str) -> Vec<String> {
        let mut sources = Sources::new();
        let id = sources.add("D".into(), "D".into(), text.as_bytes().to_vec());
        let file = sources.file(id);
        let script = read_instruction(file, file.span(0..text.len()), &[], Options::default());
        let outer = |name: &str| if name == "ENVLIST" { Value::Known("x y".into()) } else { Value::Unknown };
        let mut variables = Variables::new(&script, &outer);
        let mut out = Vec::new();
        for command in &script.commands {
            if let Some(call) = package_call(command, &variables) {
                let mut line = format!("{} {:?}", call.installer.name(), call.verb);
                for package in &call.packages {
                    line += &format!(" {}", package.name);
                    line += &package.version.as_ref().map(|v| format!("@{v}")).unwrap_or_default();
                }
                line += &" ?".repeat(call.unresolved.len());
                for (on, mark) in [
                    (call.no_recommends == Some(true), " -R"),
                    (call.no_recommends == Some(false), " +R"),
                    (call.autoremove, " auto"),
                    (call.foreign, " foreign"),
                    (call.elsewhere, " elsewhere"),
                    (call.global, " global"),
                    (call.updates_lists, " update"),
                ] {
                    line += if on { mark } else { "" };
                }
                line += &call.group.map(|g| format!(" [{g}]")).unwrap_or_default();
                line += &call.files.iter().map(|f| format!(" file:{}", f.0)).collect::<String>();
                line += &call.lists.iter().map(|f| format!(" list:{}", f.0)).collect::<String>();
                out.push(line);
            }
            variables.apply(command);
        }
        out
    }

    #[test]
    fn apt() {
        assert_eq!(
            calls(
                "apt-get -qq update && apt-get install -y --no-install-recommends g++ libc6:amd64 curl=7.* git/bookworm"
            ),
            ["apt-get Update", "apt-get Install g++ libc6 curl@7.* git@bookworm -R"]
        );
        assert_eq!(calls("apt-get install -o APT::Install-Recommends=false a"), ["apt-get Install a -R"]);
        assert_eq!(calls("apt-get -oAPT::Install-Recommends=\"1\" install a"), ["apt-get Install a +R"]);
        assert_eq!(calls("apt install -t bookworm-backports a ./b.deb"), ["apt-get Install a foreign file:./b.deb"]);
        assert_eq!(calls("apt-get purge -y --auto-remove a 'lib.*'"), ["apt-get Remove a ? auto"]);
        assert_eq!(calls("apt-get install $A $ENVLIST"), ["apt-get Install x y ?"]);
        assert_eq!(calls("P='a b'; sudo apt-get install -y $P c"), ["apt-get Install a b c"]);
        assert_eq!(calls("for p in a b; do apt-get install $p; done"), ["apt-get Install a b"]);
        assert_eq!(calls("cat list | xargs apt-get install -y a"), ["apt-get Install a ?"]);
        assert_eq!(calls("apt-get install -y libboost-*"), ["apt-get Install ?"]);
        assert_eq!(calls("apt-mark auto '.*' && apt-mark manual $x"), ["apt-get MarkAuto ?", "apt-get MarkManual ?"]);
        assert_eq!(calls("apt-get -s install a"), ["apt-get Install a elsewhere"]);
        assert!(calls("apt-get check; apt-cache search x").is_empty());
    }

    #[test]
    fn others() {
        assert_eq!(
            calls("apk add --no-cache --virtual .b gcc 'musl-dev>1' x@edge && apk del .b"),
            ["apk Install gcc musl-dev@1 x@edge update [.b]", "apk Remove .b"]
        );
        assert_eq!(calls("apk --update add -t v a"), ["apk Install a update [v]"]);
        assert_eq!(calls("apk add a --repository=https://x"), ["apk Install a foreign"]);
        assert_eq!(
            calls("yum -y install gcc-c++ make https://x/y.rpm"),
            ["dnf Install gcc-c++ make file:https://x/y.rpm"]
        );
        assert_eq!(calls("dnf install -y --setopt=install_weak_deps=False a"), ["dnf Install a -R"]);
        assert_eq!(calls("zypper -n install --no-recommends a"), ["zypper Install a -R"]);
        assert_eq!(calls("pacman -Syu --noconfirm base-devel"), ["pacman Install base-devel update"]);
        assert_eq!(calls("dpkg -i x.deb"), ["dpkg Install file:x.deb"]);
        assert_eq!(
            calls("pip3 install --no-cache-dir -r req.txt 'numpy>=1,<2' uvicorn[standard]==0.1 git+https://x/y -e ."),
            ["pip Install numpy@1,<2 uvicorn@0.1 file:git+https://x/y file:. list:req.txt"]
        );
        assert_eq!(
            calls("python3 -m pip install -U pip && uv pip install --system cmake"),
            ["pip Install pip", "pip Install cmake"]
        );
        assert_eq!(calls("npm install -g yarn@1 @angular/cli@2"), ["npm Install yarn@1 @angular/cli@2 global"]);
        assert_eq!(calls("npm ci && yarn global add x"), ["npm Install", "npm Install x global"]);
        assert_eq!(
            calls("conda install -y -c conda-forge cmake=3 conda-forge::ninja"),
            ["conda Install cmake@3 ninja"]
        );
        assert_eq!(
            calls("cargo install --locked just@1 && go install example.org/x/y@latest"),
            ["cargo Install just@1", "go Install example.org/x/y@latest"]
        );
    }

    #[test]
    fn insertions_follow_the_layout() {
        let insertion = |text: &str| {
            let mut sources = Sources::new();
            let id = sources.add("D".into(), "D".into(), text.as_bytes().to_vec());
            let file = sources.file(id);
            let script = read_instruction(file, file.span(0..text.len()), &[], Options::default());
            let outer = |_: &str| Value::Unknown;
            let variables = Variables::new(&script, &outer);
            let call = package_call(&script.commands[0], &variables).unwrap();
            let insertion = call.insertion(file).unwrap();
            let mut out = text.to_owned();
            out.insert_str(insertion.at.start as usize, &format!("{}NEW", insertion.separator));
            out
        };
        assert_eq!(insertion("apt-get install -y a b && c"), "apt-get install -y a b NEW && c");
        assert_eq!(
            insertion("apt-get install -y \\\n    a \\\n    b \\\n && c"),
            "apt-get install -y \\\n    a \\\n    b \\\n    NEW \\\n && c"
        );
        assert_eq!(insertion("apt-get install \\\n# x\n\ta"), "apt-get install \\\n# x\n\ta \\\n\tNEW");
        assert_eq!(insertion("apt-get install -y $P"), "apt-get install -y $P NEW");
    }
}
