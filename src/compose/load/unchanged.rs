//! Sets aside the parts of the model that a document does not change, since they have already been processed, and restores
//! them afterwards.

use std::collections::HashSet;

use crate::compose::model::{ModelEntry, ModelValue, ValueKind};

/// Names that a document defines, by section.
pub(super) struct Touched(Vec<(String, HashSet<String>)>);

/// Entries of a section with their places, taken out for a while.
pub(super) type Aside = Vec<(String, Vec<(usize, ModelEntry)>)>;

impl Touched {
    pub(super) fn of(value: &ModelValue) -> Self {
        let names = |e: &ModelEntry| e.value.entries().iter().map(|e| e.key.clone()).collect();
        Touched(value.entries().iter().map(|e| (e.key.clone(), names(e))).collect())
    }

    pub(super) fn set_aside(&self, dict: &mut ModelValue) -> Aside {
        let mut aside = Vec::new();
        for section in ["services", "networks", "volumes", "secrets", "configs", "models"] {
            let touched = self.0.iter().find(|(s, _)| s == section).map(|(_, names)| names);
            let Some(ModelValue { kind: ValueKind::Mapping(entries), .. }) = dict.get_mut(section) else { continue };
            let keep = |entry: &ModelEntry| touched.is_some_and(|names| names.contains(&entry.key));
            if entries.iter().all(keep) {
                continue;
            }
            let mut out = Vec::new();
            let mut kept = Vec::new();
            for (i, entry) in std::mem::take(entries).into_iter().enumerate() {
                if keep(&entry) {
                    kept.push(entry);
                } else {
                    out.push((i, entry));
                }
            }
            *entries = kept;
            aside.push((section.to_owned(), out));
        }
        aside
    }
}

pub(super) fn put_back(dict: &mut ModelValue, aside: Aside) {
    for (section, out) in aside {
        let Some(ModelValue { kind: ValueKind::Mapping(entries), .. }) = dict.get_mut(&section) else { continue };
        let mut rest = std::mem::take(entries).into_iter();
        for (at, entry) in out {
            while entries.len() < at {
                let Some(next) = rest.next() else { break };
                entries.push(next);
            }
            entries.push(entry);
        }
        entries.extend(rest);
    }
}
