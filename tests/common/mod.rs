//! What several test programs share.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]

pub mod pages;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

/// The folder of this repository.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The program as it was built for this test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_dockcheck");

/// How long an answer is waited for. No test asks how fast something is, since that depends on what else the machine does:
/// this only keeps a test from hanging for ever where the answer does not come at all.
pub const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// True if tests run at full length.
pub fn heavy() -> bool {
    std::env::var_os("DOCKCHECK_HEAVY").is_some()
}

/// A file of recorded cases, which are not part of this repository: from the folder that `DOCKCHECK_CASES` names, by default
/// `../shared/cases`. `None`, with a line that says so, if it is not there.
pub fn cases(name: &str) -> Option<String> {
    let folder =
        std::env::var_os("DOCKCHECK_CASES").map_or_else(|| Path::new(ROOT).join("../shared/cases"), PathBuf::from);
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: no {}", path.display());
    }
    text
}

/// Where two values differ, first place only.
pub fn difference(path: &str, want: &Value, got: &Value) -> Option<String> {
    match (want, got) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|k| {
                let at = format!("{path}.{k}");
                match (a.get(k), b.get(k)) {
                    (Some(x), Some(y)) => difference(&at, x, y),
                    (Some(x), None) => Some(format!("{at}: want {x}, got nothing")),
                    (None, Some(y)) => Some(format!("{at}: want nothing, got {y}")),
                    (None, None) => None,
                }
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (x, y))| difference(&format!("{path}[{i}]"), x, y))
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        (a, b) if a == b => None,
        (a, b) => Some(format!("{path}: want {a}, got {b}")),
    }
}
