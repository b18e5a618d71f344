//! rules/c-without-cxx-compiler.md

use crate::diagnostic::{Applicability, Confidence, Fix, Severity};
use crate::image::needs::CompilerNeed;
use crate::project::StageView;
use crate::analysis::compilers;

use super::{Findings, Rule};

pub(super) struct CWithoutCxxCompiler;

impl Rule for CWithoutCxxCompiler {
    fn check_stage(&self, view: &StageView<'_>, out: &mut Findings<'_>) {
        for gap in compilers::gaps(view) {
            let Some(c) = &gap.c_without_cxx else { continue };
            let (severity, confidence) = match (view.build.reaches(view.stage.index), gap.need.certain) {
                (true, true) => (Severity::Error, Confidence::Certain),
                (true, false) => (Severity::Warning, Confidence::Likely),
                (false, _) => (Severity::Info, Confidence::Likely),
            };
            let message = format!(
                "`{}` needs a C++ compiler and this stage has only one for C: the build ends with \"{}\"",
                gap.need.command,
                error(&gap.need)
            );
            let mut finding = out.finding(severity, gap.span, message).here("looks for a C++ compiler");
            if let Some(span) = c.span {
                finding = finding.label(span, "brings gcc without g++");
            }
            if let Some(repair) = &gap.repair {
                let names = repair.packages.join(" ");
                let title = if repair.into_list {
                    format!("add {names} to the install list")
                } else {
                    format!("install {names} first")
                };
                let mut fix = Fix::new(title.clone(), Applicability::Safe);
                fix.edits.push(repair.edit.clone());
                finding = finding.help(title).fix(fix);
            }
            out.report(view.named(finding.confidence(confidence)));
        }
    }
}

/// What the step says where C is found. What pip passes on is known of a stage without any compiler; with `gcc` alone it is
/// CMake that says so, or gcc, which calls the C++ compiler proper by this name.
fn error(need: &CompilerNeed) -> &str {
    let text = &need.error;
    if !need.command.contains(" (building ") || text.contains("CXX") {
        text
    } else if text.contains("CMake") {
        "No CMAKE_CXX_COMPILER could be found."
    } else {
        "'cc1plus': execvp: No such file or directory"
    }
}
