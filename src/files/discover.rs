//! Finds what there is to check: compose files, Dockerfiles, and the texts that say who builds what.
//!
//! The walk obeys `.gitignore`, so generated and vendored trees stay out. Hidden folders are skipped, but for those in
//! which build files live (`.github`, `.devcontainer`). Which files belong together is decided elsewhere: this module
//! only names them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::Files;
use super::gitignore::{GitIgnore, Reading};

/// Everything found under a root, each list sorted by path.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// By name: `*compose*.yml` and `*compose*.yaml`.
    pub compose: Vec<PathBuf>,
    /// Other YAML files with a line `services:` at the left margin; to be confirmed by their shape.
    pub maybe_compose: Vec<PathBuf>,
    pub dockerfiles: Vec<PathBuf>,
    /// CI workflows, Makefiles, scripts, bake files, READMEs: texts that may build or push an image.
    pub build_texts: Vec<BuildText>,
    /// Folders below the root that hold `.git`.
    pub repositories: Vec<PathBuf>,
    /// Folders or files that could not be read, in words.
    pub unreadable: Vec<String>,
}

/// A text in which images may be built or pushed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuildText {
    pub path: PathBuf,
    pub kind: TextKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextKind {
    Workflow,
    Makefile,
    Script,
    Bake,
    Readme,
}

/// Hidden folders and files that are read all the same.
const READ_THOUGH_HIDDEN: [&str; 18] = [
    ".github",
    ".devcontainer",
    ".gitlab-ci.yml",
    ".gitlab",
    ".circleci",
    ".buildkite",
    ".forgejo",
    ".gitea",
    ".woodpecker",
    ".woodpecker.yml",
    ".woodpecker.yaml",
    ".drone.yml",
    ".travis.yml",
    ".cirrus.yml",
    ".goreleaser.yml",
    ".goreleaser.yaml",
    ".appveyor.yml",
    ".tekton",
];

/// Folders that hold other people's code or build output and are never a project of one's own.
const NEVER_ENTERED: [&str; 4] = ["node_modules", ".git", ".venv", "site-packages"];

/// The nearest ancestor of `path` (itself included) that holds `.git`; otherwise `path`, or its folder if it is a file.
pub fn root_of(path: &Path) -> PathBuf {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    folder.ancestors().find(|p| p.join(".git").exists()).unwrap_or(folder).to_owned()
}

/// Walks the root.
pub fn find(files: &Files) -> Discovered {
    let mut found = Discovered::default();
    if let Some(paths) = files.handed_over() {
        let entered = |path: &Path| {
            let names = path.strip_prefix(files.root()).unwrap_or(path).iter().map(|n| n.to_string_lossy());
            names.into_iter().all(|name| is_walked(&name))
        };
        paths.into_iter().filter(|p| entered(p)).for_each(|path| found.sort_in(path, files));
        return found;
    }
    let ignored = GitIgnore::new(files, Reading::Exact);
    let whole = Mutex::new(found);
    let walk = WalkBuilder::new(files.root())
        .hidden(false)
        .follow_links(false)
        .require_git(false)
        .git_global(false)
        .ignore(false)
        .parents(false)
        // What the crate opens for itself may be a pipe, or a link out of the root: [`GitIgnore`] reads through
        // [`Files`].
        .git_ignore(false)
        .git_exclude(false)
        // Threads that find nothing to do sleep for a millisecond.
        .threads(if is_small(files.root()) { 1 } else { rayon::current_num_threads() })
        .filter_entry(move |entry| {
            let name = entry.file_name().to_string_lossy();
            if entry.depth() == 0 {
                return !NEVER_ENTERED.contains(&name.as_ref());
            }
            // Seen by the visitor, though not entered.
            name == ".git"
                || is_walked(&name)
                    && !ignored.covers_entry(entry.path(), entry.file_type().is_some_and(|t| t.is_dir()))
        })
        .build_parallel();
    walk.run(|| {
        let mut visitor = Visitor { files, own: Discovered::default(), whole: &whole };
        Box::new(move |entry| visitor.visit(entry))
    });
    let mut found = whole.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.compose.sort();
    found.maybe_compose.sort();
    found.dockerfiles.sort();
    found.build_texts.sort();
    found.repositories.sort();
    found.unreadable.sort();
    found
}

