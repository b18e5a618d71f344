//! rules/expose-proto-casing.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::Body;
use crate::dockerfile::ports::Port;
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct ExposeProtoCasing;

impl Rule for ExposeProtoCasing {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let Some(evaluation) = view.evaluation() else { return };
        for (index, instruction) in view.instructions() {
            let Body::Expose(words) = &instruction.body else { continue };
            for word in words {
                for text in evaluation.scope(index).expand_words(word).1.unwrap_or_default() {
                    let Ok(port) = Port::parse(&text) else { continue };
                    let lower = port.protocol.to_lowercase();
                    if port.protocol == lower {
                        continue;
                    }
                    let message = format!("the protocol of `{text}` should be in lower case");
                    let mut finding = out.info(word.span, message);
                    if word.text == text && word.is_verbatim() {
                        let mut span = word.span;
                        span.start = span.end - u32::try_from(lower.len()).unwrap_or(0);
                        let fix = Fix::new(format!("write {lower}"), Applicability::Safe).edit(span, lower);
                        finding = finding.fix(fix);
                    }
                    out.report_check(view, index, finding);
                }
            }
        }
    }
}
