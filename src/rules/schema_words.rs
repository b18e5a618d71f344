//! Words for what Compose's schema refuses: `invalid-compose-schema` uses them, and `unset-variable` where only a variable
//! that is not set makes a value invalid.

use crate::compose::Caster;
use crate::compose::fault::{Bound, Fault, Got, KeyHint, Refused, SchemaFault, Slip, ValueType};
use crate::diagnostic::{Applicability, Finding};

use super::Findings;
use super::rule::with_fix;

/// Returns the finding about a fault.
pub(super) fn schema(out: &Findings<'_>, fault: &Fault, kind: &SchemaFault) -> Finding {
    let finding = match kind {
        SchemaFault::Refused(it) => refused(out, fault, it),
        SchemaFault::Type { path, wanted, got, slip } => wrong_type(out, fault, path, wanted, *got, slip.as_ref()),
        SchemaFault::Value { .. } | SchemaFault::Pattern { .. } | SchemaFault::Range { .. } => value(out, fault, kind),
        SchemaFault::UnknownKey { path, key, hint } => unknown_key(out, fault, path, key, *hint),
        _ => structure(out, fault, kind),
    };
    match fault.displaced {
        Some(displaced) => finding.label(displaced, "the earlier value that it displaces"),
        None => finding,
    }
}

/// Returns the finding about a value that Compose refuses at a path.
pub(super) fn refused(out: &Findings<'_>, fault: &Fault, refused: &Refused) -> Finding {
    let path = &refused.path;
    match &refused.error {
        Some(error) => out.fault(fault, format!("Compose refuses `{path}`: \"{error}\".")),
        None => out
            .fault(fault, format!("Compose refuses `{path}`: what its variables come to is not valid there."))
            .help("`docker compose config` says what is wrong; it shows the values too."),
    }
}

/// Files, documents and services as wholes.
fn structure(out: &Findings<'_>, fault: &Fault, kind: &SchemaFault) -> Finding {
    match kind {
        SchemaFault::NonStringKey { path, key } => {
            let place = if path.is_empty() { "at top level".to_owned() } else { format!("in {path}") };
            let message = format!(
                "A key must be text, and YAML reads `{key}` as something else; Compose stops with \"non-string key {place}: \
                 {key}\"."
            );
            let help = match fault.edits.is_empty() {
                true => "A colon followed by a space makes this a mapping. Put the whole item in quotes.",
                false => "Put the key in quotes.",
            };
            let finding = out.fault(fault, message).help(help);
            with_fix(finding, fault, "quote the key", Applicability::Safe)
        }
        SchemaFault::CannotJoin { error, other } => {
            let finding = out.fault(fault, format!("Compose cannot join these values: \"{error}\"."));
            match other {
                Some(other) => finding
                    .here("of another kind here")
                    .label(*other, "than here")
                    .help("Write both as a list or both as a mapping."),
                None => finding,
            }
        }
        SchemaFault::BadCast { path, wanted } => {
            let wanted = match wanted {
                Caster::Int => "a whole number",
                Caster::Float | Caster::Float32 => "a number",
                Caster::Bool => "`true` or `false`",
            };
            let message = format!("`{path}` must be {wanted}; Compose stops with \"failed to cast to expected type\".");
            out.fault(fault, message)
        }
        SchemaFault::NoBaseNamed => out.fault(fault, "`extends` needs `service:`, the name to extend."),
        SchemaFault::NotAMapping => out.fault(
            fault,
            "A compose file is a mapping at its top level; Compose stops with \"top-level object must be a mapping\".",
        ),
        SchemaFault::IncludeNotAList => {
            out.fault(fault, "`include` is a list of files: write each on a line of its own, after `- `.")
        }
        SchemaFault::IncludeItem => out.fault(fault, "An item of `include` is a path, or a mapping with `path:`."),
        SchemaFault::Twice { path, first, second, place } => {
            let message = format!(
                "`{path}` holds this item twice; Compose stops with \"items at {first} and {second} are equal\"."
            );
            out.fault(fault, message).here("again here").label(*place, "first here").help("Delete one of the two.")
        }
        SchemaFault::Missing { path, steps, required } => {
            let message =
                format!("`{path}` needs `{required}`; Compose stops with \"{path} missing property '{required}'\".");
            out.fault(fault, message).help(missing(required, steps))
        }
        SchemaFault::SecretWithoutSource { name } => out
            .fault(fault, format!("The secret `{name}` has neither `file:` nor `environment:`; Compose refuses it."))
            .help("Say where it comes from, or mark it `external: true`."),
        SchemaFault::HealthTest => {
            let message =
                "A healthcheck's list starts with \"CMD\", \"CMD-SHELL\" or \"NONE\"; Compose refuses this one.";
            let finding =
                out.fault(fault, message).help("Put `CMD` in front, or write the test as one string for the shell.");
            with_fix(finding, fault, "put `CMD` in front", Applicability::Unsafe)
        }
        SchemaFault::WatchTarget { entry, action } => {
            let name = fault.services.first().map_or("", String::as_str);
            let message = format!("Watch entry {entry} of `{name}` has the action `{action}`, which needs `target:`.");
            out.fault(fault, message)
        }
        SchemaFault::Negative { path } => out.fault(fault, format!("`{path}` cannot be negative.")),
        // The rest has functions of its own.
        _ => out.fault(fault, "The file holds nothing; Compose stops with \"empty compose file\"."),
    }
}

