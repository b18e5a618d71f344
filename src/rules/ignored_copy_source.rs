//! rules/ignored-copy-source.md

use crate::diagnostic::{Finding, Severity};
use crate::dockerfile::expand::is_heredoc;
use crate::dockerfile::ignore_file::IgnoreFile;
use crate::dockerfile::{Body, Instruction, Keyword, Word};
use crate::project::{Build, DockerfileView};
use crate::text::Span;
use crate::text::go::path_clean;

use super::{Findings, Rule};

pub(super) struct IgnoredCopySource;

impl Rule for IgnoredCopySource {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        for build in view.builds() {
            let Some(ignore) = build.ignore.and_then(|index| view.project.ignores.get(index)) else { continue };
            for (index, instruction) in view.instructions() {
                let Body::Copy { sources, .. } = &instruction.body else { continue };
                let stage = build.evaluation.stage_of(index);
                if instruction.flag("from").is_some() || !stage.is_some_and(|stage| build.reaches(stage)) {
                    continue;
                }
                for source in sources.iter().filter(|source| !is_heredoc(instruction, source)) {
                    let Some(path) = build.word(index, source) else { continue };
                    if let Some(finding) = judge(view, build, ignore, instruction, source, &path, out) {
                        out.report_check(view, index, finding);
                    }
                }
            }
        }
    }
}

fn judge(
    view: &DockerfileView<'_>,
    build: &Build,
    ignore: &IgnoreFile,
    instruction: &Instruction,
    source: &Word,
    path: &str,
    out: &Findings<'_>,
) -> Option<Finding> {
    let remote = instruction.keyword == Keyword::Add && (path.contains("://") || path.starts_with("git@"));
    if remote || path.is_empty() {
        return None;
    }
    let path = path_clean(path);
    let path = path.trim_start_matches('/');
    let file = |span: Span| view.project.file(span.file).name().to_owned();
    let word = instruction.keyword.as_str();
    let (severity, span, message) = if path.is_empty() || path == "." {
        let span = ignore.excludes_everything().filter(|_| !ignore.has_negations())?;
        let message = format!("`{}` excludes the whole build context, so this {word} copies nothing", file(span));
        (Severity::Warning, span, message)
    } else {
        let verdict = ignore.matches(path).filter(|verdict| verdict.excluded)?;
        let pattern = path.contains(['*', '?', '[']);
        let perhaps = if pattern { ignore.has_negations() } else { ignore.may_reinclude_below(path) };
        if perhaps {
            return None;
        }
        let what = match pattern {
            true => format!("`{}` keeps what `{path}` names out of the build context", file(verdict.span)),
            false => format!(
                "`{}` keeps `{path}` out of the build context, so this {word} ends with \"/{path}: not found\"",
                file(verdict.span)
            ),
        };
        // Nobody says which context it is built with: perhaps the root, where the file is.
        if build.users.is_empty() && elsewhere(view, build, path) {
            return None;
        }
        let certain = !build.users.is_empty() && !pattern && instruction.flag("parents").is_none() && !path.starts_with("..");
        (if certain { Severity::Error } else { Severity::Warning }, verdict.span, what)
    };
    let mut finding = out.finding(severity, source.span, message).label(span, "this line excludes it");
    let users: Vec<String> =
        build.users.iter().filter_map(|id| Some(view.project.service(*id)?.service.name.clone())).collect();
    for service in users {
        finding = finding.service(service);
    }
    Some(finding.help("take the line out, or add one behind it that takes the path back: `!path`"))
}

/// Whether a source is absent from the folder that we take for the context, and present at the root.
fn elsewhere(view: &DockerfileView<'_>, build: &Build, path: &str) -> bool {
    let files = &view.project.files;
    let here = build.context().is_some_and(|context| files.entry(&context.join(path)).is_some());
    build.context() != Some(files.root()) && !here && files.entry(&files.root().join(path)).is_some()
}
