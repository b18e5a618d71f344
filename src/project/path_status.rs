//! A path that is not there, and what may explain it: a submodule that is not checked out, a file that git ignores, a
//! step outside the build that makes it. Only what nothing explains is certainly missing.

use std::path::{Component, Path};

use crate::files::Files;
use crate::files::gitignore::{GitIgnore, Reading};

pub use crate::files::Entry;

use super::model::Project;
use super::views::ServiceView;

/// Why a path that is absent may be there when somebody else builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Outside the root, or reached by a link that leads there: not looked at.
    OutsideRoot,
    /// In or over a git submodule.
    Submodule,
    /// Git ignores it: something makes it on each machine.
    Ignored,
    /// A script, Makefile, workflow or README of the project makes it.
    MadeByScript,
    /// In a folder that build tools fill (`target/`, `dist/`), or a file of the kind that they write.
    BuildOutput,
    /// A secret or a machine's own settings, which are not committed.
    Private,
}

/// What is at a path, and if nothing, whether it is expected to be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathStatus {
    Exists(Entry),
    Missing,
    ExpectedMissing(Cause),
}

/// How sure we are that a path of a compose file starts where we think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// There is no sign of another start.
    Certain,
    /// It would be right from a folder above.
    Doubtful,
    /// The file is certainly a part of a project above it, where the path is right.
    Elsewhere,
}

impl ServiceView<'_> {
    /// Returns how certain it is that a relative path of this service, which does not exist, starts in the folder of
    /// the file: the paths of a file that is merged with others (`-f`) start in the folder of the first of them.
    pub fn start_of(&self, relative: &Path) -> Start {
        let dir = &self.compose.dir;
        // Nobody leaves a folder above for a place outside it.
        if relative.starts_with("..") {
            return Start::Certain;
        }
        if self.may_start_elsewhere() || self.base().is_some_and(|(base, _)| base.dir != *dir) {
            return if self.contexts_start_here() { Start::Certain } else { Start::Elsewhere };
        }
        if !self.project.exists_from_elsewhere(dir, relative) {
            return Start::Certain;
        }
        let own_name = relative.components().find_map(|c| match c {
            Component::Normal(name) => Some(name),
            _ => None,
        });
        let names_itself = own_name.is_some() && own_name == dir.file_name();
        if names_itself || self.compose.refused { Start::Elsewhere } else { Start::Doubtful }
    }
}

impl ServiceView<'_> {
    /// True if the build contexts of the file show that its paths start in its own folder: one that names a folder
    /// exists, and none would be right only from a folder above.
    fn contexts_start_here(&self) -> bool {
        let (project, dir) = (self.project, &self.compose.dir);
        let written =
            self.compose.services.iter().filter_map(|s| Some(s.build.as_ref()?.context_text.as_ref()?.raw.as_str()));
        let mut here = false;
        for context in
            written.filter(|c| !matches!(c.trim_end_matches('/'), "" | "." | "..") && !c.contains([':', '$']))
        {
            let context = Path::new(context);
            if project.files.is_folder(&dir.join(context)) {
                here = true;
            } else if !context.starts_with("..") && project.exists_from_elsewhere(dir, context) {
                return false;
            }
        }
        here
    }
}

impl Project {
    /// What is at an absolute path.
    pub fn path_status(&self, path: &Path) -> PathStatus {
        // One that no system takes is cut short: what follows goes up folder by folder.
        let path = &*self.files.absolute(path);
        self.status_of(path, false)
    }

    /// As [`Project::path_status`], of a path that is meant to be a folder: what writes a file does not make one.
    pub fn folder_status(&self, path: &Path) -> PathStatus {
        self.status_of(path, true)
    }

    fn status_of(&self, path: &Path, folder: bool) -> PathStatus {
        if let Some(entry) = self.files.entry(path) {
            return PathStatus::Exists(entry);
        }
        match self.cause(path, folder) {
            Some(cause) => PathStatus::ExpectedMissing(cause),
            None => PathStatus::Missing,
        }
    }

    fn cause(&self, path: &Path, folder: bool) -> Option<Cause> {
        if !self.files.is_inside(path) || !path.starts_with(self.files.root()) && !self.is_under_root(path) {
            return Some(Cause::OutsideRoot);
        }
        if self.in_submodule(path) {
            return Some(Cause::Submodule);
        }
        // What the project's own build tool writes is expected to be missing, ignored or not.
        if is_build_output(&self.files, path) {
            return Some(Cause::BuildOutput);
        }
        // What a step of the project makes is there when that step was taken, ignored or not.
        if self.made_by_script(path, folder) {
            return Some(Cause::MadeByScript);
        }
        if self.is_ignored(path) {
            return Some(Cause::Ignored);
        }
        (!folder && is_private(path)).then_some(Cause::Private)
    }

    /// True if git ignores a path.
    pub fn is_ignored(&self, path: &Path) -> bool {
        self.memo.get(|| GitIgnore::new(&self.files, Reading::AsMeant)).covers_missing(path)
    }

    fn is_under_root(&self, path: &Path) -> bool {
        let absolute = self.files.absolute(path);
        absolute.ancestors().any(|a| crate::files::leads_to(a, self.files.root()))
    }

    /// True if a submodule is at a path, below it or above it.
    pub fn in_submodule(&self, path: &Path) -> bool {
        self.submodules().iter().any(|module| path.starts_with(module) || module.starts_with(path))
    }

