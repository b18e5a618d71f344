//! rules/gpu-not-requested.md

use crate::diagnostic::Confidence;
use crate::image::cuda::signals::asks_for_devices;
use crate::analysis::cuda::GpuAccess;
use crate::project::ServiceView;

use super::{Findings, Rule};

pub(super) struct GpuNotRequested;

impl Rule for GpuNotRequested {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        // What a fragment leaves out, another file may bring.
        if !view.compose.complete || view.gpu_access() != GpuAccess::None {
            return;
        }
        let Some(found) = view.cuda() else { return };
        let cuda = &found.cuda;
        if cuda.is_cuda() != Some(true) || cuda.several || cuda.confidence < Confidence::Likely {
            return;
        }
        // A service in a profile of its own is started for a purpose: to build an image, to run a tool.
        if !view.service.profiles.is_empty() && view.service.command.is_none() {
            return;
        }
        // A service that names its devices is the business of visible-devices-without-gpu.
        if view.environment("NVIDIA_VISIBLE_DEVICES").is_some()
            || means_cpu(view)
            || commented_out(view)
            || elsewhere(view)
        {
            return;
        }
        let name = &view.service.name;
        let message = format!(
            "service `{name}` runs a CUDA image ({}) and asks for no GPU: programs in it see none",
            found.reference
        );
        let finding = out
            .warning(view.service.name_span, message)
            .here("no `gpus:`, no device reservation, no `runtime:`")
            .label(found.span, format!("CUDA {}", cuda.describe()))
            .help(
                "add `gpus: all` (Compose 2.30 and later), or `deploy.resources.reservations.devices` with `capabilities: [gpu]`; \
                 nothing is missing where the daemon's default runtime is nvidia, or where the CPU is meant",
            );
        out.report(finding.confidence(Confidence::Possible).service(name));
    }
}

/// The same service asks for a GPU in another compose file (`docker-compose.gpu.yml`), or another service asks for one with
/// the same image: then this one is its companion that computes nothing.
fn elsewhere(view: &ServiceView<'_>) -> bool {
    let image = |view: &ServiceView<'_>| view.service.image.as_ref().and_then(|i| i.known()).map(str::to_owned);
    let same = |other: &ServiceView<'_>| {
        let dockerfile = |v: &ServiceView<'_>| v.build().map(|b| b.dockerfile);
        other.service.name == view.service.name
            || image(other).is_some() && image(other) == image(view)
            || dockerfile(other).is_some() && dockerfile(other) == dockerfile(view)
    };
    view.project.services_with_gpu().any(|other| other.id != view.id && same(&other))
}

/// The request stands in the service as a comment: its author has decided.
fn commented_out(view: &ServiceView<'_>) -> bool {
    let text = view.project.sources.slice(view.service.span);
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix('#'))
        .any(|comment| ["gpus:", "nvidia", "capabilities", "runtime:"].iter().any(|word| comment.contains(word)))
}

/// The service says that it computes on the CPU, or has its GPU hidden.
fn means_cpu(view: &ServiceView<'_>) -> bool {
    let hidden =
        view.environment("CUDA_VISIBLE_DEVICES").is_some_and(|(value, _)| !asks_for_devices(value) || value == "-1");
    let is_cpu = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| w.eq_ignore_ascii_case("cpu"));
    let words = [&view.service.command, &view.service.entrypoint].into_iter().flatten().flat_map(|c| &c.words);
    let values = view.service.environment.iter().filter_map(|v| v.value.as_ref()?.known());
    hidden
        || is_cpu(&view.service.name)
        || view.service.profiles.iter().any(|p| is_cpu(p))
        || words.filter_map(|w| w.known()).chain(values).any(|text| text.len() < 40 && is_cpu(text))
}
