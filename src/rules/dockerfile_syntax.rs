//! rules/dockerfile-syntax.md

use crate::diagnostic::{Applicability, Finding, Fix};
use crate::dockerfile::{Fault, Keyword, Phase};
use crate::project::DockerfileView;

use super::{Findings, Rule};

/// Text that is something else altogether is not told line by line.
const MOST: usize = 20;

pub(super) struct DockerfileSyntax;

impl Rule for DockerfileSyntax {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let faults = &view.parsed().faults;
        for fault in faults.iter().take(MOST) {
            let finding = judge(view, fault, out);
            out.report(finding);
        }
        if let Some(next) = faults.get(MOST) {
            let what = format!("faults of this Dockerfile from here on are not reported: there are more than {MOST}");
            view.project.note_skipped(next.span, what);
        }
    }
}

fn judge(view: &DockerfileView<'_>, fault: &Fault, out: &Findings<'_>) -> Finding {
    let mut message = fault.message.clone();
    if let Some(says) = fault.builder_says.as_deref().filter(|says| !says.is_empty()) {
        // This sentence quotes what may be a part of a secret.
        let says = says.find(" in \"").filter(|_| says.contains("can't find = in")).and_then(|at| says.get(..at)).unwrap_or(says);
        message.push_str(&format!(" (the builder: \"{says}\")"));
    }
    if fault.phase == Phase::Trigger {
        message.push_str("; it fails in every build that stands on this image");
        return out.warning(fault.span, message);
    }
    let mut finding = out.error(fault.span, message);
    let instructions = &view.parsed().instructions;
    let at = instructions.partition_point(|instruction| instruction.span.end <= fault.span.start);
    if let Some(suggestion) = &fault.suggestion {
        let fix = Fix::new(format!("write {suggestion}"), Applicability::Unsafe).edit(fault.span, suggestion.as_str());
        finding = finding.fix(fix);
    } else if instructions.get(at).is_some_and(|i| i.keyword == Keyword::Unknown && i.keyword_span == fault.span)
        && let Some(before) = at.checked_sub(1).and_then(|before| instructions.get(before))
        && instructions.get(at).is_some_and(|this| before.last_line + 1 == this.first_line)
        && before.heredocs.is_empty()
    {
        let source = view.source();
        let indented = source.line_range(source.line_of(fault.span.start)).start < fault.span.start as usize;
        let open = ["&&", "||", "|", ";"].iter().any(|end| source.slice(before.span).ends_with(end));
        if indented || open {
            let escape = view.parsed().escape;
            let fix = Fix::new("continue the line before", Applicability::Unsafe)
                .insert(before.span.end_point(), format!(" {escape}"));
            finding = finding
                .label(before.span.end_point(), "the line before ends here")
                .help(format!("if this goes on with the {} above, end its last line with `{escape}`", before.keyword.as_str()))
                .fix(fix);
        }
    }
    let stage = instructions.get(at).and_then(|_| view.stage_name(at));
    finding.stage = stage;
    finding
}
