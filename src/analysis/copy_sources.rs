//! What COPY and ADD find in a build context.

use std::path::{Path, PathBuf};

use crate::dockerfile::{Body, Instruction, Keyword, Word};

use crate::project::build::Build;
use crate::project::path_status::{Cause, PathStatus};
use crate::project::{DockerfileEntry, Project};
use crate::text::posix_path::clean_relative;

/// How many entries a pattern may look at.
const MAX_LOOKED_AT: usize = 20_000;

/// A source of a COPY or ADD that the context does not have.
#[derive(Debug)]
pub struct Absent<'a> {
    pub word: &'a Word,
    /// The source, expanded, without a leading `/` or `./`.
    pub path: String,
    /// The path on disk that does not exist.
    pub place: PathBuf,
    /// Holds `*`, `?` or `[`.
    pub pattern: bool,
    pub cause: Option<Cause>,
}

/// Sources of the reached stages that are absent from the context; none if the context cannot be read.
pub fn absent_sources<'a>(project: &Project, build: &Build, entry: &'a DockerfileEntry) -> Vec<Absent<'a>> {
    let Some(context) = build.context().filter(|c| project.files.is_folder(c)) else { return Vec::new() };
    if entry.parsed.template.is_some() {
        return Vec::new();
    }
    absent_in(project, build, entry, context).absent
}

/// Sources of a Dockerfile that no service builds which no folder has that could be its context: its own and those
/// above it. Only where one of these has other sources of it; where none does, something else makes them all.
pub fn absent_everywhere<'a>(project: &Project, build: &Build, entry: &'a DockerfileEntry) -> Vec<Absent<'a>> {
    let Some(own) = build.context().filter(|_| entry.parsed.template.is_none()) else { return Vec::new() };
    let folders = own.ancestors().take_while(|f| project.files.is_inside(f)).take(MAX_FOLDERS_ABOVE);
    let mut looked: Vec<Looked<'a>> = folders.map(|f| absent_in(project, build, entry, f)).collect();
    let Some(best) = (0..looked.len()).max_by_key(|i| (looked.get(*i).map_or(0, |l| l.present), usize::MAX - i)) else {
        return Vec::new();
    };
    let best = looked.swap_remove(best);
    if best.present == 0 {
        return Vec::new();
    }
    let nowhere = |a: &Absent<'a>| looked.iter().all(|l| l.absent.iter().any(|o| o.word.span == a.word.span));
    best.absent.into_iter().filter(nowhere).collect()
}

/// How many folders above a Dockerfile could be its context. One that is deeper is judged by the nearest of them alone;
/// of a Dockerfile that no service builds the context is a guess in any case, so there is no note about it.
const MAX_FOLDERS_ABOVE: usize = 16;

/// What a folder has of a Dockerfile's sources.
struct Looked<'a> {
    absent: Vec<Absent<'a>>,
    /// How many it has, not counting the folder itself.
    present: usize,
}

fn absent_in<'a>(project: &Project, build: &Build, entry: &'a DockerfileEntry, context: &Path) -> Looked<'a> {
    let mut looked = Looked { absent: Vec::new(), present: 0 };
    for stage in entry.parsed.stages.iter().filter(|s| build.reaches(s.index)) {
        for index in stage.instructions.clone() {
            let Some(instruction) = entry.parsed.instructions.get(index) else { continue };
            let Some(sources) = context_sources(instruction) else { continue };
            let found: Vec<Found<'a>> =
                sources.iter().map(|word| look_up(project, build, context, index, word)).collect();
            looked.present += found.iter().filter(|f| matches!(f, Found::Exists)).count();
            // A pattern next to a source that exists means "if it is there".
            let some_there = found.iter().any(|f| !matches!(f, Found::Absent(_)));
            looked.absent.extend(found.into_iter().filter_map(|f| match f {
                Found::Absent(a) if !(a.pattern && (some_there || is_optional(&a.path))) => Some(a),
                _ => None,
            }));
        }
    }
    looked
}

/// The words of an instruction that name files of the context.
fn context_sources(instruction: &Instruction) -> Option<&[Word]> {
    match (&instruction.body, instruction.keyword) {
        (Body::Copy { sources, .. }, Keyword::Copy | Keyword::Add) if instruction.flag("from").is_none() => {
            Some(sources)
        }
        _ => None,
    }
}

/// What a context has of one source.
enum Found<'a> {
    Exists,
    Absent(Absent<'a>),
    /// Unknown, or it is the context itself.
    Unknown,
}

