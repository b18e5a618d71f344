//! What the tables say of a name, and the package managers that they know.

use serde::Deserialize;

/// What is known of one name in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Present,
    Absent,
    Unknown,
}

/// A package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    Apt,
    Apk,
    Dnf,
    Microdnf,
    Yum,
    Zypper,
    Pacman,
    /// The image has none.
    None,
}

impl Manager {
    /// As the tables name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Manager::Apt => "apt",
            Manager::Apk => "apk",
            Manager::Dnf => "dnf",
            Manager::Microdnf => "microdnf",
            Manager::Yum => "yum",
            Manager::Zypper => "zypper",
            Manager::Pacman => "pacman",
            Manager::None => "none",
        }
    }
}
