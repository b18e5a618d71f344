//! A set of packages of one suite: a bit per package, so that a state per instruction is cheap to keep and to compare.

use super::PackageId;

/// A set of [`PackageId`]s of one suite.
#[derive(Clone, Debug, Default)]
pub struct PackageSet {
    words: Vec<u64>,
}

impl PackageSet {
    pub fn new() -> Self {
        PackageSet::default()
    }

    pub fn contains(&self, package: PackageId) -> bool {
        self.words.get(package.0 as usize / 64).is_some_and(|word| word & (1 << (package.0 % 64)) != 0)
    }

    /// True if it was not there before.
    pub fn insert(&mut self, package: PackageId) -> bool {
        let at = package.0 as usize / 64;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        let Some(word) = self.words.get_mut(at) else { return false };
        let bit = 1 << (package.0 % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// True if it was there.
    pub fn remove(&mut self, package: PackageId) -> bool {
        let Some(word) = self.words.get_mut(package.0 as usize / 64) else { return false };
        let bit = 1 << (package.0 % 64);
        let was = *word & bit != 0;
        *word &= !bit;
        was
    }

    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// In the order of names.
    pub fn iter(&self) -> impl Iterator<Item = PackageId> {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(PackageId(at as u32 * 64 + bit))
            })
        })
    }

    /// Adds all of `other`.
    pub fn union(&mut self, other: &PackageSet) {
        if other.words.len() > self.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        self.words.iter_mut().zip(&other.words).for_each(|(word, more)| *word |= more);
    }

    /// Takes away all of `other`.
    pub fn subtract(&mut self, other: &PackageSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, less)| *word &= !less);
    }
}

/// Equal if they hold the same packages.
impl PartialEq for PackageSet {
    fn eq(&self, other: &Self) -> bool {
        let common = self.words.len().min(other.words.len());
        let (a, more_a) = self.words.split_at(common);
        let (b, more_b) = other.words.split_at(common);
        a == b && more_a.iter().chain(more_b).all(|&word| word == 0)
    }
}

impl Eq for PackageSet {}

impl FromIterator<PackageId> for PackageSet {
    fn from_iter<T: IntoIterator<Item = PackageId>>(packages: T) -> Self {
        let mut set = PackageSet::new();
        set.extend(packages);
        set
    }
}

impl Extend<PackageId> for PackageSet {
    fn extend<T: IntoIterator<Item = PackageId>>(&mut self, packages: T) {
        packages.into_iter().for_each(|package| {
            self.insert(package);
        });
    }
}
