//! The Dockerfile that a service with a prebuilt image was meant to be built from, if the project has one.
//!
//! About one image-only service in a hundred runs a public image while a Dockerfile written for it is next to it and
//! not built (measured over 287 public repositories with 3,595 such services). A name or a file nearby proves nothing,
//! so two things must come together here: a Dockerfile that no service of any compose file builds, and positive
//! evidence that ties it to the service. And the repository must not itself be the maker of the image.

use std::collections::BTreeSet;
use std::path::Path;

use crate::compose::{BuildContextRef, Service};
use crate::dockerfile::image_ref::ImageRef;
use crate::dockerfile::{Body, Keyword};
use crate::image::cuda::{self, known_entrypoint};
use crate::text::Span;

use super::git_clones::{GitClone, git_clones, started_from};
use crate::project::build::Build;
use crate::project::views::ARCHIVE_FOLDERS;
use crate::project::{DockerfileView, Project, ServiceView};

/// The Dockerfiles that a service's prebuilt image leaves unbuilt, by index.
struct Bypassed(BTreeSet<usize>);

impl Project {
    /// True if a service runs a prebuilt image instead of this Dockerfile.
    pub fn is_bypassed(&self, dockerfile: usize) -> bool {
        let all = || self.services().filter_map(|s| find(&s)).map(|c| c.dockerfile.index).collect();
        self.memo.get(|| Bypassed(all())).0.contains(&dockerfile)
    }
}

/// A Dockerfile that would build what a service takes prebuilt, with the evidence.
#[derive(Debug)]
pub struct Bypass<'a> {
    pub dockerfile: DockerfileView<'a>,
    /// What ties the two together; never empty.
    pub evidence: Vec<Evidence>,
    /// The Dockerfile is in the compose file's own folder.
    pub beside: bool,
    /// Another service of the compose project is built.
    pub siblings_build: bool,
    /// Another compose file builds a service of the same name.
    pub built_elsewhere: bool,
    /// Why it may be meant as it is.
    pub signs_of_intent: Vec<SignOfIntent>,
}

/// What ties a Dockerfile to a service, strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Its last stage starts FROM the image that the service runs; the span of the FROM's image.
    Extends { span: Span, same_tag: bool },
    /// It fetches the project that the image packages, and starts a program out of that tree.
    Builds { tree: GitClone, program: Span },
    /// It fetches the project that the image packages.
    Clones { tree: GitClone },
    /// The service is named like its folder or suffix.
    ServiceName(String),
    /// The image is named like its folder or suffix.
    ImageName(String),
}

/// A sign that a prebuilt image is intended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignOfIntent {
    /// The service mounts the very files that the Dockerfile copies.
    MountsWhatIsCopied,
    /// The service mounts the whole source tree that the Dockerfile would copy: a development setup on a stock image.
    MountsSources,
    /// The Dockerfile is in the folder of another compose project, which is nearer to it.
    OtherProject,
    /// A workflow, Makefile or script builds that Dockerfile, under whatever name.
    BuiltByText,
    /// Only a profile starts the service.
    Profile,
    /// A comment at the service mentions a prebuilt or published image.
    Comment(Span),
}

/// Shows which of two images the `command:` of a service fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandFit {
    pub span: Span,
    /// In words, for a label.
    pub text: String,
}

impl<'a> Bypass<'a> {
    /// The Dockerfile as reports name it.
    pub fn path(&self) -> String {
        self.dockerfile.project.files.display(&self.dockerfile.entry.path)
    }

