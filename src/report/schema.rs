//! The JSON schemas that `dockcheck schema` prints: of the report and of `dockcheck.toml`.

use serde_json::{Value, json};

use crate::diagnostic::rule::{Group, RuleMeta};

fn text(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

fn object(properties: Value, open: bool) -> Value {
    let required: Vec<String> = properties.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": open })
}

/// Schema of `--format json`, version 1. Further fields may come: every object is open.
pub fn report() -> String {
    let count = json!({ "type": "integer", "minimum": 0 });
    let string = json!({ "type": "string" });
    let maybe = json!({ "type": ["string", "null"] });
    let one = json!({ "type": "integer", "minimum": 1 });
    let strings = json!({ "type": "array", "items": string });
    let list = |name: &str| json!({ "type": "array", "items": { "$ref": format!("#/$defs/{name}") } });
    let place = json!({
        "path": string, "line": one, "column": one, "end_line": one, "end_column": one,
        "byte_start": count, "byte_end": count, "utf16_column": one, "utf16_end_column": one, "message": string,
    });
    let bytes = json!({
        "type": "string",
        "contentEncoding": "base64",
        "description": "the bytes of a path that is not UTF-8; absent where `path` says it all",
    });
    let mut root = object(
        json!({
            "schema_version": { "const": super::json::SCHEMA_VERSION },
            "tool": object(json!({ "name": string, "version": string }), true),
            "summary": object(
                json!({ "error": count, "warning": count, "info": count, "fixable": count, "files": count }),
                true,
            ),
            "diagnostics": list("diagnostic"),
            "coverage": { "type": "array", "items": object(json!({ "path": string, "line": count, "what": string, "unjudged": { "type": "boolean" } }), true) },
            "errors": { "type": "array", "items": object(json!({ "message": string }), true) },
        }),
        true,
    );
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("dockcheck report, version 1");
    let mut location = object(place, true);
    location["properties"]["path_bytes"] = bytes.clone();
    let range = object(json!({ "start": count, "end": count }), true);
    let mut edit = object(json!({ "path": string, "range": range, "new_text": string }), true);
    edit["properties"]["path_bytes"] = bytes;
    root["$defs"] = json!({
        "location": location,
        "edit": edit,
        "fix": object(
            json!({ "title": string, "applicability": { "enum": ["safe", "unsafe", "display"] }, "edits": list("edit") }),
            true,
        ),
        "diagnostic": object(
            json!({
                "rule": string, "aliases": strings, "group": maybe,
                "severity": { "enum": ["error", "warning", "info"] },
                "confidence": { "enum": ["certain", "likely", "possible"] },
                "message": string, "notes": strings, "help": maybe, "url": maybe, "service": maybe, "services": strings, "stage": maybe,
                "primary": { "$ref": "#/$defs/location" },
                "related": list("location"), "fixes": list("fix"), "fingerprint": string,
                "suppressed": { "anyOf": [
                    { "type": "null" },
                    object(json!({ "by": { "enum": ["comment", "baseline"] }, "reason": maybe }), true),
                ] },
            }),
            true,
        ),
    });
    text(&root)
}

/// Schema of `dockcheck.toml` for these rules.
pub fn configuration(rules: &[&'static RuleMeta]) -> String {
    let level = json!({ "enum": ["off", "info", "warning", "error"] });
    let names = json!({ "type": "array", "items": { "type": "string" } });
    let list = json!({ "anyOf": [{ "type": "string" }, names] });
    let own = |rule: &&'static RuleMeta| {
        let described = json!({
            "description": rule.front().summary,
            "anyOf": [level, { "type": "object", "properties": { "level": level } }],
        });
        (rule.name.to_owned(), described)
    };
    let described: serde_json::Map<String, Value> = rules.iter().map(own).collect();
    let groups: serde_json::Map<String, Value> =
        Group::ALL.iter().map(|g| (g.as_str().to_owned(), level.clone())).collect();
    let levels = json!({ "type": "object", "additionalProperties": level });
    text(&json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "dockcheck.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "required-version": { "type": "string", "description": "a release, as in \">=0.3\"" },
            "select": list, "extend-select": list, "ignore": list,
            "min-severity": { "enum": ["error", "warning", "info"] },
            "min-confidence": { "enum": ["certain", "likely", "possible"] },
            "fail-level": { "enum": ["error", "warning", "info", "never"] },
            "baseline": { "type": "string" },
            "inline-ignores": { "type": "boolean" },
            "require-reason": { "type": "boolean" },
            "rules": {
                "type": "object",
                "properties": described,
                // Other tools' names of a rule are taken too.
                "additionalProperties": { "anyOf": [level, { "type": "object" }] },
            },
            "groups": { "type": "object", "additionalProperties": false, "properties": groups },
            "cuda": {
                "type": "object",
                "additionalProperties": false,
                "properties": { "require": { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+){0,2}$" } },
            },
            "overrides": { "type": "array", "items": {
                "type": "object",
                "additionalProperties": false,
                "properties": { "paths": list, "services": list, "stages": list, "ignore": list, "rules": levels },
                "anyOf": [{ "required": ["paths"] }, { "required": ["services"] }, { "required": ["stages"] }],
            } },
        },
    }))
}
