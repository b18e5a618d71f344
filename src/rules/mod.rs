//! The rules: one file here and one page of the same name in `rules/` each, joined by one line in the table below.
//!
//! A rule is a function from a view of the [`Project`] to findings. It asks the model and reports; it does not parse, walk
//! or measure. [`Findings`] knows the rule's name and level, so a rule cannot misname itself.

pub mod meta;

use crate::config::Settings;
use crate::diagnostic::{Finding, Severity};
use crate::project::{DockerfileView, Project, ServiceView, StageView};
use crate::source::Span;

use meta::RuleMeta;

/// A rule implements the one method at the height of what it judges.
pub trait Rule: Sync {
    /// Called once.
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        let _ = (project, out);
    }

    /// Called for each service of each compose project.
    fn check_service(&self, service: &ServiceView<'_>, out: &mut Findings<'_>) {
        let _ = (service, out);
    }

    /// Called for each Dockerfile, however many services build it.
    fn check_dockerfile(&self, dockerfile: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let _ = (dockerfile, out);
    }

    /// Called for each stage of each build: of a Dockerfile as one service builds it, and as nobody builds it.
    fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {
        let _ = (stage, out);
    }
}

/// A rule with its page.
pub struct Entry {
    pub meta: RuleMeta,
    pub rule: &'static dyn Rule,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.meta.name.fmt(f)
    }
}

/// Declares the modules and the registry. The page is compiled in, so a rule without a page does not build.
macro_rules! rules {
    ($($module:ident :: $rule:ident => $name:literal),* $(,)?) => {
        $(mod $module;)*

        /// Every rule, sorted by name.
        pub static RULES: [Entry; [$($name),*].len()] = [
            $(Entry {
                meta: RuleMeta::new($name, include_str!(concat!("../../rules/", $name, ".md"))),
                rule: &$module::$rule,
            }),*
        ];
    };
}

rules! {
    command_in_other_stage::CommandInOtherStage => "command-in-other-stage",
    command_removed_before_use::CommandRemovedBeforeUse => "command-removed-before-use",
    compiler_without_headers::CompilerWithoutHeaders => "compiler-without-headers",
    cuda_version_mismatch::CudaVersionMismatch => "cuda-version-mismatch",
    driver_floor::DriverFloor => "driver-floor",
    entrypoint_command_mismatch::EntrypointCommandMismatch => "entrypoint-command-mismatch",
    floating_gpu_image::FloatingGpuImage => "floating-gpu-image",
    gpu_not_requested::GpuNotRequested => "gpu-not-requested",
    gpu_vendor_contradiction::GpuVendorContradiction => "gpu-vendor-contradiction",
    implicit_torch_cuda::ImplicitTorchCuda => "implicit-torch-cuda",
    install_as_non_root::InstallAsNonRoot => "install-as-non-root",
    install_with_no_packages::InstallWithNoPackages => "install-with-no-packages",
    install_without_update::InstallWithoutUpdate => "install-without-update",
    invalid_driver_capabilities::InvalidDriverCapabilities => "invalid-driver-capabilities",
    lists_deleted_before_install::ListsDeletedBeforeInstall => "lists-deleted-before-install",
    missing_archive_tool::MissingArchiveTool => "missing-archive-tool",
    missing_build_program::MissingBuildProgram => "missing-build-program",
    missing_ca_certificates::MissingCaCertificates => "missing-ca-certificates",
    missing_command::MissingCommand => "missing-command",
    missing_compiler::MissingCompiler => "missing-compiler",
    missing_git_for_vcs_requirement::MissingGitForVcsRequirement => "missing-git-for-vcs-requirement",
    missing_header::MissingHeader => "missing-header",
    missing_healthcheck_command::MissingHealthcheckCommand => "missing-healthcheck-command",
    missing_linker::MissingLinker => "missing-linker",
    missing_native_toolchain::MissingNativeToolchain => "missing-native-toolchain",
    missing_nvcc::MissingNvcc => "missing-nvcc",
    missing_shell::MissingShell => "missing-shell",
    no_musl_wheel::NoMuslWheel => "no-musl-wheel",
    prebuilt_image_bypass::PrebuiltImageBypass => "prebuilt-image-bypass",
    torch_variant_unavailable::TorchVariantUnavailable => "torch-variant-unavailable",
    unknown_cuda_tag::UnknownCudaTag => "unknown-cuda-tag",
    unknown_package::UnknownPackage => "unknown-package",
    unknown_suppression::UnknownSuppression => "unknown-suppression",
    unused_suppression::UnusedSuppression => "unused-suppression",
    visible_devices_without_gpu::VisibleDevicesWithoutGpu => "visible-devices-without-gpu",
}

/// The rule of a name.
pub fn by_name(name: &str) -> Option<&'static Entry> {
    RULES.binary_search_by(|e| e.meta.name.cmp(name)).ok().and_then(|i| RULES.get(i))
}

/// The rules of a name, of another tool's name for the same check, or of a group.
pub fn select(word: &str) -> Vec<&'static Entry> {
    RULES
        .iter()
        .filter(|e| {
            let front = e.meta.front();
            e.meta.name == word
                || front.group.as_str() == word
                || front.aliases.iter().any(|a| a.eq_ignore_ascii_case(word))
        })
        .collect()
}

/// Collects what one rule reports.
#[derive(Debug)]
pub struct Findings<'a> {
    meta: &'static RuleMeta,
    settings: &'a Settings,
    found: &'a mut Vec<Finding>,
}

impl<'a> Findings<'a> {
    pub fn new(meta: &'static RuleMeta, settings: &'a Settings, found: &'a mut Vec<Finding>) -> Self {
        Findings { meta, settings, found }
    }

    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// Begins an error at `span`; see [`Finding`] for what to add to it, and [`Findings::report`].
    pub fn error(&self, span: Span, message: impl Into<String>) -> Finding {
        self.finding(Severity::Error, span, message)
    }

    pub fn warning(&self, span: Span, message: impl Into<String>) -> Finding {
        self.finding(Severity::Warning, span, message)
    }

    pub fn info(&self, span: Span, message: impl Into<String>) -> Finding {
        self.finding(Severity::Info, span, message)
    }

    pub fn finding(&self, severity: Severity, span: Span, message: impl Into<String>) -> Finding {
        Finding::new(self.meta.name, severity, span, message)
    }

    pub fn report(&mut self, finding: Finding) {
        self.found.push(finding);
    }

    /// Reports what the model found on this rule's behalf while it was built.
    pub fn report_all<'f>(&mut self, findings: impl IntoIterator<Item = &'f Finding>) {
        self.found.extend(findings.into_iter().filter(|f| f.rule == self.meta.name).cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_sorted_and_names_are_unique() {
        assert!(RULES.windows(2).all(|w| w[0].meta.name < w[1].meta.name));
    }
}
