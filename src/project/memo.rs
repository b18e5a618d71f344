//! Answers that are computed once and kept beside what they are about.
//!
//! A project, a build or a service holds a [`Memo`]; an analysis asks it with a type of its own, so this file knows none of the
//! answers. An analysis in `analysis/` computes each answer through a memo, so that a rule may ask as often as it likes.

use std::any::Any;
use std::fmt;
use std::sync::OnceLock;

/// Answers by their type, each computed when it is first asked for.
#[derive(Default)]
pub struct Memo {
    first: Link,
}

/// The end of the list, or its next entry.
#[derive(Default)]
struct Link(OnceLock<Box<Entry>>);

struct Entry {
    /// A `OnceLock<T>` for the type `T` of the answer.
    answer: Box<dyn Any + Send + Sync>,
    next: Link,
}

impl Memo {
    /// Returns the answer of type `T`, computed now if nobody asked for it before. A second thread that asks meanwhile waits
    /// for the first, so `compute` must not wait for other threads of the same pool.
    pub fn get<T: Send + Sync + 'static>(&self, compute: impl FnOnce() -> T) -> &T {
        let mut link = &self.first;
        loop {
            let entry = link
                .0
                .get_or_init(|| Box::new(Entry { answer: Box::new(OnceLock::<T>::new()), next: Link::default() }));
            if let Some(answer) = entry.answer.downcast_ref::<OnceLock<T>>() {
                return answer.get_or_init(compute);
            }
            link = &entry.next;
        }
    }

    /// Returns how many answers have been asked for.
    pub fn count(&self) -> usize {
        std::iter::successors(self.first.0.get(), |entry| entry.next.0.get()).count()
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memo").field("answers", &self.count()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Length(usize);
    #[derive(Debug, PartialEq)]
    struct Name(String);

    #[test]
    fn each_type_is_computed_once() {
        let memo = Memo::default();
        let computed = Cell::new(0);
        let length = || {
            computed.set(computed.get() + 1);
            Length(3)
        };
        assert_eq!(memo.count(), 0);
        assert_eq!(memo.get(length), &Length(3));
        assert_eq!(memo.get(|| Name("db".to_owned())), &Name("db".to_owned()));
        assert_eq!(memo.get(length), &Length(3));
        assert_eq!(computed.get(), 1);
        assert_eq!(memo.count(), 2);
    }

    #[test]
    fn threads_share_one_answer() {
        let memo = Memo::default();
        let places: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| std::ptr::from_ref(memo.get(|| Length(1))) as usize)).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        assert!(places.windows(2).all(|pair| pair.first() == pair.last()));
    }
}
