//! What a command needs in its image besides itself: a compiler for `cmake`, and so on.
//!
//! The facts are those of the tools' own behaviour. If a need depends on a file (a `CMakeLists.txt`, a `Makefile`), the
//! caller is asked for it, and a file that cannot be read lowers the certainty or removes the need.

pub mod archive;
mod compilers;
pub mod javascript;
pub mod native;
mod need;
pub mod pypi;
pub mod python;
pub mod tools;

pub use compilers::compilers;
pub use need::{CommandEnv, CompilerNeed, Language, Need, NeedKind, Thing};

/// Returns the needs of a command other than compilers, from its words after expansion (`None` for an unknown word). The
/// first word is the command's name.
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
