//! Known findings: a file that lets an old repository begin today and look only at what is new.
//!
//! An entry is known by its fingerprint, never by a line number, so it stays true while lines shift. The rest of the entry
//! is for the people who read the file's diff: sorted, one line each.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::diagnostic::Report;
use crate::diagnostic::{Finding, SuppressedBy, Suppression};

/// Version of the file's shape.
const VERSION: u32 = 1;

/// A file of known findings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Baseline {
    version: u32,
    #[serde(default)]
    findings: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Entry {
    path: String,
    rule: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    services: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    fingerprint: String,
    /// Why it may stay; written by people, kept when the file is written anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Baseline {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let baseline: Baseline = serde_json::from_str(text).map_err(|e| {
            // The reader's own words quote the file, which may be anything.
            format!("is not a baseline: line {}, column {} is not what belongs there", e.line(), e.column())
        })?;
        if baseline.version == VERSION {
            Ok(baseline)
        } else {
            Err(format!("is a baseline of version {}; this release reads version {VERSION}", baseline.version))
        }
    }

    /// The findings of a report that nothing else silences; reasons of an older baseline are kept.
    pub fn of(report: &Report, path: &dyn Fn(&Finding) -> String, older: Option<&Baseline>) -> Self {
        let reasons: HashMap<&str, &String> = older
            .iter()
            .flat_map(|b| &b.findings)
            .filter_map(|e| Some((e.fingerprint.as_str(), e.reason.as_ref()?)))
            .collect();
        let known = |f: &&Finding| f.suppressed.as_ref().is_none_or(|s| s.by == SuppressedBy::Baseline);
        let mut findings: Vec<Entry> = report
            .findings
            .iter()
            .filter(known)
            .map(|f| Entry {
                path: path(f),
                rule: f.rule.to_owned(),
                services: f.services.clone(),
                stage: f.stage.clone(),
                fingerprint: f.fingerprint.clone(),
                reason: reasons.get(f.fingerprint.as_str()).map(|r| (*r).clone()),
            })
            .collect();
        findings.sort();
        Baseline { version: VERSION, findings }
    }

    pub fn count(&self) -> usize {
        self.findings.len()
    }

    /// The file's text: one line an entry.
    pub fn to_text(&self) -> String {
        let lines: Vec<String> =
            self.findings.iter().filter_map(|e| serde_json::to_string(e).ok()).map(|l| format!("    {l}")).collect();
        let list = if lines.is_empty() { "[]".to_owned() } else { format!("[\n{}\n  ]", lines.join(",\n")) };
        format!("{{\n  \"version\": {VERSION},\n  \"findings\": {list}\n}}\n")
    }

    /// Marks the known findings; the number of entries that match none.
    pub fn apply(&self, report: &mut Report) -> usize {
        let known: HashMap<&str, &Entry> = self.findings.iter().map(|e| (e.fingerprint.as_str(), e)).collect();
        let mut met = std::collections::HashSet::new();
        for finding in &mut report.findings {
            let Some(entry) = known.get(finding.fingerprint.as_str()) else { continue };
            met.insert(entry.fingerprint.as_str());
            finding
                .suppressed
                .get_or_insert_with(|| Suppression { by: SuppressedBy::Baseline, reason: entry.reason.clone() });
        }
        known.len() - met.len()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnostic::Severity;
    use crate::text::Span;

    fn report(text: &str) -> Report {
        let mut report = Report::default();
        let id = report.sources.add("f".into(), "f".into(), text.as_bytes().to_vec());
        for (at, _) in text.match_indices("bad") {
            report.findings.push(Finding::new("rule", Severity::Warning, Span::at(id, at), "m"));
        }
        crate::report::fingerprint::assign(&mut report);
        report
    }

    fn left(report: &Report) -> usize {
        report.findings.iter().filter(|f| f.suppressed.is_none()).count()
    }

    #[test]
    fn only_what_is_new_is_left_also_after_lines_shift() {
        let old = report("a: bad\nb: bad\nb: bad\n");
        let path = |_: &Finding| "f".to_owned();
        let baseline = Baseline::parse(&Baseline::of(&old, &path, None).to_text()).unwrap();
        assert_eq!(baseline.count(), 3);
        let mut new = report("# more\n\nb:   bad\nc: bad\n  a: bad\n\nb: bad\n");
        assert_eq!(baseline.apply(&mut new), 0);
        assert_eq!(left(&new), 1);
        let mut fewer = report("b: bad\n");
        assert_eq!((baseline.apply(&mut fewer), left(&fewer)), (2, 0));
    }

    #[test]
    fn reasons_are_kept_and_strangers_refused() {
        let found = report("a: bad\n");
        let path = |_: &Finding| "f".to_owned();
        let text = Baseline::of(&found, &path, None).to_text().replace("\"}", "\",\"reason\":\"later\"}");
        let older = Baseline::parse(&text).unwrap();
        assert!(Baseline::of(&found, &path, Some(&older)).to_text().contains("later"));
        assert!(Baseline::parse("{\"version\": 9}").unwrap_err().contains("version 9"));
        assert!(Baseline::parse("x").is_err());
    }
}
