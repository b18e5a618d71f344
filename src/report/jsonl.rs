//! One finding of the JSON schema a line, for programs that read as they go.

use super::{View, json};

pub fn render(view: &View<'_>) -> String {
    view.findings().map(|finding| format!("{}\n", json::diagnostic(view, finding))).collect()
}
