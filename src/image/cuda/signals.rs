//! What the words of a command or an environment variable tell about a build's needs: `nvcc`, a C++ compiler, a driver
//! stub, GPU architectures; and about GPU access at run time.

use std::sync::{LazyLock, OnceLock};

use regex::Regex;
use serde::Deserialize;

use super::images::Certainty;
use super::pattern::compile;
use super::wheels::{self, ToolkitNeed, basename, skip_prefix};
use crate::diagnostic::Confidence;

/// What the build script makes of the file.
const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/cuda-signals.json"));

pub(super) static SIGNALS: LazyLock<Signals> = LazyLock::new(|| decode().unwrap_or_default());

fn decode() -> Result<Signals, serde_json::Error> {
    serde_json::from_str(JSON)
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Signals {
    build: Vec<Pattern>,
    #[cfg(test)]
    provider: Vec<Pattern>,
    messages: Messages,
    environment: Environment,
    pub entrypoint: Vec<EntrypointRow>,
}

/// An image whose entrypoint takes certain words only; see `entrypoints.rs`.
#[derive(Debug, Deserialize)]
pub(super) struct EntrypointRow {
    pub repos: Vec<String>,
    pub tags: Vec<String>,
    pub program: String,
    pub first: Vec<String>,
    pub usual: String,
    pub message: String,
    #[serde(default)]
    pub refuses: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Pattern {
    id: String,
    find: Vec<String>,
    regex: String,
    #[serde(default)]
    needs: Vec<SignalKind>,
    certainty: Option<Certainty>,
    /// May also be in ENV, ARG, export or before a command.
    #[serde(default)]
    environment: bool,
    message: Option<String>,
    #[cfg(test)]
    positive: Vec<String>,
    #[cfg(test)]
    negative: Vec<String>,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

#[derive(Debug, Default, Deserialize)]
struct Messages {
    no_nvcc: String,
    no_cuda_home: String,
}

#[derive(Debug, Default, Deserialize)]
struct Environment {
    driver_capabilities: Vec<String>,
    no_devices: Vec<String>,
}

/// What a build needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignalKind {
    Nvcc,
    Cxx,
    Cmake,
    /// Something to link `libcuda.so.1` against.
    DriverStub,
}

/// One signal in a command or variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The row's id in `cuda-signals.toml`; `source-package` for a Python package that is compiled at installation.
    pub id: &'static str,
    pub needs: &'static [SignalKind],
    pub confidence: Confidence,
    /// Index of the word that tells it; `None` if it is a variable.
    pub word: Option<usize>,
    /// What the named group of the pattern caught (architectures, a path's version, an old option's name), or the package.
    pub value: Option<String>,
    /// The error that its absence ends with.
    pub message: Option<&'static str>,
}

impl Signal {
    pub fn needs_nvcc(&self) -> bool {
        self.needs.contains(&SignalKind::Nvcc)
    }
}

impl Pattern {
    fn search<'t>(&'static self, text: &'t str) -> Option<regex::Captures<'t>> {
        if !self.find.iter().any(|literal| text.contains(literal.as_str())) {
            return None;
        }
        self.compiled.get_or_init(|| compile(&self.regex)).as_ref()?.captures(text)
    }

    fn signal(&'static self, captures: &regex::Captures<'_>, word: Option<usize>) -> Signal {
        let value = ["archs", "cuda", "name", "path"].iter().find_map(|group| captures.name(group));
        Signal {
            id: &self.id,
            needs: &self.needs,
            confidence: self.certainty.map_or(Confidence::Likely, Confidence::from),
            word,
            value: value.map(|m| m.as_str().trim().to_owned()),
            message: self.message.as_deref(),
        }
    }
}

/// Commands that only speak of things.
const SPEAKERS: &[&str] =
    &["echo", "printf", "cat", "grep", "egrep", "sed", "awk", "test", "[", "[[", ":", "true", "which", "ls", "rm"];

/// Reads one command. `env` are the assignments before it and, for what `pip` and `make` inherit, ENV and ARG.
pub fn of_command(words: &[String], env: &[(String, String)]) -> Vec<Signal> {
    let mut found = Vec::new();
    for (name, value) in env {
        found.extend(of_variable(name, value));
    }
    let start = skip_prefix(words);
    let Some(name) = words.get(start).map(|w| basename(w)) else { return found };
    if SPEAKERS.contains(&name) {
        return Vec::new();
    }
    if matches!(name, "export" | "declare" | "env") {
        for word in words.get(start + 1..).unwrap_or(&[]) {
            if let Some((name, value)) = word.split_once('=') {
                found.extend(of_variable(name, value));
            }
        }
        return found;
    }
    if name == "nvcc" {
        let row = SIGNALS.build.iter().find(|p| p.id == "nvcc-call");
        found.extend(row.and_then(|row| Some(row.signal(&row.search("nvcc")?, Some(start)))));
    }
    let interesting = |w: &str| {
        ["CUDA", "CUBLAS", "GGML", "LLAMA_", "FAISS_", "stubs", "--allow-shlib", "libcurl4-"]
            .iter()
            .any(|h| w.contains(h))
    };
    for (index, word) in words.iter().enumerate().skip(start + 1) {
        if !interesting(word) {
            continue;
        }
        // `-D NAME=value` in two words.
        let two = words.get(index - 1).filter(|w| *w == "-D").map(|_| format!("-D {word}"));
        let text = two.as_deref().unwrap_or(word);
        for row in SIGNALS.build.iter().filter(|p| p.id != "nvcc-call") {
            if let Some(captures) = row.search(text) {
                found.push(row.signal(&captures, Some(index)));
            }
        }
    }
    found.extend(source_packages(words, start, env));
    found
}

/// Reads an environment variable: ENV, ARG, `export`, or an assignment before a command.
pub fn of_variable(name: &str, value: &str) -> Vec<Signal> {
    let build_flags =
        ["CMAKE_ARGS", "SKBUILD_CMAKE_ARGS", "EXTRA_CMAKE_ARGS", "CMAKE_FLAGS", "LDFLAGS", "LIBRARY_PATH"]
            .contains(&name);
    let text = format!("{name}={value}");
    let rows = SIGNALS.build.iter().filter(|p| p.environment || build_flags || p.find.iter().any(|f| name == f));
    rows.filter(|p| p.id != "nvcc-call").filter_map(|row| Some(row.signal(&row.search(&text)?, None))).collect()
}

/// Python packages that compile CUDA code when they are installed.
fn source_packages(words: &[String], start: usize, env: &[(String, String)]) -> Vec<Signal> {
    const BOTH: &[SignalKind] = &[SignalKind::Nvcc, SignalKind::Cxx];
    const CXX: &[SignalKind] = &[SignalKind::Cxx];
    let Some(command) = wheels::requirements(words, start, env) else { return Vec::new() };
    let set =
        |name: &str| env.iter().any(|(n, v)| n == name && !matches!(v.as_str(), "" | "0" | "FALSE" | "false" | "OFF"));
    let mut found = Vec::new();
    for requirement in &command.requirements {
        let is_wheel =
            requirement.url.as_deref().is_some_and(|u| u.split(['#', '?']).next().is_some_and(|u| u.ends_with(".whl")));
        let other_index =
            !command.extra_indexes.is_empty() || !command.find_links.is_empty() || command.index.is_some();
        if is_wheel {
            continue;
        }
        let from_git = requirement.url.as_deref().and_then(wheels::source_build);
        let facts = wheels::package(&requirement.name);
        let signal = |needs, confidence, message| Signal {
            id: "source-package",
            needs,
            confidence,
            word: Some(requirement.word),
            value: Some(from_git.map_or_else(|| requirement.name.clone(), str::to_owned)),
            message,
        };
        if from_git.is_some() {
            found.push(signal(BOTH, Confidence::Likely, facts.and_then(|f| f.message.as_deref())));
            continue;
        }
        let Some(facts) = facts else { continue };
        if facts.skip_env.iter().any(|name| set(name)) {
            continue;
        }
        let confidence = if facts.unverified || other_index { Confidence::Possible } else { Confidence::Likely };
        match (facts.needs_nvcc, facts.needs_cxx) {
            (ToolkitNeed::Always, _) => found.push(signal(BOTH, confidence, facts.message.as_deref())),
            (_, ToolkitNeed::Always) if !other_index => {
                found.push(signal(CXX, Confidence::Certain, facts.message.as_deref()))
            }
            _ => {}
        }
    }
    found
}

/// True if `pip install` of this package makes a CPU build where no GPU is visible: what FORCE_CUDA is for.
pub fn wants_force_cuda(words: &[String], env: &[(String, String)]) -> Option<usize> {
    if env.iter().any(|(n, v)| matches!(n.as_str(), "FORCE_CUDA" | "TORCH_CUDA_ARCH_LIST") && !v.is_empty() && v != "0")
    {
        return None;
    }
    let command = wheels::requirements(words, skip_prefix(words), env)?;
    let source = command.requirements.iter().find(|r| {
        let repo = r.url.as_deref().and_then(wheels::source_build);
        repo.is_some_and(|repo| {
            let name = repo.rsplit('/').next().unwrap_or(repo);
            wheels::package(name).is_some_and(|p| p.force_cuda)
        })
    })?;
    Some(source.word)
}

/// One architecture of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arch {
    /// `86`, `8.6`, `90a`, `8.9+PTX`.
    Sm { sm: u32, text: String },
    /// `native`: that of the machine that builds.
    Native,
    /// `all`, `all-major`, `OFF`, a family's name.
    Other(String),
}

