//! What each fuzz target does with its bytes, and what must hold of the outcome. A panic is a finding; so is an allocation
//! over libFuzzer's limit, or an input that takes too long.
//!
//! The targets over a whole project read their bytes as a compose file, a Dockerfile, a `.env` and a `.dockerignore`, parted
//! by the byte 0xff.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use dockcheck::Settings;
use dockcheck::internals::dockerfile::ignore_file::IgnoreFile;
use dockcheck::lsp::{Server, Setup, transport};
use dockcheck::report::{OutputFormat, Style, View};
use dockcheck::internals::shell::{Options, Place};
use dockcheck::text::{SourceFile, Sources, Span};
use dockcheck::{Report, Request, compose, dockerfile, edit, fix, rules, sanitize, shell};

/// Every target by its name.
pub const TARGETS: [(&str, fn(&[u8])); 10] = [
    ("check", check),
    ("dockerfile", dockerfile),
    ("dockerignore", dockerignore),
    ("dotenv", dotenv),
    ("fix", fix),
    ("interpolation", interpolation),
    ("lsp", lsp),
    ("report", report),
    ("shell", shell),
    ("yaml", yaml),
];

/// The byte between the files of a project.
pub const SEPARATOR: u8 = 0xff;
/// The files of a project in the order of the parts.
pub const NAMES: [&str; 4] = ["compose.yaml", "Dockerfile", ".env", ".dockerignore"];

fn one<T>(data: &[u8], look: impl FnOnce(&SourceFile) -> T) -> T {
    let mut sources = Sources::new();
    let id = sources.add("f".into(), "f".into(), data.to_vec());
    look(sources.file(id))
}

fn inside(file: &SourceFile, span: Span) {
    assert!(span.start <= span.end && span.end as usize <= file.bytes().len(), "{span:?} lies outside the file");
    assert!(file.text().get(span.range()).is_some(), "{span:?} cuts a character in two");
}

/// Any bytes as YAML: every span lies in the file.
pub fn yaml(data: &[u8]) {
    one(data, |file| {
        let stream = dockcheck::internals::yaml::parse(file);
        for document in &stream.documents {
            document.root.iter().for_each(|root| inside(file, stream.node(*root).span));
        }
        for fault in &stream.faults {
            inside(file, fault.span);
        }
    });
}

/// Any text as a `.env` file; what a value holds stays bounded.
pub fn dotenv(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut out = HashMap::new();
    let _ = compose::dotenv::parse(&text, &mut out, &|name| name.starts_with('A').then(|| "value".to_owned()));
    // An honest file says each value once or refers to an earlier one.
    let held: usize = out.values().map(String::len).sum();
    assert!(held <= 64 * (1 << 20), "{held} bytes from {}", data.len());
}

/// Any text as a template of compose.
pub fn interpolation(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = compose::interpolate::substitute(&text, &|name| name.starts_with('A').then_some("${B}"));
}

/// Any bytes as a Dockerfile: instructions in order, spans inside.
pub fn dockerfile(data: &[u8]) {
    one(data, |file| {
        let parsed = dockerfile::parse::parse(file);
        let mut last = 0;
        for instruction in &parsed.instructions {
            inside(file, instruction.span);
            inside(file, instruction.keyword_span);
            assert!(instruction.span.start >= last, "instructions overlap");
            last = instruction.span.start;
        }
        for fault in &parsed.faults {
            inside(file, fault.span);
        }
    });
}

/// Any text as a script of a RUN.
pub fn shell(data: &[u8]) {
    one(data, |file| {
        let script = shell::read(file.text(), Place::At(file.id(), 0), Options::default());
        for command in &script.commands {
            let _ = (command.name(), command.effective());
            for word in &command.words {
                let _ = word.literal();
            }
        }
        if let Ok(text) = std::str::from_utf8(data) {
            let masked = shell::mask::instruction(text);
            assert_eq!(masked.text.len(), text.len(), "masking keeps places");
        }
    });
}

/// The first line is a path, the rest a `.dockerignore`.
pub fn dockerignore(data: &[u8]) {
    let cut = data.iter().position(|b| *b == b'\n').unwrap_or(data.len());
    let (path, rest) = data.split_at(cut);
    let path = String::from_utf8_lossy(path);
    one(rest, |file| {
        let ignore = IgnoreFile::parse(file);
        let _ = (ignore.matches(&path), ignore.may_reinclude_below(&path), ignore.excludes_everything());
        for pattern in ignore.patterns() {
            inside(file, pattern.span);
        }
    });
}

/// An empty folder that stands for the repository; the files are laid over it in memory.
fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        // One thread, with room: the sanitizers' frames are several times larger than ours.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(64 << 20).build_global();
        let path = std::env::temp_dir().join(format!("dockcheck-fuzz-{}", std::process::id()));
        let _ = std::fs::create_dir_all(path.join(".git"));
        std::fs::canonicalize(&path).unwrap_or(path)
    })
}

fn request(files: &[(PathBuf, Vec<u8>)]) -> Request {
    let paths = files
        .iter()
        .map(|(path, _)| path.clone())
        .filter(|path| !path.ends_with(".env") && !path.ends_with(".dockerignore"));
    Request {
        paths: paths.collect(),
        working_dir: root().to_owned(),
        root: Some(root().to_owned()),
        overlay: files.to_vec(),
        ..Request::default()
    }
}

