//! A fault of ours over one file costs that file, not the run: the others are still judged, and the exit code says so.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a piece of work over one file; a panic becomes a sentence. What the work was writing into may be left half done, so
/// it must be something that stays sound when a part is missing.
pub(crate) fn guarded<T>(doing: &str, file: &str, work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| format!("{doing} {file} failed; please report this as a bug of dockcheck"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_sentence() {
        assert_eq!(guarded("reading", "f", || 1), Ok(1));
        let error = guarded("reading", "f", || -> u8 { panic!("private text") }).unwrap_err();
        assert_eq!(error, "reading f failed; please report this as a bug of dockcheck");
    }
}
