//! Compilers: which commands need one, and of which language.

use super::need::{CommandEnv, CompilerNeed, Language};
use super::python;

/// The compilers that one command needs, from its words after expansion (`None` for one that is unknown). The first word is
/// the command's name.
pub fn compilers(words: &[Option<String>], around: &dyn CommandEnv) -> Vec<CompilerNeed> {
    let Some(name) = words.first().and_then(|w| w.as_deref()) else { return Vec::new() };
    let rest: Vec<Option<&str>> = words.iter().skip(1).map(Option::as_deref).collect();
    let base = name.rsplit('/').next().unwrap_or(name);
    match base {
        "cmake" | "cmake3" => cmake(base, &rest, around),
        "configure" if name.contains('/') => configure(name, &rest, around),
        "meson" => meson(&rest, around),
        "make" | "gmake" => make(base, &rest, around),
        "go" => go(&rest, around),
        "pip" | "pip3" | "uv" | "pipx" | "python" | "python3" => pip(words, around),
        "gcc" | "cc" | "g++" | "c++" | "clang" | "clang++" => direct(base, &rest),
        _ if is_versioned_gcc(base) => direct(base, &rest),
        _ => Vec::new(),
    }
}

/// Names the compiler by hand, so that the need is another one.
pub(super) fn chooses_compiler(around: &dyn CommandEnv, names: &[&str]) -> bool {
    names.iter().any(|n| around.variable(n).is_some_and(|v| !v.is_empty()) || around.variable_is_unknown(n))
}

fn cmake(name: &str, rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<CompilerNeed> {
    /// Modes that configure nothing (cmake(1)).
    const OTHER_MODES: [&str; 12] = [
        "--build",
        "--install",
        "--open",
        "-E",
        "-P",
        "--version",
        "-version",
        "--help",
        "-h",
        "--find-package",
        "--list-presets",
        "--system-information",
    ];
    let Some(Some(first)) = rest.first() else { return Vec::new() };
    if OTHER_MODES.contains(first) || first.starts_with("--help-") {
        return Vec::new();
    }
    // An unknown argument may be `-P` or name the compilers.
    if rest.iter().any(Option::is_none) && !rest.iter().flatten().any(|w| matches!(*w, "-S" | "-B" | "." | "..")) {
        return Vec::new();
    }
    if rest.contains(&Some("-P")) {
        return Vec::new();
    }
    let set = |key: &str| rest.iter().flatten().any(|w| w.contains(key));
    if set("CMAKE_TOOLCHAIN_FILE") || set("--toolchain") || chooses_compiler(around, &["CMAKE_TOOLCHAIN_FILE"]) {
        return Vec::new();
    }
    let source = cmake_source(rest);
    let lists = source.and_then(|s| around.file(&format!("{s}/CMakeLists.txt")));
    let languages = lists.as_deref().map(cmake_languages);
    let mut needs = Vec::new();
    for (language, option, variable, error) in [
        (Language::Cxx, "CMAKE_CXX_COMPILER=", "CXX", "No CMAKE_CXX_COMPILER could be found."),
        (Language::C, "CMAKE_C_COMPILER=", "CC", "No CMAKE_C_COMPILER could be found."),
    ] {
        let wanted = languages.as_ref().is_none_or(|l| l.contains(&language));
        let mut error = error.to_owned();
        let mut program = None;
        if set(option) || chooses_compiler(around, &[variable]) {
            let option = rest.iter().flatten().find_map(|w| w.strip_prefix("-D")?.strip_prefix(option));
            let Some(chosen) = option.map(str::to_owned).or_else(|| around.variable(variable)) else { continue };
            if !is_versioned_gcc(&chosen) {
                continue;
            }
            error = match option {
                Some(_) => format!("{chosen} is not a full path and was not found in the PATH."),
                None => format!("Could not find compiler set in environment variable {variable}: {chosen}."),
            };
            program = Some(chosen);
        }
        if wanted {
            needs.push(CompilerNeed {
                language,
                command: name.to_owned(),
                error,
                build_tool: true,
                certain: true,
                word: 0,
                program,
            });
        }
    }
    needs
}

/// `gcc-12`, `g++-12`: a name that a package of a distribution has.
fn is_versioned_gcc(name: &str) -> bool {
    let version = name.strip_prefix("gcc-").or_else(|| name.strip_prefix("g++-"));
    version.is_some_and(|v| !v.is_empty() && v.chars().all(|c| c.is_ascii_digit()))
}

/// The folder that cmake configures: `-S`, or the last word that is no option.
fn cmake_source<'a>(rest: &[Option<&'a str>]) -> Option<&'a str> {
    let mut last = None;
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match *word {
            Some("-S") => return words.next().copied().flatten(),
            Some("-B" | "-G" | "-D" | "-U" | "-C" | "-A" | "-T" | "--preset") => _ = words.next(),
            Some(word) if word.starts_with("-S") => return Some(&word[2..]),
            Some(word) if word.starts_with('-') => {}
            Some(word) => last = Some(word),
            None => return None,
        }
    }
    last
}

