//! rules/relative-workdir.md

use crate::diagnostic::{Applicability, Fix};
use crate::dockerfile::Body;
use crate::dockerfile::expand::StageBase;
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct RelativeWorkdir;

impl Rule for RelativeWorkdir {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let Some(evaluation) = view.evaluation() else { return };
        // Whether a stage or one below it has set its folder.
        let mut set: Vec<bool> = Vec::new();
        for stage in &view.parsed().stages {
            let base = evaluation.stages().get(stage.index).map(|info| &info.base);
            let mut is_set = matches!(base, Some(StageBase::Stage(below)) if set.get(*below) == Some(&true));
            for index in stage.instructions.clone() {
                let Some(Body::Workdir(word)) = view.parsed().instructions.get(index).map(|i| &i.body) else { continue };
                if std::mem::replace(&mut is_set, true) {
                    continue;
                }
                let Some(path) = evaluation.scope(index).expand(word).text else { continue };
                let drive = path.as_bytes().get(1) == Some(&b':');
                if path.starts_with('/') || drive || (path.starts_with('\\') && view.parsed().escape == '`') {
                    continue;
                }
                let message = format!("`{path}` is relative to whatever folder the base image sets, which may change");
                let mut finding = out.warning(word.span, message).here("the first WORKDIR of this stage");
                if word.text.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') && !path.is_empty() {
                    let fix = Fix::new("make it absolute", Applicability::Unsafe).insert(word.span, "/");
                    finding = finding.fix(fix);
                }
                out.report_check(view, index, finding);
            }
            set.push(is_set);
        }
    }
}
