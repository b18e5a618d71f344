//! Starts a new rule: writes its page, its code file, and its line in the registry.
//!
//!     cargo run --example new-rule -- some-rule-name
//!
//! It uses no part of the library, so it also works while the library does not know the new rule yet.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

const REGISTRY: &str = "src/rules/mod.rs";

#[allow(clippy::print_stdout, clippy::print_stderr)]
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: cargo run --example new-rule -- some-rule-name");
        return ExitCode::from(2);
    };
    match create(Path::new(env!("CARGO_MANIFEST_DIR")), &name) {
        Ok(()) => {
            let module = module_of(&name);
            println!("wrote rules/{name}.md, src/rules/{module}.rs and a line in {REGISTRY}; next:");
            println!("1. write the page rules/{name}.md: what the rule reports, why, and an example");
            println!("2. write one of the methods in src/rules/{module}.rs");
            println!("3. run `cargo test {module}`: it fails until the rule reports what the example marks");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("new-rule: {reason}");
            ExitCode::from(2)
        }
    }
}

/// Writes the two files and the line, or nothing.
fn create(root: &Path, name: &str) -> Result<(), String> {
    check_name(name)?;
    let module = module_of(name);
    let page = format!("rules/{name}.md");
    let code = format!("src/rules/{module}.rs");
    for file in [&page, &code] {
        if root.join(file).exists() {
            return Err(format!("{file} exists already"));
        }
    }
    let failed = |file: &str| {
        let file = file.to_owned();
        move |error: io::Error| format!("{file}: {error}")
    };
    let registry = fs::read_to_string(root.join(REGISTRY)).map_err(failed(REGISTRY))?;
    let registry = with_line(&registry, name)?;
    write_new(&root.join(&page), &page_of(name)).map_err(failed(&page))?;
    write_new(&root.join(&code), &code_of(name)).map_err(failed(&code))?;
    fs::write(root.join(REGISTRY), registry).map_err(failed(REGISTRY))
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// A name is two or more words of small letters and digits, joined by `-`; the first begins with a letter.
fn check_name(name: &str) -> Result<(), String> {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let words: Vec<&str> = name.split('-').collect();
    if words.len() < 2 || !words.iter().all(|word| is_word(word)) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!(
            "`{name}` is not a rule name: two or more words of small letters and digits, joined by `-`, such as `missing-shell`"
        ));
    }
    Ok(())
}

/// `some-rule-name` as the name of a module.
fn module_of(name: &str) -> String {
    name.replace('-', "_")
}

/// `some-rule-name` as the name of a type.
fn type_of(name: &str) -> String {
    let capital =
        |word: &str| word.get(..1).unwrap_or_default().to_ascii_uppercase() + word.get(1..).unwrap_or_default();
    name.split('-').map(capital).collect()
}

/// Returns the registry with a line for the rule in its sorted place.
fn with_line(registry: &str, name: &str) -> Result<String, String> {
    let no_table = || format!("{REGISTRY} has no `rules! {{` table");
    let head = registry.find("\nrules! {\n").ok_or_else(no_table)? + "\nrules! {\n".len();
    let end = head + registry.get(head..).and_then(|rest| rest.find("\n}")).ok_or_else(no_table)? + 1;
    let mut at = head;
    for line in registry.get(head..end).unwrap_or_default().split_inclusive('\n') {
        let other = line.split_once("=> \"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(other, _)| other);
        if other == name {
            return Err(format!("`{name}` has a line in {REGISTRY} already"));
        }
        if other > name {
            break;
        }
        at += line.len();
    }
    let (before, after) = registry.split_at(at);
    Ok(format!("{before}    {}::{} => \"{name}\",\n{after}", module_of(name), type_of(name)))
}

fn page_of(name: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        r#"---
summary: what is wrong, in one line
group: correctness
level: error
fix: none
aliases: []
since: {version}
---
## What it does

Reports ...

## Why is this bad

Say what the user sees when this goes wrong, and quote the error:

```text
the error
```

## Example

```dockerfile path=Dockerfile
FROM debian:12
# error: [{name}]
RUN echo "the finding is in this line"
```

## Use instead

```dockerfile path=Dockerfile
FROM debian:12
RUN echo "no finding is in this line"
```

## Limits

Say where the rule reports nothing on purpose. An example here must have no finding:

```dockerfile path=Dockerfile
FROM debian:12
```
"#
    )
}

