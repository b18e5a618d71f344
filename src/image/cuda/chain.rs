//! What one build says about CUDA from its base images to its last command: the statements in their order, each with its
//! place, and whether `nvcc` is there at a step.
//!
//! The project hands in stages and commands ([`Chain::new`]); nothing here reads a file.

use super::signals::{self, Arch, Signal};
use super::tag::{Answer, Flavour, ImageCuda};
use super::version::CudaVersion;
use super::wheels::{self, CudaStatement, StatementKind, StatementOrigin, basename};
use super::{compat, image_tag};
use crate::diagnostic::Confidence;
use crate::dockerfile::image_ref::ImageRef;
use crate::shell::CommandPosition;
use crate::text::Span;

/// Variables that install and build commands read without naming them.
pub const VARIABLES: &[&str] = &[
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_INDEX",
    "UV_FIND_LINKS",
    "UV_TORCH_BACKEND",
    "CMAKE_ARGS",
    "SKBUILD_CMAKE_ARGS",
    "FORCE_CUDA",
    "TORCH_CUDA_ARCH_LIST",
    "FLASH_ATTENTION_SKIP_CUDA_BUILD",
    "LDFLAGS",
    "LIBRARY_PATH",
    "CC",
    "CXX",
    "CUDAHOSTCXX",
    "NVCC_PREPEND_FLAGS",
    "NVCC_APPEND_FLAGS",
];

/// A build's stages, in the order of the Dockerfile.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    links: Vec<Link>,
}

/// One stage.
#[derive(Clone, Debug)]
pub struct Link {
    pub base: ChainBase,
    /// FROM's image.
    pub base_span: Span,
    /// `linux/arm64`, where FROM or the build says it.
    pub platform: Option<String>,
    pub steps: Vec<ChainStep>,
}

/// What a stage is based on.
#[derive(Clone, Debug)]
pub enum ChainBase {
    Stage(usize),
    Image { reference: String, cuda: Box<ImageCuda> },
    Unknown,
}

/// One command, or one instruction that bears on CUDA.
#[derive(Clone, Debug)]
pub struct ChainStep {
    /// Index of its instruction.
    pub instruction: usize,
    pub span: Span,
    /// Known words; a part that is not known stands as `$`.
    pub words: Vec<String>,
    /// The place of each word.
    pub places: Vec<Span>,
    pub env: Vec<(String, String)>,
    pub context: CommandPosition,
    pub statements: Vec<CudaStatement>,
    pub signals: Vec<Signal>,
    pub archs: Vec<(usize, Arch)>,
    /// A script or archive that may install anything.
    pub opaque: bool,
    pub copy: Option<Copy>,
}

/// A `COPY --from=`.
#[derive(Clone, Debug)]
pub struct Copy {
    pub stage: Option<usize>,
    pub image: Option<String>,
    /// The paths may hold CUDA itself.
    pub takes_cuda: bool,
}

/// A command as the project knows it.
#[derive(Clone, Debug)]
pub struct StepInput {
    pub instruction: usize,
    pub span: Span,
    pub words: Vec<String>,
    pub places: Vec<Span>,
    pub env: Vec<(String, String)>,
    pub context: CommandPosition,
}

/// The toolkit's compiler at some step.
#[derive(Clone, Debug)]
pub enum Nvcc {
    /// With the version where it is known, and where it came from (`None`: the base image).
    Present {
        version: Option<CudaVersion>,
        from: Option<Span>,
    },
    /// Surely not there; the reason in words.
    Absent(String),
    Unknown,
}

impl ChainStep {
    /// Reads a command.
    pub fn command(input: StepInput) -> ChainStep {
        let StepInput { instruction, span, words, places, env, context } = input;
        let statements = wheels::read(&words, &env);
        let signals = signals::of_command(&words, &env);
        let archs = signals::archs_of_command(&words);
        let opaque = is_opaque(&words, &context);
        ChainStep { instruction, span, words, places, env, context, statements, signals, archs, opaque, copy: None }
    }

    fn empty(instruction: usize, span: Span) -> ChainStep {
        ChainStep {
            instruction,
            span,
            words: Vec::new(),
            places: Vec::new(),
            env: Vec::new(),
            context: CommandPosition::default(),
            statements: Vec::new(),
            signals: Vec::new(),
            archs: Vec::new(),
            opaque: false,
            copy: None,
        }
    }

