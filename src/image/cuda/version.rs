//! CUDA versions: how they are written, how two of them compare, and what a policy such as `require = "12.x"` accepts.
//!
//! A version may be known to its major part only (`cu12`, `server-cuda13`): every comparison is therefore three-valued.

use std::fmt;

/// `12`, `12.8` or `12.8.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CudaVersion {
    pub major: u32,
    pub minor: Option<u32>,
    /// The update number of a toolkit (12.8.1), or the build number of a library (12.8.93): never compared across images.
    pub patch: Option<u32>,
}

/// The relation of two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Major and minor agree.
    Same,
    /// The majors agree; the minor of at least one is not known.
    SameMajor,
    /// Only the minors differ: libraries of both run on the same drivers.
    MinorDiffers,
    MajorDiffers,
}

impl CudaVersion {
    pub const fn new(major: u32, minor: u32) -> Self {
        CudaVersion { major, minor: Some(minor), patch: None }
    }

    pub const fn major_only(major: u32) -> Self {
        CudaVersion { major, minor: None, patch: None }
    }

    /// Reads `12`, `12.8`, `12.8.1`, `12.8.1.012`. Nothing else: no prefix, no suffix.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let major = number(parts.next()?)?;
        let minor = parts.next().map(number);
        let patch = parts.next().map(number);
        if minor == Some(None) || patch == Some(None) || parts.any(|p| number(p).is_none()) {
            return None;
        }
        // CUDA started at 1.0; a major of three digits is something else (a driver, a date).
        (major > 0 && major < 100).then_some(CudaVersion { major, minor: minor.flatten(), patch: patch.flatten() })
    }

    /// Reads the digits after `cu` or `cuda`: `128` is 12.8, `92` is 9.2, while `11`, `12`, `13` are majors alone; with
    /// dots it is the version itself.
    pub fn from_digits(text: &str) -> Option<Self> {
        if text.contains('.') {
            return Self::parse(text);
        }
        let value = number(text)?;
        match text.len() {
            1 => Some(CudaVersion::major_only(value)),
            2 if (10..20).contains(&value) => Some(CudaVersion::major_only(value)),
            2 | 3 => Some(CudaVersion::new(value / 10, value % 10)),
            _ => None,
        }
        .filter(|v| v.major > 0)
    }

    /// Reads a whole word `cu128`, `cu12`, `cuda-12`, `cuda11.7.1`, `cuda118`.
    pub fn from_token(token: &str) -> Option<Self> {
        let rest = token.strip_prefix("cu")?;
        let digits = rest.strip_prefix("da").unwrap_or(rest);
        let digits = digits.strip_prefix(['-', '_']).unwrap_or(digits);
        Self::from_digits(digits.strip_prefix('v').unwrap_or(digits))
    }

    /// The tag of PyTorch's package index: `cu128`. `None` if the minor is not known.
    pub fn index_token(&self) -> Option<String> {
        Some(format!("cu{}{}", self.major, self.minor?))
    }

    /// Without the patch part.
    #[must_use]
    pub fn release(&self) -> Self {
        CudaVersion { patch: None, ..*self }
    }

    pub fn relation(&self, other: &CudaVersion) -> Relation {
        match (self.minor, other.minor) {
            _ if self.major != other.major => Relation::MajorDiffers,
            (Some(a), Some(b)) if a == b => Relation::Same,
            (Some(_), Some(_)) => Relation::MinorDiffers,
            _ => Relation::SameMajor,
        }
    }

    /// True if this version is `floor` or later, to as many parts as `floor` has; `None` if a needed part is not known.
    pub fn at_least(&self, floor: &CudaVersion) -> Option<bool> {
        if self.major != floor.major {
            return Some(self.major > floor.major);
        }
        let Some(minor_floor) = floor.minor else { return Some(true) };
        if minor_floor == 0 && floor.patch.is_none() {
            return Some(true);
        }
        let minor = self.minor?;
        if minor != minor_floor {
            return Some(minor > minor_floor);
        }
        let Some(patch_floor) = floor.patch else { return Some(true) };
        Some(self.patch? >= patch_floor)
    }

    /// True if the parts that `wanted` names are the same here; `None` if one of them is not known.
    pub fn starts_with(&self, wanted: &CudaVersion) -> Option<bool> {
        if self.major != wanted.major {
            return Some(false);
        }
        let Some(minor) = wanted.minor else { return Some(true) };
        if self.minor? != minor {
            return Some(false);
        }
        let Some(patch) = wanted.patch else { return Some(true) };
        Some(self.patch? == patch)
    }

    /// A number that sorts versions, unknown parts first.
    pub fn sort_key(&self) -> (u32, u32, u32) {
        (self.major, self.minor.unwrap_or(0), self.patch.unwrap_or(0))
    }
}

impl fmt::Display for CudaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        if let Some(minor) = self.minor {
            write!(f, ".{minor}")?;
            if let Some(patch) = self.patch {
                write!(f, ".{patch}")?;
            }
        }
        Ok(())
    }
}

