//! `# check=skip=…;error=true`: options for the builder's own checks, for a file or for one instruction.

/// The names of the builder's checks. Read in BuildKit's `frontend/dockerfile/linter`, 2026-11.
pub const BUILDER_CHECKS: [&str; 22] = [
    "ConsistentInstructionCasing",
    "CopyIgnoredFile",
    "DuplicateStageName",
    "ExposeInvalidFormat",
    "ExposeProtoCasing",
    "FromAsCasing",
    "FromPlatformFlagConstDisallowed",
    "InvalidBaseImagePlatform",
    "InvalidDefaultArgInFrom",
    "InvalidDefinitionDescription",
    "JSONArgsRecommended",
    "LegacyKeyValueFormat",
    "MaintainerDeprecated",
    "MultipleInstructionsDisallowed",
    "NoEmptyContinuation",
    "RedundantTargetPlatform",
    "ReservedStageName",
    "SecretsUsedInArgOrEnv",
    "StageNameCasing",
    "UndefinedArgInFrom",
    "UndefinedVar",
    "WorkdirRelativePath",
];

/// The options of one `check=`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    pub skip_all: bool,
    pub skip: Vec<String>,
    /// Experimental checks run only where they are asked for.
    pub experimental_all: bool,
    pub experimental: Vec<String>,
    /// Findings of the checks fail the build.
    pub error: bool,
}

impl CheckOptions {
    /// Reads `skip=A,B;error=true;experimental=all`; words after the first blank are a remark. Returns `None` for
    /// what the builder refuses.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split(' ').next().unwrap_or("").trim();
        let mut options = CheckOptions::default();
        if text.is_empty() {
            return Some(options);
        }
        let names = |value: &str| value.split(',').map(|name| name.trim().to_owned()).collect();
        for part in text.splitn(3, ';') {
            let (key, value) = part.split_once('=')?;
            match (key.trim(), value.trim()) {
                ("skip", "all") => options.skip_all = true,
                ("skip", value) => options.skip = names(value),
                ("experimental", "all") => options.experimental_all = true,
                ("experimental", value) => options.experimental = names(value),
                ("error", "1" | "t" | "T" | "TRUE" | "true" | "True") => options.error = true,
                ("error", "0" | "f" | "F" | "FALSE" | "false" | "False") => options.error = false,
                _ => return None,
            }
        }
        Some(options)
    }

    pub fn skips(&self, check: &str) -> bool {
        self.skip_all || self.skip.iter().any(|name| name == check)
    }

    pub fn asks_for(&self, check: &str) -> bool {
        self.experimental_all || self.experimental.iter().any(|name| name == check)
    }
}

/// Reads the options of a comment that begins with `check=`.
pub(super) fn of_comment(comment: &str) -> Option<CheckOptions> {
    let text = comment.strip_prefix('#')?.trim();
    let (name, value) = text.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("check") {
        return None;
    }
    CheckOptions::parse(value.trim_start())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        // A blank ends them.
        assert!(!CheckOptions::parse("skip=A, B;error=true").unwrap().error);
        let options = CheckOptions::parse("skip=A,B;error=true // why").unwrap();
        assert!(options.skips("B") && !options.skips("C") && options.error);
        assert!(CheckOptions::parse("skip=all").unwrap().skips("anything"));
        assert!(CheckOptions::parse("experimental=X").unwrap().asks_for("X"));
        assert_eq!(CheckOptions::parse("nonsense"), None);
        assert!(of_comment("# check=skip=A // because").unwrap().skips("A"));
        assert_eq!(of_comment("# checked"), None);
    }
}
