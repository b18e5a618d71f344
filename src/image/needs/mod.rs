//! What a command needs of the image it runs in, beyond itself: a compiler for `cmake`, and so on.
//!
//! The facts are those of the tools' own behaviour; where a need depends on a file (a `CMakeLists.txt`, a `Makefile`), the
//! caller is asked for it, and a file that cannot be seen lowers the certainty or removes the need.

pub mod archive;
mod compilers;
pub mod javascript;
pub mod native;
pub mod pypi;
pub mod python;
pub mod tools;

pub use compilers::compilers;

/// Something that would satisfy a need.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    Command(String),
    /// By its path below an include folder: `openssl/ssl.h`.
    Header(String),
    /// A module of pkg-config.
    Module(String),
    /// Root certificates where the programs of the distribution look for them.
    Certificates,
}

/// What a need is about; each kind has a rule that speaks of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NeedKind {
    /// `git` for an address that a package manager was given.
    Git,
    /// The program that reads an archive's compression.
    Archive,
    /// `cc` for cargo.
    Linker,
    Certificates,
    /// `make` or `ninja` for cmake and meson.
    BuildProgram,
    /// A header or a `…-config` program of a library.
    Header,
    /// What node-gyp and gems compile with.
    Toolchain,
}

/// What a command needs of its image beyond itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub kind: NeedKind,
    /// One of them suffices.
    pub any_of: Vec<Thing>,
    /// The command as the user knows it, with what shows the need: "pip (building psycopg2)".
    pub command: String,
    /// What it says when there is none.
    pub error: String,
    /// The packages to install, by package manager, where the index cannot tell; empty where it can.
    pub apt: Vec<&'static str>,
    pub apk: Vec<&'static str>,
    /// The need follows from what was read, not from what such projects usually are.
    pub certain: bool,
    /// Index of the word that shows the need.
    pub word: usize,
}

impl Need {
    fn new(kind: NeedKind, any_of: &[&str], command: impl Into<String>, error: impl Into<String>, word: usize) -> Self {
        Need {
            kind,
            any_of: any_of.iter().map(|c| Thing::Command((*c).to_owned())).collect(),
            command: command.into(),
            error: error.into(),
            apt: Vec::new(),
            apk: Vec::new(),
            certain: true,
            word,
        }
    }
}

/// The needs of one command other than compilers, from its words after expansion (`None` for one that is unknown). The first
/// word is the command's name.
pub fn needs(words: &[Option<String>], around: &dyn CommandEnv) -> Vec<Need> {
    let Some(name) = words.first().and_then(|w| w.as_deref()) else { return Vec::new() };
    let base = name.rsplit('/').next().unwrap_or(name);
    let rest: Vec<Option<&str>> = words.iter().skip(1).map(Option::as_deref).collect();
    match base {
        "tar" | "gtar" => archive::tar(&rest),
        "cmake" | "cmake3" => tools::cmake(base, &rest, around),
        "meson" => tools::meson(&rest),
        "cargo" => {
            let mut needs = tools::cargo(&rest, around);
            needs.extend(native::crates(&rest, around));
            needs
        }
        "curl" | "wget" => tools::fetch(base, &rest, around),
        "git" => tools::git(&rest, around),
        "go" => tools::go(&rest, around),
        "npm" | "yarn" | "yarnpkg" | "pnpm" => javascript::needs(base, &rest, around),
        "bundle" | "bundler" => native::bundle(&rest, around),
        "docker-php-ext-install" => native::php(&rest),
        "pecl" => native::pecl(&rest),
        _ => python::needs(words, around),
    }
}

/// Which compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    C,
    Cxx,
}

impl Language {
    /// The commands that serve, the usual one first.
    pub fn commands(self) -> &'static [&'static str] {
        match self {
            Language::C => &["cc", "gcc", "clang"],
            Language::Cxx => &["c++", "g++", "clang++"],
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Language::C => "C compiler",
            Language::Cxx => "C++ compiler",
        }
    }
}

/// A compiler that a command will look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompilerNeed {
    pub language: Language,
    /// The command as the user knows it: "cmake", "./configure", "pip (building dlib)".
    pub command: String,
    /// What it says when there is none.
    pub error: String,
    /// The command is itself a build tool whose first act is to look for the compiler.
    pub build_tool: bool,
    /// The need follows from what was read, not from what such projects usually are.
    pub certain: bool,
    /// Index of the word that shows the need.
    pub word: usize,
    /// The very compiler that was chosen by hand, if it is a version of gcc: `g++-12`. No other serves then.
    pub program: Option<String>,
}

