//! Adds a package to an image the way its author would: into the list that is there, in that list's own layout and order.

use crate::diagnostic::Edit;
use crate::text::{SourceFile, Span};

use super::install::{Installer, PackageCall, Verb};

/// The edit that adds packages to a call's list. `None` if the file does not have the list as it is read (a variable, a
/// decoded string), or if it has no written-out package that another one could follow.
pub fn add_to_list(call: &PackageCall, file: &SourceFile, packages: &[&str]) -> Option<Edit> {
    if call.verb != Verb::Install || call.group.is_some() && call.installer != Installer::Apk {
        return None;
    }
    let missing: Vec<&str> = packages.iter().copied().filter(|p| !call.has(p)).collect();
    let written: Vec<(&str, Span)> = call
        .packages
        .iter()
        .filter(|p| p.verbatim && file.slice(p.span).starts_with(p.name.as_str()))
        .map(|p| (p.name.as_str(), p.span))
        .collect();
    if missing.is_empty() || call.packages.iter().any(|p| p.verbatim && !written.iter().any(|w| w.1 == p.span)) {
        return None;
    }
    let edits = insert(file, &List { packages: written, before: call.verb_span }, &missing)?;
    let (first, last) = (edits.first()?.span, edits.last()?.span);
    // Several places become one edit, with the text between them.
    let mut text = String::new();
    let mut at = first.start;
    for edit in &edits {
        text.push_str(file.slice(Span { start: at, end: edit.span.start, ..first }));
        text.push_str(&edit.text);
        at = edit.span.start;
    }
    Some(Edit { span: first.cover(last), text })
}

/// An install list as it is in a file.
#[derive(Clone, Debug)]
struct List<'a> {
    /// The packages that are written out, in order: name and place.
    packages: Vec<(&'a str, Span)>,
    /// The word before the first package, or the last word of the command where there is none: `install`, `-y`.
    before: Span,
}

/// The edits that put `new` into the list; what is there already is left out. `None` if the list has no package that is
/// written out, so that its layout is unknown.
fn insert(file: &SourceFile, list: &List<'_>, new: &[&str]) -> Option<Vec<Edit>> {
    let spans: Vec<Span> = list.packages.iter().map(|p| p.1).collect();
    let (first, last) = (*spans.first()?, *spans.last()?);
    let in_order = spans.windows(2).all(|w| matches!(w, [a, b] if a.end <= b.start)) && list.before.end <= first.start;
    if !in_order || spans.iter().any(|s| s.file != file.id()) {
        return None;
    }
    let names: Vec<&str> = list.packages.iter().map(|p| p.0).collect();
    let sorted = names.is_sorted();
    let mut new: Vec<&str> = new.iter().copied().filter(|n| !names.contains(n)).collect();
    new.sort_unstable();
    new.dedup();

    let gap = |left: Span, right: Span| file.slice(Span { start: left.end, end: right.start, ..left });
    // Between the first two packages, or before the only one.
    let behind_first = match spans.get(1) {
        Some(second) => separator(gap(first, *second)),
        None => separator(gap(list.before, first)),
    };
    let mut at: Vec<(usize, Vec<&str>)> = Vec::new();
    for name in new {
        let place = if sorted { names.iter().position(|n| *n > name).unwrap_or(names.len()) } else { 0 };
        match at.last_mut() {
            Some((last, group)) if *last == place => group.push(name),
            _ => at.push((place, vec![name])),
        }
    }
    let edit = |(place, group): (usize, Vec<&str>)| -> Option<Edit> {
        let mut text = String::new();
        match spans.get(place) {
            Some(next) => {
                let between = match place.checked_sub(1).and_then(|i| spans.get(i)) {
                    Some(previous) => separator(gap(*previous, *next)),
                    None => behind_first.clone(),
                };
                for name in group {
                    text.push_str(name);
                    text.push_str(&between);
                }
                Some(Edit { span: next.start_point(), text })
            }
            None => {
                let between = match spans.len().checked_sub(2).and_then(|i| spans.get(i)) {
                    Some(previous) => separator(gap(*previous, last)),
                    None => behind_first.clone(),
                };
                for name in group {
                    text.push_str(&between);
                    text.push_str(name);
                }
                Some(Edit { span: last.end_point(), text })
            }
        }
    };
    at.into_iter().map(edit).collect()
}

/// The text between two packages, cut down to what may be repeated: a continuation with its line end and indentation, or
/// a space. Comments and empty lines between are not repeated.
fn separator(gap: &str) -> String {
    let Some((head, indent)) = gap.rsplit_once('\n') else { return " ".to_owned() };
    if !indent.chars().all(char::is_whitespace) {
        return " ".to_owned();
    }
    let (head, newline) = match head.strip_suffix('\r') {
        Some(head) => (head, "\r\n"),
        None => (head, "\n"),
    };
    // The escape character is the one that this list uses: the backslash, or the backtick of Windows files.
    let first_line = head.split('\n').next().unwrap_or("").trim_end();
    let escape = if first_line.ends_with('`') { '`' } else { '\\' };
    format!(" {escape}{newline}{indent}")
}

