//! Source trees that a Dockerfile fetches from git, and whether what the image starts comes out of one of them.

use crate::dockerfile::expand::StageBase;
use crate::dockerfile::{Body, CommandForm, Dockerfile, Keyword};
use crate::shell;
use crate::text::Span;

use crate::project::build::Build;
use crate::project::repository::owner_and_name;
use crate::text::posix_path::join;

/// A git repository that an instruction fetches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitClone {
    /// In lower case.
    pub owner: String,
    pub name: String,
    /// The absolute path of its tree in the stage.
    pub folder: String,
    pub stage: usize,
    /// The address.
    pub span: Span,
}

/// All trees that a build fetches, in order.
pub fn git_clones(build: &Build, dockerfile: &Dockerfile) -> Vec<GitClone> {
    let mut trees = Vec::new();
    for stage in &dockerfile.stages {
        for index in stage.instructions.clone() {
            let Some(instruction) = dockerfile.instructions.get(index) else { continue };
            match (&instruction.body, instruction.keyword) {
                (Body::Command(_), Keyword::Run) => {
                    let Some(walk) = build.walk(index) else { continue };
                    for (nth, (command, words)) in build.commands(index).enumerate() {
                        if words.first().and_then(|w| w.as_deref()) == Some("git") {
                            let folder = walk.state(nth).assumed_working_dir();
                            trees.extend(clone_of(command, words, folder, stage.index));
                        }
                    }
                }
                (Body::Copy { sources, destination: Some(destination), .. }, Keyword::Add) => {
                    let folder = build.working_dir(index).zip(build.word(index, destination));
                    let Some(folder) = folder.map(|(f, to)| join(f, &to)) else { continue };
                    for source in sources {
                        let address = build.word(index, source).unwrap_or_default();
                        if !(address.contains(".git") || address.starts_with("git@")) {
                            continue;
                        }
                        if let Some((owner, name)) = owner_and_name(&address) {
                            trees.push(GitClone {
                                owner,
                                name,
                                folder: folder.clone(),
                                stage: stage.index,
                                span: source.span,
                            });
                        }
                    }
                }
                _ => {}
            }
        }
    }
    trees
}

/// `git clone [options] ADDRESS [FOLDER]`.
fn clone_of(
    command: &shell::Command,
    words: &[Option<String>],
    folder: Option<&str>,
    stage: usize,
) -> Option<GitClone> {
    /// Options of `git clone` that take the next word (git-clone(1)).
    const WITH_VALUE: [&str; 14] = [
        "-b",
        "--branch",
        "--depth",
        "-o",
        "--origin",
        "-c",
        "--config",
        "--reference",
        "-j",
        "--jobs",
        "--filter",
        "--separate-git-dir",
        "--template",
        "--shallow-since",
    ];
    let mut rest = words.iter().enumerate().skip(1);
    // git's own options come before the word clone: `git -c http.version=HTTP/1.1 clone`.
    loop {
        match rest.next()?.1.as_deref()? {
            "clone" => break,
            "-c" | "-C" => _ = rest.next(),
            option if option.starts_with('-') => {}
            _ => return None,
        }
    }
    let mut plain = Vec::new();
    while let Some((index, word)) = rest.next() {
        match word.as_deref() {
            Some(option) if WITH_VALUE.contains(&option) => _ = rest.next(),
            Some(option) if option.starts_with('-') => {}
            _ => plain.push((index, word.as_deref())),
        }
    }
    let (index, address) = *plain.first()?;
    let (owner, name) = owner_and_name(address?)?;
    let into = match plain.get(1) {
        Some((_, into)) => into.map(str::to_owned)?,
        None => last_part(address?).to_owned(),
    };
    Some(GitClone { owner, name, folder: join(folder?, &into), stage, span: command.words.get(index)?.span })
}

/// The folder that git chooses for an address.
fn last_part(address: &str) -> &str {
    let address = address.trim_end_matches('/');
    let last = address.rsplit(['/', ':']).next().unwrap_or(address);
    last.strip_suffix(".git").unwrap_or(last)
}

