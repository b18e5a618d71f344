//! Comments that silence findings: our own (`# dockcheck: ignore[rule] reason`) and, through the aliases of the rules,
//! those of other linters.
//!
//! A comment names rules and covers a place: the line it stands on or the next one (an instruction if one begins there), a
//! stage, a service, a file. One of ours that silences nothing is itself a finding, with a fix that removes it; so is a
//! name that no rule goes by.

mod comment;
pub mod write;

use std::collections::{BTreeSet, HashMap};

use crate::config::{RuleNames, names::did_you_mean};
use crate::diagnostic::{Finding, Severity, SuppressedBy, Suppression};
use crate::dockerfile::Dockerfile;
use crate::text::{FileId, SourceFile, Sources, Span};
use crate::yaml;

use comment::{IgnoredName, Reach, SuppressComment, Target};

/// The rules that this module reports itself.
pub const UNUSED: &str = "unused-suppression";
pub const UNKNOWN: &str = "unknown-suppression";

/// Comments of ours in one file beyond this number are not looked at: nobody writes them, and each is compared with each
/// finding.
const MOST: usize = 10_000;

/// A file whose comments count.
#[derive(Clone, Copy, Debug)]
pub enum Notes<'a> {
    Dockerfile(&'a Dockerfile),
    Compose(FileId),
}

/// What comments mean in this run.
pub struct SuppressOptions<'a> {
    pub names: &'a RuleNames,
    /// Whether a rule ran: only then is a comment for it known to be unused.
    pub ran: &'a dyn Fn(&str) -> bool,
    /// A comment without a reason silences nothing.
    pub require_reason: bool,
}

impl std::fmt::Debug for SuppressOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("require_reason", &self.require_reason).finish_non_exhaustive()
    }
}

/// A comment with the place that it covers, in the file that the user wrote.
struct Placed {
    directive: SuppressComment,
    /// `None`: nothing follows that it could cover.
    covers: Option<Cover>,
}

#[derive(Clone, Copy)]
enum Cover {
    Place(Span),
    File(FileId),
}

