//! Checks what the compiler would report badly, and prepares the tables of `rules/data/`:
//!
//! - Says in a sentence where the rule pages and the registry of `src/rules/mod.rs` do not fit together.
//! - Turns tables that are read whole into JSON, which is decoded in a fifth of the time that TOML takes. The TOML files stay
//!   what people edit, and what the tests read.
//! - Collects the heads of all tables (date, source, certainty, refresh) into `facts.json`, which `dockcheck facts` shows. A
//!   table without a head does not build.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

const TABLES: &[&str] = &["cuda-compat", "cuda-images", "cuda-signals", "python-gpu-wheels"];
const REGISTRY: &str = "src/rules/mod.rs";
const DATA: &str = "rules/data";

/// Keys of a head, in the order in which a table gives them.
const HEAD: [&str; 4] = ["date", "source", "certainty", "refresh"];

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var("OUT_DIR")?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed={REGISTRY}");
    for fault in registry_faults()? {
        println!("cargo::error={fault}");
    }
    for name in TABLES {
        let table: toml::Table = toml::from_str(&fs::read_to_string(format!("{DATA}/{name}.toml"))?)?;
        fs::write(Path::new(&out).join(format!("{name}.json")), serde_json::to_string(&table)?)?;
    }
    let (tables, faults) = fact_tables()?;
    for fault in faults {
        println!("cargo::error={fault}");
    }
    fs::write(Path::new(&out).join("facts.json"), serde_json::to_string(&tables)?)?;
    Ok(())
}

/// Returns the head of every table with its name and its number of rows, and what is wrong with those that have none.
fn fact_tables() -> Result<(Vec<serde_json::Value>, Vec<String>), Box<dyn Error>> {
    let (mut tables, mut faults) = (Vec::new(), Vec::new());
    let mut files: Vec<_> =
        fs::read_dir(DATA)?.collect::<Result<Vec<_>, _>>()?.iter().map(|entry| entry.path()).collect();
    files.sort();
    for path in files {
        // A folder of binary tables has one head for all of them.
        let (name, text) = match path.is_dir() {
            true => (path.clone(), path.join("head.toml")),
            false => (path.clone(), path.clone()),
        };
        let shown = text.display().to_string().replace('\\', "/");
        let Ok(content) = fs::read_to_string(&text) else {
            faults.push(format!("{shown} is missing or is not UTF-8: it names the date and source of this table"));
            continue;
        };
        match head(&content) {
            Ok(mut head) => {
                head.insert("table".to_owned(), name.file_name().and_then(|n| n.to_str()).unwrap_or_default().into());
                if !head.contains_key("rows") {
                    head.insert("rows".to_owned(), rows(&content).into());
                }
                tables.push(serde_json::Value::Object(head));
            }
            Err(key) => faults.push(format!("{shown} must begin with its head: `head.{key} = \"...\"` is missing")),
        }
    }
    Ok((tables, faults))
}

/// Reads the lines `head.key = "value"` before the first other line; `# ` before one is allowed, for tables that are not TOML.
/// Fails with the key that is missing.
fn head(content: &str) -> Result<serde_json::Map<String, serde_json::Value>, &'static str> {
    let mut head = serde_json::Map::new();
    for line in content.lines() {
        let Some((key, value)) = line.trim_start_matches("# ").strip_prefix("head.").and_then(|l| l.split_once(" = "))
        else {
            break;
        };
        let value: serde_json::Value = serde_json::from_str(value).unwrap_or_default();
        head.insert(key.to_owned(), value);
    }
    match HEAD.iter().find(|key| head.get(**key).and_then(|value| value.as_str()).is_none_or(str::is_empty)) {
        Some(key) => Err(key),
        None => Ok(head),
    }
}

/// Returns how many rows a table has: `[[...]]` tables, else `"name" = ...` lines, else lines that are no comments.
fn rows(content: &str) -> usize {
    let count = |fits: &dyn Fn(&str) -> bool| content.lines().filter(|line| fits(line)).count();
    let tables = count(&|line| line.starts_with("[["));
    let named = count(&|line| line.contains(" = ") && !line.starts_with(['#', '[']) && !line.starts_with("head."));
    match (tables, named) {
        (0, 0) => count(&|line| !line.is_empty() && !line.starts_with('#')),
        (0, named) => named,
        (tables, _) => tables,
    }
}

/// Returns what does not fit between the pages, the code files and the `rules! { ... }` table.
fn registry_faults() -> Result<Vec<String>, Box<dyn Error>> {
    let text = fs::read_to_string(REGISTRY)?;
    let Some((_, table)) = text.split_once("\nrules! {") else {
        return Ok(vec![format!("{REGISTRY} has no `rules! {{` table; see docs/writing-a-rule.md")]);
    };
    let lines = table.lines().skip(1).take_while(|line| *line != "}").filter_map(registry_line);
    let entries: Vec<(&str, &str)> = lines.collect();
    let mut faults = Vec::new();
    for (module, name) in &entries {
        if !Path::new(&format!("rules/{name}.md")).is_file() {
            faults.push(format!("rules/{name}.md is missing; see docs/writing-a-rule.md"));
        }
        let is_code = |file: &str| Path::new("src/rules").join(file).is_file();
        if !is_code(&format!("{module}.rs")) && !is_code(&format!("{module}/mod.rs")) {
            faults.push(format!("src/rules/{module}.rs is missing; see docs/writing-a-rule.md"));
        }
    }
    let order: Vec<&str> = entries.iter().map(|(_, name)| *name).collect();
    for (index, pair) in order.windows(2).enumerate() {
        let &[earlier, later] = pair else { continue };
        if earlier == later {
            faults.push(format!("`{later}` has two lines in {REGISTRY}"));
        } else if earlier > later {
            // One of the two is in the wrong place: the earlier one if the lines around it are in order without it.
            let fits = |a: Option<&&str>, b: Option<&&str>| a.zip(b).is_none_or(|(a, b)| a < b);
            let before = index.checked_sub(1).and_then(|i| order.get(i));
            let is_earlier = fits(before, Some(&later)) && !fits(Some(&earlier), order.get(index + 2));
            let name = if is_earlier { earlier } else { later };
            faults.push(match order.iter().find(|other| **other > name) {
                Some(next) => format!("`{name}` must come before `{next}` in {REGISTRY}"),
                None => format!("`{name}` must come last in {REGISTRY}"),
            });
        }
    }
    let mut pages = Vec::new();
    for entry in fs::read_dir("rules")? {
        let file = entry?.file_name();
        pages.extend(file.to_str().and_then(|file| file.strip_suffix(".md")).map(str::to_owned));
    }
    pages.sort();
    let unlisted = pages.iter().filter(|page| !order.contains(&page.as_str()));
    faults.extend(unlisted.map(|page| format!("rules/{page}.md has no line in {REGISTRY}")));
    Ok(faults)
}

/// The module and the rule's name of `module::Type => "rule-name",`.
fn registry_line(line: &str) -> Option<(&str, &str)> {
    let (path, name) = line.trim().trim_end_matches(',').split_once("=>")?;
    let (module, _) = path.split_once("::").filter(|_| !path.starts_with("//"))?;
    Some((module.trim(), name.trim().strip_prefix('"')?.strip_suffix('"')?))
}
