//! rules/unset-variable.md

use super::{Findings, Rule};
use crate::project::Project;

pub(super) struct UnsetVariable;

impl Rule for UnsetVariable {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        project.compose.iter().for_each(|compose| out.report_all(&compose.findings));
    }
}