/// Marks the findings that a comment silences, and adds those on the comments themselves. The findings' spans must be
/// places in files that the user wrote. Returns the first comment of each file that is one too many.
pub fn apply(
    sources: &Sources,
    findings: &mut Vec<Finding>,
    files: &[Notes<'_>],
    options: &SuppressOptions<'_>,
) -> Vec<Span> {
    let mut left = Vec::new();
    let mut places = Places::of(findings);
    let mut seen = BTreeSet::new();
    let mut own = Vec::new();
    for notes in files {
        let id = match notes {
            Notes::Dockerfile(dockerfile) => dockerfile.file,
            Notes::Compose(file) => *file,
        };
        if !seen.insert(id) {
            continue;
        }
        for placed in placed(sources, notes, &mut left) {
            let used = silence(sources, findings, &mut places, &placed, options);
            if placed.directive.own {
                own.extend(judge(sources.file(id), sources, &placed, &used, options));
            }
        }
    }
    findings.extend(own);
    left
}

/// Of each rule in each file, in the order of their starts: start, end, the furthest end up to here, index.
type ByRule = HashMap<(FileId, &'static str), Vec<(u32, u32, u32, usize)>>;

/// Where findings stand, so that a comment finds those that it covers without looking at all of them.
struct Places {
    by_rule: ByRule,
    /// What comments have covered before: a second one for the same place changes nothing.
    known: HashMap<(&'static str, Span), bool>,
}

impl Places {
    fn of(findings: &[Finding]) -> Self {
        let mut by_rule = ByRule::new();
        for (index, finding) in findings.iter().enumerate() {
            let span = finding.primary.span;
            by_rule.entry((span.file, finding.rule)).or_default().push((span.start, span.end, 0, index));
        }
        for places in by_rule.values_mut() {
            places.sort_unstable();
            let mut furthest = 0;
            for place in places {
                furthest = furthest.max(place.1);
                place.2 = furthest;
            }
        }
        Places { by_rule, known: HashMap::new() }
    }

    /// Calls `mark` for each finding of a rule that touches a place; whether there is any.
    fn covered(&mut self, rule: &'static str, span: Span, mut mark: impl FnMut(usize)) -> bool {
        if let Some(known) = self.known.get(&(rule, span)) {
            return *known;
        }
        let places = self.by_rule.get(&(span.file, rule)).map_or(&[][..], Vec::as_slice);
        let behind = places.partition_point(|place| place.0 <= span.end);
        let mut any = false;
        for (_, end, furthest, index) in places.get(..behind).unwrap_or(&[]).iter().rev() {
            if *furthest < span.start {
                break;
            }
            if *end >= span.start {
                any = true;
                mark(*index);
            }
        }
        self.known.insert((rule, span), any);
        any
    }
}

/// Marks what one comment covers; the names of it that were of use, by index.
fn silence(
    sources: &Sources,
    findings: &mut [Finding],
    places: &mut Places,
    placed: &Placed,
    options: &SuppressOptions<'_>,
) -> BTreeSet<usize> {
    let mut used = BTreeSet::new();
    let directive = &placed.directive;
    let Some(cover) = placed.covers else { return used };
    if directive.own && options.require_reason && directive.reason.is_none() {
        return used;
    }
    let span = match cover {
        Cover::Place(span) => span,
        Cover::File(file) => {
            let file = sources.resolve(Span::at(file, 0)).file;
            sources.file(file).span(0..sources.file(file).text().len())
        }
    };
    let mut marked: HashMap<&'static str, bool> = HashMap::new();
    for (index, name) in directive.names.iter().enumerate() {
        for rule in rules(name, directive, options.names) {
            let any = *marked.entry(rule).or_insert_with(|| {
                places.covered(rule, span, |at| {
                    if let Some(finding) = findings.get_mut(at) {
                        finding.suppressed.get_or_insert_with(|| Suppression {
                            by: SuppressedBy::Comment,
                            reason: directive.reason.clone(),
                        });
                    }
                })
            });
            if any {
                used.insert(index);
            }
        }
    }
    used
}

/// The rules that a name stands for; another linter's comment speaks its own names only.
fn rules(name: &IgnoredName, directive: &SuppressComment, names: &RuleNames) -> Vec<&'static str> {
    if directive.own { names.resolve(&name.text) } else { names.aliased(&name.text) }
}

/// What is to be said of a comment of ours.
fn judge(
    file: &SourceFile,
    sources: &Sources,
    placed: &Placed,
    used: &BTreeSet<usize>,
    options: &SuppressOptions<'_>,
) -> Vec<Finding> {
    let directive = &placed.directive;
    let mut out = Vec::new();
    let place = |span: Span| sources.resolve(span);
    if directive.names.is_empty() && (options.ran)(UNKNOWN) {
        let message = "this comment names no rule and silences nothing";
        let help = "write `# dockcheck: ignore[rule-name] reason`";
        out.push(Finding::new(UNKNOWN, Severity::Warning, place(directive.span), message).help(help));
        return out;
    }
    if options.require_reason && directive.reason.is_none() && (options.ran)(UNKNOWN) {
        let message = "this comment silences nothing: the configuration requires a reason";
        let help = "write it behind the bracket: `# dockcheck: ignore[rule-name] reason`";
        out.push(Finding::new(UNKNOWN, Severity::Warning, place(directive.span), message).help(help));
        return out;
    }
    let unknown = |name: &IgnoredName| options.names.resolve(&name.text).is_empty();
    let unused = |index: usize, name: &IgnoredName| {
        !used.contains(&index) && options.names.resolve(&name.text).iter().all(|rule| (options.ran)(rule))
    };
    let useless: Vec<usize> =
        directive.names.iter().enumerate().filter(|(i, n)| unknown(n) || unused(*i, n)).map(|(i, _)| i).collect();
    for index in useless.iter().copied() {
        let Some(name) = directive.names.get(index) else { continue };
        let text = &name.text;
        let finding = if unknown(name) {
            if !(options.ran)(UNKNOWN) {
                continue;
            }
            let hint = did_you_mean(options.names.suggest(text).as_deref());
            let message = format!("no rule is called `{text}`{hint}");
            Finding::new(UNKNOWN, Severity::Warning, place(name.span), message)
        } else {
            if !(options.ran)(UNUSED) {
                continue;
            }
            let what = match (directive.scope, placed.covers) {
                (_, None) => "nothing follows that it could cover",
                (Reach::File, _) => "the rule finds nothing in this file",
                (Reach::Stage, _) => "the rule finds nothing in this stage",
                (Reach::Service, _) => "the rule finds nothing in this service",
                (Reach::Line, _) => "the rule finds nothing there",
            };
            Finding::new(UNUSED, Severity::Info, place(name.span), format!("`{text}` is silenced for nothing: {what}"))
        };
        let fix = match useless.len() == directive.names.len() {
            true => directive.removal(file),
            false => directive.without(index),
        };
        out.push(finding.fix(fix));
    }
    out
}

/// The comments of a file that silence, with what they cover.
fn placed(sources: &Sources, notes: &Notes<'_>, left: &mut Vec<Span>) -> Vec<Placed> {
    let mut last = None;
    match notes {
        Notes::Dockerfile(dockerfile) => {
            let file = sources.file(dockerfile.file);
            let comments = comment::in_dockerfile(file, dockerfile);
            left.extend(comments.get(MOST).map(|first| first.span));
            let comments = comments.into_iter().take(MOST);
            comments.map(|d| place_dockerfile(sources, file, dockerfile, d, &mut last)).collect()
        }
        Notes::Compose(id) => {
            let file = sources.file(*id);
            if !comment::may_hold_any(file.text()) {
                return Vec::new();
            }
            let stream = yaml::parse(file);
            let services = services(file, &stream);
            let scalars = tall_scalars(file, &stream);
            let comments = comment::in_yaml(file, &stream);
            left.extend(comments.get(MOST).map(|first| first.span));
            let comments = comments.into_iter().take(MOST);
            comments.map(|d| place_yaml(sources, file, &services, &scalars, d, &mut last)).collect()
        }
    }
}

fn place_dockerfile(
    sources: &Sources,
    file: &SourceFile,
    dockerfile: &Dockerfile,
    directive: SuppressComment,
    last: &mut Option<Target>,
) -> Placed {
    let target = directive.target_line(file, last);
    let begins = |line: u32| {
        let at = dockerfile.instructions.partition_point(|i| i.first_line < line);
        dockerfile.instructions.get(at).filter(|i| i.first_line == line)
    };
    let covers = match directive.scope {
        Reach::File => Some(Cover::File(file.id())),
        Reach::Service => None,
        Reach::Stage => {
            let begun = dockerfile.stages.partition_point(|s| {
                let from = dockerfile.instructions.get(s.from);
                // Right above a FROM it speaks of that stage, not of the one that ends there.
                from.is_some_and(|f| f.span.start <= directive.span.start || target.is_some_and(|t| f.first_line <= t))
            });
            // Above the first stage, where global arguments stand.
            let at = (!dockerfile.stages.is_empty()).then(|| begun.saturating_sub(1));
            at.and_then(|i| dockerfile.stages.get(i)).and_then(|stage| {
                let instructions = dockerfile.stage_instructions(stage);
                Some(Cover::Place(sources.resolve(instructions.first()?.span.cover(instructions.last()?.span))))
            })
        }
        Reach::Line => target.map(|line| {
            let span = match begins(line) {
                Some(instruction) if directive.alone => instruction.span,
                _ => file.span(file.line_range(line)),
            };
            Cover::Place(sources.resolve(span))
        }),
    };
    Placed { directive, covers }
}

/// Key and mapping of each service, with the key's line.
fn services(file: &SourceFile, stream: &yaml::Stream<'_>) -> Vec<(u32, Span, Span)> {
    let services = stream.root().and_then(|root| stream.get(root, "services"));
    let pairs = services.map(|s| stream.pairs(s)).unwrap_or_default();
    let places = pairs.iter().map(|pair| (stream.node(pair.key).span, stream.node(pair.value).span));
    places.map(|(key, value)| (file.line_of(key.start), key, value)).collect()
}

/// Scalars over several lines, a block scalar with the line of its header: a comment above covers all of it.
fn tall_scalars(file: &SourceFile, stream: &yaml::Stream<'_>) -> HashMap<u32, Span> {
    let mut out = HashMap::new();
    // All that is written once; a walk through aliases could go on for ever.
    for node in stream.nodes().filter(|node| matches!(node.kind, yaml::NodeKind::Scalar(..))) {
        let span = write::filled(file, node);
        if file.line_of(span.start) < file.line_of(span.end) {
            out.insert(file.line_of(span.start), span);
        }
    }
    out
}

fn place_yaml(
    sources: &Sources,
    file: &SourceFile,
    services: &[(u32, Span, Span)],
    scalars: &HashMap<u32, Span>,
    directive: SuppressComment,
    last: &mut Option<Target>,
) -> Placed {
    let target = directive.target_line(file, last);
    let covers = match directive.scope {
        Reach::File => Some(Cover::File(file.id())),
        Reach::Stage => None,
        Reach::Service => {
            let begun = services.partition_point(|(line, key, _)| {
                key.start <= directive.span.start || target.is_some_and(|target| *line <= target)
            });
            let service = begun.checked_sub(1).and_then(|at| services.get(at));
            service.map(|(_, key, value)| Cover::Place(sources.resolve(key.cover(*value))))
        }
        Reach::Line => target.map(|line| {
            let span = file.span(file.line_range(line));
            let tall = scalars.get(&line).filter(|_| directive.alone);
            Cover::Place(sources.resolve(tall.map_or(span, |s| span.cover(*s))))
        }),
    };
    Placed { directive, covers }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
