//! What language package managers and well-known install scripts install, and which commands install nothing.
//!
//! Console commands of the packages named here are those that the packages themselves declare (their `entry_points`, `bin`
//! fields and crate names). Everything that is not named is unknown, never absent.

mod effects;
mod harmless;
mod mirrors;

pub(super) use effects::{Effect, Handler, effect_of, handler_of, is_question};
pub(super) use mirrors::sed_keeps_releases;

/// Commands that only the operating system's package manager or a script installs, so installs of a language's package
/// manager do not change what is known of them.
const SYSTEM_TOOLS: &[&str] = &[
    "apk",
    "apt",
    "apt-get",
    "ar",
    "as",
    "autoconf",
    "autoreconf",
    "awk",
    "bash",
    "bunzip2",
    "bzip2",
    "c++",
    "c++filt",
    "cc",
    "clang",
    "clang++",
    "cpp",
    "curl",
    "dnf",
    "dpkg",
    "file",
    "find",
    "g++",
    "gawk",
    "gcc",
    "gfortran",
    "git",
    "gpg",
    "gzip",
    "hg",
    "ip",
    "ld",
    "less",
    "libtoolize",
    "locale-gen",
    "lsb_release",
    "make",
    "microdnf",
    "mysql_config",
    "nc",
    "nvcc",
    "openssl",
    "patch",
    "pg_config",
    "ping",
    "pkg-config",
    "ps",
    "rsync",
    "sed",
    "ssh",
    "sudo",
    "svn",
    "tar",
    "unzip",
    "update-ca-certificates",
    "useradd",
    "vi",
    "vim",
    "wget",
    "which",
    "xz",
    "yum",
    "zip",
    "strip",
    "nm",
    "objdump",
    "dot",
    "add-apt-repository",
    "adduser",
    "envsubst",
    "add-apt-key",
    "apt-key",
    "su",
    "service",
    "systemctl",
];

pub(super) fn is_system_tool(command: &str) -> bool {
    SYSTEM_TOOLS.contains(&command)
}

/// Commands of a PyPI package, `None` if it is not curated.
pub(super) fn pip(package: &str) -> Option<&'static [&'static str]> {
    let normal = package.to_ascii_lowercase().replace(['_', '.'], "-");
    Some(match normal.as_str() {
        "pip" | "setuptools" | "wheel" => &["pip", "pip3", "wheel"],
        "cmake" => &["cmake", "ctest", "cpack"],
        "ninja" => &["ninja"],
        "meson" => &["meson"],
        "scons" => &["scons"],
        "conan" => &["conan"],
        "uv" => &["uv", "uvx"],
        "poetry" => &["poetry"],
        "pdm" => &["pdm"],
        "pipenv" => &["pipenv"],
        "hatch" => &["hatch"],
        "pipx" => &["pipx"],
        "virtualenv" => &["virtualenv"],
        "tox" => &["tox"],
        "nox" => &["nox"],
        "build" => &["pyproject-build"],
        "twine" => &["twine"],
        "maturin" => &["maturin"],
        "cython" => &["cython", "cythonize"],
        "awscli" => &["aws"],
        "ansible" | "ansible-core" => &["ansible", "ansible-playbook", "ansible-galaxy"],
        "gunicorn" => &["gunicorn"],
        "uvicorn" => &["uvicorn"],
        "hypercorn" => &["hypercorn"],
        "celery" => &["celery"],
        "flask" => &["flask"],
        "django" => &["django-admin"],
        "fastapi" | "fastapi-cli" => &["fastapi"],
        "supervisor" => &["supervisord", "supervisorctl"],
        "pytest" => &["pytest", "py.test"],
        "ruff" => &["ruff"],
        "black" => &["black"],
        "flake8" => &["flake8"],
        "mypy" => &["mypy"],
        "jupyter" | "jupyterlab" | "notebook" => &["jupyter"],
        "streamlit" => &["streamlit"],
        "gdown" => &["gdown"],
        "huggingface-hub" => &["huggingface-cli", "hf"],
        "yt-dlp" => &["yt-dlp"],
        "mkdocs" => &["mkdocs"],
        "sphinx" => &["sphinx-build"],
        "mercurial" => &["hg"],
        "docker-compose" => &["docker-compose"],
        "numpy" | "pandas" | "scipy" | "requests" | "torch" | "torchvision" | "torchaudio" | "six" | "pyyaml"
        | "psycopg2" | "psycopg2-binary" | "cryptography" | "pillow" | "boto3" | "redis" | "lxml" => &[],
        _ => return None,
    })
}

