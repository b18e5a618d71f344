//! The facts of a stage's base image, in the form that the model needs.

use std::sync::Arc;

use super::evidence::{Reason, SharedReason};
use super::facts::{self, BaseImage, Completeness, Manager, Shell, alpine};
use super::index;
use super::install::Installer;
use super::packages::Packages;
use super::packages::apk::Apk;
use super::packages::apt::Apt;
use super::state::facets::User;
use crate::dockerfile::image_ref::ImageRef;
use crate::shell::{Dialect, ShellOptions};

pub(super) use super::facts::Known;

/// The image that a chain of stages is based on.
#[derive(Clone, Debug)]
pub struct BaseFacts {
    /// As the Dockerfile names it after expansion: `python:3.12-slim`.
    pub title: String,
    pub image: Option<BaseImage>,
    pub scratch: bool,
    /// The reason if nothing is known of it.
    pub unknown: Option<SharedReason>,
    /// What is not listed is absent, at least for names that the distribution's packages have.
    pub closed: bool,
    /// The row was read at a source; without one, nothing is reported as an error.
    pub verified: bool,
    pub manager: Option<Installer>,
    pub(super) user: User,
    pub(super) shell: ShellOptions,
    pub(super) workdir: Option<&'static str>,
    /// For another processor than amd64, whose package names are the only ones that we know.
    pub other_architecture: bool,
    /// The lowest release of Alpine that it is based on, if its tag names none and is still updated.
    pub alpine_floor: Option<&'static str>,
}

impl BaseFacts {
    /// An image by its expanded name.
    pub(super) fn image(name: &str) -> Self {
        let Some(image) = ImageRef::parse(name).and_then(|r| facts::base_image(&r)) else {
            return BaseFacts::unknown(name, format!("we do not know what `{name}` holds"));
        };
        let dialect = match image.shell() {
            Some(Shell::Dash) => Dialect::Dash,
            Some(Shell::Bash) => Dialect::Bash,
            Some(Shell::Busybox) => Dialect::Ash,
            Some(Shell::Cmd) => Dialect::Cmd,
            Some(Shell::None) | None => Dialect::Sh,
        };
        let manager = match image.manager() {
            Some(Manager::Apt) => Some(Installer::Apt),
            Some(Manager::Apk) => Some(Installer::Apk),
            Some(Manager::Dnf | Manager::Microdnf | Manager::Yum) => Some(Installer::Dnf),
            Some(Manager::Zypper) => Some(Installer::Zypper),
            Some(Manager::Pacman) => Some(Installer::Pacman),
            Some(Manager::None) | None => None,
        };
        let user = match image.user() {
            Some("root" | "0" | "") => User::Root,
            Some(other) => User::Other(other.to_owned(), None),
            None => User::Unknown,
        };
        let workdir = image.world().map(|_| if image.family().starts_with("golang") { "/go" } else { "/" });
        BaseFacts {
            title: name.to_owned(),
            scratch: false,
            unknown: None,
            closed: image.world().is_some(),
            verified: image.verified(),
            manager,
            other_architecture: false,
            user,
            shell: ShellOptions::new(dialect),
            workdir,
            alpine_floor: match image.release() {
                Some(_) => None,
                None => ImageRef::parse(name).filter(|r| r.digest.is_none()).and_then(|r| {
                    let full = r.name_and_tag();
                    alpine::floor(full.strip_suffix(":latest").unwrap_or(&full))
                }),
            },
            image: Some(image),
        }
    }

    pub(super) fn scratch() -> Self {
        BaseFacts {
            title: "scratch".to_owned(),
            image: None,
            scratch: true,
            unknown: None,
            closed: true,
            verified: true,
            manager: None,
            other_architecture: false,
            user: User::Root,
            shell: ShellOptions::new(Dialect::Sh),
            workdir: Some("/"),
            alpine_floor: None,
        }
    }

    pub(super) fn unknown(name: &str, text: String) -> Self {
        BaseFacts {
            title: name.to_owned(),
            image: None,
            scratch: false,
            unknown: Some(Arc::new(Reason { span: None, text })),
            closed: false,
            verified: false,
            manager: None,
            other_architecture: false,
            user: User::Unknown,
            shell: ShellOptions::default(),
            workdir: None,
            alpine_floor: None,
        }
    }

