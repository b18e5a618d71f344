//! rules/blank-image-tag.md

use crate::compose::FaultKind;

use super::unset_words::where_to_set;
use super::{ComposeView, Findings, Rule};

pub(super) struct BlankImageTag;

impl Rule for BlankImageTag {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::BlankImage { text, unset, example } = &fault.kind else { continue };
            let what = if text.is_empty() {
                "leaves no image at all; Compose stops with \"neither an image nor a build context specified\"".to_owned()
            } else {
                format!("makes it `{text}`; Compose stops with \"invalid reference format\"")
            };
            let names: Vec<String> = unset.iter().filter(|n| !n.is_empty()).map(|n| format!("`{n}`")).collect();
            let verb = if names.len() == 1 { "is" } else { "are" };
            let first = unset.first().map_or("NAME", String::as_str);
            let finding = out
                .fault(fault, format!("{} {verb} set nowhere, which {what}.", names.join(" and ")))
                .help(where_to_set(first, example.as_deref()));
            out.report_fault(fault, finding);
        }
    }
}
