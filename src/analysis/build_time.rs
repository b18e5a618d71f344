//! Variables that a service sets for its container while its build would need them.

use crate::dockerfile::image_ref::ImageRef;
use crate::dockerfile::{Body, Keyword};
use crate::image::official;
use crate::text::Span;

use super::build_args::bare_uses;
use crate::dockerfile::expand::StageBase;
use crate::project::ServiceView;

use super::runtime::chain;
use crate::project::build::Build;
use crate::project::image_names::is_plain;

/// A variable that comes too late.
#[derive(Debug)]
pub struct Late {
    pub name: String,
    /// Where the build reads it, or would.
    pub span: Span,
    /// Where the service sets it.
    pub set: Span,
}

/// Prefixes of variables that official base images set, and names that every shell has.
const SET_BY_IMAGES: [&str; 30] = [
    "PATH",
    "HOME",
    "USER",
    "PWD",
    "OLDPWD",
    "SHELL",
    "HOSTNAME",
    "LANG",
    "LC_",
    "TERM",
    "TZ",
    "UID",
    "EUID",
    "GID",
    "IFS",
    "NODE_VERSION",
    "YARN_VERSION",
    "PYTHON_",
    "GPG_KEY",
    "GO",
    "CARGO_",
    "RUST",
    "JAVA_",
    "MAVEN_",
    "GRADLE_",
    "RUBY_",
    "BUNDLE_",
    "GEM_",
    "PHP_",
    "DEBIAN_FRONTEND",
];

/// Variables that RUN steps read, that nothing of the build sets, and that the service sets for the container.
pub fn runtime_only_reads(view: &ServiceView<'_>) -> Vec<Late> {
    let mut late: Vec<Late> = Vec::new();
    let Some((build, entry)) = view.dockerfile() else { return late };
    let service = view.service;
    if service.environment.is_empty() && service.file_environment.is_empty()
        || !is_plain(&entry.parsed)
        || build.target_stage().is_none()
    {
        return late;
    }
    for stage in entry.parsed.stages.iter().filter(|s| build.reaches(s.index)) {
        if !base_is_known(build, stage.index, entry.parsed.stages.len()) {
            continue;
        }
        for index in stage.instructions.clone() {
            let Some(instruction) = entry.parsed.instructions.get(index).filter(|i| i.keyword == Keyword::Run) else {
                continue;
            };
            // A heredoc's body is text for a program that we may not know.
            if !instruction.heredocs.is_empty() {
                continue;
            }
            for (name, span) in bare_uses(build, index) {
                let declared = build.evaluation.scope(index).get(&name).is_some()
                    || super::build_args::declared(&entry.parsed).contains(&name)
                    || SET_BY_IMAGES.iter().any(|p| name.starts_with(p));
                let written = service.environment.iter().find(|v| v.name == name).map(|v| v.span);
                let in_file = || service.file_environment.contains(&name).then(|| service.env_files.first());
                let set = written.or_else(|| in_file().flatten().map(|f| f.text.span));
                if let (false, Some(set)) = (declared || late.iter().any(|l| l.name == name), set) {
                    late.push(Late { name, span, set });
                }
            }
        }
    }
    late
}

/// Whether the image at the bottom of a stage is a distribution or a language, so that we know what it sets.
fn base_is_known(build: &Build, mut stage: usize, stages: usize) -> bool {
    for _ in 0..=stages {
        match build.base(stage) {
            StageBase::Stage(parent) => stage = parent,
            StageBase::Image(name) => return ImageRef::parse(&name).is_some_and(|i| official::exposes_nothing(&i)),
            _ => return false,
        }
    }
    false
}

/// Variables that a bundler would write into its output, set for a container that only serves that output.
pub fn bundled_variables(view: &ServiceView<'_>) -> Vec<Late> {
    let mut late = Vec::new();
    let service = view.service;
    let Some((build, entry)) = view.dockerfile() else { return late };
    let parsed = &entry.parsed;
    if !is_plain(parsed) || service.command.is_some() || service.entrypoint.is_some() || !service.volumes.is_empty() {
        return late;
    }
    let served = chain(build, entry);
    let server = served.last().map(|s| build.base(*s));
    let serves_files = matches!(&server, Some(StageBase::Image(name)) if ImageRef::parse(name).is_some_and(|i| {
        ["nginx", "httpd", "caddy"].contains(&i.familiar().as_str()) || i.last().starts_with("nginx")
    }));
    if !serves_files || starts_a_script(entry, &served) {
        return late;
    }
    let bundling =
        parsed.stages.iter().filter(|s| build.reaches(s.index) && !served.contains(&s.index)).find_map(|s| {
            s.instructions.clone().find_map(|index| {
                let (runs, _) = build.commands(index).find(|(c, _)| {
                    let effective = c.effective();
                    let words: Vec<String> = effective.words.iter().filter_map(|w| w.text()).collect();
                    matches!(
                        effective.name.as_deref(),
                        Some("npm" | "yarn" | "pnpm" | "bun" | "npx" | "vite" | "vue-cli-service")
                    ) && words.iter().skip(1).any(|w| w.starts_with("build"))
                })?;
                Some((index, runs.span))
            })
        });
    let Some((index, span)) = bundling else { return late };
    for variable in &service.environment {
        let name = &variable.name;
        let bundled = ["VITE_", "REACT_APP_", "VUE_APP_"].iter().any(|p| name.starts_with(p));
        let declared =
            build.evaluation.scope(index).get(name).is_some() || super::build_args::declared(parsed).contains(name);
        if bundled && !declared && !variable.bare {
            late.push(Late { name: name.clone(), span, set: variable.span });
        }
    }
    late
}

/// Whether the served image brings a script that may write variables into the files when it starts.
fn starts_a_script(entry: &crate::project::DockerfileEntry, served: &[usize]) -> bool {
    served.iter().filter_map(|s| entry.parsed.stages.get(*s)).any(|stage| {
        entry.parsed.stage_instructions(stage).iter().any(|i| match &i.body {
            Body::Copy { sources, destination, .. } => {
                let script = |t: &str| {
                    [".sh", "entrypoint", ".template", "templates", "envsh", "env."].iter().any(|w| t.contains(w))
                };
                sources.iter().any(|s| script(&s.text)) || destination.as_ref().is_some_and(|d| script(&d.text))
            }
            Body::Command(_) => {
                i.keyword != Keyword::Run && i.keyword == Keyword::Entrypoint
                    || i.keyword == Keyword::Cmd && uses_a_shell(i)
            }
            _ => false,
        })
    })
}

fn uses_a_shell(instruction: &crate::dockerfile::Instruction) -> bool {
    match &instruction.body {
        Body::Command(crate::dockerfile::CommandForm::Shell { .. }) => true,
        Body::Command(crate::dockerfile::CommandForm::Exec { words, .. }) => words
            .iter()
            .any(|w| w.text.contains(".sh") || w.text == "sh" || w.text.ends_with("/sh") || w.text.contains("bash")),
        _ => false,
    }
}
