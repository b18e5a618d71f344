//! Distances between a word and the names that it may mean.
//!
//! There are two, because they answer for two programs. A Dockerfile's suggestions are those of BuildKit, which counts a
//! swap of neighbours as two edits. Compose suggests nothing itself, so its keys are compared as people mistype: a swap is
//! one slip.

/// Returns the number of edits, a swap of neighbours counting two: as BuildKit.
pub fn edits(a: &str, b: &str) -> usize {
    strsim::levenshtein(a, b)
}

/// Returns the number of edits, a swap of neighbours counting one.
pub fn slips(a: &str, b: &str) -> usize {
    strsim::osa_distance(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swaps_count_differently() {
        assert_eq!((edits("iamge", "image"), slips("iamge", "image")), (2, 1));
        assert_eq!((edits("COPPY", "COPY"), slips("COPPY", "COPY")), (1, 1));
        assert_eq!((edits("", "né"), slips("né", "")), (2, 2));
    }
}
