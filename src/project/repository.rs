//! What the repository says of itself outside compose files and Dockerfiles: whose it is, and which images its own
//! workflows, Makefiles, scripts and READMEs build or push.
//!
//! All of it is read as text. No git process is run: the owner stands in `.git/config`.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use memchr::memmem;

use crate::dockerfile::image_ref::ImageRef;
use crate::files::Files;
use crate::files::discover::{BuildText, TextKind};

/// The repository's own names and products.
#[derive(Debug, Default)]
pub struct Repository {
    /// `owner` of every remote in `.git/config` and of every `org.opencontainers.image.source` label, in lower case.
    owners: HashSet<String>,
    /// `owner/name` of the same, in lower case.
    names: HashSet<String>,
    texts: Vec<Text>,
    /// Questions that were answered: each reads all texts, and many services and Dockerfiles ask the same.
    answers: Mutex<HashMap<(Question, String), bool>>,
}

/// What is asked of the texts about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Question {
    LineWith,
    Named,
    MakesFile,
    MakesFolder,
    ClonesInto,
}

/// A text that may build or push an image.
#[derive(Debug)]
struct Text {
    kind: TextKind,
    lower: String,
    builds: bool,
}

/// Why an image counts as made by the repository itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnImage {
    /// The image's owner owns the repository.
    Owner,
    /// A CI workflow names it.
    Workflow,
    /// A Makefile, script, bake file or README builds, tags or pushes it.
    BuildText,
}

impl Repository {
    /// Reads `.git/config` and the build texts.
    pub fn read(files: &Files, texts: &[BuildText]) -> Self {
        let mut repository = Repository::default();
        if let Ok(config) = files.read(&files.root().join(".git").join("config")) {
            for line in String::from_utf8_lossy(&config).lines() {
                if let Some((key, value)) = line.split_once('=')
                    && key.trim() == "url"
                {
                    repository.add_source(value.trim());
                }
            }
        }
        for text in texts {
            let Ok(bytes) = files.read(&text.path) else { continue };
            let lower = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
            let builds = names_a_builder(&lower);
            repository.texts.push(Text { kind: text.kind, lower, builds });
        }
        repository
    }

    /// Takes the address of the repository's source: a git remote or a source label.
    pub fn add_source(&mut self, url: &str) {
        if let Some((owner, name)) = owner_and_name(url) {
            self.names.insert(format!("{owner}/{name}"));
            self.owners.insert(owner);
        }
    }

    /// Takes the header comments of a Dockerfile, which often say how it is built (`# docker build -t acme/api .`).
    pub fn add_comments(&mut self, comments: &str) {
        let lower = comments.to_ascii_lowercase();
        if names_a_builder(&lower) {
            self.texts.push(Text { kind: TextKind::Readme, lower, builds: true });
        }
    }

    /// Whether this is the repository of `owner/name`.
    pub fn is(&self, owner_and_name: &str) -> bool {
        self.names.contains(&owner_and_name.to_ascii_lowercase())
    }

    /// Whether the repository itself makes this image, and how we know.
    pub fn makes(&self, image: &ImageRef<'_>) -> Option<OwnImage> {
        if let Some(owner) = image.owner() {
            let first = owner.split('/').next().unwrap_or(owner).to_ascii_lowercase();
            if self.owners.contains(&first) {
                return Some(OwnImage::Owner);
            }
        }
        let name = image.familiar().to_ascii_lowercase();
        let path = image.path.to_ascii_lowercase();
        if self.is_fork_of(&path) {
            return Some(OwnImage::Owner);
        }
        // A bare name ("redis") stands in too many texts to mean anything on its own; with a builder's command it does.
        let qualified = path.contains('/');
        for text in &self.texts {
            match text.kind {
                TextKind::Workflow if qualified && (mentions(&text.lower, &path) || mentions(&text.lower, &name)) => {
                    return Some(OwnImage::Workflow);
                }
                TextKind::Workflow if qualified && text.builds && text.tags_for_some_owner(&path) => {
                    return Some(OwnImage::Workflow);
                }
                TextKind::Bake if mentions(&text.lower, &path) => return Some(OwnImage::BuildText),
                _ if text.builds && text.tags(&path, qualified) => return Some(OwnImage::BuildText),
                _ => {}
            }
        }
        None
    }
}