/// The languages of a `CMakeLists.txt`: those of `project()` and `enable_language()`; C and C++ where `project()` names
/// none.
fn cmake_languages(text: &str) -> Vec<Language> {
    let mut languages = Vec::new();
    let lower = text.to_ascii_lowercase();
    let mut add = |words: &[&str]| {
        for word in words {
            match *word {
                "c" => languages.push(Language::C),
                "cxx" | "cuda" => languages.push(Language::Cxx),
                _ => {}
            }
        }
    };
    for (at, call) in lower.match_indices("project").chain(lower.match_indices("enable_language")) {
        // A commented-out call is none; neither is the end of a longer name.
        let line = lower[..at].rsplit('\n').next().unwrap_or("");
        let after = lower[at + call.len()..].trim_start();
        if line.contains('#') || line.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let Some(arguments) = after.strip_prefix('(').and_then(|a| a.split(')').next()) else { continue };
        let words: Vec<&str> = arguments.split_whitespace().collect();
        if call == "enable_language" {
            add(&words);
            continue;
        }
        const KEYS: [&str; 5] = ["version", "description", "homepage_url", "compat_version", "languages"];
        let listed = match words.iter().position(|w| *w == "languages") {
            Some(at) => words.get(at + 1..).unwrap_or(&[]),
            None if words.iter().skip(1).any(|w| KEYS.contains(w)) => &[],
            None => words.get(1..).unwrap_or(&[]),
        };
        if listed.is_empty() { add(&["c", "cxx"]) } else { add(listed) }
    }
    // No `project()` at all: cmake behaves as if it were there, with C and C++.
    if languages.is_empty() && !lower.contains("project") { vec![Language::C, Language::Cxx] } else { languages }
}