/// Commands of an npm package.
pub(super) fn npm(package: &str) -> &[&str] {
    match package {
        "typescript" => &["tsc", "tsserver"],
        "@angular/cli" => &["ng"],
        "@vue/cli" => &["vue"],
        "@nestjs/cli" => &["nest"],
        "create-react-app" => &["create-react-app"],
        "npm" => &["npm", "npx"],
        "yarn" => &["yarn", "yarnpkg"],
        "pnpm" => &["pnpm", "pnpx"],
        "bun" => &["bun", "bunx"],
        "corepack" => &["corepack", "yarn", "pnpm"],
        "pm2" => &["pm2"],
        "gulp-cli" | "gulp" => &["gulp"],
        "grunt-cli" => &["grunt"],
        "@bazel/bazelisk" => &["bazel", "bazelisk"],
        _ => &[],
    }
}

/// Commands of a crate that `cargo install` builds.
pub(super) fn cargo(package: &str) -> &[&str] {
    match package {
        "ripgrep" => &["rg"],
        "fd-find" => &["fd"],
        "wasm-bindgen-cli" => &["wasm-bindgen"],
        "diesel_cli" => &["diesel"],
        "sqlx-cli" => &["sqlx", "cargo-sqlx"],
        "cross" => &["cross"],
        _ => &[],
    }
}

/// The command that `go install PATH@VERSION` builds.
pub(super) fn go(path: &str) -> &str {
    let last = super::paths::base_name(path);
    let is_version =
        |p: &str| p.strip_prefix('v').is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit()));
    if is_version(last) { super::paths::base_name(super::paths::folder(path)) } else { last }
}

/// What a script fetched from the network does, where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ToolScript {
    /// Found in its address.
    pub address: &'static str,
    /// Commands that it installs, possibly outside PATH.
    pub commands: &'static [&'static str],
    /// It adds an apt, apk or yum repository and fetches its lists.
    pub repository: bool,
    /// The release of Node.js in NodeSource's `setup_18.x`.
    pub node: Option<u32>,
}

const SCRIPTS: &[ToolScript] = &[
    ToolScript {
        address: "sh.rustup.rs",
        commands: &["cargo", "rustc", "rustup", "rustfmt"],
        repository: false,
        node: None,
    },
    ToolScript {
        address: "static.rust-lang.org",
        commands: &["cargo", "rustc", "rustup", "rustfmt"],
        repository: false,
        node: None,
    },
    ToolScript { address: "astral.sh/uv", commands: &["uv", "uvx"], repository: false, node: None },
    ToolScript { address: "astral.sh/ruff", commands: &["ruff"], repository: false, node: None },
    ToolScript { address: "nvm-sh/nvm", commands: &["nvm", "node", "npm", "npx"], repository: false, node: None },
    ToolScript { address: "creationix/nvm", commands: &["nvm", "node", "npm", "npx"], repository: false, node: None },
    ToolScript { address: "deb.nodesource.com", commands: &["node", "npm", "npx"], repository: true, node: None },
    ToolScript { address: "apt.postgresql.org.sh", commands: &[], repository: true, node: None },
    ToolScript { address: "rpm.nodesource.com", commands: &["node", "npm", "npx"], repository: true, node: None },
    ToolScript { address: "install.python-poetry.org", commands: &["poetry"], repository: false, node: None },
    ToolScript { address: "get-poetry.py", commands: &["poetry"], repository: false, node: None },
    ToolScript { address: "get-pip.py", commands: &["pip", "pip3"], repository: false, node: None },
    ToolScript {
        address: "repo.anaconda.com/miniconda",
        commands: &["conda", "python", "pip"],
        repository: false,
        node: None,
    },
    ToolScript {
        address: "conda-forge/miniforge",
        commands: &["conda", "mamba", "python", "pip"],
        repository: false,
        node: None,
    },
    ToolScript { address: "bun.sh/install", commands: &["bun", "bunx"], repository: false, node: None },
    ToolScript { address: "deno.land/install", commands: &["deno"], repository: false, node: None },
    ToolScript { address: "get.helm.sh", commands: &["helm"], repository: false, node: None },
    ToolScript { address: "helm/helm", commands: &["helm"], repository: false, node: None },
    ToolScript { address: "aws/aws-cli", commands: &["aws"], repository: false, node: None },
    ToolScript { address: "awscli.amazonaws.com", commands: &["aws"], repository: false, node: None },
    ToolScript { address: "getcomposer.org/installer", commands: &["composer"], repository: false, node: None },
    ToolScript { address: "get.pnpm.io", commands: &["pnpm"], repository: false, node: None },
    ToolScript { address: "yarnpkg.com/install.sh", commands: &["yarn"], repository: false, node: None },
    ToolScript { address: "golangci-lint", commands: &["golangci-lint"], repository: false, node: None },
    ToolScript { address: "ohmyzsh", commands: &[], repository: false, node: None },
];

