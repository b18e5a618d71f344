//! Builds the [`Project`]: discover, read, parse, load, link.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::compose::{self, ComposeOptions, ComposeProject, FileRole, LoadRequest};
use crate::diagnostic::CoverageNote;
use crate::dockerfile::{self, Body, Keyword};
use crate::files::discover::{self, Discovered};
use crate::files::{Files, ReadError};
use crate::text::{FileId, Sources};
use crate::yaml::Stream;

use super::build;
use super::catch_panic::guarded;
use super::coverage::sort_notes;
use super::entry::DockerfileEntry;
use super::model::Project;
use super::repository::Repository;

/// Instructions of one Dockerfile: ten times as many as the longest of public repositories has.
const MAX_INSTRUCTIONS: usize = 2_000;

impl Project {
    /// Reads everything under the root of `files`. `named` are paths that the caller asked for: they are read even where the
    /// walk would pass them by.
    pub fn load(files: Files, options: &ComposeOptions, named: &[PathBuf]) -> Project {
        let found = discover::find(&files);
        Project::load_found(files, options, named, found)
    }

    /// As [`Project::load`], with the outcome of a walk over the same root.
    pub fn load_found(files: Files, options: &ComposeOptions, named: &[PathBuf], mut found: Discovered) -> Project {
        take_named(&mut found, &files, named);
        let mut sources = Sources::new();
        let mut coverage = unreadable(&found, &files);
        let mut bugs = Vec::new();
        let compose = load_compose(&found, &files, options, &mut sources, &mut bugs);
        let dockerfiles = load_dockerfiles(&found, &compose, &files, &mut sources, &mut coverage, &mut bugs);
        let mut repository = Repository::read(&files, &found.build_texts);
        for entry in &dockerfiles {
            learn_from(entry, &sources, &mut repository);
        }
        let linked = build::link(&compose, &dockerfiles, &files, &mut sources);
        coverage.extend(linked.coverage);
        bugs.extend(linked.bugs);
        coverage.extend(dockerfiles.iter().filter_map(|entry| template_note(entry, &sources)));
        coverage.extend(compose.iter().flat_map(|c| c.coverage.iter().cloned()));
        sort_notes(&mut coverage);
        Project {
            files,
            sources,
            compose,
            dockerfiles,
            builds: linked.builds,
            ignores: linked.ignores,
            repository,
            coverage,
            bugs,
            memo: Default::default(),
        }
    }
}

/// What the walk could not read.
pub(crate) fn unreadable(found: &Discovered, files: &Files) -> Vec<CoverageNote> {
    let note =
        |what: &String| CoverageNote { path: files.display(files.root()), line: 0, what: what.clone(), unjudged: true };
    found.unreadable.iter().map(note).collect()
}

/// Paths given by the caller count as what their names say, or else as what they look like.
fn take_named(found: &mut Discovered, files: &Files, named: &[PathBuf]) {
    for path in named.iter().map(|p| files.absolute(p)).filter(|p| files.is_file(p)) {
        let known = [&found.compose, &found.maybe_compose, &found.dockerfiles].iter().any(|list| list.contains(&path));
        if known {
            continue;
        }
        let name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        if name.ends_with(".yml") || name.ends_with(".yaml") {
            found.compose.push(path);
        } else {
            found.dockerfiles.push(path);
        }
    }
    found.compose.sort();
    found.dockerfiles.sort();
}

