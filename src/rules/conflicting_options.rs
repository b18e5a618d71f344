//! rules/conflicting-options.md

use crate::compose::FaultKind;
use crate::compose::fault::{Conflict, Fault};
use crate::diagnostic::Finding;

use super::schema_words::refused;
use super::{ComposeView, Findings, Rule};

pub(super) struct ConflictingOptions;

impl Rule for ConflictingOptions {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::Conflict(kind) = &fault.kind else { continue };
            let finding = judge(out, fault, kind);
            out.report_fault(fault, finding);
        }
    }
}

fn judge(out: &Findings<'_>, fault: &Fault, kind: &Conflict) -> Finding {
    let owner = fault.service_name();
    match kind {
        Conflict::Refused(it) => refused(out, fault, it),
        Conflict::ContainerName { name, service, other, place } => {
            let message = format!(
                "`{service}` and `{other}` both want the container name `{name}`; Compose stops with \"container name is \
                 already in use\"."
            );
            out.fault(fault, message)
                .here("again here")
                .label(*place, format!("`{other}` has it here"))
                .help("Drop `container_name`, or give each service its own.")
        }
        Conflict::Included { section, name, theirs } => {
            let message = format!(
                "`{section}.{name}` is also defined by an included file. Compose before 5.0 stops with \"{section}.{name} \
                 conflicts with imported resource\"; later ones lay this definition over the included one."
            );
            out.fault(fault, message)
                .here("defined here")
                .label(*theirs, "and in the included file")
                .help("Rename one of the two, or override the included one with a second path in its `include` entry.")
        }
        Conflict::Dockerfile { file } => out
            .fault(fault, "`dockerfile` and `dockerfile_inline` exclude each other; Compose refuses the two together.")
            .here("the inline one")
            .label(*file, "and the file")
            .help("Keep the one that should be built."),
        Conflict::Platform { wanted, platforms } => out
            .fault(fault, format!("`platform: {wanted}` is not among `build.platforms`; Compose refuses that."))
            .label(*platforms, "the platforms that are built")
            .help("Add it to `build.platforms`, or drop `platform`."),
        Conflict::Replicas { other } => out
            .fault(fault, "`scale` and `deploy.replicas` say different numbers; Compose refuses that.")
            .label(*other, "the other number")
            .help("Keep one of the two."),
        Conflict::Containers { attribute, count, number } => {
            let message = format!(
                "A container name is unique, but `{attribute}` asks for {count} containers; Compose refuses the two together."
            );
            out.fault(fault, message)
                .here("one name")
                .label(*number, "several containers")
                .help("Drop `container_name`.")
        }
        Conflict::Limit { own, place, other } => {
            let message = format!(
                "`{own}` and `{place}` say different things; Compose stops with \"can't set distinct values on '{own}' and \
                 '{place}'\"."
            );
            out.fault(fault, message)
                .label(*other, "the other value")
                .help("Keep one of the two, or write the same value in both.")
        }
        Conflict::Target { target, first } => out
            .fault(fault, format!("Two mounts of `{owner}` have the target `{target}`; Compose refuses that."))
            .here("again here")
            .label(*first, "first here"),
        Conflict::NetworkMode { networks } => {
            let message = format!(
                "`network_mode` and `networks` exclude each other; Compose stops with \"service {owner} declares mutually \
                 exclusive `network_mode` and `networks`\"."
            );
            out.fault(fault, message)
                .here("the mode")
                .label(*networks, "and the networks")
                .help("Keep one of the two.")
        }
    }
}
