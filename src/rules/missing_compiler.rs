//! rules/missing-compiler.md

use crate::diagnostic::{Applicability, Confidence, Fix, Severity};
use crate::project::StageView;
use crate::analysis::compilers::{self, Cause, CompilerGap};

use super::{Findings, Rule};

pub(super) struct MissingCompiler;

impl Rule for MissingCompiler {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        // A C compiler without its C++ half is c-without-cxx-compiler.
        for gap in compilers::gaps(view).iter().filter(|gap| gap.c_without_cxx.is_none()) {
            report(view, gap, out);
        }
    }
}

fn report(view: &StageView<'_>, gap: &CompilerGap, out: &mut Findings<'_>) {
    let (command, compiler, error) = (&gap.need.command, gap.need.language.title(), &gap.need.error);
    let reached = view.build.reaches(view.stage.index);
    let mut finding = match &gap.cause {
        Cause::Absent(reason) => {
            let severity = match (reached, gap.need.certain) {
                (false, _) => Severity::Info,
                (true, true) => Severity::Error,
                (true, false) => Severity::Warning,
            };
            let message = format!("`{command}` needs a {compiler} and this stage has none: the build ends with \"{error}\"");
            let finding = out.finding(severity, gap.span, message).here(format!("looks for a {compiler}"));
            match reason.span {
                Some(span) => finding.label(span, reason.text.clone()),
                None => match view.base_span() {
                    Some(span) => finding.label(span, reason.text.clone()),
                    None => finding,
                },
            }
        }
        Cause::OnlyThroughBase { .. } => {
            let named = gap.list.as_ref().is_some_and(|l| l.no_recommends);
            let severity = if reached && named && gap.need.build_tool { Severity::Warning } else { Severity::Info };
            let mut message = format!(
                "no instruction of this Dockerfile installs the {compiler} that `{command}` needs; the base brings one only as a \
                 dependency of cuda-nvcc"
            );
            if named {
                message.push_str(
                    " (`--no-install-recommends` drops the build-essential that python3-pip recommends; cmake itself recommends \
                     only gcc and make)",
                );
            }
            message.push_str(&format!(". On the `runtime` flavour the same Dockerfile ends with \"{error}\""));
            let finding = out.finding(severity, gap.span, message).here(format!("looks for a {compiler}"));
            match view.base_span() {
                Some(span) => finding.label(span, "has a compiler, but does not promise one"),
                None => finding,
            }
        }
    };
    if let Some(list) = &gap.list {
        finding = finding.label(list.tool, "installs the build tool without a compiler");
    }
    if let Some(repair) = &gap.repair {
        let names = repair.packages.join(" ");
        let title = if repair.into_list { format!("add {names} to the install list") } else { format!("install {names} first") };
        let mut fix = Fix::new(title.clone(), Applicability::Safe);
        fix.edits.push(repair.edit.clone());
        finding = finding.help(title).fix(fix);
    }
    finding = finding.confidence(match gap.cause {
        Cause::Absent(_) if gap.need.certain => Confidence::Certain,
        _ => Confidence::Likely,
    });
    out.report(view.named(finding));
}
