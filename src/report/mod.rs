//! One renderer per format, each a pure function of the one [`Report`].
//!
//! Every renderer sees the report through a [`View`], which hands out text only sanitised and with secret values blotted out
//! (same length, so spans stay true).

pub mod azure;
pub mod concise;
mod each;
mod excerpt;
pub mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod grouped;
pub mod html;
pub mod json;
pub mod jsonl;
pub mod markdown;
pub mod patch;
pub mod pretty;
pub mod rdjson;
pub mod sarif;
pub mod schema;
pub mod summary;
mod view;
pub mod xml;

use crate::redact;

pub use view::{Counts, FindingPlace, Style, View, path_from_root};

/// The formats that a report can be had in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OutputFormat {
    Full,
    Concise,
    Grouped,
    Json,
    Jsonl,
    Github,
    Sarif,
    Gitlab,
    Junit,
    Checkstyle,
    Rdjson,
    Azure,
    Markdown,
    Html,
}

impl OutputFormat {
    pub const ALL: &[OutputFormat] = &[
        OutputFormat::Full,
        OutputFormat::Concise,
        OutputFormat::Grouped,
        OutputFormat::Json,
        OutputFormat::Jsonl,
        OutputFormat::Github,
        OutputFormat::Sarif,
        OutputFormat::Gitlab,
        OutputFormat::Junit,
        OutputFormat::Checkstyle,
        OutputFormat::Rdjson,
        OutputFormat::Azure,
        OutputFormat::Markdown,
        OutputFormat::Html,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            OutputFormat::Full => "full",
            OutputFormat::Concise => "concise",
            OutputFormat::Grouped => "grouped",
            OutputFormat::Json => "json",
            OutputFormat::Jsonl => "jsonl",
            OutputFormat::Github => "github",
            OutputFormat::Sarif => "sarif",
            OutputFormat::Gitlab => "gitlab",
            OutputFormat::Junit => "junit",
            OutputFormat::Checkstyle => "checkstyle",
            OutputFormat::Rdjson => "rdjson",
            OutputFormat::Azure => "azure",
            OutputFormat::Markdown => "markdown",
            OutputFormat::Html => "html",
        }
    }

    /// One line on what it is for.
    pub fn help(self) -> &'static str {
        match self {
            OutputFormat::Full => "For people: source, evidence from all files, fix and help",
            OutputFormat::Concise => "One line per finding",
            OutputFormat::Grouped => "By file, in columns",
            OutputFormat::Json => "For programs: one document, schema version 1",
            OutputFormat::Jsonl => "For programs: one finding a line",
            OutputFormat::Github => "Annotations for GitHub Actions",
            OutputFormat::Sarif => "SARIF 2.1.0, for code scanning",
            OutputFormat::Gitlab => "Code Quality report of GitLab",
            OutputFormat::Junit => "Test report in JUnit's XML",
            OutputFormat::Checkstyle => "Checkstyle's XML",
            OutputFormat::Rdjson => "For reviewdog, with suggestions",
            OutputFormat::Azure => "Logging commands of Azure Pipelines",
            OutputFormat::Markdown => "For a job summary or a comment",
            OutputFormat::Html => "One self-contained page",
        }
    }

    /// Meant for people: the summary follows it.
    pub fn is_text(self) -> bool {
        matches!(self, OutputFormat::Full | OutputFormat::Concise | OutputFormat::Grouped)
    }

    pub fn render(self, view: &View<'_>) -> String {
        match self {
            OutputFormat::Full => pretty::render(view),
            OutputFormat::Concise => concise::render(view),
            OutputFormat::Grouped => grouped::render(view),
            OutputFormat::Json => redact::json(&json::render(view)).into_owned(),
            OutputFormat::Jsonl => redact::json(&jsonl::render(view)).into_owned(),
            OutputFormat::Github => github::render(view),
            OutputFormat::Sarif => redact::json(&sarif::render(view)).into_owned(),
            OutputFormat::Gitlab => redact::json(&gitlab::render(view)).into_owned(),
            OutputFormat::Junit => xml::junit(view),
            OutputFormat::Checkstyle => xml::checkstyle(view),
            OutputFormat::Rdjson => redact::json(&rdjson::render(view)).into_owned(),
            OutputFormat::Azure => azure::render(view),
            OutputFormat::Markdown => markdown::render(view),
            OutputFormat::Html => html::render(view),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests;
