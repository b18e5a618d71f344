//! "Did you mean": the nearest of a few known names.

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
    let b: Vec<char> = b.chars().collect();
    // Names far longer than what they are compared with are not worth a table.
    let length = a.chars().take(b.len() + limit + 1).count();
    if length.abs_diff(b.len()) > limit {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().filter(|distance| *distance <= limit)
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