impl Repository {
    /// Whether the owner of an image owns a repository of this one's name, going by the project's own texts: then this is a
    /// fork of it or a copy, and the image is the project's own.
    fn is_fork_of(&self, path: &str) -> bool {
        let Some((owner, _)) = path.split_once('/') else { return false };
        self.names.iter().filter_map(|n| n.split_once('/')).any(|(own, name)| {
            let upstream = format!("{owner}/{name}");
            own != owner && name.len() > 3 && self.texts.iter().any(|t| mentions_part(&t.lower, &upstream))
        })
    }

    fn answer(&self, question: Question, name: &str, read: impl FnOnce() -> bool) -> bool {
        let answers = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (question, name.to_owned());
        if let Some(known) = answers().get(&key) {
            return *known;
        }
        let answer = read();
        answers().insert(key, answer);
        answer
    }

    /// Whether any build text holds these words, in lower case, on one line.
    pub fn has_line_with(&self, words: &[&str]) -> bool {
        self.answer(Question::LineWith, &words.join("\n"), || {
            let finders: Vec<memmem::Finder<'_>> = words.iter().map(|word| memmem::Finder::new(*word)).collect();
            // The last word is the name that is asked for: the rarest, so its lines are looked at.
            let Some((rarest, others)) = finders.split_last() else { return false };
            self.texts.iter().any(|text| {
                others.iter().all(|word| word.find(text.lower.as_bytes()).is_some())
                    && lines_with(&text.lower, rarest)
                        .any(|line| others.iter().all(|word| word.find(line.as_bytes()).is_some()))
            })
        })
    }

    /// Whether a workflow, Makefile, script or bake file has a command that builds a folder, given from the repository's
    /// root, in lower case. The root itself stands in too many commands to tell anything.
    pub fn builds_folder(&self, folder: &str) -> bool {
        let folder = folder.trim_start_matches("./");
        if folder.is_empty() || folder == "." {
            return false;
        }
        self.texts.iter().filter(|t| t.builds && t.kind != TextKind::Readme).any(|text| {
            logical_lines(&text.lower).any(|line| {
                builder_at(&line).and_then(|at| line.get(at..)).is_some_and(|command| {
                    command.split_whitespace().any(|w| {
                        let word = w.trim_matches(['"', '\'']).trim_start_matches("./").trim_end_matches('/');
                        word == folder || word.strip_prefix(folder).is_some_and(|rest| rest == "/dockerfile")
                    })
                })
            })
        })
    }

    /// Whether any build text names something as a whole word; `name` in lower case.
    pub fn names(&self, name: &str) -> bool {
        self.answer(Question::Named, name, || self.texts.iter().any(|t| mentions(&t.lower, name)))
    }

    /// Whether a script, Makefile, workflow or README of the project makes a file or folder of this name, in lower case.
    pub fn makes_file(&self, name: &str) -> bool {
        const COMMANDS: [&str; 14] = [
            "-keyout",
            "cp ",
            "mv ",
            "touch ",
            "curl ",
            "wget ",
            "git clone",
            "mkdir ",
            "tee ",
            "ln -s",
            " > ",
            " -o ",
            "-out",
            "--output",
        ];
        const IN_SCRIPTS: [&str; 6] = [">", "tar ", "zip ", "export ", "freeze", "generate"];
        self.answer(Question::MakesFile, name, || {
            let finder = memmem::Finder::new(name);
            self.texts.iter().any(|text| {
                lines_with(&text.lower, &finder).filter(|line| mentions_part(line, name)).any(|line| {
                    let script = text.kind != TextKind::Readme;
                    COMMANDS.iter().any(|c| line.contains(c))
                        || script && IN_SCRIPTS.iter().any(|c| line.contains(c))
                        || text.kind == TextKind::Makefile && line.trim_start().starts_with(&format!("{name}:"))
                })
            })
        })
    }
}

impl Repository {
    /// Whether a script, Makefile, workflow or README of the project makes a folder of this name, in lower case: lays it
    /// down, copies a tree there or names it as the place for output.
    pub fn makes_folder(&self, name: &str) -> bool {
        self.clones_into(name)
            || self.answer(Question::MakesFolder, name, || {
                let finder = memmem::Finder::new(name);
                self.texts.iter().any(|text| {
                    lines_with(&text.lower, &finder).any(|line| {
                        lays_down(line, name)
                            || text.kind == TextKind::Makefile && line.trim_start().starts_with(&format!("{name}:"))
                    })
                })
            })
    }