/// True if one thread walks a tree in less time than it takes to start others.
fn is_small(root: &Path) -> bool {
    const FEW: usize = 200;
    let mut seen = 0;
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > FEW {
                return false;
            }
            if is_walked(&entry.file_name().to_string_lossy()) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
        }
    }
    true
}

/// What one thread of the walk has found; it goes into the whole when the thread ends.
struct Visitor<'a> {
    files: &'a Files,
    own: Discovered,
    whole: &'a Mutex<Discovered>,
}

impl Visitor<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                self.own.unreadable.push(error.to_string());
                return WalkState::Continue;
            }
        };
        if entry.depth() > 0 && entry.file_name() == ".git" {
            self.own.repositories.extend(entry.path().parent().filter(|p| *p != self.files.root()).map(Path::to_owned));
            return WalkState::Skip;
        }
        let Some(kind) = entry.file_type() else { return WalkState::Continue };
        if kind.is_dir() {
            self.files.note(entry.path());
            return WalkState::Continue;
        }
        // A link counts as the file it leads to; `Files` refuses one that leads out of the root.
        if kind.is_symlink() && !self.files.is_file(entry.path()) || !kind.is_file() && !kind.is_symlink() {
            return WalkState::Continue;
        }
        self.own.sort_in(entry.into_path(), self.files);
        WalkState::Continue
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).append(std::mem::take(&mut self.own));
    }
}

/// True if a file or folder of this name is looked at.
fn is_walked(name: &str) -> bool {
    !NEVER_ENTERED.contains(&name) && (!name.starts_with('.') || READ_THOUGH_HIDDEN.contains(&name))
}

impl Discovered {
    fn append(&mut self, mut other: Discovered) {
        self.compose.append(&mut other.compose);
        self.maybe_compose.append(&mut other.maybe_compose);
        self.dockerfiles.append(&mut other.dockerfiles);
        self.build_texts.append(&mut other.build_texts);
        self.repositories.append(&mut other.repositories);
        self.unreadable.append(&mut other.unreadable);
    }

    fn sort_in(&mut self, path: PathBuf, files: &Files) {
        let Some(name) = path.file_name().map(|n| n.to_string_lossy().into_owned()) else { return };
        // The `services:` of a CI pipeline are not Compose's.
        let kind = text_kind(&path, &name);
        if let Some(kind) = kind {
            self.build_texts.push(BuildText { path: path.clone(), kind });
        }
        if is_compose_name(&name) && kind == Some(TextKind::Workflow) {
            // `.github/workflows/docker-compose-test.yml` is about Compose; `.circleci/docker-compose.yml` may be for
            // it.
            self.maybe_compose.push(path);
        } else if is_compose_name(&name) {
            self.compose.push(path);
        } else if is_dockerfile_name(&name) {
            self.dockerfiles.push(path);
        } else if kind != Some(TextKind::Workflow) && is_yaml_name(&name) && has_services_line(&path, files) {
            self.maybe_compose.push(path);
        }
    }
}

/// `*compose*.yml` or `.yaml`.
pub fn is_compose_name(name: &str) -> bool {
    is_yaml_name(name) && name.to_ascii_lowercase().contains("compose")
}

fn is_yaml_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with(".yml") || lower.ends_with(".yaml")
}

/// `Dockerfile` or `Containerfile` in any case, alone, with a `.`, `-` or `_` suffix, or as a suffix itself
/// (`api.Dockerfile`). Not `Dockerfile.dockerignore`, and not a file of another language that is only about Dockerfiles
/// (`dockerfile.py`).
pub fn is_dockerfile_name(name: &str) -> bool {
    const OTHER_LANGUAGES: [&str; 30] = [
        "c",
        "css",
        "dockerignore",
        "containerignore",
        "erb",
        "go",
        "html",
        "java",
        "js",
        "json",
        "jsx",
        "lock",
        "lua",
        "md",
        "orig",
        "php",
        "png",
        "py",
        "rb",
        "rs",
        "rst",
        "sh",
        "svg",
        "toml",
        "ts",
        "tsx",
        "txt",
        "vim",
        "xml",
        "yaml",
    ];
    let lower = name.to_ascii_lowercase();
    let extension = lower.rsplit_once('.').map(|(_, e)| e);
    ["dockerfile", "containerfile"].iter().any(|word| {
        if lower == *word || lower.ends_with(&format!(".{word}")) {
            return true;
        }
        let Some(rest) = lower.strip_prefix(word) else { return false };
        rest.starts_with(['.', '-', '_'])
            && rest.len() > 1
            && !extension.is_some_and(|e| OTHER_LANGUAGES.contains(&e) || e == "yml")
    })
}