    /// The packages to begin with.
    pub(super) fn packages(&self) -> Packages {
        if self.scratch {
            return Packages::None;
        }
        let Some(image) = &self.image else { return Packages::Unknown };
        match self.manager {
            Some(Installer::Apt) => match (image.suite(), image.installed()) {
                (Some(suite), Some(installed)) => Packages::Apt(Apt::new(suite, true, installed.clone())),
                (Some(suite), None) => Packages::Apt(Apt::new(suite, false, suite.base().clone())),
                // The newest release of the index is what comes nearest to it.
                (None, _) if image.release() == Some("sid") => index::suite("debian", "trixie")
                    .map_or(Packages::Unknown, |suite| Packages::Apt(Apt::new(suite, false, suite.base().clone()))),
                (None, _) => guess(image.distro()).map_or(Packages::Unknown, Packages::Apt),
            },
            Some(Installer::Apk) => {
                // `alpine`, `node:alpine`: as new as can be. `nginx:1.17-alpine` may be years old.
                let tag = ImageRef::parse(&self.title).and_then(|r| r.tag);
                let newest = tag.is_none_or(|t| matches!(t, "latest" | "alpine" | "edge" | "3"))
                    || self.alpine_floor.is_some_and(|floor| !alpine::is_older(floor, "3.20"));
                Packages::Apk(Apk::new(image.release(), newest))
            }
            Some(_) => Packages::Other,
            None if image.manager() == Some(Manager::None) => Packages::None,
            None => Packages::Unknown,
        }
    }

    /// True if the image certainly has no package lists of apt.
    pub(super) fn without_lists(&self) -> bool {
        self.closed || self.holds("").is_some()
    }

    /// The archive that the image's apt asks as it comes, if it is closed.
    pub(super) fn closed_archive(&self) -> Option<&'static facts::closed::ClosedArchive> {
        self.image.as_ref()?.closed_archive()
    }

    /// True if a package is part of the image, where all of its packages are listed by name.
    pub(super) fn holds(&self, package: &str) -> Option<bool> {
        self.image.as_ref()?.holds(package)
    }

    /// Returns the reason if the image's apt has an archive with unknown packages besides the distribution's own.
    pub(super) fn repositories(&self) -> Option<SharedReason> {
        let all = self.image.as_ref()?.repositories();
        let first = all.iter().find(|name| facts::archives::named(name).is_none())?;
        let text = format!("`{}` has the repository {first}", self.title);
        Some(Arc::new(Reason { span: None, text }))
    }

    /// Returns the archives of the image's apt whose package names are known.
    pub(super) fn archives(&self) -> Vec<&'static facts::archives::Archive> {
        let all = self.image.as_ref().map(BaseImage::repositories).unwrap_or_default();
        all.iter().filter_map(|name| facts::archives::named(name)).collect()
    }

    /// Is the command on PATH in the image?
    pub(super) fn command(&self, command: &str) -> Known {
        match &self.image {
            _ if self.scratch => Known::Absent,
            Some(image) => image.command(command),
            None => Known::Unknown,
        }
    }

    /// True if the table of images lists the command itself.
    pub(super) fn states(&self, command: &str) -> bool {
        self.image.as_ref().is_some_and(|image| image.states(command))
    }

    pub(super) fn header(&self, header: &str) -> Known {
        match &self.image {
            _ if self.scratch => Known::Absent,
            Some(image) => image.header(header),
            None => Known::Unknown,
        }
    }

    /// The distribution's own image and nothing beside its packages.
    pub(super) fn is_plain(&self) -> bool {
        self.scratch || self.image.as_ref().and_then(BaseImage::world) == Some(Completeness::Os)
    }

    pub(super) fn reason_present(&self, thing: &str) -> Reason {
        Reason { span: None, text: format!("`{}` has `{thing}`", self.title) }
    }

    pub(super) fn reason_absent(&self, thing: &str) -> Reason {
        Reason { span: None, text: format!("`{}` has no `{thing}`", self.title) }
    }
}

/// Returns a suite that tells at least what an install has, if the image's own is not known.
pub(super) fn guess(distro: Option<&str>) -> Option<Apt> {
    let suite = match distro {
        Some("ubuntu") => index::suite("ubuntu", "jammy"),
        _ => index::suite("debian", "bookworm"),
    }?;
    Some(Apt::new(suite, false, suite.base().clone()))
}
