//! Days of the calendar, as facts name them: no time of day, no zone.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECONDS: u64 = 24 * 60 * 60;

/// A day, counted from 1970-01-01; earlier days are negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// Reads `YYYY-MM-DD`; `None` for what is no day of the Gregorian calendar.
    pub fn parse(text: &str) -> Option<Day> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return None;
        }
        let day = Day::from_civil(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        (day.to_string() == text).then_some(day)
    }

    /// Returns the day of an instant in UTC; days before 1970 count as 1970-01-01.
    pub fn of(time: SystemTime) -> Day {
        Day::from_seconds(time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs())
    }

    /// Returns the day of a number of seconds since 1970-01-01T00:00:00Z, as `SOURCE_DATE_EPOCH` has it.
    pub fn from_seconds(seconds: u64) -> Day {
        Day(i64::try_from(seconds / SECONDS).unwrap_or(i64::MAX))
    }

    /// Returns how many days have passed since `earlier`; negative if it is later.
    pub fn days_since(self, earlier: Day) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The proleptic Gregorian calendar in eras of 400 years that begin on 1 March, so that the leap day is the last of a year.
    fn from_civil(year: i64, month: i64, day: i64) -> Day {
        let year = if month <= 2 { year - 1 } else { year };
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Day(year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.saturating_add(719_468);
        let of_era = days.rem_euclid(146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        write!(f, "{:04}-{month:02}-{day:02}", days.div_euclid(146_097) * 400 + year + next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_written() {
        assert_eq!(Day::parse("1970-01-01"), Some(Day(0)));
        assert_eq!(Day::parse("2026-11-30").map(|day| day.0), Some(20_787));
        assert_eq!(Day::from_seconds(1_795_996_800).to_string(), "2026-11-30");
        for wrong in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01", "2026-01-01-01", "", "x"] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
        assert!(Day::parse("2024-02-29").is_some());
        let day = Day::parse("2026-11-30").zip(Day::parse("2026-11-22"));
        assert_eq!(day.map(|(later, earlier)| later.days_since(earlier)), Some(8));
    }

    #[test]
    fn every_day_of_four_centuries_survives() {
        for day in -150_000..150_000 {
            let text = Day(day).to_string();
            if !text.starts_with('-') {
                assert_eq!(Day::parse(&text), Some(Day(day)));
            }
        }
    }
}