    fn build(&self) -> Option<&'a Build> {
        self.dockerfile.builds().next()
    }

    /// The image that its last stage is based on, at the FROM that names it.
    pub fn base_span(&self) -> Option<Span> {
        self.build()?.base_image(self.dockerfile.parsed()).map(|(_, span)| span)
    }

    /// The chain of facts is complete: it extends the very image that runs and is named for the service; or it builds
    /// the program itself in the compose file's own folder, its neighbours are built, and the command fits only it.
    pub fn is_complete(&self, view: &ServiceView<'_>) -> bool {
        let named = self.evidence.iter().any(|e| matches!(e, Evidence::ServiceName(_) | Evidence::ImageName(_)));
        let extends = self.evidence.iter().any(|e| matches!(e, Evidence::Extends { same_tag: true, .. }));
        let builds = self.evidence.iter().any(|e| matches!(e, Evidence::Builds { .. }));
        extends && named
            || (builds || named) && self.siblings_build && (self.beside || named) && self.command_fit(view).is_some()
    }

    /// The place and words for a `command:` that fits this Dockerfile's ENTRYPOINT and not the prebuilt image's.
    pub fn command_fit(&self, view: &ServiceView<'_>) -> Option<CommandFit> {
        if view.service.entrypoint.is_some() {
            return None;
        }
        let command = view.service.command.as_ref().filter(|c| !c.cleared)?;
        let image = ImageRef::parse(view.service.image.as_ref()?.known()?)?;
        let known = known_entrypoint(&image)?;
        let first = command.words.first()?.known()?;
        let build = self.build()?;
        let parsed = self.dockerfile.parsed();
        let stage = parsed.stages.get(build.target_stage()?)?;
        let fits_local = first.starts_with('-') && build.entrypoint(parsed, stage).is_some();
        let error = known.refuses(first).filter(|_| fits_local)?;
        let (path, program) = (self.path(), known.program);
        let text = format!("fits the ENTRYPOINT of `{path}`; the image's own, {program}, would say: {error}");
        Some(CommandFit { span: command.span, text })
    }

    /// What the Dockerfile's base and the prebuilt image say of CUDA, in words, where the Dockerfile is for CUDA.
    pub fn cuda(&self, view: &ServiceView<'_>) -> Option<(String, String)> {
        let (base, _) = self.build()?.base_image(self.dockerfile.parsed())?;
        let local = cuda::image_tag(&ImageRef::parse(&base)?);
        local.version()?;
        let prebuilt = cuda::image_tag(&ImageRef::parse(view.service.image.as_ref()?.known()?)?);
        Some((local.describe(), prebuilt.describe()))
    }
}

/// The best counterpart of a service, if it has one.
pub fn find<'a>(view: &ServiceView<'a>) -> Option<Bypass<'a>> {
    let service = view.service;
    if service.build.is_some() {
        return None;
    }
    let image = ImageRef::parse(service.image.as_ref()?.known()?)?;
    let project = view.project;
    let mut best: Option<Bypass<'a>> = None;
    let below = project.dockerfiles_below(&view.compose.dir);
    let below = below.map(|(index, entry)| DockerfileView { project, entry, index });
    for dockerfile in below.filter(|d| !d.is_built()) {
        let Some(near) = Nearness::of(&view.compose.dir, &dockerfile.entry.path) else { continue };
        if near.is_retired() {
            continue;
        }
        let evidence = evidence(service, &image, &dockerfile, &near);
        if evidence.is_empty() {
            continue;
        }
        // Asked only where there is something to veto: this reads every text of the repository.
        if is_vetoed(view, &image) {
            return None;
        }
        let found = Bypass {
            beside: near.folders.is_empty(),
            siblings_build: view.siblings().any(|s| s.build.is_some()),
            built_elsewhere: builds_elsewhere(view),
            signs_of_intent: signs_of_intent(view, &dockerfile),
            dockerfile,
            evidence,
        };
        if best.as_ref().is_none_or(|b| strength(&found) > strength(b)) {
            best = Some(found);
        }
    }
    best
}

/// The image is the project's own, or a text shows that it is intended.
fn is_vetoed(view: &ServiceView<'_>, image: &ImageRef<'_>) -> bool {
    is_tagged_by_a_build(view, image)
        || has_unknown_build(view)
        || says_build_was_switched_off(view)
        || has_own_images_of_that_owner(view, image)
        || view.project.repository.makes(image).is_some()
}

fn strength(found: &Bypass<'_>) -> u32 {
    let one = |e: &Evidence| match e {
        Evidence::Extends { .. } => 16,
        Evidence::Builds { .. } => 8,
        Evidence::ServiceName(_) => 4,
        Evidence::Clones { .. } => 2,
        Evidence::ImageName(_) => 1,
    };
    found.evidence.iter().map(one).sum()
}

/// The position of a Dockerfile relative to the compose file.
struct Nearness {
    /// Folders between the two, outermost first.
    folders: Vec<String>,
    /// What tells it apart in its folder: `gpu` of `Dockerfile.gpu` and of `gpu.Dockerfile`.
    suffix: Option<String>,
    /// The compose file's folder.
    home: String,
}

impl Nearness {
    /// `None` unless the Dockerfile is under the project's folder.
    fn of(project: &Path, dockerfile: &Path) -> Option<Self> {
        let below = dockerfile.strip_prefix(project).ok()?;
        let mut folders: Vec<String> = below.iter().map(|p| p.to_string_lossy().into_owned()).collect();
        let name = folders.pop()?;
        let home = project.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Some(Nearness { folders, suffix: suffix(&name), home })
    }

