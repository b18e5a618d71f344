//! Adds a package to an image the way its author would: into the list that is there, in that list's own layout and order.

use crate::diagnostic::Edit;
use crate::source::{SourceFile, Span};

use super::install::{Installer, PackageCall, Verb};

/// The edit that adds packages to a call: in alphabetical place where its list is sorted, else in front.
/// `None` where the list does not stand in the file as it is read (a variable, a decoded string).
pub fn add_to_list(call: &PackageCall, file: &SourceFile, packages: &[&str]) -> Option<Edit> {
    if call.verb != Verb::Install || call.group.is_some() && call.installer != Installer::Apk {
        return None;
    }
    let missing: Vec<&str> = packages.iter().copied().filter(|p| !call.has(p)).collect();
    let insertion = call.insertion(file)?;
    let written: Vec<(&str, Span)> = call
        .packages
        .iter()
        .filter(|p| p.verbatim && file.slice(p.span).starts_with(p.name.as_str()))
        .map(|p| (p.name.as_str(), p.span))
        .collect();
    let first = missing.first()?;
    let separator = &insertion.separator;
    let joined = missing.join(separator);
    let sorted = written.len() > 1 && written.windows(2).all(|w| w[0].0 <= w[1].0);
    let before = if sorted { written.iter().find(|(name, _)| *name > *first) } else { written.first() };
    Some(match before {
        Some((_, span)) => Edit { span: span.start_point(), text: format!("{joined}{separator}") },
        None => Edit { span: insertion.at, text: format!("{separator}{joined}") },
    })
}

/// A RUN of its own that installs packages, for a stage that has no list to add them to.
pub fn new_run(manager: Installer, packages: &[&str], newline: &str) -> Option<String> {
    let list = packages.join(" ");
    Some(match manager {
        Installer::Apt => format!(
            "RUN apt-get update && \\{newline}    apt-get install -y --no-install-recommends {list} && \\{newline}    rm -rf /var/lib/apt/lists/*{newline}"
        ),
        Installer::Apk => format!("RUN apk add --no-cache {list}{newline}"),
        Installer::Dnf => format!("RUN dnf install -y {list} && dnf clean all{newline}"),
        Installer::Zypper => format!("RUN zypper --non-interactive install {list} && zypper clean --all{newline}"),
        Installer::Pacman => format!("RUN pacman -Sy --noconfirm {list}{newline}"),
        _ => return None,
    })
}
