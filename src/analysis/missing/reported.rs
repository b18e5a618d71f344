//! What was reported as missing in which stage: one thing once in a stage and in those based on it.

use std::collections::{BTreeMap, HashMap};

/// Stages as a forest, each numbered when it is entered and when it is left: one is based on another if its numbers are
/// between the other's. So a question costs the same for any number of stages.
#[derive(Debug)]
pub(super) struct Reported {
    numbers: Vec<(usize, usize)>,
    /// By subject: the stages where it was reported, none of which is based on another.
    stages: HashMap<String, BTreeMap<usize, usize>>,
}

impl Reported {
    /// `parents`: for each stage the one that it is based on. A parent that does not come earlier is ignored.
    pub(super) fn new(parents: &[Option<usize>]) -> Self {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
        let mut open = Vec::new();
        for (stage, parent) in parents.iter().enumerate() {
            match parent.filter(|p| *p < stage).and_then(|p| children.get_mut(p)) {
                Some(of_parent) => of_parent.push(stage),
                None => open.push((stage, false)),
            }
        }
        let mut numbers = vec![(0, 0); parents.len()];
        let mut next = 0;
        while let Some((stage, leaving)) = open.pop() {
            next += 1;
            let Some(own) = numbers.get_mut(stage) else { continue };
            if leaving {
                own.1 = next;
                continue;
            }
            own.0 = next;
            open.push((stage, true));
            open.extend(children.get(stage).into_iter().flatten().map(|child| (*child, false)));
        }
        Reported { numbers, stages: HashMap::new() }
    }

    /// True if `stage` is based on `other`, or is it.
    pub(super) fn is_based_on(&self, stage: usize, other: usize) -> bool {
        let (Some(own), Some(other)) = (self.numbers.get(stage), self.numbers.get(other)) else { return false };
        other.0 <= own.0 && own.1 <= other.1
    }

    /// True if `subject` is reported for the first time in this stage. Stages are asked for in their order.
    pub(super) fn is_new(&mut self, stage: usize, subject: &str) -> bool {
        let Some((entered, left)) = self.numbers.get(stage).copied() else { return false };
        let stages = match self.stages.get_mut(subject) {
            Some(stages) => stages,
            None => self.stages.entry(subject.to_owned()).or_default(),
        };
        if stages.range(..=entered).next_back().is_some_and(|(_, end)| *end >= left) {
            return false;
        }
        stages.insert(entered, left);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_in_a_stage_and_those_on_top() {
        // 0 ← 1 ← 3, 0 ← 2, and 4 alone.
        let mut reported = Reported::new(&[None, Some(0), Some(0), Some(1), Some(7)]);
        assert!(reported.is_new(1, "git"));
        assert!(!reported.is_new(1, "git"));
        assert!(reported.is_new(1, "make"));
        assert!(reported.is_new(2, "git"));
        assert!(!reported.is_new(3, "git"));
        assert!(reported.is_new(3, "curl"));
        assert!(reported.is_new(4, "git"));
        assert!(
            reported.is_based_on(3, 0)
                && reported.is_based_on(3, 3)
                && !reported.is_based_on(3, 2)
                && !reported.is_based_on(0, 3)
        );
    }
}