    /// Whether a text of the project tells to clone something to a folder of this name, in lower case. To clone the project
    /// itself makes no folder inside it.
    pub fn clones_into(&self, name: &str) -> bool {
        let itself = |line: &str| {
            self.names.iter().any(|n| n.rsplit('/').next() == Some(name))
                && (line.contains(&format!("/{name}.git")) || line.contains(&format!("/{name}")) || line.contains('<'))
        };
        name.len() > 1
            && self.answer(Question::ClonesInto, name, || {
                let finder = memmem::Finder::new(name);
                self.texts.iter().any(|text| {
                    lines_with(&text.lower, &finder)
                        .any(|line| line.contains("clone") && mentions_part(line, name) && !itself(line))
                })
            })
    }
}

/// The lines of a text that hold a word, each once.
fn lines_with<'a>(text: &'a str, word: &'a memmem::Finder<'_>) -> impl Iterator<Item = &'a str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = word.find(rest.as_bytes()).filter(|_| !rest.is_empty())?;
        let start = rest.get(..at)?.rfind('\n').map_or(0, |before| before + 1);
        let end = rest.get(at..)?.find('\n').map_or(rest.len(), |after| at + after);
        let line = rest.get(start..end)?;
        rest = rest.get(end + 1..).unwrap_or("");
        Some(line.strip_suffix('\r').unwrap_or(line))
    })
}

/// Whether a command of a line makes a folder of this name below the place where it runs, or writes into it.
fn lays_down(line: &str, name: &str) -> bool {
    const ANYWHERE: [&str; 7] = ["unzip", "tar ", "degit", "create-", "startproject", "submodule", "--prefix"];
    const OUTPUT: [&str; 5] = [" -o ", "-out", "--output", "--dir", " > "];
    const COPY: [&str; 6] = ["cp -r", "cp -a", "cp -pr", "rsync", "mv ", "ln -s"];
    if !mentions_part(line, name) {
        return false;
    }
    let whole = |word: &str| -> Option<Vec<String>> {
        let word = word.trim_matches(['"', '\'', '`']).trim_end_matches('/');
        let below = !word.starts_with(['/', '~', '$']);
        below.then(|| word.split('/').map(str::to_owned).collect())
    };
    let line = line.replace("\\ ", "_");
    line.split("&&").flat_map(|l| l.split(';')).filter(|command| mentions_part(command, name)).any(|command| {
        let words: Vec<&str> = command.split_whitespace().collect();
        let made = || words.iter().filter_map(|w| whole(w)).any(|parts| parts.iter().any(|p| p == name));
        let last = || words.last().and_then(|w| whole(w)).is_some_and(|parts| parts.last().is_some_and(|p| p == name));
        command.contains("mkdir") && made()
            || COPY.iter().any(|c| command.contains(c)) && last()
            || ANYWHERE.iter().any(|c| command.contains(c))
            || OUTPUT.iter().any(|c| command.contains(c)) && command.contains(&format!("{name}/"))
    })
}

/// As [`mentions`], also within a path.
fn mentions_part(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty()
        && memmem::find_iter(text.as_bytes(), name).any(|at| {
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            !before.is_some_and(part) && !after.is_some_and(|c| part(c) && c != '.')
        })
}

impl Text {
    /// Whether the text tags an image of this last name under an owner that only a secret or a variable knows
    /// (`${{ secrets.DOCKER_USERNAME }}/api`).
    fn tags_for_some_owner(&self, path: &str) -> bool {
        let Some(last) = path.rsplit('/').next().filter(|l| l.len() > 2) else { return false };
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        self.lower.match_indices(last).any(|(at, _)| {
            let (before, after) = (&self.lower[..at], &self.lower[at + last.len()..]);
            let owner = before.rsplit(|c: char| c.is_whitespace() || c == '"').next().unwrap_or("");
            let variable = before.ends_with("}}/") || owner.starts_with('$') && owner.ends_with('/');
            variable && !after.starts_with(part)
        })
    }

    /// Whether a builder's command of this text names the image. In Makefiles and scripts the name may reach the command
    /// through a variable, so there a qualified name anywhere in the text is enough.
    fn tags(&self, path: &str, qualified: bool) -> bool {
        let anywhere = qualified && matches!(self.kind, TextKind::Makefile | TextKind::Script | TextKind::Bake);
        if anywhere && mentions(&self.lower, path) {
            return true;
        }
        let Some(first) = path.rsplit('/').next() else { return false };
        let variables = assignments(&self.lower);
        logical_lines(&self.lower).any(|line| {
            let Some(command) = builder_at(&line).and_then(|at| line.get(at..)) else { return false };
            if mentions(command, path) {
                return true;
            }
            if !command.contains('$') {
                return false;
            }
            let command = expand(command, &variables);
            // `$REGISTRY/api` with an unknown registry may be any image of that name.
            mentions(&command, path) || mentions(&command, &format!("{UNKNOWN}/{first}"))
        })
    }
}

