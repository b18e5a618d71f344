//! rules/missing-copy-source.md

use crate::diagnostic::{Applicability, Finding, Fix};
use crate::project::path_status::Cause;
use crate::analysis::copy_sources::{Absent, absent_everywhere, absent_sources};
use crate::project::build::Build;
use crate::project::{DockerfileEntry, Project};
use crate::analysis::did_you_mean;

use super::{Findings, Rule};

pub(super) struct MissingCopySource;

impl Rule for MissingCopySource {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        for build in &project.builds {
            let Some(entry) = project.dockerfiles.get(build.dockerfile) else { continue };
            if build.users.is_empty() {
                absent_everywhere(project, build, entry).iter().for_each(|absent| remark(absent, out));
                continue;
            }
            for absent in absent_sources(project, build, entry) {
                report(project, build, entry, &absent, out);
            }
        }
    }
}

/// No service says which folder the context is, so no more than a remark.
fn remark(absent: &Absent<'_>, out: &mut Findings<'_>) {
    if absent.pattern || absent.cause.is_some() {
        return;
    }
    let path = &absent.path;
    let message = format!(
        "`{path}` is neither beside this Dockerfile nor in any folder above it: whichever of them is the build context, the \
         build fails with \"failed to calculate checksum of ref …: \"/{path}\": not found\""
    );
    let help = "no compose file builds this Dockerfile; write the file, or correct its name";
    out.report(out.info(absent.word.span, message).here("in no folder that could be the context").help(help));
}

fn report(project: &Project, build: &Build, entry: &DockerfileEntry, absent: &Absent<'_>, out: &mut Findings<'_>) {
    let Some(context) = build.context() else { return };
    let shown = project.files.display(context);
    let path = &absent.path;
    let fails = format!("\"failed to calculate checksum of ref …: \"/{path}\": not found\"");
    let finding = match absent.cause {
        Some(Cause::OutsideRoot | Cause::Submodule | Cause::MadeByScript | Cause::BuildOutput) => return,
        Some(Cause::Ignored | Cause::Private) if absent.pattern => return,
        Some(Cause::Ignored) => out.warning(
            absent.word.span,
            format!("`{path}` is not in the build context `{shown}` and git ignores it: absent on a fresh checkout, where the build fails with {fails}"),
        ),
        Some(Cause::Private) => out.warning(
            absent.word.span,
            format!("`{path}` is not in the build context `{shown}`, and files like it are kept out of repositories: absent on a fresh checkout, where the build fails with {fails}"),
        ),
        None if absent.pattern => out.warning(
            absent.word.span,
            format!("nothing in the build context `{shown}` matches `{path}`: BuildKit copies nothing and goes on, other builders fail"),
        ),
        None => out.error(
            absent.word.span,
            format!("`{path}` is not in the build context `{shown}`: the build fails with {fails}"),
        ),
    };
    let mut finding = finding.here("not in the build context");
    finding.services = project.user_names(build);
    finding = context_label(project, build, finding);
    let meant = if absent.pattern { None } else { did_you_mean::source(project, entry, context, absent) };
    match meant {
        Some(meant) => {
            finding = finding.help(format!("`{meant}` is there"));
            if absent.word.text.trim_start_matches("./").trim_start_matches('/').trim_end_matches('/') == *path {
                let fix = Fix::new(format!("copy `{meant}`"), Applicability::Unsafe);
                finding = finding.fix(fix.edit(absent.word.span, meant));
            }
        }
        None => {
            finding =
                finding.help("sources of COPY are looked up in the service's build context, not beside the Dockerfile")
        }
    }
    out.report(finding);
}

fn context_label(project: &Project, build: &Build, finding: Finding) -> Finding {
    let place = project.users(build).find_map(|u| {
        let build = u.service.build.as_ref()?;
        Some(build.context_text.as_ref().map_or(build.key_span, |t| t.span))
    });
    match place {
        Some(span) => finding.label(span, "the build context"),
        None => finding,
    }
}
