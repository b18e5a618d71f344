//! Says in a sentence where the rule pages and the registry of `src/rules/mod.rs` do not fit together, before the compiler says
//! so in many.
//!
//! Turns tables of `rules/data/` that are read whole into JSON, which is decoded in a fifth of the time that TOML takes. The
//! TOML files stay what people edit, and what the tests read.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

const TABLES: &[&str] = &["cuda-compat", "cuda-images", "cuda-signals", "python-gpu-wheels"];
const REGISTRY: &str = "src/rules/mod.rs";

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var("OUT_DIR")?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed={REGISTRY}");
    for fault in registry_faults()? {
        println!("cargo::error={fault}");
    }
    for name in TABLES {
        let table: toml::Table = toml::from_str(&fs::read_to_string(format!("rules/data/{name}.toml"))?)?;
        fs::write(Path::new(&out).join(format!("{name}.json")), serde_json::to_string(&table)?)?;
    }
    Ok(())
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
