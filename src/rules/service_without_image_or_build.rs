//! rules/service-without-image-or-build.md

use super::{Findings, Rule};
use crate::project::Project;

pub(super) struct ServiceWithoutImageOrBuild;

impl Rule for ServiceWithoutImageOrBuild {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        project.compose.iter().for_each(|compose| out.report_all(&compose.findings));
    }
}