/// Reads TORCH_CUDA_ARCH_LIST (`8.0;8.6+PTX`) and CMAKE_CUDA_ARCHITECTURES (`86-real;90a`).
pub fn arch_list(text: &str) -> Vec<Arch> {
    let words = text.split([';', ',', ' ', '"', '\'']).map(str::trim).filter(|w| !w.is_empty());
    words
        .map(|word| match word {
            "native" => Arch::Native,
            _ => match sm_of(word) {
                Some(sm) => Arch::Sm { sm, text: word.to_owned() },
                None => Arch::Other(word.to_owned()),
            },
        })
        .collect()
}

fn sm_of(word: &str) -> Option<u32> {
    let word = word.strip_suffix("+PTX").unwrap_or(word);
    let word = word.split('-').next()?;
    let word = ["sm_", "compute_", "lto_"].iter().find_map(|p| word.strip_prefix(p)).unwrap_or(word);
    let word = word.strip_suffix(['a', 'f']).unwrap_or(word);
    match word.split_once('.') {
        Some((major, minor)) if minor.len() == 1 => {
            Some(major.parse::<u32>().ok()?.checked_mul(10)? + minor.parse::<u32>().ok()?)
        }
        Some(_) => None,
        None if (2..=3).contains(&word.len()) => word.parse().ok(),
        None => None,
    }
}

