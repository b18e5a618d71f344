//! Command names that are no programs, or that have a rule of their own.

/// What sh and bash do themselves, and the words of their grammar.
const BUILT_INS: &[&str] = &[
    ".",
    ":",
    "[",
    "[[",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "case",
    "cd",
    "command",
    "compgen",
    "complete",
    "continue",
    "coproc",
    "declare",
    "dirs",
    "disown",
    "do",
    "done",
    "echo",
    "elif",
    "else",
    "enable",
    "esac",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "fi",
    "for",
    "function",
    "getopts",
    "hash",
    "help",
    "history",
    "if",
    "in",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "select",
    "set",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "then",
    "time",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "until",
    "wait",
    "while",
    "{",
    "}",
    "(",
    ")",
    "!",
];

pub fn is_built_in(name: &str) -> bool {
    BUILT_INS.contains(&name)
}

/// Compilers: missing-compiler and missing-nvcc speak of them.
pub fn is_compiler(name: &str) -> bool {
    matches!(name, "gcc" | "cc" | "g++" | "c++" | "clang" | "clang++" | "nvcc" | "gcc-nvcc")
        || ["gcc-", "g++-", "clang-", "clang++-"]
            .iter()
            .any(|p| name.strip_prefix(p).is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit())))
}

pub fn is_shell(name: &str) -> bool {
    matches!(name, "bash" | "zsh" | "ksh" | "fish" | "dash" | "ash" | "sh")
}

/// Installers and the like: what they are is a question of the base image, not of a package.
pub fn is_package_manager(name: &str) -> bool {
    matches!(name, "apt" | "apt-get" | "apk" | "dnf" | "yum" | "microdnf" | "zypper" | "pacman" | "dpkg" | "rpm")
}

/// The package of a command by package manager, where no index can be asked or the index would name a rare one.
pub fn usual_package(manager: crate::image::install::Installer, command: &str) -> Option<&'static str> {
    use crate::image::install::Installer::{Apk, Apt, Dnf};
    Some(match (manager, command) {
        (Apt | Apk | Dnf, "git") => "git",
        (Apt | Apk | Dnf, "curl") => "curl",
        (Apt | Apk | Dnf, "wget") => "wget",
        (Apt | Apk | Dnf, "make") => "make",
        (Apt | Apk | Dnf, "unzip") => "unzip",
        (Apt | Apk | Dnf, "zip") => "zip",
        (Apt | Apk | Dnf, "bzip2" | "bunzip2" | "bzcat") => "bzip2",
        (Apt | Apk | Dnf, "jq") => "jq",
        (Apt | Apk | Dnf, "rsync") => "rsync",
        (Apt | Apk | Dnf, "bash") => "bash",
        (Apt | Apk | Dnf, "sudo") => "sudo",
        (Apt | Apk | Dnf, "cmake") => "cmake",
        (Apt | Apk | Dnf, "patch") => "patch",
        (Apt | Apk | Dnf, "file") => "file",
        (Apt | Apk | Dnf, "zstd" | "unzstd" | "zstdcat") => "zstd",
        (Apt, "xz" | "unxz" | "xzcat") => "xz-utils",
        (Apk | Dnf, "xz" | "unxz" | "xzcat") => "xz",
        (Apt, "gpg") => "gpg",
        (Apk, "gpg") => "gnupg",
        (Apt, "pip" | "pip3") => "python3-pip",
        (Apk, "pip" | "pip3") => "py3-pip",
        (Apt | Apk | Dnf, "python3") => "python3",
        (Apt | Apk, "node") => "nodejs",
        (Apt | Apk, "npm" | "npx") => "npm",
        (Apt, "nc") => "netcat-openbsd",
        (Apt, "ping") => "iputils-ping",
        (Apk, "ping") => "iputils",
        (Apt, "ps") => "procps",
        (Apk, "ps") => "procps",
        (Apt, "ssh" | "ssh-keyscan" | "ssh-keygen" | "scp") => "openssh-client",
        (Apk, "ssh" | "ssh-keyscan" | "ssh-keygen" | "scp") => "openssh-client",
        (Apt, "envsubst") => "gettext-base",
        (Apk, "envsubst") => "gettext-envsubst",
        (Apt, "locale-gen") => "locales",
        (Apt, "add-apt-repository") => "software-properties-common",
        (Apt, "lsb_release") => "lsb-release",
        (Apt, "pg_config") => "libpq-dev",
        (Apt, "7z") => "p7zip-full",
        (Apk, "7z") => "7zip",
        (Apt, "ninja") => "ninja-build",
        (Apt, "go") => "golang-go",
        (Apk, "go") => "go",
        (Apt | Apk, "cargo") => "cargo",
        (Apt, "java") => "default-jre-headless",
        (Apt, "javac") => "default-jdk-headless",
        (Apt, "mvn") => "maven",
        (Apk, "mvn") => "maven",
        _ => return None,
    })
}