/// Where a command stands, as far as its needs depend on it.
pub trait CommandEnv {
    /// The value of an environment variable; `None` if unset or unknown.
    fn variable(&self, name: &str) -> Option<String>;

    /// Whether a variable may be set to something that we do not know.
    fn variable_is_unknown(&self, name: &str) -> bool;

    /// The text of a file at a path in the image, relative to the command's folder, if it was copied from the build context
    /// and can be read.
    fn file(&self, path: &str) -> Option<String>;

    /// Told of what a limit of ours keeps from being looked at.
    fn note_skipped(&self, what: &str) {
        let _ = what;
    }

    /// What is known of a PyPI package, by its name as PyPI writes it: lower case, with `-`.
    fn pypi(&self, name: &str) -> Option<python::PypiPackage> {
        let _ = name;
        None
    }

    /// Whether a PyPI package has no wheel for this image, so that pip compiles it; with the compiler that it needs.
    fn compiles_from_source(&self, requirement: &str) -> Option<(Language, String)>;
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[derive(Default)]
    pub(crate) struct Around {
        pub(crate) files: Vec<(&'static str, &'static str)>,
        pub(crate) variables: Vec<(&'static str, &'static str)>,
    }

    impl CommandEnv for Around {
        fn variable(&self, name: &str) -> Option<String> {
            self.variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
        }
        fn variable_is_unknown(&self, _: &str) -> bool {
            false
        }
        fn file(&self, path: &str) -> Option<String> {
            self.files.iter().find(|(p, _)| *p == path).map(|(_, t)| (*t).to_owned())
        }
        fn compiles_from_source(&self, requirement: &str) -> Option<(Language, String)> {
            requirement.starts_with("dlib").then(|| (Language::Cxx, "x".to_owned()))
        }
    }

    fn needs(line: &str, around: &Around) -> Vec<Language> {
        let words: Vec<_> = line.split(' ').map(|w| Some(w.to_owned())).collect();
        compilers(&words, around).iter().map(|n| n.language).collect()
    }

    #[test]
    fn cmake_needs_compilers_only_to_configure() {
        let none = Around::default();
        assert_eq!(needs("cmake -S . -B build", &none), [Language::Cxx, Language::C]);
        assert_eq!(needs("cmake --build build -j", &none), []);
        assert_eq!(needs("cmake -P x.cmake", &none), []);
        assert_eq!(needs("cmake -DCMAKE_TOOLCHAIN_FILE=a ..", &none), []);
        let c =
            Around { files: vec![("./CMakeLists.txt", "project(x\n  VERSION 1 LANGUAGES C)")], ..Around::default() };
        assert_eq!(needs("cmake -S . -B build", &c), [Language::C]);
        let nothing = Around { files: vec![("../CMakeLists.txt", "project(x NONE)")], ..Around::default() };
        assert_eq!(needs("cmake ..", &nothing), []);
        let chosen = Around { variables: vec![("CC", "clang"), ("CXX", "clang++")], ..Around::default() };
        assert_eq!(needs("cmake ..", &chosen), []);
    }

    #[test]
    fn make_needs_what_its_makefile_calls() {
        let files = |text| Around { files: vec![("./Makefile", text)], ..Around::default() };
        assert_eq!(needs("make", &Around::default()), []);
        assert_eq!(needs("make", &files("all: app\napp: main.c\n\t$(CC) -o app main.c\n")), [Language::C]);
        assert_eq!(needs("make install", &files("all:\n\tgcc x.c\ninstall:\n\tcp a b\n")), []);
        assert_eq!(needs("make", &files("CC = emcc\nall:\n\t$(CC) x.c\n")), []);
        assert_eq!(needs("make", &files("OBJS = a.o\nall: $(OBJS)\n%.o: %.cpp\n\tg++ -c $<\n")), [Language::Cxx]);
    }

    #[test]
    fn others() {
        let none = Around::default();
        assert_eq!(needs("./configure --prefix=/usr", &none), [Language::C]);
        assert_eq!(needs("meson setup build", &none), [Language::C]);
        assert_eq!(needs("meson compile -C build", &none), []);
        assert_eq!(needs("pip install numpy dlib", &none), [Language::Cxx]);
        assert_eq!(needs("pip install --extra-index-url x dlib", &none), []);
        assert_eq!(needs("go build ./...", &none), []);
        assert_eq!(needs("go build ./...", &Around { variables: vec![("CGO_ENABLED", "1")], ..none }), [Language::C]);
    }
}