/// Returns the advice on an attribute that must be there.
fn missing(required: &str, steps: &[String]) -> String {
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    match (required, steps.as_slice()) {
        ("capabilities", _) => "For a GPU add `capabilities: [gpu]`.".into(),
        ("condition", [.., name]) => {
            format!("Add `condition: service_started` to `{name}`, or list the names only: `depends_on: [{name}]`.")
        }
        ("type", [.., "volumes", _]) => "Add `type: bind`, `type: volume` or `type: tmpfs`.".into(),
        _ => format!("Add `{required}:`."),
    }
}

fn value(out: &Findings<'_>, fault: &Fault, kind: &SchemaFault) -> Finding {
    match kind {
        SchemaFault::Value { path, allowed, near } => {
            let list: Vec<String> = allowed.iter().map(|v| format!("`{v}`")).collect();
            let message = format!("`{path}` must be one of {}; Compose refuses anything else.", list.join(", "));
            let finding = out.fault(fault, message);
            match near {
                Some(near) => with_fix(
                    finding.help(format!("Did you mean `{near}`?")),
                    fault,
                    &format!("write `{near}`"),
                    Applicability::Unsafe,
                ),
                None => finding,
            }
        }
        SchemaFault::Range { path, bound } => {
            let bound = match bound {
                Bound::Least(low) => format!("greater than or equal to {low}"),
                Bound::Most(high) => format!("less than or equal to {high}"),
            };
            out.fault(fault, format!("`{path}` must be {bound}."))
        }
        SchemaFault::Pattern { path, pattern } => {
            out.fault(fault, format!("`{path}` must match `{pattern}`; Compose refuses this value."))
        }
        _ => structure(out, fault, kind),
    }
}

fn wrong_type(
    out: &Findings<'_>,
    fault: &Fault,
    path: &str,
    wanted: &[ValueType],
    got: Got,
    slip: Option<&Slip>,
) -> Finding {
    let got = match got {
        Got::Nothing => "nothing".to_owned(),
        Got::Flag(flag) => format!("the boolean {flag}"),
        Got::Number => "a number".to_owned(),
        Got::Text => "text".to_owned(),
        Got::Date => "a date".to_owned(),
        Got::List => "a list".to_owned(),
        Got::Mapping => "a mapping".to_owned(),
    };
    let mut message = format!("`{path}` must be {}, but is {got}", type_names(wanted));
    match wanted {
        [only] => message.push_str(&format!("; Compose stops with \"{path} must be a {}\".", only.json())),
        _ => message.push('.'),
    }
    if let Some(Slip::EmptyService(name)) = slip {
        message = format!("The service `{name}` is empty; Compose stops with \"services.{name} must be a mapping\".");
    }
    let finding = out.fault(fault, message);
    let Some(slip) = slip else { return finding };
    let (help, fix) = advice(slip);
    let finding = finding.help(help);
    match fix {
        Some((title, applicability)) => with_fix(finding, fault, title, applicability),
        None => finding,
    }
}