/// Returns a RUN of its own that installs packages, for a stage that has no list to add them to. It removes the package lists
/// that it fetched, so that they take no space in the image.
pub fn new_run(manager: Installer, packages: &[&str], newline: &str) -> Option<String> {
    let steps = install_steps(manager, packages)?;
    let clean = match manager {
        Installer::Apt => Some("rm -rf /var/lib/apt/lists/*"),
        Installer::Dnf => Some("dnf clean all"),
        Installer::Zypper => Some("zypper clean --all"),
        _ => None,
    };
    let steps: Vec<String> = steps.into_iter().chain(clean.map(str::to_owned)).collect();
    // More than two steps are written one a line.
    let between = if steps.len() > 2 { format!(" && \\{newline}    ") } else { " && ".to_owned() };
    Some(format!("RUN {}{newline}", steps.join(&between)))
}

/// Returns a RUN on one line that installs packages, as a message quotes it.
pub fn run_line(manager: Installer, packages: &[&str]) -> Option<String> {
    // `pacman -Sy` may break an image, so it is not advised.
    if packages.is_empty() || manager == Installer::Pacman {
        return None;
    }
    Some(format!("RUN {}", install_steps(manager, packages)?.join(" && ")))
}

/// The commands that install packages.
fn install_steps(manager: Installer, packages: &[&str]) -> Option<Vec<String>> {
    let list = packages.join(" ");
    Some(match manager {
        Installer::Apt => {
            vec!["apt-get update".to_owned(), format!("apt-get install -y --no-install-recommends {list}")]
        }
        Installer::Apk => vec![format!("apk add --no-cache {list}")],
        Installer::Dnf => vec![format!("dnf install -y {list}")],
        Installer::Zypper => vec![format!("zypper --non-interactive install {list}")],
        Installer::Pacman => vec![format!("pacman -Sy --noconfirm {list}")],
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::text::Sources;

    /// Puts `new` into the list after the word `install` in `text`.
    fn with(text: &str, new: &[&str]) -> String {
        let mut sources = Sources::new();
        let id = sources.add("/x/Dockerfile".into(), "Dockerfile".to_owned(), text.as_bytes().to_vec());
        let file = sources.file(id);
        let mut words: Vec<(&str, Span)> = Vec::new();
        let mut at = 0;
        for word in text.split(|c: char| c.is_whitespace()) {
            if !word.is_empty() && word != "\\" {
                words.push((word, Span { file: id, start: at as u32, end: (at + word.len()) as u32 }));
            }
            at += word.len() + 1;
        }
        let install = words.iter().position(|w| w.0 == "install").unwrap();
        let end = words.iter().position(|w| w.0 == "&&").unwrap_or(words.len());
        let first = (install + 1..end).find(|i| !words[*i].0.starts_with('-')).unwrap();
        let list = List { packages: words[first..end].to_vec(), before: words[first - 1].1 };
        let mut edits = insert(file, &list, new).unwrap();
        edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
        let mut out = text.to_owned();
        for edit in edits {
            out.insert_str(edit.span.start as usize, &edit.text);
        }
        out
    }

    #[test]
    fn on_one_line() {
        assert_eq!(with("install -y curl git && x", &["make"]), "install -y curl git make && x");
        assert_eq!(with("install -y curl git && x", &["bash"]), "install -y bash curl git && x");
        assert_eq!(with("install -y git curl && x", &["make"]), "install -y make git curl && x");
        assert_eq!(with("install -y git", &["curl", "make"]), "install -y curl git make");
        assert_eq!(with("install curl git", &["curl", "gcc", "g++"]), "install curl g++ gcc git");
    }

    #[test]
    fn one_a_line() {
        let list = "install -y \\\n    curl \\\n    make \\\n && x";
        assert_eq!(with(list, &["git"]), "install -y \\\n    curl \\\n    git \\\n    make \\\n && x");
        assert_eq!(with(list, &["bash"]), "install -y \\\n    bash \\\n    curl \\\n    make \\\n && x");
        assert_eq!(with(list, &["zip"]), "install -y \\\n    curl \\\n    make \\\n    zip \\\n && x");
        assert_eq!(with("install \\\n\tgit\\\n\tcurl", &["a"]), "install \\\n\ta \\\n\tgit\\\n\tcurl");
        assert_eq!(with("install a \\\r\n  c", &["b"]), "install a \\\r\n  b \\\r\n  c");
    }

    #[test]
    fn one_package_on_its_own_line() {
        assert_eq!(with("install -y \\\n  git \\\n  && x", &["curl"]), "install -y \\\n  curl \\\n  git \\\n  && x");
        assert_eq!(with("install -y \\\n  git \\\n  && x", &["make"]), "install -y \\\n  git \\\n  make \\\n  && x");
    }
}
