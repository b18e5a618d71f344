//! pip, uv and their like: options, requirements, indexes, and what they say about CUDA.

use super::data::{
    WHEELS, default_cuda_of_release, default_cuda_of_torch, package, tensorflow_cuda, tensorflow_cudnn,
    tensorflow_extra, torch_has_variant,
};
use super::{CudaStatement, Kind, Origin, backend_token, basename};
use crate::diagnostic::Confidence;
use crate::image::cuda::version::CudaVersion;

/// A `pip install` taken apart.
#[derive(Clone, Debug, Default)]
pub struct PipCommand {
    /// uv takes a package from the first index that has it; pip takes the highest version of all.
    pub first_index_wins: bool,
    pub requirements: Vec<Requirement>,
    /// `--index-url` or its like, with its word.
    pub index: Option<(String, usize)>,
    pub extra_indexes: Vec<(String, usize)>,
    pub find_links: Vec<(String, usize)>,
    /// `-r` files.
    pub files: Vec<(String, usize)>,
    /// `uv pip install --torch-backend=cu128`.
    pub torch_backend: Option<(String, usize)>,
    pub no_build_isolation: bool,
    pub upgrade: bool,
    pub force_reinstall: bool,
    /// `--no-deps`: nothing but what is named.
    pub no_deps: bool,
    /// `--target`, `--prefix`, `--root`: not into the image's own environment.
    pub elsewhere: bool,
    /// A word holds a variable: there may be more.
    pub open: bool,
}

/// One requirement: `name[extras]==version`, a file or an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// Normal form: lower case, `-` for `_` and `.`. Empty for an address or path without a name.
    pub name: String,
    pub extras: String,
    /// `==2.7.0`: the version without its local part.
    pub pinned: Option<String>,
    /// `cu124` of `==2.5.1+cu124`.
    pub local: Option<String>,
    /// Everything behind the name: `>=2.0,<2.5`.
    pub specifier: String,
    /// Of `name @ url`, a wheel's address, or a git address.
    pub url: Option<String>,
    pub word: usize,
}

const VALUE_OPTIONS: &[&str] = &[
    "--abi",
    "--build",
    "--build-option",
    "--cache-dir",
    "--cert",
    "--client-cert",
    "--config-setting",
    "--config-settings",
    "--exclude-newer",
    "--exists-action",
    "--extra",
    "--global-option",
    "--group",
    "--implementation",
    "--index-strategy",
    "--install-option",
    "--keyring-provider",
    "--link-mode",
    "--log",
    "--no-binary",
    "--only-binary",
    "--override",
    "--platform",
    "--prerelease",
    "--progress-bar",
    "--proxy",
    "--python",
    "--python-platform",
    "--python-version",
    "--refresh-package",
    "--reinstall-package",
    "--report",
    "--resolution",
    "--retries",
    "--root-user-action",
    "--src",
    "--timeout",
    "--trusted-host",
    "--upgrade-package",
    "--upgrade-strategy",
    "--use-feature",
    "--use-deprecated",
    "-b",
    "-C",
    "-c",
    "--constraint",
    "-p",
    "-P",
    "--default-timeout",
    "--source",
    "--package",
];