/// Returns the names of types, with "or" before the last one.
fn type_names(wanted: &[ValueType]) -> String {
    let names: Vec<&str> = wanted
        .iter()
        // A whole number is a number.
        .filter(|ty| **ty != ValueType::Whole || !wanted.contains(&ValueType::Number))
        .map(|ty| match ty {
            ValueType::Mapping => "a mapping",
            ValueType::List => "a list",
            ValueType::Text => "text",
            ValueType::Number => "a number",
            ValueType::Whole => "a whole number",
            ValueType::Flag => "true or false",
            ValueType::Null => "empty",
        })
        .collect();
    match names.as_slice() {
        [] => "nothing".into(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Returns the help for a frequent mistake, and the title of its fix.
fn advice(slip: &Slip) -> (String, Option<(&'static str, Applicability)>) {
    const QUOTE: Option<(&str, Applicability)> = Some(("put the value in quotes", Applicability::Safe));
    let (help, fix) = match slip {
        Slip::EmptyBuild => ("Write the folder behind it, `build: .`, or a `context:` below it.", None),
        Slip::EmptyService(_) => ("Give it `image:` or `build:`, indented below its name; or delete it.", None),
        Slip::EmptyValue => {
            ("Give it a value, or delete the line. What should belong to it must be indented further than it.", None)
        }
        Slip::ListOfServices => {
            ("Services have names: write `name:` instead of `- ` and indent what belongs to it.", None)
        }
        Slip::TextService(name) => {
            let help =
                format!("Write the attributes of `{name}` below it, such as `image: …`, indented by two spaces.");
            return (help, None);
        }
        Slip::PairInList => (
            "In a list each item is one text, `- NAME=value`. With `NAME: value` leave the dashes away.",
            Some(("write `NAME=value`", Applicability::Safe)),
        ),
        Slip::ColonInItem => ("A colon followed by a space makes this a mapping. Put the whole item in quotes.", None),
        Slip::TextForList(attribute) => {
            let help = format!("Write a list, `{attribute}: [ … ]`, or each item on a line of its own after `- `.");
            return (help, Some(("make it a list", Applicability::Safe)));
        }
        Slip::NoUnit(number) => {
            let help = format!("A duration has a unit: `{number}s`, `1m30s`.");
            return (help, Some(("write seconds", Applicability::Unsafe)));
        }
        Slip::NoSizeUnit => ("A size is text with a unit: `512M`, `2g`. A bare number of bytes needs quotes.", QUOTE),
        Slip::NumberForText => ("YAML reads this as a number. Put it in quotes.", QUOTE),
        Slip::RestartFlag => (
            "`restart` is one of \"no\", always, on-failure, unless-stopped.",
            Some(("write \"no\"", Applicability::Unsafe)),
        ),
        Slip::FlagForText => ("YAML reads this as true or false. Put it in quotes.", QUOTE),
        Slip::Date => ("YAML reads this as a date. Put it in quotes.", QUOTE),
        Slip::ListAsHealthcheck => ("Write `test:` below `healthcheck:`, and the list behind it.", None),
        Slip::ListOfResources => ("At the top level each one is a key of its own: `name:` instead of `- name`.", None),
        Slip::ListInResource => (
            "A service's mounts or networks belong to the service; here only the name and its driver are declared.",
            None,
        ),
        Slip::SpaceInImage => ("An image is one text, `name:tag`, without a space behind the colon.", None),
    };
    (help.to_owned(), fix)
}

fn unknown_key(out: &Findings<'_>, fault: &Fault, path: &str, key: &str, hint: KeyHint) -> Finding {
    let place = if path.is_empty() { "at the top level".to_owned() } else { format!("in `{path}`") };
    let message =
        format!("`{key}` is no attribute {place}; Compose stops with \"additional properties '{key}' not allowed\".");
    let finding = out.fault(fault, message).help(where_it_belongs(key, hint));
    match hint {
        KeyHint::Near(near) => with_fix(finding, fault, &format!("write `{near}`"), Applicability::Unsafe),
        _ => finding,
    }
}

fn where_it_belongs(key: &str, hint: KeyHint) -> String {
    match hint {
        KeyHint::ServiceAtTop => format!("`{key}` looks like a service: indent it below `services:`."),
        KeyHint::AttributeAtTop => format!("`{key}` belongs to a service: indent it below the service's name."),
        KeyHint::OfBuild => format!("`{key}` belongs below `build:`, indented one step further."),
        KeyHint::OfDeploy => format!("`{key}` belongs below `deploy:`."),
        KeyHint::OfResources => format!("`{key}` belongs below `deploy:`, `resources:`."),
        KeyHint::OfHealthcheck => format!("`{key}` belongs below `healthcheck:`."),
        KeyHint::ServiceInService => format!("`{key}` looks like a service of its own: it is indented too far."),
        KeyHint::OfResource => format!("`{key}` belongs to a volume or network at the top level."),
        KeyHint::Gpu => "Did you mean `gpus: all`?".into(),
        KeyHint::ServiceName => "A service's name consists of letters, digits, `.`, `_` and `-`.".into(),
        KeyHint::TooFar => format!("`{key}` belongs to the service: it is indented one step too far."),
        KeyHint::OfDeployResources => format!("`{key}` belongs below `resources:`."),
        KeyHint::Restart => "Here it is called `restart_policy`; `restart` belongs to the service.".into(),
        KeyHint::DevicesUnderLimits => "Devices are reserved: move `devices` below `reservations:`.".into(),
        KeyHint::Near(near) => format!("Did you mean `{near}`?"),
        KeyHint::Extension => "Delete it, or begin its name with `x-` to keep it as a note of your own.".into(),
        KeyHint::Unknown => "Delete it.".into(),
    }
}
