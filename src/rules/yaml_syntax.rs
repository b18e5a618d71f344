//! rules/yaml-syntax.md

use crate::compose::FaultKind;
use crate::compose::fault::YamlFault;
use crate::yaml::MAX_DEPTH;

use super::{ComposeView, Findings, Rule};

pub(super) struct YamlSyntax;

impl Rule for YamlSyntax {
    fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {
        for fault in compose.faults() {
            let FaultKind::Yaml(kind) = &fault.kind else { continue };
            let (message, help) = words(kind);
            let mut finding = out.fault(fault, message);
            finding.help = help;
            out.report_fault(fault, finding);
        }
    }
}

/// The message and the help.
fn words(fault: &YamlFault) -> (String, Option<String>) {
    let (message, help): (String, Option<&str>) = match fault {
        YamlFault::Syntax(words) => (
            format!("This is not YAML: {words}. Compose cannot read the file from here on."),
            Some("Look at the line above too: a missing quote, bracket or colon shows only here."),
        ),
        YamlFault::Tab => (
            "A tab cannot indent in YAML; Compose stops with \"found character that cannot start any token\".".into(),
            Some("Indent with spaces."),
        ),
        YamlFault::TooDeep => (format!("More than {MAX_DEPTH} levels of nesting: the rest is not read."), None),
        YamlFault::UnknownAnchor(name) => {
            let message = format!(
                "`*{name}` names an anchor that does not stand before it: \"unknown anchor '{name}' referenced\"."
            );
            let help = format!(
                "Define `&{name}` further up in this document, or correct the name. Anchors do not cross files or `---`."
            );
            return (message, Some(help));
        }
        YamlFault::Encoding(encoding) => (
            format!("This file is {encoding}; it is not read. Compose and most tools expect UTF-8."),
            Some("Save it as UTF-8."),
        ),
        YamlFault::InvalidBytes => (
            "This byte is not UTF-8; Compose stops with \"yaml: invalid leading UTF-8 octet\".".into(),
            Some("Save the file as UTF-8."),
        ),
        YamlFault::AliasCycle => {
            ("This alias lies inside the node that it names; Compose stops with \"cycle detected\".".into(), None)
        }
        YamlFault::BadMerge => (
            "`<<` takes a mapping or a list of mappings; Compose stops with \"map merge requires map or sequence of maps as \
             the value\"."
                .into(),
            None,
        ),
        YamlFault::TooManyAliases => (
            "The aliases of this file multiply to more than 300000 values; Compose stops with \"compose file exceeds \
             maximum node visit limit\"."
                .into(),
            Some("Aliases of aliases multiply. Write the values out where they are used."),
        ),
        YamlFault::TooDeepAliases => {
            (format!("More than {MAX_DEPTH} levels of nesting through aliases: the rest is not read."), None)
        }
    };
    (message, help.map(str::to_owned))
}