/// Finds an install command of the pip family from word `start` on; `None` for any other command.
pub fn requirements(words: &[String], start: usize, env: &[(String, String)]) -> Option<PipCommand> {
    let (mut at, uv) = install_arguments(words, start)?;
    let mut command = PipCommand { first_index_wins: uv, ..PipCommand::default() };
    for (name, value) in env {
        let word = start.min(words.len().saturating_sub(1));
        let urls = || value.split_whitespace().map(|url| (url.to_owned(), word));
        match name.as_str() {
            "PIP_INDEX_URL" if !uv => command.index = urls().next(),
            "UV_INDEX_URL" | "UV_DEFAULT_INDEX" if uv => command.index = urls().next(),
            "PIP_EXTRA_INDEX_URL" if !uv => command.extra_indexes.extend(urls()),
            "UV_EXTRA_INDEX_URL" | "UV_INDEX" if uv => command.extra_indexes.extend(urls()),
            "PIP_FIND_LINKS" if !uv => command.find_links.extend(urls()),
            "UV_FIND_LINKS" if uv => command.find_links.extend(urls()),
            "UV_TORCH_BACKEND" if uv => command.torch_backend = Some((value.clone(), word)),
            _ => {}
        }
    }
    while let Some(word) = words.get(at) {
        let here = at;
        at += 1;
        if word.contains('$') {
            command.open = true;
            // A variable inside a requirement's version leaves its name readable.
            if !word.starts_with('-')
                && let Some(mut requirement) = requirement(word, here)
                && !requirement.name.is_empty()
            {
                (requirement.pinned, requirement.local) = (None, None);
                command.requirements.push(requirement);
            }
            continue;
        }
        if !word.starts_with('-') || word == "-" {
            command.requirements.extend(requirement(word, here));
            continue;
        }
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value.to_owned())),
            _ => match short_value(word) {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            },
        };
        let value = |at: &mut usize| -> Option<(String, usize)> {
            if let Some(value) = attached.clone() {
                return Some((value, here));
            }
            let next = words.get(*at)?;
            *at += 1;
            Some((next.clone(), *at - 1))
        };
        match name {
            "-i" | "--index-url" | "--default-index" | "--pypi-url" => command.index = value(&mut at),
            "--extra-index-url" | "--index" => {
                let given = value(&mut at);
                // Poetry and uv write several, and uv may name one: `pytorch=https://…`.
                command.extra_indexes.extend(given.into_iter().flat_map(|(text, word)| {
                    let urls: Vec<_> = text.split([' ', ',']).map(|u| (strip_index_name(u).to_owned(), word)).collect();
                    urls
                }));
            }
            "-f" | "--find-links" => command.find_links.extend(value(&mut at)),
            "-r" | "--requirement" | "--requirements" => command.files.extend(value(&mut at)),
            "--torch-backend" => command.torch_backend = value(&mut at),
            "-e" | "--editable" => {
                if let Some((text, word)) = value(&mut at) {
                    command.requirements.extend(requirement(&text, word));
                }
            }
            "-t" | "--target" | "--prefix" | "--root" => {
                command.elsewhere = true;
                value(&mut at);
            }
            "--no-build-isolation" => command.no_build_isolation = true,
            "-U" | "--upgrade" => command.upgrade = true,
            "--force-reinstall" | "--reinstall" | "-I" | "--ignore-installed" => command.force_reinstall = true,
            "--no-deps" => command.no_deps = true,
            name if VALUE_OPTIONS.contains(&name) => drop(value(&mut at)),
            _ => {}
        }
    }
    Some(command)
}

fn strip_index_name(url: &str) -> &str {
    match url.split_once('=') {
        Some((name, rest)) if !name.contains(['/', ':']) => rest,
        _ => url,
    }
}

/// `-rrequirements.txt`, `-fURL`.
fn short_value(word: &str) -> Option<(&str, &str)> {
    let name = word.get(..2)?;
    let value = word.get(2..).filter(|v| !v.is_empty())?;
    (["-r", "-f", "-i", "-c", "-e", "-t"].contains(&name)).then_some((name, value))
}

/// Where the arguments of an install command begin, and whether it is uv's.
fn install_arguments(words: &[String], start: usize) -> Option<(usize, bool)> {
    let word = |i: usize| words.get(start + i).map(String::as_str);
    let name = basename(word(0)?);
    // Options may stand between the words: `uv --quiet pip install`, `pip --no-cache-dir install`.
    let next = |mut i: usize| {
        while word(i).is_some_and(|w| w.starts_with('-')) {
            i += if matches!(
                word(i),
                Some("--timeout" | "--cache-dir" | "--log" | "--python" | "-n" | "--name" | "-p" | "--proxy")
            ) {
                2
            } else {
                1
            };
        }
        i
    };
    let install = |i: usize, verbs: &[&str]| {
        let i = next(i);
        verbs.contains(&word(i)?).then_some(start + i + 1)
    };
    if name.starts_with("python") || name == "pypy3" {
        let module = (1..6).find(|i| word(*i) == Some("-m"))?;
        return match word(module + 1)? {
            "pip" => Some((install(module + 2, &["install", "wheel", "download"])?, false)),
            "uv" => {
                let at = next(module + 2);
                (word(at) == Some("pip")).then_some(())?;
                Some((install(at + 1, &["install", "sync"])?, true))
            }
            _ => None,
        };
    }
    match name {
        "uv" => {
            let at = next(1);
            match word(at)? {
                "pip" => Some((install(at + 1, &["install", "sync"])?, true)),
                "add" => Some((start + at + 1, true)),
                "tool" => Some((install(at + 1, &["install"])?, true)),
                _ => None,
            }
        }
        "pipx" | "pipenv" => Some((install(1, &["install"])?, false)),
        "poetry" | "pdm" | "rye" => Some((install(1, &["add"])?, false)),
        "conda" | "mamba" | "micromamba" => {
            let at = next(1);
            (word(at) == Some("run")).then_some(())?;
            let at = next(at + 1);
            install_arguments(words, start + at)
        }
        name if is_pip(name) => Some((install(1, &["install", "wheel", "download"])?, false)),
        _ => None,
    }
}