pub(super) fn script(address: &str) -> Option<ToolScript> {
    let script = SCRIPTS.iter().find(|s| address.contains(s.address)).copied()?;
    let node = || {
        let release = address.rsplit_once("/setup_")?.1.split_once('.')?.0;
        release.parse().ok()
    };
    Some(ToolScript { node: if script.address == "deb.nodesource.com" { node() } else { None }, ..script })
}

/// The release of Node.js that a distribution has itself. Debian's and Ubuntu's package has no npm in it.
pub(super) fn node_of(release: &str) -> Option<u32> {
    Some(match release {
        "stretch" | "xenial" => 4,
        "bionic" => 8,
        "buster" | "focal" => 10,
        "bullseye" | "jammy" => 12,
        "bookworm" | "noble" => 18,
        "trixie" | "sid" => 20,
        _ => return None,
    })
}

/// Programs of other languages, which no usual package of PyPI has.
pub(super) fn is_foreign_to_python(command: &str) -> bool {
    matches!(
        command,
        "npm"
            | "npx"
            | "yarn"
            | "bower"
            | "gulp"
            | "grunt"
            | "php"
            | "composer"
            | "mvn"
            | "gradle"
            | "sbt"
            | "javac"
            | "gem"
            | "bundle"
            | "bundler"
    )
}

/// What bash does itself and dash does not have, in the place of a command.
pub(super) fn is_bash_builtin(name: &str) -> bool {
    matches!(
        name,
        "source"
            | "pushd"
            | "popd"
            | "dirs"
            | "shopt"
            | "declare"
            | "typeset"
            | "let"
            | "mapfile"
            | "readarray"
            | "builtin"
            | "compgen"
            | "complete"
            | "disown"
            | "enable"
    )
}

/// Folders that may hold compilers, `curl`, `git` and the like beside what is called by their name: those of packages, of
/// toolchains, and of package managers that install whole systems. Any other folder on PATH belongs to an application.
pub(super) fn may_hold_system_tools(folder: &str) -> bool {
    const UNDER: [&str; 10] = [
        "/usr/lib",
        "/usr/libexec",
        "/usr/share",
        "/usr/local",
        "/snap",
        "/nix",
        "/home/linuxbrew",
        "/opt/rh",
        "/opt/bitnami",
        "/opt/local",
    ];
    const NAMED: [&str; 22] = [
        "conda",
        "toolchain",
        "toolset",
        "devtools",
        "gcc",
        "g++",
        "llvm",
        "clang",
        "mingw",
        "cross",
        "sysroot",
        "busybox",
        "brew",
        "nix",
        "git",
        "curl",
        "make",
        "build-tools",
        "sdk",
        "buildroot",
        "portable",
        "depot_tools",
    ];
    let folder = folder.to_ascii_lowercase();
    UNDER.iter().any(|under| folder.strip_prefix(under).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
        || NAMED.iter().any(|name| folder.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_commands() {
        assert_eq!(go("github.com/go-delve/delve/cmd/dlv"), "dlv");
        assert_eq!(go("github.com/bufbuild/buf/v2"), "buf");
    }

    #[test]
    fn folders_of_applications_hold_no_compiler() {
        for folder in ["/app/bin", "/opt/maven/bin", "/root/.local/bin", "/usr/libx", "/PredictionIO-0.9.6/bin"] {
            assert!(!may_hold_system_tools(folder), "{folder}");
        }
        for folder in ["/usr/lib/ccache", "/opt/conda/bin", "/opt/rh/devtoolset-9/root/bin", "/usr/local/musl/bin"] {
            assert!(may_hold_system_tools(folder), "{folder}");
        }
    }
}
