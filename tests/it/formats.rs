//! Every format of the whole program, on the example and on files with hostile names and texts, read back by something that
//! is not ours: a schema, a parser of another maker, or the rules of the reader written down here.
//!
//! The schema of SARIF 2.1.0 is not part of the repository. `DOCKCHECK_SARIF_SCHEMA` names a copy of
//! `sarif-schema-2.1.0.json` as OASIS publishes it; without it that test says so and passes.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::common::{PROGRAM, ROOT};

/// Text that tries to be something else in each format; valid as a label's value and in a comment.
const HOSTILE: &str = "x</pre><script>alert(1)</script> @team ![](http://evil) ``` ##vso[task.x]y ::error::z ]]> %0A ##[add-mask]b | ; , :";

/// A repository whose names and texts are hostile. Each Dockerfile has findings that quote it.
struct Hostile(tempfile::TempDir, Vec<OsString>);

impl Hostile {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut names: Vec<OsString> = vec!["plain".into(), "percent%0Aand, comma".into(), "-rf".into()];
        if cfg!(unix) {
            names.extend([
                "line\n::error::x".into(),
                "##[add-mask]y".into(),
                "##vso[task.x a=b;c]z".into(),
                "colon:semi;]>&\"'".into(),
                "</script><script>alert(1)".into(),
                "\u{1b}[31mred\u{202e}".into(),
                "back\\slash".into(),
            ]);
        }
        #[cfg(target_os = "linux")]
        names.push(std::os::unix::ffi::OsStringExt::from_vec(b"latin-\xe9".to_vec()));
        for name in &names {
            let below = folder.path().join(name);
            fs::create_dir_all(&below).unwrap();
            let text =
                format!("FROM debian:12\n# {HOSTILE}\n# dockcheck: ignore[{0}]\nRUN echo \"{HOSTILE}\"\n", "x::y");
            let wrong = format!("{text}COPPY \"{HOSTILE}\" /\nFROM nothing-{name:?} AS x\nMAINTAINER {HOSTILE}\n");
            fs::write(below.join("Dockerfile"), wrong).unwrap();
        }
        Hostile(folder, names)
    }

    fn path(&self) -> PathBuf {
        fs::canonicalize(self.0.path()).unwrap()
    }
}

