//! What a rule's page in `rules/` says of it: the front matter, and the page itself.

use std::sync::OnceLock;

use serde::Deserialize;

use super::Severity;

/// What kind of defect a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    Correctness,
    Suspicious,
    Security,
    Reproducibility,
    Size,
    Style,
}

impl Group {
    pub const ALL: [Group; 6] =
        [Group::Correctness, Group::Suspicious, Group::Security, Group::Reproducibility, Group::Size, Group::Style];

    pub fn as_str(self) -> &'static str {
        match self {
            Group::Correctness => "correctness",
            Group::Suspicious => "suspicious",
            Group::Security => "security",
            Group::Reproducibility => "reproducibility",
            Group::Size => "size",
            Group::Style => "style",
        }
    }
}

/// The highest level that a rule reports at, unless the user says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Off,
    Info,
    Warning,
    Error,
}

impl Level {
    /// `None` for a rule that is off.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Level::Off => None,
            Level::Info => Some(Severity::Info),
            Level::Warning => Some(Severity::Warning),
            Level::Error => Some(Severity::Error),
        }
    }
}

/// The best fix that a rule offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FixKind {
    None,
    Display,
    Unsafe,
    Safe,
}

/// A page's front matter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontMatter {
    pub summary: String,
    pub group: Group,
    pub level: Level,
    pub fix: FixKind,
    /// Other tools' names of the same check.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The release that brought it.
    pub since: String,
}

/// One rule as the registry knows it.
#[derive(Debug)]
pub struct RuleMeta {
    /// Kebab-case; the stem of the page.
    pub name: &'static str,
    /// The page as written, front matter included.
    pub page: &'static str,
    parsed: OnceLock<FrontMatter>,
}

impl RuleMeta {
    pub const fn new(name: &'static str, page: &'static str) -> Self {
        RuleMeta { name, page, parsed: OnceLock::new() }
    }

    /// The front matter, parsed on first use. A page that does not parse fails the test that reads every page; at run time
    /// it counts as a warning without words.
    pub fn front(&self) -> &FrontMatter {
        self.parsed.get_or_init(|| {
            parse_front(self.page).map(|(front, _)| front).unwrap_or_else(|_| FrontMatter {
                summary: self.name.replace('-', " "),
                group: Group::Suspicious,
                level: Level::Warning,
                fix: FixKind::None,
                aliases: Vec::new(),
                since: String::new(),
            })
        })
    }

    /// The level that the page gives. Every run asks it of every rule, so only its line is read.
    pub fn level(&self) -> Level {
        let front = split_front(self.page).map_or("", |(front, _)| front);
        let level = front.lines().find_map(|line| line.strip_prefix("level:"));
        match level.map(|text| text.split('#').next().unwrap_or(text).trim()) {
            Some("off") => Level::Off,
            Some("info") => Level::Info,
            Some("warning") => Level::Warning,
            Some("error") => Level::Error,
            _ => self.front().level,
        }
    }

    /// The page without its front matter.
    pub fn body(&self) -> &'static str {
        split_front(self.page).map_or(self.page, |(_, body)| body)
    }

    /// Where the page can be read.
    pub fn url(&self) -> String {
        format!("https://dockcheck.dev/rules/{}", self.name)
    }
}

/// Front matter and body of a page.
pub fn parse_front(page: &str) -> Result<(FrontMatter, &str), String> {
    let (front, body) = split_front(page).ok_or("the page does not begin with `---` and a closing `---`")?;
    let front = serde_yaml::from_str(front).map_err(|e| e.to_string())?;
    Ok((front, body))
}

fn split_front(page: &str) -> Option<(&str, &str)> {
    page.strip_prefix("---\n")?.split_once("\n---\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_line_of_the_level_says_what_the_front_matter_says() {
        for entry in &crate::rules::RULES {
            assert_eq!(entry.meta.level(), entry.meta.front().level, "{}", entry.meta.name);
        }
    }
}
