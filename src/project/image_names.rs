//! Names that the services of a project give to what they build, and who shares what.

use crate::compose::{ComposeProject, Service};
use crate::dockerfile::Dockerfile;
use crate::dockerfile::image_ref::ImageRef;
use crate::text::Span;

use super::build::Build;
use super::entry::DockerfileEntry;
use super::model::Project;
use super::views::ServiceView;

impl Project {
    /// The services that a build is made for.
    pub fn users<'a>(&'a self, build: &'a Build) -> impl Iterator<Item = ServiceView<'a>> {
        build.users.iter().filter_map(|id| self.service(*id))
    }

    /// The names of the services that a build is made for, each once.
    pub fn user_names(&self, build: &Build) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for user in self.users(build) {
            if !names.contains(&user.service.name) {
                names.push(user.service.name.clone());
            }
        }
        names
    }
}

impl<'a> ServiceView<'a> {
    /// The Dockerfile that this service builds.
    pub fn dockerfile(&self) -> Option<(&'a Build, &'a DockerfileEntry)> {
        let build = self.build()?;
        Some((build, self.project.dockerfiles.get(build.dockerfile)?))
    }

    /// True if other files may complete this service: its file is one of several that are merged by hand
    /// (`-f`), or it extends something that was not read.
    pub fn may_be_completed(&self) -> bool {
        self.service.partial || self.compose.open_world || !self.compose.complete
    }

    /// True if a file of a default name in the same folder or above has a service of this name: then this one's file is
    /// most likely merged with it.
    pub fn has_a_base(&self) -> bool {
        self.base().is_some()
    }

    /// The service of that name in the nearest file of a default name, and that file's project.
    pub fn base(&self) -> Option<(&'a ComposeProject, &'a Service)> {
        let (compose, name) = (self.compose, &self.service.name);
        if compose.complete {
            return None;
        }
        self.project.complete_over(&compose.dir).find_map(|over| Some((over, over.service(name)?)))
    }

    /// True if a file that this one is merged with may build another Dockerfile than this one alone does.
    pub fn base_decides_dockerfile(&self) -> bool {
        let Some((_, base)) = self.base() else { return false };
        let own = self.service.build.as_ref();
        let stated = own.is_some_and(|b| b.dockerfile.is_some() && b.context_text.is_some() || b.inline.is_some());
        let path = |service: &Service| service.build.as_ref().and_then(|b| b.dockerfile_path.clone());
        !stated && base.build.is_some() && path(base) != path(self.service)
    }

    /// True if relative paths may start elsewhere: the file has no default name and is not at the root,
    /// so it may be merged with one above it.
    pub fn may_start_elsewhere(&self) -> bool {
        !self.compose.complete && self.compose.dir != self.project.files.root()
    }
}

/// A name that a build gives to its image.
#[derive(Clone, Debug)]
pub struct BuiltName {
    pub name: String,
    pub span: Span,
}

impl BuiltName {
    pub fn is(&self, image: &ImageRef<'_>) -> bool {
        ImageRef::parse(&self.name).is_some_and(|own| own.same_image(image))
    }
}

/// The names of what a service builds: its `image:`, or what Compose calls it, and its `build.tags`.
pub fn built_names(compose: &ComposeProject, service: &Service) -> Vec<BuiltName> {
    let Some(build) = &service.build else { return Vec::new() };
    let mut names = Vec::new();
    match &service.image {
        Some(image) => names.extend(image.known().map(|n| BuiltName { name: n.to_owned(), span: image.span })),
        None => names.push(BuiltName { name: format!("{}-{}", compose.name, service.name), span: service.name_span }),
    }
    names.extend(build.tags.iter().filter_map(|t| Some(BuiltName { name: t.known()?.to_owned(), span: t.span })));
    names
}

/// True if two services are certainly active at the same time, by their profiles: a service of a profile is
/// often an alternative to one without.
pub fn together(a: &Service, b: &Service) -> bool {
    a.profiles.is_empty() && b.profiles.is_empty() || a.profiles.iter().any(|p| b.profiles.contains(p))
}

/// True if it is known of every stage whether the build needs it: all names on the way are known.
pub fn reach_is_known(build: &Build, dockerfile: &Dockerfile) -> bool {
    use crate::dockerfile::expand::StageBase;
    build.target_stage().is_some()
        && dockerfile.stages.iter().zip(build.evaluation.stages()).filter(|(s, _)| build.reaches(s.index)).all(
            |(_, info)| {
                info.base != StageBase::Unknown && info.dependencies.iter().all(|d| d.source != StageBase::Unknown)
            },
        )
}

/// True if the builder reads a Dockerfile as the reference says: it has no foreign frontend and is not a template.
pub fn is_plain(dockerfile: &Dockerfile) -> bool {
    let own_frontend = dockerfile.directives.iter().any(|d| {
        d.name.eq_ignore_ascii_case("syntax")
            && !d.value.contains("docker/dockerfile")
            && !d.value.contains("dockerfile:")
    });
    dockerfile.template.is_none() && !own_frontend
}