fn dockcheck(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(PROGRAM).args(args).current_dir(folder).env_clear().output().unwrap();
    assert!(output.status.code().is_some_and(|c| c < 2), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Runs `judge` over a format's output for the example and for the hostile repository, beside the same report as JSON.
fn over_both(format: &str, judge: impl Fn(&str, &[Value])) {
    let hostile = Hostile::new();
    let example = Path::new(ROOT).join("testdata/projects/finetune");
    for folder in [example, hostile.path()] {
        let reference = json(&dockcheck(&folder, &["--format", "json"]));
        let diagnostics = reference["diagnostics"].as_array().unwrap();
        assert!(diagnostics.len() > 1);
        judge(&dockcheck(&folder, &["--format", format]), diagnostics);
    }
}

fn assert_valid(schema: &Value, instance: &Value, what: &str) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(instance).take(5).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {}", errors.join("\n"));
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

#[test]
fn json_keeps_to_its_own_schema() {
    let schema = json(&dockcheck(Path::new(ROOT), &["schema", "json"]));
    over_both("json", |text, _| assert_valid(&schema, &json(text), "json"));
    // And the schema is not one that takes anything.
    let mut wrong = json(&dockcheck(&Path::new(ROOT).join("testdata/projects/finetune"), &["--format", "json"]));
    wrong["diagnostics"][0]["primary"]["line"] = 0.into();
    assert!(!jsonschema::is_valid(&schema, &wrong));
    // One line of `jsonl` is one entry of `diagnostics`.
    let mut one = schema.clone();
    for key in ["properties", "required"] {
        one.as_object_mut().unwrap().remove(key);
    }
    one["$ref"] = "#/$defs/diagnostic".into();
    over_both("jsonl", |text, diagnostics| {
        assert_eq!(text.lines().count(), diagnostics.len());
        text.lines().for_each(|line| assert_valid(&one, &json(line), "jsonl"));
    });
}

#[test]
fn places_in_json_are_places_in_the_files() {
    let hostile = Hostile::new();
    let report = json(&dockcheck(&hostile.path(), &["--format", "json"]));
    let mut seen = BTreeSet::new();
    for diagnostic in report["diagnostics"].as_array().unwrap() {
        let place = &diagnostic["primary"];
        let path: OsString = match place.get("path_bytes") {
            None => place["path"].as_str().unwrap().into(),
            Some(coded) => {
                #[cfg(unix)]
                {
                    std::os::unix::ffi::OsStringExt::from_vec(unbase64(coded.as_str().unwrap()))
                }
                #[cfg(not(unix))]
                panic!("{coded}")
            }
        };
        let bytes = fs::read(hostile.path().join(&path)).unwrap();
        let (start, end) = (number(&place["byte_start"]), number(&place["byte_end"]));
        let before = std::str::from_utf8(&bytes[..start]).unwrap();
        assert_eq!(number(&place["line"]), before.matches('\n').count() + 1);
        let line = before.rsplit('\n').next().unwrap();
        assert_eq!(number(&place["column"]), line.chars().count() + 1);
        assert_eq!(number(&place["utf16_column"]), line.encode_utf16().count() + 1);
        assert!(start <= end && end <= bytes.len());
        seen.insert(Path::new(&path).parent().unwrap().as_os_str().to_owned());
    }
    let wanted: BTreeSet<OsString> = hostile.1.iter().cloned().collect();
    assert_eq!(seen, wanted);
}

#[cfg(unix)]
fn unbase64(text: &str) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<usize> = text.chars().filter_map(|c| DIGITS.find(c)).collect();
    let bits: String = digits.iter().map(|d| format!("{d:06b}")).collect();
    (0..bits.len() / 8).map(|i| u8::from_str_radix(&bits[i * 8..i * 8 + 8], 2).unwrap()).collect()
}

#[test]
fn the_configuration_keeps_to_its_schema() {
    let schema = json(&dockcheck(Path::new(ROOT), &["schema", "config"]));
    let read = |text: &str| serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
    let good = "required-version = \">=0.1\"\nselect = [\"correctness\"]\nignore = \"yaml-syntax\"\nmin-severity = \"info\"\n\
        min-confidence = \"likely\"\nfail-level = \"never\"\nbaseline = \"b.json\"\ninline-ignores = true\nrequire-reason = false\n\
        [rules]\nmissing-compiler = \"warning\"\nDL3000 = \"off\"\n[groups]\nstyle = \"off\"\n[cuda]\nrequire = \"12.8\"\n\
        [[overrides]]\npaths = [\"legacy/**\"]\nignore = [\"missing-compiler\"]\nrules = { missing-nvcc = \"info\" }\n";
    assert_valid(&schema, &read(good), "good");
    // What the schema takes, the program takes.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dockcheck.toml"), good).unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM debian:12\n").unwrap();
    let shown = dockcheck(folder.path(), &["config", "show"]);
    assert!(shown.contains("min-confidence = \"likely\""), "{shown}");
    for wrong in [
        "fail-level = \"loud\"",
        "unknown = 1",
        "min-confidence = \"sure\"",
        "[cuda]\nrequire = \"new\"",
        "[[overrides]]\nignore = [\"x\"]",
        "[groups]\nstyles = \"off\"",
    ] {
        assert!(!jsonschema::is_valid(&schema, &read(wrong)), "{wrong}");
        fs::write(folder.path().join("dockcheck.toml"), wrong).unwrap();
        let status = Command::new(PROGRAM).current_dir(folder.path()).output().unwrap().status;
        assert_eq!(status.code(), Some(2), "{wrong}");
    }
    let first = dockcheck(Path::new(ROOT), &["init", "--stdout"]);
    assert_valid(&schema, &read(&first), "init");
    // With every line in force that it offers.
    let all: String = first
        .lines()
        .map(|l| {
            l.strip_prefix("# ").filter(|l| l.contains(" = ") || l.starts_with('[')).unwrap_or(l).to_owned() + "\n"
        })
        .collect();
    assert_valid(&schema, &read(&all), &all);
}

#[test]
fn sarif_keeps_to_the_published_schema() {
    let Ok(path) = std::env::var("DOCKCHECK_SARIF_SCHEMA") else {
        println!("skipped: DOCKCHECK_SARIF_SCHEMA names no copy of sarif-schema-2.1.0.json");
        return;
    };
    let schema = json(&fs::read_to_string(path).unwrap());
    over_both("sarif", |text, _| assert_valid(&schema, &json(text), "sarif"));
    let empty = tempfile::tempdir().unwrap();
    fs::write(empty.path().join("Dockerfile"), "FROM debian:12\n").unwrap();
    assert_valid(&schema, &json(&dockcheck(empty.path(), &["--format", "sarif"])), "no findings");
}

#[test]
fn sarif_names_the_files_and_keeps_to_the_limits_of_code_scanning() {
    over_both("sarif", |text, diagnostics| {
        let sarif = json(text);
        let run = &sarif["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), diagnostics.len());
        for (result, diagnostic) in results.iter().zip(diagnostics) {
            assert_eq!(result["ruleId"], diagnostic["rule"]);
            let physical = &result["locations"][0]["physicalLocation"];
            let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
            assert!(uri.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}:?#[]@ ".contains(&b)), "{uri}");
            let path = unpercent(uri);
            if diagnostic["primary"].get("path_bytes").is_none() {
                let shown = diagnostic["primary"]["path"].as_str().unwrap();
                assert!(String::from_utf8(path).unwrap().ends_with(shown), "{uri}");
            }
            let region = &physical["region"];
            assert_eq!(region["startLine"], diagnostic["primary"]["line"]);
            assert_eq!(region["startColumn"], diagnostic["primary"]["utf16_column"]);
            assert_eq!(region["endColumn"], diagnostic["primary"]["utf16_end_column"]);
        }
        for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
            for field in ["shortDescription", "fullDescription", "help"] {
                assert!(rule[field]["text"].as_str().is_some_and(|t| !t.is_empty()), "{rule}");
            }
            assert!(rule["fullDescription"]["text"].as_str().unwrap().chars().count() <= 1024);
            assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
        }
    });
}

fn unpercent(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    out
}

/// `CodeClimate`'s shape as GitLab's documentation of code quality reports has it.
#[test]
fn gitlab_has_the_published_shape() {
    over_both("gitlab", |text, diagnostics| {
        let issues = json(text);
        let issues = issues.as_array().unwrap();
        assert_eq!(issues.len(), diagnostics.len());
        let mut seen = BTreeSet::new();
        for issue in issues {
            for field in ["description", "check_name", "fingerprint"] {
                assert!(issue[field].as_str().is_some_and(|t| !t.is_empty()), "{issue}");
            }
            assert!(seen.insert(issue["fingerprint"].as_str().unwrap().to_owned()), "twice: {issue}");
            let severity = issue["severity"].as_str().unwrap();
            assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
            let path = issue["location"]["path"].as_str().unwrap();
            assert!(!path.starts_with("./") && !path.starts_with('/'), "{path}");
            assert!(number(&issue["location"]["lines"]["begin"]) >= 1);
            assert_eq!(issue["location"]["lines"]["begin"], issue["location"]["positions"]["begin"]["line"]);
        }
    });
}

/// Reviewdog's `DiagnosticResult` as its `rdf.proto` has it: lines and columns from 1, columns in bytes, the end exclusive.
#[test]
fn rdjson_has_the_published_shape_and_byte_columns() {
    let ranges = |range: &Value| {
        let at = |end: &str| (number(&range[end]["line"]), number(&range[end]["column"]));
        assert!(at("start") <= at("end") && at("start").0 >= 1 && at("start").1 >= 1, "{range}");
        at("start")
    };
    over_both("rdjson", |text, diagnostics| {
        let result = json(text);
        assert_eq!(result["source"]["name"], "dockcheck");
        let all = result["diagnostics"].as_array().unwrap();
        assert_eq!(all.len(), diagnostics.len());
        for (entry, diagnostic) in all.iter().zip(diagnostics) {
            assert!(["ERROR", "WARNING", "INFO"].contains(&entry["severity"].as_str().unwrap()));
            assert!(entry["message"].as_str().is_some_and(|m| !m.is_empty()));
            assert_eq!(entry["location"]["path"], diagnostic["primary"]["path"]);
            let (line, column) = ranges(&entry["location"]["range"]);
            assert_eq!(line, number(&diagnostic["primary"]["line"]));
            // In bytes it is never less than in characters.
            assert!(column >= number(&diagnostic["primary"]["column"]));
            for suggestion in entry["suggestions"].as_array().unwrap() {
                ranges(&suggestion["range"]);
                assert!(suggestion["text"].is_string());
            }
            for related in entry["related_locations"].as_array().unwrap() {
                ranges(&related["location"]["range"]);
            }
        }
    });
}

#[test]
fn checkstyle_and_junit_are_xml_that_another_parser_reads() {
    over_both("checkstyle", |text, diagnostics| {
        let document = roxmltree::Document::parse(text).unwrap();
        assert_eq!(document.root_element().tag_name().name(), "checkstyle");
        let errors: Vec<_> = document.descendants().filter(|n| n.has_tag_name("error")).collect();
        assert_eq!(errors.len(), diagnostics.len());
        for error in errors {
            assert_eq!(error.parent().unwrap().tag_name().name(), "file");
            assert!(error.attribute("line").unwrap().parse::<u32>().unwrap() >= 1);
            assert!(error.attribute("column").unwrap().parse::<u32>().unwrap() >= 1);
            assert!(["error", "warning", "info"].contains(&error.attribute("severity").unwrap()));
            assert!(error.attribute("message").is_some() && error.attribute("source").is_some());
        }
    });
    over_both("junit", |text, diagnostics| {
        let document = roxmltree::Document::parse(text).unwrap();
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "testsuites");
        let cases = document.descendants().filter(|n| n.has_tag_name("testcase")).count();
        assert_eq!((cases, root.attribute("tests")), (diagnostics.len(), Some(cases.to_string().as_str())));
        let failures = document.descendants().filter(|n| n.has_tag_name("failure")).count();
        assert_eq!(root.attribute("failures"), Some(failures.to_string().as_str()));
        let sum = |name: &str| -> usize {
            let suites = document.descendants().filter(|n| n.has_tag_name("testsuite"));
            suites.map(|s| s.attribute(name).unwrap().parse::<usize>().unwrap()).sum()
        };
        assert_eq!((sum("tests"), sum("failures")), (cases, failures));
    });
    let clean = tempfile::tempdir().unwrap();
    fs::write(clean.path().join("Dockerfile"), "FROM debian:12\n").unwrap();
    let text = dockcheck(clean.path(), &["--format", "junit"]);
    let document = roxmltree::Document::parse(&text).unwrap();
    assert_eq!(document.descendants().filter(|n| n.has_tag_name("testcase")).count(), 1);
}