/// The architectures that the words of a compiler or configure command name, each with its word: `-arch=sm_86`,
/// `-gencode arch=compute_90,code=sm_90`, `-DCMAKE_CUDA_ARCHITECTURES=…`, `-DCUDA_ARCH_BIN=…`.
pub fn archs_of_command(words: &[String]) -> Vec<(usize, Arch)> {
    let start = skip_prefix(words);
    let Some(name) = words.get(start).map(|w| basename(w)) else { return Vec::new() };
    if SPEAKERS.contains(&name) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate().skip(start + 1) {
        if word.contains('$') {
            continue;
        }
        let option = word.strip_prefix("-D").unwrap_or(word);
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        match key.split(':').next().unwrap_or(key) {
            "CMAKE_CUDA_ARCHITECTURES" | "CUDA_ARCH_BIN" | "CUDA_ARCHITECTURES" if !value.is_empty() => {
                found.extend(arch_list(value).into_iter().map(|arch| (index, arch)));
            }
            "-arch" | "--gpu-architecture" | "-gencode" | "--generate-code" | "arch" if name == "nvcc" => {
                for piece in value
                    .split([',', '=', '[', ']'])
                    .filter(|p| p.starts_with("sm_") || p.starts_with("compute_") || *p == "native")
                {
                    found.extend(arch_list(piece).into_iter().map(|arch| (index, arch)));
                }
            }
            _ => {}
        }
    }
    found
}

/// The items of NVIDIA_DRIVER_CAPABILITIES that NVIDIA's runtime does not know.
pub fn unknown_capabilities(value: &str) -> Vec<&str> {
    let known = &SIGNALS.environment.driver_capabilities;
    let trimmed = value.trim();
    if trimmed.is_empty() || trimmed.contains('$') {
        return Vec::new();
    }
    trimmed.split(',').map(str::trim).filter(|item| !known.iter().any(|k| k == item)).collect()
}

/// Returns the allowed items of NVIDIA_DRIVER_CAPABILITIES.
pub fn driver_capabilities() -> &'static [String] {
    &SIGNALS.environment.driver_capabilities
}

/// True if a value of NVIDIA_VISIBLE_DEVICES asks for a GPU.
pub fn asks_for_devices(value: &str) -> bool {
    !SIGNALS.environment.no_devices.iter().any(|none| none == value.trim())
}

/// The error of a shell that finds no `nvcc`.
pub fn no_nvcc_message() -> &'static str {
    &SIGNALS.messages.no_nvcc
}

