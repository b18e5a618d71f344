//! How many characters and UTF-16 units lie before a place of a text: a line can be megabytes long, and have thousands of
//! findings.

use std::ops::Range;
use std::sync::OnceLock;

/// Bytes between two places of a text whose characters are counted once.
const COUNTED: usize = 1024;

/// The counts of one text, made when they are first needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Units {
    counts: OnceLock<Vec<Count>>,
}

/// Characters and UTF-16 units of a part of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) chars: u32,
    pub(crate) units: u32,
}

impl Count {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            // Every character has one byte that continues none; those of four bytes take two units.
            self.chars += u32::from(byte & 0xc0 != 0x80);
            self.units += u32::from(byte & 0xc0 != 0x80) + u32::from(*byte >= 0xf0);
        }
    }
}

impl Units {
    /// Counts a range of `text`, which must be the same at every call; both ends lie between characters.
    pub(crate) fn between(&self, text: &str, range: Range<usize>) -> Count {
        let bytes = text.as_bytes();
        if range.len() <= COUNTED {
            let mut near = Count::default();
            near.add(bytes.get(range).unwrap_or(&[]));
            return near;
        }
        let (from, to) = (self.until(bytes, range.start), self.until(bytes, range.end));
        Count { chars: to.chars - from.chars, units: to.units - from.units }
    }

    fn until(&self, bytes: &[u8], byte: usize) -> Count {
        let counts = self.counts.get_or_init(|| {
            let mut now = Count::default();
            let places = bytes.chunks(COUNTED).map(|chunk| {
                let before = now;
                now.add(chunk);
                before
            });
            places.collect()
        });
        let block = (byte / COUNTED).min(counts.len().saturating_sub(1));
        let mut count = counts.get(block).copied().unwrap_or_default();
        count.add(bytes.get(block * COUNTED..byte).unwrap_or(&[]));
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_places_count_as_near_ones_do() {
        let text = "aü😀".repeat(2000);
        let units = Units::default();
        for start in [0, 7, 7 * 100, 7 * 1500] {
            for end in [start, start + 7, 7 * 1800] {
                let part = text.get(start..end).unwrap_or_default();
                let plain = (part.chars().count(), part.encode_utf16().count());
                let count = units.between(&text, start..end);
                assert_eq!((count.chars as usize, count.units as usize), plain, "{start}..{end}");
            }
        }
    }
}
