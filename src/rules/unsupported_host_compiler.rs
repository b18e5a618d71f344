//! rules/unsupported-host-compiler.md

use crate::diagnostic::{Confidence, Finding};
use crate::image::cuda::chain::{Chain, ChainStep, distro_of};
use crate::image::cuda::compat::{gcc_message, max_gcc, overrides_host_check};
use crate::project::StageView;
use crate::text::Span;

use super::{Findings, Rule};

pub(super) struct UnsupportedHostCompiler;

impl Rule for UnsupportedHostCompiler {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        let (chain, stage) = (view.cuda_chain(), view.stage.index);
        let Some((toolkit, place, Confidence::Certain)) = chain.toolkit(stage) else { return };
        let Some(max) = max_gcc(&toolkit) else { return };
        for (step, _) in chain.compiling(stage).filter(|(step, _)| step.context.is_certain()) {
            let flags = step.words.iter().chain(step.env.iter().map(|(_, value)| value));
            if flags.into_iter().any(|word| overrides_host_check(word)) {
                continue;
            }
            let found = match named(step) {
                Named::Gcc(major, span) => Some((major, span, format!("names GCC {major}"))),
                Named::Other => None,
                Named::Nothing => default(chain, stage),
            };
            let Some((major, span, why)) = found.filter(|(major, ..)| *major > max) else { continue };
            let message = format!(
                "nvcc of CUDA {} accepts GCC up to {max}, and this step compiles with GCC {major}: \"{}\"",
                toolkit.release(),
                gcc_message(max)
            );
            let finding = out
                .error(step.span, message)
                .here("compiles CUDA code")
                .label(span, why)
                .label(place, format!("CUDA {}", toolkit.release()))
                .help(format!("install g++-{max} and name it (`CUDAHOSTCXX=g++-{max}`), or use a newer CUDA"))
                .stage(view.name());
            out.report(view.services().into_iter().fold(finding, Finding::service));
            return;
        }
    }
}

/// The host compiler that a step names.
enum Named {
    Gcc(u32, Span),
    /// Clang, a variable, a path that tells no version.
    Other,
    Nothing,
}

fn named(step: &ChainStep) -> Named {
    // What nvcc is told directly goes before what CMake passes on.
    let options = ["-DCMAKE_CUDA_HOST_COMPILER", "-ccbin", "--compiler-bindir", "-DCMAKE_CXX_COMPILER"];
    for option in options {
        for (index, word) in step.words.iter().enumerate() {
            let value = match word.split_once('=') {
                Some((name, value)) if name.split(':').next() == Some(option) => value,
                None if word == option => step.words.get(index + 1).map_or("", String::as_str),
                _ => continue,
            };
            return gcc(value).map_or(Named::Other, |major| Named::Gcc(major, step.place(index)));
        }
    }
    for name in ["CUDAHOSTCXX", "NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS", "CXX"] {
        if let Some((_, value)) = step.env.iter().find(|(n, _)| n == name) {
            return gcc(value).map_or(Named::Other, |major| Named::Gcc(major, step.span));
        }
    }
    Named::Nothing
}

/// 14 of `/usr/bin/g++-14`.
fn gcc(value: &str) -> Option<u32> {
    let name = value.rsplit(['/', ' ', '=']).next()?;
    name.strip_prefix("g++-").or_else(|| name.strip_prefix("gcc-"))?.parse().ok()
}

/// The distribution's own GCC, where nothing in the stage speaks of another compiler. Images of NVIDIA have a GCC that fits.
fn default(chain: &Chain, stage: usize) -> Option<(u32, Span, String)> {
    let (reference, cuda, span) = chain.root(stage)?;
    if cuda.is_cuda() != Some(false) {
        return None;
    }
    let distro = distro_of(reference, cuda)?;
    let other = |word: &String| {
        let other_compiler =
            ["gcc-", "g++-", "clang", "gxx", "update-alternatives", "conda", "nvidia-cuda-toolkit", "devtoolset"];
        other_compiler.iter().any(|name| word.contains(name))
    };
    if chain.steps(stage).any(|step| step.words.iter().any(other)) {
        return None;
    }
    Some((distro.gcc, span, format!("{} {} comes with GCC {}", distro.name, distro.release, distro.gcc)))
}
