//! Answers about the whole project that many rules ask for, each computed once: which service builds what, which image
//! names are built, which compose file is in which folder. If a rule went through everything for each service, the cost
//! of a project would grow with its square.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::compose::ComposeProject;
use crate::dockerfile::image_ref::ImageRef;
use crate::text::FileId;

use super::build::Build;
use super::entry::{DockerfileEntry, ServiceId};
use super::image_names::built_names;
use super::model::Project;

/// The build of each service.
struct BuildOf(HashMap<ServiceId, usize>);
/// The name and tag of each image that a service builds.
struct BuiltNames(HashSet<String>);
/// The complete compose projects of each folder.
struct CompleteByFolder(HashMap<PathBuf, Vec<usize>>);
struct LowerCompose(Vec<String>);
struct LowerComments(Vec<String>);
struct Submodules(Vec<PathBuf>);

impl Project {
    /// The build that a service asks for, if its Dockerfile could be read.
    pub fn build_of(&self, service: ServiceId) -> Option<&Build> {
        let all = || {
            let users = |(index, build): (usize, &Build)| {
                build.users.iter().map(move |user| (*user, index)).collect::<Vec<_>>()
            };
            self.builds.iter().enumerate().flat_map(users).collect()
        };
        self.builds.get(*self.memo.get(|| BuildOf(all())).0.get(&service)?)
    }

    /// Every build of a Dockerfile.
    pub fn builds_of(&self, dockerfile: usize) -> &[Build] {
        // They are sorted by it.
        let from = self.builds.partition_point(|build| build.dockerfile < dockerfile);
        let to = self.builds.partition_point(|build| build.dockerfile <= dockerfile);
        self.builds.get(from..to).unwrap_or_default()
    }

    /// True if a service of any compose file gives this name to the image that it builds.
    pub fn is_built_by_a_service(&self, image: &ImageRef<'_>) -> bool {
        let all = || {
            let services = self.compose.iter().flat_map(|c| c.services.iter().map(move |s| (c, s)));
            let names = services.flat_map(|(compose, service)| built_names(compose, service));
            names.filter_map(|name| Some(ImageRef::parse(&name.name)?.name_and_tag())).collect()
        };
        self.memo.get(|| BuiltNames(all())).0.contains(&image.name_and_tag())
    }

    /// The complete compose projects of a folder and of those above it, the nearest first.
    pub(crate) fn complete_over(&self, folder: &Path) -> impl Iterator<Item = &ComposeProject> {
        let all = || {
            let mut all: HashMap<PathBuf, Vec<usize>> = HashMap::new();
            for (index, compose) in self.compose.iter().enumerate().filter(|(_, c)| c.complete) {
                all.entry(compose.dir.clone()).or_default().push(index);
            }
            all
        };
        let by_folder = &self.memo.get(|| CompleteByFolder(all())).0;
        folder
            .ancestors()
            .filter_map(|above| by_folder.get(above))
            .flatten()
            .filter_map(|index| self.compose.get(*index))
    }

    /// The Dockerfiles on disk below a folder.
    pub(crate) fn dockerfiles_below(&self, folder: &Path) -> impl Iterator<Item = (usize, &DockerfileEntry)> {
        // Those on disk come first, sorted by path; those of a folder are adjacent.
        let on_disk = self.dockerfiles.partition_point(|entry| entry.on_disk);
        let sorted = self.dockerfiles.get(..on_disk).unwrap_or_default();
        let from = sorted.partition_point(|entry| entry.path.as_path() < folder);
        let below = sorted.iter().enumerate().skip(from);
        let folder = folder.to_owned();
        below.take_while(move |(_, entry)| entry.path.starts_with(&folder))
    }

    /// The compose files' texts in lower case.
    pub(crate) fn lower_compose(&self) -> &[String] {
        let files = || {
            let ids: BTreeSet<FileId> = self.compose.iter().flat_map(|c| c.files.iter().map(|(id, _)| *id)).collect();
            ids.into_iter().map(|id| self.file(id).text().to_lowercase()).collect()
        };
        &self.memo.get(|| LowerCompose(files())).0
    }

    /// The Dockerfiles' comments in lower case, those of a file together.
    pub(crate) fn lower_comments(&self) -> &[String] {
        let of_file = |entry: &DockerfileEntry| {
            let source = self.file(entry.parsed.file);
            let comments: Vec<String> =
                entry.parsed.comments.iter().map(|comment| source.slice(*comment).to_lowercase()).collect();
            comments.join("\n")
        };
        &self.memo.get(|| LowerComments(self.dockerfiles.iter().map(of_file).collect())).0
    }

    /// The folders of git's submodules.
    pub(crate) fn submodules(&self) -> &[PathBuf] {
        let read = || {
            let root = self.files.root();
            let Ok(bytes) = self.files.read(&root.join(".gitmodules")) else { return Vec::new() };
            let text = String::from_utf8_lossy(&bytes);
            let lines = text.lines().filter_map(|line| line.split_once('='));
            let paths = lines.filter(|(key, _)| key.trim() == "path");
            paths.map(|(_, value)| crate::files::normalize(&root.join(value.trim()))).collect()
        };
        &self.memo.get(|| Submodules(read())).0
    }
}
