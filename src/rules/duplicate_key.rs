//! rules/duplicate-key.md

use super::{Findings, Rule};
use crate::project::Project;

pub(super) struct DuplicateKey;

impl Rule for DuplicateKey {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        project.compose.iter().for_each(|compose| out.report_all(&compose.findings));
    }
}
