//! Looks for steps of a Dockerfile that may install root certificates.

use crate::dockerfile::expand::StageBase;
use crate::dockerfile::{Body, Stage};

use super::state::{CommandStep, Finder};

impl Finder<'_> {
    /// True if a step before this one may have put certificates where programs look for them, or told programs not to
    /// look.
    pub(super) fn installs_certificates(&self, step: &CommandStep<'_>) -> bool {
        const SIGNS: [&str; 8] = [
            "/etc/ssl",
            "/usr/share/ca-certificates",
            "/usr/local/share/ca-certificates",
            "ca-certificates",
            ".curlrc",
            "sslverify",
            ".wgetrc",
            "ca_cert",
        ];
        let first = |stage: &Stage| {
            stage.instructions.clone().find(|index| {
                let Some(instruction) = self.parsed.instructions.get(*index) else { return false };
                let relevant = match &instruction.body {
                    Body::Copy { destination: Some(to), .. } => {
                        matches!(
                            to.text.as_str(),
                            "/" | "/etc" | "/etc/" | "/usr" | "/usr/" | "/usr/share" | "/usr/share/"
                        )
                    }
                    _ => false,
                };
                let text = self.file.slice(instruction.span).to_ascii_lowercase();
                relevant || SIGNS.iter().any(|s| text.contains(s))
            })
        };
        let all = self.certificates.get_or_init(|| {
            let mut all: Vec<Option<usize>> = Vec::with_capacity(self.parsed.stages.len());
            for stage in &self.parsed.stages {
                let below = match self.build.base(stage.index) {
                    StageBase::Stage(parent) => all.get(parent).copied().flatten(),
                    _ => None,
                };
                all.push(below.or_else(|| first(stage)));
            }
            all
        });
        all.get(step.stage).copied().flatten().is_some_and(|first| first <= step.instruction)
    }
}
