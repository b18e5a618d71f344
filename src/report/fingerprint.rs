//! What a finding is known by from one run to the next, while lines shift around it.

use std::collections::HashMap;

use crate::diagnostic::Report;
use crate::text::FileId;

use super::view::{Style, View, path_from_root};

/// Bytes of a line that is hashed for each finding on it. Of a longer one, which nobody wrote by hand, a hash stands for it:
/// there can be thousands of findings on a line of megabytes.
const LONGEST: usize = 4096;

/// Gives each finding its fingerprint: a hash of the rule, the path from the root, service and stage, the text of the
/// primary line without its spacing and with secrets blotted out, and the ordinal among findings equal in all that.
pub fn assign(report: &mut Report) {
    let mut seen: HashMap<u128, u32> = HashMap::new();
    let fingerprints: Vec<String> = {
        let none = |_: &str| None;
        let view = View::new(report, Style::default(), &none);
        let mut long: HashMap<(FileId, u32), String> = HashMap::new();
        report
            .findings
            .iter()
            .map(|finding| {
                let place = view.place(finding.primary.span);
                let path =
                    path_from_root(place.file.path(), &report.root).unwrap_or_else(|| place.raw_path().to_owned());
                let line = view.line(place.file.id(), place.start.line);
                let words = match line.len() > LONGEST {
                    true => long.entry((place.file.id(), place.start.line)).or_insert_with(|| hashed(line)).clone(),
                    false => spaced(line),
                };
                let mut hash = Hash::new();
                hash.part(finding.rule);
                hash.part(&path);
                hash.part(&finding.services.join("\u{1f}"));
                hash.part(finding.stage.as_deref().unwrap_or(""));
                hash.part(&words);
                let ordinal = seen.entry(hash.0).or_insert(0);
                if *ordinal > 0 {
                    hash.part(&ordinal.to_string());
                }
                *ordinal += 1;
                format!("{:032x}", hash.0)
            })
            .collect()
    };
    for (finding, fingerprint) in report.findings.iter_mut().zip(fingerprints) {
        finding.fingerprint = fingerprint;
    }
}

fn spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn hashed(line: &str) -> String {
    let mut hash = Hash::new();
    hash.part(&spaced(line));
    format!("{:032x}", hash.0)
}

/// FNV-1a of 128 bits: stable over releases and machines, which the hashes of the standard library are not.
struct Hash(u128);

impl Hash {
    fn new() -> Self {
        Hash(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn part(&mut self, text: &str) {
        for byte in text.bytes().chain([0xff]) {
            self.0 ^= u128::from(byte);
            self.0 = self.0.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnostic::{Finding, Severity};
    use crate::text::Span;

    fn prints(text: &str, at: &[&str]) -> Vec<String> {
        let mut report = Report::default();
        let id = report.sources.add("f".into(), "f".into(), text.as_bytes().to_vec());
        let mut from = 0;
        for needle in at {
            let start = text[from..].find(needle).unwrap() + from;
            from = start + 1;
            report.findings.push(Finding::new("r", Severity::Info, Span::at(id, start), "m"));
        }
        assign(&mut report);
        report.findings.into_iter().map(|f| f.fingerprint).collect()
    }

    #[test]
    fn stays_while_lines_shift_and_tells_twins_apart() {
        let before = prints("a: 1\nx: 2\nx: 2\n", &["x", "x"]);
        assert_ne!(before[0], before[1]);
        assert_eq!(before, prints("\n# new\na: 1\n  x:   2\nb:\n  x: 2\n", &["x:", "x:"]));
        assert_ne!(before[0], prints("x: 3\n", &["x"])[0]);
    }
}