/// Stands for the value of a variable that the text does not set.
const UNKNOWN: char = '\u{1}';

/// The variables that a Makefile or script sets on lines of their own; the first value of each wins, and a value that is
/// computed is left out.
fn assignments(text: &str) -> HashMap<&str, &str> {
    let mut found = HashMap::new();
    for line in text.lines() {
        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.trim_end_matches([':', '?', ' ']);
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let value = value.trim().trim_matches(['"', '\'']);
        if is_name && !value.contains(['`', ' ']) && !value.contains("$(shell") {
            found.entry(name).or_insert(value);
        }
    }
    found
}

/// A command with `$(NAME)`, `${NAME}`, `${NAME:-default}` and `$NAME` replaced, values of values included.
fn expand(command: &str, variables: &HashMap<&str, &str>) -> String {
    /// Values within values deeper than this, or a longer result, are no image's name.
    const MOST_ROUNDS: usize = 4;
    const LONGEST: usize = 4096;
    let mut text = command.to_owned();
    for _ in 0..MOST_ROUNDS {
        if !text.contains('$') || text.len() > LONGEST {
            break;
        }
        let mut next = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('$') {
            next.push_str(before);
            let after = after.trim_start_matches('$');
            let (name, left) = match after.chars().next() {
                Some(open @ ('(' | '{')) => {
                    let close = if open == '(' { ')' } else { '}' };
                    after.get(1..).and_then(|inner| inner.split_once(close)).unwrap_or(("", ""))
                }
                _ => {
                    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                    after.split_at(end)
                }
            };
            let (name, default) = name.split_once(":-").map_or((name, None), |(n, d)| (n, Some(d)));
            match variables.get(name).copied().or(default) {
                Some(value) => next.push_str(value),
                None => next.push(UNKNOWN),
            }
            rest = left;
        }
        next.push_str(rest);
        text = next;
    }
    text
}

/// A text's lines with continuations joined.
fn logical_lines(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut joined = lines.next()?.to_owned();
        while let Some(start) = joined.strip_suffix(['\\', '`']) {
            joined = start.to_owned();
            match lines.next() {
                Some(next) => joined.push_str(next),
                None => break,
            }
        }
        Some(joined)
    })
}

/// Whether a text has a command that builds, tags or pushes an image.
fn names_a_builder(lower: &str) -> bool {
    builder_at(lower).is_some()
}

/// Where the first such command begins.
fn builder_at(lower: &str) -> Option<usize> {
    const COMMANDS: &[(&str, &[&str])] = &[
        ("docker", &[" build", " image build", " push", " image push", " tag", "_build(", "/build-push-action"]),
        ("podman", &[" build", " push", " tag"]),
        ("buildah", &[" bud", " build"]),
        ("nerdctl", &[" build"]),
        ("kaniko", &[""]),
    ];
    let first = |(name, verbs): &(&str, &[&str])| {
        let verb =
            |at: &usize| lower.get(at + name.len()..).is_some_and(|rest| verbs.iter().any(|v| rest.starts_with(v)));
        memmem::find_iter(lower.as_bytes(), name).find(verb)
    };
    COMMANDS.iter().filter_map(first).min()
}

/// Whether a name stands in a text as a whole: not inside a longer name.
fn mentions(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty()
        && memmem::find_iter(text.as_bytes(), name).any(|at| {
            let before = text[..at].chars().next_back();
            let after = &text[at + name.len()..];
            let follows = after.chars().next();
            let inside_path = before == Some('/') && !name.contains('/');
            // "name.", at the end of a sentence, still is the name.
            let longer = match follows {
                Some('.') => after[1..].starts_with(part),
                Some(c) => part(c) || c == '/',
                None => false,
            };
            !before.is_some_and(part) && !inside_path && !longer
        })
}

