//! What a rule says: a [`Finding`] with its evidence in whatever file it lies, and the [`Fix`]es that would mend it.
//!
//! Nothing here knows how a finding is shown; nothing outside `report/` shows one.

use crate::text::Span;

/// How bad it is. What each level promises stands in the README.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; never fails by default.
    Info,
    /// Very probably a defect, or surely one under a condition that the message names.
    Warning,
    /// The build or the start fails, or something other than written runs, and the chain of facts is shown.
    Error,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Info, Severity::Warning, Severity::Error];

    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// How sure we are of the facts, apart from how bad they would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    Possible,
    Likely,
    Certain,
}

impl Confidence {
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Certain => "certain",
        }
    }
}

/// A place and what it contributes to the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub message: String,
}

/// Whether a fix may be applied without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Applicability {
    /// Cannot change which program runs.
    Safe,
    /// Can change which program runs: needs `--unsafe-fixes`.
    Unsafe,
    /// Only shown: it holds a placeholder or a choice.
    Display,
}

impl Applicability {
    pub fn as_str(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::Display => "display",
        }
    }
}

/// Replaces the bytes under `span` by `text`. An empty span inserts, an empty text deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// One way to mend a finding: all of its edits or none, in one file or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// An imperative sentence without a full stop: "add build-essential to the install list".
    pub title: String,
    pub applicability: Applicability,
    pub edits: Vec<Edit>,
}

impl Fix {
    pub fn new(title: impl Into<String>, applicability: Applicability) -> Self {
        Fix { title: title.into(), applicability, edits: Vec::new() }
    }

    #[must_use]
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }

    #[must_use]
    pub fn insert(self, at: Span, text: impl Into<String>) -> Self {
        self.edit(at.start_point(), text)
    }
}

/// Why a finding is not shown among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    pub by: SuppressedBy,
    /// The words behind the comment or beside the baseline entry.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    Comment,
    Baseline,
}

/// One thing that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name, kebab-case: the stem of its page in `rules/`.
    pub rule: &'static str,
    pub severity: Severity,
    pub confidence: Confidence,
    /// What is wrong, in one clause that names its subject: lower case, no full stop.
    pub title: String,
    /// The deciding place.
    pub primary: Label,
    /// The evidence, in the order in which it convinces.
    pub related: Vec<Label>,
    /// Why it is wrong, each a clause: the error that the user would otherwise meet, the consequence, the reason.
    pub notes: Vec<String>,
    /// What to do, as an imperative, and how to see that it worked.
    pub help: Option<String>,
    /// All services concerned, the first one first.
    pub services: Vec<String>,
    /// The Dockerfile stage concerned, by name or index.
    pub stage: Option<String>,
    pub fixes: Vec<Fix>,
    pub suppressed: Option<Suppression>,
    /// The file itself says that this fails the build (`# check=error=true`): it stays an error whatever the rule's level.
    pub fails_build: bool,
    /// Stays the same while lines shift; see [`crate::report::fingerprint`].
    pub fingerprint: String,
}

impl Finding {
    /// Every place in it, to be changed.
    pub fn spans_mut(&mut self) -> impl Iterator<Item = &mut Span> {
        let edits = self.fixes.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.span);
        std::iter::once(&mut self.primary).chain(&mut self.related).map(|label| &mut label.span).chain(edits)
    }

    pub fn new(rule: &'static str, severity: Severity, span: Span, title: impl Into<String>) -> Self {
        Finding {
            rule,
            severity,
            confidence: match severity {
                Severity::Error => Confidence::Certain,
                Severity::Warning => Confidence::Likely,
                Severity::Info => Confidence::Possible,
            },
            title: title.into(),
            primary: Label { span, message: String::new() },
            related: Vec::new(),
            notes: Vec::new(),
            help: None,
            services: Vec::new(),
            stage: None,
            fixes: Vec::new(),
            suppressed: None,
            fails_build: false,
            fingerprint: String::new(),
        }
    }

    /// Returns the fix that is offered first: the first safe one, else the first unsafe one, else the first.
    pub fn best_fix(&self) -> Option<&Fix> {
        let by = |wanted| self.fixes.iter().find(|fix| fix.applicability == wanted);
        by(Applicability::Safe).or_else(|| by(Applicability::Unsafe)).or_else(|| self.fixes.first())
    }

    /// What the primary place itself shows, in a few words under the underline.
    #[must_use]
    pub fn here(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }

    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Label { span, message: message.into() });
        self
    }

    /// Adds a reason, the quoted error or a consequence.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    #[must_use]
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.services.push(name.into());
        self
    }

    #[must_use]
    pub fn stage(mut self, name: impl Into<String>) -> Self {
        self.stage = Some(name.into());
        self
    }

    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }
}

/// Something that could not be read or followed, so that silence about it is not taken for health.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CoverageNote {
    /// As reports show it; a path where there is no [`Span`] to point at.
    pub path: String,
    /// From 1; 0 where the note concerns the whole file.
    pub line: u32,
    /// "include of https://… is remote and was not read".
    pub what: String,
    /// A limit, or a fault in reading, kept a whole file from being judged.
    pub unjudged: bool,
}