fn look_up<'a>(project: &Project, build: &Build, context: &Path, index: usize, word: &'a Word) -> Found<'a> {
    if word.text.starts_with("<<") {
        return Found::Unknown;
    }
    let Some(text) = build.word(index, word) else { return Found::Unknown };
    // COPY runs no shell: the words of one are names of files to it.
    if matches!(text.as_str(), "||" | "&&" | ";") {
        let place = context.join(&text);
        return Found::Absent(Absent { word, path: text, place, pattern: false, cause: None });
    }
    let remote = text.contains("://") || text.starts_with("git@") || text.starts_with("github.com/");
    // The placeholders of a template are not names.
    if text.is_empty() || remote || text.contains(['{', '}', '$', '<', '>', '%', '\\', '\n']) {
        return Found::Unknown;
    }
    // Leading slashes mean the context's root, and `..` cannot leave it.
    let path = clean_relative(&text);
    if path.is_empty() {
        return Found::Unknown;
    }
    let place = project.files.absolute(&context.join(&path));
    let pattern = path.contains(['*', '?', '[']);
    let cause = if pattern {
        let mut budget = MAX_LOOKED_AT;
        if matches(project, context, &path.split('/').collect::<Vec<_>>(), &mut budget) {
            return Found::Exists;
        }
        if budget == 0 {
            let what = format!("the context has over {MAX_LOOKED_AT} names to compare this pattern with; not all were");
            project.note_skipped(word.span, what);
            return Found::Unknown;
        }
        let fixed: PathBuf = path.split('/').take_while(|p| !p.contains(['*', '?', '['])).collect();
        match project.path_status(&context.join(&fixed)) {
            PathStatus::ExpectedMissing(cause) => Some(cause),
            _ => match project.path_status(&place) {
                PathStatus::ExpectedMissing(cause) => Some(cause),
                _ => None,
            },
        }
    } else {
        match project.path_status(&place) {
            PathStatus::Exists(_) => return Found::Exists,
            PathStatus::Missing => None,
            PathStatus::ExpectedMissing(cause) => Some(cause),
        }
    };
    Found::Absent(Absent { word, path, place, pattern, cause })
}

/// `yarn.lock*` and `yarn.loc[k]`: how one writes "if it is there".
fn is_optional(pattern: &str) -> bool {
    let name = pattern.rsplit('/').next().unwrap_or(pattern);
    let whole = |n: &str| n.contains('.') && !n.contains(['*', '?', '[']);
    name.strip_suffix('*').is_some_and(whole)
        || name
            .split_once('[')
            .and_then(|(_, r)| r.split_once(']'))
            .is_some_and(|(inner, _)| inner.chars().count() == 1)
}

/// True if anything under `folder` matches the rest of a pattern.
fn matches(project: &Project, folder: &Path, rest: &[&str], budget: &mut usize) -> bool {
    let Some((first, rest)) = rest.split_first() else { return true };
    if !first.contains(['*', '?', '[']) {
        let next = folder.join(first);
        return project.files.entry(&next).is_some() && matches(project, &next, rest, budget);
    }
    for name in project.files.list(folder) {
        if *budget == 0 {
            return false;
        }
        *budget -= 1;
        if part_matches(first, &name) && matches(project, &folder.join(&name), rest, budget) {
            return true;
        }
    }
    false
}

/// Go's `filepath.Match` for one part of a path.
pub fn part_matches(pattern: &str, name: &str) -> bool {
    let (p, n): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut i, mut j) = (0, 0);
    // Where to go on if the last `*` must take one more character.
    let mut back: Option<(usize, usize)> = None;
    loop {
        let step = match p.get(i) {
            None if j == n.len() => return true,
            Some('*') => {
                back = Some((i + 1, j));
                i += 1;
                continue;
            }
            Some('?') if j < n.len() => Some(1),
            Some('[') if j < n.len() => class(&p[i..], n[j]),
            Some(c) if n.get(j) == Some(c) => Some(1),
            _ => None,
        };
        match (step, back) {
            (Some(width), _) => {
                i += width;
                j += 1;
            }
            (None, Some((after, from))) if from < n.len() => {
                back = Some((after, from + 1));
                (i, j) = (after, from + 1);
            }
            (None, _) => return false,
        }
    }
}

/// The width of a `[…]` that holds `c`.
fn class(pattern: &[char], c: char) -> Option<usize> {
    let close = pattern.iter().skip(2).position(|p| *p == ']')? + 2;
    let mut inner = pattern.get(1..close)?;
    let negated = matches!(inner.first(), Some('^'));
    if negated {
        inner = &inner[1..];
    }
    let mut held = false;
    let mut at = 0;
    while let Some(low) = inner.get(at) {
        if let (Some('-'), Some(high)) = (inner.get(at + 1), inner.get(at + 2)) {
            held |= (*low..=*high).contains(&c);
            at += 3;
        } else {
            held |= *low == c;
            at += 1;
        }
    }
    (held != negated).then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_match_as_in_go() {
        for (pattern, name, expected) in [
            ("*.txt", "a.txt", true),
            ("requirements*.txt", "requirements.txt", true),
            ("requirements*.txt", "requirement.txt", false),
            ("a?c", "abc", true),
            ("[ab]c", "bc", true),
            ("[^ab]c", "bc", false),
            ("[a-c]*", "cx", true),
            ("*a*b*", "xaybz", true),
            ("*a*b", "xayb0", false),
            ("package-lock.json*", "package-lock.json", true),
            ("[", "[", false),
        ] {
            assert_eq!(part_matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn sources_stay_in_the_context() {
        assert_eq!(clean_relative("/a/./b/"), "a/b");
        assert_eq!(clean_relative("../x"), "x");
        assert_eq!(clean_relative("."), "");
    }
}