fn number(text: &str) -> Option<u32> {
    (!text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// What `[cuda] require` of `dockcheck.toml` demands: comma-separated clauses that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRequirement {
    clauses: Vec<Clause>,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Clause {
    operator: Operator,
    version: CudaVersion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    AtLeast,
    Above,
    AtMost,
    Below,
}

impl VersionRequirement {
    /// Reads `12.8`, `12.x`, `12.*`, `>=12.6`, `>=12.6,<13`. The error says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let clauses = text.split(',').map(|part| clause(part.trim())).collect::<Result<Vec<_>, _>>()?;
        Ok(VersionRequirement { clauses, text: text.trim().to_owned() })
    }

    /// True if a version is accepted; `None` if a part that decides it is not known.
    pub fn accepts(&self, version: &CudaVersion) -> Option<bool> {
        let mut open = false;
        for clause in &self.clauses {
            let wanted = &clause.version;
            let answer = match clause.operator {
                Operator::Equal => version.starts_with(wanted),
                Operator::NotEqual => version.starts_with(wanted).map(|is| !is),
                Operator::AtLeast => version.at_least(wanted),
                Operator::Below => version.at_least(wanted).map(|is| !is),
                Operator::Above => both(version.at_least(wanted), version.starts_with(wanted).map(|is| !is)),
                Operator::AtMost => either(version.at_least(wanted).map(|is| !is), version.starts_with(wanted)),
            };
            match answer {
                Some(false) => return Some(false),
                Some(true) => {}
                None => open = true,
            }
        }
        (!open).then_some(true)
    }
}

impl fmt::Display for VersionRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

fn clause(text: &str) -> Result<Clause, String> {
    let operators = [
        (">=", Operator::AtLeast),
        ("<=", Operator::AtMost),
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        (">", Operator::Above),
        ("<", Operator::Below),
        ("=", Operator::Equal),
    ];
    let (operator, rest) = operators
        .iter()
        .find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?.trim_start())))
        .unwrap_or((Operator::Equal, text));
    let digits = [".x", ".X", ".*"].iter().find_map(|end| rest.strip_suffix(end)).unwrap_or(rest);
    let version = CudaVersion::parse(digits).ok_or_else(|| {
        format!("`{text}` is not a CUDA version: write one like \"12.8\", \"12.x\", \">=12.6\" or \">=12.6,<13\"")
    })?;
    Ok(Clause { operator, version })
}

/// True if a dotted version is in a range. The upper bound counts as a prefix: `2.11.1` is in `2.5` to `2.11`.
pub(super) fn in_range(version: &str, from: &str, to: &str) -> bool {
    let parts = |text: &str| -> Vec<u32> {
        let digits = |p: &str| p.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
        text.split('.').map(digits).collect()
    };
    let (version, from, to) = (parts(version), parts(from), parts(to));
    let prefix = |len: usize| version.iter().copied().chain(std::iter::repeat(0)).take(len).collect::<Vec<u32>>();
    version.iter().copied().chain(std::iter::repeat(0)).take(from.len().max(version.len())).collect::<Vec<_>>() >= from
        && prefix(to.len()) <= to
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v(text: &str) -> CudaVersion {
        CudaVersion::parse(text).unwrap()
    }

    #[test]
    fn tokens() {
        let cases = [
            ("cu118", "11.8"),
            ("cu130", "13.0"),
            ("cu92", "9.2"),
            ("cu12", "12"),
            ("cu13", "13"),
            ("cuda-12", "12"),
            ("cuda118", "11.8"),
            ("cuda11.7.1", "11.7.1"),
            ("cuda9", "9"),
            ("cuda-12.6.3", "12.6.3"),
            ("cuda_v12", "12"),
        ];
        for (token, version) in cases {
            assert_eq!(CudaVersion::from_token(token).map(|v| v.to_string()).as_deref(), Some(version), "{token}");
        }
        for token in ["cu", "cuda", "cu1280", "cuda-", "cudnn9", "cu0"] {
            assert_eq!(CudaVersion::from_token(token), None, "{token}");
        }
        assert_eq!(v("12.8.1").index_token().as_deref(), Some("cu128"));
    }

    #[test]
    fn relations() {
        assert_eq!(v("12.8.0").relation(&v("12.8.1")), Relation::Same);
        assert_eq!(v("12.8").relation(&v("12.6")), Relation::MinorDiffers);
        assert_eq!(v("12").relation(&v("12.6")), Relation::SameMajor);
        assert_eq!(v("12").relation(&v("13.0")), Relation::MajorDiffers);
    }

    #[test]
    fn requirements() {
        let cases = [
            ("12.8", "12.8.1", Some(true)),
            ("12.8", "12.6", Some(false)),
            ("12.8", "12", None),
            ("12.8", "11", Some(false)),
            ("12.x", "12", Some(true)),
            ("12.*", "13.0", Some(false)),
            (">=12.6", "12.8", Some(true)),
            (">=12.6", "12.4", Some(false)),
            (">=12.6", "12", None),
            (">=12.6", "13", Some(true)),
            (">=12.6,<13", "13.0", Some(false)),
            (">=12.6,<13", "12.9", Some(true)),
            ("<13", "12", Some(true)),
            (">12.6", "12.6.3", Some(false)),
            ("<=12.6", "12.6.3", Some(true)),
            ("!=12.8", "12.8.1", Some(false)),
            ("12.8.1", "12.8", None),
        ];
        for (requirement, version, expected) in cases {
            assert_eq!(
                VersionRequirement::parse(requirement).unwrap().accepts(&v(version)),
                expected,
                "{requirement} {version}"
            );
        }
        for bad in ["", "cuda 12", "12.8-devel", ">=", "x", "12..8"] {
            assert!(VersionRequirement::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_display_reads_back(text in "\\PC{0,12}") {
            let _ = VersionRequirement::parse(&text);
            let _ = CudaVersion::from_token(&text);
            if let Some(version) = CudaVersion::parse(&text) {
                prop_assert_eq!(CudaVersion::parse(&version.to_string()), Some(version));
            }
        }
    }
}
