//! Settings from configurations written here.

use super::file::{SettingOrigin, parse};
use super::*;
use crate::text::{Sources, Span};

static LOUD: RuleMeta = RuleMeta::new(
    "loud-rule",
    "---\nsummary: s\ngroup: correctness\nlevel: error\nfix: none\naliases: [DL3008, Other]\nsince: 0.1.0\n---\n",
);
static QUIET: RuleMeta = RuleMeta::new(
    "quiet-rule",
    "---\nsummary: s\ngroup: style\nlevel: off\nfix: none\naliases: [DL3008]\nsince: 0.1.0\n---\n",
);

fn names() -> RuleNames {
    RuleNames::new([&LOUD, &QUIET])
}

fn settings(text: &str) -> Result<(Settings, Vec<SettingOrigin>), String> {
    let mut settings = Settings { base: "/p".into(), ..Settings::default() };
    parse(text, "dockcheck.toml", &names(), &mut settings).map(|o| (settings, o)).map_err(|e| e.to_string())
}

fn error(text: &str) -> String {
    settings(text).unwrap_err()
}

#[test]
fn selection() {
    let level = |text: &str| {
        let (s, _) = settings(text).unwrap();
        (s.level(&LOUD), s.level(&QUIET))
    };
    assert_eq!(level(""), (Some(Level::Error), None));
    assert_eq!(level("select = ['quiet-rule']"), (None, Some(Level::Error)));
    assert_eq!(level("extend-select = 'style'"), (Some(Level::Error), Some(Level::Error)));
    assert_eq!(level("ignore = ['dl3008']"), (None, None));
    assert_eq!(level("[rules]\nquiet-rule = 'info'\nloud-rule = 'off'"), (None, Some(Level::Info)));
    assert_eq!(level("[rules]\nOther = 'warning'"), (Some(Level::Warning), None));
    assert_eq!(level("rules = {loud-rule = 'info'}\n[groups]\ncorrectness = 'off'"), (Some(Level::Info), None));
}

#[test]
fn levels_replace_the_top_and_cap_the_rest() {
    let (s, _) = settings("[rules]\nloud-rule = 'warning'").unwrap();
    assert_eq!(s.grade(&LOUD, Severity::Error), Some(Severity::Warning));
    assert_eq!(s.grade(&LOUD, Severity::Info), Some(Severity::Info));
    let (s, _) = settings("[rules]\nquiet-rule = 'error'").unwrap();
    assert_eq!(s.grade(&QUIET, Severity::Info), Some(Severity::Error));
}

#[test]
fn overrides_by_path_service_and_stage() {
    let text = "
[[overrides]]
paths = ['legacy/**', '*.old']
ignore = ['loud-rule']

[[overrides]]
services = ['db*']
rules = { loud-rule = 'info', quiet-rule = 'warning' }
";
    let (s, _) = settings(text).unwrap();
    let mut sources = Sources::new();
    let file = sources.add("x".into(), "x".into(), Vec::new());
    let finding = |service: &str| {
        let finding = Finding::new("loud-rule", Severity::Error, Span::at(file, 0), "m");
        if service.is_empty() { finding } else { finding.service(service) }
    };
    let judge = |service: &str, path: &str| s.judge(&LOUD, &finding(service), Path::new(path));
    assert_eq!(judge("", "/p/a/Dockerfile"), Some(Severity::Error));
    assert_eq!(judge("", "/p/legacy/a/Dockerfile"), None);
    assert_eq!(judge("", "/p/a/Dockerfile.old"), None);
    assert_eq!(judge("db-1", "/p/legacy/compose.yaml"), Some(Severity::Info));
    let quiet = |service: &str| s.judge(&QUIET, &finding(service), Path::new("/p/c"));
    assert_eq!((quiet("db"), quiet("web")), (Some(Severity::Warning), None));
    assert!(s.level(&QUIET).is_some(), "it must run, for the service's sake");
}

#[test]
fn mistakes_are_named_with_their_place() {
    assert_eq!(error("selct = []"), "dockcheck.toml:1:1: unknown key `selct`; did you mean `select`?");
    assert_eq!(
        error("\n[rules]\nlod-rule = 'off'"),
        "dockcheck.toml:3:1: unknown rule `lod-rule`; did you mean `loud-rule`?"
    );
    assert_eq!(
        error("[rules]\nloud-rule = 'of'"),
        "dockcheck.toml:2:13: loud-rule must be \"off\", \"info\", \"warning\" or \"error\"; did you mean `off`?"
    );
    assert!(error("[cuda]\nrequires = '1'").contains("unknown key `requires` in [cuda]; did you mean `require`?"));
    assert!(error("[cuda]\nrequire = 'new'").contains("must be a CUDA version"));
    assert!(error("[[overrides]]\nignore = ['loud-rule']").contains("must name paths"));
    assert!(error("required-version = '>=99'").contains("requires >=99"));
    assert!(error("a = ").starts_with("dockcheck.toml:1:"));
}

#[test]
fn everything_has_an_origin() {
    let (s, origins) = settings("fail-level = 'never'\n[cuda]\nrequire = '12.8'\n").unwrap();
    assert_eq!((s.fail_level, s.cuda_require.as_deref()), (None, Some("12.8")));
    let shown: Vec<String> = origins.iter().map(|o| format!("{} = {} ({})", o.key, o.value, o.from)).collect();
    assert_eq!(shown, ["cuda.require = '12.8' (dockcheck.toml:3)", "fail-level = 'never' (dockcheck.toml:1)"]);
}

#[test]
fn wildcards() {
    for (pattern, name, fits) in [
        ("a*c", "abbc", true),
        ("a*c", "ab", false),
        ("*", "", true),
        ("a", "ab", false),
        ("*b*", "abc", true),
        ("ab*b", "ab", false),
    ] {
        assert_eq!(wildcard(pattern, name), fits, "{pattern} {name}");
    }
}

#[test]
fn the_nearest_file_below_the_root_counts() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    std::fs::write(dir.path().join("dockcheck.toml"), "").unwrap();
    assert_eq!(file::find(&root.join("a/b"), &root), None);
    std::fs::create_dir_all(root.join(".config")).unwrap();
    std::fs::write(root.join(".config/dockcheck.toml"), "").unwrap();
    assert_eq!(file::find(&root.join("a/b"), &root), Some(root.join(".config/dockcheck.toml")));
    std::fs::write(root.join("a/.dockcheck.toml"), "").unwrap();
    assert_eq!(file::find(&root.join("a/b"), &root), Some(root.join("a/.dockcheck.toml")));
}
