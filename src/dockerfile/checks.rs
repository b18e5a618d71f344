//! `# check=skip=…;error=true`: what a Dockerfile says about the builder's own checks, for the file and for one instruction.

use crate::text::Span;

use super::{Dockerfile, Instruction};

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
    /// What the checks find fails the build.
    pub error: bool,
}

impl CheckOptions {
    /// Reads `skip=A,B;error=true;experimental=all`; words behind the first blank are a remark. `None` for what the builder
    /// refuses.
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

/// The text of a comment that begins with `check=`, behind the equals sign.
pub(super) fn of_comment(comment: &str) -> Option<CheckOptions> {
    let text = comment.strip_prefix('#')?.trim();
    let (name, value) = text.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("check") {
        return None;
    }
    CheckOptions::parse(value.trim_start())
}

impl Dockerfile {
    /// The options of the `# check=` directive at the top.
    pub fn check_directive(&self) -> Option<(CheckOptions, Span)> {
        let directive = self.directives.iter().find(|directive| directive.name == "check")?;
        Some((CheckOptions::parse(&directive.value)?, directive.span))
    }
}

impl Instruction {
    /// Whether a comment in front of it turns a check off.
    pub fn skips_check(&self, check: &str) -> bool {
        self.checks.as_ref().is_some_and(|checks| checks.skips(check))
    }
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
