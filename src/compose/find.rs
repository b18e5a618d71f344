//! Which names are compose files, which of several Compose takes, and what a compose file looks like inside.

use crate::yaml::{NodeKind, Stream};

/// Default names, the first one present wins.
/// Source: compose-go, `cli/options.go`.
pub const BASE_NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// Overrides next to the base, the first one present wins, whatever the name of the base.
/// Source: compose-go, `cli/options.go`.
pub const OVERRIDE_NAMES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// What `docker compose` would take in a folder without `-f`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub base: Option<String>,
    pub overriding: Option<String>,
    /// Further default names that Compose warns of and leaves out.
    pub ignored: Vec<String>,
}

/// Chooses base and override among the names in a folder.
pub fn base_and_override<S: AsRef<str>>(names: &[S]) -> Choice {
    let present = |wanted: &[&str]| -> Vec<String> {
        wanted.iter().filter(|w| names.iter().any(|n| n.as_ref() == **w)).map(|w| (*w).to_owned()).collect()
    };
    let mut bases = present(&BASE_NAMES).into_iter();
    let mut overrides = present(&OVERRIDE_NAMES).into_iter();
    let Some(base) = bases.next() else { return Choice::default() };
    let overriding = overrides.next();
    Choice { base: Some(base), overriding, ignored: bases.chain(overrides).collect() }
}

/// Attributes of which a mapping must have one to be taken for a service.
const SERVICE_KEYS: [&str; 16] = [
    "image",
    "build",
    "extends",
    "command",
    "entrypoint",
    "ports",
    "volumes",
    "environment",
    "env_file",
    "depends_on",
    "networks",
    "restart",
    "deploy",
    "container_name",
    "healthcheck",
    "provider",
];

/// Keys that are allowed at the top level besides `x-…`.
const TOP_LEVEL_KEYS: [&str; 9] =
    ["version", "name", "services", "networks", "volumes", "configs", "secrets", "include", "models"];

/// Attributes that other programs give to their `services:` and Compose does not know: another grammar.
const FOREIGN_KEYS: [&str; 10] =
    ["env", "envVars", "run", "resources", "replicaCount", "steps", "type", "buildCommand", "startCommand", "enabled"];

/// True if a text has a key of a compose file at its left margin, so that it is certainly not a file of another program.
/// Does not parse the YAML.
pub fn has_own_key(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| {
        let key = line.split(|byte| *byte == b':').next().filter(|key| key.len() < line.len());
        key.is_some_and(|key| TOP_LEVEL_KEYS.iter().any(|own| own.as_bytes() == key && *own != "name"))
    })
}

/// True if a file with the name of a compose file belongs to another program: a list of tasks or steps, or, with a name
/// that Compose does not look for, a mapping without any key of a compose file.
pub fn is_of_another_program(yaml: &Stream<'_>, default_name: bool) -> bool {
    let mut roots = yaml.documents.iter().filter_map(|d| d.root).map(|root| (root, &yaml.target(root).kind)).peekable();
    if roots.peek().is_none() {
        return false;
    }
    roots.all(|(root, kind)| match kind {
        NodeKind::Sequence(items) => {
            !items.is_empty() && items.iter().all(|i| matches!(yaml.target(*i).kind, NodeKind::Mapping(_)))
        }
        NodeKind::Mapping(pairs) => {
            !default_name
                && !pairs.is_empty()
                && !pairs.iter().any(|p| yaml.text(p.key).is_some_and(|k| TOP_LEVEL_KEYS.contains(&k) && k != "name"))
                // The first version of the format, without `services:`.
                && !pairs.iter().any(|p| {
                    ["image", "build", "extends"].iter().any(|k| yaml.get(p.value, k).is_some())
                })
                && yaml.get(root, "services").is_none()
        }
        _ => false,
    })
}

/// True if a YAML file of any name holds a compose project: a top-level `services:` mapping of service-like values, without
/// keys that belong to files of other programs (Helm values, platform blueprints, pipelines).
pub fn looks_like_compose(yaml: &Stream<'_>) -> bool {
    yaml.documents.iter().filter_map(|d| d.root).any(|root| {
        let own = |key: &str| TOP_LEVEL_KEYS.contains(&key) || key.starts_with("x-") || key == "<<";
        let foreign = yaml.pairs(root).iter().any(|p| yaml.text(p.key).is_some_and(|k| !own(k)));
        !foreign
            && yaml.get(root, "services").is_some_and(|services| {
                let pairs = yaml.pairs(services);
                !pairs.is_empty()
                    && pairs.iter().all(|pair| {
                        let value = yaml.target(pair.value);
                        match &value.kind {
                            NodeKind::Mapping(attributes) => {
                                let any = |wanted: &dyn Fn(&str) -> bool| {
                                    attributes.iter().any(|a| yaml.text(a.key).is_some_and(wanted))
                                };
                                any(&|k| SERVICE_KEYS.contains(&k) || k == "<<" || k.starts_with("x-"))
                                    && !any(&|k| FOREIGN_KEYS.contains(&k))
                            }
                            _ => false,
                        }
                    })
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_an_order() {
        let choice = base_and_override(&[
            "docker-compose.yml",
            "compose.yml",
            "compose.override.yaml",
            "docker-compose.override.yml",
        ]);
        assert_eq!(choice.base.as_deref(), Some("compose.yml"));
        assert_eq!(choice.overriding.as_deref(), Some("compose.override.yaml"));
        assert_eq!(choice.ignored, ["docker-compose.yml", "docker-compose.override.yml"]);
        assert_eq!(base_and_override(&["compose.override.yml"]), Choice::default());
    }
}
