//! rules/mount-hides-build-output.md

use crate::diagnostic::{Applicability, Fix};
use crate::project::ServiceView;

use super::{Findings, Rule};

pub(super) struct MountHidesBuildOutput;

impl Rule for MountHidesBuildOutput {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        for hidden in view.hidden_outputs() {
            let output = &hidden.output;
            let message = format!(
                "this mount covers `{}`, which `{}` fills while the image is built: the container sees the host's folder, \
                 which does not have it",
                output.path, output.by
            );
            let mut finding = out
                .warning(hidden.mount.span, message)
                .here("lies over it")
                .label(output.span, format!("fills `{}`", output.path))
                .service(&view.service.name)
                .help(format!("keep the image's folder with an anonymous volume: `- {}`", output.path));
            let source = view.project.file(hidden.mount.span.file);
            let text = source.slice(hidden.mount.span);
            let line = source.line_range(source.line_of(hidden.mount.span.start));
            let dash = source.text().get(line.start..hidden.mount.span.start as usize).unwrap_or("");
            let own = view.service.span.contains(hidden.mount.span);
            if own && dash.trim() == "-" && !text.contains('\n') && !text.contains("source:") {
                let indent = dash.split('-').next().unwrap_or("");
                let gap = dash.len() - indent.len() - 1;
                let item = format!("\n{indent}-{}{}", " ".repeat(gap), output.path);
                let fix = Fix::new(format!("keep `{}` of the image", output.path), Applicability::Unsafe);
                finding = finding.fix(fix.edit(source.span(line.end..line.end), item));
            }
            out.report(finding);
        }
    }
}