    /// Something that may have anything.
    pub fn opaque(instruction: usize, span: Span) -> ChainStep {
        ChainStep { opaque: true, ..ChainStep::empty(instruction, span) }
    }

    /// `COPY --from=`: of a stage, of an image, or of something unknown.
    pub fn copy(
        instruction: usize,
        span: Span,
        stage: Option<usize>,
        image: Option<&str>,
        takes_cuda: bool,
    ) -> ChainStep {
        let copy = Copy { stage, image: image.map(str::to_owned), takes_cuda };
        ChainStep { copy: Some(copy), ..ChainStep::empty(instruction, span) }
    }

    /// A variable of ENV, or of ARG (which does not last); `None` if it says nothing of CUDA.
    pub fn variable(instruction: usize, span: Span, name: &str, value: &str, lasting: bool) -> Option<ChainStep> {
        let signals = signals::of_variable(name, value);
        let archs = match name {
            "TORCH_CUDA_ARCH_LIST" | "CUDAARCHS" | "CMAKE_CUDA_ARCHITECTURES" | "CUDA_ARCH_BIN" => {
                signals::arch_list(value)
            }
            _ => Vec::new(),
        };
        let telling = lasting && name.starts_with("NVIDIA_");
        if signals.is_empty() && archs.is_empty() && !telling {
            return None;
        }
        let archs = archs.into_iter().map(|arch| (0, arch)).collect();
        let env = vec![(name.to_owned(), value.to_owned())];
        Some(ChainStep { signals, archs, env, ..ChainStep::empty(instruction, span) })
    }

    /// True if it is a variable's declaration.
    pub fn is_variable(&self) -> bool {
        self.words.is_empty() && !self.env.is_empty()
    }

    /// The place of a word; the whole command where there is none.
    pub fn place(&self, word: usize) -> Span {
        self.places.get(word).copied().unwrap_or(self.span)
    }

    /// Its name without directory, after `sudo` and the like.
    pub fn name(&self) -> &str {
        self.words.get(wheels::skip_prefix(&self.words)).map_or("", |w| basename(w))
    }
}

/// Scripts, archives and installers that may have anything.
fn is_opaque(words: &[String], context: &CommandPosition) -> bool {
    let start = wheels::skip_prefix(words);
    let Some(first) = words.get(start) else { return false };
    let name = basename(first);
    let rest = words.get(start + 1..).unwrap_or(&[]);
    let has = |part: &str| rest.iter().any(|w| w.contains(part));
    match name {
        "sh" | "bash" | "dash" | "zsh" => context.pipeline.is_some() || rest.iter().any(|w| !w.starts_with('-')),
        "." | "source" | "eval" | "dpkg" | "rpm" | "nix" | "nix-env" | "brew" | "spack" | "ansible-playbook" => true,
        "make" => has("install") || has("setup") || has("cuda"),
        "apt-get" | "apt" | "aptitude" | "yum" | "dnf" | "microdnf" | "zypper" => {
            let installs = rest.iter().any(|w| w == "install");
            installs
                && rest
                    .iter()
                    .any(|w| w.contains('$') || w.contains("nvidia-hpc") || w.contains(".deb") || w.contains(".rpm"))
        }
        "conda" | "mamba" | "micromamba" => has("env") || has("$") || has("--file") || has("-f"),
        "tar" | "unzip" | "mv" | "cp" | "ln" | "rsync" => has("cuda"),
        "pip" | "pip3" | "uv" | "python" | "python3" => has("nvidia-cuda-nvcc"),
        _ => first.starts_with("./") || name.ends_with(".sh") || name.ends_with(".run") || first.contains('$'),
    }
}

impl Chain {
    pub fn new(links: Vec<Link>) -> Self {
        Chain { links }
    }

    /// A build that does not speak of CUDA.
    pub const fn none() -> Self {
        Chain { links: Vec::new() }
    }