/// The error of a torch extension's build without a toolkit.
pub fn no_cuda_home_message() -> &'static str {
    &SIGNALS.messages.no_cuda_home
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn ids(text: &str) -> Vec<&'static str> {
        of_command(&words(text), &[]).iter().map(|s| s.id).collect()
    }

    #[test]
    fn the_file_decodes_and_names_its_sources() {
        decode().unwrap();
        let table: toml::Table = toml::from_str(include_str!("../../../rules/data/cuda-signals.toml")).unwrap();
        let known = table["sources"].as_table().unwrap().keys().map(String::as_str).collect();
        let mut rows = 0;
        super::super::check_sources(&toml::Value::Table(table.clone()), &known, &mut rows);
        assert!(rows > 15, "{rows}");
    }

    #[test]
    fn every_example_of_the_data_file_reads_as_it_says() {
        let mut seen = 0;
        for row in SIGNALS.build.iter().chain(&SIGNALS.provider) {
            for text in &row.positive {
                assert!(row.search(text).is_some(), "{}: {text}", row.id);
                seen += 1;
            }
            for text in &row.negative {
                assert!(row.search(text).is_none(), "{}: {text}", row.id);
                seen += 1;
            }
        }
        assert!(seen > 40, "{seen}");
    }

    #[test]
    fn commands() {
        assert_eq!(ids("cmake -B build -DGGML_CUDA=ON -DCMAKE_BUILD_TYPE=Release"), ["ggml-cuda"]);
        assert_eq!(ids("cmake -B build -D GGML_CUDA=ON"), ["ggml-cuda"]);
        assert_eq!(ids("make LLAMA_CUBLAS=1"), ["llama-cuda-removed"]);
        assert_eq!(ids("nvcc -o a a.cu"), ["nvcc-call"]);
        assert_eq!(ids("/usr/local/cuda/bin/nvcc --version"), ["nvcc-call"]);
        assert_eq!(ids("pip install flash-attn --no-build-isolation"), ["source-package"]);
        assert_eq!(ids("pip install git+https://github.com/NVIDIA/apex.git"), ["source-package"]);
        assert_eq!(ids("export TORCH_CUDA_ARCH_LIST=8.6"), ["torch-cuda-arch-list"]);
        for silent in [
            "echo nvcc --version",
            "pip install numpy",
            "which nvcc",
            "pip install https://example.org/flash_attn-2.5-cp310.whl",
        ] {
            assert_eq!(ids(silent), Vec::<&str>::new(), "{silent}");
        }
        let env = [("CMAKE_ARGS".to_owned(), "-DGGML_CUDA=on".to_owned())];
        let found = of_command(&words("pip install llama-cpp-python"), &env);
        assert!(found.iter().any(|s| s.id == "ggml-cuda" && s.word.is_none()));
        let env = [("FLASH_ATTENTION_SKIP_CUDA_BUILD".to_owned(), "TRUE".to_owned())];
        assert!(of_command(&words("pip install flash-attn"), &env).is_empty());
        let home = of_variable("CUDA_HOME", "/usr/local/cuda-12.1");
        assert_eq!(home[0].value.as_deref(), Some("12.1"));
    }

    #[test]
    fn architectures() {
        let sm = |text: &str| -> Vec<u32> {
            arch_list(text).iter().filter_map(|a| if let Arch::Sm { sm, .. } = a { Some(*sm) } else { None }).collect()
        };
        assert_eq!(sm("8.0;8.6;8.9+PTX"), [80, 86, 89]);
        assert_eq!(sm("7.5 12.0"), [75, 120]);
        assert_eq!(sm("86-real;90a;120f-virtual"), [86, 90, 120]);
        assert_eq!(sm("Ampere;OFF;all-major;9"), Vec::<u32>::new());
        assert_eq!(arch_list("native"), [Arch::Native]);
        let found = archs_of_command(&words("nvcc -gencode arch=compute_90,code=sm_90 -arch=sm_120 a.cu"));
        assert_eq!(found.len(), 3);
        assert_eq!(archs_of_command(&words("cmake -DCMAKE_CUDA_ARCHITECTURES=native .."))[0], (1, Arch::Native));
        assert_eq!(archs_of_command(&words("cmake -DCMAKE_CUDA_ARCHITECTURES:STRING=86;89 .."))[1].0, 1);
    }

    #[test]
    fn environment() {
        assert_eq!(unknown_capabilities("compute,utility"), Vec::<&str>::new());
        assert_eq!(unknown_capabilities("all"), Vec::<&str>::new());
        assert_eq!(unknown_capabilities("gpu"), ["gpu"]);
        assert_eq!(unknown_capabilities("${CAPS}"), Vec::<&str>::new());
        assert!(asks_for_devices("all") && asks_for_devices("0") && !asks_for_devices("void"));
        assert_eq!(
            wants_force_cuda(&words("pip install git+https://github.com/facebookresearch/detectron2.git"), &[]),
            Some(2)
        );
    }

    proptest::proptest! {
        #[test]
        fn anything_is_read_without_a_panic(text in "\\PC{0,80}") {
            let _ = of_command(&words(&text), &[("CMAKE_ARGS".to_owned(), text.clone())]);
            let _ = arch_list(&text);
        }
    }
}
