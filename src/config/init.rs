//! `dockcheck init`: a first configuration, with what the settings of other linters in the same folder come to.
//!
//! Their files are read as data; what no rule of ours goes by is left out and named in a comment.

use std::fmt::Write as _;
use std::path::Path;

use super::RuleNames;
use crate::files::Files;

/// The text of a new `dockcheck.toml`.
pub fn configuration(files: &Files, folder: &Path, names: &RuleNames) -> String {
    let mut imported: Vec<(String, String, Option<&'static str>)> = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    for (file, read) in [
        (".hadolint.yaml", hadolint as fn(&str) -> Vec<(String, String)>),
        (".hadolint.yml", hadolint),
        (".dclintrc", dclint),
        (".dclintrc.json", dclint),
        (".dclintrc.yaml", dclint),
    ] {
        let Ok(bytes) = files.read(&folder.join(file)) else { continue };
        for (alias, level) in read(&String::from_utf8_lossy(&bytes)) {
            let rules = names.aliased(&alias);
            if rules.is_empty() {
                unknown.push(format!("{alias} ({file})"));
            }
            for rule in rules {
                imported.push((level.clone(), format!("{alias} in {file}"), Some(rule)));
            }
        }
    }
    let mut out = String::from(
        "# dockcheck.toml: every key is optional.\n\n\
         # fail-level = \"warning\"     # error, warning, info, never: what makes the exit code 1\n\
         # min-severity = \"info\"      # show nothing below this\n\
         # min-confidence = \"possible\"  # show nothing less sure than this: certain, likely, possible\n\
         # ignore = []                # rules, other tools' names of them, or groups\n\
         # baseline = \"dockcheck-baseline.json\"\n\n\
         [rules]\n",
    );
    imported.sort_by_key(|i| i.2);
    imported.dedup_by_key(|i| i.2);
    for (level, from, rule) in &imported {
        if let Some(rule) = rule {
            let _ = writeln!(out, "{rule} = \"{level}\"  # {from}");
        }
    }
    if imported.is_empty() {
        out.push_str("# missing-compiler = \"warning\"\n");
    }
    out.push_str("\n# [cuda]\n# require = \"12.8\"          # every GPU image must state this version\n");
    out.push_str("\n# [[overrides]]\n# paths = [\"legacy/**\"]\n# ignore = [\"missing-compiler\"]\n");
    if !unknown.is_empty() {
        unknown.sort();
        unknown.dedup();
        out.push_str("\n# Without a counterpart here:\n");
        for name in unknown {
            let _ = writeln!(out, "#   {}", crate::redact::one_line(&name));
        }
    }
    out
}

/// `ignored:` and `override:` of `.hadolint.yaml`.
fn hadolint(text: &str) -> Vec<(String, String)> {
    let Ok(value) = serde_yaml::from_str::<serde_json::Value>(text) else { return Vec::new() };
    let list = |value: Option<&serde_json::Value>| -> Vec<String> {
        let items = value.and_then(|v| v.as_array()).into_iter().flatten();
        items.filter_map(|v| v.as_str().map(str::to_owned)).collect()
    };
    let mut out: Vec<(String, String)> =
        list(value.get("ignored")).into_iter().map(|code| (code, "off".to_owned())).collect();
    for (theirs, ours) in [("error", "error"), ("warning", "warning"), ("info", "info"), ("style", "info")] {
        let codes = list(value.get("override").and_then(|o| o.get(theirs)));
        out.extend(codes.into_iter().map(|code| (code, ours.to_owned())));
    }
    out
}

/// `rules:` of `.dclintrc`: `0` is off, `1` a warning, `2` an error; a list begins with the level.
fn dclint(text: &str) -> Vec<(String, String)> {
    let Ok(value) = serde_yaml::from_str::<serde_json::Value>(text) else { return Vec::new() };
    let Some(rules) = value.get("rules").and_then(|r| r.as_object()) else { return Vec::new() };
    let level = |value: &serde_json::Value| {
        let value = value.as_array().and_then(|a| a.first()).unwrap_or(value);
        match (value.as_i64(), value.as_str()) {
            (Some(0), _) | (_, Some("off")) => Some("off"),
            (Some(1), _) | (_, Some("warning" | "warn")) => Some("warning"),
            (Some(2), _) | (_, Some("error")) => Some("error"),
            _ => None,
        }
    };
    rules.iter().filter_map(|(name, value)| Some((name.clone(), level(value)?.to_owned()))).collect()
}
