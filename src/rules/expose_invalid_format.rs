//! rules/expose-invalid-format.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::Body;
use crate::dockerfile::ports::Port;
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct ExposeInvalidFormat;

impl Rule for ExposeInvalidFormat {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let Some(evaluation) = view.evaluation() else { return };
        for (index, instruction) in view.instructions() {
            let Body::Expose(words) = &instruction.body else { continue };
            for word in words {
                for text in evaluation.scope(index).expand_words(word).1.unwrap_or_default() {
                    if !Port::parse(&text).is_ok_and(|port| port.maps_host()) {
                        continue;
                    }
                    let message = format!(
                        "EXPOSE publishes nothing on the host: what stands before the last `:` of `{text}` is ignored, \
                         and will be refused by a later release of the builder"
                    );
                    let help = "publish the port where the container is started: `ports:` in compose, or `docker run -p`";
                    let mut finding = out.warning(word.span, message).help(help);
                    if word.text == text
                        && word.is_verbatim()
                        && let Some(at) = text.rfind(':')
                    {
                        let mut span = word.span;
                        span.end = span.start + u32::try_from(at + 1).unwrap_or(0);
                        let fix = Fix::new("keep the container's port only", Applicability::Safe).edit(span, "");
                        finding = finding.fix(fix);
                    }
                    out.report_check(view, index, finding);
                }
            }
        }
    }
}