    /// True if it is in a folder for code that is no longer used.
    fn is_retired(&self) -> bool {
        self.folders.iter().any(|f| ARCHIVE_FOLDERS.contains(&f.to_ascii_lowercase().as_str()))
    }

    /// The names that it goes by: its folder's and its suffix.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.folders.last().into_iter().chain(&self.suffix).map(String::as_str)
    }
}

fn suffix(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    for word in ["dockerfile", "containerfile"] {
        if let Some(rest) = lower.strip_prefix(word) {
            return rest.strip_prefix(['.', '-', '_']).map(str::to_owned);
        }
        if let Some(rest) = lower.strip_suffix(word) {
            return rest.strip_suffix('.').map(str::to_owned);
        }
    }
    None
}

/// Names as people vary them: without case, and with `_` and `.` for `-`.
fn same_name(a: &str, b: &str) -> bool {
    let fold = |c: char| if matches!(c, '_' | '.') { '-' } else { c.to_ascii_lowercase() };
    a.len() == b.len() && a.chars().map(fold).eq(b.chars().map(fold))
}

/// Empty unless the evidence is strong enough together.
fn evidence(
    service: &Service,
    image: &ImageRef<'_>,
    dockerfile: &DockerfileView<'_>,
    near: &Nearness,
) -> Vec<Evidence> {
    let mut found = Vec::new();
    let Some(build) = dockerfile.builds().next() else { return found };
    let parsed = dockerfile.parsed();

    let extends = build.base_image(parsed).and_then(|(base, span)| {
        let base = ImageRef::parse(&base)?;
        let same = base.familiar() == image.familiar();
        same.then(|| Evidence::Extends { span, same_tag: base.same_image(image) })
    });
    let trees = git_clones(build, parsed);
    // A fork or a repackager publishes under its own name; then the service must bear the project's name as well, and
    // the Dockerfile must start what it builds.
    let named: Vec<GitClone> = trees
        .iter()
        .filter(|t| packages(image, t) || same_name(image.last(), &t.name) && same_name(&service.name, &t.name))
        .cloned()
        .collect();
    let builds =
        started_from(build, parsed, &named).map(|(tree, program)| Evidence::Builds { tree: tree.clone(), program });
    let packaged: Vec<GitClone> = trees.into_iter().filter(|t| packages(image, t)).collect();
    let clones = packaged.first().map(|tree| Evidence::Clones { tree: tree.clone() });
    let service_name = near.names().find(|n| same_name(n, &service.name)).map(str::to_owned);
    let image_name = near.names().find(|n| same_name(n, image.last())).map(str::to_owned);
    // `open-webui/compose.yaml` next to `open-webui/Dockerfile`.
    let home_name = (near.folders.is_empty() && near.suffix.is_none() && same_name(&near.home, image.last()))
        .then(|| near.home.clone());

    let well_known = is_well_known(image);
    let by_image_name = match (&image_name, &home_name) {
        (Some(name), _) if extends.is_some() || clones.is_some() => Some(name.clone()),
        (_, Some(home)) if !well_known => Some(home.clone()),
        _ => None,
    };
    let strong = service_name.is_some() || by_image_name.is_some() || builds.is_some();
    if !strong {
        return found;
    }
    found.extend(extends);
    match builds {
        Some(builds) => found.push(builds),
        None => found.extend(clones),
    }
    found.extend(service_name.map(Evidence::ServiceName));
    found.extend(by_image_name.or(image_name).map(Evidence::ImageName));
    found
}

/// True if an image is built from a source tree: same owner and name, as far as an image's name tells.
fn packages(image: &ImageRef<'_>, tree: &GitClone) -> bool {
    let owner = image.owner().unwrap_or("").rsplit('/').next().unwrap_or("");
    let by_name = same_name(image.last(), &tree.name);
    let by_owner = same_name(owner, &tree.owner);
    // `ghcr.io/owner/name/variant` has the project in the middle of its path.
    let inside = image.path.split('/').any(|p| same_name(p, &tree.name));
    by_owner && by_name || inside && image.path.split('/').any(|p| same_name(p, &tree.owner))
}

/// Images that thousands run as they are; their name on a folder tells little.
fn is_well_known(image: &ImageRef<'_>) -> bool {
    image.on_docker_hub() && image.owner() == Some("library")
}