/// Every compose project of the tree. Files that another project includes, extends or merges are no projects of their own.
fn load_compose(
    found: &Discovered,
    files: &Files,
    options: &ComposeOptions,
    sources: &mut Sources,
    bugs: &mut Vec<String>,
) -> Vec<ComposeProject> {
    let mut one = |request: LoadRequest, sources: &mut Sources| {
        let name = request.files.first().map(|path| files.display(path)).unwrap_or_default();
        guarded("reading", &name, || compose::load(&request, files, sources)).map_err(|bug| bugs.push(bug)).ok()
    };
    let request = |paths: Vec<PathBuf>, complete: bool| options.request(paths, complete);
    if !options.files.is_empty() {
        return one(request(options.files.clone(), true), sources).into_iter().collect();
    }
    let mut by_folder: BTreeMap<&Path, Vec<&str>> = BTreeMap::new();
    for path in &found.compose {
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str())) {
            by_folder.entry(folder).or_default().push(name);
        }
    }
    let mut groups: Vec<(Vec<PathBuf>, bool)> = Vec::new();
    let mut alone: Vec<PathBuf> = Vec::new();
    for (folder, names) in by_folder {
        let choice = compose::find::base_and_override(&names);
        let chosen: Vec<&String> = choice.base.iter().chain(&choice.overriding).collect();
        if !chosen.is_empty() {
            groups.push((chosen.iter().map(|n| folder.join(n)).collect(), true));
        }
        alone.extend(names.iter().filter(|n| !chosen.iter().any(|c| c == *n)).map(|n| folder.join(n)));
    }
    alone.extend(found.maybe_compose.iter().cloned());
    groups.extend(alone.into_iter().map(|path| (vec![path], false)));

    let mut projects: Vec<ComposeProject> = Vec::new();
    for (paths, complete) in groups {
        let by_content = paths.iter().any(|p| found.maybe_compose.contains(p));
        let fits = |bytes: Vec<u8>| match by_content {
            true => looks(bytes, &|yaml| compose::find::looks_like_compose(yaml)),
            false => {
                compose::find::has_own_key(&bytes)
                    || !looks(bytes, &|yaml| compose::find::is_of_another_program(yaml, complete))
            }
        };
        // By its content, every file must be one; by its name, one that cannot be read or is one is enough.
        let is_one = |path: &PathBuf| files.read(path).map_or(!by_content, fits);
        if !(if by_content { paths.iter().all(is_one) } else { paths.iter().any(is_one) }) {
            continue;
        }
        projects.extend(one(request(paths, complete), sources));
    }
    drop_fragments(projects, sources)
}