fn is_pip(name: &str) -> bool {
    name.strip_prefix("pip").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// Reads a requirement as pip's command line and requirement files have them.
pub(super) fn requirement(text: &str, word: usize) -> Option<Requirement> {
    let text = text.split(';').next().unwrap_or(text).trim();
    if text.is_empty() || text == "." || text == "-" {
        return None;
    }
    if let Some((name, url)) = text.split_once('@')
        && is_name(name.trim().split('[').next().unwrap_or(""))
        && url.contains("://")
    {
        let mut requirement = requirement_of_url(url.trim(), word);
        (requirement.name, requirement.extras) = name_and_extras(name.trim());
        return Some(requirement);
    }
    if text.contains("://") || text.ends_with(".whl") || text.ends_with(".tar.gz") || text.starts_with(['.', '/']) {
        return Some(requirement_of_url(text, word));
    }
    let end = text.find(['=', '<', '>', '~', '!', ' ', '(']).unwrap_or(text.len());
    let (head, specifier) = text.split_at(end);
    if !is_name(head.split('[').next().unwrap_or("")) {
        return None;
    }
    let (name, extras) = name_and_extras(head);
    let specifier: String = specifier.chars().filter(|c| !c.is_whitespace() && *c != '(' && *c != ')').collect();
    let exact = specifier
        .strip_prefix("===")
        .or_else(|| specifier.strip_prefix("=="))
        .filter(|v| !v.contains(',') && !v.contains('*'));
    let (pinned, local) = match exact.map(|v| v.split_once('+').map_or((v, None), |(v, l)| (v, Some(l)))) {
        Some((version, local)) => (Some(version.to_owned()), local.map(str::to_owned)),
        None => (None, None),
    };
    Some(Requirement { name, extras, pinned, local, specifier, url: None, word })
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn name_and_extras(head: &str) -> (String, String) {
    let (name, extras) = head.split_once('[').unwrap_or((head, ""));
    let extras = extras.trim_end_matches(']').to_ascii_lowercase();
    (normal(name.trim()), extras.chars().filter(|c| !c.is_whitespace()).collect())
}

/// PyPI's normal form of a name.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// A wheel's file name tells name, version and local version.
fn requirement_of_url(url: &str, word: usize) -> Requirement {
    let mut requirement = Requirement { url: Some(url.to_owned()), word, ..Requirement::default() };
    let file = basename(url.split(['#', '?']).next().unwrap_or(url)).replace("%2B", "+").replace("%2b", "+");
    if let Some(stem) = file.strip_suffix(".whl") {
        let mut parts = stem.split('-');
        requirement.name = normal(parts.next().unwrap_or(""));
        if let Some(version) = parts.next() {
            let (version, local) = version.split_once('+').map_or((version, None), |(v, l)| (v, Some(l)));
            requirement.pinned = Some(version.to_owned());
            requirement.local = local.map(str::to_owned);
        }
    }
    requirement
}

const TORCH_FAMILY: &[&str] =
    &["torch", "torchvision", "torchaudio", "torchtext", "torchao", "torchrec", "torch-tensorrt", "fbgemm-gpu"];

pub(super) fn read(words: &[String], start: usize, env: &[(String, String)]) -> Vec<CudaStatement> {
    let Some(command) = requirements(words, start, env) else { return Vec::new() };
    let mut found = Vec::new();
    let torch = command.requirements.iter().find(|r| r.name == "torch" && (r.url.is_none() || r.local.is_some()));
    let family = torch.or_else(|| {
        command
            .requirements
            .iter()
            .find(|r| TORCH_FAMILY.contains(&r.name.as_str()) && (r.local.is_some() || r.url.is_none()))
    });
    if let Some(requirement) = family {
        found.extend(torch_statement(&command, requirement));
    }
    for requirement in &command.requirements {
        if !TORCH_FAMILY.contains(&requirement.name.as_str()) {
            found.extend(other_package(&command, requirement));
        }
    }
    if found.iter().all(|s| s.package != "torch") && family.is_none() {
        found.extend(index_alone(&command));
    }
    found
}

/// The last path part of an address that names a backend: `cu124` of `…/whl/cu124/torch_stable.html`.
fn url_token(url: &str) -> Option<&str> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    path.split(['/', '+', '_']).rev().map(|part| part.strip_suffix(".html").unwrap_or(part)).find(|part| {
        let digits =
            part.strip_prefix("cu").is_some_and(|d| matches!(d.len(), 2 | 3) && d.bytes().all(|b| b.is_ascii_digit()));
        digits
            || *part == "cpu"
            || *part == "xpu"
            || part.strip_prefix("rocm").is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// Whether an index is PyTorch's own or a copy of it.
fn is_torch_index(url: &str) -> bool {
    let known = ["download.pytorch.org/", "download-r2.pytorch.org/", "/pytorch-wheels/", "/pytorch/whl/"];
    known.iter().any(|host| url.contains(host))
}

/// The index that decides torch: its token, its word, and whether PyPI is searched too.
fn torch_index(command: &PipCommand) -> Option<(&str, usize, Origin)> {
    if let Some((token, word)) = &command.torch_backend {
        return Some((token, *word, Origin::Index));
    }
    let pick =
        |(url, word): &'_ (String, usize)| is_torch_index(url).then(|| Some((url_token(url)?.to_owned(), *word)))?;
    let _ = pick;
    fn of<'a>(list: impl IntoIterator<Item = &'a (String, usize)>) -> Option<(&'a str, usize)> {
        list.into_iter().find_map(|(url, word)| is_torch_index(url).then(|| Some((url_token(url)?, *word)))?)
    }
    if let Some((token, word)) = of(&command.index) {
        return Some((token, word, Origin::Index));
    }
    let extra = of(&command.extra_indexes).or_else(|| of(&command.find_links));
    let origin = if command.first_index_wins { Origin::Index } else { Origin::ExtraIndex };
    extra.map(|(token, word)| (token, word, origin))
}

fn torch_statement(command: &PipCommand, requirement: &Requirement) -> Option<CudaStatement> {
    let is_torch = requirement.name == "torch";
    let new = |origin, word| {
        let mut statement = CudaStatement::new(Kind::Wheel, requirement.name.clone(), word, origin);
        statement.package_version = requirement.pinned.clone();
        statement
    };
    let named = |token: &str, origin, word| -> Option<CudaStatement> {
        Some(match backend_token(token)? {
            Ok(version) => CudaStatement { token: Some(token.to_owned()), ..new(origin, word).version(Some(version)) },
            Err(backend) => CudaStatement { backend: Some(backend), ..new(origin, word) },
        })
    };
    if let Some(local) = &requirement.local {
        let token = local.split('.').next().unwrap_or(local);
        let token = if local.starts_with("rocm") { local } else { token };
        return Some(
            named(token, Origin::LocalVersion, requirement.word)?.note(format!("the version says `+{local}`")),
        );
    }
    let pinned = requirement.pinned.as_deref();
    if let Some((token, word, origin)) = torch_index(command) {
        let statement = named(token, origin, word)?;
        if origin == Origin::Index || statement.backend.is_some() && pinned.is_some() {
            return Some(statement.note(format!("the package index is `{token}`")));
        }
        // pip takes the highest version of both indexes; a local version sorts above the plain one.
        return match pinned.filter(|_| is_torch) {
            Some(version) => match torch_has_variant(version, token) {
                Some(true) => Some(statement.note(format!("the package index is `{token}`"))),
                Some(false) => {
                    let default = default_cuda_of_torch(version);
                    let note = format!("index `{token}` has no torch {version}: pip takes the one of PyPI");
                    let statement = new(Origin::Default, requirement.word).version(default).sure(Confidence::Likely);
                    Some(CudaStatement { token: Some(token.to_owned()), ..statement.note(note) })
                }
                None => Some(statement.sure(Confidence::Likely).note(format!("the extra package index is `{token}`"))),
            },
            None => {
                let note = format!(
                    "without a version pip takes the newest torch of PyPI or of index `{token}`, whichever is higher"
                );
                Some(new(Origin::ExtraIndex, word).sure(Confidence::Possible).note(note))
            }
        };
    }
    if !is_torch || command.open || command.index.is_some() || !command.find_links.is_empty() {
        // Another index, or one that a variable names: not PyPI's default.
        return Some(
            new(Origin::Default, requirement.word).sure(Confidence::Possible).note("nothing here names a CUDA version"),
        );
    }
    let release = ["==", "~="].iter().find_map(|op| requirement.specifier.strip_prefix(op));
    let release = release.map(|v| v.trim_end_matches(".*")).filter(|v| !v.contains(','));
    let cuda = match (pinned, release) {
        (Some(version), _) => default_cuda_of_torch(version).or_else(|| default_cuda_of_release(&first_two(version))),
        (None, Some(prefix)) => default_cuda_of_release(&first_two(prefix)),
        (None, None) => None,
    };
    let statement = new(Origin::Default, requirement.word).version(cuda);
    Some(match (cuda, pinned.or(release)) {
        (Some(cuda), Some(version)) => {
            let confidence = if pinned.is_some_and(|v| default_cuda_of_torch(v).is_some()) {
                Confidence::Certain
            } else {
                Confidence::Likely
            };
            statement.sure(confidence).note(format!("PyPI's torch {version} for x86-64 Linux is built for CUDA {cuda}"))
        }
        _ => statement.sure(Confidence::Possible).note("PyPI's newest torch, and with it the CUDA of the day"),
    })
}

fn first_two(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

fn other_package(command: &PipCommand, requirement: &Requirement) -> Option<CudaStatement> {
    let new = |kind, origin| {
        let mut statement = CudaStatement::new(kind, requirement.name.clone(), requirement.word, origin);
        statement.package_version = requirement.pinned.clone();
        statement
    };
    // A wheel's local version: flash_attn-2.5.8+cu122torch2.3…, jaxlib==0.4.7+cuda11.cudnn86.
    if let Some(local) = &requirement.local {
        let token = local.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        let digits_end = token.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let digits = digits_end.find(|c: char| !c.is_ascii_digit()).map_or(digits_end, |end| &digits_end[..end]);
        let prefix = &token[..token.len() - digits_end.len()];
        if matches!(prefix, "cu" | "cuda" | "pt" | "post") || prefix.ends_with("cu") {
            let version =
                if prefix.ends_with("cu") || prefix == "cuda" { CudaVersion::from_digits(digits) } else { None };
            if version.is_some() {
                return Some(
                    new(Kind::Wheel, Origin::LocalVersion)
                        .version(version)
                        .note(format!("the version says `+{local}`")),
                );
            }
        }
    }
    let name = requirement.name.as_str();
    if let Some(pattern) = WHEELS.names.patterns.iter().find_map(|p| Some((p.id.as_str(), p.cuda(name)?))) {
        return Some(name_statement(&new, requirement, pattern.0, pattern.1));
    }
    if !requirement.extras.is_empty()
        && let Some((version, local)) = WHEELS.names.extra(name, &requirement.extras)
    {
        let kind = if local { Kind::NeedsImage } else { Kind::Wheel };
        return Some(
            new(kind, Origin::Name)
                .version(Some(version))
                .note(format!("the extra `{}` names CUDA {version}", requirement.extras)),
        );
    }
    if let Some(statement) = tensorflow(&new, requirement) {
        return Some(statement);
    }
    let facts = package(name)?;
    // An index of the project's own with a CUDA token: llama-cpp-python, auto-gptq, flashinfer.
    let indexes = command.index.iter().chain(&command.extra_indexes).chain(&command.find_links);
    for (url, word) in indexes {
        if !is_torch_index(url)
            && let Some(Ok(version)) = url_token(url).and_then(backend_token)
        {
            let mut statement = new(Kind::Wheel, Origin::ExtraIndex).version(Some(version)).sure(Confidence::Likely);
            statement.word = *word;
            return Some(statement.note(format!("the package index is `{}`", url_token(url).unwrap_or(""))));
        }
    }
    let version = requirement.pinned.as_deref()?;
    if let Some((cuda, cudnn)) = facts.cuda_of(version) {
        if name == "onnxruntime-gpu" && !(command.index.is_none() && command.extra_indexes.is_empty()) {
            return None;
        }
        let mut statement = new(Kind::NeedsImage, Origin::Default).version(Some(cuda)).sure(Confidence::Likely);
        statement.cudnn = cudnn;
        return Some(statement.note(format!("{name} {version} of PyPI is built for CUDA {cuda}")));
    }
    let torch = facts.torch_of(version)?;
    let cuda = default_cuda_of_torch(torch)?;
    let note = format!("{name} {version} asks for torch {torch}, which PyPI builds for CUDA {cuda}");
    (torch_index(command).is_none() && command.index.is_none())
        .then(|| new(Kind::Wheel, Origin::Default).version(Some(cuda)).sure(Confidence::Likely).note(note))
}

fn name_statement(
    new: &dyn Fn(Kind, Origin) -> CudaStatement,
    requirement: &Requirement,
    pattern: &str,
    version: CudaVersion,
) -> CudaStatement {
    let name = requirement.name.as_str();
    let is_cudnn = name.contains("cudnn");
    let kind = match pattern {
        "nvidia" if is_cudnn => Kind::Cudnn,
        "nvidia" => Kind::Libraries,
        "cupy" => Kind::NeedsImage,
        _ => Kind::Wheel,
    };
    let mut statement = new(kind, Origin::Name).version(Some(version)).note(format!("the name says CUDA {version}"));
    // Only these have CUDA's version as their own.
    let own = ["cuda-runtime", "cuda-nvrtc", "cuda-nvcc", "cuda-cupti"].iter().any(|n| name.contains(n));
    if own && let Some(full) = requirement.pinned.as_deref().and_then(CudaVersion::parse) {
        statement.origin = Origin::Version;
        statement = statement.version(Some(full)).note(format!("the package's version is CUDA's: {}", full.release()));
    }
    if is_cudnn {
        statement.cudnn = requirement.pinned.as_deref().and_then(|v| v.split('.').next()?.parse().ok());
    }
    if kind == Kind::Wheel || kind == Kind::Libraries {
        statement.confidence = Confidence::Likely;
    }
    statement
}

fn tensorflow(new: &dyn Fn(Kind, Origin) -> CudaStatement, requirement: &Requirement) -> Option<CudaStatement> {
    let name = requirement.name.as_str();
    if name != "tensorflow" && name != "tensorflow-gpu" && name != "tf-nightly-gpu" {
        return None;
    }
    let version = requirement.pinned.as_deref()?;
    if requirement.extras.split(',').any(|e| e == "and-cuda") {
        let cuda = tensorflow_extra(version).or_else(|| tensorflow_cuda(version))?;
        let note = format!("the extra and-cuda of TensorFlow {version} brings CUDA {}", cuda.release());
        return Some(new(Kind::Wheel, Origin::Default).version(Some(cuda)).sure(Confidence::Likely).note(note));
    }
    let cuda = tensorflow_cuda(version)?;
    let mut statement = new(Kind::NeedsImage, Origin::Default).version(Some(cuda)).sure(Confidence::Likely);
    statement.cudnn = tensorflow_cudnn(version);
    Some(statement.note(format!("TensorFlow {version} is built against CUDA {cuda} and takes the image's libraries")))
}

/// An index with a CUDA token and nothing but files or paths to install from it.
fn index_alone(command: &PipCommand) -> Option<CudaStatement> {
    let unnamed = !command.files.is_empty() || command.open || command.requirements.iter().any(|r| r.name.is_empty());
    let (token, word, origin) = torch_index(command)?;
    let version = match backend_token(token)? {
        Ok(version) => version,
        Err(_) => return None,
    };
    unnamed.then(|| {
        CudaStatement::new(Kind::Wheel, "torch", word, origin)
            .version(Some(version))
            .sure(Confidence::Possible)
            .note(format!("the package index is `{token}`; what is installed from it is not named here"))
    })
}
