//! "Did you mean": the nearest of a few known names.

use crate::text::suggest::edits;

/// The option nearest to `word`, at most two edits away, none if one of them is `word` itself. Case counts.
pub fn nearest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for option in options {
        if option == word {
            return None;
        }
        let limit = best.map_or(2, |(distance, _)| distance.saturating_sub(1));
        if let Some(distance) = distance_within(word, option, limit)
            && best.is_none_or(|(least, _)| distance < least)
        {
            best = Some((distance, option));
        }
    }
    best.map(|(_, option)| option)
}

/// Levenshtein's distance, if it is no more than `limit`.
pub fn distance_within(a: &str, b: &str, limit: usize) -> Option<usize> {
    // A name that is much longer than what it is compared with is not worth a table.
    let wanted = b.chars().count();
    let length = a.chars().take(wanted + limit + 1).count();
    if length.abs_diff(wanted) > limit {
        return None;
    }
    Some(edits(a, b)).filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        assert_eq!(nearest("FORM", ["RUN", "FROM"]), Some("FROM"));
        assert_eq!(nearest("COPPY", ["CMD", "COPY"]), Some("COPY"));
        assert_eq!(nearest("FOOBAR", ["RUN", "FROM"]), None);
        assert_eq!(nearest("RUN", ["RUN", "ENV"]), None);
    }
}