fn configure(name: &str, rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<CompilerNeed> {
    if rest.iter().flatten().any(|w| w.starts_with("CC=") || *w == "--help" || *w == "--version") {
        return Vec::new();
    }
    if chooses_compiler(around, &["CC"]) {
        return Vec::new();
    }
    // Not every `configure` is autoconf's (nginx, ffmpeg and Python have their own or none); a script that we can read
    // and that does not look for a compiler needs none.
    let text = around.file(name);
    if text.as_deref().is_some_and(|t| !t.contains("acceptable C compiler") && !t.contains("CC=")) {
        return Vec::new();
    }
    vec![CompilerNeed {
        language: Language::C,
        command: name.to_owned(),
        error: "configure: error: no acceptable C compiler found in $PATH".to_owned(),
        build_tool: true,
        certain: true,
        word: 0,
        program: None,
    }]
}

fn meson(rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<CompilerNeed> {
    let configures = match rest.first() {
        Some(Some("setup")) => true,
        // `meson builddir` is the old form of `meson setup builddir`.
        Some(Some(word)) => {
            !word.starts_with('-')
                && !matches!(
                    *word,
                    "compile"
                        | "install"
                        | "test"
                        | "dist"
                        | "configure"
                        | "introspect"
                        | "init"
                        | "wrap"
                        | "subprojects"
                        | "help"
                        | "env2mfile"
                        | "devenv"
                        | "format"
                )
        }
        _ => false,
    };
    if !configures || rest.iter().flatten().any(|w| w.starts_with("--cross-file") || w.starts_with("--native-file")) {
        return Vec::new();
    }
    if chooses_compiler(around, &["CC", "CXX"]) {
        return Vec::new();
    }
    vec![CompilerNeed {
        language: Language::C,
        command: "meson".to_owned(),
        error: "ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]".to_owned(),
        build_tool: true,
        certain: true,
        word: 0,
        program: None,
    }]
}

/// `make` proves nothing by itself: only a Makefile that we can read and that compiles.
fn make(name: &str, rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<CompilerNeed> {
    let mut folder = ".";
    let mut file = None;
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match *word {
            Some("-C" | "--directory") => match words.next() {
                Some(Some(to)) => folder = to,
                _ => return Vec::new(),
            },
            Some("-f" | "--file") => match words.next() {
                Some(Some(name)) => file = Some(*name),
                _ => return Vec::new(),
            },
            Some(word) if word.starts_with("CC=") || word.starts_with("CXX=") => return Vec::new(),
            _ => {}
        }
    }
    let names: Vec<&str> = file.map_or(vec!["GNUmakefile", "makefile", "Makefile"], |f| vec![f]);
    let Some(text) = names.iter().find_map(|n| around.file(&format!("{folder}/{n}"))) else { return Vec::new() };
    let target = rest.iter().flatten().find(|w| !w.starts_with('-') && !w.contains('=') && **w != folder).copied();
    let Some((language, compiler)) = makefile_compiler(&text, target, around) else { return Vec::new() };
    if chooses_compiler(around, &["CC", "CXX"]) {
        return Vec::new();
    }
    vec![CompilerNeed {
        language,
        command: name.to_owned(),
        error: format!("make: {compiler}: No such file or directory"),
        build_tool: true,
        certain: true,
        word: 0,
        program: None,
    }]
}

/// The compiler that the recipe of `target` (or of the first target) calls, if the Makefile says it in so many words.
/// Follows prerequisites; implicit rules count where a prerequisite is an object file.
fn makefile_compiler(text: &str, target: Option<&str>, around: &dyn CommandEnv) -> Option<(Language, String)> {
    let mut rules: Vec<(Vec<&str>, Vec<&str>, Vec<&str>)> = Vec::new();
    let mut variables: Vec<(&str, &str)> = Vec::new();
    for line in text.lines() {
        if line.starts_with('\t') {
            if let Some((_, _, recipe)) = rules.last_mut() {
                recipe.push(line.trim());
            }
            continue;
        }
        let line = line.split('#').next().unwrap_or("").trim();
        if let Some((name, value)) =
            line.split_once('=').filter(|(n, _)| !n.trim_end_matches([':', '?', '+']).trim().contains([' ', ':']))
        {
            variables.push((name.trim_end_matches([':', '?', '+']).trim(), value.trim()));
        } else if let Some((targets, needs)) = line.split_once(':') {
            rules.push((
                targets.split_whitespace().collect(),
                needs.trim_start_matches(':').split_whitespace().collect(),
                Vec::new(),
            ));
        }
    }
    let first = rules.iter().flat_map(|r| &r.0).find(|t| !t.starts_with('.') && !t.contains('%')).copied();
    let mut open: Vec<String> = vec![target.or(first)?.to_owned()];
    let mut seen: Vec<String> = Vec::new();
    // Prerequisites may form a ring, and a Makefile may be huge: look at no more than so many.
    const MOST_TARGETS: usize = 200;
    while let Some(name) = open.pop() {
        if seen.contains(&name) {
            continue;
        }
        if seen.len() > MOST_TARGETS {
            around.note_skipped(&format!(
                "the Makefile has over {MOST_TARGETS} targets on the way; not all were looked at"
            ));
            break;
        }
        for (targets, needs, recipe) in &rules {
            let is_it = targets.iter().any(|t| {
                *t == name || t.split_once('%').is_some_and(|(a, b)| name.starts_with(a) && name.ends_with(b))
            });
            if !is_it {
                continue;
            }
            if let Some(found) = recipe.iter().find_map(|line| recipe_compiler(line, &variables)) {
                return Some(found);
            }
            for need in needs {
                match need.strip_prefix("$(").and_then(|n| n.strip_suffix(')')) {
                    Some(variable) => {
                        let value = variables.iter().rev().find(|(n, _)| *n == variable).map_or("", |(_, v)| *v);
                        open.extend(value.split_whitespace().map(str::to_owned));
                    }
                    None => open.push((*need).to_owned()),
                }
            }
        }
        seen.push(name);
    }
    None
}

/// The compiler that a line of a recipe begins with.
fn recipe_compiler(line: &str, variables: &[(&str, &str)]) -> Option<(Language, String)> {
    let line = line.trim_start_matches(['@', '-', '+', ' ']);
    let word = line.split_whitespace().next()?;
    let value = |name: &str, default: &str| {
        variables.iter().rev().find(|(n, _)| *n == name).map_or_else(|| default.to_owned(), |(_, v)| (*v).to_owned())
    };
    let (name, language) = match word {
        "$(CC)" | "${CC}" => (value("CC", "cc"), Language::C),
        "$(CXX)" | "${CXX}" => (value("CXX", "g++"), Language::Cxx),
        "gcc" | "cc" => (word.to_owned(), Language::C),
        "g++" | "c++" => (word.to_owned(), Language::Cxx),
        _ => return None,
    };
    // `CC = emcc` or `CC = $(CROSS)gcc` is another compiler.
    matches!(name.as_str(), "cc" | "gcc" | "g++" | "c++").then_some((language, name))
}

fn go(rest: &[Option<&str>], around: &dyn CommandEnv) -> Vec<CompilerNeed> {
    let builds = matches!(rest.first(), Some(Some("build" | "install" | "test" | "run")));
    let on = around.variable("CGO_ENABLED").as_deref() == Some("1");
    let race = rest.contains(&Some("-race"));
    if !builds || !(on || race) || chooses_compiler(around, &["CC"]) {
        return Vec::new();
    }
    vec![CompilerNeed {
        language: Language::C,
        command: format!("go {}", rest.first().copied().flatten().unwrap_or("build")),
        error: "cgo: C compiler \"gcc\" not found: exec: \"gcc\": executable file not found in $PATH".to_owned(),
        build_tool: false,
        // Without a package that uses cgo, nothing is compiled; `-race` always needs it.
        certain: race,
        word: 0,
        program: None,
    }]
}

/// What pip compiles because there is no wheel of it. Another index or a folder of wheels may have some that PyPI
/// does not have.
fn pip(words: &[Option<String>], around: &dyn CommandEnv) -> Vec<CompilerNeed> {
    let Some(request) = python::request(words, around).filter(|r| !r.elsewhere) else { return Vec::new() };
    let compiled = request.requirements.iter().filter(|r| !(r.git || r.conditional)).filter_map(|it| {
        let (language, error) = around.compiles_from_source(&it.text)?;
        let command = match &it.file {
            Some(file) => format!("{} (building {}, named in {file})", request.tool, it.text),
            None => format!("{} (building {})", request.tool, it.text),
        };
        Some(CompilerNeed {
            language,
            command,
            error,
            build_tool: false,
            certain: !it.bounded,
            word: it.word,
            program: None,
        })
    });
    compiled.collect()
}

/// A compiler called by its own name. With only `--version` the call is a probe.
fn direct(name: &str, rest: &[Option<&str>]) -> Vec<CompilerNeed> {
    if rest.is_empty()
        || rest.iter().flatten().any(|w| matches!(*w, "--version" | "-v" | "-dumpmachine" | "-dumpversion"))
    {
        return Vec::new();
    }
    vec![CompilerNeed {
        language: if name.contains("++") { Language::Cxx } else { Language::C },
        command: name.to_owned(),
        error: format!("/bin/sh: 1: {name}: not found"),
        build_tool: true,
        certain: true,
        word: 0,
        program: is_versioned_gcc(name).then(|| name.to_owned()),
    }]
}
