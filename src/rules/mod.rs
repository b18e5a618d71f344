//! The rules: one file here and one page of the same name in `rules/` each, joined by one line in the table below.
//!
//! A rule is a function from a view of the [`Project`] to findings. It asks the model and reports; it does not parse, walk
//! or measure. [`Findings`] knows the rule's name and level, so a rule cannot misname itself.

pub mod meta;

use crate::config::Settings;
use crate::diagnostic::{Finding, Severity};
use crate::dockerfile::checks::{BUILDER_CHECKS, CheckOptions};
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
    deprecated_maintainer::DeprecatedMaintainer => "deprecated-maintainer",
    dockerfile_syntax::DockerfileSyntax => "dockerfile-syntax",
    driver_floor::DriverFloor => "driver-floor",
    duplicate_stage_name::DuplicateStageName => "duplicate-stage-name",
    empty_continuation::EmptyContinuation => "empty-continuation",
    entrypoint_command_mismatch::EntrypointCommandMismatch => "entrypoint-command-mismatch",
    expose_invalid_format::ExposeInvalidFormat => "expose-invalid-format",
    expose_proto_casing::ExposeProtoCasing => "expose-proto-casing",
    floating_gpu_image::FloatingGpuImage => "floating-gpu-image",
    from_as_casing::FromAsCasing => "from-as-casing",
    gpu_not_requested::GpuNotRequested => "gpu-not-requested",
    gpu_vendor_contradiction::GpuVendorContradiction => "gpu-vendor-contradiction",
    ignored_copy_source::IgnoredCopySource => "ignored-copy-source",
    instruction_as_command::InstructionAsCommand => "instruction-as-command",
    instruction_casing::InstructionCasing => "instruction-casing",
    invalid_base_image_platform::InvalidBaseImagePlatform => "invalid-base-image-platform",
    invalid_default_arg_in_from::InvalidDefaultArgInFrom => "invalid-default-arg-in-from",
    invalid_definition_description::InvalidDefinitionDescription => "invalid-definition-description",
    invalid_driver_capabilities::InvalidDriverCapabilities => "invalid-driver-capabilities",
    json_args_recommended::JsonArgsRecommended => "json-args-recommended",
    legacy_key_value_format::LegacyKeyValueFormat => "legacy-key-value-format",
    multiple_instructions::MultipleInstructions => "multiple-instructions",
    platform_constant_in_from::PlatformConstantInFrom => "platform-constant-in-from",
    prebuilt_image_bypass::PrebuiltImageBypass => "prebuilt-image-bypass",
    redundant_target_platform::RedundantTargetPlatform => "redundant-target-platform",
    refused_instruction::RefusedInstruction => "refused-instruction",
    relative_workdir::RelativeWorkdir => "relative-workdir",
    reserved_stage_name::ReservedStageName => "reserved-stage-name",
    secret_in_arg_or_env::SecretInArgOrEnv => "secret-in-arg-or-env",
    stage_name_casing::StageNameCasing => "stage-name-casing",
    swallowed_instruction::SwallowedInstruction => "swallowed-instruction",
    unchecked_heredoc::UncheckedHeredoc => "unchecked-heredoc",
    undefined_arg_in_from::UndefinedArgInFrom => "undefined-arg-in-from",
    undefined_variable::UndefinedVariable => "undefined-variable",
    unknown_cuda_tag::UnknownCudaTag => "unknown-cuda-tag",
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

    /// Whether the rule was asked for by name, not only left on.
    pub fn is_selected(&self) -> bool {
        let name = self.meta.name;
        self.settings.also.contains(name) || self.settings.only.as_ref().is_some_and(|only| only.contains(name))
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

    /// Reports what the builder checks too, unless a `# check=skip=…` at the top of the file or in front of the instruction
    /// turns that check off. With `error=true` the builder fails on it, so it is an error.
    pub fn report_check(&mut self, view: &DockerfileView<'_>, instruction: usize, mut finding: Finding) {
        let checks = || self.meta.front().aliases.iter().map(String::as_str).filter(|a| BUILDER_CHECKS.contains(a));
        let own = view.parsed().instructions.get(instruction);
        // A build argument takes the directive's place.
        let given = view.builds().find_map(|b| b.inputs.args.iter().find(|(n, _)| n == "BUILDKIT_DOCKERFILE_CHECK"));
        let (options, directive) = match given {
            Some((_, value)) => (value.as_deref().and_then(CheckOptions::parse), None),
            None => {
                view.parsed().check_directive().map(|(options, span)| (Some(options), Some(span))).unwrap_or_default()
            }
        };
        let options = options.unwrap_or_default();
        if checks().any(|check| options.skips(check) || own.is_some_and(|own| own.skips_check(check))) {
            return;
        }
        if options.error && checks().next().is_some() {
            finding.severity = Severity::Error;
            finding.fails_build = true;
            if let Some(span) = directive {
                finding = finding.label(span, "`error=true`: the build fails on this");
            }
        }
        if finding.stage.is_none() {
            finding.stage = view.stage_name(instruction);
        }
        self.report(finding);
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