/// Another service, of any compose file of the repository, builds this very tag.
fn is_tagged_by_a_build(view: &ServiceView<'_>, image: &ImageRef<'_>) -> bool {
    view.project.services().any(|other| {
        let Some(build) = &other.service.build else { return false };
        let tags = build.tags.iter().chain(&other.service.image);
        let default = format!("{}-{}", other.compose.name, other.service.name);
        tags.filter_map(|t| t.known())
            .chain([default.as_str()])
            .filter_map(ImageRef::parse)
            .any(|tag| tag.familiar() == image.familiar())
    })
}

/// A build of the same compose project whose Dockerfile we cannot tell may be the one.
fn has_unknown_build(view: &ServiceView<'_>) -> bool {
    view.compose.services.iter().filter_map(|s| s.build.as_ref()).any(|b| {
        matches!(b.context, BuildContextRef::Unknown) || b.dockerfile.as_ref().is_some_and(|d| d.known().is_none())
    })
}

/// Another compose project of the repository builds a service of this name.
fn builds_elsewhere(view: &ServiceView<'_>) -> bool {
    view.project.services().any(|other| {
        other.id.compose != view.id.compose && other.service.name == view.service.name && other.service.build.is_some()
    })
}

/// The image's owner carries three or more images named like the repository's own Dockerfile folders: then it is the
/// repository's own organisation, whatever its name.
fn has_own_images_of_that_owner(view: &ServiceView<'_>, image: &ImageRef<'_>) -> bool {
    let Some(owner) = image.owner().filter(|o| *o != "library") else { return false };
    let mut names: Vec<&str> = view
        .project
        .services()
        .filter_map(|s| ImageRef::parse(s.service.image.as_ref()?.known()?))
        .filter(|other| other.owner() == Some(owner) && other.registry == image.registry)
        .map(|other| other.last())
        .collect();
    names.sort_unstable();
    names.dedup();
    let own = names.iter().filter(|name| {
        view.project.dockerfiles.iter().any(|d| {
            let folder = d.path.parent().and_then(Path::file_name).map(|f| f.to_string_lossy().into_owned());
            folder.is_some_and(|f| same_name(&f, name))
        })
    });
    own.count() >= 3
}

/// A commented-out `build:` in the service's block: somebody switched it off on purpose.
fn says_build_was_switched_off(view: &ServiceView<'_>) -> bool {
    comments_at(view).any(|(_, text)| {
        let text = text.trim_start_matches('#').trim_start();
        text == "build:" || text.starts_with("build: ") || text == "build :"
    })
}

fn signs_of_intent(view: &ServiceView<'_>, dockerfile: &DockerfileView<'_>) -> Vec<SignOfIntent> {
    let mut signs_of_intent = Vec::new();
    if mounts_sources(view, dockerfile) {
        signs_of_intent.push(SignOfIntent::MountsSources);
    } else if mounts_what_is_copied(view.service, dockerfile, dockerfile.entry.path.parent() != Some(&view.compose.dir))
    {
        signs_of_intent.push(SignOfIntent::MountsWhatIsCopied);
    }
    let (own, path) = (&view.compose.dir, &dockerfile.entry.path);
    let between = |dir: &Path| dir != own && dir.starts_with(own) && path.starts_with(dir);
    if view.project.compose.iter().any(|other| other.complete && between(&other.dir)) {
        signs_of_intent.push(SignOfIntent::OtherProject);
    }
    let folder = dockerfile.entry.path.parent().map(|f| view.project.files.display(f));
    // Hosts that build the Dockerfile of a folder by a file of their own next to it.
    const HOSTS: [&str; 10] = [
        "fly.toml",
        "railway.json",
        "railway.toml",
        "render.yaml",
        "heroku.yml",
        "captain-definition",
        "app.yaml",
        "apprunner.yaml",
        "cloudbuild.yaml",
        "skaffold.yaml",
    ];
    let beside = |name: &str| view.project.files.is_file(&path.with_file_name(name));
    let hosted = path.parent() != Some(own) && HOSTS.iter().any(|h| beside(h));
    if hosted || folder.is_some_and(|f| view.project.repository.builds_folder(&f.to_ascii_lowercase())) {
        signs_of_intent.push(SignOfIntent::BuiltByText);
    }
    if !view.service.profiles.is_empty() {
        signs_of_intent.push(SignOfIntent::Profile);
    }
    const WORDS: [&str; 6] =
        ["prebuilt", "pre-built", "published image", "no custom build", "official image", "upstream image"];
    let comment = comments_at(view).find(|(_, text)| {
        let lower = text.to_ascii_lowercase();
        WORDS.iter().any(|w| lower.contains(w))
    });
    signs_of_intent.extend(comment.map(|(span, _)| SignOfIntent::Comment(span)));
    signs_of_intent
}

