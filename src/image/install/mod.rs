//! Calls of package managers: which packages a command names, where each name is, and how another one would be
//! written into the list.
//!
//! Only the command's own words count here; what an install adds besides is worked out in `run/packages.rs`.

mod call;
mod grammar;
#[cfg(test)]
mod tests;

pub use call::{Installer, NamedPackage, PackageCall, Verb};

use grammar::Grammar;

use crate::shell::{Command, Redirect, Variables, Word};
use crate::text::Span;

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
        release: None,
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
        (I::Apt, "-t" | "--target-release" | "--default-release") => {
            call.foreign = true;
            call.release = value.map(|v| v.0);
        }
        (I::Apk, "-X" | "--repository" | "--repositories-file")
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
        (I::Apk, "--no-cache" | "--update-cache" | "--update") | (I::Apt, "--update") => call.updates_lists = true,
        (I::Apk, _) if short('U') => call.updates_lists = true,
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
    // Also among others: `-yU`.
    call.updates_lists |= call.installer == I::Apt && short('U');
    // apt accepts `-qqy`, and a `-s` among such letters simulates.
    if call.installer == I::Apt && short('s') && name.len() > 2 && name.chars().skip(1).all(|c| "qyfmsU".contains(c)) {
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
    call.packages.push(NamedPackage { name: name.to_owned(), version, span, verbatim });
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

/// Returns the word of the file that redirections write to.
pub(super) fn written_file(redirects: &[Redirect]) -> Option<&Word> {
    redirects.iter().find(|r| r.operator.contains('>') && !r.operator.contains('&')).and_then(|r| r.target.as_ref())
}
