//! The rules: one file here and one page of the same name in `rules/` each, joined by one line in the table below.
//!
//! A rule is a function from a view of the [`Project`](crate::project::Project) to findings. It asks the model and reports; it does not parse, walk
//! or measure. [`Findings`] knows the rule's name and level, so a rule cannot misname itself.

mod rule;
mod schema_words;
mod unset_words;

use crate::diagnostic::RuleMeta;

pub use rule::{ComposeView, Findings, Rule};

/// A rule with its page.
pub struct RuleEntry {
    pub meta: RuleMeta,
    pub rule: &'static dyn Rule,
}

impl std::fmt::Debug for RuleEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.meta.name.fmt(f)
    }
}

/// Declares the modules and the registry. The page is compiled in, so a rule without a page does not build.
macro_rules! rules {
    ($($module:ident :: $rule:ident => $name:literal),* $(,)?) => {
        $(mod $module;)*

        /// Every rule, sorted by name.
        pub static RULES: [RuleEntry; [$($name),*].len()] = [
            $(RuleEntry {
                meta: RuleMeta::new($name, include_str!(concat!("../../rules/", $name, ".md"))),
                rule: &$module::$rule,
            }),*
        ];
    };
}

rules! {
    appended_list::AppendedList => "appended-list",
    blank_image_tag::BlankImageTag => "blank-image-tag",
    builder_runtime_cuda_mismatch::BuilderRuntimeCudaMismatch => "builder-runtime-cuda-mismatch",
    c_without_cxx_compiler::CWithoutCxxCompiler => "c-without-cxx-compiler",
    command_in_other_stage::CommandInOtherStage => "command-in-other-stage",
    command_removed_before_use::CommandRemovedBeforeUse => "command-removed-before-use",
    compiler_without_headers::CompilerWithoutHeaders => "compiler-without-headers",
    conflicting_options::ConflictingOptions => "conflicting-options",
    cuda_version_mismatch::CudaVersionMismatch => "cuda-version-mismatch",
    cudnn_mismatch::CudnnMismatch => "cudnn-mismatch",
    dependency_cycle::DependencyCycle => "dependency-cycle",
    deprecated_maintainer::DeprecatedMaintainer => "deprecated-maintainer",
    dockerfile_syntax::DockerfileSyntax => "dockerfile-syntax",
    driver_floor::DriverFloor => "driver-floor",
    duplicate_key::DuplicateKey => "duplicate-key",
    duplicate_stage_name::DuplicateStageName => "duplicate-stage-name",
    empty_continuation::EmptyContinuation => "empty-continuation",
    entrypoint_command_mismatch::EntrypointCommandMismatch => "entrypoint-command-mismatch",
    entrypoint_overridden::EntrypointOverridden => "entrypoint-overridden",
    env_not_available_at_build::EnvNotAvailableAtBuild => "env-not-available-at-build",
    expose_invalid_format::ExposeInvalidFormat => "expose-invalid-format",
    expose_proto_casing::ExposeProtoCasing => "expose-proto-casing",
    floating_gpu_image::FloatingGpuImage => "floating-gpu-image",
    from_as_casing::FromAsCasing => "from-as-casing",
    gpu_not_requested::GpuNotRequested => "gpu-not-requested",
    gpu_query_at_build::GpuQueryAtBuild => "gpu-query-at-build",
    gpu_vendor_contradiction::GpuVendorContradiction => "gpu-vendor-contradiction",
    healthy_without_healthcheck::HealthyWithoutHealthcheck => "healthy-without-healthcheck",
    ignored_copy_source::IgnoredCopySource => "ignored-copy-source",
    image_built_twice::ImageBuiltTwice => "image-built-twice",
    implicit_torch_cuda::ImplicitTorchCuda => "implicit-torch-cuda",
    inactive_profile_dependency::InactiveProfileDependency => "inactive-profile-dependency",
    install_as_non_root::InstallAsNonRoot => "install-as-non-root",
    install_with_no_packages::InstallWithNoPackages => "install-with-no-packages",
    install_without_update::InstallWithoutUpdate => "install-without-update",
    instruction_as_command::InstructionAsCommand => "instruction-as-command",
    instruction_casing::InstructionCasing => "instruction-casing",
    invalid_base_image_platform::InvalidBaseImagePlatform => "invalid-base-image-platform",
    invalid_compose_schema::InvalidComposeSchema => "invalid-compose-schema",
    invalid_default_arg_in_from::InvalidDefaultArgInFrom => "invalid-default-arg-in-from",
    invalid_definition_description::InvalidDefinitionDescription => "invalid-definition-description",
    invalid_driver_capabilities::InvalidDriverCapabilities => "invalid-driver-capabilities",
    invalid_interpolation::InvalidInterpolation => "invalid-interpolation",
    json_args_recommended::JsonArgsRecommended => "json-args-recommended",
    legacy_key_value_format::LegacyKeyValueFormat => "legacy-key-value-format",
    lists_deleted_before_install::ListsDeletedBeforeInstall => "lists-deleted-before-install",
    misplaced_build_key::MisplacedBuildKey => "misplaced-build-key",
    missing_archive_tool::MissingArchiveTool => "missing-archive-tool",
    missing_bind_source::MissingBindSource => "missing-bind-source",
    missing_build_context::MissingBuildContext => "missing-build-context",
    missing_build_program::MissingBuildProgram => "missing-build-program",
    missing_build_secret::MissingBuildSecret => "missing-build-secret",
    missing_build_ssh::MissingBuildSsh => "missing-build-ssh",
    missing_ca_certificates::MissingCaCertificates => "missing-ca-certificates",
    missing_command::MissingCommand => "missing-command",
    missing_compiler::MissingCompiler => "missing-compiler",
    missing_copy_source::MissingCopySource => "missing-copy-source",
    missing_cuda_stub_link_flag::MissingCudaStubLinkFlag => "missing-cuda-stub-link-flag",
    missing_cudnn_headers::MissingCudnnHeaders => "missing-cudnn-headers",
    missing_dockerfile::MissingDockerfile => "missing-dockerfile",
    missing_env_file::MissingEnvFile => "missing-env-file",
    missing_force_cuda::MissingForceCuda => "missing-force-cuda",
    missing_git_for_vcs_requirement::MissingGitForVcsRequirement => "missing-git-for-vcs-requirement",
    missing_header::MissingHeader => "missing-header",
    missing_healthcheck_command::MissingHealthcheckCommand => "missing-healthcheck-command",
    missing_include::MissingInclude => "missing-include",
    missing_linker::MissingLinker => "missing-linker",
    missing_native_toolchain::MissingNativeToolchain => "missing-native-toolchain",
    missing_nvcc::MissingNvcc => "missing-nvcc",
    missing_shell::MissingShell => "missing-shell",
    mount_hides_build_output::MountHidesBuildOutput => "mount-hides-build-output",
    multiple_instructions::MultipleInstructions => "multiple-instructions",
    native_arch_in_build::NativeArchInBuild => "native-arch-in-build",
    no_musl_wheel::NoMuslWheel => "no-musl-wheel",
    number_changes_value::NumberChangesValue => "number-changes-value",
    obsolete_version_key::ObsoleteVersionKey => "obsolete-version-key",
    orphan_dockerfile::OrphanDockerfile => "orphan-dockerfile",
    platform_constant_in_from::PlatformConstantInFrom => "platform-constant-in-from",
    ports_on_host_network::PortsOnHostNetwork => "ports-on-host-network",
    prebuilt_image_bypass::PrebuiltImageBypass => "prebuilt-image-bypass",
    redundant_target_platform::RedundantTargetPlatform => "redundant-target-platform",
    refused_instruction::RefusedInstruction => "refused-instruction",
    relative_workdir::RelativeWorkdir => "relative-workdir",
    removed_cmake_option::RemovedCmakeOption => "removed-cmake-option",
    reserved_stage_name::ReservedStageName => "reserved-stage-name",
    secret_in_arg_or_env::SecretInArgOrEnv => "secret-in-arg-or-env",
    service_without_image_or_build::ServiceWithoutImageOrBuild => "service-without-image-or-build",
    shadowed_cuda::ShadowedCuda => "shadowed-cuda",
    shadowed_public_image::ShadowedPublicImage => "shadowed-public-image",
    stage_name_casing::StageNameCasing => "stage-name-casing",
    stale_named_volume::StaleNamedVolume => "stale-named-volume",
    stop_signal_swallowed::StopSignalSwallowed => "stop-signal-swallowed",
    swallowed_instruction::SwallowedInstruction => "swallowed-instruction",
    torch_variant_unavailable::TorchVariantUnavailable => "torch-variant-unavailable",
    unchecked_heredoc::UncheckedHeredoc => "unchecked-heredoc",
    undeclared_build_arg::UndeclaredBuildArg => "undeclared-build-arg",
    undefined_arg_in_from::UndefinedArgInFrom => "undefined-arg-in-from",
    undefined_reference::UndefinedReference => "undefined-reference",
    undefined_variable::UndefinedVariable => "undefined-variable",
    unescaped_dollar::UnescapedDollar => "unescaped-dollar",
    unexposed_port::UnexposedPort => "unexposed-port",
    unfollowed_redirect::UnfollowedRedirect => "unfollowed-redirect",
    unknown_build_target::UnknownBuildTarget => "unknown-build-target",
    unknown_cuda_tag::UnknownCudaTag => "unknown-cuda-tag",
    unknown_package::UnknownPackage => "unknown-package",
    unknown_stage_reference::UnknownStageReference => "unknown-stage-reference",
    unknown_suppression::UnknownSuppression => "unknown-suppression",
    unlinked_sibling_base::UnlinkedSiblingBase => "unlinked-sibling-base",
    unneeded_devel_image::UnneededDevelImage => "unneeded-devel-image",
    unpublished_local_tag::UnpublishedLocalTag => "unpublished-local-tag",
    unreachable_stage::UnreachableStage => "unreachable-stage",
    unset_build_arg::UnsetBuildArg => "unset-build-arg",
    unset_variable::UnsetVariable => "unset-variable",
    unsupported_gpu_arch::UnsupportedGpuArch => "unsupported-gpu-arch",
    unsupported_host_compiler::UnsupportedHostCompiler => "unsupported-host-compiler",
    unused_suppression::UnusedSuppression => "unused-suppression",
    user_mismatch::UserMismatch => "user-mismatch",
    visible_devices_without_gpu::VisibleDevicesWithoutGpu => "visible-devices-without-gpu",
    yaml_syntax::YamlSyntax => "yaml-syntax",
}

/// The rule of a name.
pub fn by_name(name: &str) -> Option<&'static RuleEntry> {
    RULES.binary_search_by(|e| e.meta.name.cmp(name)).ok().and_then(|i| RULES.get(i))
}

/// The metadata of a rule, by name.
pub fn meta_of(name: &str) -> Option<&'static RuleMeta> {
    by_name(name).map(|entry| &entry.meta)
}

/// The rules of a name, of another tool's name for the same check, or of a group.
pub fn select(word: &str) -> Vec<&'static RuleEntry> {
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