/// The tree that the final stage's ENTRYPOINT or CMD starts a program of, and the word that names the program.
pub fn started_from<'t>(build: &Build, dockerfile: &Dockerfile, trees: &'t [GitClone]) -> Option<(&'t GitClone, Span)> {
    let stage = dockerfile.stages.get(build.target_stage()?)?;
    let (index, form) = build.start_command(dockerfile, stage)?;
    let (program, span) = match form {
        CommandForm::Exec { words, .. } => {
            let word = words.first()?;
            (build.word(index, word).unwrap_or_else(|| word.text.clone()), word.span)
        }
        CommandForm::Shell { .. } => {
            let (command, words) = build.commands(index).find(|(c, _)| !c.words.is_empty())?;
            let at = usize::from(words.first()?.as_deref() == Some("exec"));
            (words.get(at)?.clone()?, command.words.get(at)?.span)
        }
    };
    let program = if program.contains('/') { join(build.working_dir(index)?, &program) } else { program };
    tree_of(build, dockerfile, trees, stage.index, &program, 0).map(|tree| (tree, span))
}

/// Follows a path back through `FROM stage` and `COPY --from=stage` to the tree that it came from.
fn tree_of<'t>(
    build: &Build,
    dockerfile: &Dockerfile,
    trees: &'t [GitClone],
    stage: usize,
    path: &str,
    depth: usize,
) -> Option<&'t GitClone> {
    /// More hops than this between stages is a ring or a joke.
    const MOST_HOPS: usize = 16;
    if depth > MOST_HOPS {
        return None;
    }
    if let Some(tree) = trees.iter().find(|t| t.stage == stage && is_below(path, &t.folder)) {
        return Some(tree);
    }
    for index in dockerfile.stages.get(stage)?.instructions.clone().rev() {
        let Some(instruction) = dockerfile.instructions.get(index) else { continue };
        let Body::Copy { sources, destination: Some(destination), .. } = &instruction.body else { continue };
        let Some(from) = instruction.flag("from").and_then(|f| f.value.as_ref()) else { continue };
        let Some(from) = build.word(index, from).and_then(|n| dockerfile.stage_named(&n, stage)) else { continue };
        let Some(to) = build.working_dir(index).zip(build.word(index, destination)) else { continue };
        let into_folder = to.1.ends_with('/') || to.1 == "." || sources.len() > 1;
        let to = join(to.0, &to.1);
        for source in sources.iter().filter_map(|s| build.word(index, s)) {
            let source = join("/", &source);
            if let Some(origin) = origin_of(path, &source, &to, into_folder)
                && let Some(tree) = tree_of(build, dockerfile, trees, from.index, &origin, depth + 1)
            {
                return Some(tree);
            }
        }
    }
    let StageBase::Stage(parent) = build.base(stage) else { return None };
    tree_of(build, dockerfile, trees, parent, path, depth + 1)
}

/// Which path of the source a path of the destination was copied from, if this COPY can have copied it. A program named
/// without a folder is looked for by its name.
fn origin_of(path: &str, source: &str, to: &str, into_folder: bool) -> Option<String> {
    let source_name = source.rsplit('/').next().unwrap_or(source);
    if !path.contains('/') {
        let brings = source_name == path || !into_folder && to.rsplit('/').next() == Some(path);
        return brings.then(|| source.to_owned());
    }
    if path == to {
        return Some(source.to_owned());
    }
    let below = path.strip_prefix(to.trim_end_matches('/'))?.strip_prefix('/')?;
    if source_name.contains(['*', '?']) {
        return Some(format!("{}/{below}", source.rsplit_once('/').map_or("", |(folder, _)| folder)));
    }
    // Into a folder goes a file under its own name, or a folder's content.
    if below == source_name { Some(source.to_owned()) } else { Some(format!("{source}/{below}")) }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/')) && folder != "/"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(last_part("git@github.com:a/b.git"), "b");
        assert!(is_below("/app/x/y", "/app/x") && !is_below("/app/xy", "/app/x"));
    }

    #[test]
    fn a_copied_program_is_led_back_to_its_source() {
        let origin = |path, source, to, folder| origin_of(path, source, to, folder);
        assert_eq!(
            origin("/usr/local/bin/srv", "/src/out/srv", "/usr/local/bin", true).as_deref(),
            Some("/src/out/srv")
        );
        assert_eq!(origin("/usr/bin/srv", "/src/out/a", "/usr/bin/srv", false).as_deref(), Some("/src/out/a"));
        assert_eq!(origin("srv", "/src/out/srv", "/usr/local/bin", true).as_deref(), Some("/src/out/srv"));
        assert_eq!(origin("/app/bin/srv", "/src/build", "/app", false).as_deref(), Some("/src/build/bin/srv"));
        assert_eq!(origin("/app/srv", "/src/bin/*", "/app", true).as_deref(), Some("/src/bin/srv"));
        assert_eq!(origin("/etc/srv", "/src/build", "/app", false), None);
    }
}
