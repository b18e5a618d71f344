//! Words for variables that are not set: where to set them.

/// Returns the advice to set the first of some variables, or to copy a template that lists them.
pub(super) fn where_to_set(first: &str, example: Option<&str>) -> String {
    match example {
        Some(example) => {
            format!("Copy `{example}`, which lists it, to `.env`; or give it a default: `${{{first}:-…}}`.")
        }
        None => format!("Set it in `.env` beside the compose file, or give it a default: `${{{first}:-…}}`."),
    }
}
