//! What a need is, and what it is worked out from.

use super::pypi::PypiPackage;

/// Something that would satisfy a need.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    Command(String),
    /// By its path below an include folder: `openssl/ssl.h`.
    Header(String),
    /// Root certificates where the programs of the distribution look for them.
    Certificates,
}

/// What a need is about; each kind has its rule.
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
    /// One of them is enough.
    pub any_of: Vec<Thing>,
    /// The command in the user's words, with what shows the need: "pip (building psycopg2)".
    pub command: String,
    /// The error that it reports without it.
    pub error: String,
    /// The packages to install, by package manager, if the index does not have them.
    pub apt: Vec<&'static str>,
    pub apk: Vec<&'static str>,
    /// The need follows from what was read, not from what is usual.
    pub certain: bool,
    /// Index of the word that shows the need.
    pub word: usize,
}

impl Need {
    pub(super) fn new(
        kind: NeedKind,
        any_of: &[&str],
        command: impl Into<String>,
        error: impl Into<String>,
        word: usize,
    ) -> Self {
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

/// The language of a compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    C,
    Cxx,
}

impl Language {
    /// The commands that can be used, the usual one first.
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
    /// The error that it reports without it.
    pub error: String,
    /// The command is itself a build tool that looks for the compiler first.
    pub build_tool: bool,
    /// The need follows from what was read, not from what is usual.
    pub certain: bool,
    /// Index of the word that shows the need.
    pub word: usize,
    /// The compiler that was chosen explicitly, if it is a version of gcc: `g++-12`. No other will do.
    pub program: Option<String>,
}

/// What the needs of a command depend on.
pub trait CommandEnv {
    /// Returns the value of an environment variable; `None` if unset or unknown.
    fn variable(&self, name: &str) -> Option<String>;

    /// True if a variable may be set to an unknown value.
    fn variable_is_unknown(&self, name: &str) -> bool;

    /// Returns the text of a file at a path in the image, relative to the command's folder, if it was copied from the
    /// build context and can be read.
    fn file(&self, path: &str) -> Option<String>;

    /// Called if a limit of ours keeps something from being read.
    fn note_skipped(&self, what: &str) {
        let _ = what;
    }

    /// Returns what is known of a PyPI package, by its name as PyPI writes it: lower case, with `-`.
    fn pypi(&self, name: &str) -> Option<PypiPackage> {
        let _ = name;
        None
    }

    /// Returns the compiler that a PyPI package needs, if it has no wheel for this image and pip compiles it.
    fn compiles_from_source(&self, requirement: &str) -> Option<(Language, String)>;
}