fn split(data: &[u8]) -> Vec<(PathBuf, Vec<u8>)> {
    let parts = data.split(|b| *b == SEPARATOR).zip(NAMES);
    parts.map(|(bytes, name)| (root().join(name), bytes.to_vec())).collect()
}

fn settings() -> &'static Settings {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    // Every rule, also those that are off by default.
    SETTINGS.get_or_init(|| Settings {
        only: Some(rules::RULES.iter().map(|entry| entry.meta.name).collect()),
        ..Settings::default()
    })
}

fn examine(files: &[(PathBuf, Vec<u8>)]) -> Report {
    let report = dockcheck::check(&request(files), settings());
    assert!(report.bugs.is_empty(), "{:?}", report.bugs);
    report
}

/// A whole small project: no rule fails, every place lies in its file.
pub fn check(data: &[u8]) {
    let report = examine(&split(data));
    for finding in &report.findings {
        for label in std::iter::once(&finding.primary).chain(&finding.related) {
            inside(report.sources.file(label.span.file), label.span);
        }
    }
}

/// Fixing what can be fixed settles, and a second run has nothing to do; a fix that is offered can be carried out.
pub fn fix(data: &[u8]) {
    let files = split(data);
    let report = examine(&files);
    for finding in &report.findings {
        for fix in &finding.fixes {
            let Some(changes) = edit::changes(&report.sources, fix) else { continue };
            for change in &changes {
                let file = report.sources.file(change.file);
                assert!(change.range.1 <= file.bytes().len(), "{}: an edit behind the end", finding.rule);
            }
        }
    }
    let mend = |first: Report, files: &[(PathBuf, Vec<u8>)]| {
        let files = files.to_vec();
        fix::run(first, true, &|_, _| Ok(()), &mut |changed| examine(&over(&files, changed)))
    };
    let outcome = mend(report, &files);
    if outcome.changes.is_empty() || !outcome.refused.is_empty() {
        return;
    }
    let changed: Vec<_> = outcome.changes.iter().map(|c| (c.path.clone(), c.after.clone())).collect();
    let fixed = over(&files, &changed);
    let again = mend(examine(&fixed), &fixed);
    assert!(again.changes.is_empty(), "fixing twice is not fixing once: {:?}", again.applied);
}

fn over(files: &[(PathBuf, Vec<u8>)], changed: &[(PathBuf, Vec<u8>)]) -> Vec<(PathBuf, Vec<u8>)> {
    let kept = files.iter().filter(|(path, _)| changed.iter().all(|(p, _)| p != path));
    kept.chain(changed).cloned().collect()
}

/// Every format over whatever the project says: nothing that a terminal would act upon, no command to a CI runner but
/// those that the format is made of, and documents that parse.
pub fn report(data: &[u8]) {
    let report = examine(&split(data));
    let lookup = |name: &str| rules::by_name(name).map(|entry| &entry.meta);
    for format in OutputFormat::ALL {
        let style = Style { unicode: true, token: Some("word".into()), ..Style::default() };
        let text = format.render(&View::new(&report, style, &lookup));
        assert!(!text.chars().any(sanitize::is_unsafe), "{}: {text:?}", format.as_str());
        match format {
            OutputFormat::Json | OutputFormat::Sarif | OutputFormat::Gitlab | OutputFormat::Rdjson => {
                assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", format.as_str());
            }
            OutputFormat::Full | OutputFormat::Concise | OutputFormat::Grouped => {
                for line in text.lines() {
                    let lower = line.to_ascii_lowercase();
                    assert!(!line.trim_start().starts_with("::"), "{line}");
                    assert!(!["##[", "##vso[", "##teamcity["].iter().any(|o| lower.contains(o)), "{line}");
                }
            }
            _ => {}
        }
    }
}

/// A conversation with the language server: a message a line, `ROOT` standing for the folder's address. No message makes it
/// fail, and nothing outside of the folder is spoken of.
pub fn lsp(data: &[u8]) {
    let text = String::from_utf8_lossy(data).replace("ROOT", &format!("file://{}", root().display()));
    let mut server = Server::new(Setup { within: Some(root().to_owned()), ..Setup::default() });
    // Checks cost; what goes wrong does so within a few.
    for line in text.lines().take(24) {
        let Ok(message) = transport::parse(line.as_bytes()) else { continue };
        server.handle(message).iter().for_each(sound);
        if server.exited().is_some() {
            break;
        }
    }
    server.settle().iter().for_each(sound);
}

fn sound(message: &lsp_server::Message) {
    // What the texts say is not ours; that a check failed is.
    if let lsp_server::Message::Response(response) = message
        && let Err(error) = &response.response_result
    {
        assert!(error.code != lsp_server::ErrorCode::InternalError as i32, "{error:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the regressions without libFuzzer, so without its limits on time and memory: `cargo test --lib` in this folder.
    #[test]
    fn no_regression_fails() -> std::io::Result<()> {
        for (target, run) in TARGETS {
            for input in std::fs::read_dir(Path::new("regressions").join(target))? {
                let path = input?.path();
                if path.extension().is_none_or(|extension| extension != "md") {
                    eprintln!("{}", path.display());
                    run(&std::fs::read(&path)?);
                }
            }
        }
        Ok(())
    }
}
