//! The packages that each package manager has installed.

pub(crate) mod apk;
pub(crate) mod apt;
pub(crate) mod found;
pub(crate) mod uncertain;

/// The packages that the system's package manager has installed.
#[derive(Clone, Debug)]
pub enum Packages {
    Apt(apt::Apt),
    Apk(apk::Apk),
    /// dnf, zypper, pacman: no index.
    Other,
    /// No package manager: `scratch`, distroless.
    None,
    Unknown,
}
