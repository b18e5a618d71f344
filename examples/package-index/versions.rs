//! Versions of Debian's packages, and what dependencies ask of them.

use std::cmp::Ordering;

/// `libc6:any (>= 2.36) [amd64]` as name and constraint.
pub(super) fn relation(text: &str) -> (&str, Option<(&str, &str)>) {
    let text = text.trim();
    let name = text.split([' ', '(', '[', ':']).next().unwrap_or("");
    let constraint = text.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inside, _)| {
        let inside = inside.trim();
        let at = inside.find(|c: char| !"<>=".contains(c)).unwrap_or(inside.len());
        (&inside[..at], inside[at..].trim())
    });
    (name, constraint)
}

pub(super) fn satisfies(version: &str, constraint: Option<(&str, &str)>) -> bool {
    let Some((operator, wanted)) = constraint else { return true };
    let order = compare_versions(version, wanted);
    match operator {
        ">=" | ">" => order != Ordering::Less,
        "<=" | "<" => order != Ordering::Greater,
        ">>" => order == Ordering::Greater,
        "<<" => order == Ordering::Less,
        "=" => order == Ordering::Equal,
        _ => true,
    }
}

/// Debian's order of versions (deb-version(7)).
pub(super) fn compare_versions(a: &str, b: &str) -> Ordering {
    fn split(v: &str) -> (u64, &str, &str) {
        let (epoch, rest) = v.split_once(':').map_or((0, v), |(e, r)| (e.parse().unwrap_or(0), r));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        (epoch, upstream, revision)
    }
    fn part(a: &str, b: &str) -> Ordering {
        let weight = |c: Option<&u8>| match c {
            Some(b'~') => -1,
            Some(c) if c.is_ascii_alphabetic() => i32::from(*c),
            Some(c) if !c.is_ascii_digit() => i32::from(*c) + 256,
            _ => 0,
        };
        let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
        while !a.is_empty() || !b.is_empty() {
            while a.first().is_some_and(|c| !c.is_ascii_digit()) || b.first().is_some_and(|c| !c.is_ascii_digit()) {
                let order = weight(a.first()).cmp(&weight(b.first()));
                if order != Ordering::Equal {
                    return order;
                }
                a = a.get(1..).unwrap_or_default();
                b = b.get(1..).unwrap_or_default();
            }
            let digits = |v: &[u8]| v.iter().take_while(|c| c.is_ascii_digit()).count();
            let (da, db) = (digits(a), digits(b));
            let number = |v: &[u8]| std::str::from_utf8(v).unwrap_or("").trim_start_matches('0').to_owned();
            let (na, nb) = (number(&a[..da]), number(&b[..db]));
            let order = na.len().cmp(&nb.len()).then(na.cmp(&nb));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (&a[da..], &b[db..]);
        }
        Ordering::Equal
    }
    let ((ea, ua, ra), (eb, ub, rb)) = (split(a), split(b));
    ea.cmp(&eb).then_with(|| part(ua, ub)).then_with(|| part(ra, rb))
}
