//! rules/unknown-stage-reference.md

use crate::diagnostic::{Applicability, Fix, Severity};
use crate::dockerfile::expand::{StageBase, BuildInputs, Evaluation};
use crate::dockerfile::image_ref::ImageRef;
use crate::dockerfile::suggest::nearest;
use crate::dockerfile::{Keyword, Word};
use crate::image::official;
use crate::project::image_names::is_plain;
use crate::project::DockerfileView;
use crate::analysis::yaml_edit;

use super::{Findings, Rule};

pub(super) struct UnknownStageReference;

impl Rule for UnknownStageReference {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let parsed = view.parsed();
        if !is_plain(parsed) {
            return;
        }
        // A named context of any service that builds it may be meant.
        let contexts: Vec<String> = view
            .builds()
            .flat_map(|b| view.project.users(b))
            .filter_map(|u| u.service.build.as_ref())
            .flat_map(|b| b.additional_contexts.iter().map(|(n, _)| n.clone()))
            .collect();
        let evaluation = Evaluation::new(parsed, &BuildInputs { named_contexts: &contexts, ..BuildInputs::default() });
        for (stage, info) in parsed.stages.iter().zip(evaluation.stages()) {
            if let (StageBase::Image(name), Some(word)) = (&info.base, parsed.base(stage)) {
                let literal = word.text == *name;
                let later = parsed.stages.iter().skip(stage.index).any(|s| is_named(s.name.as_ref(), name));
                if literal && later && !self.may_be_image(view, name) {
                    let message = format!(
                        "FROM names the stage `{name}`, which only begins here or later: the builder takes it for an image \
                         (\"docker.io/library/{name}: pull access denied, repository does not exist\")"
                    );
                    out.report(named(
                        view,
                        out.error(word.span, message).here("no stage of this name before this line"),
                    ));
                } else if literal {
                    self.similar(view, stage.index, (word, name), stage.index, out);
                }
            }
            for index in stage.instructions.clone() {
                let Some(instruction) = parsed.instructions.get(index) else { continue };
                let copied = instruction.flag("from").filter(|_| instruction.keyword == Keyword::Copy);
                let mounted = instruction.flags.iter().filter(|f| f.name == "mount").filter_map(|f| f.field(&["from"]));
                for (word, by_copy) in copied
                    .and_then(|f| f.value.as_ref())
                    .map(|w| (w, true))
                    .into_iter()
                    .chain(mounted.map(|w| (w, false)))
                {
                    if by_copy && let Ok(number) = word.text.parse::<usize>() {
                        if number >= parsed.stages.len() {
                            let count = parsed.stages.len();
                            let message = format!(
                                "there is no stage {number}: this Dockerfile has {count}, counted from 0; the build fails with \
                                 \"invalid stage index {number}\""
                            );
                            out.report(named(view, out.error(word.span, message).here("no such stage")));
                        }
                        continue;
                    }
                    let known = info.dependencies.iter().find(|d| d.span == word.span).map(|d| &d.source);
                    if let Some(StageBase::Image(name)) = known {
                        self.similar(view, stage.index, (word, name), usize::MAX, out);
                    }
                }
            }
        }
    }
}

fn is_named(word: Option<&Word>, name: &str) -> bool {
    word.is_some_and(|w| w.text.eq_ignore_ascii_case(name))
}

fn named(view: &DockerfileView<'_>, mut finding: crate::diagnostic::Finding) -> crate::diagnostic::Finding {
    for build in view.builds() {
        for name in view.project.user_names(build) {
            if !finding.services.contains(&name) {
                finding.services.push(name);
            }
        }
    }
    finding
}

impl UnknownStageReference {
    /// Whether an image of this name can exist: it has an owner, registry or tag, is official, or the project makes it.
    fn may_be_image(&self, view: &DockerfileView<'_>, name: &str) -> bool {
        let Some(image) = ImageRef::parse(name) else { return true };
        name.contains(['/', ':', '.', '@'])
            || official::is_official(&image)
            || view.project.repository.makes(&image).is_some()
            || view.project.is_built_by_a_service(&image)
    }

    /// Reports a name in `stage` that is nearly that of a stage before `before`, and can be nothing else.
    fn similar(&self, view: &DockerfileView<'_>, stage: usize, (word, name): (&Word, &str), before: usize, out: &mut Findings<'_>) {
        if self.may_be_image(view, name) || name.len() < 4 {
            return;
        }
        let parsed = view.parsed();
        let stages: Vec<&str> =
            parsed.stages.iter().take(before).filter_map(|s| Some(s.name.as_ref()?.text.as_str())).collect();
        let Some(near) = nearest(name, stages.iter().copied()) else { return };
        let message = format!(
            "there is no stage `{name}`, so the builder takes it for an image: \"docker.io/library/{name}: pull access denied, \
             repository does not exist\""
        );
        // The builder looks for the image only where the stage is built.
        let built = view.builds().any(|b| b.reaches(stage));
        let severity = if built { Severity::Error } else { Severity::Info };
        let mut finding = named(view, out.finding(severity, word.span, message).here("no such stage"));
        if let Some(stage) = parsed.stages.iter().filter_map(|s| s.name.as_ref()).find(|w| w.text == near) {
            finding = finding.label(stage.span, "the stage that is probably meant");
        }
        finding = finding.help(format!("did you mean `{near}`?"));
        if let Some(edit) = yaml_edit::replace_scalar(view.source(), word.span, name, near) {
            let fix = Fix::new(format!("name the stage `{near}`"), Applicability::Unsafe);
            finding = finding.fix(fix.edit(edit.span, edit.text));
        }
        out.report(finding);
    }
}
