//! What the image that a service builds does when it runs: what it exposes, whether it has a health check, what it starts.

use std::path::PathBuf;

use crate::dockerfile::image_ref::ImageRef;
use crate::dockerfile::{Body, Healthcheck, Instruction};
use crate::files::Entry;
use crate::image::official;
use crate::text::Span;

use crate::dockerfile::expand::StageBase;

use crate::project::build::Build;
use crate::project::{DockerfileEntry, Project, ServiceView};

/// The stages that the target stands on, itself first.
pub fn chain(build: &Build, entry: &DockerfileEntry) -> Vec<usize> {
    let mut stages = Vec::new();
    let mut next = build.target_stage();
    while let Some(stage) = next {
        if stages.len() > entry.parsed.stages.len() {
            break;
        }
        stages.push(stage);
        next = match build.base(stage) {
            StageBase::Stage(parent) => Some(parent),
            _ => None,
        };
    }
    stages
}

/// The instructions of the target's image, the last one first, each with its index.
pub fn backwards<'a>(build: &Build, entry: &'a DockerfileEntry) -> Vec<(usize, &'a Instruction)> {
    let mut found = Vec::new();
    for stage in chain(build, entry) {
        let Some(stage) = entry.parsed.stages.get(stage) else { continue };
        for index in stage.instructions.clone().rev() {
            found.extend(entry.parsed.instructions.get(index).map(|i| (index, i)));
        }
    }
    found
}

/// What the image says of its health check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It has one.
    Checked,
    /// It has none; where that is decided, if it is in a file.
    Unchecked(Option<Span>),
    Unknown,
}

impl ServiceView<'_> {
    /// The health check that a container of this service has.
    pub fn health(&self) -> Health {
        if let Some(check) = &self.service.healthcheck {
            if check.disabled {
                return Health::Unchecked(Some(check.span));
            }
            if !check.test.is_empty() {
                return Health::Checked;
            }
        }
        if self.service.partial {
            return Health::Unknown;
        }
        match (&self.service.build, self.dockerfile()) {
            (Some(_), Some((build, entry))) => image_health(build, entry),
            (Some(_), None) => Health::Unknown,
            (None, _) => {
                let image = self.service.image.as_ref().and_then(|i| i.known()).and_then(ImageRef::parse);
                match image {
                    Some(image) if self.project.is_built_by_a_service(&image) => Health::Unknown,
                    Some(image) if official::declares_no_healthcheck(&image) => Health::Unchecked(None),
                    _ => Health::Unknown,
                }
            }
        }
    }
}

fn image_health(build: &Build, entry: &DockerfileEntry) -> Health {
    if !crate::project::image_names::is_plain(&entry.parsed) {
        return Health::Unknown;
    }
    for (_, instruction) in backwards(build, entry) {
        match &instruction.body {
            Body::Healthcheck(Healthcheck::Command(_)) => return Health::Checked,
            Body::Healthcheck(Healthcheck::None) => return Health::Unchecked(Some(instruction.span)),
            Body::Broken(_) => return Health::Unknown,
            _ => {}
        }
    }
    let Some(stage) = chain(build, entry).last().copied() else { return Health::Unknown };
    let from = entry.parsed.stages.get(stage).and_then(|s| entry.parsed.base(s)).map(|w| w.span);
    let none = match build.base(stage) {
        StageBase::Scratch => true,
        StageBase::Image(name) => ImageRef::parse(&name).is_some_and(|i| official::declares_no_healthcheck(&i)),
        _ => false,
    };
    if none { Health::Unchecked(from) } else { Health::Unknown }
}

/// A port that the image exposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposed {
    pub port: u16,
    pub tcp: bool,
    pub span: Span,
}

