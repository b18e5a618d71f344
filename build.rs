//! Turns tables of `rules/data/` that are read whole into JSON, which is decoded in a fifth of the time that TOML takes. The
//! TOML files stay what people edit, and what the tests read.
//!
//! Names the page of a rule that is missing: the compiler would say so too, but with the whole registry around it.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

const TABLES: &[&str] = &["cuda-compat", "cuda-images", "cuda-signals", "python-gpu-wheels"];

const REGISTRY: &str = "src/rules/mod.rs";

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var("OUT_DIR")?;
    println!("cargo::rerun-if-changed=build.rs");
    for name in TABLES {
        let file = format!("rules/data/{name}.toml");
        println!("cargo::rerun-if-changed={file}");
        let table: toml::Table = toml::from_str(&fs::read_to_string(&file)?)?;
        fs::write(Path::new(&out).join(format!("{name}.json")), serde_json::to_string(&table)?)?;
    }
    println!("cargo::rerun-if-changed={REGISTRY}");
    // The lines of the registry end in `=> "rule-name",`.
    let registry = fs::read_to_string(REGISTRY)?;
    for name in registry.lines().filter_map(|line| line.strip_suffix("\",")?.split_once("=> \"")).map(|(_, name)| name)
    {
        let page = format!("rules/{name}.md");
        if !Path::new(&page).is_file() {
            println!("cargo::error={page} is missing: every rule needs a page, see docs/writing-a-rule.md");
        }
    }
    Ok(())
}