/// A workflow command as the runner of GitHub Actions reads it.
#[derive(Debug, PartialEq)]
struct WorkflowCommand {
    name: String,
    properties: Vec<(String, String)>,
    data: String,
}

/// The runner's reading of a step's output, after its `ActionCommand`: `::name key=value,key=value::data` where a line
/// begins (white space trimmed), else `##[name key=value;key=value]data` anywhere in it; nothing between
/// `::stop-commands::WORD` and `::WORD::`.
fn workflow_commands(log: &str) -> Vec<WorkflowCommand> {
    let unescape = |text: &str, pairs: &[(&str, &str)]| {
        pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let properties = |text: &str, separator: char, pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let parts = text.split(separator).filter_map(|part| part.split_once('='));
        parts.map(|(k, v)| (k.trim().to_ascii_lowercase(), unescape(v, pairs))).collect()
    };
    let new_form = |line: &str| {
        let rest = line.trim_start().strip_prefix("::")?;
        let (head, data) = rest.split_once("::")?;
        let (name, props) = head.split_once(' ').unwrap_or((head, ""));
        let pairs = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
        Some(WorkflowCommand {
            name: name.to_ascii_lowercase(),
            properties: properties(props, ',', &pairs),
            data: unescape(data, &[("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]),
        })
    };
    let old_form = |line: &str| {
        let (_, rest) = line.split_once("##[")?;
        let (head, data) = rest.split_once(']')?;
        let (name, props) = head.split_once(' ').unwrap_or((head, ""));
        let pairs = [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%")];
        Some(WorkflowCommand {
            name: name.to_ascii_lowercase(),
            properties: properties(props, ';', &pairs),
            data: unescape(data, &pairs),
        })
    };
    let mut stopped: Option<String> = None;
    let mut out = Vec::new();
    for line in log.split('\n') {
        let Some(command) = new_form(line).or_else(|| old_form(line)) else { continue };
        match &stopped {
            Some(word) if command.name == *word => stopped = None,
            Some(_) => {}
            None if command.name == "stop-commands" => stopped = Some(command.data.to_ascii_lowercase()),
            None => out.push(command),
        }
    }
    assert_eq!(stopped, None, "commands stay stopped");
    out
}

#[test]
fn the_runner_finds_the_commands_that_we_meant_and_no_others() {
    assert_eq!(workflow_commands("a ##[Group x=1;y=2]z")[0].properties[1], ("y".into(), "2".into()));
    over_both("github", |text, diagnostics| {
        let commands = workflow_commands(text);
        let of = |level: &str| diagnostics.iter().filter(|d| d["severity"] == level).count();
        let shown = |name: &str| commands.iter().filter(|c| c.name == name).collect::<Vec<_>>();
        for (level, name) in [("error", "error"), ("warning", "warning"), ("info", "notice")] {
            assert_eq!(shown(name).len(), of(level).min(10), "{name}");
        }
        let others: Vec<&str> =
            commands.iter().map(|c| c.name.as_str()).filter(|n| !["error", "warning", "notice"].contains(n)).collect();
        assert_eq!(others, ["group", "endgroup"]);
        let field = |command: &WorkflowCommand, key: &str| {
            command.properties.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone())
        };
        for command in commands.iter().filter(|c| c.properties.iter().any(|(k, _)| k == "file")) {
            let keys: Vec<&str> = command.properties.iter().map(|(k, _)| k.as_str()).collect();
            assert!(matches!(
                keys.as_slice(),
                ["file", "line", "endline", "title"] | ["file", "line", "col", "endcolumn", "title"]
            ));
            let (file, line) = (field(command, "file").unwrap(), field(command, "line").unwrap());
            let title = field(command, "title").unwrap();
            // A name that would open a command, or drive a terminal, is masked; every other one is the file's own.
            let odd = |d: &&Value| d["primary"]["path"].as_str().unwrap().contains(['#', '\u{1b}', '\u{fffd}']);
            let known = |d: &&Value| d["primary"]["path"] == file.as_str() || odd(d);
            let here = |d: &&Value| d["rule"] == title.as_str() && d["primary"]["line"].as_u64() == line.parse().ok();
            assert!(diagnostics.iter().filter(known).any(|d| here(&d)), "{command:?}");
            assert!(command.data.encode_utf16().count() < 4096);
        }
    });
    for format in ["full", "concise", "grouped", "markdown"] {
        over_both(format, |text, _| assert_eq!(workflow_commands(text), [], "{format}"));
    }
}

/// What the agent of Azure Pipelines reads: `##vso[area.action key=value;key=value;]message`, anywhere in a line.
#[test]
fn the_agent_finds_the_commands_that_we_meant_and_no_others() {
    over_both("azure", |text, diagnostics| {
        let mut found = 0;
        for line in text.split('\n').filter(|l| !l.is_empty()) {
            let lower = line.to_ascii_lowercase();
            let count = lower.matches("##vso[").count();
            assert!(!line.contains("##[") && count <= 1, "{line}");
            let Some(rest) = line.strip_prefix("##vso[task.logissue ") else {
                assert_eq!(count, 0, "{line}");
                continue;
            };
            found += 1;
            let (head, message) = rest.split_once(']').unwrap();
            assert!(!message.is_empty());
            let keys: Vec<&str> = head.split(';').filter_map(|p| p.split_once('=')).map(|(k, _)| k).collect();
            assert_eq!(keys, ["type", "sourcepath", "linenumber", "columnnumber", "code"]);
        }
        assert_eq!(found, diagnostics.iter().filter(|d| d["severity"] != "info").count());
    });
}

#[test]
fn markdown_outside_of_its_fences_holds_only_our_markup() {
    over_both("markdown", |text, diagnostics| {
        let mut fence: Option<usize> = None;
        let mut rows = 0;
        for line in text.lines() {
            let ticks = line.trim_start().chars().take_while(|c| *c == '`').count();
            match fence {
                Some(open) => {
                    if ticks >= open && line.trim().len() == ticks {
                        fence = None;
                    }
                    continue;
                }
                None if ticks > 2 => {
                    fence = Some(ticks);
                    continue;
                }
                None => {}
            }
            let ours = [
                "<details><summary>",
                "</summary>",
                "</details>",
                "<code>",
                "</code>",
                "](https://dockcheck.dev/rules/",
            ];
            let rest = ours.iter().fold(line.to_owned(), |line, tag| line.replace(tag, ""));
            assert!(!rest.contains('<') && !rest.contains("@team") && !rest.contains("]("), "{line}");
            if line.starts_with("| ") && !line.starts_with("| |") {
                rows += 1;
            }
        }
        assert_eq!((fence, rows), (None, diagnostics.len()));
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    });
}

/// Tags that the page may hold, each with the attributes that it may have.
const TAGS: [(&str, &[&str]); 36] = [
    ("html", &["lang"]),
    ("head", &[]),
    ("meta", &["charset", "http-equiv", "content", "name"]),
    ("title", &[]),
    ("style", &[]),
    ("body", &[]),
    ("h1", &[]),
    ("h2", &["id"]),
    ("h3", &[]),
    ("p", &["class"]),
    ("code", &["class"]),
    ("pre", &["class"]),
    ("article", &["class", "id"]),
    ("section", &["class"]),
    ("header", &["class"]),
    ("footer", &[]),
    ("nav", &[]),
    ("figure", &["class"]),
    ("figcaption", &[]),
    ("div", &["class"]),
    ("span", &["class"]),
    ("b", &["class"]),
    ("strong", &[]),
    ("a", &["href", "rel", "class"]),
    ("table", &["class"]),
    ("thead", &[]),
    ("tbody", &[]),
    ("tr", &["class"]),
    ("th", &[]),
    ("td", &["class"]),
    ("ul", &["class"]),
    ("ol", &["class"]),
    ("li", &["class"]),
    ("details", &["class", "open"]),
    ("summary", &[]),
    ("br", &[]),
];

/// The page is well-formed XML but for its first line and its `meta` elements, so that a parser of XML can say what is in it.
#[test]
fn html_holds_only_our_elements_and_fetches_nothing() {
    over_both("html", |text, diagnostics| {
        let body = text.strip_prefix("<!doctype html>\n").unwrap();
        let closed: String = body
            .lines()
            .map(|l| if l.starts_with("<meta ") { l.replacen('>', "/>", 1) + "\n" } else { format!("{l}\n") })
            .collect();
        let document = roxmltree::Document::parse(&closed).unwrap_or_else(|e| panic!("{e}"));
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            let name = node.tag_name().name();
            let (_, attributes) = TAGS.iter().find(|(tag, _)| *tag == name).unwrap_or_else(|| panic!("<{name}>"));
            for attribute in node.attributes() {
                assert!(attributes.contains(&attribute.name()), "<{name} {}>", attribute.name());
                if attribute.name() == "href" {
                    let to = attribute.value();
                    assert!(to.starts_with("https://dockcheck.dev/") || to.starts_with('#'), "{to}");
                }
            }
        }
        let articles = document.descendants().filter(|n| n.has_tag_name("article")).count();
        assert_eq!(articles, diagnostics.len());
        assert!(!text.contains("url(") && !text.contains("@import"));
    });
}

#[test]
fn no_format_but_those_with_an_encoder_shows_what_a_terminal_would_act_upon() {
    for format in ["full", "concise", "grouped", "github", "junit", "checkstyle", "azure", "markdown", "html"] {
        over_both(format, |text, _| {
            let bad: Vec<char> = text
                .chars()
                .filter(|c| *c != '\n' && *c != '\t' && dockcheck::internals::redact::is_unsafe(*c))
                .collect();
            assert!(bad.is_empty(), "{format}: {bad:?}");
        });
    }
}