/// All ports that the image exposes; `None` if there may be others.
pub fn exposed(build: &Build, entry: &DockerfileEntry) -> Option<Vec<Exposed>> {
    let mut ports: Vec<Exposed> = Vec::new();
    if !crate::project::image_names::is_plain(&entry.parsed) {
        return None;
    }
    for (index, instruction) in backwards(build, entry) {
        let Body::Expose(words) = &instruction.body else { continue };
        for word in words {
            let text = build.word(index, word)?;
            let (number, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
            let exposed =
                Exposed { port: number.parse().ok()?, tcp: protocol.eq_ignore_ascii_case("tcp"), span: word.span };
            if !ports.iter().any(|p| (p.port, p.tcp) == (exposed.port, exposed.tcp)) {
                ports.push(exposed);
            }
        }
    }
    let stage = *chain(build, entry).last()?;
    match build.base(stage) {
        StageBase::Scratch => Some(ports),
        StageBase::Image(name) => {
            ImageRef::parse(&name).is_some_and(|i| official::exposes_nothing(&i)).then_some(ports)
        }
        _ => None,
    }
}

/// The files that a service starts with, as far as they are scripts of the build context: their text.
pub fn start_scripts(view: &ServiceView<'_>) -> StartScripts {
    let mut scripts = StartScripts::default();
    let service = view.service;
    let mut words: Vec<String> = Vec::new();
    for line in [&service.entrypoint, &service.command].into_iter().flatten() {
        words.extend(line.words.iter().map(|w| w.resolved.clone()));
    }
    let mut context = None;
    if let Some((build, entry)) = view.dockerfile() {
        context = build.context().map(|c| c.to_owned());
        for (index, instruction) in backwards(build, entry) {
            if let Body::Command(_) = &instruction.body
                && matches!(
                    instruction.keyword,
                    crate::dockerfile::Keyword::Entrypoint | crate::dockerfile::Keyword::Cmd
                )
            {
                for (command, expanded) in build.commands(index) {
                    let text = |(w, e): (&crate::shell::Word, &Option<String>)| e.clone().or_else(|| w.text());
                    words.extend(command.words.iter().zip(expanded).filter_map(text));
                }
                scripts.shell.push_str(view.project.file(entry.parsed.file).slice(instruction.span));
                scripts.shell.push('\n');
            }
        }
    }
    for word in &words {
        scripts.shell.push_str(word);
        scripts.shell.push('\n');
        for part in word.split([' ', ';', '&', '|', '(', ')']) {
            let name = part.rsplit('/').next().unwrap_or(part).trim_matches(['"', '\'']);
            let script = name.ends_with(".sh")
                || name.ends_with(".bash")
                || name.contains("entrypoint")
                || ["start", "run", "boot", "init", "docker-start", "bootstrap"].contains(&name) && part.contains('/');
            if !script {
                continue;
            }
            match find_script(view.project, context.as_deref(), &view.compose.dir, name) {
                Some(text) => scripts.texts.push(text),
                None => scripts.unread = true,
            }
        }
    }
    scripts
}

/// What runs when the container starts.
#[derive(Debug, Default)]
pub struct StartScripts {
    /// Commands as written in compose file and Dockerfile.
    pub shell: String,
    pub texts: Vec<String>,
    /// A script could not be found.
    pub unread: bool,
}

fn find_script(
    project: &Project,
    context: Option<&std::path::Path>,
    dir: &std::path::Path,
    name: &str,
) -> Option<String> {
    const FOLDERS: [&str; 9] =
        ["", "docker", "scripts", "bin", "script", "deploy", ".docker", "docker/scripts", "build"];
    let bases: Vec<PathBuf> = context.into_iter().chain([dir]).map(|p| p.to_owned()).collect();
    for base in bases {
        for folder in FOLDERS {
            if let Ok(bytes) = project.files.read(&base.join(folder).join(name)) {
                return (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    None
}

impl ServiceView<'_> {
    /// Whether the service, its Dockerfile, its env files or its start scripts name a port by its number, its own entry in
    /// `ports:` aside.
    pub fn speaks_of_port(&self, port: u16) -> bool {
        let number = port.to_string();
        let source = self.project.file(self.service.span.file);
        let text = source.slice(self.service.span);
        let mut rest = text.to_owned();
        for own in self.service.ports.iter().filter(|p| self.service.span.contains(p.span)) {
            let (start, end) = (
                (own.span.start - self.service.span.start) as usize,
                (own.span.end - self.service.span.start) as usize,
            );
            if rest.is_char_boundary(start) && rest.is_char_boundary(end) && end <= rest.len() {
                rest.replace_range(start..end, &" ".repeat(end - start));
            }
        }
        let in_environment =
            self.service.environment.iter().any(|v| {
                v.value.as_ref().is_none_or(|t| t.known().is_none_or(|t| holds_number(t, &number))) && !v.bare
            });
        if holds_number(&rest, &number) || in_environment {
            return true;
        }
        for file in &self.service.env_files {
            let Some(path) = &file.path else { return true };
            match self.project.files.read(path) {
                Ok(bytes) if !holds_number(&String::from_utf8_lossy(&bytes), &number) => {}
                _ => return true,
            }
        }
        let in_dockerfile =
            self.dockerfile().is_some_and(|(_, e)| holds_number(self.project.file(e.parsed.file).text(), &number));
        let scripts = start_scripts(self);
        in_dockerfile
            || scripts.unread
            || self.context_speaks_of(&number)
            || scripts.texts.iter().any(|t| holds_number(t, &number))
    }
}

impl ServiceView<'_> {
    /// Whether a small text at the top of the build context, or two folders deep, holds a number.
    fn context_speaks_of(&self, number: &str) -> bool {
        const MAX_FILES: usize = 300;
        let files = &self.project.files;
        let Some(context) = self.dockerfile().and_then(|(b, _)| b.context()) else { return true };
        let mut folders = vec![(context.to_owned(), 0)];
        let mut read = 0;
        while let Some((folder, depth)) = folders.pop() {
            for name in files.list(&folder) {
                let path = folder.join(&name);
                match files.entry(&path) {
                    Some(Entry::Folder) if depth < 2 && !name.starts_with('.') && name != "node_modules" => {
                        folders.push((path, depth + 1));
                    }
                    Some(Entry::File) if !name.contains("lock") && !name.ends_with(".md") => {
                        read += 1;
                        if read > MAX_FILES {
                            return true;
                        }
                        if files.read(&path).is_ok_and(|b| holds_number(&String::from_utf8_lossy(&b), number)) {
                            // The compose file itself says it, of course.
                            let own = self.compose.files.iter().any(|(id, _)| self.project.file(*id).path() == path);
                            if !own {
                                return true;
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        false
    }
}

fn holds_number(text: &str, number: &str) -> bool {
    text.match_indices(number).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + number.len()..].chars().next();
        !before.is_some_and(|c| c.is_ascii_digit()) && !after.is_some_and(|c| c.is_ascii_digit())
    })
}