/// `owner` and `name` of a git address in any of its forms, in lower case, without `.git`.
pub fn owner_and_name(url: &str) -> Option<(String, String)> {
    let url = url.split(['#', '?']).next().unwrap_or(url).trim_end_matches('/');
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        // git@github.com:owner/name
        None => match url.split_once(':') {
            Some((_, path)) => path,
            None => url.split_once('/').filter(|(host, _)| host.contains('.'))?.1,
        },
    };
    let (owner, name) = path.trim_matches('/').split_once('/')?;
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = name.strip_suffix(".git").unwrap_or(name);
    if owner.is_empty() || name.is_empty() || path.contains('$') {
        return None;
    }
    Some((owner.to_ascii_lowercase(), name.to_ascii_lowercase()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn with(kind: TextKind, text: &str) -> Repository {
        let lower = text.to_ascii_lowercase();
        let builds = names_a_builder(&lower);
        Repository { texts: vec![Text { kind, lower, builds }], ..Repository::default() }
    }

    fn image(name: &str) -> ImageRef<'_> {
        ImageRef::parse(name).unwrap()
    }

    #[test]
    fn reads_owner_and_name_of_any_address() {
        let expected = Some(("ggml-org".to_owned(), "llama.cpp".to_owned()));
        for url in [
            "https://github.com/ggml-org/llama.cpp.git",
            "https://user@github.com/ggml-org/llama.cpp/",
            "git@github.com:ggml-org/llama.cpp.git",
            "ssh://git@github.com/ggml-org/llama.cpp",
            "github.com/ggml-org/llama.cpp",
        ] {
            assert_eq!(owner_and_name(url), expected, "{url}");
        }
        assert_eq!(owner_and_name("https://github.com/$OWNER/x"), None);
        assert_eq!(owner_and_name("llama.cpp"), None);
    }

    #[test]
    fn a_build_command_makes_an_image_ones_own() {
        let readme = with(TextKind::Readme, "Run\n\n    docker build -t acme/api:dev \\\n      .\n");
        assert_eq!(readme.makes(&image("acme/api:latest")), Some(OwnImage::BuildText));
        assert_eq!(readme.makes(&image("acme/api-gateway")), None);
        assert_eq!(readme.makes(&image("other/acme/api")), None);
        let readme = with(TextKind::Readme, "We use acme/api. Elsewhere: docker build -t x .");
        assert_eq!(readme.makes(&image("acme/api")), None);
        let make = with(TextKind::Makefile, "IMAGE ?= acme/api\nbuild:\n\tdocker build -t $(IMAGE) .\n");
        assert_eq!(make.makes(&image("acme/api")), Some(OwnImage::BuildText));
        let make = with(
            TextKind::Makefile,
            "REPO ?= acme\nIMAGE = $(REPO)/api\nbuild:\n\tdocker build -t $(IMAGE):$(TAG) .\n",
        );
        assert_eq!(make.makes(&image("acme/api:2")), Some(OwnImage::BuildText));
        assert_eq!(make.makes(&image("other/api:2")), None);
        let script = with(TextKind::Script, "docker build -t $REGISTRY/api:1 api\n");
        assert_eq!(script.makes(&image("registry.example.com/acme/api")), Some(OwnImage::BuildText));
        assert_eq!(script.makes(&image("acme/web")), None);
        let workflow = with(TextKind::Workflow, "images: ghcr.io/acme/api\n");
        assert_eq!(workflow.makes(&image("ghcr.io/acme/api:1")), Some(OwnImage::Workflow));
    }

    #[test]
    fn build_commands_are_found_where_they_begin() {
        for (text, at) in [
            ("docker build .", Some(0)),
            ("a docker compose up; docker image push x", Some(21)),
            ("use kaniko, or podman tag a b", Some(4)),
            ("docker_build('x') docker build", Some(0)),
            ("uses: docker/build-push-action@v6", Some(6)),
            ("buildah bud -t x", Some(0)),
            ("nerdctl run x; docker pull y; buildah from z", None),
        ] {
            assert_eq!(builder_at(text), at, "{text}");
        }
    }

    #[test]
    fn lines_are_found_once_and_whole() {
        let lines = |text: &str, word: &str| {
            let finder = memmem::Finder::new(word);
            lines_with(text, &finder).collect::<Vec<_>>().join("|")
        };
        assert_eq!(lines("a b\r\nb b\nc\nb", "b"), "a b|b b|b");
        assert_eq!(lines("a\n\nb\n", ""), "a||b");
        assert_eq!(lines("", "") + &lines("a", "b"), "");
    }

    #[test]
    fn the_repositorys_owner_owns_its_images() {
        let mut repository = Repository::default();
        repository.add_source("git@github.com:Acme/stack.git");
        assert_eq!(repository.makes(&image("ghcr.io/acme/api")), Some(OwnImage::Owner));
        assert_eq!(repository.makes(&image("nginx")), None);
        assert!(repository.is("acme/Stack"));
    }
}