fn code_of(name: &str) -> String {
    format!(
        r#"//! rules/{name}.md

// use crate::project::{{DockerfileView, Project, ServiceView, StageView}};
// use super::ComposeView;

use super::Rule;
// use super::{{Findings, Rule}};

pub(super) struct {};

/// Reports nothing yet: write one of these methods, remove the others, and keep of the `use` lines what is needed.
impl Rule for {0} {{
    // Called once:
    // fn check_project(&self, project: &Project, out: &mut Findings<'_>) {{}}

    // Called for each Compose project, with what its loader found wrong:
    // fn check_compose(&self, compose: &ComposeView<'_>, out: &mut Findings<'_>) {{}}

    // Called for each service of each Compose project:
    // fn check_service(&self, service: &ServiceView<'_>, out: &mut Findings<'_>) {{}}

    // Called for each Dockerfile:
    // fn check_dockerfile(&self, dockerfile: &DockerfileView<'_>, out: &mut Findings<'_>) {{}}

    // Called for each stage of each build:
    // fn check_stage(&self, stage: &StageView<'_>, out: &mut Findings<'_>) {{}}
}}
"#,
        type_of(name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "macro_rules! rules {\n}\n\nrules! {\n    b_one::BOne => \"b-one\",\n    d_one::DOne => \"d-one\",\n}\n\nfn x() {\n}\n";

    #[test]
    fn names() {
        for name in ["missing-shell", "c-without-cxx-compiler", "a-2"] {
            assert_eq!(check_name(name), Ok(()));
        }
        for name in
            ["", "shell", "Missing-Shell", "missing_shell", "missing--shell", "-a", "a-", "2-a", "a-\u{e9}", "../a-b"]
        {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert_eq!(module_of("c-without-cxx-compiler"), "c_without_cxx_compiler");
        assert_eq!(type_of("c-without-cxx-compiler"), "CWithoutCxxCompiler");
    }

    #[test]
    fn the_line_has_its_sorted_place() {
        for (name, before) in [("a-b", "b_one"), ("b-one-more", "d_one"), ("c-a", "d_one"), ("z-a", "}\n\nfn")] {
            let with = with_line(TABLE, name).unwrap_or_default();
            let line = format!("    {}::{} => \"{name}\",\n", module_of(name), type_of(name));
            let at = with.find(&line).unwrap_or_else(|| panic!("{with}"));
            assert!(with[at + line.len()..].trim_start().starts_with(before), "{name}: {with}");
            assert_eq!(with.replace(&line, ""), TABLE);
        }
        assert!(with_line(TABLE, "b-one").is_err());
        assert!(with_line("fn x() {}\n", "b-one").is_err());
    }

    #[test]
    fn nothing_is_written_over() {
        let root = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let read = |file: &str| fs::read_to_string(root.path().join(file)).unwrap_or_default();
        for folder in ["rules", "src/rules"] {
            assert!(fs::create_dir_all(root.path().join(folder)).is_ok());
        }
        assert!(create(root.path(), "c-a").is_err(), "there is no registry");
        assert!(read("rules/c-a.md").is_empty());
        assert!(fs::write(root.path().join(REGISTRY), TABLE).is_ok());
        assert_eq!(create(root.path(), "c-a"), Ok(()));
        assert_eq!(read("rules/c-a.md"), page_of("c-a"));
        assert_eq!(read("src/rules/c_a.rs"), code_of("c-a"));
        assert_eq!(create(root.path(), "c-a"), Err("rules/c-a.md exists already".to_owned()));
    }
}