/// What a question has for an answer, read as YAML.
fn looks(bytes: Vec<u8>, question: &dyn Fn(&Stream<'_>) -> bool) -> bool {
    let mut sources = Sources::new();
    let id = sources.add(PathBuf::new(), String::new(), bytes);
    question(&crate::yaml::parse(sources.file(id)))
}

/// Takes out the projects whose file is part of another project. One of a default name is only so where it is included: it
/// is read there with the directory and the variables that the include gives it. One that is merely extended stays.
fn drop_fragments(projects: Vec<ComposeProject>, sources: &Sources) -> Vec<ComposeProject> {
    let path = |id: FileId| sources.file(id).path().to_owned();
    let in_role = |wanted: &dyn Fn(FileRole) -> bool| -> HashSet<PathBuf> {
        let files = projects.iter().flat_map(|p| p.files.iter().filter(|(_, role)| wanted(*role)));
        files.map(|(id, _)| path(*id)).collect()
    };
    let part_of_another = in_role(&|role| role != FileRole::Base);
    let included = in_role(&|role| role == FileRole::Included);
    let is_fragment = |project: &ComposeProject| {
        let among = if project.complete { &included } else { &part_of_another };
        let own = || project.files.iter().filter(|(_, role)| matches!(role, FileRole::Base | FileRole::Override));
        // A circle of includes has no outside.
        let in_circle = project.files.iter().any(|(id, role)| {
            *role == FileRole::Included && project.files.first().is_some_and(|(first, _)| first == id)
        });
        !in_circle && own().take(1).all(|(id, _)| among.contains(&path(*id))) && own().next().is_some()
    };
    projects.into_iter().filter(|p| !is_fragment(p)).collect()
}

/// The Dockerfiles that the walk found, those that services name, and those that stand inside compose files.
fn load_dockerfiles(
    found: &Discovered,
    compose: &[ComposeProject],
    files: &Files,
    sources: &mut Sources,
    coverage: &mut Vec<CoverageNote>,
    bugs: &mut Vec<String>,
) -> Vec<DockerfileEntry> {
    let mut paths: Vec<PathBuf> = found.dockerfiles.clone();
    let builds = || compose.iter().flat_map(|c| &c.services).filter_map(|s| s.build.as_ref());
    let named: HashSet<PathBuf> = builds().filter_map(|b| b.dockerfile_path.clone()).collect();
    paths.extend(named.iter().filter(|p| files.is_file(p)).cloned());
    paths.sort();
    paths.dedup();

    let read: Vec<(PathBuf, Result<Vec<u8>, ReadError>)> = paths
        .into_par_iter()
        .map(|path| {
            let bytes = files.read(&path);
            (path, bytes)
        })
        .collect();
    let mut ids: Vec<(PathBuf, FileId, bool)> = Vec::new();
    for (path, bytes) in read {
        match bytes {
            Ok(bytes) => {
                let name = files.display(&path);
                ids.push((path.clone(), sources.add(path, name, bytes), true));
            }
            Err(error) => coverage.push(CoverageNote {
                path: files.display(&path),
                line: 0,
                what: format!("the Dockerfile {error}"),
                unjudged: error.leaves_unjudged(),
            }),
        }
    }
    for inline in builds().filter_map(|b| b.inline) {
        ids.push((sources.file(inline).path().to_owned(), inline, false));
    }
    let read = ids.into_par_iter().map(|(path, id, on_disk)| {
        let file = sources.file(id);
        let parsed = guarded("reading", file.name(), || dockerfile::parse(file))?;
        Ok(DockerfileEntry { path, parsed, on_disk })
    });
    let (entries, failed): (Vec<_>, Vec<_>) = read.collect::<Vec<_>>().into_iter().partition(Result::is_ok);
    bugs.extend(failed.into_iter().filter_map(Result::err));
    let mut entries: Vec<DockerfileEntry> = entries.into_iter().flatten().collect();
    // A key or a configuration that `dockerfile:` names is not to be quoted line by line.
    entries.retain(|entry| {
        let name = entry.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let begins = entry.parsed.stages.first().is_some_and(|first| {
            let before = entry.parsed.instructions.get(..first.from).unwrap_or(&[]);
            before.iter().all(|instruction| instruction.keyword != Keyword::Unknown)
        });
        let is_one = begins || !entry.on_disk || discover::is_dockerfile_name(&name);
        if !is_one {
            let what = "does not begin with FROM and has no name of a Dockerfile, and was not read as one".to_owned();
            coverage.push(CoverageNote {
                path: sources.file(entry.parsed.file).name().to_owned(),
                line: 0,
                what,
                unjudged: false,
            });
        }
        is_one
    });
    entries.retain(|entry| {
        let fits = entry.parsed.instructions.len() <= MAX_INSTRUCTIONS;
        if !fits {
            let what = format!("has over {MAX_INSTRUCTIONS} instructions and was not checked");
            let name = sources.file(entry.parsed.file).name().to_owned();
            coverage.push(CoverageNote { path: name, line: 0, what, unjudged: true });
        }
        fits
    });
    entries
}

/// What another program makes a Dockerfile of is not one yet.
fn template_note(entry: &DockerfileEntry, sources: &Sources) -> Option<CoverageNote> {
    let template = entry.parsed.template.as_ref()?;
    let file = sources.file(entry.parsed.file);
    Some(CoverageNote {
        path: file.name().to_owned(),
        line: file.position(template.span.start).line,
        what: format!("this is a template ({}), not a Dockerfile yet, and was not checked", template.language),
        unjudged: false,
    })
}

/// A Dockerfile may say where its source lives, and its comments how it is built.
fn learn_from(entry: &DockerfileEntry, sources: &Sources, repository: &mut Repository) {
    let source = sources.file(entry.parsed.file);
    for instruction in &entry.parsed.instructions {
        let Body::Label(pairs) = &instruction.body else { continue };
        for pair in pairs {
            if pair.name.text.trim_matches('"') == "org.opencontainers.image.source"
                && let Some(value) = &pair.value
            {
                repository.add_source(value.text.trim_matches('"'));
            }
        }
    }
    let comments: Vec<&str> = entry.parsed.comments.iter().map(|c| source.slice(*c)).collect();
    repository.add_comments(&comments.join("\n"));
}