    /// Reads the image of a FROM.
    pub fn base(reference: &str) -> ChainBase {
        match ImageRef::parse(reference) {
            Some(parsed) => ChainBase::Image { reference: reference.to_owned(), cuda: Box::new(image_tag(&parsed)) },
            None => ChainBase::Unknown,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    pub fn link(&self, stage: usize) -> Option<&Link> {
        self.links.get(stage)
    }

    /// The stages that a stage is based on, the lowest first, itself last.
    pub fn ancestry(&self, stage: usize) -> Vec<usize> {
        let mut path = vec![stage];
        while let Some(ChainBase::Stage(parent)) = path.last().and_then(|s| self.links.get(*s)).map(|l| &l.base) {
            // A stage can only stand on an earlier one; anything else would be a circle.
            if path.last().is_none_or(|last| parent >= last) {
                break;
            }
            path.push(*parent);
        }
        path.reverse();
        path
    }

    /// The image at the bottom of a stage, with its FROM.
    pub fn root(&self, stage: usize) -> Option<(&str, &ImageCuda, Span)> {
        let lowest = self.links.get(*self.ancestry(stage).first()?)?;
        match &lowest.base {
            ChainBase::Image { reference, cuda } => Some((reference, cuda, lowest.base_span)),
            _ => None,
        }
    }

    /// The steps that have run when a stage ends: those of the stages below first.
    pub fn steps(&self, stage: usize) -> impl Iterator<Item = &ChainStep> {
        self.ancestry(stage).into_iter().filter_map(|s| self.links.get(s)).flat_map(|l| l.steps.iter())
    }

    /// The steps before a place in a stage.
    fn steps_before<'a>(&'a self, stage: usize, step: &'a ChainStep) -> impl Iterator<Item = &'a ChainStep> {
        self.steps(stage).take_while(move |s| !std::ptr::eq(*s, step))
    }

    /// True if `nvcc` is there when a step of a stage runs.
    pub fn nvcc(&self, stage: usize, step: &ChainStep) -> Nvcc {
        let mut state = match self.root(stage) {
            Some((reference, cuda, _)) => base_nvcc(reference, cuda),
            None => Nvcc::Unknown,
        };
        for earlier in self.steps_before(stage, step) {
            if let Some(statement) = earlier.statements.iter().find(|s| s.kind == StatementKind::Toolkit) {
                let present = Nvcc::Present { version: statement.version, from: Some(earlier.place(statement.word)) };
                state = if earlier.context.is_reached() { present } else { Nvcc::Unknown };
            } else if let Some(copy) = earlier.copy.as_ref().filter(|c| c.takes_cuda) {
                let root = match (copy.stage, copy.image.as_deref().map(Chain::base)) {
                    (Some(stage), _) => self.root(stage).map(|(reference, cuda, _)| base_nvcc(reference, cuda)),
                    (None, Some(ChainBase::Image { reference, cuda })) => Some(base_nvcc(&reference, &cuda)),
                    _ => None,
                };
                state = match root {
                    Some(Nvcc::Present { version, .. }) => Nvcc::Present { version, from: Some(earlier.span) },
                    _ if matches!(state, Nvcc::Present { .. }) => state,
                    _ => Nvcc::Unknown,
                };
            } else if earlier.opaque && matches!(state, Nvcc::Absent(_)) {
                state = Nvcc::Unknown;
            }
        }
        state
    }

    /// The version of the toolkit that compiles in a stage: its base's, if that is a devel image, or the one installed
    /// last.
    pub fn toolkit(&self, stage: usize) -> Option<(CudaVersion, Span, Confidence)> {
        let installed = self.steps(stage).flat_map(|step| {
            let toolkits =
                step.statements.iter().filter(|s| s.kind == StatementKind::Toolkit && step.context.is_reached());
            toolkits.filter_map(move |s| Some((s.version?, step.place(s.word), s.confidence)))
        });
        if let Some(last) = installed.last() {
            return Some(last);
        }
        let (reference, cuda, span) = self.root(stage)?;
        match base_nvcc(reference, cuda) {
            Nvcc::Present { version: Some(version), .. } => Some((version, span, cuda.confidence)),
            _ => None,
        }
    }

    /// The torch that a stage ends with, and its CUDA: the last statement that certainly replaces what was there before.
    pub fn torch(&self, stage: usize) -> Option<Torch> {
        self.torch_before(stage, None)
    }

    /// True if an install command leaves the torch alone that is there already.
    pub fn keeps_torch(&self, stage: usize, step: &ChainStep, statement: &CudaStatement) -> bool {
        match self.torch_before(stage, Some(step)) {
            Some(before) => satisfied(&before, statement, step),
            // An image that we do not know may have a torch of its own.
            None => {
                let unknown = self.root(stage).is_none_or(|(_, cuda, _)| cuda.answer == Answer::Unknown);
                unknown && statement.package_version.is_none()
            }
        }
    }

    fn torch_before(&self, stage: usize, end: Option<&ChainStep>) -> Option<Torch> {
        let mut now = None;
        if let Some((_, cuda, span)) = self.root(stage)
            && let Some(version) = &cuda.torch
        {
            now = Some(Torch {
                version: Some(version.clone()),
                cuda: cuda.version(),
                span,
                from_base: true,
                confidence: cuda.confidence,
                origin: StatementOrigin::Name,
            });
        }
        for step in self.steps(stage).take_while(|s| end.is_none_or(|end| !std::ptr::eq(*s, end))) {
            let Some(statement) = step.statements.iter().find(|s| s.package == "torch") else { continue };
            if now.as_ref().is_some_and(|before| satisfied(before, statement, step)) {
                continue;
            }
            let uncertain = !step.context.is_reached();
            now = Some(Torch {
                version: statement.package_version.clone(),
                cuda: statement.version.filter(|_| !uncertain),
                span: step.place(statement.word),
                from_base: false,
                confidence: if uncertain { Confidence::Possible } else { statement.confidence },
                origin: statement.origin,
            });
        }
        now
    }
}

/// The CUDA that an image is built on.
#[derive(Clone, Debug)]
pub struct Ground {
    pub version: CudaVersion,
    pub span: Span,
    pub confidence: Confidence,
    /// The base image states it; otherwise a toolkit was installed.
    pub from_base: bool,
}

impl Chain {
    /// The CUDA of a stage's base image, or that of the toolkit which was installed into an image without any.
    pub fn ground(&self, stage: usize) -> Option<Ground> {
        let (_, cuda, span) = self.root(stage)?;
        if let Some(version) = cuda.version() {
            return Some(Ground { version, span, confidence: cuda.confidence, from_base: true });
        }
        if cuda.is_cuda() == Some(true) {
            // A GPU image that states no version: what is installed on top does not tell it.
            return None;
        }
        let (version, span, confidence) = self.toolkit(stage)?;
        Some(Ground { version, span, confidence, from_base: false })
    }

    /// True if a stage is for ARM: Jetson, or a platform that says so. PyPI's torch is another one there.
    pub fn is_arm(&self, stage: usize) -> bool {
        let arm =
            |text: &str| ["arm64", "aarch64", "l4t", "jetson", "tegra", "dustynv"].iter().any(|w| text.contains(w));
        let platform = self.ancestry(stage).into_iter().filter_map(|s| self.links.get(s)?.platform.as_deref()).next();
        platform.map_or_else(|| self.root(stage).is_some_and(|(reference, ..)| arm(reference)), arm)
    }

    /// Steps of a stage itself that certainly run and compile CUDA code.
    pub fn compiling(&self, stage: usize) -> impl Iterator<Item = (&ChainStep, &Signal)> {
        let steps = self.links.get(stage).map_or(&[][..], |l| &l.steps);
        steps.iter().filter(|s| !s.is_variable() && s.context.is_reached()).filter_map(|step| {
            let signal = step
                .signals
                .iter()
                .find(|s| s.needs_nvcc() && s.word.is_some() && s.confidence >= Confidence::Likely)?;
            Some((step, signal))
        })
    }

    /// The first step after `step` in the same stage that builds an extension against torch.
    pub fn extension_after(&self, stage: usize, step: &ChainStep) -> Option<&ChainStep> {
        let own = &self.links.get(stage)?.steps;
        let at = own.iter().position(|s| std::ptr::eq(s, step))?;
        own.iter().skip(at + 1).find(|s| s.context.is_certain() && s.builds_extension())
    }
}

impl ChainStep {
    /// Builds a Python extension with `nvcc` against the torch that is installed.
    pub fn builds_extension(&self) -> bool {
        if self.is_variable() {
            return false;
        }
        let source = self
            .signals
            .iter()
            .any(|s| s.id == "source-package" && s.needs_nvcc() && s.confidence >= Confidence::Likely);
        let asked = self.signals.iter().any(|s| matches!(s.id, "torch-cuda-arch-list" | "force-cuda"));
        let Some(command) = wheels::requirements(&self.words, wheels::skip_prefix(&self.words), &self.env) else {
            return asked && self.name().starts_with("python") && self.words.iter().any(|w| w.ends_with("setup.py"));
        };
        source || asked && command.requirements.iter().any(|r| r.name.is_empty())
    }
}

/// The torch of a stage.
#[derive(Clone, Debug)]
pub struct Torch {
    pub version: Option<String>,
    pub cuda: Option<CudaVersion>,
    pub span: Span,
    pub from_base: bool,
    pub confidence: Confidence,
    pub origin: StatementOrigin,
}

/// `torch`, `torch>=2.0` and `torch==2.7.0` where 2.7.0 is installed: pip says "Requirement already satisfied", whatever the
/// index. A local version (`+cu124`) is compared, and `--force-reinstall` and another environment are not satisfied.
fn satisfied(before: &Torch, statement: &CudaStatement, step: &ChainStep) -> bool {
    if statement.kind != StatementKind::Wheel
        || statement.origin == StatementOrigin::LocalVersion
        || statement.origin == StatementOrigin::Url
    {
        return false;
    }
    let Some(command) = wheels::requirements(&step.words, wheels::skip_prefix(&step.words), &step.env) else {
        return false;
    };
    if command.force_reinstall || command.elsewhere || (command.upgrade && statement.package_version.is_none()) {
        return false;
    }
    match (&before.version, &statement.package_version) {
        (_, None) => true,
        (Some(there), Some(wanted)) => same_release(there, wanted),
        (None, Some(_)) => false,
    }
}

/// 2.7 and 2.7.0 are one version.
fn same_release(a: &str, b: &str) -> bool {
    let trim = |v: &str| v.trim_end_matches(".0").to_owned();
    trim(a) == trim(b)
}

/// True if a base image holds `nvcc`.
fn base_nvcc(reference: &str, cuda: &ImageCuda) -> Nvcc {
    let Some(parsed) = ImageRef::parse(reference) else { return Nvcc::Unknown };
    match cuda.has_nvcc(&parsed) {
        Some(true) => Nvcc::Present { version: cuda.version(), from: None },
        Some(false) => Nvcc::Absent(match cuda.flavour {
            Some(flavour) => format!("`{reference}` is a {} image: it has no nvcc", flavour.as_str()),
            None => format!("`{reference}` has no nvcc"),
        }),
        None => match (cuda.answer, cuda.flavour) {
            (Answer::NotGpu, _) if cuda.confidence == Confidence::Certain => {
                Nvcc::Absent(format!("`{reference}` has no CUDA toolkit"))
            }
            // Somebody's devel image very probably has it, but that is not known.
            (_, Some(Flavour::Devel | Flavour::Runtime | Flavour::Base)) | (_, None) => Nvcc::Unknown,
        },
    }
}

/// The distribution of a base image, where its name tells: `ubuntu:24.04`, `nvidia/cuda:…-ubuntu22.04`,
/// `python:3.12-slim-bookworm`.
pub fn distro_of(reference: &str, cuda: &ImageCuda) -> Option<&'static compat::Distro> {
    if let Some(os) = &cuda.os {
        return compat::distro_of_os(os);
    }
    let parsed = ImageRef::parse(reference)?;
    let name = parsed.familiar();
    let tag = parsed.tag?;
    match name.as_str() {
        "ubuntu" | "debian" => {
            let word = tag.split('-').next()?;
            let word = if name == "debian" { word.split('.').next()? } else { word };
            compat::distro(&name, word)
        }
        "python" | "gcc" | "node" | "rust" | "golang" | "buildpack-deps" => {
            tag.split('-').find_map(|word| compat::distro("debian", word).or_else(|| compat::distro("ubuntu", word)))
        }
        _ => None,
    }
}