/// True if a YAML file has `services:` at its left margin: worth a closer look.
fn has_services_line(path: &Path, files: &Files) -> bool {
    let Ok(bytes) = files.read(path) else { return false };
    bytes.split(|b| *b == b'\n').any(|line| line.starts_with(b"services:"))
}

fn text_kind(path: &Path, name: &str) -> Option<TextKind> {
    let lower = name.to_ascii_lowercase();
    let in_workflows = || {
        let folder = path.parent().map(|p| p.to_string_lossy().replace('\\', "/")).unwrap_or_default();
        const ENDS: [&str; 8] = [
            ".github/workflows",
            ".gitlab",
            ".circleci",
            ".buildkite",
            ".forgejo/workflows",
            ".gitea/workflows",
            ".woodpecker",
            ".tekton",
        ];
        ENDS.iter().any(|e| folder.ends_with(e)) || folder.contains(".github/actions")
    };
    if is_yaml_name(name) {
        let ci = [
            ".gitlab-ci.yml",
            "azure-pipelines.yml",
            "bitbucket-pipelines.yml",
            "cloudbuild.yaml",
            "cloudbuild.yml",
            ".woodpecker.yml",
            ".woodpecker.yaml",
            ".drone.yml",
            ".travis.yml",
            ".cirrus.yml",
            ".appveyor.yml",
            "appveyor.yml",
            "buildspec.yml",
            "buildspec.yaml",
        ];
        // What these name as an image, they build.
        let builders = ["skaffold.yaml", "skaffold.yml", "devspace.yaml"];
        if builders.contains(&lower.as_str()) || lower.trim_start_matches('.').starts_with("goreleaser.y") {
            return Some(TextKind::Bake);
        }
        if ci.contains(&lower.as_str()) || in_workflows() {
            return Some(TextKind::Workflow);
        }
        return lower.starts_with("taskfile").then_some(TextKind::Makefile);
    }
    if lower == "earthfile" {
        return Some(TextKind::Bake);
    }
    if lower == "jenkinsfile" || lower == "tiltfile" {
        return Some(TextKind::Workflow);
    }
    if lower.contains("makefile") || lower.ends_with(".mk") || lower == "justfile" || lower == "package.json" {
        return Some(TextKind::Makefile);
    }
    if lower.starts_with("readme") || lower.ends_with(".md") {
        return Some(TextKind::Readme);
    }
    if lower.contains("bake") && (lower.ends_with(".hcl") || lower.ends_with(".json")) {
        return Some(TextKind::Bake);
    }
    let script = [".sh", ".bash", ".ps1", ".bat", ".cmd"].iter().any(|e| lower.ends_with(e));
    script.then_some(TextKind::Script)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for yes in [
            "Dockerfile",
            "dockerfile",
            "Dockerfile.dev",
            "Dockerfile-gpu",
            "Dockerfile_x",
            "api.Dockerfile",
            "Containerfile",
        ] {
            assert!(is_dockerfile_name(yes), "{yes}");
        }
        for no in
            ["Dockerfile.dockerignore", "dockerfile.py", "dockerfiles", "mydockerfile", "Dockerfile.md", "Dockerfile."]
        {
            assert!(!is_dockerfile_name(no), "{no}");
        }
        assert!(is_compose_name("docker-compose.prod.yml") && !is_compose_name("compose.json"));
    }

    #[test]
    fn walks_past_ignored_and_hidden_folders() {
        let dir = tempfile::tempdir().unwrap();
        for path in [
            "Dockerfile",
            "out/Dockerfile",
            ".hidden/Dockerfile",
            ".devcontainer/Dockerfile",
            "node_modules/x/Dockerfile",
        ] {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "FROM scratch\n").unwrap();
        }
        std::fs::write(dir.path().join(".gitignore"), "out/\n").unwrap();
        std::fs::write(dir.path().join("stack.yaml"), "services:\n  a: {image: b}\n").unwrap();
        let files = Files::new(dir.path(), dir.path());
        let found = find(&files);
        let names: Vec<_> = found.dockerfiles.iter().map(|p| files.display(p)).collect();
        assert_eq!(names, [".devcontainer/Dockerfile", "Dockerfile"]);
        assert_eq!(found.maybe_compose.len(), 1);
    }
}