    fn made_by_script(&self, path: &Path, folder: bool) -> bool {
        let Some(name) = path.file_name().map(|n| n.to_string_lossy().to_lowercase()) else { return false };
        // The folder that is missing may be what the script makes.
        let first_missing =
            self.files.first_missing(path).and_then(|p| p.file_name().map(|n| n.to_string_lossy().to_lowercase()));
        let made = if folder {
            self.repository.makes_folder(&name)
        } else if name == "dockerfile" {
            // Every text about Docker has the word; the folder must be named with it.
            let parent = path.parent().and_then(Path::file_name).map(|n| n.to_string_lossy().to_lowercase());
            parent.is_some_and(|p| self.repository.makes_file(&format!("{p}/{name}")))
                || path.parent() == Some(self.files.root()) && self.repository.makes_file(&name)
        } else {
            self.repository.makes_file(&name)
        };
        // A folder of that name at the root is the one that the texts mention.
        let elsewhere = |n: &str| self.files.is_folder(&self.files.root().join(n));
        made || first_missing
            .is_some_and(|n| n != name && n.len() > 2 && !elsewhere(&n) && self.repository.makes_folder(&n))
    }

    /// True if a relative path would exist from another folder between `from` and the root, where it is resolved if the
    /// file is merged with one that is there.
    pub fn exists_from_elsewhere(&self, from: &Path, relative: &Path) -> bool {
        if relative.is_absolute() {
            return false;
        }
        from.ancestors()
            .skip(1)
            .take_while(|a| a.starts_with(self.files.root()))
            .any(|a| self.files.entry(&a.join(relative)).is_some())
    }
}

/// True if a missing path looks like what a build tool writes.
fn is_build_output(files: &Files, path: &Path) -> bool {
    const FOLDERS: [&str; 24] = [
        "_build",
        "_output",
        "_site",
        ".next",
        ".nuxt",
        ".output",
        ".build",
        "artifact",
        "artifacts",
        "bazel-bin",
        "bin",
        "build",
        "builds",
        "dist",
        "generated",
        "node_modules",
        "obj",
        "out",
        "output",
        "publish",
        "release",
        "releases",
        "target",
        "wheelhouse",
    ];
    const EXTENSIONS: [&str; 24] = [
        "jar", "war", "ear", "whl", "deb", "rpm", "apk", "so", "dll", "exe", "o", "a", "tgz", "gz", "xz", "zip", "tar",
        "bin", "wasm", "egg", "img", "iso", "class", "run",
    ];
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    if extension.as_ref().is_some_and(|e| EXTENSIONS.contains(&e.as_str())) {
        return true;
    }
    let Ok(relative) = path.strip_prefix(files.root()) else { return false };
    for part in relative.components() {
        let Component::Normal(name) = part else { return false };
        let name = name.to_string_lossy().to_lowercase();
        if FOLDERS.contains(&name.as_str())
            || ["-build", "-dist", "-out", "-output", ".egg-info"].iter().any(|s| name.ends_with(s))
            || ["build-", "cmake-build"].iter().any(|s| name.starts_with(s))
        {
            return true;
        }
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return false };
    let has =
        |names: &[&str]| files.folders_down_to(folder).iter().any(|f| names.iter().any(|n| files.is_file(&f.join(n))));
    let name = name.to_string_lossy();
    // Dependencies that a package manager lays down.
    if name == "vendor" {
        return has(&["composer.json", "go.mod", "Gemfile", "Cargo.toml"]);
    }
    // A program that a compiler writes next to its sources.
    let lower = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'));
    extension.is_none()
        && lower
        && has(&["go.mod", "Cargo.toml", "CMakeLists.txt", "WORKSPACE", "MODULE.bazel", "BUILD.bazel"])
}

/// Secrets and settings of one machine.
fn is_private(path: &Path) -> bool {
    let Some(name) = path.file_name().map(|n| n.to_string_lossy().to_lowercase()) else { return false };
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    name == ".env"
        || name.starts_with(".env.") && !["example", "sample", "template", "dist"].contains(&extension.as_str())
        || name.ends_with(".env")
        || ["pem", "key", "crt", "cer", "p12", "pfx", "jks", "keystore", "lic", "license"].contains(&extension.as_str())
        || name.starts_with("id_rsa")
        || name.starts_with("id_ed25519")
        || name.starts_with("authorized_keys")
        || ["secret", "credential", "service-account", "serviceaccount"].iter().any(|w| name.contains(w))
        || [".npmrc", ".netrc", ".pypirc", "auth.json", "kubeconfig"].contains(&name.as_str())
        || name.contains(".local.")
        || path.components().any(|c| {
            let part = c.as_os_str().to_string_lossy().to_lowercase();
            ["ssh_keys", "ssh-keys", ".ssh", "certs", "certificates", "ssl", "tls", "keys", "secrets", "credentials"]
                .contains(&part.as_str())
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(folder: &Path, files: &[(&str, &str)]) -> Files {
        for (path, text) in files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Files::new(folder, folder)
    }

    #[test]
    fn outputs_of_build_tools() {
        let dir = tempfile::tempdir().unwrap();
        let files = at(dir.path(), &[("go/go.mod", ""), ("py/main.py", ""), ("php/composer.json", "{}")]);
        let root = files.root().to_owned();
        let output = |path: &str| is_build_output(&files, &root.join(path));
        for yes in ["target/app.jar", "x/dist", "app.whl", "go/server", "php/vendor", "build-amd64/x"] {
            assert!(output(yes), "{yes}");
        }
        for no in ["py/app", "go/Makefile", "requirements.txt", "src/main.rs", "py/vendor", "public/index.html"] {
            assert!(!output(no), "{no}");
        }
    }

    #[test]
    fn what_nobody_commits() {
        for yes in [".env", ".env.production", "tls/cert.pem", "id_rsa", "gcp-credentials.json", "app.local.toml"] {
            assert!(is_private(Path::new(yes)), "{yes}");
        }
        for no in [".env.example", "environment.yml", "keyboard.json", "requirements.txt"] {
            assert!(!is_private(Path::new(no)), "{no}");
        }
    }
}