/// Comments inside the service's block and in the lines right above it.
fn comments_at<'a>(view: &ServiceView<'a>) -> impl Iterator<Item = (Span, &'a str)> {
    let source = view.project.file(view.service.name_span.file);
    let first = source.line_of(view.service.name_span.start);
    let last = source.line_of(view.service.span.end.max(view.service.name_span.end).saturating_sub(1));
    let is_comment = |line: u32| source.text()[source.line_range(line)].trim_start().starts_with('#');
    let above = (1..first).rev().take_while(move |l| is_comment(*l));
    above.chain(first..=last).filter_map(move |line| {
        let range = source.line_range(line);
        let text = source.text().get(range.clone())?;
        let at = if text.trim_start().starts_with('#') { text.find('#')? } else { text.find(" #")? + 1 };
        Some((source.span(range.start + at..range.end), text.get(at..)?))
    })
}

/// The service mounts the Dockerfile's folder, or one above it within the project, and the Dockerfile copies from
/// there.
fn mounts_sources(view: &ServiceView<'_>, dockerfile: &DockerfileView<'_>) -> bool {
    let folder = dockerfile.entry.path.parent().unwrap_or(Path::new("/"));
    let mounted = view.service.volumes.iter().filter_map(|m| m.source.as_deref()).map(Path::new);
    let mounted: Vec<&Path> = mounted.collect();
    if adds_only_what_is_mounted(&mounted, folder, dockerfile) {
        return true;
    }
    let whole = mounted.iter().any(|m| folder.starts_with(m) && m.starts_with(&view.compose.dir));
    whole
        && dockerfile.parsed().instructions.iter().any(|i| {
            matches!(i.keyword, Keyword::Copy | Keyword::Add)
                && i.flag("from").is_none()
                && matches!(i.body, Body::Copy { .. })
        })
}

/// All that the Dockerfile does to its base is to copy files, and the service mounts each of them.
fn adds_only_what_is_mounted(mounted: &[&Path], folder: &Path, dockerfile: &DockerfileView<'_>) -> bool {
    let mut copies = 0;
    let only = dockerfile.parsed().instructions.iter().all(|i| match (&i.body, i.keyword) {
        (Body::Copy { sources, .. }, Keyword::Copy) if i.flag("from").is_none() => {
            copies += 1;
            sources.iter().all(|s| {
                let path = crate::files::normalize(&folder.join(s.text.trim_start_matches('/')));
                mounted.iter().any(|m| path.starts_with(m))
            })
        }
        (_, Keyword::Copy | Keyword::Add | Keyword::Run | Keyword::Entrypoint | Keyword::Cmd) => false,
        _ => true,
    });
    only && copies > 0
}

/// The service mounts a file or folder that the Dockerfile would copy into the image, or a part of such a folder out of
/// the Dockerfile's own.
fn mounts_what_is_copied(service: &Service, dockerfile: &DockerfileView<'_>, apart: bool) -> bool {
    let folder = dockerfile.entry.path.parent().unwrap_or(Path::new("/"));
    let mounted: Vec<&Path> = service.volumes.iter().filter_map(|m| m.source.as_deref()).map(Path::new).collect();
    // A Dockerfile beside the compose file may belong to any of its services.
    let own = |mount: &Path| apart && mount.starts_with(folder);
    dockerfile.parsed().instructions.iter().any(|instruction| {
        let (Body::Copy { sources, .. }, Keyword::Copy) = (&instruction.body, instruction.keyword) else {
            return false;
        };
        instruction.flag("from").is_none()
            && sources.iter().any(|s| {
                let path = crate::files::normalize(&folder.join(s.text.trim_start_matches('/')));
                mounted.iter().any(|m| path != folder && *m == path || *m != folder && own(m) && m.starts_with(&path))
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes() {
        assert_eq!(suffix("Dockerfile.api").as_deref(), Some("api"));
        assert_eq!(suffix("api.Dockerfile").as_deref(), Some("api"));
        assert_eq!(suffix("Dockerfile"), None);
        assert!(same_name("llama-cpp", "llama.cpp") && !same_name("llama", "llama.cpp"));
    }
}
